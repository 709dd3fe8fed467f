/* Threads and callbacks: rules.md section 9, and what sections 1, 2 and 6 say of calls made
   inside callbacks and beside them. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "host.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A second thread that hangs would make every later step hang too: end the test at once. */
#define REQUIRE_SOON(condition)                                                                  \
    do {                                                                                         \
        int before = check_failures();                                                           \
        EVENTUALLY(condition);                                                                   \
        if (check_failures() != before)                                                          \
            check_stop();                                                                        \
    } while (0)

struct worker {
    pthread_t id;
    void (*run)(void *argument);
    void *argument;
    atomic_bool done;
};

static void *worker_main(void *p) {
    struct worker *w = p;
    w->run(w->argument);
    atomic_store(&w->done, true);
    return NULL;
}

static void start_with_stack(struct worker *w, void (*run)(void *), void *argument, size_t stack) {
    pthread_attr_t attributes;
    w->run = run;
    w->argument = argument;
    atomic_store(&w->done, false);
    REQUIRE(pthread_attr_init(&attributes) == 0);
    if (stack != 0)
        REQUIRE(pthread_attr_setstacksize(&attributes, stack) == 0);
    REQUIRE(pthread_create(&w->id, &attributes, worker_main, w) == 0);
    pthread_attr_destroy(&attributes);
}

static void start(struct worker *w, void (*run)(void *), void *argument) {
    start_with_stack(w, run, argument, 0);
}

static bool done(struct worker *w) { return atomic_load(&w->done); }

/* Joins a thread that has to end by itself. */
static void finish(struct worker *w) {
    REQUIRE_SOON(done(w));
    REQUIRE(pthread_join(w->id, NULL) == 0);
}

/* Set once the callback of interest has run its calls. */
static atomic_int hook_runs;
static void (*hook_body)(struct client *client, const struct event *event);

/* Runs hook_body at the first callback only: its own calls cause further ones. */
static void once(struct client *client, const struct event *event) {
    if (atomic_fetch_add(&hook_runs, 1) == 0)
        hook_body(client, event);
}

static void hook_once(struct client *client, unsigned kinds,
                      void (*body)(struct client *client, const struct event *event)) {
    hook_body = body;
    client->hook = once;
    client->hook_kinds = kinds;
}

/* ------------------------------------------------------------ every function at once */

/* Calls each function of the two headers, with things of its own: `n` keeps several of
   these apart. Everything is undone, but for one MFE. */
static void every_function(unsigned n) {
    ROUTING_PROTOCOL_CONFIG config;
    HANDLE protocol, enumeration;
    char source[24], group[24], network[24];
    DWORD size, count, id, component, if_in = 1000 + n, if_out = 2000 + n;
    _Alignas(16) BYTE buffer[4096];
    BYTE bytes[100];
    MIB_IPMCAST_MFE key;
    MGM_HOST_ROUTE r;
    MGM_HOST_OPTIONS options;
    MGM_HOST_COUNTERS count_now;

    memset(&config, 0, sizeof config);
    memset(&key, 0, sizeof key);
    memset(&r, 0, sizeof r);
    memset(&options, 0, sizeof options);
    memset(&count_now, 0, sizeof count_now);
    snprintf(network, sizeof network, "172.16.%u.0/24", n);
    snprintf(source, sizeof source, "172.16.%u.1", n);
    snprintf(group, sizeof group, "239.16.%u.1", n);

    REQUIRE_OK(MgmRegisterMProtocol(&config, 5000 + n, n, &protocol));
    CHECK_OK(MgmTakeInterfaceOwnership(protocol, if_in, 0));
    CHECK_OK(MgmTakeInterfaceOwnership(protocol, if_out, 0));
    CHECK_OK(MgmGetProtocolOnInterface(if_in, 0, &id, &component));
    CHECK_EQ(id, 5000 + n);
    CHECK_EQ(component, n);
    CHECK_OK(MgmAddGroupMembershipEntry(protocol, 0, 0, ip(group), 0xFFFFFFFF, if_out, 0,
                                        JOIN | FORWARD));

    ip_range(network, &r.dwNetwork, &r.dwMask);
    r.dwIfIndex = if_in;
    r.dwProtocol = 3;
    CHECK_OK(MgmHostAddRoute(&r));
    /* packet_build counts ids in a static: not for several threads. */
    memset(bytes, 0, sizeof bytes);
    bytes[0] = 0x45;
    bytes[3] = sizeof bytes;
    bytes[8] = 64;
    bytes[9] = 17;
    key.dwSource = ip(source);
    key.dwGroup = ip(group);
    memcpy(bytes + 12, &key.dwSource, 4);
    memcpy(bytes + 16, &key.dwGroup, 4);
    {
        unsigned sum = 0;
        for (int i = 0; i < 20; i += 2)
            sum += (unsigned)bytes[i] << 8 | bytes[i + 1];
        while (sum >> 16 != 0)
            sum = (sum & 0xFFFF) + (sum >> 16);
        sum = ~sum & 0xFFFF;
        bytes[10] = (BYTE)(sum >> 8);
        bytes[11] = (BYTE)sum;
    }
    CHECK_OK(MgmHostReceivePacket(if_in, 0, bytes, sizeof bytes));

    key.dwUpStrmNgbr = ip("172.16.0.99");
    CHECK_OK(MgmSetMfe(protocol, &key));
    size = sizeof buffer;
    CHECK_OK(MgmGetMfe(&key, &size, buffer));
    CHECK_EQ(((MIB_IPMCAST_MFE *)(void *)buffer)->dwUpStrmNgbr, ip("172.16.0.99"));
    CHECK_EQ(((MIB_IPMCAST_MFE *)(void *)buffer)->dwInIfIndex, if_in);
    CHECK_EQ(((MIB_IPMCAST_MFE *)(void *)buffer)->ulNumOutIf, 1);
    size = sizeof buffer;
    CHECK_OK(MgmGetMfeStats(&key, &size, buffer, MGM_MFE_STATS_0));
    CHECK_EQ(((MIB_IPMCAST_MFE_STATS *)(void *)buffer)->ulInPkts, 1);
    /* One entry fits at least; whether more follow depends on the others. */
    size = sizeof buffer;
    id = MgmGetFirstMfe(&size, buffer, &count);
    CHECK(id == ERROR_NO_MORE_ITEMS || id == ERROR_MORE_DATA);
    CHECK(count >= 1);
    size = sizeof buffer;
    id = MgmGetNextMfe(&key, &size, buffer, &count);
    CHECK(id == ERROR_NO_MORE_ITEMS || id == ERROR_MORE_DATA);
    size = sizeof buffer;
    id = MgmGetFirstMfeStats(&size, buffer, &count, MGM_MFE_STATS_1);
    CHECK(id == ERROR_NO_MORE_ITEMS || id == ERROR_MORE_DATA);
    CHECK(count >= 1);
    size = sizeof buffer;
    id = MgmGetNextMfeStats(&key, &size, buffer, &count, MGM_MFE_STATS_0);
    CHECK(id == ERROR_NO_MORE_ITEMS || id == ERROR_MORE_DATA);

    REQUIRE_OK(MgmGroupEnumerationStart(protocol, ALL_SOURCES, &enumeration));
    size = sizeof buffer;
    id = MgmGroupEnumerationGetNext(enumeration, &size, buffer, &count);
    CHECK(id == ERROR_NO_MORE_ITEMS || id == ERROR_MORE_DATA);
    CHECK(count >= 1);
    CHECK_OK(MgmGroupEnumerationEnd(enumeration));

    CHECK(MgmHostGetVersion() != NULL);
    options.dwSize = sizeof options;
    CHECK_OK(MgmHostGetDefaultOptions(&options));
    CHECK_ERROR(MgmHostStart(&options), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(MgmHostStop(), ERROR_CAN_NOT_COMPLETE);
    CHECK_OK(MgmHostAdvanceClock(1));
    count_now.dwSize = sizeof count_now;
    CHECK_OK(MgmHostGetCounters(&count_now));
    CHECK(count_now.dwClients >= 1);

    CHECK_OK(MgmDeleteGroupMembershipEntry(protocol, 0, 0, ip(group), 0xFFFFFFFF, if_out, 0,
                                           JOIN));
    CHECK_OK(MgmReleaseInterfaceOwnership(protocol, if_out, 0));
    CHECK_OK(MgmReleaseInterfaceOwnership(protocol, if_in, 0));
    CHECK_OK(MgmHostDeleteRoute(&r));
    CHECK_OK(MgmDeRegisterMProtocol(protocol));
    CHECK_ERROR(MgmDeRegisterMProtocol(protocol), ERROR_INVALID_PARAMETER);
}

static void every_function_1(void *unused) {
    (void)unused;
    every_function(1);
}

static void every_function_in_hook(struct client *client, const struct event *event) {
    (void)client;
    (void)event;
    every_function(2);
}

/* c0: protocol 100 on 1 (towards the source) and 2; c1: protocol 101 on 3; c2: IGMP on 2
   and 4. `caused` makes the callback of the wanted kind happen at `who`. */
struct cause {
    unsigned kind;
    struct client *who;
    void (*prepare)(void);
    void (*caused)(void *unused);
};

static void world(void) {
    host_start_memory();
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], 101, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[2], MS_IP_IGMP, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[0], 2));
    REQUIRE_OK(if_take(&c[1], 3));
    REQUIRE_OK(if_take(&c[2], 2));
    REQUIRE_OK(if_take(&c[2], 4));
    clear_all();
}

static void nothing(void) {}
static void first_packet(void *unused) {
    (void)unused;
    packet(1, "10.0.0.1", "239.1.1.1", 100);
}
static void own_member(void) { CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN)); }
static void other_member(void) { CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 3, JOIN)); }
static void igmp_member(void) { CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN)); }
static void an_entry(void) {
    other_member();
    first_packet(NULL);
}
static void join(void *unused) {
    (void)unused;
    other_member();
}
static void prune(void *unused) {
    (void)unused;
    CHECK_OK(member_delete(&c[1], "0", "239.1.1.1", 3, JOIN));
}
static void wrong_interface(void *unused) {
    (void)unused;
    packet(2, "10.0.0.1", "239.1.1.1", 100);
}
static void local_join(void *unused) {
    (void)unused;
    igmp_member();
}
static void local_leave(void *unused) {
    (void)unused;
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 2, JOIN));
}
static void take_4(void *unused) {
    (void)unused;
    CHECK_OK(if_take(&c[0], 4));
}
static void release_2(void *unused) {
    (void)unused;
    CHECK_OK(if_release(&c[0], 2));
}

static const struct cause causes[] = {
    {CB_RPF, &c[0], nothing, first_packet},
    {CB_CREATE, &c[0], own_member, first_packet},
    {CB_PRUNE, &c[0], other_member, prune},
    {CB_JOIN, &c[0], nothing, join},
    {CB_WRONG_IF, &c[0], an_entry, wrong_interface},
    {CB_LOCAL_JOIN, &c[0], nothing, local_join},
    {CB_LOCAL_LEAVE, &c[0], igmp_member, local_leave},
    {CB_DISABLE, &c[2], nothing, take_4},
    {CB_ENABLE, &c[2], nothing, release_2},
};

/* Every function works inside this callback: no deadlock, the results of every day. */
static void works_inside(unsigned n) {
    const struct cause *cause = &causes[n];
    struct worker w;
    world();
    cause->prepare();
    hook_once(cause->who, cause->kind, every_function_in_hook);
    start(&w, cause->caused, NULL);
    finish(&w);
    CHECK(atomic_load(&hook_runs) >= 1);
    CHECK(event_total(cause->who, cause->kind) >= 1);
}

TEST(every_function_inside_rpf) { works_inside(0); }
TEST(every_function_inside_creation) { works_inside(1); }
TEST(every_function_inside_prune) { works_inside(2); }
TEST(every_function_inside_join) { works_inside(3); }
TEST(every_function_inside_wrong_if) { works_inside(4); }
TEST(every_function_inside_local_join) { works_inside(5); }
TEST(every_function_inside_local_leave) { works_inside(6); }
TEST(every_function_inside_disable) { works_inside(7); }
TEST(every_function_inside_enable) { works_inside(8); }

/* Every function finishes on another thread while this callback does not return. */
static void works_beside(unsigned n) {
    const struct cause *cause = &causes[n];
    struct worker blocked, beside;
    world();
    cause->prepare();
    client_block(cause->who, cause->kind);
    start(&blocked, cause->caused, NULL);
    client_wait_blocked(cause->who, 1);
    start(&beside, every_function_1, NULL);
    REQUIRE_SOON(done(&beside));
    CHECK(!done(&blocked)); /* it was in the callback all the time */
    client_unblock(cause->who);
    finish(&beside);
    finish(&blocked);
}

TEST(no_lock_is_held_in_rpf) { works_beside(0); }
TEST(no_lock_is_held_in_creation) { works_beside(1); }
TEST(no_lock_is_held_in_prune) { works_beside(2); }
TEST(no_lock_is_held_in_join) { works_beside(3); }
TEST(no_lock_is_held_in_wrong_if) { works_beside(4); }
TEST(no_lock_is_held_in_local_join) { works_beside(5); }
TEST(no_lock_is_held_in_local_leave) { works_beside(6); }
TEST(no_lock_is_held_in_disable) { works_beside(7); }
TEST(no_lock_is_held_in_enable) { works_beside(8); }

static void every_function_often(void *argument) {
    for (int i = 0; i < 100; i++)
        every_function((unsigned)(uintptr_t)argument);
}

TEST(every_function_from_several_threads_at_once) {
    struct worker w[4];
    host_start_memory();
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    c[0].quiet = true;
    for (uintptr_t i = 0; i < 4; i++)
        start(&w[i], every_function_often, (void *)(10 + i));
    for (int i = 0; i < 4; i++)
        finish(&w[i]);
    CHECK_EQ(c[0].overlaps, 0);
    CHECK_EQ(event_total(&c[0], CB_JOIN), 400);
    CHECK_EQ(event_total(&c[0], CB_PRUNE), 400);
    CHECK_EQ(counters().dwClients, 1);
    CHECK_EQ(counters().dwInterfaces, 0);
    CHECK_EQ(counters().dwMemberships, 0);
}

/* ------------------------------------------------------------ one at a time, in order */

#define ROUNDS 500

static void toggle(void *argument) {
    struct client *client = argument;
    DWORD if_index = 10 + (DWORD)(client - c);
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_OK(member_add(client, "0", "239.1.1.1", if_index, JOIN));
        CHECK_OK(member_delete(client, "0", "239.1.1.1", if_index, JOIN));
    }
}

/* Joins and prunes of one group by the two members reach everybody alternately, whatever
   the threads do: also the two, of whom each hears the other's only. */
TEST(alerts_of_two_threads_come_one_at_a_time_in_the_order_of_the_changes) {
    struct worker w[2];
    host_start_memory();
    for (int i = 0; i < 3; i++) {
        REQUIRE_OK(client_register(&c[i], 100 + (DWORD)i, 1, CB_ALL));
        REQUIRE_OK(if_take(&c[i], 10 + (DWORD)i));
    }
    start(&w[0], toggle, &c[0]);
    start(&w[1], toggle, &c[1]);
    finish(&w[0]);
    finish(&w[1]);
    for (int i = 0; i < 3; i++) {
        struct event event;
        size_t count = event_count(&c[i]);
        unsigned wrong = 0;
        CHECK_EQ(c[i].overlaps, 0);
        CHECK_EQ(count % 2, 0);
        for (size_t n = 0; n < count && event_get(&c[i], n, &event); n++)
            if (event.kind != (n % 2 == 0 ? CB_JOIN : CB_PRUNE) || !event.member)
                wrong++;
        CHECK_EQ(wrong, 0);
    }
    CHECK_EQ(event_count(&c[0]), 2 * ROUNDS);
    CHECK_EQ(event_count(&c[1]), 2 * ROUNDS);
    CHECK(event_count(&c[2]) >= 2);
}

static void toggle_own_group(void *argument) {
    struct client *client = argument;
    DWORD number = (DWORD)(client - c);
    char group[24];
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(group, sizeof group, "239.%lu.%d.%d", (unsigned long)number, i / 250, i % 250);
        CHECK_OK(member_add(client, "0", group, 10 + number, JOIN));
    }
}

/* Each thread's alerts arrive complete and in its order. */
TEST(no_alert_is_lost_or_overtaken) {
    struct worker w[3];
    unsigned next[4] = {0}, wrong = 0;
    struct event event;
    host_start_memory();
    for (int i = 0; i < 4; i++) {
        REQUIRE_OK(client_register(&c[i], 100 + (DWORD)i, 1, CB_ALL));
        REQUIRE_OK(if_take(&c[i], 10 + (DWORD)i));
        c[i].quiet = i != 0;
    }
    for (int i = 1; i < 4; i++)
        start(&w[i - 1], toggle_own_group, &c[i]);
    for (int i = 1; i < 4; i++)
        finish(&w[i - 1]);
    CHECK_EQ(event_count(&c[0]), 3 * ROUNDS);
    for (size_t n = 0; event_get(&c[0], n, &event); n++) {
        DWORD group = to_host(event.group);
        unsigned from = group >> 16 & 0xFF;
        REQUIRE(from >= 1 && from <= 3);
        if (event.kind != CB_JOIN || (group >> 8 & 0xFF) * 250 + (group & 0xFF) != next[from]++)
            wrong++;
    }
    CHECK_EQ(wrong, 0);
    CHECK_EQ(c[0].overlaps, 0);
}

static void join_second_group(void *unused) {
    (void)unused;
    CHECK_OK(member_add(&c[3], "0", "239.1.1.2", 5, JOIN));
}

static void four_clients(void) {
    world();
    REQUIRE_OK(client_register(&c[3], 103, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[3], 5));
    clear_all();
}

/* c0 is being called by thread A: B's call returns without waiting, and A delivers. */
TEST(an_alert_to_a_client_being_called_is_delivered_by_that_thread) {
    struct worker a, b;
    struct event first, second;
    four_clients();
    client_block(&c[0], CB_JOIN);
    start(&a, join, NULL);
    client_wait_blocked(&c[0], 1);
    start(&b, join_second_group, NULL);
    finish(&b);
    CHECK_EQ(event_count(&c[0]), 1);
    CHECK(!done(&a));
    client_unblock(&c[0]);
    finish(&a);
    REQUIRE(event_get(&c[0], 0, &first));
    REQUIRE(event_get(&c[0], 1, &second));
    CHECK_EQ(first.thread, second.thread);
    CHECK_EQ(c[0].overlaps, 0);
    expect(&c[0], "JOIN 0/0 239.1.1.1/32 member", "JOIN 0/0 239.1.1.2/32 member");
}

/* c0 blocks thread A. What B's call causes at the others has arrived when it returns, and
   what A's call caused at them before came first, though A itself is held up. */
TEST(a_blocked_client_holds_up_only_its_own_alerts) {
    struct worker a, b;
    four_clients();
    client_block(&c[0], CB_JOIN);
    start(&a, join, NULL);
    client_wait_blocked(&c[0], 1);
    start(&b, join_second_group, NULL);
    finish(&b);
    expect(&c[2], "JOIN 0/0 239.1.1.1/32 member", "JOIN 0/0 239.1.1.2/32 member");
    expect(&c[1], "JOIN 0/0 239.1.1.2/32 member");
    CHECK_EQ(event_count(&c[0]), 1);
    client_unblock(&c[0]);
    finish(&a);
    CHECK_EQ(event_count(&c[0]), 2);
    expect(&c[3], "JOIN 0/0 239.1.1.1/32 member");
}

/* RPF and creation of c0 while one of its alerts runs on another thread. */
TEST(direct_callbacks_run_beside_an_alert) {
    struct worker a, b;
    world();
    own_member();
    client_block(&c[0], CB_LOCAL_JOIN);
    start(&a, local_join, NULL);
    client_wait_blocked(&c[0], 1);
    start(&b, first_packet, NULL);
    finish(&b);
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    CHECK_EQ(event_total(&c[0], CB_CREATE), 1);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
    CHECK(!done(&a));
    client_unblock(&c[0]);
    finish(&a);
}

/* ------------------------------------------------------------ calls inside callbacks */

static _Thread_local unsigned depth;
static atomic_uint deepest;
static atomic_uint chain_left;
static atomic_uintptr_t stack_low, stack_high;

static void note_depth(void) {
    uintptr_t at = (uintptr_t)__builtin_frame_address(0);
    unsigned most = atomic_load(&deepest);
    while (depth > most && !atomic_compare_exchange_weak(&deepest, &most, depth))
        ;
    if (atomic_load(&stack_low) == 0 || at < atomic_load(&stack_low))
        atomic_store(&stack_low, at);
    if (at > atomic_load(&stack_high))
        atomic_store(&stack_high, at);
}

/* What happened so far, seen from inside: nothing beyond the callback itself. */
static void joins_in_hook(struct client *client, const struct event *event) {
    size_t own = event_count(client), others = event_count(&c[2]);
    CHECK_OK(member_add(&c[1], "0", "239.9.9.9", 3, JOIN));
    CHECK_EQ(event_count(client), own);
    CHECK_EQ(event_count(&c[2]), others);
    CHECK_OK(member_delete(&c[1], "0", "239.9.9.9", 3, JOIN));
    CHECK_EQ(event_count(client), own);
    CHECK_EQ(event_count(&c[2]), others);
    (void)event;
}

/* The alerts of calls made inside come after the callback, before the outermost call
   returns: at the client itself and at others, from alerts and from direct callbacks. */
static void queues_behind(unsigned n, unsigned more_joins) {
    const struct cause *cause = &causes[n];
    unsigned long joins, prunes, joins_2, prunes_2;
    world();
    cause->prepare();
    joins = event_total(&c[0], CB_JOIN);
    prunes = event_total(&c[0], CB_PRUNE);
    joins_2 = event_total(&c[2], CB_JOIN);
    prunes_2 = event_total(&c[2], CB_PRUNE);
    hook_once(cause->who, cause->kind, joins_in_hook);
    cause->caused(NULL);
    CHECK(atomic_load(&hook_runs) >= 1);
    CHECK_EQ(event_total(&c[0], CB_JOIN), joins + 1 + (more_joins & 1));
    CHECK_EQ(event_total(&c[2], CB_JOIN), joins_2 + 1 + (more_joins >> 1 & 1));
    CHECK(event_total(&c[0], CB_PRUNE) > prunes);
    CHECK(event_total(&c[2], CB_PRUNE) > prunes_2);
    CHECK_EQ(c[0].overlaps, 0);
    CHECK_EQ(c[2].overlaps, 0);
}

TEST(calls_inside_rpf_queue_their_alerts) { queues_behind(0, 0); }
TEST(calls_inside_creation_queue_their_alerts) { queues_behind(1, 0); }
TEST(calls_inside_prune_queue_their_alerts) { queues_behind(2, 0); }
TEST(calls_inside_join_queue_their_alerts) { queues_behind(3, 3); }
TEST(calls_inside_wrong_if_queue_their_alerts) { queues_behind(4, 0); }
TEST(calls_inside_local_join_queue_their_alerts) { queues_behind(5, 0); }
TEST(calls_inside_local_leave_queue_their_alerts) { queues_behind(6, 0); }
TEST(calls_inside_disable_queue_their_alerts) { queues_behind(7, 0); }
TEST(calls_inside_enable_queue_their_alerts) { queues_behind(8, 0); }

/* Order at the client: what was caused inside comes behind what was caused before. */
TEST(alerts_caused_inside_come_behind_those_already_queued) {
    world();
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.2", 2, JOIN));
    clear_all();
    /* The release causes two LOCAL_LEAVE; inside the first, a join is made. */
    hook_once(&c[0], CB_LOCAL_LEAVE, joins_in_hook);
    CHECK_OK(if_release(&c[2], 2));
    {
        struct event event;
        unsigned leaves = 0, first_join = 0;
        size_t count = event_count(&c[0]);
        for (size_t n = 0; n < count && event_get(&c[0], n, &event); n++) {
            if (event.kind == CB_LOCAL_LEAVE)
                leaves++;
            if (event.kind == CB_JOIN && first_join == 0)
                first_join = (unsigned)n + 1;
        }
        CHECK_EQ(leaves, 2);
        REQUIRE(event_get(&c[0], 0, &event));
        CHECK_EQ(event.kind, CB_LOCAL_LEAVE);
        CHECK_EQ(first_join, count - 1); /* JOIN and PRUNE of inside are the last two */
        REQUIRE(event_get(&c[0], count - 1, &event));
        CHECK_EQ(event.kind, CB_PRUNE);
        CHECK_EQ(event.group, ip("239.9.9.9"));
    }
}

static void chain(struct client *client, const struct event *event) {
    (void)client;
    depth++;
    note_depth();
    if (atomic_load(&chain_left) > 0) {
        atomic_fetch_sub(&chain_left, 1);
        if (event->kind == CB_JOIN)
            CHECK_OK(member_delete(&c[1], "0", "239.1.1.1", 3, JOIN));
        else
            CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 3, JOIN));
    }
    depth--;
}

#define CHAIN 10000

static void begin_chain(void *unused) {
    (void)unused;
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 3, JOIN));
    /* Everything has been delivered when the outermost call is back. */
    CHECK_EQ(atomic_load(&chain_left), 0);
    CHECK_EQ(event_total(&c[0], CB_JOIN) + event_total(&c[0], CB_PRUNE), CHAIN + 1);
}

TEST(a_chain_of_calls_inside_alerts_needs_no_stack) {
    struct worker w;
    world();
    c[0].quiet = c[2].quiet = true;
    c[0].hook = chain;
    c[0].hook_kinds = CB_JOIN | CB_PRUNE;
    atomic_store(&chain_left, CHAIN);
    start_with_stack(&w, begin_chain, NULL, 256 << 10);
    finish(&w);
    CHECK_EQ(atomic_load(&deepest), 1);
    CHECK(atomic_load(&stack_high) - atomic_load(&stack_low) < 4096);
    CHECK_EQ(c[0].overlaps, 0);
}

/* From client to client: each one's call alerts the other. */
static void ping_pong(struct client *client, const struct event *event) {
    struct client *self = client;
    DWORD if_index = self == &c[0] ? 2 : 3;
    (void)event;
    depth++;
    note_depth();
    if (event->kind == CB_JOIN && atomic_load(&chain_left) > 0) {
        unsigned left = atomic_fetch_sub(&chain_left, 1);
        char group[24];
        snprintf(group, sizeof group, "239.7.%u.%u", left / 250, left % 250);
        CHECK_OK(member_add(self, "0", group, if_index, JOIN));
        CHECK_OK(member_delete(self, "0", group, if_index, JOIN));
    }
    depth--;
}

static void begin_ping_pong(void *unused) {
    (void)unused;
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 3, JOIN));
    CHECK_EQ(atomic_load(&chain_left), 0);
    CHECK_EQ(event_total(&c[0], CB_JOIN) + event_total(&c[1], CB_JOIN), CHAIN + 1);
}

TEST(a_chain_between_two_clients_needs_no_stack) {
    struct worker w;
    world();
    for (int i = 0; i < 3; i++)
        c[i].quiet = true;
    c[0].hook = c[1].hook = ping_pong;
    c[0].hook_kinds = c[1].hook_kinds = CB_JOIN;
    atomic_store(&chain_left, CHAIN);
    start_with_stack(&w, begin_ping_pong, NULL, 256 << 10);
    finish(&w);
    CHECK_EQ(atomic_load(&deepest), 1);
    CHECK(atomic_load(&stack_high) - atomic_load(&stack_low) < 4096);
}

static unsigned long main_thread;
static void note_thread(struct client *client, const struct event *event) {
    (void)client;
    main_thread = event->thread;
}

/* Every client's alerts, and those of calls made inside, before the call returns. */
TEST(alerts_are_delivered_before_the_call_returns) {
    struct event event;
    host_start_memory();
    for (int i = 0; i < CLIENTS; i++)
        REQUIRE_OK(client_register(&c[i], 100 + (DWORD)i, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[1], 3));
    c[1].hook = note_thread;
    c[1].hook_kinds = CB_JOIN;
    hook_once(&c[2], CB_JOIN, joins_in_hook);
    c[2].hook = once;
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 1, JOIN));
    for (int i = 3; i < CLIENTS; i++) {
        /* On the calling thread: nobody else was calling these clients. */
        for (size_t n = 0; event_get(&c[i], n, &event); n++)
            CHECK_EQ(event.thread, main_thread);
        expect(&c[i], "JOIN 0/0 239.1.1.1/32 member", "JOIN 0/0 239.9.9.9/32 member",
               "PRUNE 0/0 239.9.9.9/32 if=3,0 member");
    }
    expect(&c[0], "JOIN 0/0 239.9.9.9/32 member", "PRUNE 0/0 239.9.9.9/32 if=3,0 member");
}

static void packet_in_hook(struct client *client, const struct event *event) {
    (void)client;
    (void)event;
    first_packet(NULL);
    /* Direct callbacks are not queued: they have run by now, on this thread. */
    CHECK_EQ(event_total(&c[0], CB_RPF), 1);
    CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[3,0]");
}

TEST(direct_callbacks_of_a_call_inside_an_alert_run_at_once) {
    struct event a, b;
    world();
    hook_once(&c[0], CB_JOIN, packet_in_hook);
    other_member();
    CHECK_EQ(event_total(&c[1], CB_CREATE), 1);
    REQUIRE(event_get(&c[0], 0, &a));
    REQUIRE(event_get(&c[0], 1, &b));
    CHECK_EQ(a.kind, CB_JOIN);
    CHECK_EQ(b.kind, CB_RPF);
    CHECK_EQ(a.thread, b.thread);
}

/* ------------------------------------------------------------ deregistration */

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
    for (int i = 0; i < 300; i++) {
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
    CHECK(heard >= 300);
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
    const struct cause *cause = &causes[n];
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

/* ------------------------------------------------------------ a client that blocks */

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

/* ------------------------------------------------------------ what happens during a construction */

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

/* ------------------------------------------------------------ DISABLE and ENABLE */

/* On interface 4 nothing goes for anybody, elsewhere everything. */
static void refused_on_4(void) {
    DWORD group = ip("239.4.4.4");
    HANDLE igmp = c[2].handle, taker = c[0].handle, third = c[1].handle;
    HANDLE handles[] = {igmp, taker, third};
    for (int i = 0; i < 3; i++) {
        HANDLE h = handles[i];
        CHECK_ERROR(MgmAddGroupMembershipEntry(h, 0, 0, group, 0xFFFFFFFF, 4, 0, JOIN),
                    ERROR_CAN_NOT_COMPLETE);
        CHECK_ERROR(MgmAddGroupMembershipEntry(h, 0, 0, group, 0xFFFFFFFF, 4, 0, FORWARD),
                    ERROR_CAN_NOT_COMPLETE);
        CHECK_ERROR(MgmDeleteGroupMembershipEntry(h, 0, 0, group, 0xFFFFFFFF, 4, 0, JOIN),
                    ERROR_CAN_NOT_COMPLETE);
        CHECK_ERROR(MgmTakeInterfaceOwnership(h, 4, 0), ERROR_CAN_NOT_COMPLETE);
        CHECK_ERROR(MgmReleaseInterfaceOwnership(h, 4, 0), ERROR_CAN_NOT_COMPLETE);
        /* Handle and parameters are checked before the interface. */
        CHECK_ERROR(MgmAddGroupMembershipEntry(h, 0, 0, group, 0xFFFFFFFF, 4, 0, 0),
                    ERROR_INVALID_PARAMETER);
        CHECK_ERROR(MgmDeleteGroupMembershipEntry(h, 0, 0, ip("10.0.0.1"), 0xFFFFFFFF, 4, 0,
                                                  JOIN),
                    ERROR_INVALID_PARAMETER);
    }
    CHECK_ERROR(MgmTakeInterfaceOwnership(NULL, 4, 0), ERROR_INVALID_PARAMETER);
    /* The next hop makes another interface. */
    CHECK_OK(MgmTakeInterfaceOwnership(third, 4, ip("10.4.0.1")));
    CHECK_OK(MgmAddGroupMembershipEntry(third, 0, 0, group, 0xFFFFFFFF, 4, ip("10.4.0.1"), JOIN));
    CHECK_OK(MgmReleaseInterfaceOwnership(third, 4, ip("10.4.0.1")));
    CHECK_OK(MgmAddGroupMembershipEntry(igmp, 0, 0, group, 0xFFFFFFFF, 2, 0, JOIN));
    CHECK_OK(MgmDeleteGroupMembershipEntry(igmp, 0, 0, group, 0xFFFFFFFF, 2, 0, JOIN));
}

static void refused_in_hook(struct client *client, const struct event *event) {
    (void)client;
    CHECK_EQ(event->if_index, 4);
    refused_on_4();
}

TEST(inside_disable_of_a_take_the_interface_is_closed) {
    world();
    hook_once(&c[2], CB_DISABLE, refused_in_hook);
    take_4(NULL);
    CHECK_EQ(atomic_load(&hook_runs), 1);
    CHECK_EQ(event_total(&c[2], CB_ENABLE), 1);
}

TEST(inside_disable_of_a_release_the_interface_is_closed) {
    world();
    take_4(NULL);
    hook_once(&c[2], CB_DISABLE, refused_in_hook);
    CHECK_OK(if_release(&c[0], 4));
    CHECK_EQ(atomic_load(&hook_runs), 1);
    CHECK_EQ(event_total(&c[2], CB_ENABLE), 2);
}

TEST(during_disable_the_interface_is_closed_for_other_threads) {
    struct worker a;
    world();
    client_block(&c[2], CB_DISABLE);
    start(&a, take_4, NULL);
    client_wait_blocked(&c[2], 1);
    refused_on_4();
    client_unblock(&c[2]);
    finish(&a);
    /* And it is open again. */
    CHECK_OK(member_add(&c[0], "0", "239.4.4.4", 4, JOIN));
    CHECK_OK(member_add(&c[2], "0", "239.4.4.4", 4, JOIN));
}

static void release_4(void *unused) {
    (void)unused;
    CHECK_OK(if_release(&c[0], 4));
}
TEST(during_disable_of_a_release_the_interface_is_closed_for_other_threads) {
    struct worker a;
    world();
    take_4(NULL);
    client_block(&c[2], CB_DISABLE);
    start(&a, release_4, NULL);
    client_wait_blocked(&c[2], 1);
    refused_on_4();
    client_unblock(&c[2]);
    finish(&a);
    CHECK_ERROR(member_add(&c[0], "0", "239.4.4.4", 4, JOIN), ERROR_INVALID_PARAMETER);
    CHECK_OK(member_add(&c[2], "0", "239.4.4.4", 4, JOIN));
}

/* Removed in between, added again inside ENABLE: the new owner hears of it once. */
static void add_again(struct client *client, const struct event *event) {
    DWORD id = 0, component = 0;
    CHECK_EQ(event->if_index, 4);
    CHECK_EQ(counters().dwMemberships, 0);
    CHECK_OK(MgmGetProtocolOnInterface(4, 0, &id, &component));
    CHECK_EQ(id, *(DWORD *)client->hook_context);
    CHECK_OK(member_add(client, "0", "239.4.4.4", 4, JOIN));
    CHECK_OK(member_delete(client, "0", "239.4.4.4", 4, JOIN));
    CHECK_OK(member_add(client, "0", "239.4.4.4", 4, JOIN));
}

TEST(igmp_adds_again_inside_enable_of_a_take) {
    DWORD owner = 100;
    world();
    REQUIRE_OK(member_add(&c[2], "0", "239.4.4.4", 4, JOIN));
    clear_all();
    c[2].hook_context = &owner;
    hook_once(&c[2], CB_ENABLE, add_again);
    take_4(NULL);
    CHECK_EQ(atomic_load(&hook_runs), 1);
    CHECK_EQ(event_total(&c[2], CB_ENABLE), owner == 100 ? 1 : 2);
    CHECK_EQ(event_total(&c[0], CB_LOCAL_JOIN), 2);
    CHECK_EQ(event_total(&c[0], CB_LOCAL_LEAVE), 1);
    CHECK_EQ(counters().dwMemberships, 1);
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.4.4.4/32");
}

TEST(igmp_adds_again_inside_enable_of_a_release) {
    DWORD owner = MS_IP_IGMP;
    world();
    take_4(NULL);
    REQUIRE_OK(member_add(&c[2], "0", "239.4.4.4", 4, JOIN));
    clear_all();
    c[2].hook_context = &owner;
    hook_once(&c[2], CB_ENABLE, add_again);
    release_4(NULL);
    CHECK_EQ(atomic_load(&hook_runs), 1);
    CHECK_EQ(event_total(&c[2], CB_ENABLE), owner == 100 ? 1 : 2);
    /* Not to the protocol that left. */
    CHECK_EQ(event_total(&c[0], CB_LOCAL_JOIN), 1);
    CHECK_EQ(event_total(&c[0], CB_LOCAL_LEAVE), 0);
    CHECK_EQ(counters().dwMemberships, 1);
}

/* Others too may use the interface once ENABLE has begun, also on other threads. */
TEST(during_enable_the_interface_is_open_for_other_threads) {
    struct worker a;
    world();
    client_block(&c[2], CB_ENABLE);
    start(&a, take_4, NULL);
    client_wait_blocked(&c[2], 1);
    CHECK_OK(member_add(&c[2], "0", "239.4.4.4", 4, JOIN));
    CHECK_OK(MgmAddGroupMembershipEntry(c[0].handle, 0, 0, ip("239.4.4.5"), 0xFFFFFFFF, 4, 0,
                                        JOIN));
    CHECK_ERROR(if_take(&c[1], 4), ERROR_ALREADY_EXISTS);
    CHECK(!done(&a));
    client_unblock(&c[2]);
    finish(&a);
    CHECK_EQ(counters().dwMemberships, 2);
}

static void release_inside_enable(struct client *client, const struct event *event) {
    (void)client;
    CHECK_EQ(event->if_index, 4);
    CHECK_OK(MgmReleaseInterfaceOwnership(c[0].handle, 4, 0));
    CHECK_OK(MgmTakeInterfaceOwnership(c[1].handle, 4, 0));
    CHECK_OK(MgmReleaseInterfaceOwnership(c[1].handle, 4, 0));
    CHECK_OK(MgmTakeInterfaceOwnership(c[0].handle, 4, 0));
}

/* Take and release work inside ENABLE, with DISABLE and ENABLE of their own. */
TEST(take_and_release_inside_enable) {
    world();
    hook_once(&c[2], CB_ENABLE, release_inside_enable);
    take_4(NULL);
    expect(&c[2], "DISABLE 4,0", "ENABLE 4,0", "DISABLE 4,0", "ENABLE 4,0", "DISABLE 4,0",
           "ENABLE 4,0", "DISABLE 4,0", "ENABLE 4,0", "DISABLE 4,0", "ENABLE 4,0");
}

/* All changes lie between the two: seen from inside them. */
static void seen_in_disable(struct client *client, const struct event *event) {
    (void)event;
    CHECK_EQ(counters().dwMemberships, 1);
    CHECK_EQ(event_total(client, CB_ENABLE), 0);
}
TEST(the_memberships_are_there_in_disable_and_gone_in_enable) {
    world();
    REQUIRE_OK(member_add(&c[2], "0", "239.4.4.4", 4, JOIN));
    clear_all();
    hook_once(&c[2], CB_DISABLE, seen_in_disable);
    take_4(NULL);
    CHECK_EQ(atomic_load(&hook_runs), 1);
    CHECK_EQ(event_total(&c[2], CB_ENABLE), 1);
    CHECK_EQ(counters().dwMemberships, 0);
    CHECK_EQ(event_total(&c[0], CB_LOCAL_LEAVE), 0); /* not the owner when they went */
}

/* A failed take does nothing to IGMP. */
TEST(no_disable_where_the_take_is_refused) {
    world();
    CHECK_ERROR(if_take(&c[1], 2), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(if_take(&c[0], 2), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(if_release(&c[1], 2), ERROR_INVALID_PARAMETER);
    expect_nothing_at_all();
}

TEST(igmp_without_enable_keeps_its_memberships) {
    host_start_memory();
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], 101, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[2], PROTO_IP_IGMP, 1, CB_ALL & ~CB_ENABLE));
    REQUIRE_OK(if_take(&c[2], 4));
    REQUIRE_OK(member_add(&c[2], "0", "239.4.4.4", 4, JOIN));
    clear_all();
    CHECK_OK(if_take(&c[0], 4));
    expect(&c[0], "LOCALJOIN 0/0 239.4.4.4/32 if=4,0");
    expect(&c[2], "DISABLE 4,0");
    expect_nothing(&c[1]);
    CHECK_EQ(counters().dwMemberships, 1);
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "0/0 239.4.4.4/32");
}

TEST(igmp_coming_and_leaving_causes_no_disable) {
    world();
    REQUIRE_OK(if_take(&c[0], 6));
    CHECK_OK(if_take(&c[2], 6));
    CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 6, JOIN));
    CHECK_OK(if_release(&c[2], 6));
    CHECK_EQ(event_total(&c[2], CB_DISABLE), 0);
    CHECK_EQ(event_total(&c[2], CB_ENABLE), 0);
    expect(&c[0], "LOCALJOIN 0/0 239.1.1.1/32 if=6,0", "LOCALLEAVE 0/0 239.1.1.1/32 if=6,0");
}
