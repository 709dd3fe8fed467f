#!/bin/bash
# Interfaces that go down and up a hundred times under traffic: incoming, outgoing, and the
# outgoing one's other end. At the end the kernel's table is right, and forwards. The kernel
# does not tell which routes go with an interface: they go all the same.
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
done
for group in 239.1.1.1 239.1.1.2 239.1.1.3; do
    ask router "add 0 0 $group r-a join"
    ask router "add 0 0 $group r-b join"
done
flows=()
for group in 239.1.1.1 239.1.1.2 239.1.1.3; do
    flows+=("10.0.1.2 $group in=r-up out=[r-a r-b]")
    start_in sender "traffic-$group" "$bin/mcast_send" "$group" 100000000 -s 10.0.1.2 -i 500
done
in_kernel "${flows[@]}"

ip link set r-up down
in_kernel "${flows[@]/in=*/in=- out=[]}"
in_vifs "r-a r-b r-up"
ip link set r-up up
in_kernel "${flows[@]}"

for ((flap = 0; flap < 100; flap++)); do
    case $((flap % 3)) in
    0) ip link set r-up down && ip link set r-up up ;;
    1) ip link set r-a down && ip link set r-a up ;;
    2) in_ns a ip link set a0 down && in_ns a ip link set a0 up ;;
    esac
done
# Receivers' addresses are still there, and so are the flows.
in_kernel "${flows[@]}"
in_vifs "r-a r-b r-up"
same_entries router
for group in 239.1.1.1 239.1.1.2 239.1.1.3; do
    kill "${pids[traffic-$group]}"
    finished "traffic-$group" || true
done
until_true 10 link_is_up a a0
until_true 10 link_is_up b b0
for group in 239.1.1.1 239.1.1.2 239.1.1.3; do
    receiver_start a "a-$group" 10.0.2.2 "$group" 3
    receiver_start b "b-$group" 10.0.3.2 "$group" 3
    raw_send sender -n 3 s0 10.0.1.2 "$group"
    received "a-$group" "received 3 of 3, first 0, duplicates 0"
    received "b-$group" "received 3 of 3, first 0, duplicates 0"
done
in_kernel "${flows[@]}"
same_entries router
# Nothing of it was anybody else's work, nothing failed or was lost.
until_data router counters ".* errors=0 lost=0 skipped=0"
prints router others "repaired=0 foreign=0 interfaces=0 .*" || fail "$(data router others)"
for interface in r-up r-a r-b; do
    ask router "release 0 $interface"
done
ask router "deregister 0"
in_kernel
in_vifs ""
echo passed
