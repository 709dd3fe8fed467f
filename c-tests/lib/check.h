/*
 * check.h: the smallest test library that serves the C tests. Plain C11.
 *
 *   #include "check.h"
 *   TEST(adding_twice_is_no_error) {
 *       CHECK_OK(MgmSomething(...));                  // NO_ERROR expected
 *       CHECK_ERROR(MgmOther(...), ERROR_NOT_FOUND);  // that error expected
 *       CHECK(condition);
 *       CHECK_EQ(actual, expected);                   // integers
 *       CHECK_TEXT(actual, expected);                 // strings
 *       REQUIRE(condition);                           // as CHECK, but ends the test
 *       EVENTUALLY(condition);                        // retried until true, 10 s at most
 *   }
 *
 * C_TEST(name, "why") { ... }: a TEST of what the C surface alone has. The programs that
 * run the tests on the Rust API (rust-door/door.h) leave it out, and say so.
 *
 * There is no main to write: link check.c (part of the test library of CMakeLists.txt).
 * Every TEST runs in a process of its own, so each one meets a manager nobody has used,
 * and a crash or a hang (TEST_SECONDS) fails that one test only.
 *
 *   program                 run every test, print "N passed, N failed", exit 0 or 1
 *   program NAME...         only these
 *   program --list          their names; --list-c-only the names of those left out
 *   program --here NAME     in this process, for a debugger
 *
 * The CHECK macros may be used on every thread. They evaluate their arguments once.
 */
#ifndef MGM_TESTS_CHECK_H
#define MGM_TESTS_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* A test that takes longer has failed: room for sanitizers on a busy machine.
   MGM_TEST_TIMEOUT in the environment is another number of seconds. */
#define TEST_SECONDS 50
/* How long EVENTUALLY waits for its condition. */
#define EVENTUALLY_SECONDS 10

struct check_test {
    const char *name;
    void (*run)(void);
    const char *left_out; /* why it is not run; NULL when it is */
    struct check_test *next;
};

void check_register(struct check_test *test);
/* Records and prints a failure of the running test. Thread-safe. */
void check_failed(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool check_true(const char *file, int line, bool value, const char *text);
bool check_eq(const char *file, int line, long long actual, long long expected, const char *text);
bool check_text(const char *file, int line, const char *actual, const char *expected,
                const char *text);
bool check_error(const char *file, int line, unsigned long actual, unsigned long expected,
                 const char *text);
/* Ends the running test at once, as failed. */
_Noreturn void check_stop(void);
/* Runs `f` after the body of the running test, last registered first. 16 at most. */
void check_at_end(void (*f)(void));
/* Failures of the running test so far. */
int check_failures(void);
/* Seconds on a monotonic clock. */
double check_seconds(void);
/* Lets other threads run for about a millisecond: for retry loops with a deadline. */
void check_pause(void);
/* "ERROR_NOT_FOUND (1168)" and the like; the numbers of api.md's table. */
const char *error_name(unsigned long error);

#define TEST(name) CHECK_TEST(name, NULL)
#ifdef MGM_RUST_DOOR
#define C_TEST(name, why) CHECK_TEST(name, why)
#else
#define C_TEST(name, why) CHECK_TEST(name, NULL)
#endif
#define CHECK_TEST(name, left_out)                                                               \
    static void test_##name(void);                                                               \
    __attribute__((constructor)) static void register_##name(void) {                             \
        static struct check_test test = {#name, test_##name, left_out, NULL};                    \
        check_register(&test);                                                                   \
    }                                                                                            \
    static void test_##name(void)

#define CHECK(condition) ((void)check_true(__FILE__, __LINE__, (condition) ? true : false, #condition))
#define CHECK_EQ(actual, expected)                                                               \
    ((void)check_eq(__FILE__, __LINE__, (long long)(actual), (long long)(expected), #actual))
#define CHECK_TEXT(actual, expected)                                                             \
    ((void)check_text(__FILE__, __LINE__, (actual), (expected), #actual))
#define CHECK_ERROR(call, error) ((void)check_error(__FILE__, __LINE__, (call), (error), #call))
#define CHECK_OK(call) CHECK_ERROR(call, 0)
#define REQUIRE(condition)                                                                       \
    do {                                                                                         \
        if (!check_true(__FILE__, __LINE__, (condition) ? true : false, #condition))             \
            check_stop();                                                                        \
    } while (0)
#define REQUIRE_OK(call)                                                                         \
    do {                                                                                         \
        if (!check_error(__FILE__, __LINE__, (call), 0, #call))                                  \
            check_stop();                                                                        \
    } while (0)
#define EVENTUALLY(condition)                                                                    \
    do {                                                                                         \
        double check_deadline = check_seconds() + EVENTUALLY_SECONDS;                            \
        bool check_reached;                                                                      \
        while (!(check_reached = (condition) ? true : false) &&                                  \
               check_seconds() < check_deadline)                                                 \
            check_pause();                                                                       \
        (void)check_true(__FILE__, __LINE__, check_reached, "in time: " #condition);             \
    } while (0)

#endif
