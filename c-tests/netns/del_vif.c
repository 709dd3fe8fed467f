/*
 * del_vif VIF: deletes a VIF of the default multicast routing table beside the process that
 * holds it, as another program with CAP_NET_ADMIN may.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <netinet/in.h> /* before the kernel's, which then leaves out what is there */

#include <linux/mroute.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
    struct vifctl vif;
    int fd = socket(AF_INET, SOCK_RAW, IPPROTO_IGMP);
    if (argc != 2)
        return 2;
    memset(&vif, 0, sizeof vif);
    vif.vifc_vifi = (vifi_t)atoi(argv[1]);
    if (fd < 0 || setsockopt(fd, IPPROTO_IP, MRT_DEL_VIF, &vif, sizeof vif) < 0) {
        perror("del_vif");
        return 1;
    }
    return 0;
}
