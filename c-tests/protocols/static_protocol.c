/* A static multicast routing protocol: see static_protocol.h. */
#include "static_protocol.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static struct static_config config;
static HANDLE handle;
static unsigned interfaces_taken;

static void report(const char *format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (config.report != NULL)
        config.report(line);
}

static const char *name_of(char text[ADDRESS_TEXT], DWORD if_index) {
    return interface_name(text, config.interfaces, config.interface_count, if_index);
}

static int owns(DWORD if_index) {
    for (unsigned i = 0; i < config.interface_count; i++)
        if (config.interfaces[i].if_index == if_index)
            return 1;
    return 0;
}

/* The most specific static route to a source, or NULL. */
static const struct static_route *route_to(DWORD source) {
    const struct static_route *best = NULL;
    for (unsigned i = 0; i < config.route_count; i++) {
        const struct static_route *r = &config.routes[i];
        if ((source & r->mask) == r->network &&
            (best == NULL || mask_length(r->mask) > mask_length(best->mask)))
            best = r;
    }
    return best;
}

/* The callbacks. What they are given is the manager's; the pointers end with the call. */

static DWORD on_rpf(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                    PDWORD in_if_index, PDWORD in_next_hop, PDWORD upstream, DWORD header_size,
                    PBYTE header, PBYTE route) {
    char s[ADDRESS_TEXT], g[ADDRESS_TEXT], u[ADDRESS_TEXT], n[ADDRESS_TEXT], via[64];
    const struct static_route *mine = route_to(source);
    (void)source_mask, (void)group_mask, (void)header;
    snprintf(via, sizeof via, "no route");
    if (route != NULL) {
        RTM_DEST_INFO info; /* by copy: the bytes need not be aligned */
        memcpy(&info, route, sizeof info);
        snprintf(via, sizeof via, "route %u.%u.%u.%u/%u", info.DestAddress.AddrBits[0],
                 info.DestAddress.AddrBits[1], info.DestAddress.AddrBits[2],
                 info.DestAddress.AddrBits[3], info.DestAddress.NumBits);
    }
    if (mine != NULL && owns(mine->if_index)) {
        *in_if_index = mine->if_index;
        *in_next_hop = 0;
        *upstream = mine->upstream;
        snprintf(via, sizeof via, "static route /%u", mask_length(mine->mask));
    }
    report("RPF (%s, %s): expected on %s, upstream %s, by %s, %s", address_text(s, source),
           address_text(g, group), name_of(n, *in_if_index),
           *upstream == 0 ? "direct" : address_text(u, *upstream), via,
           header_size > 0 ? "for a packet" : "without a packet");
    return NO_ERROR;
}

static int is_outside(DWORD group, DWORD if_index) {
    for (unsigned i = 0; i < config.boundary_count; i++)
        if (config.boundaries[i].if_index == if_index &&
            (group & config.boundaries[i].mask) == config.boundaries[i].group)
            return 1;
    return 0;
}

static DWORD on_creation_alert(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                               DWORD in_if_index, DWORD in_next_hop, DWORD count,
                               PMGM_IF_ENTRY out) {
    char s[ADDRESS_TEXT], g[ADDRESS_TEXT], n[ADDRESS_TEXT], list[256] = "";
    size_t used = 0;
    (void)source_mask, (void)group_mask, (void)in_next_hop;
    for (DWORD i = 0; i < count; i++) {
        if (is_outside(group, out[i].dwIfIndex))
            out[i].bIsEnabled = 0;
        if (used < sizeof list - 1) {
            int more = snprintf(list + used, sizeof list - used, " %s%s%s",
                                name_of(n, out[i].dwIfIndex), out[i].bIGMP ? " (IGMP)" : "",
                                out[i].bIsEnabled ? "" : " (boundary: disabled)");
            used += more > 0 ? (size_t)more : 0;
        }
    }
    report("CREATION ALERT (%s, %s): in %s, out%s", address_text(s, source),
           address_text(g, group), name_of(n, in_if_index), list);
    return NO_ERROR;
}

static DWORD on_prune_alert(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                            DWORD if_index, DWORD next_hop, BOOL member, PDWORD timeout) {
    char s[ADDRESS_TEXT], g[ADDRESS_TEXT], n[ADDRESS_TEXT];
    (void)source_mask, (void)group_mask, (void)next_hop, (void)timeout;
    report("PRUNE ALERT (%s, %s): %s, last on %s", address_text(s, source),
           address_text(g, group), member ? "no other member" : "nothing to forward to",
           name_of(n, if_index));
    return NO_ERROR;
}

static DWORD on_join_alert(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                           BOOL member) {
    char s[ADDRESS_TEXT], g[ADDRESS_TEXT];
    (void)source_mask, (void)group_mask;
    report("JOIN ALERT (%s, %s): %s", address_text(s, source), address_text(g, group),
           member ? "another client has members" : "something to forward to");
    return NO_ERROR;
}

static DWORD on_wrong_if(DWORD source, DWORD group, DWORD if_index, DWORD next_hop,
                         DWORD header_size, PBYTE header) {
    char s[ADDRESS_TEXT], g[ADDRESS_TEXT], n[ADDRESS_TEXT];
    (void)next_hop, (void)header_size, (void)header;
    report("WRONG INTERFACE (%s, %s): a packet came in on %s", address_text(s, source),
           address_text(g, group), name_of(n, if_index));
    return NO_ERROR;
}

static DWORD on_local_join(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                           DWORD if_index, DWORD next_hop) {
    char s[ADDRESS_TEXT], g[ADDRESS_TEXT], n[ADDRESS_TEXT];
    (void)source_mask, (void)group_mask, (void)next_hop;
    report("LOCAL JOIN (%s, %s) on %s", address_text(s, source), address_text(g, group),
           name_of(n, if_index));
    return NO_ERROR;
}

static DWORD on_local_leave(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                            DWORD if_index, DWORD next_hop) {
    char s[ADDRESS_TEXT], g[ADDRESS_TEXT], n[ADDRESS_TEXT];
    (void)source_mask, (void)group_mask, (void)next_hop;
    report("LOCAL LEAVE (%s, %s) on %s", address_text(s, source), address_text(g, group),
           name_of(n, if_index));
    return NO_ERROR;
}

/* How many forwarding entries come in on an interface; pages through all of them. */
static unsigned entries_from(DWORD if_index) {
    static BYTE buffer[8192];
    unsigned entries = 0;
    MIB_IPMCAST_MFE last;
    DWORD size = sizeof buffer, count = 0;
    DWORD error = MgmGetFirstMfe(&size, buffer, &count);
    memset(&last, 0, sizeof last);
    for (;;) {
        const BYTE *at = buffer;
        if (error != ERROR_MORE_DATA && error != ERROR_NO_MORE_ITEMS) {
            report("listing the forwarding entries: error %lu", (unsigned long)error);
            return entries;
        }
        for (DWORD i = 0; i < count; i++) {
            memcpy(&last, at, offsetof(MIB_IPMCAST_MFE, rgmioOutInfo));
            at += offsetof(MIB_IPMCAST_MFE, rgmioOutInfo) +
                  last.ulNumOutIf * sizeof(MIB_IPMCAST_OIF);
            if (last.dwInIfIndex == if_index)
                entries++;
        }
        if (error == ERROR_NO_MORE_ITEMS)
            return entries;
        size = sizeof buffer;
        error = MgmGetNextMfe(&last, &size, buffer, &count);
    }
}

/* Shutdown, in Microsoft's order: release every interface, then deregister. The manager
   disables and enables IGMP around each release and deletes the interface's entries. */
DWORD static_protocol_stop(void) {
    char n[ADDRESS_TEXT];
    HANDLE dead = handle;
    DWORD error;
    if (handle == NULL)
        return ERROR_INVALID_PARAMETER;
    while (interfaces_taken > 0) {
        DWORD if_index = config.interfaces[interfaces_taken - 1].if_index;
        unsigned before = entries_from(if_index);
        error = MgmReleaseInterfaceOwnership(handle, if_index, 0);
        if (error != NO_ERROR) {
            report("release of %s: error %lu", name_of(n, if_index), (unsigned long)error);
            return error;
        }
        interfaces_taken--;
        report("released %s: forwarding entries from it: %u before, %u after",
               name_of(n, if_index), before, entries_from(if_index));
    }
    error = MgmDeRegisterMProtocol(handle);
    if (error != NO_ERROR) {
        report("deregister: error %lu", (unsigned long)error);
        return error;
    }
    handle = NULL;
    error = MgmDeRegisterMProtocol(dead);
    if (error == ERROR_INVALID_PARAMETER)
        report("deregistered, its handle is dead");
    else
        report("deregistered, but its handle still answers: %lu", (unsigned long)error);
    return NO_ERROR;
}

DWORD static_protocol_start(const struct static_config *wanted) {
    ROUTING_PROTOCOL_CONFIG callbacks;
    char s[ADDRESS_TEXT], g[ADDRESS_TEXT], n[ADDRESS_TEXT];
    DWORD error;
    if (handle != NULL)
        return ERROR_ALREADY_EXISTS;
    if (wanted == NULL || wanted->interface_count > PROTOCOL_INTERFACES ||
        wanted->group_count > PROTOCOL_ENTRIES || wanted->route_count > PROTOCOL_ENTRIES ||
        wanted->boundary_count > PROTOCOL_ENTRIES)
        return ERROR_INVALID_PARAMETER;
    config = *wanted;
    interfaces_taken = 0;

    memset(&callbacks, 0, sizeof callbacks);
    callbacks.pfnRpfCallback = on_rpf;
    callbacks.pfnCreationAlertCallback = on_creation_alert;
    callbacks.pfnPruneAlertCallback = on_prune_alert;
    callbacks.pfnJoinAlertCallback = on_join_alert;
    callbacks.pfnWrongIfCallback = on_wrong_if;
    callbacks.pfnLocalJoinCallback = on_local_join;
    callbacks.pfnLocalLeaveCallback = on_local_leave;
    /* No DISABLE and ENABLE: these two are for IGMP alone. */
    error = MgmRegisterMProtocol(
        &callbacks, PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS0, PROTO_IP_NT_STATIC),
        config.component_id, &handle);
    if (error != NO_ERROR) {
        handle = NULL;
        report("register: error %lu", (unsigned long)error);
        return error;
    }
    report("registered");
    for (unsigned i = 0; i < config.interface_count; i++) {
        DWORD if_index = config.interfaces[i].if_index;
        error = MgmTakeInterfaceOwnership(handle, if_index, 0);
        if (error != NO_ERROR) {
            report("take of %s: error %lu", name_of(n, if_index), (unsigned long)error);
            goto undo;
        }
        interfaces_taken++;
        report("took %s", name_of(n, if_index));
    }
    for (unsigned i = 0; i < config.group_count; i++) {
        const struct static_group *join = &config.groups[i];
        error = MgmAddGroupMembershipEntry(handle, join->source, join->source == 0 ? 0 : 0xFFFFFFFF,
                                           join->group, 0xFFFFFFFF, join->if_index, 0,
                                           MGM_JOIN_STATE_FLAG);
        report("joined (%s, %s) on %s: %s", address_text(s, join->source),
               address_text(g, join->group), name_of(n, join->if_index),
               error == NO_ERROR ? "done" : "refused");
        if (error != NO_ERROR)
            goto undo;
    }
    return NO_ERROR;
undo:
    static_protocol_stop();
    return error;
}
