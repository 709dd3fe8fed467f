/*
 * Out of memory at any allocation: the function's documented error, nothing changed,
 * nothing aborts, nothing hangs, and the next call works.
 *
 *   test_oom [FUNCTION-OR-SCENARIO]     those whose name contains it
 *   MGM_TEST_LONG=1                     growth far further
 *   MGM_OOM_VERBOSE=1                   what the child processes print
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "run.h"

#include <dlfcn.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN_SECONDS 20
#define SIZES 4096
/* Failures told of in full, for each function. */
#define TOLD (getenv("MGM_OOM_VERBOSE") != NULL ? 1000u : 6u)
#define FUNCTIONS 96
/* More than what stands between main and a scenario. */
#define STACK 65536
/* With MGM_TEST_LONG. */
#define FURTHER 8

/* One line of the table. */
struct row {
    const char *function;
    enum pass pass;
    unsigned scenarios, points, trials, done, later, aborts, hangs, changed, codes;
    bool cleans_up;
    unsigned long clean_up_allocations, clean_up_needs;
    unsigned told;
};

DWORD interface_bound = 720;

static struct row rows[FUNCTIONS];
static unsigned row_count;

static struct reference *reference;
static struct outcome *outcome;
static unsigned short *growth;

static void *shared(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return memory;
}

static struct row *row_of(const char *function) {
    unsigned i = 0;
    while (i < row_count && (rows[i].pass != pass || strcmp(rows[i].function, function) != 0))
        i++;
    if (i == FUNCTIONS) {
        fprintf(stderr, "too many functions\n");
        exit(1);
    }
    if (i == row_count) {
        rows[row_count].pass = pass;
        rows[row_count++].function = function;
    }
    return &rows[i];
}

enum part { BEFORE, AFTER, GROWTH, TRIAL };

/* Runs a part in a child process; gives its wait status. */
static int in_child(enum part part, const struct scenario *s, int size, enum inject_mode mode,
                    unsigned long n) {
    int status;
    pid_t child;
    memset(outcome, 0, sizeof *outcome);
    fflush(stdout);
    child = fork();
    if (child < 0) {
        perror("fork");
        exit(1);
    }
    if (child == 0) {
        if (getenv("MGM_OOM_VERBOSE") == NULL && (freopen("/dev/null", "w", stdout) == NULL ||
                                                  freopen("/dev/null", "w", stderr) == NULL))
            _exit(2);
        alarm(RUN_SECONDS);
        switch (part) {
        case BEFORE:
            run_before(s, size, reference);
            break;
        case AFTER:
            run_after(s, size, reference, outcome);
            break;
        case GROWTH:
            run_growth(s, size, growth);
            break;
        case TRIAL:
            run_trial(s, size, mode, n, reference, outcome);
            break;
        }
        fflush(stdout);
        _exit(check_failures() == 0 ? 0 : 1);
    }
    if (waitpid(child, &status, 0) != child) {
        perror("waitpid");
        exit(1);
    }
    return status;
}

/* The place of the failing allocation, by addr2line where that is installed. */
static void tell_trace(const struct inject_trace *trace) {
    char command[4096];
    int used = 0;
    const char *object = NULL;
    for (int i = 0; i < trace->depth; i++) {
        Dl_info info;
        if (dladdr(trace->frames[i], &info) == 0 || strstr(info.dli_fname, "librtm") == NULL)
            continue;
        if (object == NULL) {
            object = info.dli_fname;
            used = snprintf(command, sizeof command, "addr2line -Cpfi -e '%s'", object);
        }
        if (used < (int)sizeof command - 64)
            used += snprintf(
                command + used, sizeof command - (size_t)used, " %#lx",
                (unsigned long)((char *)trace->frames[i] - (char *)info.dli_fbase) - 1);
    }
    if (object != NULL) {
        strcat(command, " 2>&1 | grep -v -e /rustc/ -e /registry/ -e /abi/guard.rs -e 'ask<'"
                        " -e '{closure' | sed 's/^/      /' | head -n 14");
        fflush(stdout);
        if (system(command) != 0)
            printf("      (no addr2line)\n");
    }
}

static void tell(struct row *row, const struct scenario *s, int size, enum inject_mode mode,
                 unsigned long n, const char *what, const char *why) {
    static const char *const points[] = {"allocation", "own forwarder, allocation",
                                         "own forwarder, answer"};
    static const char *const follow[] = {"", "", " and all that follow",
                                         " and all that follow, allocations too"};
    if (row->told++ >= TOLD)
        return;
    /* So begins what ends a run of tests/c_tests.rs. */
    printf("FAILED %s, %s (%d), %s %lu%s: %s%s%s\n", s->function, s->name, size, points[pass], n,
           follow[mode], what, why[0] != '\0' ? ": " : "", why);
    tell_trace(&outcome->trace);
}

/* One failure planned; whether the call came to that allocation. */
static bool try_one(struct row *row, const struct scenario *s, int size, enum inject_mode mode,
                    unsigned long n) {
    int status = in_child(TRIAL, s, size, mode, n);
    if (WIFSIGNALED(status)) {
        bool hangs = WTERMSIG(status) == SIGALRM;
        *(hangs ? &row->hangs : &row->aborts) += 1;
        row->trials++;
        tell(row, s, size, mode, n, hangs ? "does not end" : strsignal(WTERMSIG(status)), "");
        return true;
    }
    switch (outcome->verdict) {
    case UNDISTURBED:
        return false;
    case REFUSED:
        if (s->flags & NEEDS_NOTHING) {
            row->changed++;
            tell(row, s, size, mode, n, "needs memory", "");
        } else if ((s->flags & CLEANS_UP) != 0 && mode == INJECT_ONCE) {
            row->clean_up_needs++;
        }
        break;
    case DONE:
        row->done++;
        break;
    case LATER:
        row->later++;
        break;
    case DIED:
    case CHANGED:
        row->changed++;
        tell(row, s, size, mode, n, "not as it should be", outcome->why);
        break;
    case WRONG_CODE:
        row->codes++;
        tell(row, s, size, mode, n, "wrong code", outcome->why);
        break;
    }
    if (outcome->refused == 0)
        return false;
    row->trials++;
    return true;
}

static bool everything;

/* Of calls that repeat themselves, the first and last allocations and some between. */
static unsigned long stride(unsigned long n, unsigned long allocations) {
    unsigned long step = allocations / 12, left = allocations - n;
    if (everything || n < 14 || n + 8 >= allocations || step < 2)
        return 1;
    return step < left - 7 ? step : left - 7;
}

static void try_all(struct row *row, const struct scenario *s, int size) {
    unsigned long needs;
    int status = in_child(BEFORE, s, size, INJECT_NOTHING, 0);
    if (status == 0)
        status = in_child(AFTER, s, size, INJECT_NOTHING, 0);
    row->scenarios++;
    if (status != 0) {
        row->changed++;
        tell(row, s, size, INJECT_NOTHING, 0, "fails undisturbed", "");
        return;
    }
    row->points += (unsigned)reference->allocations;
    if (pass != ANSWERING && (s->flags & (CLEANS_UP | NEEDS_NOTHING)) != 0) {
        row->cleans_up = true;
        row->clean_up_allocations += reference->allocations;
    }
    needs = row->clean_up_needs;
    for (enum inject_mode mode = INJECT_ONCE;
         mode <= (pass == ANSWERING ? INJECT_ALL : INJECT_FROM); mode++) {
        unsigned long n = 1;
        /* A failure on the way may make a call try elsewhere: until none is met. */
        while (try_one(row, s, size, mode, n) && n < 100000)
            n += stride(n, reference->allocations);
        if (n <= reference->allocations && outcome->refused == 0) {
            row->changed++;
            tell(row, s, size, mode, n, "made fewer allocations than undisturbed", "");
        }
    }
    if (row->clean_up_needs > needs)
        printf("  %s, %s (%d): needs memory, %lu allocations\n", s->function, s->name, size,
               row->clean_up_needs - needs);
}

static void try_growth(struct row *row, const struct scenario *s, int sizes) {
    static unsigned short found[SIZES];
    unsigned short usual = USHRT_MAX;
    int status;
    if (sizes > SIZES)
        sizes = SIZES;
    status = in_child(GROWTH, s, sizes, INJECT_NOTHING, 0);
    if (status != 0) {
        row->changed++;
        tell(row, s, sizes, INJECT_NOTHING, 0, "fails undisturbed", "");
        return;
    }
    memcpy(found, growth, sizeof found);
    /* What every call needs, it is enough to refuse a few times. */
    for (int k = 0; k < sizes; k++)
        usual = found[k] < usual ? found[k] : usual;
    for (int k = 0; k < sizes; k++)
        if (found[k] > (k < 2 ? 0 : usual))
            try_all(row, s, k);
}

static bool may_make_namespaces(void) {
    static int may = -1;
    if (may < 0) {
        int status = 1;
        pid_t child = fork();
        if (child == 0)
            _exit(unshare(CLONE_NEWNET) == 0 ? 0 : 1);
        may = child > 0 && waitpid(child, &status, 0) == child && status == 0;
    }
    return may != 0;
}

/* Which of these flags a scenario has that is run in a pass. */
static const unsigned in_pass[] = {OWN_ONLY & ~OWN, OWN, ANSWERS};
static const unsigned wanted_by[] = {0, OWN, ANSWERS};

static void run_list(const struct scenario_list *list, const char *only) {
    for (size_t i = 0; i < list->count; i++) {
        const struct scenario *s = &list->first[i];
        if (only != NULL && strstr(s->function, only) == NULL && strstr(s->name, only) == NULL)
            continue;
        if ((s->flags & KERNEL) != 0 && !may_make_namespaces()) {
            printf("  %s, %s: skipped, it needs a network namespace\n", s->function, s->name);
            continue;
        }
        for (pass = PLAIN; pass <= ANSWERING; pass++) {
            if ((s->flags & in_pass[pass]) != wanted_by[pass])
                continue;
            if (s->flags & GROWS)
                try_growth(row_of(s->function), s, everything ? s->size * FURTHER : s->size);
            else
                try_all(row_of(s->function), s, s->size);
        }
    }
}

/* Prints the rows of a pass; how many trials were wrong. */
static unsigned tell_table(void) {
    static const char *const heads[] = {"function", "function, own forwarder",
                                        "function, its answers"};
    unsigned wrong = 0;
    bool told = false;
    for (unsigned i = 0; i < row_count; i++) {
        const struct row *row = &rows[i];
        if (row->pass != pass)
            continue;
        if (!told)
            printf("%-29s %6s %7s %7s %6s %6s %7s %6s %8s %6s\n", heads[pass], "states", "points",
                   "trials", "worked", "later", "aborts", "hangs", "changed", "codes");
        told = true;
        printf("%-29s %6u %7u %7u %6u %6u %7u %6u %8u %6u", row->function, row->scenarios,
               row->points, row->trials, row->done, row->later, row->aborts, row->hangs,
               row->changed, row->codes);
        if (row->cleans_up)
            printf("   cleaning up: %lu, %lu needed", row->clean_up_allocations,
                   row->clean_up_needs);
        printf("\n");
        wrong += row->aborts + row->hangs + row->changed + row->codes;
    }
    return wrong;
}

/* Runs all scenarios, prints the tables; how many were wrong. */
static unsigned trials_run(const char *only) {
    unsigned wrong = 0;
    run_list(&protocol_scenarios, only);
    run_list(&host_scenarios, only);
    run_list(&own_scenarios, only);
    run_list(&kernel_scenarios, only);
    for (pass = PLAIN; pass <= ANSWERING; pass++)
        wrong += tell_table();
    printf("states: calls tried, each in another state; points: allocations in them, or answers\n"
           "of the forwarder; trials: failures injected; worked: calls that did their work all the\n"
           "same; later: the same, but MFEs went, or a WRONG_IF alert did not come, until the next\n"
           "packet, or the forwarder was asked again; cleaning up: allocations there, and those it\n"
           "does not work without\n");
    return wrong;
}

/* A harness that refuses nothing proves nothing. */
static bool refuses(enum pass in, const char *function) {
    for (unsigned i = 0; i < row_count; i++)
        if (rows[i].pass == in && strcmp(rows[i].function, function) == 0 && rows[i].trials > 0)
            return true;
    printf("nothing of %s was refused\n", function);
    return false;
}

int main(int argc, char **argv) {
    static const struct {
        enum pass pass;
        const char *function;
    } must[] = {{PLAIN, "MgmRegisterMProtocol"},
                {PLAIN, "MgmTakeInterfaceOwnership"},
                {PLAIN, "MgmAddGroupMembershipEntry"},
                {PLAIN, "MgmGroupEnumerationStart"},
                {PLAIN, "MgmHostReceivePacket"},
                {OWN_HELD, "MgmHostSetForwarder"},
                {OWN_HELD, "MgmHostReceivePacket"},
                {ANSWERING, "MgmTakeInterfaceOwnership"},
                {ANSWERING, "MgmHostReceivePacket"},
                {ANSWERING, "MgmHostRoutesChanged"}};
    const char *only = argc > 1 ? argv[1] : NULL;
    unsigned wrong;
    inject_prepare();
    stack_bottom = (const char *)__builtin_frame_address(0) - STACK;
    unsetenv("MGM_FORWARDER");
    unsetenv("MGM_LOG");
    reference = shared(sizeof *reference);
    outcome = shared(sizeof *outcome);
    growth = shared(SIZES * sizeof *growth);
    everything = getenv("MGM_TEST_LONG") != NULL;
    if (everything)
        interface_bound = 2600;
    wrong = trials_run(only);
    for (size_t i = 0; only == NULL && i < sizeof must / sizeof must[0]; i++)
        if (!refuses(must[i].pass, must[i].function))
            wrong++;
    if (row_count == 0) {
        printf("nothing is called like that\n");
        wrong++;
    }
    printf("%u wrong\n", wrong);
    return wrong == 0 ? 0 : 1;
}
