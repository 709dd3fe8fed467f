/**
 * @file
 * mgm.h: the multicast group manager.
 *
 * Made from the Rust sources in src/abi by build.rs: change those, then run
 * make headers.
 *
 * Multicast routing protocols and IGMP are clients of the one manager of a process. A
 * client registers, takes ownership of interfaces, adds and deletes group memberships on
 * them, and is told by callbacks what it needs to know of the others. The manager makes a
 * multicast forwarding entry (MFE) for each source and group that packets come from and go
 * to, and has a forwarder carry it out. mgmhost.h is for the program around: it chooses the
 * forwarder, and more.
 *
 * Addresses and masks are in network byte order, as inet_addr gives them; all other numbers
 * in host byte order. An interface is an index and a next hop, the latter 0 but on
 * point-to-multipoint links.
 *
 * Every function may be called on any thread and inside any callback, and returns one of
 * the codes that its description lists. A NULL pointer where one is required is
 * ERROR_INVALID_PARAMETER. A call that fails changed nothing. Pointers given to a function
 * are used during the call only.
 *
 * There are two kinds of callbacks. RPF, creation, DISABLE and ENABLE are direct: called on
 * the thread that causes them, which waits for them. JOIN, PRUNE, LOCAL_JOIN, LOCAL_LEAVE
 * and WRONG_IF are alerts: queued, and delivered to a client one at a time, in the order of
 * the changes that caused them. No lock of the manager is held while a callback runs. An
 * alert caused by a call made inside a callback is delivered after that callback returned.
 */
#ifndef _MGM_H_
#define _MGM_H_

#ifdef _WIN32

/* Base types, MIB structures and protocol ids are the system's. */
#if !defined(_WINSOCKAPI_) && !defined(_WINDOWS_)
#include <winsock2.h>
#endif
#include <windows.h>
#if defined(_ROUTPROT_H_) && !defined(__ROUTING_IPRTRMIB_H__)
/* <iprtrmib.h> declares as enumerators what <routprot.h> defined as macros. */
#pragma push_macro("PROTO_IP_OTHER")
#pragma push_macro("PROTO_IP_LOCAL")
#pragma push_macro("PROTO_IP_NETMGMT")
#pragma push_macro("PROTO_IP_ICMP")
#pragma push_macro("PROTO_IP_EGP")
#pragma push_macro("PROTO_IP_GGP")
#pragma push_macro("PROTO_IP_HELLO")
#pragma push_macro("PROTO_IP_RIP")
#pragma push_macro("PROTO_IP_IS_IS")
#pragma push_macro("PROTO_IP_ES_IS")
#pragma push_macro("PROTO_IP_CISCO")
#pragma push_macro("PROTO_IP_BBN")
#pragma push_macro("PROTO_IP_OSPF")
#pragma push_macro("PROTO_IP_BGP")
#pragma push_macro("PROTO_IP_NT_AUTOSTATIC")
#pragma push_macro("PROTO_IP_NT_STATIC")
#pragma push_macro("PROTO_IP_NT_STATIC_NON_DOD")
#undef PROTO_IP_OTHER
#undef PROTO_IP_LOCAL
#undef PROTO_IP_NETMGMT
#undef PROTO_IP_ICMP
#undef PROTO_IP_EGP
#undef PROTO_IP_GGP
#undef PROTO_IP_HELLO
#undef PROTO_IP_RIP
#undef PROTO_IP_IS_IS
#undef PROTO_IP_ES_IS
#undef PROTO_IP_CISCO
#undef PROTO_IP_BBN
#undef PROTO_IP_OSPF
#undef PROTO_IP_BGP
#undef PROTO_IP_NT_AUTOSTATIC
#undef PROTO_IP_NT_STATIC
#undef PROTO_IP_NT_STATIC_NON_DOD
#include <iprtrmib.h>
#pragma pop_macro("PROTO_IP_OTHER")
#pragma pop_macro("PROTO_IP_LOCAL")
#pragma pop_macro("PROTO_IP_NETMGMT")
#pragma pop_macro("PROTO_IP_ICMP")
#pragma pop_macro("PROTO_IP_EGP")
#pragma pop_macro("PROTO_IP_GGP")
#pragma pop_macro("PROTO_IP_HELLO")
#pragma pop_macro("PROTO_IP_RIP")
#pragma pop_macro("PROTO_IP_IS_IS")
#pragma pop_macro("PROTO_IP_ES_IS")
#pragma pop_macro("PROTO_IP_CISCO")
#pragma pop_macro("PROTO_IP_BBN")
#pragma pop_macro("PROTO_IP_OSPF")
#pragma pop_macro("PROTO_IP_BGP")
#pragma pop_macro("PROTO_IP_NT_AUTOSTATIC")
#pragma pop_macro("PROTO_IP_NT_STATIC")
#pragma pop_macro("PROTO_IP_NT_STATIC_NON_DOD")
#else
#include <iprtrmib.h>
#endif
#ifndef MPR50
#define MPR50 1
#endif
#include <routprot.h>
#include <rtmv2.h>

/** The calling convention of functions and callbacks. */
#ifndef MGM_CALL
#define MGM_CALL WINAPI
#endif

#else /* not _WIN32 */

#include <stddef.h>
#include <stdint.h>

/** The calling convention of functions and callbacks: the platform's own. */
#ifndef MGM_CALL
#define MGM_CALL
#endif

/** A BOOL that does not hold. */
#ifndef FALSE
#define FALSE 0
#endif
/** A BOOL that holds. */
#ifndef TRUE
#define TRUE 1
#endif

/** As many elements as an array at the end of a structure is declared with. */
#ifndef ANY_SIZE
#define ANY_SIZE 1
#endif
