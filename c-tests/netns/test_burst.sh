#!/bin/bash
# 10,000 flows that start in one burst, one packet each: all are forwarded where somebody
# joined, all get a negative entry where nobody did, and a member who comes later gets the
# next packet of each. The same with a buffer far too small for their reports.
#
#   sender            router                receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-down ─── d0 ─ 10.0.2.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

flows=10000
netns_new sender
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24

shell_start router MGM_LOG=warn
ask router "register 0 100 1"
ask router "take 0 r-up"
ask router "take 0 r-down"

# Where net.core.rmem_max leaves too small a buffer the first packets of a burst may be
# lost: then they are sent again until all flows have an entry.
short=$(grep -c "net.core.rmem_max" "$work/router" || true)
[ "$short" = 0 ] || echo "skipped: that a burst loses nothing, as net.core.rmem_max is small here"

# burst GROUP COUNTS: one packet to each of the groups; the kernel's entries are then these.
burst() {
    raw_send sender -g $flows s0 10.0.1.2 "$1"
    until_true 20 entry_counts_are "$2" || [ "$short" != 0 ] || fail "entries: $(entry_counts), expected $2"
    again() {
        raw_send sender -g $flows s0 10.0.1.2 "$1"
        until_true 1 entry_counts_are "$2"
    }
    entry_counts_are "$2" || until_true 20 again "$1" "$2" || fail "entries: $(entry_counts), expected $2"
}

# all_received NAME: the counter has seen every flow, and none twice unless sent twice.
all_received() {
    finished "$1" || true
    tail -n 1 "$work/$1" | grep -q "^received $flows of $flows flows, duplicates 0" ||
        { [ "$short" != 0 ] && grep -q "^received $flows of $flows flows" "$work/$1"; } ||
        fail "$1: $(tail -n 1 "$work/$1")"
}

# Nobody joined.
burst 239.2.0.0 "forwarding=0 negative=$flows waiting=0"

# A member comes: no packet has to wait for a new report.
ask router "add 0 0 0 r-down join"
entry_counts_are "forwarding=$flows negative=0 waiting=0" || fail "a member came: $(entry_counts)"
flows_start receiver late d0 239.2.0.0 $flows
raw_send sender -g $flows s0 10.0.1.2 239.2.0.0
all_received late

# Joined before they start.
flows_start receiver joined d0 239.4.0.0 $flows
burst 239.4.0.0 "forwarding=$((2 * flows)) negative=0 waiting=0"
all_received joined
[ "$short" != 0 ] || [ "$(counter router lost)" = 0 ] || fail "lost: $(data router counters)"

# A buffer for a few reports. The kernel drops the packets whose reports it cannot keep;
# they are counted, and their flows' next packets make entries at once.
few=2000
ask router "buffer 2048"
lost=$(counter router lost)
raw_send sender -g $few s0 10.0.1.2 239.6.0.0
made() { echo $(($(entry_counts | grep -o 'forwarding=[0-9]*' | cut -d= -f2) - 2 * flows)); }
entries_and_losses() { [ $(($(made) + $(counter router lost) - lost)) = $few ]; }
until_true 10 entries_and_losses || fail "lost: $(entry_counts), $(data router counters)"
[ "$(counter router lost)" -gt "$lost" ] || fail "nothing was lost: $(data router counters)"
entry_counts | grep -q waiting=0 || fail "flows wait: $(entry_counts)"
heard router ".*the kernel dropped [0-9]+ packets of new flows or reports.*"
ask router "buffer 16777216"
missing=$((few - $(made)))
all_are_made() {
    raw_send sender -g $few s0 10.0.1.2 239.6.0.0
    until_true 1 entry_counts_are "forwarding=$((2 * flows + few)) negative=0 waiting=0"
}
until_true 8 all_are_made || fail "$missing flows were lost, and then: $(entry_counts)"
echo passed
