/*
 * flow_count DEVICE GROUP COUNT [-d SECONDS]
 *
 * Prints "ready", then counts to how many of the COUNT consecutive groups from GROUP on a
 * UDP packet arrives at DEVICE. Joins nothing. Ends when all are there, after SECONDS (30),
 * or at SIGTERM; the last line says
 *   received N of COUNT flows, duplicates D
 * Packets wait in a ring of their own, for which no limit of socket buffers counts. Needs
 * CAP_NET_RAW.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME 256
#define FRAMES (1 << 16)
#define BLOCK (1 << 16)

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
    struct tpacket_req room = {.tp_block_size = BLOCK,
                               .tp_block_nr = FRAME * (FRAMES / BLOCK),
                               .tp_frame_size = FRAME,
                               .tp_frame_nr = FRAMES};
    struct sockaddr_ll device;
    struct in_addr group;
    struct sigaction ends;
    sigset_t blocked, during_wait;
    unsigned long count, received = 0, duplicates = 0;
    unsigned char *ring, *seen;
    double deadline, seconds = 30;
    int option, fd, version = TPACKET_V2;

    while ((option = getopt(argc, argv, "d:")) != -1) {
        if (option != 'd')
            return 2;
        seconds = atof(optarg);
    }
    if (argc - optind != 3 || inet_pton(AF_INET, argv[optind + 1], &group) != 1) {
        fprintf(stderr, "usage: flow_count DEVICE GROUP COUNT [-d SECONDS]\n");
        return 2;
    }
    count = strtoul(argv[optind + 2], NULL, 10);
    seen = calloc(count + 1, 1);
    if (seen == NULL)
        fail("calloc");

    fd = socket(AF_PACKET, SOCK_DGRAM, 0); /* hears nothing before it is bound */
    if (fd < 0)
        fail("socket");
    if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) < 0)
        fail("PACKET_VERSION");
    if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &room, sizeof room) < 0)
        fail("PACKET_RX_RING");
    ring = mmap(NULL, (size_t)FRAME * FRAMES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (ring == MAP_FAILED)
        fail("mmap");
    memset(&device, 0, sizeof device);
    device.sll_family = AF_PACKET;
    device.sll_protocol = htons(ETHERTYPE_IP);
    device.sll_ifindex = (int)if_nametoindex(argv[optind]);
    if (bind(fd, (struct sockaddr *)&device, sizeof device) < 0)
        fail("bind");

    /* SIGTERM is let through during ppoll alone: no packet wait can miss it. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
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
    for (unsigned at = 0; received < count;) {
        struct tpacket2_hdr *frame = (void *)(ring + (size_t)FRAME * at);
        const unsigned char *packet;
        uint32_t to;
        if (!(__atomic_load_n(&frame->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
            double left = deadline - now();
            struct pollfd wait = {.fd = fd, .events = POLLIN};
            struct timespec time = {(time_t)left, (long)((left - (double)(time_t)left) * 1e9)};
            if (left <= 0 || ppoll(&wait, 1, &time, &during_wait) <= 0)
                break;
            continue;
        }
        packet = (const unsigned char *)frame + frame->tp_net;
        memcpy(&to, packet + 16, sizeof to);
        to = ntohl(to) - ntohl(group.s_addr);
        if (frame->tp_snaplen >= 20 && packet[9] == 17 && to < count) {
            if (seen[to])
                duplicates++;
            else
                received++;
            seen[to] = 1;
        }
        __atomic_store_n(&frame->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        at = (at + 1) % FRAMES;
    }
    printf("received %lu of %lu flows, duplicates %lu\n", received, count, duplicates);
    free(seen);
    return received == count ? 0 : 1;
}
