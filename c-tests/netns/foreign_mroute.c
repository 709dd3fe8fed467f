/*
 * foreign_mroute: what another program with CAP_NET_ADMIN can do to a multicast routing
 * table that it does not own, through a socket of its own. What it adds is static and
 * outlives the owner.
 *
 *   foreign_mroute [-t TABLE] COMMAND
 *     add SOURCE GROUP VIF [OIF...]     makes or replaces an entry; VIFs by number
 *     add-many COUNT SOURCE GROUP VIF   with COUNT sources from SOURCE on
 *     delete SOURCE GROUP
 *     delete-many COUNT SOURCE GROUP
 *     add-vif VIF INTERFACE
 *     delete-vif VIF
 *     flush                             everything, whoever made it
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <linux/mroute.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef MRT_FLUSH
#define MRT_FLUSH (MRT_BASE + 12)
#endif

static int fd;

static void set(int option, const void *value, size_t length, const char *what) {
    if (setsockopt(fd, IPPROTO_IP, option, value, (socklen_t)length) != 0) {
        perror(what);
        exit(1);
    }
}

static struct in_addr address(const char *text, unsigned long plus) {
    struct in_addr result;
    if (inet_pton(AF_INET, text, &result) != 1) {
        fprintf(stderr, "%s: no address\n", text);
        exit(2);
    }
    result.s_addr = htonl((uint32_t)(ntohl(result.s_addr) + plus));
    return result;
}

static unsigned number(const char *text) { return (unsigned)strtoul(text, NULL, 10); }

int main(int argc, char **argv) {
    const char *command;
    if (argc > 2 && strcmp(argv[1], "-t") == 0) {
        unsigned table = number(argv[2]);
        fd = socket(AF_INET, SOCK_RAW, IPPROTO_IGMP);
        set(MRT_TABLE, &table, sizeof table, "MRT_TABLE");
        argc -= 2;
        argv += 2;
    } else {
        fd = socket(AF_INET, SOCK_RAW, IPPROTO_IGMP);
    }
    command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "add") == 0 && argc >= 5) {
        struct mfcctl entry = {.mfcc_origin = address(argv[2], 0),
                               .mfcc_mcastgrp = address(argv[3], 0),
                               .mfcc_parent = (vifi_t)number(argv[4])};
        for (int k = 5; k < argc; k++)
            entry.mfcc_ttls[number(argv[k]) % MAXVIFS] = 1;
        set(entry.mfcc_origin.s_addr == 0 ? MRT_ADD_MFC_PROXY : MRT_ADD_MFC, &entry, sizeof entry,
            "MRT_ADD_MFC");
    } else if (strcmp(command, "add-many") == 0 && argc == 6) {
        for (unsigned long k = 0; k < number(argv[2]); k++) {
            struct mfcctl entry = {.mfcc_origin = address(argv[3], k),
                                   .mfcc_mcastgrp = address(argv[4], 0),
                                   .mfcc_parent = (vifi_t)number(argv[5])};
            set(MRT_ADD_MFC, &entry, sizeof entry, "MRT_ADD_MFC");
        }
    } else if (strcmp(command, "delete") == 0 && argc == 4) {
        struct mfcctl entry = {.mfcc_origin = address(argv[2], 0),
                               .mfcc_mcastgrp = address(argv[3], 0)};
        set(MRT_DEL_MFC, &entry, sizeof entry, "MRT_DEL_MFC");
    } else if (strcmp(command, "delete-many") == 0 && argc == 5) {
        for (unsigned long k = 0; k < number(argv[2]); k++) {
            struct mfcctl entry = {.mfcc_origin = address(argv[3], k),
                                   .mfcc_mcastgrp = address(argv[4], 0)};
            set(MRT_DEL_MFC, &entry, sizeof entry, "MRT_DEL_MFC");
        }
    } else if (strcmp(command, "add-vif") == 0 && argc == 4) {
        struct vifctl vif = {.vifc_vifi = (vifi_t)number(argv[2]),
                             .vifc_flags = VIFF_USE_IFINDEX,
                             .vifc_threshold = 1};
        vif.vifc_lcl_ifindex = (int)if_nametoindex(argv[3]);
        set(MRT_ADD_VIF, &vif, sizeof vif, "MRT_ADD_VIF");
    } else if (strcmp(command, "delete-vif") == 0 && argc == 3) {
        struct vifctl vif = {.vifc_vifi = (vifi_t)number(argv[2])};
        set(MRT_DEL_VIF, &vif, sizeof vif, "MRT_DEL_VIF");
    } else if (strcmp(command, "flush") == 0 && argc == 2) {
        int all = 1 | 2 | 4 | 8;
        set(MRT_FLUSH, &all, sizeof all, "MRT_FLUSH");
    } else {
        fprintf(stderr, "usage: see foreign_mroute.c\n");
        return 2;
    }
    close(fd);
    return 0;
}
