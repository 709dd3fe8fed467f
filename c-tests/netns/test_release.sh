#!/bin/bash
# Releasing an interface takes it out of every entry before its VIF is freed: the next
# interface in that slot gets nothing of its traffic.
#
#   sender            router             receivers
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-a ─── a0 10.0.2.2
#                               ├─ r-b ─── b0 10.0.3.2
#                               └─ r-c ─── e0 10.0.4.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new a
netns_new b
netns_new c
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-a 10.0.2.1/24 a a0 10.0.2.2/24
netns_link router r-b 10.0.3.1/24 b b0 10.0.3.2/24
netns_link router r-c 10.0.4.1/24 c e0 10.0.4.2/24

shell_start router
ask router "register 0 100 1"
ask router "take 0 r-up"
ask router "take 0 r-a"
ask router "take 0 r-b"
ask router "add 0 0 239.1.1.1 r-a join"
ask router "add 0 0 239.1.1.1 r-b join"
receiver_start b both 10.0.3.2 239.1.1.1 6
send sender 10.0.1.2 239.1.1.1 3
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]"
slot=$(vif_of r-a)

ask router "release 0 r-a"
in_vifs "r-b r-up"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-b]"
same_entries router
ask router "take 0 r-c"
in_vifs "r-b r-c r-up"
# A stale threshold in the entry would show as r-c here, and forward to it. Slots may be
# given out in any order: go round until r-c has the one that r-a had.
for ((round = 0; round < 32; round++)); do
    [ "$(vif_of r-c)" != "$slot" ] || break
    ask router "release 0 r-c"
    ask router "take 0 r-c"
done
[ "$(vif_of r-c)" = "$slot" ] || fail "r-c has VIF $(vif_of r-c), never $slot"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-b]"
same_entries router
receiver_start c stale 10.0.4.2 239.1.1.1 0 60
raw_send sender -n 3 -f 3 s0 10.0.1.2 239.1.1.1
# The entry was trimmed, not deleted: its other receiver lost nothing.
received both "received 6 of 6, first 0, duplicates 0"
kill "${pids[stale]}"
received stale "received 0 of 0, first -1, duplicates 0"
heard_times router 1 "c0 RPF .*"
data_is router "stats 10.0.1.2 239.1.1.1" "packets=6 octets=768 wrong=0 oifs=1
ex packets=6 octets=768 wrong=0 oifs=1" || fail "statistics: $(data router "stats 10.0.1.2 239.1.1.1")"

# The incoming interface: its entries go.
ask router "release 0 r-up"
in_kernel
in_vifs "r-b r-c"
same_entries router
ask router "release 0 r-b"
ask router "release 0 r-c"
in_vifs ""
ask_error router ERROR_INVALID_PARAMETER "release 0 r-c"
ask router "deregister 0"
echo passed
