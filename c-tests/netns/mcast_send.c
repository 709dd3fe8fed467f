/*
 * mcast_send GROUP COUNT [-i MICROSECONDS] [-t TTL] [-s SOURCE] [-p PORT] [-l BYTES]
 *
 * Sends COUNT numbered UDP packets (the number in network byte order comes first) and
 * prints how many. SOURCE chooses the address, and with it the interface, to send from.
 * SIGTERM ends it early.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
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

static void end(int number) {
    (void)number;
    ended = 1;
}

int main(int argc, char **argv) {
    struct sockaddr_in to, from;
    unsigned long count, sent;
    long interval_us = 0;
    int option, fd, ttl = 8, length = 100;
    unsigned char bytes[1400] = {0};
    struct timespec next;

    memset(&to, 0, sizeof to);
    memset(&from, 0, sizeof from);
    to.sin_family = from.sin_family = AF_INET;
    to.sin_port = htons(5000);
    while ((option = getopt(argc, argv, "i:t:s:p:l:")) != -1) {
        switch (option) {
        case 'i': interval_us = atol(optarg); break;
        case 't': ttl = atoi(optarg); break;
        case 'p': to.sin_port = htons((uint16_t)atoi(optarg)); break;
        case 'l': length = atoi(optarg); break;
        case 's':
            if (inet_pton(AF_INET, optarg, &from.sin_addr) == 1)
                break;
            /* fall through */
        default: return 2;
        }
    }
    if (argc - optind != 2 || inet_pton(AF_INET, argv[optind], &to.sin_addr) != 1 || length < 4 ||
        length > (int)sizeof bytes) {
        fprintf(stderr, "usage: mcast_send GROUP COUNT [-i MICROSECONDS] [-t TTL] [-s SOURCE] "
                        "[-p PORT] [-l BYTES]\n");
        return 2;
    }
    count = strtoul(argv[optind + 1], NULL, 10);

    fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0)
        fail("socket");
    if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl) < 0)
        fail("IP_MULTICAST_TTL");
    if (from.sin_addr.s_addr != 0) {
        if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &from.sin_addr, sizeof from.sin_addr) < 0)
            fail("IP_MULTICAST_IF");
        if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0)
            fail("bind");
    }
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        fail("connect");

    signal(SIGTERM, end);
    /* At fixed times, so that a late packet does not delay the rest. */
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (sent = 0; sent < count && !ended; sent++) {
        uint32_t number = htonl((uint32_t)sent);
        memcpy(bytes, &number, sizeof number);
        if (send(fd, bytes, (size_t)length, 0) != length)
            fail("send");
        next.tv_nsec += interval_us % 1000000 * 1000;
        next.tv_sec += interval_us / 1000000 + next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        while (interval_us > 0 && sent + 1 < count && !ended &&
               clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
            ;
    }
    printf("sent %lu packets to %s\n", sent, argv[optind]);
    return 0;
}
