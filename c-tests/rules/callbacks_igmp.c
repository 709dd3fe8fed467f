/* DISABLE and ENABLE, and what goes on an interface between them: rules.md section 2. */
#include "callbacks.h"

/* On interface 4 nothing goes for anybody, elsewhere everything. */
static void refused_on_4(void) {
    DWORD group = ip("239.4.4.4");
    HANDLE igmp = c[2].handle, taker = c[0].handle, third = c[1].handle;
    HANDLE handles[] = {igmp, taker, third};
    for (int i = 0; i < 3; i++) {
        HANDLE h = handles[i];
        CHECK_ERROR(MgmAddGroupMembershipEntry(h, 0, 0, group, 0xFFFFFFFF, 4, 0, JOIN),
                    ERROR_CAN_NOT_COMPLETE);
        CHECK_ERROR(MgmAddGroupMembershipEntry(h, 0, 0, group, 0xFFFFFFFF, 4, 0, FORWARD),
                    ERROR_CAN_NOT_COMPLETE);
        CHECK_ERROR(MgmDeleteGroupMembershipEntry(h, 0, 0, group, 0xFFFFFFFF, 4, 0, JOIN),
                    ERROR_CAN_NOT_COMPLETE);
        CHECK_ERROR(MgmTakeInterfaceOwnership(h, 4, 0), ERROR_CAN_NOT_COMPLETE);
        CHECK_ERROR(MgmReleaseInterfaceOwnership(h, 4, 0), ERROR_CAN_NOT_COMPLETE);
        /* Handle and parameters are checked before the interface. */
        CHECK_ERROR(MgmAddGroupMembershipEntry(h, 0, 0, group, 0xFFFFFFFF, 4, 0, 0),
                    ERROR_INVALID_PARAMETER);
        CHECK_ERROR(MgmDeleteGroupMembershipEntry(h, 0, 0, ip("10.0.0.1"), 0xFFFFFFFF, 4, 0,
                                                  JOIN),
                    ERROR_INVALID_PARAMETER);
    }
    CHECK_ERROR(MgmTakeInterfaceOwnership(NULL, 4, 0), ERROR_INVALID_PARAMETER);
    /* The next hop makes another interface. */
    CHECK_OK(MgmTakeInterfaceOwnership(third, 4, ip("10.4.0.1")));
    CHECK_OK(MgmAddGroupMembershipEntry(third, 0, 0, group, 0xFFFFFFFF, 4, ip("10.4.0.1"), JOIN));
    CHECK_OK(MgmReleaseInterfaceOwnership(third, 4, ip("10.4.0.1")));
    CHECK_OK(MgmAddGroupMembershipEntry(igmp, 0, 0, group, 0xFFFFFFFF, 2, 0, JOIN));
    CHECK_OK(MgmDeleteGroupMembershipEntry(igmp, 0, 0, group, 0xFFFFFFFF, 2, 0, JOIN));
}

static void refused_in_hook(struct client *client, const struct event *event) {
    (void)client;
    CHECK_EQ(event->if_index, 4);
    refused_on_4();
}

TEST(inside_disable_of_a_take_the_interface_is_closed) {
    world();
    hook_once(&c[2], CB_DISABLE, refused_in_hook);
    take_4(NULL);
    CHECK_EQ(atomic_load(&hook_runs), 1);
    CHECK_EQ(event_total(&c[2], CB_ENABLE), 1);
}

TEST(inside_disable_of_a_release_the_interface_is_closed) {
    world();
    take_4(NULL);
    hook_once(&c[2], CB_DISABLE, refused_in_hook);
    CHECK_OK(if_release(&c[0], 4));
    CHECK_EQ(atomic_load(&hook_runs), 1);
    CHECK_EQ(event_total(&c[2], CB_ENABLE), 2);
}

TEST(during_disable_the_interface_is_closed_for_other_threads) {
    struct worker a;
    world();
    client_block(&c[2], CB_DISABLE);
    start(&a, take_4, NULL);
    client_wait_blocked(&c[2], 1);
    refused_on_4();
    client_unblock(&c[2]);
    finish(&a);
    /* And it is open again. */
    CHECK_OK(member_add(&c[0], "0", "239.4.4.4", 4, JOIN));
    CHECK_OK(member_add(&c[2], "0", "239.4.4.4", 4, JOIN));
}

static void release_4(void *unused) {
    (void)unused;
    CHECK_OK(if_release(&c[0], 4));
}
TEST(during_disable_of_a_release_the_interface_is_closed_for_other_threads) {
    struct worker a;
    world();
    take_4(NULL);
    client_block(&c[2], CB_DISABLE);
    start(&a, release_4, NULL);
    client_wait_blocked(&c[2], 1);
    refused_on_4();
    client_unblock(&c[2]);
    finish(&a);
    CHECK_ERROR(member_add(&c[0], "0", "239.4.4.4", 4, JOIN), ERROR_INVALID_PARAMETER);
    CHECK_OK(member_add(&c[2], "0", "239.4.4.4", 4, JOIN));
}

/* Removed in between, added again inside ENABLE: the new owner hears of it once. */
static void add_again(struct client *client, const struct event *event) {
    DWORD id = 0, component = 0;
    CHECK_EQ(event->if_index, 4);
    CHECK_EQ(counters().dwMemberships, 0);
    CHECK_OK(MgmGetProtocolOnInterface(4, 0, &id, &component));
    CHECK_EQ(id, *(DWORD *)client->hook_context);
    CHECK_OK(member_add(client, "0", "239.4.4.4", 4, JOIN));
    CHECK_OK(member_delete(client, "0", "239.4.4.4", 4, JOIN));
    CHECK_OK(member_add(client, "0", "239.4.4.4", 4, JOIN));
}

TEST(igmp_adds_again_inside_enable_of_a_take) {
    DWORD owner = 100;
    world();
    REQUIRE_OK(member_add(&c[2], "0", "239.4.4.4", 4, JOIN));
    clear_all();
    c[2].hook_context = &owner;
    hook_once(&c[2], CB_ENABLE, add_again);
    take_4(NULL);
    CHECK_EQ(atomic_load(&hook_runs), 1);
    CHECK_EQ(event_total(&c[2], CB_ENABLE), owner == 100 ? 1 : 2);
    CHECK_EQ(event_total(&c[0], CB_LOCAL_JOIN), 2);
    CHECK_EQ(event_total(&c[0], CB_LOCAL_LEAVE), 1);
    CHECK_EQ(counters().dwMemberships, 1);
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.4.4.4/32");
}

TEST(igmp_adds_again_inside_enable_of_a_release) {
    DWORD owner = MS_IP_IGMP;
    world();
    take_4(NULL);
    REQUIRE_OK(member_add(&c[2], "0", "239.4.4.4", 4, JOIN));
    clear_all();
    c[2].hook_context = &owner;
    hook_once(&c[2], CB_ENABLE, add_again);
    release_4(NULL);
    CHECK_EQ(atomic_load(&hook_runs), 1);
    CHECK_EQ(event_total(&c[2], CB_ENABLE), owner == 100 ? 1 : 2);
    /* Not to the protocol that left. */
    CHECK_EQ(event_total(&c[0], CB_LOCAL_JOIN), 1);
    CHECK_EQ(event_total(&c[0], CB_LOCAL_LEAVE), 0);
    CHECK_EQ(counters().dwMemberships, 1);
}

/* Others too may use the interface once ENABLE has begun, also on other threads. */
TEST(during_enable_the_interface_is_open_for_other_threads) {
    struct worker a;
    world();
    client_block(&c[2], CB_ENABLE);
    start(&a, take_4, NULL);
    client_wait_blocked(&c[2], 1);
    CHECK_OK(member_add(&c[2], "0", "239.4.4.4", 4, JOIN));
    CHECK_OK(MgmAddGroupMembershipEntry(c[0].handle, 0, 0, ip("239.4.4.5"), 0xFFFFFFFF, 4, 0,
                                        JOIN));
    CHECK_ERROR(if_take(&c[1], 4), ERROR_ALREADY_EXISTS);
    CHECK(!done(&a));
    client_unblock(&c[2]);
    finish(&a);
    CHECK_EQ(counters().dwMemberships, 2);
}

static void release_inside_enable(struct client *client, const struct event *event) {
    (void)client;
    CHECK_EQ(event->if_index, 4);
    CHECK_OK(MgmReleaseInterfaceOwnership(c[0].handle, 4, 0));
    CHECK_OK(MgmTakeInterfaceOwnership(c[1].handle, 4, 0));
    CHECK_OK(MgmReleaseInterfaceOwnership(c[1].handle, 4, 0));
    CHECK_OK(MgmTakeInterfaceOwnership(c[0].handle, 4, 0));
}

/* Take and release work inside ENABLE, with DISABLE and ENABLE of their own. */
TEST(take_and_release_inside_enable) {
    world();
    hook_once(&c[2], CB_ENABLE, release_inside_enable);
    take_4(NULL);
    expect(&c[2], "DISABLE 4,0", "ENABLE 4,0", "DISABLE 4,0", "ENABLE 4,0", "DISABLE 4,0",
           "ENABLE 4,0", "DISABLE 4,0", "ENABLE 4,0", "DISABLE 4,0", "ENABLE 4,0");
}

/* All changes lie between the two: seen from inside them. */
static void seen_in_disable(struct client *client, const struct event *event) {
    (void)event;
    CHECK_EQ(counters().dwMemberships, 1);
    CHECK_EQ(event_total(client, CB_ENABLE), 0);
}
TEST(the_memberships_are_there_in_disable_and_gone_in_enable) {
    world();
    REQUIRE_OK(member_add(&c[2], "0", "239.4.4.4", 4, JOIN));
    clear_all();
    hook_once(&c[2], CB_DISABLE, seen_in_disable);
    take_4(NULL);
    CHECK_EQ(atomic_load(&hook_runs), 1);
    CHECK_EQ(event_total(&c[2], CB_ENABLE), 1);
    CHECK_EQ(counters().dwMemberships, 0);
    CHECK_EQ(event_total(&c[0], CB_LOCAL_LEAVE), 0); /* not the owner when they went */
}

/* A failed take does nothing to IGMP. */
TEST(no_disable_where_the_take_is_refused) {
    world();
    CHECK_ERROR(if_take(&c[1], 2), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(if_take(&c[0], 2), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(if_release(&c[1], 2), ERROR_INVALID_PARAMETER);
    expect_nothing_at_all();
}

TEST(igmp_without_enable_keeps_its_memberships) {
    host_start_memory();
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], 101, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[2], PROTO_IP_IGMP, 1, CB_ALL & ~CB_ENABLE));
    REQUIRE_OK(if_take(&c[2], 4));
    REQUIRE_OK(member_add(&c[2], "0", "239.4.4.4", 4, JOIN));
    clear_all();
    CHECK_OK(if_take(&c[0], 4));
    expect(&c[0], "LOCALJOIN 0/0 239.4.4.4/32 if=4,0");
    expect(&c[2], "DISABLE 4,0");
    expect_nothing(&c[1]);
    CHECK_EQ(counters().dwMemberships, 1);
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.4.4.4/32");
}

TEST(igmp_coming_and_leaving_causes_no_disable) {
    world();
    REQUIRE_OK(if_take(&c[0], 6));
    CHECK_OK(if_take(&c[2], 6));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 6, JOIN));
    CHECK_OK(if_release(&c[2], 6));
    CHECK_EQ(event_total(&c[2], CB_DISABLE), 0);
    CHECK_EQ(event_total(&c[2], CB_ENABLE), 0);
    expect(&c[0], "LOCALJOIN 0/0 239.1.1.1/32 if=6,0", "LOCALLEAVE 0/0 239.1.1.1/32 if=6,0");
}
