/* Group membership: rules.md section 3. */
#include "host.h"

#include <stdio.h>
#include <string.h>

/* c0 has interface 1, where the source 10.0.0.1 is; c2 has 2 and 3; c1 is IGMP. */
static void world(void) {
    host_start_memory();
    route("10.0.0.0/8", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], PROTO_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[2], 2));
    REQUIRE_OK(if_take(&c[2], 3));
}

/* An MFE without outgoing interfaces; its events are forgotten. */
static void negative(const char *source, const char *group) {
    packet(1, source, group, 100);
    CHECK_TEXT(mfe_path(source, group), "in=1 out=[]");
    clear_all();
}

/* Adds with these masks as they are, on interface 2. */
static DWORD add_raw(const char *source, DWORD source_mask, const char *group, DWORD group_mask) {
    return MgmAddGroupMembershipEntry(c[2].handle, ip(source), source_mask, ip(group), group_mask,
                                      2, 0, JOIN);
}

static DWORD delete_raw(const char *source, DWORD source_mask, const char *group,
                        DWORD group_mask) {
    return MgmDeleteGroupMembershipEntry(c[2].handle, ip(source), source_mask, ip(group),
                                         group_mask, 2, 0, JOIN);
}

/* Both refuse it, and nothing happens. */
static void refused(int line, const char *source, DWORD source_mask, const char *group,
                    DWORD group_mask) {
    char what[160];
    snprintf(what, sizeof what, "add %s mask %s, %s mask %s", source, ip_text(source_mask), group,
             ip_text(group_mask));
    check_error(__FILE__, line, add_raw(source, source_mask, group, group_mask),
                ERROR_INVALID_PARAMETER, what);
    memcpy(what, "del", 3);
    check_error(__FILE__, line, delete_raw(source, source_mask, group, group_mask),
                ERROR_INVALID_PARAMETER, what);
    check_eq(__FILE__, line, counters().dwMemberships, 0, what);
    expect_at(__FILE__, line, NULL, 0, (const char *const[]){NULL});
}
#define REFUSED(source, source_mask, group, group_mask)                                          \
    refused(__LINE__, (source), (source_mask), (group), (group_mask))

/* Both accept it; `text` is how an enumeration gives it. */
static void accepted(int line, const char *source, DWORD source_mask, const char *group,
                     DWORD group_mask, const char *text) {
    char what[160];
    snprintf(what, sizeof what, "%s mask %s, %s mask %s", source, ip_text(source_mask), group,
             ip_text(group_mask));
    check_error(__FILE__, line, add_raw(source, source_mask, group, group_mask), NO_ERROR, what);
    check_text(__FILE__, line, groups(&c[0], ALL_SOURCES), text, what);
    check_error(__FILE__, line, delete_raw(source, source_mask, group, group_mask), NO_ERROR,
                what);
    check_text(__FILE__, line, groups(&c[0], ALL_SOURCES), "", what);
}
#define ACCEPTED(source, source_mask, group, group_mask, text)                                   \
    accepted(__LINE__, (source), (source_mask), (group), (group_mask), (text))

#define HOST 0xFFFFFFFF

/* Entries, masks, scopes */

TEST(entries_are_s_g_or_star_g_or_star_star) {
    world();
    CHECK_OK(member_add(&c[2], "10.0.0.1", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "0", 2, JOIN));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES),
               "0/0 0/0; 0/0 239.1.1.1/32; 10.0.0.1/32 239.1.1.1/32");
    CHECK_EQ(counters().dwMemberships, 3);
    /* Each is an entry of its own. */
    CHECK_OK(member_delete(&c[2], "0", "0", 2, JOIN));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32; 10.0.0.1/32 239.1.1.1/32");
    CHECK_OK(member_delete(&c[2], "10.0.0.1", "239.1.1.1", 2, JOIN));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
}

TEST(a_source_without_a_group_is_refused) {
    world();
    REFUSED("10.0.0.1", HOST, "0", 0);
    REFUSED("10.0.0.1", 0, "0", 0);
    REFUSED("10.0.0.0", ip_mask(24), "0", 0);
}

TEST(with_a_zero_address_the_mask_must_be_0) {
    world();
    REFUSED("0", HOST, "239.1.1.1", HOST);
    REFUSED("0", ip_mask(8), "239.1.1.1", HOST);
    REFUSED("0", ip_mask(1), "239.1.1.1", HOST);
    REFUSED("0", 0, "0", HOST);
    REFUSED("0", 0, "0", ip_mask(4));
    REFUSED("0", HOST, "0", HOST);
    ACCEPTED("0", 0, "239.1.1.1", HOST, "0/0 239.1.1.1/32");
    ACCEPTED("0", 0, "0", 0, "0/0 0/0");
}

TEST(masks_0_and_all_ones_mean_this_address) {
    world();
    ACCEPTED("10.0.0.1", 0, "239.1.1.1", 0, "10.0.0.1/32 239.1.1.1/32");
    ACCEPTED("10.0.0.1", HOST, "239.1.1.1", 0, "10.0.0.1/32 239.1.1.1/32");
    ACCEPTED("10.0.0.1", 0, "239.1.1.1", HOST, "10.0.0.1/32 239.1.1.1/32");
    ACCEPTED("10.0.0.1", HOST, "239.1.1.1", HOST, "10.0.0.1/32 239.1.1.1/32");
    ACCEPTED("0", 0, "239.1.1.1", 0, "0/0 239.1.1.1/32");
}

TEST(both_masks_name_the_same_entry) {
    world();
    CHECK_OK(add_raw("10.0.0.1", 0, "239.1.1.1", 0));
    clear_all();
    CHECK_OK(add_raw("10.0.0.1", HOST, "239.1.1.1", HOST));
    CHECK_EQ(counters().dwMemberships, 1);
    expect_nothing_at_all();
    CHECK_OK(delete_raw("10.0.0.1", HOST, "239.1.1.1", 0));
    CHECK_EQ(counters().dwMemberships, 0);
}

TEST(a_contiguous_shorter_mask_is_a_range) {
    world();
    ACCEPTED("0", 0, "239.1.1.0", ip_mask(24), "0/0 239.1.1.0/24");
    ACCEPTED("0", 0, "239.0.0.0", ip_mask(8), "0/0 239.0.0.0/8");
    ACCEPTED("0", 0, "239.1.1.0", ip_mask(31), "0/0 239.1.1.0/31");
    ACCEPTED("10.0.0.0", ip_mask(8), "239.1.1.1", HOST, "10.0.0.0/8 239.1.1.1/32");
    ACCEPTED("10.0.0.0", ip_mask(8), "239.0.0.0", ip_mask(8), "10.0.0.0/8 239.0.0.0/8");
    ACCEPTED("10.0.0.1", HOST, "239.0.0.0", ip_mask(8), "10.0.0.1/32 239.0.0.0/8");
}

TEST(ranges_of_one_address_and_other_lengths_are_other_entries) {
    world();
    CHECK_OK(member_add(&c[2], "0", "239.0.0.0", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "239.0.0.0/8", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "239.0.0.0/16", 2, JOIN));
    CHECK_EQ(counters().dwMemberships, 3);
    CHECK_ERROR(member_delete(&c[2], "0", "239.0.0.0/24", 2, JOIN), ERROR_NOT_FOUND);
    CHECK_OK(member_delete(&c[2], "0", "239.0.0.0/16", 2, JOIN));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.0.0.0/32; 0/0 239.0.0.0/8");
}

TEST(a_mask_that_is_not_contiguous_is_refused) {
    world();
    REFUSED("0", 0, "239.0.0.0", ip("255.0.255.0"));
    REFUSED("0", 0, "239.0.0.0", ip("0.255.255.255"));
    REFUSED("0", 0, "239.1.1.1", ip("255.255.255.253"));
    REFUSED("0", 0, "224.0.0.0", ip("0.0.0.240"));
    REFUSED("10.0.0.0", ip("255.255.0.255"), "239.1.1.1", HOST);
    REFUSED("10.0.0.0", ip("0.0.0.255"), "239.1.1.1", HOST);
    REFUSED("10.0.0.1", ip("127.255.255.255"), "239.1.1.1", HOST);
}

TEST(address_bits_outside_the_mask_are_refused) {
    world();
    REFUSED("0", 0, "239.1.1.1", ip_mask(24));
    REFUSED("0", 0, "239.1.1.1", ip_mask(31));
    REFUSED("0", 0, "239.0.0.0", ip_mask(4));
    REFUSED("10.0.0.1", ip_mask(24), "239.1.1.1", HOST);
    REFUSED("10.0.0.1", ip_mask(4), "239.1.1.1", HOST);
}

TEST(masks_in_callbacks_are_normal) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(MgmAddGroupMembershipEntry(c[1].handle, 0, 0, ip("239.1.1.1"), 0, 2, 0, JOIN));
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[2], "LOCALJOIN 0/0 239.1.1.1/32 if=2,0");
    CHECK_OK(MgmAddGroupMembershipEntry(c[1].handle, ip("10.0.0.1"), 0, ip("239.1.1.2"), 0, 2, 0,
                                        JOIN));
    expect(&c[0], "JOIN 10.0.0.1/32 239.1.1.2/32 member");
    expect(&c[2], "LOCALJOIN 10.0.0.1/32 239.1.1.2/32 if=2,0");
    CHECK_OK(MgmDeleteGroupMembershipEntry(c[1].handle, 0, 0, ip("239.1.1.1"), 0, 2, 0, JOIN));
    expect(&c[0], "PRUNE 0/0 239.1.1.1/32 if=2,0 member");
    expect(&c[2], "LOCALLEAVE 0/0 239.1.1.1/32 if=2,0");
    CHECK_OK(member_add(&c[1], "0", "239.2.0.0/16", 2, JOIN));
    expect(&c[0], "JOIN 0/0 239.2.0.0/16 member");
    expect(&c[2], "LOCALJOIN 0/0 239.2.0.0/16 if=2,0");
    CHECK_OK(member_add(&c[1], "0", "0", 2, JOIN));
    expect(&c[0], "JOIN 0/0 0/0 member");
    expect(&c[2], "LOCALJOIN 0/0 0/0 if=2,0");
}

TEST(groups_lie_in_224_0_0_0_4) {
    world();
    REFUSED("0", 0, "223.255.255.255", HOST);
    REFUSED("0", 0, "240.0.0.0", HOST);
    REFUSED("0", 0, "255.255.255.255", HOST);
    REFUSED("0", 0, "10.0.0.1", HOST);
    REFUSED("0", 0, "0.0.0.1", HOST);
    REFUSED("10.0.0.1", HOST, "10.0.0.2", HOST);
    ACCEPTED("0", 0, "224.0.0.0", HOST, "0/0 224.0.0.0/32");
    ACCEPTED("0", 0, "239.255.255.255", HOST, "0/0 239.255.255.255/32");
}

TEST(ranges_of_groups_lie_there_wholly) {
    world();
    REFUSED("0", 0, "224.0.0.0", ip_mask(3));
    REFUSED("0", 0, "192.0.0.0", ip_mask(2));
    REFUSED("0", 0, "128.0.0.0", ip_mask(1));
    REFUSED("0", 0, "240.0.0.0", ip_mask(4));
    REFUSED("0", 0, "240.0.0.0", ip_mask(24));
    REFUSED("0", 0, "223.0.0.0", ip_mask(8));
    ACCEPTED("0", 0, "224.0.0.0", ip_mask(4), "0/0 224.0.0.0/4");
    ACCEPTED("0", 0, "232.0.0.0", ip_mask(5), "0/0 232.0.0.0/5");
}

TEST(sources_lie_below_224_0_0_0) {
    world();
    REFUSED("224.0.0.0", HOST, "239.1.1.1", HOST);
    REFUSED("239.1.1.1", HOST, "239.1.1.1", HOST);
    REFUSED("240.0.0.0", HOST, "239.1.1.1", HOST);
    REFUSED("255.255.255.255", HOST, "239.1.1.1", HOST);
    ACCEPTED("223.255.255.255", HOST, "239.1.1.1", HOST, "223.255.255.255/32 239.1.1.1/32");
}

TEST(ranges_of_sources_lie_there_wholly) {
    world();
    REFUSED("192.0.0.0", ip_mask(2), "239.1.1.1", HOST);
    REFUSED("128.0.0.0", ip_mask(1), "239.1.1.1", HOST);
    REFUSED("224.0.0.0", ip_mask(4), "239.1.1.1", HOST);
    ACCEPTED("192.0.0.0", ip_mask(3), "239.1.1.1", HOST, "192.0.0.0/3 239.1.1.1/32");
    ACCEPTED("128.0.0.0", ip_mask(2), "239.1.1.1", HOST, "128.0.0.0/2 239.1.1.1/32");
}

TEST(link_local_groups_are_joined_and_enumerated_but_not_forwarded) {
    world();
    CHECK_OK(member_add(&c[2], "0", "224.0.0.5", 2, JOIN));
    CHECK_OK(member_add(&c[2], "10.0.0.1", "224.0.0.255", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "224.0.0.0/24", 3, JOIN));
    CHECK_OK(member_add(&c[2], "0", "0", 3, JOIN));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES),
               "0/0 0/0; 0/0 224.0.0.0/24; 0/0 224.0.0.5/32; 10.0.0.1/32 224.0.0.255/32");
    clear_all();
    packet(1, "10.0.0.1", "224.0.0.5", 100);
    packet(1, "10.0.0.1", "224.0.0.255", 100);
    packet(1, "10.0.0.1", "224.0.0.0", 100);
    expect_nothing_at_all();
    CHECK_EQ(mfe_count(), 0);
    CHECK_EQ(counters().ullPacketsForwarded, 0);
    CHECK_EQ(counters().ullDroppedScope, 3);
    /* FORWARD makes no difference. */
    CHECK_OK(member_add(&c[2], "10.0.0.1", "224.0.0.5", 2, FORWARD));
    CHECK_OK(member_add(&c[2], "10.0.0.1", "224.0.0.5", 2, JOIN | FORWARD));
    packet(1, "10.0.0.1", "224.0.0.5", 100);
    CHECK_EQ(mfe_count(), 0);
    /* The next group above is forwarded. */
    packet(1, "10.0.0.1", "224.0.1.0", 100);
    CHECK_TEXT(mfe_path("10.0.0.1", "224.0.1.0"), "in=1 out=[3,0]");
    CHECK_EQ(counters().ullPacketsForwarded, 1);
}

/* JOIN_STATE */

TEST(flags_neither_or_unknown_are_refused) {
    static const DWORD flags[] = {0, 4, 8, 0x80000000, 0xFFFFFFFF, JOIN | 4, FORWARD | 4,
                                  JOIN | FORWARD | 4, JOIN | 0x80000000, 0x10000, 0xFFFFFFFC};
    world();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    clear_all();
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        CHECK_ERROR(member_add(&c[2], "0", "239.1.1.2", 2, flags[i]), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(member_delete(&c[2], "0", "239.1.1.1", 2, flags[i]),
                    ERROR_INVALID_PARAMETER);
    }
    expect_nothing_at_all();
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
}

TEST(a_join_changes_every_mfe_it_covers) {
    world();
    negative("10.0.0.1", "239.1.1.1");
    negative("10.0.0.2", "239.1.1.1");
    negative("10.1.0.1", "239.1.1.2");
    CHECK_OK(member_add(&c[2], "10.0.0.1", "239.1.1.1", 2, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.0.2", "239.1.1.1"), "in=1 out=[]");
    CHECK_TEXT(mfe_path("10.1.0.1", "239.1.1.2"), "in=1 out=[]");
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 3, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0 3,0]");
    CHECK_TEXT(mfe_path("10.0.0.2", "239.1.1.1"), "in=1 out=[3,0]");
    CHECK_TEXT(mfe_path("10.1.0.1", "239.1.1.2"), "in=1 out=[]");
    CHECK_OK(member_add(&c[2], "0", "0", 2, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.2", "239.1.1.1"), "in=1 out=[2,0 3,0]");
    CHECK_TEXT(mfe_path("10.1.0.1", "239.1.1.2"), "in=1 out=[2,0]");
}

TEST(a_range_covers_the_mfes_inside_it) {
    world();
    negative("10.0.0.1", "239.1.1.1");
    negative("10.0.1.1", "239.1.1.1");
    negative("10.0.0.1", "239.1.2.1");
    CHECK_OK(member_add(&c[2], "0", "239.1.1.0/24", 2, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.1.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.2.1"), "in=1 out=[]");
    CHECK_OK(member_add(&c[2], "10.0.0.0/24", "239.0.0.0/8", 3, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0 3,0]");
    CHECK_TEXT(mfe_path("10.0.1.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.2.1"), "in=1 out=[3,0]");
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.0/24", 2, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[3,0]");
    CHECK_TEXT(mfe_path("10.0.1.1", "239.1.1.1"), "in=1 out=[]");
}

TEST(a_range_covers_later_packets) {
    world();
    CHECK_OK(member_add(&c[2], "10.0.0.0/24", "239.1.0.0/16", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.255.255", 100);
    packet(1, "10.0.1.1", "239.1.255.255", 100);
    packet(1, "10.0.0.1", "239.2.0.0", 100);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.255.255"), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.1.1", "239.1.255.255"), "in=1 out=[]");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.2.0.0"), "in=1 out=[]");
}

TEST(a_join_is_remembered_when_the_mfe_goes_and_comes_back) {
    world();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_OK(if_release(&c[0], 1));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "none");
    CHECK_OK(if_take(&c[0], 1));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
}

TEST(a_join_on_the_iif_does_not_make_it_an_oif) {
    world();
    negative("10.0.0.1", "239.1.1.1");
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 1, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
}

/* FORWARD_STATE alone */

TEST(forward_alone_changes_only_the_outgoing_lists) {
    world();
    negative("10.0.0.1", "239.1.1.1");
    negative("10.0.0.2", "239.1.1.1");
    CHECK_OK(member_add(&c[2], "10.0.0.1", "239.1.1.1", 2, FORWARD));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.0.2", "239.1.1.1"), "in=1 out=[]");
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "");
    CHECK_TEXT(groups(&c[0], ANY_SOURCE), "");
    CHECK_EQ(counters().dwMemberships, 0);
    /* No membership, so no alert of one; the list of c0's entry is no longer empty. */
    expect(&c[0], "JOIN 10.0.0.1/32 239.1.1.1/32 forward");
    expect_nothing_at_all();
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_EQ(counters().ullPacketsForwarded, 1);
}

TEST(forward_alone_changes_every_mfe_the_entry_covers) {
    world();
    negative("10.0.0.1", "239.1.1.1");
    negative("10.0.0.2", "239.1.1.1");
    negative("10.0.0.1", "239.1.2.1");
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, FORWARD));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.0.2", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.2.1"), "in=1 out=[]");
    CHECK_OK(member_add(&c[2], "0", "0", 3, FORWARD));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.2.1"), "in=1 out=[3,0]");
    CHECK_OK(member_delete(&c[2], "10.0.0.0/31", "239.0.0.0/8", 3, FORWARD));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.0.2", "239.1.1.1"), "in=1 out=[2,0 3,0]");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.2.1"), "in=1 out=[]");
}

TEST(forward_alone_is_not_remembered) {
    world();
    negative("10.0.0.1", "239.1.1.1");
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, FORWARD));
    /* For no other MFE, ... */
    negative("10.0.0.2", "239.1.1.1");
    /* ... and not when that one goes and comes back. */
    CHECK_OK(if_release(&c[0], 1));
    CHECK_OK(if_take(&c[0], 1));
    negative("10.0.0.1", "239.1.1.1");
}

TEST(a_forward_prune_is_not_remembered_either) {
    world();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_OK(member_delete(&c[2], "10.0.0.1", "239.1.1.1", 2, FORWARD));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
    CHECK_OK(if_release(&c[0], 1));
    CHECK_OK(if_take(&c[0], 1));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
}

TEST(forward_without_such_an_mfe_is_no_error) {
    world();
    CHECK_OK(member_add(&c[2], "10.0.0.1", "239.1.1.1", 2, FORWARD));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, FORWARD));
    CHECK_OK(member_add(&c[2], "0", "0", 2, FORWARD));
    CHECK_EQ(mfe_count(), 0);
    CHECK_EQ(counters().dwMemberships, 0);
    expect_nothing_at_all();
    negative("10.0.0.1", "239.1.1.1");
}

TEST(join_with_forward_is_a_membership_too) {
    world();
    negative("10.0.0.1", "239.1.1.1");
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN | FORWARD));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member", "JOIN 10.0.0.1/32 239.1.1.1/32 forward");
}

/* Deleting */

static void delete_with(DWORD flags) {
    world();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[2], "10.0.0.1", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 3, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    packet(1, "10.0.0.2", "239.1.1.1", 100);
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 2, flags));
    /* (S,G) still keeps the interface in that source's entry. */
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0 3,0]");
    CHECK_TEXT(mfe_path("10.0.0.2", "239.1.1.1"), "in=1 out=[3,0]");
    CHECK_OK(member_delete(&c[2], "10.0.0.1", "239.1.1.1", 2, flags));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[3,0]");
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
    CHECK_EQ(counters().dwMemberships, 1);
}

TEST(delete_with_join_keeps_what_another_membership_covers) { delete_with(JOIN); }

TEST(delete_with_join_and_forward_is_the_same) { delete_with(JOIN | FORWARD); }

TEST(delete_with_join_keeps_what_the_membership_of_another_covers) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "0", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_OK(member_delete(&c[2], "0", "0", 2, JOIN | FORWARD));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_OK(member_delete(&c[1], "0", "239.1.1.1", 2, JOIN | FORWARD));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
}

TEST(delete_with_join_looks_at_each_interface_alone) {
    world();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 3, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[3,0]");
}

TEST(delete_with_join_removes_what_forward_added_too) {
    world();
    negative("10.0.0.1", "239.1.1.1");
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[2], "10.0.0.1", "239.1.1.1", 2, FORWARD));
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
}

TEST(delete_with_forward_prunes_one_source_that_a_star_g_keeps) {
    world();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    packet(1, "10.0.0.2", "239.1.1.1", 100);
    clear_all();
    CHECK_OK(member_delete(&c[2], "10.0.0.1", "239.1.1.1", 2, FORWARD));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
    CHECK_TEXT(mfe_path("10.0.0.2", "239.1.1.1"), "in=1 out=[2,0]");
    /* The membership stays. */
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
    expect(&c[0], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward");
    expect_nothing_at_all();
}

TEST(delete_with_forward_takes_it_out_whatever_keeps_it) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[2], "10.0.0.1", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "0", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 2, FORWARD));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
    CHECK_EQ(counters().dwMemberships, 4);
}

TEST(delete_with_forward_of_a_membership_without_mfe_is_no_error) {
    world();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 2, FORWARD));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
}

/* Adding what is there */

TEST(adding_what_is_there_is_no_error_and_alerts_nobody) {
    world();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[2], "10.0.0.1", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "0", 2, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[2], "10.0.0.1", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "0", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN | FORWARD));
    expect_nothing_at_all();
    CHECK_EQ(counters().dwMemberships, 3);
    /* It was there once: one delete ends it. */
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_ERROR(member_delete(&c[2], "0", "239.1.1.1", 2, JOIN), ERROR_NOT_FOUND);
}

TEST(igmp_adding_what_is_there_sends_no_second_local_join) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    clear_all();
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    expect_nothing(&c[0]);
    CHECK_EQ(counters().dwMemberships, 1);
}

TEST(adding_what_is_there_with_forward_grafts_again) {
    world();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_OK(member_delete(&c[2], "10.0.0.1", "239.1.1.1", 2, FORWARD));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
    clear_all();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN | FORWARD));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    expect(&c[0], "JOIN 10.0.0.1/32 239.1.1.1/32 forward");
    expect_nothing_at_all();
    /* FORWARD alone does it as well. */
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 2, FORWARD));
    expect(&c[0], "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,0 forward");
    CHECK_OK(member_add(&c[2], "10.0.0.1", "239.1.1.1", 2, FORWARD));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    expect(&c[0], "JOIN 10.0.0.1/32 239.1.1.1/32 forward");
    expect_nothing_at_all();
}

TEST(adding_what_is_there_without_forward_does_not_graft) {
    world();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_OK(member_delete(&c[2], "10.0.0.1", "239.1.1.1", 2, FORWARD));
    clear_all();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
    expect_nothing_at_all();
}

/* Whose interface */

TEST(adding_where_the_caller_is_not_is_refused) {
    world();
    CHECK_OK(if_take(&c[1], 4));
    for (DWORD flags = JOIN; flags <= (JOIN | FORWARD); flags++) {
        CHECK_ERROR(member_add(&c[0], "0", "239.1.1.1", 5, flags), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(member_add(&c[0], "0", "239.1.1.1", 2, flags), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(member_add(&c[0], "0", "239.1.1.1", 4, flags), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(member_add(&c[1], "0", "239.1.1.1", 2, flags), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(member_add(&c[0], "0", "239.1.1.1", 0, flags), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(member_add_hop(&c[2], "0", "239.1.1.1", 2, "10.2.0.1", flags),
                    ERROR_INVALID_PARAMETER);
    }
    CHECK_EQ(counters().dwMemberships, 0);
    expect_nothing_at_all();
}

TEST(deleting_where_nobody_is_is_not_found) {
    world();
    for (DWORD flags = JOIN; flags <= (JOIN | FORWARD); flags++) {
        CHECK_ERROR(member_delete(&c[2], "0", "239.1.1.1", 5, flags), ERROR_NOT_FOUND);
        CHECK_ERROR(member_delete(&c[1], "0", "239.1.1.1", 5, flags), ERROR_NOT_FOUND);
        CHECK_ERROR(member_delete_hop(&c[2], "0", "239.1.1.1", 2, "10.2.0.1", flags),
                    ERROR_NOT_FOUND);
    }
    expect_nothing_at_all();
}

TEST(deleting_where_only_others_are_is_refused) {
    world();
    CHECK_OK(if_take(&c[1], 4));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 4, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    clear_all();
    for (DWORD flags = JOIN; flags <= (JOIN | FORWARD); flags++) {
        CHECK_ERROR(member_delete(&c[0], "0", "239.1.1.1", 2, flags), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(member_delete(&c[0], "0", "239.1.1.1", 4, flags), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(member_delete(&c[1], "0", "239.1.1.1", 2, flags), ERROR_INVALID_PARAMETER);
    }
    expect_nothing_at_all();
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0 4,0]");
    CHECK_EQ(counters().dwMemberships, 2);
}

TEST(deleting_a_membership_that_is_not_there_is_not_found_and_does_nothing) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    negative("10.0.0.1", "239.1.1.2");
    CHECK_OK(member_add(&c[2], "10.0.0.1", "239.1.1.2", 3, FORWARD));
    clear_all();
    for (DWORD flags = JOIN; flags <= (JOIN | FORWARD); flags += FORWARD) {
        CHECK_ERROR(member_delete(&c[2], "10.0.0.1", "239.1.1.1", 2, flags), ERROR_NOT_FOUND);
        CHECK_ERROR(member_delete(&c[2], "0", "239.1.1.2", 2, flags), ERROR_NOT_FOUND);
        CHECK_ERROR(member_delete(&c[2], "0", "239.1.1.1", 3, flags), ERROR_NOT_FOUND);
        CHECK_ERROR(member_delete(&c[2], "0", "0", 2, flags), ERROR_NOT_FOUND);
        CHECK_ERROR(member_delete(&c[1], "0", "239.1.1.1", 2, flags), ERROR_NOT_FOUND);
        /* Forwarding without membership is not one. */
        CHECK_ERROR(member_delete(&c[2], "10.0.0.1", "239.1.1.2", 3, flags), ERROR_NOT_FOUND);
    }
    expect_nothing_at_all();
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.2"), "in=1 out=[3,0]");
}

TEST(owner_and_igmp_each_hold_their_own_membership) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_EQ(counters().dwMemberships, 2);
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_ERROR(member_delete(&c[2], "0", "239.1.1.1", 2, JOIN), ERROR_NOT_FOUND);
    CHECK_EQ(counters().dwMemberships, 1);
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_delete(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "");
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
}

/* IGMP's membership on a routing protocol's interface */

TEST(igmps_membership_counts_for_the_owner) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(if_take(&c[1], 4));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    /* The first client: all others hear, but not IGMP and the owner. */
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member");
    expect(&c[2], "LOCALJOIN 0/0 239.1.1.1/32 if=2,0");
    expect_nothing(&c[1]);
    /* A further interface of the owner, and its own on the same: it is the client already. */
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 3, JOIN));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 3, JOIN));
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 2, JOIN));
    expect_nothing_at_all();
    /* IGMP on an interface of its own is another client: the second. */
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 4, JOIN));
    expect(&c[2], "JOIN 0/0 239.1.1.1/32 member");
    expect_nothing_at_all();
    CHECK_OK(member_delete(&c[1], "0", "239.1.1.1", 4, JOIN));
    expect(&c[2], "PRUNE 0/0 239.1.1.1/32 if=4,0 member");
    expect_nothing_at_all();
    /* The second, another routing protocol: the owner hears, not IGMP. */
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 1, JOIN));
    expect(&c[2], "JOIN 0/0 239.1.1.1/32 member");
    expect_nothing_at_all();
    /* The owner's last one goes with IGMP's. */
    CHECK_OK(member_delete(&c[1], "0", "239.1.1.1", 2, JOIN));
    expect(&c[0], "PRUNE 0/0 239.1.1.1/32 if=2,0 member");
    expect(&c[2], "LOCALLEAVE 0/0 239.1.1.1/32 if=2,0");
    expect_nothing_at_all();
}

TEST(igmps_membership_makes_the_interface_an_oif_at_once) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    negative("10.0.0.1", "239.1.1.1");
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    expect(&c[2], "LOCALJOIN 0/0 239.1.1.1/32 if=2,0");
    packet(1, "10.0.0.2", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.0.0.2", "239.1.1.1"), "in=1 out=[2,0]");
    expect(&c[2], "CREATE 10.0.0.2 239.1.1.1 in=1,0 out=[2,0:igmp]");
    expect_nothing(&c[1]);
}

TEST(the_owner_may_veto_igmps_interface_in_the_creation_alert) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    client_veto(&c[2], 2, NULL);
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[]");
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.1.1.1/32");
    CHECK_EQ(counters().ullPacketsForwarded, 0);
}

TEST(owner_and_igmp_each_hold_their_own_membership_where_other_interfaces_have_it_too) {
    world();
    CHECK_OK(if_take(&c[1], 2));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 3, JOIN));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0 3,0]");
    CHECK_OK(member_delete(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[3,0]");
    CHECK_EQ(counters().dwMemberships, 1);
}

TEST(delete_with_forward_does_not_lift_a_veto) {
    world();
    route("10.0.0.0/8", 1, NULL, 3);
    CHECK_OK(if_take(&c[0], 4));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 3, JOIN));
    client_veto(&c[2], 2, NULL);
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[3,0]");
    CHECK_OK(member_delete(&c[2], "10.0.0.1", "239.1.1.1", 2, FORWARD));
    /* A route change makes the list anew, but keeps vetoes. */
    route("10.0.0.0/8", 4, NULL, 3);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=4 out=[3,0]");
}
