/* rules.md section 7: the life of an MFE, on the memory forwarder with the manual clock. */
#include "host.h"

#include <stdio.h>
#include <string.h>

#define S "10.0.0.1"
#define G "239.1.1.1"

/* c0 owns 1 (towards 10.0.0.0/24) and 4; c1 owns 2 and 3. */
static void two_protocols_with(MGM_HOST_OPTIONS *options) {
    host_start(options);
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], 101, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[0], 4));
    REQUIRE_OK(if_take(&c[1], 2));
    REQUIRE_OK(if_take(&c[1], 3));
}

static void two_protocols(void) {
    MGM_HOST_OPTIONS options = host_options();
    two_protocols_with(&options);
}

/* ... with an MFE (S,G) to 2, by c1's (*,G); its packet has been forwarded. */
static void filled_entry(void) {
    two_protocols();
    REQUIRE_OK(member_add(&c[1], "0", G, 2, JOIN));
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
    clear_all();
}

/* The entry of (S,G) with this list, lifetime and age; the rest as c0 and the route give it. */
static const char *entry(const char *path, unsigned timeout, unsigned expiry, unsigned age) {
    static char text[300];
    snprintf(text, sizeof text,
             "10.0.0.1 239.1.1.1 %s up=0 timeout=%u expiry=%u age=%u proto=100 route=3 "
             "10.0.0.0/24",
             path, timeout, expiry, age);
    return text;
}

/* The time-out */

TEST(an_mfe_has_900_seconds) {
    filled_entry();
    CHECK_TEXT(mfe(S, G), entry("in=1 out=[2,0]", 900, 900, 0));
    advance(300);
    CHECK_TEXT(mfe(S, G), entry("in=1 out=[2,0]", 900, 600, 300));
}

TEST(an_mfe_without_packets_is_deleted_at_its_end) {
    filled_entry();
    packet(1, S, G, 100);
    advance(900);
    CHECK_EQ(counters().ullRenewed, 1);
    advance(899);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
    advance(1);
    CHECK_TEXT(mfe_path(S, G), "none");
    CHECK_EQ(mfe_count(), 0);
    CHECK_EQ(counters().dwEntries, 0);
    CHECK_EQ(counters().ullExpired, 1);
}

TEST(an_mfe_lives_to_the_last_millisecond) {
    two_protocols();
    packet(1, S, G, 100); /* empty: deleted at its end in any case */
    advance_ms(899999);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    advance_ms(1);
    CHECK_TEXT(mfe_path(S, G), "none");
}

TEST(the_next_packet_after_the_end_makes_a_new_mfe) {
    two_protocols();
    packet(1, S, G, 100);
    advance(900);
    clear_all();
    packet(1, S, G, 100);
    expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=20 route=yes",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward");
    CHECK_TEXT(mfe(S, G), entry("in=1 out=[]", 900, 900, 0));
}

TEST(an_empty_mfe_is_deleted_also_with_packets) {
    two_protocols();
    packet(1, S, G, 100);
    for (int i = 0; i < 9; i++) {
        advance(99);
        packet(1, S, G, 100);
    }
    advance(9);
    CHECK_TEXT(mfe_path(S, G), "none");
    CHECK_EQ(counters().ullRenewed, 0);
    CHECK_EQ(counters().ullExpired, 1);
}

TEST(deleting_at_the_end_alerts_nobody) {
    two_protocols();
    packet(1, S, G, 100);
    clear_all();
    advance(2000);
    CHECK_TEXT(mfe_path(S, G), "none");
    expect_nothing_at_all();
}

TEST(deleting_a_filled_mfe_at_its_end_alerts_nobody) {
    filled_entry();
    packet(1, S, G, 100);
    advance(900);
    clear_all();
    advance(900);
    CHECK_TEXT(mfe_path(S, G), "none");
    expect_nothing_at_all();
}

TEST(deleting_with_the_iif_alerts_nobody) {
    filled_entry();
    CHECK_OK(if_release(&c[0], 1));
    CHECK_TEXT(mfe_path(S, G), "none");
    expect_nothing_at_all();
}

/* Renewal */

TEST(an_mfe_with_packets_is_renewed_in_place) {
    struct event event;
    filled_entry();
    advance(899);
    packet(1, S, G, 100);
    CHECK_TEXT(mfe(S, G), entry("in=1 out=[2,0]", 900, 1, 899));
    advance(1);
    REQUIRE(event_get(&c[0], 0, &event));
    CHECK_EQ(event.header_size, 0);
    CHECK(event.header_null);
    expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=0 route=yes");
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0]");
    expect_nothing_at_all();
    CHECK_TEXT(mfe(S, G), entry("in=1 out=[2,0]", 900, 900, 0));
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[2,0:2] packets=2 octets=200 wrong=0 queue=0");
    CHECK_EQ(counters().ullRenewed, 1);
    CHECK_EQ(counters().ullExpired, 0);
}

TEST(an_mfe_is_renewed_as_long_as_packets_come) {
    filled_entry();
    for (unsigned i = 1; i <= 5; i++) {
        packet(1, S, G, 100);
        advance(900);
        CHECK_EQ(counters().ullRenewed, i);
    }
    CHECK_TEXT(mfe(S, G), entry("in=1 out=[2,0]", 900, 900, 0));
    CHECK_EQ(counters().ullPacketsWithoutEntry, 1);
}

TEST(packets_before_the_last_renewal_renew_no_more) {
    filled_entry();
    packets(1, S, G, 100, 50);
    advance(900);
    CHECK_EQ(counters().ullRenewed, 1);
    advance(900);
    CHECK_TEXT(mfe_path(S, G), "none");
    CHECK_EQ(counters().ullRenewed, 1);
    CHECK_EQ(counters().ullExpired, 1);
}

TEST(wrong_interface_packets_do_not_renew) {
    filled_entry();
    packet(1, S, G, 100);
    advance(900);
    CHECK_EQ(counters().ullRenewed, 1);
    packets(3, S, G, 100, 50);
    advance(900);
    CHECK_TEXT(mfe_path(S, G), "none");
    CHECK_EQ(counters().ullRenewed, 1);
}

TEST(wrong_interface_packets_do_not_hinder_the_renewal) {
    filled_entry();
    packet(1, S, G, 100);
    advance(900);
    packets(3, S, G, 100, 50);
    packet(1, S, G, 100);
    advance(900);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
    CHECK_EQ(counters().ullRenewed, 2);
}

static void forward_meanwhile(struct client *client, const struct event *event) {
    unsigned long long before = counters().ullPacketsForwarded;
    (void)client, (void)event;
    packet(1, S, G, 100);
    CHECK_EQ(counters().ullPacketsForwarded, before + 1);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(forwarding_has_no_gap_at_renewal) {
    filled_entry();
    packet(1, S, G, 100);
    c[0].hook = c[1].hook = forward_meanwhile;
    c[0].hook_kinds = CB_RPF;
    c[1].hook_kinds = CB_CREATE;
    advance(900);
    CHECK_EQ(event_total(&c[0], CB_RPF), 2);
    CHECK_EQ(event_total(&c[1], CB_CREATE), 2);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[2,0:4] packets=4 octets=400 wrong=0 queue=0");
    CHECK_EQ(counters().ullPacketsWithoutEntry, 1);
}

TEST(renewal_asks_the_route_and_rpf_again) {
    filled_entry();
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    packet(1, S, G, 100);
    client_answer_rpf(&c[0], 4, NULL, "10.4.4.4");
    advance(900);
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=4 out=[1,0 2,0] up=10.4.4.4 timeout=900 "
                          "expiry=900 age=0 proto=100 route=3 10.0.0.0/24");
}

TEST(renewal_makes_the_list_from_the_memberships_alone) {
    filled_entry();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    CHECK_OK(member_delete(&c[1], S, G, 3, FORWARD)); /* pruned, a member still */
    CHECK_OK(member_add(&c[0], S, G, 4, FORWARD));    /* grafted, no member */
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 4,0]");
    packet(1, S, G, 100);
    clear_all();
    advance(900);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0 3,0]");
    CHECK_EQ(event_total(&c[0], CB_CREATE), 0);
}

TEST(renewal_ends_a_veto) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    client_veto(&c[1], 2, NULL);
    packets(1, S, G, 100, 2);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
    c[1].veto_count = 0;
    clear_all();
    advance(900);
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0 3,0]");
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
}

TEST(renewal_takes_vetoes_anew) {
    filled_entry();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    packet(1, S, G, 100);
    client_veto(&c[1], 3, NULL);
    advance(900);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(vetoes_that_empty_an_mfe_at_renewal_are_pruned) {
    filled_entry();
    packet(1, S, G, 100);
    client_veto(&c[1], 2, NULL);
    advance(900);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    CHECK_EQ(event_total(&c[0], CB_PRUNE), 1);
    advance(900); /* empty: deleted, packets or not */
    CHECK_TEXT(mfe_path(S, G), "none");
}

TEST(renewal_without_a_route_asks_the_owner_of_the_iif) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    client_answer_rpf(&c[0], 4, NULL, NULL);
    packets(4, "10.9.0.1", G, 100, 2);
    clear_all();
    advance(900);
    expect(&c[0], "RPF 10.9.0.1 239.1.1.1 if=0,0 up=0 hdr=0 route=no");
    CHECK_TEXT(mfe_path("10.9.0.1", G), "in=4 out=[2,0]");
    CHECK_EQ(counters().ullRenewed, 1);
    packet(4, "10.9.0.1", G, 100);
    CHECK_EQ(counters().ullPacketsForwarded, 3);
}

TEST(an_mfe_whose_iif_nobody_holds_is_not_renewed) {
    two_protocols();
    route("10.5.0.0/16", 50, NULL, 3);
    packet(50, "10.5.0.1", G, 100);
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    packets(50, "10.5.0.1", G, 100, 5);
    advance(900);
    CHECK_TEXT(mfe_path("10.5.0.1", G), "none");
    CHECK_EQ(counters().ullRenewed, 0);
}

TEST(one_long_step_of_the_clock_is_as_good_as_many) {
    filled_entry();
    packet(1, S, G, 100);
    packet(1, "10.0.0.2", "239.1.1.2", 100); /* empty */
    advance(100000);
    CHECK_EQ(mfe_count(), 0);
    CHECK_EQ(counters().ullRenewed, 1);
    CHECK_EQ(counters().ullExpired, 2);
}

TEST(many_mfes_end_each_at_its_own_time) {
    char source[32];
    two_protocols();
    for (unsigned i = 0; i < 200; i++) {
        snprintf(source, sizeof source, "10.0.0.%u", i + 1);
        packet(1, source, G, 100);
        advance(1);
    }
    CHECK_EQ(mfe_count(), 200);
    advance(699);
    for (unsigned i = 0; i < 200; i++) {
        CHECK_EQ(mfe_count(), 200 - i);
        advance(1);
    }
    CHECK_EQ(mfe_count(), 0);
}

TEST(an_interface_that_renewal_changes_keeps_the_others_counts) {
    filled_entry();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    packets(1, S, G, 100, 4);
    client_veto(&c[1], 2, NULL);
    advance(900);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[3,0:4] packets=5 octets=500 wrong=0 queue=0");
}

static void join_3(struct client *client, const struct event *event) {
    (void)client, (void)event;
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
}

TEST(a_membership_added_during_the_renewal_applies) {
    filled_entry();
    packet(1, S, G, 100);
    c[1].hook = join_3;
    c[1].hook_kinds = CB_CREATE;
    advance(900);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
    CHECK_EQ(event_total(&c[1], CB_CREATE), 2);
}

static void leave_2(struct client *client, const struct event *event) {
    (void)client, (void)event;
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
}

TEST(a_membership_deleted_during_the_renewal_applies) {
    filled_entry();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    packet(1, S, G, 100);
    c[1].hook = leave_2;
    c[1].hook_kinds = CB_CREATE;
    advance(900);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
    packet(1, S, G, 100);
    CHECK_EQ(counters().ullPacketsForwarded, 3);
}

static void move_to_3(struct client *client, const struct event *event) {
    (void)client, (void)event;
    route("10.0.0.0/24", 3, NULL, 3);
}

TEST(a_route_that_moves_during_the_renewal_is_followed) {
    filled_entry();
    packet(1, S, G, 100);
    c[0].hook = move_to_3;
    c[0].hook_kinds = CB_RPF;
    advance(900);
    CHECK_TEXT(mfe_path(S, G), "in=3 out=[2,0]");
    packet(3, S, G, 100);
    CHECK_EQ(counters().ullPacketsForwarded, 3);
    CHECK_EQ(mfe_count(), 1);
}

static void lose_route(struct client *client, const struct event *event) {
    (void)client, (void)event;
    route_delete("10.0.0.0/24");
}

TEST(a_route_that_is_gone_during_the_renewal_makes_the_mfe_negative) {
    filled_entry();
    packet(1, S, G, 100);
    c[0].hook = lose_route;
    c[0].hook_kinds = CB_RPF;
    advance(900);
    expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=0 route=yes",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward");
    CHECK_TEXT(mfe_path(S, G), "in=0 out=[]");
}

static void lose_iif(struct client *client, const struct event *event) {
    (void)event;
    CHECK_OK(if_release(client, 1));
}

TEST(an_iif_released_during_the_renewal_deletes_the_mfe) {
    filled_entry();
    packet(1, S, G, 100);
    c[0].hook = lose_iif;
    c[0].hook_kinds = CB_RPF;
    advance(900);
    CHECK_TEXT(mfe_path(S, G), "none");
    CHECK_EQ(counters().dwEntries, 0);
}

/* Membership changes */

TEST(a_membership_change_updates_every_mfe_it_covers_and_no_other) {
    two_protocols();
    packet(1, "10.0.0.1", G, 100);
    packet(1, "10.0.0.2", G, 100);
    packet(1, "10.0.0.1", "239.1.1.2", 100);
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", G), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.0.2", G), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.2"), "in=1 out=[]");
    CHECK_OK(member_add(&c[1], "10.0.0.2", G, 3, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", G), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.0.2", G), "in=1 out=[2,0 3,0]");
    CHECK_OK(member_add(&c[0], "0", "0", 4, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", G), "in=1 out=[2,0 4,0]");
    CHECK_TEXT(mfe_path("10.0.0.2", G), "in=1 out=[2,0 3,0 4,0]");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.2"), "in=1 out=[4,0]");
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    CHECK_OK(member_delete(&c[0], "0", "0", 4, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", G), "in=1 out=[]");
    CHECK_TEXT(mfe_path("10.0.0.2", G), "in=1 out=[3,0]");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.2"), "in=1 out=[]");
}

TEST(a_range_updates_the_mfes_within_it) {
    two_protocols();
    packet(1, "10.0.0.1", G, 100);
    packet(1, "10.0.0.200", G, 100);
    packet(1, "10.0.0.200", "239.2.1.1", 100);
    CHECK_OK(member_add(&c[1], "10.0.0.128/25", "239.1.0.0/16", 2, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", G), "in=1 out=[]");
    CHECK_TEXT(mfe_path("10.0.0.200", G), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.0.200", "239.2.1.1"), "in=1 out=[]");
    CHECK_OK(member_delete(&c[1], "10.0.0.128/25", "239.1.0.0/16", 2, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.200", G), "in=1 out=[]");
}

TEST(a_new_oif_forwards_the_next_packet_without_a_new_mfe) {
    filled_entry();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_stats(S, G),
               "in=1 out=[2,0:2 3,0:1] packets=2 octets=200 wrong=0 queue=0");
    expect_nothing_at_all();
}

TEST(negative_mfes_without_a_usable_iif_follow_memberships_too) {
    struct mfe_room room;
    two_protocols();
    route("10.5.0.0/16", 50, NULL, 3); /* nobody holds 50 */
    packet(50, "10.5.0.1", G, 100);
    packet(1, "10.9.0.1", G, 100); /* no route */
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    REQUIRE(mfe_get("10.5.0.1", G, &room));
    CHECK_EQ(room.mfe.ulNumOutIf, 1);
    CHECK_TEXT(mfe_path("10.9.0.1", G), "in=0 out=[2,0]");
    packet(50, "10.5.0.1", G, 100);
    packet(1, "10.9.0.1", G, 100);
    CHECK_EQ(counters().ullPacketsForwarded, 0);
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    CHECK_TEXT(mfe_path("10.9.0.1", G), "in=0 out=[]");
}

TEST(an_interface_stays_while_any_membership_of_anybody_covers_there) {
    two_protocols();
    REQUIRE_OK(client_register(&c[2], PROTO_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[2], 2));
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.0/24", "239.0.0.0/8", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", G, 2, JOIN));
    packet(1, S, G, 100);
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
    CHECK_OK(member_delete(&c[2], "0", G, 2, JOIN));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
    CHECK_OK(member_delete(&c[1], "10.0.0.0/24", "239.0.0.0/8", 2, JOIN | FORWARD));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
}

TEST(a_membership_on_the_iif_is_no_oif) {
    filled_entry();
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    CHECK_OK(member_add(&c[0], S, G, 1, FORWARD));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(a_new_membership_brings_back_what_forward_pruned) {
    filled_entry();
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN)); /* there already */
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(a_membership_change_does_not_touch_the_lifetime_of_a_filled_mfe) {
    filled_entry();
    advance(100);
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    CHECK_TEXT(mfe(S, G), entry("in=1 out=[2,0 3,0]", 900, 800, 100));
}

/* Route changes */

TEST(a_route_change_re_evaluates_in_place) {
    struct event event;
    filled_entry();
    advance(100);
    packet(1, S, G, 100);
    route("10.0.0.0/24", 3, "10.3.3.3", 13);
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=3 out=[2,0] up=10.3.3.3 timeout=900 expiry=800 "
                          "age=100 proto=101 route=13 10.0.0.0/24");
    CHECK_TEXT(mfe_stats(S, G), "in=3 out=[2,0:2] packets=2 octets=200 wrong=0 queue=0");
    REQUIRE(event_get(&c[1], 0, &event));
    CHECK_EQ(event.header_size, 0);
    CHECK(event.header_null);
    expect(&c[1], "RPF 10.0.0.1 239.1.1.1 if=3,0 up=10.3.3.3 hdr=0 route=yes",
           "JOIN 10.0.0.1/32 239.1.1.1/32 forward");
    expect(&c[0], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward");
    expect_nothing_at_all();
    /* Packets come in there now. */
    packet(3, S, G, 100);
    CHECK_EQ(counters().ullPacketsForwarded, 3);
    packet(1, S, G, 100);
    expect_all("c0 WRONGIF 10.0.0.1 239.1.1.1 if=1,0 hdr=20");
}

TEST(the_list_leaves_the_new_iif_out_and_takes_the_old_one_in) {
    filled_entry();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
    route("10.0.0.0/24", 3, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=3 out=[1,0 2,0]");
    CHECK_EQ(event_total(&c[0], CB_CREATE), 0);
}

TEST(a_route_change_keeps_vetoes) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[0], "0", G, 4, JOIN));
    client_veto(&c[1], 2, NULL);
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[4,0]");
    c[1].veto_count = 0;
    route("10.0.0.0/24", 3, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=3 out=[4,0]");
    CHECK_EQ(event_total(&c[1], CB_CREATE), 1);
}

TEST(route_changes_keep_the_veto_of_what_was_the_iif_meanwhile) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[0], "0", G, 4, JOIN));
    client_veto(&c[1], 2, NULL);
    packet(1, S, G, 100);
    route("10.0.0.0/24", 2, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=2 out=[4,0]");
    route("10.0.0.0/24", 1, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[4,0]");
}

TEST(a_route_change_drops_what_forward_alone_did) {
    filled_entry();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_OK(member_add(&c[0], S, G, 4, FORWARD));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0 4,0]");
    CHECK_OK(if_take(&c[0], 5));
    route("10.0.0.0/24", 5, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=5 out=[2,0 3,0]");
}

TEST(a_move_between_interfaces_of_one_owner_is_told_by_rpf_alone) {
    filled_entry();
    route("10.0.0.0/24", 4, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=4 out=[2,0]");
    expect_all("c0 RPF 10.0.0.1 239.1.1.1 if=4,0 up=0 hdr=0 route=yes");
}

TEST(a_move_of_an_empty_mfe_is_told_by_rpf_alone) {
    two_protocols();
    packet(1, S, G, 100);
    clear_all();
    route("10.0.0.0/24", 3, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=3 out=[]");
    expect_all("c1 RPF 10.0.0.1 239.1.1.1 if=3,0 up=0 hdr=0 route=yes");
}

TEST(a_move_that_empties_prunes_at_both_owners) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    packet(1, S, G, 100);
    clear_all();
    route("10.0.0.0/24", 3, NULL, 3); /* the only oif becomes the iif */
    CHECK_TEXT(mfe_path(S, G), "in=3 out=[]");
    expect(&c[0], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward");
    expect(&c[1], "RPF 10.0.0.1 239.1.1.1 if=3,0 up=0 hdr=0 route=yes",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward");
}

TEST(the_new_owner_may_say_how_long_a_move_that_emptied_lasts) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    packet(1, S, G, 100);
    c[1].prune_answers = true;
    c[1].prune_timeout = 20;
    route("10.0.0.0/24", 3, NULL, 3);
    advance(19);
    CHECK_TEXT(mfe_path(S, G), "in=3 out=[]");
    advance(1);
    CHECK_TEXT(mfe_path(S, G), "none");
}

TEST(the_old_owners_answer_does_not_shorten_an_mfe_that_is_not_empty) {
    filled_entry();
    c[0].prune_answers = true;
    c[0].prune_timeout = 5;
    route("10.0.0.0/24", 3, NULL, 3);
    advance(6);
    CHECK_TEXT(mfe_path(S, G), "in=3 out=[2,0]");
}

TEST(a_move_that_fills_joins_at_the_new_owner_alone) {
    two_protocols();
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN)); /* on the iif: no oif */
    packet(1, S, G, 100);
    clear_all();
    route("10.0.0.0/24", 3, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=3 out=[1,0]");
    expect_all("c1 RPF 10.0.0.1 239.1.1.1 if=3,0 up=0 hdr=0 route=yes",
               "c1 JOIN 10.0.0.1/32 239.1.1.1/32 forward");
}

TEST(rpf_may_name_another_of_its_interfaces_at_a_route_change) {
    filled_entry();
    CHECK_OK(if_take(&c[1], 33));
    client_answer_rpf(&c[1], 33, NULL, "10.33.0.1");
    route("10.0.0.0/24", 3, NULL, 3);
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=33 out=[2,0] up=10.33.0.1 timeout=900 "
                          "expiry=900 age=0 proto=101 route=3 10.0.0.0/24");
}

TEST(rpf_naming_the_old_iif_changes_nothing) {
    filled_entry();
    CHECK_OK(member_add(&c[0], S, G, 4, FORWARD));
    CHECK_OK(if_take(&c[0], 5));
    client_answer_rpf(&c[0], 1, NULL, NULL);
    clear_all();
    route("10.0.0.0/24", 5, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 4,0]");
    expect_all("c0 RPF 10.0.0.1 239.1.1.1 if=5,0 up=0 hdr=0 route=yes");
}

TEST(a_route_change_touches_its_sources_only) {
    filled_entry();
    packet(1, "10.0.0.200", G, 100);
    clear_all();
    route("10.0.0.128/25", 3, NULL, 8);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.0.200", G), "in=3 out=[2,0]");
    route("10.5.0.0/16", 3, NULL, 8);
    route_delete("10.5.0.0/16");
    expect(&c[1], "RPF 10.0.0.200 239.1.1.1 if=3,0 up=0 hdr=0 route=yes",
           "JOIN 10.0.0.200/32 239.1.1.1/32 forward");
    expect(&c[0], "PRUNE 10.0.0.200/32 239.1.1.1/32 if=0,0 forward");
}

TEST(a_wider_route_that_is_not_the_best_one_changes_nothing) {
    filled_entry();
    route("10.0.0.0/8", 3, NULL, 8);
    CHECK_TEXT(mfe(S, G), entry("in=1 out=[2,0]", 900, 900, 0));
    CHECK_EQ(event_count(&c[1]), 0);
}

TEST(a_route_that_is_gone_makes_the_mfe_negative) {
    filled_entry();
    advance(100);
    route_delete("10.0.0.0/24");
    CHECK_TEXT(mfe_path(S, G), "in=0 out=[]");
    expect_all("c0 PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward");
    packet(1, S, G, 100);
    CHECK_EQ(counters().ullPacketsForwarded, 1);
    CHECK_EQ(counters().ullPacketsWithoutEntry, 1);
}

TEST(a_route_that_is_gone_leaves_no_route_fields) {
    struct mfe_room room;
    filled_entry();
    route_delete("10.0.0.0/24");
    REQUIRE(mfe_get(S, G, &room));
    CHECK_EQ(room.mfe.dwInIfProtocol, 0);
    CHECK_EQ(room.mfe.dwRouteProtocol, 0);
    CHECK_EQ(room.mfe.dwRouteNetwork, 0);
    CHECK_EQ(room.mfe.dwRouteMask, 0);
}

TEST(a_route_that_comes_back_makes_the_mfe_active_again) {
    filled_entry();
    route_delete("10.0.0.0/24");
    clear_all();
    route("10.0.0.0/24", 1, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
    expect_all("c0 RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=0 route=yes",
               "c0 JOIN 10.0.0.1/32 239.1.1.1/32 forward");
    packet(1, S, G, 100);
    CHECK_EQ(counters().ullPacketsForwarded, 2);
}

TEST(a_first_route_makes_a_negative_mfe_active) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    packet(77, "10.9.0.1", G, 100);
    CHECK_TEXT(mfe_path("10.9.0.1", G), "in=0 out=[]");
    route("10.9.0.0/16", 1, NULL, 3);
    CHECK_TEXT(mfe_path("10.9.0.1", G), "in=1 out=[2,0]");
    packet(1, "10.9.0.1", G, 100);
    CHECK_EQ(counters().ullPacketsForwarded, 1);
}

TEST(a_route_to_an_interface_nobody_holds_makes_the_mfe_inactive) {
    filled_entry();
    route("10.0.0.0/24", 50, NULL, 3);
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    CHECK_EQ(event_total(&c[0], CB_PRUNE), 1);
    packet(50, S, G, 100);
    packet(1, S, G, 100);
    CHECK_EQ(counters().ullPacketsForwarded, 1);
}

TEST(a_change_of_the_gateway_asks_rpf_and_keeps_the_list) {
    filled_entry();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    clear_all();
    route("10.0.0.0/24", 1, "10.0.0.254", 8);
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[2,0 3,0] up=10.0.0.254 timeout=900 "
                          "expiry=900 age=0 proto=100 route=8 10.0.0.0/24");
    expect_all("c0 RPF 10.0.0.1 239.1.1.1 if=1,0 up=10.0.0.254 hdr=0 route=yes");
}

TEST(a_change_to_a_pair_that_somebody_took_moves_the_iif) {
    filled_entry();
    CHECK_OK(if_take_hop(&c[1], 1, "10.0.0.254"));
    clear_all();
    route("10.0.0.0/24", 1, "10.0.0.254", 8);
    expect(&c[0], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward");
    expect(&c[1], "RPF 10.0.0.1 239.1.1.1 if=1,10.0.0.254 up=10.0.0.254 hdr=0 route=yes",
           "JOIN 10.0.0.1/32 239.1.1.1/32 forward");
}

TEST(a_route_change_updates_every_mfe_under_it) {
    char source[32];
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    for (unsigned i = 1; i <= 250; i++) {
        snprintf(source, sizeof source, "10.0.0.%u", i);
        packet(1, source, G, 100);
    }
    clear_all();
    route("10.0.0.0/24", 3, NULL, 3);
    CHECK_EQ(event_count(&c[0]), 250);
    CHECK_EQ(event_total(&c[0], CB_PRUNE), 250);
    CHECK_EQ(event_total(&c[1], CB_RPF), 250);
    CHECK_EQ(event_total(&c[1], CB_JOIN), 250);
    for (unsigned i = 1; i <= 250; i++) {
        snprintf(source, sizeof source, "10.0.0.%u", i);
        CHECK_TEXT(mfe_path(source, G), "in=3 out=[2,0]");
    }
}

static void move_back(struct client *client, const struct event *event) {
    (void)event;
    client->hook = NULL;
    route("10.0.0.0/24", 1, NULL, 3);
}

TEST(a_route_that_moves_back_during_the_rpf_of_its_change_is_followed) {
    filled_entry();
    c[1].hook = move_back;
    c[1].hook_kinds = CB_RPF;
    route("10.0.0.0/24", 3, NULL, 3);
    CHECK_TEXT(mfe(S, G), entry("in=1 out=[2,0]", 900, 900, 0));
    packet(1, S, G, 100);
    CHECK_EQ(counters().ullPacketsForwarded, 2);
    CHECK_EQ(mfe_count(), 1);
}

static void let_the_time_pass(struct client *client, const struct event *event) {
    (void)event;
    client->hook = NULL;
    advance(900);
}

TEST(an_mfe_whose_time_comes_while_it_moves_is_renewed_soon_after) {
    filled_entry();
    c[1].hook = let_the_time_pass;
    c[1].hook_kinds = CB_RPF;
    route("10.0.0.0/24", 3, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=3 out=[2,0]");
    CHECK_EQ(counters().ullRenewed, 0);
    advance(1);
    CHECK_EQ(counters().ullRenewed, 1);
}

static void join_4(struct client *client, const struct event *event) {
    (void)client, (void)event;
    CHECK_OK(member_add(&c[0], "0", G, 4, JOIN));
}

TEST(a_membership_added_during_the_rpf_of_a_route_change_applies) {
    filled_entry();
    c[1].hook = join_4;
    c[1].hook_kinds = CB_RPF;
    route("10.0.0.0/24", 3, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=3 out=[2,0 4,0]");
}

static void lose_3(struct client *client, const struct event *event) {
    (void)event;
    CHECK_OK(if_release(client, 3));
}

TEST(an_iif_released_during_the_rpf_of_a_route_change_forwards_nothing) {
    filled_entry();
    c[1].hook = lose_3;
    c[1].hook_kinds = CB_RPF;
    route("10.0.0.0/24", 3, NULL, 3);
    packet(3, S, G, 100);
    packet(1, S, G, 100);
    CHECK_EQ(counters().ullPacketsForwarded, 1);
}

TEST(a_new_membership_lifts_a_veto_that_a_route_change_kept) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[0], "0", G, 4, JOIN));
    client_veto(&c[1], 2, NULL);
    packet(1, S, G, 100);
    route("10.0.0.0/24", 3, NULL, 3);
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    CHECK_TEXT(mfe_path(S, G), "in=3 out=[2,0 4,0]");
}

TEST(a_new_membership_lifts_the_veto_also_while_its_interface_is_the_iif) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[0], "0", G, 4, JOIN));
    client_veto(&c[1], 2, NULL);
    packet(1, S, G, 100);
    route("10.0.0.0/24", 2, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=2 out=[4,0]");
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    route("10.0.0.0/24", 1, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 4,0]");
}

/* Limits */

static void limited_to(DWORD entries) {
    MGM_HOST_OPTIONS options = host_options();
    CHECK_EQ(options.dwMaxEntries, 1000000);
    options.dwMaxEntries = entries;
    options.dwLogLevel = MGM_HOST_LOG_WARN;
    two_protocols_with(&options);
    REQUIRE_OK(member_add(&c[1], "0", "0", 2, JOIN));
}

TEST(packets_beyond_the_limit_are_dropped_and_counted) {
    limited_to(2);
    packet(1, "10.0.0.1", G, 100);
    packet(1, "10.0.0.2", G, 100);
    clear_all();
    packets(1, "10.0.0.3", G, 100, 3);
    expect_nothing_at_all();
    CHECK_EQ(mfe_count(), 2);
    CHECK_EQ(counters().ullDroppedLimit, 3);
    CHECK_EQ(counters().ullPacketsDropped, 3);
    CHECK_EQ(counters().ullPacketsForwarded, 2);
    /* Those that are there go on. */
    packet(1, "10.0.0.1", G, 100);
    CHECK_EQ(counters().ullPacketsForwarded, 3);
}

TEST(an_mfe_that_ends_makes_room) {
    limited_to(1);
    packet(1, "10.0.0.1", G, 100);
    packet(1, "10.0.0.2", G, 100);
    CHECK_TEXT(mfe_path("10.0.0.2", G), "none");
    advance(1800);
    packet(1, "10.0.0.2", G, 100);
    CHECK_TEXT(mfe_path("10.0.0.2", G), "in=1 out=[2,0]");
}

static void another_source_meanwhile(struct client *client, const struct event *event) {
    client->hook = NULL;
    CHECK_EQ(event->header_size, 0);
    packet(1, "10.0.0.2", G, 100);
}

TEST(an_mfe_that_is_renewed_counts_once_for_the_limit) {
    limited_to(2);
    packets(1, "10.0.0.1", G, 100, 2);
    c[0].hook = another_source_meanwhile;
    c[0].hook_kinds = CB_RPF;
    advance(900);
    CHECK_EQ(counters().ullDroppedLimit, 0);
    CHECK_EQ(mfe_count(), 2);
}

/* What the log says of the limit. */
#define LIMIT_LINE "entries"

TEST(the_log_says_so_once_a_minute) {
    limited_to(1);
    packet(1, "10.0.0.1", G, 100);
    CHECK(!log_has(LIMIT_LINE));
    packet(1, "10.0.0.2", G, 100);
    EVENTUALLY(log_has(LIMIT_LINE));
    log_clear();
    packets(1, "10.0.0.3", G, 100, 20);
    advance(59);
    packets(1, "10.0.0.3", G, 100, 20);
    CHECK_EQ(counters().ullDroppedLimit, 41);
    CHECK(!log_has(LIMIT_LINE));
    advance(2);
    packet(1, "10.0.0.4", G, 100);
    EVENTUALLY(log_has(LIMIT_LINE));
}

/* MgmSetMfe */

static DWORD set_upstream(struct client *client, const char *source, const char *group,
                          const char *upstream) {
    MIB_IPMCAST_MFE m;
    memset(&m, 0xA5, sizeof m);
    m.dwSource = ip(source);
    m.dwGroup = ip(group);
    m.dwUpStrmNgbr = ip(upstream);
    return MgmSetMfe(client->handle, &m);
}

TEST(set_mfe_stores_the_upstream_neighbour_and_nothing_else) {
    struct mfe_room before, after;
    filled_entry();
    REQUIRE(mfe_get(S, G, &before));
    CHECK_OK(set_upstream(&c[0], S, G, "10.0.0.99"));
    REQUIRE(mfe_get(S, G, &after));
    CHECK_TEXT(ip_text(after.mfe.dwUpStrmNgbr), "10.0.0.99");
    after.mfe.dwUpStrmNgbr = before.mfe.dwUpStrmNgbr;
    CHECK(memcmp(&before.mfe, &after.mfe, sizeof before.mfe) == 0);
    expect_nothing_at_all();
    packet(1, S, G, 100);
    CHECK_EQ(counters().ullPacketsForwarded, 2);
    CHECK_OK(set_upstream(&c[0], S, G, NULL));
    CHECK_TEXT(mfe(S, G), entry("in=1 out=[2,0]", 900, 900, 0));
}

TEST(any_registered_client_may_set_it) {
    filled_entry();
    REQUIRE_OK(client_register(&c[2], PROTO_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[3], 103, 1, 0));
    CHECK_OK(set_upstream(&c[1], S, G, "10.0.0.1"));
    CHECK_OK(set_upstream(&c[2], S, G, "10.0.0.2"));
    CHECK_OK(set_upstream(&c[3], S, G, "10.0.0.3"));
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[2,0] up=10.0.0.3 timeout=900 expiry=900 "
                          "age=0 proto=100 route=3 10.0.0.0/24");
    CHECK_ERROR(set_upstream(&c[4], S, G, "10.0.0.4"), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(set_upstream(&c[3], "10.0.0.2", G, "10.0.0.4"), ERROR_NOT_FOUND);
}

/* Fields */

TEST(every_field_of_an_mfe) {
    struct mfe_room room;
    MIB_IPMCAST_OIF oifs[2];
    host_start_memory();
    route("10.0.0.0/9", 1, "10.0.0.254", 14);
    REQUIRE_OK(client_register(&c[0], PROTOCOL_ID(PROTO_TYPE_MCAST, 77, 5), 9, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[0], 2));
    REQUIRE_OK(if_take_hop(&c[0], 2, "10.2.0.9"));
    REQUIRE_OK(member_add_hop(&c[0], "0", G, 2, "10.2.0.9", JOIN));
    REQUIRE_OK(member_add(&c[0], "0", G, 2, JOIN));
    packet(1, S, G, 100);
    advance_ms(12999);
    memset(&room, 0x5A, sizeof room);
    REQUIRE(mfe_get(S, G, &room));
    CHECK_EQ(room.mfe.dwGroup, ip(G));
    CHECK_EQ(room.mfe.dwSource, ip(S));
    CHECK_EQ(room.mfe.dwSrcMask, 0xFFFFFFFF);
    CHECK_EQ(room.mfe.dwUpStrmNgbr, ip("10.0.0.254"));
    CHECK_EQ(room.mfe.dwInIfIndex, 1);
    CHECK_EQ(room.mfe.dwInIfProtocol, PROTOCOL_ID(PROTO_TYPE_MCAST, 77, 5));
    CHECK_EQ(room.mfe.dwRouteProtocol, 14);
    CHECK_EQ(room.mfe.dwRouteNetwork, ip("10.0.0.0"));
    CHECK_EQ(room.mfe.dwRouteMask, ip("255.128.0.0"));
    CHECK_EQ(room.mfe.ulUpTime, 12);
    CHECK(room.mfe.ulExpiryTime == 887 || room.mfe.ulExpiryTime == 888);
    CHECK_EQ(room.mfe.ulTimeOut, 900);
    CHECK_EQ(room.mfe.ulNumOutIf, 2);
    CHECK_EQ(room.mfe.fFlags, 0);
    CHECK_EQ(room.mfe.dwReserved, 0);
    memcpy(oifs, (BYTE *)&room + offsetof(MIB_IPMCAST_MFE, rgmioOutInfo), sizeof oifs);
    CHECK_EQ(oifs[0].dwOutIfIndex, 2);
    CHECK_EQ(oifs[0].dwNextHopAddr, 0);
    CHECK_EQ(oifs[0].dwReserved, 0);
    CHECK_EQ(oifs[0].dwReserved1, 0);
    CHECK_EQ(oifs[1].dwOutIfIndex, 2);
    CHECK_EQ(oifs[1].dwNextHopAddr, ip("10.2.0.9"));
    CHECK_EQ(oifs[1].dwReserved, 0);
    CHECK_EQ(oifs[1].dwReserved1, 0);
}

TEST(the_route_protocol_is_one_of_the_known_ones_or_1) {
    static const DWORD given[] = {0, 1, 2, 3, 4, 7, 8, 9, 10, 13, 14, 15, 10006, 0xFFFFFFFF};
    static const DWORD shown[] = {1, 1, 2, 3, 1, 1, 8, 9, 1, 13, 14, 1, 1, 1};
    struct mfe_room room;
    char prefix[32], source[32];
    two_protocols();
    for (unsigned i = 0; i < sizeof given / sizeof given[0]; i++) {
        snprintf(prefix, sizeof prefix, "10.%u.0.0/16", i + 1);
        snprintf(source, sizeof source, "10.%u.0.1", i + 1);
        route(prefix, 1, NULL, given[i]);
        packet(1, source, G, 100);
        REQUIRE(mfe_get(source, G, &room));
        CHECK_EQ(room.mfe.dwRouteProtocol, shown[i]);
    }
}

TEST(the_iif_protocol_is_igmps_where_it_is_alone_and_0_without_an_owner) {
    struct mfe_room room;
    two_protocols();
    REQUIRE_OK(client_register(&c[2], MS_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[2], 40));
    route("10.4.0.0/16", 40, NULL, 3);
    route("10.5.0.0/16", 50, NULL, 3);
    packet(40, "10.4.0.1", G, 100);
    packet(50, "10.5.0.1", G, 100);
    REQUIRE(mfe_get("10.4.0.1", G, &room));
    CHECK_EQ(room.mfe.dwInIfProtocol, MS_IP_IGMP);
    REQUIRE(mfe_get("10.5.0.1", G, &room));
    CHECK_EQ(room.mfe.dwInIfProtocol, 0);
    CHECK_EQ(room.mfe.dwRouteProtocol, 3);
}

TEST(without_a_route_the_route_fields_are_0) {
    two_protocols();
    packet(77, "10.9.0.1", G, 100);
    CHECK_TEXT(mfe("10.9.0.1", G), "10.9.0.1 239.1.1.1 in=0 out=[] up=0 timeout=900 expiry=900 "
                                   "age=0 proto=0 route=0 0/0");
}

/* Statistics */

struct stats_room {
    MIB_IPMCAST_MFE_STATS_EX stats;
    MIB_IPMCAST_OIF_STATS more[8];
};

static void get_stats(struct stats_room *room, DWORD kind) {
    MIB_IPMCAST_MFE key;
    DWORD size = sizeof *room;
    memset(room, 0x5A, sizeof *room);
    memset(&key, 0, sizeof key);
    key.dwSource = ip(S);
    key.dwGroup = ip(G);
    REQUIRE_OK(MgmGetMfeStats(&key, &size, (PBYTE)room, kind));
}

TEST(statistics_come_from_the_forwarder) {
    filled_entry();
    packets(1, S, G, 1000, 9);
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    packets(1, S, G, 50, 5);
    packets(3, S, G, 60, 4);
    CHECK_TEXT(mfe_stats(S, G),
               "in=1 out=[2,0:15 3,0:5] packets=19 octets=9590 wrong=4 queue=0");
}

TEST(statistics_fields_that_nobody_counts_are_0) {
    struct stats_room room;
    MIB_IPMCAST_OIF_STATS oifs[2];
    filled_entry();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    packets(1, S, G, 100, 4);
    get_stats(&room, MGM_MFE_STATS_1);
    CHECK_EQ(room.stats.ulInPkts, 5);
    CHECK_EQ(room.stats.ulInOctets, 500);
    CHECK_EQ(room.stats.ulUninitMfe, 0);
    CHECK_EQ(room.stats.ulNegativeMfe, 0);
    CHECK_EQ(room.stats.ulInDiscards, 0);
    CHECK_EQ(room.stats.ulInHdrErrors, 0);
    CHECK_EQ(room.stats.ulQueueOverflow, 0);
    CHECK_EQ(room.stats.ulTotalOutPackets, 9);
    REQUIRE(room.stats.ulNumOutIf == 2);
    memcpy(oifs, (BYTE *)&room + offsetof(MIB_IPMCAST_MFE_STATS_EX, rgmiosOutStats), sizeof oifs);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(oifs[i].dwOutIfIndex, 2 + i);
        CHECK_EQ(oifs[i].dwNextHopAddr, 0);
        CHECK_EQ(oifs[i].dwDialContext, 0);
        CHECK_EQ(oifs[i].ulTtlTooLow, 0);
        CHECK_EQ(oifs[i].ulFragNeeded, 0);
        CHECK_EQ(oifs[i].ulOutPackets, i == 0 ? 5 : 4);
        CHECK_EQ(oifs[i].ulOutDiscards, 0);
    }
}

TEST(statistics_times_are_in_hundredths) {
    struct stats_room room;
    filled_entry();
    advance_ms(12340);
    get_stats(&room, MGM_MFE_STATS_0);
    CHECK_EQ(room.stats.ulUpTime, 1234);
    CHECK_EQ(room.stats.ulExpiryTime, 88766);
    get_stats(&room, MGM_MFE_STATS_1);
    CHECK_EQ(room.stats.ulUpTime, 1234);
    CHECK_EQ(room.stats.ulExpiryTime, 88766);
}

TEST(statistics_are_modulo_2_to_the_32) {
    static BYTE bytes[65535];
    unsigned sum = 0;
    struct stats_room room;
    filled_entry();
    packet_build(bytes, S, G, 28);
    bytes[2] = bytes[3] = 0xFF; /* total length */
    bytes[10] = bytes[11] = 0;
    for (int i = 0; i < 20; i += 2)
        sum += (unsigned)bytes[i] << 8 | bytes[i + 1];
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    sum = ~sum & 0xFFFF;
    bytes[10] = (BYTE)(sum >> 8);
    bytes[11] = (BYTE)sum;
    for (unsigned i = 0; i < 65540; i++)
        if (packet_raw(1, 0, bytes, sizeof bytes) != NO_ERROR)
            CHECK(!"a packet was refused");
    get_stats(&room, MGM_MFE_STATS_0);
    CHECK_EQ(room.stats.ulInPkts, 65541);
    CHECK_EQ(room.stats.ulInOctets, (100 + 65540ull * 65535) % 4294967296ull);
}

TEST(an_oif_that_comes_back_does_not_disturb_the_others_counts) {
    filled_entry();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    packets(1, S, G, 100, 4);
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    packets(1, S, G, 100, 2);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[3,0:6] packets=7 octets=700 wrong=0 queue=0");
}

TEST(a_route_change_to_the_same_next_hop_calls_nobody_and_shows_the_new_route) {
    filled_entry();
    route("10.0.0.0/24", 1, NULL, 13);
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[2,0] up=0 timeout=900 expiry=900 age=0 "
                          "proto=100 route=13 10.0.0.0/24");
    route("10.0.0.0/28", 1, NULL, 8);
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[2,0] up=0 timeout=900 expiry=900 age=0 "
                          "proto=100 route=8 10.0.0.0/28");
    expect_nothing_at_all();
}

TEST(set_mfe_leaves_the_times_alone) {
    filled_entry();
    advance(100);
    CHECK_OK(set_upstream(&c[1], S, G, "10.0.0.99"));
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[2,0] up=10.0.0.99 timeout=900 expiry=800 "
                          "age=100 proto=100 route=3 10.0.0.0/24");
}

TEST(the_old_owner_does_not_say_how_long_a_move_that_emptied_lasts) {
    two_protocols();
    route("10.0.0.0/24", 3, NULL, 3);
    CHECK_OK(member_add(&c[0], "0", G, 4, JOIN));
    packet(3, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=3 out=[4,0]");
    clear_all();
    c[1].prune_answers = true;
    c[1].prune_timeout = 20;
    route("10.0.0.0/24", 4, NULL, 3);
    expect(&c[1], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward");
    CHECK_TEXT(mfe(S, G), entry("in=4 out=[]", 900, 900, 0));
}

TEST(a_move_that_fills_has_900_seconds_again) {
    two_protocols();
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    c[0].prune_answers = true;
    c[0].prune_timeout = 100;
    packet(1, S, G, 100);
    CHECK_TEXT(mfe(S, G), entry("in=1 out=[]", 100, 100, 0));
    advance(60);
    route("10.0.0.0/24", 4, NULL, 3);
    CHECK_TEXT(mfe(S, G), entry("in=4 out=[1,0]", 900, 900, 60));
}

static void packet_of_another(struct client *client, const struct event *event) {
    (void)event;
    client->hook_kinds = 0;
    packet(1, "10.0.0.2", G, 100);
}

TEST(an_mfe_in_the_making_counts_for_the_limit) {
    MGM_HOST_OPTIONS options = host_options();
    options.dwMaxEntries = 1;
    two_protocols_with(&options);
    c[0].hook = packet_of_another;
    c[0].hook_kinds = CB_RPF;
    packet(1, S, G, 100);
    CHECK_EQ(mfe_count(), 1);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    CHECK_EQ(counters().ullDroppedLimit, 1);
}
