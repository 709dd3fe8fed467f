#!/bin/bash
# The statistics of an entry against what was sent: packets, bytes, wrong interface.
#
#   sender            router                       receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-down ─────────── d0 ─ 10.0.2.2
#   other             │
#   10.0.3.2 ─ o0 ─── r-side      other also sends as 10.0.1.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new other
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link other o0 10.0.3.2/24 router r-side 10.0.3.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24

# stats_are GROUP "packets=P octets=O wrong=W oifs=N": both forms say so.
stats_are() {
    until_true 10 data_is router "stats 10.0.1.2 $1" "$2
ex $2" || fail "statistics of $1: $(data router "stats 10.0.1.2 $1"), expected $2"
}

shell_start router
ask router "register 0 100 1"
for interface in r-up r-down r-side; do
    ask router "take 0 $interface"
done
ask router "add 0 0 239.1.1.1 r-down join"
ask_error router ERROR_NOT_FOUND "stats 10.0.1.2 239.1.1.1"

# Ten of 128 bytes (the headers included), three of 1000, one of 60.
receiver_start receiver all 10.0.2.2 239.1.1.1 14
raw_send sender -n 4 s0 10.0.1.2 239.1.1.1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]"
raw_send sender -n 6 -f 4 s0 10.0.1.2 239.1.1.1
raw_send sender -n 3 -f 10 -l 1000 s0 10.0.1.2 239.1.1.1
raw_send sender -f 13 -l 60 s0 10.0.1.2 239.1.1.1
received all "received 14 of 14, first 0, duplicates 0"
stats_are 239.1.1.1 "packets=14 octets=4340 wrong=0 oifs=1"

# Four on the wrong side are among the packets, and counted apart.
raw_send other -n 4 -l 200 o0 10.0.1.2 239.1.1.1
until_true 10 grep -Eq "c0 WRONGIF" "$work/router" || fail "no WRONGIF"
stats_are 239.1.1.1 "packets=18 octets=5140 wrong=4 oifs=1"

# A negative entry counts what it drops.
raw_send sender -n 3 -l 100 s0 10.0.1.2 239.1.1.2
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]" "10.0.1.2 239.1.1.2 in=r-up out=[]"
stats_are 239.1.1.2 "packets=3 octets=300 wrong=0 oifs=0"
# Statistics stay when the entry changes.
ask router "add 0 0 239.1.1.2 r-down join"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]" "10.0.1.2 239.1.1.2 in=r-up out=[r-down]"
stats_are 239.1.1.2 "packets=3 octets=300 wrong=0 oifs=1"

# In bulk: 3,000 entries more with one packet each, a third of them with a second one on
# the wrong side. The sums are the kernel's own, whatever the size of the buffer.
all_are_made() {
    raw_send sender -g 3000 s0 10.0.1.2 239.2.0.0
    until_true 2 entry_counts_are "forwarding=2 negative=3000 waiting=0"
}
until_true 20 all_are_made || fail "entries: $(entry_counts)"
raw_send other -g 1000 -l 300 o0 10.0.1.2 239.2.0.0
kernel_sums() {
    awk 'NR > 1 { entries++; packets += $4; octets += $5; wrong += $6 }
         END { printf "entries=%d packets=%d octets=%d wrong=%d", entries, packets, octets, wrong }' /proc/net/ip_mr_cache
}
wrong_have_arrived() { kernel_sums | grep -q "entries=3002 .* wrong=1004"; }
until_true 10 wrong_have_arrived || fail "the kernel counts $(kernel_sums)"
for form in 1 2; do
    for room in 200 5000 1000000; do
        data_is router "bulk $room $form" "$(kernel_sums)" ||
            fail "$room bytes: $(data router "bulk $room $form"), the kernel $(kernel_sums)"
    done
done
echo passed
