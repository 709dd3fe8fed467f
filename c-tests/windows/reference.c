/*
 * A program that knows nothing of this project's headers but what a host does: it is
 * compiled with mingw-w64's own <mgm.h>, and linked with mingw-w64's own librtm.a alone.
 * What that lacks it asks the loaded rtm.dll for, by name.
 */
#include <winsock2.h>
#include <windows.h>
#include <iprtrmib.h>
#define MPR50 1
#include <routprot.h>
#include <rtmv2.h>

#include <mgm.h>
#ifdef MGM_FORWARD_STATE
#error this is not the <mgm.h> of mingw-w64
#endif
#define MGM_CALL WINAPI
#include <mgmhost.h>

#include "check.h"

#include <string.h>

#define PROTOCOL PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS0, 77)
#define SOURCE 0x0100000A /* 10.0.0.1, network byte order */
#define GROUP 0x010101EF  /* 239.1.1.1 */
#define ONES 0xFFFFFFFF
#define FROM 3 /* interfaces */
#define TO 4

/* What came in, as the callbacks of the header declare it. */
static struct {
    unsigned rpf, creation, join, prune, wrong_if, local_join, local_leave, disable, enable;
    DWORD source, group, header_size, route_protocol_family, oif, igmp, timeout, if_index;
} seen;

static DWORD on_rpf(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask, PDWORD if_index,
                    PDWORD next_hop, PDWORD upstream, DWORD size, PBYTE header, PBYTE route) {
    RTM_DEST_INFO *destination = (RTM_DEST_INFO *)(void *)route;
    seen.rpf++;
    seen.source = source;
    seen.group = group;
    seen.header_size = size;
    seen.route_protocol_family = destination->DestAddress.AddressFamily;
    CHECK_EQ(destination->ViewInfo[0].ViewId, RTM_VIEW_ID_MCAST);
    CHECK_EQ(source_mask, ONES);
    CHECK_EQ(group_mask, ONES);
    CHECK_EQ(*if_index, FROM);
    CHECK_EQ(*next_hop, 0);
    CHECK(memcmp(header + 12, &source, 4) == 0);
    *upstream = SOURCE;
    return NO_ERROR;
}

static DWORD on_creation(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                         DWORD if_index, DWORD next_hop, DWORD count, PMGM_IF_ENTRY out) {
    seen.creation++;
    CHECK_EQ(source, SOURCE);
    CHECK_EQ(source_mask, ONES);
    CHECK_EQ(group, GROUP);
    CHECK_EQ(group_mask, ONES);
    CHECK_EQ(if_index, FROM);
    CHECK_EQ(next_hop, 0);
    CHECK_EQ(count, 1);
    seen.oif = out[0].dwIfIndex;
    seen.igmp = (DWORD)out[0].bIGMP;
    CHECK_EQ(out[0].dwIfNextHopAddr, 0);
    CHECK_EQ(out[0].bIsEnabled, TRUE);
    return NO_ERROR;
}

static DWORD on_prune(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                      DWORD if_index, DWORD next_hop, WINBOOL member, PDWORD timeout) {
    (void)source, (void)source_mask, (void)group, (void)group_mask, (void)next_hop;
    seen.prune++;
    seen.if_index = if_index;
    seen.timeout = *timeout;
    (void)member;
    return NO_ERROR;
}

static DWORD on_join(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                     WINBOOL member) {
    (void)source, (void)source_mask, (void)group, (void)group_mask, (void)member;
    seen.join++;
    return NO_ERROR;
}

static DWORD on_wrong_if(DWORD source, DWORD group, DWORD if_index, DWORD next_hop, DWORD size,
                         PBYTE header) {
    (void)next_hop, (void)header;
    seen.wrong_if++;
    CHECK_EQ(source, SOURCE);
    CHECK_EQ(group, GROUP);
    CHECK_EQ(if_index, TO);
    CHECK_EQ(size, 20);
    return NO_ERROR;
}

static DWORD on_local_join(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                           DWORD if_index, DWORD next_hop) {
    (void)source_mask, (void)group_mask, (void)next_hop;
    seen.local_join++;
    CHECK_EQ(source, 0);
    CHECK_EQ(group, GROUP);
    CHECK_EQ(if_index, TO);
    return NO_ERROR;
}

static DWORD on_local_leave(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                            DWORD if_index, DWORD next_hop) {
    (void)source, (void)source_mask, (void)group, (void)group_mask, (void)if_index, (void)next_hop;
    seen.local_leave++;
    return NO_ERROR;
}

static DWORD on_disable(DWORD if_index, DWORD next_hop) {
    (void)next_hop;
    CHECK_EQ(if_index, TO);
    seen.disable++;
    return NO_ERROR;
}

static DWORD on_enable(DWORD if_index, DWORD next_hop) {
    (void)next_hop;
    CHECK_EQ(if_index, TO);
    seen.enable++;
    return NO_ERROR;
}

/* A function of the rtm.dll that the import library loaded. */
static FARPROC exported(const char *name) {
    FARPROC function = GetProcAddress(GetModuleHandleA("rtm.dll"), name);
    if (function == NULL)
        check_failed(__FILE__, __LINE__, "rtm.dll does not export %s", name);
    REQUIRE(function != NULL);
    return function;
}
/* Through a type that all function pointers may be converted to. */
#define EXPORTED(name) ((__typeof__(&name))(void (*)(void))exported(#name))

static void start(void) {
    MGM_HOST_OPTIONS options;
    MGM_HOST_ROUTE route = {0x0000000A, 0x000000FF, FROM, 0, 3}; /* 10.0.0.0/8 */
    memset(&options, 0, sizeof options);
    options.dwSize = sizeof options;
    REQUIRE_OK(EXPORTED(MgmHostGetDefaultOptions)(&options));
    options.dwForwarder = MGM_HOST_FORWARDER_MEMORY;
    REQUIRE_OK(EXPORTED(MgmHostStart)(&options));
    REQUIRE_OK(EXPORTED(MgmHostAddRoute)(&route));
}

static void packet(DWORD if_index) {
    /* 10.0.0.1 to 239.1.1.1, UDP, TTL 64, 28 bytes. */
    BYTE bytes[28] = {0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 239, 1, 1, 1};
    unsigned sum = 0;
    for (int i = 0; i < 20; i += 2)
        sum += (unsigned)bytes[i] << 8 | bytes[i + 1];
    sum = ~((sum & 0xFFFF) + (sum >> 16)) & 0xFFFF;
    bytes[10] = (BYTE)(sum >> 8);
    bytes[11] = (BYTE)sum;
    CHECK_OK(EXPORTED(MgmHostReceivePacket)(if_index, 0, bytes, sizeof bytes));
}

TEST(the_dll_is_ours_and_stands_beside_the_program) {
    char program[MAX_PATH], dll[MAX_PATH];
    size_t directory;
    REQUIRE(GetModuleFileNameA(NULL, program, sizeof program) > 0);
    REQUIRE(GetModuleFileNameA(GetModuleHandleA("rtm.dll"), dll, sizeof dll) > 0);
    directory = (size_t)(strrchr(program, '\\') - program);
    CHECK(strncmp(program, dll, directory) == 0);
    CHECK_TEXT(EXPORTED(MgmHostGetVersion)(), MGM_VERSION);
}

/* Every function of <mgm.h> and every callback, once. */
TEST(a_protocol_and_igmp_of_the_reference_header) {
    ROUTING_PROTOCOL_CONFIG all = {0,           on_rpf,        on_creation,    on_prune,   on_join,
                                   on_wrong_if, on_local_join, on_local_leave, on_disable, on_enable};
    HANDLE protocol = NULL, igmp = NULL, groups = NULL;
    DWORD id = 0, component = 0, size, count = 0;
    union {
        MIB_IPMCAST_MFE mfe;
        MIB_IPMCAST_MFE_STATS stats;
        MIB_IPMCAST_MFE_STATS_EX more;
        BYTE bytes[1024];
    } room;
    MIB_IPMCAST_MFE key;
    SOURCE_GROUP_ENTRY entries[4];
    start();

    REQUIRE_OK(MgmRegisterMProtocol(&all, PROTOCOL, 5, &protocol));
    CHECK_ERROR(MgmRegisterMProtocol(&all, PROTOCOL, 5, &igmp), ERROR_ALREADY_EXISTS);
    REQUIRE_OK(MgmRegisterMProtocol(&all, MS_IP_IGMP, 6, &igmp));
    CHECK_OK(MgmTakeInterfaceOwnership(protocol, FROM, 0));
    CHECK_OK(MgmTakeInterfaceOwnership(igmp, TO, 0));
    CHECK_OK(MgmTakeInterfaceOwnership(protocol, TO, 0));
    CHECK_EQ(seen.disable, 1);
    CHECK_EQ(seen.enable, 1);
    CHECK_OK(MgmGetProtocolOnInterface(TO, 0, &id, &component));
    CHECK_EQ(id, PROTOCOL);
    CHECK_EQ(component, 5);

    CHECK_OK(MgmAddGroupMembershipEntry(igmp, 0, 0, GROUP, ONES, TO, 0, MGM_JOIN_STATE_FLAG));
    CHECK_EQ(seen.local_join, 1);
    packet(FROM);
    CHECK_EQ(seen.rpf, 1);
    CHECK_EQ(seen.source, SOURCE);
    CHECK_EQ(seen.group, GROUP);
    CHECK_EQ(seen.header_size, 20);
    CHECK_EQ(seen.route_protocol_family, AF_INET);
    CHECK_EQ(seen.creation, 1);
    CHECK_EQ(seen.oif, TO);
    CHECK_EQ(seen.igmp, TRUE);
    packet(TO);
    CHECK_EQ(seen.wrong_if, 1);

    memset(&key, 0, sizeof key);
    key.dwSource = SOURCE;
    key.dwGroup = GROUP;
    size = 0;
    CHECK_ERROR(MgmGetMfe(&key, &size, NULL), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(size, SIZEOF_MIB_MFE(1));
    size = sizeof room;
    CHECK_OK(MgmGetMfe(&key, &size, room.bytes));
    CHECK_EQ(room.mfe.dwUpStrmNgbr, SOURCE);
    CHECK_EQ(room.mfe.dwInIfIndex, FROM);
    CHECK_EQ(room.mfe.dwInIfProtocol, PROTOCOL);
    CHECK_EQ(room.mfe.ulNumOutIf, 1);
    CHECK_EQ(room.mfe.rgmioOutInfo[0].dwOutIfIndex, TO);
    CHECK_ERROR(MgmGetFirstMfe(&size, room.bytes, &count), ERROR_NO_MORE_ITEMS);
    CHECK_EQ(count, 1);
    CHECK_ERROR(MgmGetNextMfe(&key, &size, room.bytes, &count), ERROR_NO_MORE_ITEMS);
    CHECK_EQ(count, 0);
    CHECK_OK(MgmGetMfeStats(&key, &size, room.bytes, MGM_MFE_STATS_0));
    CHECK_EQ(room.stats.ulInPkts, 2);
    CHECK_EQ(room.stats.ulPktsDifferentIf, 1);
    CHECK_EQ(room.stats.rgmiosOutStats[0].ulOutPackets, 1);
    CHECK_OK(MgmGetMfeStats(&key, &size, room.bytes, MGM_MFE_STATS_1));
    CHECK_EQ(room.more.ulTotalOutPackets, 1);
    CHECK_EQ(room.more.rgmiosOutStats[0].dwOutIfIndex, TO);
    CHECK_ERROR(MgmGetFirstMfeStats(&size, room.bytes, &count, MGM_MFE_STATS_1),
                ERROR_NO_MORE_ITEMS);
    CHECK_EQ(count, 1);
    CHECK_ERROR(MgmGetNextMfeStats(&key, &size, room.bytes, &count, MGM_MFE_STATS_0),
                ERROR_NO_MORE_ITEMS);

    /* mingw-w64's import library lacks it. */
    key.dwUpStrmNgbr = 0x0900000A;
    CHECK_OK(EXPORTED(MgmSetMfe)(protocol, &key));
    CHECK_OK(MgmGetMfe(&key, &size, room.bytes));
    CHECK_EQ(room.mfe.dwUpStrmNgbr, 0x0900000A);

    CHECK_OK(MgmGroupEnumerationStart(protocol, ALL_SOURCES, &groups));
    size = sizeof entries;
    CHECK_ERROR(MgmGroupEnumerationGetNext(groups, &size, (PBYTE)entries, &count),
                ERROR_NO_MORE_ITEMS);
    CHECK_EQ(count, 1);
    CHECK_EQ(entries[0].dwGroupAddr, GROUP);
    CHECK_EQ(entries[0].dwGroupMask, ONES);
    CHECK_OK(MgmGroupEnumerationEnd(groups));

    CHECK_OK(MgmDeleteGroupMembershipEntry(igmp, 0, 0, GROUP, ONES, TO, 0, MGM_JOIN_STATE_FLAG));
    CHECK_EQ(seen.local_leave, 1);
    CHECK_EQ(seen.prune, 1); /* the entry is empty now */
    CHECK_EQ(seen.timeout, 900);
    CHECK_EQ(seen.if_index, TO);
    CHECK_OK(MgmAddGroupMembershipEntry(igmp, 0, 0, GROUP, ONES, TO, 0, MGM_JOIN_STATE_FLAG));
    CHECK_EQ(seen.join, 1);

    CHECK_OK(MgmReleaseInterfaceOwnership(protocol, TO, 0));
    CHECK_OK(MgmReleaseInterfaceOwnership(protocol, FROM, 0));
    CHECK_OK(MgmReleaseInterfaceOwnership(igmp, TO, 0));
    CHECK_OK(MgmDeRegisterMProtocol(protocol));
    CHECK_OK(MgmDeRegisterMProtocol(igmp));
    CHECK_ERROR(MgmDeRegisterMProtocol(igmp), ERROR_INVALID_PARAMETER);
    CHECK_OK(EXPORTED(MgmHostStop)());
}

/* A worker runs (entries time out by the system's clock), and the program lets the DLL go:
   it stays, as its thread does. */
TEST(the_dll_stays_once_it_has_a_thread) {
    ROUTING_PROTOCOL_CONFIG quiet = {0};
    HANDLE protocol = NULL;
    HMODULE dll = GetModuleHandleA("rtm.dll");
    start();
    REQUIRE_OK(MgmRegisterMProtocol(&quiet, PROTOCOL, 5, &protocol));
    CHECK_OK(MgmTakeInterfaceOwnership(protocol, FROM, 0));
    packet(FROM);
    for (int i = 0; i < 10; i++)
        FreeLibrary(dll);
    CHECK(GetModuleHandleA("rtm.dll") == dll);
    CHECK_OK(MgmReleaseInterfaceOwnership(protocol, FROM, 0));
    CHECK_OK(MgmDeRegisterMProtocol(protocol));
}

/* The environment is what the program has set, not what a C library copied at its start. */
TEST(the_environment_is_the_systems) {
    MGM_HOST_OPTIONS options;
    memset(&options, 0, sizeof options);
    options.dwSize = sizeof options;
    REQUIRE(SetEnvironmentVariableA("MGM_TABLE", "77"));
    CHECK_OK(EXPORTED(MgmHostGetDefaultOptions)(&options));
    CHECK_EQ(options.dwTable, 77);
    REQUIRE(SetEnvironmentVariableA("MGM_TABLE", NULL));
    CHECK_OK(EXPORTED(MgmHostGetDefaultOptions)(&options));
    CHECK_EQ(options.dwTable, 253);
}

/* There is no kernel to route in: said as an error, and the manager can be started anew. */
TEST(the_kernel_forwarder_is_refused) {
    MGM_HOST_OPTIONS options;
    memset(&options, 0, sizeof options);
    options.dwSize = sizeof options;
    CHECK_OK(EXPORTED(MgmHostGetDefaultOptions)(&options));
    options.dwLogLevel = MGM_HOST_LOG_OFF;
    options.dwForwarder = MGM_HOST_FORWARDER_LINUX;
    CHECK_ERROR(EXPORTED(MgmHostStart)(&options), ERROR_CAN_NOT_COMPLETE);
    CHECK_ERROR(EXPORTED(MgmHostReconcile)(NULL), ERROR_CAN_NOT_COMPLETE);
    CHECK_ERROR(EXPORTED(MgmHostDetach)(), ERROR_CAN_NOT_COMPLETE);
    CHECK_ERROR(EXPORTED(MgmHostTakeOver)(3, 1), ERROR_CAN_NOT_COMPLETE);
    options.dwForwarder = MGM_HOST_FORWARDER_MEMORY;
    CHECK_OK(EXPORTED(MgmHostStart)(&options));
    CHECK_OK(EXPORTED(MgmHostStop)());
}
