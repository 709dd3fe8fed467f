/* MgmHostSetThreshold and MgmHostGetThreshold, on the memory forwarder. */
#include "snapshot.h"

#define S "10.0.0.1"
#define G "239.1.1.1"

/* c0 owns 1 (towards 10.0.0.0/24); c1 owns 2, 3 and (4, 10.4.0.1), (4, 10.4.0.2). */
static void two_protocols(void) {
    host_start_memory();
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], 101, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[1], 2));
    REQUIRE_OK(if_take(&c[1], 3));
    REQUIRE_OK(if_take_hop(&c[1], 4, "10.4.0.1"));
    REQUIRE_OK(if_take_hop(&c[1], 4, "10.4.0.2"));
}

/* ... with (*,G) of c1 on 2. */
static void a_member(void) {
    two_protocols();
    REQUIRE_OK(member_add(&c[1], "0", G, 2, JOIN));
    clear_all();
}

static DWORD threshold(DWORD if_index) {
    DWORD ttl = 4711;
    CHECK_OK(MgmHostGetThreshold(if_index, &ttl));
    return ttl;
}

TEST(a_packet_leaves_only_if_its_ttl_is_greater) {
    a_member();
    CHECK_OK(MgmHostSetThreshold(2, 32));
    CHECK_EQ(threshold(2), 32);
    packet_ttl(1, S, G, 100, 33);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[2,0:1] packets=1 octets=100 wrong=0 queue=0");
    packet_ttl(1, S, G, 100, 32);
    packet_ttl(1, S, G, 100, 31);
    packet_ttl(1, S, G, 100, 255);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[2,0:2/2] packets=4 octets=400 wrong=0 queue=0");
    CHECK_EQ(counters().ullPacketsForwarded, 2);
}

TEST(the_default_threshold_is_1) {
    a_member();
    CHECK_EQ(threshold(2), 1);
    packet_ttl(1, S, G, 100, 2);
    packet_ttl(1, S, G, 100, 1);
    packet_ttl(1, S, G, 100, 0);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[2,0:1/2] packets=3 octets=300 wrong=0 queue=0");
}

TEST(threshold_0_is_the_default) {
    a_member();
    CHECK_OK(MgmHostSetThreshold(2, 9));
    CHECK_OK(MgmHostSetThreshold(2, 0));
    CHECK_EQ(threshold(2), 1);
    packet_ttl(1, S, G, 100, 1);
    packet_ttl(1, S, G, 100, 2);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[2,0:1/1] packets=2 octets=200 wrong=0 queue=0");
}

TEST(with_threshold_255_nothing_leaves) {
    a_member();
    CHECK_OK(MgmHostSetThreshold(2, 255));
    CHECK_EQ(threshold(2), 255);
    packet_ttl(1, S, G, 100, 255);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[2,0:0/1] packets=1 octets=100 wrong=0 queue=0");
    CHECK_EQ(counters().ullPacketsForwarded, 0);
}

TEST(a_threshold_holds_for_its_interface_alone) {
    a_member();
    REQUIRE_OK(member_add(&c[1], "0", G, 3, JOIN));
    CHECK_OK(MgmHostSetThreshold(2, 32));
    CHECK_OK(MgmHostSetThreshold(1, 200));
    CHECK_EQ(threshold(3), 1);
    packet_ttl(1, S, G, 100, 10);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[2,0:0/1 3,0:1] packets=1 octets=100 wrong=0 queue=0");
    CHECK_EQ(counters().ullPacketsForwarded, 1);
}

TEST(a_threshold_holds_for_all_next_hops) {
    two_protocols();
    REQUIRE_OK(member_add_hop(&c[1], "0", G, 4, "10.4.0.1", JOIN));
    REQUIRE_OK(member_add_hop(&c[1], "0", G, 4, "10.4.0.2", JOIN));
    CHECK_OK(MgmHostSetThreshold(4, 32));
    packet_ttl(1, S, G, 100, 10);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[4,10.4.0.1:0/1 4,10.4.0.2:0/1] packets=1 octets=100 "
                                "wrong=0 queue=0");
}

TEST(a_threshold_holds_for_mfes_that_are_there_and_disturbs_nobody) {
    a_member();
    packet_ttl(1, S, G, 100, 20);
    advance(100);
    clear_all();
    CHECK_OK(MgmHostSetThreshold(2, 32));
    CHECK_TEXT(mfe(S, G), "10.0.0.1 239.1.1.1 in=1 out=[2,0] up=0 timeout=900 expiry=800 age=100 "
                          "proto=100 route=3 10.0.0.0/24");
    packet_ttl(1, S, G, 100, 20);
    CHECK_OK(MgmHostSetThreshold(2, 16));
    packet_ttl(1, S, G, 100, 20);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[2,0:2/1] packets=3 octets=300 wrong=0 queue=0");
    expect_nothing_at_all();
}

TEST(a_threshold_may_come_before_the_interface_is_taken) {
    two_protocols();
    CHECK_OK(MgmHostSetThreshold(7, 32));
    REQUIRE_OK(if_take(&c[1], 7));
    REQUIRE_OK(member_add(&c[1], "0", G, 7, JOIN));
    packet_ttl(1, S, G, 100, 32);
    packet_ttl(1, S, G, 100, 33);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[7,0:1/1] packets=2 octets=200 wrong=0 queue=0");
}

TEST(a_threshold_stays_when_the_interface_is_released) {
    a_member();
    CHECK_OK(MgmHostSetThreshold(2, 32));
    REQUIRE_OK(if_release(&c[1], 2));
    REQUIRE_OK(if_take(&c[0], 2));
    REQUIRE_OK(member_add(&c[0], "0", G, 2, JOIN));
    packet_ttl(1, S, G, 100, 32);
    CHECK_TEXT(mfe_stats(S, G), "in=1 out=[2,0:0/1] packets=1 octets=100 wrong=0 queue=0");
}

TEST(a_threshold_stays_until_the_manager_stops) {
    host_start_memory();
    CHECK_OK(MgmHostSetThreshold(2, 32));
    CHECK_OK(MgmHostSetThreshold(3, 33));
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    CHECK_OK(client_deregister(&c[0]));
    CHECK_EQ(threshold(2), 32);
    CHECK_EQ(threshold(3), 33);
    host_stop();
    host_start_memory();
    CHECK_EQ(threshold(2), 1);
    CHECK_EQ(threshold(3), 1);
}

TEST(a_threshold_before_the_first_registration_goes_with_the_last_client) {
    CHECK_OK(MgmHostSetThreshold(2, 32));
    CHECK_ERROR(MgmHostStart(NULL), ERROR_ALREADY_EXISTS);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    CHECK_EQ(threshold(2), 32);
    CHECK_OK(client_deregister(&c[0]));
    CHECK_EQ(threshold(2), 1);
}

TEST(many_thresholds_are_kept_apart) {
    host_start_memory();
    for (DWORD i = 500; i > 0; i--)
        CHECK_OK(MgmHostSetThreshold(i, i % 256));
    for (DWORD i = 2; i <= 500; i += 2)
        CHECK_OK(MgmHostSetThreshold(i, 1));
    for (DWORD i = 1; i <= 500; i++)
        CHECK_EQ(threshold(i), i % 2 == 0 ? 1 : i % 256);
    CHECK_EQ(threshold(0xFFFFFFFF), 1);
}

TEST(threshold_errors) {
    DWORD ttl = 4711;
    a_member();
    CHECK_OK(MgmHostSetThreshold(2, 32));
    UNCHANGED(&c[0], CHECK_ERROR(MgmHostSetThreshold(0, 1), ERROR_INVALID_PARAMETER));
    UNCHANGED(&c[0], CHECK_ERROR(MgmHostSetThreshold(2, 256), ERROR_INVALID_PARAMETER));
    UNCHANGED(&c[0], CHECK_ERROR(MgmHostSetThreshold(2, 0xFFFFFFFF), ERROR_INVALID_PARAMETER));
    CHECK_EQ(threshold(2), 32);
    CHECK_ERROR(MgmHostGetThreshold(0, &ttl), ERROR_INVALID_PARAMETER);
    CHECK_EQ(ttl, 4711);
    CHECK_ERROR(MgmHostGetThreshold(2, NULL), ERROR_INVALID_PARAMETER);
}
