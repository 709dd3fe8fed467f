#!/bin/bash
# The static protocol as a program of its own: a static join forwards, a boundary does
# not, and SIGTERM shuts it down in order.
#
#   sender            router                       receiver
#   10.0.1.2 ─ s0 ─── r-up ─ static_protocol ─ r-down ─── c0 ─ 10.0.2.2
#
. "$(dirname "$(readlink -f "$0")")/lib.sh"
netns_enter "$@" || exit 77
[ -e /proc/net/ip_mr_vif ] || { echo "no multicast routing in this kernel"; exit 77; }
bin=${MGM_BIN:?the directory of static_protocol and mcast_send}
unset MGM_TABLE
export MGM_FORWARDER=linux

fail() {
    echo "FAILED: $1"
    head -n 50 "$work"/router "$work"/inside "$work"/outside 2>/dev/null
    exit 1
}

netns_new sender
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-down 10.0.2.1/24 receiver c0 10.0.2.2/24

start_in router router "$bin/static_protocol" -g 239.1.1.1@r-down -g 239.255.0.1@r-down \
    -b 239.255.0.0/16@r-down r-up r-down
until_true 20 grep -qx ready "$work/router" || fail "the protocol does not start"
start_in receiver inside "$bin/mcast_recv" 239.1.1.1 20 -a 10.0.2.2 -d 20
start_in receiver outside "$bin/mcast_recv" 239.255.0.1 0 -a 10.0.2.2 -p 5001 -d 60
until_true 10 grep -q ready "$work/inside" || fail "no receiver"
until_true 10 grep -q ready "$work/outside" || fail "no second receiver"

in_ns sender "$bin/mcast_send" 239.255.0.1 5 -s 10.0.1.2 -p 5001 -i 20000
in_ns sender "$bin/mcast_send" 239.1.1.1 20 -s 10.0.1.2 -i 20000
finished inside || fail "the packets of the static group"
# Sent before those, so a packet that crossed would be there.
kill "${pids[outside]}" 2>/dev/null || true
finished outside || fail "a packet crossed the boundary"
grep -q "CREATION ALERT (10.0.1.2, 239.255.0.1): in r-up, out r-down (boundary: disabled)" \
    "$work/router" || fail "no creation alert at the boundary"
[ "$(tail -n +2 /proc/net/ip_mr_cache | wc -l)" = 2 ] || fail "not two entries in the kernel"

kill "${pids[router]}"
finished router || fail "exit code $? at SIGTERM"
grep -q "released r-up: forwarding entries from it: 2 before, 0 after" "$work/router" ||
    fail "the entries at shutdown"
tail -n 1 "$work/router" | grep -qx "deregistered, its handle is dead" || fail "no clean end"
[ -z "$(tail -q -n +2 /proc/net/ip_mr_cache /proc/net/ip_mr_vif)" ] || fail "the kernel's table"
echo "passed"
