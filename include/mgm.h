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

/** The function did what it was asked. */
#ifndef NO_ERROR
#define NO_ERROR 0
#endif

/** Memory ran out; nothing changed. */
#ifndef ERROR_NOT_ENOUGH_MEMORY
#define ERROR_NOT_ENOUGH_MEMORY 8
#endif

/** A NULL pointer, a bad handle, or an argument out of its range. */
#ifndef ERROR_INVALID_PARAMETER
#define ERROR_INVALID_PARAMETER 87
#endif

/** Not even one entry fits into the buffer. */
#ifndef ERROR_INSUFFICIENT_BUFFER
#define ERROR_INSUFFICIENT_BUFFER 122
#endif

/** What was to be made or taken is there already. */
#ifndef ERROR_ALREADY_EXISTS
#define ERROR_ALREADY_EXISTS 183
#endif

/** More entries follow. */
#ifndef ERROR_MORE_DATA
#define ERROR_MORE_DATA 234
#endif

/** No more entries follow. */
#ifndef ERROR_NO_MORE_ITEMS
#define ERROR_NO_MORE_ITEMS 259
#endif

/** The function cannot do that now; nothing changed. */
#ifndef ERROR_CAN_NOT_COMPLETE
#define ERROR_CAN_NOT_COMPLETE 1003
#endif

/** There is no such thing. */
#ifndef ERROR_NOT_FOUND
#define ERROR_NOT_FOUND 1168
#endif

/** An 8-bit unsigned number. */
typedef uint8_t BYTE;

/** An 8-bit unsigned number. */
typedef uint8_t UCHAR;

/** A 16-bit unsigned number. */
typedef uint16_t USHORT;

/** A 32-bit unsigned number, on every platform. */
typedef uint32_t DWORD;

/** A 32-bit unsigned number, on every platform. */
typedef uint32_t ULONG;

/** A 32-bit unsigned number. */
typedef uint32_t UINT;

/** A 32-bit signed number. */
typedef int32_t INT;

/** A 64-bit unsigned number. */
typedef uint64_t ULONGLONG;

/** A truth value: 0 is FALSE, anything else is TRUE. */
typedef int32_t BOOL;

/** An address of anything. */
typedef void *PVOID;

/** An opaque value that the manager gives out: never dereference it, never make one up. */
typedef void *HANDLE;

/** The address of a BYTE. */
typedef BYTE *PBYTE;

/** The address of a DWORD. */
typedef DWORD *PDWORD;

/** A time in units of 100 ns since 1601-01-01 UTC, in two halves. */
struct _FILETIME {
    /** The lower 32 bits. */
    DWORD dwLowDateTime;
    /** The upper 32 bits. */
    DWORD dwHighDateTime;
};

typedef struct _FILETIME FILETIME;

/** The address of a FILETIME. */
typedef FILETIME *PFILETIME;

/** One outgoing interface of a multicast forwarding entry. */
struct _MIB_IPMCAST_OIF {
    /** The interface index. */
    DWORD dwOutIfIndex;
    /** The next hop on point-to-multipoint links, else 0; network byte order. */
    DWORD dwNextHopAddr;
    /** 0. */
    DWORD dwReserved;
    /** 0. */
    DWORD dwReserved1;
};

typedef struct _MIB_IPMCAST_OIF MIB_IPMCAST_OIF;

/** The address of one. */
typedef MIB_IPMCAST_OIF *PMIB_IPMCAST_OIF;

/**
 * A multicast forwarding entry (MFE), without statistics. Addresses and masks are
 * in network byte order, times in seconds.
 */
struct _MIB_IPMCAST_MFE {
    /** The group. */
    DWORD dwGroup;
    /** The source. */
    DWORD dwSource;
    /** 0xFFFFFFFF: an entry is for one source. */
    DWORD dwSrcMask;
    /** The upstream neighbour towards the source; 0 where there is none. */
    DWORD dwUpStrmNgbr;
    /** The index of the interface on which packets must arrive; 0 for none. */
    DWORD dwInIfIndex;
    /** The protocol id that the owner of that interface registered; 0 without owner. */
    DWORD dwInIfProtocol;
    /**
     * Who made the route towards the source (2 local, 3 static, 8 RIP, 9 IS-IS, 13
     * OSPF, 14 BGP, 1 another); 0 without a route.
     */
    DWORD dwRouteProtocol;
    /** The network of that route. */
    DWORD dwRouteNetwork;
    /** The mask of that route. */
    DWORD dwRouteMask;
    /** The age of the entry in seconds, rounded down. */
    ULONG ulUpTime;
    /** Seconds until the entry ends or is renewed, rounded up. */
    ULONG ulExpiryTime;
    /** The lifetime in seconds that ulExpiryTime counts down from. */
    ULONG ulTimeOut;
    /** How many outgoing interfaces follow; 0 for an entry that forwards nothing. */
    ULONG ulNumOutIf;
    /** 0. */
    DWORD fFlags;
    /** 0. */
    DWORD dwReserved;
    /** The outgoing interfaces, ascending by index and next hop: ulNumOutIf of them. */
    MIB_IPMCAST_OIF rgmioOutInfo[1];
};

typedef struct _MIB_IPMCAST_MFE MIB_IPMCAST_MFE;

/** The address of one. */
typedef MIB_IPMCAST_MFE *PMIB_IPMCAST_MFE;

/** One outgoing interface of an entry with its statistics. Counters are modulo 2^32. */
struct _MIB_IPMCAST_OIF_STATS {
    /** The interface index. */
    DWORD dwOutIfIndex;
    /** The next hop on point-to-multipoint links, else 0; network byte order. */
    DWORD dwNextHopAddr;
    /** 0. */
    DWORD dwDialContext;
    /**
     * Packets of this entry kept in by this interface's TTL threshold. The memory
     * forwarder counts them; with the Linux kernel, which does not, 0.
     */
    ULONG ulTtlTooLow;
    /** 0: no forwarder counts it. */
    ULONG ulFragNeeded;
    /**
     * Packets of this entry sent out of this interface. The memory forwarder counts
     * them; with the Linux kernel, which does not, 0.
     */
    ULONG ulOutPackets;
    /** 0: no forwarder counts it. */
    ULONG ulOutDiscards;
};

typedef struct _MIB_IPMCAST_OIF_STATS MIB_IPMCAST_OIF_STATS;

/** The address of one. */
typedef MIB_IPMCAST_OIF_STATS *PMIB_IPMCAST_OIF_STATS;

/**
 * A multicast forwarding entry with statistics (MGM_MFE_STATS_0). Addresses and
 * masks are in network byte order, times in hundredths of a second (at most
 * 0xFFFFFFFF), counters modulo 2^32. What the forwarder cannot know is 0.
 */
struct _MIB_IPMCAST_MFE_STATS {
    /** The group. */
    DWORD dwGroup;
    /** The source. */
    DWORD dwSource;
    /** 0xFFFFFFFF: an entry is for one source. */
    DWORD dwSrcMask;
    /** The upstream neighbour towards the source; 0 where there is none. */
    DWORD dwUpStrmNgbr;
    /** The index of the interface on which packets must arrive; 0 for none. */
    DWORD dwInIfIndex;
    /** The protocol id that the owner of that interface registered; 0 without owner. */
    DWORD dwInIfProtocol;
    /** Who made the route towards the source: see MIB_IPMCAST_MFE. */
    DWORD dwRouteProtocol;
    /** The network of that route. */
    DWORD dwRouteNetwork;
    /** The mask of that route. */
    DWORD dwRouteMask;
    /** The age of the entry in hundredths of a second, rounded down. */
    ULONG ulUpTime;
    /**
     * Hundredths of a second until the entry ends or is renewed, rounded up and at
     * least 1: 0 would mean that the entry does not age, and every entry does.
     */
    ULONG ulExpiryTime;
    /** How many outgoing interfaces follow; 0 for an entry that forwards nothing. */
    ULONG ulNumOutIf;
    /** Packets that matched the entry, those from a wrong interface included. */
    ULONG ulInPkts;
    /** Their bytes, IP headers included. */
    ULONG ulInOctets;
    /** Packets that arrived on another interface than the entry's, and were dropped. */
    ULONG ulPktsDifferentIf;
    /** Packets dropped because the queue of a not yet resolved entry was full. */
    ULONG ulQueueOverflow;
    /** The outgoing interfaces, ascending by index and next hop: ulNumOutIf of them. */
    MIB_IPMCAST_OIF_STATS rgmiosOutStats[1];
};

typedef struct _MIB_IPMCAST_MFE_STATS MIB_IPMCAST_MFE_STATS;

/** The address of one. */
typedef MIB_IPMCAST_MFE_STATS *PMIB_IPMCAST_MFE_STATS;

/**
 * A multicast forwarding entry with more statistics (MGM_MFE_STATS_1). Addresses and
 * masks are in network byte order, times in hundredths of a second (at most
 * 0xFFFFFFFF), counters modulo 2^32. What the forwarder cannot know is 0.
 */
struct _MIB_IPMCAST_MFE_STATS_EX {
    /** The group. */
    DWORD dwGroup;
    /** The source. */
    DWORD dwSource;
    /** 0xFFFFFFFF: an entry is for one source. */
    DWORD dwSrcMask;
    /** The upstream neighbour towards the source; 0 where there is none. */
    DWORD dwUpStrmNgbr;
    /** The index of the interface on which packets must arrive; 0 for none. */
    DWORD dwInIfIndex;
    /** The protocol id that the owner of that interface registered; 0 without owner. */
    DWORD dwInIfProtocol;
    /** Who made the route towards the source: see MIB_IPMCAST_MFE. */
    DWORD dwRouteProtocol;
    /** The network of that route. */
    DWORD dwRouteNetwork;
    /** The mask of that route. */
    DWORD dwRouteMask;
    /** The age of the entry in hundredths of a second, rounded down. */
    ULONG ulUpTime;
    /**
     * Hundredths of a second until the entry ends or is renewed, rounded up and at
     * least 1: 0 would mean that the entry does not age, and every entry does.
     */
    ULONG ulExpiryTime;
    /** How many outgoing interfaces follow; 0 for an entry that forwards nothing. */
    ULONG ulNumOutIf;
    /** Packets that matched the entry, those from a wrong interface included. */
    ULONG ulInPkts;
    /** Their bytes, IP headers included. */
    ULONG ulInOctets;
    /** Packets that arrived on another interface than the entry's, and were dropped. */
    ULONG ulPktsDifferentIf;
    /** Packets dropped because the queue of a not yet resolved entry was full. */
    ULONG ulQueueOverflow;
    /** 0: no forwarder counts packets of entries not yet made. */
    ULONG ulUninitMfe;
    /** 0: no forwarder counts packets of an empty entry apart from ulInPkts. */
    ULONG ulNegativeMfe;
    /** 0: no forwarder counts it per entry. */
    ULONG ulInDiscards;
    /** 0: packets with bad headers match no entry. */
    ULONG ulInHdrErrors;
    /** The sum of ulOutPackets over the outgoing interfaces. */
    ULONG ulTotalOutPackets;
    /** The outgoing interfaces, ascending by index and next hop: ulNumOutIf of them. */
    MIB_IPMCAST_OIF_STATS rgmiosOutStats[1];
};

typedef struct _MIB_IPMCAST_MFE_STATS_EX MIB_IPMCAST_MFE_STATS_EX;

/** The address of one. */
typedef MIB_IPMCAST_MFE_STATS_EX *PMIB_IPMCAST_MFE_STATS_EX;

/** The size of a MIB_IPMCAST_MFE without outgoing interfaces. */
#ifndef SIZEOF_BASIC_MIB_MFE
#define SIZEOF_BASIC_MIB_MFE ((ULONG)offsetof(MIB_IPMCAST_MFE, rgmioOutInfo))
#endif
/** The size of a MIB_IPMCAST_MFE with x outgoing interfaces. */
#ifndef SIZEOF_MIB_MFE
#define SIZEOF_MIB_MFE(x) ((ULONG)(SIZEOF_BASIC_MIB_MFE + (x) * sizeof(MIB_IPMCAST_OIF)))
#endif

/** The size of a MIB_IPMCAST_MFE_STATS without outgoing interfaces. */
#ifndef SIZEOF_BASIC_MIB_MFE_STATS
#define SIZEOF_BASIC_MIB_MFE_STATS ((ULONG)offsetof(MIB_IPMCAST_MFE_STATS, rgmiosOutStats))
#endif
/** The size of a MIB_IPMCAST_MFE_STATS with x outgoing interfaces. */
#ifndef SIZEOF_MIB_MFE_STATS
#define SIZEOF_MIB_MFE_STATS(x) \
    ((ULONG)(SIZEOF_BASIC_MIB_MFE_STATS + (x) * sizeof(MIB_IPMCAST_OIF_STATS)))
#endif

/** The size of a MIB_IPMCAST_MFE_STATS_EX without outgoing interfaces. */
#ifndef SIZEOF_BASIC_MIB_MFE_STATS_EX
#define SIZEOF_BASIC_MIB_MFE_STATS_EX \
    ((ULONG)offsetof(MIB_IPMCAST_MFE_STATS_EX, rgmiosOutStats))
#endif
/** The size of a MIB_IPMCAST_MFE_STATS_EX with x outgoing interfaces. */
#ifndef SIZEOF_MIB_MFE_STATS_EX
#define SIZEOF_MIB_MFE_STATS_EX(x) \
    ((ULONG)(SIZEOF_BASIC_MIB_MFE_STATS_EX + (x) * sizeof(MIB_IPMCAST_OIF_STATS)))
#endif

/** The most bytes an address has in RTM_NET_ADDRESS. */
#ifndef RTM_MAX_ADDRESS_SIZE
#define RTM_MAX_ADDRESS_SIZE 16
#endif

/** The view of unicast routes. */
#ifndef RTM_VIEW_ID_UCAST
#define RTM_VIEW_ID_UCAST 0
#endif

/** The view of routes that multicast uses. */
#ifndef RTM_VIEW_ID_MCAST
#define RTM_VIEW_ID_MCAST 1
#endif

/** The unicast view in a set of views. */
#ifndef RTM_VIEW_MASK_UCAST
#define RTM_VIEW_MASK_UCAST 1
#endif

/** The multicast view in a set of views. */
#ifndef RTM_VIEW_MASK_MCAST
#define RTM_VIEW_MASK_MCAST 2
#endif

/** The number of a view. */
typedef INT RTM_VIEW_ID;

/** A set of views, one bit each. */
typedef DWORD RTM_VIEW_SET;

/** Names a destination; NULL here, as there is no routing table manager to ask. */
typedef HANDLE RTM_DEST_HANDLE;

/** Names a route; NULL here. */
typedef HANDLE RTM_ROUTE_HANDLE;

/** Names the owner of a route; NULL here. */
typedef HANDLE RTM_ENTITY_HANDLE;

/** A network: address family, prefix length and address. */
struct _RTM_NET_ADDRESS {
    /** 2 (AF_INET). */
    USHORT AddressFamily;
    /** The prefix length, 0 to 32. */
    USHORT NumBits;
    /** The address in its first four bytes, network byte order; 0 behind. */
    UCHAR AddrBits[16];
};

typedef struct _RTM_NET_ADDRESS RTM_NET_ADDRESS;

/** The address of one. */
typedef RTM_NET_ADDRESS *PRTM_NET_ADDRESS;

/** A destination in one view. (Windows has no name for this structure.) */
struct _RTM_DEST_VIEW_INFO {
    /** RTM_VIEW_ID_MCAST. */
    RTM_VIEW_ID ViewId;
    /** 1. */
    UINT NumRoutes;
    /** NULL. */
    RTM_ROUTE_HANDLE Route;
    /** NULL. */
    RTM_ENTITY_HANDLE Owner;
    /** 0. */
    DWORD DestFlags;
    /** NULL. */
    RTM_ROUTE_HANDLE HoldRoute;
};

typedef struct _RTM_DEST_VIEW_INFO RTM_DEST_VIEW_INFO;

/**
 * The route towards a source, as the RPF callback gets it: the network in
 * DestAddress, and one view.
 */
struct _RTM_DEST_INFO {
    /** NULL. */
    RTM_DEST_HANDLE DestHandle;
    /** The network of the route. */
    RTM_NET_ADDRESS DestAddress;
    /** 0: not known. */
    FILETIME LastChanged;
    /** RTM_VIEW_MASK_MCAST. */
    RTM_VIEW_SET BelongsToViews;
    /** 1. */
    UINT NumberOfViews;
    /** The multicast view. */
    RTM_DEST_VIEW_INFO ViewInfo[1];
};

typedef struct _RTM_DEST_INFO RTM_DEST_INFO;

/** The address of one. */
typedef RTM_DEST_INFO *PRTM_DEST_INFO;

/* Protocols of routes and routing protocols: dwRouteProtocol, and the last part of a PROTOCOL_ID. */
#ifndef PROTO_IP_OTHER
#define PROTO_IP_OTHER 1 /**< None of the others. */
#endif
#ifndef PROTO_IP_LOCAL
#define PROTO_IP_LOCAL 2 /**< Made by the host itself. */
#endif
#ifndef PROTO_IP_NETMGMT
#define PROTO_IP_NETMGMT 3 /**< Static: made by network management. */
#endif
#ifndef PROTO_IP_RIP
#define PROTO_IP_RIP 8 /**< RIP. */
#endif
#ifndef PROTO_IP_IS_IS
#define PROTO_IP_IS_IS 9 /**< IS-IS. */
#endif
#ifndef PROTO_IP_OSPF
#define PROTO_IP_OSPF 13 /**< OSPF. */
#endif
#ifndef PROTO_IP_BGP
#define PROTO_IP_BGP 14 /**< BGP. */
#endif
#ifndef PROTO_IP_MSDP
#define PROTO_IP_MSDP 9 /**< MSDP, with PROTO_TYPE_MCAST. */
#endif
#ifndef PROTO_IP_IGMP
#define PROTO_IP_IGMP 10 /**< IGMP, with PROTO_TYPE_MCAST. */
#endif
#ifndef PROTO_IP_BGMP
#define PROTO_IP_BGMP 11 /**< BGMP, with PROTO_TYPE_MCAST. */
#endif
#ifndef PROTO_IP_NT_STATIC
#define PROTO_IP_NT_STATIC 10006 /**< Static, by Windows. */
#endif
#ifndef PROTO_IP_MGM
#define PROTO_IP_MGM 10009 /**< The manager itself, with PROTO_TYPE_MS0. */
#endif

/* The kind of a protocol: the first part of a PROTOCOL_ID. */
#ifndef PROTO_TYPE_UCAST
#define PROTO_TYPE_UCAST 0 /**< A unicast protocol. */
#endif
#ifndef PROTO_TYPE_MCAST
#define PROTO_TYPE_MCAST 1 /**< A multicast protocol. */
#endif
#ifndef PROTO_TYPE_MS0
#define PROTO_TYPE_MS0 2 /**< A part of Windows. */
#endif
#ifndef PROTO_TYPE_MS1
#define PROTO_TYPE_MS1 3 /**< A part of Windows. */
#endif

/* Who made a protocol: the second part of a PROTOCOL_ID. */
#ifndef PROTO_VENDOR_MS0
#define PROTO_VENDOR_MS0 0x0000 /**< Microsoft, unicast. */
#endif
#ifndef PROTO_VENDOR_MS1
#define PROTO_VENDOR_MS1 0x137 /**< Microsoft. */
#endif
#ifndef PROTO_VENDOR_MS2
#define PROTO_VENDOR_MS2 0x3FFF /**< Microsoft. */
#endif

/** A protocol id made of its three parts. */
#ifndef PROTOCOL_ID
#define PROTOCOL_ID(type, vendor, id) \
    ((((type) & 0x03u) << 30) | (((vendor) & 0x3FFFu) << 16) | ((id) & 0xFFFFu))
#endif

/* The parts of a protocol id. */
#ifndef TYPE_FROM_PROTO_ID
#define TYPE_FROM_PROTO_ID(x) (((x) >> 30) & 0x03) /**< The first part: PROTO_TYPE_. */
#endif
#ifndef VENDOR_FROM_PROTO_ID
#define VENDOR_FROM_PROTO_ID(x) (((x) >> 16) & 0x3FFF) /**< The second part: PROTO_VENDOR_. */
#endif
#ifndef PROTO_FROM_PROTO_ID
#define PROTO_FROM_PROTO_ID(x) ((x) & 0xFFFF) /**< The last part: PROTO_IP_. */
#endif

/* Protocol ids of multicast protocols. */
#ifndef MS_IP_IGMP
#define MS_IP_IGMP PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS1, PROTO_IP_IGMP) /**< IGMP. */
#endif
#ifndef MS_IP_BGMP
#define MS_IP_BGMP PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS1, PROTO_IP_BGMP) /**< BGMP. */
#endif
#ifndef MS_IP_MSDP
#define MS_IP_MSDP PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS1, PROTO_IP_MSDP) /**< MSDP. */
#endif
#ifndef MS_IP_MGM
#define MS_IP_MGM PROTOCOL_ID(PROTO_TYPE_MS0, PROTO_VENDOR_MS1, PROTO_IP_MGM) /**< The manager itself. */
#endif

#endif /* not _WIN32 */

#ifdef __cplusplus
extern "C" {
#endif

/** Join, or leave: the membership itself. Every MFE it covers follows, now and later. */
#define MGM_JOIN_STATE_FLAG 1

/** Forward, or do not forward: the outgoing lists of the MFEs that exist now. */
#define MGM_FORWARD_STATE_FLAG 2

/** Another name of MGM_FORWARD_STATE_FLAG. */
#define MGM_FORWARD_STATE MGM_FORWARD_STATE_FLAG

/** Statistics as MIB_IPMCAST_MFE_STATS. */
#define MGM_MFE_STATS_0 1

/** Statistics as MIB_IPMCAST_MFE_STATS_EX. */
#define MGM_MFE_STATS_1 2

/** What a group enumeration returns. */
enum _MGM_ENUM_TYPES {
    /** Each joined group once, with source 0, whatever the sources. */
    ANY_SOURCE = 0,
    /** Every joined entry: (*,G), (S,G), (*,*) and ranges. */
    ALL_SOURCES = 1,
};

/** One of those. */
typedef enum _MGM_ENUM_TYPES MGM_ENUM_TYPES;

/** The address of one. */
typedef MGM_ENUM_TYPES *PMGM_ENUM_TYPES;

/** One interface in the list of a creation alert. */
struct _MGM_IF_ENTRY {
    /** The interface index. Do not change it. */
    DWORD dwIfIndex;
    /**
     * The next hop on point-to-multipoint links, else 0; network byte order. Do not
     * change it.
     */
    DWORD dwIfNextHopAddr;
    /** TRUE where IGMP is on the interface too. A change is ignored. */
    BOOL bIGMP;
    /** TRUE. Set it to FALSE to keep the interface out of this MFE. */
    BOOL bIsEnabled;
};

typedef struct _MGM_IF_ENTRY MGM_IF_ENTRY;

/** The address of one, or of the first of several. */
typedef MGM_IF_ENTRY *PMGM_IF_ENTRY;

/**
 * One entry of a group enumeration. Network byte order; a mask is 0 with a zero
 * address, else 0xFFFFFFFF or the mask of a range.
 */
struct _SOURCE_GROUP_ENTRY {
    /** The source; 0 is any source. */
    DWORD dwSourceAddr;
    /** Its mask. */
    DWORD dwSourceMask;
    /** The group; 0 is any group. */
    DWORD dwGroupAddr;
    /** Its mask. */
    DWORD dwGroupMask;
};

typedef struct _SOURCE_GROUP_ENTRY SOURCE_GROUP_ENTRY;

/** The address of one. */
typedef SOURCE_GROUP_ENTRY *PSOURCE_GROUP_ENTRY;

/**
 * Asks the owner of the incoming interface towards a source which interface and
 * upstream neighbour a new MFE shall have (reverse path forwarding).
 *
 * Called directly, before the MFE exists, on the thread that handles the first packet
 * of (source, group); again without a packet when the MFE is renewed at the end of its
 * lifetime and when the route towards the source changes. Packets of that source and
 * group wait until it returns: do not block. Where no route leads to the source, the
 * owner of the interface the packet arrived on is asked, with *pdwInIfIndex 0 and
 * pbRoute NULL; if the callback leaves the index 0, the MFE forwards nothing.
 *
 * @param dwSourceAddr The source, network byte order.
 *
 * @param dwSourceMask 0xFFFFFFFF.
 *
 * @param dwGroupAddr The group, network byte order.
 *
 * @param dwGroupMask 0xFFFFFFFF.
 *
 * @param pdwInIfIndex,pdwInIfNextHopAddr Never NULL. In: the interface towards the
 * source by the route. Out: the interface that packets shall arrive on. It must be one
 * that this protocol owns; anything else is ignored and the interface by the route
 * stays. The next hop is in network byte order.
 *
 * @param pdwUpStreamNbr Never NULL. In: the gateway of the route, network byte order, 0
 * when the source is on the link. Out: the upstream neighbour; it is what dwUpStrmNgbr
 * of the MFE shows, and has no influence on forwarding.
 *
 * @param dwHdrSize Bytes at pbPacketHdr; 0 without a packet.
 *
 * @param pbPacketHdr The IPv4 header of the packet with its options, network byte order,
 * without payload; NULL without a packet. Source, destination and identification are the
 * packet's; total length, TTL, protocol and checksum are 0 where the forwarder does not
 * know them (the Linux kernel overwrites these four). It is aligned for any structure;
 * changes to it are ignored.
 *
 * @param pbRoute The address of an RTM_DEST_INFO with one view, RTM_VIEW_ID_MCAST; its
 * handles are NULL. NULL without a route. Changes to it are ignored.
 *
 * @par Inside the callback
 * Nothing may be kept after the return: all pointers are to memory of the manager that
 * goes away. Every Mgm function may be called from inside. No lock of the manager is
 * held. An alert of the same client may run at the same time on another thread. The
 * callback must return normally: no C++ exception and no longjmp may leave it.
 *
 * @return Ignored: return NO_ERROR.
 */
typedef DWORD (MGM_CALL *PMGM_RPF_CALLBACK)(DWORD dwSourceAddr,
                                            DWORD dwSourceMask,
                                            DWORD dwGroupAddr,
                                            DWORD dwGroupMask,
                                            PDWORD pdwInIfIndex,
                                            PDWORD pdwInIfNextHopAddr,
                                            PDWORD pdwUpStreamNbr,
                                            DWORD dwHdrSize,
                                            PBYTE pbPacketHdr,
                                            PBYTE pbRoute);

/**
 * Tells a protocol that an MFE is about to be made in which interfaces of it are
 * outgoing ones, and lets it disable some of them.
 *
 * Called directly, after the RPF callback and before the MFE is installed, on the
 * thread that handles the first packet of (source, group), and again when the MFE is
 * renewed at the end of its lifetime. Each protocol with interfaces in the outgoing
 * list gets one call with its own interfaces only; an interface where IGMP and a
 * routing protocol are goes to the routing protocol. Packets wait until it returns: do
 * not block.
 *
 * @param dwSourceAddr The source, network byte order.
 *
 * @param dwSourceMask 0xFFFFFFFF.
 *
 * @param dwGroupAddr The group, network byte order.
 *
 * @param dwGroupMask 0xFFFFFFFF.
 *
 * @param dwInIfIndex,dwInIfNextHopAddr The incoming interface; the next hop in network
 * byte order, 0 but on point-to-multipoint links.
 *
 * @param dwIfCount How many interfaces pmieOutIfList has, at least 1.
 *
 * @param pmieOutIfList The interfaces, never NULL. bIsEnabled comes in TRUE; where it is
 * set to FALSE the interface is left out of this MFE until somebody adds a membership
 * for it there, or adds with MGM_FORWARD_STATE_FLAG, or the MFE is renewed. Other
 * changes are ignored.
 *
 * @par Inside the callback
 * The list may not be kept after the return. Every Mgm function may be called from
 * inside; what memberships are changed meanwhile applies when the MFE is installed,
 * after the vetoes. No lock of the manager is held. An alert of the same client may run
 * at the same time on another thread. The callback must return normally: no C++
 * exception and no longjmp may leave it.
 *
 * @return Ignored: return NO_ERROR.
 */
typedef DWORD (MGM_CALL *PMGM_CREATION_ALERT_CALLBACK)(DWORD dwSourceAddr,
                                                       DWORD dwSourceMask,
                                                       DWORD dwGroupAddr,
                                                       DWORD dwGroupMask,
                                                       DWORD dwInIfIndex,
                                                       DWORD dwInIfNextHopAddr,
                                                       DWORD dwIfCount,
                                                       PMGM_IF_ENTRY pmieOutIfList);

/**
 * Alerts a protocol that it need not receive what it received before: prune upstream.
 *
 * With bMemberDelete TRUE a client's last interface left a membership entry. Of two
 * clients in a (*,G), (*,*) or range entry one remains: it is told. None remains: all
 * other clients are told. For (S,G): when the last client other than the owner of the
 * interface towards S left, that owner is told; also when the route towards S moves to
 * an interface of another client.
 *
 * With bMemberDelete FALSE the outgoing list of one MFE became empty, or the MFE was
 * made empty: the owner of its incoming interface is told, unless its own call emptied
 * the list. After a change of the route towards the source, the old owner is told.
 *
 * @par Threads
 * An alert: queued, and delivered in the order of the changes to one client, one at a
 * time, on the thread whose call caused it before that call returns, on a thread that
 * delivers alerts to this client already, or on a thread of the manager.
 *
 * @param dwSourceAddr,dwSourceMask,dwGroupAddr,dwGroupMask The entry, or the MFE (masks
 * 0xFFFFFFFF), network byte order. A mask is 0 with a zero address, else 0xFFFFFFFF or
 * the mask of a range.
 *
 * @param dwIfIndex,dwIfNextHopAddr The interface of the last membership, or the one that
 * left the MFE last (the lowest of several); 0 when the MFE was made empty and after a
 * change of the route. The next hop is in network byte order.
 *
 * @param bMemberDelete TRUE for a membership, FALSE for an MFE.
 *
 * @param pdwTimeout Never NULL. With bMemberDelete FALSE, in 900, out the lifetime in
 * seconds of the now empty MFE, counted from the return; 0 means 900, more than
 * 42,949,672 means that. The MFE's next packet after it makes a new one. Ignored with
 * bMemberDelete TRUE, and where the MFE is gone or has outgoing interfaces again.
 *
 * @par Inside the callback
 * Nothing may be kept after the return. Every Mgm function may be called from inside:
 * the alerts it causes are queued behind this one. No lock of the manager is held.
 * Blocking holds up this client's alerts and the calling thread. The callback must
 * return normally: no C++ exception and no longjmp may leave it.
 *
 * @return Ignored: return NO_ERROR.
 */
typedef DWORD (MGM_CALL *PMGM_PRUNE_ALERT_CALLBACK)(DWORD dwSourceAddr,
                                                    DWORD dwSourceMask,
                                                    DWORD dwGroupAddr,
                                                    DWORD dwGroupMask,
                                                    DWORD dwIfIndex,
                                                    DWORD dwIfNextHopAddr,
                                                    BOOL bMemberDelete,
                                                    PDWORD pdwTimeout);

/**
 * Alerts a protocol that somebody wants to receive: join upstream.
 *
 * With bMemberUpdate TRUE a client got its first interface in a membership entry. The
 * first client of a (*,G), (*,*) or range entry: all other clients are told. The second:
 * the first alone is told. Later ones: nobody. For (S,G): when the first client other
 * than the owner of the interface towards S joined, that owner is told; also when the
 * route towards S appears, or moves to an interface of another client (the new owner).
 *
 * With bMemberUpdate FALSE the outgoing list of one MFE went from empty to non-empty:
 * the owner of its incoming interface is told, unless its own call did that. After a
 * change of the route towards the source, the new owner is told.
 *
 * @par Threads
 * An alert: queued, and delivered in the order of the changes to one client, one at a
 * time, on the thread whose call caused it before that call returns, on a thread that
 * delivers alerts to this client already, or on a thread of the manager.
 *
 * @param dwSourceAddr,dwSourceMask,dwGroupAddr,dwGroupMask The entry, or the MFE (masks
 * 0xFFFFFFFF), network byte order. A mask is 0 with a zero address, else 0xFFFFFFFF or
 * the mask of a range.
 *
 * @param bMemberUpdate TRUE for a membership, FALSE for an MFE.
 *
 * @par Inside the callback
 * Every Mgm function may be called from inside: the alerts it causes are queued behind
 * this one. No lock of the manager is held. Blocking holds up this client's alerts and
 * the calling thread. The callback must return normally: no C++ exception and no longjmp
 * may leave it.
 *
 * @return Ignored: return NO_ERROR.
 */
typedef DWORD (MGM_CALL *PMGM_JOIN_ALERT_CALLBACK)(DWORD dwSourceAddr,
                                                   DWORD dwSourceMask,
                                                   DWORD dwGroupAddr,
                                                   DWORD dwGroupMask,
                                                   BOOL bMemberUpdate);

/**
 * Alerts the owner of an interface that a packet arrived on it which should have come
 * in on another one, the incoming interface of its MFE. The packet was not forwarded.
 *
 * Caused by the packet that made the MFE and by later ones; the latter as often as the
 * forwarder reports them, which is limited (the Linux kernel: once in three seconds for
 * each MFE).
 *
 * @par Threads
 * An alert: queued, and delivered in the order of the changes to one client, one at a
 * time, on the thread that handles the packet, on a thread that delivers alerts to this
 * client already, or on a thread of the manager.
 *
 * @param dwSourceAddr,dwGroupAddr Source and group, network byte order.
 *
 * @param dwIfIndex,dwIfNextHopAddr The interface the packet arrived on; the next hop in
 * network byte order.
 *
 * @param dwHdrSize Bytes at pbPacketHdr, 20 to 60.
 *
 * @param pbPacketHdr The IPv4 header of the packet with its options, network byte order,
 * without payload. Total length, TTL, protocol and checksum are 0 where the forwarder
 * does not know them. It is aligned for any structure; changes to it are ignored; it may
 * not be kept after the return.
 *
 * @par Inside the callback
 * Every Mgm function may be called from inside: the alerts it causes are queued behind
 * this one. No lock of the manager is held. Blocking holds up this client's alerts and
 * the calling thread. The callback must return normally: no C++ exception and no longjmp
 * may leave it.
 *
 * @return Ignored: return NO_ERROR.
 */
typedef DWORD (MGM_CALL *PMGM_WRONG_IF_CALLBACK)(DWORD dwSourceAddr,
                                                 DWORD dwGroupAddr,
                                                 DWORD dwIfIndex,
                                                 DWORD dwIfNextHopAddr,
                                                 DWORD dwHdrSize,
                                                 PBYTE pbPacketHdr);

/**
 * Alerts the routing protocol that owns an interface that IGMP added a membership on
 * it: hosts on the link want to receive.
 *
 * Also called for each membership IGMP has on an interface that the protocol takes,
 * when that IGMP has no ENABLE callback and so keeps its memberships.
 *
 * @par Threads
 * An alert: queued before any other alert of the call that caused it, and delivered in
 * the order of the changes to one client, one at a time, on the thread whose call caused
 * it before that call returns, or on a thread that delivers alerts to this client
 * already.
 *
 * @param dwSourceAddr,dwSourceMask,dwGroupAddr,dwGroupMask The entry, network byte
 * order. A mask is 0 with a zero address, else 0xFFFFFFFF or the mask of a range.
 *
 * @param dwIfIndex,dwIfNextHopAddr The interface; the next hop in network byte order.
 *
 * @par Inside the callback
 * Every Mgm function may be called from inside: the alerts it causes are queued behind
 * this one. No lock of the manager is held. Blocking holds up this client's alerts and
 * the calling thread. The callback must return normally: no C++ exception and no longjmp
 * may leave it.
 *
 * @return Ignored: return NO_ERROR.
 */
typedef DWORD (MGM_CALL *PMGM_LOCAL_JOIN_CALLBACK)(DWORD dwSourceAddr,
                                                   DWORD dwSourceMask,
                                                   DWORD dwGroupAddr,
                                                   DWORD dwGroupMask,
                                                   DWORD dwIfIndex,
                                                   DWORD dwIfNextHopAddr);

/**
 * Alerts the routing protocol that owns an interface that IGMP deleted a membership
 * on it: no host on the link wants to receive any more. Also called for each membership
 * that IGMP loses when it releases the interface, but not when the routing protocol
 * itself releases it.
 *
 * @par Threads
 * An alert: queued before any other alert of the call that caused it, and delivered in
 * the order of the changes to one client, one at a time, on the thread whose call caused
 * it before that call returns, or on a thread that delivers alerts to this client
 * already.
 *
 * @param dwSourceAddr,dwSourceMask,dwGroupAddr,dwGroupMask The entry, network byte
 * order. A mask is 0 with a zero address, else 0xFFFFFFFF or the mask of a range.
 *
 * @param dwIfIndex,dwIfNextHopAddr The interface; the next hop in network byte order.
 *
 * @par Inside the callback
 * Every Mgm function may be called from inside: the alerts it causes are queued behind
 * this one. No lock of the manager is held. Blocking holds up this client's alerts and
 * the calling thread. The callback must return normally: no C++ exception and no longjmp
 * may leave it.
 *
 * @return Ignored: return NO_ERROR.
 */
typedef DWORD (MGM_CALL *PMGM_LOCAL_LEAVE_CALLBACK)(DWORD dwSourceAddr,
                                                    DWORD dwSourceMask,
                                                    DWORD dwGroupAddr,
                                                    DWORD dwGroupMask,
                                                    DWORD dwIfIndex,
                                                    DWORD dwIfNextHopAddr);

/**
 * Tells IGMP to stop on an interface, because a routing protocol takes or releases it.
 *
 * Called directly, on the thread that takes or releases. The memberships IGMP has on
 * the interface are removed after it returns, if IGMP has an ENABLE callback (without
 * one they stay). From its start until just before the ENABLE callback, every add,
 * delete, take and release on this interface gives ERROR_CAN_NOT_COMPLETE, to
 * everybody; other Mgm functions may be called from inside.
 *
 * @param dwIfIndex,dwIfNextHopAddr The interface; the next hop in network byte order.
 *
 * @par Inside the callback
 * No lock of the manager is held. An alert of IGMP may run at the same time on another
 * thread. The callback must return normally: no C++ exception and no longjmp may leave
 * it.
 *
 * @return Ignored: return NO_ERROR.
 */
typedef DWORD (MGM_CALL *PMGM_DISABLE_IGMP_CALLBACK)(DWORD dwIfIndex, DWORD dwIfNextHopAddr);

/**
 * Tells IGMP to start again on an interface that a routing protocol took or released.
 *
 * Called directly, after the DISABLE callback and all changes, on the same thread.
 * IGMP adds its memberships again afterwards; here, unlike on Windows, also from inside
 * this callback.
 *
 * @param dwIfIndex,dwIfNextHopAddr The interface; the next hop in network byte order.
 *
 * @par Inside the callback
 * Every Mgm function may be called from inside. No lock of the manager is held. An alert
 * of IGMP may run at the same time on another thread. The callback must return normally:
 * no C++ exception and no longjmp may leave it.
 *
 * @return Ignored: return NO_ERROR.
 */
typedef DWORD (MGM_CALL *PMGM_ENABLE_IGMP_CALLBACK)(DWORD dwIfIndex, DWORD dwIfNextHopAddr);

/**
 * What a protocol gives at registration: its callbacks. Any of them may be NULL; it is
 * then skipped. The manager copies the structure.
 */
struct _ROUTING_PROTOCOL_CONFIG {
    /** Reserved; ignored. */
    DWORD dwCallbackFlags;
    /** Which way packets of a source come in. */
    PMGM_RPF_CALLBACK pfnRpfCallback;
    /** A new MFE with interfaces of this protocol. */
    PMGM_CREATION_ALERT_CALLBACK pfnCreationAlertCallback;
    /** Nothing to receive any more. */
    PMGM_PRUNE_ALERT_CALLBACK pfnPruneAlertCallback;
    /** Something to receive. */
    PMGM_JOIN_ALERT_CALLBACK pfnJoinAlertCallback;
    /** A packet came in on the wrong interface. */
    PMGM_WRONG_IF_CALLBACK pfnWrongIfCallback;
    /** IGMP joined on an interface of this protocol. */
    PMGM_LOCAL_JOIN_CALLBACK pfnLocalJoinCallback;
    /** IGMP left on an interface of this protocol. */
    PMGM_LOCAL_LEAVE_CALLBACK pfnLocalLeaveCallback;
    /** For IGMP: stop on an interface. */
    PMGM_DISABLE_IGMP_CALLBACK pfnDisableIgmpCallback;
    /** For IGMP: start again on an interface. */
    PMGM_ENABLE_IGMP_CALLBACK pfnEnableIgmpCallback;
};

typedef struct _ROUTING_PROTOCOL_CONFIG ROUTING_PROTOCOL_CONFIG;

/** The address of one. */
typedef ROUTING_PROTOCOL_CONFIG *PROUTING_PROTOCOL_CONFIG;

/**
 * Registers a multicast routing protocol, or IGMP, with the manager.
 *
 * A protocol registers before any other call. IGMP is who registers with dwProtocolId
 * PROTO_IP_IGMP, or with a PROTOCOL_ID of type PROTO_TYPE_MCAST and protocol
 * PROTO_IP_IGMP (such as MS_IP_IGMP). Several instances may register, with different
 * component ids. The first registration starts the manager, unless MgmHostStart did;
 * what was joined before is not told again: enumerate it.
 *
 * @param prpiInfo The callbacks; copied. Any of them may be NULL. From now until
 * MgmDeRegisterMProtocol returns they may be called, on any thread.
 *
 * @param dwProtocolId The protocol id: it tells protocols apart and is shown as
 * dwInIfProtocol.
 *
 * @param dwComponentId Tells instances of one protocol apart.
 *
 * @param phProtocol Receives the handle for the other calls, never NULL and never
 * (HANDLE)-1. Not written on failure.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer.
 *
 * @retval ERROR_ALREADY_EXISTS A protocol with this protocol id and component id is
 * registered.
 *
 * @retval ERROR_NOT_ENOUGH_MEMORY Memory ran out; nothing changed.
 *
 * @retval ERROR_CAN_NOT_COMPLETE The manager cannot start (the log says why).
 *
 * @par Example
 *
 * ```c
 * #include <mgm.h>
 * #include <stdio.h>
 *
 * static DWORD MGM_CALL joined(DWORD source, DWORD source_mask, DWORD group,
 *                              DWORD group_mask, BOOL member) {
 *     // Somebody wants (source, group): join upstream.
 *     return NO_ERROR;
 * }
 *
 * int main(void) {
 *     ROUTING_PROTOCOL_CONFIG callbacks = {.pfnJoinAlertCallback = joined};
 *     HANDLE protocol;
 *     DWORD id = PROTOCOL_ID(PROTO_TYPE_MCAST, 0x100, 1);
 *     DWORD error = MgmRegisterMProtocol(&callbacks, id, 1, &protocol);
 *     if (error != NO_ERROR) {
 *         fprintf(stderr, "cannot register: error %u\n", error);
 *         return 1;
 *     }
 *     printf("registered\n");
 *     // Take interfaces, add memberships, wait for callbacks, release the interfaces.
 *     return MgmDeRegisterMProtocol(protocol) == NO_ERROR ? 0 : 1;
 * }
 * ```
 */
DWORD MGM_CALL MgmRegisterMProtocol(PROUTING_PROTOCOL_CONFIG prpiInfo,
                                    DWORD dwProtocolId,
                                    DWORD dwComponentId,
                                    HANDLE *phProtocol);

/**
 * Ends a registration.
 *
 * The protocol must have released its interfaces. Its enumerations end, and its handle
 * is dead. When the call returns, no callback of this protocol is running or will run:
 * its code may be unloaded. Called from inside any callback it does not wait for the
 * others: no new callback starts, but one may still be running on another thread.
 *
 * @param hProtocol The handle from MgmRegisterMProtocol.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER No handle of a registered protocol.
 *
 * @retval ERROR_CAN_NOT_COMPLETE The protocol still holds interfaces, nothing changed.
 */
DWORD MGM_CALL MgmDeRegisterMProtocol(HANDLE hProtocol);

/**
 * Takes an interface: from now on the protocol owns it, and may add memberships on it.
 *
 * One routing protocol at most owns an interface; one IGMP may be on it as well. If
 * IGMP is there when a routing protocol takes it, IGMP's DISABLE callback is called
 * first, IGMP's memberships there are removed, and its ENABLE callback is called last,
 * all before this call returns (an IGMP without ENABLE callback keeps its memberships,
 * and the new owner gets a LOCAL_JOIN callback for each). MFEs whose incoming interface
 * it is move to the new owner as after a change of the route.
 *
 * @param hProtocol The handle from MgmRegisterMProtocol.
 *
 * @param dwIfIndex The interface index, not 0. The memory forwarder takes any; with the
 * Linux kernel it is that of an existing interface.
 *
 * @param dwIfNextHopAddr The next hop on a point-to-multipoint link, network byte order,
 * else 0. An interface is this pair.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A bad handle, or dwIfIndex 0.
 *
 * @retval ERROR_ALREADY_EXISTS Another routing protocol owns it (for IGMP: another IGMP
 * is on it), or the caller holds it already.
 *
 * @retval ERROR_NOT_ENOUGH_MEMORY Memory ran out; nothing changed.
 *
 * @retval ERROR_CAN_NOT_COMPLETE The forwarder cannot use the interface (no such
 * interface, no free VIF: the log says why), or a DISABLE and ENABLE of IGMP is under
 * way on it.
 *
 * @par Example
 * `protocol` is the handle of a registration.
 *
 * ```c
 * DWORD index = if_nametoindex("lo");
 * DWORD error = MgmTakeInterfaceOwnership(protocol, index, 0);
 * if (error == ERROR_ALREADY_EXISTS) {
 *     DWORD owner, component;
 *     if (MgmGetProtocolOnInterface(index, 0, &owner, &component) == NO_ERROR)
 *         printf("protocol %#x has it\n", owner);
 * } else if (error == NO_ERROR) {
 *     printf("taken\n");
 *     MgmReleaseInterfaceOwnership(protocol, index, 0);
 * }
 * ```
 */
DWORD MGM_CALL MgmTakeInterfaceOwnership(HANDLE hProtocol, DWORD dwIfIndex, DWORD dwIfNextHopAddr);

/**
 * Gives an interface back.
 *
 * The protocol's memberships there are removed, with the prune alerts that follow; MFEs
 * whose incoming interface it is are deleted; from all others it is taken out. If IGMP
 * is on the interface and a routing protocol releases it, IGMP's DISABLE and ENABLE
 * callbacks are called as for MgmTakeInterfaceOwnership, and the routing protocol gets
 * no LOCAL_LEAVE callbacks. If IGMP releases it, the owner gets a LOCAL_LEAVE callback
 * for each of IGMP's memberships.
 *
 * @param hProtocol The handle from MgmRegisterMProtocol.
 *
 * @param dwIfIndex,dwIfNextHopAddr The interface as it was taken; the next hop in
 * network byte order.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A bad handle, or the protocol does not hold the
 * interface.
 *
 * @retval ERROR_CAN_NOT_COMPLETE A DISABLE and ENABLE of IGMP is under way on it.
 */
DWORD MGM_CALL MgmReleaseInterfaceOwnership(HANDLE hProtocol,
                                            DWORD dwIfIndex,
                                            DWORD dwIfNextHopAddr);

/**
 * Tells who owns an interface: the routing protocol that took it, else IGMP if that did.
 *
 * @param dwIfIndex,dwIfNextHopAddr The interface; the next hop in network byte order.
 *
 * @param pdwIfProtocolId,pdwIfComponentId Receive the ids that the owner registered. Not
 * written on failure.
 *
 * @par Threads
 * Needs no registration. Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer.
 *
 * @retval ERROR_NOT_FOUND Nobody owns it.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
 * changed.
 */
DWORD MGM_CALL MgmGetProtocolOnInterface(DWORD dwIfIndex,
                                         DWORD dwIfNextHopAddr,
                                         PDWORD pdwIfProtocolId,
                                         PDWORD pdwIfComponentId);

/**
 * Adds a group membership on an interface that the protocol holds: receivers are there.
 *
 * Entries: (S,G); (*,G) with dwSourceAddr 0; (*,*) with both 0. (S,*) is invalid. A mask
 * is 0 with a zero address; with another address 0 and 0xFFFFFFFF mean this address, and
 * a shorter contiguous mask means a range of addresses (not on Windows). No address bits
 * may lie outside the mask. Groups lie in 224.0.0.0/4, sources below 224.0.0.0, ranges
 * wholly. Groups in 224.0.0.0/24 can be joined and are enumerated, but never forwarded.
 *
 * Other clients are told by JOIN callbacks (and LOCAL_JOIN for what IGMP adds): see
 * there who and when. What this call causes is delivered before it returns, or is being
 * delivered by another thread that already calls that client; inside a callback, after
 * that callback has returned.
 *
 * @param hProtocol The handle from MgmRegisterMProtocol.
 *
 * @param dwSourceAddr,dwSourceMask,dwGroupAddr,dwGroupMask The entry, network byte
 * order.
 *
 * @param dwIfIndex,dwIfNextHopIPAddr The interface; the next hop in network byte order.
 *
 * @param dwFlags MGM_JOIN_STATE_FLAG: the membership; every MFE it covers, now and
 * later, forwards to the interface. MGM_FORWARD_STATE_FLAG: the interface is put (back)
 * into the outgoing lists of the MFEs that the entry covers now, also where a creation
 * alert disabled it; alone, it is forgotten with the MFE, and without such an MFE
 * nothing happens. One of them or both. Adding what is there already is no error.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A bad handle, entry or flag, or an interface that the
 * protocol does not hold.
 *
 * @retval ERROR_NOT_ENOUGH_MEMORY Memory ran out; nothing changed.
 *
 * @retval ERROR_CAN_NOT_COMPLETE A DISABLE and ENABLE of IGMP is under way on the
 * interface.
 *
 * @par Example
 * `protocol` is the handle of a registration, `lan` an interface that it holds.
 *
 * ```c
 * DWORD group = inet_addr("239.1.1.1"), source = inet_addr("10.0.0.5");
 * // (*,239.1.1.1): receivers behind lan want every source.
 * DWORD error = MgmAddGroupMembershipEntry(protocol, 0, 0, group, 0xFFFFFFFF, lan, 0,
 *                                          MGM_JOIN_STATE_FLAG);
 * // (10.0.0.5,239.1.1.1): they want this source.
 * if (error == NO_ERROR)
 *     error = MgmAddGroupMembershipEntry(protocol, source, 0xFFFFFFFF, group, 0xFFFFFFFF,
 *                                        lan, 0, MGM_JOIN_STATE_FLAG);
 * printf("%s\n", error == NO_ERROR ? "joined" : "not joined");
 * ```
 */
DWORD MGM_CALL MgmAddGroupMembershipEntry(HANDLE hProtocol,
                                          DWORD dwSourceAddr,
                                          DWORD dwSourceMask,
                                          DWORD dwGroupAddr,
                                          DWORD dwGroupMask,
                                          DWORD dwIfIndex,
                                          DWORD dwIfNextHopIPAddr,
                                          DWORD dwFlags);

/**
 * Deletes a group membership of the protocol on an interface, or prunes the interface
 * off MFEs.
 *
 * Other clients are told by PRUNE callbacks (and LOCAL_LEAVE for what IGMP deletes): see
 * there who and when. What this call causes is delivered before it returns, or is being
 * delivered by another thread that already calls that client; inside a callback, after
 * that callback has returned.
 *
 * @param hProtocol The handle from MgmRegisterMProtocol.
 *
 * @param dwSourceAddr,dwSourceMask,dwGroupAddr,dwGroupMask The entry, network byte
 * order; see MgmAddGroupMembershipEntry.
 *
 * @param dwIfIndex,dwIfNextHopIPAddr The interface; the next hop in network byte order.
 *
 * @param dwFlags With MGM_JOIN_STATE_FLAG the membership ends, and the interface leaves
 * each MFE for which no membership of anybody on that interface remains. With
 * MGM_FORWARD_STATE_FLAG alone the interface leaves every MFE the entry covers, and
 * memberships stay: so one source can be pruned off an interface that a (*,G) keeps.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A bad handle, entry or flag, or an interface that only
 * others hold.
 *
 * @retval ERROR_NOT_FOUND An interface that nobody holds, or no such membership (nothing
 * is done then).
 *
 * @retval ERROR_CAN_NOT_COMPLETE A DISABLE and ENABLE of IGMP is under way on the
 * interface.
 *
 * @par Example
 * `protocol` is the handle of a registration, `lan` an interface that it holds.
 *
 * ```c
 * DWORD group = inet_addr("239.1.1.1"), source = inet_addr("10.0.0.5");
 * // Packets of this source stop leaving by lan; the (*,G) membership there stays.
 * DWORD error = MgmDeleteGroupMembershipEntry(protocol, source, 0xFFFFFFFF, group,
 *                                             0xFFFFFFFF, lan, 0, MGM_FORWARD_STATE_FLAG);
 * printf("pruned: %u\n", error);
 * // The membership ends, and with it what it had forwarded.
 * error = MgmDeleteGroupMembershipEntry(protocol, 0, 0, group, 0xFFFFFFFF, lan, 0,
 *                                       MGM_JOIN_STATE_FLAG);
 * printf("left: %u\n", error);
 * ```
 */
DWORD MGM_CALL MgmDeleteGroupMembershipEntry(HANDLE hProtocol,
                                             DWORD dwSourceAddr,
                                             DWORD dwSourceMask,
                                             DWORD dwGroupAddr,
                                             DWORD dwGroupMask,
                                             DWORD dwIfIndex,
                                             DWORD dwIfNextHopIPAddr,
                                             DWORD dwFlags);

/**
 * Reads the MFE of one source and group.
 *
 * @param pimm Its dwSource and dwGroup, network byte order, say which MFE. Other members
 * are not read; it may lie inside pbBuffer.
 *
 * @param pdwBufferSize The size of the buffer in bytes. Receives the needed size with
 * ERROR_INSUFFICIENT_BUFFER, and is not written otherwise.
 *
 * @param pbBuffer Receives a MIB_IPMCAST_MFE with all its outgoing interfaces:
 * SIZEOF_MIB_MFE(ulNumOutIf) bytes. It need not be aligned. NULL is allowed with
 * *pdwBufferSize 0, to learn the size.
 *
 * @par Threads
 * Needs no registration. Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer.
 *
 * @retval ERROR_NOT_FOUND No such MFE.
 *
 * @retval ERROR_INSUFFICIENT_BUFFER The buffer is too small.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
 * changed.
 *
 * @par Example
 *
 * ```c
 * MIB_IPMCAST_MFE which = {.dwGroup = inet_addr("239.1.1.1"),
 *                          .dwSource = inet_addr("10.0.0.5")};
 * DWORD size = 0;
 * BYTE *buffer = NULL;
 * DWORD error = MgmGetMfe(&which, &size, NULL);
 * // Interfaces may join between two calls: ask until it fits.
 * while (error == ERROR_INSUFFICIENT_BUFFER) {
 *     free(buffer);
 *     buffer = malloc(size);
 *     if (buffer == NULL)
 *         break;
 *     error = MgmGetMfe(&which, &size, buffer);
 * }
 * if (error == NO_ERROR) {
 *     MIB_IPMCAST_MFE *mfe = (MIB_IPMCAST_MFE *)buffer;
 *     printf("in %u, out", mfe->dwInIfIndex);
 *     for (ULONG i = 0; i < mfe->ulNumOutIf; i++)
 *         printf(" %u", mfe->rgmioOutInfo[i].dwOutIfIndex);
 *     printf("\n");
 * }
 * free(buffer);
 * ```
 */
DWORD MGM_CALL MgmGetMfe(PMIB_IPMCAST_MFE pimm, PDWORD pdwBufferSize, PBYTE pbBuffer);

/**
 * Reads MFEs from the first one on, in ascending order of group, then source.
 *
 * @param pdwBufferSize The size of the buffer in bytes. Receives the size of the first
 * MFE with ERROR_INSUFFICIENT_BUFFER, and is not written otherwise.
 *
 * @param pbBuffer Receives as many whole MIB_IPMCAST_MFE as fit, one behind the other,
 * each with all its outgoing interfaces: SIZEOF_MIB_MFE(ulNumOutIf) bytes. It need not
 * be aligned. NULL is allowed with *pdwBufferSize 0, to learn the size.
 *
 * @param pdwNumEntries Receives the number of MFEs in the buffer.
 *
 * @par Threads
 * Needs no registration. Any thread, also inside a callback.
 *
 * @retval ERROR_MORE_DATA MFEs follow (continue with MgmGetNextMfe and the last one in
 * the buffer).
 *
 * @retval ERROR_NO_MORE_ITEMS None follow, there may be some in the buffer.
 *
 * @retval ERROR_INSUFFICIENT_BUFFER Not even one fits, *pdwNumEntries is 0.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
 * changed.
 *
 * @return Never NO_ERROR. With ERROR_INVALID_PARAMETER and ERROR_CAN_NOT_COMPLETE
 * *pdwNumEntries is not written.
 *
 * @par Example
 *
 * ```c
 * _Alignas(MIB_IPMCAST_MFE) BYTE buffer[65536];
 * DWORD size = sizeof buffer, count = 0;
 * DWORD error = MgmGetFirstMfe(&size, buffer, &count);
 * while (error == ERROR_MORE_DATA || error == ERROR_NO_MORE_ITEMS) {
 *     MIB_IPMCAST_MFE *mfe = NULL;
 *     BYTE *at = buffer;
 *     for (DWORD i = 0; i < count; i++, at += SIZEOF_MIB_MFE(mfe->ulNumOutIf)) {
 *         struct in_addr source, group;
 *         mfe = (MIB_IPMCAST_MFE *)at;
 *         source.s_addr = mfe->dwSource;
 *         group.s_addr = mfe->dwGroup;
 *         printf("(%s, ", inet_ntoa(source));
 *         printf("%s)\n", inet_ntoa(group));
 *     }
 *     if (error == ERROR_NO_MORE_ITEMS)
 *         break;
 *     error = MgmGetNextMfe(mfe, &size, buffer, &count);
 * }
 * ```
 */
DWORD MGM_CALL MgmGetFirstMfe(PDWORD pdwBufferSize, PBYTE pbBuffer, PDWORD pdwNumEntries);

/**
 * Reads the MFEs that follow a given one, in ascending order of group, then source.
 *
 * @param pimmStart Its dwSource and dwGroup, network byte order, say after which MFE to
 * start; that MFE may be gone meanwhile. Other members are not read; it may lie inside
 * pbBuffer.
 *
 * @param pdwBufferSize,pbBuffer,pdwNumEntries See MgmGetFirstMfe.
 *
 * @par Threads
 * Needs no registration. Any thread, also inside a callback.
 *
 * @retval ERROR_MORE_DATA MFEs follow (continue with MgmGetNextMfe and the last one in
 * the buffer).
 *
 * @retval ERROR_NO_MORE_ITEMS None follow, there may be some in the buffer.
 *
 * @retval ERROR_INSUFFICIENT_BUFFER Not even one fits, *pdwNumEntries is 0.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
 * changed.
 *
 * @return Never NO_ERROR. With ERROR_INVALID_PARAMETER and ERROR_CAN_NOT_COMPLETE
 * *pdwNumEntries is not written.
 */
DWORD MGM_CALL MgmGetNextMfe(PMIB_IPMCAST_MFE pimmStart,
                             PDWORD pdwBufferSize,
                             PBYTE pbBuffer,
                             PDWORD pdwNumEntries);

/**
 * Reads the MFE of one source and group with its statistics.
 *
 * @param pimm Its dwSource and dwGroup, network byte order, say which MFE. Other members
 * are not read; it may lie inside pbBuffer.
 *
 * @param pdwBufferSize The size of the buffer in bytes. Receives the needed size with
 * ERROR_INSUFFICIENT_BUFFER, and is not written otherwise.
 *
 * @param pbBuffer Receives the structure that dwFlags asks for, with all its outgoing
 * interfaces: SIZEOF_MIB_MFE_STATS(ulNumOutIf) or SIZEOF_MIB_MFE_STATS_EX(ulNumOutIf)
 * bytes. It need not be aligned. NULL is allowed with *pdwBufferSize 0, to learn the
 * size.
 *
 * @param dwFlags MGM_MFE_STATS_0 for MIB_IPMCAST_MFE_STATS, MGM_MFE_STATS_1 for
 * MIB_IPMCAST_MFE_STATS_EX.
 *
 * @par Threads
 * Needs no registration. Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer, or another dwFlags.
 *
 * @retval ERROR_NOT_FOUND No such MFE.
 *
 * @retval ERROR_INSUFFICIENT_BUFFER The buffer is too small.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
 * changed.
 *
 * @par Example
 *
 * ```c
 * _Alignas(MIB_IPMCAST_MFE_STATS_EX) BYTE buffer[65536];
 * MIB_IPMCAST_MFE_STATS_EX *stats = (MIB_IPMCAST_MFE_STATS_EX *)buffer;
 * MIB_IPMCAST_MFE which = {.dwGroup = inet_addr("239.1.1.1"),
 *                          .dwSource = inet_addr("10.0.0.5")};
 * DWORD size = sizeof buffer;
 * if (MgmGetMfeStats(&which, &size, buffer, MGM_MFE_STATS_1) == NO_ERROR)
 *     printf("%u packets in, %u out\n", stats->ulInPkts, stats->ulTotalOutPackets);
 * ```
 */
DWORD MGM_CALL MgmGetMfeStats(PMIB_IPMCAST_MFE pimm,
                              PDWORD pdwBufferSize,
                              PBYTE pbBuffer,
                              DWORD dwFlags);

/**
 * Reads MFEs with their statistics from the first one on, in ascending order of group,
 * then source.
 *
 * @param pdwBufferSize The size of the buffer in bytes. Receives the size of the first
 * MFE with ERROR_INSUFFICIENT_BUFFER, and is not written otherwise.
 *
 * @param pbBuffer Receives as many whole structures of the kind that dwFlags asks for as
 * fit, one behind the other, each with all its outgoing interfaces. It need not be
 * aligned. NULL is allowed with *pdwBufferSize 0, to learn the size.
 *
 * @param pdwNumEntries Receives the number of MFEs in the buffer.
 *
 * @param dwFlags MGM_MFE_STATS_0 for MIB_IPMCAST_MFE_STATS, MGM_MFE_STATS_1 for
 * MIB_IPMCAST_MFE_STATS_EX.
 *
 * @par Threads
 * Needs no registration. Any thread, also inside a callback.
 *
 * @retval ERROR_MORE_DATA MFEs follow (continue with MgmGetNextMfeStats and the last one
 * in the buffer).
 *
 * @retval ERROR_NO_MORE_ITEMS None follow, there may be some in the buffer.
 *
 * @retval ERROR_INSUFFICIENT_BUFFER Not even one fits, *pdwNumEntries is 0.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer, or another dwFlags.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
 * changed.
 *
 * @return Never NO_ERROR. With ERROR_INVALID_PARAMETER and ERROR_CAN_NOT_COMPLETE
 * *pdwNumEntries is not written.
 *
 * @par Example
 *
 * ```c
 * _Alignas(MIB_IPMCAST_MFE_STATS) BYTE buffer[65536];
 * DWORD size = sizeof buffer, count = 0;
 * DWORD error = MgmGetFirstMfeStats(&size, buffer, &count, MGM_MFE_STATS_0);
 * while (error == ERROR_MORE_DATA || error == ERROR_NO_MORE_ITEMS) {
 *     MIB_IPMCAST_MFE_STATS *mfe = NULL;
 *     BYTE *at = buffer;
 *     for (DWORD i = 0; i < count; i++, at += SIZEOF_MIB_MFE_STATS(mfe->ulNumOutIf)) {
 *         mfe = (MIB_IPMCAST_MFE_STATS *)at;
 *         printf("%u packets, %u bytes\n", mfe->ulInPkts, mfe->ulInOctets);
 *     }
 *     if (error == ERROR_NO_MORE_ITEMS)
 *         break;
 *     // Source and group, all that is read of it, come first in both structures.
 *     error = MgmGetNextMfeStats((MIB_IPMCAST_MFE *)mfe, &size, buffer, &count,
 *                                MGM_MFE_STATS_0);
 * }
 * ```
 */
DWORD MGM_CALL MgmGetFirstMfeStats(PDWORD pdwBufferSize,
                                   PBYTE pbBuffer,
                                   PDWORD pdwNumEntries,
                                   DWORD dwFlags);

/**
 * Reads the MFEs that follow a given one with their statistics, in ascending order of
 * group, then source.
 *
 * @param pimmStart Its dwSource and dwGroup, network byte order, say after which MFE to
 * start; that MFE may be gone meanwhile. Other members are not read; dwGroup and
 * dwSource come first in the statistics structures too, so it may be the last of those
 * in pbBuffer.
 *
 * @param pdwBufferSize,pbBuffer,pdwNumEntries,dwFlags See MgmGetFirstMfeStats.
 *
 * @par Threads
 * Needs no registration. Any thread, also inside a callback.
 *
 * @retval ERROR_MORE_DATA MFEs follow (continue with MgmGetNextMfeStats and the last one
 * in the buffer).
 *
 * @retval ERROR_NO_MORE_ITEMS None follow, there may be some in the buffer.
 *
 * @retval ERROR_INSUFFICIENT_BUFFER Not even one fits, *pdwNumEntries is 0.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer, or another dwFlags.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
 * changed.
 *
 * @return Never NO_ERROR. With ERROR_INVALID_PARAMETER and ERROR_CAN_NOT_COMPLETE
 * *pdwNumEntries is not written.
 */
DWORD MGM_CALL MgmGetNextMfeStats(PMIB_IPMCAST_MFE pimmStart,
                                  PDWORD pdwBufferSize,
                                  PBYTE pbBuffer,
                                  PDWORD pdwNumEntries,
                                  DWORD dwFlags);

/**
 * Sets the upstream neighbour of an MFE.
 *
 * @param hProtocol The handle from MgmRegisterMProtocol; any registered protocol may set
 * it.
 *
 * @param pimm Its dwSource and dwGroup say which MFE; its dwUpStrmNgbr is stored. All in
 * network byte order. Other members are not read.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A bad handle or a NULL pointer.
 *
 * @retval ERROR_NOT_FOUND No such MFE.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
 * changed.
 *
 * @par Example
 * `protocol` is the handle of a registration.
 *
 * ```c
 * MIB_IPMCAST_MFE mfe = {.dwGroup = inet_addr("239.1.1.1"),
 *                        .dwSource = inet_addr("10.0.0.5"),
 *                        .dwUpStrmNgbr = inet_addr("10.0.0.254")};
 * printf("set: %u\n", MgmSetMfe(protocol, &mfe));
 * ```
 */
DWORD MGM_CALL MgmSetMfe(HANDLE hProtocol, PMIB_IPMCAST_MFE pimm);

/**
 * Starts an enumeration of the groups that are joined, by anybody on any interface.
 *
 * An entry that stays joined during the enumeration is returned exactly once, whatever
 * else changes; one that comes or goes meanwhile may be returned or not.
 *
 * @param hProtocol The handle from MgmRegisterMProtocol.
 *
 * @param metEnumType ANY_SOURCE: each joined group once, with source 0; ALL_SOURCES:
 * every joined entry. (*,*) is all zero in both.
 *
 * @param phEnumHandle Receives the handle of the enumeration, never NULL and never
 * (HANDLE)-1; end it with MgmGroupEnumerationEnd. Deregistering the protocol ends it
 * too. Not written on failure.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A bad handle, a NULL pointer, another type.
 *
 * @retval ERROR_NOT_ENOUGH_MEMORY Memory ran out; nothing changed.
 *
 * @retval ERROR_CAN_NOT_COMPLETE A fault inside the manager; nothing changed.
 *
 * @par Example
 * `protocol` is the handle of a registration.
 *
 * ```c
 * HANDLE enumeration;
 * DWORD error = MgmGroupEnumerationStart(protocol, ALL_SOURCES, &enumeration);
 * if (error == NO_ERROR) {
 *     SOURCE_GROUP_ENTRY entries[64];
 *     do {
 *         DWORD size = sizeof entries, count = 0;
 *         error = MgmGroupEnumerationGetNext(enumeration, &size, (PBYTE)entries, &count);
 *         for (DWORD i = 0; i < count; i++) {
 *             struct in_addr group = {.s_addr = entries[i].dwGroupAddr};
 *             printf("%s, %s\n", inet_ntoa(group),
 *                    entries[i].dwSourceAddr == 0 ? "any source" : "one source");
 *         }
 *     } while (error == ERROR_MORE_DATA);
 *     MgmGroupEnumerationEnd(enumeration);
 * }
 * ```
 */
DWORD MGM_CALL MgmGroupEnumerationStart(HANDLE hProtocol,
                                        MGM_ENUM_TYPES metEnumType,
                                        HANDLE *phEnumHandle);

/**
 * Reads the next groups of an enumeration.
 *
 * @param hEnum The handle from MgmGroupEnumerationStart. Calls on one handle from
 * several threads take turns.
 *
 * @param pdwBufferSize The size of the buffer in bytes. Receives the size of one entry
 * with ERROR_INSUFFICIENT_BUFFER, and is not written otherwise.
 *
 * @param pbBuffer Receives as many SOURCE_GROUP_ENTRY as fit and are left, in any order.
 * It need not be aligned. NULL is allowed with *pdwBufferSize 0, to learn the size.
 *
 * @param pdwNumEntries Receives the number of entries in the buffer.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval ERROR_MORE_DATA Entries follow.
 *
 * @retval ERROR_NO_MORE_ITEMS None follow, there may be some in the buffer.
 *
 * @retval ERROR_INSUFFICIENT_BUFFER Not even one fits, *pdwNumEntries is 0 and the
 * enumeration stays where it is.
 *
 * @retval ERROR_INVALID_PARAMETER A bad handle or a NULL pointer.
 *
 * @retval ERROR_NOT_ENOUGH_MEMORY Memory ran out; nothing changed.
 *
 * @retval ERROR_CAN_NOT_COMPLETE A fault inside the manager; nothing changed.
 *
 * @return Never NO_ERROR. With the last three *pdwNumEntries is not written.
 */
DWORD MGM_CALL MgmGroupEnumerationGetNext(HANDLE hEnum,
                                          PDWORD pdwBufferSize,
                                          PBYTE pbBuffer,
                                          PDWORD pdwNumEntries);

/**
 * Ends an enumeration; its handle is dead.
 *
 * @param hEnum The handle from MgmGroupEnumerationStart.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER No handle of an enumeration under way.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
 * changed.
 */
DWORD MGM_CALL MgmGroupEnumerationEnd(HANDLE hEnum);

#ifdef __cplusplus
}
#endif

#endif /* _MGM_H_ */
