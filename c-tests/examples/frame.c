/*
 * What the examples in the headers' comments take for granted, around one of them (EXAMPLE,
 * a file): `protocol` has registered and holds `wan` and `lan`, receivers of 239.1.1.1 are
 * behind lan, and a packet of 10.0.0.5 has come in by wan.
 */
#include <arpa/inet.h>
#include <mgmhost.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

static HANDLE protocol;
static const DWORD wan = 11, lan = 12;

static void example(void) {
    (void)wan;
    (void)lan;
#include EXAMPLE
}

static void must(DWORD error, const char *what) {
    if (error != NO_ERROR) {
        fprintf(stderr, "%s: error %u\n", what, error);
        exit(1);
    }
}

int main(void) {
    MGM_HOST_OPTIONS options = {.dwSize = sizeof options};
    ROUTING_PROTOCOL_CONFIG callbacks = {0};
    MGM_HOST_ROUTE route = {.dwNetwork = inet_addr("10.0.0.0"),
                            .dwMask = inet_addr("255.255.255.0"),
                            .dwIfIndex = wan,
                            .dwProtocol = PROTO_IP_LOCAL};
    BYTE packet[] = {0x45, 0, 0, 28, 0, 1, 0, 0, 16, 17, 0xb0, 0xc9, 10, 0, 0, 5,
                     239, 1, 1, 1, 0x9c, 0x40, 0x13, 0x88, 0, 8, 0, 0};

    must(MgmHostGetDefaultOptions(&options), "options");
    options.dwForwarder = MGM_HOST_FORWARDER_MEMORY;
    must(MgmHostStart(&options), "start");
    must(MgmRegisterMProtocol(&callbacks, PROTOCOL_ID(PROTO_TYPE_MCAST, 0x100, 1), 1, &protocol),
         "register");
    must(MgmTakeInterfaceOwnership(protocol, wan, 0), "take wan");
    must(MgmTakeInterfaceOwnership(protocol, lan, 0), "take lan");
    must(MgmHostAddRoute(&route), "route");
    must(MgmAddGroupMembershipEntry(protocol, 0, 0, inet_addr("239.1.1.1"), 0xFFFFFFFF, lan, 0,
                                    MGM_JOIN_STATE_FLAG),
         "join");
    must(MgmHostReceivePacket(wan, 0, packet, sizeof packet), "packet");

    example();

    must(MgmReleaseInterfaceOwnership(protocol, wan, 0), "release wan");
    must(MgmReleaseInterfaceOwnership(protocol, lan, 0), "release lan");
    must(MgmDeRegisterMProtocol(protocol), "deregister");
    must(MgmHostStop(), "stop");
    return 0;
}
