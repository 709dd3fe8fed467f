/* One run in a child process: the state, the call with an allocation failing, what is
   there afterwards, and the call again. */
#include "own.h"
#include "run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

HANDLE others[OTHERS];
unsigned other_count;

enum pass pass;

static struct state now;
static char events[TEXT_ROOM];

/* api.md: where NOT_ENOUGH_MEMORY is among the function's documented errors. */
static DWORD memory_error(const char *function) {
    static const char *const listed[] = {"MgmRegisterMProtocol", "MgmTakeInterfaceOwnership",
                                         "MgmAddGroupMembershipEntry", "MgmGroupEnumerationStart",
                                         "MgmGroupEnumerationGetNext"};
    for (size_t i = 0; i < sizeof listed / sizeof listed[0]; i++)
        if (strcmp(function, listed[i]) == 0)
            return ERROR_NOT_ENOUGH_MEMORY;
    return ERROR_CAN_NOT_COMPLETE;
}

const char *stack_bottom;

enum step { SETUP, CALL };

/* With the stack where it always is: by its address the library seeds the hashes that decide
   when a part of an index grows. */
static DWORD at_depth(const struct scenario *s, enum step step, int size) {
    const char *here = __builtin_frame_address(0);
    volatile char *room = __builtin_alloca((size_t)(here - stack_bottom));
    DWORD error = NO_ERROR;
    room[0] = 1;
    if (step == CALL)
        error = s->call(size);
    else
        s->setup(size);
    room[0] = 0;
    return error;
}

static void prepare(const struct scenario *s, int size) {
    inject_plan(INJECT_NOTHING, 0, NULL);
    inject_answers(pass == ANSWERING);
    own_wanted = pass != PLAIN;
    (void)at_depth(s, SETUP, size);
    if (s->flags & GROWS)
        for (int k = 0; k < size; k++)
            (void)at_depth(s, CALL, k);
    clear_all();
    output_clear();
    inject_plan(INJECT_NOTHING, 0, NULL);
}

/* What the enumeration under way still gives, how much it is; ends it. */
static void rest_read(char *text, size_t room) {
    static SOURCE_GROUP_ENTRY entries[8192];
    DWORD size = sizeof entries, count = 0;
    text[0] = '\0';
    if (enumeration == NULL)
        return;
    snprintf(text, room, "%u\n",
             (unsigned)MgmGroupEnumerationGetNext(enumeration, &size, (PBYTE)entries, &count));
    snprintf(text + strlen(text), room - strlen(text), "%u entries follow\n", (unsigned)count);
}

/* Everything is given back, as it would be by clients that end. */
static void clean_up(void) {
    if (enumeration != NULL)
        CHECK_OK(MgmGroupEnumerationEnd(enumeration));
    for (; other_count > 0; other_count--)
        CHECK_OK(MgmDeRegisterMProtocol(others[other_count - 1]));
    for (int i = 0; i < CLIENTS; i++) {
        c[i].hook = NULL;
        for (DWORD interface = 1; c[i].handle != NULL && interface < interface_bound; interface++) {
            (void)MgmReleaseInterfaceOwnership(c[i].handle, interface, 0);
            if (interface < 16)
                (void)MgmReleaseInterfaceOwnership(c[i].handle, interface, ip("10.5.5.5"));
        }
        c[i].taken_count = 0;
        if (c[i].handle != NULL)
            CHECK_OK(client_deregister(&c[i]));
    }
    host_stop();
    CHECK_OK(MgmHostStop());
    own_end();
}

void run_before(const struct scenario *s, int size, struct reference *reference) {
    prepare(s, size);
    state_read(&reference->before);
    clean_up();
}

void run_after(const struct scenario *s, int size, struct reference *reference,
               struct outcome *outcome) {
    prepare(s, size);
    reference->code = at_depth(s, CALL, size);
    reference->allocations = inject_seen();
    events_read(reference->events, sizeof reference->events, false,
                (s->flags & ANY_ORDER) != 0);
    strcpy(reference->written, output_text());
    state_read(&reference->after);
    rest_read(reference->rest, sizeof reference->rest);
    clean_up();
    outcome->code = reference->code;
    outcome->allocations = reference->allocations;
    outcome->verdict = check_failures() == 0 ? UNDISTURBED : CHANGED;
}

void run_growth(const struct scenario *s, int sizes, unsigned short *allocations) {
    inject_plan(INJECT_NOTHING, 0, NULL);
    inject_answers(pass == ANSWERING);
    own_wanted = pass != PLAIN;
    (void)at_depth(s, SETUP, 0);
    for (int k = 0; k < sizes; k++) {
        unsigned long before = inject_seen();
        (void)at_depth(s, CALL, k);
        allocations[k] = (unsigned short)(inject_seen() - before);
    }
}

static void blame(struct outcome *outcome, enum verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The first thing that is wrong counts. */
static void blame(struct outcome *outcome, enum verdict verdict, const char *format, ...) {
    va_list arguments;
    if (outcome->why[0] != '\0')
        return;
    outcome->verdict = verdict;
    va_start(arguments, format);
    vsnprintf(outcome->why, sizeof outcome->why, format, arguments);
    va_end(arguments);
}

/* Whether two texts are the same; if not, tells of the first line that differs. */
static bool same(struct outcome *outcome, const char *what, const char *is, const char *expected) {
    size_t at = 0, line = 0;
    if (strcmp(is, expected) == 0)
        return true;
    while (is[at] == expected[at])
        if (is[at++] == '\n')
            line = at;
    blame(outcome, CHANGED, "%s: \"%.*s\", expected \"%.*s\"", what,
          (int)strcspn(is + line, "\n"), is + line, (int)strcspn(expected + line, "\n"),
          expected + line);
    return false;
}

/* A forwarder of the program's own has what the manager says, and nothing else. Where the
   library's own thread does the rest, that may be late. */
static bool is_held(struct outcome *outcome, bool may_be_late) {
    double end = check_seconds() + (own_wanted && may_be_late ? EVENTUALLY_SECONDS : 0);
    while (strcmp(now.held, now.wanted) != 0 && check_seconds() < end) {
        check_pause();
        state_read(&now);
    }
    return !own_wanted || same(outcome, "the forwarder's table", now.held, now.wanted);
}

/* Whether each line of `text` is one of either other text. */
static bool lines_within(struct outcome *outcome, const char *text, const char *one,
                         const char *other) {
    char line[2048];
    while (*text != '\0') {
        size_t length = strcspn(text, "\n") + 1;
        REQUIRE(length < sizeof line);
        memcpy(line, text, length);
        line[length] = '\0';
        if (strstr(one, line) == NULL && strstr(other, line) == NULL) {
            blame(outcome, CHANGED, "neither as before nor as after: %s", line);
            return false;
        }
        text += length;
    }
    return true;
}

/* Everything is as after an undisturbed call. */
static bool is_after(const struct scenario *s, struct outcome *outcome,
                     const struct reference *r, const char *when) {
    char what[64];
    snprintf(what, sizeof what, "state %s", when);
    bool good = same(outcome, what, now.text, r->after.text) && is_held(outcome, false);
    events_read(events, sizeof events, false, (s->flags & ANY_ORDER) != 0);
    snprintf(what, sizeof what, "callbacks %s", when);
    good = good && same(outcome, what, events, r->events);
    snprintf(what, sizeof what, "output %s", when);
    good = good && same(outcome, what, output_text(), r->written);
    rest_read(events, sizeof events);
    return good && same(outcome, "the enumeration's rest", events, r->rest);
}

/* The call failed or, a packet, was dropped: nothing changed, and it works when repeated. */
static void check_refused(const struct scenario *s, int size, const struct reference *r,
                          struct outcome *outcome) {
    DWORD code;
    outcome->verdict = REFUSED;
    /* Of the forwarder's answers only that of an interface is the call's. */
    if (pass == ANSWERING && outcome->refused == own_refusals() && (own_refused() & OWN_OPEN) == 0)
        blame(outcome, WRONG_CODE, "it gives %s, or the packet was dropped",
              error_name(outcome->code));
    same(outcome, "state after the failure", now.text, r->before.text);
    is_held(outcome, pass == ANSWERING);
    events_read(events, sizeof events, true, false);
    same(outcome, "alerts of the call that failed", events, "");
    clear_all();
    output_clear();
    inject_plan(INJECT_NOTHING, 0, NULL);
    code = at_depth(s, CALL, size);
    if (code != r->code)
        blame(outcome, CHANGED, "repeated, it gives %s", error_name(code));
    state_read(&now);
    is_after(s, outcome, r, "when repeated");
}

/* The packet was handled, but not all were told: they are with the next one. */
static void check_late(const struct scenario *s, int size, const struct reference *r,
                       struct outcome *outcome) {
    static char late[TEXT_ROOM];
    outcome->verdict = LATER;
    same(outcome, "state without the alert", now.text, r->after.text);
    is_held(outcome, false);
    events_read(events, sizeof events, false, false);
    lines_within(outcome, events, r->events, "");
    clear_all();
    s->heal(size);
    events_read(late, sizeof late, false, false);
    if (strstr(events, "WRONGIF") != NULL || strstr(late, "WRONGIF") == NULL)
        blame(outcome, CHANGED, "another alert than WRONG_IF is late: \"%s\"", late);
}

/* All is as after an undisturbed call, in the end: the library's own thread may be at it. */
static void wait_for(struct outcome *outcome, const struct reference *r) {
    state_read(&now);
    for (double end = check_seconds() + EVENTUALLY_SECONDS;
         (strcmp(now.paths, r->after.paths) != 0 ||
          (own_wanted && strcmp(now.held, now.wanted) != 0)) &&
         check_seconds() < end;
         state_read(&now))
        check_pause();
    same(outcome, "in the end", now.paths, r->after.paths);
    is_held(outcome, false);
}

/* Nobody was told of the list of an MFE that went instead. */
static void check_told(struct outcome *outcome) {
    struct event event;
    for (int i = 0; i < CLIENTS; i++)
        for (size_t n = 0; event_get(&c[i], n, &event); n++)
            if ((event.kind & (CB_JOIN | CB_PRUNE)) != 0 && !event.member &&
                strcmp(mfe_path(ip_text(event.source), ip_text(event.group)), "none") == 0)
                blame(outcome, CHANGED, "client %d is told of the MFE (%s, %s) that is gone", i,
                      ip_text(event.source), ip_text(event.group));
}

/* The call did its work: no trace of the failure, or only MFEs that are made anew. */
static void check_done(const struct scenario *s, int size, const struct reference *r,
                       struct outcome *outcome) {
    outcome->verdict = DONE;
    if ((s->flags & MAY_LOSE) == 0) {
        is_after(s, outcome, r, "after success");
        return;
    }
    if (strcmp(now.text, r->after.text) == 0) {
        is_held(outcome, false);
        return;
    }
    outcome->verdict = LATER;
    check_told(outcome);
    if (!is_held(outcome, true) ||
        !lines_within(outcome, now.paths, r->before.paths, r->after.paths))
        return;
    s->heal(size);
    wait_for(outcome, r);
}

/* The program's forwarder had no memory for an entry or a route: it is asked again. */
static void check_answered(const struct scenario *s, int size, const struct reference *r,
                           struct outcome *outcome) {
    bool is_late = strcmp(now.held, now.wanted) != 0 || strcmp(now.text, r->after.text) != 0;
    outcome->verdict = is_late ? LATER : DONE;
    if (own_refused() & OWN_OPEN) {
        blame(outcome, WRONG_CODE, "an interface that was not opened is taken");
        return;
    }
    /* Without the forwarder's route, or where more was refused, it went another way. */
    if (own_refused() == OWN_INSTALL && outcome->refused == own_refusals()) {
        same(outcome, "state without the entry", now.text, r->after.text);
        events_read(events, sizeof events, false, (s->flags & ANY_ORDER) != 0);
        same(outcome, "callbacks without the entry", events, r->events);
        same(outcome, "output without the entry", output_text(), r->written);
    }
    CHECK(counters().ullForwarderErrors > 0);
    check_told(outcome);
    if (!times_vary)
        advance(1);
    if (s->heal != NULL && (s->flags & LATE_ALERT) == 0)
        s->heal(size);
    wait_for(outcome, r);
}

void run_trial(const struct scenario *s, int size, enum inject_mode mode, unsigned long n,
               const struct reference *r, struct outcome *outcome) {
    ULONGLONG dropped;
    prepare(s, size);
    dropped = (s->flags & PACKET) != 0 ? counters().ullDroppedMemory : 0;
    inject_plan(mode, n, &outcome->trace);
    outcome->code = at_depth(s, CALL, size);
    outcome->allocations = inject_seen();
    outcome->refused = inject_refused();
    if (outcome->refused == 0) {
        inject_plan(INJECT_NOTHING, 0, NULL);
        state_read(&now);
        outcome->verdict = UNDISTURBED;
        if (outcome->code != r->code)
            blame(outcome, CHANGED, "undisturbed, it gives %s", error_name(outcome->code));
        is_after(s, outcome, r, "undisturbed");
    } else {
        inject_plan(INJECT_NOTHING, 0, NULL);
        state_read(&now);
        if ((s->flags & PACKET) != 0 && outcome->code == NO_ERROR && now.dropped != dropped &&
            strcmp(now.text, r->after.text) != 0)
            check_refused(s, size, r, outcome);
        else if ((s->flags & LATE_ALERT) != 0 && outcome->code == NO_ERROR &&
                 now.dropped != dropped && pass != ANSWERING)
            check_late(s, size, r, outcome);
        else if ((s->flags & INSIDE) != 0 && outcome->code == memory_error(s->function)) {
            /* It was repeated in there. */
            outcome->verdict = REFUSED;
            is_after(s, outcome, r, "when repeated inside");
        } else if (outcome->code == r->code && pass == ANSWERING)
            check_answered(s, size, r, outcome);
        else if (outcome->code == r->code)
            check_done(s, size, r, outcome);
        else if (outcome->code == memory_error(s->function))
            check_refused(s, size, r, outcome);
        else
            blame(outcome, WRONG_CODE, "it gives %s", error_name(outcome->code));
    }
    clean_up();
    if (check_failures() > 0)
        blame(outcome, CHANGED, "a check failed on the way (MGM_OOM_VERBOSE=1 shows it)");
}
