/* rules.md section 5: alerts about MFEs that fill and become empty (FALSE). */
#include "host.h"

#include <stdio.h>

#define S "10.0.0.1"
#define G "239.1.1.1"

/* c0 owns 1 (towards 10.0.0.0/24) and 4; c1 owns 2 and 3. */
static void two_protocols(void) {
    host_start_memory();
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], 101, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[0], 4));
    REQUIRE_OK(if_take(&c[1], 2));
    REQUIRE_OK(if_take(&c[1], 3));
}

/* ... with an empty MFE (S,G). */
static void empty_entry(void) {
    two_protocols();
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    clear_all();
}

/* ... with an MFE (S,G) to 2, by c1's (*,G). */
static void filled_entry(void) {
    two_protocols();
    REQUIRE_OK(member_add(&c[1], "0", G, 2, JOIN));
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
    clear_all();
}

/* Who gets them, and when */

TEST(the_first_oif_joins_at_the_iifs_owner_with_the_exact_source_and_group) {
    empty_entry();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member", "JOIN 10.0.0.1/32 239.1.1.1/32 forward");
    expect_nothing_at_all();
}

TEST(further_oifs_join_nothing) {
    filled_entry();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
    expect_nothing_at_all();
}

TEST(the_last_oif_prunes_at_the_iifs_owner_and_is_named) {
    filled_entry();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    clear_all();
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[1], "0", G, 3, JOIN));
    expect(&c[0], "PRUNE 0/0 239.1.1.1/32 if=3,0 member",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=3,0 forward");
    expect_nothing_at_all();
}

TEST(a_prune_names_the_next_hop_of_the_oif) {
    two_protocols();
    CHECK_OK(if_take_hop(&c[1], 20, "10.20.0.7"));
    CHECK_OK(member_add_hop(&c[1], S, G, 20, "10.20.0.7", JOIN));
    packet(1, S, G, 100);
    clear_all();
    CHECK_OK(member_delete_hop(&c[1], S, G, 20, "10.20.0.7", FORWARD));
    expect_all("c0 PRUNE 10.0.0.1/32 239.1.1.1/32 if=20,10.20.0.7 forward");
}

TEST(every_covered_mfe_is_told_of_with_its_own_source) {
    two_protocols();
    packet(1, "10.0.0.1", G, 100);
    packet(1, "10.0.0.2", G, 100);
    packet(1, "10.0.0.2", "239.1.1.2", 100);
    clear_all();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    expect_any_order(&c[0], "JOIN 0/0 239.1.1.1/32 member",
                     "JOIN 10.0.0.1/32 239.1.1.1/32 forward",
                     "JOIN 10.0.0.2/32 239.1.1.1/32 forward");
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    expect_any_order(&c[0], "PRUNE 0/0 239.1.1.1/32 if=2,0 member",
                     "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward",
                     "PRUNE 10.0.0.2/32 239.1.1.1/32 if=2,0 forward");
}

TEST(forward_alone_that_fills_or_empties_is_told) {
    filled_entry();
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    expect_all("c0 PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward");
    CHECK_OK(member_add(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
    expect_all("c0 JOIN 10.0.0.1/32 239.1.1.1/32 forward");
}

TEST(a_regraft_of_a_membership_that_is_there_is_told) {
    filled_entry();
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    clear_all();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN | FORWARD));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
    expect_all("c0 JOIN 10.0.0.1/32 239.1.1.1/32 forward");
}

TEST(pruning_what_is_pruned_and_grafting_what_is_there_tells_nobody) {
    filled_entry();
    CHECK_OK(member_add(&c[1], S, G, 2, FORWARD));
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    clear_all();
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_OK(member_delete(&c[1], S, G, 3, FORWARD));
    expect_nothing_at_all();
}

TEST(without_an_mfe_nothing_is_told) {
    two_protocols();
    CHECK_OK(member_add(&c[1], S, G, 2, FORWARD));
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    expect_nothing_at_all();
}

/* The client's own call */

TEST(the_iifs_owner_is_not_told_of_its_own_calls) {
    empty_entry();
    CHECK_OK(member_add(&c[0], "0", G, 4, JOIN));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[4,0]");
    CHECK_OK(member_delete(&c[0], S, G, 4, FORWARD));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    CHECK_OK(member_add(&c[0], S, G, 4, FORWARD));
    CHECK_OK(member_delete(&c[0], "0", G, 4, JOIN));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    expect_nothing(&c[0]);
}

TEST(the_iifs_owner_is_not_told_of_its_own_release) {
    two_protocols();
    CHECK_OK(member_add(&c[0], "0", G, 4, JOIN));
    packet(1, S, G, 100);
    clear_all();
    CHECK_OK(if_release(&c[0], 4));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    expect_nothing(&c[0]);
}

TEST(igmps_call_is_not_the_call_of_its_interfaces_owner) {
    empty_entry();
    REQUIRE_OK(client_register(&c[2], PROTO_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[2], 4));
    clear_all();
    CHECK_OK(member_add(&c[2], "0", G, 4, JOIN));
    expect(&c[0], "LOCALJOIN 0/0 239.1.1.1/32 if=4,0",
           "JOIN 10.0.0.1/32 239.1.1.1/32 forward");
    CHECK_OK(member_delete(&c[2], "0", G, 4, JOIN));
    expect(&c[0], "LOCALLEAVE 0/0 239.1.1.1/32 if=4,0",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=4,0 forward");
    expect_nothing(&c[2]);
}

TEST(igmp_alone_on_the_iif_is_told) {
    two_protocols();
    REQUIRE_OK(client_register(&c[2], PROTO_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[2], 40));
    route("10.4.0.0/16", 40, NULL, 3);
    packet(40, "10.4.0.1", G, 100);
    clear_all();
    CHECK_OK(member_add(&c[1], "10.4.0.1", G, 2, JOIN));
    expect(&c[2], "JOIN 10.4.0.1/32 239.1.1.1/32 member", "JOIN 10.4.0.1/32 239.1.1.1/32 forward");
    CHECK_OK(member_delete(&c[1], "10.4.0.1", G, 2, JOIN));
    expect(&c[2], "PRUNE 10.4.0.1/32 239.1.1.1/32 if=2,0 member",
           "PRUNE 10.4.0.1/32 239.1.1.1/32 if=2,0 forward");
    expect_nothing(&c[0]);
}

TEST(others_release_that_empties_is_told) {
    filled_entry();
    CHECK_OK(if_release(&c[1], 2));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    expect_any_order(&c[0], "PRUNE 0/0 239.1.1.1/32 if=2,0 member",
                     "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward");
}

/* Creation */

TEST(an_mfe_created_empty_is_pruned_without_an_interface) {
    two_protocols();
    packet(1, S, G, 100);
    expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=20 route=yes",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward");
    expect_nothing_at_all();
}

TEST(an_mfe_created_with_oifs_is_told_by_no_alert) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    clear_all();
    packet(1, S, G, 100);
    expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=20 route=yes");
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0]");
}

TEST(an_mfe_emptied_by_others_vetoes_is_pruned) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    client_veto(&c[1], 2, NULL);
    client_veto(&c[1], 3, NULL);
    clear_all();
    packet(1, S, G, 100);
    expect_all("c0 RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=20 route=yes",
               "c1 CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0 3,0]",
               "c0 PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward");
}

TEST(an_mfe_emptied_by_the_owners_own_veto_is_pruned) {
    two_protocols();
    CHECK_OK(member_add(&c[0], "0", G, 4, JOIN));
    client_veto(&c[0], 4, NULL);
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=20 route=yes",
           "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[4,0]",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward");
}

TEST(an_mfe_emptied_by_several_vetoes_at_renewal_names_the_lowest_oif) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    packets(1, S, G, 100, 2);
    client_veto(&c[1], 2, NULL);
    client_veto(&c[1], 3, NULL);
    clear_all();
    advance(900);
    expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=0 route=yes",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward");
}

TEST(an_empty_mfe_whose_iif_nobody_holds_tells_nobody) {
    two_protocols();
    route("10.5.0.0/16", 50, NULL, 3);
    packet(50, "10.5.0.1", G, 100);
    CHECK(mfe_get("10.5.0.1", G, &(struct mfe_room){0}));
    CHECK_OK(member_add(&c[1], "10.5.0.1", G, 2, JOIN));
    CHECK_OK(member_delete(&c[1], "10.5.0.1", G, 2, JOIN));
    expect_nothing_at_all();
}

/* A construction that c1's creation alert, or c0's RPF, changes from inside. */
static void add_member_2(struct client *client, const struct event *event) {
    (void)client, (void)event;
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
}

TEST(a_member_that_comes_during_the_creation_makes_no_forward_alert) {
    two_protocols();
    c[0].hook = add_member_2;
    c[0].hook_kinds = CB_RPF;
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
    expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=20 route=yes",
           "JOIN 10.0.0.1/32 239.1.1.1/32 member");
}

static void delete_member_2(struct client *client, const struct event *event) {
    (void)client, (void)event;
    CHECK_OK(member_delete(&c[1], S, G, 2, JOIN));
}

TEST(a_member_that_leaves_during_the_creation_makes_it_empty_and_pruned) {
    two_protocols();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    clear_all();
    c[1].hook = delete_member_2;
    c[1].hook_kinds = CB_CREATE;
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=20 route=yes",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 member",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward");
}

/* *pdwTimeout */

static const char *empty_with(unsigned timeout, unsigned expiry, unsigned age) {
    static char text[200];
    snprintf(text, sizeof text,
             "10.0.0.1 239.1.1.1 in=1 out=[] up=0 timeout=%u expiry=%u age=%u proto=100 route=3 "
             "10.0.0.0/24",
             timeout, expiry, age);
    return text;
}

static void check_timeout_pointer(struct client *client, const struct event *event) {
    CHECK(!event->timeout_null);
    CHECK_EQ(event->timeout, 900);
    client->hook_context = client;
}

TEST(the_timeout_comes_in_as_900) {
    filled_entry();
    c[0].hook = check_timeout_pointer;
    c[0].hook_kinds = CB_PRUNE;
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK(c[0].hook_context == &c[0]);
    expect(&c[0], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward");
    CHECK_TEXT(mfe(S, G), empty_with(900, 900, 0));
}

TEST(the_answer_is_the_lifetime_of_the_empty_mfe) {
    filled_entry();
    advance(100);
    c[0].prune_answers = true;
    c[0].prune_timeout = 10;
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(mfe(S, G), empty_with(10, 10, 100));
    advance_ms(9999);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    advance_ms(1);
    CHECK_TEXT(mfe_path(S, G), "none");
    /* The next packet makes a new one. */
    clear_all();
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
    CHECK_EQ(event_total(&c[0], CB_RPF), 2);
}

TEST(the_answer_may_be_longer_than_900) {
    filled_entry();
    c[0].prune_answers = true;
    c[0].prune_timeout = 2000;
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(mfe(S, G), empty_with(2000, 2000, 0));
    advance(1999);
    CHECK_TEXT(mfe(S, G), empty_with(2000, 1, 1999));
    advance(1);
    CHECK_TEXT(mfe_path(S, G), "none");
}

TEST(an_unchanged_answer_restarts_the_lifetime_at_900) {
    filled_entry();
    advance(500);
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(mfe(S, G), empty_with(900, 900, 500));
    advance(899);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    advance(1);
    CHECK_TEXT(mfe_path(S, G), "none");
}

TEST(the_answer_counts_for_an_mfe_created_empty) {
    two_protocols();
    c[0].prune_answers = true;
    c[0].prune_timeout = 30;
    packet(1, S, G, 100);
    CHECK_TEXT(mfe(S, G), empty_with(30, 30, 0));
    advance(29);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    advance(1);
    CHECK_TEXT(mfe_path(S, G), "none");
}

static void advance_five_seconds(struct client *client, const struct event *event) {
    (void)client, (void)event;
    advance(5);
}

TEST(the_answer_counts_from_the_callbacks_return) {
    filled_entry();
    c[0].prune_answers = true;
    c[0].prune_timeout = 10;
    c[0].hook = advance_five_seconds;
    c[0].hook_kinds = CB_PRUNE;
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(mfe(S, G), empty_with(10, 10, 5));
}

TEST(an_answer_of_0_means_900) {
    filled_entry();
    c[0].prune_answers = true;
    c[0].prune_timeout = 0;
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(mfe(S, G), empty_with(900, 900, 0));
    advance(899);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    advance(1);
    CHECK_TEXT(mfe_path(S, G), "none");
}

TEST(the_longest_answer_is_taken_as_it_is) {
    filled_entry();
    c[0].prune_answers = true;
    c[0].prune_timeout = 42949672;
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(mfe(S, G), empty_with(42949672, 42949672, 0));
    advance(42949671);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    advance(1);
    CHECK_TEXT(mfe_path(S, G), "none");
}

TEST(an_answer_above_the_longest_is_the_longest) {
    filled_entry();
    c[0].prune_answers = true;
    c[0].prune_timeout = 42949673;
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(mfe(S, G), empty_with(42949672, 42949672, 0));
    CHECK_OK(member_add(&c[1], S, G, 2, FORWARD));
    c[0].prune_timeout = 0xFFFFFFFF;
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(mfe(S, G), empty_with(42949672, 42949672, 0));
}

/* Inside c0's PRUNE: its own interface is added, so the list is no longer empty. */
static void fill_inside(struct client *client, const struct event *event) {
    (void)event;
    CHECK_OK(member_add(client, "0", G, 4, JOIN));
}

TEST(the_answer_is_ignored_when_the_list_filled_meanwhile) {
    filled_entry();
    c[0].prune_answers = true;
    c[0].prune_timeout = 10;
    c[0].hook = fill_inside;
    c[0].hook_kinds = CB_PRUNE;
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[4,0] up=0 timeout=900 expiry=900 age=0 "
                          "proto=100 route=3 10.0.0.0/24");
    advance(11);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[4,0]");
}

/* Inside c0's PRUNE: the entry goes, and c0 makes a new one and empties it itself, so that no
   other PRUNE can set its lifetime. */
static void replace_the_entry(struct client *client, const struct event *event) {
    (void)event;
    CHECK_OK(if_release(client, 1));
    CHECK_TEXT(mfe_path(S, G), "none");
    CHECK_OK(if_take(client, 1));
    CHECK_OK(member_add(client, S, G, 4, JOIN));
    client_veto(&c[1], 2, NULL);
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[4,0]");
    CHECK_OK(member_delete(client, S, G, 4, FORWARD));
}

TEST(the_answer_is_ignored_when_the_entry_is_gone) {
    filled_entry();
    c[0].prune_answers = true;
    c[0].prune_timeout = 10;
    c[0].hook = replace_the_entry;
    c[0].hook_kinds = CB_PRUNE;
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_EQ(event_total(&c[0], CB_PRUNE), 1);
    CHECK_TEXT(mfe(S, G), empty_with(900, 900, 0));
    advance(11);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
}

TEST(the_lifetime_is_900_again_when_the_list_fills) {
    filled_entry();
    c[0].prune_answers = true;
    c[0].prune_timeout = 10;
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    advance(4);
    CHECK_OK(member_add(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[2,0] up=0 timeout=900 expiry=900 age=4 "
                          "proto=100 route=3 10.0.0.0/24");
    advance(899);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(a_long_lifetime_is_900_again_when_the_list_fills) {
    filled_entry();
    c[0].prune_answers = true;
    c[0].prune_timeout = 5000;
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    advance(4);
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[3,0] up=0 timeout=900 expiry=900 age=4 "
                          "proto=100 route=3 10.0.0.0/24");
}

TEST(a_change_that_does_not_fill_leaves_the_answered_lifetime) {
    filled_entry();
    c[0].prune_answers = true;
    c[0].prune_timeout = 10;
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    advance(4);
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN)); /* the iif */
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 3, JOIN));
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    CHECK_TEXT(mfe(S, G), empty_with(10, 6, 4));
}

TEST(each_mfe_has_the_lifetime_its_own_prune_answered) {
    two_protocols();
    c[0].prune_answers = true;
    c[0].prune_timeout = 10;
    packet(1, "10.0.0.1", G, 100);
    c[0].prune_timeout = 20;
    packet(1, "10.0.0.2", G, 100);
    packet(1, "10.0.0.1", "239.1.1.2", 100);
    advance(10);
    CHECK_TEXT(mfe_path("10.0.0.1", G), "none");
    CHECK_TEXT(mfe_path("10.0.0.2", G), "in=1 out=[]");
    advance(10);
    CHECK_EQ(mfe_count(), 0);
}

TEST(without_a_prune_callback_the_lifetime_stays_900) {
    host_start_memory();
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL & ~CB_PRUNE));
    REQUIRE_OK(if_take(&c[0], 1));
    packet(1, S, G, 100);
    CHECK_TEXT(mfe(S, G), empty_with(900, 900, 0));
}

/* Order */

TEST(true_comes_before_false_when_one_call_causes_both) {
    empty_entry();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    expect(&c[0], "JOIN 10.0.0.1/32 239.1.1.1/32 member",
           "JOIN 10.0.0.1/32 239.1.1.1/32 forward");
    CHECK_OK(member_delete(&c[1], S, G, 2, JOIN));
    expect(&c[0], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 member",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward");
}

/* Many MFEs at once */

#define MANY 1500

static const char *group_number(unsigned i) {
    static char text[32];
    snprintf(text, sizeof text, "239.2.%u.%u", i / 250, i % 250);
    return text;
}

TEST(each_of_many_mfes_that_one_call_fills_or_empties_is_told) {
    two_protocols();
    for (unsigned i = 0; i < MANY; i++)
        packet(1, S, group_number(i), 100);
    CHECK_EQ(event_total(&c[0], CB_PRUNE), MANY);
    c[0].quiet = true;
    for (unsigned round = 1; round <= 3; round++) {
        CHECK_OK(member_add(&c[1], "0", "0", 2, JOIN));
        CHECK_EQ(event_total(&c[0], CB_JOIN), round * (MANY + 1));
        CHECK_TEXT(mfe_path(S, group_number(round)), "in=1 out=[2,0]");
        switch (round) {
        case 1:
            CHECK_OK(member_delete(&c[1], "0", "0", 2, JOIN));
            break;
        case 2:
            CHECK_OK(if_release(&c[1], 2));
            CHECK_OK(if_take(&c[1], 2));
            break;
        default:
            CHECK_OK(member_delete(&c[1], "0", "0", 2, FORWARD));
        }
        CHECK_TEXT(mfe_path(S, group_number(round)), "in=1 out=[]");
        CHECK_EQ(event_total(&c[0], CB_PRUNE), MANY + round * MANY + (round < 3 ? round : 2));
    }
}

TEST(each_of_many_memberships_that_end_with_an_interface_is_told) {
    two_protocols();
    c[0].quiet = true;
    for (unsigned i = 0; i < MANY; i++) {
        CHECK_OK(member_add(&c[1], "0", group_number(i), 2, JOIN));
        packet(1, S, group_number(i), 100);
    }
    clear_all();
    CHECK_OK(if_release(&c[1], 2));
    CHECK_EQ(event_total(&c[0], CB_PRUNE), 2 * MANY);
    expect_nothing(&c[1]);
}
