/*
 * <iprtrmib.h> for multicast routing protocols that are ported to Linux: the router's MIB.
 *
 * Facts from Microsoft's public reference and mingw-w64's public-domain headers. On Windows
 * this is the system's own header.
 */
#ifndef MGM_COMPAT_IPRTRMIB_H
#define MGM_COMPAT_IPRTRMIB_H

#ifdef _WIN32
#pragma GCC system_header
#include_next <iprtrmib.h>
#else

#include "ipmib.h"
#include "mprapi.h"

#define IPRTRMGR_PID 10000

/* Variables. */
#define IF_NUMBER 0
#define IF_TABLE 1
#define IF_ROW 2
#define IP_STATS 3
#define IP_ADDRTABLE 4
#define IP_ADDRROW 5
#define IP_FORWARDNUMBER 6
#define IP_FORWARDTABLE 7
#define IP_FORWARDROW 8
#define MCAST_MFE 18
#define MCAST_MFE_STATS 19
#define BEST_IF 20
#define BEST_ROUTE 21
#define MCAST_IF_ENTRY 23
#define MCAST_GLOBAL 24
#define IF_STATUS 25
#define MCAST_BOUNDARY 26
#define MCAST_SCOPE 27
#define ROUTE_STATE 34
#define MCAST_MFE_STATS_EX 35

typedef struct _MIB_OPAQUE_QUERY {
    DWORD dwVarId;
    DWORD rgdwVarIndex[ANY_SIZE];
} MIB_OPAQUE_QUERY, *PMIB_OPAQUE_QUERY;

typedef struct _MIB_OPAQUE_INFO {
    DWORD dwId;
    __extension__ union {
        ULONGLONG ullAlign;
        BYTE rgbyData[1];
    };
} MIB_OPAQUE_INFO, *PMIB_OPAQUE_INFO;

#define MAX_MIB_OFFSET 8
#define MIB_INFO_SIZE(structure) (MAX_MIB_OFFSET + sizeof(structure))

#define MAX_SCOPE_NAME_LEN 255
typedef WCHAR SN_CHAR;
typedef SN_CHAR SCOPE_NAME_BUFFER[MAX_SCOPE_NAME_LEN + 1], *SCOPE_NAME;

typedef struct _MIB_IPMCAST_SCOPE {
    DWORD dwGroupAddress;
    DWORD dwGroupMask;
    SCOPE_NAME_BUFFER snNameBuffer;
    DWORD dwStatus;
} MIB_IPMCAST_SCOPE, *PMIB_IPMCAST_SCOPE;

typedef struct _MIB_BEST_IF {
    DWORD dwDestAddr;
    DWORD dwIfIndex;
} MIB_BEST_IF, *PMIB_BEST_IF;

typedef struct _MIB_IFSTATUS {
    DWORD dwIfIndex;
    DWORD dwAdminStatus;
    DWORD dwOperationalStatus;
    BOOL bMHbeatActive;
    BOOL bMHbeatAlive;
} MIB_IFSTATUS, *PMIB_IFSTATUS;

typedef struct _MIB_ROUTESTATE {
    BOOL bRoutesSetToStack;
} MIB_ROUTESTATE, *PMIB_ROUTESTATE;

#endif /* not _WIN32 */

#endif
