/* Deregistration inside callbacks and beside them: rules.md section 1. */
#include "callbacks.h"

static atomic_bool deregistering, deregistered;

static void deregister(void *argument) {
    struct client *client = argument;
    atomic_store(&deregistering, true);
    CHECK_OK(client_deregister(client));
    atomic_store(&deregistered, true);
}

/* Whether a thread stays in its call while others are busy: it must. */
static void check_it_waits(void) {
    REQUIRE_SOON(atomic_load(&deregistering));
    for (unsigned i = 0; i < 50; i++) {
        every_function(20);
        CHECK(!atomic_load(&deregistered));
    }
}

static void waits_for(struct client *client, unsigned kind, void (*caused)(void *),
                      void (*release)(void)) {
    struct worker a, b;
    client->quiet = true;
    client_block(client, kind);
    start(&a, caused, NULL);
    client_wait_blocked(client, 1);
    if (release != NULL)
        release();
    start(&b, deregister, client);
    check_it_waits();
    client_unblock(client);
    finish(&b);
    finish(&a);
    CHECK_EQ(client->waiting, 0);
    CHECK_EQ(client->late, 0);
    CHECK_OK(member_add(&c[1], "0", "239.3.3.3", 3, JOIN)); /* nothing of it may come now */
}

TEST(deregistration_waits_for_an_alert_on_another_thread) {
    four_clients();
    REQUIRE_OK(if_release(&c[3], 5));
    waits_for(&c[3], CB_JOIN, join, NULL);
}

static void release_1_2(void) {
    CHECK_OK(if_release(&c[0], 1));
    CHECK_OK(if_release(&c[0], 2));
}

TEST(deregistration_waits_for_rpf_on_another_thread) {
    world();
    waits_for(&c[0], CB_RPF, first_packet, release_1_2);
}

TEST(deregistration_waits_for_creation_on_another_thread) {
    world();
    own_member();
    waits_for(&c[0], CB_CREATE, first_packet, release_1_2);
}

static void igmp_leaves(void) {
    CHECK_OK(if_release(&c[2], 2));
    CHECK_OK(if_release(&c[2], 4));
}

TEST(deregistration_waits_for_enable_on_another_thread) {
    world();
    waits_for(&c[2], CB_ENABLE, take_4, igmp_leaves);
}

/* While DISABLE runs IGMP still holds the interface, so it cannot go. */
TEST(deregistration_during_disable_is_refused) {
    struct worker a;
    world();
    client_block(&c[2], CB_DISABLE);
    start(&a, take_4, NULL);
    client_wait_blocked(&c[2], 1);
    CHECK_ERROR(client_deregister(&c[2]), ERROR_CAN_NOT_COMPLETE);
    client_unblock(&c[2]);
    finish(&a);
    CHECK_EQ(event_total(&c[2], CB_ENABLE), 1);
}

static atomic_bool stop_toggling;
static void toggle_until_stopped(void *argument) {
    struct client *client = argument;
    DWORD if_index = 10 + (DWORD)(client - c);
    char group[24];
    snprintf(group, sizeof group, "239.1.1.%d", (int)(client - c));
    while (!atomic_load(&stop_toggling)) {
        CHECK_OK(member_add(client, "0", group, if_index, JOIN));
        CHECK_OK(member_delete(client, "0", group, if_index, JOIN));
    }
}

static atomic_int inside;
static void count_inside(struct client *client, const struct event *event) {
    (void)client;
    (void)event;
    atomic_fetch_add(&inside, 1);
    (void)counters();
    atomic_fetch_sub(&inside, 1);
}

/* The recorder marks a client dead when its deregistration returned, and counts what comes
   to it all the same. */
TEST(no_callback_runs_after_deregistration_returned) {
    struct worker w[2];
    unsigned long heard = 0;
    /* Less where it is run a thousand times: scripts/mutants.sh. */
    const unsigned rounds = getenv("MGM_TEST_SHORT") != NULL ? 10 : 300;
    host_start_memory();
    for (int i = 0; i < 2; i++) {
        REQUIRE_OK(client_register(&c[i], 100 + (DWORD)i, 1, CB_ALL));
        REQUIRE_OK(if_take(&c[i], 10 + (DWORD)i));
        c[i].quiet = true;
    }
    for (int i = 0; i < 2; i++)
        start(&w[i], toggle_until_stopped, &c[i]);
    c[2].quiet = true;
    c[2].hook = count_inside;
    c[2].hook_kinds = CB_JOIN | CB_PRUNE;
    for (unsigned i = 0; i < rounds; i++) {
        REQUIRE_OK(client_register(&c[2], 102, 1, CB_ALL));
        EVENTUALLY(event_total(&c[2], CB_JOIN) > 0);
        heard += event_total(&c[2], CB_JOIN);
        CHECK_OK(client_deregister(&c[2]));
        CHECK_EQ(atomic_load(&inside), 0);
        for (int n = 0; n < 3; n++)
            (void)counters();
    }
    atomic_store(&stop_toggling, true);
    finish(&w[0]);
    finish(&w[1]);
    CHECK(heard >= rounds);
    CHECK_EQ(c[2].late, 0);
    CHECK_EQ(c[2].overlaps, 0);
}

static void deregister_self(struct client *client, const struct event *event) {
    HANDLE handle = client->handle;
    (void)event;
    while (client->taken_count > 0)
        CHECK_OK(if_release(client, client->taken[0].if_index));
    CHECK_OK(client_deregister(client));
    CHECK_ERROR(MgmTakeInterfaceOwnership(handle, 1, 0), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmDeRegisterMProtocol(handle), ERROR_INVALID_PARAMETER);
}

/* In its alert, with further alerts queued: those are dropped. */
TEST(deregistration_of_oneself_inside_an_alert) {
    world();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.2", 2, JOIN));
    clear_all();
    hook_once(&c[0], CB_LOCAL_LEAVE, deregister_self);
    CHECK_OK(if_release(&c[2], 2));
    CHECK_EQ(atomic_load(&hook_runs), 1);
    CHECK_EQ(event_total(&c[0], CB_LOCAL_LEAVE), 1);
    CHECK_EQ(c[0].late, 0);
    CHECK_EQ(counters().dwClients, 2);
}

/* The iif's owner goes in its own RPF callback: it gets no creation alert any more, and
   with nobody on the iif the MFE is negative. */
TEST(deregistration_of_oneself_inside_rpf) {
    world();
    own_member();
    other_member();
    clear_all();
    hook_once(&c[0], CB_RPF, deregister_self);
    first_packet(NULL);
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    CHECK_EQ(event_total(&c[0], CB_CREATE), 0);
    CHECK_EQ(c[0].late, 0);
    CHECK_EQ(counters().dwClients, 2);
    CHECK_EQ(strstr(mfe_path("10.0.0.1", "239.1.1.1"), "out=[]") != NULL, 1);
}

TEST(deregistration_of_oneself_inside_creation) {
    world();
    REQUIRE_OK(client_register(&c[3], 103, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[3], 5));
    CHECK_OK(member_add(&c[3], "0", "239.1.1.1", 5, JOIN));
    other_member();
    clear_all();
    hook_once(&c[3], CB_CREATE, deregister_self);
    first_packet(NULL);
    CHECK_EQ(event_total(&c[3], CB_CREATE), 1);
    CHECK_EQ(c[3].late, 0);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[3,0]");
    CHECK_ERROR(MgmGetProtocolOnInterface(5, 0, &(DWORD){0}, &(DWORD){0}), ERROR_NOT_FOUND);
}

TEST(deregistration_of_oneself_inside_enable) {
    world();
    igmp_member();
    clear_all();
    hook_once(&c[2], CB_ENABLE, deregister_self);
    CHECK_OK(if_take(&c[0], 4));
    CHECK_EQ(event_total(&c[2], CB_ENABLE), 1);
    CHECK_EQ(c[2].late, 0);
    CHECK_EQ(counters().dwClients, 2);
    CHECK_EQ(counters().dwMemberships, 0);
    expect(&c[0], "LOCALLEAVE 0/0 239.1.1.1/32 if=2,0");
}

/* Interface 4 stays IGMP's during DISABLE, so it cannot deregister in there. */
static void cannot_deregister(struct client *client, const struct event *event) {
    (void)event;
    CHECK_ERROR(MgmDeRegisterMProtocol(client->handle), ERROR_CAN_NOT_COMPLETE);
}
TEST(deregistration_of_oneself_inside_disable_is_refused) {
    world();
    hook_once(&c[2], CB_DISABLE, cannot_deregister);
    CHECK_OK(if_take(&c[0], 4));
    CHECK_EQ(atomic_load(&hook_runs), 1);
    expect(&c[2], "DISABLE 4,0", "ENABLE 4,0");
}

static void deregister_3(struct client *client, const struct event *event) {
    (void)client;
    (void)event;
    deregister_self(&c[3], event);
}

/* c3 is in a callback on thread A. Deregistered inside a callback of c0 on thread B it
   does not wait, no callback starts any more, and the one that runs may end. */
static void deregisters_another(unsigned kind_3, void (*caused_3)(void *), unsigned n) {
    const struct cause *cause = cause_of(n);
    struct worker a, b;
    unsigned long before;
    cause->prepare();
    client_block(&c[3], kind_3);
    start(&a, caused_3, NULL);
    client_wait_blocked(&c[3], 1);
    hook_once(cause->who, cause->kind, deregister_3);
    start(&b, cause->caused, NULL);
    finish(&b);
    CHECK(atomic_load(&hook_runs) >= 1);
    CHECK(c[3].handle == NULL);
    client_wait_blocked(&c[3], 1); /* still in there */
    before = event_total(&c[3], kind_3);
    CHECK_OK(member_add(&c[1], "0", "239.8.8.8", 3, JOIN));
    client_unblock(&c[3]);
    finish(&a);
    CHECK_EQ(event_total(&c[3], kind_3), before);
    CHECK_EQ(c[3].late, 0);
}

static void join_3(void *unused) {
    (void)unused;
    CHECK_OK(member_add(&c[1], "0", "239.3.3.3", 3, JOIN));
}

TEST(deregistration_of_another_inside_an_alert_while_its_alert_runs) {
    four_clients();
    deregisters_another(CB_JOIN, join_3, 5);
}

TEST(deregistration_of_another_inside_rpf_while_its_alert_runs) {
    four_clients();
    deregisters_another(CB_JOIN, join_3, 0);
}

static void packet_towards_5(void *unused) {
    (void)unused;
    packet(5, "10.5.0.1", "239.5.5.5", 100);
}

TEST(deregistration_of_another_inside_an_alert_while_its_rpf_runs) {
    four_clients();
    route("10.5.0.0/24", 5, NULL, 3);
    CHECK_OK(member_add(&c[3], "0", "239.5.5.5", 5, JOIN));
    deregisters_another(CB_RPF, packet_towards_5, 5);
    CHECK_EQ(event_total(&c[3], CB_CREATE), 0);
}

TEST(deregistration_of_another_inside_enable_while_its_rpf_runs) {
    four_clients();
    route("10.5.0.0/24", 5, NULL, 3);
    deregisters_another(CB_RPF, packet_towards_5, 8);
}

TEST(deregistration_of_another_inside_disable_while_its_alert_runs) {
    four_clients();
    deregisters_another(CB_JOIN, join_3, 7);
}

/* Two callbacks on two threads that deregister each other's client. */
static pthread_barrier_t both_inside;
static void deregister_each_other(struct client *client, const struct event *event) {
    (void)event;
    pthread_barrier_wait(&both_inside);
    CHECK_OK(client_deregister(client == &c[3] ? &c[4] : &c[3]));
    pthread_barrier_wait(&both_inside); /* both are dead before either returns */
}
static void join_group(void *argument) {
    CHECK_OK(member_add(&c[1], "0", argument, 3, JOIN));
}
TEST(two_callbacks_that_deregister_each_other) {
    struct worker a, b;
    world();
    REQUIRE(pthread_barrier_init(&both_inside, NULL, 2) == 0);
    REQUIRE_OK(client_register(&c[3], 103, 1, CB_JOIN));
    c[3].hook = c[4].hook = deregister_each_other;
    c[3].hook_kinds = c[4].hook_kinds = CB_JOIN;
    start(&a, join_group, "239.1.1.1");
    EVENTUALLY(event_total(&c[3], CB_JOIN) == 1);
    REQUIRE_OK(client_register(&c[4], 104, 1, CB_JOIN));
    start(&b, join_group, "239.1.1.2");
    finish(&a);
    finish(&b);
    CHECK(c[3].handle == NULL);
    CHECK(c[4].handle == NULL);
    CHECK_EQ(counters().dwClients, 3);
    CHECK_EQ(c[3].late, 0);
    CHECK_EQ(event_total(&c[3], CB_JOIN), 1); /* the second one was still queued */
}
