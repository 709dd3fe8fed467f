/*
 * Eight threads call every function at random, with callbacks that call back, on the memory
 * forwarder. Whatever the order, each call gives an error that is documented for it, lists
 * are whole and ascending, alerts of one client do not overlap, and none comes after its
 * deregistration. In the end everything is released and the manager is empty.
 *
 *   MGM_TEST_SECONDS  how long (default 3; 60, on Windows 25, with MGM_TEST_LONG)
 *   MGM_TEST_SEED     the seed that was printed
 */
#include "host.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef _WIN32
#include <unistd.h>
#endif

#define THREADS 8
#define ENUMERATIONS 16
#define INTERFACES 6

/* Slots of clients: 0 to 4 routing protocols, 5 to 7 IGMP. The last of each kind may also
   deregister inside a callback, which does not wait: for those, callbacks of the old client
   may run beside those of the new one, so nothing is said about them. */
static const DWORD protocols[CLIENTS] = {100, 101, 102, 103, 104, PROTO_IP_IGMP, MS_IP_IGMP,
                                         PROTO_IP_IGMP};
static bool strict(unsigned slot) { return slot != 4 && slot != 7; }

static _Atomic(HANDLE) handles[CLIENTS];
static atomic_bool registered[CLIENTS];
/* Held during registration and deregistration of a slot. Callbacks only try it. */
static pthread_mutex_t slot_locks[CLIENTS];
static _Atomic(HANDLE) enumerations[ENUMERATIONS];
static atomic_bool stop;
static atomic_ullong calls, departures, late;

static unsigned long long seed;
static atomic_uint thread_numbers;
static _Thread_local unsigned long long random_state;
static _Thread_local unsigned depth; /* of callbacks on this thread */

/* Each thread has a sequence of its own, made from the seed and its number. */
static unsigned pick(unsigned below) {
    unsigned long long z;
    if (random_state == 0)
        random_state = seed + 0x9E3779B97F4A7C15u * (atomic_fetch_add(&thread_numbers, 1) + 1);
    random_state += 0x9E3779B97F4A7C15u; /* splitmix64 */
    z = random_state;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return (unsigned)(z >> 33) % below;
}

static bool one_in(unsigned n) { return pick(n) == 0; }

/* Fails unless `error` is 0 or one of the list, which ends in 0. */
static void allowed(int line, const char *what, DWORD error, const DWORD *list) {
    char text[48];
    if (error == NO_ERROR)
        return;
    for (; *list != 0; list++)
        if (error == *list)
            return;
    snprintf(text, sizeof text, "%s", error_name(error));
    check_failed(__FILE__, line, "%s gives %s", what, text);
    check_stop(); /* one is enough */
}

#define ALLOWED(call, ...)                                                                       \
    allowed(__LINE__, #call, (call), (const DWORD[]){__VA_ARGS__, 0})

static HANDLE any_client(void) {
    HANDLE handle = atomic_load(&handles[pick(CLIENTS)]);
    if (one_in(200))
        return (HANDLE)((uintptr_t)handle ^ ((uintptr_t)1 << pick(8 * sizeof handle)));
    if (one_in(200))
        return atomic_load(&enumerations[pick(ENUMERATIONS)]);
    return handle;
}

static DWORD any_interface(void) { return one_in(50) ? 0 : 1 + pick(INTERFACES); }
static DWORD any_hop(void) { return one_in(4) ? ip("10.9.9.9") : 0; }

static void any_source(DWORD *address, DWORD *mask) {
    static const char *const sources[] = {"0",           "0",        "10.1.0.1", "10.1.0.2",
                                          "10.2.0.1",    "10.3.0.1", "10.4.0.1", "10.1.0.0/24",
                                          "10.0.0.0/8",  "11.0.0.1"};
    ip_range(sources[pick(10)], address, mask);
    if (one_in(300))
        *mask = (DWORD)pick(0x7FFFFFFF);
}

static void any_group(DWORD *address, DWORD *mask) {
    static const char *const all[] = {"239.1.1.1", "239.1.1.1",    "239.1.1.2",   "239.1.1.3",
                                      "239.2.1.1", "239.1.1.0/24", "224.0.0.0/4", "224.0.0.5",
                                      "0",         "239.1.1.4"};
    ip_range(all[pick(10)], address, mask);
    if (one_in(300))
        *address = (DWORD)pick(0x7FFFFFFF);
}

static void any_key(MIB_IPMCAST_MFE *key) {
    DWORD mask;
    memset(key, 0, sizeof *key);
    any_source(&key->dwSource, &mask);
    any_group(&key->dwGroup, &mask);
}

/* Registration: also a second try for what is registered. */
static void do_register(unsigned slot) {
    ROUTING_PROTOCOL_CONFIG config = client_callbacks(&c[slot], CB_ALL);
    HANDLE handle = NULL;
    DWORD error;
    if (slot == 7)
        config.pfnEnableIgmpCallback = NULL; /* keeps its memberships */
    if (depth > 0 ? pthread_mutex_trylock(&slot_locks[slot]) != 0
                  : pthread_mutex_lock(&slot_locks[slot]) != 0)
        return;
    atomic_store(&registered[slot], true);
    error = MgmRegisterMProtocol(&config, protocols[slot], slot, &handle);
    if (error == NO_ERROR)
        atomic_store(&handles[slot], handle);
    else
        allowed(__LINE__, "MgmRegisterMProtocol", error, (const DWORD[]){ERROR_ALREADY_EXISTS, 0});
    pthread_mutex_unlock(&slot_locks[slot]);
}

static void release_all(HANDLE handle) {
    for (DWORD i = 1; i <= INTERFACES; i++) {
        ALLOWED(MgmReleaseInterfaceOwnership(handle, i, 0), ERROR_INVALID_PARAMETER,
                ERROR_CAN_NOT_COMPLETE);
        ALLOWED(MgmReleaseInterfaceOwnership(handle, i, ip("10.9.9.9")), ERROR_INVALID_PARAMETER,
                ERROR_CAN_NOT_COMPLETE);
    }
}

/* Often it still holds interfaces, then nothing happens. */
static void do_deregister(unsigned slot) {
    HANDLE handle;
    DWORD error;
    if (one_in(2))
        release_all(atomic_load(&handles[slot]));
    if (depth > 0 && strict(slot))
        return;
    if (depth > 0 ? pthread_mutex_trylock(&slot_locks[slot]) != 0
                  : pthread_mutex_lock(&slot_locks[slot]) != 0)
        return;
    handle = atomic_load(&handles[slot]);
    error = MgmDeRegisterMProtocol(handle);
    if (error == NO_ERROR) {
        atomic_store(&handles[slot], NULL);
        atomic_store(&registered[slot], false);
        atomic_fetch_add(&departures, 1);
        /* Its handle is dead from now on. */
        CHECK_ERROR(MgmTakeInterfaceOwnership(handle, 1, 0), ERROR_INVALID_PARAMETER);
    } else {
        allowed(__LINE__, "MgmDeRegisterMProtocol", error,
                (const DWORD[]){ERROR_CAN_NOT_COMPLETE, ERROR_INVALID_PARAMETER, 0});
    }
    pthread_mutex_unlock(&slot_locks[slot]);
}

/* The entries lie whole in the buffer, in ascending order. */
static void check_mfes(const BYTE *buffer, DWORD size, DWORD count, size_t list, size_t oif_size,
                       size_t oifs_at) {
    DWORD last_group = 0, last_source = 0;
    size_t used = 0;
    for (DWORD i = 0; i < count; i++) {
        DWORD words[2], oifs, group, source;
        REQUIRE(used + list <= size);
        memcpy(words, buffer + used, sizeof words); /* dwGroup, dwSource in every form */
        memcpy(&oifs, buffer + used + oifs_at, sizeof oifs);
        group = to_host(words[0]);
        source = to_host(words[1]);
        CHECK(group > last_group || (group == last_group && source > last_source));
        last_group = group;
        last_source = source;
        used += list + oifs * oif_size;
    }
    REQUIRE(used <= size);
}

static void do_mfes(void) {
    BYTE buffer[512];
    MIB_IPMCAST_MFE key;
    const DWORD room = pick(sizeof buffer + 1);
    const DWORD flags = one_in(100) ? pick(5) : 1 + pick(2);
    const size_t list = flags == MGM_MFE_STATS_0 ? SIZEOF_BASIC_MIB_MFE_STATS
                                                 : SIZEOF_BASIC_MIB_MFE_STATS_EX;
    DWORD size = room, count = 0, error;
    any_key(&key);
    switch (pick(6)) {
    case 0:
        ALLOWED(MgmGetMfe(&key, &size, buffer), ERROR_NOT_FOUND, ERROR_INSUFFICIENT_BUFFER);
        break;
    case 1:
        ALLOWED(MgmGetMfeStats(&key, &size, buffer, flags), ERROR_NOT_FOUND,
                ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER);
        break;
    case 2:
    case 3:
        error = one_in(2) ? MgmGetFirstMfe(&size, buffer, &count)
                          : MgmGetNextMfe(&key, &size, buffer, &count);
        CHECK(error == ERROR_MORE_DATA || error == ERROR_NO_MORE_ITEMS ||
              error == ERROR_INSUFFICIENT_BUFFER);
        if (error == ERROR_INSUFFICIENT_BUFFER)
            CHECK(count == 0 && size > room);
        else
            check_mfes(buffer, room, count, SIZEOF_BASIC_MIB_MFE, sizeof(MIB_IPMCAST_OIF),
                       offsetof(MIB_IPMCAST_MFE, ulNumOutIf));
        break;
    default:
        error = one_in(2) ? MgmGetFirstMfeStats(&size, buffer, &count, flags)
                          : MgmGetNextMfeStats(&key, &size, buffer, &count, flags);
        if (flags != MGM_MFE_STATS_0 && flags != MGM_MFE_STATS_1)
            CHECK_ERROR(error, ERROR_INVALID_PARAMETER);
        else if (error == ERROR_INSUFFICIENT_BUFFER)
            CHECK(count == 0 && size > room);
        else if (error == ERROR_MORE_DATA || error == ERROR_NO_MORE_ITEMS)
            check_mfes(buffer, room, count, list, sizeof(MIB_IPMCAST_OIF_STATS),
                       offsetof(MIB_IPMCAST_MFE_STATS, ulNumOutIf));
        else
            CHECK_ERROR(error, ERROR_MORE_DATA);
        break;
    }
}

static void do_enumeration(void) {
    SOURCE_GROUP_ENTRY entries[8];
    const unsigned slot = pick(ENUMERATIONS);
    HANDLE handle = atomic_load(&enumerations[slot]);
    DWORD size = pick(sizeof entries + 1), count = 0, error;
    switch (pick(4)) {
    case 0:
        handle = NULL;
        error = MgmGroupEnumerationStart(any_client(), one_in(2) ? ANY_SOURCE : ALL_SOURCES,
                                         &handle);
        if (error == NO_ERROR) {
            /* Nobody else knows it yet, so the one it replaces can be ended by us. */
            handle = atomic_exchange(&enumerations[slot], handle);
            ALLOWED(MgmGroupEnumerationEnd(handle), ERROR_INVALID_PARAMETER);
        } else {
            CHECK_ERROR(error, ERROR_INVALID_PARAMETER);
        }
        break;
    case 1:
        ALLOWED(MgmGroupEnumerationEnd(handle), ERROR_INVALID_PARAMETER);
        break;
    default:
        error = MgmGroupEnumerationGetNext(handle, &size, (PBYTE)entries, &count);
        CHECK(error == ERROR_MORE_DATA || error == ERROR_NO_MORE_ITEMS ||
              error == ERROR_INSUFFICIENT_BUFFER || error == ERROR_INVALID_PARAMETER);
        if (error == ERROR_MORE_DATA || error == ERROR_NO_MORE_ITEMS) {
            CHECK(count * sizeof entries[0] <= size);
            for (DWORD i = 0; i < count; i++)
                CHECK((entries[i].dwGroupAddr == 0) == (entries[i].dwGroupMask == 0) &&
                      (entries[i].dwSourceAddr == 0) == (entries[i].dwSourceMask == 0));
        }
        break;
    }
}

static void do_packet(void) {
    static const char *const sources[] = {"10.1.0.1", "10.1.0.2", "10.2.0.1", "10.3.0.1",
                                          "10.4.0.1", "11.0.0.1", "224.0.0.1"};
    static const char *const to[] = {"239.1.1.1", "239.1.1.2", "239.1.1.3", "239.2.1.1",
                                     "239.1.1.4", "224.0.0.5"};
    BYTE bytes[64];
    packet_build(bytes, sources[pick(7)], to[pick(6)], 28 + pick(36));
    ALLOWED(packet_raw(1 + pick(INTERFACES), any_hop(), bytes, (DWORD)bytes[2] << 8 | bytes[3]),
            ERROR_CAN_NOT_COMPLETE);
}

static void do_route(void) {
    MGM_HOST_ROUTE r;
    static const char *const prefixes[] = {"10.1.0.0/24", "10.2.0.0/16", "10.3.0.0/16",
                                           "10.0.0.0/8", "10.1.0.2/32"};
    memset(&r, 0, sizeof r);
    ip_range(prefixes[pick(5)], &r.dwNetwork, &r.dwMask);
    r.dwIfIndex = 1 + pick(INTERFACES);
    r.dwGateway = any_hop();
    r.dwProtocol = one_in(5) ? 2 : 3;
    if (one_in(3))
        ALLOWED(MgmHostDeleteRoute(&r), ERROR_NOT_FOUND);
    else
        ALLOWED(MgmHostAddRoute(&r), ERROR_INVALID_PARAMETER);
}

static void do_scope(void) {
    MGM_HOST_BOUNDARY b;
    DWORD ttl;
    switch (pick(5)) {
    case 0:
        ALLOWED(MgmHostSetThreshold(any_interface(), pick(80)), ERROR_INVALID_PARAMETER);
        break;
    case 1:
        ALLOWED(MgmHostGetThreshold(any_interface(), &ttl), ERROR_INVALID_PARAMETER);
        break;
    case 2:
        memset(&b, 0, sizeof b);
        while (MgmHostGetNextBoundary(&b) == NO_ERROR)
            CHECK(b.dwIfIndex >= 1 && b.dwIfIndex <= INTERFACES);
        break;
    default:
        any_group(&b.dwGroup, &b.dwMask);
        b.dwIfIndex = any_interface();
        if (one_in(3))
            ALLOWED(MgmHostAddBoundary(b.dwIfIndex, b.dwGroup, b.dwMask), ERROR_INVALID_PARAMETER);
        else
            ALLOWED(MgmHostDeleteBoundary(b.dwIfIndex, b.dwGroup, b.dwMask),
                    ERROR_INVALID_PARAMETER, ERROR_NOT_FOUND);
        break;
    }
}

/* One call of any function. */
static void anything(void) {
    DWORD s, sm, g, gm, protocol, component;
    MIB_IPMCAST_MFE key;
    atomic_fetch_add(&calls, 1);
    switch (pick(40)) {
    case 0:
        do_register(pick(CLIENTS));
        break;
    case 1:
        if (one_in(4))
            do_deregister(pick(CLIENTS));
        break;
    case 2: case 3: case 4:
        ALLOWED(MgmTakeInterfaceOwnership(any_client(), any_interface(), any_hop()),
                ERROR_ALREADY_EXISTS, ERROR_INVALID_PARAMETER, ERROR_CAN_NOT_COMPLETE);
        break;
    case 5: case 6:
        ALLOWED(MgmReleaseInterfaceOwnership(any_client(), any_interface(), any_hop()),
                ERROR_INVALID_PARAMETER, ERROR_CAN_NOT_COMPLETE);
        break;
    case 7:
        ALLOWED(MgmGetProtocolOnInterface(any_interface(), any_hop(), &protocol, &component),
                ERROR_NOT_FOUND);
        break;
    case 8: case 9: case 10: case 11: case 12: case 13: case 14: case 15:
        any_source(&s, &sm);
        any_group(&g, &gm);
        ALLOWED(MgmAddGroupMembershipEntry(any_client(), s, sm, g, gm, any_interface(), any_hop(),
                                           one_in(50) ? pick(8) : 1 + pick(3)),
                ERROR_INVALID_PARAMETER, ERROR_CAN_NOT_COMPLETE);
        break;
    case 16: case 17: case 18: case 19: case 20:
        any_source(&s, &sm);
        any_group(&g, &gm);
        ALLOWED(MgmDeleteGroupMembershipEntry(any_client(), s, sm, g, gm, any_interface(),
                                              any_hop(), one_in(50) ? pick(8) : 1 + pick(3)),
                ERROR_INVALID_PARAMETER, ERROR_CAN_NOT_COMPLETE, ERROR_NOT_FOUND);
        break;
    case 21: case 22: case 23: case 24: case 25:
        do_mfes();
        break;
    case 26: case 27: case 28:
        do_enumeration();
        break;
    case 29:
        any_key(&key);
        key.dwUpStrmNgbr = ip("10.1.0.77");
        ALLOWED(MgmSetMfe(any_client(), &key), ERROR_INVALID_PARAMETER, ERROR_NOT_FOUND);
        break;
    case 30:
        do_route();
        break;
    case 31:
        ALLOWED(MgmHostAdvanceClock(one_in(20) ? 901000 : pick(5000)), ERROR_CAN_NOT_COMPLETE);
        break;
    case 32:
        (void)counters();
        break;
    case 33:
        do_scope();
        break;
    default:
        do_packet();
        break;
    }
}

/* Every callback: some call back, some veto, some answer. */
static void called(struct client *client, const struct event *event) {
    const unsigned slot = (unsigned)(client - c);
    (void)event;
    if (strict(slot) && !atomic_load(&registered[slot]))
        atomic_fetch_add(&late, 1);
    if (atomic_load(&stop) || depth >= 3)
        return;
    depth++;
    /* Rarely enough that callbacks do not breed more callbacks than they are. */
    if (one_in(12))
        anything();
    depth--;
    if (strict(slot) && !atomic_load(&registered[slot]))
        atomic_fetch_add(&late, 1);
}

static void *run(void *number) {
    random_state = seed + 0x9E3779B97F4A7C15u * (uintptr_t)number;
    while (!atomic_load(&stop))
        anything();
    return NULL;
}

#ifdef _WIN32
/* Within the time that each test has: it cannot ask for more. */
#define LONG_SECONDS (TEST_SECONDS / 2)
#else
#define LONG_SECONDS 60
#endif

static double wanted_seconds(void) {
    const char *text = getenv("MGM_TEST_SECONDS");
    const char *all = getenv("MGM_TEST_LONG");
    double seconds = text != NULL ? strtod(text, NULL) : 0;
    if (seconds > 0)
        return seconds;
    return all != NULL && strcmp(all, "0") != 0 && *all != '\0' ? LONG_SECONDS : 3;
}

static void release_everything(void) {
    for (unsigned slot = 0; slot < CLIENTS; slot++) {
        HANDLE handle = atomic_load(&handles[slot]);
        if (handle == NULL)
            continue;
        release_all(handle);
        CHECK_OK(MgmDeRegisterMProtocol(handle));
        atomic_store(&handles[slot], NULL);
        atomic_store(&registered[slot], false);
    }
}

/* Whatever happened before, a new protocol gets every flow forwarded. */
static void check_flows(void) {
    static const char *const sources[] = {"10.1.0.1", "10.1.0.2", "10.2.0.1", "10.3.0.1",
                                          "10.4.0.1", "11.0.0.1"};
    unsigned dead = 0;
    MGM_HOST_BOUNDARY b;
    HANDLE handle;
    ROUTING_PROTOCOL_CONFIG config = client_callbacks(&c[6], 0);
    route("10.1.0.0/24", 1, NULL, 3);
    route("10.2.0.0/16", 1, NULL, 3);
    route("10.3.0.0/16", 1, NULL, 3);
    route("10.0.0.0/8", 1, NULL, 3);
    route("10.1.0.2/32", 1, NULL, 3);
    route("11.0.0.0/8", 1, NULL, 3);
    REQUIRE_OK(MgmRegisterMProtocol(&config, 200, 1, &handle));
    REQUIRE_OK(MgmTakeInterfaceOwnership(handle, 1, 0));
    REQUIRE_OK(MgmTakeInterfaceOwnership(handle, 2, 0));
    CHECK_OK(MgmHostSetThreshold(2, 1));
    while (memset(&b, 0, sizeof b), MgmHostGetNextBoundary(&b) == NO_ERROR)
        CHECK_OK(MgmHostDeleteBoundary(b.dwIfIndex, b.dwGroup, b.dwMask));
    REQUIRE_OK(MgmAddGroupMembershipEntry(handle, 0, 0, 0, 0, 2, 0, JOIN));
    for (unsigned i = 0; i < sizeof sources / sizeof sources[0]; i++)
        for (unsigned j = 0; j < 5; j++) {
            char group[16];
            const unsigned long long before = counters().ullPacketsForwarded;
            snprintf(group, sizeof group, "239.%u.1.%u", j == 4 ? 2 : 1, j == 4 ? 1 : j + 1);
            packet(1, sources[i], group, 40);
            if (counters().ullPacketsForwarded != before + 1 ||
                strcmp(mfe_path(sources[i], group), "in=1 out=[2,0]") != 0)
                dead++;
        }
    CHECK_EQ(dead, 0);
    CHECK_OK(MgmReleaseInterfaceOwnership(handle, 1, 0));
    CHECK_OK(MgmReleaseInterfaceOwnership(handle, 2, 0));
    CHECK_OK(MgmDeRegisterMProtocol(handle));
    CHECK_EQ(counters().dwEntries, 0);
}

TEST(random_calls_on_eight_threads) {
    const double seconds = wanted_seconds();
    const char *given = getenv("MGM_TEST_SEED");
    double end;
    pthread_t threads[THREADS];
    MGM_HOST_COUNTERS now;
    DWORD size = 0, count = 0;
    seed = given != NULL ? strtoull(given, NULL, 0)
                         : ((unsigned long long)time(NULL) << 20) ^ (unsigned long long)clock();
    printf("  MGM_TEST_SEED=%llu, %.0f seconds\n", seed, seconds);
    fflush(stdout);
#ifndef _WIN32
    alarm((unsigned)seconds + TEST_SECONDS);
#endif
    host_start_memory();
    for (unsigned slot = 0; slot < CLIENTS; slot++) {
        REQUIRE(pthread_mutex_init(&slot_locks[slot], NULL) == 0);
        c[slot].quiet = true;
        c[slot].hook = called;
        c[slot].hook_kinds = CB_ALL;
    }
    /* Some behaviour: vetoes, an answer to RPF, a lifetime. */
    client_veto(&c[1], 2, NULL);
    client_answer_rpf(&c[2], 3, NULL, "10.3.0.9");
    c[3].prune_answers = true;
    c[3].prune_timeout = 2;
    route("10.1.0.0/24", 1, NULL, 3);
    route("10.2.0.0/16", 2, "10.9.9.9", 8);
    for (unsigned slot = 0; slot < CLIENTS; slot++)
        do_register(slot);

    end = check_seconds() + seconds;
    for (uintptr_t i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&threads[i], NULL, run, (void *)(i + 1)) == 0);
    while (check_seconds() < end)
        check_pause();
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++)
        REQUIRE(pthread_join(threads[i], NULL) == 0);

    now = counters();
    printf("  %llu calls, %llu deregistrations, %llu alerts, %llu direct callbacks, %llu packets\n",
           (unsigned long long)atomic_load(&calls), (unsigned long long)atomic_load(&departures),
           (unsigned long long)now.ullAlerts, (unsigned long long)now.ullDirectCallbacks,
           (unsigned long long)now.ullPacketsForwarded);
    /* It did something of everything. */
    CHECK(now.ullAlerts > 0);
    CHECK(now.ullDirectCallbacks > 0);
    CHECK(now.ullPacketsForwarded > 0);
    CHECK(atomic_load(&departures) > 0);

    release_everything();
    now = counters();
    CHECK_EQ(now.dwClients, 0);
    CHECK_EQ(now.dwInterfaces, 0);
    CHECK_EQ(now.dwMemberships, 0);
    /* What is left are entries that nobody wants: they go in time. */
    advance(901);
    CHECK_EQ(counters().dwEntries, 0);
    CHECK_ERROR(MgmGetFirstMfe(&size, NULL, &count), ERROR_NO_MORE_ITEMS);
    check_flows();
    for (int i = 0; i < ENUMERATIONS; i++)
        CHECK_ERROR(MgmGroupEnumerationEnd(atomic_load(&enumerations[i])),
                    ERROR_INVALID_PARAMETER);
    CHECK_EQ(atomic_load(&late), 0);
    for (unsigned slot = 0; slot < CLIENTS; slot++)
        if (strict(slot))
            CHECK_EQ(c[slot].overlaps, 0);
}
