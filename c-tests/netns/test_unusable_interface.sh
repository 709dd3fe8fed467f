#!/bin/bash
# Interfaces that the kernel forwarder cannot take: one that does not exist, and the 33rd.
# The log says why.
#
#   router: v0 ... v32, 33 interfaces, each with its peer p0 ... p32 beside it
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

for ((i = 0; i < 33; i++)); do
    ip link add "v$i" type veth peer name "p$i"
    ip link set "v$i" up
done

shell_start router
ask router "register 0 100 1"
ask router "register 1 $igmp_id 1"

log_lines() { grep -Ev '^(= |  |c[0-9] )' "$work/router" || true; }
log_has() { log_lines | grep -Eq -- "$1"; }

ask_error router ERROR_CAN_NOT_COMPLETE "take 0 99999"
until_true 10 log_has '\b99999\b' || fail "no log line about interface 99999"
ask_error router ERROR_NOT_FOUND "owner 99999"
ask_error router ERROR_INVALID_PARAMETER "take 0 0"
[ "$(log_lines | wc -l)" = 1 ] || fail "one failure, one line"

for ((i = 0; i < 32; i++)); do
    ask router "take 0 v$i"
done
[ "$(tail -n +2 /proc/net/ip_mr_vif | wc -l)" = 32 ] || fail "not 32 VIFs"
ask_error router ERROR_CAN_NOT_COMPLETE "take 0 v32"
until_true 10 log_has 'no free VIF' || fail "no log line that says: no free VIF"
index=$(ip -o link show v32 | cut -d: -f1)
log_lines | grep 'no free VIF' | grep -q 'use another table (MGM_TABLE)' || fail "the line does not say what to do"
log_lines | grep 'no free VIF' | grep -Eqw "v32|$index" || fail "the line does not name the interface"
ask_error router ERROR_NOT_FOUND "owner v32"
data router counters | grep -q "interfaces=32 memberships=0 entries=0" ||
    fail "counters: $(data router counters)"

# IGMP comes to an interface that has a VIF already: it needs no further one.
ask router "take 1 v7"
ask_error router ERROR_CAN_NOT_COMPLETE "take 1 v32"
# One goes, and there is room.
ask router "release 0 v5"
ask router "take 0 v32"
[ "$(data router "owner v32")" = "protocol=100 component=1" ] || fail "the owner of v32"
[ "$(tail -n +2 /proc/net/ip_mr_vif | wc -l)" = 32 ] || fail "not 32 VIFs again"
ask_error router ERROR_CAN_NOT_COMPLETE "take 0 v5"
# The VIF stays as long as IGMP is there.
ask router "release 0 v7"
ask_error router ERROR_CAN_NOT_COMPLETE "take 0 v5"
ask router "release 1 v7"
ask router "take 0 v5"
echo passed
