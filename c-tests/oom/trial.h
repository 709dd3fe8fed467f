/*
 * trial.h: one call of the library, in one state, made again and again with another of
 * its allocations failing.
 *
 * A scenario sets a state up and makes one call through the functions below, which arm
 * the injection around the library's function alone. Every run happens in a process of
 * its own: two undisturbed ones give the state before and after the call, and one for
 * each allocation and mode shows that the failing call changed nothing and that the same
 * call works afterwards as if nothing had happened.
 *
 * Through a forwarder of this program's own (own.h) it is made once more, which then holds
 * what the manager says; and again with each answer of that forwarder being a refusal.
 */
#ifndef MGM_TESTS_TRIAL_H
#define MGM_TESTS_TRIAL_H

#include "host.h"

#include <stddef.h>

enum {
    /* `call(k)` for k = 0, 1, ... is made in one process, and then tried in the state
       before each k at which it allocated: where some container grows. */
    GROWS = 1 << 0,
    /* A packet: dropped and counted where memory is short, with NO_ERROR. */
    PACKET = 1 << 1,
    /* MFEs may go instead of standing the old way; `heal` brings them back. */
    MAY_LOSE = 1 << 2,
    /* Cleaning up: the table tells how much memory it asked for. */
    CLEANS_UP = 1 << 3,
    /* It must do its work without any. */
    NEEDS_NOTHING = 1 << 4,
    /* The call under test is made inside a callback, and made again there. */
    INSIDE = 1 << 5,
    /* Alerts about several memberships at once come in any order. */
    ANY_ORDER = 1 << 6,
    /* WRONG_IF may come with a later packet, which `heal` sends. */
    LATE_ALERT = 1 << 7,
    /* Needs a network namespace of its own, and so the right to make one. */
    KERNEL = 1 << 8,
    /* Also through a forwarder of this program's own. */
    OWN = 1 << 9,
    /* Only that way. */
    OWN_ONLY = OWN | 1 << 10,
    /* Also with that forwarder answering that it has no memory. Installs and look-ups are
       made again a second later; then all is as after an undisturbed call. */
    ANSWERS = 1 << 11
};

struct scenario {
    const char *function; /* the C function, as the table names it */
    const char *name;
    void (*setup)(int size);
    DWORD (*call)(int size);
    int size; /* GROWS: how far; else passed on */
    unsigned flags;
    void (*heal)(int size);
};

struct scenario_list {
    const struct scenario *first;
    size_t count;
};
extern const struct scenario_list protocol_scenarios, host_scenarios, own_scenarios,
    kernel_scenarios;

/* MgmHostDiagnose of a flow, whose findings are output; packets watched for 1 ms. */
DWORD try_diagnose(const char *source, const char *group);

/* The library's functions, armed; arguments as in recorder.h and host.h. `hop` or NULL. */
DWORD try_start(MGM_HOST_OPTIONS *options);
DWORD try_stop(void);
DWORD try_register(struct client *client, DWORD protocol, DWORD component);
DWORD try_deregister(struct client *client);
DWORD try_take(struct client *client, DWORD if_index, const char *hop);
DWORD try_release(struct client *client, DWORD if_index, const char *hop);
DWORD try_add(struct client *client, const char *source, const char *group, DWORD if_index,
              DWORD flags);
DWORD try_delete(struct client *client, const char *source, const char *group, DWORD if_index,
                 DWORD flags);
DWORD try_enumerate(struct client *client, MGM_ENUM_TYPES type);
DWORD try_enumerate_next(void);
DWORD try_enumerate_end(void);
DWORD try_packet(DWORD if_index, const char *source, const char *group);
DWORD try_route(const char *prefix, DWORD if_index, const char *gateway);
DWORD try_route_delete(const char *prefix);
DWORD try_advance(DWORD seconds);
DWORD try_threshold(DWORD if_index, DWORD ttl);
DWORD try_boundary(DWORD if_index, const char *groups);
DWORD try_boundary_delete(DWORD if_index, const char *groups);

/* Interfaces are numbered below this. */
extern DWORD interface_bound;
/* Clients without callbacks, deregistered at the end of a run. */
#define OTHERS 64
extern HANDLE others[OTHERS];
extern unsigned other_count;

/* What a call wrote, to be compared as well. */
void output(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Dotted text made of numbers; one of 8 static buffers. */
const char *numbered(const char *format, int a, int b);
/* Set by a setup with the system's clock: times are no part of the state. */
extern bool times_vary;
/* The enumeration that try_enumerate started last. */
extern HANDLE enumeration;

#endif
