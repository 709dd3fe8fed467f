/* The same with the kernel forwarder, in a network namespace of the run's own. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "inject.h"
#include "states.h"

#include <arpa/inet.h>
#include <linux/mroute.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Interfaces 2 and 3 with addresses; 1 is the loopback. */
static void links(int unused) {
    (void)unused;
    REQUIRE(unshare(CLONE_NEWNET) == 0);
    REQUIRE(system("ip link add v2 type veth peer name v3 && ip address add 10.0.2.1/24 dev v2 &&"
                   " ip address add 10.0.3.1/24 dev v3 && ip link set v2 up && ip link set v3 up")
            == 0);
}
static MGM_HOST_OPTIONS kernel_options(void) {
    MGM_HOST_OPTIONS options = host_options();
    options.dwForwarder = MGM_HOST_FORWARDER_LINUX;
    return options;
}
static void kernel_started(int unused) {
    MGM_HOST_OPTIONS options;
    links(unused);
    options = kernel_options();
    host_start(&options);
}
static DWORD start(int unused) {
    MGM_HOST_OPTIONS options = kernel_options();
    (void)unused;
    return try_start(&options);
}
/* A routing table that the manager reads and keeps. */
static void rpf_table(int unused) {
    links(unused);
    REQUIRE(system("for n in 1 2 3 4 5 6 7 8 9; do"
                   " ip route add 10.9.$n.0/24 dev v2 table 77 || exit 1; done")
            == 0);
}
static DWORD start_with_rpf_table(int unused) {
    MGM_HOST_OPTIONS options = kernel_options();
    (void)unused;
    options.dwRpfTable = 77;
    return try_start(&options);
}
static DWORD stop(int unused) { return (void)unused, try_stop(); }
static void registered(int unused) {
    kernel_started(unused);
    REQUIRE_OK(client_register(PROTOCOL_A, 100, 1, CB_ALL));
}
static void interfaces(int unused) {
    registered(unused);
    REQUIRE_OK(if_take(PROTOCOL_A, 2));
    REQUIRE_OK(if_take(PROTOCOL_A, 3));
}
static void members(int unused) {
    interfaces(unused);
    REQUIRE_OK(member_add(PROTOCOL_A, "10.0.2.7", "239.1.0.1", 3, JOIN));
    REQUIRE_OK(member_add(PROTOCOL_A, "0", "239.1.0.1", 3, JOIN));
}
static DWORD register_a(int unused) { return (void)unused, try_register(PROTOCOL_A, 100, 1); }
static DWORD take_2(int unused) { return (void)unused, try_take(PROTOCOL_A, 2, NULL); }
static DWORD add_exact(int unused) {
    return (void)unused, try_add(PROTOCOL_A, "10.0.2.7", "239.1.0.1", 3, JOIN);
}
static DWORD add_group(int unused) {
    return (void)unused, try_add(PROTOCOL_A, "0", "239.1.0.1", 3, JOIN);
}
static DWORD delete_exact(int unused) {
    return (void)unused, try_delete(PROTOCOL_A, "10.0.2.7", "239.1.0.1", 3, JOIN);
}
static DWORD release_3(int unused) { return (void)unused, try_release(PROTOCOL_A, 3, NULL); }
static DWORD diagnose(int unused) { return (void)unused, try_diagnose("10.0.2.7", "239.1.0.1"); }
static DWORD deregister_a(int unused) { return (void)unused, try_deregister(PROTOCOL_A); }

/* An MFE, and an entry that somebody else made and that stays. */
static void kept_entry(int unused) {
    struct mfcctl entry = {.mfcc_origin.s_addr = htonl(0x0A000001),
                           .mfcc_mcastgrp.s_addr = htonl(0xEF090909)};
    MGM_HOST_OPTIONS options;
    int fd;
    links(unused);
    options = kernel_options();
    options.dwForeign = MGM_HOST_FOREIGN_KEEP;
    host_start(&options);
    REQUIRE_OK(client_register(PROTOCOL_A, 100, 1, CB_ALL));
    REQUIRE_OK(if_take(PROTOCOL_A, 2));
    fd = socket(AF_INET, SOCK_RAW, IPPROTO_IGMP);
    REQUIRE(setsockopt(fd, IPPROTO_IP, MRT_ADD_MFC, &entry, sizeof entry) == 0);
    close(fd);
}
static DWORD reconcile(int unused) {
    DWORD error;
    (void)unused;
    inject_arm();
    error = MgmHostReconcile(NULL);
    inject_disarm();
    return error;
}

/* The table of another process, with two VIFs and `entries` entries. */
static int routing_socket;
static void handed_over(int entries) {
    int on = 1;
    links(0);
    routing_socket = socket(AF_INET, SOCK_RAW, IPPROTO_IGMP);
    REQUIRE(setsockopt(routing_socket, IPPROTO_IP, MRT_INIT, &on, sizeof on) == 0);
    for (int i = 0; i < 2; i++) {
        struct vifctl vif = {.vifc_vifi = (vifi_t)i, .vifc_flags = VIFF_USE_IFINDEX};
        vif.vifc_lcl_ifindex = 2 + i;
        REQUIRE(setsockopt(routing_socket, IPPROTO_IP, MRT_ADD_VIF, &vif, sizeof vif) == 0);
    }
    for (int i = 0; i < entries; i++) {
        struct mfcctl entry = {.mfcc_origin.s_addr = htonl(0x0A000207),
                               .mfcc_mcastgrp.s_addr = htonl(0xEF010000 + (unsigned)i),
                               .mfcc_ttls = {0, 1}};
        REQUIRE(setsockopt(routing_socket, IPPROTO_IP, MRT_ADD_MFC, &entry, sizeof entry) == 0);
    }
}
static DWORD take_over(int unused) {
    REQUIRE_OK(MgmHostTakeOver(routing_socket, 600));
    return start(unused);
}

static const struct scenario list[] = {
    {"MgmHostStart", "the kernel forwarder", links, start, 0, KERNEL, NULL},
    {"MgmHostStart", "a table for RPF", rpf_table, start_with_rpf_table, 0, KERNEL, NULL},
    {"MgmHostStart", "taking a table over", handed_over, take_over, 100, KERNEL, NULL},
    {"MgmHostStop", "the kernel forwarder", kernel_started, stop, 0, KERNEL | NEEDS_NOTHING, NULL},
    {"MgmRegisterMProtocol", "the kernel forwarder", kernel_started, register_a, 0, KERNEL, NULL},
    {"MgmTakeInterfaceOwnership", "the kernel forwarder", registered, take_2, 0, KERNEL, NULL},
    {"MgmAddGroupMembershipEntry", "(S,G), the kernel's route", interfaces, add_exact, 0, KERNEL,
     NULL},
    {"MgmAddGroupMembershipEntry", "the kernel forwarder", interfaces, add_group, 0, KERNEL, NULL},
    {"MgmDeleteGroupMembershipEntry", "the kernel forwarder", members, delete_exact, 0,
     KERNEL | CLEANS_UP | NEEDS_NOTHING, NULL},
    {"MgmReleaseInterfaceOwnership", "the kernel forwarder", members, release_3, 0,
     KERNEL | CLEANS_UP | NEEDS_NOTHING, NULL},
    {"MgmHostDiagnose", "the kernel forwarder", members, diagnose, 0, KERNEL, NULL},
    {"MgmHostDiagnose", "not started: the kernel alone", links, diagnose, 0, KERNEL, NULL},
    {"MgmHostReconcile", "the kernel forwarder", kept_entry, reconcile, 0, KERNEL, NULL},
    {"MgmDeRegisterMProtocol", "the kernel forwarder", registered, deregister_a, 0,
     KERNEL | CLEANS_UP | NEEDS_NOTHING, NULL},
};

const struct scenario_list kernel_scenarios = {list, sizeof list / sizeof list[0]};
