#!/bin/bash
# Links that are down, gone, ports of a bridge, bridges that snoop without a querier, and
# no VIF left.
#
#   sender            router
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-down ─── d0  receiver
#                            └─── br0 (p0, p1)
#
. "$(dirname "$(readlink -f "$0")")/diagnose.sh"

netns_new sender
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24

shell_start router
ask router "register 0 100 1"
ask router "take 0 r-up"
ask router "take 0 r-down"
command_is_content --time 0

# both "SEVERITY CODE" INTERFACE PATTERN: beside the router and in it.
both() {
    command_finds "$1: $2: $3" --time 0
    library_finds router "$1 $2 $2: $3" 0
}
both_no() {
    command_finds_no "$1" --time 0
    library_finds_no router "$1" 0
}

# Down, and without carrier.
ip link set r-down down
both 'problem 21' r-down 'the link is down: "ip link set r-down up"'
ip link set r-down up
both_no 21
in_ns receiver ip link set d0 down
both 'problem 21' r-down 'the link has no carrier: .*'
in_ns receiver ip link set d0 up
both_no 21

# A bridge that snoops: br0 is a member's link. Without a querier this kernel floods.
ip link add br0 type bridge mcast_snooping 1
ip addr add 10.0.5.1/24 dev br0
for n in 0 1; do
    ip link add "p$n" type veth peer name "e$n"
    ip link set "e$n" up
    ip link set "p$n" master br0 up
done
ip link set br0 up
until_true 10 link_is_up router br0
ask router "take 0 br0"
both 'hint 24' br0 'the bridge snoops IGMP and nobody sends queries: .*'
ip link set br0 type bridge mcast_querier 1
both_no 24
ip link set br0 type bridge mcast_querier 0
command_finds "hint 24: .*" --time 0
ip link set br0 type bridge mcast_snooping 0
both_no 24
ip link set br0 type bridge mcast_snooping 1
command_finds "hint 24: .*" --time 0
# Another querier behind a port: a second bridge that sends queries.
ip link add br1 type bridge mcast_snooping 1 mcast_query_use_ifaddr 1
ip addr add 10.0.6.1/24 dev br1
ip link set e0 master br1
ip link set br1 up
until_true 10 link_is_up router br1
ip link set br1 type bridge mcast_querier 1
both_no 24
ask router "release 0 br0"

# A port of a bridge: its packets are the bridge's.
ask router "take 0 p1"
both 'problem 23' p1 'it is a port of br0, which gets its packets: use br0 in its place'
ip link set p1 nomaster
both_no 23
ask router "release 0 p1"

# An interface that goes: the kernel takes its VIF along.
ip link add gone type veth peer name gone-peer
ip link set gone up
ip link set gone-peer up
index=$(ip -o link show gone | cut -d: -f1)
ask router "take 0 gone"
library_finds_no router 20 0
ip link del gone
library_finds router "problem 20 $index interface $index: it is held but no longer exists: have its owner release it" 0
ask router "release 0 $index"
library_finds_no router 20 0

# A VIF that another program deletes. The manager's own thread puts it back as soon as it
# is free: here it waits for an answer.
ask router block
raw_send sender s0 10.0.1.2 239.7.7.7
heard router "c0 RPF 10.0.1.2 239.7.7.7 .*"
foreign delete-vif "$(vif_of r-down)"
library_finds router "problem 22 r-down r-down: it is held but has no VIF in table 253: .*" 0
ask router unblock
in_vifs "r-down r-up"
library_finds_no router 22 0

# The 32 VIFs.
for n in $(seq 30); do
    echo "link add v$n type veth peer name w$n"
    echo "link set v$n up"
    echo "link set w$n up"
done | ip -batch -
for n in $(seq 29); do
    ask router "take 0 v$n"
done
command_finds_no 10 --time 0
ask router "take 0 v30"
full="all 32 VIFs of table 253 are taken: no further interface can be used; release one, or use another table \(MGM_TABLE\)"
command_finds "hint 10: $full" --time 0
library_finds router "hint 10 - $full" 0
ask router "release 0 v7"
both_no 10
command_is_content --time 0
library_is_content router 0
echo passed
