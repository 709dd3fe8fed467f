/* A forwarder of the program's own (MgmHostSetForwarder): given, opened, told of routes,
   and given back. The scenarios of mgm.h and of packets and time go through it by their flag
   OWN. */
#include "inject.h"
#include "own.h"
#include "states.h"

#include <string.h>

static void nothing(int unused) { (void)unused; }

/* Given, and the manager not started. */
static void given(int unused) {
    MGM_HOST_FORWARDER table = own_table();
    (void)unused;
    REQUIRE_OK(MgmHostSetForwarder(&table));
}

/* The next start opens the forwarder that was given last, and that one alone. */
static void check_which(bool is_other) {
    HANDLE handle;
    ROUTING_PROTOCOL_CONFIG none;
    memset(&none, 0, sizeof none);
    REQUIRE_OK(MgmRegisterMProtocol(&none, 200, 1, &handle));
    CHECK_OK(MgmTakeInterfaceOwnership(handle, 1, 0));
    CHECK(own_other_was_used() == is_other);
    CHECK_OK(MgmReleaseInterfaceOwnership(handle, 1, 0));
    CHECK_OK(MgmDeRegisterMProtocol(handle));
}

static DWORD give(MGM_HOST_FORWARDER *table) {
    DWORD error;
    inject_arm();
    error = MgmHostSetForwarder(table);
    inject_disarm();
    return error;
}
static DWORD give_first(int unused) {
    MGM_HOST_FORWARDER table = own_table();
    return (void)unused, give(&table);
}
static DWORD give_another(int unused) {
    MGM_HOST_FORWARDER table = own_other_table();
    DWORD error = give(&table);
    (void)unused;
    check_which(error == NO_ERROR);
    return error;
}
static DWORD give_back(int unused) { return (void)unused, give(NULL); }
static DWORD give_while_started(int unused) {
    MGM_HOST_FORWARDER table = own_other_table();
    return (void)unused, give(&table);
}

static DWORD start_manager(int unused) { return (void)unused, try_start(NULL); }
static DWORD stop_manager(int unused) { return (void)unused, try_stop(); }

static DWORD register_a(int unused) { return (void)unused, try_register(PROTOCOL_A, 100, 1); }
/* However often that fails, the forwarder is there for the next. */
static DWORD register_and_take(int unused) {
    DWORD error = try_register(PROTOCOL_A, 100, 1);
    (void)unused;
    if (error != NO_ERROR)
        return error;
    error = try_take(PROTOCOL_A, 1, NULL);
    if (error != NO_ERROR)
        CHECK_OK(client_deregister(PROTOCOL_A));
    return error;
}
static DWORD deregister_a(int unused) { return (void)unused, try_deregister(PROTOCOL_A); }

/* Started by use, with MFEs that nobody needs. */
static void by_use(int count) {
    given(0);
    sources_behind(1);
    times_vary = true;
    REQUIRE_OK(client_register(PROTOCOL_A, 100, 1, CB_ALL));
    packets_for_entries(count);
}
/* Started by the host, the same. */
static void unowned(int count) {
    one_client(0);
    sources_behind(1);
    packets_for_entries(count);
}
static void nobody(int count) {
    unowned(count);
    REQUIRE_OK(client_deregister(PROTOCOL_A));
    packets_for_entries(count);
}

/* Routes. */

static DWORD routes_changed(DWORD if_index, const char *gateway, const char *where) {
    DWORD network, mask, error;
    own_route(if_index, gateway);
    ip_range(where, &network, &mask);
    inject_arm();
    error = MgmHostRoutesChanged(network, mask);
    inject_disarm();
    return error;
}
static DWORD route_moves(int unused) {
    return (void)unused, routes_changed(5, "10.0.0.254", "10.0.0.0/24");
}
static DWORD route_goes(int unused) { return (void)unused, routes_changed(0, NULL, "0"); }
static DWORD route_comes(int unused) { return (void)unused, routes_changed(1, NULL, "0"); }
static void after_move(int count) {
    advance(5);
    for (int k = 0; k < count; k++)
        arrives(5, "10.0.0.1", group_of(k));
}
static void after_time(int count) {
    advance(5);
    packets_for_entries(count);
}
static void many_sources(int count) {
    routers(0);
    REQUIRE_OK(member_add(PROTOCOL_B, "0", "0", 3, JOIN));
    for (int k = 0; k < count; k++)
        arrives(1, numbered("10.0.0.#", k + 1, 0), group_of(0));
}
static void after_move_of_sources(int count) {
    advance(5);
    for (int k = 0; k < count; k++)
        arrives(5, numbered("10.0.0.#", k + 1, 0), group_of(0));
}
static void without_route(int count) {
    routers(0);
    sources_behind(0);
    REQUIRE_OK(member_add(PROTOCOL_B, "0", "0", 3, JOIN));
    packets_for_entries(count);
}
static void exact_members(int count) {
    routers(0);
    for (int k = 0; k < count; k++)
        REQUIRE_OK(member_add(PROTOCOL_B, "10.0.0.1", group_of(k), 3, JOIN));
    packets_for_entries(count);
}

static DWORD add_exact(int unused) {
    return (void)unused, try_add(PROTOCOL_B, "10.0.0.1", "239.1.0.1", 3, JOIN);
}
/* Whenever the route is known, its owner is told. */
static void after_exact(int unused) {
    (void)unused;
    EVENTUALLY(event_total(PROTOCOL_A, CB_JOIN) == 1);
}

#define SET "MgmHostSetForwarder"
#define ROUTES "MgmHostRoutesChanged"

static const struct scenario list[] = {
    {SET, "the first", nothing, give_first, 0, OWN_ONLY, NULL},
    {SET, "another", given, give_another, 0, OWN_ONLY, NULL},
    {SET, "given back", given, give_back, 0, OWN_ONLY | NEEDS_NOTHING, NULL},
    {SET, "while it is used", one_interface, give_while_started, 0, OWN_ONLY, NULL},
    {"MgmHostStart", "a forwarder of the program's own", given, start_manager, 0,
     OWN_ONLY | NEEDS_NOTHING, NULL},
    {"MgmHostStop", "MFEs", nobody, stop_manager, 5, OWN_ONLY | ANSWERS | NEEDS_NOTHING, NULL},
    {"MgmRegisterMProtocol", "opens the forwarder", given, register_a, 0, OWN_ONLY | ANSWERS,
     NULL},
    {"MgmDeRegisterMProtocol", "gives the forwarder back", by_use, deregister_a, 5,
     OWN_ONLY | ANSWERS | CLEANS_UP | NEEDS_NOTHING, NULL},
    {"MgmDeRegisterMProtocol", "the host's manager, MFEs", unowned, deregister_a, 5,
     OWN_ONLY | ANSWERS | CLEANS_UP | NEEDS_NOTHING, NULL},
    {"MgmTakeInterfaceOwnership", "opens forwarder and interface", given, register_and_take, 0,
     OWN_ONLY | ANSWERS, NULL},
    {"MgmAddGroupMembershipEntry", "(S,G), its owner is told", routers, add_exact, 0,
     OWN_ONLY | ANSWERS, after_exact},
    {ROUTES, "MFEs move", entries, route_moves, 20, OWN_ONLY | ANSWERS | MAY_LOSE, after_move},
    {ROUTES, "MFEs of many sources move", many_sources, route_moves, 20,
     OWN_ONLY | ANSWERS | MAY_LOSE, after_move_of_sources},
    {ROUTES, "(S,G) joined, MFEs move", exact_members, route_moves, 20,
     OWN_ONLY | ANSWERS | MAY_LOSE, after_move},
    {ROUTES, "MFEs become negative", entries, route_goes, 20, OWN_ONLY | ANSWERS | MAY_LOSE,
     after_time},
    {ROUTES, "MFEs get a route", without_route, route_comes, 20, OWN_ONLY | ANSWERS | MAY_LOSE,
     after_time},
};

const struct scenario_list own_scenarios = {list, sizeof list / sizeof list[0]};
