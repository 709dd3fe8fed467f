/*
 * <routprot.h> for multicast routing protocols that are ported to Linux: what a routing protocol and the router are to each other.
 *
 * Facts from Microsoft's public reference and mingw-w64's public-domain headers. On Windows
 * this is the system's own header.
 */
#ifndef MGM_COMPAT_ROUTPROT_H
#define MGM_COMPAT_ROUTPROT_H

#ifdef _WIN32
#pragma GCC system_header
/* mingw-w64's <iprtrmib.h> declares as enumerators what its <routprot.h> defines as macros:
   it has to come first. */
#include <iprtrmib.h>
#include_next <routprot.h>
#else

/* PROTOCOL_ID and the ids of multicast protocols are the manager's own header's. */
#include "windows.h"

#if !defined(MPR50) || !MPR50
#error Router version not defined
#endif
#define MS_ROUTER_VERSION 0x00000500

#define RF_ROUTING 0x00000001
#define RF_DEMAND_UPDATE_ROUTES 0x00000004
#define RF_ADD_ALL_INTERFACES 0x00000010
#define RF_MULTICAST 0x00000020
#define RF_POWER 0x00000040

typedef enum _ROUTING_PROTOCOL_EVENTS {
    ROUTER_STOPPED,
    SAVE_GLOBAL_CONFIG_INFO,
    SAVE_INTERFACE_CONFIG_INFO,
    UPDATE_COMPLETE
} ROUTING_PROTOCOL_EVENTS;

typedef enum _NET_INTERFACE_TYPE {
    PERMANENT,
    DEMAND_DIAL,
    LOCAL_WORKSTATION_DIAL,
    REMOTE_WORKSTATION_DIAL
} NET_INTERFACE_TYPE;

#define IR_PROMISCUOUS 0
#define IR_PROMISCUOUS_MULTICAST 1

/* What the router does for a protocol. */
typedef struct _SUPPORT_FUNCTIONS {
    __extension__ union {
        ULONGLONG _Align8;
        __extension__ struct {
            DWORD dwVersion;
            DWORD dwReserved;
        };
    };
    DWORD(WINAPI *DemandDialRequest)(DWORD ProtocolId, DWORD InterfaceIndex);
    DWORD(WINAPI *SetInterfaceReceiveType)
    (DWORD ProtocolId, DWORD InterfaceIndex, DWORD InterfaceReceiveType, BOOL bActivate);
    DWORD(WINAPI *ValidateRoute)(DWORD ProtocolId, PVOID RouteInfo, PVOID DestAddress);
    DWORD(WINAPI *MIBEntryCreate)(DWORD dwRoutingPid, DWORD dwEntrySize, LPVOID lpEntry);
    DWORD(WINAPI *MIBEntryDelete)(DWORD dwRoutingPid, DWORD dwEntrySize, LPVOID lpEntry);
    DWORD(WINAPI *MIBEntrySet)(DWORD dwRoutingPid, DWORD dwEntrySize, LPVOID lpEntry);
    DWORD(WINAPI *MIBEntryGet)
    (DWORD dwRoutingPid, DWORD dwInEntrySize, LPVOID lpInEntry, LPDWORD lpOutEntrySize,
     LPVOID lpOutEntry);
    DWORD(WINAPI *MIBEntryGetFirst)
    (DWORD dwRoutingPid, DWORD dwInEntrySize, LPVOID lpInEntry, LPDWORD lpOutEntrySize,
     LPVOID lpOutEntry);
    DWORD(WINAPI *MIBEntryGetNext)
    (DWORD dwRoutingPid, DWORD dwInEntrySize, LPVOID lpInEntry, LPDWORD lpOutEntrySize,
     LPVOID lpOutEntry);
    DWORD(WINAPI *GetRouterId)(void);
    BOOL(WINAPI *HasMulticastBoundary)(DWORD dwIfIndex, DWORD dwGroupAddress);
} SUPPORT_FUNCTIONS, *PSUPPORT_FUNCTIONS;

#define PROTO_IP_ICMP 4
#define PROTO_IP_EGP 5
#define PROTO_IP_GGP 6
#define PROTO_IP_HELLO 7
#define PROTO_IP_ES_IS 10
#define PROTO_IP_CISCO 11
#define PROTO_IP_BBN 12
#define PROTO_IP_VRRP 112
#define PROTO_IP_BOOTP 9999
#define PROTO_IP_NT_AUTOSTATIC 10002
#define PROTO_IP_DNS_PROXY 10003
#define PROTO_IP_DHCP_ALLOCATOR 10004
#define PROTO_IP_NAT 10005
#define PROTO_IP_NT_STATIC_NON_DOD 10007
#define PROTO_IP_DIFFSERV 10008

#define MS_IP_BOOTP PROTOCOL_ID(PROTO_TYPE_UCAST, PROTO_VENDOR_MS0, PROTO_IP_BOOTP)
#define MS_IP_RIP PROTOCOL_ID(PROTO_TYPE_UCAST, PROTO_VENDOR_MS0, PROTO_IP_RIP)
#define MS_IP_OSPF PROTOCOL_ID(PROTO_TYPE_UCAST, PROTO_VENDOR_MS0, PROTO_IP_OSPF)
#define MS_IP_BGP PROTOCOL_ID(PROTO_TYPE_UCAST, PROTO_VENDOR_MS1, PROTO_IP_BGP)

typedef struct _UPDATE_COMPLETE_MESSAGE {
    ULONG InterfaceIndex;
    ULONG UpdateType;
    ULONG UpdateStatus;
} UPDATE_COMPLETE_MESSAGE, *PUPDATE_COMPLETE_MESSAGE;

typedef union _MESSAGE {
    UPDATE_COMPLETE_MESSAGE UpdateCompleteMessage;
    DWORD InterfaceIndex;
} MESSAGE, *PMESSAGE;

#define RIS_INTERFACE_ADDRESS_CHANGE 0
#define RIS_INTERFACE_ENABLED 1
#define RIS_INTERFACE_DISABLED 2
#define RIS_INTERFACE_MEDIA_PRESENT 3
#define RIS_INTERFACE_MEDIA_ABSENT 4

typedef struct IP_LOCAL_BINDING {
    DWORD Address;
    DWORD Mask;
} IP_LOCAL_BINDING, *PIP_LOCAL_BINDING;

typedef struct IP_ADAPTER_BINDING_INFO {
    ULONG AddressCount;
    DWORD RemoteAddress;
    ULONG Mtu;
    ULONGLONG Speed;
    __extension__ IP_LOCAL_BINDING Address[0];
} IP_ADAPTER_BINDING_INFO, *PIP_ADAPTER_BINDING_INFO;

#define SIZEOF_IP_BINDING(count)                                                                 \
    (sizeof(IP_ADAPTER_BINDING_INFO) + (count) * sizeof(IP_LOCAL_BINDING))

/* What a protocol does for the router. */
typedef DWORD(WINAPI *PSTART_PROTOCOL)(HANDLE NotificationEvent,
                                       PSUPPORT_FUNCTIONS SupportFunctions, LPVOID GlobalInfo,
                                       ULONG StructureVersion, ULONG StructureSize,
                                       ULONG StructureCount);
typedef DWORD(WINAPI *PSTART_COMPLETE)(void);
typedef DWORD(WINAPI *PSTOP_PROTOCOL)(void);
typedef DWORD(WINAPI *PADD_INTERFACE)(LPWSTR InterfaceName, ULONG InterfaceIndex,
                                      NET_INTERFACE_TYPE InterfaceType, DWORD MediaType,
                                      WORD AccessType, WORD ConnectionType, PVOID InterfaceInfo,
                                      ULONG StructureVersion, ULONG StructureSize,
                                      ULONG StructureCount);
typedef DWORD(WINAPI *PDELETE_INTERFACE)(ULONG InterfaceIndex);
typedef DWORD(WINAPI *PGET_EVENT_MESSAGE)(ROUTING_PROTOCOL_EVENTS *Event, MESSAGE *Result);
typedef DWORD(WINAPI *PGET_INTERFACE_INFO)(ULONG InterfaceIndex, PVOID InterfaceInfo,
                                           PULONG BufferSize, PULONG StructureVersion,
                                           PULONG StructureSize, PULONG StructureCount);
typedef DWORD(WINAPI *PSET_INTERFACE_INFO)(ULONG InterfaceIndex, PVOID InterfaceInfo,
                                           ULONG StructureVersion, ULONG StructureSize,
                                           ULONG StructureCount);
typedef DWORD(WINAPI *PINTERFACE_STATUS)(ULONG InterfaceIndex, BOOL InterfaceActive,
                                         DWORD StatusType, PVOID StatusInfo);
typedef DWORD(WINAPI *PQUERY_POWER)(DWORD PowerType);
typedef DWORD(WINAPI *PSET_POWER)(DWORD PowerType);
typedef DWORD(WINAPI *PGET_GLOBAL_INFO)(PVOID GlobalInfo, PULONG BufferSize,
                                        PULONG StructureVersion, PULONG StructureSize,
                                        PULONG StructureCount);
typedef DWORD(WINAPI *PSET_GLOBAL_INFO)(PVOID GlobalInfo, ULONG StructureVersion,
                                        ULONG StructureSize, ULONG StructureCount);
typedef DWORD(WINAPI *PDO_UPDATE_ROUTES)(ULONG InterfaceIndex);
typedef DWORD(WINAPI *PMIB_CREATE)(ULONG InputDataSize, PVOID InputData);
typedef DWORD(WINAPI *PMIB_DELETE)(ULONG InputDataSize, PVOID InputData);
typedef DWORD(WINAPI *PMIB_GET)(ULONG InputDataSize, PVOID InputData, PULONG OutputDataSize,
                                PVOID OutputData);
typedef DWORD(WINAPI *PMIB_SET)(ULONG InputDataSize, PVOID InputData);
typedef DWORD(WINAPI *PMIB_GET_FIRST)(ULONG InputDataSize, PVOID InputData,
                                      PULONG OutputDataSize, PVOID OutputData);
typedef DWORD(WINAPI *PMIB_GET_NEXT)(ULONG InputDataSize, PVOID InputData, PULONG OutputDataSize,
                                     PVOID OutputData);
typedef DWORD(WINAPI *PMIB_SET_TRAP_INFO)(HANDLE Event, ULONG InputDataSize, PVOID InputData,
                                          PULONG OutputDataSize, PVOID OutputData);
typedef DWORD(WINAPI *PMIB_GET_TRAP_INFO)(ULONG InputDataSize, PVOID InputData,
                                          PULONG OutputDataSize, PVOID OutputData);
typedef DWORD(WINAPI *PCONNECT_CLIENT)(ULONG InterfaceIndex, PVOID ClientAddress);
typedef DWORD(WINAPI *PDISCONNECT_CLIENT)(ULONG InterfaceIndex, PVOID ClientAddress);

#define MRINFO_TUNNEL_FLAG 0x01
#define MRINFO_PIM_FLAG 0x04
#define MRINFO_DOWN_FLAG 0x10
#define MRINFO_DISABLED_FLAG 0x20
#define MRINFO_QUERIER_FLAG 0x40
#define MRINFO_LEAF_FLAG 0x80

typedef DWORD(WINAPI *PGET_NEIGHBORS)(DWORD InterfaceIndex, PDWORD NeighborList,
                                      PDWORD NeighborListSize, PBYTE InterfaceFlags);

#define MFE_NO_ERROR 0
#define MFE_REACHED_CORE 1
#define MFE_NOT_FORWARDING 2
#define MFE_WRONG_IF 3
#define MFE_PRUNED_UPSTREAM 4
#define MFE_OIF_PRUNED 5
#define MFE_BOUNDARY_REACHED 6
#define MFE_NO_MULTICAST 7
#define MFE_IIF 8
#define MFE_NO_ROUTE 9
#define MFE_NOT_LAST_HOP 10
#define MFE_OLD_ROUTER 11
#define MFE_PROHIBITED 12
#define MFE_NO_SPACE 13

typedef DWORD(WINAPI *PGET_MFE_STATUS)(DWORD InterfaceIndex, DWORD GroupAddress,
                                       DWORD SourceAddress, PBYTE StatusCode);

typedef struct _MPR50_ROUTING_CHARACTERISTICS {
    DWORD dwVersion;
    DWORD dwProtocolId;
    DWORD fSupportedFunctionality;
    PSTART_PROTOCOL pfnStartProtocol;
    PSTART_COMPLETE pfnStartComplete;
    PSTOP_PROTOCOL pfnStopProtocol;
    PGET_GLOBAL_INFO pfnGetGlobalInfo;
    PSET_GLOBAL_INFO pfnSetGlobalInfo;
    PQUERY_POWER pfnQueryPower;
    PSET_POWER pfnSetPower;
    PADD_INTERFACE pfnAddInterface;
    PDELETE_INTERFACE pfnDeleteInterface;
    PINTERFACE_STATUS pfnInterfaceStatus;
    PGET_INTERFACE_INFO pfnGetInterfaceInfo;
    PSET_INTERFACE_INFO pfnSetInterfaceInfo;
    PGET_EVENT_MESSAGE pfnGetEventMessage;
    PDO_UPDATE_ROUTES pfnUpdateRoutes;
    PCONNECT_CLIENT pfnConnectClient;
    PDISCONNECT_CLIENT pfnDisconnectClient;
    PGET_NEIGHBORS pfnGetNeighbors;
    PGET_MFE_STATUS pfnGetMfeStatus;
    PMIB_CREATE pfnMibCreateEntry;
    PMIB_DELETE pfnMibDeleteEntry;
    PMIB_GET pfnMibGetEntry;
    PMIB_SET pfnMibSetEntry;
    PMIB_GET_FIRST pfnMibGetFirstEntry;
    PMIB_GET_NEXT pfnMibGetNextEntry;
    PMIB_SET_TRAP_INFO pfnMibSetTrapInfo;
    PMIB_GET_TRAP_INFO pfnMibGetTrapInfo;
} MPR50_ROUTING_CHARACTERISTICS;

typedef MPR50_ROUTING_CHARACTERISTICS MPR_ROUTING_CHARACTERISTICS;
typedef MPR_ROUTING_CHARACTERISTICS *PMPR_ROUTING_CHARACTERISTICS;

/* What IPX service protocols fill in; IP protocols leave it alone. */
typedef struct _MPR50_SERVICE_CHARACTERISTICS MPR_SERVICE_CHARACTERISTICS;
typedef MPR_SERVICE_CHARACTERISTICS *PMPR_SERVICE_CHARACTERISTICS;

#define REGISTER_PROTOCOL_ENTRY_POINT RegisterProtocol
#define REGISTER_PROTOCOL_ENTRY_POINT_STRING "RegisterProtocol"

typedef DWORD(WINAPI *PREGISTER_PROTOCOL)(PMPR_ROUTING_CHARACTERISTICS pRoutingChar,
                                          PMPR_SERVICE_CHARACTERISTICS pServiceChar);

#endif /* not _WIN32 */

#endif
