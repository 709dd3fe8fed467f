#!/bin/bash
# MGM_FOREIGN=keep: entries and VIFs of other programs stay, at the start and later, and go
# on forwarding to their interfaces, and to no others that get a VIF afterwards. What the
# manager has an entry for is its own.
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

# Left by somebody: VIFs 20 and 21, which the manager will use as well; in the entries also slots in which nothing is, and that
# our own VIFs will get; an entry whose iif is such a slot.
foreign add-vif 20 r-up
foreign add-vif 21 r-a
foreign add 10.0.1.2 239.5.5.1 20 21 0 1 2 3
foreign add 0.0.0.0 239.5.5.2 20 21 20 0 1 2 3
foreign add 10.0.1.2 239.5.5.3 0 21
foreign add-vif 22 lo

shell_start router MGM_FOREIGN=keep MGM_LOG=warn
ask router "register 0 100 1"
for interface in r-up r-b r-a; do
    ask router "take 0 $interface"
done
until_true 10 grep -q 'held 3 entries and 3 interfaces of others, kept: ' "$work/router" || fail "no log line"
kept=("10.0.1.2 239.5.5.1 in=r-up out=[r-a]" "0.0.0.0 239.5.5.2 in=r-up out=[r-a r-up]")
in_kernel "${kept[@]}"
in_vifs "lo r-a r-b r-up"
foreign add-vif 30 r-up # a second one for an interface of ours would break our entries
in_vifs "lo r-a r-b r-up"
receiver_start b nothing 10.0.3.2 239.5.5.1 0 60

# An interface of ours goes, and another comes into its slot; so far kept entries name it.
foreign add 10.0.1.2 239.5.5.1 20 21 "$(vif_of r-b)"
in_kernel "10.0.1.2 239.5.5.1 in=r-up out=[r-a r-b]" "${kept[1]}"
slot=$(vif_of r-b)
ask router "release 0 r-b"
for ((round = 0; round < 32; round++)); do
    ask router "take 0 r-b"
    [ "$(vif_of r-b)" != "$slot" ] || break
    ask router "release 0 r-b"
done
[ "$(vif_of r-b)" = "$slot" ] || fail "r-b never comes to slot $slot"
in_kernel "${kept[@]}"

# Its own entries, and the packets of theirs.
ask router "add 0 0 239.1.1.1 r-b join"
raw_send sender s0 10.0.1.2 239.1.1.1
in_kernel "${kept[@]}" "10.0.1.2 239.1.1.1 in=r-up out=[r-b]"
[ "$(data router reconcile)" = "entries=1 repaired=0 foreign=2 interfaces=0" ] || fail "$(data router reconcile)"
in_kernel "${kept[@]}" "10.0.1.2 239.1.1.1 in=r-up out=[r-b]"
foreign add 10.0.1.2 239.1.1.1 20 21
until_data router others "repaired=1 foreign=3 .*"
in_kernel "${kept[@]}" "10.0.1.2 239.1.1.1 in=r-up out=[r-b]"
kill "${pids[nothing]}"
received nothing "received 0 of 0, first -1, duplicates 0"

for interface in r-up r-b r-a; do
    ask router "release 0 $interface"
done
ask router "deregister 0"
in_kernel "${kept[@]}"
in_vifs "lo r-a r-up"
echo passed
