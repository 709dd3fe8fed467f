#!/bin/bash
# What is no socket of this table's owner is not taken over, the log says why, the table
# stays as it is, and the next start is an ordinary one.
#
#   sender            router             receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-a ─── a0 10.0.2.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new a
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-a 10.0.2.1/24 a a0 10.0.2.2/24

says() { until_true 10 grep -qF -- "$2" "$work/$1" || fail "the log does not say: $2"; }

# A process without a table has nothing to hand over.
shell_start router MGM_LOG=warn
ask_error router ERROR_CAN_NOT_COMPLETE "send $work/nobody"
ask_error router ERROR_CAN_NOT_COMPLETE detach
ask_error router ERROR_CAN_NOT_COMPLETE "done"

ask router "hold closed"
ask_error router ERROR_INVALID_PARAMETER "takeover 60"
for kind in "file: what was handed over is no socket" \
    "udp: what was handed over is a socket for something else than multicast routing" \
    "igmp: what was handed over is a multicast routing socket, but not that of the owner of table 253"; do
    ask router "hold ${kind%%:*}"
    ask router "takeover 60"
    ask_error router ERROR_CAN_NOT_COMPLETE "register 0 100 1"
    says router "${kind#*: }"
    in_kernel
done

# One of another table, which goes on.
shell_start other MGM_TABLE=100
ask other "register 0 100 1"
ask other "take 0 r-up"
ask router "listen $work/socket"
ask other "send $work/socket"
ask router receive
before=$(grep -c 'owner of table 253' "$work/router")
ask router "takeover 60"
ask_error router ERROR_CAN_NOT_COMPLETE "register 0 100 1"
[ "$(grep -c 'owner of table 253' "$work/router")" -gt "$before" ] || fail "the log does not say why"
ip mroute show table 100 >"$work/mroute"
! grep -q . "$work/mroute" || fail "something stays in table 100: $(cat "$work/mroute")"
ask other "release 0 r-up"
ask other "deregister 0"

# The next start is an ordinary one.
ask router "register 0 100 1"
ask router "take 0 r-up"
ask router "take 0 r-a"
ask router "add 0 0 239.1.1.1 r-a join"
receiver_start a one 10.0.2.2 239.1.1.1 1
send sender 10.0.1.2 239.1.1.1 1
received one "received 1 of 1, first 0, duplicates 0"
ask_error router ERROR_CAN_NOT_COMPLETE "done"
for interface in r-up r-a; do ask router "release 0 $interface"; done

# By systemd's variables: a wrong kind is refused, once.
ask router "deregister 0"
ask router "hold udp"
ask router exec
ask_error router ERROR_CAN_NOT_COMPLETE "register 0 100 1"
ask router "register 0 100 1"
ask router "deregister 0"
# The socket of a process that gave its table back in order is not worth failing for.
ask router "hold igmp"
ask router exec
ask router "register 0 100 1"
says router "nothing is taken over: what was handed over is a multicast routing socket"
ask router "take 0 r-up"
in_vifs "r-up"
echo passed
