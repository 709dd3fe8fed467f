/*
 * recorder.h: clients of the manager that write down every callback they get.
 *
 * The callbacks of mgm.h carry no context, so there are CLIENTS fixed clients, c[0] to
 * c[7], each with callbacks of its own. Which of them has which protocol id is up to the
 * test:
 *
 *   host_start_memory();                                        // host.h
 *   route("10.0.0.0/24", 1, NULL, 3);
 *   REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
 *   CHECK_OK(if_take(&c[0], 1));
 *   CHECK_OK(if_take(&c[0], 2));
 *   CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 2, JOIN));
 *   packet(1, "10.0.0.1", "239.1.1.1", 100);
 *   expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=20 route=yes",
 *                 "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0]");
 *   CHECK_TEXT(mfe_path("10.0.0.1", "239.1.1.1"), "in=1 out=[2,0]");
 *
 * At the end of a test every client still registered is released and deregistered and
 * the manager stopped; a callback that arrives at a dead client fails the test.
 *
 * How the events are written
 *   RPF S G if=I,NH up=U hdr=N route=yes|no     the values as they came in
 *   CREATE S G in=I,NH out=[I,NH I,NH:igmp]     ":igmp" where bIGMP; ":disabled" where
 *                                               bIsEnabled came in FALSE
 *   PRUNE S/len G/len if=I,NH member|forward    member: bMemberDelete is TRUE
 *   JOIN S/len G/len member|forward
 *   WRONGIF S G if=I,NH hdr=N
 *   LOCALJOIN S/len G/len if=I,NH
 *   LOCALLEAVE S/len G/len if=I,NH
 *   DISABLE I,NH
 *   ENABLE I,NH
 * S, G, U and NH are dotted addresses, 0 for the address 0. S/len of a wildcard is 0/0.
 * A mask that is not contiguous is written in hexadecimal. Where the form has no /len
 * (RPF, CREATE) the mask is checked to be 0xFFFFFFFF: otherwise it is appended. hdr is
 * dwHdrSize; hdr=NULL where the size is not 0 but the pointer is NULL. PRUNE ends in
 * "timeout=N" (or "timeout=NULL") where *pdwTimeout is not the 900 it should be.
 */
#ifndef MGM_TESTS_RECORDER_H
#define MGM_TESTS_RECORDER_H

#include "check.h"
#include "windows_base.h"

#include <mgm.h>

#define CLIENTS 8

#define JOIN MGM_JOIN_STATE_FLAG
#define FORWARD MGM_FORWARD_STATE_FLAG

/* The nine callbacks, as bits. */
enum {
    CB_RPF = 1 << 0,
    CB_CREATE = 1 << 1,
    CB_PRUNE = 1 << 2,
    CB_JOIN = 1 << 3,
    CB_WRONG_IF = 1 << 4,
    CB_LOCAL_JOIN = 1 << 5,
    CB_LOCAL_LEAVE = 1 << 6,
    CB_DISABLE = 1 << 7,
    CB_ENABLE = 1 << 8,
    CB_ALL = 0x1FF,
    CB_ALERTS = CB_PRUNE | CB_JOIN | CB_WRONG_IF | CB_LOCAL_JOIN | CB_LOCAL_LEAVE
};

#define EVENT_OIFS 40
#define EVENT_HEADER 64

/* One callback with all its arguments. Addresses in network byte order, as they came. */
struct event {
    unsigned kind;        /* one CB_ bit */
    unsigned long number; /* order over all clients */
    unsigned long thread; /* equal for calls on the same thread */
    DWORD source, source_mask, group, group_mask;
    DWORD if_index, next_hop;
    DWORD upstream; /* RPF */
    bool member;    /* JOIN, PRUNE */
    bool timeout_null;
    DWORD timeout; /* PRUNE */
    DWORD header_size;
    bool header_null;
    BYTE header[EVENT_HEADER]; /* RPF, WRONGIF: the first bytes */
    bool has_route;
    RTM_DEST_INFO route; /* RPF, when has_route */
    DWORD oif_count;
    MGM_IF_ENTRY oifs[EVENT_OIFS]; /* CREATE, as they came in */
};

struct client {
    HANDLE handle; /* NULL when not registered */
    DWORD protocol, component;

    /* Behaviour: set before the callback that is to use it. */
    bool rpf_answers; /* RPF writes the three values below */
    DWORD rpf_if_index, rpf_next_hop, rpf_upstream;
    bool rpf_sets_upstream; /* RPF writes rpf_upstream only */
    unsigned veto_count;    /* creation alerts: these interfaces get bIsEnabled FALSE */
    struct {
        DWORD if_index, next_hop;
    } veto[16];
    bool prune_answers; /* *pdwTimeout = prune_timeout */
    DWORD prune_timeout;
    /* Called inside every callback of a kind in hook_kinds, after it is recorded and with
       no lock of the recorder held: it may call the manager. */
    unsigned hook_kinds;
    void (*hook)(struct client *client, const struct event *event);
    void *hook_context; /* for the hook's own use */

    /* What happened; read with the functions below while other threads may call back. */
    struct event *events;
    size_t count, capacity;
    unsigned long totals[9]; /* calls since registration, by bit number */
    bool quiet;              /* count in totals only: for long runs */
    unsigned alerts_running; /* alerts are delivered one at a time: */
    unsigned overlaps;       /* how often one began while another was running */
    bool dead;               /* deregistered: no callback may come */
    unsigned late;           /* callbacks that came all the same */
    unsigned blocked_kinds;  /* see client_block */
    unsigned waiting;        /* callbacks that wait in client_block */
    unsigned taken_count;
    struct {
        DWORD if_index, next_hop;
    } taken[64]; /* interfaces to release at the end */
};

extern struct client c[CLIENTS];

/* Registration with these callbacks (CB_ bits), the others NULL. The manager's result. */
DWORD client_register(struct client *client, DWORD protocol, DWORD component, unsigned callbacks);
DWORD client_deregister(struct client *client);
/* Releases all interfaces the client took and deregisters it, checking every result. */
void client_end(struct client *client);
/* The callbacks of a client, for tests that register by hand. */
ROUTING_PROTOCOL_CONFIG client_callbacks(struct client *client, unsigned callbacks);

/* Interfaces; `hop` is a dotted address or NULL. The manager's result. */
DWORD if_take(struct client *client, DWORD if_index);
DWORD if_release(struct client *client, DWORD if_index);
DWORD if_take_hop(struct client *client, DWORD if_index, const char *hop);
DWORD if_release_hop(struct client *client, DWORD if_index, const char *hop);

/* Memberships. "0" is the wildcard (mask 0), "10.0.0.1" a host (mask 0xFFFFFFFF),
   "10.0.0.0/24" a range; flags JOIN, FORWARD or both. The manager's result. */
DWORD member_add(struct client *client, const char *source, const char *group, DWORD if_index,
                 DWORD flags);
DWORD member_delete(struct client *client, const char *source, const char *group,
                    DWORD if_index, DWORD flags);
DWORD member_add_hop(struct client *client, const char *source, const char *group,
                     DWORD if_index, const char *hop, DWORD flags);
DWORD member_delete_hop(struct client *client, const char *source, const char *group,
                        DWORD if_index, const char *hop, DWORD flags);

/* Creation alerts from now on disable this interface. */
void client_veto(struct client *client, DWORD if_index, const char *hop);
/* RPF callbacks from now on answer this; `hop` and `upstream` dotted or NULL. */
void client_answer_rpf(struct client *client, DWORD if_index, const char *hop,
                       const char *upstream);
/* Callbacks of these kinds wait (after recording and hook) until client_unblock. */
void client_block(struct client *client, unsigned kinds);
void client_unblock(struct client *client);
/* Waits until `n` callbacks of this client wait in client_block; fails after 10 s. */
void client_wait_blocked(struct client *client, unsigned n);

/* Compares the events recorded since the last expect or clear, in order, then forgets
   them. At least one text; expect_nothing for none. */
#define expect(client, ...)                                                                      \
    expect_at(__FILE__, __LINE__, (client), 0, (const char *const[]){__VA_ARGS__, NULL})
/* The same, in any order. */
#define expect_any_order(client, ...)                                                            \
    expect_at(__FILE__, __LINE__, (client), EXPECT_ANY_ORDER,                                    \
              (const char *const[]){__VA_ARGS__, NULL})
/* The same, waiting up to 10 s until as many events have come (threads, kernel). */
#define expect_soon(client, ...)                                                                 \
    expect_at(__FILE__, __LINE__, (client), EXPECT_SOON, (const char *const[]){__VA_ARGS__, NULL})
#define expect_nothing(client)                                                                   \
    expect_at(__FILE__, __LINE__, (client), 0, (const char *const[]){NULL})
/* The events of all clients in the order they came, each with its client in front:
   expect_all("c1 DISABLE 3,0", "c0 PRUNE ...", "c1 ENABLE 3,0"). */
#define expect_all(...)                                                                          \
    expect_at(__FILE__, __LINE__, NULL, 0, (const char *const[]){__VA_ARGS__, NULL})
#define expect_nothing_at_all()                                                                  \
    expect_at(__FILE__, __LINE__, NULL, 0, (const char *const[]){NULL})
enum { EXPECT_ANY_ORDER = 1, EXPECT_SOON = 2 };
void expect_at(const char *file, int line, struct client *client, int how,
               const char *const *expected);

/* Forgets the events of one client, or of all. */
void clear(struct client *client);
void clear_all(void);
/* Events recorded and not yet compared; a copy of the n-th (false if there is none). */
size_t event_count(struct client *client);
bool event_get(struct client *client, size_t n, struct event *copy);
/* Calls of one kind (one CB_ bit) since registration. */
unsigned long event_total(struct client *client, unsigned kind);
/* The text of an event, in `text`; returns it. */
#define EVENT_TEXT 1200
const char *event_text(const struct event *event, char text[EVENT_TEXT]);

/* "239.1.1.1" to a DWORD in network byte order; NULL and "0" are 0. A bad text fails. */
DWORD ip(const char *text);
/* "10.0.0.0/24": address and mask, both in network byte order; no "/": see member_add. */
void ip_range(const char *text, DWORD *address, DWORD *mask);
/* Dotted, "0" for 0; one of 16 static buffers per thread. */
const char *ip_text(DWORD address);
/* ... with "/len" or "/0x..." after it. */
const char *ip_mask_text(DWORD address, DWORD mask);
/* The mask of a prefix length, network byte order. */
DWORD ip_mask(unsigned length);
/* Byte order, without the platform's headers. */
DWORD to_network(DWORD host);
DWORD to_host(DWORD network);

/* An MFE as MgmGetMfe gives it (one of 4 static buffers):
     "S G in=I out=[I,NH I,NH] up=U timeout=T expiry=E age=A proto=P route=P N/len"
   "none" where it says ERROR_NOT_FOUND, else the name of the error. */
const char *mfe(const char *source, const char *group);
/* Only "in=I out=[I,NH I,NH]". */
const char *mfe_path(const char *source, const char *group);
/* Fixed fields and outgoing interfaces; false when there is no such MFE. */
#define MFE_OIFS 40
struct mfe_room {
    MIB_IPMCAST_MFE mfe;
    MIB_IPMCAST_OIF more[MFE_OIFS - 1];
};
bool mfe_get(const char *source, const char *group, struct mfe_room *room);
/* Statistics (MGM_MFE_STATS_0), an oif's with "/N" where its ulTtlTooLow is N and not 0:
     "in=I out=[I,NH:packets I,NH:packets/N] packets=N octets=N wrong=N queue=N"  */
const char *mfe_stats(const char *source, const char *group);
/* Number of MFEs, by MgmGetFirstMfe and MgmGetNextMfe. */
unsigned mfe_count(void);
/* "S/len G/len" of every entry a group enumeration gives, sorted, joined by "; ".
   One static buffer. */
const char *groups(struct client *client, MGM_ENUM_TYPES type);

#endif
