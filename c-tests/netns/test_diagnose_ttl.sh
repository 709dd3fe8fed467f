#!/bin/bash
# Packets that arrive and match, and do not leave: TTL 1, longer than the MTU, dropped on
# the way out.
#
#   sender            router                 receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-down ─── d0 ─ 10.0.2.2
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
ask router "add 0 0 239.1.1.1 r-down join"

without_raw() {
    code=0
    setpriv --bounding-set -net_raw --inh-caps -net_raw "$bin/mgm-diagnose" --time 300 10.0.1.2 239.1.1.1 \
        >"$work/found" || code=$?
    grep -Eqx -- "$1" "$work/found"
}

# TTL 1.
flow sender packets 10.0.1.2 239.1.1.1 -t 1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]"
low="packets of \(10.0.1.2, 239.1.1.1\) come in with TTL 1: they are not forwarded; have the source send with a larger one \(IP_MULTICAST_TTL, 1 by default\)"
command_finds "problem 53: r-up: $low" --time 300 10.0.1.2 239.1.1.1
library_finds router "problem 53 r-up r-up: $low" 300 10.0.1.2 239.1.1.1
# Some programs mean not to be forwarded: of the whole router a hint, and a note where
# nobody has joined.
command_finds "hint 53: r-up: $low" --time 300
flow sender others 10.0.1.2 239.255.255.250 -t 1
command_finds "note 53: r-up: packets of \(10.0.1.2, 239.255.255.250\) come in with TTL 1: .*" --time 300
finish others
# By the counters alone.
until_true 20 without_raw "problem 55: r-down: [0-9]+ packets of .* matched its entry and none was sent here: most often their TTL is 1, .*" ||
    fail "without CAP_NET_RAW: $(cat "$work/found")"

# Mixed with others: a hint.
flow sender more 10.0.1.2 239.1.1.1 -t 2
command_finds "hint 53: r-up: some packets of .*" --time 300 10.0.1.2 239.1.1.1
finish packets
command_is_content --time 300 10.0.1.2 239.1.1.1
command_is_content --time 300
library_is_content router 300 10.0.1.2 239.1.1.1
until_true 20 without_raw "nothing found .*" || fail "without CAP_NET_RAW: $(cat "$work/found")"
finish more

# Below the threshold of the way out.
flow sender packets 10.0.1.2 239.1.1.1 -t 5
ask router "threshold r-down 5"
few="r-down: packets of \(10.0.1.2, 239.1.1.1\) come in with TTL 5 and its threshold is 5: only a larger TTL is sent out here; .*"
command_finds "problem 53: $few" --time 300 10.0.1.2 239.1.1.1
library_finds router "problem 53 r-down $few" 300 10.0.1.2 239.1.1.1
ask router "threshold r-down 4"
command_is_content --time 300 10.0.1.2 239.1.1.1
ask router "threshold r-down 0"
finish packets

# Longer than the MTU of the way out, and not to be fragmented.
ip link set r-down mtu 1000
flow sender long 10.0.1.2 239.1.1.1 -l 1200
large="r-down: packets of \(10.0.1.2, 239.1.1.1\) have up to 1228 bytes and may not be fragmented, its MTU is 1000: .*"
command_finds "problem 54: $large" --time 300 10.0.1.2 239.1.1.1
library_finds router "problem 54 r-down $large" 300 10.0.1.2 239.1.1.1
finish long
# What may be fragmented goes through.
start_in sender pieces bash -c "while :; do $bin/raw_send -n 20 -l 1200 s0 10.0.1.2 239.1.1.1; done"
receiver_start receiver whole 10.0.2.2 239.1.1.1 1
finished whole || fail "no packet in pieces: $(cat "$work/whole")"
command_is_content --time 300 10.0.1.2 239.1.1.1
finish pieces
ip link set r-down mtu 1500
flow sender long 10.0.1.2 239.1.1.1 -l 1200
command_is_content --time 300 10.0.1.2 239.1.1.1
finish long

# Dropped on the way out, behind multicast routing.
tc qdisc add dev r-down root blackhole
flow sender packets 10.0.1.2 239.1.1.1
lost="r-down: [0-9]+ packets of \(10.0.1.2, 239.1.1.1\) came in and match its entry, but none went out here: look for a firewall or traffic control that drops them .*"
command_finds "problem 55: $lost" --time 300 10.0.1.2 239.1.1.1
library_finds router "problem 55 r-down $lost" 300 10.0.1.2 239.1.1.1
tc qdisc del dev r-down root
command_is_content --time 300 10.0.1.2 239.1.1.1
finish packets

# Nothing comes: another group's packets do not count, nor does IGMP.
flow sender packets 10.0.1.2 239.1.1.2
command_finds "hint 52: no packet of \(10.0.1.2, 239.1.1.1\) came in on any interface within 100 ms: .*" --time 100 10.0.1.2 239.1.1.1
echo passed
