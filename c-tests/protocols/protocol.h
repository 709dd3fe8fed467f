/* What the protocol modules share: the headers, interfaces by name, addresses as text.
   Only the manager's own header and the C library; no POSIX. */
#ifndef MGM_PROTOCOLS_PROTOCOL_H
#define MGM_PROTOCOLS_PROTOCOL_H

#ifdef _WIN32
/* There the system headers give the base types, the MIB structures and the errors. */
#include <winsock2.h>
#include <windows.h>
#include <iprtrmib.h>
#ifndef MPR50
#define MPR50 1 /* routprot.h wants a router version */
#endif
#include <routprot.h>
#include <rtmv2.h>
#endif
#include <mgm.h>

#define PROTOCOL_INTERFACES 32
#define PROTOCOL_ENTRIES 64

/* An interface of the router; the name (the caller's, kept) is for reports only. */
struct protocol_interface {
    DWORD if_index;
    const char *name;
};

/* Gets one line, without newline, for everything a module does or is told. May be called
   on any thread, and inside the manager's callbacks. */
typedef void (*protocol_report)(const char *line);

#define ADDRESS_TEXT 24
/* Dotted form of an address in network byte order; "*" for 0. Returns `text`. */
const char *address_text(char text[ADDRESS_TEXT], DWORD address);
/* The leading one bits of a mask in network byte order. */
unsigned mask_length(DWORD mask);
/* The name of an interface in a list, or "interface N" written into `text`. */
const char *interface_name(char text[ADDRESS_TEXT], const struct protocol_interface *list,
                           unsigned count, DWORD if_index);

#endif
