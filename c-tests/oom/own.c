/* A forwarder of this program's own: see own.h. */
#include "own.h"

#include "inject.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACES 3000
#define ENTRIES 4096
#define OIFS 800

struct interface {
    DWORD if_index, next_hop, ttl;
};

struct entry {
    DWORD source, group, if_index, count;
    MGM_HOST_INTERFACE oifs[OIFS];
    ULONGLONG packets, wrong;
    bool stale; /* what should have replaced it was refused */
};

bool own_wanted;

/* Ascending, as they are to be compared. */
static struct interface interfaces[INTERFACES];
static struct entry entries[ENTRIES];
static size_t interface_count, entry_count;
static struct {
    DWORD if_index, gateway;
} towards;
static unsigned refused;
static unsigned long refusals;
static bool other_used;

/* The manager's own thread calls it too, and this program reads it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int inside;
static atomic_bool is_over;

static void enter(void) {
    CHECK(atomic_fetch_add(&inside, 1) == 0);
    CHECK(!atomic_load(&is_over));
    pthread_mutex_lock(&lock);
}

static DWORD leave(DWORD result) {
    pthread_mutex_unlock(&lock);
    atomic_fetch_sub(&inside, 1);
    return result;
}

/* Whether this function is to have no memory. */
static bool refuse(unsigned which) {
    bool refuses = inject_answer();
    if (refuses) {
        refused |= which;
        refusals++;
    }
    return refuses;
}

/* Where an interface stands or would stand. */
static size_t place_of(DWORD if_index, DWORD next_hop) {
    size_t at = 0;
    while (at < interface_count &&
           (interfaces[at].if_index < if_index ||
            (interfaces[at].if_index == if_index &&
             to_host(interfaces[at].next_hop) < to_host(next_hop))))
        at++;
    return at;
}

static bool is_at(size_t at, DWORD if_index, DWORD next_hop) {
    return at < interface_count && interfaces[at].if_index == if_index &&
           interfaces[at].next_hop == next_hop;
}

/* The entry of a flow; the one behind the last where there is none. */
static struct entry *find(DWORD source, DWORD group) {
    size_t i = 0;
    while (i < entry_count && (entries[i].source != source || entries[i].group != group))
        i++;
    return &entries[i];
}

static DWORD MGM_CALL on_open(PVOID context, DWORD if_index, DWORD next_hop) {
    size_t at;
    enter();
    other_used = context != NULL;
    at = place_of(if_index, next_hop);
    CHECK(if_index != 0 && !is_at(at, if_index, next_hop));
    if (refuse(OWN_OPEN))
        return leave(ERROR_NOT_ENOUGH_MEMORY);
    REQUIRE(interface_count < INTERFACES);
    memmove(&interfaces[at + 1], &interfaces[at], (interface_count - at) * sizeof *interfaces);
    interfaces[at] = (struct interface){if_index, next_hop, 1};
    interface_count++;
    return leave(NO_ERROR);
}

static DWORD MGM_CALL on_close(PVOID context, DWORD if_index, DWORD next_hop) {
    size_t at;
    (void)context;
    enter();
    at = place_of(if_index, next_hop);
    CHECK(is_at(at, if_index, next_hop));
    for (size_t i = 0; i < entry_count; i++)
        for (DWORD n = 0; n < entries[i].count; n++)
            CHECK(entries[i].stale || entries[i].oifs[n].dwIfIndex != if_index ||
                  entries[i].oifs[n].dwIfNextHopAddr != next_hop);
    if (is_at(at, if_index, next_hop)) {
        interface_count--;
        memmove(&interfaces[at], &interfaces[at + 1], (interface_count - at) * sizeof *interfaces);
    }
    return leave(NO_ERROR);
}

static DWORD MGM_CALL on_threshold(PVOID context, DWORD if_index, DWORD ttl) {
    (void)context;
    enter();
    CHECK(ttl >= 1 && ttl <= 255);
    for (size_t i = 0; i < interface_count; i++)
        if (interfaces[i].if_index == if_index)
            interfaces[i].ttl = ttl;
    return leave(NO_ERROR);
}

static DWORD MGM_CALL on_install(PVOID context, DWORD source, DWORD group, DWORD if_index,
                                 DWORD next_hop, DWORD count, const MGM_HOST_INTERFACE *oifs) {
    struct entry *entry;
    size_t last = 0;
    (void)context;
    enter();
    for (DWORD i = 0; i < count; i++) {
        size_t at = place_of(oifs[i].dwIfIndex, oifs[i].dwIfNextHopAddr);
        CHECK(is_at(at, oifs[i].dwIfIndex, oifs[i].dwIfNextHopAddr));
        CHECK(i == 0 || at > last);
        CHECK(oifs[i].dwIfIndex != if_index || oifs[i].dwIfNextHopAddr != next_hop);
        last = at;
    }
    entry = find(source, group);
    if (refuse(OWN_INSTALL)) {
        entry->stale = true;
        return leave(ERROR_NOT_ENOUGH_MEMORY);
    }
    REQUIRE(entry_count < ENTRIES - 1 && count <= OIFS);
    if (entry == &entries[entry_count]) {
        memset(entry, 0, sizeof *entry);
        entry_count++;
    }
    entry->source = source;
    entry->group = group;
    entry->if_index = if_index;
    entry->count = count;
    memcpy(entry->oifs, oifs, count * sizeof *oifs);
    entry->stale = false;
    return leave(NO_ERROR);
}

static DWORD MGM_CALL on_remove(PVOID context, DWORD source, DWORD group) {
    struct entry *entry;
    (void)context;
    enter();
    entry = find(source, group);
    if (entry != &entries[entry_count])
        *entry = entries[--entry_count];
    return leave(NO_ERROR);
}

static DWORD MGM_CALL on_route(PVOID context, DWORD source, PMGM_HOST_ROUTE result) {
    (void)context;
    enter();
    if (refuse(OWN_ROUTE))
        return leave(ERROR_NOT_ENOUGH_MEMORY);
    if (towards.if_index == 0 || to_host(source) >> 24 != 10)
        return leave(ERROR_NOT_FOUND);
    result->dwNetwork = ip("10.0.0.0");
    result->dwMask = ip("255.0.0.0");
    result->dwIfIndex = towards.if_index;
    result->dwGateway = towards.gateway;
    result->dwProtocol = 3;
    return leave(NO_ERROR);
}

static DWORD MGM_CALL on_statistics(PVOID context, DWORD source, DWORD group,
                                    PMGM_HOST_STATISTICS counted) {
    struct entry *entry;
    (void)context;
    enter();
    entry = find(source, group);
    if (entry != &entries[entry_count]) {
        counted->ullPackets = entry->packets;
        counted->ullBytes = entry->packets * 100;
        counted->ullWrongInterface = entry->wrong;
    }
    return leave(NO_ERROR);
}

static DWORD MGM_CALL on_oif_statistics(PVOID context, DWORD source, DWORD group, DWORD if_index,
                                        DWORD next_hop, PMGM_HOST_OIF_STATISTICS counted) {
    struct entry *entry;
    (void)context;
    enter();
    entry = find(source, group);
    if (entry != &entries[entry_count])
        for (DWORD i = 0; i < entry->count; i++)
            if (entry->oifs[i].dwIfIndex == if_index && entry->oifs[i].dwIfNextHopAddr == next_hop)
                counted->ullPackets = entry->packets - entry->wrong;
    return leave(NO_ERROR);
}

MGM_HOST_FORWARDER own_table(void) {
    MGM_HOST_FORWARDER table;
    memset(&table, 0, sizeof table);
    table.dwSize = sizeof table;
    table.pfnOpenInterface = on_open;
    table.pfnCloseInterface = on_close;
    table.pfnInstallEntry = on_install;
    table.pfnRemoveEntry = on_remove;
    table.pfnGetRoute = on_route;
    table.pfnGetStatistics = on_statistics;
    table.pfnGetOifStatistics = on_oif_statistics;
    table.pfnSetThreshold = on_threshold;
    return table;
}

MGM_HOST_FORWARDER own_other_table(void) {
    MGM_HOST_FORWARDER table = own_table();
    table.pvContext = &other_used;
    return table;
}

bool own_other_was_used(void) { return other_used; }

void own_route(DWORD if_index, const char *gateway) {
    pthread_mutex_lock(&lock);
    towards.if_index = if_index;
    towards.gateway = ip(gateway);
    pthread_mutex_unlock(&lock);
}

void own_count(DWORD if_index, const char *source, const char *group) {
    struct entry *entry;
    pthread_mutex_lock(&lock);
    entry = find(ip(source), ip(group));
    entry->packets++;
    entry->wrong += if_index != entry->if_index;
    pthread_mutex_unlock(&lock);
}

unsigned own_refused(void) {
    unsigned which;
    pthread_mutex_lock(&lock);
    which = refused;
    pthread_mutex_unlock(&lock);
    return which;
}

unsigned long own_refusals(void) {
    unsigned long count;
    pthread_mutex_lock(&lock);
    count = refusals;
    pthread_mutex_unlock(&lock);
    return count;
}

static int by_flow(const void *a, const void *b) {
    const struct entry *one = *(struct entry *const *)a, *other = *(struct entry *const *)b;
    DWORD left = to_host(one->group), right = to_host(other->group);
    if (left == right) {
        left = to_host(one->source);
        right = to_host(other->source);
    }
    return (left > right) - (left < right);
}

void own_read(char *text, size_t room) {
    static const struct entry *sorted[ENTRIES];
    size_t used = 0;
    pthread_mutex_lock(&lock);
    text[0] = '\0';
    for (size_t i = 0; i < interface_count; i++)
        used += (size_t)snprintf(text + used, room - used, OWN_INTERFACE,
                                 (unsigned)interfaces[i].if_index, (unsigned)interfaces[i].next_hop,
                                 (unsigned)interfaces[i].ttl);
    for (size_t i = 0; i < entry_count; i++)
        sorted[i] = &entries[i];
    qsort(sorted, entry_count, sizeof sorted[0], by_flow);
    for (size_t i = 0; i < entry_count; i++) {
        used += (size_t)snprintf(text + used, room - used, OWN_ENTRY, (unsigned)sorted[i]->group,
                                 (unsigned)sorted[i]->source, (unsigned)sorted[i]->if_index);
        for (DWORD n = 0; n < sorted[i]->count; n++)
            used += (size_t)snprintf(text + used, room - used, OWN_OIF,
                                     (unsigned)sorted[i]->oifs[n].dwIfIndex,
                                     (unsigned)sorted[i]->oifs[n].dwIfNextHopAddr);
        if (sorted[i]->stale)
            used += (size_t)snprintf(text + used, room - used, "  stale\n");
        REQUIRE(used < room);
    }
    pthread_mutex_unlock(&lock);
}

void own_end(void) {
    CHECK(interface_count == 0 && entry_count == 0);
    CHECK_OK(MgmHostSetForwarder(NULL));
    atomic_store(&is_over, true);
}
