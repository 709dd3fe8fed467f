/* What ported.c is to its router, beside RegisterProtocol of <routprot.h>. */
#ifndef PORTED_H
#define PORTED_H

#define PORTED_ID PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS0, 88)
#define PORTED_MIB_ID 1

typedef struct _PORTED_MIB {
    DWORD dwMembers;
    DWORD dwFlows;
    DWORD dwWrongIf;
} PORTED_MIB, *PPORTED_MIB;

#ifdef __cplusplus
extern "C"
#endif
DWORD WINAPI RegisterProtocol(PMPR_ROUTING_CHARACTERISTICS pRoutingChar,
                              PMPR_SERVICE_CHARACTERISTICS pServiceChar);

#endif
