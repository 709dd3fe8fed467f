#!/bin/bash
# Interfaces that go to another namespace and come back with the index they had. The
# outgoing one gets its VIF and its places in the entries back; the entries of the incoming
# one are deleted without a word, and the next packets make them anew.
#
#   sender            router             receivers
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-a ─── a0 10.0.2.2
#                               └─ r-b ─── b0 10.0.3.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new a
netns_new b
netns_new elsewhere
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-a 10.0.2.1/24 a a0 10.0.2.2/24
netns_link router r-b 10.0.3.1/24 b b0 10.0.3.2/24

# The process that holds the router's own namespace, to come back to it.
home=$$
away() { ip link set "$1" netns "${namespaces[elsewhere]}"; }
back() { # IF ADDR/LEN
    in_ns elsewhere ip link set "$1" netns "$home"
    [ "$(ip -o link show "$1" | cut -d: -f1)" = "$3" ] || fail "$1 came back with another index"
    ip addr add "$2" dev "$1"
    ip link set "$1" up
}
index_of() { ip -o link show "$1" | cut -d: -f1; }

shell_start router
ask router "register 0 100 1"
for interface in r-up r-a r-b; do
    ask router "take 0 $interface"
done
for group in 239.1.1.1 239.1.1.2; do
    ask router "add 0 0 $group r-a join"
    ask router "add 0 0 $group r-b join"
    raw_send sender s0 10.0.1.2 "$group"
done
both=("10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]" "10.0.1.2 239.1.1.2 in=r-up out=[r-a r-b]")
in_kernel "${both[@]}"

for round in 1 2; do
    old=$(index_of r-a)
    away r-a
    in_vifs "r-b r-up"
    in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-b]" "10.0.1.2 239.1.1.2 in=r-up out=[r-b]"
    # It is still owned, and calls for it go on. What is joined there now comes later.
    [ "$(data router "owner $old")" = "protocol=100 component=1" ] || fail "the owner of $old"
    ask_error router ERROR_ALREADY_EXISTS "take 0 $old"
    ask router "delete 0 0 239.1.1.1 $old join"
    ask router "add 0 0 239.1.1.1 $old join"
    ask_error router ERROR_NOT_FOUND "delete 0 0 239.9.9.9 $old join"
    in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-b]" "10.0.1.2 239.1.1.2 in=r-up out=[r-b]"
    back r-a 10.0.2.1/24 "$old"
    in_vifs "r-a r-b r-up"
    in_kernel "${both[@]}"
    same_entries router
done
until_true 10 link_is_up a a0
receiver_start a again 10.0.2.2 239.1.1.1 1
raw_send sender s0 10.0.1.2 239.1.1.1
received again "received 1 of 1, first 0, duplicates 0"
heard_times router 2 "c0 RPF .*"
heard_times router 0 "c0 (PRUNE|JOIN) .*"

# Now the incoming one.
old=$(index_of r-up)
away r-up
in_kernel
in_vifs "r-a r-b"
data_is router mfes "" || fail "MFEs: $(data router mfes)"
[ "$(data router "owner $old")" = "protocol=100 component=1" ] || fail "the owner of $old"
back r-up 10.0.1.1/24 "$old"
in_vifs "r-a r-b r-up"
until_true 10 link_is_up sender s0
until_true 10 link_is_up router r-up
raw_send sender s0 10.0.1.2 239.1.1.1
in_kernel "${both[0]}"
same_entries router
heard_times router 3 "c0 RPF .*"
heard_times router 0 "c0 (PRUNE|JOIN) .*"

# Released while it is away: nothing comes back.
away r-a
in_vifs "r-b r-up"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-b]"
old=$(in_ns elsewhere ip -o link show r-a | cut -d: -f1)
ask router "release 0 $old"
back r-a 10.0.2.1/24 "$old"
ask router reconcile
in_vifs "r-b r-up"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-b]"
same_entries router
prints router others "repaired=0 foreign=0 interfaces=0 .*" || fail "$(data router others)"
echo passed
