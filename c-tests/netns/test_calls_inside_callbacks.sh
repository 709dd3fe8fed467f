#!/bin/bash
# Inside the RPF callback, on the manager's own thread: joins, a route change, and the last
# client giving everything back. No deadlock, nothing left behind, and all works again.
#
#   sender            router                receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-down ─── d0 ─ 10.0.2.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24

shell_start router
ask router "register 0 100 1"
ask router "register 1 101 1"
ask router "take 0 r-up"
ask router "take 1 r-down"

# A join inside: the packet that caused the callback goes to it.
receiver_start receiver one 10.0.2.2 239.1.1.1 1
ask router "inside add 1 0 239.1.1.1 r-down join"
ask router "inside mfes"
raw_send sender s0 10.0.1.2 239.1.1.1
received one "received 1 of 1, first 0, duplicates 0"
heard router "= add 1 0 239.1.1.1 r-down join: NO_ERROR"
heard router "= mfes: NO_ERROR"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]"
same_entries router

# While one blocks, other calls go on, deregistration of others too; memberships made
# meanwhile count when it returns.
receiver_start receiver two 10.0.2.2 239.1.1.2 1
ask router block
raw_send sender s0 10.0.1.2 239.1.1.2
heard router "c0 RPF 10.0.1.2 239.1.1.2 .*"
ask router "register 2 102 1"
ask router "add 1 0 239.1.1.2 r-down join"
ask router "delete 1 0 239.1.1.1 r-down join"
ask router "deregister 2"
in_kernel_line() { kernel_entries | grep -qxF "$1"; }
until_true 10 in_kernel_line "10.0.1.2 239.1.1.1 in=r-up out=[]" || fail "a leave meanwhile"
ask router unblock
received two "received 1 of 1, first 0, duplicates 0"

# Everything is given back in a callback: the owner first, then the last client.
ask router "inside release 0 r-up"
ask router "inside deregister 0"
ask router "inside release 1 r-down"
ask router "inside deregister 1"
raw_send sender s0 10.0.1.2 239.1.1.3
heard router "= deregister 1: NO_ERROR"
for command in "release 0 r-up" "deregister 0" "release 1 r-down"; do
    heard router "= $command: NO_ERROR"
done
in_kernel
in_vifs ""
data router counters | grep -q "clients=0 interfaces=0 memberships=0 entries=0" ||
    fail "left over: $(data router counters)"

# And again from the start.
ask router "register 0 100 1"
ask router "take 0 r-up"
ask router "take 0 r-down"
ask router "add 0 0 239.1.1.1 r-down join"
receiver_start receiver three 10.0.2.2 239.1.1.1 1
raw_send sender s0 10.0.1.2 239.1.1.1
received three "received 1 of 1, first 0, duplicates 0"
same_entries router
echo passed
