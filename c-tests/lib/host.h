/*
 * host.h: what the host process does for the manager in the tests: start it on the memory
 * forwarder with a clock that stands still, give it routes, packets and time.
 *
 * Every function checks the manager's result and fails the test when it is not NO_ERROR,
 * except where it returns it.
 */
#ifndef MGM_TESTS_HOST_H
#define MGM_TESTS_HOST_H

#include "recorder.h"

#include <mgmhost.h>

/* Memory forwarder, manual clock, log kept for log_has; stopped at the end of the test. */
void host_start_memory(void);
/* The same with changed options: fill from host_options(), change, start. */
MGM_HOST_OPTIONS host_options(void);
void host_start(MGM_HOST_OPTIONS *options);
/* Deregisters all clients and stops the manager (also done at the end of a test). */
void host_stop(void);

/* A route: "10.0.0.0/24" towards interface `if_index`, gateway dotted or NULL (on link),
   protocol number of the MIB (3 static, 8 RIP, 13 OSPF). Replaces one of that prefix. */
void route(const char *prefix, DWORD if_index, const char *gateway, DWORD protocol);
void route_delete(const char *prefix);
/* An address of this host: a source on the interface that holds it. */
void local_address(const char *address, DWORD if_index);

/* A valid IPv4/UDP packet of `length` bytes in all (28 or more, 1500 at most), TTL 64,
   checksums right, arrives on an interface (and next hop). */
void packet(DWORD if_index, const char *source, const char *group, unsigned length);
void packet_hop(DWORD if_index, const char *hop, const char *source, const char *group,
                unsigned length);
/* One with this TTL. */
void packet_ttl(DWORD if_index, const char *source, const char *group, unsigned length,
                unsigned ttl);
/* `count` such packets. */
void packets(DWORD if_index, const char *source, const char *group, unsigned length,
             unsigned count);
/* Builds it only, for tests that damage it; `bytes` holds `length`. */
void packet_build(BYTE *bytes, const char *source, const char *group, unsigned length);
/* Any bytes; the manager's result. */
DWORD packet_raw(DWORD if_index, DWORD next_hop, BYTE *bytes, DWORD length);

/* Moves the manual clock; what falls due runs before it returns. */
void advance(unsigned seconds);
void advance_ms(DWORD milliseconds);

/* The counters now. */
MGM_HOST_COUNTERS counters(void);
/* Whether a log line so far contains `text`; forget them. */
bool log_has(const char *text);
void log_clear(void);

#endif
