#!/bin/bash
# The route to the source moves: the entry's incoming interface follows in place, after
# the RPF callback of its new owner. It goes, and the entry is negative; it comes back.
#
#   sender                             router             receiver
#   10.9.0.1   ┌ s1 10.0.1.2 ───────── r-1 ─ c0 ─ r-down ─── d0 ─ 10.0.2.2
#   behind it ─┤
#              └ s2 10.0.3.2 ───────── r-2 ─ c1
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new receiver
netns_link sender s1 10.0.1.2/24 router r-1 10.0.1.1/24
netns_link sender s2 10.0.3.2/24 router r-2 10.0.3.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24
ip route add 10.9.0.0/24 via 10.0.1.2

shell_start router
ask router "register 0 100 1"
ask router "register 1 101 1"
ask router "take 0 r-1"
ask router "take 0 r-down"
ask router "take 1 r-2"
ask router "add 0 0 239.1.1.1 r-down join"

receiver_start receiver all 10.0.2.2 239.1.1.1 11 60
raw_send sender -n 4 -f 0 s1 10.9.0.1 239.1.1.1
in_kernel "10.9.0.1 239.1.1.1 in=r-1 out=[r-down]"
heard router "c0 RPF 10.9.0.1 239.1.1.1 in=r-1 up=10.0.1.2 route=10.9.0.0/24 packet=20 .*"

# Every change of the table from here on: the entry must never be deleted.
start_in router monitor ip -4 monitor mroute
ip route replace 10.9.0.0/24 via 10.0.3.2
heard router "c1 RPF 10.9.0.1 239.1.1.1 in=r-2 up=10.0.3.2 route=10.9.0.0/24 packet=none"
in_kernel "10.9.0.1 239.1.1.1 in=r-2 out=[r-down]"
same_entries router
heard router "c0 PRUNE 10.9.0.1 239.1.1.1 if=- forward"
heard router "c1 JOIN 10.9.0.1 239.1.1.1 forward"
raw_send sender -n 4 -f 4 s2 10.9.0.1 239.1.1.1
stats_are() { until_true 10 data_is router "stats 10.9.0.1 239.1.1.1" "$1
ex $1" || fail "statistics: $(data router "stats 10.9.0.1 239.1.1.1"), expected $1"; }
stats_are "packets=8 octets=1024 wrong=0 oifs=1"
data router mfes | grep -q "in=r-2 out=\[r-down\] up=10.0.3.2 owner=101 route=10.9.0.0/24" ||
    fail "the entry: $(data router mfes)"

# A longer prefix is a better route.
ip route add 10.9.0.1/32 via 10.0.1.2
heard router "c0 RPF 10.9.0.1 239.1.1.1 in=r-1 up=10.0.1.2 route=10.9.0.1/32 packet=none"
in_kernel "10.9.0.1 239.1.1.1 in=r-1 out=[r-down]"
same_entries router
heard router "c1 PRUNE 10.9.0.1 239.1.1.1 if=- forward"
raw_send sender -n 2 -f 8 s1 10.9.0.1 239.1.1.1
stats_are "packets=10 octets=1280 wrong=0 oifs=1"
# No callback and no alert for a route that leads to other sources.
lines=$(wc -l <"$work/router")
ip route add 10.8.0.0/24 via 10.0.3.2
ip route del 10.9.0.1/32

# Back by the shorter one, then none at all.
heard router "c1 RPF 10.9.0.1 239.1.1.1 in=r-2 up=10.0.3.2 route=10.9.0.0/24 packet=none"
in_kernel "10.9.0.1 239.1.1.1 in=r-2 out=[r-down]"
ip route del 10.9.0.0/24
in_kernel "10.9.0.1 239.1.1.1 in=- out=[]"
same_entries router
ip route add 10.9.0.0/24 via 10.0.1.2
in_kernel "10.9.0.1 239.1.1.1 in=r-1 out=[r-down]"
same_entries router
raw_send sender -f 10 s1 10.9.0.1 239.1.1.1
received all "received 11 of 11, first 0, duplicates 0"
heard_times router 0 "c. CREATION .*packet=none.*"
heard_times router 1 "c0 CREATION .*"
[ "$(tail -n "+$((lines + 1))" "$work/router" | grep -c "c1 RPF")" = 1 ] || fail "c1 was asked more than once"
kill "${pids[monitor]}"
finished monitor || true
grep -q Deleted "$work/monitor" && fail "the entry was deleted: $(cat "$work/monitor")"
grep -q "239.1.1.1" "$work/monitor" || fail "the monitor saw nothing"
echo passed
