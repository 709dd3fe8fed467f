#!/bin/bash
# An interface is deleted while it is in use, and one of the same name appears: the rest
# goes on, and the new one, another interface to the manager, can be taken. With the
# incoming one its entries go, and nobody is told.
#
#   sender            router             receivers
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-a ─── a0 10.0.2.2
#                               └─ r-b ─── b0 10.0.3.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new a
netns_new b
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-a 10.0.2.1/24 a a0 10.0.2.2/24
netns_link router r-b 10.0.3.1/24 b b0 10.0.3.2/24

shell_start router
ask router "register 0 100 1"
for interface in r-up r-a r-b; do
    ask router "take 0 $interface"
    [ "$interface" = r-up ] || ask router "add 0 0 239.1.1.1 $interface join"
done
old=$(ip -o link show r-a | cut -d: -f1)
receiver_start b rest 10.0.3.2 239.1.1.1 4
raw_send sender -n 2 s0 10.0.1.2 239.1.1.1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]"

ip link del r-a
in_vifs "r-b r-up"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-b]"
raw_send sender -n 2 -f 2 s0 10.0.1.2 239.1.1.1
received rest "received 4 of 4, first 0, duplicates 0"

# The client still holds the old one: it can give it back.
netns_link router r-a 10.0.2.1/24 a a0 10.0.2.2/24
[ "$(ip -o link show r-a | cut -d: -f1)" != "$old" ] || fail "the same index: this test needs another"
ask router "take 0 r-a"
in_vifs "r-a r-b r-up"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-b]" # nothing stale in its slot
ask router "release 0 $old"
ask router "add 0 0 239.1.1.1 r-a join"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]"
same_entries router
receiver_start a new 10.0.2.2 239.1.1.1 1
raw_send sender s0 10.0.1.2 239.1.1.1
received new "received 1 of 1, first 0, duplicates 0"
up=$(ip -o link show r-up | cut -d: -f1) b=$(ip -o link show r-b | cut -d: -f1)
ip link del r-b
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a]"
alerts=$(grep -Ec "c0 (PRUNE|JOIN) .*" "$work/router") || true
ip link del r-up
in_kernel
in_vifs "r-a"
data_is router mfes "" || fail "MFEs: $(data router mfes)"
heard_times router "$alerts" "c0 (PRUNE|JOIN) .*"
[ "$(data router "owner $up")" = "protocol=100 component=1" ] || fail "the owner of $up"
for interface in "$up" r-a "$b"; do
    ask router "release 0 $interface"
done
ask router "deregister 0"
in_kernel
in_vifs ""
echo passed
