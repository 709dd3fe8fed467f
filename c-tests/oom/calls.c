/* The library's functions with the injection armed around them: see trial.h. */
#include "inject.h"
#include "trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "own.h"
#include "run.h"

HANDLE enumeration;

#define SENTINEL ((HANDLE)&enumeration)

/* Arguments are converted before, results looked at after. */
#define ARMED(result, call)                                                                      \
    do {                                                                                         \
        inject_arm();                                                                            \
        (result) = (call);                                                                       \
        inject_disarm();                                                                         \
    } while (0)

static char written[65536];
static size_t written_length;

void output(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (written_length < sizeof written)
        written_length += (size_t)vsnprintf(written + written_length,
                                            sizeof written - written_length, format, arguments);
    va_end(arguments);
}

const char *output_text(void) { return written; }

void output_clear(void) {
    written_length = 0;
    written[0] = '\0';
}

const char *numbered(const char *format, int a, int b) {
    static char texts[8][32];
    static unsigned next;
    char *text = texts[next++ % 8];
    int numbers[2] = {a, b};
    size_t used = 0, taken = 0;
    /* Each '#' is the next number. */
    for (; *format != '\0' && used < sizeof texts[0] - 12; format++)
        if (*format == '#')
            used += (size_t)snprintf(text + used, 12, "%d", numbers[taken++ % 2]);
        else
            text[used++] = *format;
    text[used] = '\0';
    return text;
}

static void MGM_CALL on_finding(PVOID codes, DWORD severity, DWORD code, DWORD if_index,
                                const char *text) {
    size_t length = strlen(codes);
    (void)severity, (void)text;
    if (length + 24 < 512)
        snprintf((char *)codes + length, 24, " %u@%u", (unsigned)code, (unsigned)if_index);
}
DWORD try_diagnose(const char *source, const char *group) {
    char codes[512] = "";
    DWORD s = ip(source), g = ip(group), error;
    ARMED(error, MgmHostDiagnose(s, g, 1, on_finding, codes));
    /* What was found before memory ran out is not a whole. */
    if (error == NO_ERROR)
        output("found%s\n", codes);
    return error;
}

DWORD try_register(struct client *client, DWORD protocol, DWORD component) {
    ROUTING_PROTOCOL_CONFIG config = client_callbacks(client, CB_ALL);
    HANDLE handle = SENTINEL;
    DWORD error;
    ARMED(error, MgmRegisterMProtocol(&config, protocol, component, &handle));
    if (error == NO_ERROR) {
        client->handle = handle;
        client->dead = false;
        CHECK(handle != SENTINEL && handle != NULL);
    } else {
        CHECK(handle == SENTINEL);
    }
    return error;
}

DWORD try_deregister(struct client *client) {
    DWORD error;
    ARMED(error, MgmDeRegisterMProtocol(client->handle));
    if (error == NO_ERROR)
        client->handle = NULL;
    return error;
}

DWORD try_take(struct client *client, DWORD if_index, const char *hop) {
    DWORD error, next_hop = ip(hop);
    ARMED(error, MgmTakeInterfaceOwnership(client->handle, if_index, next_hop));
    return error;
}

DWORD try_release(struct client *client, DWORD if_index, const char *hop) {
    DWORD error, next_hop = ip(hop);
    ARMED(error, MgmReleaseInterfaceOwnership(client->handle, if_index, next_hop));
    return error;
}

DWORD try_add(struct client *client, const char *source, const char *group, DWORD if_index,
              DWORD flags) {
    DWORD error, s, sm, g, gm;
    ip_range(source, &s, &sm);
    ip_range(group, &g, &gm);
    ARMED(error,
          MgmAddGroupMembershipEntry(client->handle, s, sm, g, gm, if_index, 0, flags));
    return error;
}

DWORD try_delete(struct client *client, const char *source, const char *group, DWORD if_index,
                 DWORD flags) {
    DWORD error, s, sm, g, gm;
    ip_range(source, &s, &sm);
    ip_range(group, &g, &gm);
    ARMED(error,
          MgmDeleteGroupMembershipEntry(client->handle, s, sm, g, gm, if_index, 0, flags));
    return error;
}

DWORD try_enumerate(struct client *client, MGM_ENUM_TYPES type) {
    HANDLE handle = SENTINEL;
    DWORD error;
    ARMED(error, MgmGroupEnumerationStart(client->handle, type, &handle));
    if (error == NO_ERROR)
        enumeration = handle;
    else
        CHECK(handle == SENTINEL);
    return error;
}

DWORD try_enumerate_next(void) {
    SOURCE_GROUP_ENTRY entries[3];
    DWORD size = sizeof entries, count = 99, error;
    memset(entries, 0, sizeof entries);
    ARMED(error, MgmGroupEnumerationGetNext(enumeration, &size, (PBYTE)entries, &count));
    output("%u entries\n", (unsigned)count);
    return error;
}

DWORD try_enumerate_end(void) {
    DWORD error;
    ARMED(error, MgmGroupEnumerationEnd(enumeration));
    if (error == NO_ERROR)
        enumeration = NULL;
    return error;
}

DWORD try_packet(DWORD if_index, const char *source, const char *group) {
    BYTE bytes[100];
    DWORD error;
    packet_build(bytes, source, group, sizeof bytes);
    own_count(if_index, source, group);
    ARMED(error, MgmHostReceivePacket(if_index, 0, bytes, sizeof bytes));
    return error;
}

static MGM_HOST_ROUTE make_route(const char *prefix, DWORD if_index, const char *gateway) {
    MGM_HOST_ROUTE made;
    memset(&made, 0, sizeof made);
    ip_range(prefix, &made.dwNetwork, &made.dwMask);
    made.dwIfIndex = if_index;
    made.dwGateway = ip(gateway);
    made.dwProtocol = 3;
    return made;
}

DWORD try_route(const char *prefix, DWORD if_index, const char *gateway) {
    MGM_HOST_ROUTE made = make_route(prefix, if_index, gateway);
    DWORD error;
    ARMED(error, MgmHostAddRoute(&made));
    return error;
}

DWORD try_route_delete(const char *prefix) {
    MGM_HOST_ROUTE made = make_route(prefix, 1, NULL);
    DWORD error;
    ARMED(error, MgmHostDeleteRoute(&made));
    return error;
}

DWORD try_advance(DWORD seconds) {
    DWORD error;
    ARMED(error, MgmHostAdvanceClock(seconds * 1000));
    return error;
}

DWORD try_threshold(DWORD if_index, DWORD ttl) {
    DWORD error;
    ARMED(error, MgmHostSetThreshold(if_index, ttl));
    return error;
}

DWORD try_boundary(DWORD if_index, const char *groups) {
    DWORD group, mask, error;
    ip_range(groups, &group, &mask);
    ARMED(error, MgmHostAddBoundary(if_index, group, mask));
    return error;
}

DWORD try_boundary_delete(DWORD if_index, const char *groups) {
    DWORD group, mask, error;
    ip_range(groups, &group, &mask);
    ARMED(error, MgmHostDeleteBoundary(if_index, group, mask));
    return error;
}

DWORD try_start(MGM_HOST_OPTIONS *options) {
    DWORD error;
    ARMED(error, MgmHostStart(options));
    return error;
}

DWORD try_stop(void) {
    DWORD error;
    ARMED(error, MgmHostStop());
    return error;
}
