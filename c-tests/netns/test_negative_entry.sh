#!/bin/bash
# An entry without receivers is unblocked when a member arrives: by the protocol itself and
# by IGMP; and blocked again when the last one leaves.
#
#   sender            router                     receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0, c1 (IGMP) ─ r-down ─── d0 ─ 10.0.2.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24

shell_start router
ask router "register 0 100 1"
ask router "register 1 $igmp_id 1"
ask router "take 0 r-up"
ask router "take 0 r-down"
ask router "take 1 r-down"

receiver_start receiver own 10.0.2.2 239.1.1.1 5
receiver_start receiver local 10.0.2.2 239.1.1.2 5
send sender 10.0.1.2 239.1.1.1 3
send sender 10.0.1.2 239.1.1.2 3
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[]" "10.0.1.2 239.1.1.2 in=r-up out=[]"
same_entries router
heard router "c0 PRUNE 10.0.1.2 239.1.1.1 if=- forward"
heard router "c0 PRUNE 10.0.1.2 239.1.1.2 if=- forward"

ask router "add 0 0 239.1.1.1 r-down join"
ask router "add 1 0 239.1.1.2 r-down join"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]" "10.0.1.2 239.1.1.2 in=r-up out=[r-down]"
same_entries router
# Its own call tells the protocol nothing new, IGMP's does.
heard router "c0 LOCALJOIN 0 239.1.1.2 if=r-down"
heard router "c0 JOIN 10.0.1.2 239.1.1.2 forward"
heard_times router 0 "c0 JOIN 10.0.1.2 239.1.1.1 forward"
send sender 10.0.1.2 239.1.1.1 5
send sender 10.0.1.2 239.1.1.2 5
received own "received 5 of 5, first 0, duplicates 0"
received local "received 5 of 5, first 0, duplicates 0"
# The entries were changed in place: nobody was asked again.
heard_times router 2 "c0 RPF .*"
heard_times router 0 "c0 CREATION .*"

ask router "delete 1 0 239.1.1.2 r-down join"
ask router "delete 0 0 239.1.1.1 r-down join"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[]" "10.0.1.2 239.1.1.2 in=r-up out=[]"
heard router "c0 LOCALLEAVE 0 239.1.1.2 if=r-down"
heard router "c0 PRUNE 10.0.1.2 239.1.1.2 if=r-down forward"
receiver_start receiver none 10.0.2.2 239.1.1.2 0 60
send sender 10.0.1.2 239.1.1.2 5
# A group that is joined, sent later: when it is there the others would be.
receiver_start receiver after 10.0.2.2 239.1.1.1 1
ask router "add 0 0 239.1.1.1 r-down join"
send sender 10.0.1.2 239.1.1.1 1
received after "received 1 of 1, first 0, duplicates 0"
kill "${pids[none]}"
received none "received 0 of 0, first -1, duplicates 0"
echo passed
