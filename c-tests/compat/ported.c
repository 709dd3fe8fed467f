/*
 * A multicast routing protocol as it is written for Windows: a module that the router loads
 * (RegisterProtocol), starts, tells of interfaces, asks and stops. Nothing here knows of
 * another system: with include/compat it compiles on Linux as it stands.
 */
#define MPR50 1
#include <windows.h>
#include <mprapi.h>
#include <routprot.h>
#include <iprtrmib.h>
#include <mgm.h>

#include "ported.h"

#define PROTOCOL PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS0, 88)
#define COMPONENT 3

/* An interface of the router that this protocol runs on. */
typedef struct _INTERFACE_ENTRY {
    LIST_ENTRY Link;
    DWORD dwIfIndex;
    DWORD dwGroupCount;
    PIP_LOCAL_BINDING rgGroups; /* Address: a group, Mask: its mask */
} INTERFACE_ENTRY, *PINTERFACE_ENTRY;

static struct {
    CRITICAL_SECTION Lock;
    LIST_ENTRY Interfaces;
    HANDLE hMgm;
    PSUPPORT_FUNCTIONS pSupport;
    LONG lMembers; /* groups that others want */
    LONG lFlows;
    LONG lWrong;
    DWORD dwLastRouteMask;
    BOOL bRunning;
} g;

static PINTERFACE_ENTRY
FindInterface(IN DWORD dwIfIndex)
{
    PLIST_ENTRY ple;

    for (ple = g.Interfaces.Flink; ple != &g.Interfaces; ple = ple->Flink) {
        PINTERFACE_ENTRY pie = CONTAINING_RECORD(ple, INTERFACE_ENTRY, Link);
        if (pie->dwIfIndex == dwIfIndex)
            return pie;
    }
    return NULL;
}

static DWORD CALLBACK
RpfCallback(IN DWORD dwSourceAddr, IN DWORD dwSourceMask, IN DWORD dwGroupAddr, IN DWORD dwGroupMask,
            IN OUT PDWORD pdwInIfIndex, IN OUT PDWORD pdwInIfNextHopAddr,
            IN OUT PDWORD pdwUpStreamNbr, IN DWORD dwHdrSize, IN PBYTE pbPacketHdr, IN PBYTE pbRoute)
{
    UNREFERENCED_PARAMETER(dwSourceAddr);
    UNREFERENCED_PARAMETER(dwSourceMask);
    UNREFERENCED_PARAMETER(dwGroupAddr);
    UNREFERENCED_PARAMETER(dwGroupMask);
    UNREFERENCED_PARAMETER(pdwInIfNextHopAddr);
    UNREFERENCED_PARAMETER(dwHdrSize);
    UNREFERENCED_PARAMETER(pbPacketHdr);
    UNREFERENCED_PARAMETER(pbRoute);
    EnterCriticalSection(&g.Lock);
    if (FindInterface(*pdwInIfIndex) == NULL)
        *pdwUpStreamNbr = 0;
    LeaveCriticalSection(&g.Lock);
    return NO_ERROR;
}

static DWORD CALLBACK
CreationAlert(IN DWORD dwSourceAddr, IN DWORD dwSourceMask, IN DWORD dwGroupAddr,
              IN DWORD dwGroupMask, IN DWORD dwInIfIndex, IN DWORD dwInIfNextHopAddr,
              IN DWORD dwIfCount, IN OUT PMGM_IF_ENTRY pmieOutIfList)
{
    DWORD i;

    UNREFERENCED_PARAMETER(dwSourceAddr);
    UNREFERENCED_PARAMETER(dwSourceMask);
    UNREFERENCED_PARAMETER(dwGroupMask);
    UNREFERENCED_PARAMETER(dwInIfIndex);
    UNREFERENCED_PARAMETER(dwInIfNextHopAddr);
    for (i = 0; i < dwIfCount; i++)
        if (g.pSupport->HasMulticastBoundary(pmieOutIfList[i].dwIfIndex, dwGroupAddr))
            pmieOutIfList[i].bIsEnabled = FALSE;
    InterlockedIncrement(&g.lFlows);
    return NO_ERROR;
}

static DWORD CALLBACK
JoinAlert(IN DWORD dwSourceAddr, IN DWORD dwSourceMask, IN DWORD dwGroupAddr, IN DWORD dwGroupMask,
          IN BOOL bMemberUpdate)
{
    UNREFERENCED_PARAMETER(dwSourceAddr);
    UNREFERENCED_PARAMETER(dwSourceMask);
    UNREFERENCED_PARAMETER(dwGroupAddr);
    UNREFERENCED_PARAMETER(dwGroupMask);
    if (bMemberUpdate)
        InterlockedIncrement(&g.lMembers);
    return NO_ERROR;
}

static DWORD CALLBACK
PruneAlert(IN DWORD dwSourceAddr, IN DWORD dwSourceMask, IN DWORD dwGroupAddr, IN DWORD dwGroupMask,
           IN DWORD dwIfIndex, IN DWORD dwIfNextHopAddr, IN BOOL bMemberDelete, IN OUT PDWORD pdwTimeout)
{
    UNREFERENCED_PARAMETER(dwSourceAddr);
    UNREFERENCED_PARAMETER(dwSourceMask);
    UNREFERENCED_PARAMETER(dwGroupAddr);
    UNREFERENCED_PARAMETER(dwGroupMask);
    UNREFERENCED_PARAMETER(dwIfIndex);
    UNREFERENCED_PARAMETER(dwIfNextHopAddr);
    if (bMemberDelete)
        InterlockedDecrement(&g.lMembers);
    else
        *pdwTimeout = 60;
    return NO_ERROR;
}

static DWORD CALLBACK
WrongIf(IN DWORD dwSourceAddr, IN DWORD dwGroupAddr, IN DWORD dwIfIndex, IN DWORD dwIfNextHopAddr,
        IN DWORD dwHdrSize, IN PBYTE pbPacketHdr)
{
    UNREFERENCED_PARAMETER(dwSourceAddr);
    UNREFERENCED_PARAMETER(dwGroupAddr);
    UNREFERENCED_PARAMETER(dwIfIndex);
    UNREFERENCED_PARAMETER(dwIfNextHopAddr);
    UNREFERENCED_PARAMETER(dwHdrSize);
    UNREFERENCED_PARAMETER(pbPacketHdr);
    InterlockedIncrement(&g.lWrong);
    return NO_ERROR;
}

static DWORD WINAPI
StartProtocol(IN HANDLE NotificationEvent, IN PSUPPORT_FUNCTIONS SupportFunctions,
              IN LPVOID GlobalInfo, IN ULONG StructureVersion, IN ULONG StructureSize,
              IN ULONG StructureCount)
{
    ROUTING_PROTOCOL_CONFIG rpc;
    DWORD dwResult;

    UNREFERENCED_PARAMETER(NotificationEvent);
    UNREFERENCED_PARAMETER(GlobalInfo);
    UNREFERENCED_PARAMETER(StructureVersion);
    UNREFERENCED_PARAMETER(StructureSize);
    UNREFERENCED_PARAMETER(StructureCount);
    ZeroMemory(&g, sizeof(g));
    InitializeCriticalSection(&g.Lock);
    g.Interfaces.Flink = g.Interfaces.Blink = &g.Interfaces;
    g.pSupport = SupportFunctions;

    ZeroMemory(&rpc, sizeof(rpc));
    rpc.pfnRpfCallback = RpfCallback;
    rpc.pfnCreationAlertCallback = CreationAlert;
    rpc.pfnJoinAlertCallback = JoinAlert;
    rpc.pfnPruneAlertCallback = PruneAlert;
    rpc.pfnWrongIfCallback = WrongIf;
    dwResult = MgmRegisterMProtocol(&rpc, PROTOCOL, COMPONENT, &g.hMgm);
    if (dwResult == NO_ERROR)
        g.bRunning = TRUE;
    else
        DeleteCriticalSection(&g.Lock);
    return dwResult;
}

static DWORD WINAPI
AddInterface(IN LPWSTR InterfaceName, IN ULONG InterfaceIndex, IN NET_INTERFACE_TYPE InterfaceType,
             IN DWORD MediaType, IN WORD AccessType, IN WORD ConnectionType, IN PVOID InterfaceInfo,
             IN ULONG StructureVersion, IN ULONG StructureSize, IN ULONG StructureCount)
{
    PINTERFACE_ENTRY pie;
    PIP_LOCAL_BINDING pGroups = (PIP_LOCAL_BINDING)InterfaceInfo;
    DWORD dwResult, i;
    BOOL bAgain;

    UNREFERENCED_PARAMETER(InterfaceName);
    UNREFERENCED_PARAMETER(MediaType);
    UNREFERENCED_PARAMETER(AccessType);
    UNREFERENCED_PARAMETER(ConnectionType);
    UNREFERENCED_PARAMETER(StructureVersion);
    if (InterfaceType != PERMANENT || StructureSize != sizeof(IP_LOCAL_BINDING))
        return ERROR_INVALID_PARAMETER;
    EnterCriticalSection(&g.Lock);
    bAgain = FindInterface(InterfaceIndex) != NULL;
    LeaveCriticalSection(&g.Lock);
    if (bAgain)
        return ERROR_ALREADY_EXISTS;
    pie = (PINTERFACE_ENTRY)HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*pie));
    if (pie == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    pie->dwIfIndex = InterfaceIndex;
    pie->dwGroupCount = StructureCount;
    pie->rgGroups = pGroups;
    dwResult = MgmTakeInterfaceOwnership(g.hMgm, InterfaceIndex, 0);
    if (dwResult != NO_ERROR) {
        HeapFree(GetProcessHeap(), 0, pie);
        return dwResult;
    }
    for (i = 0; i < StructureCount && dwResult == NO_ERROR; i++)
        dwResult = MgmAddGroupMembershipEntry(g.hMgm, 0, 0, pGroups[i].Address, pGroups[i].Mask,
                                              InterfaceIndex, 0, MGM_JOIN_STATE_FLAG);
    EnterCriticalSection(&g.Lock);
    pie->Link.Flink = g.Interfaces.Flink;
    pie->Link.Blink = &g.Interfaces;
    g.Interfaces.Flink->Blink = &pie->Link;
    g.Interfaces.Flink = &pie->Link;
    LeaveCriticalSection(&g.Lock);
    return dwResult;
}

static DWORD WINAPI
DeleteInterface(IN ULONG InterfaceIndex)
{
    PINTERFACE_ENTRY pie;

    EnterCriticalSection(&g.Lock);
    pie = FindInterface(InterfaceIndex);
    if (pie != NULL) {
        pie->Link.Blink->Flink = pie->Link.Flink;
        pie->Link.Flink->Blink = pie->Link.Blink;
    }
    LeaveCriticalSection(&g.Lock);
    if (pie == NULL)
        return ERROR_INVALID_PARAMETER;
    HeapFree(GetProcessHeap(), 0, pie);
    return MgmReleaseInterfaceOwnership(g.hMgm, InterfaceIndex, 0);
}

static DWORD WINAPI
StopProtocol(VOID)
{
    DWORD dwResult;

    while (g.Interfaces.Flink != &g.Interfaces) {
        PINTERFACE_ENTRY pie = CONTAINING_RECORD(g.Interfaces.Flink, INTERFACE_ENTRY, Link);
        dwResult = DeleteInterface(pie->dwIfIndex);
        if (dwResult != NO_ERROR)
            return dwResult;
    }
    dwResult = MgmDeRegisterMProtocol(g.hMgm);
    if (dwResult == NO_ERROR) {
        g.bRunning = FALSE;
        DeleteCriticalSection(&g.Lock);
    }
    return dwResult;
}

/* What mtrace asks: how a packet of this source and group is forwarded here. */
static DWORD WINAPI
GetMfeStatus(IN DWORD InterfaceIndex, IN DWORD GroupAddress, IN DWORD SourceAddress,
             OUT PBYTE StatusCode)
{
    MIB_IPMCAST_MFE mimKey;
    PMIB_IPMCAST_MFE pmim;
    DWORD dwSize = SIZEOF_MIB_MFE(8), dwResult, i;

    pmim = (PMIB_IPMCAST_MFE)HeapAlloc(GetProcessHeap(), 0, dwSize);
    if (pmim == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    ZeroMemory(&mimKey, sizeof(mimKey));
    mimKey.dwGroup = GroupAddress;
    mimKey.dwSource = SourceAddress;
    dwResult = MgmGetMfe(&mimKey, &dwSize, (PBYTE)pmim);
    if (dwResult == ERROR_NOT_FOUND) {
        *StatusCode = MFE_NOT_FORWARDING;
        dwResult = NO_ERROR;
    } else if (dwResult == NO_ERROR) {
        *StatusCode = pmim->dwInIfIndex == InterfaceIndex ? MFE_IIF : MFE_OIF_PRUNED;
        g.dwLastRouteMask = pmim->dwRouteMask;
        for (i = 0; i < pmim->ulNumOutIf; i++)
            if (pmim->rgmioOutInfo[i].dwOutIfIndex == InterfaceIndex)
                *StatusCode = MFE_NO_ERROR;
    }
    HeapFree(GetProcessHeap(), 0, pmim);
    return dwResult;
}

/* The protocol's own MIB: one structure. */
static DWORD WINAPI
MibGet(IN ULONG InputDataSize, IN PVOID InputData, IN OUT PULONG OutputDataSize, OUT PVOID OutputData)
{
    PPORTED_MIB pMib = (PPORTED_MIB)OutputData;
    PMIB_OPAQUE_QUERY pQuery = (PMIB_OPAQUE_QUERY)InputData;

    if (InputDataSize < sizeof(*pQuery) || pQuery->dwVarId != PORTED_MIB_ID)
        return ERROR_INVALID_PARAMETER;
    if (*OutputDataSize < sizeof(*pMib)) {
        *OutputDataSize = sizeof(*pMib);
        return ERROR_INSUFFICIENT_BUFFER;
    }
    pMib->dwMembers = (DWORD)g.lMembers;
    pMib->dwFlows = (DWORD)g.lFlows;
    pMib->dwWrongIf = (DWORD)g.lWrong;
    return NO_ERROR;
}

DWORD WINAPI
RegisterProtocol(PMPR_ROUTING_CHARACTERISTICS pRoutingChar, PMPR_SERVICE_CHARACTERISTICS pServiceChar)
{
    UNREFERENCED_PARAMETER(pServiceChar);
    if (pRoutingChar->dwVersion != MS_ROUTER_VERSION || pRoutingChar->dwProtocolId != PROTOCOL)
        return ERROR_NOT_SUPPORTED;
    pRoutingChar->fSupportedFunctionality = RF_ROUTING | RF_MULTICAST;
    pRoutingChar->pfnStartProtocol = StartProtocol;
    pRoutingChar->pfnStopProtocol = StopProtocol;
    pRoutingChar->pfnAddInterface = AddInterface;
    pRoutingChar->pfnDeleteInterface = DeleteInterface;
    pRoutingChar->pfnGetMfeStatus = GetMfeStatus;
    pRoutingChar->pfnMibGetEntry = MibGet;
    return NO_ERROR;
}
