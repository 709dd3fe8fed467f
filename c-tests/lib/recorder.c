/* Recording clients: see recorder.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "recorder.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct client c[CLIENTS];

/* One lock for all clients: it also gives the order over all of them. Never held while the
   manager or a hook is called. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned long next_number;

static unsigned bit_number(unsigned kind) {
    unsigned n = 0;
    while (n < 8 && (kind >> n) != 1)
        n++;
    return n;
}

static unsigned long this_thread(void) {
    static unsigned long threads; /* under the lock */
    static _Thread_local unsigned long mine;
    if (mine == 0)
        mine = ++threads;
    return mine;
}

/* Records the event, runs the hook, waits while blocked. */
static void happened(struct client *client, struct event *event) {
    bool hook;
    pthread_mutex_lock(&lock);
    event->thread = this_thread();
    event->number = next_number++;
    if (client->dead)
        client->late++;
    client->totals[bit_number(event->kind)]++;
    if (event->kind & CB_ALERTS) {
        if (client->alerts_running > 0)
            client->overlaps++;
        client->alerts_running++;
    }
    if (!client->quiet) {
        if (client->count == client->capacity) {
            size_t capacity = client->capacity == 0 ? 64 : client->capacity * 2;
            struct event *events = realloc(client->events, capacity * sizeof *events);
            if (events == NULL) {
                fprintf(stderr, "recorder: no memory\n");
                abort();
            }
            client->events = events;
            client->capacity = capacity;
        }
        client->events[client->count++] = *event;
    }
    hook = client->hook != NULL && (client->hook_kinds & event->kind) != 0;
    pthread_mutex_unlock(&lock);

    if (hook)
        client->hook(client, event);

    pthread_mutex_lock(&lock);
    if (client->blocked_kinds & event->kind) {
        client->waiting++;
        pthread_cond_broadcast(&changed);
        while (client->blocked_kinds & event->kind)
            pthread_cond_wait(&changed, &lock);
        client->waiting--;
    }
    if (event->kind & CB_ALERTS)
        client->alerts_running--;
    pthread_mutex_unlock(&lock);
}

static void keep_header(struct event *event, DWORD size, const BYTE *header) {
    event->header_size = size;
    event->header_null = header == NULL;
    if (header != NULL)
        memcpy(event->header, header, size < EVENT_HEADER ? size : EVENT_HEADER);
}

/* What every callback returns: the manager ignores it, so an error must do no harm. */
#define IGNORED ERROR_CAN_NOT_COMPLETE

static DWORD on_rpf(struct client *client, DWORD source, DWORD source_mask, DWORD group,
                    DWORD group_mask, PDWORD if_index, PDWORD next_hop, PDWORD upstream,
                    DWORD header_size, PBYTE header, PBYTE route) {
    struct event event = {.kind = CB_RPF,
                          .source = source,
                          .source_mask = source_mask,
                          .group = group,
                          .group_mask = group_mask,
                          .if_index = *if_index,
                          .next_hop = *next_hop,
                          .upstream = *upstream,
                          .has_route = route != NULL};
    if (route != NULL)
        memcpy(&event.route, route, sizeof event.route);
    keep_header(&event, header_size, header);
    happened(client, &event);
    if (client->rpf_answers) {
        *if_index = client->rpf_if_index;
        *next_hop = client->rpf_next_hop;
    }
    if (client->rpf_answers || client->rpf_sets_upstream)
        *upstream = client->rpf_upstream;
    return IGNORED;
}

static DWORD on_create(struct client *client, DWORD source, DWORD source_mask, DWORD group,
                       DWORD group_mask, DWORD if_index, DWORD next_hop, DWORD count,
                       PMGM_IF_ENTRY oifs) {
    struct event event = {.kind = CB_CREATE,
                          .source = source,
                          .source_mask = source_mask,
                          .group = group,
                          .group_mask = group_mask,
                          .if_index = if_index,
                          .next_hop = next_hop,
                          .oif_count = count};
    memcpy(event.oifs, oifs, (count < EVENT_OIFS ? count : EVENT_OIFS) * sizeof oifs[0]);
    happened(client, &event);
    for (DWORD i = 0; i < count; i++)
        for (unsigned v = 0; v < client->veto_count; v++)
            if (oifs[i].dwIfIndex == client->veto[v].if_index &&
                oifs[i].dwIfNextHopAddr == client->veto[v].next_hop)
                oifs[i].bIsEnabled = 0;
    return IGNORED;
}

static DWORD on_prune(struct client *client, DWORD source, DWORD source_mask, DWORD group,
                      DWORD group_mask, DWORD if_index, DWORD next_hop, bool member,
                      PDWORD timeout) {
    struct event event = {.kind = CB_PRUNE,
                          .source = source,
                          .source_mask = source_mask,
                          .group = group,
                          .group_mask = group_mask,
                          .if_index = if_index,
                          .next_hop = next_hop,
                          .member = member,
                          .timeout_null = timeout == NULL,
                          .timeout = timeout != NULL ? *timeout : 0};
    happened(client, &event);
    if (client->prune_answers && timeout != NULL)
        *timeout = client->prune_timeout;
    return IGNORED;
}

/* JOIN, LOCAL_JOIN, LOCAL_LEAVE. */
static DWORD on_entry(struct client *client, unsigned kind, DWORD source, DWORD source_mask,
                      DWORD group, DWORD group_mask, DWORD if_index, DWORD next_hop,
                      bool member) {
    struct event event = {.kind = kind,
                          .source = source,
                          .source_mask = source_mask,
                          .group = group,
                          .group_mask = group_mask,
                          .if_index = if_index,
                          .next_hop = next_hop,
                          .member = member};
    happened(client, &event);
    return IGNORED;
}

static DWORD on_wrong_if(struct client *client, DWORD source, DWORD group, DWORD if_index,
                         DWORD next_hop, DWORD header_size, PBYTE header) {
    struct event event = {.kind = CB_WRONG_IF,
                          .source = source,
                          .group = group,
                          .if_index = if_index,
                          .next_hop = next_hop};
    keep_header(&event, header_size, header);
    happened(client, &event);
    return IGNORED;
}

static DWORD on_igmp(struct client *client, unsigned kind, DWORD if_index, DWORD next_hop) {
    struct event event = {.kind = kind, .if_index = if_index, .next_hop = next_hop};
    happened(client, &event);
    return IGNORED;
}

#define CALLBACKS(n)                                                                             \
    static DWORD rpf_##n(DWORD s, DWORD sm, DWORD g, DWORD gm, PDWORD i, PDWORD h, PDWORD u,     \
                         DWORD size, PBYTE header, PBYTE route) {                                \
        return on_rpf(&c[n], s, sm, g, gm, i, h, u, size, header, route);                        \
    }                                                                                            \
    static DWORD create_##n(DWORD s, DWORD sm, DWORD g, DWORD gm, DWORD i, DWORD h, DWORD count, \
                            PMGM_IF_ENTRY oifs) {                                                \
        return on_create(&c[n], s, sm, g, gm, i, h, count, oifs);                                \
    }                                                                                            \
    static DWORD prune_##n(DWORD s, DWORD sm, DWORD g, DWORD gm, DWORD i, DWORD h, BOOL member,  \
                           PDWORD timeout) {                                                     \
        return on_prune(&c[n], s, sm, g, gm, i, h, member != 0, timeout);                        \
    }                                                                                            \
    static DWORD join_##n(DWORD s, DWORD sm, DWORD g, DWORD gm, BOOL member) {                   \
        return on_entry(&c[n], CB_JOIN, s, sm, g, gm, 0, 0, member != 0);                        \
    }                                                                                            \
    static DWORD wrong_if_##n(DWORD s, DWORD g, DWORD i, DWORD h, DWORD size, PBYTE header) {    \
        return on_wrong_if(&c[n], s, g, i, h, size, header);                                     \
    }                                                                                            \
    static DWORD local_join_##n(DWORD s, DWORD sm, DWORD g, DWORD gm, DWORD i, DWORD h) {        \
        return on_entry(&c[n], CB_LOCAL_JOIN, s, sm, g, gm, i, h, false);                        \
    }                                                                                            \
    static DWORD local_leave_##n(DWORD s, DWORD sm, DWORD g, DWORD gm, DWORD i, DWORD h) {       \
        return on_entry(&c[n], CB_LOCAL_LEAVE, s, sm, g, gm, i, h, false);                       \
    }                                                                                            \
    static DWORD disable_##n(DWORD i, DWORD h) { return on_igmp(&c[n], CB_DISABLE, i, h); }      \
    static DWORD enable_##n(DWORD i, DWORD h) { return on_igmp(&c[n], CB_ENABLE, i, h); }

CALLBACKS(0)
CALLBACKS(1)
CALLBACKS(2)
CALLBACKS(3)
CALLBACKS(4)
CALLBACKS(5)
CALLBACKS(6)
CALLBACKS(7)

#define CONFIG(n)                                                                                \
    {                                                                                            \
        0, rpf_##n, create_##n, prune_##n, join_##n, wrong_if_##n, local_join_##n,               \
            local_leave_##n, disable_##n, enable_##n                                             \
    }

static const ROUTING_PROTOCOL_CONFIG configs[CLIENTS] = {
    CONFIG(0), CONFIG(1), CONFIG(2), CONFIG(3), CONFIG(4), CONFIG(5), CONFIG(6), CONFIG(7)};

ROUTING_PROTOCOL_CONFIG client_callbacks(struct client *client, unsigned callbacks) {
    ROUTING_PROTOCOL_CONFIG config = configs[client - c];
    if (!(callbacks & CB_RPF))
        config.pfnRpfCallback = NULL;
    if (!(callbacks & CB_CREATE))
        config.pfnCreationAlertCallback = NULL;
    if (!(callbacks & CB_PRUNE))
        config.pfnPruneAlertCallback = NULL;
    if (!(callbacks & CB_JOIN))
        config.pfnJoinAlertCallback = NULL;
    if (!(callbacks & CB_WRONG_IF))
        config.pfnWrongIfCallback = NULL;
    if (!(callbacks & CB_LOCAL_JOIN))
        config.pfnLocalJoinCallback = NULL;
    if (!(callbacks & CB_LOCAL_LEAVE))
        config.pfnLocalLeaveCallback = NULL;
    if (!(callbacks & CB_DISABLE))
        config.pfnDisableIgmpCallback = NULL;
    if (!(callbacks & CB_ENABLE))
        config.pfnEnableIgmpCallback = NULL;
    return config;
}

static void end_all(void) {
    for (int i = 0; i < CLIENTS; i++) {
        client_end(&c[i]);
        if (c[i].late > 0)
            check_failed(__FILE__, __LINE__, "%u callbacks at c%d after its deregistration",
                         c[i].late, i);
        pthread_mutex_lock(&lock);
        free(c[i].events);
        c[i].events = NULL;
        c[i].count = c[i].capacity = 0;
        pthread_mutex_unlock(&lock);
    }
}

DWORD client_register(struct client *client, DWORD protocol, DWORD component,
                      unsigned callbacks) {
    static bool cleans_up;
    ROUTING_PROTOCOL_CONFIG config = client_callbacks(client, callbacks);
    DWORD error;
    if (!cleans_up) {
        cleans_up = true;
        check_at_end(end_all);
    }
    pthread_mutex_lock(&lock);
    client->dead = false;
    memset(client->totals, 0, sizeof client->totals);
    pthread_mutex_unlock(&lock);
    error = MgmRegisterMProtocol(&config, protocol, component, &client->handle);
    if (error == NO_ERROR) {
        client->protocol = protocol;
        client->component = component;
    } else {
        client->handle = NULL;
    }
    /* The manager has its own copy: a later use of ours would be seen. */
    memset(&config, 0, sizeof config);
    return error;
}

DWORD client_deregister(struct client *client) {
    DWORD error = MgmDeRegisterMProtocol(client->handle);
    if (error == NO_ERROR) {
        pthread_mutex_lock(&lock);
        client->dead = true;
        pthread_mutex_unlock(&lock);
        client->handle = NULL;
    }
    return error;
}

void client_end(struct client *client) {
    client_unblock(client);
    if (client->handle == NULL)
        return;
    client->hook = NULL;
    while (client->taken_count > 0) {
        unsigned last = client->taken_count - 1;
        CHECK_OK(MgmReleaseInterfaceOwnership(client->handle, client->taken[last].if_index,
                                              client->taken[last].next_hop));
        client->taken_count = last;
    }
    CHECK_OK(client_deregister(client));
}

DWORD if_take_hop(struct client *client, DWORD if_index, const char *hop) {
    DWORD next_hop = ip(hop);
    DWORD error = MgmTakeInterfaceOwnership(client->handle, if_index, next_hop);
    if (error == NO_ERROR && client->taken_count < 64) {
        client->taken[client->taken_count].if_index = if_index;
        client->taken[client->taken_count++].next_hop = next_hop;
    }
    return error;
}

DWORD if_release_hop(struct client *client, DWORD if_index, const char *hop) {
    DWORD next_hop = ip(hop);
    DWORD error = MgmReleaseInterfaceOwnership(client->handle, if_index, next_hop);
    for (unsigned i = 0; error == NO_ERROR && i < client->taken_count; i++)
        if (client->taken[i].if_index == if_index && client->taken[i].next_hop == next_hop) {
            client->taken[i] = client->taken[--client->taken_count];
            break;
        }
    return error;
}

DWORD if_take(struct client *client, DWORD if_index) { return if_take_hop(client, if_index, NULL); }

DWORD if_release(struct client *client, DWORD if_index) {
    return if_release_hop(client, if_index, NULL);
}

DWORD member_add_hop(struct client *client, const char *source, const char *group,
                     DWORD if_index, const char *hop, DWORD flags) {
    DWORD s, sm, g, gm;
    ip_range(source, &s, &sm);
    ip_range(group, &g, &gm);
    return MgmAddGroupMembershipEntry(client->handle, s, sm, g, gm, if_index, ip(hop), flags);
}

DWORD member_delete_hop(struct client *client, const char *source, const char *group,
                        DWORD if_index, const char *hop, DWORD flags) {
    DWORD s, sm, g, gm;
    ip_range(source, &s, &sm);
    ip_range(group, &g, &gm);
    return MgmDeleteGroupMembershipEntry(client->handle, s, sm, g, gm, if_index, ip(hop), flags);
}

DWORD member_add(struct client *client, const char *source, const char *group, DWORD if_index,
                 DWORD flags) {
    return member_add_hop(client, source, group, if_index, NULL, flags);
}

DWORD member_delete(struct client *client, const char *source, const char *group,
                    DWORD if_index, DWORD flags) {
    return member_delete_hop(client, source, group, if_index, NULL, flags);
}

void client_veto(struct client *client, DWORD if_index, const char *hop) {
    REQUIRE(client->veto_count < 16);
    client->veto[client->veto_count].if_index = if_index;
    client->veto[client->veto_count++].next_hop = ip(hop);
}

void client_answer_rpf(struct client *client, DWORD if_index, const char *hop,
                       const char *upstream) {
    client->rpf_if_index = if_index;
    client->rpf_next_hop = ip(hop);
    client->rpf_upstream = ip(upstream);
    client->rpf_answers = true;
}

void client_block(struct client *client, unsigned kinds) {
    pthread_mutex_lock(&lock);
    client->blocked_kinds |= kinds;
    pthread_mutex_unlock(&lock);
}

void client_unblock(struct client *client) {
    pthread_mutex_lock(&lock);
    client->blocked_kinds = 0;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static unsigned waiting(struct client *client) {
    unsigned n;
    pthread_mutex_lock(&lock);
    n = client->waiting;
    pthread_mutex_unlock(&lock);
    return n;
}

void client_wait_blocked(struct client *client, unsigned n) { EVENTUALLY(waiting(client) >= n); }

/* Comparing */

const char *event_text(const struct event *event, char text[EVENT_TEXT]) {
    char masks[80] = "", header[16];
    int used;
    if (event->source_mask != 0xFFFFFFFF || event->group_mask != 0xFFFFFFFF)
        snprintf(masks, sizeof masks, " masks=0x%08lx,0x%08lx",
                 (unsigned long)to_host(event->source_mask),
                 (unsigned long)to_host(event->group_mask));
    if (event->header_size != 0 && event->header_null)
        snprintf(header, sizeof header, "NULL");
    else
        snprintf(header, sizeof header, "%lu", (unsigned long)event->header_size);
    switch (event->kind) {
    case CB_RPF:
        snprintf(text, EVENT_TEXT, "RPF %s %s if=%lu,%s up=%s hdr=%s route=%s%s",
                 ip_text(event->source), ip_text(event->group), (unsigned long)event->if_index,
                 ip_text(event->next_hop), ip_text(event->upstream), header,
                 event->has_route ? "yes" : "no", masks);
        break;
    case CB_CREATE:
        used = snprintf(text, EVENT_TEXT, "CREATE %s %s in=%lu,%s out=[", ip_text(event->source),
                        ip_text(event->group), (unsigned long)event->if_index,
                        ip_text(event->next_hop));
        for (DWORD i = 0; i < event->oif_count && i < EVENT_OIFS && used < EVENT_TEXT - 64; i++)
            used += snprintf(text + used, (size_t)(EVENT_TEXT - used), "%s%lu,%s%s%s",
                             i == 0 ? "" : " ", (unsigned long)event->oifs[i].dwIfIndex,
                             ip_text(event->oifs[i].dwIfNextHopAddr),
                             event->oifs[i].bIGMP ? ":igmp" : "",
                             event->oifs[i].bIsEnabled ? "" : ":disabled");
        snprintf(text + used, (size_t)(EVENT_TEXT - used), "]%s%s",
                 event->oif_count > EVENT_OIFS ? " ..." : "", masks);
        break;
    case CB_PRUNE:
        used = snprintf(text, EVENT_TEXT, "PRUNE %s %s if=%lu,%s %s",
                        ip_mask_text(event->source, event->source_mask),
                        ip_mask_text(event->group, event->group_mask),
                        (unsigned long)event->if_index, ip_text(event->next_hop),
                        event->member ? "member" : "forward");
        if (event->timeout_null)
            snprintf(text + used, (size_t)(EVENT_TEXT - used), " timeout=NULL");
        else if (event->timeout != 900)
            snprintf(text + used, (size_t)(EVENT_TEXT - used), " timeout=%lu",
                     (unsigned long)event->timeout);
        break;
    case CB_JOIN:
        snprintf(text, EVENT_TEXT, "JOIN %s %s %s",
                 ip_mask_text(event->source, event->source_mask),
                 ip_mask_text(event->group, event->group_mask),
                 event->member ? "member" : "forward");
        break;
    case CB_WRONG_IF:
        snprintf(text, EVENT_TEXT, "WRONGIF %s %s if=%lu,%s hdr=%s", ip_text(event->source),
                 ip_text(event->group), (unsigned long)event->if_index,
                 ip_text(event->next_hop), header);
        break;
    case CB_LOCAL_JOIN:
    case CB_LOCAL_LEAVE:
        snprintf(text, EVENT_TEXT, "%s %s %s if=%lu,%s",
                 event->kind == CB_LOCAL_JOIN ? "LOCALJOIN" : "LOCALLEAVE",
                 ip_mask_text(event->source, event->source_mask),
                 ip_mask_text(event->group, event->group_mask), (unsigned long)event->if_index,
                 ip_text(event->next_hop));
        break;
    default:
        snprintf(text, EVENT_TEXT, "%s %lu,%s", event->kind == CB_DISABLE ? "DISABLE" : "ENABLE",
                 (unsigned long)event->if_index, ip_text(event->next_hop));
        break;
    }
    return text;
}

static size_t count_all(struct client *client) {
    size_t n = 0;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < CLIENTS; i++)
        if (client == NULL || client == &c[i])
            n += c[i].count;
    pthread_mutex_unlock(&lock);
    return n;
}

/* The texts of the events in order, taken out of the recorder. */
static char **take_texts(struct client *client, size_t *count) {
    size_t total = 0, positions[CLIENTS] = {0};
    char **texts, text[EVENT_TEXT];
    pthread_mutex_lock(&lock);
    for (int i = 0; i < CLIENTS; i++)
        if (client == NULL || client == &c[i])
            total += c[i].count;
    texts = calloc(total + 1, sizeof *texts);
    for (size_t n = 0; texts != NULL && n < total; n++) {
        int first = -1;
        for (int i = 0; i < CLIENTS; i++)
            if ((client == NULL || client == &c[i]) && positions[i] < c[i].count &&
                (first < 0 || c[i].events[positions[i]].number <
                                  c[first].events[positions[first]].number))
                first = i;
        event_text(&c[first].events[positions[first]++], text);
        texts[n] = malloc(strlen(text) + 16);
        if (texts[n] == NULL)
            abort();
        if (client == NULL)
            sprintf(texts[n], "c%d %s", first, text);
        else
            strcpy(texts[n], text);
    }
    for (int i = 0; i < CLIENTS; i++)
        if (client == NULL || client == &c[i])
            c[i].count = 0;
    pthread_mutex_unlock(&lock);
    if (texts == NULL)
        abort();
    *count = total;
    return texts;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void expect_at(const char *file, int line, struct client *client, int how,
               const char *const *expected) {
    size_t wanted = 0, count, length = 0, used = 0;
    const char **sorted;
    char **texts, *diff;
    bool same;
    while (expected[wanted] != NULL)
        length += strlen(expected[wanted++]) + 32;
    if (how & EXPECT_SOON) {
        double deadline = check_seconds() + EVENTUALLY_SECONDS;
        while (count_all(client) < wanted && check_seconds() < deadline)
            check_pause();
    }
    texts = take_texts(client, &count);
    sorted = calloc(wanted + 1, sizeof *sorted);
    if (sorted == NULL)
        abort();
    memcpy(sorted, expected, wanted * sizeof *sorted);
    if (how & EXPECT_ANY_ORDER) {
        qsort(texts, count, sizeof *texts, by_text);
        qsort(sorted, wanted, sizeof *sorted, by_text);
    }
    same = count == wanted;
    for (size_t i = 0; same && i < count; i++)
        same = strcmp(texts[i], sorted[i]) == 0;
    if (!same) {
        for (size_t i = 0; i < count; i++)
            length += strlen(texts[i]) + 32;
        diff = malloc(length + 1);
        if (diff == NULL)
            abort();
        diff[0] = '\0';
        /* Line by line: '=' as expected, '-' expected and missing, '+' not expected. */
        for (size_t i = 0, j = 0; i < count || j < wanted;) {
            size_t later = j, ahead = i;
            if (i < count && j < wanted && strcmp(texts[i], sorted[j]) == 0) {
                used += (size_t)sprintf(diff + used, "\n      = %s", texts[i++]);
                j++;
                continue;
            }
            while (i < count && later < wanted && strcmp(texts[i], sorted[later]) != 0)
                later++;
            while (j < wanted && ahead < count && strcmp(texts[ahead], sorted[j]) != 0)
                ahead++;
            if (j < wanted && (i == count || ahead == count || later < wanted))
                used += (size_t)sprintf(diff + used, "\n      - %s", sorted[j++]);
            else
                used += (size_t)sprintf(diff + used, "\n      + %s", texts[i++]);
        }
        if (client == NULL)
            check_failed(file, line, "events of all clients (- missing, + not expected)%.1600s",
                         diff);
        else
            check_failed(file, line, "events of c%d (- missing, + not expected)%.1600s",
                         (int)(client - c), diff);
        free(diff);
    }
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
    free(sorted);
}

void clear(struct client *client) {
    pthread_mutex_lock(&lock);
    client->count = 0;
    pthread_mutex_unlock(&lock);
}

void clear_all(void) {
    for (int i = 0; i < CLIENTS; i++)
        clear(&c[i]);
}

size_t event_count(struct client *client) { return count_all(client); }

bool event_get(struct client *client, size_t n, struct event *copy) {
    bool found;
    pthread_mutex_lock(&lock);
    found = n < client->count;
    if (found)
        *copy = client->events[n];
    pthread_mutex_unlock(&lock);
    return found;
}

unsigned long event_total(struct client *client, unsigned kind) {
    unsigned long n;
    pthread_mutex_lock(&lock);
    n = client->totals[bit_number(kind)];
    pthread_mutex_unlock(&lock);
    return n;
}
