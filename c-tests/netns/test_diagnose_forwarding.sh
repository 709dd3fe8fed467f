#!/bin/bash
# Nothing is forwarded at all: nobody holds the table, or the interface lost its
# mc_forwarding. With ip_forward off multicast goes on, so that is a note only.
#
#   sender            router                 receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-down ─── d0 ─ 10.0.2.2
#
. "$(dirname "$(readlink -f "$0")")/diagnose.sh"

netns_new sender
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24

command_finds "problem 3: no process holds multicast routing table 253, so nothing is forwarded: .*" --time 0
# A process that has an IGMP socket without the table does not hold it.
shell_start router
command_finds "problem 3: .*" --time 0
ask router "register 0 100 1"
command_finds_no 3 --time 0
ask router "take 0 r-up"
ask router "take 0 r-down"
ask router "add 0 0 239.1.1.1 r-down join"
command_is_content --time 0

# ip_forward: the packet gets through, and the note says that it would.
echo 0 >/proc/sys/net/ipv4/ip_forward
command_has "note 9: net.ipv4.ip_forward=0: multicast is forwarded all the same, .*" --time 0 || fail "$(cat "$work/found")"
library_finds router "note 9 - net.ipv4.ip_forward=0: .*" 0
command_is_content --time 0
receiver_start receiver one 10.0.2.2 239.1.1.1 1
send sender 10.0.1.2 239.1.1.1 1
received one "received 1 of 1, first 0, duplicates 0"
echo 1 >/proc/sys/net/ipv4/ip_forward
command_finds_no 9 --time 0

# An MTU below 68 takes IPv4 off an interface; its VIF stays, its mc_forwarding does not
# come back with IPv4. veth takes no such MTU, so: the loopback.
ask router "take 0 lo"
library_finds_no router 27 0
ip link set lo mtu 60
ip link set lo mtu 65536
until_true 10 [ -e /proc/sys/net/ipv4/conf/lo ]
off="lo: it has a VIF, but net.ipv4.conf.lo.mc_forwarding=0, as after an MTU below 68: nothing that comes in is forwarded; release it, make it anew \(or set its MTU below 68 and back\), and take it again"
command_finds "problem 27: $off" --time 0
library_finds router "problem 27 lo $off" 0
# The kernel counts: it has to be done without the VIF.
ask router "release 0 lo"
ip link set lo mtu 60
ip link set lo mtu 65536
ask router "take 0 lo"
command_finds_no 27 --time 0
library_finds_no router 27 0
ask router "release 0 lo"

# The router ends.
kill -9 "${pids[router]}"
finished router 2>/dev/null && fail "kill -9"
command_finds "problem 3: .*" --time 0
echo passed
