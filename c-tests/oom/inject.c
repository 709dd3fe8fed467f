/* Allocations that fail on purpose: see inject.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The C library's own, behind the names defined here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

/* The bounds of this program's code, from the linker. */
extern char __executable_start, etext;

typedef int make_thread(pthread_t *thread, const pthread_attr_t *attributes,
                        void *(*body)(void *), void *argument);

static make_thread *real_pthread_create;
static enum inject_mode mode;
static unsigned long first;
static struct inject_trace *place;
static atomic_bool armed;
static bool answers;
static atomic_ulong seen, refused;
static _Thread_local int excused;
/* The thread that makes the calls under test: only its allocations have numbers. */
static _Thread_local bool calling;

void inject_prepare(void) {
    void *frames[2], *symbol = dlsym(RTLD_NEXT, "pthread_create");
    memcpy(&real_pthread_create, &symbol, sizeof symbol);
    (void)backtrace(frames, 2);
}

void inject_plan(enum inject_mode new_mode, unsigned long n, struct inject_trace *trace) {
    mode = new_mode;
    first = n;
    place = trace;
    atomic_store(&seen, 0);
    atomic_store(&refused, 0);
}

void inject_answers(bool instead) { answers = instead; }

void inject_arm(void) {
    calling = true;
    atomic_store(&armed, true);
}

void inject_disarm(void) { atomic_store(&armed, false); }
void inject_excuse(int more) { excused += more; }
unsigned long inject_seen(void) { return atomic_load(&seen); }
unsigned long inject_refused(void) { return atomic_load(&refused); }

/* Whether the next of what has numbers is to fail. */
static bool refuse_next(void) {
    unsigned long n;
    /* A thread of the library, at its own pace: without memory when the caller is. */
    if (!calling)
        return mode >= INJECT_FROM && atomic_load(&refused) > 0;
    n = atomic_fetch_add(&seen, 1) + 1;
    if (mode == INJECT_NOTHING || n < first || (mode == INJECT_ONCE && n != first))
        return false;
    if (atomic_fetch_add(&refused, 1) == 0 && place != NULL)
        place->depth = backtrace(place->frames, INJECT_DEPTH);
    return true;
}

/* Whether this allocation, asked for at `caller`, is to fail. */
static bool refuse(const void *caller) {
    uintptr_t at = (uintptr_t)caller;
    if (!atomic_load(&armed) || excused > 0 ||
        (at >= (uintptr_t)&__executable_start && at < (uintptr_t)&etext))
        return false;
    if (answers) {
        if (mode != INJECT_ALL || atomic_load(&refused) == 0)
            return false;
        atomic_fetch_add(&refused, 1);
    } else if (!refuse_next()) {
        return false;
    }
    errno = ENOMEM;
    return true;
}

bool inject_answer(void) {
    return answers && atomic_load(&armed) && excused == 0 && refuse_next();
}

#define REFUSED() refuse(__builtin_return_address(0))

void *malloc(size_t size) { return REFUSED() ? NULL : __libc_malloc(size); }

void *calloc(size_t count, size_t size) { return REFUSED() ? NULL : __libc_calloc(count, size); }

void *realloc(void *old, size_t size) { return REFUSED() ? NULL : __libc_realloc(old, size); }

void *aligned_alloc(size_t alignment, size_t size) {
    return REFUSED() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    void *made = REFUSED() ? NULL : __libc_memalign(alignment, size);
    if (made == NULL)
        return ENOMEM;
    *memory = made;
    return 0;
}

/* A thread needs a stack, which does not come from malloc. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
                   void *argument) {
    return REFUSED() ? EAGAIN : real_pthread_create(thread, attributes, body, argument);
}
