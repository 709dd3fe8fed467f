#!/bin/bash
# The kernel's entries are those of MgmGetFirstMfe: several sources, groups and outgoing
# interfaces, after joins, leaves, FORWARD changes and releases.
#
#   sender                       router               receivers
#   10.0.1.2, 10.0.1.3 ─ s0 ─── r-up ─ c0 ─ r-a ─── a0 10.0.2.2
#                                        └─ r-b ─── b0 10.0.3.2
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
in_vifs "r-a r-b r-up"
in_kernel
ask router "add 0 0 239.1.1.1 r-a join"
ask router "add 0 0 239.1.1.1 r-b join"
ask router "add 0 10.0.1.3 239.1.1.2 r-b join"
ask router "add 0 0 239.1.1.1 r-up join" # a member on the source's own link

for group in 239.1.1.1 239.1.1.2; do
    for source in 10.0.1.2 10.0.1.3; do
        raw_send sender s0 "$source" "$group"
    done
done
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]" "10.0.1.3 239.1.1.1 in=r-up out=[r-a r-b]" \
    "10.0.1.2 239.1.1.2 in=r-up out=[]" "10.0.1.3 239.1.1.2 in=r-up out=[r-b]"
same_entries router
[ "$(data router mfes | head -n 1)" = \
    "10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b] up=0 owner=100 route=10.0.1.0/24 by=1" ] ||
    [ "$(data router mfes | head -n 1)" = \
        "10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b] up=0 owner=100 route=10.0.1.0/24 by=2" ] ||
    fail "the first entry"

ask router "add 0 0 239.1.1.2 r-a join"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]" "10.0.1.3 239.1.1.1 in=r-up out=[r-a r-b]" \
    "10.0.1.2 239.1.1.2 in=r-up out=[r-a]" "10.0.1.3 239.1.1.2 in=r-up out=[r-a r-b]"
same_entries router
ask router "delete 0 10.0.1.2 239.1.1.1 r-a forward"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-b]" "10.0.1.3 239.1.1.1 in=r-up out=[r-a r-b]" \
    "10.0.1.2 239.1.1.2 in=r-up out=[r-a]" "10.0.1.3 239.1.1.2 in=r-up out=[r-a r-b]"
same_entries router
ask router "delete 0 0 239.1.1.1 r-b join"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[]" "10.0.1.3 239.1.1.1 in=r-up out=[r-a]" \
    "10.0.1.2 239.1.1.2 in=r-up out=[r-a]" "10.0.1.3 239.1.1.2 in=r-up out=[r-a r-b]"
same_entries router
ask router "release 0 r-a"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[]" "10.0.1.3 239.1.1.1 in=r-up out=[]" \
    "10.0.1.2 239.1.1.2 in=r-up out=[]" "10.0.1.3 239.1.1.2 in=r-up out=[r-b]"
same_entries router
ask router "release 0 r-up"
in_kernel
same_entries router
data_is router counters "clients=1 interfaces=1 memberships=1 entries=0 scope=0 wrong=0 errors=0 lost=0 skipped=0" ||
    fail "counters: $(data router counters)"
echo passed
