/* The functions of mgm.h. */
#include "inject.h"
#include "states.h"

#include <string.h>

/* Registration. */

static void nothing(int unused) { (void)unused; }
static DWORD register_a(int unused) { return (void)unused, try_register(PROTOCOL_A, 100, 1); }

static DWORD register_another(int k) {
    ROUTING_PROTOCOL_CONFIG none;
    HANDLE handle = NULL;
    DWORD error;
    memset(&none, 0, sizeof none);
    REQUIRE(other_count < OTHERS);
    inject_arm();
    error = MgmRegisterMProtocol(&none, 1000 + (DWORD)k, 1, &handle);
    inject_disarm();
    if (error == NO_ERROR)
        others[other_count++] = handle;
    else
        CHECK(handle == NULL);
    return error;
}

static DWORD deregister_a(int unused) { return (void)unused, try_deregister(PROTOCOL_A); }

static void registered_by_use(int unused) {
    (void)unused;
    REQUIRE_OK(client_register(PROTOCOL_A, 100, 1, CB_ALL));
}

/* Nobody has registered: what was set, and MFEs that forward nothing. */
static void scope_by_use(int count) {
    times_vary = true;
    CHECK_OK(MgmHostSetThreshold(3, 9));
    CHECK_OK(MgmHostAddBoundary(2, 0, 0));
    sources_behind(1);
    packets_for_entries(count);
}
static void nobody_registered(int count) {
    started(0);
    sources_behind(1);
    packets_for_entries(count);
}

static void enumerating(int count) {
    routers(0);
    REQUIRE_OK(client_register(&c[4], 105, 1, CB_ALL));
    for (int k = 0; k < 20; k++)
        REQUIRE_OK(member_add(PROTOCOL_B, "0", group_of(k), 3, JOIN));
    for (int k = 0; k < count; k++) {
        HANDLE handle;
        MGM_ENUM_TYPES type = k % 2 ? ANY_SOURCE : ALL_SOURCES;
        REQUIRE_OK(MgmGroupEnumerationStart(c[4].handle, type, &handle));
    }
}

static DWORD deregister_enumerating(int unused) { return (void)unused, try_deregister(&c[4]); }

/* Interfaces. */

static DWORD take_first(int unused) { return (void)unused, try_take(PROTOCOL_A, 1, NULL); }
static DWORD take_another(int k) { return try_take(PROTOCOL_A, 10 + (DWORD)k, NULL); }
static DWORD take_hop(int unused) { return (void)unused, try_take(PROTOCOL_A, 2, "10.5.5.5"); }
static DWORD take_by_igmp(int unused) { return (void)unused, try_take(IGMP, 5, NULL); }

/* IGMP alone on 7 with `count` memberships. */
static void igmp_alone(int count) {
    routers(0);
    for (int k = 0; k < count; k++)
        REQUIRE_OK(member_add(IGMP, "0", group_of(k), 7, JOIN));
    packets_for_entries(count < 20 ? count : 20);
}

static void igmp_alone_without_enable(int count) {
    routers(0);
    REQUIRE_OK(if_release(IGMP, 7));
    IGMP->taken_count--;
    REQUIRE_OK(if_release(IGMP, 3));
    IGMP->taken_count--;
    REQUIRE_OK(client_deregister(IGMP));
    REQUIRE_OK(client_register(IGMP, PROTO_IP_IGMP, 1, CB_ALL & ~(unsigned)CB_ENABLE));
    REQUIRE_OK(if_take(IGMP, 7));
    for (int k = 0; k < count; k++)
        REQUIRE_OK(member_add(IGMP, "0", group_of(k), 7, JOIN));
    packets_for_entries(count < 20 ? count : 20);
}

/* IGMP joins again from inside ENABLE; these calls are not under test. */
static void join_again(struct client *client, const struct event *event) {
    inject_excuse(1);
    for (int k = 0; k < 3; k++)
        CHECK(member_add(client, "0", group_of(k), event->if_index, JOIN) == NO_ERROR);
    inject_excuse(-1);
}

static void igmp_rejoins(int count) {
    igmp_alone(count);
    IGMP->hook_kinds = CB_ENABLE;
    IGMP->hook = join_again;
}

static DWORD take_from_igmp(int unused) { return (void)unused, try_take(PROTOCOL_A, 7, NULL); }

/* d's interface 8 gets the route; MFEs wait for an owner of it. */
static void waiting_for_owner(int count) {
    routers(0);
    sources_behind(8);
    REQUIRE_OK(member_add(PROTOCOL_B, "0", "0", 3, JOIN));
    REQUIRE_OK(member_add(PROTOCOL_D, "0", "0", 5, JOIN));
    packets_for_entries(count);
}
static DWORD take_iif(int unused) { return (void)unused, try_take(PROTOCOL_A, 8, NULL); }

/* b's interface 3: `count` memberships, and MFEs of which it is the only outgoing one. */
static void members_on_3(int count) {
    routers(0);
    for (int k = 0; k < count; k++)
        REQUIRE_OK(member_add(PROTOCOL_B, "0", group_of(k), 3, JOIN));
    packets_for_entries(count);
}
static void members_of_igmp_on_3(int count) {
    routers(0);
    for (int k = 0; k < count; k++)
        REQUIRE_OK(member_add(IGMP, "0", group_of(k), 3, JOIN));
    packets_for_entries(count);
}
static void members_of_both_on_3(int count) {
    members_of_igmp_on_3(count);
    for (int k = 0; k < count; k++)
        REQUIRE_OK(member_add(PROTOCOL_B, "0", group_of(k), 3, JOIN));
}
static void members_on_4(int count) {
    routers(0);
    for (int k = 0; k < count; k++)
        REQUIRE_OK(member_add(PROTOCOL_B, "0", group_of(k), 4, JOIN));
    packets_for_entries(count);
}
static DWORD release_3(int unused) { return (void)unused, try_release(PROTOCOL_B, 3, NULL); }
static DWORD release_4(int unused) { return (void)unused, try_release(PROTOCOL_B, 4, NULL); }
static DWORD release_iif(int unused) { return (void)unused, try_release(PROTOCOL_A, 1, NULL); }
static DWORD release_3_by_igmp(int unused) { return (void)unused, try_release(IGMP, 3, NULL); }
static DWORD release_7_by_igmp(int unused) { return (void)unused, try_release(IGMP, 7, NULL); }

static DWORD owner_of_3(int unused) {
    DWORD protocol = 0, component = 0, error;
    (void)unused;
    inject_arm();
    error = MgmGetProtocolOnInterface(3, 0, &protocol, &component);
    inject_disarm();
    output("%u %u\n", (unsigned)protocol, (unsigned)component);
    return error;
}

/* Memberships. */

static void many_interfaces(int unused) {
    one_client(unused);
    for (DWORD i = 10; i < 700; i++)
        CHECK_OK(MgmTakeInterfaceOwnership(PROTOCOL_A->handle, i, 0));
}

static DWORD add_group(int k) { return try_add(PROTOCOL_A, "0", group_of(k), 1, JOIN); }
static DWORD add_source(int k) { return try_add(PROTOCOL_A, source_of(k), "239.9.9.9", 1, JOIN); }
static DWORD add_group_of_source(int k) {
    return try_add(PROTOCOL_A, "10.9.9.9", group_of(k), 1, JOIN);
}
static DWORD add_everywhere(int k) {
    return try_add(PROTOCOL_A, "0", "239.9.9.9", 10 + (DWORD)k, JOIN);
}
static DWORD add_source_everywhere(int k) {
    return try_add(PROTOCOL_A, "10.9.9.9", "239.9.9.9", 10 + (DWORD)k, JOIN);
}
static DWORD add_all_everywhere(int k) {
    return try_add(PROTOCOL_A, "0", "0", 10 + (DWORD)k, JOIN);
}
static DWORD add_range(int k) {
    const char *group = numbered("239.#.0.0/#", (k / 8) << (k % 8) & 0xFF, 16 - k % 8);
    return try_add(PROTOCOL_A, "0", group, 1, JOIN);
}
/* Every pair of mask lengths: a shape of its own. */
static DWORD add_shape(int k) {
    const char *source = numbered("10.0.0.0/#", 8 + k % 24, 0);
    return try_add(PROTOCOL_A, source, numbered("239.0.0.0/#", 8 + k / 24, 0), 1, JOIN);
}

static DWORD add_all_on_3(int unused) {
    return (void)unused, try_add(PROTOCOL_B, "0", "0", 3, JOIN);
}
static DWORD add_covering(int unused) {
    return (void)unused, try_add(PROTOCOL_D, "0", "239.0.0.0/8", 5, JOIN);
}
static DWORD add_forward(int unused) {
    return (void)unused, try_add(PROTOCOL_D, "0", "0", 5, FORWARD);
}
static DWORD add_both(int unused) {
    return (void)unused, try_add(PROTOCOL_D, "0", "0", 5, JOIN | FORWARD);
}
static DWORD add_by_igmp(int unused) {
    return (void)unused, try_add(IGMP, "0", "239.1.0.1", 3, JOIN);
}
static DWORD add_by_igmp_alone(int unused) {
    return (void)unused, try_add(IGMP, "0", "239.1.0.1", 7, JOIN);
}
static DWORD add_exact(int unused) {
    return (void)unused, try_add(PROTOCOL_B, "10.0.0.1", "239.1.0.1", 3, JOIN);
}
static DWORD add_without_route(int unused) {
    return (void)unused, try_add(PROTOCOL_B, "172.16.0.1", "239.1.0.1", 3, JOIN);
}

/* Negative MFEs: nobody is a member. */
static void empty_entries(int count) {
    routers(0);
    packets_for_entries(count);
}

/* 10 clients' worth of members, so that lists of outgoing interfaces grow. */
static void wide_entry(int unused) {
    one_client(unused);
    sources_behind(9);
    for (DWORD i = 9; i < 700; i++)
        CHECK_OK(MgmTakeInterfaceOwnership(PROTOCOL_A->handle, i, 0));
    arrives(9, "10.0.0.1", "239.9.9.9");
}

/* Calls made inside a creation alert: the entry is in the making. */
static DWORD inside_code;
static DWORD (*inside_call)(void);
static void call_inside(struct client *client, const struct event *event) {
    (void)client, (void)event;
    PROTOCOL_B->hook = NULL;
    inside_code = inside_call();
    if (inside_code != NO_ERROR) {
        inject_excuse(1);
        CHECK_OK(inside_call());
        inject_excuse(-1);
    }
}
static DWORD call_during(DWORD (*call)(void)) {
    inside_call = call;
    PROTOCOL_B->hook_kinds = CB_CREATE;
    PROTOCOL_B->hook = call_inside;
    arrives(1, "10.0.0.1", "239.1.0.1");
    return inside_code;
}
static DWORD inside_add(void) { return try_add(PROTOCOL_D, "0", "239.1.0.1", 5, JOIN); }
static DWORD inside_delete(void) { return try_delete(PROTOCOL_B, "0", "0", 3, JOIN); }
static DWORD add_during(int unused) { return (void)unused, call_during(inside_add); }
static DWORD delete_during(int unused) { return (void)unused, call_during(inside_delete); }

static DWORD delete_all(int unused) {
    return (void)unused, try_delete(PROTOCOL_B, "0", "0", 3, JOIN);
}
static DWORD delete_forward(int unused) {
    return (void)unused, try_delete(PROTOCOL_B, "0", "0", 3, FORWARD);
}
static DWORD delete_group(int unused) {
    return (void)unused, try_delete(PROTOCOL_B, "0", group_of(0), 3, JOIN);
}
static DWORD delete_by_igmp(int unused) {
    return (void)unused, try_delete(IGMP, "0", group_of(0), 3, JOIN);
}
static void exact_member(int unused) {
    routers(unused);
    REQUIRE_OK(member_add(PROTOCOL_B, "10.0.0.1", "239.1.0.1", 3, JOIN));
    arrives(1, "10.0.0.1", "239.1.0.1");
}
static DWORD delete_exact(int unused) {
    return (void)unused, try_delete(PROTOCOL_B, "10.0.0.1", "239.1.0.1", 3, JOIN);
}
static void range_member(int unused) {
    routers(unused);
    REQUIRE_OK(member_add(PROTOCOL_B, "10.0.0.0/8", "239.0.0.0/8", 3, JOIN));
    packets_for_entries(20);
}
static DWORD delete_range(int unused) {
    return (void)unused, try_delete(PROTOCOL_B, "10.0.0.0/8", "239.0.0.0/8", 3, JOIN);
}

/* MFEs. */

static BYTE mfe_buffer[4096];
static MIB_IPMCAST_MFE key(void) {
    MIB_IPMCAST_MFE key;
    memset(&key, 0, sizeof key);
    key.dwSource = ip("10.0.0.1");
    key.dwGroup = ip(group_of(0));
    return key;
}
static DWORD read_done(DWORD error, DWORD size, DWORD count) {
    unsigned sum = 0;
    inject_disarm();
    for (size_t i = 0; i < sizeof mfe_buffer; i++)
        sum = sum * 31 + mfe_buffer[i];
    output("%u bytes, %u entries, sum %x\n", (unsigned)size, (unsigned)count, sum);
    return error;
}
#define READ(name, call)                                                                         \
    static DWORD name(int unused) {                                                              \
        MIB_IPMCAST_MFE mfe = key();                                                             \
        DWORD size = sizeof mfe_buffer, count = 0;                                               \
        (void)unused, (void)mfe;                                                                 \
        inject_arm();                                                                            \
        return read_done((call), size, count);                                                   \
    }
READ(get_mfe, MgmGetMfe(&mfe, &size, mfe_buffer))
READ(get_first, MgmGetFirstMfe(&size, mfe_buffer, &count))
READ(get_next, MgmGetNextMfe(&mfe, &size, mfe_buffer, &count))
READ(get_stats, MgmGetMfeStats(&mfe, &size, mfe_buffer, MGM_MFE_STATS_0))
READ(get_first_stats, MgmGetFirstMfeStats(&size, mfe_buffer, &count, MGM_MFE_STATS_1))
READ(get_next_stats, MgmGetNextMfeStats(&mfe, &size, mfe_buffer, &count, MGM_MFE_STATS_0))
static DWORD set_mfe(int unused) {
    MIB_IPMCAST_MFE mfe = key();
    DWORD error;
    (void)unused;
    mfe.dwUpStrmNgbr = ip("10.0.0.77");
    inject_arm();
    error = MgmSetMfe(PROTOCOL_A->handle, &mfe);
    inject_disarm();
    return error;
}

/* Enumerations. */

static void groups_joined(int count) {
    one_interface(0);
    for (int k = 0; k < count; k++)
        REQUIRE_OK(member_add(PROTOCOL_A, "0", group_of(k), 1, JOIN));
}
static DWORD enumerate_all(int unused) {
    return (void)unused, try_enumerate(PROTOCOL_A, ALL_SOURCES);
}
static DWORD enumerate_any(int unused) {
    return (void)unused, try_enumerate(PROTOCOL_A, ANY_SOURCE);
}
static void enumeration_all(int count) {
    groups_joined(count);
    REQUIRE_OK(enumerate_all(0));
}
static void enumeration_any(int count) {
    groups_joined(count);
    REQUIRE_OK(enumerate_any(0));
}
static DWORD enumerate_next(int unused) { return (void)unused, try_enumerate_next(); }
static DWORD enumerate_end(int unused) { return (void)unused, try_enumerate_end(); }

/* A client that adds while it enumerates: the enumeration is not disturbed. */
static DWORD add_enumerating(int unused) {
    return (void)unused, try_add(PROTOCOL_A, "10.7.7.7", "239.200.0.1", 1, JOIN);
}

/* All clients end, with no memory at all. */

static DWORD first_error(DWORD one, DWORD other) { return one != NO_ERROR ? one : other; }
static DWORD end_everything(int count) {
    DWORD error = NO_ERROR;
    for (int k = 0; k < count; k++) {
        error = first_error(error, try_delete(PROTOCOL_B, "0", group_of(k), 3, JOIN));
        error = first_error(error, try_delete(IGMP, "0", group_of(k), 3, JOIN));
    }
    for (DWORD i = 1; i <= 2; i++)
        error = first_error(error, try_release(PROTOCOL_A, i, NULL));
    for (DWORD i = 3; i <= 4; i++)
        error = first_error(error, try_release(PROTOCOL_B, i, NULL));
    for (DWORD i = 5; i <= 6; i++)
        error = first_error(error, try_release(PROTOCOL_D, i, NULL));
    error = first_error(error, try_release(IGMP, 3, NULL));
    error = first_error(error, try_release(IGMP, 7, NULL));
    error = first_error(error, try_enumerate_end());
    for (int i = 0; i < 4; i++)
        error = first_error(error, try_deregister(&c[i]));
    return error;
}
static DWORD release_everything(int unused) { return (void)unused, end_everything(0); }
static void everything(int count) {
    members_of_both_on_3(count);
    REQUIRE_OK(enumerate_any(0));
    packets_for_entries(count);
}

#define FREE (CLEANS_UP | NEEDS_NOTHING)
#define ADD "MgmAddGroupMembershipEntry"
#define DELETE "MgmDeleteGroupMembershipEntry"
#define TAKE "MgmTakeInterfaceOwnership"
#define RELEASE "MgmReleaseInterfaceOwnership"

static const struct scenario list[] = {
    {"MgmRegisterMProtocol", "the process's first call", nothing, register_a, 0, 0, NULL},
    {"MgmRegisterMProtocol", "the first client", started, register_a, 0, OWN, NULL},
    {"MgmRegisterMProtocol", "the first client, scope and MFEs are there", scope_by_use, register_a,
     3, 0, NULL},
    {"MgmRegisterMProtocol", "the first client, MFEs are there", nobody_registered, register_a, 3,
     OWN, NULL},
    {"MgmRegisterMProtocol", "more clients", one_client, register_another, 8, GROWS, NULL},
    {"MgmDeRegisterMProtocol", "the last client", one_client, deregister_a, 0, FREE | OWN, NULL},
    {"MgmDeRegisterMProtocol", "the last client, started by use", registered_by_use, deregister_a,
     0, FREE, NULL},
    {"MgmDeRegisterMProtocol", "while it enumerates", enumerating, deregister_enumerating, 8,
     FREE, NULL},
    {TAKE, "the first interface", one_client, take_first, 0, OWN | ANSWERS, NULL},
    {TAKE, "more interfaces", one_client, take_another, 300, GROWS | OWN, NULL},
    {TAKE, "a next hop", routers, take_hop, 0, OWN | ANSWERS, NULL},
    {TAKE, "IGMP, an owned one", routers, take_by_igmp, 0, OWN, NULL},
    {TAKE, "from IGMP", igmp_alone, take_from_igmp, 10, ANY_ORDER | OWN | ANSWERS, NULL},
    {TAKE, "from IGMP with many memberships", igmp_alone, take_from_igmp, 300, ANY_ORDER, NULL},
    {TAKE, "from IGMP that joins again", igmp_rejoins, take_from_igmp, 10,
     ANY_ORDER | OWN | ANSWERS, NULL},
    {TAKE, "from IGMP without ENABLE", igmp_alone_without_enable, take_from_igmp, 20,
     ANY_ORDER | OWN | ANSWERS, NULL},
    {TAKE, "from IGMP without ENABLE, many memberships", igmp_alone_without_enable,
     take_from_igmp, 300, ANY_ORDER, NULL},
    {TAKE, "the iif of an MFE", waiting_for_owner, take_iif, 1, MAY_LOSE | OWN | ANSWERS,
     packets_for_entries},
    {TAKE, "the iif of MFEs", waiting_for_owner, take_iif, 20, MAY_LOSE | OWN | ANSWERS,
     packets_for_entries},
    {RELEASE, "nothing there", routers, release_4, 0, FREE | OWN, NULL},
    {RELEASE, "memberships and MFEs", members_on_4, release_4, 50,
     FREE | ANY_ORDER | OWN | ANSWERS, NULL},
    {RELEASE, "memberships and MFEs, many", members_on_4, release_4, 300,
     CLEANS_UP | ANY_ORDER | OWN, NULL},
    {RELEASE, "memberships and MFEs, very many", members_on_4, release_4, 1000,
     CLEANS_UP | ANY_ORDER, NULL},
    {RELEASE, "the iif", entries, release_iif, 100, FREE | OWN | ANSWERS, NULL},
    {RELEASE, "with IGMP", members_of_both_on_3, release_3, 20, FREE | ANY_ORDER | OWN | ANSWERS,
     NULL},
    {RELEASE, "with IGMP, many", members_of_both_on_3, release_3, 300, CLEANS_UP | ANY_ORDER, NULL},
    {RELEASE, "by IGMP", members_of_igmp_on_3, release_3_by_igmp, 20, FREE | ANY_ORDER, NULL},
    {RELEASE, "by IGMP, many", members_of_igmp_on_3, release_3_by_igmp, 300,
     CLEANS_UP | ANY_ORDER, NULL},
    {RELEASE, "by IGMP alone", igmp_alone, release_7_by_igmp, 20,
     FREE | ANY_ORDER | OWN | ANSWERS, NULL},
    {"MgmGetProtocolOnInterface", "an owned one", routers, owner_of_3, 0, 0, NULL},
    {ADD, "groups", one_interface, add_group, 300, GROWS, NULL},
    {ADD, "sources of a group", one_interface, add_source, 300, GROWS, NULL},
    {ADD, "groups of a source", one_interface, add_group_of_source, 300, GROWS, NULL},
    {ADD, "a group on interfaces", many_interfaces, add_everywhere, 80, GROWS, NULL},
    {ADD, "a source on interfaces", many_interfaces, add_source_everywhere, 80, GROWS, NULL},
    {ADD, "(*,*) on interfaces", many_interfaces, add_all_everywhere, 80, GROWS, NULL},
    {ADD, "ranges", one_interface, add_range, 60, GROWS, NULL},
    {ADD, "ranges of all lengths", one_interface, add_shape, 100, GROWS, NULL},
    {ADD, "(*,*), covering MFEs that are empty", empty_entries, add_all_on_3, 20, OWN | ANSWERS,
     NULL},
    {ADD, "(*,*), covering many that are empty", empty_entries, add_all_on_3, 600, 0, NULL},
    {ADD, "a range, covering MFEs", entries, add_covering, 20, OWN | ANSWERS, NULL},
    {ADD, "an outgoing list that grows", wide_entry, add_everywhere, 80, GROWS | OWN, NULL},
    {ADD, "FORWARD, covering MFEs", entries, add_forward, 20, OWN | ANSWERS, NULL},
    {ADD, "JOIN and FORWARD, covering MFEs", entries, add_both, 300, OWN, NULL},
    {ADD, "by IGMP where there is an owner", entries, add_by_igmp, 3, OWN | ANSWERS, NULL},
    {ADD, "by IGMP alone", entries, add_by_igmp_alone, 3, OWN | ANSWERS, NULL},
    {ADD, "(S,G) with an owner towards it", routers, add_exact, 0, 0, NULL},
    {ADD, "(S,G) of an MFE", empty_entries, add_exact, 1, OWN | ANSWERS, NULL},
    {ADD, "(S,G) without a route", routers, add_without_route, 0, 0, NULL},
    {ADD, "inside a creation alert", entries, add_during, 0, INSIDE | OWN | ANSWERS, NULL},
    {ADD, "while enumerating, all sources", enumeration_all, add_enumerating, 30, 0, NULL},
    {ADD, "while enumerating, any source", enumeration_any, add_enumerating, 30, 0, NULL},
    {DELETE, "(*,*), a few MFEs", entries, delete_all, 10, FREE | OWN | ANSWERS, NULL},
    {DELETE, "(*,*), MFEs within the reserve", entries, delete_all, 200, FREE, NULL},
    {DELETE, "(*,*), MFEs beyond the reserve", entries, delete_all, 300, CLEANS_UP | OWN, NULL},
    {DELETE, "(*,*), many MFEs", entries, delete_all, 1000, CLEANS_UP, NULL},
    {DELETE, "FORWARD, a few MFEs", entries, delete_forward, 10, FREE | OWN | ANSWERS, NULL},
    {DELETE, "FORWARD, many MFEs", entries, delete_forward, 1000, CLEANS_UP, NULL},
    {DELETE, "(*,G)", members_on_3, delete_group, 5, FREE | OWN | ANSWERS, NULL},
    {DELETE, "(*,G), by IGMP", members_of_igmp_on_3, delete_by_igmp, 5, FREE, NULL},
    {DELETE, "(S,G)", exact_member, delete_exact, 0, FREE | OWN | ANSWERS, NULL},
    {DELETE, "a range", range_member, delete_range, 0, FREE, NULL},
    {DELETE, "inside a creation alert", entries, delete_during, 0,
     INSIDE | CLEANS_UP | OWN | ANSWERS, NULL},
    {"all the cleaning up", "within the reserve", everything, release_everything, 20,
     FREE | ANY_ORDER | OWN | ANSWERS, NULL},
    {"all the cleaning up", "many, one by one", everything, end_everything, 600,
     FREE | ANY_ORDER, NULL},
    {"MgmGetMfe", "one of three", entries, get_mfe, 3, OWN, NULL},
    {"MgmGetFirstMfe", "three", entries, get_first, 3, OWN, NULL},
    {"MgmGetNextMfe", "three", entries, get_next, 3, OWN, NULL},
    {"MgmGetMfeStats", "one of three", entries, get_stats, 3, OWN, NULL},
    {"MgmGetFirstMfeStats", "three", entries, get_first_stats, 3, OWN, NULL},
    {"MgmGetNextMfeStats", "three", entries, get_next_stats, 3, OWN, NULL},
    {"MgmSetMfe", "one of three", entries, set_mfe, 3, OWN, NULL},
    {"MgmGroupEnumerationStart", "all sources, the first", groups_joined, enumerate_all, 5, 0,
     NULL},
    {"MgmGroupEnumerationStart", "any source, the first", groups_joined, enumerate_any, 5, 0, NULL},
    {"MgmGroupEnumerationStart", "any source, no groups", groups_joined, enumerate_any, 0, 0, NULL},
    {"MgmGroupEnumerationStart", "all sources, more", groups_joined, enumerate_all, 300, GROWS,
     NULL},
    {"MgmGroupEnumerationGetNext", "all sources", enumeration_all, enumerate_next, 5, 0, NULL},
    {"MgmGroupEnumerationGetNext", "any source", enumeration_any, enumerate_next, 5, 0, NULL},
    {"MgmGroupEnumerationEnd", "all sources", enumeration_all, enumerate_end, 5, FREE, NULL},
    {"MgmGroupEnumerationEnd", "any source", enumeration_any, enumerate_end, 5, FREE, NULL},
};

const struct scenario_list protocol_scenarios = {list, sizeof list / sizeof list[0]};
