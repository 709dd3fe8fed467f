#!/bin/bash
# A stream comes over both upstream links, and the route to its source moves between them
# again and again. The entry is replaced each time, never deleted: a packet whose copies
# come before and after that is lost at most, one for each move.
#
#   sender                             router             receiver
#   10.9.0.1   ┌ s1 10.0.1.2 ───────── r-1 ─ c0 ─ r-down ─── d0 ─ 10.0.2.2
#   behind it ─┤
#              └ s2 10.0.3.2 ───────── r-2 ─ c1
#
. "$(dirname "$(readlink -f "$0")")/router.sh"
moves=20

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
# The entry, and counters from 1 on.
raw_send sender s1 10.9.0.1 239.1.1.1
in_kernel "10.9.0.1 239.1.1.1 in=r-1 out=[r-down]"

start_in router monitor ip -4 monitor mroute
receiver_start receiver all 10.0.2.2 239.1.1.1 1000000 100
# On one processor the packets keep their order, through all namespaces.
processor=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
start_in sender stream taskset -c "$processor" "$bin/raw_send" -n 1000000 -u 500 s1,s2 10.9.0.1 239.1.1.1

forwarded() { data router "stats 10.9.0.1 239.1.1.1" | awk -F '[ =]' '/^packets/ { print $2 - $6 }'; }
more_than() { [ "$(forwarded)" -gt "$1" ]; }
via=(10.0.1.2 10.0.3.2)
link=(r-1 r-2)
for ((move = 1; move <= moves; move++)); do
    to=$((move % 2))
    ip route replace 10.9.0.0/24 via ${via[to]}
    in_kernel "10.9.0.1 239.1.1.1 in=${link[to]} out=[r-down]"
    # It flows again.
    until_true 10 more_than "$(($(forwarded) + 5))" || fail "nothing is forwarded after move $move"
done
kill "${pids[stream]}"
finished stream || fail "the stream: $(cat "$work/stream")"
sent=$(sed 's/sent //' "$work/stream")

# Every copy was counted by the one entry, and all that was forwarded was received.
counted() { data router "stats 10.9.0.1 239.1.1.1" | grep -q "^packets=$((2 * sent + 1)) "; }
until_true 10 counted || fail "sent $sent twice: $(data router "stats 10.9.0.1 239.1.1.1")"
heard_all() { [ "$(in_ns receiver awk '/^Udp: [0-9]/ { print $2 }' /proc/net/snmp)" = $(($(forwarded) - 1)) ]; }
until_true 10 heard_all || fail "forwarded $(forwarded), received $(in_ns receiver grep ^Udp: /proc/net/snmp)"
kill "${pids[all]}"
finished all || true
read -r _ received _ _ _ _ _ duplicates < <(tail -n 1 "$work/all")
echo "moves $moves, sent $sent, lost $((sent - received)), forwarded twice $duplicates"
[ "$sent" -ge "$received" ] && [ $((sent - received)) -le $moves ] || fail "lost $((sent - received))"
[ "$duplicates" -le $moves ] || fail "$duplicates duplicates"

heard_times router 1 "c. CREATION .*"
heard_times router $((moves / 2)) "c1 RPF .* in=r-2 up=10.0.3.2 .* packet=none"
heard_times router $((moves / 2)) "c0 RPF .* in=r-1 up=10.0.1.2 .* packet=none"
heard_times router $((moves / 2)) "c0 PRUNE 10.9.0.1 239.1.1.1 if=- forward"
heard_times router $((moves / 2)) "c1 PRUNE 10.9.0.1 239.1.1.1 if=- forward"
kill "${pids[monitor]}"
finished monitor || true
grep -q Deleted "$work/monitor" && fail "the entry was deleted: $(cat "$work/monitor")"
[ "$(grep -c "239.1.1.1" "$work/monitor")" -ge $moves ] || fail "the monitor saw $(cat "$work/monitor")"
echo passed
