/* MgmHostDiagnose on the memory forwarder: what the manager itself knows of why a flow does
   not go on. The kernel's part: c-tests/netns/test_diagnose_*.sh. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pthread_barrier_t */
#endif
#include "host.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define S "10.0.0.1"
#define G "239.1.1.1"

/* The findings of one call: "SEVERITY CODE IF" each, blank between. */
struct found {
    char codes[512];
    char texts[4096];
    unsigned count;
    void (*inside)(void);
};

static void MGM_CALL on_finding(PVOID context, DWORD severity, DWORD code, DWORD if_index,
                                const char *text) {
    struct found *found = context;
    size_t length = strlen(found->codes), used = strlen(found->texts);
    snprintf(found->codes + length, sizeof found->codes - length, "%s%u/%u@%u",
             length ? " " : "", (unsigned)severity, (unsigned)code, (unsigned)if_index);
    snprintf(found->texts + used, sizeof found->texts - used, "%s\n", text);
    CHECK(strlen(text) > 10 && strchr(text, '\n') == NULL);
    found->count++;
    if (found->inside != NULL)
        found->inside();
}

/* What is found, less the hint that the forwarder is the memory one, which is always first. */
static const char *found_in(struct found *found, const char *source, const char *group) {
    static const char always[] = "2/1@0";
    memset(found, 0, sizeof *found);
    CHECK_OK(MgmHostDiagnose(ip(source), ip(group), 0, on_finding, found));
    CHECK(strncmp(found->codes, always, strlen(always)) == 0);
    return found->codes[strlen(always)] == ' ' ? found->codes + strlen(always) + 1 : "";
}
static const char *findings(const char *source, const char *group) {
    static struct found found;
    return found_in(&found, source, group);
}

/* c0 owns 1, towards the sources, and c1 owns 2 and 3. */
static void two_protocols(void) {
    host_start_memory();
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], 101, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[1], 2));
    REQUIRE_OK(if_take(&c[1], 3));
}

TEST(arguments_are_checked) {
    struct found found = {.count = 0};
    two_protocols();
    CHECK_ERROR(MgmHostDiagnose(0, 0, 0, NULL, NULL), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmHostDiagnose(0, ip(G), 0, on_finding, &found), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmHostDiagnose(ip(S), 0, 0, on_finding, &found), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmHostDiagnose(ip(S), ip(S), 0, on_finding, &found), ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmHostDiagnose(ip(S), ip("223.255.255.255"), 0, on_finding, &found),
                ERROR_INVALID_PARAMETER);
    CHECK_ERROR(MgmHostDiagnose(ip(S), ip("240.0.0.0"), 0, on_finding, &found),
                ERROR_INVALID_PARAMETER);
    CHECK_EQ(found.count, 0);
}

TEST(the_memory_forwarder_is_a_hint) {
    struct found found;
    two_protocols();
    CHECK_TEXT(found_in(&found, "0", "0"), "");
    CHECK(strstr(found.texts, "MGM_FORWARDER=linux") != NULL);
}

TEST(a_flow_that_is_forwarded_has_no_finding) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    packet(1, S, G, 100);
    CHECK_TEXT(findings(S, G), "");
    /* A second interface that the owner vetoed stops nothing. */
    client_veto(&c[1], 3, NULL);
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 3, JOIN));
    packet(1, S, "239.1.1.2", 100);
    CHECK_TEXT(mfe_path(S, "239.1.1.2"), "in=1 out=[2,0]");
    CHECK_TEXT(findings(S, "239.1.1.2"), "");
}

TEST(groups_and_sources_that_no_router_forwards) {
    two_protocols();
    CHECK_TEXT(findings(S, "224.0.0.0"), "1/40@0");
    CHECK_TEXT(findings(S, "224.0.0.255"), "1/40@0");
    CHECK_TEXT(findings("224.0.0.1", G), "1/41@0");
    CHECK_TEXT(findings("255.255.255.255", G), "1/41@0");
    CHECK_OK(member_add(&c[1], "0", "224.0.1.0", 2, JOIN));
    packet(1, S, "224.0.1.0", 100);
    CHECK_TEXT(findings(S, "224.0.1.0"), "");
}

TEST(no_route_and_no_owner) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_TEXT(findings("172.16.0.1", G), "1/42@0 2/44@0");
    packet(1, "172.16.0.1", G, 100);
    CHECK_TEXT(findings("172.16.0.1", G), "1/42@0 1/49@2");
    route("172.16.0.0/16", 9, NULL, 3);
    CHECK_TEXT(findings("172.16.0.1", G), "1/43@9 1/49@2");
    REQUIRE_OK(if_take(&c[0], 9));
    CHECK_TEXT(findings("172.16.0.1", G), "");
}

TEST(an_iif_named_by_the_protocol_needs_no_route) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    client_answer_rpf(&c[0], 1, NULL, NULL);
    packet(1, "172.16.0.1", G, 100);
    CHECK_TEXT(mfe_path("172.16.0.1", G), "in=1 out=[2,0]");
    CHECK_TEXT(findings("172.16.0.1", G), "");
}

TEST(no_member_and_members_on_the_iif_alone) {
    two_protocols();
    CHECK_TEXT(findings(S, G), "1/46@0 2/44@0");
    packet(1, S, G, 100);
    CHECK_TEXT(findings(S, G), "1/46@0");
    CHECK_OK(member_add(&c[0], "0", G, 1, JOIN));
    CHECK_TEXT(findings(S, G), "1/47@1");
    CHECK_OK(member_add(&c[1], "10.0.0.0/24", G, 3, JOIN));
    CHECK_TEXT(findings(S, G), "");
}

TEST(an_owner_leaves_its_interface_out) {
    two_protocols();
    client_veto(&c[1], 2, NULL);
    client_veto(&c[1], 3, NULL);
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    CHECK_TEXT(findings(S, G), "2/44@0");
    packet(1, S, G, 100);
    CHECK_TEXT(findings(S, G), "1/48@2");
    CHECK_OK(member_add(&c[1], "0", G, 3, FORWARD));
    CHECK_TEXT(findings(S, G), "");
    CHECK_OK(member_delete(&c[1], S, G, 3, FORWARD));
    CHECK_TEXT(findings(S, G), "1/48@2");
    CHECK_OK(member_add(&c[1], "0", G, 2, FORWARD));
    CHECK_OK(member_delete(&c[1], S, G, 2, FORWARD));
    CHECK_TEXT(findings(S, G), "1/49@2");
}

TEST(a_boundary_keeps_the_flow_from_its_members) {
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    packet(1, S, G, 100);
    CHECK_OK(MgmHostAddBoundary(2, ip("239.0.0.0"), ip_mask(8)));
    CHECK_TEXT(findings(S, G), "1/57@2");
    CHECK_OK(member_add(&c[1], "0", G, 3, JOIN));
    CHECK_TEXT(findings(S, G), "");
    CHECK_OK(MgmHostAddBoundary(1, ip(G), ip_mask(32)));
    CHECK_TEXT(findings(S, G), "1/57@2");
    CHECK_OK(MgmHostDeleteBoundary(1, ip(G), ip_mask(32)));
    CHECK_TEXT(findings(S, G), "");
}

TEST(as_many_entries_as_allowed) {
    MGM_HOST_OPTIONS options = host_options();
    struct found found;
    options.dwMaxEntries = 1;
    host_start(&options);
    route("10.0.0.0/24", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    CHECK_TEXT(findings("0", "0"), "");
    packet(1, S, G, 100);
    CHECK_TEXT(found_in(&found, "0", "0"), "1/12@0");
    CHECK(strstr(found.texts, "there are 1 forwarding entries") != NULL);
}

/* No lock is held: the callback may call anything, this function too. */
static unsigned nested;
static void calls_inside(void) {
    struct found found = {.count = 0};
    CHECK_OK(member_add(&c[1], "0", "239.2.2.2", 2, JOIN));
    CHECK_OK(member_delete(&c[1], "0", "239.2.2.2", 2, JOIN));
    CHECK_OK(MgmHostDiagnose(ip(S), ip(G), 0, on_finding, &found));
    nested += found.count;
}
TEST(every_function_inside_a_finding) {
    struct found found = {.inside = calls_inside};
    two_protocols();
    CHECK_OK(MgmHostDiagnose(ip(S), ip(G), 0, on_finding, &found));
    CHECK_EQ(found.count, 3);
    CHECK_EQ(nested, 9);
}

static pthread_barrier_t both_in;
static void meet(void) { pthread_barrier_wait(&both_in); }
static void *one_finds(void *unused) {
    struct found found = {.inside = meet};
    CHECK_OK(MgmHostDiagnose(0, 0, 0, on_finding, &found));
    CHECK_EQ(found.count, 1);
    return unused;
}
TEST(two_threads_find_at_the_same_time) {
    pthread_t other;
    two_protocols();
    REQUIRE(pthread_barrier_init(&both_in, NULL, 2) == 0);
    REQUIRE(pthread_create(&other, NULL, one_finds, NULL) == 0);
    one_finds(NULL);
    pthread_join(other, NULL);
}

static void diagnose_in_callback(struct client *client, const struct event *event) {
    struct found *found = client->hook_context;
    (void)event;
    CHECK_OK(MgmHostDiagnose(ip(S), ip(G), 0, on_finding, found));
}
TEST(inside_a_callback_an_entry_in_the_making) {
    struct found found = {.count = 0};
    two_protocols();
    CHECK_OK(member_add(&c[1], "0", G, 2, JOIN));
    c[0].hook_kinds = CB_RPF;
    c[0].hook = diagnose_in_callback;
    c[0].hook_context = &found;
    packet(1, S, G, 100);
    CHECK_TEXT(found.codes, "2/1@0 2/45@1");
    CHECK_TEXT(findings(S, G), "");
}
