#!/bin/bash
# The kernel deletes a VIF together with its interface. Its slot stays with the interface
# until the owner releases that, and the next interface in the slot gets none of the
# traffic of the entries in which the old one stood.
#
#   sender            router             receivers
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-a ─── a0 10.0.2.2
#                               ├─ r-b ─── b0 10.0.3.2
#                               └─ r-c ─── e0 10.0.4.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new a
netns_new b
netns_new c
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-a 10.0.2.1/24 a a0 10.0.2.2/24
netns_link router r-b 10.0.3.1/24 b b0 10.0.3.2/24
netns_link router r-c 10.0.4.1/24 c e0 10.0.4.2/24

shell_start router
ask router "register 0 100 1"
for interface in r-up r-a r-b; do
    ask router "take 0 $interface"
    [ "$interface" = r-up ] || ask router "add 0 0 239.1.1.1 $interface join"
done
old=$(ip -o link show r-a | cut -d: -f1)
slot=$(vif_of r-a)
receiver_start b rest 10.0.3.2 239.1.1.1 4
raw_send sender s0 10.0.1.2 239.1.1.1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]"
ip link del r-a
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-b]"

# Thirty rounds would come to every free slot: that one is not free.
for ((round = 0; round < 32; round++)); do
    ask router "take 0 r-c"
    [ "$(vif_of r-c)" != "$slot" ] || fail "the slot of an interface that is still held"
    ask router "release 0 r-c"
done
# Somebody else puts an interface there: no entry may name the slot any more.
receiver_start c stale 10.0.4.2 239.1.1.1 0 60
freeze router
foreign add-vif "$slot" r-c
in_vifs "r-b r-c r-up"
raw_send sender -f 1 s0 10.0.1.2 239.1.1.1
thaw router
in_vifs "r-b r-up" # and it is removed

ask router "release 0 $old"
for ((round = 0; round < 33; round++)); do
    ask router "take 0 r-c"
    [ "$(vif_of r-c)" != "$slot" ] || break
    ask router "release 0 r-c"
done
[ "$(vif_of r-c)" = "$slot" ] || fail "r-c has VIF $(vif_of r-c), never $slot"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-b]"
same_entries router
raw_send sender -n 2 -f 2 s0 10.0.1.2 239.1.1.1
received rest "received 4 of 4, first 0, duplicates 0"
kill "${pids[stale]}"
received stale "received 0 of 0, first -1, duplicates 0"
echo passed
