/* rules.md section 4: alerts about memberships (TRUE), and LOCAL_JOIN / LOCAL_LEAVE. */
#include "host.h"

#include <stdio.h>

#define S "10.0.0.1"
#define G "239.1.1.1"

/* Routing protocols c0 to c3, each with two interfaces: c0 has 1 and 11, c1 has 2 and 12,
   and so on. The way to 10.0.0.0/24 is interface 1, c0's. */
static void four_protocols(void) {
    host_start_memory();
    route("10.0.0.0/24", 1, NULL, 3);
    for (DWORD i = 0; i < 4; i++) {
        REQUIRE_OK(client_register(&c[i], 100 + i, 1, CB_ALL));
        REQUIRE_OK(if_take(&c[i], 1 + i));
        REQUIRE_OK(if_take(&c[i], 11 + i));
    }
}

/* IGMP is c4, on the interface given. */
static void igmp_on(DWORD if_index) {
    if (c[4].handle == NULL)
        REQUIRE_OK(client_register(&c[4], PROTO_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[4], if_index));
    clear_all();
}

/* (*,G) joins */

TEST(first_client_of_a_group_is_told_to_all_others) {
    four_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[2], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[3], "JOIN 0/0 239.1.1.1/32 member");
    expect_nothing(&c[1]);
}

TEST(clients_without_interfaces_and_igmp_are_told_too) {
    four_protocols();
    REQUIRE_OK(client_register(&c[4], PROTO_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[5], 105, 1, CB_ALL));
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    expect(&c[4], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[5], "JOIN 0/0 239.1.1.1/32 member");
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    expect(&c[4], "PRUNE 0/0 239.1.1.1/32 if=2,0 member");
    expect(&c[5], "PRUNE 0/0 239.1.1.1/32 if=2,0 member");
}

TEST(second_client_of_a_group_is_told_to_the_first_alone) {
    four_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    expect_all("c1 JOIN 0/0 239.1.1.1/32 member");
}

TEST(third_and_fourth_client_of_a_group_are_told_to_nobody) {
    four_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[2], "0", G, 3, JOIN));
    CHECK_OK(member_add(&c[3], "0", G, 4, JOIN));
    expect_nothing_at_all();
}

TEST(further_interfaces_of_the_only_client_are_told_to_nobody) {
    four_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[1], "0", G, 12, JOIN));
    expect_nothing_at_all();
    /* It is one client still, so another one is the second. */
    CHECK_OK(member_add(&c[2], "0", G, 3, JOIN));
    expect_all("c1 JOIN 0/0 239.1.1.1/32 member");
}

TEST(further_interfaces_of_the_second_client_are_told_to_nobody) {
    four_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", G, 3, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[2], "0", G, 13, JOIN));
    CHECK_OK(member_add(&c[1], "0", G, 12, JOIN));
    expect_nothing_at_all();
}

TEST(groups_are_counted_apart) {
    four_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[0], "0", "239.1.1.2", 1, JOIN));
    expect_any_order(&c[1], "JOIN 0/0 239.1.1.2/32 member");
    expect(&c[2], "JOIN 0/0 239.1.1.2/32 member");
    expect(&c[3], "JOIN 0/0 239.1.1.2/32 member");
    expect_nothing(&c[0]);
}

TEST(adding_a_membership_that_is_there_tells_nobody) {
    four_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN | FORWARD));
    expect_nothing_at_all();
}

TEST(forward_alone_is_no_membership_and_tells_nobody) {
    four_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, FORWARD));
    expect_nothing_at_all();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    clear_all();
    CHECK_OK(member_delete(&c[1], "0", G, 2, FORWARD));
    expect_nothing_at_all();
    /* c1 counts still. */
    CHECK_OK(member_add(&c[2], "0", G, 3, JOIN));
    expect_all("c1 JOIN 0/0 239.1.1.1/32 member");
}

TEST(join_and_forward_together_alert_like_join) {
    four_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN | FORWARD));
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member");
    clear_all();
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN | FORWARD));
    expect(&c[0], "PRUNE 0/0 239.1.1.1/32 if=2,0 member");
}

/* (*,G) prunes */

TEST(four_clients_become_three_and_two_nobody_is_told) {
    four_protocols();
    for (DWORD i = 0; i < 4; i++)
        CHECK_OK(member_add(&c[i], "0", G, 1 + i, JOIN));
    clear_all();
    CHECK_OK(member_delete(&c[0], "0", G, 1, JOIN));
    CHECK_OK(member_delete(&c[2], "0", G, 3, JOIN));
    expect_nothing_at_all();
}

TEST(two_clients_become_one_the_one_that_remains_is_told) {
    four_protocols();
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    clear_all();
    CHECK_OK(member_delete(&c[0], "0", G, 1, JOIN));
    expect_all("c1 PRUNE 0/0 239.1.1.1/32 if=1,0 member");
}

TEST(one_client_becomes_none_all_the_others_are_told) {
    four_protocols();
    CHECK_OK(member_add(&c[2], "0", G, 3, JOIN));
    clear_all();
    CHECK_OK(member_delete(&c[2], "0", G, 3, JOIN));
    expect(&c[0], "PRUNE 0/0 239.1.1.1/32 if=3,0 member");
    expect(&c[1], "PRUNE 0/0 239.1.1.1/32 if=3,0 member");
    expect(&c[3], "PRUNE 0/0 239.1.1.1/32 if=3,0 member");
    expect_nothing(&c[2]);
}

TEST(only_the_last_interface_of_a_client_is_a_prune_and_it_is_named) {
    four_protocols();
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", G, 12, JOIN));
    clear_all();
    CHECK_OK(member_delete(&c[1], "0", G, 12, JOIN));
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    expect_all("c0 PRUNE 0/0 239.1.1.1/32 if=2,0 member");
}

TEST(a_prune_names_the_next_hop_too) {
    four_protocols();
    CHECK_OK(if_take_hop(&c[1], 20, "10.20.0.7"));
    CHECK_OK(member_add_hop(&c[1], "0", G, 20, "10.20.0.7", JOIN));
    clear_all();
    CHECK_OK(member_delete_hop(&c[1], "0", G, 20, "10.20.0.7", JOIN));
    expect(&c[0], "PRUNE 0/0 239.1.1.1/32 if=20,10.20.0.7 member");
}

TEST(a_group_that_nobody_has_any_more_starts_again) {
    four_protocols();
    CHECK_OK(member_add(&c[2], "0", G, 3, JOIN));
    CHECK_OK(member_delete(&c[2], "0", G, 3, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[2], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[3], "JOIN 0/0 239.1.1.1/32 member");
}

/* (*,*) and ranges */

static void follows_the_table(const char *source, const char *group, const char *join,
                              const char *prune) {
    four_protocols();
    CHECK_OK(member_add(&c[0], source, group, 1, JOIN));
    expect(&c[1], join);
    expect(&c[2], join);
    expect(&c[3], join);
    expect_nothing(&c[0]);
    CHECK_OK(member_add(&c[0], source, group, 11, JOIN));
    expect_nothing_at_all();
    CHECK_OK(member_add(&c[1], source, group, 2, JOIN));
    expect(&c[0], join);
    expect_nothing_at_all();
    CHECK_OK(member_add(&c[2], source, group, 3, JOIN));
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[0], source, group, 1, JOIN));
    CHECK_OK(member_delete(&c[0], source, group, 11, JOIN));
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[1], source, group, 2, JOIN));
    expect(&c[2], prune); /* if=2,0 */
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[2], source, group, 3, JOIN));
    CHECK_EQ(event_count(&c[0]), 1);
    CHECK_EQ(event_count(&c[1]), 1);
    CHECK_EQ(event_count(&c[3]), 1);
    expect_nothing(&c[2]);
}

TEST(all_sources_and_groups_follow_the_table) {
    follows_the_table("0", "0", "JOIN 0/0 0/0 member", "PRUNE 0/0 0/0 if=2,0 member");
}

TEST(group_ranges_follow_the_table) {
    follows_the_table("0", "239.1.0.0/16", "JOIN 0/0 239.1.0.0/16 member",
                      "PRUNE 0/0 239.1.0.0/16 if=2,0 member");
}

TEST(source_ranges_follow_the_table) {
    follows_the_table("10.0.0.0/24", G, "JOIN 10.0.0.0/24 239.1.1.1/32 member",
                      "PRUNE 10.0.0.0/24 239.1.1.1/32 if=2,0 member");
}

TEST(a_source_with_a_group_range_follows_the_table) {
    follows_the_table(S, "239.1.1.0/24", "JOIN 10.0.0.1/32 239.1.1.0/24 member",
                      "PRUNE 10.0.0.1/32 239.1.1.0/24 if=2,0 member");
}

/* Entries that count for others */

TEST(an_all_groups_client_counts_for_every_group) {
    four_protocols();
    CHECK_OK(member_add(&c[0], "0", "0", 1, JOIN));
    clear_all();
    /* c1 is the second client of G. */
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    expect_all("c0 JOIN 0/0 239.1.1.1/32 member");
    /* c2 the third. */
    CHECK_OK(member_add(&c[2], "0", G, 3, JOIN));
    expect_nothing_at_all();
}

TEST(the_last_member_beside_an_all_groups_client_is_pruned_to_that_client) {
    four_protocols();
    CHECK_OK(member_add(&c[0], "0", "0", 1, JOIN));
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    clear_all();
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    expect_all("c0 PRUNE 0/0 239.1.1.1/32 if=2,0 member");
}

TEST(a_client_that_counts_already_is_no_new_client) {
    four_protocols();
    CHECK_OK(member_add(&c[0], "0", "0", 1, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    CHECK_OK(member_add(&c[0], "0", G, 11, JOIN));
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[0], "0", G, 1, JOIN));
    CHECK_OK(member_delete(&c[0], "0", G, 11, JOIN));
    expect_nothing_at_all();
}

TEST(joining_a_wider_entry_alerts_for_itself_alone) {
    four_protocols();
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    clear_all();
    /* c1 becomes the second client of G, but that is not told. */
    CHECK_OK(member_add(&c[1], "0", "0", 2, JOIN));
    expect(&c[0], "JOIN 0/0 0/0 member");
    expect(&c[2], "JOIN 0/0 0/0 member");
    expect(&c[3], "JOIN 0/0 0/0 member");
    expect_nothing(&c[1]);
    /* It counts, though: c2 is the third client of G. */
    CHECK_OK(member_add(&c[2], "0", G, 3, JOIN));
    expect_nothing_at_all();
}

TEST(leaving_a_wider_entry_alerts_for_itself_alone) {
    four_protocols();
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    CHECK_OK(member_add(&c[1], "0", "0", 2, JOIN));
    clear_all();
    CHECK_OK(member_delete(&c[1], "0", "0", 2, JOIN));
    expect(&c[0], "PRUNE 0/0 0/0 if=2,0 member");
    expect(&c[2], "PRUNE 0/0 0/0 if=2,0 member");
    expect(&c[3], "PRUNE 0/0 0/0 if=2,0 member");
    expect_nothing(&c[1]);
    /* It counts no more: c2 is the second client of G. */
    CHECK_OK(member_add(&c[2], "0", G, 3, JOIN));
    expect_all("c0 JOIN 0/0 239.1.1.1/32 member");
}

TEST(a_client_with_several_counting_entries_is_one_client) {
    four_protocols();
    CHECK_OK(member_add(&c[0], "0", "0", 1, JOIN));
    CHECK_OK(member_add(&c[0], "0", "239.1.0.0/16", 1, JOIN));
    CHECK_OK(member_add(&c[0], "0", G, 11, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    expect_all("c0 JOIN 0/0 239.1.1.1/32 member");
    /* It stays one as long as any of them is there. */
    CHECK_OK(member_delete(&c[0], "0", G, 11, JOIN));
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    expect_all("c0 PRUNE 0/0 239.1.1.1/32 if=2,0 member");
}

TEST(all_sources_and_groups_count_for_a_range) {
    four_protocols();
    CHECK_OK(member_add(&c[0], "0", "0", 1, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[1], "10.0.0.0/24", "239.1.0.0/16", 2, JOIN));
    expect_all("c0 JOIN 10.0.0.0/24 239.1.0.0/16 member");
    CHECK_OK(member_add(&c[2], "0", "239.0.0.0/8", 3, JOIN));
    expect_all("c0 JOIN 0/0 239.0.0.0/8 member");
    /* c2's range lies around c1's: c0, c1 and c2 count for it, c3 is the fourth. */
    CHECK_OK(member_add(&c[3], "10.0.0.0/24", "239.1.0.0/16", 4, JOIN));
    expect_nothing_at_all();
}

TEST(overlapping_ranges_that_do_not_contain_each_other_count_apart) {
    four_protocols();
    CHECK_OK(member_add(&c[0], "10.0.0.0/8", "239.1.1.0/24", 1, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[1], "10.0.0.0/24", "239.1.0.0/16", 2, JOIN));
    expect(&c[0], "JOIN 10.0.0.0/24 239.1.0.0/16 member");
    expect(&c[2], "JOIN 10.0.0.0/24 239.1.0.0/16 member");
    expect(&c[3], "JOIN 10.0.0.0/24 239.1.0.0/16 member");
}

TEST(a_range_counts_for_what_lies_within_it) {
    four_protocols();
    CHECK_OK(member_add(&c[0], "0", "239.1.0.0/16", 1, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    expect_all("c0 JOIN 0/0 239.1.1.1/32 member");
    CHECK_OK(member_add(&c[1], "0", "239.1.1.0/24", 2, JOIN));
    expect_all("c0 JOIN 0/0 239.1.1.0/24 member");
    CHECK_OK(member_add(&c[1], "10.0.0.0/24", G, 2, JOIN));
    /* c1's own (*,G) counts for it as well: no new client. */
    expect_nothing_at_all();
    CHECK_OK(member_add(&c[2], "10.0.0.0/24", "239.1.2.0/24", 3, JOIN));
    expect_all("c0 JOIN 10.0.0.0/24 239.1.2.0/24 member");
}

TEST(a_range_counts_for_nothing_outside_it) {
    four_protocols();
    CHECK_OK(member_add(&c[0], "0", "239.1.0.0/16", 1, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[1], "0", "239.2.1.1", 2, JOIN));
    expect(&c[0], "JOIN 0/0 239.2.1.1/32 member");
    expect(&c[2], "JOIN 0/0 239.2.1.1/32 member");
    expect(&c[3], "JOIN 0/0 239.2.1.1/32 member");
}

TEST(a_narrower_entry_does_not_count_for_a_wider_one) {
    four_protocols();
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[1], "0", "239.1.0.0/16", 2, JOIN));
    expect(&c[0], "JOIN 0/0 239.1.0.0/16 member");
    expect(&c[2], "JOIN 0/0 239.1.0.0/16 member");
    expect(&c[3], "JOIN 0/0 239.1.0.0/16 member");
}

TEST(a_source_range_does_not_count_for_any_source) {
    four_protocols();
    CHECK_OK(member_add(&c[0], "10.0.0.0/24", G, 1, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[2], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[3], "JOIN 0/0 239.1.1.1/32 member");
}

TEST(a_single_source_counts_for_no_wildcard) {
    four_protocols();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[2], "0", G, 3, JOIN));
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[1], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[3], "JOIN 0/0 239.1.1.1/32 member");
}

/* (S,G) */

TEST(a_source_join_goes_to_the_owner_towards_the_source_only) {
    four_protocols();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    expect_all("c0 JOIN 10.0.0.1/32 239.1.1.1/32 member");
}

TEST(only_the_first_other_client_of_a_source_is_told) {
    four_protocols();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[1], S, G, 12, JOIN));
    CHECK_OK(member_add(&c[2], S, G, 3, JOIN));
    expect_nothing_at_all();
}

TEST(a_source_prune_goes_to_the_owner_when_the_last_other_client_leaves) {
    four_protocols();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    CHECK_OK(member_add(&c[1], S, G, 12, JOIN));
    CHECK_OK(member_add(&c[2], S, G, 3, JOIN));
    clear_all();
    CHECK_OK(member_delete(&c[1], S, G, 2, JOIN));
    CHECK_OK(member_delete(&c[2], S, G, 3, JOIN));
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[1], S, G, 12, JOIN));
    expect_all("c0 PRUNE 10.0.0.1/32 239.1.1.1/32 if=12,0 member");
}

TEST(the_owner_towards_the_source_does_not_count) {
    four_protocols();
    CHECK_OK(member_add(&c[0], S, G, 11, JOIN));
    expect_nothing_at_all();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    expect_all("c0 JOIN 10.0.0.1/32 239.1.1.1/32 member");
    /* Its membership remains, and does not hold back the PRUNE. */
    CHECK_OK(member_delete(&c[1], S, G, 2, JOIN));
    expect_all("c0 PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 member");
    CHECK_OK(member_delete(&c[0], S, G, 11, JOIN));
    expect_nothing_at_all();
}

TEST(only_exactly_this_source_and_group_count) {
    four_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "0", 2, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.0/24", G, 2, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.2", G, 2, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[2], S, G, 3, JOIN));
    expect_all("c0 JOIN 10.0.0.1/32 239.1.1.1/32 member");
    CHECK_OK(member_delete(&c[2], S, G, 3, JOIN));
    expect_all("c0 PRUNE 10.0.0.1/32 239.1.1.1/32 if=3,0 member");
}

TEST(a_source_without_a_route_is_told_to_nobody) {
    four_protocols();
    CHECK_OK(member_add(&c[1], "10.9.9.9", G, 2, JOIN));
    CHECK_OK(member_delete(&c[1], "10.9.9.9", G, 2, JOIN));
    expect_nothing_at_all();
}

TEST(a_source_behind_an_interface_nobody_holds_is_told_to_nobody) {
    four_protocols();
    route("10.5.0.0/16", 50, NULL, 3);
    CHECK_OK(member_add(&c[1], "10.5.0.1", G, 2, JOIN));
    CHECK_OK(member_delete(&c[1], "10.5.0.1", G, 2, JOIN));
    expect_nothing_at_all();
}

TEST(the_owner_towards_a_source_behind_a_gateway_is_told) {
    four_protocols();
    CHECK_OK(if_take_hop(&c[3], 1, "10.0.0.254"));
    route("10.5.0.0/16", 1, "10.0.0.254", 3); /* c3 took that pair */
    route("10.6.0.0/16", 1, "10.0.0.253", 3); /* nobody did: (1,0), c0's */
    CHECK_OK(member_add(&c[1], "10.5.0.1", G, 2, JOIN));
    expect_all("c3 JOIN 10.5.0.1/32 239.1.1.1/32 member");
    CHECK_OK(member_add(&c[1], "10.6.0.1", G, 2, JOIN));
    expect_all("c0 JOIN 10.6.0.1/32 239.1.1.1/32 member");
}

TEST(igmp_alone_towards_the_source_is_told) {
    four_protocols();
    igmp_on(40);
    route("10.5.0.0/16", 40, NULL, 3);
    CHECK_OK(member_add(&c[1], "10.5.0.1", G, 2, JOIN));
    expect_all("c4 JOIN 10.5.0.1/32 239.1.1.1/32 member");
    CHECK_OK(member_delete(&c[1], "10.5.0.1", G, 2, JOIN));
    expect_all("c4 PRUNE 10.5.0.1/32 239.1.1.1/32 if=2,0 member");
}

/* (S,G) and routes. No membership left there, so these PRUNEs name no interface: 0. */

TEST(a_moved_route_prunes_at_the_old_owner_and_joins_at_the_new_one) {
    four_protocols();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    clear_all();
    route("10.0.0.0/24", 4, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "none");
    expect(&c[0], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 member");
    expect(&c[3], "JOIN 10.0.0.1/32 239.1.1.1/32 member");
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[1], S, G, 2, JOIN));
    expect_all("c3 PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 member");
}

TEST(a_moved_route_is_told_also_with_an_mfe) {
    four_protocols();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    packet(1, S, G, 100);
    clear_all();
    route("10.0.0.0/24", 4, NULL, 3);
    expect(&c[0], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 member",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward");
    expect(&c[3], "RPF 10.0.0.1 239.1.1.1 if=4,0 up=0 hdr=0 route=yes",
           "JOIN 10.0.0.1/32 239.1.1.1/32 member", "JOIN 10.0.0.1/32 239.1.1.1/32 forward");
    expect_nothing_at_all();
}

TEST(a_more_specific_route_moves_its_sources_only) {
    four_protocols();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.200", G, 2, JOIN));
    clear_all();
    route("10.0.0.128/25", 4, NULL, 3);
    expect(&c[0], "PRUNE 10.0.0.200/32 239.1.1.1/32 if=0,0 member");
    expect(&c[3], "JOIN 10.0.0.200/32 239.1.1.1/32 member");
    expect_nothing_at_all();
    route_delete("10.0.0.128/25");
    expect(&c[3], "PRUNE 10.0.0.200/32 239.1.1.1/32 if=0,0 member");
    expect(&c[0], "JOIN 10.0.0.200/32 239.1.1.1/32 member");
    expect_nothing_at_all();
}

TEST(a_route_that_moves_between_interfaces_of_one_owner_tells_nobody) {
    four_protocols();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    clear_all();
    route("10.0.0.0/24", 11, NULL, 3);
    expect_nothing_at_all();
}

TEST(a_first_route_joins_at_its_owner) {
    four_protocols();
    CHECK_OK(member_add(&c[1], "10.9.9.9", G, 2, JOIN));
    expect_nothing_at_all();
    route("10.9.0.0/16", 3, NULL, 3);
    expect_all("c2 JOIN 10.9.9.9/32 239.1.1.1/32 member");
}

TEST(a_route_that_vanishes_prunes_at_the_old_owner) {
    four_protocols();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    clear_all();
    route_delete("10.0.0.0/24");
    expect_all("c0 PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 member");
}

TEST(a_moved_route_does_not_count_the_owners_own_memberships) {
    four_protocols();
    CHECK_OK(member_add(&c[0], S, G, 11, JOIN));
    expect_nothing_at_all();
    /* For c0 nobody else was there: no PRUNE. For c3, c0 is another client. */
    route("10.0.0.0/24", 4, NULL, 3);
    expect_all("c3 JOIN 10.0.0.1/32 239.1.1.1/32 member");
    /* And back. */
    route("10.0.0.0/24", 1, NULL, 3);
    expect_all("c3 PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 member");
}

TEST(a_moved_route_tells_nobody_of_sources_without_members) {
    four_protocols();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    CHECK_OK(member_delete(&c[1], S, G, 2, JOIN));
    clear_all();
    route("10.0.0.0/24", 4, NULL, 3);
    expect_nothing_at_all();
}

TEST(taking_the_interface_towards_a_source_replays_no_join) {
    four_protocols();
    route("10.5.0.0/16", 50, NULL, 3);
    CHECK_OK(member_add(&c[1], "10.5.0.1", G, 2, JOIN));
    CHECK_OK(if_take(&c[3], 50));
    expect_nothing_at_all();
}

/* IGMP, and who is no originator */

TEST(igmp_on_an_owned_interface_is_the_owners_member_and_both_are_originators) {
    four_protocols();
    igmp_on(1);
    CHECK_OK(member_add(&c[4], "0", G, 1, JOIN));
    expect(&c[0], "LOCALJOIN 0/0 239.1.1.1/32 if=1,0");
    expect(&c[1], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[2], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[3], "JOIN 0/0 239.1.1.1/32 member");
    expect_nothing(&c[4]);
    CHECK_OK(member_delete(&c[4], "0", G, 1, JOIN));
    expect(&c[0], "LOCALLEAVE 0/0 239.1.1.1/32 if=1,0");
    expect(&c[1], "PRUNE 0/0 239.1.1.1/32 if=1,0 member");
    expect(&c[2], "PRUNE 0/0 239.1.1.1/32 if=1,0 member");
    expect(&c[3], "PRUNE 0/0 239.1.1.1/32 if=1,0 member");
    expect_nothing(&c[4]);
}

TEST(igmp_beside_its_owners_own_membership_is_no_further_client) {
    four_protocols();
    igmp_on(1);
    CHECK_OK(member_add(&c[0], "0", G, 11, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[4], "0", G, 1, JOIN));
    expect_all("c0 LOCALJOIN 0/0 239.1.1.1/32 if=1,0");
    CHECK_OK(member_delete(&c[4], "0", G, 1, JOIN));
    expect_all("c0 LOCALLEAVE 0/0 239.1.1.1/32 if=1,0");
}

TEST(igmp_on_an_interface_of_a_second_client_is_told_to_the_first) {
    four_protocols();
    igmp_on(1);
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[4], "0", G, 1, JOIN));
    expect(&c[0], "LOCALJOIN 0/0 239.1.1.1/32 if=1,0");
    expect(&c[1], "JOIN 0/0 239.1.1.1/32 member");
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[4], "0", G, 1, JOIN));
    expect(&c[0], "LOCALLEAVE 0/0 239.1.1.1/32 if=1,0");
    expect(&c[1], "PRUNE 0/0 239.1.1.1/32 if=1,0 member");
    expect_nothing_at_all();
}

TEST(the_owner_credited_with_igmps_member_is_the_first_client) {
    four_protocols();
    igmp_on(1);
    CHECK_OK(member_add(&c[4], "0", G, 1, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    expect_all("c0 JOIN 0/0 239.1.1.1/32 member");
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    expect_all("c0 PRUNE 0/0 239.1.1.1/32 if=2,0 member");
}

TEST(the_owner_counts_as_long_as_it_or_igmp_is_a_member_there) {
    four_protocols();
    igmp_on(1);
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    CHECK_OK(member_add(&c[4], "0", G, 1, JOIN));
    clear_all();
    CHECK_OK(member_delete(&c[0], "0", G, 1, JOIN));
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[4], "0", G, 1, JOIN));
    expect(&c[0], "LOCALLEAVE 0/0 239.1.1.1/32 if=1,0");
    expect(&c[1], "PRUNE 0/0 239.1.1.1/32 if=1,0 member");
    expect_nothing(&c[4]);
}

TEST(igmp_on_two_owners_interfaces_makes_two_clients) {
    four_protocols();
    igmp_on(1);
    igmp_on(2);
    CHECK_OK(member_add(&c[4], "0", G, 1, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[4], "0", G, 2, JOIN));
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[1], "LOCALJOIN 0/0 239.1.1.1/32 if=2,0");
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[4], "0", G, 1, JOIN));
    expect(&c[0], "LOCALLEAVE 0/0 239.1.1.1/32 if=1,0");
    expect(&c[1], "PRUNE 0/0 239.1.1.1/32 if=1,0 member");
    expect_nothing_at_all();
}

TEST(another_igmp_instance_is_another_client) {
    four_protocols();
    igmp_on(1);
    REQUIRE_OK(client_register(&c[5], PROTO_IP_IGMP, 2, CB_ALL));
    CHECK_OK(member_add(&c[4], "0", G, 1, JOIN));
    expect(&c[5], "JOIN 0/0 239.1.1.1/32 member");
    expect_nothing(&c[4]);
}

TEST(a_source_member_of_igmp_is_the_owners_for_the_count) {
    four_protocols();
    igmp_on(2);
    CHECK_OK(member_add(&c[4], S, G, 2, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[1], S, G, 12, JOIN)); /* c1 counts already */
    CHECK_OK(member_delete(&c[1], S, G, 12, JOIN));
    expect_nothing_at_all();
}

TEST(igmp_alone_on_an_interface_is_a_client_of_its_own) {
    four_protocols();
    igmp_on(40);
    CHECK_OK(member_add(&c[4], "0", G, 40, JOIN));
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[1], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[2], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[3], "JOIN 0/0 239.1.1.1/32 member");
    expect_nothing(&c[4]);
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    expect_all("c4 JOIN 0/0 239.1.1.1/32 member");
    CHECK_OK(member_delete(&c[4], "0", G, 40, JOIN));
    expect_all("c1 PRUNE 0/0 239.1.1.1/32 if=40,0 member");
}

TEST(igmp_on_the_interface_of_the_owner_towards_the_source_is_a_local_join_only) {
    four_protocols();
    igmp_on(11);
    CHECK_OK(member_add(&c[4], S, G, 11, JOIN));
    expect_all("c0 LOCALJOIN 10.0.0.1/32 239.1.1.1/32 if=11,0");
    CHECK_OK(member_delete(&c[4], S, G, 11, JOIN));
    expect_all("c0 LOCALLEAVE 10.0.0.1/32 239.1.1.1/32 if=11,0");
}

TEST(igmp_on_another_owners_interface_is_told_to_the_owner_towards_the_source) {
    four_protocols();
    igmp_on(2);
    CHECK_OK(member_add(&c[4], S, G, 2, JOIN));
    expect(&c[0], "JOIN 10.0.0.1/32 239.1.1.1/32 member");
    expect(&c[1], "LOCALJOIN 10.0.0.1/32 239.1.1.1/32 if=2,0");
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[4], S, G, 2, JOIN));
    expect(&c[0], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 member");
    expect(&c[1], "LOCALLEAVE 10.0.0.1/32 239.1.1.1/32 if=2,0");
    expect_nothing_at_all();
}

TEST(local_alerts_carry_the_entry_whatever_it_is) {
    four_protocols();
    igmp_on(1);
    CHECK_OK(member_add(&c[4], "0", "0", 1, JOIN));
    CHECK_OK(member_add(&c[4], "0", "239.1.0.0/16", 1, JOIN));
    CHECK_OK(member_add(&c[4], "10.0.0.0/24", G, 1, JOIN));
    CHECK_OK(member_delete(&c[4], "0", "239.1.0.0/16", 1, JOIN));
    expect(&c[0], "LOCALJOIN 0/0 0/0 if=1,0", "LOCALJOIN 0/0 239.1.0.0/16 if=1,0",
           "LOCALJOIN 10.0.0.0/24 239.1.1.1/32 if=1,0", "LOCALLEAVE 0/0 239.1.0.0/16 if=1,0");
}

TEST(local_alerts_name_the_next_hop) {
    four_protocols();
    CHECK_OK(if_take_hop(&c[1], 20, "10.20.0.7"));
    REQUIRE_OK(client_register(&c[4], PROTO_IP_IGMP, 1, CB_ALL));
    CHECK_OK(if_take_hop(&c[4], 20, "10.20.0.7"));
    CHECK_OK(member_add_hop(&c[4], "0", G, 20, "10.20.0.7", JOIN));
    CHECK_OK(member_delete_hop(&c[4], "0", G, 20, "10.20.0.7", JOIN));
    expect(&c[1], "LOCALJOIN 0/0 239.1.1.1/32 if=20,10.20.0.7",
           "LOCALLEAVE 0/0 239.1.1.1/32 if=20,10.20.0.7");
}

TEST(a_local_join_is_told_for_new_memberships_only) {
    four_protocols();
    igmp_on(1);
    CHECK_OK(member_add(&c[4], "0", G, 1, FORWARD));
    expect_nothing_at_all();
    CHECK_OK(member_add(&c[4], "0", G, 1, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[4], "0", G, 1, JOIN));
    CHECK_OK(member_add(&c[4], "0", G, 1, JOIN | FORWARD));
    CHECK_OK(member_delete(&c[4], "0", G, 1, FORWARD));
    expect_nothing_at_all();
}

TEST(local_alerts_come_before_all_others_of_the_call) {
    four_protocols();
    igmp_on(11);
    packet(1, S, G, 100);
    clear_all();
    CHECK_OK(member_add(&c[4], "0", G, 11, JOIN));
    expect(&c[0], "LOCALJOIN 0/0 239.1.1.1/32 if=11,0",
           "JOIN 10.0.0.1/32 239.1.1.1/32 forward");
    CHECK_OK(member_delete(&c[4], "0", G, 11, JOIN));
    expect(&c[0], "LOCALLEAVE 0/0 239.1.1.1/32 if=11,0",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=11,0 forward");
}

TEST(the_owners_own_join_is_no_local_join) {
    four_protocols();
    igmp_on(1);
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    CHECK_OK(member_delete(&c[0], "0", G, 1, JOIN));
    expect_nothing(&c[0]);
    expect(&c[4], "JOIN 0/0 239.1.1.1/32 member", "PRUNE 0/0 239.1.1.1/32 if=1,0 member");
}

/* The time-out of a membership's PRUNE */

static void answer_member_prunes_only(struct client *client, const struct event *event) {
    CHECK(!event->timeout_null);
    client->prune_answers = event->member;
}

TEST(the_timeout_of_a_membership_prune_is_ignored) {
    four_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    packet(1, S, G, 100);
    clear_all();
    c[0].prune_timeout = 5;
    c[0].hook = answer_member_prunes_only;
    c[0].hook_kinds = CB_PRUNE;
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    expect(&c[0], "PRUNE 0/0 239.1.1.1/32 if=2,0 member",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward");
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[] up=0 timeout=900 expiry=900 age=0 "
                          "proto=100 route=3 10.0.0.0/24");
}

TEST(the_timeout_of_a_source_membership_prune_is_ignored) {
    four_protocols();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    packet(1, S, G, 100);
    clear_all();
    c[0].prune_timeout = 5;
    c[0].hook = answer_member_prunes_only;
    c[0].hook_kinds = CB_PRUNE;
    CHECK_OK(member_delete(&c[1], S, G, 2, JOIN));
    expect(&c[0], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 member",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward");
    advance(899);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
}

/* IGMP, alone on one interface and a guest on another, is not told of its own calls. */
TEST(igmps_call_on_an_owned_interface_is_not_told_to_igmp_as_the_other_client) {
    four_protocols();
    igmp_on(40);
    igmp_on(2);
    CHECK_OK(member_add(&c[4], "0", G, 40, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[4], "0", G, 2, JOIN));
    expect_all("c1 LOCALJOIN 0/0 239.1.1.1/32 if=2,0");
    CHECK_OK(member_delete(&c[4], "0", G, 2, JOIN));
    expect_all("c1 LOCALLEAVE 0/0 239.1.1.1/32 if=2,0");
}

TEST(igmps_call_on_an_owned_interface_is_not_told_to_igmp_towards_the_source) {
    four_protocols();
    igmp_on(40);
    igmp_on(2);
    route("10.5.0.0/16", 40, NULL, 3);
    CHECK_OK(member_add(&c[4], "10.5.0.1", G, 2, JOIN));
    expect_all("c1 LOCALJOIN 10.5.0.1/32 239.1.1.1/32 if=2,0");
    CHECK_OK(member_delete(&c[4], "10.5.0.1", G, 2, JOIN));
    expect_all("c1 LOCALLEAVE 10.5.0.1/32 239.1.1.1/32 if=2,0");
}

/* More clients than any table of fixed size has room for. */
static unsigned long joins_told;

static DWORD count_join(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                        BOOL member) {
    (void)source;
    (void)source_mask;
    (void)group_mask;
    if (group == ip(G) && member)
        joins_told++;
    return NO_ERROR;
}

TEST(hundreds_of_other_clients_are_told_each_once) {
    enum { OTHERS = 600 };
    static HANDLE others[OTHERS];
    ROUTING_PROTOCOL_CONFIG config = {0};
    four_protocols();
    config.pfnJoinAlertCallback = count_join;
    for (DWORD i = 0; i < OTHERS; i++)
        REQUIRE_OK(MgmRegisterMProtocol(&config, 5000, i, &others[i]));
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_EQ(joins_told, OTHERS);
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member");
    for (DWORD i = 0; i < OTHERS; i++)
        CHECK_OK(MgmDeRegisterMProtocol(others[i]));
}

/* No FALSE prune follows here that could put the lifetime right again. */
TEST(the_timeout_of_a_source_membership_prune_alone_is_ignored) {
    four_protocols();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    packet(1, S, G, 100);
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    clear_all();
    c[0].prune_answers = true;
    c[0].prune_timeout = 5;
    CHECK_OK(member_delete(&c[1], S, G, 2, JOIN));
    expect_all("c0 PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 member");
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[] up=0 timeout=900 expiry=900 age=0 "
                          "proto=100 route=3 10.0.0.0/24");
}

TEST(ranges_within_others_do_not_count_for_the_narrower_ones) {
    four_protocols();
    CHECK_OK(member_add(&c[1], "0", "239.1.0.0/24", 2, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[0], "0", "239.1.0.0/16", 1, JOIN));
    expect(&c[1], "JOIN 0/0 239.1.0.0/16 member");
    expect(&c[2], "JOIN 0/0 239.1.0.0/16 member");
    expect(&c[3], "JOIN 0/0 239.1.0.0/16 member");
    expect_nothing(&c[0]);
}

TEST(ranges_that_only_overlap_do_not_count_for_each_other) {
    four_protocols();
    CHECK_OK(member_add(&c[1], "10.0.0.0/24", "239.1.0.0/16", 2, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[0], "10.0.0.0/8", "239.1.0.0/24", 1, JOIN));
    expect(&c[1], "JOIN 10.0.0.0/8 239.1.0.0/24 member");
    expect(&c[2], "JOIN 10.0.0.0/8 239.1.0.0/24 member");
    expect(&c[3], "JOIN 10.0.0.0/8 239.1.0.0/24 member");
    expect_nothing(&c[0]);
}

TEST(each_of_many_clients_is_told) {
    enum { MANY = 700 };
    static HANDLE handles[MANY];
    four_protocols();
    c[7].quiet = true;
    ROUTING_PROTOCOL_CONFIG config = client_callbacks(&c[7], CB_JOIN | CB_PRUNE);
    for (DWORD i = 0; i < MANY; i++)
        REQUIRE_OK(MgmRegisterMProtocol(&config, 5000, i, &handles[i]));
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_EQ(event_total(&c[7], CB_JOIN), MANY);
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    CHECK_EQ(event_total(&c[7], CB_PRUNE), MANY);
    for (unsigned i = 0; i < MANY; i++)
        CHECK_OK(MgmDeRegisterMProtocol(handles[i]));
}

#define MANY_GROUPS 1500

static const char *group_number(unsigned i) {
    static char text[32];
    snprintf(text, sizeof text, "239.2.%u.%u", i / 250, i % 250);
    return text;
}

/* `client` joins many groups on an interface; all are quiet. */
static void join_many(struct client *client, const char *source, DWORD if_index) {
    for (unsigned i = 0; i < CLIENTS; i++)
        c[i].quiet = true;
    for (unsigned i = 0; i < MANY_GROUPS; i++)
        CHECK_OK(member_add(client, source, group_number(i), if_index, JOIN));
}

TEST(each_of_many_memberships_that_igmp_leaves_is_told) {
    four_protocols();
    igmp_on(2);
    join_many(&c[4], "0", 2);
    join_many(&c[0], "0", 1);
    CHECK_EQ(event_total(&c[1], CB_LOCAL_JOIN), MANY_GROUPS);
    CHECK_OK(if_release(&c[4], 2));
    CHECK_EQ(event_total(&c[1], CB_LOCAL_LEAVE), MANY_GROUPS);
    CHECK_EQ(event_total(&c[0], CB_PRUNE), MANY_GROUPS);
    CHECK_EQ(event_total(&c[2], CB_PRUNE), 0);
}

TEST(each_of_many_memberships_that_igmp_keeps_is_told_to_the_new_owner) {
    four_protocols();
    REQUIRE_OK(client_register(&c[4], PROTO_IP_IGMP, 1, CB_ALL & ~CB_ENABLE));
    REQUIRE_OK(if_take(&c[4], 20));
    join_many(&c[4], "0", 20);
    CHECK_OK(if_take(&c[1], 20));
    CHECK_EQ(event_total(&c[1], CB_LOCAL_JOIN), MANY_GROUPS);
}

TEST(each_of_many_memberships_under_a_route_that_moves_is_told) {
    four_protocols();
    join_many(&c[2], S, 3);
    CHECK_EQ(event_total(&c[0], CB_JOIN), MANY_GROUPS);
    route("10.0.0.0/24", 2, NULL, 3);
    CHECK_EQ(event_total(&c[0], CB_PRUNE), MANY_GROUPS);
    CHECK_EQ(event_total(&c[1], CB_JOIN), MANY_GROUPS);
}

/* Room for alerts is made in blocks: the number that one call causes may fill one exactly, or
   need one more. */
TEST(a_leave_may_cause_any_number_of_alerts) {
    four_protocols();
    igmp_on(2);
    for (unsigned i = 0; i < CLIENTS; i++)
        c[i].quiet = true;
    CHECK_OK(member_add(&c[0], "0", "0", 1, JOIN));
    unsigned long leaves = 0, prunes = 0;
    for (unsigned mfes = 0; mfes < 1025; mfes++) {
        packet(1, S, group_number(mfes), 100);
        if (mfes < 1020)
            continue;
        CHECK_OK(member_add(&c[4], "0", "0", 2, JOIN));
        leaves = event_total(&c[1], CB_LOCAL_LEAVE);
        prunes = event_total(&c[0], CB_PRUNE);
        CHECK_OK(member_delete(&c[4], "0", "0", 2, JOIN));
        CHECK_EQ(event_total(&c[1], CB_LOCAL_LEAVE), leaves + 1);
        CHECK_EQ(event_total(&c[0], CB_PRUNE), prunes + mfes + 1 + 1);
    }
}
