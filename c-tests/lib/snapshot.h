/*
 * snapshot.h: everything that can be seen of the manager, to show that a call changed
 * nothing.
 *
 *   UNCHANGED(&c[0], CHECK_ERROR(MgmSomething(...), ERROR_INVALID_PARAMETER));
 *
 * The client (or NULL) is one that may enumerate the groups. Not for calls beside which
 * other threads change something.
 */
#ifndef MGM_TESTS_SNAPSHOT_H
#define MGM_TESTS_SNAPSHOT_H

#include "host.h"

#include <stdlib.h>
#include <string.h>

#define SNAPSHOT_INTERFACES 10
#define SNAPSHOT_MFES 32768

struct snapshot {
    MGM_HOST_COUNTERS counters;
    unsigned long callbacks; /* of all clients, ever */
    char all_sources[16384], any_source[16384];
    /* Protocol and component on the interfaces 0 to 9, without and with a next hop. */
    DWORD owners[SNAPSHOT_INTERFACES][2][2];
    DWORD mfe_count, stats_count;
    BYTE mfes[SNAPSHOT_MFES], stats[SNAPSHOT_MFES];
};

static inline struct snapshot *snapshot_take(struct client *client) {
    struct snapshot *s = calloc(1, sizeof *s);
    DWORD size = SNAPSHOT_MFES;
    REQUIRE(s != NULL);
    for (int i = 0; i < CLIENTS; i++)
        for (unsigned bit = 0; bit < 9; bit++)
            s->callbacks += event_total(&c[i], 1u << bit);
    if (client != NULL) {
        strcpy(s->all_sources, groups(client, ALL_SOURCES));
        strcpy(s->any_source, groups(client, ANY_SOURCE));
    }
    for (DWORD i = 0; i < SNAPSHOT_INTERFACES; i++)
        for (int hop = 0; hop < 2; hop++) {
            DWORD error = MgmGetProtocolOnInterface(i, hop ? ip("10.5.5.5") : 0,
                                                    &s->owners[i][hop][0], &s->owners[i][hop][1]);
            if (error != ERROR_NOT_FOUND)
                CHECK_OK(error);
        }
    CHECK_ERROR(MgmGetFirstMfe(&size, s->mfes, &s->mfe_count), ERROR_NO_MORE_ITEMS);
    CHECK_ERROR(MgmGetFirstMfeStats(&size, s->stats, &s->stats_count, MGM_MFE_STATS_1),
                ERROR_NO_MORE_ITEMS);
    s->counters = counters();
    return s;
}

/* Compares with what is there now, and frees it. */
static inline void snapshot_same(const char *file, int line, struct snapshot *before,
                                 struct client *client, const char *call) {
    struct snapshot *now = snapshot_take(client);
    if (memcmp(&before->counters, &now->counters, sizeof now->counters) != 0)
        check_failed(file, line, "%s: the counters changed", call);
    if (before->callbacks != now->callbacks)
        check_failed(file, line, "%s: %lu callbacks came", call,
                     now->callbacks - before->callbacks);
    check_text(file, line, now->all_sources, before->all_sources, call);
    check_text(file, line, now->any_source, before->any_source, call);
    if (memcmp(before->owners, now->owners, sizeof now->owners) != 0)
        check_failed(file, line, "%s: the owners changed", call);
    check_eq(file, line, now->mfe_count, before->mfe_count, call);
    if (memcmp(before->mfes, now->mfes, sizeof now->mfes) != 0)
        check_failed(file, line, "%s: the MFEs changed", call);
    check_eq(file, line, now->stats_count, before->stats_count, call);
    if (memcmp(before->stats, now->stats, sizeof now->stats) != 0)
        check_failed(file, line, "%s: the statistics changed", call);
    free(before);
    free(now);
}

#define UNCHANGED(client, check)                                                                 \
    do {                                                                                         \
        struct snapshot *snapshot_before = snapshot_take(client);                                \
        check;                                                                                   \
        snapshot_same(__FILE__, __LINE__, snapshot_before, (client), #check);                    \
    } while (0)

#endif
