/* States that scenarios start from: see states.h. */
#include "states.h"

void started(int unused) {
    MGM_HOST_OPTIONS options = host_options();
    (void)unused;
    options.dwLogLevel = MGM_HOST_LOG_DEBUG;
    host_start(&options);
}

void one_client(int unused) {
    started(unused);
    REQUIRE_OK(client_register(PROTOCOL_A, 100, 1, CB_ALL));
}

void one_interface(int unused) {
    one_client(unused);
    route("10.0.0.0/8", 1, NULL, 3);
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
        packet(1, "10.0.0.1", group_of(k), 100);
}

void packets_for_entries(int count) {
    for (int k = 0; k < count; k++)
        packet(1, "10.0.0.1", group_of(k), 100);
}
