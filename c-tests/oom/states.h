/* states.h: states that scenarios start from. */
#ifndef MGM_TESTS_STATES_H
#define MGM_TESTS_STATES_H

#include "trial.h"

/* Routing protocols a, b and d, and IGMP, with these callbacks. */
#define PROTOCOL_A (&c[0])
#define PROTOCOL_B (&c[1])
#define PROTOCOL_D (&c[2])
#define IGMP (&c[3])

/* The manager started, with nobody registered; every request is logged. */
void started(int unused);
/* With these options, and this program's forwarder where the run goes through that. */
void start_with(MGM_HOST_OPTIONS *options);
/* The interface towards 10.0.0.0/8. */
void sources_behind(DWORD if_index);
/* A packet, which this program's forwarder counts. */
void arrives(DWORD if_index, const char *source, const char *group);
/* a alone, with no interface; with interface 1 and a route to 10.0.0.0/8 there. */
void one_client(int unused);
void one_interface(int unused);
/* a, b, d and IGMP: a on 1 (towards 10.0.0.0/8) and 2, b on 3 and 4, d on 5 and 6; IGMP
   with b on 3 and alone on 7. */
void routers(int unused);
/* routers, and `count` MFEs (10.0.0.1, 239.1.x.y) with the outgoing interface 3. */
void entries(int count);
/* The k-th group and source. */
const char *group_of(int k);
const char *source_of(int k);
/* A packet for each of the entries, so that those that went are made anew. */
void packets_for_entries(int count);

#endif
