/*
 * own.h: a forwarder of this program's own (MgmHostSetForwarder), which holds what it is told
 * and checks that it is told it in the order that mgmhost.h promises. Where a function of it
 * may fail, inject_answer says whether it does.
 */
#ifndef MGM_TESTS_OWN_H
#define MGM_TESTS_OWN_H

#include "host.h"

/* Whether this run goes through it: `started` gives it to the manager. */
extern bool own_wanted;

/* Its functions. */
MGM_HOST_FORWARDER own_table(void);
/* The same with another context; whether the last interface was opened with that. */
MGM_HOST_FORWARDER own_other_table(void);
bool own_other_was_used(void);

/* The interface towards 10.0.0.0/8 and its gateway; 0: no route. */
void own_route(DWORD if_index, const char *gateway);
/* A packet that it may have an entry for. */
void own_count(DWORD if_index, const char *source, const char *group);

/* The functions that were made to answer that there is no memory. */
enum { OWN_OPEN = 1, OWN_INSTALL = 2, OWN_ROUTE = 4 };
unsigned own_refused(void);
/* How often. */
unsigned long own_refusals(void);

/* Its interfaces, ascending, and entries by group and source, each followed by its list. */
#define OWN_INTERFACE "open %u,%x ttl %u\n"
#define OWN_ENTRY "entry %x %x in %u\n"
#define OWN_OIF "  out %u,%x\n"
void own_read(char *text, size_t room);

/* The manager has stopped: nothing is left in it, and nothing of it is called any more. */
void own_end(void);

#endif
