/*
 * Every error of api.md, function by function: a call that is refused gives exactly that
 * error and changes nothing that can be seen (snapshot.h). Bad handles of every kind are in
 * rules/handles.c, masks, groups and sources one by one in rules/membership.c.
 */
#include "snapshot.h"

static MIB_IPMCAST_MFE key; /* an MFE that is there */

/* c0 has 1 and 2, IGMP (c1) is on 2 and 3, c2 has 4 and (5, 10.5.5.5); memberships and MFEs. */
static void world(void) {
    host_start_memory();
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], PROTO_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[2], 102, 7, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[0], 2));
    REQUIRE_OK(if_take(&c[1], 2));
    REQUIRE_OK(if_take(&c[1], 3));
    REQUIRE_OK(if_take(&c[2], 4));
    REQUIRE_OK(if_take_hop(&c[2], 5, "10.5.5.5"));
    REQUIRE_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN));
    REQUIRE_OK(member_add(&c[1], "10.0.0.1", "239.1.1.1", 2, JOIN));
    REQUIRE_OK(member_add(&c[1], "0", "239.1.1.2", 3, JOIN));
    REQUIRE_OK(member_add(&c[2], "0", "239.1.0.0/16", 4, JOIN));
    REQUIRE_OK(member_add_hop(&c[2], "0", "239.1.1.1", 5, "10.5.5.5", JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    packet(1, "10.0.0.2", "239.1.1.2", 100);
    packet(1, "10.0.0.1", "239.2.1.1", 100);
    CHECK_EQ(mfe_count(), 3);
    memset(&key, 0, sizeof key);
    key.dwSource = ip("10.0.0.1");
    key.dwGroup = ip("239.1.1.1");
    clear_all();
}

#define REFUSED(call, error) UNCHANGED(&c[0], CHECK_ERROR(call, error))
#define INVALID(call) REFUSED(call, ERROR_INVALID_PARAMETER)

#define HOST 0xFFFFFFFF

TEST(the_snapshot_sees_changes) {
    struct snapshot *before;
    struct {
        MIB_IPMCAST_MFE mfe;
    } set;
    world();
    before = snapshot_take(&c[0]);
    CHECK_OK(member_add(&c[0], "0", "239.9.9.9", 1, JOIN));
    CHECK(strcmp(before->all_sources, groups(&c[0], ALL_SOURCES)) != 0);
    CHECK(before->counters.dwMemberships != counters().dwMemberships);
    CHECK_EQ(before->mfe_count, 3);
    CHECK_EQ(before->stats_count, 3);
    free(before);
    before = snapshot_take(&c[0]);
    set.mfe = key;
    set.mfe.dwUpStrmNgbr = ip("10.0.0.9");
    CHECK_OK(MgmSetMfe(c[0].handle, &set.mfe));
    {
        struct snapshot *after = snapshot_take(&c[0]);
        CHECK(memcmp(before->mfes, after->mfes, SNAPSHOT_MFES) != 0);
        CHECK(memcmp(before->stats, after->stats, SNAPSHOT_MFES) != 0);
        free(after);
    }
    free(before);
}

/* MgmRegisterMProtocol */

TEST(register_errors) {
    ROUTING_PROTOCOL_CONFIG config = client_callbacks(&c[7], CB_ALL);
    HANDLE mark = &config, handle = mark;
    world();
    INVALID(MgmRegisterMProtocol(NULL, 200, 1, &handle));
    INVALID(MgmRegisterMProtocol(&config, 200, 1, NULL));
    INVALID(MgmRegisterMProtocol(NULL, 200, 1, NULL));
    REFUSED(MgmRegisterMProtocol(&config, 100, 1, &handle), ERROR_ALREADY_EXISTS);
    REFUSED(MgmRegisterMProtocol(&config, PROTO_IP_IGMP, 1, &handle), ERROR_ALREADY_EXISTS);
    REFUSED(MgmRegisterMProtocol(&config, 102, 7, &handle), ERROR_ALREADY_EXISTS);
    /* Pointers come first. */
    INVALID(MgmRegisterMProtocol(&config, 100, 1, NULL));
    INVALID(MgmRegisterMProtocol(NULL, 100, 1, &handle));
    CHECK(handle == mark);
}

/* MgmDeRegisterMProtocol */

TEST(deregister_errors) {
    world();
    INVALID(MgmDeRegisterMProtocol(NULL));
    REFUSED(MgmDeRegisterMProtocol(c[0].handle), ERROR_CAN_NOT_COMPLETE);
    REFUSED(MgmDeRegisterMProtocol(c[1].handle), ERROR_CAN_NOT_COMPLETE);
    REFUSED(MgmDeRegisterMProtocol(c[2].handle), ERROR_CAN_NOT_COMPLETE);
}

/* MgmTakeInterfaceOwnership */

TEST(take_errors) {
    world();
    INVALID(MgmTakeInterfaceOwnership(NULL, 8, 0));
    INVALID(MgmTakeInterfaceOwnership(c[0].handle, 0, 0));
    INVALID(MgmTakeInterfaceOwnership(c[0].handle, 0, ip("10.5.5.5")));
    REFUSED(MgmTakeInterfaceOwnership(c[0].handle, 4, 0), ERROR_ALREADY_EXISTS);
    REFUSED(MgmTakeInterfaceOwnership(c[0].handle, 5, ip("10.5.5.5")), ERROR_ALREADY_EXISTS);
    REFUSED(MgmTakeInterfaceOwnership(c[0].handle, 1, 0), ERROR_ALREADY_EXISTS);
    REFUSED(MgmTakeInterfaceOwnership(c[1].handle, 2, 0), ERROR_ALREADY_EXISTS);
    REFUSED(MgmTakeInterfaceOwnership(c[2].handle, 2, 0), ERROR_ALREADY_EXISTS);
}

/* MgmReleaseInterfaceOwnership */

TEST(release_errors) {
    world();
    INVALID(MgmReleaseInterfaceOwnership(NULL, 1, 0));
    INVALID(MgmReleaseInterfaceOwnership(c[0].handle, 0, 0));
    INVALID(MgmReleaseInterfaceOwnership(c[0].handle, 8, 0));
    INVALID(MgmReleaseInterfaceOwnership(c[0].handle, 4, 0));
    INVALID(MgmReleaseInterfaceOwnership(c[0].handle, 3, 0));
    INVALID(MgmReleaseInterfaceOwnership(c[1].handle, 1, 0));
    INVALID(MgmReleaseInterfaceOwnership(c[2].handle, 5, 0));
    INVALID(MgmReleaseInterfaceOwnership(c[2].handle, 4, ip("10.5.5.5")));
}

/* MgmGetProtocolOnInterface */

TEST(get_protocol_errors) {
    DWORD protocol = 4711, component = 4712;
    world();
    INVALID(MgmGetProtocolOnInterface(1, 0, NULL, &component));
    INVALID(MgmGetProtocolOnInterface(1, 0, &protocol, NULL));
    INVALID(MgmGetProtocolOnInterface(1, 0, NULL, NULL));
    INVALID(MgmGetProtocolOnInterface(8, 0, NULL, &component));
    INVALID(MgmGetProtocolOnInterface(8, 0, &protocol, NULL));
    REFUSED(MgmGetProtocolOnInterface(8, 0, &protocol, &component), ERROR_NOT_FOUND);
    REFUSED(MgmGetProtocolOnInterface(0, 0, &protocol, &component), ERROR_NOT_FOUND);
    REFUSED(MgmGetProtocolOnInterface(5, 0, &protocol, &component), ERROR_NOT_FOUND);
    REFUSED(MgmGetProtocolOnInterface(1, ip("10.5.5.5"), &protocol, &component),
            ERROR_NOT_FOUND);
    CHECK_EQ(protocol, 4711);
    CHECK_EQ(component, 4712);
}

/* MgmAddGroupMembershipEntry, MgmDeleteGroupMembershipEntry */

typedef DWORD (*membership_call)(HANDLE, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD);

static DWORD call_add(HANDLE h, DWORD s, DWORD sm, DWORD g, DWORD gm, DWORD i, DWORD n, DWORD f) {
    return MgmAddGroupMembershipEntry(h, s, sm, g, gm, i, n, f);
}

static DWORD call_delete(HANDLE h, DWORD s, DWORD sm, DWORD g, DWORD gm, DWORD i, DWORD n,
                         DWORD f) {
    return MgmDeleteGroupMembershipEntry(h, s, sm, g, gm, i, n, f);
}

/* What both refuse with ERROR_INVALID_PARAMETER. */
static void membership_parameters(membership_call call) {
    const HANDLE h = c[0].handle;
    const DWORD g = ip("239.1.1.1"), s = ip("10.0.0.1");
    for (DWORD flags = JOIN; flags <= (JOIN | FORWARD); flags++) {
        INVALID(call(NULL, 0, 0, g, HOST, 2, 0, flags));
        /* (S,*) */
        INVALID(call(h, s, HOST, 0, 0, 2, 0, flags));
        /* Masks */
        INVALID(call(h, 0, HOST, g, HOST, 2, 0, flags));
        INVALID(call(h, 0, 0, 0, HOST, 2, 0, flags));
        INVALID(call(h, 0, 0, g, ip("255.0.255.255"), 2, 0, flags));
        INVALID(call(h, s, ip("255.0.255.255"), g, HOST, 2, 0, flags));
        INVALID(call(h, 0, 0, g, ip_mask(24), 2, 0, flags));
        INVALID(call(h, s, ip_mask(24), g, HOST, 2, 0, flags));
        /* Groups and sources */
        INVALID(call(h, 0, 0, ip("223.255.255.255"), HOST, 2, 0, flags));
        INVALID(call(h, 0, 0, ip("240.0.0.0"), HOST, 2, 0, flags));
        INVALID(call(h, 0, 0, ip("192.0.0.0"), ip_mask(2), 2, 0, flags));
        INVALID(call(h, ip("224.0.0.0"), HOST, g, HOST, 2, 0, flags));
        INVALID(call(h, ip("192.0.0.0"), ip_mask(2), g, HOST, 2, 0, flags));
        /* The same where the interface is bad too: parameters come first. */
        INVALID(call(h, s, HOST, 0, 0, 8, 0, flags));
        INVALID(call(h, 0, 0, g, ip_mask(24), 8, 0, flags));
        INVALID(call(NULL, 0, 0, g, HOST, 8, 0, flags));
    }
    INVALID(call(h, 0, 0, g, HOST, 2, 0, 0));
    INVALID(call(h, 0, 0, g, HOST, 2, 0, 4));
    INVALID(call(h, 0, 0, g, HOST, 2, 0, JOIN | 4));
    INVALID(call(h, 0, 0, g, HOST, 2, 0, FORWARD | 0x80000000));
    INVALID(call(h, 0, 0, g, HOST, 2, 0, 0xFFFFFFFF));
    INVALID(call(h, 0, 0, g, HOST, 8, 0, 0));
    INVALID(call(h, 0, 0, g, HOST, 8, 0, 4));
}

TEST(add_membership_errors) {
    world();
    membership_parameters(call_add);
    for (DWORD flags = JOIN; flags <= (JOIN | FORWARD); flags++) {
        INVALID(member_add(&c[0], "0", "239.1.1.1", 0, flags));
        INVALID(member_add(&c[0], "0", "239.1.1.1", 8, flags)); /* nobody's */
        INVALID(member_add(&c[0], "0", "239.1.1.1", 4, flags)); /* another protocol's */
        INVALID(member_add(&c[0], "0", "239.1.1.1", 3, flags)); /* IGMP's */
        INVALID(member_add(&c[1], "0", "239.1.1.1", 1, flags)); /* IGMP is not there */
        INVALID(member_add(&c[2], "0", "239.1.1.1", 5, flags)); /* the next hop counts */
        INVALID(member_add_hop(&c[0], "0", "239.1.1.1", 2, "10.5.5.5", flags));
    }
}

TEST(delete_membership_errors) {
    world();
    membership_parameters(call_delete);
    for (DWORD flags = JOIN; flags <= (JOIN | FORWARD); flags++) {
        /* Nobody holds it. */
        REFUSED(member_delete(&c[0], "0", "239.1.1.1", 0, flags), ERROR_NOT_FOUND);
        REFUSED(member_delete(&c[0], "0", "239.1.1.1", 8, flags), ERROR_NOT_FOUND);
        REFUSED(member_delete(&c[2], "0", "239.1.1.1", 5, flags), ERROR_NOT_FOUND);
        REFUSED(member_delete_hop(&c[0], "0", "239.1.1.1", 2, "10.5.5.5", flags),
                ERROR_NOT_FOUND);
        /* Only others do. */
        INVALID(member_delete(&c[0], "0", "239.1.1.2", 3, flags));
        INVALID(member_delete(&c[0], "0", "239.1.0.0/16", 4, flags));
        INVALID(member_delete(&c[1], "0", "239.1.1.1", 1, flags));
        INVALID(member_delete(&c[2], "0", "239.1.1.1", 2, flags));
        /* The same where there is no such membership: the interface comes first. */
        INVALID(member_delete(&c[0], "0", "239.8.8.8", 4, flags));
    }
    for (DWORD flags = JOIN; flags <= (JOIN | FORWARD); flags += FORWARD) {
        REFUSED(member_delete(&c[0], "0", "239.8.8.8", 2, flags), ERROR_NOT_FOUND);
        REFUSED(member_delete(&c[0], "0", "0", 2, flags), ERROR_NOT_FOUND);
        REFUSED(member_delete(&c[0], "10.0.0.1", "239.1.1.1", 2, flags), ERROR_NOT_FOUND);
        REFUSED(member_delete(&c[1], "0", "239.1.1.1", 2, flags), ERROR_NOT_FOUND);
        REFUSED(member_delete(&c[2], "0", "239.1.0.0/17", 4, flags), ERROR_NOT_FOUND);
        REFUSED(member_delete(&c[2], "0", "239.1.0.0", 4, flags), ERROR_NOT_FOUND);
        REFUSED(member_delete(&c[0], "0", "239.1.1.1", 1, flags), ERROR_NOT_FOUND);
    }
}

/* MgmGetMfe, MgmGetMfeStats */

TEST(get_mfe_errors) {
    BYTE buffer[512];
    DWORD size = sizeof buffer;
    MIB_IPMCAST_MFE none;
    world();
    none = key;
    none.dwSource = ip("10.0.0.7");
    INVALID(MgmGetMfe(NULL, &size, buffer));
    INVALID(MgmGetMfe(&key, NULL, buffer));
    INVALID(MgmGetMfe(&key, NULL, NULL));
    INVALID(MgmGetMfe(NULL, NULL, NULL));
    INVALID(MgmGetMfe(&key, &size, NULL));
    INVALID(MgmGetMfe(&none, NULL, buffer));
    INVALID(MgmGetMfe(&none, &size, NULL));
    REFUSED(MgmGetMfe(&none, &size, buffer), ERROR_NOT_FOUND);
    none = key;
    none.dwGroup = ip("239.1.1.7");
    REFUSED(MgmGetMfe(&none, &size, buffer), ERROR_NOT_FOUND);
    none.dwGroup = ip("10.0.0.1");
    REFUSED(MgmGetMfe(&none, &size, buffer), ERROR_NOT_FOUND);
    none.dwGroup = none.dwSource = 0;
    REFUSED(MgmGetMfe(&none, &size, buffer), ERROR_NOT_FOUND);
    CHECK_EQ(size, sizeof buffer);
    size = 60;
    REFUSED(MgmGetMfe(&key, &size, buffer), ERROR_INSUFFICIENT_BUFFER);
    CHECK(size > 60);
    UNCHANGED(&c[0], CHECK_OK(MgmGetMfe(&key, &size, buffer)));
}

TEST(get_mfe_stats_errors) {
    BYTE buffer[512];
    MIB_IPMCAST_MFE none;
    world();
    none = key;
    none.dwSource = ip("10.0.0.7");
    for (DWORD flags = MGM_MFE_STATS_0; flags <= MGM_MFE_STATS_1; flags++) {
        DWORD size = sizeof buffer;
        INVALID(MgmGetMfeStats(NULL, &size, buffer, flags));
        INVALID(MgmGetMfeStats(&key, NULL, buffer, flags));
        INVALID(MgmGetMfeStats(&key, NULL, NULL, flags));
        INVALID(MgmGetMfeStats(&key, &size, NULL, flags));
        INVALID(MgmGetMfeStats(&none, NULL, buffer, flags));
        REFUSED(MgmGetMfeStats(&none, &size, buffer, flags), ERROR_NOT_FOUND);
        CHECK_EQ(size, sizeof buffer);
        size = 64;
        REFUSED(MgmGetMfeStats(&key, &size, buffer, flags), ERROR_INSUFFICIENT_BUFFER);
        CHECK(size > 64);
        UNCHANGED(&c[0], CHECK_OK(MgmGetMfeStats(&key, &size, buffer, flags)));
    }
    {
        DWORD size = sizeof buffer;
        INVALID(MgmGetMfeStats(&key, &size, buffer, 0));
        INVALID(MgmGetMfeStats(&key, &size, buffer, 3));
        INVALID(MgmGetMfeStats(&key, &size, buffer, 4));
        INVALID(MgmGetMfeStats(&key, &size, buffer, 0xFFFFFFFF));
        /* Parameters come before the MFE and before the room for it. */
        INVALID(MgmGetMfeStats(&none, &size, buffer, 0));
        size = 0;
        INVALID(MgmGetMfeStats(&key, &size, buffer, 0));
        CHECK_EQ(size, 0);
    }
}

/* MgmGetFirstMfe, MgmGetNextMfe, and the same for statistics */

TEST(first_and_next_mfe_errors) {
    BYTE buffer[1024];
    DWORD size = sizeof buffer, count = 4711;
    world();
    INVALID(MgmGetFirstMfe(NULL, buffer, &count));
    INVALID(MgmGetFirstMfe(&size, buffer, NULL));
    INVALID(MgmGetFirstMfe(&size, NULL, &count));
    INVALID(MgmGetFirstMfe(NULL, NULL, &count));
    INVALID(MgmGetFirstMfe(NULL, NULL, NULL));
    INVALID(MgmGetNextMfe(NULL, &size, buffer, &count));
    INVALID(MgmGetNextMfe(&key, NULL, buffer, &count));
    INVALID(MgmGetNextMfe(&key, &size, buffer, NULL));
    INVALID(MgmGetNextMfe(&key, &size, NULL, &count));
    INVALID(MgmGetNextMfe(NULL, NULL, NULL, NULL));
    CHECK_EQ(size, sizeof buffer);
    size = 0;
    INVALID(MgmGetFirstMfe(&size, NULL, NULL)); /* a size query wants the count too */
    INVALID(MgmGetNextMfe(&key, &size, NULL, NULL));
    INVALID(MgmGetNextMfe(NULL, &size, NULL, &count));
    CHECK_EQ(size, 0);
    UNCHANGED(&c[0], CHECK_ERROR(MgmGetFirstMfe(&size, NULL, &count), ERROR_INSUFFICIENT_BUFFER));
    UNCHANGED(&c[0], CHECK_ERROR(MgmGetFirstMfe(&size, buffer, &count), ERROR_MORE_DATA));
    size = sizeof buffer;
    UNCHANGED(&c[0], CHECK_ERROR(MgmGetFirstMfe(&size, buffer, &count), ERROR_NO_MORE_ITEMS));
    UNCHANGED(&c[0],
              CHECK_ERROR(MgmGetNextMfe(&key, &size, buffer, &count), ERROR_NO_MORE_ITEMS));
    CHECK_EQ(count, 2);
}

TEST(first_and_next_mfe_stats_errors) {
    static const DWORD bad_flags[] = {0, 3, 4, 0x80000001, 0xFFFFFFFF};
    BYTE buffer[1024];
    DWORD size, count = 4711;
    world();
    for (DWORD flags = MGM_MFE_STATS_0; flags <= MGM_MFE_STATS_1; flags++) {
        size = sizeof buffer;
        INVALID(MgmGetFirstMfeStats(NULL, buffer, &count, flags));
        INVALID(MgmGetFirstMfeStats(&size, buffer, NULL, flags));
        INVALID(MgmGetFirstMfeStats(&size, NULL, &count, flags));
        INVALID(MgmGetFirstMfeStats(NULL, NULL, NULL, flags));
        INVALID(MgmGetNextMfeStats(NULL, &size, buffer, &count, flags));
        INVALID(MgmGetNextMfeStats(&key, NULL, buffer, &count, flags));
        INVALID(MgmGetNextMfeStats(&key, &size, buffer, NULL, flags));
        INVALID(MgmGetNextMfeStats(&key, &size, NULL, &count, flags));
        CHECK_EQ(size, sizeof buffer);
        size = 0;
        INVALID(MgmGetFirstMfeStats(&size, NULL, NULL, flags));
        INVALID(MgmGetNextMfeStats(&key, &size, NULL, NULL, flags));
        CHECK_EQ(size, 0);
        REFUSED(MgmGetFirstMfeStats(&size, NULL, &count, flags), ERROR_INSUFFICIENT_BUFFER);
        size = sizeof buffer;
        REFUSED(MgmGetFirstMfeStats(&size, buffer, &count, flags), ERROR_NO_MORE_ITEMS);
    }
    for (unsigned i = 0; i < sizeof bad_flags / sizeof bad_flags[0]; i++) {
        size = sizeof buffer;
        INVALID(MgmGetFirstMfeStats(&size, buffer, &count, bad_flags[i]));
        INVALID(MgmGetNextMfeStats(&key, &size, buffer, &count, bad_flags[i]));
        size = 0;
        INVALID(MgmGetFirstMfeStats(&size, NULL, &count, bad_flags[i]));
        INVALID(MgmGetNextMfeStats(&key, &size, NULL, &count, bad_flags[i]));
        CHECK_EQ(size, 0);
    }
}

/* The group enumeration */

TEST(group_enumeration_errors) {
    SOURCE_GROUP_ENTRY entries[8];
    DWORD size = sizeof entries, count = 4711;
    HANDLE mark = &size, enumeration = mark;
    MGM_ENUM_TYPES type;
    int bad = 2;
    world();
    memcpy(&type, &bad, sizeof type);
    INVALID(MgmGroupEnumerationStart(NULL, ALL_SOURCES, &enumeration));
    INVALID(MgmGroupEnumerationStart(c[0].handle, ALL_SOURCES, NULL));
    INVALID(MgmGroupEnumerationStart(c[0].handle, ANY_SOURCE, NULL));
    INVALID(MgmGroupEnumerationStart(c[0].handle, type, &enumeration));
    INVALID(MgmGroupEnumerationStart(NULL, type, NULL));
    bad = -1;
    memcpy(&type, &bad, sizeof type);
    INVALID(MgmGroupEnumerationStart(c[0].handle, type, &enumeration));
    CHECK(enumeration == mark);

    REQUIRE_OK(MgmGroupEnumerationStart(c[0].handle, ALL_SOURCES, &enumeration));
    INVALID(MgmGroupEnumerationGetNext(NULL, &size, (PBYTE)entries, &count));
    INVALID(MgmGroupEnumerationGetNext(enumeration, NULL, (PBYTE)entries, &count));
    INVALID(MgmGroupEnumerationGetNext(enumeration, &size, NULL, &count));
    INVALID(MgmGroupEnumerationGetNext(enumeration, &size, (PBYTE)entries, NULL));
    INVALID(MgmGroupEnumerationGetNext(enumeration, NULL, NULL, NULL));
    CHECK_EQ(size, sizeof entries);
    size = 0;
    INVALID(MgmGroupEnumerationGetNext(enumeration, &size, NULL, NULL));
    INVALID(MgmGroupEnumerationGetNext(NULL, &size, NULL, &count));
    CHECK_EQ(size, 0);
    INVALID(MgmGroupEnumerationEnd(NULL));
    size = 15;
    REFUSED(MgmGroupEnumerationGetNext(enumeration, &size, (PBYTE)entries, &count),
            ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(size, 16);
    CHECK_EQ(count, 0);
    /* None of these moved it on. */
    size = sizeof entries;
    REFUSED(MgmGroupEnumerationGetNext(enumeration, &size, (PBYTE)entries, &count),
            ERROR_NO_MORE_ITEMS);
    CHECK_EQ(count, 4);
    CHECK_OK(MgmGroupEnumerationEnd(enumeration));
    INVALID(MgmGroupEnumerationEnd(enumeration));
}

/* MgmSetMfe */

TEST(set_mfe_errors) {
    MIB_IPMCAST_MFE none;
    world();
    none = key;
    none.dwUpStrmNgbr = ip("10.0.0.9");
    INVALID(MgmSetMfe(NULL, &none));
    INVALID(MgmSetMfe(c[0].handle, NULL));
    INVALID(MgmSetMfe(NULL, NULL));
    none.dwSource = ip("10.0.0.7");
    REFUSED(MgmSetMfe(c[0].handle, &none), ERROR_NOT_FOUND);
    none = key;
    none.dwGroup = ip("239.1.1.7");
    REFUSED(MgmSetMfe(c[0].handle, &none), ERROR_NOT_FOUND);
    none.dwGroup = ip("10.0.0.1");
    REFUSED(MgmSetMfe(c[0].handle, &none), ERROR_NOT_FOUND);
    none.dwGroup = none.dwSource = 0;
    REFUSED(MgmSetMfe(c[0].handle, &none), ERROR_NOT_FOUND);
    INVALID(MgmSetMfe(NULL, &none)); /* the handle comes first */
}

/* Without any client, and without a manager */

/* What the functions say that need no registration. */
static void administration_without_clients(void) {
    BYTE buffer[256];
    DWORD size = sizeof buffer, count = 4711, protocol, component;
    memset(&key, 0, sizeof key);
    key.dwSource = ip("10.0.0.1");
    key.dwGroup = ip("239.1.1.1");
    CHECK_ERROR(MgmGetProtocolOnInterface(1, 0, &protocol, &component), ERROR_NOT_FOUND);
    CHECK_ERROR(MgmGetMfe(&key, &size, buffer), ERROR_NOT_FOUND);
    CHECK_ERROR(MgmGetMfeStats(&key, &size, buffer, MGM_MFE_STATS_0), ERROR_NOT_FOUND);
    CHECK_ERROR(MgmGetFirstMfe(&size, buffer, &count), ERROR_NO_MORE_ITEMS);
    CHECK_EQ(count, 0);
    count = 4711;
    CHECK_ERROR(MgmGetNextMfe(&key, &size, buffer, &count), ERROR_NO_MORE_ITEMS);
    CHECK_EQ(count, 0);
    count = 4711;
    CHECK_ERROR(MgmGetFirstMfeStats(&size, buffer, &count, MGM_MFE_STATS_1),
                ERROR_NO_MORE_ITEMS);
    CHECK_EQ(count, 0);
    count = 4711;
    CHECK_ERROR(MgmGetNextMfeStats(&key, &size, buffer, &count, MGM_MFE_STATS_1),
                ERROR_NO_MORE_ITEMS);
    CHECK_EQ(count, 0);
}

TEST(administration_needs_no_registration) {
    BYTE buffer[256];
    DWORD size = sizeof buffer, count = 4711;
    host_start_memory();
    administration_without_clients();
    /* The same with an MFE: a packet that nobody wants. */
    route("10.0.0.0/24", 1, NULL, 3);
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_OK(MgmGetMfe(&key, &size, buffer));
    CHECK_OK(MgmGetMfeStats(&key, &size, buffer, MGM_MFE_STATS_0));
    CHECK_ERROR(MgmGetFirstMfe(&size, buffer, &count), ERROR_NO_MORE_ITEMS);
    CHECK_EQ(count, 1);
    CHECK_ERROR(MgmGetFirstMfeStats(&size, buffer, &count, MGM_MFE_STATS_0),
                ERROR_NO_MORE_ITEMS);
    CHECK_EQ(count, 1);
}

TEST(without_a_kernel_table_there_is_nothing_to_compare) {
    MGM_HOST_RECONCILED result;
    memset(&result, 0x5A, sizeof result);
    result.dwSize = sizeof result;
    CHECK_ERROR(MgmHostReconcile(&result), ERROR_CAN_NOT_COMPLETE);
    host_start_memory();
    CHECK_ERROR(MgmHostReconcile(&result), ERROR_CAN_NOT_COMPLETE);
    CHECK_ERROR(MgmHostReconcile(NULL), ERROR_CAN_NOT_COMPLETE);
    CHECK_EQ(result.dwEntries, 0x5A5A5A5A);
}

TEST(the_other_functions_need_one) {
    BYTE buffer[256];
    DWORD size = sizeof buffer, count;
    HANDLE handle;
    host_start_memory();
    memset(&key, 0, sizeof key);
    UNCHANGED(NULL, CHECK_ERROR(MgmTakeInterfaceOwnership(NULL, 1, 0), ERROR_INVALID_PARAMETER));
    UNCHANGED(NULL,
              CHECK_ERROR(MgmReleaseInterfaceOwnership(NULL, 1, 0), ERROR_INVALID_PARAMETER));
    UNCHANGED(NULL, CHECK_ERROR(member_add(&c[0], "0", "239.1.1.1", 1, JOIN),
                                ERROR_INVALID_PARAMETER));
    UNCHANGED(NULL, CHECK_ERROR(member_delete(&c[0], "0", "239.1.1.1", 1, JOIN),
                                ERROR_INVALID_PARAMETER));
    UNCHANGED(NULL, CHECK_ERROR(MgmSetMfe(NULL, &key), ERROR_INVALID_PARAMETER));
    UNCHANGED(NULL, CHECK_ERROR(MgmGroupEnumerationStart(NULL, ALL_SOURCES, &handle),
                                ERROR_INVALID_PARAMETER));
    UNCHANGED(NULL, CHECK_ERROR(MgmGroupEnumerationGetNext(NULL, &size, buffer, &count),
                                ERROR_INVALID_PARAMETER));
    UNCHANGED(NULL, CHECK_ERROR(MgmGroupEnumerationEnd(NULL), ERROR_INVALID_PARAMETER));
    UNCHANGED(NULL, CHECK_ERROR(MgmDeRegisterMProtocol(NULL), ERROR_INVALID_PARAMETER));
}

C_TEST(pointers_are_checked_also_before_the_manager_is_started, "references are never NULL") {
    DWORD size = 0, count, protocol;
    CHECK_ERROR(MgmGetProtocolOnInterface(1, 0, &protocol, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmGetMfe(NULL, &size, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmGetFirstMfe(NULL, NULL, &count), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmGetFirstMfeStats(NULL, NULL, &count, MGM_MFE_STATS_0),
                ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmRegisterMProtocol(NULL, 1, 1, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmDeRegisterMProtocol(NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmGroupEnumerationEnd(&size), ERROR_INVALID_PARAMETER);
}
