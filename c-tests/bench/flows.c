/*
 * flows [-q] [-r ROUNDS] [-c CASE]... NAME=COMMAND NAME=COMMAND...
 *
 * Whole flows through programs that route from r-up to r-down: the first command is the
 * floor, the second is ours, others are peers. Each round measures all of them in turn,
 * each in new namespaces. With two commands rows of ours against the floor, else cells of a
 * table: what they look like is at the head of benches/common/mod.rs.
 *
 * It fails where ours or the floor never came to a figure. -q: a smoke test, one round and
 * small sizes. CASE: burst, backlog, paced, joins, joins-many,
 * steady, memory; member, members, source, sources, small-burst, peers-memory, peers-steady
 * (all of the first ones, or with more than two commands all of the others).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "rows.h"
#include "world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUTERS 8
#define FIGURES 4
#define GROUP 0xEF010000u /* 239.1.0.0 */

static int quick;
static unsigned full(unsigned size, unsigned tiny) { return quick ? tiny : size; }

/* What a case found in one round, NAN where it found nothing. */
typedef void (*case_run)(struct world *world, struct router *router, double figures[FIGURES]);

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double middle(double *values, unsigned count) {
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static double greatest(const double *values, unsigned count) {
    double most = values[0];
    for (unsigned i = 1; i < count; i++)
        most = values[i] > most ? values[i] : most;
    return most;
}

/* Reports in a millisecond: as many as every program can hear. */
static unsigned reports_at_once = 64;

/* The hosts join GROUP and the next ones. */
static void join_groups(struct world *world, struct router *router, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        uint64_t when = send_report(world, GROUP + i);
        if (i % reports_at_once == reports_at_once - 1)
            sleep_until(when + 1000000);
    }
    router_settle(router, 60);
    receive_nothing(world);
}

/* Counts packets by their group until all have one, or nothing came for so long. */
static unsigned groups_received(struct world *world, unsigned count, double seconds) {
    unsigned char *seen = calloc(count, 1);
    uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
    unsigned received = 0;
    struct packet packet;
    if (seen == NULL)
        fail("calloc");
    while (received < count && now_ns() < end) {
        if (!receive_packet(world, &packet)) {
            sleep_until(now_ns() + 200000);
            continue;
        }
        if (packet.group - GROUP < count && !seen[packet.group - GROUP]) {
            seen[packet.group - GROUP] = 1;
            received++;
            end = now_ns() + (uint64_t)(seconds * 1e9);
        }
    }
    free(seen);
    return received;
}

/* Joined groups start at once, one packet each: CPU for each flow, and how many came. */
static void burst_of(unsigned flows, int stopped, struct world *world, struct router *router,
                     double figures[FIGURES]) {
    uint64_t before;
    unsigned long drops;
    join_groups(world, router, flows);
    drops = network_drops();
    before = router_cpu(router);
    if (stopped)
        router_pause(router);
    for (unsigned i = 0; i < flows; i++)
        send_packet(world, SOURCE, GROUP + i);
    if (stopped)
        router_continue(router);
    figures[1] = groups_received(world, flows, 5);
    router_settle(router, 60);
    if (network_drops() != drops) {
        printf("# the machine dropped packets on their way: a round without a result\n");
        figures[1] = NAN;
        return;
    }
    figures[0] = (double)(router_cpu(router) - before) / flows;
}

static void burst(struct world *world, struct router *router, double figures[FIGURES]) {
    burst_of(full(10000, 200), 0, world, router, figures);
}

/* The same, but the router comes to them when all are there. */
static void backlog(struct world *world, struct router *router, double figures[FIGURES]) {
    burst_of(full(10000, 200), 1, world, router, figures);
}

static void small_burst(struct world *world, struct router *router, double figures[FIGURES]) {
    burst_of(full(1000, 100), 0, world, router, figures);
}

/* Joined groups start one after the other, a packet each: from sent to received, and the
   CPU for each. */
static void paced(struct world *world, struct router *router, double figures[FIGURES]) {
    unsigned flows = full(1000, 50), count = 0;
    uint64_t *sent = calloc(flows, sizeof *sent), before, next;
    double *delay = calloc(flows, sizeof *delay);
    struct packet packet;
    if (sent == NULL || delay == NULL)
        fail("calloc");
    join_groups(world, router, flows);
    before = router_cpu(router);
    next = now_ns();
    for (unsigned i = 0; i < flows; i++) {
        sent[i] = send_packet(world, SOURCE, GROUP + i);
        sleep_until(next += 1000000);
    }
    router_settle(router, 10);
    figures[1] = (double)(router_cpu(router) - before) / flows;
    while (receive_packet(world, &packet))
        if (packet.group - GROUP < flows && delay[packet.group - GROUP] == 0) {
            delay[packet.group - GROUP] = (double)(packet.when - sent[packet.group - GROUP]) / 1e3;
            count++;
        }
    for (unsigned i = 0; i < flows; i++)
        if (delay[i] == 0)
            delay[i] = INFINITY;
    figures[0] = count > flows / 2 ? middle(delay, flows) : NAN;
    figures[2] = count;
    free(sent);
    free(delay);
}

/* Sources that nobody wants send to one group; then a member comes. */
static void joins_of(unsigned sources, struct world *world, struct router *router,
                     double figures[FIGURES]) {
    uint64_t before, end = now_ns() + 30000000000u;
    do {
        for (unsigned i = 0; i < sources; i++)
            send_packet(world, SOURCE + i, GROUP);
        router_settle(router, 30);
    } while (router_entries(router).negative != sources && now_ns() < end);
    receive_nothing(world);
    before = router_cpu(router);
    send_report(world, GROUP);
    router_settle(router, 30);
    before = router_cpu(router) - before;
    /* One flow is the probe's. */
    if (router_entries(router).forwarding == sources + 1)
        figures[0] = (double)before / sources;
}

static void joins(struct world *world, struct router *router, double figures[FIGURES]) {
    joins_of(full(1000, 100), world, router, figures);
}

static void joins_many(struct world *world, struct router *router, double figures[FIGURES]) {
    joins_of(full(10000, 200), world, router, figures);
}

/* A flow that is there: CPU for 10,000 packets/s. */
static void steady(struct world *world, struct router *router, double figures[FIGURES]) {
    unsigned packets = full(20000, 1000), received = 0;
    struct packet packet;
    uint64_t before, next;
    join_groups(world, router, 1);
    for (int i = 0; i < 20; i++)
        sleep_until(send_packet(world, SOURCE, GROUP) + 10000000);
    router_settle(router, 10);
    receive_nothing(world);
    before = router_cpu(router);
    next = now_ns();
    for (unsigned i = 0; i < packets; i++) {
        send_packet(world, SOURCE, GROUP);
        sleep_until(next += 100000);
        while (receive_packet(world, &packet))
            received++;
    }
    figures[0] = (double)(router_cpu(router) - before) / packets * 10000 / 1e6;
    while (receive_packet(world, &packet))
        received++;
    figures[1] = (double)received / packets;
}

/* Resident: at rest, and for each joined group. */
static void memory(struct world *world, struct router *router, double figures[FIGURES]) {
    unsigned groups = full(10000, 100);
    double before = router_memory(router);
    figures[0] = before / 1024;
    join_groups(world, router, groups);
    figures[1] = (router_memory(router) - before) / groups;
}

/* The same for programs that learn of groups in other ways: joined, and with a flow each. */
static void memory_peers(struct world *world, struct router *router, double figures[FIGURES]) {
    unsigned groups = full(1000, 100);
    double before = router_memory(router);
    figures[0] = before / 1024;
    join_groups(world, router, groups);
    for (int times = 0; times < 3; times++) {
        for (unsigned i = 0; i < groups; i++)
            sleep_until(send_packet(world, SOURCE, GROUP + i) + 200000);
        router_settle(router, 30);
    }
    if (router_entries(router).forwarding > groups)
        figures[1] = (router_memory(router) - before) / groups;
}

/* A source sends to a group without a member, each 50 us; then one joins. */
static void member(struct world *world, struct router *router, double figures[FIGURES]) {
    uint64_t reported = 0, next = now_ns(), join = next + 500000000, end = join + 20000000000u;
    struct packet packet;
    (void)router;
    while (next < end) {
        if (next >= join && reported == 0)
            reported = send_report(world, GROUP);
        send_packet(world, SOURCE, GROUP);
        sleep_until(next += 50000);
        while (receive_packet(world, &packet)) {
            /* Without a member: it does not know IGMP. */
            if (reported == 0)
                return;
            figures[0] = (double)(packet.when - reported) / 1e6;
            return;
        }
    }
}

/* The same with many groups, to each of which a packet comes every 100 ms. */
static void members(struct world *world, struct router *router, double figures[FIGURES]) {
    unsigned groups = full(1000, 50), received = 0;
    uint64_t period = 100000000, reported = 0, next = now_ns(), start = next, last = 0;
    uint64_t report_at = start + 5 * period;
    unsigned char *seen = calloc(groups, 1);
    struct packet packet;
    (void)router;
    if (seen == NULL)
        fail("calloc");
    while (received < groups && next < start + 30 * 1000000000ull) {
        /* Hosts report again after 10 s. */
        if (next >= report_at) {
            reported = reported == 0 ? now_ns() : reported;
            report_at = next + 10000000000u;
            for (unsigned i = 0; i < groups; i++)
                send_report(world, GROUP + i);
        }
        for (unsigned i = 0; i < groups; i++) {
            send_packet(world, SOURCE, GROUP + i);
            sleep_until(next += period / groups);
            while (receive_packet(world, &packet))
                if (packet.group - GROUP < groups && !seen[packet.group - GROUP]) {
                    if (reported == 0) {
                        free(seen);
                        return;
                    }
                    seen[packet.group - GROUP] = 1;
                    received++;
                    last = packet.when;
                }
        }
    }
    free(seen);
    if (received == groups)
        figures[0] = (double)(last - reported) / 1e6;
    figures[1] = received;
}

/* Sources start to joined groups, a packet each 100 ms: from the first sent to the first
   received; median and worst, and the CPU for 1,000 of them. */
static void sources_of(unsigned groups, struct world *world, struct router *router,
                       double figures[FIGURES]) {
    uint64_t period = 100000000, before, next, start;
    uint64_t *sent = calloc(groups, sizeof *sent);
    double *delay = calloc(groups, sizeof *delay);
    unsigned received = 0;
    struct packet packet;
    if (sent == NULL || delay == NULL)
        fail("calloc");
    join_groups(world, router, groups);
    before = router_cpu(router);
    start = next = now_ns();
    while (received < groups && next < start + 20 * 1000000000ull)
        for (unsigned i = 0; i < groups; i++) {
            uint64_t when = send_packet(world, SOURCE, GROUP + i);
            if (sent[i] == 0)
                sent[i] = when;
            sleep_until(next += period / groups);
            while (receive_packet(world, &packet)) {
                unsigned g = packet.group - GROUP;
                if (g < groups && delay[g] == 0) {
                    delay[g] = (double)(packet.when - sent[g]) / 1e6;
                    received++;
                }
            }
        }
    router_settle(router, 10);
    figures[2] = (double)(router_cpu(router) - before) / 1e6 * 1000 / groups;
    if (received == groups) {
        figures[0] = middle(delay, groups);
        figures[1] = greatest(delay, groups);
    }
    free(sent);
    free(delay);
}

static void source(struct world *world, struct router *router, double figures[FIGURES]) {
    sources_of(1, world, router, figures);
}

static void sources(struct world *world, struct router *router, double figures[FIGURES]) {
    sources_of(full(1000, 50), world, router, figures);
}

struct figure {
    const char *work, *unit, *target;
    /* Told as it is, not as a ratio to the floor. */
    int plain;
};

static const struct test {
    const char *name;
    case_run run;
    int of_peers;
    struct figure figures[FIGURES];
} tests[] = {
    {"burst", burst, 0,
     {{"new flow, 10,000 in one burst: CPU", "ns", "<=1.25", 0},
      {"new flow, 10,000 in one burst: forwarded", "flows", ">=10000", 1}}},
    {"backlog", backlog, 0,
     {{"new flow, 10,000 waiting when the router comes to them: CPU", "ns", "<=1.25", 0},
      {"new flow, 10,000 waiting: forwarded", "flows", ">=10000", 1}}},
    {"paced", paced, 0,
     {{"new flow, 1,000/s: latency of the first packet", "us", "<=1.3", 0},
      {"new flow, 1,000/s: CPU", "ns", "-", 0}}},
    {"joins", joins, 0, {{"a member joins 1,000 sources: CPU per source", "ns", "<=1.2", 0}}},
    {"joins-many", joins_many, 0,
     {{"a member joins 10,000 sources: CPU per source", "ns", "<=1.2", 0}}},
    {"steady", steady, 0, {{"steady 10,000 packets/s: CPU per second", "ms", "-", 1}}},
    {"memory", memory, 0,
     {{"resident memory at rest", "kB", "-", 0},
      {"resident memory of a joined group", "B", "-", 1}}},
    {"member", member, 1,
     {{"member joins a flowing group: report to first packet", "ms", NULL, 0}}},
    {"members", members, 1,
     {{"the same, 1,000 groups, each sent to every 100 ms: until all receive", "ms", NULL, 0}}},
    {"source", source, 1,
     {{"source starts to a joined group: first sent to first received", "ms", NULL, 0}}},
    {"sources", sources, 1,
     {{"the same, 1,000 groups: median", "ms", NULL, 0},
      {"the same, 1,000 groups: worst", "ms", NULL, 0},
      {"CPU for 1,000 flow set-ups", "ms", NULL, 0}}},
    {"small-burst", small_burst, 1,
     {{NULL, NULL, NULL, 0},
      {"one burst to 1,000 joined groups, one packet each: delivered", "packets", NULL, 0}}},
    {"peers-memory", memory_peers, 1,
     {{"resident memory at rest", "kB", NULL, 0},
      {"memory of a joined group with a flow", "B", NULL, 0}}},
    {"peers-steady", steady, 1, {{"CPU at 10,000 packets/s steady, per second", "ms", NULL, 0}}},
};

#define TESTS (sizeof tests / sizeof *tests)

static struct {
    const char *name, *command;
    double values[FIGURES][ROUNDS_MOST];
} routers[ROUTERS];
static unsigned router_count;
/* Something found nothing. */
static int failed;

/* What a router has printed. */
static void show(const char *log) {
    char line[512];
    FILE *file = fopen(log, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        printf("#   %.*s\n", (int)strcspn(line, "\n"), line);
    if (file != NULL)
        fclose(file);
}

static void run_once(const struct test *test, unsigned who, unsigned round, const char *log) {
    struct world world;
    struct router router;
    double figures[FIGURES] = {NAN, NAN, NAN, NAN};
    int ended;
    world_open(&world);
    if (router_start(&world, &router, routers[who].command, log)) {
        test->run(&world, &router, figures);
    } else {
        printf("# %s: %s does not route\n", test->name, routers[who].name);
        show(log);
    }
    ended = router_has_ended(&router);
    if (ended) {
        printf("# %s: %s has ended\n", test->name, routers[who].name);
        show(log);
    }
    router_stop(&router);
    world_close(&world);
    for (int i = 0; i < FIGURES; i++)
        routers[who].values[i][round] = ended ? NAN : figures[i];
}

/* The rounds in which all (of the first `count` routers) found something come to the front. */
static unsigned valid_rounds(int figure, unsigned first, unsigned count, unsigned rounds) {
    unsigned valid = 0;
    for (unsigned round = 0; round < rounds; round++) {
        int all = 1;
        for (unsigned who = first; who < first + count; who++)
            all &= !isnan(routers[who].values[figure][round]);
        for (unsigned who = first; who < first + count && all; who++)
            routers[who].values[figure][valid] = routers[who].values[figure][round];
        valid += (unsigned)all;
    }
    return valid;
}

/* Ours against the floor. */
static void print_rows(const struct test *test, unsigned rounds) {
    for (int i = 0; i < FIGURES && test->figures[i].work != NULL; i++) {
        const struct figure *figure = &test->figures[i];
        double *floor = routers[0].values[i], *ours = routers[1].values[i];
        char text[2][64], number[32];
        unsigned valid = valid_rounds(i, 0, 2, rounds);
        if (valid < rounds)
            printf("# %s: %u of %u rounds without a result\n", figure->work, rounds - valid,
                   rounds);
        failed |= valid == 0;
        if (valid == 0)
            continue;
        snprintf(text[0], sizeof text[0], "%s %s", digits(number, spread_of(ours, valid).median),
                 figure->unit);
        snprintf(text[1], sizeof text[1], "%s %s", digits(number, spread_of(floor, valid).median),
                 figure->unit);
        if (figure->plain)
            print_row(figure->work, figure->unit, spread_of(ours, valid), figure->target, text[0],
                      text[1]);
        else
            print_row(figure->work, "x", ratio_of(ours, floor, valid), figure->target, text[0],
                      text[1]);
    }
}

/* A table with a column for each router. */
static void print_cells(const struct test *test, unsigned rounds) {
    for (int i = 0; i < FIGURES; i++)
        for (unsigned who = 0; who < router_count && test->figures[i].work != NULL; who++) {
            const struct figure *figure = &test->figures[i];
            unsigned valid = valid_rounds(i, who, 1, rounds);
            struct spread spread;
            char number[3][32];
            if (valid == 0) {
                printf("cell\t%s\t%s\t%s\t-\t-\t-\t0\n", figure->work, figure->unit,
                       routers[who].name);
                continue;
            }
            spread = spread_of(routers[who].values[i], valid);
            printf("cell\t%s\t%s\t%s\t%s\t%s\t%s\t%u\n", figure->work, figure->unit,
                   routers[who].name, digits(number[0], spread.median),
                   digits(number[1], spread.least), digits(number[2], spread.greatest), valid);
        }
    fflush(stdout);
}

int main(int argc, char **argv) {
    char log[] = "/tmp/flows.XXXXXX";
    unsigned rounds = 0, chosen[TESTS] = {0}, any = 0;
    int option, peers;
    while ((option = getopt(argc, argv, "qr:c:")) != -1) {
        switch (option) {
        case 'q': quick = 1; break;
        case 'r': rounds = (unsigned)atoi(optarg); break;
        case 'c':
            for (unsigned i = 0; i < TESTS; i++)
                if (strcmp(tests[i].name, optarg) == 0)
                    any = chosen[i] = 1;
            if (any)
                break;
            /* fall through */
        default: return 2;
        }
    }
    for (; optind < argc && router_count < ROUTERS; router_count++, optind++) {
        char *separator = strchr(argv[optind], '=');
        if (separator == NULL)
            return 2;
        *separator = 0;
        routers[router_count].name = argv[optind];
        routers[router_count].command = separator + 1;
    }
    if (router_count < 2) {
        fprintf(stderr, "usage: flows [-q] [-r ROUNDS] [-c CASE]... FLOOR=COMMAND OURS=COMMAND "
                        "[PEER=COMMAND]...\n");
        return 2;
    }
    peers = router_count > 2;
    if (peers)
        reports_at_once = 4;
    if (rounds == 0)
        rounds = quick ? 1 : 9;
    if (rounds > ROUNDS_MOST)
        rounds = ROUNDS_MOST;
    if (mkstemp(log) < 0)
        fail(log);

    world_begin();
    for (unsigned i = 0; i < TESTS; i++) {
        if (any ? !chosen[i] : tests[i].of_peers != peers)
            continue;
        for (unsigned round = 0; round < rounds; round++)
            for (unsigned n = 0; n < router_count; n++)
                run_once(&tests[i], (round + n) % router_count, round, log);
        if (tests[i].of_peers)
            print_cells(&tests[i], rounds);
        else
            print_rows(&tests[i], rounds);
    }
    unlink(log);
    return failed;
}
