#!/bin/bash
# 10,000 negative entries whose packets all come in on a wrong interface: some of their
# reports are delivered, the others counted, and new flows do not wait behind them.
#
#   sender            router                       receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-down ─────────── d0 ─ 10.0.2.2
#   other                    c1 ┘
#   10.0.3.2 ─ o0 ─── r-side ┘   other also sends as 10.0.1.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

flows=10000
netns_new sender
netns_new other
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link other o0 10.0.3.2/24 router r-side 10.0.3.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24

shell_start router
ask router "register 0 100 1"
ask router "register 1 101 1"
ask router "take 0 r-up"
ask router "take 1 r-side"
ask router "take 1 r-down"
ask router "add 1 0 239.1.1.1 r-down join"
# Each send until all have an entry: a small net.core.rmem_max may lose some of a burst.
all_are_made() {
    raw_send sender -g $flows s0 10.0.1.2 239.2.0.0
    until_true 2 entry_counts_are "forwarding=0 negative=$flows waiting=0"
}
until_true 30 all_are_made || fail "negative entries: $(entry_counts)"

receiver_start receiver new 10.0.2.2 239.1.1.1 1
raw_send other -g $flows o0 10.0.1.2 239.2.0.0
raw_send sender s0 10.0.1.2 239.1.1.1
received new "received 1 of 1, first 0, duplicates 0"

# Each report was delivered, skipped, or lost in the kernel's buffer.
told() { grep -c "^c1 WRONGIF 10.0.1.2 239.2." "$work/router"; }
all_accounted_for() { [ $(($(told) + $(counter router skipped) + $(counter router lost))) -ge $flows ]; }
until_true 10 all_accounted_for || fail "$(told) told, $(data router counters)"
[ "$(told)" -gt 500 ] && [ "$(told)" -lt 5000 ] || fail "$(told) told of $flows"
echo passed
