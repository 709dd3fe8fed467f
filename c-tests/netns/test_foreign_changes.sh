#!/bin/bash
# Another program deletes, changes and adds entries and VIFs in the kernel's table: that is
# noticed, repaired and counted, and what is our own work is not taken for theirs.
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

shell_start router MGM_LOG=warn
ask router "register 0 100 1"
for interface in r-up r-a r-b; do
    ask router "take 0 $interface"
done
up=$(vif_of r-up) a=$(vif_of r-a) b=$(vif_of r-b)
entry="10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]"

# Entries made, changed and deleted by ourselves: nobody's doing.
ask router "add 0 0 239.1.1.1 r-a join"
raw_send sender s0 10.0.1.2 239.1.1.1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a]"
ask router "add 0 0 239.1.1.1 r-b join"
ask router "release 0 r-up"
in_kernel
ask router "take 0 r-up"
up=$(vif_of r-up)
raw_send sender s0 10.0.1.2 239.1.1.1
in_kernel "$entry"
prints router others "repaired=0 foreign=0 interfaces=0 .*" || fail "$(data router others)"

# Deleted.
foreign delete 10.0.1.2 239.1.1.1
until_data router others "repaired=1 foreign=0 interfaces=0 .*"
in_kernel "$entry"
until_true 10 grep -q 'somebody else changed the multicast table: 1 entries repaired' "$work/router" ||
    fail "no log line"
# Changed: fewer oifs, more of them, another iif, and the same again, but theirs.
repaired=1
for change in "$up $a" "$up $up $a $b" "$a $b" "$up $a $b"; do
    # shellcheck disable=SC2086 # one word each
    foreign add 10.0.1.2 239.1.1.1 $change
    repaired=$((repaired + 1))
    until_data router others "repaired=$repaired foreign=0 interfaces=0 .*"
    in_kernel "$entry"
done
# Ours again: it goes with us.
receiver_start a flow 10.0.2.2 239.1.1.1 3
raw_send sender -n 3 s0 10.0.1.2 239.1.1.1
received flow "received 3 of 3, first 0, duplicates 0"

# Added: single entries, one for any source, one for every source and group.
foreign add 10.0.1.7 239.1.1.7 "$up" "$a"
until_data router others "repaired=5 foreign=1 interfaces=0 .*"
foreign add 0.0.0.0 239.1.1.8 "$up" "$a" "$up"
until_data router others "repaired=5 foreign=2 interfaces=0 .*"
foreign add 0.0.0.0 0.0.0.0 "$up" "$a" "$up"
until_data router others "repaired=5 foreign=3 interfaces=0 .*"
in_kernel "$entry"
# Packets of that flow are as new as any.
raw_send sender s0 10.0.1.7 239.1.1.7
in_kernel "$entry" "10.0.1.7 239.1.1.7 in=r-up out=[]"

# VIFs: deleted, another interface in its place, one too many.
foreign delete-vif "$a"
until_data router others "repaired=5 foreign=3 interfaces=1 .*"
in_vifs "r-a r-b r-up"
[ "$(vif_of r-a)" = "$a" ] || fail "r-a has another slot"
freeze router
foreign delete-vif "$a"
foreign add-vif "$a" lo
thaw router
in_vifs "r-a r-b r-up"
[ "$(vif_of r-a)" = "$a" ] || fail "r-a has another slot"
foreign add-vif 30 lo
in_vifs "r-a r-b r-up"
foreign add-vif 30 r-up # with a higher number the kernel would prefer it
in_vifs "r-a r-b r-up"
in_kernel "$entry" "10.0.1.7 239.1.1.7 in=r-up out=[]"

# Everything.
foreign flush
in_vifs "r-a r-b r-up"
in_kernel "$entry" "10.0.1.7 239.1.1.7 in=r-up out=[]"
same_entries router
receiver_start b again 10.0.3.2 239.1.1.1 1
raw_send sender s0 10.0.1.2 239.1.1.1
received again "received 1 of 1, first 0, duplicates 0"

for interface in r-up r-a r-b; do
    ask router "release 0 $interface"
done
# What comes when nobody looks goes at the end.
foreign add 10.0.1.7 239.1.1.7 0 1
ask router "deregister 0"
in_kernel
in_vifs ""
echo passed
