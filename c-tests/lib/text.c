/* Addresses, MFEs and groups as text: see recorder.h. */
#include "recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

DWORD to_network(DWORD host) {
    const BYTE bytes[4] = {(BYTE)(host >> 24), (BYTE)(host >> 16), (BYTE)(host >> 8), (BYTE)host};
    DWORD network;
    memcpy(&network, bytes, sizeof network);
    return network;
}

DWORD to_host(DWORD network) {
    BYTE bytes[4];
    memcpy(bytes, &network, sizeof bytes);
    return (DWORD)bytes[0] << 24 | (DWORD)bytes[1] << 16 | (DWORD)bytes[2] << 8 | bytes[3];
}

DWORD ip(const char *text) {
    unsigned a, b, d, e;
    char rest;
    if (text == NULL || strcmp(text, "0") == 0)
        return 0;
    if (sscanf(text, "%u.%u.%u.%u%c", &a, &b, &d, &e, &rest) != 4 || a > 255 || b > 255 ||
        d > 255 || e > 255) {
        check_failed(__FILE__, __LINE__, "\"%s\" is no address", text);
        check_stop();
    }
    return to_network((DWORD)a << 24 | (DWORD)b << 16 | (DWORD)d << 8 | (DWORD)e);
}

DWORD ip_mask(unsigned length) {
    return length == 0 ? 0 : to_network((DWORD)0xFFFFFFFF << (32 - length));
}

void ip_range(const char *text, DWORD *address, DWORD *mask) {
    char copy[32];
    char *slash;
    snprintf(copy, sizeof copy, "%s", text);
    slash = strchr(copy, '/');
    if (slash != NULL)
        *slash = '\0';
    *address = ip(copy);
    if (slash != NULL)
        *mask = ip_mask((unsigned)strtoul(slash + 1, NULL, 10));
    else
        *mask = *address == 0 ? 0 : 0xFFFFFFFF;
}

static char *text_buffer(void) {
    static _Thread_local char buffers[16][48];
    static _Thread_local unsigned next;
    return buffers[next++ % 16];
}

const char *ip_text(DWORD address) {
    char *text = text_buffer();
    DWORD host = to_host(address);
    if (address == 0)
        return "0";
    snprintf(text, 48, "%u.%u.%u.%u", (unsigned)(host >> 24), (unsigned)(host >> 16 & 255),
             (unsigned)(host >> 8 & 255), (unsigned)(host & 255));
    return text;
}

const char *ip_mask_text(DWORD address, DWORD mask) {
    char *text = text_buffer();
    for (unsigned length = 0; length <= 32; length++)
        if (mask == ip_mask(length)) {
            snprintf(text, 48, "%s/%u", ip_text(address), length);
            return text;
        }
    snprintf(text, 48, "%s/0x%08lx", ip_text(address), (unsigned long)to_host(mask));
    return text;
}

#define TEXT_BUFFERS 4
#define TEXT_SIZE 2048

static char *long_buffer(void) {
    static _Thread_local char buffers[TEXT_BUFFERS][TEXT_SIZE];
    static _Thread_local unsigned next;
    return buffers[next++ % TEXT_BUFFERS];
}

static DWORD get(const char *source, const char *group, struct mfe_room *room) {
    MIB_IPMCAST_MFE key;
    DWORD size = sizeof *room;
    memset(&key, 0, sizeof key);
    key.dwSource = ip(source);
    key.dwGroup = ip(group);
    return MgmGetMfe(&key, &size, (PBYTE)room);
}

bool mfe_get(const char *source, const char *group, struct mfe_room *room) {
    DWORD error = get(source, group, room);
    if (error != ERROR_NOT_FOUND)
        CHECK_OK(error);
    return error == NO_ERROR;
}

/* The outgoing interfaces lie behind the structure: read them from the bytes. */
static int oifs_text(char *text, const struct mfe_room *room) {
    int used = snprintf(text, TEXT_SIZE, "in=%lu out=[", (unsigned long)room->mfe.dwInIfIndex);
    const BYTE *bytes = (const BYTE *)room + offsetof(MIB_IPMCAST_MFE, rgmioOutInfo);
    for (ULONG i = 0; i < room->mfe.ulNumOutIf; i++) {
        MIB_IPMCAST_OIF oif;
        memcpy(&oif, bytes + i * sizeof oif, sizeof oif);
        used += snprintf(text + used, (size_t)(TEXT_SIZE - used), "%s%lu,%s", i == 0 ? "" : " ",
                         (unsigned long)oif.dwOutIfIndex, ip_text(oif.dwNextHopAddr));
    }
    return used + snprintf(text + used, (size_t)(TEXT_SIZE - used), "]");
}

const char *mfe_path(const char *source, const char *group) {
    struct mfe_room room;
    char *text = long_buffer();
    DWORD error = get(source, group, &room);
    if (error != NO_ERROR)
        return error == ERROR_NOT_FOUND ? "none" : error_name(error);
    oifs_text(text, &room);
    return text;
}

const char *mfe(const char *source, const char *group) {
    struct mfe_room room;
    char *text = long_buffer();
    char path[TEXT_SIZE];
    DWORD error = get(source, group, &room);
    const MIB_IPMCAST_MFE *m = &room.mfe;
    if (error != NO_ERROR)
        return error == ERROR_NOT_FOUND ? "none" : error_name(error);
    oifs_text(path, &room);
    snprintf(text, TEXT_SIZE,
             "%s %s %.1500s up=%s timeout=%lu expiry=%lu age=%lu proto=%lu route=%lu %s",
             ip_text(m->dwSource), ip_text(m->dwGroup), path, ip_text(m->dwUpStrmNgbr),
             (unsigned long)m->ulTimeOut, (unsigned long)m->ulExpiryTime,
             (unsigned long)m->ulUpTime, (unsigned long)m->dwInIfProtocol,
             (unsigned long)m->dwRouteProtocol, ip_mask_text(m->dwRouteNetwork, m->dwRouteMask));
    return text;
}

const char *mfe_stats(const char *source, const char *group) {
    struct {
        MIB_IPMCAST_MFE_STATS stats;
        MIB_IPMCAST_OIF_STATS more[MFE_OIFS];
    } room;
    MIB_IPMCAST_MFE key;
    DWORD size = sizeof room, error;
    char *text = long_buffer();
    const BYTE *bytes = (const BYTE *)&room + offsetof(MIB_IPMCAST_MFE_STATS, rgmiosOutStats);
    int used;
    memset(&key, 0, sizeof key);
    key.dwSource = ip(source);
    key.dwGroup = ip(group);
    error = MgmGetMfeStats(&key, &size, (PBYTE)&room, MGM_MFE_STATS_0);
    if (error != NO_ERROR)
        return error == ERROR_NOT_FOUND ? "none" : error_name(error);
    used = snprintf(text, TEXT_SIZE, "in=%lu out=[", (unsigned long)room.stats.dwInIfIndex);
    for (ULONG i = 0; i < room.stats.ulNumOutIf; i++) {
        MIB_IPMCAST_OIF_STATS oif;
        memcpy(&oif, bytes + i * sizeof oif, sizeof oif);
        used += snprintf(text + used, (size_t)(TEXT_SIZE - used), "%s%lu,%s:%lu", i == 0 ? "" : " ",
                         (unsigned long)oif.dwOutIfIndex, ip_text(oif.dwNextHopAddr),
                         (unsigned long)oif.ulOutPackets);
        if (oif.ulTtlTooLow != 0)
            used += snprintf(text + used, (size_t)(TEXT_SIZE - used), "/%lu",
                             (unsigned long)oif.ulTtlTooLow);
    }
    snprintf(text + used, (size_t)(TEXT_SIZE - used), "] packets=%lu octets=%lu wrong=%lu queue=%lu",
             (unsigned long)room.stats.ulInPkts, (unsigned long)room.stats.ulInOctets,
             (unsigned long)room.stats.ulPktsDifferentIf,
             (unsigned long)room.stats.ulQueueOverflow);
    return text;
}

unsigned mfe_count(void) {
    static BYTE buffer[16384];
    unsigned total = 0;
    DWORD size = sizeof buffer, count = 0;
    DWORD error = MgmGetFirstMfe(&size, buffer, &count);
    while (error == ERROR_MORE_DATA && count > 0) {
        MIB_IPMCAST_MFE last;
        const BYTE *at = buffer;
        for (DWORD i = 0; i < count; i++) {
            memset(&last, 0, sizeof last);
            memcpy(&last, at, offsetof(MIB_IPMCAST_MFE, rgmioOutInfo));
            at += SIZEOF_MIB_MFE(last.ulNumOutIf);
        }
        total += count;
        size = sizeof buffer;
        error = MgmGetNextMfe(&last, &size, buffer, &count);
    }
    CHECK_ERROR(error, ERROR_NO_MORE_ITEMS);
    return total + count;
}

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

const char *groups(struct client *client, MGM_ENUM_TYPES type) {
    static char text[16384], lines[256][64];
    SOURCE_GROUP_ENTRY entries[16];
    unsigned total = 0;
    int used = 0;
    HANDLE enumeration = NULL;
    DWORD error, size, count;
    REQUIRE_OK(MgmGroupEnumerationStart(client->handle, type, &enumeration));
    do {
        size = sizeof entries;
        count = 0;
        error = MgmGroupEnumerationGetNext(enumeration, &size, (PBYTE)entries, &count);
        if (error != ERROR_MORE_DATA)
            CHECK_ERROR(error, ERROR_NO_MORE_ITEMS);
        for (DWORD i = 0; i < count; i++) {
            REQUIRE(total < 256);
            snprintf(lines[total++], sizeof lines[0], "%s %s",
                     ip_mask_text(entries[i].dwSourceAddr, entries[i].dwSourceMask),
                     ip_mask_text(entries[i].dwGroupAddr, entries[i].dwGroupMask));
        }
    } while (error == ERROR_MORE_DATA);
    CHECK_OK(MgmGroupEnumerationEnd(enumeration));
    qsort(lines, total, sizeof lines[0], by_text);
    text[0] = '\0';
    for (unsigned i = 0; i < total; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%s", i == 0 ? "" : "; ",
                         lines[i]);
    return text;
}
