/*
 * A forwarder of the program's own (MgmHostSetForwarder): a small one here, which keeps
 * entries and writes down what it is asked for.
 */
#include "host.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define ENTRIES 8
#define SOURCE "10.0.0.1"
#define GROUP "239.1.1.1"

struct forwarder {
    char asked[4096]; /* "open 1 install 10.0.0.1 ..." */
    struct {
        bool used;
        DWORD source, group;
        ULONGLONG packets;
    } entries[ENTRIES];
    /* What to answer; the manager's own thread asks too. */
    _Atomic DWORD route_if;    /* the interface towards 10.0.0.0/8; 0: no route */
    _Atomic DWORD route_error; /* what a look-up gives instead */
    _Atomic DWORD install_error;
    _Atomic DWORD open_error;
    bool calls;
    DWORD calls_inside; /* what MgmGetProtocolOnInterface gave inside */
    int running, most; /* functions that ran at the same time */
    ULONGLONG oif_packets;
};

static struct forwarder f;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void enter(struct forwarder *own) {
    pthread_mutex_lock(&lock);
    if (++own->running > own->most)
        own->most = own->running;
    pthread_mutex_unlock(&lock);
}

static DWORD leave(struct forwarder *own, DWORD result) {
    pthread_mutex_lock(&lock);
    own->running--;
    pthread_mutex_unlock(&lock);
    return result;
}

static void wrote(struct forwarder *own, const char *text) {
    size_t length;
    pthread_mutex_lock(&lock);
    length = strlen(own->asked);
    snprintf(own->asked + length, sizeof own->asked - length, "%s%s", length > 0 ? "; " : "", text);
    pthread_mutex_unlock(&lock);
}

static void forget_asked(void) {
    pthread_mutex_lock(&lock);
    f.asked[0] = '\0';
    pthread_mutex_unlock(&lock);
}

/* What it was asked for since the last time. */
static void expect_asked(const char *text) {
    char asked[sizeof f.asked];
    pthread_mutex_lock(&lock);
    memcpy(asked, f.asked, sizeof asked);
    pthread_mutex_unlock(&lock);
    CHECK_TEXT(asked, text);
    forget_asked();
}

static bool has_mfe(void) { return strcmp(mfe_path(SOURCE, GROUP), "none") != 0; }

static DWORD MGM_CALL on_open(PVOID context, DWORD if_index, DWORD next_hop) {
    struct forwarder *own = context;
    char text[64];
    enter(own);
    if (next_hop == 0)
        snprintf(text, sizeof text, "open %lu", (unsigned long)if_index);
    else
        snprintf(text, sizeof text, "open %lu,%s", (unsigned long)if_index, ip_text(next_hop));
    wrote(own, text);
    return leave(own, own->open_error);
}

static DWORD MGM_CALL on_close(PVOID context, DWORD if_index, DWORD next_hop) {
    struct forwarder *own = context;
    char text[64];
    (void)next_hop;
    enter(own);
    snprintf(text, sizeof text, "close %lu", (unsigned long)if_index);
    wrote(own, text);
    return leave(own, NO_ERROR);
}

static DWORD MGM_CALL on_install(PVOID context, DWORD source, DWORD group, DWORD if_index,
                                 DWORD next_hop, DWORD count, const MGM_HOST_INTERFACE *oifs) {
    struct forwarder *own = context;
    char text[256];
    size_t used;
    enter(own);
    used = (size_t)snprintf(text, sizeof text, "install %s", ip_text(source));
    used += (size_t)snprintf(text + used, sizeof text - used, " %s in=%lu,%s out=[", ip_text(group),
                             (unsigned long)if_index, ip_text(next_hop));
    for (DWORD i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lu,%s", i > 0 ? " " : "",
                                 (unsigned long)oifs[i].dwIfIndex,
                                 ip_text(oifs[i].dwIfNextHopAddr));
    snprintf(text + used, sizeof text - used, "]");
    wrote(own, text);
    if (own->calls) {
        DWORD id, component;
        own->calls_inside = MgmGetProtocolOnInterface(1, 0, &id, &component);
    }
    if (own->install_error != NO_ERROR)
        return leave(own, own->install_error);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < ENTRIES; i++)
            if (pass == 0 ? own->entries[i].used && own->entries[i].source == source &&
                                own->entries[i].group == group
                          : !own->entries[i].used) {
                own->entries[i].used = true;
                own->entries[i].source = source;
                own->entries[i].group = group;
                return leave(own, NO_ERROR);
            }
    return leave(own, ERROR_NOT_ENOUGH_MEMORY);
}

static DWORD MGM_CALL on_remove(PVOID context, DWORD source, DWORD group) {
    struct forwarder *own = context;
    char text[128];
    size_t used;
    enter(own);
    used = (size_t)snprintf(text, sizeof text, "remove %s", ip_text(source));
    snprintf(text + used, sizeof text - used, " %s", ip_text(group));
    wrote(own, text);
    for (int i = 0; i < ENTRIES; i++)
        if (own->entries[i].source == source && own->entries[i].group == group)
            memset(&own->entries[i], 0, sizeof own->entries[i]);
    return leave(own, NO_ERROR);
}

static DWORD MGM_CALL on_route(PVOID context, DWORD source, PMGM_HOST_ROUTE result) {
    struct forwarder *own = context;
    enter(own);
    if (own->route_error != NO_ERROR)
        return leave(own, own->route_error);
    if (own->route_if == 0 || (source & ip("255.0.0.0")) != ip("10.0.0.0"))
        return leave(own, ERROR_NOT_FOUND);
    result->dwNetwork = ip("10.0.0.0");
    result->dwMask = ip("255.0.0.0");
    result->dwIfIndex = own->route_if;
    result->dwGateway = ip("192.168.0.1");
    result->dwProtocol = 13;
    return leave(own, NO_ERROR);
}

static DWORD MGM_CALL on_statistics(PVOID context, DWORD source, DWORD group,
                                    PMGM_HOST_STATISTICS counted) {
    struct forwarder *own = context;
    enter(own);
    for (int i = 0; i < ENTRIES; i++)
        if (own->entries[i].used && own->entries[i].source == source &&
            own->entries[i].group == group) {
            counted->ullPackets = own->entries[i].packets;
            counted->ullBytes = own->entries[i].packets * 100;
            counted->ullWrongInterface = 1;
            counted->ullQueueOverflow = 2;
        }
    return leave(own, NO_ERROR);
}

static DWORD MGM_CALL on_oif_statistics(PVOID context, DWORD source, DWORD group, DWORD if_index,
                                        DWORD next_hop, PMGM_HOST_OIF_STATISTICS counted) {
    struct forwarder *own = context;
    (void)source, (void)group, (void)next_hop;
    enter(own);
    counted->ullPackets = own->oif_packets + if_index;
    counted->ullTtlTooLow = 7;
    return leave(own, NO_ERROR);
}

static DWORD MGM_CALL on_threshold(PVOID context, DWORD if_index, DWORD ttl) {
    struct forwarder *own = context;
    char text[64];
    enter(own);
    /* Told for each interface when it is opened: of no interest here. */
    if (ttl != 1) {
        snprintf(text, sizeof text, "ttl %lu %lu", (unsigned long)if_index, (unsigned long)ttl);
        wrote(own, text);
    }
    return leave(own, NO_ERROR);
}

static MGM_HOST_FORWARDER table(void) {
    MGM_HOST_FORWARDER t;
    memset(&t, 0, sizeof t);
    t.dwSize = sizeof t;
    t.pvContext = &f;
    t.pfnOpenInterface = on_open;
    t.pfnCloseInterface = on_close;
    t.pfnInstallEntry = on_install;
    t.pfnRemoveEntry = on_remove;
    t.pfnGetRoute = on_route;
    t.pfnGetStatistics = on_statistics;
    t.pfnGetOifStatistics = on_oif_statistics;
    t.pfnSetThreshold = on_threshold;
    return t;
}

static void take_back(void) { CHECK_OK(MgmHostSetForwarder(NULL)); }

/* Started with it: c[0] on 1 and 2, a member on 2, a route over 1. */
static void start(void) {
    MGM_HOST_FORWARDER t = table();
    MGM_HOST_OPTIONS options;
    /* Last of all, when the manager has stopped. */
    check_at_end(take_back);
    f.route_if = 1;
    REQUIRE_OK(MgmHostSetForwarder(&t));
    options = host_options();
    options.dwForwarder = MGM_HOST_FORWARDER_OWN;
    host_start(&options);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    CHECK_OK(if_take(&c[0], 1));
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(member_add(&c[0], "0", GROUP, 2, JOIN));
    expect_asked("open 1; open 2");
}

TEST(what_the_manager_wants_comes_to_the_programs_forwarder) {
    start();
    packet(1, SOURCE, GROUP, 100);
    expect_asked("install 10.0.0.1 239.1.1.1 in=1,0 out=[2,0]");
    expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,0 up=192.168.0.1 hdr=20 route=yes",
           "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0]");
    CHECK_OK(if_take(&c[0], 3));
    CHECK_OK(member_add(&c[0], "0", GROUP, 3, JOIN));
    expect_asked("open 3; install 10.0.0.1 239.1.1.1 in=1,0 out=[2,0 3,0]");
    CHECK_OK(if_take_hop(&c[0], 4, "10.9.0.9"));
    CHECK_OK(member_add_hop(&c[0], "0", GROUP, 4, "10.9.0.9", JOIN));
    expect_asked("open 4,10.9.0.9; install 10.0.0.1 239.1.1.1 in=1,0 out=[2,0 3,0 4,10.9.0.9]");
    CHECK_OK(if_release(&c[0], 3));
    expect_asked("install 10.0.0.1 239.1.1.1 in=1,0 out=[2,0 4,10.9.0.9]; close 3");
    CHECK_EQ(counters().ullPacketsWithoutEntry, 1);
}

TEST(entries_and_interfaces_are_given_back_at_the_end) {
    start();
    packet(1, SOURCE, GROUP, 100);
    CHECK_OK(if_release(&c[0], 2));
    forget_asked();
    CHECK_OK(if_release(&c[0], 1));
    expect_asked("remove 10.0.0.1 239.1.1.1; close 1");
    host_stop();
    expect_asked("");
    for (int i = 0; i < ENTRIES; i++)
        CHECK(!f.entries[i].used);
    /* It stays for the next start, which takes it by itself. */
    REQUIRE_OK(client_register(&c[1], 100, 1, CB_ALL));
    CHECK_OK(if_take(&c[1], 5));
    expect_asked("open 5");
    CHECK_OK(if_release(&c[1], 5));
    CHECK_OK(client_deregister(&c[1]));
    expect_asked("close 5");
}

TEST(a_forwarder_of_the_programs_own_is_the_default_choice) {
    MGM_HOST_FORWARDER t = table();
    CHECK_EQ(host_options().dwForwarder, MGM_HOST_FORWARDER_MEMORY);
    CHECK_OK(MgmHostSetForwarder(&t));
    MGM_HOST_OPTIONS options;
    memset(&options, 0, sizeof options);
    options.dwSize = sizeof options;
    CHECK_OK(MgmHostGetDefaultOptions(&options));
    CHECK_EQ(options.dwForwarder, MGM_HOST_FORWARDER_OWN);
    CHECK_OK(MgmHostSetForwarder(NULL));
    CHECK_OK(MgmHostGetDefaultOptions(&options));
    CHECK_EQ(options.dwForwarder, MGM_HOST_FORWARDER_MEMORY);
    /* Without one it cannot be chosen. */
    options.dwForwarder = MGM_HOST_FORWARDER_OWN;
    CHECK_ERROR(MgmHostStart(&options), ERROR_INVALID_PARAMETER);
}

TEST(another_forwarder_needs_a_stop) {
    MGM_HOST_FORWARDER t = table();
    start();
    CHECK_ERROR(MgmHostSetForwarder(&t), ERROR_ALREADY_EXISTS);
    CHECK_ERROR(MgmHostSetForwarder(NULL), ERROR_ALREADY_EXISTS);
    CHECK_OK(if_take(&c[0], 3));
    expect_asked("open 3");
}

TEST(routes_are_the_forwarders) {
    MGM_HOST_ROUTE mine = {0, 0, 1, 0, 0};
    start();
    CHECK_OK(if_take(&c[0], 3));
    packet(1, SOURCE, GROUP, 100);
    CHECK_TEXT(mfe_path(SOURCE, GROUP), "in=1 out=[2,0]");
    forget_asked();
    f.route_if = 3;
    CHECK_OK(MgmHostRoutesChanged(ip("10.0.0.0"), ip("255.255.0.0")));
    expect_asked("install 10.0.0.1 239.1.1.1 in=3,0 out=[2,0]");
    f.route_if = 1;
    CHECK_OK(MgmHostRoutesChanged(ip("11.0.0.0"), ip("255.0.0.0")));
    expect_asked("");
    CHECK_OK(MgmHostRoutesChanged(0, 0));
    expect_asked("install 10.0.0.1 239.1.1.1 in=1,0 out=[2,0]");
    f.route_if = 0;
    CHECK_OK(MgmHostRoutesChanged(0, 0));
    expect_asked("install 10.0.0.1 239.1.1.1 in=0,0 out=[]");
    CHECK_ERROR(MgmHostRoutesChanged(ip("10.0.0.1"), ip("255.255.0.0")), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmHostRoutesChanged(0, ip("255.0.255.0")), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmHostAddRoute(&mine), ERROR_CAN_NOT_COMPLETE);
    CHECK_ERROR(MgmHostReconcile(NULL), ERROR_CAN_NOT_COMPLETE);
}

/* Started by use, and with nobody registered: the forwarder chosen is not in use. */
TEST(another_forwarder_does_not_take_the_place_of_one_that_is_not_open) {
    MGM_HOST_FORWARDER t = table();
    MGM_HOST_ROUTE mine = {0, 0, 1, 0, 0};
    BYTE bytes[100];
    f.route_if = 1;
    packet_build(bytes, SOURCE, GROUP, sizeof bytes);
    REQUIRE_OK(MgmHostSetForwarder(&t));
    CHECK_ERROR(MgmHostAddRoute(&mine), ERROR_CAN_NOT_COMPLETE);
    CHECK_ERROR(MgmHostDeleteRoute(&mine), ERROR_CAN_NOT_COMPLETE);
    CHECK_ERROR(packet_raw(1, 0, bytes, sizeof bytes), ERROR_CAN_NOT_COMPLETE);
    expect_asked("");
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    CHECK_EQ(counters().dwEntries, 0);
    CHECK_OK(if_take(&c[0], 1));
    CHECK_OK(packet_raw(1, 0, bytes, sizeof bytes));
    expect_asked("open 1; install 10.0.0.1 239.1.1.1 in=1,0 out=[]");
    CHECK_OK(if_release(&c[0], 1));
    CHECK_OK(client_deregister(&c[0]));
    CHECK_OK(MgmHostSetForwarder(NULL));
}

TEST(routes_of_other_forwarders_do_not_change_that_way) {
    host_start_memory();
    CHECK_ERROR(MgmHostRoutesChanged(0, 0), ERROR_CAN_NOT_COMPLETE);
}

TEST(a_route_that_cannot_be_said_is_asked_for_again) {
    start();
    f.route_error = ERROR_CAN_NOT_COMPLETE;
    packet(1, SOURCE, GROUP, 100);
    CHECK(log_has("the program's own forwarder: error 1003"));
    CHECK_TEXT(mfe_path(SOURCE, GROUP), "in=0 out=[]");
    f.route_error = NO_ERROR;
    EVENTUALLY(strcmp(mfe_path(SOURCE, GROUP), "in=1 out=[2,0]") == 0);
}

TEST(an_entry_that_could_not_be_installed_is_installed_again) {
    start();
    f.install_error = ERROR_NOT_ENOUGH_MEMORY;
    packet(1, SOURCE, GROUP, 100);
    CHECK(log_has("could not be installed"));
    CHECK(!f.entries[0].used);
    CHECK(counters().ullForwarderErrors >= 1);
    f.install_error = NO_ERROR;
    advance(2);
    CHECK(f.entries[0].used);
}

TEST(an_interface_that_cannot_be_used_is_not_taken) {
    start();
    f.open_error = 5;
    CHECK_ERROR(if_take(&c[0], 3), ERROR_CAN_NOT_COMPLETE);
    CHECK(log_has("the program's own forwarder: error 5"));
    f.open_error = ERROR_NOT_ENOUGH_MEMORY;
    CHECK_ERROR(if_take(&c[0], 3), ERROR_NOT_ENOUGH_MEMORY);
    f.open_error = NO_ERROR;
    CHECK_OK(if_take(&c[0], 3));
    expect_asked("open 3; open 3; open 3");
}

TEST(packets_of_an_entry_report_wrong_interfaces_and_others_cause_nothing) {
    start();
    packet(1, SOURCE, GROUP, 100);
    clear(&c[0]);
    packet(2, SOURCE, GROUP, 100);
    expect(&c[0], "WRONGIF 10.0.0.1 239.1.1.1 if=2,0 hdr=20");
    forget_asked();
    packet(1, SOURCE, GROUP, 100); /* too late: the entry is there */
    expect_asked("");
    expect_nothing(&c[0]);
}

TEST(packets_that_get_no_entry_are_not_waited_for) {
    start();
    packet(1, SOURCE, "224.0.0.5", 100);
    expect_asked("remove 10.0.0.1 224.0.0.5");
    CHECK_EQ(counters().ullDroppedScope, 1);
}

static void go(struct client *client, const struct event *event) {
    (void)event;
    CHECK_OK(if_release(client, 1));
    CHECK_OK(client_deregister(client));
}

/* Started by use: the last client takes the manager with it. */
TEST(a_packet_is_not_waited_for_when_the_last_client_goes_meanwhile) {
    MGM_HOST_FORWARDER t = table();
    f.route_if = 1;
    REQUIRE_OK(MgmHostSetForwarder(&t));
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    CHECK_OK(if_take(&c[0], 1));
    forget_asked();
    c[0].hook = go;
    c[0].hook_kinds = CB_RPF;
    packet(1, SOURCE, GROUP, 100);
    expect_asked("close 1; remove 10.0.0.1 239.1.1.1");
    c[0].hook = NULL;
    CHECK_OK(MgmHostSetForwarder(NULL));
}

TEST(statistics_are_the_forwarders) {
    start();
    packet(1, SOURCE, GROUP, 100);
    f.entries[0].packets = 5;
    f.oif_packets = 40;
    CHECK_TEXT(mfe_stats(SOURCE, GROUP), "in=1 out=[2,0:42/7] packets=5 octets=500 wrong=1 queue=2");
}

TEST(an_entry_lives_on_while_its_forwarder_counts_packets) {
    start();
    packet(1, SOURCE, GROUP, 100);
    f.entries[0].packets = 5;
    advance(901);
    CHECK(has_mfe());
    advance(901);
    CHECK(!has_mfe());
    CHECK(!f.entries[0].used);
}

TEST(thresholds_are_told_before_the_entries) {
    start();
    packet(1, SOURCE, GROUP, 100);
    forget_asked();
    CHECK_OK(MgmHostSetThreshold(2, 16));
    expect_asked("ttl 2 16; install 10.0.0.1 239.1.1.1 in=1,0 out=[2,0]");
    CHECK_OK(MgmHostSetThreshold(9, 16));
    expect_asked("ttl 9 16");
}

TEST(functions_that_count_may_be_missing) {
    MGM_HOST_FORWARDER t = table();
    MGM_HOST_OPTIONS options;
    t.pfnGetStatistics = NULL;
    t.pfnGetOifStatistics = NULL;
    t.pfnSetThreshold = NULL;
    check_at_end(take_back);
    f.route_if = 1;
    REQUIRE_OK(MgmHostSetForwarder(&t));
    options = host_options();
    options.dwForwarder = MGM_HOST_FORWARDER_OWN;
    host_start(&options);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    CHECK_OK(if_take(&c[0], 1));
    CHECK_OK(if_take(&c[0], 2));
    CHECK_OK(member_add(&c[0], "0", GROUP, 2, JOIN));
    CHECK_OK(MgmHostSetThreshold(2, 16));
    packet(1, SOURCE, GROUP, 100);
    CHECK_TEXT(mfe_stats(SOURCE, GROUP), "in=1 out=[2,0:0] packets=0 octets=0 wrong=0 queue=0");
}

static void *join_and_leave(void *client) {
    for (int i = 0; i < 500; i++) {
        CHECK_OK(member_add(client, "0", GROUP, ((struct client *)client)->protocol, JOIN));
        CHECK_OK(member_delete(client, "0", GROUP, ((struct client *)client)->protocol, JOIN));
    }
    return NULL;
}

TEST(one_thread_at_a_time_is_in_the_forwarder) {
    pthread_t threads[4];
    start();
    packet(1, SOURCE, GROUP, 100);
    for (DWORD i = 0; i < 4; i++) {
        /* The protocol id is its interface, too. */
        REQUIRE_OK(client_register(&c[1 + i], 10 + i + 1, 1, 0));
        CHECK_OK(if_take(&c[1 + i], 10 + i + 1));
    }
    for (int i = 0; i < 4; i++)
        REQUIRE(pthread_create(&threads[i], NULL, join_and_leave, &c[1 + i]) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(f.most, 1);
}

static void MGM_CALL on_finding(PVOID context, DWORD severity, DWORD code, DWORD if_index,
                                const char *text) {
    unsigned *seen = context;
    (void)severity, (void)if_index, (void)text;
    CHECK(code != MGM_HOST_FINDING_MEMORY_FORWARDER);
    if (code == MGM_HOST_FINDING_NOT_CHECKED)
        ++*seen;
}

TEST(a_diagnosis_does_not_look_into_the_forwarder) {
    unsigned seen = 0;
    start();
    CHECK_OK(MgmHostDiagnose(0, 0, 0, on_finding, &seen));
    CHECK_EQ(seen, 1);
}

C_TEST(a_call_inside_the_forwarder_is_refused, "an Engine that is called under its lock blocks") {
    start();
    f.calls = true;
    packet(1, SOURCE, GROUP, 100);
    CHECK_ERROR(f.calls_inside, ERROR_CAN_NOT_COMPLETE);
    CHECK_TEXT(mfe_path(SOURCE, GROUP), "in=1 out=[2,0]");
}

C_TEST(tables_of_other_versions_and_broken_ones, "a table of functions is C's") {
    MGM_HOST_FORWARDER t = table();
    const DWORD least = (DWORD)offsetof(MGM_HOST_FORWARDER, pfnGetStatistics);
    const DWORD sizes[] = {0, 8, least - 8, least + 1, sizeof t + 1, sizeof t + 8};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        t.dwSize = sizes[i];
        CHECK_ERROR(MgmHostSetForwarder(&t), ERROR_INVALID_PARAMETER);
    }
    for (t.dwSize = least; t.dwSize <= sizeof t; t.dwSize += (DWORD)sizeof(void *))
        CHECK_OK(MgmHostSetForwarder(&t));
    t = table();
    t.dwReserved = 1;
    CHECK_ERROR(MgmHostSetForwarder(&t), ERROR_INVALID_PARAMETER);
#define WITHOUT(function)                                                                        \
    t = table();                                                                                 \
    t.function = NULL;                                                                           \
    CHECK_ERROR(MgmHostSetForwarder(&t), ERROR_INVALID_PARAMETER)
    WITHOUT(pfnOpenInterface);
    WITHOUT(pfnCloseInterface);
    WITHOUT(pfnInstallEntry);
    WITHOUT(pfnRemoveEntry);
    WITHOUT(pfnGetRoute);
    CHECK_OK(MgmHostSetForwarder(NULL));
}

static DWORD MGM_CALL bad_route(PVOID context, DWORD source, PMGM_HOST_ROUTE result) {
    (void)context, (void)source;
    result->dwNetwork = ip("20.0.0.0"); /* not the source's */
    result->dwMask = ip("255.0.0.0");
    result->dwIfIndex = 1;
    return NO_ERROR;
}

C_TEST(a_route_to_elsewhere_is_none, "Rust's routes are not looked into") {
    MGM_HOST_FORWARDER t = table();
    MGM_HOST_OPTIONS options;
    t.pfnGetRoute = bad_route;
    check_at_end(take_back);
    REQUIRE_OK(MgmHostSetForwarder(&t));
    options = host_options();
    options.dwForwarder = MGM_HOST_FORWARDER_OWN;
    host_start(&options);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    CHECK_OK(if_take(&c[0], 1));
    packet(1, SOURCE, GROUP, 100);
    CHECK_TEXT(mfe_path(SOURCE, GROUP), "in=0 out=[]");
    CHECK(log_has("a route from the program's own forwarder that is not to the source"));
}
