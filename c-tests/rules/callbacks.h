/*
 * callbacks.h: what the tests of threads and callbacks share: second threads, calls inside
 * callbacks, a world in which each of the nine callbacks can be caused, and a function that
 * calls every function.
 */
#ifndef MGM_TESTS_CALLBACKS_H
#define MGM_TESTS_CALLBACKS_H

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

static inline void *worker_main(void *p) {
    struct worker *w = p;
    w->run(w->argument);
    atomic_store(&w->done, true);
    return NULL;
}

static inline void start_with_stack(struct worker *w, void (*run)(void *), void *argument, size_t stack) {
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

static inline void start(struct worker *w, void (*run)(void *), void *argument) {
    start_with_stack(w, run, argument, 0);
}

static inline bool done(struct worker *w) { return atomic_load(&w->done); }

/* Joins a thread that has to end by itself. */
static inline void finish(struct worker *w) {
    REQUIRE_SOON(done(w));
    REQUIRE(pthread_join(w->id, NULL) == 0);
}

/* Set once the callback of interest has run its calls. */
static atomic_int hook_runs;
static void (*hook_body)(struct client *client, const struct event *event);

/* Runs hook_body at the first callback only: its own calls cause further ones. */
static inline void once(struct client *client, const struct event *event) {
    if (atomic_fetch_add(&hook_runs, 1) == 0)
        hook_body(client, event);
}

static inline void hook_once(struct client *client, unsigned kinds,
                      void (*body)(struct client *client, const struct event *event)) {
    hook_body = body;
    client->hook = once;
    client->hook_kinds = kinds;
}


/* Calls each function of the two headers, with things of its own: `n` keeps several of
   these apart. Everything is undone, but for one MFE. */
static inline void every_function(unsigned n) {
    ROUTING_PROTOCOL_CONFIG config;
    HANDLE protocol, enumeration;
    char source[24], group[24], network[24];
    DWORD size, count, id, component, if_in = 1000 + n, if_out = 2000 + n;
    _Alignas(16) BYTE buffer[4096];
    BYTE bytes[100];
    MIB_IPMCAST_MFE key;
    MGM_HOST_ROUTE r;
    MGM_HOST_BOUNDARY boundary;
    MGM_HOST_OPTIONS options;
    MGM_HOST_COUNTERS count_now;

    memset(&config, 0, sizeof config);
    memset(&key, 0, sizeof key);
    memset(&r, 0, sizeof r);
    memset(&boundary, 0, sizeof boundary);
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
    CHECK_OK(MgmHostSetThreshold(if_out, 32));
    CHECK_OK(MgmHostGetThreshold(if_out, &id));
    CHECK_EQ(id, 32);
    CHECK_OK(MgmHostSetThreshold(if_out, 1));
    CHECK_OK(MgmHostAddBoundary(if_out, ip(group), 0));
    boundary.dwIfIndex = if_out;
    CHECK_OK(MgmHostGetNextBoundary(&boundary));
    CHECK_EQ(boundary.dwIfIndex, if_out);
    CHECK_EQ(boundary.dwGroup, ip(group));
    CHECK_OK(MgmHostDeleteBoundary(if_out, ip(group), 0));
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

/* c0: protocol 100 on 1 (towards the source) and 2; c1: protocol 101 on 3; c2: IGMP on 2
   and 4. `caused` makes the callback of the wanted kind happen at `who`. */
struct cause {
    unsigned kind;
    struct client *who;
    void (*prepare)(void);
    void (*caused)(void *unused);
};

/* With these callbacks of c[0] and of c[2], IGMP. */
static inline void world_with(unsigned callbacks, unsigned igmp_callbacks) {
    host_start_memory();
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, callbacks));
    REQUIRE_OK(client_register(&c[1], 101, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[2], MS_IP_IGMP, 1, igmp_callbacks));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[0], 2));
    REQUIRE_OK(if_take(&c[1], 3));
    REQUIRE_OK(if_take(&c[2], 2));
    REQUIRE_OK(if_take(&c[2], 4));
    clear_all();
}

static inline void world(void) { world_with(CB_ALL, CB_ALL); }

static inline void nothing(void) {}
static inline void first_packet(void *unused) {
    (void)unused;
    packet(1, "10.0.0.1", "239.1.1.1", 100);
}
static inline void own_member(void) { CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN)); }
static inline void other_member(void) { CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 3, JOIN)); }
static inline void igmp_member(void) { CHECK_OK(member_add(&c[2], "0", "239.1.1.1", 2, JOIN)); }
static inline void an_entry(void) {
    other_member();
    first_packet(NULL);
}
static inline void join(void *unused) {
    (void)unused;
    other_member();
}
static inline void prune(void *unused) {
    (void)unused;
    CHECK_OK(member_delete(&c[1], "0", "239.1.1.1", 3, JOIN));
}
static inline void wrong_interface(void *unused) {
    (void)unused;
    packet(2, "10.0.0.1", "239.1.1.1", 100);
}
static inline void local_join(void *unused) {
    (void)unused;
    igmp_member();
}
static inline void local_leave(void *unused) {
    (void)unused;
    CHECK_OK(member_delete(&c[2], "0", "239.1.1.1", 2, JOIN));
}
static inline void take_4(void *unused) {
    (void)unused;
    CHECK_OK(if_take(&c[0], 4));
}
static inline void release_2(void *unused) {
    (void)unused;
    CHECK_OK(if_release(&c[0], 2));
}

static inline const struct cause *cause_of(unsigned n) {
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
    return &causes[n];
}

static inline void four_clients(void) {
    world();
    REQUIRE_OK(client_register(&c[3], 103, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[3], 5));
    clear_all();
}

#endif
