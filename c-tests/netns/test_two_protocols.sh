#!/bin/bash
# Two routing protocols in one router, each with interfaces of its own.
#
#   sender            router                 receivers
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-a ─────── a0 ─ 10.0.2.2
#                            c1 ─ r-b ─────── b0 ─ 10.0.3.2
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
ask router "register 1 101 1"
ask router "take 0 r-up"
ask router "take 0 r-a"
ask router "take 1 r-b"
ask_error router ERROR_ALREADY_EXISTS "take 1 r-a"
ask_error router ERROR_INVALID_PARAMETER "release 1 r-a"
[ "$(data router "owner r-a")" = "protocol=100 component=1" ] || fail "owner of r-a"
[ "$(data router "owner r-b")" = "protocol=101 component=1" ] || fail "owner of r-b"

# First and second client in the group.
ask router "add 1 0 239.1.1.1 r-b join"
heard_times router 1 "c0 JOIN 0 239.1.1.1 member"
ask router "add 0 0 239.1.1.1 r-a join"
heard_times router 1 "c1 JOIN 0 239.1.1.1 member"

receiver_start a one 10.0.2.2 239.1.1.1 5
receiver_start b two 10.0.3.2 239.1.1.1 10
raw_send sender -n 4 s0 10.0.1.2 239.1.1.1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]"
raw_send sender -f 4 s0 10.0.1.2 239.1.1.1
received one "received 5 of 5, first 0, duplicates 0"
heard_times router 1 "c0 RPF .*"
heard_times router 0 "c1 RPF .*"
heard_times router 1 "c0 CREATION 10.0.1.2 239.1.1.1 in=r-up out=\[r-a\]"
heard_times router 1 "c1 CREATION 10.0.1.2 239.1.1.1 in=r-up out=\[r-b\]"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]"
same_entries router

# One leaves altogether; the other's receivers lose nothing.
ask router "delete 0 0 239.1.1.1 r-a join"
heard_times router 1 "c1 PRUNE 0 239.1.1.1 if=r-a member"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-b]"
ask router "release 0 r-a"
raw_send sender -n 5 -f 5 s0 10.0.1.2 239.1.1.1
received two "received 10 of 10, first 0, duplicates 0"

# The last receiver goes with its protocol: the owner of the incoming interface hears it.
ask router "release 1 r-b"
heard_times router 1 "c0 PRUNE 0 239.1.1.1 if=r-b member"
heard_times router 1 "c0 PRUNE 10.0.1.2 239.1.1.1 if=r-b forward"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[]"
in_vifs "r-up"
ask router "deregister 1"
ask_error router ERROR_CAN_NOT_COMPLETE "deregister 0"

# The other takes over what it left.
ask router "take 0 r-b"
ask router "add 0 0 239.1.1.1 r-b join"
receiver_start b three 10.0.3.2 239.1.1.1 1
send sender 10.0.1.2 239.1.1.1 1
received three "received 1 of 1, first 0, duplicates 0"
same_entries router
echo passed
