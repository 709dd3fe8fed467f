/* What the host program causes: packets, time, route changes, start and stop. */
#include "inject.h"
#include "states.h"

#include <string.h>

static void nothing(int unused) { (void)unused; }

/* Packets. */

/* Members of every client on all interfaces: three creation alerts, seven interfaces. */
static void members_everywhere(int unused) {
    routers(unused);
    REQUIRE_OK(member_add(PROTOCOL_A, "0", "0", 2, JOIN));
    REQUIRE_OK(member_add(PROTOCOL_B, "0", "239.0.0.0/8", 3, JOIN));
    REQUIRE_OK(member_add(PROTOCOL_B, "0", "239.1.0.1", 4, JOIN));
    REQUIRE_OK(member_add(PROTOCOL_D, "10.0.0.1", "239.1.0.1", 5, JOIN));
    REQUIRE_OK(member_add(PROTOCOL_D, "0", "239.1.0.1", 6, JOIN));
    REQUIRE_OK(member_add(IGMP, "0", "239.1.0.1", 7, JOIN));
}
static void vetoes(int unused) {
    members_everywhere(unused);
    for (DWORD i = 2; i <= 7; i++)
        client_veto(i < 3 ? PROTOCOL_A : i < 5 ? PROTOCOL_B : i < 7 ? PROTOCOL_D : IGMP, i, NULL);
}
/* While its four interfaces are asked for, another one is grafted; no part of the test. */
static void graft(struct client *client, const struct event *event) {
    (void)client, (void)event;
    inject_excuse(1);
    CHECK_OK(member_add(PROTOCOL_D, "0", "239.1.0.1", 6, FORWARD));
    inject_excuse(-1);
}
static void grafted_meanwhile(int unused) {
    routers(unused);
    REQUIRE_OK(member_add(PROTOCOL_A, "0", "0", 2, JOIN));
    REQUIRE_OK(member_add(PROTOCOL_B, "0", "0", 3, JOIN));
    REQUIRE_OK(member_add(PROTOCOL_B, "0", "0", 4, JOIN));
    REQUIRE_OK(member_add(PROTOCOL_D, "0", "0", 5, JOIN));
    PROTOCOL_B->hook_kinds = CB_CREATE;
    PROTOCOL_B->hook = graft;
}
static void wide_members(int count) {
    routers(0);
    for (DWORD i = 10; i < 10 + (DWORD)count; i++) {
        CHECK_OK(MgmTakeInterfaceOwnership(PROTOCOL_B->handle, i, 0));
        REQUIRE_OK(member_add(PROTOCOL_B, "0", "239.1.0.1", i, JOIN));
    }
}
static DWORD packet_first(int unused) {
    return (void)unused, try_packet(1, "10.0.0.1", "239.1.0.1");
}
static DWORD packet_without_route(int unused) {
    return (void)unused, try_packet(3, "172.16.0.1", "239.1.0.1");
}
static DWORD packet_elsewhere(int unused) {
    return (void)unused, try_packet(4, "10.0.0.1", "239.1.0.1");
}
static DWORD packet_of_group(int k) { return try_packet(1, "10.0.0.1", group_of(k)); }
static DWORD packet_of_source(int k) { return try_packet(1, source_of(k), "239.9.9.9"); }
static DWORD packet_of_both(int k) { return try_packet(1, source_of(k), group_of(k)); }
/* With the system's clock the first MFE starts a thread. */
static void first_with_time(int unused) {
    MGM_HOST_OPTIONS options = host_options();
    (void)unused;
    times_vary = true;
    options.dwClock = MGM_HOST_CLOCK_SYSTEM;
    start_with(&options);
    REQUIRE_OK(client_register(PROTOCOL_A, 100, 1, CB_ALL));
    REQUIRE_OK(if_take(PROTOCOL_A, 1));
    REQUIRE_OK(if_take(PROTOCOL_A, 2));
    sources_behind(1);
    REQUIRE_OK(member_add(PROTOCOL_A, "0", "0", 2, JOIN));
}
static void member_of_all(int unused) {
    routers(unused);
    REQUIRE_OK(member_add(PROTOCOL_B, "0", "0", 3, JOIN));
}

static void after_wrong_packet(int unused) {
    (void)unused;
    advance(4);
    arrives(4, "10.0.0.1", "239.1.0.1");
    arrives(3, "172.16.0.1", "239.1.0.1");
}

/* Time. */

/* MFEs that forwarded since they were made: at the end of their time they are renewed. */
static void in_use(int count) {
    routers(0);
    REQUIRE_OK(member_add(PROTOCOL_A, "0", "0", 2, JOIN));
    REQUIRE_OK(member_add(PROTOCOL_B, "0", "0", 3, JOIN));
    REQUIRE_OK(member_add(PROTOCOL_B, "0", "0", 4, JOIN));
    REQUIRE_OK(member_add(PROTOCOL_D, "0", "0", 5, JOIN));
    REQUIRE_OK(member_add(IGMP, "0", "0", 7, JOIN));
    packets_for_entries(count);
    packets_for_entries(count);
    advance(890);
}
static void not_in_use(int count) {
    routers(0);
    packets_for_entries(count);
    advance(890);
}
static DWORD pass_time(int unused) { return (void)unused, try_advance(10); }
static void after_time(int count) {
    advance(5);
    packets_for_entries(count);
}
static void packets_of_sources(DWORD if_index, int count) {
    for (int k = 0; k < count; k++)
        arrives(if_index, numbered("10.0.0.#", k + 1, 0), group_of(0));
}
/* The same with a source for each: where these fill their table, the first renewal cannot
   even begin. */
static void sources_in_use(int count) {
    member_of_all(0);
    packets_of_sources(1, count);
    packets_of_sources(1, count);
    advance(890);
}
/* However late it was renewed, each ends when it has no packets. */
static void after_time_of_sources(int count) {
    advance(3 * 900 + 5);
    CHECK(counters().dwEntries == 0);
    packets_of_sources(1, count);
}

/* Routes. */

static DWORD route_another(int k) {
    return try_route(numbered("172.#.#.0/24", 16 + k / 250, k % 250), 1, NULL);
}
static DWORD route_moves(int unused) {
    return (void)unused, try_route("10.0.0.0/24", 5, "10.0.0.254");
}
static DWORD route_goes(int unused) { return (void)unused, try_route_delete("10.0.0.0/8"); }
static void after_route(int count) {
    advance(5);
    for (int k = 0; k < count; k++)
        arrives(5, "10.0.0.1", group_of(k));
}
static void exact_members(int count) {
    routers(0);
    for (int k = 0; k < count; k++)
        REQUIRE_OK(member_add(PROTOCOL_B, "10.0.0.1", group_of(k), 3, JOIN));
    packets_for_entries(count);
}
static void sources_of_entries(int count) {
    member_of_all(0);
    packets_of_sources(1, count);
}
static void after_route_of_sources(int count) {
    advance(5);
    packets_of_sources(5, count);
}

/* Scope. */

static DWORD threshold_of(int k) { return try_threshold(1 + (DWORD)k, 2 + (DWORD)k % 250); }
static void with_thresholds(int count) {
    entries(count);
    for (DWORD i = 1; i <= 10; i++)
        CHECK_OK(MgmHostSetThreshold(i, 32));
}
static DWORD threshold_again(int unused) { return (void)unused, try_threshold(3, 64); }
static DWORD threshold_goes(int unused) { return (void)unused, try_threshold(3, 0); }

static DWORD boundary_of(int k) { return try_boundary(1 + (DWORD)k % 7, group_of(k)); }
/* Empty MFEs whose lists have no room yet for the interfaces that want to be in them. */
static void bounded(int count) {
    routers(0);
    CHECK_OK(MgmHostAddBoundary(1, 0, 0));
    packets_for_entries(count);
    for (DWORD i = 10; i < 20; i++) {
        REQUIRE_OK(if_take(PROTOCOL_B, i));
        REQUIRE_OK(member_add(PROTOCOL_B, "0", "0", i, JOIN));
    }
}
static DWORD boundary_empties(int unused) { return (void)unused, try_boundary(1, "239.0.0.0/8"); }
static DWORD boundary_fills(int unused) { return (void)unused, try_boundary_delete(1, "0"); }

/* Start and stop. */

static DWORD start_manager(int unused) { return (void)unused, try_start(NULL); }
static DWORD stop_manager(int unused) { return (void)unused, try_stop(); }
static DWORD read_counters(int unused) {
    MGM_HOST_COUNTERS now;
    DWORD error;
    (void)unused;
    memset(&now, 0, sizeof now);
    now.dwSize = sizeof now;
    inject_arm();
    error = MgmHostGetCounters(&now);
    inject_disarm();
    output("%u entries\n", (unsigned)now.dwEntries);
    return error;
}

static DWORD diagnose(int unused) { return (void)unused, try_diagnose("10.0.0.1", group_of(0)); }

#define RECEIVE "MgmHostReceivePacket"
#define ADVANCE "MgmHostAdvanceClock"
#define ADD_ROUTE "MgmHostAddRoute"
#define DELETE_ROUTE "MgmHostDeleteRoute"
#define THRESHOLD "MgmHostSetThreshold"
#define ADD_BOUNDARY "MgmHostAddBoundary"
#define DELETE_BOUNDARY "MgmHostDeleteBoundary"

static const struct scenario list[] = {
    {RECEIVE, "the first, several clients", members_everywhere, packet_first, 0,
     PACKET | OWN | ANSWERS, NULL},
    {RECEIVE, "the first, threads start", first_with_time, packet_first, 0,
     PACKET | OWN | ANSWERS, NULL},
    {RECEIVE, "all veto", vetoes, packet_first, 0, PACKET | OWN, NULL},
    {RECEIVE, "no members", routers, packet_first, 0, PACKET | OWN | ANSWERS, NULL},
    {RECEIVE, "no route", members_everywhere, packet_without_route, 0,
     PACKET | LATE_ALERT | OWN | ANSWERS, after_wrong_packet},
    {RECEIVE, "on another interface", members_everywhere, packet_elsewhere, 0,
     PACKET | LATE_ALERT | OWN | ANSWERS, after_wrong_packet},
    {RECEIVE, "40 outgoing interfaces", wide_members, packet_first, 30, PACKET | OWN | ANSWERS,
     NULL},
    {RECEIVE, "an interface is grafted meanwhile", grafted_meanwhile, packet_first, 0,
     PACKET | OWN, NULL},
    {RECEIVE, "more groups", member_of_all, packet_of_group, 300, PACKET | GROWS | OWN, NULL},
    {RECEIVE, "more sources", member_of_all, packet_of_source, 300, PACKET | GROWS | OWN, NULL},
    {RECEIVE, "more of both", member_of_all, packet_of_both, 300, PACKET | GROWS, NULL},
    {RECEIVE, "a wrong interface later", exact_members, packet_elsewhere, 1,
     PACKET | LATE_ALERT | OWN, after_wrong_packet},
    {ADVANCE, "renewal", in_use, pass_time, 1, MAY_LOSE | OWN | ANSWERS, after_time},
    {ADVANCE, "renewals", in_use, pass_time, 10, MAY_LOSE | OWN | ANSWERS, after_time},
    {ADVANCE, "renewals, 14 sources", sources_in_use, pass_time, 14, MAY_LOSE | OWN | ANSWERS,
     after_time_of_sources},
    {ADVANCE, "end of MFEs", not_in_use, pass_time, 20, NEEDS_NOTHING | OWN | ANSWERS, NULL},
    {ADD_ROUTE, "more routes", one_interface, route_another, 100, GROWS, NULL},
    {ADD_ROUTE, "MFEs move", entries, route_moves, 20, MAY_LOSE, after_route},
    {ADD_ROUTE, "MFEs of many sources move", sources_of_entries, route_moves, 20, MAY_LOSE,
     after_route_of_sources},
    {ADD_ROUTE, "(S,G) joined, MFEs move", exact_members, route_moves, 20, MAY_LOSE, after_route},
    {ADD_ROUTE, "(S,G) joined, many move", exact_members, route_moves, 300, MAY_LOSE, after_route},
    {DELETE_ROUTE, "MFEs become negative", entries, route_goes, 20, MAY_LOSE, after_time},
    {THRESHOLD, "more interfaces", one_interface, threshold_of, 100, GROWS, NULL},
    {THRESHOLD, "another, under MFEs", with_thresholds, threshold_again, 20,
     NEEDS_NOTHING | OWN | ANSWERS, NULL},
    {THRESHOLD, "the default again", with_thresholds, threshold_goes, 20,
     NEEDS_NOTHING | OWN | ANSWERS, NULL},
    {ADD_BOUNDARY, "more groups", entries, boundary_of, 100, GROWS | OWN, NULL},
    {ADD_BOUNDARY, "few MFEs become empty", entries, boundary_empties, 20, OWN | ANSWERS, NULL},
    {ADD_BOUNDARY, "many MFEs become empty", entries, boundary_empties, 300, 0, NULL},
    {DELETE_BOUNDARY, "MFEs fill", bounded, boundary_fills, 20, OWN | ANSWERS, NULL},
    {DELETE_BOUNDARY, "many MFEs fill", bounded, boundary_fills, 300, OWN, NULL},
    {"MgmHostStart", "the process's first call", nothing, start_manager, 0, 0, NULL},
    {"MgmHostStop", "nobody registered", started, stop_manager, 0, NEEDS_NOTHING, NULL},
    {"MgmHostDiagnose", "a flow", entries, diagnose, 1, 0, NULL},
    {"MgmHostGetCounters", "some", members_everywhere, read_counters, 0, NEEDS_NOTHING, NULL},
};

const struct scenario_list host_scenarios = {list, sizeof list / sizeof list[0]};
