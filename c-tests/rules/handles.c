/* Registration and handles: rules.md section 1, beyond api/registration.c. */
#include "snapshot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/* c0 has 1 and 2, with a membership and an MFE; c1 is IGMP and on 2. */
static void world(void) {
    host_start_memory();
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], PROTO_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[0], 2));
    REQUIRE_OK(if_take(&c[1], 2));
    REQUIRE_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    clear_all();
}

#define BAD(call) check_error(__FILE__, line, (call), ERROR_INVALID_PARAMETER, #call)

/* The nine functions that take a handle, called with what would work for c0. Pointers are
   good, so that only the handle can be refused. */
static void every_client_function(int line, HANDLE handle) {
    MIB_IPMCAST_MFE mfe;
    HANDLE mark = &mfe, enumeration = mark;
    const DWORD g = ip("239.1.1.1");
    memset(&mfe, 0, sizeof mfe);
    mfe.dwSource = ip("10.0.0.1");
    mfe.dwGroup = g;
    mfe.dwUpStrmNgbr = ip("10.0.0.99");
    BAD(MgmTakeInterfaceOwnership(handle, 7, 0));
    BAD(MgmReleaseInterfaceOwnership(handle, 1, 0));
    BAD(MgmReleaseInterfaceOwnership(handle, 2, 0));
    BAD(MgmAddGroupMembershipEntry(handle, 0, 0, ip("239.1.1.7"), 0, 2, 0, JOIN));
    BAD(MgmAddGroupMembershipEntry(handle, 0, 0, g, 0, 2, 0, FORWARD));
    BAD(MgmDeleteGroupMembershipEntry(handle, 0, 0, g, 0, 2, 0, JOIN));
    BAD(MgmDeleteGroupMembershipEntry(handle, 0, 0, g, 0, 2, 0, FORWARD));
    BAD(MgmSetMfe(handle, &mfe));
    BAD(MgmGroupEnumerationStart(handle, ALL_SOURCES, &enumeration));
    BAD(MgmDeRegisterMProtocol(handle));
    if (enumeration != mark)
        check_failed(__FILE__, line, "a refused call wrote an enumeration handle");
}

static void every_enumeration_function(int line, HANDLE handle) {
    SOURCE_GROUP_ENTRY entries[4];
    DWORD size = sizeof entries, count = 4711, none = 0;
    BAD(MgmGroupEnumerationGetNext(handle, &size, (PBYTE)entries, &count));
    BAD(MgmGroupEnumerationGetNext(handle, &none, NULL, &count));
    BAD(MgmGroupEnumerationEnd(handle));
    check_eq(__FILE__, line, size, sizeof entries, "size");
    check_eq(__FILE__, line, none, 0, "none");
}

#define NO_CLIENT(handle) every_client_function(__LINE__, (handle))
#define NO_ENUMERATION(handle) every_enumeration_function(__LINE__, (handle))
#define NO_HANDLE(handle) (NO_CLIENT(handle), NO_ENUMERATION(handle))

/* Handles that are none */

TEST(null_and_minus_1_are_no_handles) {
    world();
    UNCHANGED(&c[0], NO_HANDLE(NULL));
    UNCHANGED(&c[0], NO_HANDLE((HANDLE)-1));
}

TEST(handles_never_issued_are_refused) {
    uint64_t random = 88172645463325252u;
    struct snapshot *before;
    int local;
    world();
    UNCHANGED(&c[0], NO_HANDLE(&local));
    UNCHANGED(&c[0], NO_HANDLE(&c[0]));
    before = snapshot_take(&c[0]);
    for (uintptr_t n = 1; n <= 300; n++) {
        if ((HANDLE)n == c[0].handle || (HANDLE)n == c[1].handle)
            continue;
        NO_HANDLE((HANDLE)n);
    }
    for (unsigned bit = 0; bit < 8 * sizeof(HANDLE); bit++) {
        HANDLE one = (HANDLE)((uintptr_t)1 << bit);
        if (one != c[0].handle && one != c[1].handle)
            NO_HANDLE(one);
    }
    for (int i = 0; i < 1000; i++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        if ((HANDLE)(uintptr_t)random != c[0].handle &&
            (HANDLE)(uintptr_t)random != c[1].handle)
            NO_HANDLE((HANDLE)(uintptr_t)random);
    }
    snapshot_same(__FILE__, __LINE__, before, &c[0], "handles never issued");
}

TEST(handles_forged_from_real_ones_are_refused) {
    struct snapshot *before;
    HANDLE enumeration;
    world();
    REQUIRE_OK(MgmGroupEnumerationStart(c[0].handle, ALL_SOURCES, &enumeration));
    before = snapshot_take(&c[0]);
    {
        const HANDLE real[3] = {c[0].handle, c[1].handle, enumeration};
        for (int r = 0; r < 3; r++)
            for (unsigned first = 0; first < 8 * sizeof(HANDLE); first++)
                for (unsigned second = first; second < 8 * sizeof(HANDLE); second++) {
                    /* One bit or two turned over. */
                    uintptr_t bits = (uintptr_t)1 << first | (uintptr_t)1 << second;
                    HANDLE forged = (HANDLE)((uintptr_t)real[r] ^ bits);
                    if (forged != real[0] && forged != real[1])
                        NO_CLIENT(forged);
                    if (forged != enumeration)
                        NO_ENUMERATION(forged);
                }
    }
    snapshot_same(__FILE__, __LINE__, before, &c[0], "forged handles");
    CHECK_OK(MgmGroupEnumerationEnd(enumeration));
}

C_TEST(a_handle_of_the_other_kind_is_refused, "ClientId and EnumerationId are types of their own") {
    HANDLE enumeration;
    world();
    REQUIRE_OK(MgmGroupEnumerationStart(c[0].handle, ANY_SOURCE, &enumeration));
    UNCHANGED(&c[0], NO_CLIENT(enumeration));
    UNCHANGED(&c[0], NO_ENUMERATION(c[0].handle));
    UNCHANGED(&c[0], NO_ENUMERATION(c[1].handle));
    CHECK_OK(MgmGroupEnumerationEnd(enumeration));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.2", 2, JOIN));
}

TEST(a_released_client_handle_is_refused) {
    HANDLE old;
    world();
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    old = c[2].handle;
    CHECK_OK(client_deregister(&c[2]));
    UNCHANGED(&c[0], NO_HANDLE(old));
}

TEST(a_released_client_handle_is_refused_when_another_has_registered_since) {
    HANDLE old;
    world();
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    old = c[2].handle;
    CHECK_OK(client_deregister(&c[2]));
    /* The same protocol again, then others. */
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    CHECK(c[2].handle != old);
    UNCHANGED(&c[0], NO_HANDLE(old));
    REQUIRE_OK(client_register(&c[3], 103, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[4], 104, 1, CB_ALL));
    UNCHANGED(&c[0], NO_HANDLE(old));
    CHECK_OK(if_take(&c[2], 5));
}

TEST(no_handle_comes_back_for_a_long_time) {
    enum { ROUNDS = 5000 };
    static HANDLE old[ROUNDS];
    world();
    for (int i = 0; i < ROUNDS; i++) {
        REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
        old[i] = c[2].handle;
        CHECK_OK(client_deregister(&c[2]));
    }
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    for (int i = 0; i < ROUNDS; i++)
        CHECK_ERROR(MgmTakeInterfaceOwnership(old[i], 7, 0), ERROR_INVALID_PARAMETER);
    NO_HANDLE(old[0]);
    NO_HANDLE(old[ROUNDS - 1]);
}

TEST(an_ended_enumeration_is_refused) {
    HANDLE old, other;
    world();
    REQUIRE_OK(MgmGroupEnumerationStart(c[0].handle, ALL_SOURCES, &old));
    CHECK_OK(MgmGroupEnumerationEnd(old));
    UNCHANGED(&c[0], NO_HANDLE(old));
    /* Also when another has been started since. */
    for (int i = 0; i < 100; i++) {
        REQUIRE_OK(MgmGroupEnumerationStart(c[0].handle, ALL_SOURCES, &other));
        CHECK(other != old);
        NO_ENUMERATION(old);
        CHECK_OK(MgmGroupEnumerationEnd(other));
    }
}

TEST(handles_of_an_earlier_manager_are_refused) {
    HANDLE client, enumeration;
    host_start_memory();
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    client = c[0].handle;
    REQUIRE_OK(MgmGroupEnumerationStart(client, ALL_SOURCES, &enumeration));
    host_stop();
    NO_HANDLE(client);
    NO_HANDLE(enumeration);
    world();
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    UNCHANGED(&c[0], NO_HANDLE(client));
    UNCHANGED(&c[0], NO_HANDLE(enumeration));
}

TEST(many_clients_and_enumerations_have_handles_of_their_own) {
    enum { MANY = 200 };
    static HANDLE clients[MANY], enumerations[MANY];
    ROUTING_PROTOCOL_CONFIG config;
    host_start_memory();
    memset(&config, 0, sizeof config);
    for (int i = 0; i < MANY; i++) {
        REQUIRE_OK(MgmRegisterMProtocol(&config, 5000, (DWORD)i, &clients[i]));
        REQUIRE_OK(MgmGroupEnumerationStart(clients[i], ALL_SOURCES, &enumerations[i]));
        CHECK(clients[i] != NULL && clients[i] != (HANDLE)-1);
        CHECK(enumerations[i] != NULL && enumerations[i] != (HANDLE)-1);
    }
    CHECK_EQ(counters().dwClients, MANY);
    for (int i = 0; i < MANY; i++) {
        CHECK(clients[i] != enumerations[i]);
        for (int j = 0; j < i; j++)
            CHECK(clients[i] != clients[j] && enumerations[i] != enumerations[j]);
    }
    for (int i = 0; i < MANY; i++) {
        if (i % 2 == 0)
            CHECK_OK(MgmGroupEnumerationEnd(enumerations[i]));
        CHECK_OK(MgmDeRegisterMProtocol(clients[i]));
        CHECK_ERROR(MgmGroupEnumerationEnd(enumerations[i]), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(MgmDeRegisterMProtocol(clients[i]), ERROR_INVALID_PARAMETER);
    }
}

/* Checks come in order: pointers and handle, parameters, interface, membership */

TEST(the_handle_comes_before_parameters_interface_and_membership) {
    MIB_IPMCAST_MFE none;
    world();
    memset(&none, 0, sizeof none);
    /* Where the later check would give another error. */
    CHECK_ERROR(MgmDeleteGroupMembershipEntry(NULL, 0, 0, ip("239.1.1.1"), 0, 9, 0, JOIN),
                ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmDeleteGroupMembershipEntry(NULL, 0, 0, ip("239.8.8.8"), 0, 2, 0, JOIN),
                ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmTakeInterfaceOwnership(NULL, 1, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmSetMfe(NULL, &none), ERROR_INVALID_PARAMETER);
}

TEST(parameters_come_before_the_interface) {
    world();
    CHECK_ERROR(member_delete(&c[0], "0", "10.0.0.1", 9, JOIN), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(member_delete(&c[0], "10.0.0.1", "0", 9, JOIN), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(member_delete(&c[0], "0", "239.1.1.1", 9, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(member_delete(&c[0], "0", "239.1.1.1", 9, 4), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(member_delete(&c[0], "0", "239.1.1.1", 9, JOIN), ERROR_NOT_FOUND);
}

TEST(the_interface_comes_before_the_membership) {
    world();
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[2], 5));
    CHECK_ERROR(member_delete(&c[0], "0", "239.8.8.8", 5, JOIN), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(member_delete(&c[2], "0", "239.8.8.8", 5, JOIN), ERROR_NOT_FOUND);
}

static unsigned disabled;

static void bad_calls_while_disabled(struct client *client, const struct event *event) {
    (void)event;
    disabled++;
    CHECK_ERROR(member_add(client, "10.0.0.1", "0", 3, JOIN), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(member_delete(client, "0", "239.1.1.1", 3, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmAddGroupMembershipEntry(NULL, 0, 0, ip("239.1.1.1"), 0, 3, 0, JOIN),
                ERROR_INVALID_PARAMETER);
    CHECK_ERROR(member_add(client, "0", "239.1.1.1", 3, JOIN), ERROR_CAN_NOT_COMPLETE);
}

TEST(handle_and_parameters_come_before_the_refusal_during_disable) {
    world();
    CHECK_OK(if_take(&c[1], 3));
    c[1].hook = bad_calls_while_disabled;
    c[1].hook_kinds = CB_DISABLE;
    CHECK_OK(if_take(&c[0], 3));
    CHECK_EQ(disabled, 1);
    c[1].hook = NULL;
}

/* Which client is IGMP: only IGMP may join a routing protocol on its interface */

static void check_igmp(int line, DWORD protocol, bool igmp) {
    REQUIRE_OK(client_register(&c[7], protocol, 2, CB_ALL));
    check_error(__FILE__, line, MgmTakeInterfaceOwnership(c[7].handle, 1, 0),
                igmp ? NO_ERROR : ERROR_ALREADY_EXISTS, "take beside a protocol");
    if (igmp)
        CHECK_OK(MgmReleaseInterfaceOwnership(c[7].handle, 1, 0));
    CHECK_OK(client_deregister(&c[7]));
}

TEST(igmp_is_10_or_a_multicast_protocol_id_with_10) {
    world();
    CHECK_EQ(MS_IP_IGMP, 0x4137000A);
    check_igmp(__LINE__, 10, true);
    check_igmp(__LINE__, MS_IP_IGMP, true);
    check_igmp(__LINE__, PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS0, PROTO_IP_IGMP), true);
    check_igmp(__LINE__, PROTOCOL_ID(PROTO_TYPE_MCAST, 0x3FFF, PROTO_IP_IGMP), true);
    /* Another type, or another protocol. */
    check_igmp(__LINE__, PROTOCOL_ID(0, PROTO_VENDOR_MS1, PROTO_IP_IGMP), false);
    check_igmp(__LINE__, PROTOCOL_ID(2, PROTO_VENDOR_MS1, PROTO_IP_IGMP), false);
    check_igmp(__LINE__, PROTOCOL_ID(3, PROTO_VENDOR_MS1, PROTO_IP_IGMP), false);
    check_igmp(__LINE__, PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS1, 11), false);
    check_igmp(__LINE__, PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS1, 0x10A), false);
    check_igmp(__LINE__, 9, false);
    check_igmp(__LINE__, 11, false);
    check_igmp(__LINE__, 0, false);
    check_igmp(__LINE__, PROTO_IP_NT_STATIC, false);
    check_igmp(__LINE__, 0xFFFFFFFF, false);
}

TEST(ms_ip_igmp_gets_the_callbacks_of_igmp) {
    host_start_memory();
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], MS_IP_IGMP, 1, CB_ALL));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(if_take(&c[0], 2));
    expect(&c[1], "DISABLE 2,0", "ENABLE 2,0");
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    expect(&c[0], "LOCALJOIN 0/0 239.1.1.1/32 if=2,0");
}

/* Registration */

TEST(the_config_is_copied) {
    ROUTING_PROTOCOL_CONFIG config;
    HANDLE handle;
    host_start_memory();
    config = client_callbacks(&c[6], CB_ALL);
    REQUIRE_OK(MgmRegisterMProtocol(&config, 106, 1, &handle));
    config = client_callbacks(&c[5], CB_ALL);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 1, JOIN));
    expect(&c[6], "JOIN 0/0 239.1.1.1/32 member");
    expect_nothing(&c[5]);
    CHECK_OK(MgmDeRegisterMProtocol(handle));
}

C_TEST(reserved_callback_flags_change_nothing, "a Client has no reserved flags") {
    ROUTING_PROTOCOL_CONFIG config;
    HANDLE handle;
    host_start_memory();
    config = client_callbacks(&c[6], CB_ALL);
    config.dwCallbackFlags = 0xFFFFFFFF;
    REQUIRE_OK(MgmRegisterMProtocol(&config, 106, 1, &handle));
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 1, JOIN));
    expect(&c[6], "JOIN 0/0 239.1.1.1/32 member");
    CHECK_OK(MgmDeRegisterMProtocol(handle));
}

TEST(any_protocol_and_component_id_may_register) {
    static const DWORD ids[] = {0, 1, 10006, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    ROUTING_PROTOCOL_CONFIG config;
    HANDLE handles[6][2];
    host_start_memory();
    memset(&config, 0, sizeof config);
    for (int i = 0; i < 6; i++) {
        CHECK_OK(MgmRegisterMProtocol(&config, ids[i], 0, &handles[i][0]));
        CHECK_OK(MgmRegisterMProtocol(&config, ids[i], 0xFFFFFFFF, &handles[i][1]));
    }
    for (int i = 0; i < 6; i++) {
        CHECK_OK(MgmDeRegisterMProtocol(handles[i][0]));
        CHECK_OK(MgmDeRegisterMProtocol(handles[i][1]));
    }
}

TEST(registering_replays_no_entries_memberships_or_igmp) {
    world();
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_add(&c[0], "10.0.0.9", "239.1.1.3", 2, JOIN));
    clear_all();
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[3], MS_IP_IGMP, 1, CB_ALL));
    expect_nothing_at_all();
    CHECK_TEXT(groups(&c[2], ALL_SOURCES),
               "0/0 239.1.1.1/32; 0/0 239.1.1.2/32; 10.0.0.9/32 239.1.1.3/32");
}

/* Deregistration */

TEST(a_refused_deregistration_changes_nothing) {
    HANDLE enumeration;
    SOURCE_GROUP_ENTRY entries[4];
    DWORD size = sizeof entries, count = 0;
    world();
    REQUIRE_OK(MgmGroupEnumerationStart(c[0].handle, ALL_SOURCES, &enumeration));
    UNCHANGED(&c[0],
              CHECK_ERROR(MgmDeRegisterMProtocol(c[0].handle), ERROR_CAN_NOT_COMPLETE));
    UNCHANGED(&c[0],
              CHECK_ERROR(MgmDeRegisterMProtocol(c[1].handle), ERROR_CAN_NOT_COMPLETE));
    /* Its enumeration goes on, and alerts still come. */
    CHECK_ERROR(MgmGroupEnumerationGetNext(enumeration, &size, (PBYTE)entries, &count),
                ERROR_NO_MORE_ITEMS);
    CHECK_EQ(count, 1);
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    expect(&c[0], "LOCALJOIN 0/0 239.1.1.2/32 if=2,0");
}

TEST(all_enumerations_of_a_deregistered_client_end) {
    HANDLE enumerations[20], others;
    SOURCE_GROUP_ENTRY entries[4];
    DWORD size = sizeof entries, count = 0;
    world();
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    for (int i = 0; i < 20; i++)
        REQUIRE_OK(MgmGroupEnumerationStart(c[2].handle, (MGM_ENUM_TYPES)(i % 2),
                                            &enumerations[i]));
    REQUIRE_OK(MgmGroupEnumerationStart(c[0].handle, ALL_SOURCES, &others));
    /* Some have been used, some not. */
    for (int i = 0; i < 10; i++)
        CHECK_ERROR(MgmGroupEnumerationGetNext(enumerations[i], &size, (PBYTE)entries, &count),
                    ERROR_NO_MORE_ITEMS);
    CHECK_OK(client_deregister(&c[2]));
    for (int i = 0; i < 20; i++)
        UNCHANGED(&c[0], NO_HANDLE(enumerations[i]));
    /* Those of others do not, and the dead ones stay dead when others start. */
    CHECK_ERROR(MgmGroupEnumerationGetNext(others, &size, (PBYTE)entries, &count),
                ERROR_NO_MORE_ITEMS);
    CHECK_EQ(count, 1);
    CHECK_OK(MgmGroupEnumerationEnd(others));
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    REQUIRE_OK(MgmGroupEnumerationStart(c[2].handle, ALL_SOURCES, &others));
    for (int i = 0; i < 20; i++)
        NO_ENUMERATION(enumerations[i]);
    CHECK_OK(MgmGroupEnumerationEnd(others));
}

TEST(a_client_that_released_everything_may_go) {
    world();
    CHECK_ERROR(MgmDeRegisterMProtocol(c[0].handle), ERROR_CAN_NOT_COMPLETE);
    CHECK_OK(if_release(&c[0], 1));
    CHECK_ERROR(MgmDeRegisterMProtocol(c[0].handle), ERROR_CAN_NOT_COMPLETE);
    CHECK_OK(if_release(&c[0], 2));
    CHECK_OK(client_deregister(&c[0]));
    CHECK_OK(if_release(&c[1], 2));
    CHECK_OK(client_deregister(&c[1]));
    CHECK_EQ(counters().dwClients, 0);
}

TEST(no_alert_comes_after_deregistration) {
    world();
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.2", 2, JOIN));
    expect(&c[2], "JOIN 0/0 239.1.1.2/32 member");
    CHECK_OK(client_deregister(&c[2]));
    CHECK_OK(member_delete(&c[0], "0", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.3", 2, JOIN));
    expect_nothing(&c[2]);
    CHECK_EQ(c[2].late, 0);
}

/* Deregistration waits for what is running. `inside` counts the callbacks of c2 that run. */
static atomic_int inside, deregistering;
static atomic_bool leave;
static int inside_at_return;

static void stay_inside(struct client *client, const struct event *event) {
    (void)client;
    (void)event;
    atomic_fetch_add(&inside, 1);
    while (!atomic_load(&leave))
        check_pause();
    atomic_fetch_sub(&inside, 1);
}

static void *join_2(void *unused) {
    (void)unused;
    CHECK_OK(member_add(&c[0], "0", "239.1.1.2", 2, JOIN));
    return NULL;
}

static void *deregister_2(void *unused) {
    (void)unused;
    atomic_store(&deregistering, 1);
    CHECK_OK(client_deregister(&c[2]));
    inside_at_return = atomic_load(&inside);
    atomic_store(&deregistering, 2);
    return NULL;
}

/* While a callback of c2 runs on another thread, c2 is deregistered on a third. */
static void check_waits(pthread_t caller) {
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, deregister_2, NULL) == 0);
    EVENTUALLY(atomic_load(&deregistering) >= 1);
    /* A call that does not wait has time to return. */
    for (int i = 0; i < 50; i++)
        check_pause();
    CHECK_EQ(atomic_load(&deregistering), 1);
    atomic_store(&leave, true);
    REQUIRE(pthread_join(thread, NULL) == 0);
    REQUIRE(pthread_join(caller, NULL) == 0);
    CHECK_EQ(inside_at_return, 0);
    CHECK_EQ(c[2].late, 0);
}

TEST(deregistering_waits_for_an_alert_on_another_thread) {
    pthread_t caller;
    world();
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    c[2].hook = stay_inside;
    c[2].hook_kinds = CB_JOIN;
    REQUIRE(pthread_create(&caller, NULL, join_2, NULL) == 0);
    EVENTUALLY(atomic_load(&inside) == 1);
    /* More alerts for it queue up behind: they never come. */
    CHECK_OK(member_add(&c[0], "0", "239.1.1.3", 2, JOIN));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.4", 2, JOIN));
    check_waits(caller);
    expect(&c[2], "JOIN 0/0 239.1.1.2/32 member");
}

static void *packet_of_2(void *unused) {
    (void)unused;
    packet(5, "10.5.0.1", "239.1.1.1", 100);
    return NULL;
}

TEST(deregistering_waits_for_a_direct_callback_on_another_thread) {
    pthread_t caller;
    world();
    route("10.5.0.0/24", 5, NULL, 3);
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[2], 5));
    c[2].hook = stay_inside;
    c[2].hook_kinds = CB_RPF;
    REQUIRE(pthread_create(&caller, NULL, packet_of_2, NULL) == 0);
    EVENTUALLY(atomic_load(&inside) == 1);
    /* Meanwhile it gives up the interface it was asked for. */
    CHECK_OK(if_release(&c[2], 5));
    check_waits(caller);
    CHECK_EQ(event_total(&c[2], CB_CREATE), 0);
}

static void deregister_other(struct client *client, const struct event *event) {
    (void)client;
    (void)event;
    CHECK_OK(MgmDeRegisterMProtocol(c[2].handle));
}

TEST(deregistering_inside_a_callback_does_not_wait_for_another_thread) {
    pthread_t caller;
    world();
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    c[2].hook = stay_inside;
    c[2].hook_kinds = CB_JOIN;
    REQUIRE(pthread_create(&caller, NULL, join_2, NULL) == 0);
    EVENTUALLY(atomic_load(&inside) == 1);
    /* A callback of IGMP, on this thread, deregisters c2 and comes back. */
    c[1].hook = deregister_other;
    c[1].hook_kinds = CB_DISABLE;
    CHECK_OK(if_take(&c[1], 3));
    CHECK_OK(if_take(&c[0], 3));
    CHECK_EQ(event_total(&c[1], CB_DISABLE), 1);
    c[1].hook = NULL;
    /* Its callback still runs, and no new one starts. */
    CHECK_EQ(atomic_load(&inside), 1);
    CHECK_OK(member_add(&c[0], "0", "239.1.1.3", 2, JOIN));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.4", 2, JOIN));
    atomic_store(&leave, true);
    REQUIRE(pthread_join(caller, NULL) == 0);
    CHECK_OK(member_add(&c[0], "0", "239.1.1.5", 2, JOIN));
    expect(&c[2], "JOIN 0/0 239.1.1.2/32 member");
    CHECK_ERROR(MgmDeRegisterMProtocol(c[2].handle), ERROR_INVALID_PARAMETER);
    c[2].handle = NULL;
    CHECK_EQ(counters().dwClients, 2);
}

static void release_and_go(struct client *client, const struct event *event) {
    CHECK_OK(if_release(client, event->if_index));
    CHECK_OK(client_deregister(client));
}

TEST(a_client_may_go_inside_its_own_rpf_callback) {
    world();
    route("10.5.0.0/24", 5, NULL, 3);
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[2], 5));
    c[2].hook = release_and_go;
    c[2].hook_kinds = CB_RPF;
    packet(5, "10.5.0.1", "239.1.1.1", 100);
    CHECK(c[2].handle == NULL);
    CHECK_EQ(c[2].late, 0);
    CHECK_EQ(counters().dwClients, 2);
}

static void go_and_flood(struct client *client, const struct event *event) {
    release_and_go(client, event);
    for (int i = 0; i < 10; i++)
        packet(1, "10.0.0.1", "239.1.1.1", 100);
}

TEST(a_flow_starts_again_after_the_last_client_went_inside_its_rpf_callback) {
    host_start_memory();
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    c[0].hook = go_and_flood;
    c[0].hook_kinds = CB_RPF;
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK(c[0].handle == NULL);
    CHECK_EQ(counters().dwClients, 0);
    c[0].hook = NULL;
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[0], 2));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
}

TEST(igmp_may_go_inside_its_own_enable_callback) {
    world();
    CHECK_OK(if_release(&c[1], 2));
    CHECK_OK(if_take(&c[1], 3));
    c[1].hook = release_and_go;
    c[1].hook_kinds = CB_ENABLE;
    CHECK_OK(if_take(&c[0], 3));
    CHECK(c[1].handle == NULL);
    CHECK_EQ(c[1].late, 0);
    CHECK_EQ(counters().dwClients, 1);
}

static void *deregister_2_and_count(void *got) {
    if (MgmDeRegisterMProtocol(c[2].handle) == NO_ERROR)
        atomic_fetch_add((atomic_int *)got, 1);
    return NULL;
}

TEST(two_threads_deregister_a_client_once) {
    atomic_int done;
    world();
    for (int round = 0; round < 50; round++) {
        pthread_t threads[4];
        atomic_store(&done, 0);
        REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
        for (int i = 0; i < 4; i++)
            REQUIRE(pthread_create(&threads[i], NULL, deregister_2_and_count, &done) == 0);
        for (int i = 0; i < 4; i++)
            REQUIRE(pthread_join(threads[i], NULL) == 0);
        CHECK_EQ(atomic_load(&done), 1);
        c[2].handle = NULL;
    }
    CHECK_EQ(counters().dwClients, 2);
}

/* The place of a client that has gone is used again: nothing of it may be left there. */
static void join_another_and_go(struct client *client, const struct event *event) {
    (void)event;
    client->hook_kinds = 0;
    CHECK_OK(member_add(&c[0], "0", "239.1.1.3", 2, JOIN));
    CHECK_OK(client_deregister(client));
}

TEST(alerts_that_waited_for_a_client_that_went_do_not_come_to_its_successor) {
    world();
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    c[2].hook = join_another_and_go;
    c[2].hook_kinds = CB_JOIN;
    CHECK_OK(member_add(&c[0], "0", "239.1.1.2", 2, JOIN));
    expect(&c[2], "JOIN 0/0 239.1.1.2/32 member");
    REQUIRE_OK(client_register(&c[3], 103, 1, CB_ALL));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.4", 2, JOIN));
    expect(&c[3], "JOIN 0/0 239.1.1.4/32 member");
    CHECK_EQ(c[2].late, 0);
}

TEST(a_client_may_not_go_while_it_shares_an_interface_with_igmp) {
    world();
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[1], 7));
    CHECK_OK(if_take(&c[2], 7));
    CHECK_ERROR(MgmDeRegisterMProtocol(c[2].handle), ERROR_CAN_NOT_COMPLETE);
    CHECK_OK(if_release(&c[2], 7));
    CHECK_OK(client_deregister(&c[2]));
}
