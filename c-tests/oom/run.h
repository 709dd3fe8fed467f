/* run.h: between the parts of the trials; scenarios include trial.h only. */
#ifndef MGM_TESTS_RUN_H
#define MGM_TESTS_RUN_H

#include "inject.h"
#include "trial.h"

#define TEXT_ROOM (1u << 20)

/* What can be seen of the manager, one thing in a line. */
struct state {
    char text[TEXT_ROOM];  /* everything */
    char paths[TEXT_ROOM]; /* only who holds what, memberships, and the MFEs' interfaces */
    char wanted[TEXT_ROOM]; /* what a forwarder of the program's own should hold then */
    char held[TEXT_ROOM];   /* what it holds */
    ULONGLONG dropped;      /* packets dropped as memory ran out */
};
void state_read(struct state *state);
/* Callbacks recorded since the last clear, each client's in their order, or sorted. */
void events_read(char *text, size_t room, bool alerts_only, bool sorted);

const char *output_text(void);
void output_clear(void);

/* What runs of a scenario go through, and what is refused. */
enum pass {
    PLAIN,    /* the manager's own forwarders; allocations */
    OWN_HELD, /* one of this program's own; allocations */
    ANSWERING /* the same; its answers */
};
extern enum pass pass;

/* An undisturbed run, and its states before and after the call. */
struct reference {
    DWORD code;
    unsigned long allocations;
    struct state before, after;
    char events[TEXT_ROOM], written[TEXT_ROOM], rest[TEXT_ROOM];
};

enum verdict {
    DIED,          /* what shared memory holds until the run is over */
    UNDISTURBED,   /* fewer allocations than planned */
    REFUSED,       /* the call failed, and nothing else did */
    DONE,          /* the call did its work all the same */
    LATER,         /* it did, but for MFEs or a WRONG_IF alert that the next packet brings */
    CHANGED,       /* state or callbacks are not as they should be */
    WRONG_CODE
};

/* How one run went; lives in memory that the processes share. */
struct outcome {
    enum verdict verdict;
    DWORD code;
    unsigned long allocations, refused;
    struct inject_trace trace;
    char why[1024];
};

/* Below all that the parts of a run need of the stack; set once. */
extern const char *stack_bottom;

/* In the child processes. */
void run_before(const struct scenario *s, int size, struct reference *reference);
void run_after(const struct scenario *s, int size, struct reference *reference,
               struct outcome *outcome);
void run_trial(const struct scenario *s, int size, enum inject_mode mode, unsigned long n,
               const struct reference *reference, struct outcome *outcome);
/* GROWS: how many allocations the call makes for each size below `sizes`. */
void run_growth(const struct scenario *s, int sizes, unsigned short *allocations);

#endif
