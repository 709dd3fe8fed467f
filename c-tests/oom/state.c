/* What can be seen of the manager, as text. */
#include "own.h"
#include "run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void line(char *text, size_t *used, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void line(char *text, size_t *used, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    *used += (size_t)vsnprintf(text + *used, TEXT_ROOM - *used, format, arguments);
    va_end(arguments);
    REQUIRE(*used < TEXT_ROOM);
}

static int by_bytes(const void *a, const void *b) {
    return memcmp(a, b, sizeof(SOURCE_GROUP_ENTRY));
}

/* The groups, sorted: their order is nobody's business. */
static void read_groups(HANDLE handle, MGM_ENUM_TYPES type, char *text, size_t *used) {
    static SOURCE_GROUP_ENTRY entries[8192];
    DWORD size = sizeof entries, count = 0;
    HANDLE all;
    REQUIRE_OK(MgmGroupEnumerationStart(handle, type, &all));
    REQUIRE(MgmGroupEnumerationGetNext(all, &size, (PBYTE)entries, &count) == ERROR_NO_MORE_ITEMS);
    REQUIRE_OK(MgmGroupEnumerationEnd(all));
    qsort(entries, count, sizeof entries[0], by_bytes);
    for (DWORD i = 0; i < count; i++)
        line(text, used, "%s %08x/%08x %08x/%08x\n", type == ANY_SOURCE ? "any" : "all",
             (unsigned)to_host(entries[i].dwSourceAddr), (unsigned)to_host(entries[i].dwSourceMask),
             (unsigned)to_host(entries[i].dwGroupAddr), (unsigned)to_host(entries[i].dwGroupMask));
}

/* The numbers of a structure, without those of its last member, of which there are more. */
static void numbers(char *text, size_t *used, const char *name, const void *from, size_t size) {
    DWORD number;
    line(text, used, "%s", name);
    for (size_t at = 0; at + sizeof number <= size; at += sizeof number) {
        memcpy(&number, (const BYTE *)from + at, sizeof number);
        line(text, used, " %x", (unsigned)number);
    }
    line(text, used, "\n");
}

bool times_vary;

/* ulUpTime and ulExpiryTime stand at the same place in all forms. */
static void hide_times(BYTE *mfe) {
    if (times_vary)
        memset(mfe + offsetof(MIB_IPMCAST_MFE, ulUpTime), 0, 2 * sizeof(ULONG));
}

static void read_mfes(char *text, size_t *used, char *paths, size_t *paths_used, char *wanted,
                      size_t *wanted_used) {
    static BYTE buffer[1 << 20];
    DWORD size = sizeof buffer, count = 0, error;
    BYTE *at = buffer;
    error = MgmGetFirstMfe(&size, buffer, &count);
    REQUIRE(error == ERROR_NO_MORE_ITEMS);
    for (DWORD i = 0; i < count; i++) {
        MIB_IPMCAST_MFE mfe;
        memcpy(&mfe, at, SIZEOF_BASIC_MIB_MFE);
        size = (DWORD)SIZEOF_MIB_MFE(mfe.ulNumOutIf);
        hide_times(at);
        numbers(text, used, "mfe", at, size);
        line(paths, paths_used, "mfe %x %x in %u up %x out", (unsigned)mfe.dwGroup,
             (unsigned)mfe.dwSource, (unsigned)mfe.dwInIfIndex, (unsigned)mfe.dwUpStrmNgbr);
        line(wanted, wanted_used, OWN_ENTRY, (unsigned)mfe.dwGroup, (unsigned)mfe.dwSource,
             (unsigned)mfe.dwInIfIndex);
        for (DWORD oif = 0; oif < mfe.ulNumOutIf; oif++) {
            MIB_IPMCAST_OIF out;
            memcpy(&out, at + SIZEOF_BASIC_MIB_MFE + oif * sizeof out, sizeof out);
            line(paths, paths_used, " %u,%x", (unsigned)out.dwOutIfIndex,
                 (unsigned)out.dwNextHopAddr);
            line(wanted, wanted_used, OWN_OIF, (unsigned)out.dwOutIfIndex,
                 (unsigned)out.dwNextHopAddr);
        }
        line(paths, paths_used, "\n");
        at += size;
    }
    size = sizeof buffer;
    error = MgmGetFirstMfeStats(&size, buffer, &count, MGM_MFE_STATS_1);
    REQUIRE(error == ERROR_NO_MORE_ITEMS);
    at = buffer;
    for (DWORD i = 0; i < count; i++) {
        MIB_IPMCAST_MFE_STATS_EX stats;
        memcpy(&stats, at, SIZEOF_BASIC_MIB_MFE_STATS_EX);
        size = (DWORD)SIZEOF_MIB_MFE_STATS_EX(stats.ulNumOutIf);
        hide_times(at);
        numbers(text, used, "stats", at, size);
        at += size;
    }
}

static void read_owners(char *text, size_t *used, char *wanted, size_t *wanted_used) {
    for (DWORD i = 0; i < interface_bound; i++)
        for (int hop = 0; hop < 2; hop++) {
            DWORD protocol = 0, component = 0, ttl = 0, next_hop = hop ? ip("10.5.5.5") : 0;
            DWORD error = MgmGetProtocolOnInterface(i, next_hop, &protocol, &component);
            if (error != ERROR_NOT_FOUND) {
                REQUIRE_OK(MgmHostGetThreshold(i, &ttl));
                line(wanted, wanted_used, OWN_INTERFACE, (unsigned)i, (unsigned)next_hop,
                     (unsigned)ttl);
                line(text, used, "interface %u %d: %u %u %u\n", (unsigned)i, hop, (unsigned)error,
                     (unsigned)protocol, (unsigned)component);
            }
            if (i >= 16)
                break; /* next hops are used on the first ones only */
        }
}

static void read_scope(char *text, size_t *used) {
    MGM_HOST_BOUNDARY boundary = {0, 0, 0};
    DWORD ttl = 0;
    for (DWORD i = 1; i < interface_bound; i++) {
        REQUIRE_OK(MgmHostGetThreshold(i, &ttl));
        if (ttl != 1)
            line(text, used, "threshold of %u: %u\n", (unsigned)i, (unsigned)ttl);
    }
    while (MgmHostGetNextBoundary(&boundary) == NO_ERROR)
        line(text, used, "boundary of %u: %x %x\n", (unsigned)boundary.dwIfIndex,
             (unsigned)boundary.dwGroup, (unsigned)boundary.dwMask);
}

void state_read(struct state *state) {
    size_t used = 0, paths_used = 0, wanted_used = 0, counted;
    MGM_HOST_COUNTERS now = counters();
    MGM_HOST_OPTIONS options;
    memset(&options, 0, sizeof options);
    options.dwSize = sizeof options;
    REQUIRE_OK(MgmHostGetDefaultOptions(&options));
    line(state->text, &used, "%u clients, %u interfaces, %u memberships, %u entries\n",
         (unsigned)now.dwClients, (unsigned)now.dwInterfaces, (unsigned)now.dwMemberships,
         (unsigned)now.dwEntries);
    line(state->text, &used, "forwarder %u\n", (unsigned)options.dwForwarder);
    counted = used;
    read_owners(state->text, &used, state->wanted, &wanted_used);
    read_scope(state->text, &used);
    for (int i = 0; i < CLIENTS; i++)
        if (c[i].handle != NULL) {
            read_groups(c[i].handle, ALL_SOURCES, state->text, &used);
            read_groups(c[i].handle, ANY_SOURCE, state->text, &used);
            break;
        }
    if (enumeration != NULL) {
        /* The size query leaves the enumeration where it is. */
        DWORD size = 0, count = 0;
        line(state->text, &used, "enumeration: %u\n",
             (unsigned)MgmGroupEnumerationGetNext(enumeration, &size, NULL, &count));
    }
    /* An MFE that went is missed by its line, not by the number of them. */
    paths_used = used - counted;
    memcpy(state->paths, state->text + counted, paths_used);
    read_mfes(state->text, &used, state->paths, &paths_used, state->wanted, &wanted_used);
    state->text[used] = '\0';
    state->paths[paths_used] = '\0';
    state->wanted[wanted_used] = '\0';
    own_read(state->held, sizeof state->held);
    state->dropped = now.ullDroppedMemory;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the lines of a text. */
static void sort_lines(char *text) {
    static char sorted[TEXT_ROOM];
    static char *lines[16384];
    size_t count = 0, used = 0;
    for (char *at = strtok(text, "\n"); at != NULL; at = strtok(NULL, "\n")) {
        REQUIRE(count < sizeof lines / sizeof lines[0]);
        lines[count++] = at;
    }
    qsort(lines, count, sizeof lines[0], by_text);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(sorted + used, sizeof sorted - used, "%s\n", lines[i]);
    memcpy(text, sorted, used);
    text[used] = '\0';
}

void events_read(char *text, size_t room, bool alerts_only, bool sorted) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < CLIENTS; i++) {
        struct event event;
        char one[EVENT_TEXT];
        for (size_t n = 0; event_get(&c[i], n, &event); n++)
            if (!alerts_only || (event.kind & CB_ALERTS) != 0) {
                used += (size_t)snprintf(text + used, room - used, "c%d %s\n", i,
                                         event_text(&event, one));
                REQUIRE(used < room);
            }
    }
    if (sorted)
        sort_lines(text);
}
