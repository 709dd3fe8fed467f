#!/bin/bash
# routes.sh COMMAND...: does a protocol in some language route packets in the Linux kernel?
#
#   sender            router                    receiver
#   10.0.1.2 ─ s0 ─── r-up ─ COMMAND ─ r-down ─── c0 ─ 10.0.2.2
#                     10.0.1.1          10.0.2.1
#
# COMMAND is run with three arguments more, the indexes of r-up and r-down and a group. It
# registers, takes both interfaces, joins the group on r-down, prints "ready", says what
# callbacks tell ("rpf SOURCE GROUP in INDEX", "creation SOURCE GROUP out [INDEX]"), and ends
# well when its standard input does. Needs gcc for the sender and the receiver; 77: skipped.
here=$(dirname "$(readlink -f "$0")")
. "$here/../c-tests/netns/lib.sh"
netns_enter "$@" || exit 77
[ -e /proc/net/ip_mr_vif ] || { echo "no multicast routing in this kernel"; exit 77; }
unset MGM_TABLE MGM_RPF_TABLE MGM_FOREIGN
export MGM_FORWARDER=linux
packets=100 group=239.1.1.1 source=10.0.1.2

fail() {
    echo "FAILED: $1; $(basename "$program") said:"
    cat "$work/program"
    kill -KILL "${pids[program]}" 2>/dev/null || true
    exit 1
}
program=$1
for each in mcast_send mcast_recv; do
    gcc -O1 "$here/../c-tests/netns/$each.c" -o "$work/$each"
done
netns_new sender
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-down 10.0.2.1/24 receiver c0 10.0.2.2/24
index() { ip -o link show "$1" | cut -d: -f1; }
up=$(index r-up) down=$(index r-down)

mkfifo "$work/stdin"
exec 8<>"$work/stdin"
"$@" "$up" "$down" $group <"$work/stdin" >"$work/program" 2>&1 8>&- 9>&- &
pids[program]=$!
is_ready() { grep -qsx ready "$work/program" || ! kill -0 "${pids[program]}" 2>/dev/null; }
until_true 60 is_ready && grep -qx ready "$work/program" || fail "not ready"
start_in receiver receiver "$work/mcast_recv" $group $packets -a 10.0.2.2 -d 30
until_true 10 grep -qs ready "$work/receiver" || fail "no receiver"
in_ns sender "$work/mcast_send" $group $packets -s $source -i 20000 >"$work/sender" || fail "no sender"
finished receiver || true
received=$(tail -n 1 "$work/receiver")
[ "$received" = "received $packets of $packets, first 0, duplicates 0" ] || fail "$received"
grep -qx "rpf $source $group in $up" "$work/program" || fail "no RPF callback"
grep -qx "creation $source $group out \[$down\]" "$work/program" || fail "no creation callback"

# The end of its standard input.
exec 8>&-
has_ended() { ! kill -0 "${pids[program]}" 2>/dev/null; }
until_true 30 has_ended || fail "no end"
finished program || fail "a bad end"
table_is_empty() { [ -z "$(tail -q -n +2 /proc/net/ip_mr_cache /proc/net/ip_mr_vif)" ]; }
until_true 10 table_is_empty || fail "the kernel's table is not empty"
echo "routes.sh: $received, by $(basename "$program")"
