/* Interface ownership: rules.md section 2. */
#include "host.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* c0 and c2 are routing protocols, c1 is IGMP; a route to 10.0.0.0/24 on interface 1. */
static void world(void) {
    host_start_memory();
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], PROTO_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[2], 102, 7, CB_ALL));
}

/* "protocol/component" of the owner, "none" where there is none. */
static const char *owner_hop(DWORD if_index, const char *hop) {
    static char text[4][32];
    static unsigned next;
    char *t = text[next++ % 4];
    DWORD protocol = 4711, component = 4712;
    DWORD error = MgmGetProtocolOnInterface(if_index, ip(hop), &protocol, &component);
    if (error == ERROR_NOT_FOUND)
        return "none";
    if (error != NO_ERROR)
        return error_name(error);
    snprintf(t, 32, "%lu/%lu", (unsigned long)protocol, (unsigned long)component);
    return t;
}

static const char *owner(DWORD if_index) { return owner_hop(if_index, NULL); }

/* Whether this event is among those recorded. */
static bool saw(struct client *client, const char *text) {
    struct event event;
    char found[EVENT_TEXT];
    for (size_t i = 0; event_get(client, i, &event); i++)
        if (strcmp(event_text(&event, found), text) == 0)
            return true;
    return false;
}

/* The DISABLE and ENABLE callbacks IGMP got since the last clear, in order. When its alerts
   come beside them is left open. */
static const char *direct(struct client *client) {
    static char text[256];
    struct event event;
    char one[EVENT_TEXT];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; event_get(client, i, &event); i++)
        if (event.kind & (CB_DISABLE | CB_ENABLE))
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%.60s",
                                     used != 0 ? "; " : "", event_text(&event, one));
    return text;
}

/* One protocol, and IGMP */

TEST(one_routing_protocol_at_most_has_an_interface) {
    world();
    CHECK_OK(if_take(&c[0], 2));
    CHECK_ERROR(if_take(&c[2], 2), ERROR_ALREADY_EXISTS);
    CHECK_TEXT(owner(2), "100/1");
    CHECK_EQ(counters().dwInterfaces, 1);
    CHECK_OK(if_release(&c[0], 2));
    CHECK_OK(if_take(&c[2], 2));
    CHECK_TEXT(owner(2), "102/7");
    CHECK_ERROR(if_take(&c[0], 2), ERROR_ALREADY_EXISTS);
    expect_nothing_at_all();
}

TEST(instances_of_one_protocol_are_rivals_too) {
    world();
    REQUIRE_OK(client_register(&c[3], 100, 2, CB_ALL));
    CHECK_OK(if_take(&c[0], 2));
    CHECK_ERROR(if_take(&c[3], 2), ERROR_ALREADY_EXISTS);
    CHECK_TEXT(owner(2), "100/1");
}

TEST(igmp_may_come_to_a_protocols_interface) {
    world();
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_ERROR(if_take(&c[2], 2), ERROR_ALREADY_EXISTS);
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
}

TEST(a_protocol_may_come_to_igmps_interface) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(if_take(&c[0], 2));
    CHECK_ERROR(if_take(&c[2], 2), ERROR_ALREADY_EXISTS);
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
}

TEST(igmp_is_refused_where_another_igmp_instance_is) {
    world();
    REQUIRE_OK(client_register(&c[3], MS_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[4], PROTO_IP_IGMP, 2, CB_ALL));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_ERROR(if_take(&c[3], 2), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(if_take(&c[4], 2), ERROR_ALREADY_EXISTS);
    CHECK_TEXT(owner(2), "10/1");
    /* The same beside a routing protocol. */
    CHECK_OK(if_take(&c[0], 3));
    CHECK_OK(if_take(&c[3], 3));
    CHECK_ERROR(if_take(&c[1], 3), ERROR_ALREADY_EXISTS);
    CHECK_OK(if_release(&c[3], 3));
    CHECK_OK(if_take(&c[1], 3));
}

TEST(taking_what_the_caller_has_already_exists) {
    world();
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(if_take(&c[1], 3));
    CHECK_ERROR(if_take(&c[0], 2), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(if_take(&c[1], 2), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(if_take(&c[1], 3), ERROR_ALREADY_EXISTS);
    expect_nothing_at_all();
    /* It was held once: one release ends it. */
    CHECK_OK(if_release(&c[0], 2));
    CHECK_ERROR(if_release(&c[0], 2), ERROR_INVALID_PARAMETER);
}

TEST(interface_index_0_cannot_be_taken) {
    world();
    CHECK_ERROR(if_take(&c[0], 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(if_take(&c[1], 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(if_take_hop(&c[0], 0, "10.0.0.9"), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(if_release(&c[0], 0), ERROR_INVALID_PARAMETER);
    CHECK_EQ(counters().dwInterfaces, 0);
    CHECK_TEXT(owner(0), "none");
}

TEST(the_memory_forwarder_takes_any_other_index) {
    static const DWORD indices[] = {1, 2, 31, 32, 33, 65535, 65536, 0x7FFFFFFF, 0x80000000,
                                    0xFFFFFFFF};
    world();
    for (unsigned i = 0; i < sizeof indices / sizeof indices[0]; i++) {
        CHECK_OK(if_take(&c[0], indices[i]));
        CHECK_OK(if_take(&c[1], indices[i]));
        CHECK_TEXT(owner(indices[i]), "100/1");
    }
    /* More than the 32 interfaces a kernel has room for. */
    for (DWORD i = 1000; i < 1050; i++)
        CHECK_OK(MgmTakeInterfaceOwnership(c[2].handle, i, 0));
    for (DWORD i = 1000; i < 1050; i++)
        CHECK_OK(MgmReleaseInterfaceOwnership(c[2].handle, i, 0));
}

TEST(the_next_hop_is_part_of_the_interface) {
    world();
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(if_take_hop(&c[2], 2, "10.2.0.1"));
    CHECK_OK(if_take_hop(&c[0], 2, "10.2.0.2"));
    CHECK_ERROR(if_take_hop(&c[0], 2, "10.2.0.1"), ERROR_ALREADY_EXISTS);
    CHECK_TEXT(owner(2), "100/1");
    CHECK_TEXT(owner_hop(2, "10.2.0.1"), "102/7");
    CHECK_TEXT(owner_hop(2, "10.2.0.2"), "100/1");
    CHECK_TEXT(owner_hop(2, "10.2.0.3"), "none");
    CHECK_EQ(counters().dwInterfaces, 3);
    CHECK_ERROR(if_release_hop(&c[0], 2, "10.2.0.1"), ERROR_INVALID_PARAMETER);
    CHECK_OK(if_release(&c[0], 2));
    CHECK_TEXT(owner(2), "none");
    CHECK_TEXT(owner_hop(2, "10.2.0.1"), "102/7");
    CHECK_TEXT(owner_hop(2, "10.2.0.2"), "100/1");
}

TEST(disable_and_enable_name_the_next_hop) {
    world();
    CHECK_OK(if_take_hop(&c[1], 2, "10.2.0.1"));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(if_take_hop(&c[0], 2, "10.2.0.1"));
    expect_all("c1 DISABLE 2,10.2.0.1", "c1 ENABLE 2,10.2.0.1");
    CHECK_OK(if_release_hop(&c[0], 2, "10.2.0.1"));
    expect_all("c1 DISABLE 2,10.2.0.1", "c1 ENABLE 2,10.2.0.1");
}

/* A routing protocol comes to, or leaves, an interface that IGMP is on */

/* What DISABLE and ENABLE find: the owner, and the groups. */
static char seen[2][256];

static void look(struct client *client, const struct event *event) {
    snprintf(seen[event->kind == CB_ENABLE], sizeof seen[0], "%s %s", owner(2),
             groups(client, ALL_SOURCES));
}

TEST(a_take_is_disable_then_all_changes_then_enable) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    clear_all();
    c[1].hook = look;
    c[1].hook_kinds = CB_DISABLE | CB_ENABLE;
    CHECK_OK(if_take(&c[0], 2));
    CHECK_TEXT(direct(&c[1]), "DISABLE 2,0; ENABLE 2,0");
    CHECK_TEXT(seen[0], "10/1 0/0 239.1.1.1/32");
    CHECK_TEXT(seen[1], "100/1 ");
    /* Only IGMP's memberships went: no alert to the one who took it. */
    expect_nothing(&c[0]);
}

TEST(a_release_is_disable_then_all_changes_then_enable) {
    world();
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    clear_all();
    c[1].hook = look;
    c[1].hook_kinds = CB_DISABLE | CB_ENABLE;
    CHECK_OK(if_release(&c[0], 2));
    CHECK_TEXT(direct(&c[1]), "DISABLE 2,0; ENABLE 2,0");
    CHECK_TEXT(seen[0], "100/1 0/0 239.1.1.1/32; 0/0 239.1.1.2/32");
    CHECK_TEXT(seen[1], "10/1 ");
    expect_nothing(&c[0]);
}

TEST(both_callbacks_come_before_take_returns_and_on_its_thread) {
    struct event disable, enable;
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(if_take(&c[0], 2));
    REQUIRE(event_get(&c[1], 0, &disable) && event_get(&c[1], 1, &enable));
    CHECK_EQ(disable.kind, CB_DISABLE);
    CHECK_EQ(enable.kind, CB_ENABLE);
    CHECK_EQ(disable.thread, enable.thread);
    /* This thread's number: that of an alert which only this thread can deliver. */
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    REQUIRE(event_get(&c[0], 0, &enable));
    CHECK_EQ(disable.thread, enable.thread);
}

TEST(memberships_igmp_has_elsewhere_stay) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(if_take(&c[1], 3));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 3, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.1", "239.1.1.3", 3, JOIN));
    CHECK_OK(if_take(&c[0], 2));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.2/32; 10.0.0.1/32 239.1.1.3/32");
    CHECK_EQ(counters().dwMemberships, 2);
    /* IGMP keeps the interface itself. */
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
}

TEST(memberships_removed_by_a_take_raise_the_prune_alerts_of_others) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    clear_all();
    CHECK_OK(if_take(&c[0], 2));
    expect(&c[2], "PRUNE 0/0 239.1.1.1/32 if=2,0 member");
    expect_nothing(&c[0]);
}

TEST(memberships_removed_by_a_take_leave_the_mfes) {
    world();
    CHECK_OK(if_take(&c[2], 1));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(if_take(&c[1], 3));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 3, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0 3,0]");
    CHECK_OK(if_take(&c[0], 2));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[3,0]");
}

static DWORD in_enable;

static void add_again(struct client *client, const struct event *event) {
    (void)event;
    in_enable = member_add(client, "0", "239.1.1.1", 2, JOIN);
}

TEST(igmp_adds_its_memberships_again_inside_enable) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    clear_all();
    c[1].hook = add_again;
    c[1].hook_kinds = CB_ENABLE;
    in_enable = 4711;
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(in_enable);
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
    /* The owner hears of it; the other protocol of the leave and the join. */
    expect(&c[0], "LOCALJOIN 0/0 239.1.1.1/32 if=2,0");
    expect(&c[2], "PRUNE 0/0 239.1.1.1/32 if=2,0 member", "JOIN 0/0 239.1.1.1/32 member");
    clear(&c[1]);
    /* The same when the owner goes: then nobody gets a LOCAL_JOIN. */
    in_enable = 4711;
    CHECK_OK(if_release(&c[0], 2));
    CHECK_OK(in_enable);
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
    CHECK(!saw(&c[0], "LOCALJOIN 0/0 239.1.1.1/32 if=2,0"));
    CHECK(!saw(&c[0], "LOCALLEAVE 0/0 239.1.1.1/32 if=2,0"));
}

TEST(igmp_adds_its_memberships_again_after_enable) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(if_take(&c[0], 2));
    clear_all();
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    expect(&c[0], "LOCALJOIN 0/0 239.1.1.1/32 if=2,0");
}

/* Everybody's add, delete, take and release on interface 2 are refused, elsewhere not. */
static void check_frozen(void) {
    for (int i = 0; i < 4; i++) {
        CHECK_ERROR(member_add(&c[i], "0", "239.1.1.9", 2, JOIN), ERROR_CAN_NOT_COMPLETE);
        CHECK_ERROR(member_add(&c[i], "0", "239.1.1.9", 2, FORWARD), ERROR_CAN_NOT_COMPLETE);
        CHECK_ERROR(member_delete(&c[i], "0", "239.1.1.1", 2, JOIN), ERROR_CAN_NOT_COMPLETE);
        CHECK_ERROR(member_delete(&c[i], "0", "239.1.1.1", 2, FORWARD), ERROR_CAN_NOT_COMPLETE);
        CHECK_ERROR(MgmTakeInterfaceOwnership(c[i].handle, 2, 0), ERROR_CAN_NOT_COMPLETE);
        CHECK_ERROR(MgmReleaseInterfaceOwnership(c[i].handle, 2, 0), ERROR_CAN_NOT_COMPLETE);
    }
    CHECK_OK(MgmTakeInterfaceOwnership(c[2].handle, 2, ip("10.2.0.1")));
    CHECK_OK(MgmReleaseInterfaceOwnership(c[2].handle, 2, ip("10.2.0.1")));
    CHECK_OK(MgmTakeInterfaceOwnership(c[2].handle, 9, 0));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.9", 9, JOIN));
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.9", 9, JOIN));
    CHECK_OK(MgmReleaseInterfaceOwnership(c[2].handle, 9, 0));
}

static unsigned frozen_times;

static void frozen_hook(struct client *client, const struct event *event) {
    (void)client;
    (void)event;
    frozen_times++;
    check_frozen();
}

TEST(from_disable_on_everybody_is_refused_on_that_interface) {
    world();
    REQUIRE_OK(client_register(&c[3], MS_IP_IGMP, 1, CB_ALL));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    c[1].hook = frozen_hook;
    c[1].hook_kinds = CB_DISABLE;
    CHECK_OK(if_take(&c[0], 2));
    CHECK_EQ(frozen_times, 1);
    CHECK_TEXT(owner(2), "100/1");
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(if_release(&c[0], 2));
    CHECK_EQ(frozen_times, 2);
    CHECK_TEXT(owner(2), "10/1");
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "");
}

static void *take_2(void *result) {
    *(DWORD *)result = if_take(&c[0], 2);
    return NULL;
}

static void *release_2(void *result) {
    *(DWORD *)result = if_release(&c[0], 2);
    return NULL;
}

TEST(other_threads_are_refused_meanwhile_not_held_up) {
    pthread_t thread;
    DWORD result = 4711;
    world();
    REQUIRE_OK(client_register(&c[3], MS_IP_IGMP, 1, CB_ALL));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    client_block(&c[1], CB_DISABLE);
    REQUIRE(pthread_create(&thread, NULL, take_2, &result) == 0);
    client_wait_blocked(&c[1], 1);
    check_frozen();
    client_unblock(&c[1]);
    REQUIRE(pthread_join(thread, NULL) == 0);
    CHECK_OK(result);
    client_block(&c[1], CB_DISABLE);
    REQUIRE(pthread_create(&thread, NULL, release_2, &result) == 0);
    client_wait_blocked(&c[1], 1);
    check_frozen();
    client_unblock(&c[1]);
    REQUIRE(pthread_join(thread, NULL) == 0);
    CHECK_OK(result);
    CHECK_TEXT(owner(2), "10/1");
}

static unsigned enable_times;

static void thaw_hook(struct client *client, const struct event *event) {
    (void)event;
    enable_times++;
    CHECK_OK(member_add(client, "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_delete(client, "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_delete(&c[0], "0", "239.1.1.2", 2, JOIN));
    CHECK_ERROR(if_take(&c[2], 2), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(if_release(&c[2], 2), ERROR_INVALID_PARAMETER);
}

TEST(inside_enable_the_interface_is_open_again) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    c[1].hook = thaw_hook;
    c[1].hook_kinds = CB_ENABLE;
    CHECK_OK(if_take(&c[0], 2));
    CHECK_EQ(enable_times, 1);
    c[1].hook = NULL;
}

static void leave_inside(struct client *client, const struct event *event) {
    (void)event;
    CHECK_OK(if_release(client, 2));
}

TEST(igmp_may_leave_inside_enable) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    c[1].hook = leave_inside;
    c[1].hook_kinds = CB_ENABLE;
    CHECK_OK(if_take(&c[0], 2));
    CHECK_TEXT(owner(2), "100/1");
    CHECK_ERROR(member_add(&c[1], "0", "239.1.1.1", 2, JOIN), ERROR_INVALID_PARAMETER);
}

TEST(a_refused_take_disables_nothing) {
    world();
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    clear_all();
    CHECK_ERROR(if_take(&c[2], 2), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(if_take(&c[0], 2), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(if_release(&c[2], 2), ERROR_INVALID_PARAMETER);
    expect_nothing_at_all();
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
}

TEST(igmp_without_disable_still_gets_enable) {
    host_start_memory();
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], PROTO_IP_IGMP, 1, CB_ALL & ~CB_DISABLE));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    clear_all();
    CHECK_OK(if_take(&c[0], 2));
    expect_all("c1 ENABLE 2,0");
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "");
}

TEST(igmp_without_enable_keeps_its_memberships) {
    host_start_memory();
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], PROTO_IP_IGMP, 1, CB_ALL & ~CB_ENABLE));
    REQUIRE_OK(client_register(&c[2], 102, 7, CB_ALL));
    CHECK_OK(if_take(&c[2], 1));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.1", "239.1.1.2", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    clear_all();
    CHECK_OK(if_take(&c[0], 2));
    /* The new owner learns of each; nobody gets an alert of a membership change. */
    expect_any_order(&c[0], "LOCALJOIN 0/0 239.1.1.1/32 if=2,0",
                     "LOCALJOIN 10.0.0.1/32 239.1.1.2/32 if=2,0");
    expect(&c[1], "DISABLE 2,0");
    expect_nothing(&c[2]);
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32; 10.0.0.1/32 239.1.1.2/32");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    /* They are credited to the new owner now: another's join is the second. */
    CHECK_OK(if_take(&c[2], 3));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 3, JOIN));
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member");
    expect_nothing(&c[1]);
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 3, JOIN));
    expect(&c[0], "PRUNE 0/0 239.1.1.1/32 if=3,0 member");
    clear_all();
    CHECK_OK(if_release(&c[0], 2));
    CHECK_TEXT(direct(&c[1]), "DISABLE 2,0");
    expect_nothing(&c[0]);
    CHECK(!saw(&c[2], "PRUNE 0/0 239.1.1.1/32 if=2,0 member"));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32; 10.0.0.1/32 239.1.1.2/32");
}

/* IGMP comes to, or leaves, a protocol's interface */

TEST(igmp_coming_or_leaving_triggers_no_disable) {
    world();
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(if_take(&c[1], 2));
    expect_nothing_at_all();
    CHECK_OK(if_release(&c[1], 2));
    expect_nothing_at_all();
    CHECK_TEXT(owner(2), "100/1");
}

TEST(when_igmp_leaves_its_memberships_go_with_local_leaves) {
    world();
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.1", "239.1.1.3", 2, JOIN));
    clear_all();
    CHECK_OK(if_release(&c[1], 2));
    expect_any_order(&c[0], "LOCALLEAVE 0/0 239.1.1.1/32 if=2,0",
                     "LOCALLEAVE 0/0 239.1.1.2/32 if=2,0",
                     "LOCALLEAVE 10.0.0.1/32 239.1.1.3/32 if=2,0");
    expect_nothing(&c[1]);
    /* The owner still has its own of 239.1.1.1. */
    CHECK(saw(&c[2], "PRUNE 0/0 239.1.1.2/32 if=2,0 member"));
    CHECK(!saw(&c[2], "PRUNE 0/0 239.1.1.1/32 if=2,0 member"));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
    CHECK_EQ(counters().dwMemberships, 1);
}

TEST(when_igmp_leaves_the_interface_leaves_the_mfes_only_its_members_kept) {
    world();
    CHECK_OK(if_take(&c[2], 1));
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    packet(1, "10.0.0.1", "239.1.1.2", 100);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.2"), "in=1 out=[2,0]");
    CHECK_OK(if_release(&c[1], 2));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.2"), "in=1 out=[]");
}

/* Both MFEs go out of 2 by the owner's FORWARD, the first by IGMP's membership too. */
static void forwarded_and_joined(void) {
    world();
    CHECK_OK(if_take(&c[2], 1));
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(if_take(&c[1], 2));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    packet(1, "10.0.0.1", "239.1.1.2", 100);
    CHECK_OK(member_add(&c[0], "0", "0", 2, FORWARD));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.2"), "in=1 out=[2,0]");
}

TEST(when_igmp_leaves_forward_goes_from_the_mfes_its_members_covered) {
    forwarded_and_joined();
    CHECK_OK(if_release(&c[1], 2));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
}

TEST(when_igmp_leaves_forward_stays_in_the_mfes_its_members_did_not_cover) {
    forwarded_and_joined();
    CHECK_OK(if_release(&c[1], 2));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.2"), "in=1 out=[2,0]");
    CHECK_OK(member_delete(&c[0], "0", "0", 2, FORWARD));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.2"), "in=1 out=[]");
}

TEST(when_igmp_leaves_an_interface_of_its_own_its_memberships_go) {
    world();
    CHECK_OK(if_take(&c[2], 1));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    clear_all();
    CHECK_OK(if_release(&c[1], 2));
    expect(&c[0], "PRUNE 0/0 239.1.1.1/32 if=2,0 member");
    expect(&c[2], "PRUNE 0/0 239.1.1.1/32 if=2,0 member",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward");
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
    CHECK_TEXT(owner(2), "none");
}

/* A routing protocol leaves */

TEST(a_release_takes_the_protocols_memberships_with_prune_alerts) {
    world();
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(if_take(&c[0], 3));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.2", 3, JOIN));
    clear_all();
    CHECK_OK(if_release(&c[0], 2));
    expect(&c[1], "PRUNE 0/0 239.1.1.1/32 if=2,0 member");
    expect(&c[2], "PRUNE 0/0 239.1.1.1/32 if=2,0 member");
    expect_nothing(&c[0]);
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.2/32");
    CHECK_EQ(counters().dwMemberships, 1);
    CHECK_EQ(counters().dwInterfaces, 1);
}

TEST(a_release_sends_the_protocol_no_local_leave) {
    world();
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    clear_all();
    CHECK_OK(if_release(&c[0], 2));
    expect_nothing(&c[0]);
    expect(&c[2], "PRUNE 0/0 239.1.1.1/32 if=2,0 member");
    CHECK_EQ(counters().dwMemberships, 0);
}

TEST(a_release_deletes_the_mfes_that_come_in_there) {
    world();
    route("10.3.0.0/24", 3, NULL, 3);
    CHECK_OK(if_take(&c[0], 1));
    CHECK_OK(if_take(&c[0], 3));
    CHECK_OK(if_take(&c[2], 2));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    packet(1, "10.0.0.2", "239.1.1.9", 100); /* a negative one */
    packet(3, "10.3.0.1", "239.1.1.1", 100);
    CHECK_EQ(mfe_count(), 3);
    clear_all();
    CHECK_OK(if_release(&c[0], 1));
    expect_nothing_at_all();
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "none");
    CHECK_TEXT(mfe_path("10.0.0.2", "239.1.1.9"), "none");
    CHECK_TEXT(mfe_path("10.3.0.1", "239.1.1.1"), "in=3 out=[2,0]");
    CHECK_EQ(counters().dwEntries, 1);
}

TEST(a_release_deletes_the_mfes_that_come_in_there_also_where_igmp_stays) {
    world();
    CHECK_OK(if_take(&c[0], 1));
    CHECK_OK(if_take(&c[1], 1));
    CHECK_OK(if_take(&c[2], 2));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_OK(if_release(&c[0], 1));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "none");
}

TEST(a_release_trims_every_other_mfe) {
    world();
    REQUIRE_OK(client_register(&c[3], 103, 1, CB_ALL));
    CHECK_OK(if_take(&c[0], 1));
    CHECK_OK(if_take(&c[2], 2));
    CHECK_OK(if_take(&c[3], 3));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[3], "0", "239.1.1.1", 3, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    advance(5);
    clear_all();
    CHECK_OK(if_release(&c[2], 2));
    /* The same entry, with its age and its statistics; the other receiver lost nothing. */
    CHECK_TEXT(mfe("10.0.0.1", "239.1.1.1"),
               "10.0.0.1 239.1.1.1 in=1 out=[3,0] up=0 timeout=900 expiry=895 age=5 proto=100 "
               "route=3 10.0.0.0/24");
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_stats("10.0.0.1", "239.1.1.1"),
               "in=1 out=[3,0:2] packets=2 octets=200 wrong=0 queue=0");
    expect(&c[3], "PRUNE 0/0 239.1.1.1/32 if=2,0 member");
    expect_nothing_at_all();
}

TEST(a_release_that_empties_an_mfe_prunes_the_owner_of_its_iif) {
    world();
    CHECK_OK(if_take(&c[0], 1));
    CHECK_OK(if_take(&c[2], 2));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    clear_all();
    CHECK_OK(if_release(&c[2], 2));
    expect(&c[0], "PRUNE 0/0 239.1.1.1/32 if=2,0 member",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward");
    expect_nothing(&c[2]);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
}

TEST(a_release_trims_what_only_forward_state_put_there) {
    world();
    CHECK_OK(if_take(&c[0], 1));
    CHECK_OK(if_take(&c[2], 2));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_OK(member_add(&c[2], "10.0.0.1", "239.1.1.1", 2, FORWARD));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_OK(if_release(&c[2], 2));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
}

TEST(a_release_of_one_next_hop_keeps_the_others) {
    world();
    CHECK_OK(if_take(&c[0], 1));
    CHECK_OK(if_take_hop(&c[2], 2, "10.2.0.1"));
    CHECK_OK(if_take_hop(&c[2], 2, "10.2.0.2"));
    CHECK_OK(member_add_hop(&c[2], "0", "239.1.1.1", 2, "10.2.0.1", JOIN));
    CHECK_OK(member_add_hop(&c[2], "0", "239.1.1.1", 2, "10.2.0.2", JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,10.2.0.1 2,10.2.0.2]");
    CHECK_OK(if_release_hop(&c[2], 2, "10.2.0.1"));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,10.2.0.2]");
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
}

/* Inside RPF: the iif goes, and with it the MFE; more packets come than wait for an entry. */
static void release_and_flood(struct client *client, const struct event *event) {
    (void)event;
    client->hook = NULL;
    CHECK_OK(if_release(client, 1));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "none");
    packets(1, "10.0.0.1", "239.1.1.1", 100, 10);
}

/* The flow is forwarded again when somebody holds its iif. */
static void check_starts_again(void) {
    CHECK(c[0].hook == NULL);
    CHECK_OK(if_take(&c[0], 1));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
}

static void flow(void) {
    world();
    CHECK_OK(if_take(&c[0], 1));
    CHECK_OK(if_take(&c[2], 2));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    c[0].hook = release_and_flood;
    c[0].hook_kinds = CB_RPF;
}

TEST(a_flow_starts_again_after_a_release_during_its_renewal) {
    flow();
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    advance(900);
    check_starts_again();
}

TEST(a_flow_starts_again_after_a_release_during_its_move) {
    flow();
    /* Another gateway: a change of the route that c0 is asked about. */
    route("10.0.0.0/24", 1, "10.0.0.254", 3);
    check_starts_again();
}

TEST(a_flow_starts_again_after_a_release_during_its_creation) {
    flow();
    CHECK_OK(if_release(&c[0], 1));
    CHECK_OK(if_take(&c[0], 1));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    check_starts_again();
}

/* A take moves MFEs */

TEST(a_take_moves_the_mfes_that_come_in_there) {
    world();
    CHECK_OK(if_take(&c[2], 2));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100); /* nobody holds the iif: negative */
    clear_all();
    CHECK_OK(if_take(&c[0], 1));
    CHECK(saw(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=0 route=yes"));
    CHECK_TEXT(mfe("10.0.0.1", "239.1.1.1"),
               "10.0.0.1 239.1.1.1 in=1 out=[2,0] up=0 timeout=900 expiry=900 age=0 proto=100 "
               "route=3 10.0.0.0/24");
    expect_nothing(&c[2]);
}

TEST(a_take_asks_the_new_owner_with_the_gateway) {
    world();
    route("10.7.0.0/16", 1, "10.0.0.254", 8);
    CHECK_OK(if_take(&c[2], 2));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.7.0.1", "239.1.1.1", 100);
    clear_all();
    c[0].rpf_sets_upstream = true;
    c[0].rpf_upstream = ip("10.0.0.253");
    CHECK_OK(if_take(&c[0], 1));
    CHECK(saw(&c[0], "RPF 10.7.0.1 239.1.1.1 if=1,0 up=10.0.0.254 hdr=0 route=yes"));
    CHECK_TEXT(mfe("10.7.0.1", "239.1.1.1"),
               "10.7.0.1 239.1.1.1 in=1 out=[2,0] up=10.0.0.253 timeout=900 expiry=900 age=0 "
               "proto=100 route=8 10.7.0.0/16");
}

TEST(a_take_from_igmp_moves_the_mfes_to_the_protocol) {
    world();
    CHECK_OK(if_take(&c[1], 1));
    CHECK_OK(if_take(&c[2], 2));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe("10.0.0.1", "239.1.1.1"),
               "10.0.0.1 239.1.1.1 in=1 out=[2,0] up=0 timeout=900 expiry=900 age=0 proto=10 "
               "route=3 10.0.0.0/24");
    clear_all();
    CHECK_OK(if_take(&c[0], 1));
    CHECK(saw(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=0 route=yes"));
    CHECK(saw(&c[1], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward"));
    CHECK_TEXT(mfe("10.0.0.1", "239.1.1.1"),
               "10.0.0.1 239.1.1.1 in=1 out=[2,0] up=0 timeout=900 expiry=900 age=0 proto=100 "
               "route=3 10.0.0.0/24");
}

/* An MFE without a route, on the interface that IGMP named. */
static void no_route_but_igmps_1(void) {
    world();
    CHECK_OK(if_take(&c[1], 1));
    CHECK_OK(if_take(&c[2], 2));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    client_answer_rpf(&c[1], 1, NULL, NULL);
    packet(1, "10.9.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.9.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    clear_all();
}

TEST(a_take_of_the_iif_without_a_route_asks_the_new_owner) {
    no_route_but_igmps_1();
    client_answer_rpf(&c[0], 1, NULL, "10.1.0.1");
    CHECK_OK(if_take(&c[0], 1));
    CHECK(saw(&c[0], "RPF 10.9.0.1 239.1.1.1 if=0,0 up=0 hdr=0 route=no"));
    CHECK(saw(&c[0], "JOIN 10.9.0.1/32 239.1.1.1/32 forward"));
    CHECK(saw(&c[1], "PRUNE 10.9.0.1/32 239.1.1.1/32 if=0,0 forward"));
    CHECK_TEXT(mfe("10.9.0.1", "239.1.1.1"),
               "10.9.0.1 239.1.1.1 in=1 out=[2,0] up=10.1.0.1 timeout=900 expiry=900 age=0 "
               "proto=100 route=0 0/0");
}

TEST(a_taker_that_names_no_iif_without_a_route_makes_it_negative) {
    no_route_but_igmps_1();
    CHECK_OK(if_take(&c[0], 1));
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    CHECK(saw(&c[1], "PRUNE 10.9.0.1/32 239.1.1.1/32 if=0,0 forward"));
    CHECK_TEXT(mfe_path("10.9.0.1", "239.1.1.1"), "in=0 out=[]");
}

/* In the first RPF of the take the route gets a gateway, which moves the other MFE. */
static void gateway_and_upstream(struct client *client, const struct event *event) {
    (void)event;
    client->hook = NULL;
    route("10.0.0.0/24", 1, "10.0.0.254", 3);
    MIB_IPMCAST_MFE key = {.dwSource = ip("10.0.0.1"), .dwGroup = ip("239.1.1.2")};
    key.dwUpStrmNgbr = ip("10.0.0.99");
    CHECK_OK(MgmSetMfe(client->handle, &key));
}

TEST(a_take_asks_no_more_about_what_was_evaluated_meanwhile) {
    struct mfe_room room;
    world();
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    packet(1, "10.0.0.1", "239.1.1.2", 100);
    c[0].hook = gateway_and_upstream;
    c[0].hook_kinds = CB_RPF;
    CHECK_OK(if_take(&c[0], 1));
    /* The first restarts; the second is asked about for the route alone. */
    CHECK_EQ(event_total(&c[0], CB_RPF), 3);
    REQUIRE(mfe_get("10.0.0.1", "239.1.1.2", &room));
    CHECK_EQ(room.mfe.dwUpStrmNgbr, ip("10.0.0.99"));
    REQUIRE(mfe_get("10.0.0.1", "239.1.1.1", &room));
    CHECK_EQ(room.mfe.dwUpStrmNgbr, ip("10.0.0.254"));
}

TEST(a_take_asks_in_ascending_order_of_group_and_source) {
    world();
    packet(1, "10.0.0.2", "239.1.1.1", 100);
    packet(1, "10.0.0.1", "239.1.1.2", 100);
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_OK(if_take(&c[0], 1));
    expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=0 route=yes",
           "RPF 10.0.0.2 239.1.1.1 if=1,0 up=0 hdr=0 route=yes",
           "RPF 10.0.0.1 239.1.1.2 if=1,0 up=0 hdr=0 route=yes");
}

TEST(a_take_by_igmp_moves_the_mfes_that_nobody_had) {
    world();
    CHECK_OK(if_take(&c[2], 2));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    clear_all();
    CHECK_OK(if_take(&c[1], 1));
    CHECK(saw(&c[1], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=0 route=yes"));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
}

TEST(igmp_coming_to_a_protocols_interface_moves_nothing) {
    world();
    CHECK_OK(if_take(&c[0], 1));
    CHECK_OK(if_take(&c[2], 2));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    clear_all();
    CHECK_OK(if_take(&c[1], 1));
    expect_nothing_at_all();
    CHECK_TEXT(mfe("10.0.0.1", "239.1.1.1"),
               "10.0.0.1 239.1.1.1 in=1 out=[2,0] up=0 timeout=900 expiry=900 age=0 proto=100 "
               "route=3 10.0.0.0/24");
}

TEST(a_take_leaves_mfes_of_other_interfaces_alone) {
    world();
    CHECK_OK(if_take(&c[0], 1));
    CHECK_OK(if_take(&c[2], 2));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    clear_all();
    CHECK_OK(if_take(&c[0], 3));
    CHECK_OK(if_take(&c[2], 4));
    expect_nothing_at_all();
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
}

/* Releases that are refused, and the owner */

TEST(releasing_what_the_caller_does_not_hold_is_refused) {
    world();
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(if_take(&c[1], 3));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN));
    clear_all();
    CHECK_ERROR(if_release(&c[0], 4), ERROR_INVALID_PARAMETER); /* nobody's */
    CHECK_ERROR(if_release(&c[2], 2), ERROR_INVALID_PARAMETER); /* another protocol's */
    CHECK_ERROR(if_release(&c[1], 2), ERROR_INVALID_PARAMETER); /* IGMP is not there */
    CHECK_ERROR(if_release(&c[0], 3), ERROR_INVALID_PARAMETER); /* IGMP's */
    CHECK_ERROR(if_release_hop(&c[0], 2, "10.2.0.1"), ERROR_INVALID_PARAMETER);
    expect_nothing_at_all();
    CHECK_TEXT(owner(2), "100/1");
    CHECK_TEXT(owner(3), "10/1");
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
}

TEST(the_owner_is_the_routing_protocol_else_igmp) {
    world();
    CHECK_TEXT(owner(2), "none");
    CHECK_OK(if_take(&c[1], 2));
    CHECK_TEXT(owner(2), "10/1");
    CHECK_OK(if_take(&c[2], 2));
    CHECK_TEXT(owner(2), "102/7");
    CHECK_OK(if_release(&c[2], 2));
    CHECK_TEXT(owner(2), "10/1");
    CHECK_OK(if_release(&c[1], 2));
    CHECK_TEXT(owner(2), "none");
}

TEST(an_owner_that_registered_as_ms_ip_igmp_has_that_id) {
    DWORD protocol = 0, component = 0;
    host_start_memory();
    REQUIRE_OK(client_register(&c[0], MS_IP_IGMP, 3, CB_ALL));
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(MgmGetProtocolOnInterface(2, 0, &protocol, &component));
    CHECK_EQ(protocol, 0x4137000A);
    CHECK_EQ(component, 3);
}

TEST(where_there_is_no_owner_nothing_is_written) {
    DWORD protocol = 4711, component = 4712;
    host_start_memory();
    CHECK_ERROR(MgmGetProtocolOnInterface(2, 0, &protocol, &component), ERROR_NOT_FOUND);
    CHECK_EQ(protocol, 4711);
    CHECK_EQ(component, 4712);
}

static void go_inside_disable(struct client *client, const struct event *event) {
    (void)event;
    client->hook_kinds = 0;
    CHECK_OK(client_deregister(&c[0]));
}

TEST(a_client_that_goes_inside_the_disable_of_its_take_gets_nothing) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    clear_all();
    c[1].hook = go_inside_disable;
    c[1].hook_kinds = CB_DISABLE;
    /* By hand: the recorder's list of what c0 holds would remember a success. */
    CHECK_ERROR(MgmTakeInterfaceOwnership(c[0].handle, 2, 0), ERROR_INVALID_PARAMETER);
    CHECK_TEXT(direct(&c[1]), "DISABLE 2,0; ENABLE 2,0");
    CHECK_TEXT(owner(2), "10/1");
    CHECK_TEXT(groups(&c[1], ALL_SOURCES), "0/0 239.1.1.1/32");
    CHECK_OK(if_take(&c[2], 2));
    CHECK_TEXT(owner(2), "102/7");
}

TEST(memberships_igmp_keeps_are_credited_to_each_owner_of_their_interface) {
    host_start_memory();
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], PROTO_IP_IGMP, 1, CB_ALL & ~CB_ENABLE));
    REQUIRE_OK(client_register(&c[2], 102, 7, CB_ALL));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(if_take(&c[1], 3));
    CHECK_OK(if_take(&c[2], 4));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 3, JOIN));
    /* With c0's take the members are two clients, c0 and IGMP: another is the third. */
    CHECK_OK(if_take(&c[0], 2));
    clear_all();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 4, JOIN));
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 4, JOIN));
    expect_nothing_at_all();
    /* With its release IGMP is the only one again: another is the second. */
    CHECK_OK(if_release(&c[0], 2));
    clear_all();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 4, JOIN));
    expect_all("c1 JOIN 0/0 239.1.1.1/32 member");
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 4, JOIN));
    expect_all("c1 PRUNE 0/0 239.1.1.1/32 if=4,0 member");
}

/* MFEs from three sources on interface 5, each behind a gateway of its own; c0 has the
   interface, and the pair with the third gateway. All forward to c2's 2. */
static void three_gateways(void) {
    world();
    route("10.1.0.0/16", 5, "10.5.0.1", 3);
    route("10.2.0.0/16", 5, "10.5.0.2", 3);
    route("10.3.0.0/16", 5, "10.5.0.3", 3);
    REQUIRE_OK(if_take(&c[0], 5));
    REQUIRE_OK(if_take_hop(&c[0], 5, "10.5.0.3"));
    REQUIRE_OK(if_take(&c[2], 2));
    REQUIRE_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(5, "10.1.0.1", "239.1.1.1", 100);
    packet(5, "10.2.0.1", "239.1.1.1", 100);
    packet_hop(5, "10.5.0.3", "10.3.0.1", "239.1.1.1", 100);
    clear_all();
}

/* The next hop of an MFE's incoming interface is not in the structure; RPF shows it. */
TEST(a_take_of_a_pair_moves_the_mfes_behind_that_gateway_only) {
    three_gateways();
    CHECK_OK(if_take_hop(&c[2], 5, "10.5.0.1"));
    /* The owners differ: PRUNE to the old one, JOIN to the new one. */
    expect(&c[0], "PRUNE 10.1.0.1/32 239.1.1.1/32 if=0,0 forward");
    expect(&c[2], "RPF 10.1.0.1 239.1.1.1 if=5,10.5.0.1 up=10.5.0.1 hdr=0 route=yes",
           "JOIN 10.1.0.1/32 239.1.1.1/32 forward");
    CHECK_EQ(mfe_count(), 3);
}

TEST(a_take_of_a_link_leaves_the_mfes_of_its_pairs_alone) {
    world();
    route("10.3.0.0/16", 5, "10.5.0.3", 3);
    CHECK_OK(if_take_hop(&c[0], 5, "10.5.0.3"));
    packet_hop(5, "10.5.0.3", "10.3.0.1", "239.1.1.1", 100);
    clear_all();
    CHECK_OK(if_take(&c[2], 5));
    CHECK_OK(if_take_hop(&c[2], 5, "10.5.0.4"));
    expect_nothing_at_all();
}

TEST(a_release_of_a_pair_deletes_the_mfes_of_that_pair_only) {
    three_gateways();
    CHECK_OK(if_release_hop(&c[0], 5, "10.5.0.3"));
    CHECK_TEXT(mfe_path("10.1.0.1", "239.1.1.1"), "in=5 out=[2,0]");
    CHECK_TEXT(mfe_path("10.2.0.1", "239.1.1.1"), "in=5 out=[2,0]");
    CHECK_TEXT(mfe_path("10.3.0.1", "239.1.1.1"), "none");
    /* Now the link itself is where that source comes in. */
    packet(5, "10.3.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.3.0.1", "239.1.1.1"), "in=5 out=[2,0]");
    expect(&c[0], "RPF 10.3.0.1 239.1.1.1 if=5,0 up=10.5.0.3 hdr=20 route=yes");
    CHECK_OK(if_release(&c[0], 5));
    CHECK_EQ(mfe_count(), 0);
}

/* c2, who owns the iif of both MFEs, is told by c0's release of two memberships and of two
   emptied lists: all of the former first. */
static void true_before_false(int line) {
    struct event event;
    static const bool member[] = {true, true, false, false};
    for (size_t i = 0; i < 4; i++) {
        if (!check_true(__FILE__, line, event_get(&c[2], i, &event), "four alerts"))
            return;
        check_eq(__FILE__, line, event.kind, CB_PRUNE, "PRUNE");
        check_eq(__FILE__, line, event.member, member[i], "bMemberDelete");
    }
    check_eq(__FILE__, line, (long long)event_count(&c[2]), 4, "no more");
}

TEST(all_true_alerts_of_a_release_come_before_the_false_ones) {
    world();
    CHECK_OK(if_take(&c[2], 1));
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.2", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    packet(1, "10.0.0.1", "239.1.1.2", 100);
    clear_all();
    CHECK_OK(if_release(&c[0], 2));
    true_before_false(__LINE__);
}

TEST(all_true_alerts_of_a_release_come_before_the_false_ones_with_igmp_too) {
    world();
    CHECK_OK(if_take(&c[2], 1));
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    packet(1, "10.0.0.1", "239.1.1.2", 100);
    clear_all();
    CHECK_OK(if_release(&c[0], 2));
    true_before_false(__LINE__);
}

TEST(a_release_takes_the_owners_memberships_also_where_igmp_keeps_its_own) {
    host_start_memory();
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], PROTO_IP_IGMP, 1, CB_ALL & ~CB_ENABLE));
    REQUIRE_OK(client_register(&c[2], 102, 7, CB_ALL));
    CHECK_OK(if_take(&c[2], 1));
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    packet(1, "10.0.0.1", "239.1.1.2", 100);
    clear_all();
    CHECK_OK(if_release(&c[0], 2));
    CHECK_TEXT(groups(&c[2], ALL_SOURCES), "0/0 239.1.1.2/32");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.2"), "in=1 out=[2,0]");
    expect(&c[2], "PRUNE 0/0 239.1.1.1/32 if=2,0 member",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward");
}
