/* What happens while an MFE is made, and clients that block meanwhile: rules.md section 6. */
#include "callbacks.h"

TEST(a_slow_direct_callback_is_named_after_a_second) {
    MGM_HOST_OPTIONS options = host_options();
    struct worker a;
    options.dwClock = MGM_HOST_CLOCK_SYSTEM;
    host_start(&options);
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 47119, 8151, CB_ALL));
    REQUIRE_OK(client_register(&c[1], 101, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[1], 3));
    client_block(&c[0], CB_RPF);
    start(&a, first_packet, NULL);
    client_wait_blocked(&c[0], 1);
    /* While it still blocks, and calls go on. */
    REQUIRE_SOON((other_member(), prune(NULL), counters().ullSlowCallbacks == 1));
    CHECK(!done(&a));
    EVENTUALLY((log_has("47119") || log_has("0xB80F") || log_has("0xb80f") ||
                log_has("0x0000b80f")) &&
               log_has("8151"));
    client_unblock(&c[0]);
    finish(&a);
    /* One callback is counted once. */
    CHECK_EQ(counters().ullSlowCallbacks, 1);
    log_clear();
    packet(1, "10.0.0.2", "239.1.1.1", 100);
    CHECK_EQ(counters().ullSlowCallbacks, 1);
}

TEST(a_quick_callback_is_not_called_slow) {
    world();
    own_member();
    for (int i = 1; i < 100; i++) {
        char source[24];
        snprintf(source, sizeof source, "10.0.0.%d", i);
        packet(1, source, "239.1.1.1", 100);
    }
    CHECK_EQ(counters().ullSlowCallbacks, 0);
}

/* ------------------------------------------------------------ what changes meanwhile */

static void joins_while_made(struct client *client, const struct event *event) {
    (void)client;
    (void)event;
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 3, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "none"); /* not installed yet */
}

/* Made during RPF it is there when the list is made: with a creation alert as usual. */
TEST(a_membership_added_inside_rpf_counts) {
    world();
    own_member();
    hook_once(&c[0], CB_RPF, joins_while_made);
    first_packet(NULL);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0 3,0]");
}

TEST(a_membership_added_inside_creation_counts_without_a_further_alert) {
    world();
    own_member();
    clear_all();
    hook_once(&c[0], CB_CREATE, joins_while_made);
    first_packet(NULL);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0 3,0]");
    CHECK_EQ(event_total(&c[0], CB_CREATE), 1);
    CHECK_EQ(event_total(&c[1], CB_CREATE), 0);
}

static void during(unsigned kind, void (*meanwhile)(void)) {
    struct worker a;
    client_block(&c[0], kind);
    start(&a, first_packet, NULL);
    client_wait_blocked(&c[0], 1);
    meanwhile();
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "none");
    CHECK_EQ(counters().ullPacketsForwarded, 0); /* nothing is forwarded earlier */
    client_unblock(&c[0]);
    finish(&a);
}

static void join_3_meanwhile(void) { CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 3, JOIN)); }

TEST(a_membership_added_during_rpf_by_another_thread_counts) {
    world();
    own_member();
    during(CB_RPF, join_3_meanwhile);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0 3,0]");
}

TEST(a_membership_added_during_creation_by_another_thread_counts) {
    world();
    own_member();
    during(CB_CREATE, join_3_meanwhile);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0 3,0]");
    CHECK_EQ(event_total(&c[1], CB_CREATE), 0);
}

static void leave_2_meanwhile(void) { CHECK_OK(member_delete(&c[0], "0", "239.1.1.1", 2, JOIN)); }

TEST(a_membership_deleted_during_creation_counts) {
    world();
    own_member();
    other_member();
    during(CB_CREATE, leave_2_meanwhile);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[3,0]");
}

TEST(a_membership_deleted_during_rpf_counts) {
    world();
    own_member();
    during(CB_RPF, leave_2_meanwhile);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
    CHECK_EQ(event_total(&c[0], CB_CREATE), 0);
}

static void forward_out_2(void) {
    CHECK_OK(member_delete(&c[0], "10.0.0.1", "239.1.1.1", 2, FORWARD));
}

/* The membership of (*,G) keeps the interface wanted, FORWARD takes it out regardless. */
static void forward_out_world(unsigned kind) {
    world();
    own_member();
    other_member();
    during(kind, forward_out_2);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[3,0]");
}
TEST(forward_deleted_during_rpf_counts) { forward_out_world(CB_RPF); }
TEST(forward_deleted_during_creation_counts) { forward_out_world(CB_CREATE); }

static void forward_in_3(void) {
    CHECK_OK(member_add(&c[1], "10.0.0.1", "239.1.1.1", 3, FORWARD));
}
TEST(forward_added_during_rpf_counts) {
    world();
    own_member();
    during(CB_RPF, forward_in_3);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0 3,0]");
}
TEST(forward_added_during_creation_counts) {
    world();
    own_member();
    during(CB_CREATE, forward_in_3);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0 3,0]");
    CHECK_EQ(event_total(&c[1], CB_CREATE), 0);
}

/* What is done meanwhile comes after the vetoes of that callback. */
static void rejoin_2_meanwhile(void) {
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN | FORWARD));
}
TEST(an_add_during_creation_undoes_the_veto) {
    world();
    own_member();
    client_veto(&c[0], 2, NULL);
    during(CB_CREATE, rejoin_2_meanwhile);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
}

static void rejoin_and_prune_2_meanwhile(void) {
    rejoin_2_meanwhile();
    CHECK_OK(member_delete(&c[0], "0", "239.1.1.1", 2, FORWARD));
}
TEST(a_veto_undone_during_creation_stays_undone_after_a_prune) {
    world();
    own_member();
    client_veto(&c[0], 2, NULL);
    during(CB_CREATE, rejoin_and_prune_2_meanwhile);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
    /* A route change makes the list of the memberships, less the vetoed. */
    route("10.0.0.0/24", 3, NULL, 3);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=3 out=[2,0]");
}

static void add_exact_2_meanwhile(void) {
    CHECK_OK(member_add(&c[0], "10.0.0.1", "239.1.1.1", 2, JOIN));
}
TEST(a_new_membership_during_creation_undoes_the_veto) {
    world();
    own_member();
    client_veto(&c[0], 2, NULL);
    during(CB_CREATE, add_exact_2_meanwhile);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
}

static void rejoin_2_in_hook(struct client *client, const struct event *event) {
    (void)client;
    (void)event;
    rejoin_2_meanwhile();
}
TEST(an_add_inside_creation_undoes_the_veto_of_that_callback) {
    world();
    own_member();
    client_veto(&c[0], 2, NULL);
    hook_once(&c[0], CB_CREATE, rejoin_2_in_hook);
    first_packet(NULL);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
}

/* All that is made during the construction is, also before the creation alert. */
TEST(an_add_during_rpf_undoes_the_veto) {
    world();
    own_member();
    client_veto(&c[0], 2, NULL);
    during(CB_RPF, rejoin_2_meanwhile);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
}

static void release_3_meanwhile(void) { CHECK_OK(if_release(&c[1], 3)); }
TEST(an_outgoing_interface_released_during_creation_is_left_out) {
    world();
    own_member();
    other_member();
    during(CB_CREATE, release_3_meanwhile);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
}

/* The route moves to c1's interface 3: RPF again, to c1. */
static void route_to_3(void) { route("10.0.0.0/24", 3, "10.3.0.9", 8); }

TEST(a_route_change_during_rpf_restarts) {
    world();
    own_member();
    clear_all();
    during(CB_RPF, route_to_3);
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    expect(&c[1], "RPF 10.0.0.1 239.1.1.1 if=3,0 up=10.3.0.9 hdr=20 route=yes");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=3 out=[2,0]");
}

TEST(a_route_change_during_creation_restarts) {
    world();
    own_member();
    clear_all();
    during(CB_CREATE, route_to_3);
    CHECK_EQ(event_total(&c[1], CB_RPF), 1);
    CHECK_EQ(event_total(&c[0], CB_CREATE), 2);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=3 out=[2,0]");
}

static void owner_changes(void) {
    CHECK_OK(if_release(&c[0], 1));
    CHECK_OK(if_take(&c[1], 1));
}

TEST(a_new_owner_of_the_iif_during_rpf_restarts) {
    world();
    own_member();
    clear_all();
    during(CB_RPF, owner_changes);
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    expect(&c[1], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=20 route=yes");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
}

TEST(a_new_owner_of_the_iif_during_creation_restarts) {
    world();
    own_member();
    clear_all();
    during(CB_CREATE, owner_changes);
    CHECK_EQ(event_total(&c[1], CB_RPF), 1);
    CHECK_EQ(event_total(&c[0], CB_CREATE), 2);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
}

static unsigned changes_left;
static void change_route(struct client *client, const struct event *event) {
    (void)client;
    (void)event;
    if (changes_left > 0) {
        changes_left--;
        route("10.0.0.0/24", changes_left % 2 == 0 ? 1 : 2, NULL, 3);
    }
}

/* Three restarts are four runs: three changes end well, the fourth one does not. */
TEST(three_restarts_still_make_the_entry) {
    world();
    other_member();
    changes_left = 3;
    route("10.0.0.0/24", 2, NULL, 3);
    c[0].hook = change_route;
    c[0].hook_kinds = CB_RPF;
    first_packet(NULL);
    CHECK_EQ(event_total(&c[0], CB_RPF), 4);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[3,0]");
}

TEST(after_three_restarts_the_entry_is_negative) {
    world();
    other_member();
    changes_left = 100;
    c[0].hook = change_route;
    c[0].hook_kinds = CB_RPF;
    first_packet(NULL);
    CHECK_EQ(event_total(&c[0], CB_RPF), 4);
    CHECK_EQ(changes_left, 96);
    CHECK(strstr(mfe_path("10.0.0.1", "239.1.1.1"), "out=[]") != NULL);
    CHECK_EQ(counters().dwEntries, 1);
}

static void wrong_packet(void *unused) {
    (void)unused;
    packet(3, "10.0.0.1", "239.1.1.1", 100);
}

/* Packets of the same source and group from several threads: one RPF, one creation. */
TEST(one_construction_per_source_and_group) {
    struct worker a, b, d;
    world();
    own_member();
    client_block(&c[0], CB_RPF);
    start(&a, first_packet, NULL);
    client_wait_blocked(&c[0], 1);
    start(&b, first_packet, NULL);
    start(&d, wrong_packet, NULL);
    /* Another source is made meanwhile. */
    route("10.3.0.0/24", 3, NULL, 3);
    packet(3, "10.3.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.3.0.1", "239.1.1.1"), "in=3 out=[2,0]");
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    client_unblock(&c[0]);
    finish(&a);
    finish(&b);
    finish(&d);
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    CHECK_EQ(event_total(&c[0], CB_CREATE), 2); /* one each */
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    /* Those that waited were sent. */
    EVENTUALLY(counters().ullPacketsForwarded == 3);
    CHECK_EQ(counters().ullPacketsDropped, 0);
}

static void same_packet_in_hook(struct client *client, const struct event *event) {
    (void)client;
    (void)event;
    first_packet(NULL);
}

TEST(a_packet_of_the_same_source_and_group_inside_rpf) {
    struct worker a;
    world();
    own_member();
    hook_once(&c[0], CB_RPF, same_packet_in_hook);
    start(&a, first_packet, NULL);
    finish(&a);
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
}

static void half_a_second(struct client *client, const struct event *event) {
    double end = check_seconds() + 0.5;
    (void)client;
    (void)event;
    while (check_seconds() < end)
        check_pause();
}

TEST(a_direct_callback_of_half_a_second_is_not_called_slow) {
    double start;
    world();
    own_member();
    c[0].hook = half_a_second;
    c[0].hook_kinds = CB_RPF;
    /* Again where the machine was so busy that it took longer. */
    for (int i = 1; i < 40; i++) {
        char source[24];
        unsigned long long before = counters().ullSlowCallbacks;
        snprintf(source, sizeof source, "10.0.0.%d", i);
        start = check_seconds();
        packet(1, source, "239.1.1.1", 100);
        if (check_seconds() - start < 0.9) {
            CHECK_EQ(counters().ullSlowCallbacks, before);
            return;
        }
    }
    CHECK(!"a callback of half a second ended within 0.9 s");
}
