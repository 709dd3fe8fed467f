#!/bin/bash
# The router process is killed while another one, which knows nothing of routing, has its
# socket: the kernel goes on forwarding 1,000 packets per second, and the next process
# takes over. Without anybody who has the socket the kernel empties the table.
#
#   sender            router             receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-a ─── a0 10.0.2.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new a
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-a 10.0.2.1/24 a a0 10.0.2.2/24
entry="10.0.1.2 239.1.1.1 in=r-up out=[r-a]"

begin() {
    ask "$1" "register 0 100 1"
    ask "$1" "take 0 r-up"
    ask "$1" "take 0 r-a"
    ask "$1" "add 0 0 239.1.1.1 r-a join"
}
# pass FROM TO: the socket.
pass() {
    ask "$2" "listen $work/$1-$2.socket"
    ask "$1" "send $work/$1-$2.socket"
    ask "$2" receive
}
forwarded() { awk 'NR > 1 && $4 > most { most = $4 } END { print most + 0 }' /proc/net/ip_mr_cache; }
more_than() { [ "$(forwarded)" -gt "$1" ]; }
goes_on() {
    local now
    now=$(forwarded)
    until_true 10 more_than $((now + 200)) || fail "the flow has ended at $now packets"
}
datagrams() { in_ns a awk '/^Udp: [0-9]/ { print $2 }' /proc/net/snmp; }
have_arrived() { [ "$(datagrams)" -ge "$1" ]; }

shell_start first
shell_start holder
begin first
# While there is no entry the kernel keeps no more than 4 packets.
send sender 10.0.1.2 239.1.1.1 1
in_kernel "$entry"
receiver_start a all 10.0.2.2 239.1.1.1 1000000 110
start_in sender traffic "$bin/mcast_send" 239.1.1.1 1000000 -s 10.0.1.2 -i 1000
pass first holder
kill -9 "${pids[first]}"
finished first 2>/dev/null && fail "kill -9"
goes_on
kernel_has "$entry" || fail "the kernel has [$(kernel_entries)]"

# A new process cannot have the table but by the socket.
shell_start next
ask_error next ERROR_CAN_NOT_COMPLETE "register 0 100 1"
pass holder next
ask next "takeover 600"
begin next
ask next done
heard next "c0 CREATION 10.0.1.2 239.1.1.1 in=r-up out=\[r-a\]"
goes_on
kernel_has "$entry" || fail "the kernel has [$(kernel_entries)]"
[ "$(data next mfes)" = "$entry up=0 owner=100 route=10.0.1.0/24 by=2" ] || fail "MFEs: $(data next mfes)"

kill -0 "${pids[traffic]}" || fail "the traffic has ended too early"
kill "${pids[traffic]}"
finished traffic || fail "the sender: exit code $?"
sent=$(sed 's/sent \([0-9]*\) .*/\1/' "$work/traffic")
until_true 10 have_arrived "$sent" || fail "sent $sent, arrived $(datagrams)"
kill "${pids[all]}"
received all "received $sent of 1000000, first 0, duplicates 0"

# Nobody else has it now.
kill -9 "${pids[next]}"
finished next 2>/dev/null && fail "kill -9"
in_kernel
in_vifs ""
echo "passed: $sent packets"
