#!/bin/bash
# An interface gets another name while it forwards: nothing happens.
#
#   sender            router             receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-a ─── a0 10.0.2.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new a
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-a 10.0.2.1/24 a a0 10.0.2.2/24

shell_start router
ask router "register 0 100 1"
ask router "take 0 r-up"
ask router "take 0 r-a"
ask router "add 0 0 239.1.1.1 r-a join"
receiver_start a all 10.0.2.2 239.1.1.1 5
raw_send sender s0 10.0.1.2 239.1.1.1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a]"

# Older kernels rename only what is down, which is another story.
ip link set r-a name r-x 2>/dev/null || { echo "this kernel renames no interface that is up"; exit 77; }
ip link set r-up name r-in
in_kernel "10.0.1.2 239.1.1.1 in=r-in out=[r-x]"
in_vifs "r-in r-x"
raw_send sender -n 2 -f 1 s0 10.0.1.2 239.1.1.1
# The names are the callers' affair; the numbers are the same.
[ "$(data router "owner r-x")" = "protocol=100 component=1" ] || fail "the owner of r-x"
ask router "delete 0 0 239.1.1.1 r-x join"
in_kernel "10.0.1.2 239.1.1.1 in=r-in out=[]"
ask router "add 0 0 239.1.1.1 r-x join"
in_kernel "10.0.1.2 239.1.1.1 in=r-in out=[r-x]"
raw_send sender -n 2 -f 3 s0 10.0.1.2 239.1.1.1
received all "received 5 of 5, first 0, duplicates 0"
heard_times router 1 "c0 RPF .*"
same_entries router
ask router "release 0 r-x"
ask router "release 0 r-in"
in_kernel
in_vifs ""
echo passed
