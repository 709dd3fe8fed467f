/*
 * What a C compiler makes of mgm.h: sizes, offsets and constants ("facts"), and, checked
 * at compile time, the types of all functions and callbacks.
 *
 * Each fact is a line of text in the object file, "FACT:0000000016 sizeof MGM_IF_ENTRY", so
 * that `strings` reads it from objects that cannot be run here. The program prints the
 * same lines.
 *
 * With REFERENCE defined <mgm.h> is Microsoft's, as mingw-w64 has it, which needs the
 * other headers before it.
 */
#ifdef REFERENCE
#include <winsock2.h>
#include <windows.h>
#include <iprtrmib.h>
#define MPR50 1
#include <routprot.h>
#include <rtmv2.h>
#endif

#include <mgm.h>

#include "facts.h"

#define MFE_START(type)                                                                          \
    MEMBER(type, dwGroup)                                                                        \
    MEMBER(type, dwSource)                                                                       \
    MEMBER(type, dwSrcMask)                                                                      \
    MEMBER(type, dwUpStrmNgbr)                                                                   \
    MEMBER(type, dwInIfIndex)                                                                    \
    MEMBER(type, dwInIfProtocol)                                                                 \
    MEMBER(type, dwRouteProtocol)                                                                \
    MEMBER(type, dwRouteNetwork)                                                                 \
    MEMBER(type, dwRouteMask)                                                                    \
    MEMBER(type, ulUpTime)                                                                       \
    MEMBER(type, ulExpiryTime)                                                                   \
    MEMBER(type, ulNumOutIf)
#define MFE_COUNTERS(type)                                                                       \
    MEMBER(type, ulInPkts)                                                                       \
    MEMBER(type, ulInOctets)                                                                     \
    MEMBER(type, ulPktsDifferentIf)                                                              \
    MEMBER(type, ulQueueOverflow)                                                                \
    MEMBER(type, rgmiosOutStats)                                                                 \
    MEMBER(type, rgmiosOutStats[0])

extern const struct fact facts[];
const struct fact facts[] = {
    TYPE(BYTE) TYPE(UCHAR) TYPE(USHORT) TYPE(DWORD) TYPE(ULONG) TYPE(UINT) TYPE(INT)
    TYPE(ULONGLONG) TYPE(BOOL) TYPE(HANDLE) TYPE(PVOID) TYPE(PBYTE) TYPE(PDWORD)
    SIGNED(BYTE) SIGNED(UCHAR) SIGNED(USHORT) SIGNED(DWORD) SIGNED(ULONG) SIGNED(UINT)
    SIGNED(INT) SIGNED(ULONGLONG) SIGNED(BOOL)

    STRUCTURE(FILETIME)
    MEMBER(FILETIME, dwLowDateTime)
    MEMBER(FILETIME, dwHighDateTime)

    STRUCTURE(MGM_IF_ENTRY)
    MEMBER(MGM_IF_ENTRY, dwIfIndex)
    MEMBER(MGM_IF_ENTRY, dwIfNextHopAddr)
    MEMBER(MGM_IF_ENTRY, bIGMP)
    MEMBER(MGM_IF_ENTRY, bIsEnabled)

    STRUCTURE(SOURCE_GROUP_ENTRY)
    MEMBER(SOURCE_GROUP_ENTRY, dwSourceAddr)
    MEMBER(SOURCE_GROUP_ENTRY, dwSourceMask)
    MEMBER(SOURCE_GROUP_ENTRY, dwGroupAddr)
    MEMBER(SOURCE_GROUP_ENTRY, dwGroupMask)

    STRUCTURE(ROUTING_PROTOCOL_CONFIG)
    MEMBER(ROUTING_PROTOCOL_CONFIG, dwCallbackFlags)
    MEMBER(ROUTING_PROTOCOL_CONFIG, pfnRpfCallback)
    MEMBER(ROUTING_PROTOCOL_CONFIG, pfnCreationAlertCallback)
    MEMBER(ROUTING_PROTOCOL_CONFIG, pfnPruneAlertCallback)
    MEMBER(ROUTING_PROTOCOL_CONFIG, pfnJoinAlertCallback)
    MEMBER(ROUTING_PROTOCOL_CONFIG, pfnWrongIfCallback)
    MEMBER(ROUTING_PROTOCOL_CONFIG, pfnLocalJoinCallback)
    MEMBER(ROUTING_PROTOCOL_CONFIG, pfnLocalLeaveCallback)
    MEMBER(ROUTING_PROTOCOL_CONFIG, pfnDisableIgmpCallback)
    MEMBER(ROUTING_PROTOCOL_CONFIG, pfnEnableIgmpCallback)

    STRUCTURE(MIB_IPMCAST_OIF)
    MEMBER(MIB_IPMCAST_OIF, dwOutIfIndex)
    MEMBER(MIB_IPMCAST_OIF, dwNextHopAddr)
    MEMBER(MIB_IPMCAST_OIF, dwReserved)
    MEMBER(MIB_IPMCAST_OIF, dwReserved1)

    STRUCTURE(MIB_IPMCAST_MFE)
    MFE_START(MIB_IPMCAST_MFE)
    MEMBER(MIB_IPMCAST_MFE, ulTimeOut)
    MEMBER(MIB_IPMCAST_MFE, fFlags)
    MEMBER(MIB_IPMCAST_MFE, dwReserved)
    MEMBER(MIB_IPMCAST_MFE, rgmioOutInfo)
    MEMBER(MIB_IPMCAST_MFE, rgmioOutInfo[0])

    STRUCTURE(MIB_IPMCAST_OIF_STATS)
    MEMBER(MIB_IPMCAST_OIF_STATS, dwOutIfIndex)
    MEMBER(MIB_IPMCAST_OIF_STATS, dwNextHopAddr)
    MEMBER(MIB_IPMCAST_OIF_STATS, dwDialContext)
    MEMBER(MIB_IPMCAST_OIF_STATS, ulTtlTooLow)
    MEMBER(MIB_IPMCAST_OIF_STATS, ulFragNeeded)
    MEMBER(MIB_IPMCAST_OIF_STATS, ulOutPackets)
    MEMBER(MIB_IPMCAST_OIF_STATS, ulOutDiscards)

    STRUCTURE(MIB_IPMCAST_MFE_STATS)
    MFE_START(MIB_IPMCAST_MFE_STATS)
    MFE_COUNTERS(MIB_IPMCAST_MFE_STATS)

    STRUCTURE(MIB_IPMCAST_MFE_STATS_EX)
    MFE_START(MIB_IPMCAST_MFE_STATS_EX)
    MFE_COUNTERS(MIB_IPMCAST_MFE_STATS_EX)
    MEMBER(MIB_IPMCAST_MFE_STATS_EX, ulUninitMfe)
    MEMBER(MIB_IPMCAST_MFE_STATS_EX, ulNegativeMfe)
    MEMBER(MIB_IPMCAST_MFE_STATS_EX, ulInDiscards)
    MEMBER(MIB_IPMCAST_MFE_STATS_EX, ulInHdrErrors)
    MEMBER(MIB_IPMCAST_MFE_STATS_EX, ulTotalOutPackets)

    STRUCTURE(RTM_NET_ADDRESS)
    MEMBER(RTM_NET_ADDRESS, AddressFamily)
    MEMBER(RTM_NET_ADDRESS, NumBits)
    MEMBER(RTM_NET_ADDRESS, AddrBits)

    STRUCTURE(RTM_DEST_INFO)
    MEMBER(RTM_DEST_INFO, DestHandle)
    MEMBER(RTM_DEST_INFO, DestAddress)
    MEMBER(RTM_DEST_INFO, LastChanged)
    MEMBER(RTM_DEST_INFO, BelongsToViews)
    MEMBER(RTM_DEST_INFO, NumberOfViews)
    MEMBER(RTM_DEST_INFO, ViewInfo)
    MEMBER(RTM_DEST_INFO, ViewInfo[0].ViewId)
    MEMBER(RTM_DEST_INFO, ViewInfo[0].NumRoutes)
    MEMBER(RTM_DEST_INFO, ViewInfo[0].Route)
    MEMBER(RTM_DEST_INFO, ViewInfo[0].Owner)
    MEMBER(RTM_DEST_INFO, ViewInfo[0].DestFlags)
    MEMBER(RTM_DEST_INFO, ViewInfo[0].HoldRoute)

    TYPE(MGM_ENUM_TYPES) TYPE(enum _MGM_ENUM_TYPES)
    VALUE(ANY_SOURCE)
    VALUE(ALL_SOURCES)

    TYPE(PMGM_RPF_CALLBACK) TYPE(PMGM_CREATION_ALERT_CALLBACK) TYPE(PMGM_PRUNE_ALERT_CALLBACK)
    TYPE(PMGM_JOIN_ALERT_CALLBACK) TYPE(PMGM_WRONG_IF_CALLBACK) TYPE(PMGM_LOCAL_JOIN_CALLBACK)
    TYPE(PMGM_LOCAL_LEAVE_CALLBACK) TYPE(PMGM_DISABLE_IGMP_CALLBACK)
    TYPE(PMGM_ENABLE_IGMP_CALLBACK)

    VALUE(FALSE) VALUE(TRUE) VALUE(ANY_SIZE)
    VALUE(MGM_JOIN_STATE_FLAG) VALUE(MGM_FORWARD_STATE_FLAG)
    VALUE(MGM_MFE_STATS_0) VALUE(MGM_MFE_STATS_1)

    VALUE(SIZEOF_BASIC_MIB_MFE)
    VALUE(SIZEOF_MIB_MFE(0)) VALUE(SIZEOF_MIB_MFE(1)) VALUE(SIZEOF_MIB_MFE(2 + 5))
    VALUE(SIZEOF_BASIC_MIB_MFE_STATS)
    VALUE(SIZEOF_MIB_MFE_STATS(0)) VALUE(SIZEOF_MIB_MFE_STATS(1))
    VALUE(SIZEOF_MIB_MFE_STATS(2 + 5))
    VALUE(SIZEOF_BASIC_MIB_MFE_STATS_EX)
    VALUE(SIZEOF_MIB_MFE_STATS_EX(0)) VALUE(SIZEOF_MIB_MFE_STATS_EX(1))
    VALUE(SIZEOF_MIB_MFE_STATS_EX(2 + 5))

    VALUE(NO_ERROR) VALUE(ERROR_NOT_ENOUGH_MEMORY) VALUE(ERROR_INVALID_PARAMETER)
    VALUE(ERROR_INSUFFICIENT_BUFFER) VALUE(ERROR_ALREADY_EXISTS) VALUE(ERROR_MORE_DATA)
    VALUE(ERROR_NO_MORE_ITEMS) VALUE(ERROR_CAN_NOT_COMPLETE) VALUE(ERROR_NOT_FOUND)

    VALUE(PROTO_IP_OTHER) VALUE(PROTO_IP_LOCAL) VALUE(PROTO_IP_NETMGMT) VALUE(PROTO_IP_RIP)
    VALUE(PROTO_IP_IS_IS) VALUE(PROTO_IP_OSPF) VALUE(PROTO_IP_BGP) VALUE(PROTO_IP_MSDP)
    VALUE(PROTO_IP_IGMP) VALUE(PROTO_IP_BGMP) VALUE(PROTO_IP_NT_STATIC) VALUE(PROTO_IP_MGM)
    VALUE(PROTO_TYPE_UCAST) VALUE(PROTO_TYPE_MCAST) VALUE(PROTO_TYPE_MS0) VALUE(PROTO_TYPE_MS1)
    VALUE(PROTO_VENDOR_MS0) VALUE(PROTO_VENDOR_MS1) VALUE(PROTO_VENDOR_MS2)
    FACT("MS_IP_IGMP", MS_IP_IGMP) FACT("MS_IP_BGMP", MS_IP_BGMP) FACT("MS_IP_MSDP", MS_IP_MSDP)
    FACT("MS_IP_MGM", MS_IP_MGM)
    FACT("PROTOCOL_ID(1, 0x4001, 0x1000A)", PROTOCOL_ID(1, 0x4001, 0x1000A))
    FACT("TYPE_FROM_PROTO_ID", TYPE_FROM_PROTO_ID(0x4137000A))
    FACT("VENDOR_FROM_PROTO_ID", VENDOR_FROM_PROTO_ID(0x4137000A))
    FACT("PROTO_FROM_PROTO_ID", PROTO_FROM_PROTO_ID(0x4137000A))

    VALUE(RTM_MAX_ADDRESS_SIZE) VALUE(RTM_VIEW_ID_UCAST) VALUE(RTM_VIEW_ID_MCAST)
    VALUE(RTM_VIEW_MASK_UCAST) VALUE(RTM_VIEW_MASK_MCAST)
    TYPE(RTM_VIEW_ID) TYPE(RTM_VIEW_SET) TYPE(RTM_DEST_HANDLE) TYPE(RTM_ROUTE_HANDLE)
    TYPE(RTM_ENTITY_HANDLE)
};

/* The types of callbacks and functions. */
#ifdef _WIN32
#define CALL WINAPI
#else
#define CALL
#endif
#define SAME(type, ...)                                                                          \
    _Static_assert(__builtin_types_compatible_p(type, DWORD(CALL *)(__VA_ARGS__)), #type)
#define FUNCTION(function, ...) SAME(__typeof__(&function), __VA_ARGS__)

SAME(PMGM_RPF_CALLBACK, DWORD, DWORD, DWORD, DWORD, PDWORD, PDWORD, PDWORD, DWORD, PBYTE, PBYTE);
SAME(PMGM_CREATION_ALERT_CALLBACK, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD,
     PMGM_IF_ENTRY);
SAME(PMGM_PRUNE_ALERT_CALLBACK, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD, BOOL, PDWORD);
SAME(PMGM_JOIN_ALERT_CALLBACK, DWORD, DWORD, DWORD, DWORD, BOOL);
SAME(PMGM_WRONG_IF_CALLBACK, DWORD, DWORD, DWORD, DWORD, DWORD, PBYTE);
SAME(PMGM_LOCAL_JOIN_CALLBACK, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD);
SAME(PMGM_LOCAL_LEAVE_CALLBACK, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD);
SAME(PMGM_DISABLE_IGMP_CALLBACK, DWORD, DWORD);
SAME(PMGM_ENABLE_IGMP_CALLBACK, DWORD, DWORD);

FUNCTION(MgmRegisterMProtocol, PROUTING_PROTOCOL_CONFIG, DWORD, DWORD, HANDLE *);
FUNCTION(MgmDeRegisterMProtocol, HANDLE);
FUNCTION(MgmTakeInterfaceOwnership, HANDLE, DWORD, DWORD);
FUNCTION(MgmReleaseInterfaceOwnership, HANDLE, DWORD, DWORD);
FUNCTION(MgmGetProtocolOnInterface, DWORD, DWORD, PDWORD, PDWORD);
FUNCTION(MgmAddGroupMembershipEntry, HANDLE, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD);
FUNCTION(MgmDeleteGroupMembershipEntry, HANDLE, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD);
FUNCTION(MgmGetMfe, PMIB_IPMCAST_MFE, PDWORD, PBYTE);
FUNCTION(MgmGetFirstMfe, PDWORD, PBYTE, PDWORD);
FUNCTION(MgmGetNextMfe, PMIB_IPMCAST_MFE, PDWORD, PBYTE, PDWORD);
FUNCTION(MgmGetMfeStats, PMIB_IPMCAST_MFE, PDWORD, PBYTE, DWORD);
FUNCTION(MgmGetFirstMfeStats, PDWORD, PBYTE, PDWORD, DWORD);
FUNCTION(MgmGetNextMfeStats, PMIB_IPMCAST_MFE, PDWORD, PBYTE, PDWORD, DWORD);
FUNCTION(MgmGroupEnumerationStart, HANDLE, MGM_ENUM_TYPES, HANDLE *);
FUNCTION(MgmGroupEnumerationGetNext, HANDLE, PDWORD, PBYTE, PDWORD);
FUNCTION(MgmGroupEnumerationEnd, HANDLE);
FUNCTION(MgmSetMfe, HANDLE, PMIB_IPMCAST_MFE);

PRINT_FACTS
