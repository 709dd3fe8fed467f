/*
 * raw_send [-i ID] [-l BYTES] [-t TTL] [-n COUNT] [-f FIRST] [-g GROUPS] [-o]
 *          [-u MICROSECONDS] DEVICE[,DEVICE] SOURCE GROUP
 *
 * Sends UDP packets with a header of one's own choice: any source address, identification
 * ID, BYTES in all (128), with 4 bytes of IP options (-o: no-operations). Numbered from
 * FIRST on, for mcast_recv. To GROUPS consecutive groups from GROUP on: each number to all
 * of them, then the next. With two devices each packet goes to the one, then to the other.
 * -u: so long between two numbers; SIGTERM ends it. Prints how many numbers it sent. Needs
 * CAP_NET_RAW.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static volatile sig_atomic_t ended;

static void on_signal(int number) {
    (void)number;
    ended = 1;
}

static void put16(unsigned char *at, unsigned value) {
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

int main(int argc, char **argv) {
    struct sockaddr_in to;
    struct in_addr source;
    struct ip_mreqn device;
    struct sigaction ends;
    struct timespec next;
    unsigned char bytes[1500] = {0};
    unsigned id = 1, length = 128, ttl = 8, header = 20;
    unsigned long count = 1, first = 0, groups = 1, n;
    uint32_t group;
    long interval_us = 0;
    int option, fds[2], devices = 0, off = 0;
    char *name, *rest = NULL;

    memset(&to, 0, sizeof to);
    memset(&device, 0, sizeof device);
    memset(&ends, 0, sizeof ends);
    to.sin_family = AF_INET;
    while ((option = getopt(argc, argv, "i:l:t:n:f:g:ou:")) != -1) {
        switch (option) {
        case 'i': id = (unsigned)atoi(optarg); break;
        case 'l': length = (unsigned)atoi(optarg); break;
        case 't': ttl = (unsigned)atoi(optarg); break;
        case 'n': count = strtoul(optarg, NULL, 10); break;
        case 'f': first = strtoul(optarg, NULL, 10); break;
        case 'g': groups = strtoul(optarg, NULL, 10); break;
        case 'o': header = 24; break;
        case 'u': interval_us = atol(optarg); break;
        default: return 2;
        }
    }
    if (argc - optind != 3 || inet_pton(AF_INET, argv[optind + 1], &source) != 1 ||
        inet_pton(AF_INET, argv[optind + 2], &to.sin_addr) != 1 || length < header + 12 ||
        length > sizeof bytes) {
        fprintf(stderr, "usage: raw_send [-i ID] [-l BYTES] [-t TTL] [-n COUNT] [-f FIRST] "
                        "[-g GROUPS] [-o] [-u MICROSECONDS] DEVICE[,DEVICE] SOURCE GROUP\n");
        return 2;
    }
    bytes[0] = (unsigned char)(0x40 | header / 4);
    put16(bytes + 2, length);
    put16(bytes + 4, id);
    bytes[8] = (unsigned char)ttl;
    bytes[9] = IPPROTO_UDP;
    memcpy(bytes + 12, &source, 4);
    memcpy(bytes + 16, &to.sin_addr, 4);
    memset(bytes + 20, 1, header - 20); /* no-operation; the kernel sets the checksum */
    put16(bytes + header, 5000);
    put16(bytes + header + 2, 5000);
    put16(bytes + header + 4, length - header); /* without a checksum */

    for (name = strtok_r(argv[optind], ",", &rest); name != NULL && devices < 2;
         name = strtok_r(NULL, ",", &rest)) {
        int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
        if (fd < 0)
            fail("socket");
        device.imr_ifindex = (int)if_nametoindex(name);
        if (device.imr_ifindex == 0)
            fail(name);
        if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &device, sizeof device) < 0)
            fail("IP_MULTICAST_IF");
        if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &off, sizeof off) < 0)
            fail("IP_MULTICAST_LOOP");
        fds[devices++] = fd;
    }
    group = ntohl(to.sin_addr.s_addr);
    ends.sa_handler = on_signal;
    sigaction(SIGTERM, &ends, NULL);

    /* At fixed times, so that a late packet does not delay the rest. */
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (n = 0; n < count && !ended; n++) {
        uint32_t number = htonl((uint32_t)(first + n));
        memcpy(bytes + header + 8, &number, sizeof number);
        for (unsigned long g = 0; g < groups; g++) {
            to.sin_addr.s_addr = htonl(group + (uint32_t)g);
            memcpy(bytes + 16, &to.sin_addr, 4);
            for (int k = 0; k < devices; k++)
                if (sendto(fds[k], bytes, length, 0, (struct sockaddr *)&to, sizeof to) !=
                    (ssize_t)length)
                    fail("sendto");
        }
        next.tv_nsec += interval_us * 1000;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        while (interval_us > 0 && n + 1 < count && !ended &&
               clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
            ;
    }
    printf("sent %lu\n", n);
    return 0;
}
