#!/bin/bash
# What the owner of the incoming interface is asked: route, gateway and the packet's header.
#
#   sender                           router               receiver
#   10.0.1.2 ─ s0 ──────────────────  r-up ─ c0
#   (10.9.0.0/24 behind it)                  c1 ─ r-down ─── d0 ─ 10.0.2.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24
ip route add 10.9.0.0/24 via 10.0.1.2 proto static

shell_start router
ask router "register 0 100 7"
ask router "register 1 101 8"
ask router "take 0 r-up"
ask router "take 1 r-down"
[ "$(data router "owner r-up")" = "protocol=100 component=7" ] || fail "owner of r-up"
[ "$(data router "owner r-down")" = "protocol=101 component=8" ] || fail "owner of r-down"
ask_error router ERROR_NOT_FOUND "owner lo"
ask router "add 1 0 239.1.1.1 r-down join"

# On the link. Addresses and identification are the packet's; total length, TTL, protocol
# and checksum are overwritten by the kernel, and 0 here.
raw_send sender -i 4711 -l 333 -t 9 s0 10.0.1.2 239.1.1.1
heard router "c0 RPF 10.0.1.2 239.1.1.1 in=r-up up=0 route=10.0.1.0/24 packet=20 src=10.0.1.2 dst=239.1.1.1 len=0 id=4711 ttl=0 proto=0 sum=0"
heard router "c1 CREATION 10.0.1.2 239.1.1.1 in=r-up out=\[r-down\]"

# Behind a gateway, with options in the header.
raw_send sender -i 65535 -l 60 -o s0 10.9.0.5 239.1.1.1
heard router "c0 RPF 10.9.0.5 239.1.1.1 in=r-up up=10.0.1.2 route=10.9.0.0/24 packet=24 src=10.9.0.5 dst=239.1.1.1 len=0 id=65535 ttl=0 proto=0 sum=0"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]" "10.9.0.5 239.1.1.1 in=r-up out=[r-down]"
data router mfes | grep -qx "10.9.0.5 239.1.1.1 in=r-up out=\[r-down\] up=10.0.1.2 owner=100 route=10.9.0.0/24 by=3" ||
    fail "the entry: $(data router mfes)"

# Without a route the owner of the interface it arrived on is asked; it names none.
raw_send sender -i 5 s0 192.168.7.7 239.1.1.1
heard router "c0 RPF 192.168.7.7 239.1.1.1 in=- up=0 route=none packet=20 src=192.168.7.7 dst=239.1.1.1 len=0 id=5 ttl=0 proto=0 sum=0"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]" "10.9.0.5 239.1.1.1 in=r-up out=[r-down]" \
    "192.168.7.7 239.1.1.1 in=- out=[]"
same_entries router

# The router's own packets: the incoming interface is the one that holds the address.
receiver_start receiver own 10.0.2.2 239.1.1.1 1
send router 10.0.1.1 239.1.1.1 1
heard router "c0 RPF 10.0.1.1 239.1.1.1 in=r-up up=0 route=10.0.1.1/32 packet=20 src=10.0.1.1 dst=239.1.1.1 .*"
received own "received 1 of 1, first 0, duplicates 0"
data router mfes | grep -qx "10.0.1.1 239.1.1.1 in=r-up out=\[r-down\] up=0 owner=100 route=10.0.1.1/32 by=2" ||
    fail "the entry: $(data router mfes)"

# It names another interface that it holds; then one that it does not hold: ignored.
ask router "release 1 r-down"
ask router "take 0 r-down"
ask router "rpf 0 r-down 10.0.2.2"
raw_send receiver d0 10.0.1.9 239.1.1.3
in_kernel_line() { kernel_entries | grep -qxF "$1"; }
until_true 10 in_kernel_line "10.0.1.9 239.1.1.3 in=r-down out=[]" || fail "the interface it names"
ask router "rpf 0 lo 0"
raw_send sender s0 10.0.1.9 239.1.1.4
until_true 10 in_kernel_line "10.0.1.9 239.1.1.4 in=r-up out=[]" || fail "an interface it does not hold"
heard_times router 0 "c1 RPF .*"
echo passed
