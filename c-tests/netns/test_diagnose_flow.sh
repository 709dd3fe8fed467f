#!/bin/bash
# Why one flow is not forwarded, as the manager knows it: no route, nobody on the way to the
# source, no member, members on the source's link alone, a veto, a prune, no entry, a packet
# socket that sees it elsewhere, another program in the kernel's table.
#
#   sender            router                 receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-down ─── d0 ─ 10.0.2.2
#   other                    c1 ┘
#   10.0.3.2 ─ o0 ─── r-side
#
. "$(dirname "$(readlink -f "$0")")/diagnose.sh"

netns_new sender
netns_new other
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link other o0 10.0.3.2/24 router r-side 10.0.3.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24

shell_start router
ask router "register 0 100 1"
ask router "register 1 101 1"
ask router "take 0 r-up"
ask router "take 1 r-down"

# What no router forwards, and what is no flow.
library_finds router "problem 40 - 224.0.0.9 lies in 224.0.0.0/24, which is never forwarded: .*" 0 10.0.1.2 224.0.0.9
command_finds "problem 40: 224.0.0.9 lies in 224.0.0.0/24, .*" --time 0 10.0.1.2 224.0.0.9
library_finds router "problem 41 - 230.0.0.1 is no host's address: .*" 0 230.0.0.1 239.1.1.1
command_finds "problem 41: 230.0.0.1 is no host's address: .*" --time 0 230.0.0.1 239.1.1.1
ask_error router ERROR_INVALID_PARAMETER "diagnose 0 10.0.1.2 10.0.2.2"
ask_error router ERROR_INVALID_PARAMETER "diagnose 0 0 239.1.1.1"
ask_error router ERROR_INVALID_PARAMETER "diagnose 0 10.0.1.2 0"

# No route.
library_finds router "problem 42 - there is no route to the source 10.9.0.9: .*" 0 10.9.0.9 239.1.1.1
command_finds "problem 42: there is no route to the source 10.9.0.9: .*" --time 0 10.9.0.9 239.1.1.1
ip route add 10.9.0.0/24 via 10.0.1.2
library_finds_no router 42 0 10.9.0.9 239.1.1.1
command_finds_no 42 --time 0 10.9.0.9 239.1.1.1

# Nobody holds the interface towards the source.
owner="r-side: the source 10.0.3.2 is routed over it, but"
library_finds router "problem 43 r-side $owner no protocol holds it: its packets are not forwarded; have one take it" 0 10.0.3.2 239.1.1.1
command_finds "problem 43: $owner it has no VIF in table 253: have the router use it" --time 0 10.0.3.2 239.1.1.1

# No member; a member on the source's own link.
member="no interface has a member of \(10.0.1.2, 239.1.1.1\): no receiver has joined, or IGMP does not run"
library_finds router "problem 46 - $member" 0 10.0.1.2 239.1.1.1
ask router "add 0 0 239.1.1.1 r-up join"
library_finds_no router 46 0 10.0.1.2 239.1.1.1
library_finds router "problem 47 r-up r-up: the only members of \(10.0.1.2, 239.1.1.1\) are on the link that it comes in on: .*" 0 10.0.1.2 239.1.1.1
ask router "add 1 0 239.1.1.1 r-down join"
library_finds_no router 47 0 10.0.1.2 239.1.1.1

# No packet yet, hence no entry.
library_finds router "hint 44 - there is no entry for \(10.0.1.2, 239.1.1.1\): .*" 0 10.0.1.2 239.1.1.1
command_finds "hint 44: there is no entry for \(10.0.1.2, 239.1.1.1\): .*" --time 0 10.0.1.2 239.1.1.1
library_finds router "hint 52 - no packet of \(10.0.1.2, 239.1.1.1\) came in .*" 50 10.0.1.2 239.1.1.1
flow sender packets 10.0.1.2 239.1.1.1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]"
library_is_content router 300 10.0.1.2 239.1.1.1
command_is_content --time 300 10.0.1.2 239.1.1.1

# Pruned off the interface by its owner, with FORWARD alone; grafted again.
ask router "delete 1 0 239.1.1.1 r-down forward"
library_finds router "problem 49 r-down r-down: it has a member of \(10.0.1.2, 239.1.1.1\) and is left out of its entry: .*" 300 10.0.1.2 239.1.1.1
command_finds "problem 50: r-up: the entry of \(10.0.1.2, 239.1.1.1\) has no outgoing interface: .*" --time 0 10.0.1.2 239.1.1.1
ask router "add 1 0 239.1.1.1 r-down both"
library_is_content router 300 10.0.1.2 239.1.1.1
command_finds_no 50 --time 0 10.0.1.2 239.1.1.1

# Another program takes the way out off the kernel's VIFs. The manager's own thread puts it
# back as soon as it is free: here it waits for an answer.
ask router block
raw_send sender s0 10.0.1.2 239.7.7.7
heard router "c[0-9] RPF 10.0.1.2 239.7.7.7 .*"
foreign delete-vif "$(vif_of r-down)"
library_finds router "problem 56 r-down r-down: the kernel's entry of \(10.0.1.2, 239.1.1.1\) does not send out of it, .*" 0 10.0.1.2 239.1.1.1
ask router unblock
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]" "10.0.1.2 239.7.7.7 in=r-up out=[]"
library_finds_no router 56 0 10.0.1.2 239.1.1.1
finish packets

# It comes in where nobody is: the sender of r-side uses the other's address.
start_in other packets bash -c "while :; do $bin/raw_send -n 20 o0 10.0.1.2 239.1.1.1; done"
none="r-side: packets of \(10.0.1.2, 239.1.1.1\) come in here, but it has no VIF: no protocol has taken it"
library_finds router "problem 43 r-side $none" 300 10.0.1.2 239.1.1.1
command_finds "problem 43: $none" --time 300 10.0.1.2 239.1.1.1
ask router "take 1 r-side"
library_finds router "problem 51 r-side r-side: packets of \(10.0.1.2, 239.1.1.1\) come in here, but only those on r-up are forwarded, .*" 300 10.0.1.2 239.1.1.1
library_finds_no router 43 300 10.0.1.2 239.1.1.1
finish packets
library_finds_no router 51 50 10.0.1.2 239.1.1.1

# A client that does not return from a callback holds its entry up.
ask router "block"
ask router "add 1 0 239.1.1.9 r-down join"
flow sender packets 10.0.1.2 239.1.1.9
library_finds router "hint 45 r-up r-up: the entry of \(10.0.1.2, 239.1.1.9\) is being made: a client has not returned from a callback yet" 0 10.0.1.2 239.1.1.9
ask router "unblock"
library_finds_no router 45 0 10.0.1.2 239.1.1.9
library_is_content router 300 10.0.1.2 239.1.1.9
finish packets
echo passed
