#!/bin/bash
# A router that works has no finding: neither without traffic nor with it, neither in the
# router's own process nor beside it, and without CAP_NET_RAW.
#
#   sender            router                 receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-down ─── d0 ─ 10.0.2.2
#
. "$(dirname "$(readlink -f "$0")")/diagnose.sh"

netns_new sender
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24

shell_start router
ask router "register 0 100 1"
ask router "take 0 r-up"
ask router "take 0 r-down"
ask router "add 0 0 239.1.1.1 r-down join"

command_is_content
command_is_content --time 0
library_is_content router 0
library_is_content router 100
grep -q "^note 2: multicast routing table 253 is held by process ${pids[router]} (\(mgm_shell\|memcheck.*\))$" <("$bin/mgm-diagnose" -w 0) ||
    fail "the command does not say who holds the table"

# Strict filters on the way that the source's packets take.
for rp_filter in /proc/sys/net/ipv4/conf/{all,r-up,r-down}/rp_filter; do
    echo 1 >"$rp_filter"
done
flow sender packets 10.0.1.2 239.1.1.1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]"
command_is_content --time 500
command_is_content --time 500 10.0.1.2 239.1.1.1
command_is_content --time 0 10.0.1.2 239.1.1.1
library_is_content router 500
library_is_content router 500 10.0.1.2 239.1.1.1
library_is_content router 0 10.0.1.2 239.1.1.1

# Without the right to watch packets it compares counters, and says so.
setpriv --bounding-set -net_raw --inh-caps -net_raw "$bin/mgm-diagnose" -w 300 10.0.1.2 239.1.1.1 >"$work/found" ||
    fail "without CAP_NET_RAW it finds: $(cat "$work/found")"
grep -q '^note 13: packets could not be watched (CAP_NET_RAW is needed' "$work/found" || fail "$(cat "$work/found")"

# The host itself as source: nothing of it comes in anywhere.
finish packets
ask router "add 0 0 239.1.1.2 r-down join"
flow router own 10.0.1.1 239.1.1.2
in_kernel "10.0.1.1 239.1.1.2 in=r-up out=[r-down]" "10.0.1.2 239.1.1.1 in=r-up out=[r-down]"
command_is_content --time 300 10.0.1.1 239.1.1.2

# The diagnosis makes no entry, takes nothing and leaves nothing.
[ "$(data router "counters" | cut -d' ' -f1-4)" = "clients=1 interfaces=2 memberships=2 entries=2" ] ||
    fail "$(data router counters)"
same_entries router
echo passed
