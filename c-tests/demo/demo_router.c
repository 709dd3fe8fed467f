/*
 * demo_router UP DOWN: the router of the demo. One process has the one manager and, as its
 * clients, the static protocol and the IGMP stub, on two interfaces.
 *
 * The forwarder comes from the environment (MGM_FORWARDER=linux|memory). With the kernel
 * UP and DOWN are existing interfaces, else they are names for the numbers 1 and 2.
 * It does what standard input says and answers each line with "= ok" or "= failed":
 *
 *   start GROUP              start IGMP and the static protocol, which joins GROUP on DOWN
 *   join GROUP, leave GROUP  a host on DOWN joins or leaves
 *   send SOURCE GROUP COUNT  packets arrive on UP (memory forwarder only)
 *   entries                  print the forwarding entries with their counters
 *   stop                     stop the static protocol, then IGMP
 *   quit                     stop the manager and end
 *
 * Only this driver uses the host's header; the protocols know mgm.h and nothing else.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../protocols/igmp_stub.h"
#include "../protocols/static_protocol.h"

#include <mgmhost.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double start_time;
static pthread_mutex_t print_lock = PTHREAD_MUTEX_INITIALIZER;
static struct protocol_interface interfaces[2];
static DWORD forwarder;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_line(const char *who, const char *line) {
    pthread_mutex_lock(&print_lock);
    printf("  %7.3f s  %-8s %s\n", now() - start_time, who, line);
    fflush(stdout);
    pthread_mutex_unlock(&print_lock);
}

static void report_static(const char *line) { print_line("static", line); }
static void report_igmp(const char *line) { print_line("igmp", line); }

static void report_log(PVOID context, DWORD level, const char *message) {
    (void)context, (void)level;
    print_line("log", message);
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    print_line("manager", line);
}

static DWORD address(const char *text) {
    struct in_addr a;
    if (text == NULL || inet_pton(AF_INET, text, &a) != 1)
        return 0;
    return a.s_addr;
}

static int host_start(void) {
    MGM_HOST_OPTIONS options;
    memset(&options, 0, sizeof options);
    options.dwSize = sizeof options;
    if (MgmHostSetLog(report_log, NULL) != NO_ERROR ||
        MgmHostGetDefaultOptions(&options) != NO_ERROR)
        return 0;
    forwarder = options.dwForwarder;
    for (int i = 0; i < 2; i++) {
        interfaces[i].if_index = forwarder == MGM_HOST_FORWARDER_LINUX
                                     ? if_nametoindex(interfaces[i].name)
                                     : (DWORD)i + 1;
        if (interfaces[i].if_index == 0) {
            say("no interface %s", interfaces[i].name);
            return 0;
        }
    }
    if (MgmHostStart(&options) != NO_ERROR) {
        say("it does not start");
        return 0;
    }
    if (forwarder == MGM_HOST_FORWARDER_LINUX)
        say("version %s started on the kernel forwarder", MgmHostGetVersion());
    else
        say("version %s started on the memory forwarder", MgmHostGetVersion());
    return 1;
}

static int start(const char *group) {
    static struct igmp_config igmp;
    static struct static_config config;
    igmp.component_id = config.component_id = 1;
    igmp.report = report_igmp;
    config.report = report_static;
    igmp.interface_count = config.interface_count = 2;
    memcpy(igmp.interfaces, interfaces, sizeof interfaces);
    memcpy(config.interfaces, interfaces, sizeof interfaces);
    config.group_count = 1;
    config.groups[0].source = 0;
    config.groups[0].group = address(group);
    config.groups[0].if_index = interfaces[1].if_index;
    /* IGMP first: the static protocol then finds it there, and it gets DISABLE, ENABLE. */
    return igmp_stub_start(&igmp) == NO_ERROR && static_protocol_start(&config) == NO_ERROR;
}

static void put16(BYTE *at, unsigned value) {
    at[0] = (BYTE)(value >> 8);
    at[1] = (BYTE)value;
}

/* Memory forwarder: the route to the source, then its packets. */
static int send_packets(const char *source, const char *group, unsigned count) {
    MGM_HOST_COUNTERS counters;
    MGM_HOST_ROUTE route;
    ULONGLONG before;
    DWORD s = address(source), g = address(group);
    BYTE packet[128];
    unsigned sum = 0;
    if (s == 0 || g == 0)
        return 0;
    memset(&route, 0, sizeof route);
    route.dwMask = htonl(0xFFFFFF00);
    route.dwNetwork = s & route.dwMask;
    route.dwIfIndex = interfaces[0].if_index;
    route.dwProtocol = 3;
    if (MgmHostAddRoute(&route) != NO_ERROR)
        return 0;

    memset(packet, 0, sizeof packet);
    packet[0] = 0x45;
    put16(packet + 2, sizeof packet);
    packet[8] = 64;
    packet[9] = 17;
    memcpy(packet + 12, &s, 4);
    memcpy(packet + 16, &g, 4);
    for (int i = 0; i < 20; i += 2)
        sum += (unsigned)packet[i] << 8 | packet[i + 1];
    put16(packet + 10, ~((sum & 0xFFFF) + (sum >> 16)) & 0xFFFF);
    put16(packet + 20, 5000);
    put16(packet + 22, 5000);
    put16(packet + 24, sizeof packet - 20); /* UDP checksum 0: none */

    memset(&counters, 0, sizeof counters);
    counters.dwSize = sizeof counters;
    if (MgmHostGetCounters(&counters) != NO_ERROR)
        return 0;
    before = counters.ullPacketsForwarded;
    for (unsigned i = 0; i < count; i++)
        if (MgmHostReceivePacket(interfaces[0].if_index, 0, packet, sizeof packet) != NO_ERROR)
            return 0;
    if (MgmHostGetCounters(&counters) != NO_ERROR)
        return 0;
    say("forwarded %lu of %u packets", (unsigned long)(counters.ullPacketsForwarded - before),
        count);
    return counters.ullPacketsForwarded - before == count;
}

static int print_entry(const MIB_IPMCAST_MFE *found) {
    struct {
        MIB_IPMCAST_MFE mfe;
        MIB_IPMCAST_OIF more[31];
    } room;
    struct {
        MIB_IPMCAST_MFE_STATS stats;
        MIB_IPMCAST_OIF_STATS more[31];
    } statistics;
    MIB_IPMCAST_MFE key = *found;
    char s[ADDRESS_TEXT], g[ADDRESS_TEXT], n[ADDRESS_TEXT], u[ADDRESS_TEXT], r[ADDRESS_TEXT];
    char out[256] = "";
    size_t used = 0;
    DWORD size = sizeof room;
    const BYTE *oifs = (const BYTE *)&room + offsetof(MIB_IPMCAST_MFE, rgmioOutInfo);
    if (MgmGetMfe(&key, &size, (PBYTE)&room) != NO_ERROR)
        return 0;
    size = sizeof statistics;
    if (MgmGetMfeStats(&key, &size, (PBYTE)&statistics, MGM_MFE_STATS_0) != NO_ERROR)
        return 0;
    for (ULONG i = 0; i < room.mfe.ulNumOutIf && used < sizeof out; i++) {
        MIB_IPMCAST_OIF oif;
        memcpy(&oif, oifs + i * sizeof oif, sizeof oif);
        used += (size_t)snprintf(out + used, sizeof out - used, " %s",
                                 interface_name(n, interfaces, 2, oif.dwOutIfIndex));
    }
    say("MFE (%s, %s): in %s, out%s, upstream %s, route %s/%u", address_text(s, room.mfe.dwSource),
        address_text(g, room.mfe.dwGroup),
        interface_name(n, interfaces, 2, room.mfe.dwInIfIndex), used > 0 ? out : " nothing",
        room.mfe.dwUpStrmNgbr == 0 ? "direct" : address_text(u, room.mfe.dwUpStrmNgbr),
        address_text(r, room.mfe.dwRouteNetwork), mask_length(room.mfe.dwRouteMask));
    say("    counters: %lu packets, %lu bytes, %lu on a wrong interface; expires in %lu of %lu s",
        (unsigned long)statistics.stats.ulInPkts, (unsigned long)statistics.stats.ulInOctets,
        (unsigned long)statistics.stats.ulPktsDifferentIf, (unsigned long)room.mfe.ulExpiryTime,
        (unsigned long)room.mfe.ulTimeOut);
    return 1;
}

/* Prints every forwarding entry, one page of the enumeration after the other. */
static int print_entries(void) {
    static BYTE buffer[8192];
    MIB_IPMCAST_MFE entry;
    DWORD size = sizeof buffer, count = 0;
    DWORD error = MgmGetFirstMfe(&size, buffer, &count);
    memset(&entry, 0, sizeof entry);
    for (;;) {
        const BYTE *at = buffer;
        if (error != ERROR_MORE_DATA && error != ERROR_NO_MORE_ITEMS)
            return 0;
        for (DWORD i = 0; i < count; i++) {
            memcpy(&entry, at, offsetof(MIB_IPMCAST_MFE, rgmioOutInfo));
            at += SIZEOF_MIB_MFE(entry.ulNumOutIf);
            if (!print_entry(&entry))
                return 0;
        }
        if (error == ERROR_NO_MORE_ITEMS)
            return 1;
        size = sizeof buffer;
        error = MgmGetNextMfe(&entry, &size, buffer, &count);
    }
}

static int stop(void) {
    MGM_HOST_COUNTERS counters;
    if (static_protocol_stop() != NO_ERROR || igmp_stub_stop() != NO_ERROR)
        return 0;
    memset(&counters, 0, sizeof counters);
    counters.dwSize = sizeof counters;
    if (MgmHostGetCounters(&counters) != NO_ERROR)
        return 0;
    say("left over: %lu clients, %lu interfaces, %lu memberships, %lu entries",
        (unsigned long)counters.dwClients, (unsigned long)counters.dwInterfaces,
        (unsigned long)counters.dwMemberships, (unsigned long)counters.dwEntries);
    return 1;
}

/* Runs one line; false when it failed. */
static int run(char *line) {
    char *next = NULL;
    const char *command = strtok_r(line, " \n", &next);
    const char *first = strtok_r(NULL, " \n", &next);
    const char *second = strtok_r(NULL, " \n", &next);
    const char *third = strtok_r(NULL, " \n", &next);
    if (command == NULL)
        return 0;
    if (strcmp(command, "start") == 0)
        return address(first) != 0 && start(first);
    if (strcmp(command, "join") == 0)
        return igmp_stub_join(interfaces[1].if_index, 0, address(first)) == NO_ERROR;
    if (strcmp(command, "leave") == 0)
        return igmp_stub_leave(interfaces[1].if_index, 0, address(first)) == NO_ERROR;
    if (strcmp(command, "send") == 0)
        return third != NULL && send_packets(first, second, (unsigned)atoi(third));
    if (strcmp(command, "entries") == 0)
        return print_entries();
    if (strcmp(command, "stop") == 0)
        return stop();
    return 0;
}

int main(int argc, char **argv) {
    char line[256];
    const char *since = getenv("DEMO_START");
    int failed = 0;
    if (argc != 3) {
        fprintf(stderr, "usage: demo_router UP DOWN\n");
        return 2;
    }
    interfaces[0].name = argv[1];
    interfaces[1].name = argv[2];
    start_time = since != NULL ? strtod(since, NULL) : now();
    if (!host_start())
        return 1;
    printf("= ok\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL && strncmp(line, "quit", 4) != 0) {
        int ok = run(line);
        failed |= !ok;
        printf(ok ? "= ok\n" : "= failed\n");
        fflush(stdout);
    }
    if (MgmHostStop() != NO_ERROR) {
        say("it does not stop");
        return 1;
    }
    say("stopped");
    return failed;
}
