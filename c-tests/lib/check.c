/* The test runner: see check.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "check.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef _WIN32
#include <pthread_time.h>
#include <windows.h>
#else
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

static struct check_test *tests;
static atomic_int failures;
static void (*at_end[16])(void);
static int at_end_count;

void check_register(struct check_test *test) {
    /* Constructors run in the order of the file with gcc and clang: keep it. */
    struct check_test **last = &tests;
    while (*last != NULL)
        last = &(*last)->next;
    *last = test;
}

void check_failed(const char *file, int line, const char *format, ...) {
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    /* One call, so that lines of several threads do not mix. */
    fprintf(stdout, "  %s:%d: %s\n", file, line, text);
    fflush(stdout);
    atomic_fetch_add(&failures, 1);
}

int check_failures(void) { return atomic_load(&failures); }

bool check_true(const char *file, int line, bool value, const char *text) {
    if (!value)
        check_failed(file, line, "not true: %s", text);
    return value;
}

bool check_eq(const char *file, int line, long long actual, long long expected, const char *text) {
    if (actual == expected)
        return true;
    check_failed(file, line, "%s is %lld (0x%llx), expected %lld (0x%llx)", text, actual,
                 (unsigned long long)actual, expected, (unsigned long long)expected);
    return false;
}

bool check_text(const char *file, int line, const char *actual, const char *expected,
                const char *text) {
    if (actual != NULL && expected != NULL && strcmp(actual, expected) == 0)
        return true;
    check_failed(file, line, "%s\n      is       \"%s\"\n      expected \"%s\"", text,
                 actual != NULL ? actual : "(null)", expected != NULL ? expected : "(null)");
    return false;
}

const char *error_name(unsigned long error) {
    static const struct {
        unsigned long value;
        const char *name;
    } names[] = {
        {0, "NO_ERROR (0)"},
        {8, "ERROR_NOT_ENOUGH_MEMORY (8)"},
        {87, "ERROR_INVALID_PARAMETER (87)"},
        {122, "ERROR_INSUFFICIENT_BUFFER (122)"},
        {183, "ERROR_ALREADY_EXISTS (183)"},
        {234, "ERROR_MORE_DATA (234)"},
        {259, "ERROR_NO_MORE_ITEMS (259)"},
        {1003, "ERROR_CAN_NOT_COMPLETE (1003)"},
        {1168, "ERROR_NOT_FOUND (1168)"},
    };
    static _Thread_local char other[32];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].value == error)
            return names[i].name;
    snprintf(other, sizeof other, "error %lu", error);
    return other;
}

bool check_error(const char *file, int line, unsigned long actual, unsigned long expected,
                 const char *text) {
    char got[48];
    if (actual == expected)
        return true;
    snprintf(got, sizeof got, "%s", error_name(actual));
    check_failed(file, line, "%s gives %s, expected %s", text, got, error_name(expected));
    return false;
}

double check_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void check_pause(void) {
    struct timespec millisecond = {0, 1000000};
    nanosleep(&millisecond, NULL);
}

void check_at_end(void (*f)(void)) {
    if (at_end_count == 16) {
        check_failed(__FILE__, __LINE__, "too many check_at_end");
        return;
    }
    at_end[at_end_count++] = f;
}

_Noreturn void check_stop(void) {
    fflush(stdout);
    _Exit(1); /* other threads may be anywhere: no destructors */
}

static void run_here(const struct check_test *test) {
    test->run();
    while (at_end_count > 0)
        at_end[--at_end_count]();
}

static unsigned test_seconds(void) {
    const char *seconds = getenv("MGM_TEST_TIMEOUT");
    return seconds != NULL ? (unsigned)atoi(seconds) : TEST_SECONDS;
}

#ifdef _WIN32
/* There is no fork: the program starts itself for the one test. */
static bool run(const struct check_test *test) {
    char program[MAX_PATH], command[MAX_PATH + 256];
    STARTUPINFOA start = {0};
    PROCESS_INFORMATION child;
    DWORD code = 1;
    start.cb = sizeof start;
    GetModuleFileNameA(NULL, program, sizeof program);
    snprintf(command, sizeof command, "\"%s\" --child %s", program, test->name);
    fflush(stdout);
    for (int again = 2; !CreateProcessA(program, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &child); again--) {
        /* Wine's own, now and then on a busy machine: no part of the test has run. */
        if (again == 0 || GetLastError() != ERROR_INTERNAL_ERROR) {
            printf("  not started: error %lu\n", GetLastError());
            return false;
        }
    }
    if (WaitForSingleObject(child.hProcess, test_seconds() * 1000) == WAIT_TIMEOUT) {
        printf("  not done after %u seconds\n", test_seconds());
        TerminateProcess(child.hProcess, 1);
        WaitForSingleObject(child.hProcess, INFINITE);
    } else if (GetExitCodeProcess(child.hProcess, &code) && code > 1) {
        printf("  ended with exit code 0x%lx\n", code);
    }
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
    return code == 0;
}
#else
static bool run(const struct check_test *test) {
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        return false;
    }
    if (child == 0) {
        alarm(test_seconds());
        run_here(test);
        exit(check_failures() == 0 ? 0 : 1);
    }
    if (waitpid(child, &status, 0) != child) {
        perror("waitpid");
        return false;
    }
    if (WIFSIGNALED(status)) {
        if (WTERMSIG(status) == SIGALRM)
            printf("  not done after %u seconds\n", test_seconds());
        else
            printf("  ended by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
        return false;
    }
    if (WEXITSTATUS(status) > 1)
        printf("  ended with exit code %d\n", WEXITSTATUS(status));
    return WEXITSTATUS(status) == 0;
}
#endif

static bool wanted(const char *name, int count, char **names) {
    for (int i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return count == 0;
}

static int list(bool left_out) {
    for (struct check_test *test = tests; test != NULL; test = test->next)
        if ((test->left_out != NULL) == left_out)
            printf("%s\n", test->name);
    return 0;
}

int main(int argc, char **argv) {
    int passed = 0, failed = 0, left_out = 0;
    bool here = false;
    argc--, argv++;
#ifdef _WIN32
    if (argc == 2 && strcmp(argv[0], "--child") == 0) {
        /* A crash ends it, without a window that asks. */
        SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
        for (struct check_test *test = tests; test != NULL; test = test->next)
            if (strcmp(test->name, argv[1]) == 0)
                run_here(test);
        exit(check_failures() == 0 ? 0 : 1);
    }
#endif
    if (argc > 0 && strcmp(argv[0], "--list") == 0)
        return list(false);
    if (argc > 0 && strcmp(argv[0], "--list-c-only") == 0)
        return list(true);
    if (argc > 0 && strcmp(argv[0], "--here") == 0)
        here = true, argc--, argv++;
    for (struct check_test *test = tests; test != NULL; test = test->next) {
        bool ok;
        if (!wanted(test->name, argc, argv))
            continue;
        if (test->left_out != NULL) {
            printf("c only %s: %s\n", test->name, test->left_out);
            left_out++;
            continue;
        }
        if (here) {
            int before = check_failures();
            run_here(test);
            ok = check_failures() == before;
        } else {
            ok = run(test);
        }
        printf("%s %s\n", ok ? "ok    " : "FAILED", test->name);
        fflush(stdout);
        if (ok)
            passed++;
        else
            failed++;
    }
    printf("%d passed, %d failed", passed, failed);
    if (left_out > 0)
        printf("; C surface only: %d", left_out);
    printf("\n");
    return failed == 0 && passed > 0 ? 0 : 1;
}
