#!/bin/bash
# An interface that is not there when it is asked for, appears, is taken while it is down,
# and comes up.
#
#   sender            router             receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-a ─── a0 10.0.2.2    r-a appears later, with index 77
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new a
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24

shell_start router
ask router "register 0 100 1"
ask router "take 0 r-up"
ask_error router ERROR_CAN_NOT_COMPLETE "take 0 77"
until_true 10 grep -q '\b77\b.*no such interface' "$work/router" || fail "no log line"
ask_error router ERROR_NOT_FOUND "owner 77"
ask_error router ERROR_INVALID_PARAMETER "add 0 0 239.1.1.1 77 join"
raw_send sender s0 10.0.1.2 239.1.1.1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[]"

ip link add r-a index 77 type veth peer name a0
ip link set a0 netns "${namespaces[a]}"
ask router "take 0 r-a"
in_vifs "r-a r-up"
ask router "add 0 0 239.1.1.1 r-a join"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a]"
same_entries router

netns_end router r-a 10.0.2.1/24
in_ns a ip addr add 10.0.2.2/24 dev a0
in_ns a ip link set a0 up
until_true 10 link_is_up router r-a
until_true 10 link_is_up a a0
receiver_start a flow 10.0.2.2 239.1.1.1 2
raw_send sender -n 2 s0 10.0.1.2 239.1.1.1
received flow "received 2 of 2, first 0, duplicates 0"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a]"
heard_times router 1 "c0 RPF .*"
echo passed
