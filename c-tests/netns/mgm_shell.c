/*
 * mgm_shell: a router process for the namespace tests. Clients of the manager do what the
 * lines of standard input say, and every callback is written to standard output.
 *
 *   register N PROTOCOL COMPONENT      N: which client, 0 to 3
 *   deregister N
 *   take N IF          release N IF    IF: an interface by name or number
 *   add N SOURCE GROUP IF FLAGS        SOURCE, GROUP: dotted, or 0; FLAGS: join, forward, both
 *   delete N SOURCE GROUP IF FLAGS
 *   rpf N IF UPSTREAM                  what RPF callbacks of client N answer from now on
 *   block              unblock         RPF callbacks wait meanwhile
 *   inside COMMAND                     runs it in the next RPF callback; several: in turn
 *   owner IF           mfes            stats SOURCE GROUP
 *   threshold IF TTL   bound IF GROUP MASK   unbound IF GROUP MASK
 *   bulk BYTES FLAGS                   the sums of all statistics, read BYTES at a time
 *   diagnose MILLISECONDS [SOURCE GROUP]   a line "SEVERITY CODE IF TEXT" each
 *   counters           others          reconcile
 *   buffer BYTES                       the size of the socket's buffer for upcalls
 *   listen PATH        receive         a descriptor from another shell, kept as "the socket"
 *   send PATH                          the socket, or else the routing socket, to it
 *   hold KIND                          a wrong one as the socket: file, udp, igmp, closed
 *   takeover SECONDS   done            MgmHostTakeOver with the socket, or else -1
 *   detach
 *   exec                               this program again, with the socket, or else the
 *                                      routing socket, as systemd passes it; same input
 *   quit                               exits as it is, deregistering nobody
 *
 * Each command ends with a line "= COMMAND: ERROR"; lines that it prints before begin with
 * two blanks. Callbacks:
 *
 *   cN RPF S G in=IF up=U route=NET/LEN|none packet=none
 *   cN RPF ...                              packet=BYTES src= dst= len= id= ttl= proto= sum=
 *   cN CREATION S G in=IF out=[IF IF:igmp]
 *   cN PRUNE S G if=IF member|forward       cN JOIN S G member|forward
 *   cN WRONGIF S G if=IF packet=...         cN LOCALJOIN S G if=IF     cN LOCALLEAVE ...
 *   cN DISABLE IF                           cN ENABLE IF
 *
 * As IGMP does, a client adds the memberships that `add` gave it on an interface again when
 * ENABLE comes for it. It ends with the process that started it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <mgm.h>
#include <mgmhost.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS 4
#define MEMBERSHIPS 64
#define TEXT 64

static struct {
    HANDLE handle;
    bool answers;
    DWORD if_index, upstream;
} clients[CLIENTS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t unblocked = PTHREAD_COND_INITIALIZER;
static bool blocked;
/* What IGMP would know from the hosts; under the lock. */
static struct membership {
    int client; /* -1: free */
    DWORD source, group, if_index, flags;
} memberships[MEMBERSHIPS];

#define INSIDE 8
static char inside[INSIDE][256]; /* under the lock */
static int inside_count;
static void run_inside(void);

static const char *error_text(DWORD error) {
    switch (error) {
    case NO_ERROR: return "NO_ERROR";
    case ERROR_NOT_ENOUGH_MEMORY: return "ERROR_NOT_ENOUGH_MEMORY";
    case ERROR_INVALID_PARAMETER: return "ERROR_INVALID_PARAMETER";
    case ERROR_INSUFFICIENT_BUFFER: return "ERROR_INSUFFICIENT_BUFFER";
    case ERROR_ALREADY_EXISTS: return "ERROR_ALREADY_EXISTS";
    case ERROR_MORE_DATA: return "ERROR_MORE_DATA";
    case ERROR_NO_MORE_ITEMS: return "ERROR_NO_MORE_ITEMS";
    case ERROR_CAN_NOT_COMPLETE: return "ERROR_CAN_NOT_COMPLETE";
    case ERROR_NOT_FOUND: return "ERROR_NOT_FOUND";
    default: return "another error";
    }
}

static const char *address(char text[TEXT], DWORD value) {
    struct in_addr in = {value};
    if (value == 0)
        return strcpy(text, "0");
    return inet_ntop(AF_INET, &in, text, TEXT);
}

static const char *interface(char text[TEXT], DWORD index) {
    if (index == 0)
        return strcpy(text, "-");
    if (if_indextoname(index, text) == NULL)
        snprintf(text, TEXT, "%u", (unsigned)index);
    return text;
}

/* The IPv4 header that a callback got. */
static const char *header(char text[256], DWORD size, const BYTE *bytes) {
    char from[TEXT], to[TEXT];
    DWORD source, group;
    if (size == 0 && bytes == NULL)
        return strcpy(text, "none");
    if (bytes == NULL || size < 20 || bytes[0] >> 4 != 4 || (bytes[0] & 15) * 4u != size) {
        snprintf(text, 256, "broken, %u bytes", (unsigned)size);
        return text;
    }
    memcpy(&source, bytes + 12, 4);
    memcpy(&group, bytes + 16, 4);
    snprintf(text, 256, "%u src=%s dst=%s len=%d id=%d ttl=%d proto=%d sum=%d", (unsigned)size,
             address(from, source), address(to, group), bytes[2] << 8 | bytes[3],
             bytes[4] << 8 | bytes[5], bytes[8], bytes[9], bytes[10] << 8 | bytes[11]);
    return text;
}

static DWORD on_rpf(int n, DWORD source, DWORD group, PDWORD if_index, PDWORD upstream,
                    DWORD size, PBYTE bytes, PBYTE route) {
    char s[TEXT], g[TEXT], i[TEXT], u[TEXT], net[TEXT] = "none", text[256];
    RTM_DEST_INFO info;
    if (route != NULL) {
        DWORD network;
        size_t used;
        memcpy(&info, route, sizeof info);
        memcpy(&network, info.DestAddress.AddrBits, 4);
        address(net, network);
        used = strlen(net);
        snprintf(net + used, sizeof net - used, "/%d", info.DestAddress.NumBits);
    }
    printf("c%d RPF %s %s in=%s up=%s route=%s packet=%s\n", n, address(s, source),
           address(g, group), interface(i, *if_index), address(u, *upstream), net,
           header(text, size, bytes));
    run_inside();
    pthread_mutex_lock(&lock);
    while (blocked)
        pthread_cond_wait(&unblocked, &lock);
    if (clients[n].answers) {
        *if_index = clients[n].if_index;
        *upstream = clients[n].upstream;
    }
    pthread_mutex_unlock(&lock);
    return NO_ERROR;
}

static DWORD on_creation(int n, DWORD source, DWORD group, DWORD if_index, DWORD count,
                         PMGM_IF_ENTRY oifs) {
    char s[TEXT], g[TEXT], i[TEXT], out[1024] = "";
    size_t used = 0;
    for (DWORD k = 0; k < count && used < sizeof out - TEXT - 8; k++)
        used += (size_t)snprintf(out + used, sizeof out - used, "%s%s%s", k == 0 ? "" : " ",
                                 interface(i, oifs[k].dwIfIndex), oifs[k].bIGMP ? ":igmp" : "");
    printf("c%d CREATION %s %s in=%s out=[%s]\n", n, address(s, source), address(g, group),
           interface(i, if_index), out);
    return NO_ERROR;
}

static DWORD on_change(int n, const char *kind, DWORD source, DWORD group, DWORD if_index,
                       bool member, bool with_interface) {
    char s[TEXT], g[TEXT], i[TEXT], where[TEXT + 8] = "";
    if (with_interface)
        snprintf(where, sizeof where, " if=%s", interface(i, if_index));
    printf("c%d %s %s %s%s%s\n", n, kind, address(s, source), address(g, group), where,
           kind[0] == 'L' ? "" : member ? " member" : " forward");
    return NO_ERROR;
}

static DWORD on_wrong_if(int n, DWORD source, DWORD group, DWORD if_index, DWORD size,
                         PBYTE bytes) {
    char s[TEXT], g[TEXT], i[TEXT], text[256];
    printf("c%d WRONGIF %s %s if=%s packet=%s\n", n, address(s, source), address(g, group),
           interface(i, if_index), header(text, size, bytes));
    return NO_ERROR;
}

static DWORD mask_of(DWORD value) { return value == 0 ? 0 : 0xFFFFFFFF; }

static DWORD on_enable(int n, DWORD if_index) {
    char i[TEXT];
    printf("c%d ENABLE %s\n", n, interface(i, if_index));
    for (int k = 0; k < MEMBERSHIPS; k++) {
        struct membership m;
        pthread_mutex_lock(&lock);
        m = memberships[k];
        pthread_mutex_unlock(&lock);
        if (m.client == n && m.if_index == if_index)
            MgmAddGroupMembershipEntry(clients[n].handle, m.source, mask_of(m.source), m.group,
                                       mask_of(m.group), m.if_index, 0, m.flags);
    }
    return NO_ERROR;
}

static DWORD on_disable(int n, DWORD if_index) {
    char i[TEXT];
    printf("c%d DISABLE %s\n", n, interface(i, if_index));
    return NO_ERROR;
}

/* The callbacks carry no context: a set for each client. */
#define CALLBACKS(n)                                                                             \
    static DWORD rpf_##n(DWORD s, DWORD sm, DWORD g, DWORD gm, PDWORD i, PDWORD h, PDWORD u,     \
                         DWORD size, PBYTE bytes, PBYTE route) {                                 \
        (void)sm, (void)gm, (void)h;                                                             \
        return on_rpf(n, s, g, i, u, size, bytes, route);                                        \
    }                                                                                            \
    static DWORD creation_##n(DWORD s, DWORD sm, DWORD g, DWORD gm, DWORD i, DWORD h,            \
                              DWORD count, PMGM_IF_ENTRY oifs) {                                 \
        (void)sm, (void)gm, (void)h;                                                             \
        return on_creation(n, s, g, i, count, oifs);                                             \
    }                                                                                            \
    static DWORD prune_##n(DWORD s, DWORD sm, DWORD g, DWORD gm, DWORD i, DWORD h, BOOL member,  \
                           PDWORD timeout) {                                                     \
        (void)sm, (void)gm, (void)h, (void)timeout;                                              \
        return on_change(n, "PRUNE", s, g, i, member != 0, true);                                \
    }                                                                                            \
    static DWORD join_##n(DWORD s, DWORD sm, DWORD g, DWORD gm, BOOL member) {                   \
        (void)sm, (void)gm;                                                                      \
        return on_change(n, "JOIN", s, g, 0, member != 0, false);                                \
    }                                                                                            \
    static DWORD wrong_if_##n(DWORD s, DWORD g, DWORD i, DWORD h, DWORD size, PBYTE bytes) {     \
        (void)h;                                                                                 \
        return on_wrong_if(n, s, g, i, size, bytes);                                             \
    }                                                                                            \
    static DWORD local_join_##n(DWORD s, DWORD sm, DWORD g, DWORD gm, DWORD i, DWORD h) {        \
        (void)sm, (void)gm, (void)h;                                                             \
        return on_change(n, "LOCALJOIN", s, g, i, false, true);                                  \
    }                                                                                            \
    static DWORD local_leave_##n(DWORD s, DWORD sm, DWORD g, DWORD gm, DWORD i, DWORD h) {       \
        (void)sm, (void)gm, (void)h;                                                             \
        return on_change(n, "LOCALLEAVE", s, g, i, false, true);                                 \
    }                                                                                            \
    static DWORD disable_##n(DWORD i, DWORD h) {                                                 \
        (void)h;                                                                                 \
        return on_disable(n, i);                                                                 \
    }                                                                                            \
    static DWORD enable_##n(DWORD i, DWORD h) {                                                  \
        (void)h;                                                                                 \
        return on_enable(n, i);                                                                  \
    }
#define CONFIG(n)                                                                                \
    {                                                                                            \
        0, rpf_##n, creation_##n, prune_##n, join_##n, wrong_if_##n, local_join_##n,             \
            local_leave_##n, disable_##n, enable_##n                                             \
    }

CALLBACKS(0)
CALLBACKS(1)
CALLBACKS(2)
CALLBACKS(3)

static ROUTING_PROTOCOL_CONFIG configs[CLIENTS] = {CONFIG(0), CONFIG(1), CONFIG(2), CONFIG(3)};

/* Commands */

#define WORDS 8
static _Thread_local char *words[WORDS];
static _Thread_local int word_count;

/* The n-th word, or a text that fits nowhere. */
static const char *word(int n) { return n < word_count ? words[n] : ""; }

static DWORD address_word(int n) {
    struct in_addr in = {0};
    inet_pton(AF_INET, word(n), &in); /* else 0, the wildcard */
    return in.s_addr;
}

static DWORD interface_word(int n) {
    DWORD index = if_nametoindex(word(n));
    return index != 0 ? index : (DWORD)strtoul(word(n), NULL, 10);
}

static void remember(struct membership m) {
    pthread_mutex_lock(&lock);
    for (int k = 0; k < MEMBERSHIPS; k++)
        if (memberships[k].client < 0) {
            memberships[k] = m;
            break;
        }
    pthread_mutex_unlock(&lock);
}

static void forget(struct membership m) {
    pthread_mutex_lock(&lock);
    for (int k = 0; k < MEMBERSHIPS; k++)
        if (memberships[k].client == m.client && memberships[k].source == m.source &&
            memberships[k].group == m.group && memberships[k].if_index == m.if_index)
            memberships[k].client = -1;
    pthread_mutex_unlock(&lock);
}

static DWORD change(bool adds, int n) {
    struct membership m = {.client = n,
                           .source = address_word(2),
                           .group = address_word(3),
                           .if_index = interface_word(4)};
    DWORD error;
    m.flags = strcmp(word(5), "forward") == 0 ? MGM_FORWARD_STATE_FLAG
              : strcmp(word(5), "both") == 0  ? MGM_FORWARD_STATE_FLAG | MGM_JOIN_STATE_FLAG
                                              : MGM_JOIN_STATE_FLAG;
    error = (adds ? MgmAddGroupMembershipEntry : MgmDeleteGroupMembershipEntry)(
        clients[n].handle, m.source, mask_of(m.source), m.group, mask_of(m.group), m.if_index, 0,
        m.flags);
    if (error == NO_ERROR && adds)
        remember(m);
    else if (error == NO_ERROR)
        forget(m);
    return error;
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

static void print_mfe(const MIB_IPMCAST_MFE *mfe, const MIB_IPMCAST_OIF *oifs) {
    char s[TEXT], g[TEXT], i[TEXT], u[TEXT], net[TEXT], names[32][TEXT];
    DWORD count = mfe->ulNumOutIf < 32 ? mfe->ulNumOutIf : 32;
    for (DWORD k = 0; k < count; k++)
        interface(names[k], oifs[k].dwOutIfIndex);
    qsort(names, count, sizeof names[0], by_name);
    flockfile(stdout);
    printf("  %s %s in=%s out=[", address(s, mfe->dwSource), address(g, mfe->dwGroup),
           interface(i, mfe->dwInIfIndex));
    for (DWORD k = 0; k < count; k++)
        printf("%s%s", k == 0 ? "" : " ", names[k]);
    printf("] up=%s owner=%u route=%s/%d by=%u\n", address(u, mfe->dwUpStrmNgbr),
           (unsigned)mfe->dwInIfProtocol, address(net, mfe->dwRouteNetwork),
           __builtin_popcount(mfe->dwRouteMask), (unsigned)mfe->dwRouteProtocol);
    funlockfile(stdout);
}

static DWORD mfes(void) {
    static BYTE buffer[65536];
    MIB_IPMCAST_MFE last;
    DWORD size = sizeof buffer, count = 0, error = MgmGetFirstMfe(&size, buffer, &count);
    while ((error == ERROR_MORE_DATA || error == ERROR_NO_MORE_ITEMS) && count > 0) {
        const BYTE *at = buffer;
        for (DWORD k = 0; k < count; k++) {
            MIB_IPMCAST_OIF oifs[32];
            memcpy(&last, at, SIZEOF_BASIC_MIB_MFE);
            memcpy(oifs, at + SIZEOF_BASIC_MIB_MFE,
                   (last.ulNumOutIf < 32 ? last.ulNumOutIf : 32) * sizeof oifs[0]);
            print_mfe(&last, oifs);
            at += SIZEOF_MIB_MFE(last.ulNumOutIf);
        }
        if (error == ERROR_NO_MORE_ITEMS)
            break;
        size = sizeof buffer;
        error = MgmGetNextMfe(&last, &size, buffer, &count);
    }
    return error == ERROR_NO_MORE_ITEMS ? NO_ERROR : error;
}

static DWORD stats(void) {
    _Alignas(8) BYTE buffer[2048];
    MIB_IPMCAST_MFE key;
    MIB_IPMCAST_MFE_STATS basic;
    MIB_IPMCAST_MFE_STATS_EX more;
    DWORD size = sizeof buffer, error;
    memset(&key, 0, sizeof key);
    key.dwSource = address_word(1);
    key.dwGroup = address_word(2);
    error = MgmGetMfeStats(&key, &size, buffer, MGM_MFE_STATS_0);
    if (error != NO_ERROR)
        return error;
    memcpy(&basic, buffer, sizeof basic);
    size = sizeof buffer;
    error = MgmGetMfeStats(&key, &size, buffer, MGM_MFE_STATS_1);
    if (error != NO_ERROR)
        return error;
    memcpy(&more, buffer, sizeof more);
    printf("  packets=%u octets=%u wrong=%u oifs=%u\n", (unsigned)basic.ulInPkts,
           (unsigned)basic.ulInOctets, (unsigned)basic.ulPktsDifferentIf,
           (unsigned)basic.ulNumOutIf);
    printf("  ex packets=%u octets=%u wrong=%u oifs=%u\n", (unsigned)more.ulInPkts,
           (unsigned)more.ulInOctets, (unsigned)more.ulPktsDifferentIf,
           (unsigned)more.ulNumOutIf);
    return NO_ERROR;
}

static void MGM_CALL on_finding(PVOID unused, DWORD severity, DWORD code, DWORD if_index,
                                const char *line) {
    static const char *const severities[] = {"?", "problem", "hint", "note"};
    MGM_HOST_OPTIONS options = {.dwSize = sizeof options};
    char i[TEXT];
    (void)unused;
    /* Would never return if a lock were held. */
    MgmHostGetDefaultOptions(&options);
    printf("  %s %u %s %s\n", severities[severity], (unsigned)code, interface(i, if_index), line);
}

/* The first members of both forms are the same. */
static DWORD bulk(void) {
    static BYTE buffer[1 << 20];
    DWORD room = (DWORD)strtoul(word(1), NULL, 10), flags = (DWORD)strtoul(word(2), NULL, 10);
    DWORD size, count = 0, error, entries = 0, packets = 0, octets = 0, wrong = 0;
    MIB_IPMCAST_MFE_STATS one;
    MIB_IPMCAST_MFE last;
    memset(&one, 0, sizeof one);
    if (room > sizeof buffer)
        room = sizeof buffer;
    size = room;
    error = MgmGetFirstMfeStats(&size, buffer, &count, flags);
    for (;;) {
        const BYTE *at = buffer;
        if (error != ERROR_MORE_DATA && error != ERROR_NO_MORE_ITEMS)
            return error;
        for (DWORD k = 0; k < count; k++) {
            memcpy(&one, at, sizeof one);
            packets += one.ulInPkts;
            octets += one.ulInOctets;
            wrong += one.ulPktsDifferentIf;
            at += flags == MGM_MFE_STATS_0 ? SIZEOF_MIB_MFE_STATS(one.ulNumOutIf)
                                           : SIZEOF_MIB_MFE_STATS_EX(one.ulNumOutIf);
        }
        entries += count;
        if (error == ERROR_NO_MORE_ITEMS)
            break;
        memset(&last, 0, sizeof last);
        last.dwGroup = one.dwGroup;
        last.dwSource = one.dwSource;
        size = room;
        error = MgmGetNextMfeStats(&last, &size, buffer, &count, flags);
    }
    printf("  entries=%u packets=%u octets=%u wrong=%u\n", (unsigned)entries, (unsigned)packets,
           (unsigned)octets, (unsigned)wrong);
    return NO_ERROR;
}

static DWORD counters(void) {
    MGM_HOST_COUNTERS now;
    DWORD error;
    memset(&now, 0, sizeof now);
    now.dwSize = sizeof now;
    error = MgmHostGetCounters(&now);
    printf("  clients=%u interfaces=%u memberships=%u entries=%u scope=%llu wrong=%llu "
           "errors=%llu lost=%llu skipped=%llu\n",
           (unsigned)now.dwClients, (unsigned)now.dwInterfaces, (unsigned)now.dwMemberships,
           (unsigned)now.dwEntries, (unsigned long long)now.ullDroppedScope,
           (unsigned long long)now.ullWrongInterface, (unsigned long long)now.ullForwarderErrors,
           (unsigned long long)now.ullEventsLost, (unsigned long long)now.ullReportsSkipped);
    return error;
}

static DWORD others(void) {
    MGM_HOST_COUNTERS now;
    DWORD error;
    memset(&now, 0, sizeof now);
    now.dwSize = sizeof now;
    error = MgmHostGetCounters(&now);
    printf("  repaired=%llu foreign=%llu interfaces=%llu reconciled=%llu\n",
           (unsigned long long)now.ullEntriesRepaired, (unsigned long long)now.ullForeignEntries,
           (unsigned long long)now.ullInterfacesRepaired, (unsigned long long)now.ullReconciled);
    return error;
}

static DWORD reconcile(void) {
    MGM_HOST_RECONCILED result;
    DWORD error;
    memset(&result, 0, sizeof result);
    result.dwSize = sizeof result;
    error = MgmHostReconcile(&result);
    if (error == NO_ERROR)
        printf("  entries=%u repaired=%u foreign=%u interfaces=%u\n", (unsigned)result.dwEntries,
               (unsigned)result.dwRepaired, (unsigned)result.dwForeign,
               (unsigned)result.dwInterfaces);
    return error;
}

/* The library's own socket: what a system with a small net.core.rmem_max would give it. */
static DWORD buffer(void) {
    int bytes = atoi(word(1)), found = 0;
    for (int fd = 3; fd < 1024; fd++) {
        int protocol = 0;
        socklen_t size = sizeof protocol;
        if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
            protocol == IPPROTO_IGMP &&
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) == 0)
            found++;
    }
    return found > 0 ? NO_ERROR : ERROR_NOT_FOUND;
}

static DWORD owner(void) {
    DWORD id = 0, component = 0;
    DWORD error = MgmGetProtocolOnInterface(interface_word(1), 0, &id, &component);
    if (error == NO_ERROR)
        printf("  protocol=%u component=%u\n", (unsigned)id, (unsigned)component);
    return error;
}

/* What another process hands over. */
static int held = -1, listener = -1;

static DWORD routing_socket(int *fd) {
    if (held < 0)
        return MgmHostGetRoutingSocket(fd);
    *fd = held;
    held = -1;
    return NO_ERROR;
}

static struct sockaddr_un path_word(int n) {
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    snprintf(path.sun_path, sizeof path.sun_path, "%s", word(n));
    return path;
}

static bool listen_at(void) {
    struct sockaddr_un path = path_word(1);
    listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return bind(listener, (struct sockaddr *)&path, sizeof path) == 0;
}

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

static bool send_socket(int fd) {
    struct sockaddr_un path = path_word(1);
    union control control = {.bytes = {0}};
    char byte = 0;
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_name = &path,
                             .msg_namelen = sizeof path,
                             .msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t sent;
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    sent = sendmsg(sender, &message, 0);
    close(sender);
    return sent == 1;
}

static bool receive_socket(void) {
    union control control;
    char byte;
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    if (recvmsg(listener, &message, MSG_CMSG_CLOEXEC) != 1 || CMSG_FIRSTHDR(&message) == NULL)
        return false;
    memcpy(&held, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof held);
    close(listener);
    return true;
}

static DWORD send_it(void) {
    int fd;
    bool sent;
    DWORD error = routing_socket(&fd);
    if (error != NO_ERROR)
        return error;
    sent = send_socket(fd);
    close(fd);
    return sent ? NO_ERROR : ERROR_NOT_FOUND;
}

static DWORD hold(void) {
    if (strcmp(word(1), "udp") == 0)
        held = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    else if (strcmp(word(1), "igmp") == 0)
        held = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_IGMP);
    else
        held = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (strcmp(word(1), "closed") == 0)
        close(held);
    return held >= 0 ? NO_ERROR : ERROR_CAN_NOT_COMPLETE;
}

static DWORD take_over(void) {
    DWORD error = MgmHostTakeOver(held, (DWORD)strtoul(word(1), NULL, 10));
    if (held >= 0)
        close(held);
    held = -1;
    return error;
}

/* As systemd does: descriptor 3, and three variables. Returns where that fails. */
static DWORD exec_again(void) {
    char pid[16];
    int fd;
    DWORD error = routing_socket(&fd);
    if (error != NO_ERROR)
        return error;
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "2", 1);
    setenv("LISTEN_FDNAMES", "other:mgm", 1);
    /* Not closed on exec, unlike fd. 3 is the other one. */
    if (dup2(fd, 4) == 4 && fcntl(4, F_SETFD, 0) == 0) {
        printf("= exec: %s\n", error_text(NO_ERROR));
        execl("/proc/self/exe", "mgm_shell", (char *)NULL);
    }
    return ERROR_CAN_NOT_COMPLETE;
}

static void set_blocked(bool value) {
    pthread_mutex_lock(&lock);
    blocked = value;
    pthread_cond_broadcast(&unblocked);
    pthread_mutex_unlock(&lock);
}

/* False for an unknown command. */
static bool run(DWORD *error) {
    int n = atoi(word(1));
    *error = NO_ERROR;
    if (n < 0 || n >= CLIENTS)
        n = 0;
    if (strcmp(word(0), "register") == 0) {
        *error = MgmRegisterMProtocol(&configs[n], (DWORD)strtoul(word(2), NULL, 0),
                                      (DWORD)strtoul(word(3), NULL, 0), &clients[n].handle);
    } else if (strcmp(word(0), "deregister") == 0) {
        *error = MgmDeRegisterMProtocol(clients[n].handle);
    } else if (strcmp(word(0), "take") == 0) {
        *error = MgmTakeInterfaceOwnership(clients[n].handle, interface_word(2), 0);
    } else if (strcmp(word(0), "release") == 0) {
        *error = MgmReleaseInterfaceOwnership(clients[n].handle, interface_word(2), 0);
    } else if (strcmp(word(0), "add") == 0) {
        *error = change(true, n);
    } else if (strcmp(word(0), "delete") == 0) {
        *error = change(false, n);
    } else if (strcmp(word(0), "rpf") == 0) {
        pthread_mutex_lock(&lock);
        clients[n].answers = true;
        clients[n].if_index = interface_word(2);
        clients[n].upstream = address_word(3);
        pthread_mutex_unlock(&lock);
    } else if (strcmp(word(0), "block") == 0) {
        set_blocked(true);
    } else if (strcmp(word(0), "unblock") == 0) {
        set_blocked(false);
    } else if (strcmp(word(0), "owner") == 0) {
        *error = owner();
    } else if (strcmp(word(0), "mfes") == 0) {
        *error = mfes();
    } else if (strcmp(word(0), "stats") == 0) {
        *error = stats();
    } else if (strcmp(word(0), "threshold") == 0) {
        *error = MgmHostSetThreshold(interface_word(1), (DWORD)strtoul(word(2), NULL, 10));
    } else if (strcmp(word(0), "bound") == 0) {
        *error = MgmHostAddBoundary(interface_word(1), address_word(2), address_word(3));
    } else if (strcmp(word(0), "unbound") == 0) {
        *error = MgmHostDeleteBoundary(interface_word(1), address_word(2), address_word(3));
    } else if (strcmp(word(0), "diagnose") == 0) {
        *error = MgmHostDiagnose(address_word(2), address_word(3), (DWORD)atoi(word(1)),
                                 on_finding, NULL);
    } else if (strcmp(word(0), "bulk") == 0) {
        *error = bulk();
    } else if (strcmp(word(0), "counters") == 0) {
        *error = counters();
    } else if (strcmp(word(0), "others") == 0) {
        *error = others();
    } else if (strcmp(word(0), "reconcile") == 0) {
        *error = reconcile();
    } else if (strcmp(word(0), "buffer") == 0) {
        *error = buffer();
    } else if (strcmp(word(0), "listen") == 0) {
        *error = listen_at() ? NO_ERROR : ERROR_CAN_NOT_COMPLETE;
    } else if (strcmp(word(0), "receive") == 0) {
        *error = receive_socket() ? NO_ERROR : ERROR_NOT_FOUND;
    } else if (strcmp(word(0), "send") == 0) {
        *error = send_it();
    } else if (strcmp(word(0), "hold") == 0) {
        *error = hold();
    } else if (strcmp(word(0), "takeover") == 0) {
        *error = take_over();
    } else if (strcmp(word(0), "done") == 0) {
        *error = MgmHostTakeOverDone();
    } else if (strcmp(word(0), "detach") == 0) {
        *error = MgmHostDetach();
    } else if (strcmp(word(0), "exec") == 0) {
        *error = exec_again();
    } else {
        return false;
    }
    return true;
}

/* One line of input or of `inside`; cuts it up. False for quit. */
static bool command(char *line) {
    char whole[256];
    char *rest = NULL;
    DWORD error;
    strcpy(whole, line);
    word_count = 0;
    for (char *w = strtok_r(line, " ", &rest); w != NULL && word_count < WORDS;
         w = strtok_r(NULL, " ", &rest))
        words[word_count++] = w;
    if (strcmp(word(0), "quit") == 0)
        return false;
    if (run(&error))
        printf("= %s: %s\n", whole, error_text(error));
    else
        printf("= %s: no such command\n", whole);
    return true;
}

static void run_inside(void) {
    char lines[INSIDE][256];
    int count;
    pthread_mutex_lock(&lock);
    count = inside_count;
    memcpy(lines, inside, sizeof lines);
    inside_count = 0;
    pthread_mutex_unlock(&lock);
    for (int k = 0; k < count; k++)
        command(lines[k]);
}

int main(void) {
    char line[256];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int k = 0; k < MEMBERSHIPS; k++)
        memberships[k].client = -1;
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "inside ", 7) == 0) {
            pthread_mutex_lock(&lock);
            if (inside_count < INSIDE)
                strcpy(inside[inside_count++], line + 7);
            pthread_mutex_unlock(&lock);
            printf("= %s: %s\n", line, error_text(NO_ERROR));
        } else if (!command(line)) {
            break;
        }
    }
    return 0;
}
