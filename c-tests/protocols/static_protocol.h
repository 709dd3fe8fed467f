/*
 * A static multicast routing protocol on mgm.h: it owns interfaces, joins the groups it
 * was configured with, and decides RPF and boundaries from static tables.
 *
 * One instance per process. start, stop and the reports' receiver belong to the caller;
 * the callbacks only read the configuration, so they need no lock.
 */
#ifndef MGM_PROTOCOLS_STATIC_PROTOCOL_H
#define MGM_PROTOCOLS_STATIC_PROTOCOL_H

#include "protocol.h"

/* A group joined on an interface; source 0 is any source. Network byte order. */
struct static_group {
    DWORD source, group;
    DWORD if_index;
};

/* A multicast route that overrides what the manager found: sources of this prefix are
   expected on this interface, from this upstream neighbour (0: direct). */
struct static_route {
    DWORD network, mask;
    DWORD if_index;
    DWORD upstream;
};

/* Groups of this prefix never leave through this interface. */
struct static_boundary {
    DWORD group, mask;
    DWORD if_index;
};

struct static_config {
    DWORD component_id;
    protocol_report report;
    unsigned interface_count, group_count, route_count, boundary_count;
    struct protocol_interface interfaces[PROTOCOL_INTERFACES];
    struct static_group groups[PROTOCOL_ENTRIES];
    struct static_route routes[PROTOCOL_ENTRIES];
    struct static_boundary boundaries[PROTOCOL_ENTRIES];
};

/* Registers (protocol PROTO_IP_NT_STATIC, multicast), takes the interfaces, joins the
   groups. The configuration is copied. On an error (the manager's) everything is undone;
   ERROR_ALREADY_EXISTS also when it runs already. */
DWORD static_protocol_start(const struct static_config *config);

/* The shutdown: releases every interface and deregisters. NO_ERROR when it is done, the
   manager's error otherwise. */
DWORD static_protocol_stop(void);

#endif
