#!/bin/bash
# A router is killed, and entries and VIFs that another program has added stay behind: the
# next one says so, removes them, and starts from an empty table. In another table too.
#
#   sender            router                receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-down ─── d0 ─ 10.0.2.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24

# begin SHELL [VARIABLE=VALUE]: a router that has one flow.
begin() {
    local name=$1
    shift
    shell_start "$name" MGM_LOG=warn "$@"
    ask "$name" "register 0 100 1"
    ask "$name" "take 0 r-up"
    ask "$name" "take 0 r-down"
    ask "$name" "add 0 0 239.1.1.1 r-down join"
}

begin first
raw_send sender s0 10.0.1.2 239.1.1.1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]"
up=$(vif_of r-up) down=$(vif_of r-down)
freeze first # it cannot repair what now comes
for source in 10.0.1.2 10.0.1.3 10.0.1.4 10.0.1.5 10.0.1.6; do
    foreign add "$source" 239.1.1.1 "$up" "$down"
done
foreign add 0.0.0.0 239.1.1.2 "$up" "$down" "$up"
foreign add-vif 9 lo
kill -9 "${pids[first]}"
finished first 2>/dev/null && fail "kill -9"
in_vifs "lo"
[ "$(kernel_entries | wc -l)" = 6 ] || fail "static entries: $(kernel_entries)"

begin second
in_kernel
in_vifs "r-down r-up"
until_true 10 grep -q 'table 253 held 6 entries and 1 interfaces of others, removed: (10.0.1.2, 239.1.1.1), (' "$work/second" ||
    fail "no log line: $(cat "$work/second")"
[ "$(grep -c 'held 6 entries' "$work/second")" = 1 ] || fail "more than one log line"
prints second others "repaired=0 foreign=6 .*" || fail "$(data second others)"
# The flow is made anew, and nothing else.
receiver_start receiver flow 10.0.2.2 239.1.1.1 1
raw_send sender s0 10.0.1.2 239.1.1.1
received flow "received 1 of 1, first 0, duplicates 0"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]"
# An orderly end, whatever others did a moment ago.
ask second "release 0 r-up"
ask second "release 0 r-down"
foreign add 10.0.1.9 239.1.1.1 0
ask second "deregister 0"
in_kernel

# Nothing stale, nothing said.
begin third
[ "$(grep -c 'of others' "$work/third")" = 0 ] || fail "of others: $(cat "$work/third")"
echo quit >&"${shell_fds[third]}"
finished third || fail "exit code $?"

# A table of its own.
begin own MGM_TABLE=100
foreign -t 100 add-vif 9 lo
foreign -t 100 add 10.0.1.3 239.1.1.1 9
until_data own others ".* foreign=1 .*"
freeze own
foreign -t 100 add 10.0.1.3 239.1.1.1 9
kill -9 "${pids[own]}"
finished own 2>/dev/null && fail "kill -9"
begin next MGM_TABLE=100
until_true 10 grep -q 'table 100 held 1 entries and 0 interfaces of others, removed: (10.0.1.3, 239.1.1.1)$' "$work/next" ||
    fail "no log line: $(cat "$work/next")"
echo passed
