/*
 * bare_loop UP DOWN: the floor of the benchmarks. The least that a program can do to route
 * from UP to DOWN: an MRT_ADD_MFC at once for each packet without an entry and, on an IGMP
 * report, for each flow to that group. One thread, no check, no time-out, nothing is freed.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <linux/mroute.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUPS (1u << 16)

/* By the low bits of a group: has it a member, and the flows to it. */
static struct {
    int joined;
    unsigned flows, room;
    in_addr_t *sources;
} groups[GROUPS];

static int fd;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void option(int name, const void *value, size_t size, const char *what) {
    if (setsockopt(fd, IPPROTO_IP, name, value, (socklen_t)size) < 0)
        fail(what);
}

static void add_vif(vifi_t vif, const char *name) {
    struct vifctl value;
    memset(&value, 0, sizeof value);
    value.vifc_vifi = vif;
    value.vifc_flags = VIFF_USE_IFINDEX;
    value.vifc_threshold = 1;
    value.vifc_lcl_ifindex = (int)if_nametoindex(name);
    if (value.vifc_lcl_ifindex == 0)
        fail(name);
    option(MRT_ADD_VIF, &value, sizeof value, "MRT_ADD_VIF");
}

/* From VIF 0, to VIF 1 where there is a member. */
static void add_mfc(in_addr_t source, in_addr_t group, int joined) {
    struct mfcctl value;
    memset(&value, 0, sizeof value);
    value.mfcc_origin.s_addr = source;
    value.mfcc_mcastgrp.s_addr = group;
    value.mfcc_ttls[1] = (unsigned char)joined;
    option(MRT_ADD_MFC, &value, sizeof value, "MRT_ADD_MFC");
}

static void new_flow(in_addr_t source, in_addr_t group) {
    unsigned g = ntohl(group) % GROUPS;
    if (groups[g].flows == groups[g].room) {
        groups[g].room = groups[g].room == 0 ? 1 : 2 * groups[g].room;
        groups[g].sources = realloc(groups[g].sources, groups[g].room * sizeof source);
        if (groups[g].sources == NULL)
            fail("realloc");
    }
    groups[g].sources[groups[g].flows++] = source;
    add_mfc(source, group, groups[g].joined);
}

static void report(in_addr_t group) {
    unsigned g = ntohl(group) % GROUPS;
    groups[g].joined = 1;
    for (unsigned i = 0; i < groups[g].flows; i++)
        add_mfc(groups[g].sources[i], group, 1);
}

int main(int argc, char **argv) {
    int one = 1, buffer = 8 << 20;
    if (argc != 3) {
        fprintf(stderr, "usage: bare_loop UP DOWN\n");
        return 2;
    }
    fd = socket(AF_INET, SOCK_RAW, IPPROTO_IGMP);
    if (fd < 0)
        fail("socket");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    option(MRT_INIT, &one, sizeof one, "MRT_INIT");
    add_vif(0, argv[1]);
    add_vif(1, argv[2]);
    for (;;) {
        unsigned char bytes[1500];
        struct igmpmsg upcall;
        ssize_t length = read(fd, bytes, sizeof bytes);
        if (length < 0 && errno != EINTR)
            fail("read");
        if (length < (ssize_t)sizeof upcall)
            continue;
        memcpy(&upcall, bytes, sizeof upcall);
        if (upcall.im_mbz == 0) {
            if (upcall.im_msgtype == IGMPMSG_NOCACHE)
                new_flow(upcall.im_src.s_addr, upcall.im_dst.s_addr);
        } else {
            unsigned header = (bytes[0] & 15u) * 4;
            in_addr_t group;
            if (length >= (ssize_t)header + 8 && bytes[header] == 0x16) {
                memcpy(&group, bytes + header + 4, sizeof group);
                report(group);
            }
        }
    }
}
