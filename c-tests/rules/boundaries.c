/* MgmHostAddBoundary, MgmHostDeleteBoundary and MgmHostGetNextBoundary, on the memory
   forwarder. */
#include "snapshot.h"

#include <stdio.h>

#define S "10.0.0.1"
#define G "239.1.1.1"
#define OTHER "239.2.1.1"

/* c0 owns 1 (towards 10.0.0.0/24) and 4; c1 owns 2, 3, (5, 10.5.0.1) and (5, 10.5.0.2). */
static void two_protocols(void) {
    host_start_memory();
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], 101, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[0], 4));
    REQUIRE_OK(if_take(&c[1], 2));
    REQUIRE_OK(if_take(&c[1], 3));
    REQUIRE_OK(if_take_hop(&c[1], 5, "10.5.0.1"));
    REQUIRE_OK(if_take_hop(&c[1], 5, "10.5.0.2"));
}

/* ... with (*,*) of c1 on 2 and 3. */
static void members(void) {
    two_protocols();
    REQUIRE_OK(member_add(&c[1], "0", "0", 2, JOIN));
    REQUIRE_OK(member_add(&c[1], "0", "0", 3, JOIN));
    clear_all();
}

/* ... and MFEs of both groups. */
static void filled_entries(void) {
    members();
    packet(1, S, G, 100);
    packet(1, S, OTHER, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
    CHECK_TEXT(mfe_path(S, OTHER), "in=1 out=[2,0 3,0]");
    clear_all();
}

/* `groups`: "239.1.0.0/16", "239.1.1.1", or "0" for all. */
static DWORD boundary_add(DWORD if_index, const char *groups) {
    DWORD group, mask;
    ip_range(groups, &group, &mask);
    return MgmHostAddBoundary(if_index, group, mask);
}

static DWORD boundary_delete(DWORD if_index, const char *groups) {
    DWORD group, mask;
    ip_range(groups, &group, &mask);
    return MgmHostDeleteBoundary(if_index, group, mask);
}

/* "2 239.1.0.0/16; 3 0/0" of all boundaries; one static buffer. */
static const char *boundaries(void) {
    static char text[4096];
    MGM_HOST_BOUNDARY at = {0, 0, 0};
    size_t used = 0;
    DWORD error;
    text[0] = '\0';
    while ((error = MgmHostGetNextBoundary(&at)) == NO_ERROR && used < sizeof text)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lu %s", used == 0 ? "" : "; ",
                                 (unsigned long)at.dwIfIndex, ip_mask_text(at.dwGroup, at.dwMask));
    CHECK_ERROR(error, ERROR_NO_MORE_ITEMS);
    return text;
}

/* New MFEs */

TEST(a_bounded_interface_does_not_enter_the_list_of_an_mfe) {
    members();
    CHECK_OK(boundary_add(2, "239.1.0.0/16"));
    packet(1, S, G, 100);
    packet(1, S, OTHER, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
    CHECK_TEXT(mfe_path(S, OTHER), "in=1 out=[2,0 3,0]");
}

TEST(creation_alerts_do_not_show_bounded_interfaces) {
    members();
    CHECK_OK(boundary_add(2, G));
    packet(1, S, G, 100);
    expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=20 route=yes");
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[3,0]");
    expect_nothing_at_all();
}

TEST(a_client_all_of_whose_interfaces_are_bounded_gets_no_creation_alert) {
    members();
    CHECK_OK(boundary_add(2, G));
    CHECK_OK(boundary_add(3, G));
    packet(1, S, G, 100);
    expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=20 route=yes",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward");
    expect_nothing_at_all();
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
}

TEST(nothing_comes_in_over_a_boundary) {
    members();
    CHECK_OK(boundary_add(1, G));
    packet(1, S, G, 100);
    expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=20 route=yes",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward");
    expect_nothing_at_all();
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[] packets=2 octets=200 wrong=0 queue=0");
    CHECK_EQ(counters().ullPacketsForwarded, 0);
    packet(1, S, OTHER, 100);
    CHECK_TEXT(mfe_path(S, OTHER), "in=1 out=[2,0 3,0]");
}

TEST(an_iif_that_rpf_names_has_its_boundaries) {
    members();
    CHECK_OK(boundary_add(4, G));
    client_answer_rpf(&c[0], 4, NULL, NULL);
    packet(4, S, G, 100);
    packet(4, S, OTHER, 100);
    CHECK_TEXT(mfe_path(S, G), "in=4 out=[]");
    CHECK_TEXT(mfe_path(S, OTHER), "in=4 out=[2,0 3,0]");
}

/* Memberships */

TEST(memberships_at_a_boundary_are_recorded_and_announced_as_ever) {
    two_protocols();
    packet(1, S, G, 100);
    CHECK_OK(boundary_add(2, G));
    clear_all();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member");
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    expect(&c[0], "PRUNE 0/0 239.1.1.1/32 if=2,0 member");
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "");
    expect_nothing_at_all();
}

TEST(igmp_at_a_boundary_is_told_to_the_owner_as_ever) {
    two_protocols();
    REQUIRE_OK(client_register(&c[2], MS_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[2], 2));
    packet(1, S, G, 100);
    CHECK_OK(boundary_add(2, G));
    clear_all();
    CHECK_OK(member_add(&c[2], "0", G, 2, JOIN));
    expect(&c[1], "LOCALJOIN 0/0 239.1.1.1/32 if=2,0");
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member");
    CHECK_OK(member_delete(&c[2], "0", G, 2, JOIN));
    expect(&c[1], "LOCALLEAVE 0/0 239.1.1.1/32 if=2,0");
    expect(&c[0], "PRUNE 0/0 239.1.1.1/32 if=2,0 member");
    expect_nothing_at_all();
}

TEST(a_membership_does_not_fill_an_mfe_whose_iif_is_bounded) {
    two_protocols();
    CHECK_OK(boundary_add(1, G));
    packet(1, S, G, 100);
    clear_all();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    expect(&c[0], "JOIN 10.0.0.1/32 239.1.1.1/32 member");
    expect_nothing_at_all();
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
}

TEST(forward_state_does_not_cross_a_boundary) {
    two_protocols();
    packet(1, S, G, 100);
    packet(1, S, OTHER, 100);
    CHECK_OK(boundary_add(2, G));
    clear_all();
    CHECK_OK(member_add(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    expect_nothing_at_all();
    CHECK_OK(boundary_add(1, OTHER));
    CHECK_OK(member_add(&c[1], S, OTHER, 3, FORWARD));
    CHECK_TEXT(mfe_path(S, OTHER), "in=1 out=[]");
    expect_nothing_at_all();
}

/* MFEs that are there */

TEST(a_new_boundary_takes_its_interface_out_of_the_mfes_of_its_groups) {
    filled_entries();
    advance(100);
    CHECK_OK(boundary_add(2, "239.1.0.0/16"));
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[3,0] up=0 timeout=900 expiry=800 age=100 "
                          "proto=100 route=3 10.0.0.0/24");
    CHECK_TEXT(mfe_path(S, OTHER), "in=1 out=[2,0 3,0]");
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[3,0:2] packets=2 octets=200 wrong=0 queue=0");
    expect_nothing_at_all();
}

TEST(a_boundary_that_empties_an_mfe_prunes_at_the_iifs_owner) {
    filled_entries();
    CHECK_OK(boundary_add(3, G));
    expect_nothing_at_all();
    CHECK_OK(boundary_add(2, G));
    expect(&c[0], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward");
    expect_nothing_at_all();
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
}

TEST(a_boundary_is_about_all_next_hops_and_its_prune_names_the_lowest) {
    two_protocols();
    REQUIRE_OK(member_add_hop(&c[1], "0", G, 5, "10.5.0.2", JOIN));
    REQUIRE_OK(member_add_hop(&c[1], "0", G, 5, "10.5.0.1", JOIN));
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[5,10.5.0.1 5,10.5.0.2]");
    clear_all();
    CHECK_OK(boundary_add(5, G));
    expect(&c[0], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=5,10.5.0.1 forward");
    expect_nothing_at_all();
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    CHECK_OK(boundary_delete(5, G));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[5,10.5.0.1 5,10.5.0.2]");
}

TEST(a_boundary_on_the_iif_empties_the_mfe) {
    filled_entries();
    CHECK_OK(boundary_add(1, G));
    expect(&c[0], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward");
    expect_nothing_at_all();
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    CHECK_TEXT(mfe_path(S, OTHER), "in=1 out=[2,0 3,0]");
}

TEST(an_mfe_that_a_boundary_emptied_lives_as_long_as_the_prunes_answer_says) {
    filled_entries();
    c[0].prune_answers = true;
    c[0].prune_timeout = 60;
    CHECK_OK(boundary_add(1, G));
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[] up=0 timeout=60 expiry=60 age=0 proto=100 "
                          "route=3 10.0.0.0/24");
    packet(1, S, G, 100);
    advance(60);
    CHECK_TEXT(mfe_path(S, G), "none");
}

/* Deleting */

TEST(a_boundary_that_is_deleted_lets_members_back_in) {
    filled_entries();
    CHECK_OK(boundary_add(2, "239.1.0.0/16"));
    CHECK_OK(boundary_delete(2, "239.1.0.0/16"));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
    expect_nothing_at_all();
}

TEST(a_membership_made_at_a_boundary_has_its_effect_when_that_is_deleted) {
    two_protocols();
    packet(1, S, G, 100);
    CHECK_OK(boundary_add(2, G));
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    clear_all();
    CHECK_OK(boundary_delete(2, G));
    expect(&c[0], "JOIN 10.0.0.1/32 239.1.1.1/32 forward");
    expect_nothing_at_all();
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(a_membership_that_ended_meanwhile_does_not_come_back) {
    filled_entries();
    CHECK_OK(boundary_add(2, G));
    CHECK_OK(member_delete(&c[1], "0", "0", 2, JOIN));
    CHECK_OK(boundary_delete(2, G));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
}

TEST(an_mfe_that_fills_again_has_900_seconds_and_joins_without_a_creation_alert) {
    filled_entries();
    CHECK_OK(boundary_add(1, G));
    advance(100);
    clear_all();
    CHECK_OK(boundary_delete(1, G));
    expect(&c[0], "JOIN 10.0.0.1/32 239.1.1.1/32 forward");
    expect_nothing_at_all();
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[2,0 3,0] up=0 timeout=900 expiry=900 age=100 "
                          "proto=100 route=3 10.0.0.0/24");
}

TEST(another_boundary_that_covers_the_group_still_holds) {
    filled_entries();
    CHECK_OK(boundary_add(2, "239.0.0.0/8"));
    CHECK_OK(boundary_add(2, G));
    CHECK_OK(boundary_add(1, G));
    CHECK_OK(boundary_add(3, "239.1.0.0/16"));
    CHECK_OK(boundary_delete(2, "239.0.0.0/8"));
    CHECK_TEXT(mfe_path(S, OTHER), "in=1 out=[2,0 3,0]");
    CHECK_OK(boundary_delete(3, "239.1.0.0/16"));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    CHECK_OK(boundary_delete(1, G));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
    CHECK_OK(boundary_delete(2, G));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
}

TEST(what_forward_state_put_in_does_not_come_back) {
    two_protocols();
    packet(1, S, G, 100);
    CHECK_OK(member_add(&c[1], S, G, 2, FORWARD));
    CHECK_OK(boundary_add(2, G));
    CHECK_OK(boundary_delete(2, G));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
}

TEST(what_forward_state_took_out_elsewhere_stays_out) {
    filled_entries();
    CHECK_OK(member_delete(&c[1], S, G, 3, FORWARD));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
    CHECK_OK(boundary_add(2, G));
    CHECK_OK(boundary_delete(2, G));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(what_forward_state_took_out_of_a_bounded_list_comes_back) {
    filled_entries();
    CHECK_OK(member_delete(&c[1], S, G, 3, FORWARD));
    CHECK_OK(boundary_add(1, G));
    CHECK_OK(boundary_delete(1, G));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
}

TEST(a_veto_outlives_a_boundary) {
    members();
    client_veto(&c[1], 2, NULL);
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
    for (DWORD i = 1; i <= 3; i++) {
        CHECK_OK(boundary_add(i, G));
        CHECK_OK(boundary_delete(i, G));
        CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
    }
}

TEST(a_membership_made_at_a_boundary_lifts_a_veto) {
    members();
    client_veto(&c[1], 2, NULL);
    packet(1, S, G, 100);
    CHECK_OK(boundary_add(2, G));
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
    CHECK_OK(boundary_delete(2, G));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
}

TEST(an_mfe_whose_iif_nobody_holds_stays_empty) {
    members();
    route("10.9.0.0/24", 9, NULL, 3);
    packet(9, "10.9.0.1", G, 100);
    CHECK_TEXT(mfe_path("10.9.0.1", G), "in=9 out=[]");
    packet(9, "11.0.0.1", G, 100);
    CHECK_TEXT(mfe_path("11.0.0.1", G), "in=0 out=[]");
    CHECK_OK(boundary_add(2, G));
    CHECK_OK(boundary_add(9, G));
    CHECK_OK(boundary_delete(2, G));
    CHECK_OK(boundary_delete(9, G));
    CHECK_TEXT(mfe_path("10.9.0.1", G), "in=9 out=[]");
    CHECK_TEXT(mfe_path("11.0.0.1", G), "in=0 out=[]");
}

TEST(the_iif_itself_does_not_come_into_its_list) {
    filled_entries();
    REQUIRE_OK(member_add(&c[0], "0", G, 1, JOIN));
    CHECK_OK(boundary_add(1, G));
    CHECK_OK(boundary_delete(1, G));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
}

/* Route changes, renewal */

TEST(a_route_change_to_a_bounded_iif_empties_and_the_way_back_fills) {
    filled_entries();
    CHECK_OK(boundary_add(4, G));
    expect_nothing_at_all();
    route("10.0.0.0/24", 4, NULL, 3);
    expect_any_order(&c[0], "RPF 10.0.0.1 239.1.1.1 if=4,0 up=0 hdr=0 route=yes",
                     "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward",
                     "RPF 10.0.0.1 239.2.1.1 if=4,0 up=0 hdr=0 route=yes");
    CHECK_TEXT(mfe_path(S, G), "in=4 out=[]");
    CHECK_TEXT(mfe_path(S, OTHER), "in=4 out=[2,0 3,0]");
    route("10.0.0.0/24", 1, NULL, 3);
    expect_any_order(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=0 route=yes",
                     "JOIN 10.0.0.1/32 239.1.1.1/32 forward",
                     "RPF 10.0.0.1 239.2.1.1 if=1,0 up=0 hdr=0 route=yes");
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
    expect_nothing_at_all();
}

TEST(a_route_change_keeps_to_the_boundaries_of_the_oifs) {
    filled_entries();
    CHECK_OK(boundary_add(2, G));
    route("10.0.0.0/24", 4, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=4 out=[3,0]");
}

TEST(a_renewal_keeps_to_the_boundaries) {
    members();
    packet(1, S, G, 100);
    clear_all();
    CHECK_OK(boundary_add(2, G));
    advance(900);
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[3,0]");
    CHECK_EQ(counters().ullRenewed, 1);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
}

/* While an MFE is being made */

static void (*change)(void);
static void change_once(struct client *client, const struct event *event) {
    (void)event;
    client->hook_kinds = 0;
    change();
}
static void during(struct client *client, unsigned kind, void (*what)(void)) {
    change = what;
    client->hook = change_once;
    client->hook_kinds = kind;
}
static void bound_2(void) { CHECK_OK(boundary_add(2, G)); }
static void unbound_2(void) { CHECK_OK(boundary_delete(2, G)); }
static void bound_1(void) { CHECK_OK(boundary_add(1, G)); }
static void unbound_1(void) { CHECK_OK(boundary_delete(1, G)); }
static void bound_and_unbound_2(void) {
    bound_2();
    unbound_2();
}
static void join_at_the_boundary(void) {
    bound_2();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
}

TEST(a_boundary_set_in_rpf_holds_for_that_mfe) {
    members();
    during(&c[0], CB_RPF, bound_2);
    packet(1, S, G, 100);
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[3,0]");
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
}

TEST(a_boundary_set_in_the_creation_alert_holds_for_that_mfe) {
    members();
    during(&c[1], CB_CREATE, bound_2);
    packet(1, S, G, 100);
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0 3,0]");
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
}

TEST(a_boundary_set_on_the_iif_in_the_creation_alert_leaves_the_mfe_empty) {
    members();
    during(&c[1], CB_CREATE, bound_1);
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    CHECK_EQ(counters().ullPacketsForwarded, 0);
}

TEST(a_boundary_deleted_in_the_creation_alert_lets_its_interface_in_unasked) {
    members();
    bound_2();
    during(&c[1], CB_CREATE, unbound_2);
    packet(1, S, G, 100);
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[3,0]");
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
}

TEST(a_boundary_deleted_in_rpf_is_gone_for_that_mfe) {
    members();
    bound_1();
    during(&c[0], CB_RPF, unbound_1);
    packet(1, S, G, 100);
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0 3,0]");
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
}

TEST(a_veto_outlives_a_boundary_in_its_creation_alert) {
    members();
    client_veto(&c[1], 2, NULL);
    during(&c[1], CB_CREATE, bound_and_unbound_2);
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
}

TEST(a_membership_made_at_a_boundary_in_the_creation_alert_applies_later) {
    members();
    client_veto(&c[1], 2, NULL);
    during(&c[1], CB_CREATE, join_at_the_boundary);
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
    unbound_2();
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
}

TEST(a_boundary_set_during_a_renewal_holds) {
    members();
    packet(1, S, G, 100);
    during(&c[1], CB_CREATE, bound_2);
    advance(900);
    CHECK_EQ(counters().ullRenewed, 1);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
}

TEST(a_boundary_set_inside_its_own_callback_alerts_the_client_too) {
    filled_entries();
    during(&c[0], CB_JOIN, bound_1);
    CHECK_OK(member_add(&c[1], "0", "239.3.1.1", 2, JOIN));
    expect_nothing_at_all();
    CHECK_OK(member_add(&c[1], "10.0.0.9", "239.3.1.1", 2, JOIN));
    expect(&c[0], "JOIN 10.0.0.9/32 239.3.1.1/32 member",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward");
    expect_nothing_at_all();
}

/* Groups, masks, lifetime, enumeration */

TEST(group_0_means_all_groups) {
    filled_entries();
    CHECK_OK(MgmHostAddBoundary(2, 0, 0));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
    CHECK_TEXT(mfe_path(S, OTHER), "in=1 out=[3,0]");
    CHECK_OK(MgmHostDeleteBoundary(2, 0, 0));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
    CHECK_TEXT(mfe_path(S, OTHER), "in=1 out=[2,0 3,0]");
}

TEST(a_boundary_may_come_before_the_interface_is_taken) {
    two_protocols();
    CHECK_OK(boundary_add(7, G));
    REQUIRE_OK(if_take(&c[1], 7));
    REQUIRE_OK(member_add(&c[1], "0", "0", 7, JOIN));
    packet(1, S, G, 100);
    packet(1, S, OTHER, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    CHECK_TEXT(mfe_path(S, OTHER), "in=1 out=[7,0]");
}

TEST(a_boundary_stays_when_the_interface_changes_hands) {
    filled_entries();
    CHECK_OK(boundary_add(2, G));
    REQUIRE_OK(if_release(&c[1], 2));
    REQUIRE_OK(if_take(&c[0], 2));
    REQUIRE_OK(member_add(&c[0], "0", "0", 2, JOIN));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
    CHECK_TEXT(mfe_path(S, OTHER), "in=1 out=[2,0 3,0]");
    CHECK_TEXT(boundaries(), "2 239.1.1.1/32");
}

TEST(a_boundary_stays_until_the_manager_stops) {
    host_start_memory();
    CHECK_OK(boundary_add(2, G));
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    CHECK_OK(client_deregister(&c[0]));
    CHECK_TEXT(boundaries(), "2 239.1.1.1/32");
    host_stop();
    CHECK_TEXT(boundaries(), "");
    host_start_memory();
    CHECK_TEXT(boundaries(), "");
}

TEST(a_boundary_before_the_first_registration_goes_with_the_last_client) {
    CHECK_OK(boundary_add(2, G));
    CHECK_ERROR(MgmHostStart(NULL), ERROR_ALREADY_EXISTS);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    CHECK_TEXT(boundaries(), "2 239.1.1.1/32");
    CHECK_OK(client_deregister(&c[0]));
    CHECK_TEXT(boundaries(), "");
}

TEST(boundaries_are_read_in_order) {
    MGM_HOST_BOUNDARY at;
    host_start_memory();
    CHECK_TEXT(boundaries(), "");
    CHECK_OK(boundary_add(300, G));
    CHECK_OK(boundary_add(2, "239.128.0.0/9"));
    CHECK_OK(boundary_add(2, "0"));
    CHECK_OK(MgmHostAddBoundary(2, ip("239.1.0.1"), 0));
    CHECK_OK(boundary_add(2, "239.1.0.0/16"));
    CHECK_OK(boundary_add(2, "239.1.0.0"));
    CHECK_OK(boundary_add(1, "232.0.0.0/8"));
    CHECK_TEXT(boundaries(), "1 232.0.0.0/8; 2 0/0; 2 239.1.0.0/16; 2 239.1.0.0/32; 2 239.1.0.1/32; "
                             "2 239.128.0.0/9; 300 239.1.1.1/32");
    /* From one that is not there. */
    at.dwIfIndex = 2;
    at.dwGroup = ip("239.1.0.0");
    at.dwMask = ip_mask(24);
    CHECK_OK(MgmHostGetNextBoundary(&at));
    CHECK_EQ(at.dwIfIndex, 2);
    CHECK_EQ(at.dwGroup, ip("239.1.0.0"));
    CHECK_EQ(at.dwMask, 0xFFFFFFFF);
    at.dwIfIndex = 0xFFFFFFFF;
    CHECK_ERROR(MgmHostGetNextBoundary(&at), ERROR_NO_MORE_ITEMS);
    CHECK_EQ(at.dwIfIndex, 0xFFFFFFFF);
    CHECK_EQ(at.dwGroup, ip("239.1.0.0"));
}

TEST(adding_a_boundary_that_is_there_changes_nothing) {
    filled_entries();
    CHECK_OK(boundary_add(2, G));
    clear_all();
    UNCHANGED(&c[0], CHECK_OK(boundary_add(2, G)));
    UNCHANGED(&c[0], CHECK_OK(MgmHostAddBoundary(2, ip(G), 0)));
    CHECK_TEXT(boundaries(), "2 239.1.1.1/32");
    CHECK_OK(boundary_delete(2, G));
    CHECK_TEXT(boundaries(), "");
}

TEST(many_boundaries_are_kept_apart) {
    MGM_HOST_BOUNDARY at = {0, 0, 0};
    host_start_memory();
    for (DWORD i = 1000; i > 0; i--)
        CHECK_OK(MgmHostAddBoundary(i % 10 + 1, to_network(0xEF000000 + i), 0));
    for (DWORD i = 2; i <= 1000; i += 2)
        CHECK_OK(MgmHostDeleteBoundary(i % 10 + 1, to_network(0xEF000000 + i), 0));
    for (DWORD if_index = 2; if_index <= 10; if_index += 2)
        for (DWORD i = if_index - 1; i <= 1000; i += 10) {
            CHECK_OK(MgmHostGetNextBoundary(&at));
            CHECK_EQ(at.dwIfIndex, if_index);
            CHECK_EQ(to_host(at.dwGroup), 0xEF000000 + i);
        }
    CHECK_ERROR(MgmHostGetNextBoundary(&at), ERROR_NO_MORE_ITEMS);
}

TEST(boundary_errors) {
    static const struct {
        DWORD if_index;
        const char *group, *mask;
    } bad[] = {
        {0, G, "255.255.255.255"},        {0, "0", "0"},
        {2, "0", "255.255.255.255"},      {2, "0", "240.0.0.0"},
        {2, G, "255.255.0.255"},          {2, G, "255.255.0.0"},
        {2, "10.0.0.0", "255.0.0.0"},     {2, "10.0.0.1", "0"},
        {2, "224.0.0.0", "224.0.0.0"},    {2, "240.0.0.1", "255.255.255.255"},
    };
    filled_entries();
    CHECK_OK(boundary_add(2, G));
    clear_all();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        DWORD group = ip(bad[i].group), mask = ip(bad[i].mask);
        UNCHANGED(&c[0], CHECK_ERROR(MgmHostAddBoundary(bad[i].if_index, group, mask),
                                     ERROR_INVALID_PARAMETER));
        UNCHANGED(&c[0], CHECK_ERROR(MgmHostDeleteBoundary(bad[i].if_index, group, mask),
                                     ERROR_INVALID_PARAMETER));
    }
    UNCHANGED(&c[0], CHECK_ERROR(boundary_delete(3, G), ERROR_NOT_FOUND));
    UNCHANGED(&c[0], CHECK_ERROR(boundary_delete(2, "239.1.1.2"), ERROR_NOT_FOUND));
    UNCHANGED(&c[0], CHECK_ERROR(boundary_delete(2, "239.1.0.0/16"), ERROR_NOT_FOUND));
    CHECK_ERROR(MgmHostGetNextBoundary(NULL), ERROR_INVALID_PARAMETER);
    CHECK_TEXT(boundaries(), "2 239.1.1.1/32");
}
