/* States that scenarios start from: see states.h. */
#include "states.h"

#include "own.h"

void started(int unused) {
    MGM_HOST_OPTIONS options = host_options();
    (void)unused;
    options.dwLogLevel = MGM_HOST_LOG_DEBUG;
    start_with(&options);
}

void start_with(MGM_HOST_OPTIONS *options) {
    MGM_HOST_FORWARDER table = own_table();
    if (own_wanted) {
        REQUIRE_OK(MgmHostSetForwarder(&table));
        options->dwForwarder = MGM_HOST_FORWARDER_OWN;
    }
    host_start(options);
}

void sources_behind(DWORD if_index) {
    if (own_wanted)
        own_route(if_index, NULL);
    else
        route("10.0.0.0/8", if_index, NULL, 3);
}

void arrives(DWORD if_index, const char *source, const char *group) {
    own_count(if_index, source, group);
    packet(if_index, source, group, 100);
}

void one_client(int unused) {
    started(unused);
    REQUIRE_OK(client_register(PROTOCOL_A, 100, 1, CB_ALL));
}

void one_interface(int unused) {
    one_client(unused);
    sources_behind(1);
    REQUIRE_OK(if_take(PROTOCOL_A, 1));
}

void routers(int unused) {
    one_interface(unused);
    REQUIRE_OK(client_register(PROTOCOL_B, 101, 1, CB_ALL));
    REQUIRE_OK(client_register(PROTOCOL_D, 102, 1, CB_ALL));
    REQUIRE_OK(client_register(IGMP, PROTO_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(if_take(PROTOCOL_A, 2));
    REQUIRE_OK(if_take(PROTOCOL_B, 3));
    REQUIRE_OK(if_take(PROTOCOL_B, 4));
    REQUIRE_OK(if_take(PROTOCOL_D, 5));
    REQUIRE_OK(if_take(PROTOCOL_D, 6));
    REQUIRE_OK(if_take(IGMP, 3));
    REQUIRE_OK(if_take(IGMP, 7));
}

const char *group_of(int k) { return numbered("239.1.#.#", k / 250, k % 250 + 1); }

const char *source_of(int k) { return numbered("10.1.#.#", k / 250, k % 250 + 1); }

void entries(int count) {
    routers(0);
    REQUIRE_OK(member_add(PROTOCOL_B, "0", "0", 3, JOIN));
    for (int k = 0; k < count; k++)
        arrives(1, "10.0.0.1", group_of(k));
}

void packets_for_entries(int count) {
    for (int k = 0; k < count; k++)
        arrives(1, "10.0.0.1", group_of(k));
}
