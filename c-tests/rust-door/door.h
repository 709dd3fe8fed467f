/*
 * door.h: included in front of a test (-include door.h), it sends the calls of mgm.h and
 * mgmhost.h to door.rs instead of librtm.so: the same cases then run through the Rust API.
 */
#ifndef MGM_TESTS_RUST_DOOR_H
#define MGM_TESTS_RUST_DOOR_H

#define MGM_RUST_DOOR 1

#define MgmAddGroupMembershipEntry DoorMgmAddGroupMembershipEntry
#define MgmDeRegisterMProtocol DoorMgmDeRegisterMProtocol
#define MgmDeleteGroupMembershipEntry DoorMgmDeleteGroupMembershipEntry
#define MgmGetFirstMfe DoorMgmGetFirstMfe
#define MgmGetFirstMfeStats DoorMgmGetFirstMfeStats
#define MgmGetMfe DoorMgmGetMfe
#define MgmGetMfeStats DoorMgmGetMfeStats
#define MgmGetNextMfe DoorMgmGetNextMfe
#define MgmGetNextMfeStats DoorMgmGetNextMfeStats
#define MgmGetProtocolOnInterface DoorMgmGetProtocolOnInterface
#define MgmGroupEnumerationEnd DoorMgmGroupEnumerationEnd
#define MgmGroupEnumerationGetNext DoorMgmGroupEnumerationGetNext
#define MgmGroupEnumerationStart DoorMgmGroupEnumerationStart
#define MgmRegisterMProtocol DoorMgmRegisterMProtocol
#define MgmReleaseInterfaceOwnership DoorMgmReleaseInterfaceOwnership
#define MgmSetMfe DoorMgmSetMfe
#define MgmTakeInterfaceOwnership DoorMgmTakeInterfaceOwnership

#define MgmHostAddBoundary DoorMgmHostAddBoundary
#define MgmHostAddRoute DoorMgmHostAddRoute
#define MgmHostAdvanceClock DoorMgmHostAdvanceClock
#define MgmHostDeleteBoundary DoorMgmHostDeleteBoundary
#define MgmHostDeleteRoute DoorMgmHostDeleteRoute
#define MgmHostDiagnose DoorMgmHostDiagnose
#define MgmHostGetCounters DoorMgmHostGetCounters
#define MgmHostGetDefaultOptions DoorMgmHostGetDefaultOptions
#define MgmHostGetNextBoundary DoorMgmHostGetNextBoundary
#define MgmHostGetThreshold DoorMgmHostGetThreshold
#define MgmHostGetVersion DoorMgmHostGetVersion
#define MgmHostReceivePacket DoorMgmHostReceivePacket
#define MgmHostReconcile DoorMgmHostReconcile
#define MgmHostRoutesChanged DoorMgmHostRoutesChanged
#define MgmHostSetForwarder DoorMgmHostSetForwarder
#define MgmHostSetLog DoorMgmHostSetLog
#define MgmHostSetThreshold DoorMgmHostSetThreshold
#define MgmHostStart DoorMgmHostStart
#define MgmHostStop DoorMgmHostStop

#endif
