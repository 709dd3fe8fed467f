/*
 * syscall_faults: a host program that goes once through everything the kernel forwarder
 * does, while a tracer that it starts makes one of the library's system calls fail, and
 * then once again without the tracer.
 *
 *   syscall_faults SCENARIO FAULTS ERRORS [TRACER ARGUMENTS... ]
 *
 *   SCENARIO  route     the life of a router: interfaces, memberships, a packet, statistics,
 *                       routes and links that change, and the way back
 *             held      another process has the table (100)
 *             diagnose  a diagnosis of a flow
 *   FAULTS    none      every call must do its work at once, and no thread be left
 *             once      a call that fails must work when it is made again, and what was done
 *                       must reach the kernel
 *             ever      calls may fail
 *   ERRORS    memory    lack of memory may be the reason that a call gives
 *             other     it may not
 *
 * The tracer gets this process's id as its last argument. That it is at work shows in
 * getppid(), which it has to make 77777.
 *
 * It makes no system call between the tracer's start and end that the library makes too,
 * but for those of waiting (see test_syscall_faults.sh). It prints what each call gave, and
 * ends with 1 after a line "WRONG ...", "LEAK ..." or "HANG ...".
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <mgm.h>
#include <mgmhost.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRACED 77777
#define DESCRIPTORS 64
#define PATIENCE 20000 /* milliseconds, for what must come */
#define HASTE 50       /* for what may not come */

enum { NONE, ONCE, EVER } faults;
static bool lack_of_memory; /* is what the faults are */
static bool failed;         /* a call did, in this round */
static unsigned threshold;
static char out[65536];
static size_t out_length;

static DWORD r_up, r_a, r_b;
static int vif_file, cache_file, status_file, packets, links;
static HANDLE client;

static void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    out_length += (size_t)vsnprintf(out + out_length, sizeof out - out_length, format, arguments);
    if (out_length >= sizeof out)
        out_length = sizeof out - 1;
    va_end(arguments);
}

static void end(int code) {
    fwrite(out, 1, out_length, stdout);
    fflush(stdout);
    /* A thread of the library that hangs must not matter. */
    _exit(code);
}

static const char *error_text(DWORD error) {
    switch (error) {
    case NO_ERROR: return "NO_ERROR";
    case ERROR_NOT_ENOUGH_MEMORY: return "ERROR_NOT_ENOUGH_MEMORY";
    case ERROR_INVALID_PARAMETER: return "ERROR_INVALID_PARAMETER";
    case ERROR_INSUFFICIENT_BUFFER: return "ERROR_INSUFFICIENT_BUFFER";
    case ERROR_ALREADY_EXISTS: return "ERROR_ALREADY_EXISTS";
    case ERROR_MORE_DATA: return "ERROR_MORE_DATA";
    case ERROR_NO_MORE_ITEMS: return "ERROR_NO_MORE_ITEMS";
    case ERROR_CAN_NOT_COMPLETE: return "ERROR_CAN_NOT_COMPLETE";
    case ERROR_NOT_FOUND: return "ERROR_NOT_FOUND";
    default: return "another error";
    }
}

/* What the kernel has */

struct table {
    char vifs[32][IF_NAMESIZE]; /* "" where there is none */
    int vif_count;
    struct entry {
        DWORD source, group;
        int iif;
        int oifs[32], ttls[32], oif_count;
    } entries[64];
    int count; /* without those that packets wait for */
};

static char *text_of(int file) {
    static char text[16384];
    size_t length = 0;
    ssize_t got;
    while (length < sizeof text - 1 &&
           (got = pread(file, text + length, sizeof text - 1 - length, (off_t)length)) > 0)
        length += (size_t)got;
    text[length] = '\0';
    return text;
}

static void read_table(struct table *table) {
    char *rest, *line;
    memset(table, 0, sizeof *table);
    strtok_r(text_of(vif_file), "\n", &rest); /* the heading */
    while ((line = strtok_r(NULL, "\n", &rest)) != NULL) {
        char name[IF_NAMESIZE];
        int number;
        if (sscanf(line, "%d %15s", &number, name) == 2 && number >= 0 && number < 32) {
            strcpy(table->vifs[number], name);
            table->vif_count++;
        }
    }
    strtok_r(text_of(cache_file), "\n", &rest);
    while ((line = strtok_r(NULL, "\n", &rest)) != NULL && table->count < 64) {
        struct entry entry = {0};
        unsigned group, source;
        int used, iif;
        if (sscanf(line, "%x %x %d %*d %*d %*d%n", &group, &source, &iif, &used) < 3 || iif < 0 ||
            iif > 31)
            continue;
        entry.source = source;
        entry.group = group;
        entry.iif = iif;
        for (char *at = line + used; *at != '\0' && entry.oif_count < 32; at += used) {
            if (sscanf(at, " %d:%d%n", &entry.oifs[entry.oif_count], &entry.ttls[entry.oif_count],
                       &used) < 2)
                break;
            entry.oif_count++;
        }
        table->entries[table->count++] = entry;
    }
}

static bool has_vif(const struct table *table, const char *name) {
    for (int k = 0; k < 32; k++)
        if (strcmp(table->vifs[k], name) == 0)
            return true;
    return false;
}

static const char *name_of(DWORD index) {
    return index == r_up ? "r-up" : index == r_a ? "r-a" : index == r_b ? "r-b" : "-";
}

static bool same_entry(const struct table *table, const struct entry *entry,
                       const MIB_IPMCAST_MFE *mfe, const MIB_IPMCAST_OIF *oifs) {
    int wanted = 0;
    if (strcmp(table->vifs[entry->iif], name_of(mfe->dwInIfIndex)) != 0)
        return false;
    for (DWORD k = 0; k < mfe->ulNumOutIf; k++) {
        const char *name = name_of(oifs[k].dwOutIfIndex);
        bool there = false;
        if (oifs[k].dwOutIfIndex == mfe->dwInIfIndex)
            continue; /* nothing goes back to where it came from */
        for (int o = 0; o < entry->oif_count; o++)
            there |= strcmp(table->vifs[entry->oifs[o]], name) == 0 &&
                     entry->ttls[o] == (oifs[k].dwOutIfIndex == r_a ? (int)threshold : 1);
        if (!there)
            return false;
        wanted++;
    }
    return wanted == entry->oif_count;
}

/* The one entry of the scenario, as the manager sees it. */
struct mfe {
    MIB_IPMCAST_MFE head;
    MIB_IPMCAST_OIF oifs[32];
};

static DWORD read_mfes(struct mfe *mfes, int *count) {
    static BYTE buffer[65536];
    DWORD size = sizeof buffer, found = 0, error = MgmGetFirstMfe(&size, buffer, &found);
    const BYTE *at = buffer;
    *count = 0;
    if (error != NO_ERROR && error != ERROR_NO_MORE_ITEMS && error != ERROR_MORE_DATA)
        return error;
    for (DWORD k = 0; k < found && *count < 16; k++) {
        struct mfe *mfe = &mfes[(*count)++];
        memcpy(&mfe->head, at, SIZEOF_BASIC_MIB_MFE);
        memcpy(mfe->oifs, at + SIZEOF_BASIC_MIB_MFE,
               (mfe->head.ulNumOutIf < 32 ? mfe->head.ulNumOutIf : 32) * sizeof mfe->oifs[0]);
        at += SIZEOF_MIB_MFE(mfe->head.ulNumOutIf);
    }
    return NO_ERROR;
}

/* Kernel and manager have the same entries: `in` and so many oifs for the scenario's. */
struct wish {
    DWORD in;
    int oifs;
};

static bool as_wished(const void *context) {
    static struct table table;
    static struct mfe mfes[16];
    const struct wish *wish = context;
    int count;
    if (read_mfes(mfes, &count) != NO_ERROR)
        return false;
    read_table(&table);
    if (count != 1 || table.count != 1 || table.vif_count != 3)
        return false;
    return table.entries[0].source == mfes[0].head.dwSource &&
           table.entries[0].group == mfes[0].head.dwGroup && mfes[0].head.dwInIfIndex == wish->in &&
           table.entries[0].oif_count == wish->oifs &&
           same_entry(&table, &table.entries[0], &mfes[0].head, mfes[0].oifs);
}

static bool is_cut_off(const void *unused) {
    static struct mfe mfes[16];
    int count;
    (void)unused;
    if (read_mfes(mfes, &count) != NO_ERROR)
        return false;
    return count == 0 || mfes[0].head.dwInIfIndex != r_up;
}

static bool table_is_empty(const void *unused) {
    static struct table table;
    (void)unused;
    read_table(&table);
    return table.count == 0 && table.vif_count == 0;
}

static bool is_alone(const void *unused) {
    const char *at = strstr(text_of(status_file), "\nThreads:");
    (void)unused;
    return at != NULL && atoi(at + 9) == 1;
}

/* Waiting */

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static bool until(bool (*is)(const void *), const void *context, long limit) {
    const struct timespec between = {0, 2000000};
    long long deadline = now() + limit;
    while (!is(context)) {
        if (now() > deadline)
            return false;
        nanosleep(&between, NULL);
    }
    return true;
}

/* What comes unless calls failed. */
static void expect(const char *what, bool (*is)(const void *), const void *context) {
    bool must = faults != EVER && !failed;
    if (until(is, context, must ? PATIENCE : HASTE) || !must)
        return;
    say("WRONG: not seen: %s\n", what);
    for (const int *file = (int[]){vif_file, cache_file, -1}; *file >= 0; file++)
        say("%s", text_of(*file));
    end(1);
}

/* Calls */

#define END 0xFFFFFFFFu

/* The errors after `good` are those that follow from an earlier call's failure. */
static bool allowed(DWORD error, DWORD good, const DWORD *others) {
    if (error == good || error == ERROR_CAN_NOT_COMPLETE)
        return true;
    if (error == ERROR_NOT_ENOUGH_MEMORY && lack_of_memory)
        return true;
    for (; (failed || faults == EVER) && *others != END; others++)
        if (error == *others)
            return true;
    return false;
}

#define CALL(good, expression, ...)                                                              \
    do {                                                                                         \
        static const DWORD others[] = {__VA_ARGS__};                                             \
        DWORD error = (expression);                                                              \
        say("  %s: %s\n", #expression, error_text(error));                                       \
        if (error != (good) && (faults == NONE || !allowed(error, (good), others))) {            \
            say("WRONG: the error of the last call\n");                                          \
            end(1);                                                                              \
        }                                                                                        \
        if (error != (good) && faults == ONCE && (error = (expression)) != (good)) {             \
            say("WRONG: %s when it was made again\n", error_text(error));                        \
            end(1);                                                                              \
        }                                                                                        \
        if (error != (good))                                                                     \
            failed = true;                                                                       \
    } while (0)

static DWORD start(DWORD table) {
    MGM_HOST_OPTIONS options = {.dwSize = sizeof options};
    DWORD error = MgmHostGetDefaultOptions(&options);
    if (error != NO_ERROR)
        return error;
    options.dwForwarder = MGM_HOST_FORWARDER_LINUX;
    options.dwTable = table;
    options.dwLogLevel = MGM_HOST_LOG_ERROR;
    return MgmHostStart(&options);
}

static DWORD reg(void) {
    static ROUTING_PROTOCOL_CONFIG config;
    return MgmRegisterMProtocol(&config, 100, 1, &client);
}

static DWORD take(DWORD index, const char *hop) {
    static struct table table;
    DWORD error = MgmTakeInterfaceOwnership(client, index, inet_addr(hop));
    if (error != NO_ERROR)
        return error;
    /* At once: later a comparison of the table would make up for it. */
    read_table(&table);
    if (!has_vif(&table, name_of(index))) {
        say("WRONG: %s is taken and has no VIF\n", name_of(index));
        end(1);
    }
    return error;
}

static DWORD release(DWORD index, const char *hop) {
    return MgmReleaseInterfaceOwnership(client, index, inet_addr(hop));
}

static DWORD member(bool adds, const char *source, const char *group, DWORD index) {
    DWORD from = inet_addr(source);
    return (adds ? MgmAddGroupMembershipEntry : MgmDeleteGroupMembershipEntry)(
        client, from, from == 0 ? 0 : 0xFFFFFFFFu, inet_addr(group), 0xFFFFFFFFu, index, 0,
        MGM_JOIN_STATE_FLAG);
}
#define add(...) member(true, __VA_ARGS__)
#define delete(...) member(false, __VA_ARGS__)

static DWORD bound(void) {
    return MgmHostAddBoundary(r_b, inet_addr("239.9.0.0"), inet_addr("255.255.0.0"));
}

static DWORD counters(void) {
    MGM_HOST_COUNTERS counted = {.dwSize = sizeof counted};
    return MgmHostGetCounters(&counted);
}

static DWORD set_threshold(DWORD ttl) {
    DWORD error = MgmHostSetThreshold(r_a, ttl);
    if (error == NO_ERROR)
        threshold = ttl;
    return error;
}

/* One MFE's statistics; *seen: the packets. */
static DWORD statistics(DWORD *seen) {
    _Alignas(8) BYTE buffer[2048];
    MIB_IPMCAST_MFE key;
    MIB_IPMCAST_MFE_STATS read;
    DWORD size = sizeof buffer, error;
    memset(&key, 0, sizeof key);
    key.dwSource = inet_addr("10.0.1.2");
    key.dwGroup = inet_addr("239.1.1.1");
    error = MgmGetMfeStats(&key, &size, buffer, MGM_MFE_STATS_0);
    if (error == NO_ERROR) {
        memcpy(&read, buffer, sizeof read);
        *seen = read.ulInPkts;
    }
    return error;
}

static DWORD all_statistics(void) {
    _Alignas(8) BYTE buffer[4096];
    DWORD size = sizeof buffer, count = 0;
    return MgmGetFirstMfeStats(&size, buffer, &count, MGM_MFE_STATS_1);
}

static DWORD reconcile(void) {
    MGM_HOST_RECONCILED found = {.dwSize = sizeof found};
    return MgmHostReconcile(&found);
}

static void MGM_CALL on_finding(PVOID unused, DWORD severity, DWORD code, DWORD index,
                                const char *line) {
    (void)unused, (void)severity, (void)code, (void)index, (void)line;
}

static DWORD diagnose(void) {
    return MgmHostDiagnose(inet_addr("10.0.1.2"), inet_addr("239.1.1.1"), 1, on_finding, NULL);
}

/* What happens on the network, without the library's system calls: writev. */

static void give(int fd, void *bytes, size_t length) {
    struct iovec place = {bytes, length};
    if (writev(fd, &place, 1) != (ssize_t)length) {
        say("WRONG: the test cannot send: %s\n", strerror(errno));
        end(1);
    }
}

static void packet(void) {
    BYTE frame[14 + 20 + 12] = {0x01, 0x00, 0x5e, 0x01, 0x01, 0x01, 0x02, 0, 0, 0, 0, 1, 0x08, 0x00,
                                0x45, 0, 0, 32, 0, 1, 0, 0, 8, 17, 0, 0, 10, 0, 1, 2, 239, 1, 1, 1,
                                0x13, 0x88, 0x13, 0x88, 0, 12};
    unsigned sum = 0;
    for (int k = 14; k < 34; k += 2)
        sum += (unsigned)frame[k] << 8 | frame[k + 1];
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = ~(sum + (sum >> 16)) & 0xFFFF;
    frame[24] = (BYTE)(sum >> 8);
    frame[25] = (BYTE)sum;
    give(packets, frame, sizeof frame);
}

static void link_set(DWORD index, bool up) {
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
    } request = {{sizeof request, RTM_NEWLINK, NLM_F_REQUEST, 1, 0},
                 {AF_UNSPEC, 0, 0, (int)index, up ? IFF_UP : 0, IFF_UP}};
    give(links, &request, sizeof request);
}

static void route_set(bool adds) {
    struct {
        struct nlmsghdr header;
        struct rtmsg route;
        struct rtattr to_header;
        DWORD to;
        struct rtattr over_header;
        DWORD over;
    } request;
    memset(&request, 0, sizeof request);
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = adds ? RTM_NEWROUTE : RTM_DELROUTE;
    request.header.nlmsg_flags = NLM_F_REQUEST | (adds ? NLM_F_CREATE : 0);
    request.route.rtm_family = AF_INET;
    request.route.rtm_dst_len = 32;
    request.route.rtm_table = RT_TABLE_MAIN;
    request.route.rtm_protocol = RTPROT_STATIC;
    request.route.rtm_scope = RT_SCOPE_LINK;
    request.route.rtm_type = RTN_UNICAST;
    request.to_header = (struct rtattr){8, RTA_DST};
    request.to = inet_addr("10.0.1.2");
    request.over_header = (struct rtattr){8, RTA_OIF};
    request.over = r_b;
    give(links, &request, sizeof request);
}

/* Scenarios */

/* A link that has just come up may lose packets: several. */
static bool packet_is_answered(const void *wish) {
    if (as_wished(wish))
        return true;
    packet();
    return false;
}

static bool vifs_are_there(const void *unused) {
    static struct table table;
    (void)unused;
    read_table(&table);
    return table.vif_count == 3 && has_vif(&table, "r-up") && has_vif(&table, "r-a") &&
           has_vif(&table, "r-b");
}

/* The interfaces still held go back, and the client: nothing that fails may prevent it. */
static void go(void) {
    DWORD error = client != NULL ? MgmDeRegisterMProtocol(client) : NO_ERROR;
    say("  deregister: %s\n", error_text(error));
    if (error == NO_ERROR) {
        error = MgmHostStop();
        say("  stop: %s\n", error_text(error));
    }
    if (error != NO_ERROR) {
        say("WRONG: the library cannot be left\n");
        end(1);
    }
}

static void release_held(DWORD index, const char *hop) {
    DWORD error = release(index, hop);
    /* What was never taken. */
    bool right = error == NO_ERROR || (failed && faults == EVER && error == ERROR_INVALID_PARAMETER);
    say("  release %s %s: %s\n", name_of(index), hop, right ? "done" : error_text(error));
    if (!right) {
        say("WRONG: an interface cannot be given back\n");
        end(1);
    }
}

static void scenario_route(void) {
    DWORD seen = 0;
    threshold = 1;
    client = NULL;
    CALL(NO_ERROR, start(0), END);
    CALL(NO_ERROR, reg(), END);
    CALL(NO_ERROR, set_threshold(2), END);
    CALL(NO_ERROR, bound(), END);
    CALL(NO_ERROR, take(r_up, "0.0.0.0"), ERROR_INVALID_PARAMETER, END);
    CALL(NO_ERROR, take(r_a, "0.0.0.0"), ERROR_INVALID_PARAMETER, END);
    CALL(NO_ERROR, take(r_b, "0.0.0.0"), ERROR_INVALID_PARAMETER, END);
    CALL(NO_ERROR, take(r_a, "10.0.2.2"), ERROR_INVALID_PARAMETER, END);
    expect("three VIFs", vifs_are_there, NULL);
    CALL(NO_ERROR, add("0.0.0.0", "239.1.1.1", r_a), ERROR_INVALID_PARAMETER, END);
    CALL(NO_ERROR, add("0.0.0.0", "239.1.1.1", r_b), ERROR_INVALID_PARAMETER, END);
    CALL(NO_ERROR, add("10.0.1.3", "239.1.1.2", r_a), ERROR_INVALID_PARAMETER, END);
    expect("the packet's entry", packet_is_answered, &(struct wish){r_up, 2});
    packet();
    CALL(NO_ERROR, statistics(&seen), ERROR_NOT_FOUND, END);
    CALL(ERROR_NO_MORE_ITEMS, all_statistics(), END);
    route_set(true);
    expect("the entry on the new route", as_wished, &(struct wish){r_b, 1});
    route_set(false);
    expect("the entry on the old route", as_wished, &(struct wish){r_up, 2});
    link_set(r_up, false);
    expect("the entry without a route", is_cut_off, NULL);
    link_set(r_up, true);
    expect("the entry on the link that is up again", as_wished, &(struct wish){r_up, 2});
    CALL(NO_ERROR, set_threshold(5), END);
    expect("the new threshold", as_wished, &(struct wish){r_up, 2});
    CALL(NO_ERROR, delete("0.0.0.0", "239.1.1.1", r_b), ERROR_INVALID_PARAMETER, ERROR_NOT_FOUND, END);
    expect("the entry with one member", as_wished, &(struct wish){r_up, 1});
    CALL(NO_ERROR, reconcile(), END);
    expect("the same entry", as_wished, &(struct wish){r_up, 1});
    CALL(NO_ERROR, counters(), END);
    release_held(r_a, "10.0.2.2");
    release_held(r_b, "0.0.0.0");
    release_held(r_a, "0.0.0.0");
    release_held(r_up, "0.0.0.0");
    expect("no VIF and no entry", table_is_empty, NULL);
    go();
}

static void scenario_held(void) {
    CALL(ERROR_CAN_NOT_COMPLETE, start(100), END);
    client = NULL;
    go();
}

static void scenario_diagnose(void) {
    client = NULL;
    CALL(NO_ERROR, start(0), END);
    CALL(NO_ERROR, reg(), END);
    CALL(NO_ERROR, take(r_up, "0.0.0.0"), ERROR_INVALID_PARAMETER, END);
    CALL(NO_ERROR, diagnose(), END);
    release_held(r_up, "0.0.0.0");
    go();
}

/* The frame */

/* Descriptors but for eventfds, of which the library keeps what it once made. */
static int descriptors(int *eventfds) {
    int count = 0;
    *eventfds = 0;
    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        char path[32], target[64];
        ssize_t length;
        if (lseek(fd, 0, SEEK_CUR) < 0 && errno == EBADF)
            continue;
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        length = readlink(path, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = '\0';
        if (strstr(target, "eventfd") != NULL)
            ++*eventfds;
        else
            count++;
    }
    return count;
}

static int descriptors_before;
static bool first_round = true;

static bool descriptors_are_as_before(const void *unused) {
    int eventfds;
    (void)unused;
    /* Of a second round that began before the first one's thread had ended. */
    return descriptors(&eventfds) == descriptors_before && eventfds <= 2;
}

static bool after_round(bool held) {
    if (!held && !until(table_is_empty, NULL, PATIENCE)) {
        say("LEAK: VIFs or entries\n%s", text_of(vif_file));
        say("%s", text_of(cache_file));
        return false;
    }
    if (!until(descriptors_are_as_before, NULL, PATIENCE)) {
        int eventfds, count = descriptors(&eventfds);
        say("LEAK: %d descriptors and %d eventfds, %d before\n", count, eventfds, descriptors_before);
        return false;
    }
    /* A worker that stays shows in its descriptors; the thread that watches callbacks ends
       within a second, which is not waited for in each run. */
    if (faults == NONE && first_round && !until(is_alone, NULL, PATIENCE)) {
        say("HANG: a thread of the library does not end\n");
        return false;
    }
    return true;
}

static pid_t tracer_start(char **command) {
    static char *arguments[64];
    static char id[16];
    const struct timespec between = {0, 1000000};
    int count = 0, ready[2];
    pid_t tracer;
    while (command[count] != NULL && count < 62) {
        arguments[count] = command[count];
        count++;
    }
    snprintf(id, sizeof id, "%d", (int)getpid());
    arguments[count] = id;
    if (pipe2(ready, O_CLOEXEC) < 0)
        exit(2);
    tracer = fork();
    if (tracer == 0) {
        char go_on;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (read(ready[0], &go_on, 1) == 1)
            execvp(arguments[0], arguments);
        _exit(127);
    }
    /* Where only a process's descendants may be traced without a word. */
    prctl(PR_SET_PTRACER, tracer);
    if (tracer < 0 || write(ready[1], "", 1) != 1)
        exit(2);
    close(ready[0]);
    close(ready[1]);
    while (syscall(SYS_getppid) != TRACED) {
        int status;
        if (waitpid(tracer, &status, WNOHANG) == tracer) {
            fprintf(stderr, "the tracer cannot trace\n");
            exit(77);
        }
        nanosleep(&between, NULL);
    }
    return tracer;
}

static DWORD index_of(const char *name) {
    DWORD index = if_nametoindex(name);
    if (index == 0) {
        fprintf(stderr, "no %s\n", name);
        exit(2);
    }
    return index;
}

int main(int argc, char **argv) {
    void (*scenario)(void);
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
    int eventfds;
    bool good, held;
    pid_t tracer = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (argc < 4)
        return 2;
    held = strcmp(argv[1], "held") == 0;
    scenario = held                               ? scenario_held
               : strcmp(argv[1], "diagnose") == 0 ? scenario_diagnose
                                                  : scenario_route;
    faults = strcmp(argv[2], "once") == 0 ? ONCE : strcmp(argv[2], "ever") == 0 ? EVER : NONE;
    lack_of_memory = strcmp(argv[3], "memory") == 0;
    r_up = index_of("r-up");
    r_a = index_of("r-a");
    r_b = index_of("r-b");
    vif_file = open("/proc/net/ip_mr_vif", O_RDONLY | O_CLOEXEC);
    cache_file = open("/proc/net/ip_mr_cache", O_RDONLY | O_CLOEXEC);
    status_file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    packets = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    links = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    to.sll_ifindex = (int)index_of("s0");
    if (vif_file < 0 || cache_file < 0 || status_file < 0 || packets < 0 || links < 0 ||
        bind(packets, (struct sockaddr *)&to, sizeof to) < 0) {
        perror("syscall_faults");
        return 2;
    }
    descriptors_before = descriptors(&eventfds);

    if (argc > 4)
        tracer = tracer_start(argv + 4);
    scenario();
    good = after_round(held);
    if (tracer > 0) {
        kill(tracer, SIGTERM);
        waitpid(tracer, NULL, 0);
    }
    if (!good)
        end(1);
    out_length = 0;
    say("without a fault\n");
    faults = NONE;
    failed = first_round = false;
    scenario();
    end(after_round(held) ? 0 : 1);
}
