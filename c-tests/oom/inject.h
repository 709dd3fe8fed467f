/*
 * inject.h: allocations of the library that fail on purpose, or a forwarder of the program's
 * own that says it has no memory.
 *
 * The program's own malloc, calloc, realloc, posix_memalign, aligned_alloc and
 * pthread_create stand in front of the C library's. Between inject_arm and inject_disarm
 * they count what anybody but this program itself asks for on the calling thread, and
 * refuse what the plan says; where all that follow fail, on other threads too. What
 * callbacks in this program ask for directly is not counted; callbacks that call the
 * manager say so with inject_excuse.
 *
 * With inject_answers it is the forwarder's answers that are counted and refused.
 */
#ifndef MGM_TESTS_INJECT_H
#define MGM_TESTS_INJECT_H

enum inject_mode {
    INJECT_NOTHING,
    INJECT_ONCE, /* the n-th fails */
    INJECT_FROM, /* the n-th and all that follow fail */
    INJECT_ALL   /* the n-th answer, and all answers and allocations that follow */
};

#include <stdbool.h>

#define INJECT_DEPTH 24

/* Where an allocation was refused: the first one of a plan. */
struct inject_trace {
    int depth;
    void *frames[INJECT_DEPTH];
};

/* What the next armed calls meet; n counts from 1. `trace` receives the place. */
void inject_plan(enum inject_mode mode, unsigned long n, struct inject_trace *trace);
void inject_answers(bool instead);
void inject_arm(void);
void inject_disarm(void);
/* Inside a callback: calls that are not under test. They nest. */
void inject_excuse(int more);
/* In the forwarder: whether to answer that there is no memory. */
bool inject_answer(void);
/* Allocations (or answers) while armed, and those of them that were refused. */
unsigned long inject_seen(void);
unsigned long inject_refused(void);
/* Loads what taking a backtrace needs; once, before the first plan. */
void inject_prepare(void);

#endif
