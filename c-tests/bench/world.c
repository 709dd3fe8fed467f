/* See world.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "world.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FRAME 256
#define FRAMES (1u << 16)
#define BLOCK (1u << 16)
#define PACKET 128

void fail(const char *what) {
    perror(what);
    exit(1);
}

uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void sleep_until(uint64_t when) {
    struct timespec t = {(time_t)(when / 1000000000u), (long)(when % 1000000000u)};
    while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

static void sleep_ms(unsigned ms) { sleep_until(now_ns() + ms * 1000000ull); }

static int write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : write(fd, text, strlen(text));
    if (fd >= 0)
        close(fd);
    return length == (ssize_t)strlen(text);
}

static void skip(const char *why) {
    printf("# skipped: %s\n", why);
    exit(77);
}

/* One CPU for this process and another one for the router. */
static void use_cpu(int last) {
    cpu_set_t all, one;
    int first = -1, other = -1;
    if (sched_getaffinity(0, sizeof all, &all) != 0)
        return;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &all)) {
            first = first < 0 ? cpu : first;
            other = cpu;
        }
    if (first == other)
        return;
    CPU_ZERO(&one);
    CPU_SET(last ? other : first, &one);
    sched_setaffinity(0, sizeof one, &one);
}

static cpu_set_t all_cpus;

void world_begin(void) {
    char map[64];
    uid_t user = getuid();
    gid_t group = getgid();
    if (access("/proc/net/ip_mr_vif", R_OK) != 0)
        skip("no multicast routing in this kernel");
    if (geteuid() != 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
            skip("no network namespaces allowed here");
        snprintf(map, sizeof map, "0 %lu 1", (unsigned long)user);
        if (!write_file("/proc/self/uid_map", map) || !write_file("/proc/self/setgroups", "deny"))
            skip("no user namespace allowed here");
        snprintf(map, sizeof map, "0 %lu 1", (unsigned long)group);
        if (!write_file("/proc/self/gid_map", map))
            skip("no user namespace allowed here");
        printf("# without root the kernel keeps fewer reports: bursts lose packets\n");
    } else if (unshare(CLONE_NEWNET) != 0) {
        skip("no network namespaces allowed here");
    }
    sched_getaffinity(0, sizeof all_cpus, &all_cpus);
    use_cpu(0);
    /* Sleep no longer than asked. */
    prctl(PR_SET_TIMERSLACK, 1);
    /* Before whatever else this machine does. */
    setpriority(PRIO_PROCESS, 0, -20);
    /* What a router leaves behind is ours to wait for. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void enter(int ns) {
    if (setns(ns, CLONE_NEWNET) != 0)
        fail("setns");
}

static void ip(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void ip(const char *format, ...) {
    char command[512] = "PATH=$PATH:/usr/sbin:/sbin; exec ip ";
    size_t used = strlen(command);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command + used, sizeof command - used, format, arguments);
    va_end(arguments);
    if (system(command) != 0) {
        fprintf(stderr, "failed: %s\n", command);
        exit(1);
    }
}

static int namespace_new(void) {
    int fd;
    if (unshare(CLONE_NEWNET) != 0)
        fail("unshare");
    fd = open("/proc/self/ns/net", O_RDONLY); /* `ip` opens it by our /proc */
    if (fd < 0)
        fail("/proc/self/ns/net");
    write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    write_file("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
    write_file("/proc/sys/net/ipv4/conf/default/rp_filter", "0");
    write_file("/proc/sys/net/ipv4/ip_forward", "1");
    /* Who joins groups to hear of them joins many. */
    write_file("/proc/sys/net/ipv4/igmp_max_memberships", "100000");
    ip("link set lo up");
    return fd;
}

static void wait_for_link(const char *name) {
    struct ifreq request;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    uint64_t end = now_ns() + 10000000000u;
    memset(&request, 0, sizeof request);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    for (;;) {
        if (ioctl(fd, SIOCGIFFLAGS, &request) != 0)
            fail(name);
        if (request.ifr_flags & IFF_RUNNING)
            break;
        if (now_ns() > end) {
            fprintf(stderr, "%s does not come up\n", name);
            exit(1);
        }
        sleep_ms(1);
    }
    close(fd);
}

/* For packets with a header of one's own choice. */
static int raw_socket(const char *device) {
    struct ip_mreqn through;
    int off = 0, size = 1 << 20, fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (fd < 0)
        fail("socket");
    memset(&through, 0, sizeof through);
    through.imr_ifindex = (int)if_nametoindex(device);
    if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &through, sizeof through) < 0 ||
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &off, sizeof off) < 0)
        fail(device);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return fd;
}

static void open_ring(struct world *world) {
    struct tpacket_req room = {BLOCK, FRAME * (FRAMES / BLOCK), FRAME, FRAMES};
    struct sockaddr_ll device;
    int version = TPACKET_V2;
    world->ring = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (world->ring < 0)
        fail("packet socket");
    if (setsockopt(world->ring, SOL_PACKET, PACKET_VERSION, &version, sizeof version) < 0 ||
        setsockopt(world->ring, SOL_PACKET, PACKET_RX_RING, &room, sizeof room) < 0)
        fail("PACKET_RX_RING");
    world->frames = mmap(NULL, (size_t)FRAME * FRAMES, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_POPULATE, world->ring, 0);
    if (world->frames == MAP_FAILED)
        fail("mmap");
    world->at = 0;
    memset(&device, 0, sizeof device);
    device.sll_family = AF_PACKET;
    device.sll_protocol = htons(ETHERTYPE_IP);
    device.sll_ifindex = (int)if_nametoindex("d0");
    if (bind(world->ring, (struct sockaddr *)&device, sizeof device) < 0)
        fail("bind");
}

void world_open(struct world *world) {
    int pid = (int)getpid();
    memset(world, 0, sizeof *world);
    world->source = namespace_new();
    world->receiver = namespace_new();
    world->router = namespace_new();
    ip("link add r-up type veth peer name s0 netns /proc/%d/fd/%d", pid, world->source);
    ip("link add r-down type veth peer name d0 netns /proc/%d/fd/%d", pid, world->receiver);
    ip("addr add 10.1.0.1/16 dev r-up");
    ip("addr add 10.2.0.1/24 dev r-down");
    ip("addr add 10.3.0.1/32 dev lo"); /* a router's own, for those that want one */
    ip("link set r-up up");
    ip("link set r-down up");
    enter(world->source);
    ip("addr add 10.1.0.2/16 dev s0");
    ip("link set s0 up");
    wait_for_link("s0");
    world->sender = raw_socket("s0");
    enter(world->receiver);
    ip("addr add 10.2.0.2/24 dev d0");
    ip("link set d0 up");
    wait_for_link("d0");
    world->host = raw_socket("d0");
    open_ring(world);
    enter(world->router);
    wait_for_link("r-up");
    wait_for_link("r-down");
}

void world_close(struct world *world) {
    munmap(world->frames, (size_t)FRAME * FRAMES);
    close(world->ring);
    close(world->sender);
    close(world->host);
    close(world->source);
    close(world->receiver);
    close(world->router);
}

static void put16(unsigned char *at, unsigned value) {
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static void put32(unsigned char *at, uint32_t value) {
    value = htonl(value);
    memcpy(at, &value, sizeof value);
}

static uint32_t get32(const unsigned char *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return ntohl(value);
}

/* The kernel sets the header's checksum. */
static uint64_t send_bytes(int fd, unsigned char *bytes, size_t length) {
    struct sockaddr_in to;
    uint64_t when;
    memset(&to, 0, sizeof to);
    to.sin_family = AF_INET;
    memcpy(&to.sin_addr, bytes + 16, sizeof to.sin_addr);
    when = now_ns();
    while (sendto(fd, bytes, length, 0, (struct sockaddr *)&to, sizeof to) != (ssize_t)length)
        if (errno != ENOBUFS && errno != EINTR)
            fail("sendto");
    return when;
}

uint64_t send_packet(struct world *world, uint32_t source, uint32_t group) {
    unsigned char bytes[PACKET] = {0x45};
    put16(bytes + 2, PACKET);
    put16(bytes + 4, 1);
    bytes[8] = 8;
    bytes[9] = IPPROTO_UDP;
    put32(bytes + 12, source);
    put32(bytes + 16, group);
    put16(bytes + 20, 5000);
    put16(bytes + 22, 5000);
    put16(bytes + 24, PACKET - 20);
    return send_bytes(world->sender, bytes, sizeof bytes);
}

uint64_t send_report(struct world *world, uint32_t group) {
    /* Router Alert; IGMPv2 membership report. */
    unsigned char bytes[32] = {0x46};
    unsigned sum = 0;
    put16(bytes + 2, sizeof bytes);
    bytes[8] = 1;
    bytes[9] = IPPROTO_IGMP;
    put32(bytes + 12, 0x0A020002);
    put32(bytes + 16, group);
    bytes[20] = 0x94;
    bytes[21] = 4;
    bytes[24] = 0x16;
    put32(bytes + 28, group);
    for (int i = 24; i < 32; i += 2)
        sum += (unsigned)bytes[i] << 8 | bytes[i + 1];
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    put16(bytes + 26, ~sum & 0xFFFF);
    return send_bytes(world->host, bytes, sizeof bytes);
}

int receive_packet(struct world *world, struct packet *packet) {
    for (;;) {
        struct tpacket2_hdr *frame = (void *)(world->frames + (size_t)FRAME * world->at);
        const unsigned char *bytes = (const unsigned char *)frame + frame->tp_net;
        int wanted;
        if (!(__atomic_load_n(&frame->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
            return 0;
        bytes = (const unsigned char *)frame + frame->tp_net;
        wanted = frame->tp_snaplen >= 20 && bytes[9] == IPPROTO_UDP && bytes[16] >> 4 == 0xE &&
                 get32(bytes + 12) >> 16 == SOURCE >> 16;
        if (wanted) {
            packet->source = get32(bytes + 12);
            packet->group = get32(bytes + 16);
            packet->when = (uint64_t)frame->tp_sec * 1000000000u + frame->tp_nsec;
        }
        __atomic_store_n(&frame->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        world->at = (world->at + 1) % FRAMES;
        if (wanted)
            return 1;
    }
}

void receive_nothing(struct world *world) {
    struct packet packet;
    while (receive_packet(world, &packet))
        ;
}

unsigned long network_drops(void) {
    unsigned long sum = 0, dropped;
    char line[512];
    FILE *file = fopen("/proc/net/softnet_stat", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "%*x %lx", &dropped) == 1)
            sum += dropped;
    if (file != NULL)
        fclose(file);
    return sum;
}

/* The processes of its group; the shells among them only started it. */
static void find_processes(struct router *router) {
    DIR *directory = opendir("/proc");
    struct dirent *entry;
    router->count = 0;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        char path[300], line[512], name[32];
        int pid, parent, group, found;
        FILE *file;
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        if ((file = fopen(path, "re")) == NULL)
            continue;
        found = fgets(line, sizeof line, file) != NULL &&
                sscanf(line, "%d (%31[^)]) %*c %d %d", &pid, name, &parent, &group) == 4;
        fclose(file);
        if (found && group == router->group && strcmp(name, "sh") != 0 &&
            strcmp(name, "bash") != 0 && router->count < ROUTER_PROCESSES &&
            clock_getcpuclockid(pid, &router->clocks[router->count]) == 0)
            router->pids[router->count++] = pid;
    }
    if (directory != NULL)
        closedir(directory);
}

static FILE *router_file(const struct router *router, const char *name) {
    char path[300];
    snprintf(path, sizeof path, "/proc/%d/net/%s", (int)router->group, name);
    return fopen(path, "re");
}

static unsigned vifs(const struct router *router) {
    char line[512];
    unsigned lines = 0;
    FILE *file = router_file(router, "ip_mr_vif");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strstr(line, "r-up") != NULL || strstr(line, "r-down") != NULL)
            lines++;
    if (file != NULL)
        fclose(file);
    return lines;
}

int router_start(struct world *world, struct router *router, const char *command, const char *log) {
    uint64_t end = now_ns() + 60000000000u;
    struct packet packet;
    int forwards = 0;
    memset(router, 0, sizeof *router);
    router->group = fork();
    if (router->group < 0)
        fail("fork");
    if (router->group == 0) {
        int file = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        enter(world->router);
        sched_setaffinity(0, sizeof all_cpus, &all_cpus);
        use_cpu(1);
        /* Woken at once, whatever else the machine does. */
        sched_setscheduler(0, SCHED_RR, &(struct sched_param){.sched_priority = 1});
        dup2(nothing, 0);
        dup2(file, 1);
        dup2(file, 2);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    setpgid(router->group, router->group);
    while (vifs(router) < 2) {
        if (now_ns() > end || router_has_ended(router))
            return 0;
        sleep_ms(5);
    }
    while (!forwards) {
        if (now_ns() > end)
            return 0;
        send_report(world, PROBE_GROUP);
        send_packet(world, SOURCE, PROBE_GROUP);
        sleep_ms(10);
        while (receive_packet(world, &packet))
            forwards = 1;
    }
    find_processes(router);
    return router_settle(router, 10);
}

void router_stop(struct router *router) {
    uint64_t end = now_ns() + 5000000000u;
    kill(-router->group, SIGTERM);
    /* Also those that it had made: see world_begin. */
    while (waitpid(-router->group, NULL, WNOHANG) >= 0 || errno != ECHILD) {
        if (now_ns() > end)
            kill(-router->group, SIGKILL);
        sleep_ms(1);
    }
}

/* Whether all threads of a process are in this state: T stopped, S asleep. */
static int is_all(pid_t pid, char wanted) {
    char path[64];
    struct dirent *entry;
    int all = 1;
    DIR *directory;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    if ((directory = opendir(path)) == NULL)
        fail(path);
    while ((entry = readdir(directory)) != NULL) {
        char line[256], state = 0;
        FILE *file;
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/stat", (int)pid, entry->d_name);
        if (entry->d_name[0] == '.' || (file = fopen(path, "re")) == NULL)
            continue;
        if (fgets(line, sizeof line, file) != NULL)
            sscanf(line, "%*d (%*[^)]) %c", &state);
        fclose(file);
        all &= state == wanted;
    }
    closedir(directory);
    return all;
}

void router_pause(const struct router *router) {
    kill(-router->group, SIGSTOP);
    for (unsigned i = 0; i < router->count; i++)
        while (!is_all(router->pids[i], 'T'))
            sleep_ms(1);
}

void router_continue(const struct router *router) { kill(-router->group, SIGCONT); }

int router_has_ended(const struct router *router) {
    siginfo_t child;
    memset(&child, 0, sizeof child);
    return waitid(P_PGID, (id_t)router->group, &child, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           child.si_pid != 0;
}

uint64_t router_cpu(const struct router *router) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < router->count; i++) {
        struct timespec t = {0, 0};
        clock_gettime(router->clocks[i], &t); /* one that has ended, a zombie, has it too */
        sum += (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    }
    return sum;
}

/* Whether it has work that it is not at: on a busy machine it may wait for a CPU, and reports
   wait in its raw sockets. */
static int has_work(const struct router *router) {
    char line[512];
    unsigned long sum = 0, queue;
    FILE *file = router_file(router, "raw");
    for (unsigned i = 0; i < router->count; i++)
        if (!is_all(router->pids[i], 'S'))
            return 1;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, " %*d: %*s %*s %*x %*x:%lx", &queue) == 1)
            sum += queue;
    if (file != NULL)
        fclose(file);
    return sum != 0;
}

/* Some have a timer that ticks for ever, for some microseconds. */
int router_settle(const struct router *router, double seconds) {
    uint64_t before = router_cpu(router), end = now_ns() + (uint64_t)(seconds * 1e9);
    unsigned quiet = 0;
    while (quiet < 10) {
        uint64_t cpu;
        if (now_ns() > end || router_has_ended(router))
            return 0;
        sleep_ms(2);
        cpu = router_cpu(router);
        quiet = cpu - before < 50000 && !has_work(router) ? quiet + 1 : 0;
        before = cpu;
    }
    return 1;
}

double router_memory(const struct router *router) {
    double sum = 0;
    for (unsigned i = 0; i < router->count; i++) {
        char path[64], line[256];
        unsigned long kilobytes;
        FILE *file;
        snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)router->pids[i]);
        if ((file = fopen(path, "re")) == NULL)
            continue; /* it has ended */
        while (fgets(line, sizeof line, file) != NULL)
            if (sscanf(line, "Rss: %lu kB", &kilobytes) == 1)
                sum += (double)kilobytes * 1024;
        fclose(file);
    }
    return sum;
}

struct counts router_entries(const struct router *router) {
    struct counts counts = {0, 0, 0};
    char line[512];
    FILE *file = router_file(router, "ip_mr_cache");
    if (file == NULL)
        return counts; /* it has ended */
    while (fgets(line, sizeof line, file) != NULL) {
        int iif, used = 0;
        if (sscanf(line, "%*x %*x %d %*u %*u %*u%n", &iif, &used) != 1)
            continue;
        if (iif < 0)
            counts.waiting++;
        else if (used > 0 && strchr(line + used, ':') != NULL)
            counts.forwarding++;
        else
            counts.negative++;
    }
    fclose(file);
    return counts;
}
