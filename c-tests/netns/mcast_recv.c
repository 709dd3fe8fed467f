/*
 * mcast_recv GROUP COUNT [-a ADDRESS] [-S SOURCE] [-d SECONDS] [-p PORT]
 *
 * Joins GROUP (from SOURCE only, if given) on the interface that has ADDRESS, prints
 * "ready", then counts the packets of mcast_send by their numbers. Ends when COUNT
 * different ones are there, after SECONDS (10), or at SIGTERM; the last line says
 *   received N of COUNT, first F, duplicates D
 * Exit code 0 when all arrived. With COUNT 0 any packet fails.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
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

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Only there to interrupt ppoll. */
static void on_signal(int number) { (void)number; }

int main(int argc, char **argv) {
    struct sockaddr_in here;
    struct in_addr address = {0}, source = {0};
    unsigned long count, received = 0, duplicates = 0;
    long first = -1;
    double deadline, seconds = 10;
    unsigned char *seen;
    struct sigaction ends;
    sigset_t blocked, during_wait;
    int option, fd, on = 1, room = 4 << 20;

    memset(&here, 0, sizeof here);
    here.sin_family = AF_INET;
    here.sin_port = htons(5000);
    while ((option = getopt(argc, argv, "a:S:d:p:")) != -1) {
        switch (option) {
        case 'd': seconds = atof(optarg); break;
        case 'p': here.sin_port = htons((uint16_t)atoi(optarg)); break;
        case 'a':
            if (inet_pton(AF_INET, optarg, &address) == 1)
                break;
            return 2;
        case 'S':
            if (inet_pton(AF_INET, optarg, &source) == 1)
                break;
            return 2;
        default: return 2;
        }
    }
    if (argc - optind != 2 || inet_pton(AF_INET, argv[optind], &here.sin_addr) != 1) {
        fprintf(stderr, "usage: mcast_recv GROUP COUNT [-a ADDRESS] [-S SOURCE] [-d SECONDS] "
                        "[-p PORT]\n");
        return 2;
    }
    count = strtoul(argv[optind + 1], NULL, 10);
    seen = calloc(count + 1, 1);
    if (seen == NULL)
        fail("calloc");

    fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0)
        fail("socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        fail("SO_REUSEADDR");
    /* Bound to the group: nothing else is heard. */
    if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0)
        fail("bind");
    if (source.s_addr != 0) {
        struct ip_mreq_source join = {
            .imr_multiaddr = here.sin_addr, .imr_interface = address, .imr_sourceaddr = source};
        if (setsockopt(fd, IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, &join, sizeof join) < 0)
            fail("IP_ADD_SOURCE_MEMBERSHIP");
    } else {
        struct ip_mreq join = {.imr_multiaddr = here.sin_addr, .imr_interface = address};
        if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join) < 0)
            fail("IP_ADD_MEMBERSHIP");
    }
    /* SIGTERM is let through during ppoll alone: no packet wait can miss it. */
    memset(&ends, 0, sizeof ends);
    ends.sa_handler = on_signal;
    sigaction(SIGTERM, &ends, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &during_wait);
    sigdelset(&during_wait, SIGTERM);
    printf("ready\n");
    fflush(stdout);

    deadline = now() + seconds;
    while (count == 0 || received < count) {
        unsigned char bytes[2048];
        uint32_t number;
        double left = deadline - now();
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        struct timespec time = {(time_t)left, (long)((left - (double)(time_t)left) * 1e9)};
        if (left <= 0 || ppoll(&wait, 1, &time, &during_wait) <= 0)
            break;
        if (recv(fd, bytes, sizeof bytes, 0) < (ssize_t)sizeof number)
            continue;
        memcpy(&number, bytes, sizeof number);
        number = ntohl(number);
        if (first < 0)
            first = (long)number;
        if (count == 0) {
            received++;
            break;
        }
        if (number >= count || seen[number]) {
            duplicates++;
        } else {
            seen[number] = 1;
            received++;
        }
    }
    printf("received %lu of %lu, first %ld, duplicates %lu\n", received, count, first, duplicates);
    free(seen);
    return received == count ? 0 : 1;
}
