/*
 * A source, a router and a receiver in three network namespaces, all new:
 *
 *   source              router               receiver
 *   10.1.0.2 ─ s0 ─── r-up ─ ? ─ r-down ─── d0 ─ 10.2.0.2
 *
 * Whatever program routes there is a black box: it is seen by the packets that it forwards,
 * by the kernel's table, and by its CPU time and memory. This process sends and receives,
 * on one CPU; the router has another where there is one.
 */
#ifndef MGM_BENCH_WORLD_H
#define MGM_BENCH_WORLD_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/types.h>

#define ROUTER_PROCESSES 8

struct world {
    int source, router, receiver; /* the namespaces */
    int sender, host;             /* raw sockets of the source and the receiver */
    int ring;
    unsigned char *frames;
    unsigned at;
};

struct router {
    pid_t group; /* of processes */
    unsigned count;
    pid_t pids[ROUTER_PROCESSES];
    clockid_t clocks[ROUTER_PROCESSES];
};

/* A packet that was received; host byte order, nanoseconds of CLOCK_REALTIME. */
struct packet {
    uint32_t source, group;
    uint64_t when;
};

struct counts {
    unsigned forwarding, negative, waiting;
};

/* Enters namespaces of the process's own if it is not root; ends it with 77 where no
   namespace is allowed or the kernel has no multicast routing. */
void world_begin(void);
void world_open(struct world *world);
void world_close(struct world *world);

/* Runs a shell command in the router's namespace, its output in a file, and waits until it
   has made two VIFs and forwards from one member's group. False when it does not. */
int router_start(struct world *world, struct router *router, const char *command, const char *log);
/* Ends its processes, and waits for them. */
void router_stop(struct router *router);
/* Stops all its threads, until told to continue. */
void router_pause(const struct router *router);
void router_continue(const struct router *router);
/* Whether one of its processes has, by itself: what was found then means nothing. */
int router_has_ended(const struct router *router);
/* CPU time so far, all threads and processes; nanoseconds. */
uint64_t router_cpu(const struct router *router);
/* Waits until it does nothing any more; false after so many seconds. */
int router_settle(const struct router *router, double seconds);
/* Resident memory, bytes. */
double router_memory(const struct router *router);
/* The kernel's entries. */
struct counts router_entries(const struct router *router);

/* Host byte order. A UDP packet of 128 bytes; the time it was sent. */
uint64_t send_packet(struct world *world, uint32_t source, uint32_t group);
/* A host's IGMPv2 report; the time. */
uint64_t send_report(struct world *world, uint32_t group);
/* The next packet that has arrived; false when there is none. */
int receive_packet(struct world *world, struct packet *packet);
/* Forgets what has arrived. */
void receive_nothing(struct world *world);

/* Packets that the machine has dropped on their way from one interface to the next. */
unsigned long network_drops(void);

/* CLOCK_REALTIME, which the kernel's time stamps have. */
uint64_t now_ns(void);
void sleep_until(uint64_t when);
void fail(const char *what);

#define PROBE_GROUP 0xEFFFFFFEu /* whatever is measured uses other ones */
#define SOURCE 0x0A010002u      /* 10.1.0.2, in 10.1.0.0/16 */

#endif
