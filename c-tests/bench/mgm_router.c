/*
 * mgm_router [-i] UP DOWN: what bare_loop does, by the multicast group manager: a routing
 * protocol on both interfaces, with all its callbacks, and IGMP, which hears reports on
 * DOWN. -i: IGMP alone, which then owns the interfaces.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <mgm.h>
#include <mgmhost.h>

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a protocol would keep of each callback. */
static unsigned long heard[8];

static DWORD on_rpf(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                    PDWORD in_if_index, PDWORD in_next_hop, PDWORD upstream, DWORD header_size,
                    PBYTE header, PBYTE route) {
    (void)source, (void)source_mask, (void)group, (void)group_mask, (void)in_if_index;
    (void)in_next_hop, (void)upstream, (void)header_size, (void)header, (void)route;
    heard[0]++;
    return NO_ERROR;
}

static DWORD on_creation(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                         DWORD in_if_index, DWORD in_next_hop, DWORD count, PMGM_IF_ENTRY out) {
    (void)source, (void)source_mask, (void)group, (void)group_mask, (void)in_if_index;
    (void)in_next_hop, (void)count, (void)out;
    heard[1]++;
    return NO_ERROR;
}

static DWORD on_prune(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                      DWORD if_index, DWORD next_hop, BOOL member, PDWORD timeout) {
    (void)source, (void)source_mask, (void)group, (void)group_mask, (void)if_index;
    (void)next_hop, (void)member, (void)timeout;
    heard[2]++;
    return NO_ERROR;
}

static DWORD on_join(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask, BOOL member) {
    (void)source, (void)source_mask, (void)group, (void)group_mask, (void)member;
    heard[3]++;
    return NO_ERROR;
}

static DWORD on_wrong_if(DWORD source, DWORD group, DWORD if_index, DWORD next_hop,
                         DWORD header_size, PBYTE header) {
    (void)source, (void)group, (void)if_index, (void)next_hop, (void)header_size, (void)header;
    heard[4]++;
    return NO_ERROR;
}

static DWORD on_local_join(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                           DWORD if_index, DWORD next_hop) {
    (void)source, (void)source_mask, (void)group, (void)group_mask, (void)if_index, (void)next_hop;
    heard[5]++;
    return NO_ERROR;
}

static DWORD on_local_leave(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                            DWORD if_index, DWORD next_hop) {
    (void)source, (void)source_mask, (void)group, (void)group_mask, (void)if_index, (void)next_hop;
    heard[6]++;
    return NO_ERROR;
}

static DWORD on_igmp(DWORD if_index, DWORD next_hop) {
    (void)if_index, (void)next_hop;
    heard[7]++;
    return NO_ERROR;
}

static void check(DWORD error, const char *what) {
    if (error != NO_ERROR) {
        fprintf(stderr, "%s: error %lu\n", what, (unsigned long)error);
        exit(1);
    }
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static HANDLE start(ROUTING_PROTOCOL_CONFIG *callbacks, DWORD protocol, const DWORD if_indexes[2]) {
    HANDLE handle;
    check(MgmRegisterMProtocol(callbacks, protocol, 1, &handle), "MgmRegisterMProtocol");
    for (int i = 0; i < 2; i++)
        check(MgmTakeInterfaceOwnership(handle, if_indexes[i], 0), "MgmTakeInterfaceOwnership");
    return handle;
}

/* IGMP packets with the Router Alert option, of the hosts on an interface. */
static int igmp_socket(const char *name) {
    int fd = socket(AF_INET, SOCK_RAW, IPPROTO_IGMP), one = 1, buffer = 8 << 20;
    if (fd < 0)
        fail("socket");
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)) < 0)
        fail("SO_BINDTODEVICE");
    if (setsockopt(fd, IPPROTO_IP, IP_ROUTER_ALERT, &one, sizeof one) < 0)
        fail("IP_ROUTER_ALERT");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    return fd;
}

int main(int argc, char **argv) {
    MGM_HOST_OPTIONS options;
    ROUTING_PROTOCOL_CONFIG callbacks;
    DWORD if_indexes[2];
    HANDLE igmp;
    int fd, option, alone = 0;
    while ((option = getopt(argc, argv, "i")) != -1) {
        if (option != 'i')
            return 2;
        alone = 1;
    }
    if (argc - optind != 2) {
        fprintf(stderr, "usage: mgm_router [-i] UP DOWN\n");
        return 2;
    }
    for (int i = 0; i < 2; i++)
        if ((if_indexes[i] = if_nametoindex(argv[optind + i])) == 0)
            fail(argv[optind + i]);

    memset(&options, 0, sizeof options);
    options.dwSize = sizeof options;
    check(MgmHostGetDefaultOptions(&options), "MgmHostGetDefaultOptions");
    options.dwForwarder = MGM_HOST_FORWARDER_LINUX;
    check(MgmHostStart(&options), "MgmHostStart");

    memset(&callbacks, 0, sizeof callbacks);
    callbacks.pfnDisableIgmpCallback = on_igmp;
    callbacks.pfnEnableIgmpCallback = on_igmp;
    igmp = start(&callbacks, MS_IP_IGMP, if_indexes);
    if (!alone) {
        memset(&callbacks, 0, sizeof callbacks);
        callbacks.pfnRpfCallback = on_rpf;
        callbacks.pfnCreationAlertCallback = on_creation;
        callbacks.pfnPruneAlertCallback = on_prune;
        callbacks.pfnJoinAlertCallback = on_join;
        callbacks.pfnWrongIfCallback = on_wrong_if;
        callbacks.pfnLocalJoinCallback = on_local_join;
        callbacks.pfnLocalLeaveCallback = on_local_leave;
        start(&callbacks, PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS0, PROTO_IP_NT_STATIC),
              if_indexes);
    }

    fd = igmp_socket(argv[optind + 1]);
    for (;;) {
        unsigned char bytes[1500];
        ssize_t length = read(fd, bytes, sizeof bytes);
        unsigned header;
        DWORD group;
        if (length < 0 && errno != EINTR)
            fail("read");
        if (length < 20)
            continue;
        header = (bytes[0] & 15u) * 4;
        if (length < (ssize_t)header + 8 || bytes[header] != 0x16)
            continue;
        memcpy(&group, bytes + header + 4, sizeof group);
        check(MgmAddGroupMembershipEntry(igmp, 0, 0, group, 0xFFFFFFFF, if_indexes[1], 0,
                                         MGM_JOIN_STATE_FLAG),
              "MgmAddGroupMembershipEntry");
    }
}
