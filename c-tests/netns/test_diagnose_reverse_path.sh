#!/bin/bash
# A reverse path filter that drops packets before multicast routing sees them. The source
# 10.9.0.9 sends over r-side, and its route goes over r-up.
#
#   sender            router                 receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-down ─── d0 ─ 10.0.2.2
#   other                    c0 │
#   10.9.0.9 ─ o0 ─── r-side ───┘
#
. "$(dirname "$(readlink -f "$0")")/diagnose.sh"

netns_new sender
netns_new other
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link other o0 10.9.0.9/24 router r-side 10.0.3.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24
ip route add 10.9.0.0/24 via 10.0.1.2

shell_start router
ask router "register 0 100 1"
ask router "take 0 r-up"
ask router "take 0 r-side"
ask router "take 0 r-down"
ask router "add 0 0 239.1.1.1 r-down join"

setting=/proc/sys/net/ipv4/conf
echo 1 >$setting/r-side/rp_filter
# Strict filters that dropped nothing are no finding.
command_is_content --time 0
flow other packets 10.9.0.9 239.1.1.1
strict="r-side: reverse path filter is strict \(net.ipv4.conf.r-side.rp_filter=1\) and the source 10.9.0.9 is routed over r-up: its packets are dropped before multicast routing; set rp_filter to 0 or 2, or route the source over r-side"
command_finds "problem 25: $strict" --time 300 10.9.0.9 239.1.1.1
command_finds "problem 25: $strict" --time 300
library_finds router "problem 25 r-side $strict" 300 10.9.0.9 239.1.1.1
library_finds router "problem 25 r-side $strict" 300
# Without a look at packets: that such filters dropped some.
command_finds "hint 25: r-side: reverse path filter is strict .* have dropped [1-9][0-9]* packets .*" --time 0
command_finds "hint 25: r-side: packets of 10.9.0.9 that come in here are dropped .*" --time 0 10.9.0.9 239.1.1.1
in_kernel

# The setting of "all" counts where it is larger.
echo 0 >$setting/r-side/rp_filter
echo 1 >$setting/all/rp_filter
command_finds "problem 25: r-side: reverse path filter is strict \(net.ipv4.conf.all.rp_filter=1\) .*" --time 300 10.9.0.9 239.1.1.1
echo 0 >$setting/all/rp_filter

# Repaired: loose. The packets come as far as multicast routing, from the wrong side.
echo 2 >$setting/r-side/rp_filter
command_finds_no 25 --time 300 10.9.0.9 239.1.1.1
command_finds_no 25 --time 300
command_finds_no 25 --time 0 10.9.0.9 239.1.1.1
wrong="r-side: packets of \(10.9.0.9, 239.1.1.1\) come in here, but only those on r-up are forwarded, over which the source is routed: route it over r-side, or have its packets sent that way"
command_finds "problem 51: $wrong" --time 300 10.9.0.9 239.1.1.1
library_finds router "problem 51 r-side $wrong" 300 10.9.0.9 239.1.1.1
command_finds "hint 51: r-up: all [0-9]+ packets of .* came in on other interfaces than this, .*" --time 0 10.9.0.9 239.1.1.1

# A loose filter without a route.
ip route del 10.9.0.0/24
command_finds "problem 25: r-side: reverse path filter is loose .* and there is no route to the source 10.9.0.9: .*" --time 300 10.9.0.9 239.1.1.1

# The way back is the way it comes: nothing is wrong, also with strict filters.
ip route add 10.9.0.0/24 dev r-side
echo 1 >$setting/r-side/rp_filter
in_kernel "10.9.0.9 239.1.1.1 in=r-side out=[r-down]"
command_finds_no 25 --time 300 10.9.0.9 239.1.1.1
command_is_content --time 300 10.9.0.9 239.1.1.1
library_is_content router 300 10.9.0.9 239.1.1.1

# An address of the router itself as source, from outside.
finish packets
start_in other packets bash -c "while :; do $bin/raw_send -n 20 o0 10.0.2.1 239.1.1.1; done"
command_finds "problem 26: r-side: the source 10.0.2.1 is an address of this host: .*" --time 300
finish packets
command_finds_no 26 --time 100
echo passed
