/*
 * A router of a few lines that loads the ported protocol and has it work, on Linux and under
 * Wine: what the interfaces of <routprot.h> and <mgm.h> are to each other.
 */
#define MPR50 1
#include <windows.h>
#include <mprapi.h>
#include <routprot.h>
#include <iprtrmib.h>
#include <mgm.h>
#include <rtmv2.h>
#include <iphlpapi.h>

#include "../lib/host.h"
#include "ported.h"

#include <string.h>

#define GROUP "239.1.1.1"
#define BOUNDED "239.2.2.2"
#define SOURCE "10.0.0.1"

static BOOL WINAPI has_boundary(DWORD if_index, DWORD group) {
    return if_index == 3 && group == ip(BOUNDED);
}

static MPR_ROUTING_CHARACTERISTICS protocol;
static SUPPORT_FUNCTIONS support;
static IP_LOCAL_BINDING none[1], two[2];

static DWORD add(DWORD if_index, IP_LOCAL_BINDING *joined, DWORD count) {
    WCHAR name[] = {'E', 't', 'h', 0};
    return protocol.pfnAddInterface(name, if_index, PERMANENT, 0, 0, 0, joined, 0,
                                    sizeof(IP_LOCAL_BINDING), count);
}

static void start(void) {
    memset(&protocol, 0, sizeof protocol);
    protocol.dwVersion = MS_ROUTER_VERSION;
    protocol.dwProtocolId = PORTED_ID;
    REQUIRE_OK(RegisterProtocol(&protocol, NULL));
    CHECK((protocol.fSupportedFunctionality & RF_MULTICAST) != 0);
    support.HasMulticastBoundary = has_boundary;
    host_start_memory();
    route("10.0.0.0/8", 1, "192.168.0.1", PROTO_IP_OSPF);
    REQUIRE_OK(protocol.pfnStartProtocol(NULL, &support, NULL, 0, 0, 0));
    two[0].Address = ip(GROUP);
    two[1].Address = ip(BOUNDED);
    two[0].Mask = two[1].Mask = 0xFFFFFFFF;
    CHECK_OK(add(1, none, 0));
    CHECK_OK(add(2, two, 2));
    CHECK_OK(add(3, two, 2));
    CHECK_ERROR(add(3, two, 2), ERROR_ALREADY_EXISTS);
}

static PORTED_MIB mib(void) {
    MIB_OPAQUE_QUERY query = {PORTED_MIB_ID, {0}};
    PORTED_MIB result = {0, 0, 0};
    ULONG size = 0;
    CHECK_ERROR(protocol.pfnMibGetEntry(sizeof query, &query, &size, &result),
                ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(size, sizeof result);
    CHECK_OK(protocol.pfnMibGetEntry(sizeof query, &query, &size, &result));
    return result;
}

static BYTE status(DWORD if_index, const char *group) {
    BYTE code = 0xFF;
    CHECK_OK(protocol.pfnGetMfeStatus(if_index, ip(group), ip(SOURCE), &code));
    return code;
}

TEST(a_ported_protocol_routes) {
    start();
    CHECK_EQ(status(2, GROUP), MFE_NOT_FORWARDING);
    packet(1, SOURCE, GROUP, 100);
    packet(1, SOURCE, BOUNDED, 100);
    packet(2, SOURCE, GROUP, 100);
    CHECK_TEXT(mfe_path(SOURCE, GROUP), "in=1 out=[2,0 3,0]");
    CHECK_TEXT(mfe_path(SOURCE, BOUNDED), "in=1 out=[2,0]");
    CHECK_EQ(status(1, GROUP), MFE_IIF);
    CHECK_EQ(status(3, GROUP), MFE_NO_ERROR);
    CHECK_EQ(status(3, BOUNDED), MFE_OIF_PRUNED);
    CHECK_EQ(mib().dwFlows, 2);
    CHECK_EQ(mib().dwWrongIf, 1);
    CHECK_OK(protocol.pfnDeleteInterface(3));
    CHECK_TEXT(mfe_path(SOURCE, GROUP), "in=1 out=[2,0]");
    CHECK_OK(protocol.pfnStopProtocol());
}

TEST(a_ported_protocol_hears_of_others) {
    start();
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    CHECK_OK(if_take(&c[0], 7));
    CHECK_OK(member_add(&c[0], "0", "239.9.9.9", 7, JOIN));
    CHECK_EQ(mib().dwMembers, 1);
    CHECK_OK(member_delete(&c[0], "0", "239.9.9.9", 7, JOIN));
    CHECK_EQ(mib().dwMembers, 0);
    CHECK_OK(protocol.pfnStopProtocol());
}

/* The macros that need no function of the routing table manager. */
TEST(addresses_of_the_routing_table_manager) {
    RTM_NET_ADDRESS network;
    DWORD address = 0;
    unsigned length = 0;
    memset(&network, 0, sizeof network);
    RTM_IPV4_SET_ADDR_AND_MASK(&network, ip("10.1.0.0"), ip("255.255.0.0"));
    CHECK_EQ(network.AddressFamily, 2);
    CHECK_EQ(network.NumBits, 16);
    RTM_IPV4_GET_ADDR_AND_LEN(address, length, &network);
    CHECK_EQ(address, ip("10.1.0.0"));
    CHECK_EQ(length, 16);
    RTM_IPV4_SET_ADDR_AND_LEN(&network, ip("10.1.2.0"), 24);
    CHECK_EQ(network.NumBits, 24);
    RTM_IPV4_LEN_FROM_MASK(length, ip("255.255.255.252"));
    CHECK_EQ(length, 30);
    RTM_IPV4_LEN_FROM_MASK(length, 0);
    CHECK_EQ(length, 0);
}

/* The loopback interface has its address on every system. */
TEST(addresses_of_the_host) {
    union {
        MIB_IPADDRTABLE table;
        BYTE bytes[65536];
    } room;
    ULONG size = 0, needed;
    DWORD loopback = 0, towards = 0;
    CHECK_ERROR(GetIpAddrTable(NULL, &size, FALSE), ERROR_INSUFFICIENT_BUFFER);
    needed = size;
    size = sizeof room;
    REQUIRE_OK(GetIpAddrTable(&room.table, &size, TRUE));
    CHECK(needed >= sizeof(DWORD) + room.table.dwNumEntries * sizeof(MIB_IPADDRROW));
    for (DWORD i = 0; i < room.table.dwNumEntries; i++) {
        const MIB_IPADDRROW *row = &room.table.table[i];
        if (row->dwAddr == ip("127.0.0.1"))
            loopback = row->dwIndex;
        if (i > 0)
            CHECK(to_host(row[-1].dwAddr) <= to_host(row->dwAddr));
    }
    CHECK(loopback != 0);
#ifdef _WIN32
    (void)towards; /* what the system's own says is the system's (Wine's names another) */
#else
    CHECK_OK(GetBestInterface(ip("127.0.0.1"), &towards));
    CHECK_EQ(towards, loopback);
    CHECK_ERROR(GetBestInterface(ip("127.0.0.1"), NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(GetIpAddrTable(&room.table, NULL, TRUE), ERROR_INVALID_PARAMETER);
#endif
}

TEST(a_critical_section_is_its_owners_again_and_again) {
    CRITICAL_SECTION section;
    LONG number = 5;
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    EnterCriticalSection(&section);
    CHECK(TryEnterCriticalSection(&section));
    LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    DeleteCriticalSection(&section);
    CHECK_EQ(InterlockedIncrement(&number), 6);
    CHECK_EQ(InterlockedCompareExchange(&number, 9, 6), 6);
    CHECK_EQ(InterlockedCompareExchange(&number, 1, 6), 9);
    CHECK_EQ(InterlockedExchangeAdd(&number, 2), 9);
    CHECK_EQ(InterlockedDecrement(&number), 10);
    CHECK_EQ(InterlockedExchange(&number, 3), 10);
    CHECK_EQ(number, 3);
}
