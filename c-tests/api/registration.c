/* MgmRegisterMProtocol and MgmDeRegisterMProtocol: rules.md section 1, and their errors. */
#include "host.h"

TEST(registering_gives_a_handle) {
    host_start_memory();
    CHECK_OK(client_register(&c[0], 100, 1, CB_ALL));
    CHECK(c[0].handle != NULL);
    CHECK(c[0].handle != (HANDLE)-1);
    CHECK_EQ(counters().dwClients, 1);
    CHECK_OK(client_deregister(&c[0]));
    CHECK_EQ(counters().dwClients, 0);
    expect_nothing_at_all();
}

TEST(the_first_call_starts_the_manager) {
    CHECK_OK(client_register(&c[0], 100, 1, CB_ALL));
    CHECK_ERROR(MgmHostStart(NULL), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(MgmHostStop(), ERROR_CAN_NOT_COMPLETE);
    CHECK_OK(client_deregister(&c[0]));
    CHECK_OK(MgmHostStop());
}

TEST(a_first_call_that_fails_starts_nothing) {
    MGM_HOST_ROUTE none = {0, 0, 1, 0, 0};
    DWORD ttl = 0;
    CHECK_ERROR(MgmHostDeleteRoute(&none), ERROR_NOT_FOUND);
    CHECK_ERROR(MgmHostDeleteBoundary(1, 0, 0), ERROR_NOT_FOUND);
    CHECK_ERROR(MgmHostRoutesChanged(0, 0), ERROR_CAN_NOT_COMPLETE);
    host_start_memory();
    CHECK_ERROR(MgmHostDeleteRoute(&none), ERROR_NOT_FOUND);
    CHECK_ERROR(MgmHostStart(NULL), ERROR_ALREADY_EXISTS);
    host_stop();
    /* Nor does it stop what another one started. */
    CHECK_OK(MgmHostSetThreshold(1, 5));
    CHECK_ERROR(MgmHostDeleteRoute(&none), ERROR_NOT_FOUND);
    CHECK_OK(MgmHostGetThreshold(1, &ttl));
    CHECK_EQ(ttl, 5);
    CHECK_ERROR(MgmHostStart(NULL), ERROR_ALREADY_EXISTS);
    CHECK_OK(MgmHostStop());
}

C_TEST(null_pointers_are_refused_before_anything_changes, "references are never NULL") {
    ROUTING_PROTOCOL_CONFIG config = client_callbacks(&c[0], CB_ALL);
    HANDLE handle = &config;
    host_start_memory();
    CHECK_ERROR(MgmRegisterMProtocol(NULL, 100, 1, &handle), ERROR_INVALID_PARAMETER);
    CHECK(handle == &config);
    CHECK_ERROR(MgmRegisterMProtocol(&config, 100, 1, NULL), ERROR_INVALID_PARAMETER);
    CHECK_EQ(counters().dwClients, 0);
    CHECK_OK(client_register(&c[0], 100, 1, CB_ALL));
}

TEST(one_client_per_protocol_and_component) {
    HANDLE handle;
    ROUTING_PROTOCOL_CONFIG config = client_callbacks(&c[0], CB_ALL);
    host_start_memory();
    CHECK_OK(client_register(&c[0], 100, 1, CB_ALL));
    CHECK_ERROR(MgmRegisterMProtocol(&config, 100, 1, &handle), ERROR_ALREADY_EXISTS);
    CHECK_OK(client_register(&c[1], 100, 2, CB_ALL));
    CHECK_OK(client_register(&c[2], 101, 1, CB_ALL));
    CHECK_EQ(counters().dwClients, 3);
    CHECK_OK(client_deregister(&c[0]));
    CHECK_OK(client_register(&c[0], 100, 1, CB_ALL));
}

TEST(every_callback_may_be_null) {
    host_start_memory();
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, 0));
    REQUIRE_OK(client_register(&c[1], PROTO_IP_IGMP, 1, 0));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(if_take(&c[0], 1));
    CHECK_OK(if_take(&c[0], 2));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    packet(2, "10.0.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_OK(member_delete(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(if_release(&c[0], 1));
    CHECK_OK(if_release(&c[0], 2));
    expect_nothing_at_all();
}

TEST(bad_handles_are_refused) {
    int local;
    HANDLE old, enumeration;
    host_start_memory();
    CHECK_ERROR(MgmDeRegisterMProtocol(NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmDeRegisterMProtocol((HANDLE)-1), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmDeRegisterMProtocol(&local), ERROR_INVALID_PARAMETER);
    for (unsigned bit = 0; bit < 8 * sizeof(HANDLE); bit++)
        CHECK_ERROR(MgmDeRegisterMProtocol((HANDLE)((uintptr_t)1 << bit)),
                    ERROR_INVALID_PARAMETER);

    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(MgmGroupEnumerationStart(c[0].handle, ALL_SOURCES, &enumeration));
    CHECK_ERROR(MgmDeRegisterMProtocol(enumeration), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmGroupEnumerationEnd(c[0].handle), ERROR_INVALID_PARAMETER);
    CHECK_OK(MgmGroupEnumerationEnd(enumeration));

    /* A released handle stays dead when others take its place. */
    old = c[0].handle;
    CHECK_OK(client_deregister(&c[0]));
    CHECK_ERROR(MgmDeRegisterMProtocol(old), ERROR_INVALID_PARAMETER);
    for (int i = 0; i < 100; i++) {
        REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
        CHECK(c[0].handle != old);
        CHECK_ERROR(MgmTakeInterfaceOwnership(old, 1, 0), ERROR_INVALID_PARAMETER);
        REQUIRE_OK(client_deregister(&c[0]));
    }
}

TEST(deregistering_with_an_interface_is_refused) {
    host_start_memory();
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], MS_IP_IGMP, 1, CB_ALL));
    CHECK_OK(if_take(&c[0], 1));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_ERROR(client_deregister(&c[0]), ERROR_CAN_NOT_COMPLETE);
    CHECK_ERROR(client_deregister(&c[1]), ERROR_CAN_NOT_COMPLETE);
    /* Nothing changed: both still work. */
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 1, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    CHECK_OK(if_release(&c[0], 1));
    CHECK_OK(if_release(&c[1], 2));
    CHECK_OK(client_deregister(&c[0]));
    CHECK_OK(client_deregister(&c[1]));
}

TEST(deregistering_ends_the_enumerations) {
    HANDLE enumeration;
    SOURCE_GROUP_ENTRY entries[4];
    DWORD size = sizeof entries, count = 0;
    host_start_memory();
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(MgmGroupEnumerationStart(c[0].handle, ALL_SOURCES, &enumeration));
    CHECK_OK(client_deregister(&c[0]));
    CHECK_ERROR(MgmGroupEnumerationGetNext(enumeration, &size, (PBYTE)entries, &count),
                ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmGroupEnumerationEnd(enumeration), ERROR_INVALID_PARAMETER);
}

TEST(registering_replays_nothing) {
    host_start_memory();
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(member_add(&c[0], "0", "239.1.1.1", 1, JOIN));
    REQUIRE_OK(client_register(&c[1], 101, 1, CB_ALL));
    expect_nothing(&c[1]);
    CHECK_TEXT(groups(&c[1], ALL_SOURCES), "0/0 239.1.1.1/32");
}

static void deregister_inside(struct client *client, const struct event *event) {
    (void)event;
    CHECK_OK(client_deregister(client));
}

TEST(deregistering_inside_a_callback_does_not_wait) {
    host_start_memory();
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], 101, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    c[1].hook = deregister_inside;
    c[1].hook_kinds = CB_JOIN;
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 1, JOIN));
    expect(&c[1], "JOIN 0/0 239.1.1.1/32 member");
    CHECK_OK(member_add(&c[0], "0", "239.1.1.2", 1, JOIN));
    expect_nothing(&c[1]);
    CHECK_EQ(counters().dwClients, 1);
}
