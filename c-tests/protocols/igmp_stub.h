/*
 * A client registered as IGMP, without the protocol on the wire: its caller says which
 * groups have members, as IGMP reports would. It shows what IGMP has to do for the
 * manager: hold its memberships back between DISABLE and ENABLE, and add them again.
 *
 * One instance per process; its functions are for one thread at a time, and so is taking
 * or releasing interfaces it is on (DISABLE and ENABLE come on that very thread).
 */
#ifndef MGM_PROTOCOLS_IGMP_STUB_H
#define MGM_PROTOCOLS_IGMP_STUB_H

#include "protocol.h"

struct igmp_config {
    DWORD component_id;
    protocol_report report;
    unsigned interface_count;
    struct protocol_interface interfaces[PROTOCOL_INTERFACES];
};

/* Registers as MS_IP_IGMP and takes the interfaces; undone on an error (the manager's). */
DWORD igmp_stub_start(const struct igmp_config *config);
/* Hosts on an interface want a group (source 0: from anybody); network byte order. */
DWORD igmp_stub_join(DWORD if_index, DWORD source, DWORD group);
/* They no longer do; ERROR_NOT_FOUND when they never did. */
DWORD igmp_stub_leave(DWORD if_index, DWORD source, DWORD group);
/* Releases the interfaces and deregisters. */
DWORD igmp_stub_stop(void);

#endif
