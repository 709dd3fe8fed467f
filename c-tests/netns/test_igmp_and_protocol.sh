#!/bin/bash
# IGMP and a routing protocol on one interface: one VIF for both, DISABLE and ENABLE around
# its take and release, and packets again once IGMP has added its members again.
#
#   sender            router                        receiver
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
ask router "take 1 r-down"
in_vifs "r-down r-up"
[ "$(data router "owner r-down")" = "protocol=$((igmp_id)) component=1" ] || fail "IGMP owns r-down: $(data router "owner r-down")"
ask router "add 1 0 239.1.1.1 r-down join"
heard_times router 1 "c0 JOIN 0 239.1.1.1 member"

# IGMP alone: it gets the creation alert.
receiver_start receiver all 10.0.2.2 239.1.1.1 8 60
raw_send sender -n 2 -f 0 s0 10.0.1.2 239.1.1.1
heard router "c1 CREATION 10.0.1.2 239.1.1.1 in=r-up out=\[r-down:igmp\]"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]"

# A routing protocol comes.
ask router "take 0 r-down"
heard_times router 1 "c1 DISABLE r-down"
heard_times router 1 "c1 ENABLE r-down"
heard_times router 1 "c0 LOCALJOIN 0 239.1.1.1 if=r-down"
[ "$(data router "owner r-down")" = "protocol=100 component=1" ] || fail "owner of r-down"
in_vifs "r-down r-up"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]"
same_entries router
raw_send sender -n 2 -f 2 s0 10.0.1.2 239.1.1.1
# Now the creation alert is the protocol's, and says that IGMP is there too.
ask router "add 1 0 239.1.1.2 r-down join"
raw_send sender s0 10.0.1.2 239.1.1.2
heard router "c0 CREATION 10.0.1.2 239.1.1.2 in=r-up out=\[r-down:igmp\]"
heard_times router 0 "c1 CREATION 10.0.1.2 239.1.1.2 .*"

# It goes again: the VIF stays IGMP's.
ask router "release 0 r-down"
heard_times router 2 "c1 DISABLE r-down"
heard_times router 2 "c1 ENABLE r-down"
heard_times router 0 "c0 LOCALLEAVE .*"
in_vifs "r-down r-up"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]" "10.0.1.2 239.1.1.2 in=r-up out=[r-down]"
raw_send sender -n 2 -f 4 s0 10.0.1.2 239.1.1.1

# And comes back; then IGMP leaves: its members go, its interface stays.
ask router "take 0 r-down"
raw_send sender -n 2 -f 6 s0 10.0.1.2 239.1.1.1
received all "received 8 of 8, first 0, duplicates 0"
ask router "release 1 r-down"
heard_times router 1 "c0 LOCALLEAVE 0 239.1.1.1 if=r-down"
heard_times router 1 "c0 LOCALLEAVE 0 239.1.1.2 if=r-down"
heard_times router 3 "c1 DISABLE r-down"
heard_times router 3 "c1 ENABLE r-down"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[]" "10.0.1.2 239.1.1.2 in=r-up out=[]"
in_vifs "r-down r-up"
ask router "deregister 1"
ask router "release 0 r-down"
in_vifs "r-up"
same_entries router
echo passed
