/* Threads and callbacks: rules.md section 9. Calls inside callbacks and beside them, the order
   of the alerts, and who delivers them. */
#include "callbacks.h"

static void every_function_1(void *unused) {
    (void)unused;
    every_function(1);
}

static void every_function_in_hook(struct client *client, const struct event *event) {
    (void)client;
    (void)event;
    every_function(2);
}

/* Every function works inside this callback: no deadlock, the results of every day. */
static void works_inside(unsigned n) {
    const struct cause *cause = cause_of(n);
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

/* Any pointer may be NULL: that callback is skipped, the others come (api.md). */
static void comes_alone(unsigned n) {
    const struct cause *cause = cause_of(n);
    bool of_igmp = cause->who == &c[2];
    world_with(of_igmp ? CB_ALL : cause->kind, of_igmp ? cause->kind : CB_ALL);
    cause->prepare();
    clear_all();
    cause->caused(NULL);
    for (unsigned kind = 1; kind & CB_ALL; kind <<= 1)
        CHECK_EQ(event_total(cause->who, kind), kind == cause->kind);
}

TEST(rpf_may_be_the_only_callback) { comes_alone(0); }
TEST(creation_may_be_the_only_callback) { comes_alone(1); }
TEST(prune_may_be_the_only_callback) { comes_alone(2); }
TEST(join_may_be_the_only_callback) { comes_alone(3); }
TEST(wrong_if_may_be_the_only_callback) { comes_alone(4); }
TEST(local_join_may_be_the_only_callback) { comes_alone(5); }
TEST(local_leave_may_be_the_only_callback) { comes_alone(6); }
TEST(disable_may_be_the_only_callback) { comes_alone(7); }
TEST(enable_may_be_the_only_callback) { comes_alone(8); }

TEST(no_callback_need_be_there) {
    world_with(0, 0);
    for (unsigned n = 0; n < 9; n++) {
        cause_of(n)->prepare();
        cause_of(n)->caused(NULL);
    }
    for (unsigned kind = 1; kind & CB_ALL; kind <<= 1) {
        CHECK_EQ(event_total(&c[0], kind), 0);
        CHECK_EQ(event_total(&c[2], kind), 0);
    }
}

/* Every function finishes on another thread while this callback does not return. */
static void works_beside(unsigned n) {
    const struct cause *cause = cause_of(n);
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
    const struct cause *cause = cause_of(n);
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
