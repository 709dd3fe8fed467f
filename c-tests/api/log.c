/* The receiver of log lines, which may call the manager. */
#include "host.h"

#include <stdatomic.h>
#include <string.h>

#define ENDLESS 1000

static atomic_uint lines, joins, inside_itself;
static unsigned joins_wanted;
static _Thread_local int depth;

/* Every line causes another one. */
static void MGM_CALL join_at_each_line(PVOID context, DWORD level, const char *message) {
    (void)context, (void)level;
    if (depth++ > 0)
        atomic_fetch_add(&inside_itself, 1);
    atomic_fetch_add(&lines, 1);
    if (strstr(message, "adds") != NULL)
        atomic_fetch_add(&joins, 1);
    if (atomic_load(&lines) <= joins_wanted)
        CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 1, JOIN));
    depth--;
}

static void start_joining(unsigned wanted) {
    MGM_HOST_OPTIONS options = host_options();
    options.dwLogLevel = MGM_HOST_LOG_DEBUG;
    host_start(&options);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    CHECK_OK(if_take(&c[0], 1));
    joins_wanted = wanted;
    CHECK_OK(MgmHostSetLog(join_at_each_line, NULL));
}

TEST(what_calls_inside_the_log_callback_log_comes_later) {
    start_joining(5);
    CHECK_OK(member_add(&c[0], "0", "239.2.2.2", 1, JOIN));
    /* The first, and one for each of five lines: all before the call returned. */
    CHECK_EQ(atomic_load(&joins), 6);
    CHECK_EQ(atomic_load(&inside_itself), 0);
}

TEST(a_log_callback_that_causes_a_line_for_each_line_needs_no_stack_and_no_end) {
    start_joining(~0u);
    CHECK_OK(member_add(&c[0], "0", "239.2.2.2", 1, JOIN));
    CHECK(atomic_load(&joins) > 0);
    for (int i = 0; i < ENDLESS; i++)
        (void)counters();
    CHECK_EQ(atomic_load(&inside_itself), 0);
    CHECK_OK(MgmHostSetLog(NULL, NULL));
}
