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

/** Forwards in memory: packets and routes come from the host program. */
#define MGM_HOST_FORWARDER_MEMORY 0

/** Forwards in the Linux kernel. */
#define MGM_HOST_FORWARDER_LINUX 1

/** The program's own forwarder, which it has given with MgmHostSetForwarder. */
#define MGM_HOST_FORWARDER_OWN 2

/** Log nothing. */
#define MGM_HOST_LOG_OFF 0

/** Log what did not work. */
#define MGM_HOST_LOG_ERROR 1

/** Log also what may be wrong. */
#define MGM_HOST_LOG_WARN 2

/** Log also what was chosen, started and stopped. */
#define MGM_HOST_LOG_INFO 3

/** Log everything. */
#define MGM_HOST_LOG_DEBUG 4

/** The clock of the system. */
#define MGM_HOST_CLOCK_SYSTEM 0

/** A clock that stands still unless MgmHostAdvanceClock moves it. */
#define MGM_HOST_CLOCK_MANUAL 1

/** Remove from the kernel's table what the manager did not put there. */
#define MGM_HOST_FOREIGN_REMOVE 0

/** Keep it. */
#define MGM_HOST_FOREIGN_KEEP 1

/** Traffic cannot flow because of it. */
#define MGM_HOST_SEVERITY_PROBLEM 1

/** It may be why traffic does not flow. */
#define MGM_HOST_SEVERITY_HINT 2

/** Good to know; nothing is wrong. */
#define MGM_HOST_SEVERITY_NOTE 3

/** The manager forwards in memory: nothing reaches the network. */
#define MGM_HOST_FINDING_MEMORY_FORWARDER 1

/** Another process holds the kernel table (a problem where this one wanted it). */
#define MGM_HOST_FINDING_TABLE_HELD 2

/** No process holds the kernel table: nothing is forwarded. */
#define MGM_HOST_FINDING_TABLE_NOT_HELD 3

/** No rule leads packets to the kernel table, or one leads all elsewhere before. */
#define MGM_HOST_FINDING_NO_RULE 4

/** The kernel lacks CONFIG_IP_MROUTE. */
#define MGM_HOST_FINDING_NO_MULTICAST_ROUTING 5

/** The kernel lacks CONFIG_IP_MROUTE_MULTIPLE_TABLES. */
#define MGM_HOST_FINDING_NO_TABLES 6

/** The kernel lacks CONFIG_IP_PIMSM_V1 and _V2. */
#define MGM_HOST_FINDING_NO_WRONG_INTERFACE_REPORTS 7

/** The kernel lacks CONFIG_IP_MULTICAST. */
#define MGM_HOST_FINDING_NO_IP_MULTICAST 8

/** net.ipv4.ip_forward is 0; multicast is forwarded all the same. */
#define MGM_HOST_FINDING_UNICAST_FORWARDING_OFF 9

/** All VIFs of the table are taken. */
#define MGM_HOST_FINDING_NO_FREE_VIF 10

/** Packets wait for an entry: the process that holds the table does not answer. */
#define MGM_HOST_FINDING_UPCALLS_WAIT 11

/** There are as many MFEs as allowed. */
#define MGM_HOST_FINDING_ENTRY_LIMIT 12

/** Something could not be looked at. */
#define MGM_HOST_FINDING_NOT_CHECKED 13

/** A held interface no longer exists. */
#define MGM_HOST_FINDING_NO_INTERFACE 20

/** The link is down, or has no carrier. */
#define MGM_HOST_FINDING_LINK_DOWN 21

/** A held interface has no VIF in the kernel table. */
#define MGM_HOST_FINDING_NO_VIF 22

/** The interface is a port of a bridge or bond, which gets its packets. */
#define MGM_HOST_FINDING_PORT_OF_ANOTHER 23

/** The bridge snoops IGMP, and nobody sends queries. */
#define MGM_HOST_FINDING_NO_QUERIER 24

/** A reverse path filter drops, or may have dropped, packets. */
#define MGM_HOST_FINDING_RP_FILTER 25

/** The kernel drops packets from this source for another reason. */
#define MGM_HOST_FINDING_SOURCE_REFUSED 26

/** The interface has a VIF, but mc_forwarding is 0. */
#define MGM_HOST_FINDING_MC_FORWARDING_OFF 27

/** The group lies in 224.0.0.0/24. */
#define MGM_HOST_FINDING_LINK_LOCAL_GROUP 40

/** The source is no unicast address. */
#define MGM_HOST_FINDING_SOURCE_NOT_UNICAST 41

/** There is no route to the source. */
#define MGM_HOST_FINDING_NO_ROUTE 42

/** Nobody holds the interface over which the source is routed, or on which its packets come in. */
#define MGM_HOST_FINDING_NO_OWNER 43

/** There is no entry for the flow. */
#define MGM_HOST_FINDING_NO_ENTRY 44

/** A client that is asked about the entry has not answered. */
#define MGM_HOST_FINDING_ENTRY_IN_THE_MAKING 45

/** No membership covers the flow. */
#define MGM_HOST_FINDING_NO_MEMBER 46

/** The only members are on the incoming interface. */
#define MGM_HOST_FINDING_MEMBER_ON_IIF 47

/** A creation alert's answer left the interface out of the entry. */
#define MGM_HOST_FINDING_VETOED 48

/** The interface has a member, but is not in the entry. */
#define MGM_HOST_FINDING_PRUNED 49

/** The kernel's entry has no outgoing interface. */
#define MGM_HOST_FINDING_ENTRY_EMPTY 50

/** Packets come in on another interface than the entry's. */
#define MGM_HOST_FINDING_WRONG_INTERFACE 51

/** No packet of the flow came in while it was watched. */
#define MGM_HOST_FINDING_NO_PACKETS 52

/** Packets come in with TTL 1 or 0: they are not forwarded. */
#define MGM_HOST_FINDING_LOW_TTL 53

/** Packets are longer than the MTU and may not be fragmented. */
#define MGM_HOST_FINDING_TOO_LARGE 54

/** Packets matched the entry and did not go out. */
#define MGM_HOST_FINDING_NOT_SENT 55

/** The kernel's entry differs from the manager's. */
#define MGM_HOST_FINDING_KERNEL_DIFFERS 56

/** A boundary (MgmHostAddBoundary) keeps the flow from the interface. */
#define MGM_HOST_FINDING_BOUNDARY 57

/**
 * How the manager is started. Fill it with MgmHostGetDefaultOptions, then change what
 * should differ.
 */
struct _MGM_HOST_OPTIONS {
    /**
     * sizeof(MGM_HOST_OPTIONS), set before every call that takes the structure. A
     * smaller size (a multiple of 4, at least 8) is that of a caller built with an older
     * header: members beyond it are neither read nor written.
     */
    DWORD dwSize;
    /** MGM_HOST_FORWARDER_MEMORY, MGM_HOST_FORWARDER_LINUX or MGM_HOST_FORWARDER_OWN. */
    DWORD dwForwarder;
    /** The kernel's multicast routing table, below 1,000,000,000; 0 is the default, 253. */
    DWORD dwTable;
    /** MGM_HOST_LOG_OFF to MGM_HOST_LOG_DEBUG. */
    DWORD dwLogLevel;
    /** MGM_HOST_CLOCK_SYSTEM or MGM_HOST_CLOCK_MANUAL. */
    DWORD dwClock;
    /** The most MFEs there may be, not 0; the default is 1,000,000. */
    DWORD dwMaxEntries;
    /**
     * MGM_HOST_FOREIGN_REMOVE or MGM_HOST_FOREIGN_KEEP: what happens to entries and VIFs
     * of other programs in the kernel's table, at the start and later. Entries that are
     * kept are cut down to the VIFs they have; without one for their incoming interface
     * they are removed. A flow that the manager has an MFE for is the manager's either way.
     */
    DWORD dwForeign;
    /**
     * With MGM_HOST_FORWARDER_LINUX: the kernel's unicast routing table in which alone
     * routes towards sources are looked up, as a multicast view of its own; 254 is the
     * main table. A route that is not there is no route. Addresses of the host are found
     * on the interface that holds them as always. 0, the default: as the kernel's rules say.
     */
    DWORD dwRpfTable;
};

typedef struct _MGM_HOST_OPTIONS MGM_HOST_OPTIONS;

/** The address of one. */
typedef MGM_HOST_OPTIONS *PMGM_HOST_OPTIONS;

/**
 * A route towards sources, of the memory forwarder or the program's own. An address of the
 * host itself is a route with mask 255.255.255.255 and protocol 2 on the interface that
 * holds it.
 */
struct _MGM_HOST_ROUTE {
    /** The network, network byte order, without bits outside the mask. */
    DWORD dwNetwork;
    /** Its mask, network byte order, contiguous; 0 for the default route. */
    DWORD dwMask;
    /** The interface index, not 0. */
    DWORD dwIfIndex;
    /** The gateway, network byte order; 0 when the network is on the link. */
    DWORD dwGateway;
    /**
     * Who made the route, as the MIB numbers it: 2 local, 3 static, 8 RIP, 9 IS-IS, 13
     * OSPF, 14 BGP; 0 and 1 are another.
     */
    DWORD dwProtocol;
};

typedef struct _MGM_HOST_ROUTE MGM_HOST_ROUTE;

/** The address of one. */
typedef MGM_HOST_ROUTE *PMGM_HOST_ROUTE;

/** An administrative boundary, as MgmHostGetNextBoundary reads it. */
struct _MGM_HOST_BOUNDARY {
    /** The interface index. */
    DWORD dwIfIndex;
    /** The group, or the first of the range, network byte order; 0 for all groups. */
    DWORD dwGroup;
    /** The mask of the groups, network byte order; 0 for all groups. */
    DWORD dwMask;
};

typedef struct _MGM_HOST_BOUNDARY MGM_HOST_BOUNDARY;

/** The address of one. */
typedef MGM_HOST_BOUNDARY *PMGM_HOST_BOUNDARY;

/** What the manager counts, since it was started. */
struct _MGM_HOST_COUNTERS {
    /**
     * sizeof(MGM_HOST_COUNTERS), set before the call. A smaller size (a multiple of 8, at
     * least 8) is that of a caller built with an older header; a larger one becomes the
     * size that was filled.
     */
    DWORD dwSize;
    /** Registered protocols, now. */
    DWORD dwClients;
    /** Interfaces that somebody holds, now. */
    DWORD dwInterfaces;
    /** Group memberships, now: entries times interfaces times clients. */
    DWORD dwMemberships;
    /** MFEs, now. */
    DWORD dwEntries;
    /** 0. */
    DWORD dwReserved;
    /** Packets that found no MFE. */
    ULONGLONG ullPacketsWithoutEntry;
    /** Packets sent out of at least one interface; 0 but with the memory forwarder. */
    ULONGLONG ullPacketsForwarded;
    /** Packets dropped for any of the four reasons that follow. */
    ULONGLONG ullPacketsDropped;
    /** Packets to 224.0.0.0/24, or from a source that is no unicast address. */
    ULONGLONG ullDroppedScope;
    /** Packets dropped as there were dwMaxEntries MFEs. */
    ULONGLONG ullDroppedLimit;
    /** Packets dropped as memory ran out. */
    ULONGLONG ullDroppedMemory;
    /** Packets dropped as the queue for their MFE was full or its making was given up. */
    ULONGLONG ullDroppedBusy;
    /** Reports of packets that arrived on another interface than their MFE's. */
    ULONGLONG ullWrongInterface;
    /** Alerts delivered. */
    ULONGLONG ullAlerts;
    /** Direct callbacks made (RPF, creation, DISABLE, ENABLE). */
    ULONGLONG ullDirectCallbacks;
    /** Direct callbacks that took longer than a second. */
    ULONGLONG ullSlowCallbacks;
    /** MFEs renewed at the end of their lifetime. */
    ULONGLONG ullRenewed;
    /** MFEs deleted at the end of their lifetime. */
    ULONGLONG ullExpired;
    /** Requests the forwarder could not carry out. */
    ULONGLONG ullForwarderErrors;
    /**
     * Reports of the forwarder lost as a buffer of the kernel was full: packets of new
     * flows, packets on a wrong interface, changes of routes.
     */
    ULONGLONG ullEventsLost;
    /** Log lines lost. */
    ULONGLONG ullLogLost;
    /**
     * Entries of the kernel's table that another program deleted or changed, or that were
     * missing: repaired.
     */
    ULONGLONG ullEntriesRepaired;
    /** Entries of other programs found in the kernel's table at the start, or removed later. */
    ULONGLONG ullForeignEntries;
    /** VIFs put right that another program had deleted or changed, and its VIFs removed. */
    ULONGLONG ullInterfacesRepaired;
    /** Comparisons of the whole kernel table with what is wanted. */
    ULONGLONG ullReconciled;
    /**
     * Reports of packets on a wrong interface that nobody was told of, as there were too
     * many; the kernel repeats them.
     */
    ULONGLONG ullReportsSkipped;
};

typedef struct _MGM_HOST_COUNTERS MGM_HOST_COUNTERS;

/** The address of one. */
typedef MGM_HOST_COUNTERS *PMGM_HOST_COUNTERS;

/** What a comparison of the kernel's table with the MFEs found. */
struct _MGM_HOST_RECONCILED {
    /**
     * sizeof(MGM_HOST_RECONCILED), set before the call. A smaller size (a multiple of 4,
     * at least 8) is that of a caller built with an older header; a larger one becomes
     * the size that was filled.
     */
    DWORD dwSize;
    /** MFEs compared. */
    DWORD dwEntries;
    /** Of those: missing in the kernel's table or different there, and repaired. */
    DWORD dwRepaired;
    /** Entries of other programs, removed or kept as dwForeign says. */
    DWORD dwForeign;
    /** Interfaces whose VIF was put right. */
    DWORD dwInterfaces;
};

typedef struct _MGM_HOST_RECONCILED MGM_HOST_RECONCILED;

/** The address of one. */
typedef MGM_HOST_RECONCILED *PMGM_HOST_RECONCILED;

/**
 * Gets the lines of the log.
 *
 * Called on any thread, with no lock of the manager held, also on two threads at the
 * same time, and inside Mgm functions. Every Mgm function may be called from inside;
 * what those log comes later. It must return normally: no C++ exception and no longjmp
 * may leave it.
 *
 * @param pvContext What MgmHostSetLog was given.
 *
 * @param dwLevel MGM_HOST_LOG_ERROR to MGM_HOST_LOG_DEBUG.
 *
 * @param pszMessage The line, UTF-8, NUL-terminated, without newline; it may not be kept
 * after the return.
 */
typedef void (MGM_CALL *PMGM_HOST_LOG_CALLBACK)(PVOID pvContext,
                                                DWORD dwLevel,
                                                const char *pszMessage);

/**
 * Gets what MgmHostDiagnose finds, one call for each finding.
 *
 * Called on the thread of MgmHostDiagnose, with no lock of the manager held. Every Mgm
 * function may be called from inside. It must return normally: no C++ exception and no
 * longjmp may leave it.
 *
 * @param pvContext What MgmHostDiagnose was given.
 *
 * @param dwSeverity MGM_HOST_SEVERITY_PROBLEM to MGM_HOST_SEVERITY_NOTE.
 *
 * @param dwCode MGM_HOST_FINDING_ and what was found. The numbers never change; later
 * versions may find more.
 *
 * @param dwIfIndex The interface it is about, 0 if none.
 *
 * @param pszText What is wrong, where, and what to do: one line, UTF-8, NUL-terminated,
 * without newline; it may not be kept after the return.
 */
typedef void (MGM_CALL *PMGM_HOST_FINDING_CALLBACK)(PVOID pvContext,
                                                    DWORD dwSeverity,
                                                    DWORD dwCode,
                                                    DWORD dwIfIndex,
                                                    const char *pszText);

/** An interface of an entry. */
struct _MGM_HOST_INTERFACE {
    /** The interface index. */
    DWORD dwIfIndex;
    /** The next hop on point-to-multipoint links, else 0; network byte order. */
    DWORD dwIfNextHopAddr;
};

typedef struct _MGM_HOST_INTERFACE MGM_HOST_INTERFACE;

/** The address of one. */
typedef MGM_HOST_INTERFACE *PMGM_HOST_INTERFACE;

/** What a forwarder counted for an entry since it was made. All is 0 when it is asked. */
struct _MGM_HOST_STATISTICS {
    /**
     * Packets that matched the entry, those from a wrong interface included. At the end of
     * its lifetime an entry goes on only if these less those grew.
     */
    ULONGLONG ullPackets;
    /** Their bytes, IP headers included. */
    ULONGLONG ullBytes;
    /** Packets that came in on another interface than the entry's. */
    ULONGLONG ullWrongInterface;
    /** Packets dropped because too many waited for the entry. */
    ULONGLONG ullQueueOverflow;
};

typedef struct _MGM_HOST_STATISTICS MGM_HOST_STATISTICS;

/** The address of one. */
typedef MGM_HOST_STATISTICS *PMGM_HOST_STATISTICS;

/** What a forwarder counted for an outgoing interface of an entry. All is 0 when it is asked. */
struct _MGM_HOST_OIF_STATISTICS {
    /** Packets sent out. */
    ULONGLONG ullPackets;
    /** Packets kept in by the interface's TTL threshold. */
    ULONGLONG ullTtlTooLow;
};

typedef struct _MGM_HOST_OIF_STATISTICS MGM_HOST_OIF_STATISTICS;

/** The address of one. */
typedef MGM_HOST_OIF_STATISTICS *PMGM_HOST_OIF_STATISTICS;

/**
 * Makes an interface usable: called once for each, before any entry names it.
 *
 * @param pvContext The forwarder's pvContext.
 *
 * @param dwIfIndex,dwIfNextHopAddr The interface; the next hop in network byte order, 0 for
 * the whole link.
 *
 * @return NO_ERROR; ERROR_NOT_ENOUGH_MEMORY; any other code when the interface cannot be
 * used. The caller of MgmTakeInterfaceOwnership then gets ERROR_NOT_ENOUGH_MEMORY or
 * ERROR_CAN_NOT_COMPLETE, and the log has the code.
 */
typedef DWORD (MGM_CALL *PMGM_HOST_OPEN_INTERFACE)(PVOID pvContext,
                                                   DWORD dwIfIndex,
                                                   DWORD dwIfNextHopAddr);

/**
 * The last owner of an interface has left it.
 *
 * No entry names it any more, but for one whose last install failed.
 *
 * @param pvContext The forwarder's pvContext.
 *
 * @param dwIfIndex,dwIfNextHopAddr The interface.
 *
 * @return A value that is ignored.
 */
typedef DWORD (MGM_CALL *PMGM_HOST_CLOSE_INTERFACE)(PVOID pvContext,
                                                    DWORD dwIfIndex,
                                                    DWORD dwIfNextHopAddr);

/**
 * Makes the entry for a source and a group, or replaces the one that is there without a
 * gap in forwarding and in its counters. Packets that waited for it go through it.
 *
 * @param pvContext The forwarder's pvContext.
 *
 * @param dwSource,dwGroup The flow, network byte order.
 *
 * @param dwInIfIndex,dwInIfNextHopAddr The interface that packets must arrive on. An index 0, or
 * an interface that is not open: nothing is forwarded, by an entry that is there all the same.
 *
 * @param dwCount,pOutInterfaces The interfaces to forward to, ascending, all open; the list
 * may not be changed, nor be kept after the return.
 *
 * @return NO_ERROR; any other code is logged, and the entry is installed again a second
 * later. Until then one that was there may name interfaces that are closed.
 */
typedef DWORD (MGM_CALL *PMGM_HOST_INSTALL_ENTRY)(PVOID pvContext,
                                                  DWORD dwSource,
                                                  DWORD dwGroup,
                                                  DWORD dwInIfIndex,
                                                  DWORD dwInIfNextHopAddr,
                                                  DWORD dwCount,
                                                  const MGM_HOST_INTERFACE *pOutInterfaces);

/**
 * Removes an entry with its counters, and drops the packets that wait for it. It need not
 * be there.
 *
 * @param pvContext The forwarder's pvContext.
 *
 * @param dwSource,dwGroup The flow, network byte order.
 *
 * @return A value that is ignored.
 */
typedef DWORD (MGM_CALL *PMGM_HOST_REMOVE_ENTRY)(PVOID pvContext, DWORD dwSource, DWORD dwGroup);

/**
 * The route towards a source.
 *
 * @param pvContext The forwarder's pvContext.
 *
 * @param dwSource The source, network byte order.
 *
 * @param pRoute Receives it: the most specific one, its dwNetwork and dwMask around the source.
 *
 * @return NO_ERROR; ERROR_NOT_FOUND: there is none; any other code: it cannot be said now,
 * and is asked again a second later.
 */
typedef DWORD (MGM_CALL *PMGM_HOST_GET_ROUTE)(PVOID pvContext, DWORD dwSource, PMGM_HOST_ROUTE pRoute);

/**
 * The counters of an entry. Without this function they are 0, and entries end after their
 * lifetime though packets come.
 *
 * @param pvContext The forwarder's pvContext.
 *
 * @param dwSource,dwGroup The flow, network byte order.
 *
 * @param pStatistics Receives them; left as it is for an entry that is not there.
 *
 * @return A value that is ignored.
 */
typedef DWORD (MGM_CALL *PMGM_HOST_GET_STATISTICS)(PVOID pvContext,
                                                   DWORD dwSource,
                                                   DWORD dwGroup,
                                                   PMGM_HOST_STATISTICS pStatistics);

/**
 * The counters of one outgoing interface of an entry. Without this function they are 0.
 *
 * @param pvContext The forwarder's pvContext.
 *
 * @param dwSource,dwGroup The flow, network byte order.
 *
 * @param dwIfIndex,dwIfNextHopAddr The interface.
 *
 * @param pStatistics Receives them; left as it is for one that is not there.
 *
 * @return A value that is ignored.
 */
typedef DWORD (MGM_CALL *PMGM_HOST_GET_OIF_STATISTICS)(PVOID pvContext,
                                                       DWORD dwSource,
                                                       DWORD dwGroup,
                                                       DWORD dwIfIndex,
                                                       DWORD dwIfNextHopAddr,
                                                       PMGM_HOST_OIF_STATISTICS pStatistics);

/**
 * Packets may leave an interface of this index only if their TTL, as they came in, is
 * greater than dwTtl. Told when an interface was opened, or when that changes, also while
 * none of this index is open; the entries that it concerns are installed again afterwards.
 *
 * @param pvContext The forwarder's pvContext.
 *
 * @param dwIfIndex The interface index.
 *
 * @param dwTtl 1 to 255.
 *
 * @return A value that is ignored.
 */
typedef DWORD (MGM_CALL *PMGM_HOST_SET_THRESHOLD)(PVOID pvContext, DWORD dwIfIndex, DWORD dwTtl);

/**
 * A forwarder of the program's own: what the manager wants becomes calls of these
 * functions.
 *
 * They are called by one thread at a time, whichever that is, with the manager's lock held:
 * every other call waits for them, so they do not block for long. They may call no Mgm
 * function: all give ERROR_CAN_NOT_COMPLETE there. They must return normally: no C++
 * exception and no longjmp may leave them. Between MgmHostStart (or the first registration)
 * and MgmHostStop (or the last MgmDeRegisterMProtocol) they are called; at that end every
 * entry has been removed and every interface closed.
 */
struct _MGM_HOST_FORWARDER {
    /**
     * sizeof(MGM_HOST_FORWARDER). A smaller size, which ends behind a later member than
     * pfnRemoveEntry, is that of a caller built with an older header: what is beyond it
     * counts as NULL.
     */
    DWORD dwSize;
    /** 0. */
    DWORD dwReserved;
    /** Passed to each function, otherwise not used. */
    PVOID pvContext;
    /** Not NULL. */
    PMGM_HOST_OPEN_INTERFACE pfnOpenInterface;
    /** Not NULL. */
    PMGM_HOST_CLOSE_INTERFACE pfnCloseInterface;
    /** Not NULL. */
    PMGM_HOST_INSTALL_ENTRY pfnInstallEntry;
    /** Not NULL. */
    PMGM_HOST_REMOVE_ENTRY pfnRemoveEntry;
    /** Not NULL. */
    PMGM_HOST_GET_ROUTE pfnGetRoute;
    /** NULL when nothing is counted. */
    PMGM_HOST_GET_STATISTICS pfnGetStatistics;
    /** NULL when nothing is counted for each interface. */
    PMGM_HOST_GET_OIF_STATISTICS pfnGetOifStatistics;
    /** NULL when thresholds are of no interest. */
    PMGM_HOST_SET_THRESHOLD pfnSetThreshold;
};

typedef struct _MGM_HOST_FORWARDER MGM_HOST_FORWARDER;

/** The address of one. */
typedef MGM_HOST_FORWARDER *PMGM_HOST_FORWARDER;

/**
 * The version of the library.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @return A static text such as "0.1.0".
 */
const char *MGM_CALL MgmHostGetVersion(void);

/**
 * Fills in the options that the manager starts with by itself: the defaults (memory
 * forwarder, table 253, warnings logged, system clock, 1,000,000 MFEs, foreign entries
 * removed), changed by the environment variables MGM_FORWARDER (memory, linux), MGM_TABLE
 * and MGM_RPF_TABLE (numbers), MGM_LOG (off, error, warn, info, debug) and MGM_FOREIGN
 * (remove, keep). A bad value of a variable is ignored with a warning in the log.
 *
 * @param pOptions Its dwSize says how much of it to fill; dwSize itself is not changed.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer or a bad dwSize.
 */
DWORD MGM_CALL MgmHostGetDefaultOptions(PMGM_HOST_OPTIONS pOptions);

/**
 * Starts the manager. Without this call the first registration starts it, with the
 * options that MgmHostGetDefaultOptions gives.
 *
 * @param pOptions The options; not kept. NULL is the same as those of
 * MgmHostGetDefaultOptions. Members beyond dwSize are as those say.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_ALREADY_EXISTS The manager is started, by this function or a
 * registration.
 *
 * @retval ERROR_INVALID_PARAMETER A bad dwSize, an option out of its range, or
 * MGM_HOST_FORWARDER_OWN without a forwarder (MgmHostSetForwarder).
 *
 * @retval ERROR_CAN_NOT_COMPLETE The forwarder cannot be used (another process holds the
 * kernel table, no permission, not Linux: the log says which).
 *
 * @par Example
 *
 * ```c
 * #include <mgmhost.h>
 * #include <stdio.h>
 *
 * int main(void) {
 *     MGM_HOST_OPTIONS options = {.dwSize = sizeof options};
 *     DWORD error = MgmHostGetDefaultOptions(&options);
 *     if (error == NO_ERROR) {
 *         options.dwForwarder = MGM_HOST_FORWARDER_MEMORY;
 *         options.dwMaxEntries = 5000;
 *         error = MgmHostStart(&options);
 *     }
 *     if (error != NO_ERROR) {
 *         fprintf(stderr, "cannot start: error %u\n", error);
 *         return 1;
 *     }
 *     printf("started\n");
 *     // Protocols register here, and deregister.
 *     return MgmHostStop() == NO_ERROR ? 0 : 1;
 * }
 * ```
 */
DWORD MGM_CALL MgmHostStart(PMGM_HOST_OPTIONS pOptions);

/**
 * Stops the manager: MFEs, routes, clock, counters and options are forgotten, and the
 * kernel table is given back. The log callback stays.
 *
 * @par Threads
 * Any thread.
 *
 * @retval NO_ERROR Done, also when it was not started.
 *
 * @retval ERROR_CAN_NOT_COMPLETE A protocol is registered, nothing changed.
 */
DWORD MGM_CALL MgmHostStop(void);

/**
 * Says where the log goes. How much is logged is an option.
 *
 * @param pfnLog The callback; NULL for standard error, which is the default. After a
 * change the old one may still be running on another thread.
 *
 * @param pvContext Passed to the callback, otherwise not used.
 *
 * @par Threads
 * Any thread, at any time, also before the start and inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
 * changed.
 *
 * @par Example
 *
 * ```c
 * #include <mgmhost.h>
 * #include <stdio.h>
 *
 * static void MGM_CALL log_line(PVOID file, DWORD level, const char *message) {
 *     fprintf(file, "%s%s\n", level <= MGM_HOST_LOG_WARN ? "warning: " : "", message);
 * }
 *
 * int main(void) {
 *     MgmHostSetLog(log_line, stderr);
 *     DWORD error = MgmHostStart(NULL);
 *     // ...
 *     return error == NO_ERROR ? (int)MgmHostStop() : 1;
 * }
 * ```
 */
DWORD MGM_CALL MgmHostSetLog(PMGM_HOST_LOG_CALLBACK pfnLog, PVOID pvContext);

/**
 * Adds a route to the memory forwarder, or replaces the one with this network and mask.
 * MFEs it touches are evaluated anew before the call returns.
 *
 * @param pRoute The route; not kept.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer, a mask that is not contiguous, network
 * bits outside the mask, dwIfIndex 0.
 *
 * @retval ERROR_CAN_NOT_COMPLETE The forwarder is not the memory one, or memory ran out.
 *
 * @par Example
 * `wan` is the index of an interface.
 *
 * ```c
 * MGM_HOST_ROUTE route = {.dwNetwork = inet_addr("10.7.0.0"),
 *                         .dwMask = inet_addr("255.255.0.0"),
 *                         .dwIfIndex = wan,
 *                         .dwGateway = inet_addr("10.0.0.254"),
 *                         .dwProtocol = PROTO_IP_OSPF};
 * DWORD error = MgmHostAddRoute(&route);
 * printf("route: %u\n", error);
 * ```
 */
DWORD MGM_CALL MgmHostAddRoute(PMGM_HOST_ROUTE pRoute);

/**
 * Deletes a route of the memory forwarder. MFEs it touches are evaluated anew before the
 * call returns.
 *
 * @param pRoute Its dwNetwork and dwMask say which; not kept.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer, a mask that is not contiguous, network
 * bits outside the mask.
 *
 * @retval ERROR_NOT_FOUND No such route.
 *
 * @retval ERROR_CAN_NOT_COMPLETE The forwarder is not the memory one.
 */
DWORD MGM_CALL MgmHostDeleteRoute(PMGM_HOST_ROUTE pRoute);

/**
 * Tells the memory forwarder that an IPv4 multicast packet arrived. If there is no MFE
 * for it, one is made before the call returns, with the callbacks that belong to it.
 * Nothing is sent anywhere: the forwarder counts.
 *
 * With the program's own forwarder (MgmHostSetForwarder): tells the manager of a packet for
 * which the forwarder has no entry, so that one is made, or which arrived on another
 * interface than its entry's, so that the owner of that interface gets a WRONG_IF alert:
 * the forwarder does well to report those of one entry once in three seconds at most. The
 * packet itself stays with the forwarder, which may keep it until the entry is installed.
 * If there is to be none, pfnRemoveEntry is called.
 *
 * @param dwIfIndex,dwIfNextHopAddr The interface it arrived on, and the next hop it came
 * from on a point-to-multipoint link, network byte order, else 0.
 *
 * @param pbPacket The packet from its IP header on; only read, and not kept.
 *
 * @param dwSize Its size in bytes.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done, also when the packet was dropped (see the counters).
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer, no well-formed IPv4 packet, or no
 * multicast destination.
 *
 * @retval ERROR_CAN_NOT_COMPLETE The forwarder is the kernel's, or one of the program's own
 * that is not in use: neither MgmHostStart was called nor is a protocol registered.
 *
 * @par Example
 * `wan` is the index of an interface.
 *
 * ```c
 * // A UDP datagram without data, from 10.0.0.5 to 239.1.1.1 with TTL 16.
 * BYTE packet[] = {0x45, 0, 0, 28, 0, 1, 0, 0, 16, 17, 0xb0, 0xc9, 10, 0, 0, 5,
 *                  239, 1, 1, 1, 0x9c, 0x40, 0x13, 0x88, 0, 8, 0, 0};
 * MGM_HOST_COUNTERS counters = {.dwSize = sizeof counters};
 * DWORD error = MgmHostReceivePacket(wan, 0, packet, sizeof packet);
 * if (error == NO_ERROR && MgmHostGetCounters(&counters) == NO_ERROR)
 *     printf("%llu packets forwarded\n", (unsigned long long)counters.ullPacketsForwarded);
 * ```
 */
DWORD MGM_CALL MgmHostReceivePacket(DWORD dwIfIndex,
                                    DWORD dwIfNextHopAddr,
                                    PBYTE pbPacket,
                                    DWORD dwSize);

/**
 * Moves the manual clock. All that falls due runs, in its order, on this thread before
 * the call returns.
 *
 * @param dwMilliseconds By how much.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_CAN_NOT_COMPLETE The clock is not manual.
 *
 * @par Example
 *
 * ```c
 * #include <mgmhost.h>
 * #include <stdio.h>
 *
 * int main(void) {
 *     MGM_HOST_OPTIONS options = {.dwSize = sizeof options};
 *     MgmHostGetDefaultOptions(&options);
 *     options.dwForwarder = MGM_HOST_FORWARDER_MEMORY;
 *     options.dwClock = MGM_HOST_CLOCK_MANUAL;
 *     if (MgmHostStart(&options) != NO_ERROR)
 *         return 1;
 *     // A quarter of an hour: the lifetime of an MFE.
 *     DWORD error = MgmHostAdvanceClock(15 * 60 * 1000);
 *     printf("advanced: %u\n", error);
 *     return (int)MgmHostStop();
 * }
 * ```
 */
DWORD MGM_CALL MgmHostAdvanceClock(DWORD dwMilliseconds);

/**
 * Reads the counters.
 *
 * @param pCounters Its dwSize says how much of it to fill.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer or a bad dwSize.
 */
DWORD MGM_CALL MgmHostGetCounters(PMGM_HOST_COUNTERS pCounters);

/**
 * Looks for what stops traffic, on the whole router and, if one is given, that of a flow.
 * Looks only: nothing is changed. With the kernel forwarder, or before the manager is
 * started, the kernel is looked at: its options, sysctls, links, rules, table and entry.
 * Without a started manager the interfaces are those of the kernel's table, that which
 * MGM_TABLE names or 253, whoever holds it. Everything is looked at in the network
 * namespace of the calling thread. docs/diagnosis.md explains each finding.
 *
 * @param dwSource,dwGroup The flow, network byte order; both 0: the whole router.
 *
 * @param dwMilliseconds For how long packets may be watched before the call returns.
 * What arrives, with which TTL, and what leaves, is only known that way; it needs
 * CAP_NET_RAW, without which counters are compared. 0: not at all.
 *
 * @param pfnFinding Called for each finding, before the call returns. None means that
 * nothing was found, not that nothing is wrong.
 *
 * @param pvContext Passed to the callback, otherwise not used.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done, whatever was found.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL callback, no multicast group, or only one
 * address 0.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Memory ran out, the callback may have been called.
 *
 * @par Example
 *
 * ```c
 * #include <arpa/inet.h>
 * #include <mgmhost.h>
 * #include <stdio.h>
 *
 * static void MGM_CALL found(PVOID problems, DWORD severity, DWORD code, DWORD if_index,
 *                            const char *text) {
 *     if (severity == MGM_HOST_SEVERITY_PROBLEM)
 *         ++*(int *)problems;
 *     fprintf(stderr, "%u: %s\n", code, text);
 * }
 *
 * int main(void) {
 *     int problems = 0;
 *     DWORD error = MgmHostDiagnose(inet_addr("10.0.0.5"), inet_addr("239.1.1.1"), 0, found,
 *                                   &problems);
 *     return error == NO_ERROR && problems > 0 ? 0 : 1;
 * }
 * ```
 */
DWORD MGM_CALL MgmHostDiagnose(DWORD dwSource,
                               DWORD dwGroup,
                               DWORD dwMilliseconds,
                               PMGM_HOST_FINDING_CALLBACK pfnFinding,
                               PVOID pvContext);

/**
 * Compares the kernel's multicast routing table with the MFEs and the interfaces held,
 * entry by entry, and makes it what it should be: MFEs that are missing or different are
 * repaired, VIFs are put back, and what other programs put there is removed, or kept as
 * dwForeign says. Happens by itself at the start, and when the kernel's reports of
 * changes were lost. Other calls go on meanwhile.
 *
 * @param pResult Gets what was found; its dwSize says how much of it to fill. May be
 * NULL.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A bad dwSize.
 *
 * @retval ERROR_CAN_NOT_COMPLETE The forwarder is not the Linux one, it has no table (no
 * protocol is registered), the table could not be read or an entry not repaired (the log
 * says why), or memory ran out.
 */
DWORD MGM_CALL MgmHostReconcile(PMGM_HOST_RECONCILED pResult);

/**
 * Sets the TTL threshold of an interface: a packet is sent out of it only if its TTL, as
 * it came in, is greater than the threshold. It holds for every MFE, at once and without
 * a gap; MFEs themselves do not show it.
 *
 * @param dwIfIndex The interface index, for all its next hops; not 0. Nobody need have
 * taken the interface; the threshold stays until the manager stops.
 *
 * @param dwTtl 0 to 255. 1 is the default, and 0 the same: what would leave with TTL 0
 * stays. With 255 nothing leaves.
 *
 * @par Threads
 * Any thread, also inside a callback. Starts the manager as a registration does.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER dwIfIndex 0, or dwTtl above 255.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Memory ran out, nothing changed.
 *
 * @par Example
 * `wan` is the index of an interface.
 *
 * ```c
 * // Packets leave by wan only if they came with a TTL above 15.
 * DWORD error = MgmHostSetThreshold(wan, 15);
 * printf("threshold: %u\n", error);
 * ```
 */
DWORD MGM_CALL MgmHostSetThreshold(DWORD dwIfIndex, DWORD dwTtl);

/**
 * Reads the TTL threshold of an interface.
 *
 * @param dwIfIndex The interface index, not 0.
 *
 * @param pdwTtl Receives the threshold, 1 to 255.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer, or dwIfIndex 0.
 */
DWORD MGM_CALL MgmHostGetThreshold(DWORD dwIfIndex, PDWORD pdwTtl);

/**
 * Adds an administrative boundary: packets of these groups are not forwarded over the
 * interface, in neither direction. The interface is in no MFE's outgoing list for them,
 * and an MFE whose incoming interface it is forwards nothing. Memberships there are kept
 * and enumerated as ever, and have their effect once the boundary is deleted. MFEs that
 * are there change before the call returns, as by a membership that goes.
 *
 * @param dwIfIndex The interface index, for all its next hops; not 0. Nobody need have
 * taken the interface; the boundary stays until the manager stops.
 *
 * @param dwGroup,dwMask The groups, network byte order. With dwGroup 0 the mask is 0,
 * and all groups are meant; else a mask of 0 or 255.255.255.255 means one group, and a
 * contiguous shorter one a range within 224.0.0.0/4.
 *
 * @par Threads
 * Any thread, also inside a callback. Starts the manager as a registration does.
 *
 * @retval NO_ERROR Done, also when the boundary is there.
 *
 * @retval ERROR_INVALID_PARAMETER dwIfIndex 0, or no groups in the way described.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Memory ran out, nothing changed.
 *
 * @par Example
 * `wan` is the index of an interface.
 *
 * ```c
 * // Groups of the organisation, 239.192.0.0/14, stay on this side of wan.
 * DWORD error = MgmHostAddBoundary(wan, inet_addr("239.192.0.0"), inet_addr("255.252.0.0"));
 * printf("boundary: %u\n", error);
 * ```
 */
DWORD MGM_CALL MgmHostAddBoundary(DWORD dwIfIndex,
                                  DWORD dwGroup,
                                  DWORD dwMask);

/**
 * Deletes an administrative boundary. Interfaces come back into outgoing lists where
 * memberships want them and no other boundary keeps them out, before the call returns and
 * without a creation alert.
 *
 * @param dwIfIndex,dwGroup,dwMask As MgmHostAddBoundary was given.
 *
 * @par Threads
 * Any thread, also inside a callback. Starts the manager as a registration does.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER As MgmHostAddBoundary.
 *
 * @retval ERROR_NOT_FOUND No such boundary, whatever others cover its groups.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Memory ran out, nothing changed.
 */
DWORD MGM_CALL MgmHostDeleteBoundary(DWORD dwIfIndex, DWORD dwGroup, DWORD dwMask);

/**
 * Reads the administrative boundaries one after the other, in ascending order of interface
 * index, then group, then mask.
 *
 * @param pBoundary A boundary, which need not be there; all 0 for the first. Receives
 * the one that follows, with mask 255.255.255.255 for one group.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_NO_MORE_ITEMS None follows, nothing is written.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer.
 *
 * @par Example
 * `wan` is the index of an interface.
 *
 * ```c
 * MGM_HOST_BOUNDARY boundary = {0};
 * MgmHostAddBoundary(wan, inet_addr("239.255.0.0"), inet_addr("255.255.0.0"));
 * while (MgmHostGetNextBoundary(&boundary) == NO_ERROR) {
 *     struct in_addr group = {.s_addr = boundary.dwGroup};
 *     printf("interface %u: %s\n", boundary.dwIfIndex, inet_ntoa(group));
 * }
 * ```
 */
DWORD MGM_CALL MgmHostGetNextBoundary(PMGM_HOST_BOUNDARY pBoundary);

/**
 * Gives another descriptor of the kernel table's multicast routing socket, to be stored
 * elsewhere: with the service manager, or in another process. As long as it is open
 * somewhere, the kernel goes on forwarding when this process ends in any way but an
 * orderly stop (MgmHostStop, or the last MgmDeRegisterMProtocol), which empties the table.
 *
 * @param pnSocket Receives the descriptor, which is the caller's to close. It is closed
 * on exec. It may be passed on and closed, nothing else.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A NULL pointer.
 *
 * @retval ERROR_CAN_NOT_COMPLETE The kernel's table is not open, or no descriptor can be
 * had.
 */
DWORD MGM_CALL MgmHostGetRoutingSocket(INT *pnSocket);

/**
 * Leaves the kernel's table as it is, for another process that has or gets a descriptor
 * from MgmHostGetRoutingSocket. From its return on this process changes nothing in the
 * kernel and reads no packets of it; the protocols may go on in memory, release and
 * deregister as always. Nobody can register until the last one has deregistered.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_CAN_NOT_COMPLETE The kernel's table is not open.
 */
DWORD MGM_CALL MgmHostDetach(void);

/**
 * Says, before the start, that the kernel's table is to be taken over from another
 * process with all that is in it. The start (MgmHostStart or the first registration, with
 * the kernel forwarder) fails with ERROR_CAN_NOT_COMPLETE when the descriptor is not what
 * it should be; the log says why, nothing is changed, and the next start is an ordinary
 * one. Without this call the start takes over the descriptor that is named "mgm" in
 * systemd's LISTEN_FDNAMES, if there is one.
 *
 * The entries forward on as they are. A membership that is added or deleted changes those
 * it covers at once. When the time is over, or at MgmHostTakeOverDone, each becomes an
 * MFE as for a packet (RPF callback, creation alerts), without a gap in its forwarding
 * and its statistics; those without a packet since the start are removed.
 *
 * @param nSocket A descriptor from MgmHostGetRoutingSocket of the process that had the
 * table, and that detached or ended. It is duplicated and stays the caller's. -1: the
 * one that systemd passes, if there is one.
 *
 * @param dwSeconds How long the entries stay as they are: as long as the protocols need
 * to take their interfaces and learn the memberships. 0xFFFFFFFF: what MGM_GRACE says,
 * else 60.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER No open descriptor.
 *
 * @retval ERROR_ALREADY_EXISTS The manager is started.
 *
 * @retval ERROR_CAN_NOT_COMPLETE A descriptor elsewhere than on Linux, or
 * none left.
 */
DWORD MGM_CALL MgmHostTakeOver(INT nSocket, DWORD dwSeconds);

/**
 * Says that the protocols have learnt all they need: the entries that were taken over
 * become MFEs now, on a thread of the manager, also after this has returned.
 *
 * @par Threads
 * Any thread, also inside a callback.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Nothing was taken over, or that is over.
 */
DWORD MGM_CALL MgmHostTakeOverDone(void);

/**
 * Gives the manager a forwarder of the program's own, for the next start and all later
 * ones: MgmHostGetDefaultOptions then gives MGM_HOST_FORWARDER_OWN, whatever
 * MGM_FORWARDER says. It stays, after MgmHostStop too, until this is called again.
 *
 * The forwarder tells the manager what happens with MgmHostReceivePacket (a packet that it
 * has no entry for, or one from another interface than its entry's) and
 * MgmHostRoutesChanged.
 *
 * @param pForwarder Its functions; copied. NULL: there is none any more, and nothing of it
 * is called when this has returned.
 *
 * @par Threads
 * Any thread, also inside a callback of mgm.h.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A bad dwSize, a dwReserved that is not 0, or NULL for a
 * function that may not be missing.
 *
 * @retval ERROR_ALREADY_EXISTS The manager is started.
 *
 * @retval ERROR_CAN_NOT_COMPLETE Memory ran out.
 *
 * @par Example
 * A forwarder that writes down what it is told, with every source behind interface 11.
 *
 * ```c
 * #include <mgmhost.h>
 * #include <stdio.h>
 *
 * static DWORD MGM_CALL open_or_close(PVOID context, DWORD if_index, DWORD next_hop) {
 *     (void)context, (void)if_index, (void)next_hop;
 *     return NO_ERROR;
 * }
 *
 * static DWORD MGM_CALL install(PVOID context, DWORD source, DWORD group, DWORD in, DWORD hop,
 *                               DWORD count, const MGM_HOST_INTERFACE *out) {
 *     (void)context, (void)source, (void)group, (void)hop, (void)out;
 *     printf("an entry from %u to %u interfaces\n", in, count);
 *     return NO_ERROR;
 * }
 *
 * static DWORD MGM_CALL remove_entry(PVOID context, DWORD source, DWORD group) {
 *     (void)context, (void)source, (void)group;
 *     return NO_ERROR;
 * }
 *
 * static DWORD MGM_CALL route(PVOID context, DWORD source, PMGM_HOST_ROUTE result) {
 *     (void)context, (void)source;
 *     result->dwIfIndex = 11; // of the default route: network and mask stay 0
 *     return NO_ERROR;
 * }
 *
 * int main(void) {
 *     MGM_HOST_FORWARDER own = {.dwSize = sizeof own};
 *     own.pfnOpenInterface = own.pfnCloseInterface = open_or_close;
 *     own.pfnInstallEntry = install;
 *     own.pfnRemoveEntry = remove_entry;
 *     own.pfnGetRoute = route;
 *     BYTE packet[] = {0x45, 0, 0, 28, 0, 1, 0, 0, 16, 17, 0xb0, 0xc9, 10, 0, 0, 5,
 *                      239, 1, 1, 1, 0x9c, 0x40, 0x13, 0x88, 0, 8, 0, 0};
 *     DWORD error = MgmHostSetForwarder(&own);
 *     if (error == NO_ERROR)
 *         error = MgmHostStart(NULL);
 *     if (error == NO_ERROR) // no entry for it
 *         error = MgmHostReceivePacket(11, 0, packet, sizeof packet);
 *     if (error == NO_ERROR)
 *         error = MgmHostStop();
 *     return error == NO_ERROR ? 0 : 1;
 * }
 * ```
 */
DWORD MGM_CALL MgmHostSetForwarder(PMGM_HOST_FORWARDER pForwarder);

/**
 * Tells the manager that routes in the program's own forwarder may have changed. The
 * sources there are looked up again (pfnGetRoute), and their MFEs are evaluated anew,
 * before the call returns.
 *
 * @param dwNetwork,dwMask Where, network byte order; both 0: everywhere.
 *
 * @par Threads
 * Any thread, also inside a callback of mgm.h.
 *
 * @retval NO_ERROR Done.
 *
 * @retval ERROR_INVALID_PARAMETER A mask that is not contiguous, network bits outside the
 * mask.
 *
 * @retval ERROR_CAN_NOT_COMPLETE The forwarder is not the program's own.
 */
DWORD MGM_CALL MgmHostRoutesChanged(DWORD dwNetwork, DWORD dwMask);

#ifdef __cplusplus
}
#endif

#endif /* MGM_HOST_H */
