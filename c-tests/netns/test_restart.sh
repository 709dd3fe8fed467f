#!/bin/bash
# The router process is replaced under 1,000 packets per second, by exec and then by a
# second process that gets the socket: no packet is lost, none comes twice, the kernel's
# entry stays the same, and the new process governs it.
#
#   sender            router               receivers
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─┬─ r-a ─── a0 10.0.2.2
#                                └─ r-b ─── b0 10.0.3.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new a
netns_new b
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-a 10.0.2.1/24 a a0 10.0.2.2/24
netns_link router r-b 10.0.3.1/24 b b0 10.0.3.2/24
entry="10.0.1.2 239.1.1.1 in=r-up out=[r-a]"
both="10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]"

# begin SHELL: the protocol, as after every start.
begin() {
    ask "$1" "register 0 100 1"
    ask "$1" "take 0 r-up"
    ask "$1" "take 0 r-a"
    ask "$1" "take 0 r-b"
    ask "$1" "add 0 0 239.1.1.1 r-a join"
}

# The kernel's count of the steady flow's packets.
forwarded() { awk 'NR > 1 && $4 > most { most = $4 } END { print most + 0 }' /proc/net/ip_mr_cache; }
more_than() { [ "$(forwarded)" -gt "$1" ]; }
# goes_on: many packets later it still is as it was.
goes_on() {
    local now
    now=$(forwarded)
    until_true 10 more_than $((now + 200)) || fail "the flow has ended at $now packets"
}
numbered_vifs() { awk '{ print $1, $2 }' /proc/net/ip_mr_vif; }
has_mfe() { data "$1" mfes | grep -qxF "$entry up=0 owner=100 route=10.0.1.0/24 by=2"; }
datagrams() { in_ns a awk '/^Udp: [0-9]/ { print $2 }' /proc/net/snmp; }
have_arrived() { [ "$(datagrams)" -ge "$1" ]; }

shell_start router
begin router
# While there is no entry the kernel keeps no more than 4 packets.
send sender 10.0.1.2 239.1.1.1 1
in_kernel "$entry"
receiver_start a all 10.0.2.2 239.1.1.1 1000000 110
start_in sender traffic "$bin/mcast_send" 239.1.1.1 1000000 -s 10.0.1.2 -i 1000
goes_on
vifs=$(numbered_vifs)

# The same process with another program: everything that is not handed over is gone.
ask router exec
begin router
[ "$(numbered_vifs)" = "$vifs" ] || fail "VIFs: $(numbered_vifs), before: $vifs"
in_kernel "$entry"
# No MFE yet, and a new member gets its packets at once, and one that leaves no more.
data_is router mfes "" || fail "MFEs: $(data router mfes)"
receiver_start b early 10.0.3.2 239.1.1.1 0
ask router "add 0 0 239.1.1.1 r-b join"
kernel_has "$both" || fail "the kernel has [$(kernel_entries)]"
until_true 10 grep -q "received 1 of 0" "$work/early" || fail "the new member gets nothing"
ask router "delete 0 0 239.1.1.1 r-b join"
kernel_has "$entry" || fail "the kernel has [$(kernel_entries)]"
heard_times router 1 "c0 RPF .*"
ask router done
heard router "c0 RPF 10.0.1.2 239.1.1.1 in=r-up up=0 route=10.0.1.0/24 packet=none"
heard router "c0 CREATION 10.0.1.2 239.1.1.1 in=r-up out=\[r-a\]"
until_true 10 has_mfe router || fail "MFEs: $(data router mfes)"
kernel_has "$entry" || fail "the kernel has [$(kernel_entries)]"
ask_error router ERROR_CAN_NOT_COMPLETE done
goes_on

# Another process. The old one lives on and cleans up, which is nothing to the kernel. It is
# just making an entry, which waits in the kernel.
ask router "add 0 0 239.1.1.3 r-b join"
ask router block
send sender 10.0.1.2 239.1.1.3 1
heard router "c0 RPF 10.0.1.2 239.1.1.3 .*"
waiting="10.0.1.2 239.1.1.3 in=- out=[]"
shell_start second
ask second "listen $work/socket"
ask router "send $work/socket"
ask router detach
ask second receive
ask router unblock
heard router "c0 CREATION 10.0.1.2 239.1.1.3 in=r-up out=\[r-b\]"
ask_error router ERROR_CAN_NOT_COMPLETE "register 1 101 1"
ask router "delete 0 0 239.1.1.1 r-a join"
for interface in r-up r-a r-b; do
    ask router "release 0 $interface"
done
in_kernel "$entry" "$waiting"
ask second "takeover 600"
begin second
# That has its MFE at once.
in_kernel "$entry" "10.0.1.2 239.1.1.3 in=r-up out=[]"
ask second "add 0 0 239.1.1.3 r-b join"
other="10.0.1.2 239.1.1.3 in=r-up out=[r-b]"
in_kernel "$entry" "$other"
ask router "deregister 0"
ask_error router ERROR_CAN_NOT_COMPLETE "register 0 100 1"
echo quit >&"${shell_fds[router]}"
finished router || fail "exit code $?"
in_kernel "$entry" "$other"
ask_error second ERROR_ALREADY_EXISTS "takeover 1"
ask second done
heard second "c0 CREATION 10.0.1.2 239.1.1.1 in=r-up out=\[r-a\]"
until_true 10 has_mfe second || fail "MFEs: $(data second mfes)"
in_kernel "$entry" "$other"
goes_on

# It governs the entry: a member comes and goes, and the statistics are those of the flow.
ask second "add 0 0 239.1.1.1 r-b join"
in_kernel "$both" "$other"
ask second "delete 0 0 239.1.1.1 r-b join"
in_kernel "$entry" "$other"
# A new flow.
ask second "add 0 0 239.1.1.2 r-b join"
receiver_start b new 10.0.3.2 239.1.1.2 1
send sender 10.0.1.2 239.1.1.2 1
received new "received 1 of 1, first 0, duplicates 0"

kill -0 "${pids[traffic]}" || fail "the traffic has ended too early"
kill "${pids[traffic]}"
finished traffic || fail "the sender: exit code $?"
sent=$(sed 's/sent \([0-9]*\) .*/\1/' "$work/traffic")
until_true 10 have_arrived "$sent" || fail "sent $sent, arrived $(datagrams)"
data second "stats 10.0.1.2 239.1.1.1" | grep -q "^packets=$((sent + 1)) " ||
    fail "statistics: $(data second "stats 10.0.1.2 239.1.1.1"), sent $sent"
kill "${pids[all]}"
received all "received $sent of 1000000, first 0, duplicates 0"

# The orderly end empties the table, though others have the socket.
shell_start holder
ask holder "listen $work/stored"
ask second "send $work/stored"
ask holder receive
ask second "release 0 r-up"
ask second "release 0 r-a"
ask second "release 0 r-b"
ask second "deregister 0"
in_kernel
in_vifs ""
echo "passed: $sent packets"
