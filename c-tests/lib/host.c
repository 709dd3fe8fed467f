/* The host's part in the tests: see host.h. */
#include "host.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool started;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char log_lines[65536];
static size_t log_used;

static void keep_log(PVOID context, DWORD level, const char *message) {
    size_t length = strlen(message);
    (void)context;
    (void)level;
    pthread_mutex_lock(&log_lock);
    if (log_used + length + 2 < sizeof log_lines) {
        memcpy(log_lines + log_used, message, length);
        log_lines[log_used + length] = '\n';
        log_used += length + 1;
        log_lines[log_used] = '\0';
    }
    pthread_mutex_unlock(&log_lock);
}

bool log_has(const char *text) {
    bool found;
    pthread_mutex_lock(&log_lock);
    found = strstr(log_lines, text) != NULL;
    pthread_mutex_unlock(&log_lock);
    return found;
}

void log_clear(void) {
    pthread_mutex_lock(&log_lock);
    log_used = 0;
    log_lines[0] = '\0';
    pthread_mutex_unlock(&log_lock);
}

MGM_HOST_OPTIONS host_options(void) {
    MGM_HOST_OPTIONS options;
    memset(&options, 0, sizeof options);
    options.dwSize = sizeof options;
    REQUIRE_OK(MgmHostGetDefaultOptions(&options));
    options.dwForwarder = MGM_HOST_FORWARDER_MEMORY;
    options.dwClock = MGM_HOST_CLOCK_MANUAL;
    options.dwLogLevel = MGM_HOST_LOG_INFO;
    return options;
}

void host_stop(void) {
    if (!started)
        return;
    for (int i = 0; i < CLIENTS; i++)
        client_end(&c[i]);
    CHECK_OK(MgmHostStop());
    CHECK_OK(MgmHostSetLog(NULL, NULL));
    started = false;
}

void host_start(MGM_HOST_OPTIONS *options) {
    static bool cleans_up;
    CHECK_OK(MgmHostSetLog(keep_log, NULL));
    REQUIRE_OK(MgmHostStart(options));
    started = true;
    if (!cleans_up) {
        cleans_up = true;
        check_at_end(host_stop);
    }
}

void host_start_memory(void) {
    MGM_HOST_OPTIONS options = host_options();
    host_start(&options);
}

void route(const char *prefix, DWORD if_index, const char *gateway, DWORD protocol) {
    MGM_HOST_ROUTE r;
    memset(&r, 0, sizeof r);
    ip_range(prefix, &r.dwNetwork, &r.dwMask);
    r.dwIfIndex = if_index;
    r.dwGateway = ip(gateway);
    r.dwProtocol = protocol;
    CHECK_OK(MgmHostAddRoute(&r));
}

void route_delete(const char *prefix) {
    MGM_HOST_ROUTE r;
    memset(&r, 0, sizeof r);
    ip_range(prefix, &r.dwNetwork, &r.dwMask);
    CHECK_OK(MgmHostDeleteRoute(&r));
}

void local_address(const char *address, DWORD if_index) { route(address, if_index, NULL, 2); }

static unsigned checksum(unsigned sum, const BYTE *bytes, unsigned length) {
    for (unsigned i = 0; i + 1 < length; i += 2)
        sum += (unsigned)bytes[i] << 8 | bytes[i + 1];
    if (length % 2 != 0)
        sum += (unsigned)bytes[length - 1] << 8;
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return sum;
}

static void put16(BYTE *at, unsigned value) {
    at[0] = (BYTE)(value >> 8);
    at[1] = (BYTE)value;
}

void packet_build(BYTE *bytes, const char *source, const char *group, unsigned length) {
    static atomic_uint id; /* packets are built on many threads */
    DWORD s = ip(source), g = ip(group);
    unsigned sum;
    REQUIRE(length >= 28 && length <= 1500);
    memset(bytes, 0, length);
    bytes[0] = 0x45;
    put16(bytes + 2, length);
    put16(bytes + 4, (atomic_fetch_add(&id, 1) + 1) & 0xFFFF);
    bytes[8] = 64; /* TTL */
    bytes[9] = 17; /* UDP */
    memcpy(bytes + 12, &s, 4);
    memcpy(bytes + 16, &g, 4);
    put16(bytes + 10, ~checksum(0, bytes, 20) & 0xFFFF);
    put16(bytes + 20, 5000);
    put16(bytes + 22, 5000);
    put16(bytes + 24, length - 20);
    for (unsigned i = 28; i < length; i++)
        bytes[i] = (BYTE)i;
    /* The UDP checksum covers the addresses, the protocol and the length as well. */
    sum = checksum(17 + length - 20, bytes + 12, 8);
    sum = ~checksum(sum, bytes + 20, length - 20) & 0xFFFF;
    put16(bytes + 26, sum == 0 ? 0xFFFF : sum);
}

DWORD packet_raw(DWORD if_index, DWORD next_hop, BYTE *bytes, DWORD length) {
    return MgmHostReceivePacket(if_index, next_hop, bytes, length);
}

void packet_hop(DWORD if_index, const char *hop, const char *source, const char *group,
                unsigned length) {
    BYTE bytes[1500];
    packet_build(bytes, source, group, length);
    CHECK_OK(packet_raw(if_index, ip(hop), bytes, length));
}

void packet(DWORD if_index, const char *source, const char *group, unsigned length) {
    packet_hop(if_index, NULL, source, group, length);
}

void packet_ttl(DWORD if_index, const char *source, const char *group, unsigned length,
                unsigned ttl) {
    BYTE bytes[1500];
    packet_build(bytes, source, group, length);
    bytes[8] = (BYTE)ttl;
    put16(bytes + 10, 0);
    put16(bytes + 10, ~checksum(0, bytes, 20) & 0xFFFF);
    CHECK_OK(packet_raw(if_index, 0, bytes, length));
}

void packets(DWORD if_index, const char *source, const char *group, unsigned length,
             unsigned count) {
    while (count-- > 0)
        packet(if_index, source, group, length);
}

void advance_ms(DWORD milliseconds) { CHECK_OK(MgmHostAdvanceClock(milliseconds)); }

void advance(unsigned seconds) {
    while (seconds > 1000000) {
        advance_ms(1000000000);
        seconds -= 1000000;
    }
    advance_ms((DWORD)seconds * 1000);
}

MGM_HOST_COUNTERS counters(void) {
    MGM_HOST_COUNTERS now;
    memset(&now, 0, sizeof now);
    now.dwSize = sizeof now;
    CHECK_OK(MgmHostGetCounters(&now));
    return now;
}
