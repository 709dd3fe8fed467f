/* rules.md section 6: what a packet without an entry causes, on the memory forwarder. */
#include "host.h"

#include <pthread.h>
#include <string.h>

#define S "10.0.0.1"
#define G "239.1.1.1"
#define RPF_1 "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=20 route=yes"
#define EMPTY_1 "PRUNE 10.0.0.1/32 239.1.1.1/32 if=0,0 forward"

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

/* ... and c1 has (*,G) on 2. */
static void one_member(void) {
    two_protocols();
    REQUIRE_OK(member_add(&c[1], "0", G, 2, JOIN));
    clear_all();
}

/* IGMP is c2, on the interface given. */
static void igmp_on(DWORD if_index) {
    if (c[2].handle == NULL)
        REQUIRE_OK(client_register(&c[2], PROTO_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[2], if_index));
    clear_all();
}

/* Scope */

TEST(packets_to_local_groups_are_dropped_and_counted) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", "0", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "224.0.0.5", 2, JOIN));
    clear_all();
    packet(1, S, "224.0.0.0", 100);
    packet(1, S, "224.0.0.5", 100);
    packet(1, S, "224.0.0.255", 100);
    expect_nothing_at_all();
    CHECK_EQ(mfe_count(), 0);
    CHECK_EQ(counters().ullDroppedScope, 3);
    CHECK_EQ(counters().ullPacketsDropped, 3);
    CHECK_EQ(counters().ullPacketsForwarded, 0);
}

TEST(packets_beside_the_local_groups_are_forwarded) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", "0", 2, JOIN));
    packet(1, S, "224.0.1.0", 100);
    packet(1, S, "239.255.255.255", 100);
    CHECK_EQ(mfe_count(), 2);
    CHECK_EQ(counters().ullDroppedScope, 0);
    CHECK_EQ(counters().ullPacketsForwarded, 2);
}

TEST(packets_from_sources_that_are_no_unicast_address_are_dropped_and_counted) {
    one_member();
    packet(1, "0", G, 100);
    packet(1, "224.0.0.0", G, 100);
    packet(1, "224.1.1.1", G, 100);
    packet(1, "239.255.255.255", G, 100);
    packet(1, "255.255.255.255", G, 100);
    expect_nothing_at_all();
    CHECK_EQ(mfe_count(), 0);
    CHECK_EQ(counters().ullDroppedScope, 5);
    CHECK_EQ(counters().ullPacketsDropped, 5);
}

/* 1. Route and iif */

TEST(the_longest_route_to_the_source_gives_the_iif) {
    two_protocols();
    route("0.0.0.0/0", 3, NULL, 3);
    route("10.0.0.0/8", 2, NULL, 3);
    packet(1, "10.0.0.1", G, 100);
    packet(2, "10.1.0.1", G, 100);
    packet(3, "11.0.0.1", G, 100);
    CHECK_TEXT(mfe_path("10.0.0.1", G), "in=1 out=[]");
    CHECK_TEXT(mfe_path("10.1.0.1", G), "in=2 out=[]");
    CHECK_TEXT(mfe_path("11.0.0.1", G), "in=3 out=[]");
}

TEST(the_iif_is_by_the_route_not_by_the_arrival) {
    one_member();
    packet(4, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
}

TEST(a_local_source_has_the_interface_that_holds_the_address) {
    one_member();
    local_address("10.0.0.254", 4);
    packet(4, "10.0.0.254", G, 100);
    expect(&c[0], "RPF 10.0.0.254 239.1.1.1 if=4,0 up=0 hdr=20 route=yes");
    CHECK_TEXT(mfe("10.0.0.254", G),
               "10.0.0.254 239.1.1.1 in=4 out=[2,0] up=0 timeout=900 expiry=900 age=0 proto=100 "
               "route=2 10.0.0.254/32");
}

TEST(the_gateways_pair_is_the_iif_if_somebody_took_it) {
    two_protocols();
    route("10.5.0.0/16", 1, "10.0.0.254", 8);
    CHECK_OK(if_take_hop(&c[1], 1, "10.0.0.254"));
    packet_hop(1, "10.0.0.254", "10.5.0.1", G, 100);
    expect(&c[1], "RPF 10.5.0.1 239.1.1.1 if=1,10.0.0.254 up=10.0.0.254 hdr=20 route=yes",
           "PRUNE 10.5.0.1/32 239.1.1.1/32 if=0,0 forward");
    expect_nothing_at_all();
}

TEST(the_gateways_pair_is_the_iif_also_if_igmp_took_it) {
    two_protocols();
    route("10.5.0.0/16", 1, "10.0.0.254", 8);
    REQUIRE_OK(client_register(&c[2], PROTO_IP_IGMP, 1, CB_ALL));
    CHECK_OK(if_take_hop(&c[2], 1, "10.0.0.254"));
    packet_hop(1, "10.0.0.254", "10.5.0.1", G, 100);
    expect(&c[2], "RPF 10.5.0.1 239.1.1.1 if=1,10.0.0.254 up=10.0.0.254 hdr=20 route=yes",
           "PRUNE 10.5.0.1/32 239.1.1.1/32 if=0,0 forward");
    expect_nothing_at_all();
}

TEST(the_plain_interface_is_the_iif_if_nobody_took_the_gateways_pair) {
    two_protocols();
    route("10.5.0.0/16", 1, "10.0.0.254", 8);
    CHECK_OK(if_take_hop(&c[1], 1, "10.0.0.253")); /* another gateway */
    packet(1, "10.5.0.1", G, 100);
    expect(&c[0], "RPF 10.5.0.1 239.1.1.1 if=1,0 up=10.0.0.254 hdr=20 route=yes",
           "PRUNE 10.5.0.1/32 239.1.1.1/32 if=0,0 forward");
    expect_nothing_at_all();
}

/* 2. The RPF callback */

TEST(rpf_goes_to_the_iifs_owner_only_with_no_upstream_when_direct) {
    one_member();
    packet(1, S, G, 100);
    expect(&c[0], RPF_1);
    CHECK_EQ(event_total(&c[1], CB_RPF), 0);
}

TEST(rpf_goes_to_igmp_alone_on_the_iif) {
    one_member();
    igmp_on(40);
    route("10.4.0.0/16", 40, NULL, 3);
    packet(40, "10.4.0.1", G, 100);
    expect(&c[2], "RPF 10.4.0.1 239.1.1.1 if=40,0 up=0 hdr=20 route=yes");
    CHECK_TEXT(mfe_path("10.4.0.1", G), "in=40 out=[2,0]");
}

TEST(rpf_goes_to_the_routing_protocol_where_igmp_is_too) {
    one_member();
    igmp_on(1);
    packet(1, S, G, 100);
    expect(&c[0], RPF_1);
    CHECK_EQ(event_total(&c[2], CB_RPF), 0);
}

TEST(the_gateway_is_the_upstream_neighbour) {
    one_member();
    route("10.5.0.0/16", 1, "10.0.0.254", 8);
    packet(1, "10.5.0.1", G, 100);
    expect(&c[0], "RPF 10.5.0.1 239.1.1.1 if=1,0 up=10.0.0.254 hdr=20 route=yes");
    CHECK_TEXT(mfe("10.5.0.1", G), "10.5.0.1 239.1.1.1 in=1 out=[2,0] up=10.0.0.254 timeout=900 "
                                   "expiry=900 age=0 proto=100 route=8 10.5.0.0/16");
}

TEST(rpf_may_name_another_upstream_neighbour) {
    one_member();
    c[0].rpf_sets_upstream = true;
    c[0].rpf_upstream = ip("10.0.0.77");
    packet(1, S, G, 100);
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[2,0] up=10.0.0.77 timeout=900 "
                          "expiry=900 age=0 proto=100 route=3 10.0.0.0/24");
}

TEST(rpf_may_name_another_interface_of_its_own) {
    one_member();
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    client_answer_rpf(&c[0], 4, NULL, "10.4.4.4");
    clear_all();
    packet(4, S, G, 100);
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=4 out=[1,0 2,0] up=10.4.4.4 timeout=900 "
                          "expiry=900 age=0 proto=100 route=3 10.0.0.0/24");
    expect(&c[0], RPF_1, "CREATE 10.0.0.1 239.1.1.1 in=4,0 out=[1,0]");
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=4,0 out=[2,0]");
    CHECK_EQ(counters().ullPacketsForwarded, 1);
}

TEST(rpf_may_name_another_pair_of_its_own) {
    one_member();
    CHECK_OK(if_take_hop(&c[0], 4, "10.4.4.4"));
    client_answer_rpf(&c[0], 4, "10.4.4.4", "10.4.4.4");
    packet_hop(4, "10.4.4.4", S, G, 100);
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=4,10.4.4.4 out=[2,0]");
    CHECK_EQ(event_total(&c[0], CB_WRONG_IF), 0);
}

TEST(rpf_naming_an_interface_of_another_client_is_ignored) {
    one_member();
    client_answer_rpf(&c[0], 3, NULL, NULL);
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(rpf_naming_an_interface_nobody_holds_is_ignored) {
    one_member();
    client_answer_rpf(&c[0], 77, NULL, NULL);
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(rpf_naming_a_next_hop_it_does_not_hold_is_ignored) {
    one_member();
    client_answer_rpf(&c[0], 4, "10.4.4.4", NULL);
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(rpf_naming_no_interface_where_there_is_a_route_is_ignored) {
    one_member();
    client_answer_rpf(&c[0], 0, NULL, NULL);
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(rpf_gets_the_route_in_one_multicast_view) {
    struct event event;
    one_member();
    route("10.5.0.0/17", 1, "10.0.0.254", 8);
    packet(1, "10.5.0.1", G, 100);
    REQUIRE(event_get(&c[0], 0, &event));
    REQUIRE(event.kind == CB_RPF && event.has_route);
    CHECK_EQ(event.source_mask, 0xFFFFFFFF);
    CHECK_EQ(event.group_mask, 0xFFFFFFFF);
    CHECK_EQ(event.route.DestAddress.AddressFamily, 2);
    CHECK_EQ(event.route.DestAddress.NumBits, 17);
    CHECK_EQ(event.route.DestAddress.AddrBits[0], 10);
    CHECK_EQ(event.route.DestAddress.AddrBits[1], 5);
    CHECK_EQ(event.route.DestAddress.AddrBits[2], 0);
    CHECK_EQ(event.route.DestAddress.AddrBits[3], 0);
    CHECK_EQ(event.route.NumberOfViews, 1);
    CHECK_EQ(event.route.BelongsToViews, RTM_VIEW_MASK_MCAST);
    CHECK_EQ(event.route.ViewInfo[0].ViewId, RTM_VIEW_ID_MCAST);
}

TEST(without_a_route_the_arrival_interfaces_owner_is_asked) {
    one_member();
    packet(4, "10.9.0.1", G, 100);
    expect(&c[0], "RPF 10.9.0.1 239.1.1.1 if=0,0 up=0 hdr=20 route=no",
           "WRONGIF 10.9.0.1 239.1.1.1 if=4,0 hdr=20"); /* 4 is not the iif: there is none */
    expect_nothing_at_all();
    CHECK_TEXT(mfe_path("10.9.0.1", G), "in=0 out=[]");
}

TEST(without_a_route_rpf_may_name_an_interface) {
    one_member();
    client_answer_rpf(&c[0], 4, NULL, "10.4.4.4");
    packet(4, "10.9.0.1", G, 100);
    expect(&c[0], "RPF 10.9.0.1 239.1.1.1 if=0,0 up=0 hdr=20 route=no");
    expect(&c[1], "CREATE 10.9.0.1 239.1.1.1 in=4,0 out=[2,0]");
    CHECK_TEXT(mfe("10.9.0.1", G), "10.9.0.1 239.1.1.1 in=4 out=[2,0] up=10.4.4.4 timeout=900 "
                                   "expiry=900 age=0 proto=100 route=0 0/0");
}

TEST(without_a_route_an_interface_of_another_client_is_ignored) {
    one_member();
    client_answer_rpf(&c[0], 3, NULL, NULL);
    packet(4, "10.9.0.1", G, 100);
    CHECK_TEXT(mfe_path("10.9.0.1", G), "in=0 out=[]");
}

TEST(without_a_route_and_an_owner_the_mfe_is_negative_without_a_callback) {
    one_member();
    packet(77, "10.9.0.1", G, 100);
    expect_nothing_at_all();
    CHECK_TEXT(mfe_path("10.9.0.1", G), "in=0 out=[]");
}

TEST(an_iif_nobody_holds_makes_the_mfe_negative_without_a_callback) {
    struct mfe_room room;
    one_member();
    route("10.5.0.0/16", 50, NULL, 3);
    packet(50, "10.5.0.1", G, 100);
    expect_nothing_at_all();
    REQUIRE(mfe_get("10.5.0.1", G, &room));
    CHECK_EQ(room.mfe.ulNumOutIf, 0);
    CHECK_EQ(room.mfe.dwInIfProtocol, 0);
    CHECK_EQ(counters().ullPacketsForwarded, 0);
}

TEST(without_an_rpf_callback_the_route_decides) {
    host_start_memory();
    route("10.0.0.0/24", 1, "10.0.0.254", 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL & ~CB_RPF));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[0], 2));
    REQUIRE_OK(member_add(&c[0], "0", G, 2, JOIN));
    packet(1, S, G, 100);
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[2,0] up=10.0.0.254 timeout=900 "
                          "expiry=900 age=0 proto=100 route=3 10.0.0.0/24");
}

TEST(rpf_gets_the_packets_header) {
    struct event event;
    BYTE bytes[345];
    one_member();
    packet_build(bytes, S, G, sizeof bytes);
    CHECK_OK(packet_raw(1, 0, bytes, sizeof bytes));
    REQUIRE(event_get(&c[0], 0, &event));
    REQUIRE(event.kind == CB_RPF && event.header_size == 20 && !event.header_null);
    CHECK_EQ(event.header[0], 0x45);
    CHECK_EQ(event.header[2] << 8 | event.header[3], 345);
    CHECK(memcmp(event.header + 4, bytes + 4, 2) == 0);   /* id */
    CHECK(memcmp(event.header + 12, bytes + 12, 8) == 0); /* addresses */
}

TEST(rpf_gets_the_packets_header_with_its_options) {
    struct event event;
    BYTE plain[100], bytes[104];
    unsigned sum = 0;
    one_member();
    packet_build(plain, S, G, sizeof plain);
    memcpy(bytes, plain, 20);
    memset(bytes + 20, 1, 4); /* four times "no operation" */
    memcpy(bytes + 24, plain + 20, 80);
    bytes[0] = 0x46;
    bytes[3] = 104;
    bytes[10] = bytes[11] = 0;
    for (int i = 0; i < 24; i += 2)
        sum += (unsigned)bytes[i] << 8 | bytes[i + 1];
    sum = ~((sum & 0xFFFF) + (sum >> 16)) & 0xFFFF;
    bytes[10] = (BYTE)(sum >> 8);
    bytes[11] = (BYTE)sum;
    CHECK_OK(packet_raw(1, 0, bytes, sizeof bytes));
    REQUIRE(event_get(&c[0], 0, &event));
    REQUIRE(event.kind == CB_RPF && event.header_size == 24);
    CHECK_EQ(event.header[0], 0x46);
    CHECK(memcmp(event.header + 12, bytes + 12, 12) == 0);
}

/* 3. The outgoing list */

TEST(every_covering_membership_gives_an_oif_in_ascending_order) {
    two_protocols();
    for (DWORD i = 20; i < 28; i++)
        CHECK_OK(if_take(&c[1], i));
    CHECK_OK(if_take_hop(&c[1], 20, "10.20.0.7"));
    CHECK_OK(member_add(&c[1], "10.0.0.0/24", "239.1.0.0/16", 27, JOIN));
    CHECK_OK(member_add(&c[1], S, "239.0.0.0/8", 26, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.0/8", G, 25, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.0/24", 24, JOIN));
    CHECK_OK(member_add(&c[1], "0", "0", 23, JOIN));
    CHECK_OK(member_add(&c[1], S, G, 22, JOIN));
    CHECK_OK(member_add(&c[1], "0", G, 21, JOIN));
    CHECK_OK(member_add_hop(&c[1], "0", G, 20, "10.20.0.7", JOIN));
    CHECK_OK(member_add(&c[1], "0", G, 20, JOIN));
    CHECK_OK(member_add(&c[0], "0", G, 4, JOIN));
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[4,0 20,0 20,10.20.0.7 21,0 22,0 23,0 24,0 25,0 26,0 27,0]");
}

TEST(memberships_that_do_not_cover_give_no_oif) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.2", G, 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.2.0/24", 2, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.1.0/24", G, 2, JOIN));
    CHECK_OK(member_add(&c[1], S, "239.2.0.0/16", 2, JOIN));
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
}

TEST(several_memberships_of_an_interface_give_one_oif) {
    one_member();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "0", 2, JOIN));
    igmp_on(2);
    CHECK_OK(member_add(&c[2], "0", G, 2, JOIN));
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[2,0:1] packets=1 octets=100 wrong=0 queue=0");
}

TEST(a_member_on_the_iif_does_not_make_the_mfe_active) {
    two_protocols();
    igmp_on(1);
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    CHECK_OK(member_add(&c[2], S, G, 1, JOIN));
    clear_all();
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    expect(&c[0], RPF_1, EMPTY_1);
    expect_nothing_at_all();
}

TEST(the_iif_that_rpf_names_is_the_one_left_out) {
    two_protocols();
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    CHECK_OK(member_add(&c[0], "0", G, 4, JOIN));
    client_answer_rpf(&c[0], 4, NULL, NULL);
    packet(4, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=4 out=[1,0]");
}

TEST(igmps_membership_is_an_oif_at_once) {
    two_protocols();
    igmp_on(2);
    igmp_on(40);
    CHECK_OK(member_add(&c[2], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", G, 40, JOIN));
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 40,0]");
}

/* 4. The creation alert */

TEST(each_client_is_alerted_with_its_own_interfaces_only) {
    one_member();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    CHECK_OK(member_add(&c[0], "0", G, 4, JOIN));
    REQUIRE_OK(client_register(&c[3], 103, 1, CB_ALL));
    CHECK_OK(if_take(&c[3], 30));
    clear_all();
    packet(1, S, G, 100);
    expect(&c[0], RPF_1, "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[4,0]");
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0 3,0]");
    expect_nothing(&c[3]);
}

TEST(igmp_is_alerted_where_it_is_alone_and_marked_everywhere) {
    one_member();
    igmp_on(2);
    igmp_on(40);
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    CHECK_OK(member_add(&c[2], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", G, 40, JOIN));
    clear_all();
    packet(1, S, G, 100);
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0:igmp 3,0]");
    expect(&c[2], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[40,0:igmp]");
}

TEST(an_interface_igmp_holds_is_marked_also_without_its_membership) {
    one_member();
    igmp_on(2);
    /* c1's membership there: taking by IGMP removes nothing. */
    packet(1, S, G, 100);
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0:igmp]");
    expect_nothing(&c[2]);
}

TEST(igmps_membership_on_an_owned_interface_is_alerted_to_the_owner_who_may_veto) {
    two_protocols();
    igmp_on(2);
    CHECK_OK(member_add(&c[2], "0", G, 2, JOIN));
    client_veto(&c[1], 2, NULL);
    clear_all();
    packet(1, S, G, 100);
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0:igmp]");
    expect_nothing(&c[2]);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
}

TEST(an_empty_list_alerts_nobody_of_the_creation) {
    two_protocols();
    packet(1, S, G, 100);
    expect(&c[0], RPF_1, EMPTY_1);
    expect_nothing_at_all();
}

TEST(a_vetoed_interface_is_left_out_of_this_mfe_only) {
    one_member();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    client_veto(&c[1], 2, NULL);
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
    c[1].veto_count = 0;
    packet(1, "10.0.0.2", G, 100);
    CHECK_TEXT(mfe_path("10.0.0.2", G), "in=1 out=[2,0 3,0]");
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[3,0:2] packets=2 octets=200 wrong=0 queue=0");
}

/* A vetoed 2 beside 3. */
static void vetoed(void) {
    one_member();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    client_veto(&c[1], 2, NULL);
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
    clear_all();
}

TEST(a_new_membership_there_lifts_the_veto) {
    vetoed();
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
    CHECK_EQ(event_total(&c[1], CB_CREATE), 1);
}

TEST(a_new_membership_of_igmp_there_lifts_the_veto) {
    vetoed();
    igmp_on(2);
    CHECK_OK(member_add(&c[2], "0", G, 2, JOIN));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
}

TEST(a_forward_add_there_lifts_the_veto) {
    vetoed();
    CHECK_OK(member_add(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
}

TEST(a_membership_that_is_there_does_not_lift_the_veto) {
    vetoed();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN | FORWARD));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
}

TEST(changes_that_are_not_for_it_there_leave_the_veto) {
    vetoed();
    CHECK_OK(member_add(&c[1], "10.0.0.2", G, 2, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.2", G, 2, FORWARD));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_add(&c[1], S, G, 3, JOIN));
    CHECK_OK(member_add(&c[0], "0", G, 4, JOIN));
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0 4,0]");
}

/* 5. Installation */

static void nothing_is_there_yet(struct client *client, const struct event *event) {
    (void)client, (void)event;
    CHECK_TEXT(mfe_path(S, G), "none");
    CHECK_EQ(counters().ullPacketsForwarded, 0);
}

TEST(nothing_is_forwarded_before_the_mfe_is_installed) {
    one_member();
    c[0].hook = c[1].hook = nothing_is_there_yet;
    c[0].hook_kinds = CB_RPF;
    c[1].hook_kinds = CB_CREATE;
    packet(1, S, G, 100);
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    CHECK_EQ(event_total(&c[1], CB_CREATE), 1);
    /* Then its packet goes through it. */
    CHECK_EQ(counters().ullPacketsForwarded, 1);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[2,0:1] packets=1 octets=100 wrong=0 queue=0");
}

TEST(a_negative_mfe_is_installed_and_asks_no_more) {
    two_protocols();
    packet(1, S, G, 100);
    packets(1, S, G, 100, 9);
    CHECK_EQ(mfe_count(), 1);
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    CHECK_EQ(event_total(&c[0], CB_PRUNE), 1);
    CHECK_EQ(counters().ullPacketsWithoutEntry, 1);
    CHECK_EQ(counters().ullPacketsForwarded, 0);
}

TEST(a_negative_mfe_without_a_route_asks_no_more) {
    one_member();
    packets(4, "10.9.0.1", G, 100, 10);
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    CHECK_EQ(counters().ullPacketsWithoutEntry, 1);
}

TEST(later_packets_are_forwarded_without_callbacks) {
    one_member();
    packet(1, S, G, 100);
    clear_all();
    packets(1, S, G, 100, 9);
    expect_nothing_at_all();
    CHECK_EQ(counters().ullPacketsForwarded, 10);
    CHECK_EQ(counters().ullPacketsWithoutEntry, 1);
}

TEST(alerts_of_one_creation_come_in_their_order) {
    one_member();
    packet(4, S, G, 100);
    expect_all("c0 " RPF_1, "c1 CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0]",
               "c0 WRONGIF 10.0.0.1 239.1.1.1 if=4,0 hdr=20");
}

/* 6. Wrong interface */

TEST(the_first_packet_on_a_wrong_interface_is_told_to_its_owner_and_not_forwarded) {
    struct event event;
    BYTE bytes[123];
    one_member();
    packet_build(bytes, S, G, sizeof bytes);
    CHECK_OK(packet_raw(3, 0, bytes, sizeof bytes));
    CHECK_EQ(event_count(&c[1]), 2);
    REQUIRE(event_get(&c[1], 1, &event));
    REQUIRE(event.kind == CB_WRONG_IF && event.header_size == 20 && !event.header_null);
    CHECK_EQ(event.header[0], 0x45);
    CHECK_EQ(event.header[3], 123);
    CHECK(memcmp(event.header + 4, bytes + 4, 2) == 0);
    CHECK(memcmp(event.header + 12, bytes + 12, 8) == 0);
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0]",
           "WRONGIF 10.0.0.1 239.1.1.1 if=3,0 hdr=20");
    expect(&c[0], RPF_1);
    CHECK_EQ(counters().ullPacketsForwarded, 0);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[2,0:0] packets=1 octets=123 wrong=1 queue=0");
}

TEST(the_first_packet_on_an_oif_is_a_wrong_interface_too) {
    one_member();
    packet(2, S, G, 100);
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0]",
           "WRONGIF 10.0.0.1 239.1.1.1 if=2,0 hdr=20");
}

TEST(a_packet_on_the_iif_is_no_wrong_interface) {
    one_member();
    packets(1, S, G, 100, 3);
    CHECK_EQ(event_total(&c[0], CB_WRONG_IF), 0);
    CHECK_EQ(counters().ullWrongInterface, 0);
}

TEST(a_packet_on_an_interface_nobody_holds_is_told_to_nobody) {
    one_member();
    packet(77, S, G, 100);
    expect(&c[0], RPF_1);
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0]");
    packet(77, S, G, 100);
    expect_nothing_at_all();
    CHECK_EQ(counters().ullPacketsForwarded, 0);
}

TEST(igmp_alone_is_told_of_a_wrong_interface) {
    one_member();
    igmp_on(40);
    igmp_on(3);
    packet(40, S, G, 100);
    expect(&c[2], "WRONGIF 10.0.0.1 239.1.1.1 if=40,0 hdr=20");
    advance(10);
    clear_all();
    packet(3, S, G, 100); /* there c1 is the owner */
    expect_all("c1 WRONGIF 10.0.0.1 239.1.1.1 if=3,0 hdr=20");
}

TEST(a_wrong_next_hop_is_a_wrong_interface) {
    one_member();
    CHECK_OK(if_take_hop(&c[1], 1, "10.0.0.254"));
    packet(1, S, G, 100);
    clear_all();
    packet_hop(1, "10.0.0.254", S, G, 100);
    expect_all("c1 WRONGIF 10.0.0.1 239.1.1.1 if=1,10.0.0.254 hdr=20");
}

TEST(later_packets_on_a_wrong_interface_are_told_but_not_each) {
    one_member();
    packet(1, S, G, 100);
    clear_all();
    packet(3, S, G, 100);
    expect_all("c1 WRONGIF 10.0.0.1 239.1.1.1 if=3,0 hdr=20");
    packets(3, S, G, 100, 100);
    packets(4, S, G, 100, 100); /* per entry, whatever the interface */
    expect_nothing_at_all();
    advance(4);
    packets(3, S, G, 100, 100);
    expect_all("c1 WRONGIF 10.0.0.1 239.1.1.1 if=3,0 hdr=20");
    CHECK_EQ(counters().ullPacketsForwarded, 1);
    CHECK_EQ(counters().ullPacketsWithoutEntry, 1);
    CHECK_EQ(counters().ullWrongInterface, 301);
}

TEST(the_alert_of_the_creation_counts_for_the_limit) {
    one_member();
    packet(3, S, G, 100);
    CHECK_EQ(event_total(&c[1], CB_WRONG_IF), 1);
    packets(3, S, G, 100, 10);
    CHECK_EQ(event_total(&c[1], CB_WRONG_IF), 1);
    advance(4);
    packet(3, S, G, 100);
    CHECK_EQ(event_total(&c[1], CB_WRONG_IF), 2);
}

TEST(wrong_interface_alerts_are_limited_for_each_entry_apart) {
    one_member();
    packet(1, S, G, 100);
    packet(1, "10.0.0.2", G, 100);
    clear_all();
    packets(3, S, G, 100, 2);
    packets(3, "10.0.0.2", G, 100, 2);
    expect_all("c1 WRONGIF 10.0.0.1 239.1.1.1 if=3,0 hdr=20",
               "c1 WRONGIF 10.0.0.2 239.1.1.1 if=3,0 hdr=20");
}

TEST(a_negative_mfe_reports_wrong_interfaces_too) {
    two_protocols();
    packet(1, S, G, 100);
    clear_all();
    packet(3, S, G, 100);
    expect_all("c1 WRONGIF 10.0.0.1 239.1.1.1 if=3,0 hdr=20");
}

/* Constructions */

static void *send_s(void *count) {
    packets(1, S, G, 100, *(unsigned *)count);
    return NULL;
}

static unsigned one = 1;

/* A thread sends a packet of (S,G), and waits in the callback of `client`. */
static pthread_t blocked_construction(struct client *client, unsigned kind) {
    pthread_t thread;
    client_block(client, kind);
    REQUIRE(pthread_create(&thread, NULL, send_s, &one) == 0);
    client_wait_blocked(client, 1);
    return thread;
}

static void let_go(struct client *client, pthread_t thread) {
    client_unblock(client);
    CHECK_EQ(pthread_join(thread, NULL), 0);
}

TEST(one_construction_at_a_time_for_a_source_and_group) {
    one_member();
    pthread_t first = blocked_construction(&c[0], CB_RPF);
    packets(1, S, G, 100, 2);
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    CHECK_TEXT(mfe_path(S, G), "none");
    let_go(&c[0], first);
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    CHECK_EQ(event_total(&c[1], CB_CREATE), 1);
    /* The packets waited for the MFE. */
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[2,0:3] packets=3 octets=300 wrong=0 queue=0");
}

TEST(packets_that_find_the_queue_full_are_dropped_and_counted) {
    MGM_HOST_COUNTERS now;
    one_member();
    pthread_t first = blocked_construction(&c[0], CB_RPF);
    packets(1, S, G, 100, 9);
    let_go(&c[0], first);
    now = counters();
    CHECK(now.ullDroppedBusy > 0);
    CHECK_EQ(now.ullPacketsForwarded + now.ullDroppedBusy, 10);
    CHECK_EQ(now.ullPacketsDropped, now.ullDroppedBusy);
}

TEST(other_calls_go_on_during_a_construction) {
    one_member();
    route("10.2.0.0/16", 2, NULL, 3);
    pthread_t first = blocked_construction(&c[0], CB_RPF);
    /* Another construction, by another client and by the one that blocks. */
    packet(2, "10.2.0.1", G, 100);
    CHECK_TEXT(mfe_path("10.2.0.1", G), "in=2 out=[]");
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 3, JOIN));
    CHECK_OK(if_take(&c[1], 33));
    CHECK_OK(if_release(&c[1], 33));
    CHECK_TEXT(groups(&c[1], ALL_SOURCES), "0/0 239.1.1.1/32; 0/0 239.1.1.2/32");
    CHECK_EQ(counters().dwEntries, 1);
    let_go(&c[0], first);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(a_membership_added_during_the_creation_alert_applies_without_another_alert) {
    one_member();
    pthread_t first = blocked_construction(&c[1], CB_CREATE);
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    CHECK_OK(member_add(&c[0], S, G, 4, JOIN));
    CHECK_TEXT(mfe_path(S, G), "none");
    let_go(&c[1], first);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0 4,0]");
    CHECK_EQ(event_total(&c[1], CB_CREATE), 1);
    CHECK_EQ(event_total(&c[0], CB_CREATE), 0);
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
}

TEST(a_membership_added_during_the_rpf_callback_applies) {
    one_member();
    pthread_t first = blocked_construction(&c[0], CB_RPF);
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    let_go(&c[0], first);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
}

TEST(a_membership_deleted_during_the_creation_alert_applies) {
    one_member();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    pthread_t first = blocked_construction(&c[1], CB_CREATE);
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    let_go(&c[1], first);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
}

TEST(an_interface_released_during_the_creation_alert_is_left_out) {
    one_member();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    pthread_t first = blocked_construction(&c[1], CB_CREATE);
    CHECK_OK(if_release(&c[1], 2));
    let_go(&c[1], first);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
}

TEST(forward_operations_during_the_creation_alert_apply) {
    one_member();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    pthread_t first = blocked_construction(&c[1], CB_CREATE);
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_OK(member_add(&c[0], S, G, 4, FORWARD));
    CHECK_OK(member_delete(&c[1], "10.0.0.2", G, 3, FORWARD)); /* another source */
    let_go(&c[1], first);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0 4,0]");
    CHECK_EQ(event_total(&c[1], CB_CREATE), 1);
    CHECK_EQ(event_total(&c[0], CB_CREATE), 0);
}

TEST(changes_during_the_creation_alert_come_after_the_vetoes) {
    one_member();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    client_veto(&c[1], 2, NULL);
    client_veto(&c[1], 3, NULL);
    pthread_t first = blocked_construction(&c[1], CB_CREATE);
    CHECK_OK(member_add(&c[1], S, G, 2, JOIN));
    CHECK_OK(member_add(&c[1], S, G, 3, FORWARD));
    let_go(&c[1], first);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0 3,0]");
}

TEST(a_membership_that_was_there_does_not_undo_the_veto_of_the_same_creation) {
    one_member();
    client_veto(&c[1], 2, NULL);
    pthread_t first = blocked_construction(&c[1], CB_CREATE);
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    let_go(&c[1], first);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
}

TEST(a_membership_on_the_iif_added_during_a_construction_is_no_oif) {
    one_member();
    pthread_t first = blocked_construction(&c[1], CB_CREATE);
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    CHECK_OK(member_add(&c[0], S, G, 1, FORWARD));
    let_go(&c[1], first);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(a_membership_deleted_and_added_again_during_the_creation_alert_is_new) {
    one_member();
    client_veto(&c[1], 2, NULL);
    pthread_t first = blocked_construction(&c[1], CB_CREATE);
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    let_go(&c[1], first);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(operations_during_a_construction_apply_in_their_order) {
    one_member();
    pthread_t first = blocked_construction(&c[1], CB_CREATE);
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_OK(member_add(&c[1], S, G, 2, FORWARD));
    CHECK_OK(member_add(&c[0], S, G, 4, FORWARD));
    CHECK_OK(member_delete(&c[0], "0", G, 4, FORWARD));
    let_go(&c[1], first);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(wildcard_forward_operations_during_a_construction_apply) {
    one_member();
    pthread_t first = blocked_construction(&c[1], CB_CREATE);
    CHECK_OK(member_delete(&c[1], "0", "0", 2, FORWARD));
    CHECK_OK(member_add(&c[1], "10.0.0.0/24", "239.1.0.0/16", 3, FORWARD));
    let_go(&c[1], first);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
}

TEST(a_construction_during_which_everything_happens_at_once) {
    one_member();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    client_veto(&c[1], 3, NULL);
    pthread_t first = blocked_construction(&c[1], CB_CREATE);
    CHECK_OK(member_delete(&c[1], "0", G, 2, JOIN));
    CHECK_OK(if_release(&c[1], 3));
    CHECK_OK(if_take(&c[1], 3));
    CHECK_OK(member_add(&c[1], S, G, 3, JOIN));
    CHECK_OK(member_add(&c[0], "0", "0", 4, JOIN));
    CHECK_OK(member_delete(&c[0], "0", G, 4, FORWARD));
    let_go(&c[1], first);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[3,0]");
}

/* The first RPF or creation alert moves the route to c1's 3. */
static void move_route_once(struct client *client, const struct event *event) {
    (void)event;
    if (client->hook_context == NULL) {
        client->hook_context = client;
        route("10.0.0.0/24", 3, NULL, 3);
    }
}

TEST(a_route_that_changes_during_rpf_restarts_the_construction) {
    one_member();
    c[0].hook = move_route_once;
    c[0].hook_kinds = CB_RPF;
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=3 out=[2,0]");
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    CHECK_EQ(event_total(&c[1], CB_RPF), 1);
    CHECK_EQ(mfe_count(), 1);
}

TEST(a_route_that_changes_during_the_creation_alert_restarts_the_construction) {
    one_member();
    c[1].hook = move_route_once;
    c[1].hook_kinds = CB_CREATE;
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=3 out=[2,0]");
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    CHECK_EQ(event_total(&c[1], CB_RPF), 1);
    CHECK_EQ(event_total(&c[1], CB_CREATE), 2);
}

/* c0's first RPF gives the iif to c1. */
static void hand_over_once(struct client *client, const struct event *event) {
    (void)event;
    if (client->hook_context == NULL) {
        client->hook_context = client;
        CHECK_OK(if_release(client, 1));
        CHECK_OK(if_take(&c[1], 1));
    }
}

TEST(an_iif_that_changes_its_owner_during_rpf_restarts_the_construction) {
    one_member();
    c[0].hook = hand_over_once;
    c[0].hook_kinds = CB_RPF;
    packet(1, S, G, 100);
    expect(&c[0], RPF_1);
    expect(&c[1], RPF_1, "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0]");
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[2,0] up=0 timeout=900 expiry=900 age=0 "
                          "proto=101 route=3 10.0.0.0/24");
}

static void release_the_iif(struct client *client, const struct event *event) {
    (void)event;
    CHECK_OK(if_release(client, 1));
}

TEST(an_iif_released_during_rpf_makes_the_mfe_negative) {
    struct mfe_room room;
    one_member();
    c[0].hook = release_the_iif;
    c[0].hook_kinds = CB_RPF;
    packet(1, S, G, 100);
    REQUIRE(mfe_get(S, G, &room));
    CHECK_EQ(room.mfe.ulNumOutIf, 0);
    CHECK_EQ(room.mfe.dwInIfProtocol, 0);
    expect_all("c0 " RPF_1);
    CHECK_EQ(counters().ullPacketsForwarded, 0);
}

static void take_33(struct client *client, const struct event *event) {
    (void)client, (void)event;
    if (event_total(&c[1], CB_CREATE) == 1) {
        CHECK_OK(if_take(&c[1], 33));
        route("10.8.0.0/16", 3, NULL, 3);
    }
}

TEST(changes_of_other_routes_and_interfaces_do_not_restart_the_construction) {
    one_member();
    c[1].hook = take_33;
    c[1].hook_kinds = CB_CREATE;
    packet(1, S, G, 100);
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    CHECK_EQ(event_total(&c[1], CB_CREATE), 1);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

/* Every RPF moves the route to the other of c0's interfaces, up to the fourth. */
static unsigned long moves;
static void move_route_always(struct client *client, const struct event *event) {
    (void)client;
    if (moves > 0) {
        moves--;
        route("10.0.0.0/24", event->if_index == 1 ? 4 : 1, NULL, 3);
    }
}

TEST(a_construction_restarts_three_times) {
    one_member();
    moves = 3;
    c[0].hook = move_route_always;
    c[0].hook_kinds = CB_RPF;
    packet(1, S, G, 100);
    CHECK_EQ(event_total(&c[0], CB_RPF), 4);
    CHECK_TEXT(mfe_path(S, G), "in=4 out=[2,0]");
}

TEST(a_construction_that_would_restart_a_fourth_time_ends_negative) {
    struct mfe_room room;
    one_member();
    moves = 1000;
    c[0].hook = move_route_always;
    c[0].hook_kinds = CB_RPF;
    packet(1, S, G, 100);
    CHECK_EQ(event_total(&c[0], CB_RPF), 4);
    REQUIRE(mfe_get(S, G, &room));
    CHECK_EQ(room.mfe.ulNumOutIf, 0);
    moves = 0;
    packets(1, S, G, 100, 3);
    CHECK_EQ(event_total(&c[0], CB_RPF), 4);
    CHECK_EQ(counters().ullPacketsForwarded, 0);
}

/* Every RPF gives the route another gateway. */
static void change_gateway_always(struct client *client, const struct event *event) {
    (void)client, (void)event;
    if (moves > 0)
        route("10.0.0.0/24", 1, --moves % 2 == 0 ? "10.0.0.253" : "10.0.0.254", 3);
}

TEST(a_construction_given_up_has_no_upstream_neighbour) {
    struct mfe_room room;
    one_member();
    moves = 4;
    c[0].hook = change_gateway_always;
    c[0].hook_kinds = CB_RPF;
    packet(1, S, G, 100);
    CHECK_EQ(event_total(&c[0], CB_RPF), 4);
    CHECK_EQ(moves, 0);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    REQUIRE(mfe_get(S, G, &room));
    CHECK_EQ(room.mfe.dwUpStrmNgbr, 0);
    expect_any_order(&c[0], EMPTY_1, "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=20 route=yes",
                     "RPF 10.0.0.1 239.1.1.1 if=1,0 up=10.0.0.254 hdr=20 route=yes",
                     "RPF 10.0.0.1 239.1.1.1 if=1,0 up=10.0.0.253 hdr=20 route=yes",
                     "RPF 10.0.0.1 239.1.1.1 if=1,0 up=10.0.0.254 hdr=20 route=yes");
}

static void join_and_move(struct client *client, const struct event *event) {
    if (event_total(&c[0], CB_RPF) == 2)
        CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    move_route_always(client, event);
}

TEST(a_construction_given_up_is_negative_whatever_joined_meanwhile) {
    struct mfe_room room;
    one_member();
    moves = 4;
    c[0].hook = join_and_move;
    c[0].hook_kinds = CB_RPF;
    packet(1, S, G, 100);
    REQUIRE(mfe_get(S, G, &room));
    CHECK_EQ(room.mfe.ulNumOutIf, 0);
}

TEST(a_client_that_blocks_in_a_direct_callback_is_logged_and_counted) {
    one_member();
    pthread_t first = blocked_construction(&c[0], CB_RPF);
    CHECK_EQ(counters().ullSlowCallbacks, 0);
    advance_ms(1100);
    EVENTUALLY(counters().ullSlowCallbacks == 1);
    EVENTUALLY(log_has("0x64") || log_has("100")); /* its protocol id */
    let_go(&c[0], first);
    CHECK_EQ(counters().ullSlowCallbacks, 1);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

TEST(a_client_that_returns_soon_is_not_counted_as_slow) {
    one_member();
    packet(1, S, G, 100);
    advance(10);
    CHECK_EQ(counters().ullSlowCallbacks, 0);
}

TEST(igmp_may_name_another_interface_it_is_on) {
    one_member();
    route("10.5.0.0/16", 50, NULL, 3);
    igmp_on(50);
    igmp_on(51);
    igmp_on(4);
    client_answer_rpf(&c[2], 51, NULL, NULL);
    packet(51, "10.5.0.1", G, 100);
    CHECK_TEXT(mfe_path("10.5.0.1", G), "in=51 out=[2,0]");
    /* Also one where it is beside a routing protocol. */
    client_answer_rpf(&c[2], 4, NULL, NULL);
    packet(4, "10.5.0.2", G, 100);
    CHECK_TEXT(mfe_path("10.5.0.2", G), "in=4 out=[2,0]");
}

/* Next hops on one link are interfaces of their own: only the iif itself is left out. */
TEST(a_member_behind_another_next_hop_of_the_iifs_link_is_an_oif) {
    two_protocols();
    CHECK_OK(if_take_hop(&c[1], 1, "10.0.0.7"));
    CHECK_OK(member_add_hop(&c[1], "0", G, 1, "10.0.0.7", JOIN));
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    packet(1, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[1,10.0.0.7]");
    CHECK_EQ(counters().ullPacketsForwarded, 1);
}

static void other_gateway(struct client *client, const struct event *event) {
    (void)event;
    client->hook_kinds = 0;
    route("10.5.0.0/16", 1, "10.0.0.9", 3);
}

TEST(a_route_that_changes_its_gateway_only_restarts_the_construction) {
    one_member();
    route("10.5.0.0/16", 1, "10.0.0.8", 3);
    c[0].hook = other_gateway;
    c[0].hook_kinds = CB_RPF;
    packet(1, "10.5.0.1", G, 100);
    expect(&c[0], "RPF 10.5.0.1 239.1.1.1 if=1,0 up=10.0.0.8 hdr=20 route=yes",
           "RPF 10.5.0.1 239.1.1.1 if=1,0 up=10.0.0.9 hdr=20 route=yes");
    CHECK_TEXT(mfe("10.5.0.1", G), "10.5.0.1 239.1.1.1 in=1 out=[2,0] up=10.0.0.9 timeout=900 "
                                   "expiry=900 age=0 proto=100 route=3 10.5.0.0/16");
}

static void named_iif_to_c1(struct client *client, const struct event *event) {
    (void)event;
    client->hook_kinds = 0;
    CHECK_OK(if_release(&c[0], 4));
    CHECK_OK(if_take(&c[1], 4));
}

TEST(a_named_iif_that_changes_its_owner_restarts_the_construction) {
    one_member();
    client_answer_rpf(&c[0], 4, NULL, NULL);
    c[1].hook = named_iif_to_c1;
    c[1].hook_kinds = CB_CREATE;
    packet(4, S, G, 100);
    /* Asked again, c0 names what is another's now: ignored. */
    CHECK_EQ(event_total(&c[0], CB_RPF), 2);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[2,0]");
}

static void gateways_pair_to_c1(struct client *client, const struct event *event) {
    (void)event;
    client->hook_kinds = 0;
    CHECK_OK(if_take_hop(&c[1], 1, "10.0.0.9"));
}

TEST(a_gateways_pair_taken_during_rpf_restarts_the_construction) {
    one_member();
    route("10.5.0.0/16", 1, "10.0.0.9", 3);
    c[0].hook = gateways_pair_to_c1;
    c[0].hook_kinds = CB_RPF;
    packet_hop(1, "10.0.0.9", "10.5.0.1", G, 100);
    expect(&c[0], "RPF 10.5.0.1 239.1.1.1 if=1,0 up=10.0.0.9 hdr=20 route=yes");
    expect(&c[1], "RPF 10.5.0.1 239.1.1.1 if=1,10.0.0.9 up=10.0.0.9 hdr=20 route=yes",
           "CREATE 10.5.0.1 239.1.1.1 in=1,10.0.0.9 out=[2,0]");
    CHECK_EQ(counters().ullPacketsForwarded, 1);
}

static void route_to_2(struct client *client, const struct event *event) {
    (void)event;
    client->hook_kinds = 0;
    route("10.0.0.0/24", 2, NULL, 3);
}

TEST(a_restart_makes_the_list_from_the_start) {
    one_member();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    clear_all();
    c[1].hook = route_to_2;
    c[1].hook_kinds = CB_CREATE;
    packet(2, S, G, 100);
    CHECK_TEXT(mfe_path(S, G), "in=2 out=[3,0]");
    expect(&c[1], "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0 3,0]",
           "RPF 10.0.0.1 239.1.1.1 if=2,0 up=0 hdr=20 route=yes",
           "CREATE 10.0.0.1 239.1.1.1 in=2,0 out=[3,0]");
}

static void prune_and_restart(struct client *client, const struct event *event) {
    other_gateway(client, event);
    CHECK_OK(member_delete(&c[1], "10.5.0.1", G, 2, FORWARD));
    CHECK_OK(member_add(&c[0], "10.5.0.1", G, 4, FORWARD));
}

TEST(operations_before_a_restart_apply_too) {
    one_member();
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    route("10.5.0.0/16", 1, "10.0.0.8", 3);
    c[0].hook = prune_and_restart;
    c[0].hook_kinds = CB_RPF;
    packet(1, "10.5.0.1", G, 100);
    CHECK_EQ(event_total(&c[0], CB_RPF), 2);
    CHECK_TEXT(mfe_path("10.5.0.1", G), "in=1 out=[3,0 4,0]");
}

/* The memory forwarder has the whole packet: nothing of the header is left out. */
TEST(the_memory_forwarder_gives_the_whole_header) {
    struct event event;
    BYTE bytes[100];
    one_member();
    packet_build(bytes, S, G, sizeof bytes);
    CHECK_OK(packet_raw(3, 0, bytes, sizeof bytes));
    REQUIRE(event_get(&c[0], 0, &event));
    REQUIRE(event.kind == CB_RPF && event.header_size == 20);
    CHECK(memcmp(event.header, bytes, 20) == 0);
    REQUIRE(event_get(&c[1], 1, &event));
    REQUIRE(event.kind == CB_WRONG_IF && event.header_size == 20);
    CHECK(memcmp(event.header, bytes, 20) == 0);
}

TEST(a_prune_during_the_creation_alert_keeps_its_veto) {
    one_member();
    client_veto(&c[1], 2, NULL);
    pthread_t first = blocked_construction(&c[1], CB_CREATE);
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    let_go(&c[1], first);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    route("10.0.0.0/24", 4, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=4 out=[]");
}

TEST(a_prune_during_the_creation_alert_lasts_until_the_route_changes) {
    one_member();
    pthread_t first = blocked_construction(&c[1], CB_CREATE);
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    let_go(&c[1], first);
    CHECK_TEXT(mfe_path(S, G), "in=1 out=[]");
    route("10.0.0.0/24", 4, NULL, 3);
    CHECK_TEXT(mfe_path(S, G), "in=4 out=[2,0]");
}

TEST(a_manager_that_was_stopped_counts_from_zero) {
    one_member();
    packet(1, S, "224.0.0.1", 100);
    packet(1, S, G, 100);
    packet(3, S, G, 100);
    CHECK_EQ(counters().ullPacketsWithoutEntry, 2);
    CHECK_EQ(counters().ullDroppedScope, 1);
    CHECK_EQ(counters().ullWrongInterface, 1);
    host_stop();
    host_start_memory();
    CHECK_EQ(counters().ullPacketsWithoutEntry, 0);
    CHECK_EQ(counters().ullDroppedScope, 0);
    CHECK_EQ(counters().ullWrongInterface, 0);
}
