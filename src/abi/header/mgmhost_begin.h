/**
 * @file
 * mgmhost.h: the multicast group manager, for the program that holds it.
 *
 * Made from the Rust sources in src/abi by build.rs: change those, then run
 * make headers.
 *
 * mgm.h is what protocols use. What the router process does on Windows by itself is done
 * here: start and stop the manager, choose its forwarder, feed the memory forwarder with
 * routes and packets, move a clock in tests, read counters, get the log. A program that
 * calls none of it gets a manager that its first registration starts, with what the
 * environment says (see MgmHostGetDefaultOptions).
 *
 * What mgm.h says of addresses, threads and NULL pointers holds here too.
 */
#ifndef MGM_HOST_H
#define MGM_HOST_H

#include "mgm.h"

#ifdef __cplusplus
extern "C" {
#endif
