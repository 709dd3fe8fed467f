#!/bin/bash
# Packets that arrive on another interface than their entry's: WRONG_IF to the owner of
# that interface, with the packet's header; not forwarded; counted.
#
#   sender            router                       receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-down ─────────── d0 ─ 10.0.2.2
#   other                    c1 ┘
#   10.0.3.2 ─ o0 ─── r-side ┘   other also sends as 10.0.1.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

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
ask router "add 1 0 239.1.1.2 r-down join"

# An entry that is there: the kernel reports the packet whole, so all of its header is
# real, the TTL as it arrived. (Older kernels cannot, and leave four fields out.)
receiver_start receiver all 10.0.2.2 239.1.1.1 3
send sender 10.0.1.2 239.1.1.1 1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]"
raw_send other -i 4660 -l 228 -t 9 -f 1 o0 10.0.1.2 239.1.1.1
heard router "c1 WRONGIF 10.0.1.2 239.1.1.1 if=r-side packet=20 src=10.0.1.2 dst=239.1.1.1 len=228 id=4660 ttl=9 proto=17 sum=[1-9][0-9]*"
heard_times router 1 "c1 WRONGIF 10.0.1.2 239.1.1.1 .*"
raw_send sender -f 2 s0 10.0.1.2 239.1.1.1
# The one of the wrong side, number 1, is missing.
until_true 10 data_is router "stats 10.0.1.2 239.1.1.1" "packets=3 octets=484 wrong=1 oifs=1
ex packets=3 octets=484 wrong=1 oifs=1" || fail "statistics: $(data router "stats 10.0.1.2 239.1.1.1")"

# The packet that makes the entry comes from the wrong side, with options in its header:
# it is reported as one without an entry, with four fields that the kernel overwrites.
raw_send other -i 999 -o o0 10.0.1.2 239.1.1.2
heard router "c0 RPF 10.0.1.2 239.1.1.2 in=r-up up=0 route=10.0.1.0/24 packet=24 src=10.0.1.2 dst=239.1.1.2 len=0 id=999 ttl=0 proto=0 sum=0"
heard router "c1 WRONGIF 10.0.1.2 239.1.1.2 if=r-side packet=24 src=10.0.1.2 dst=239.1.1.2 len=0 id=999 ttl=0 proto=0 sum=0"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]" "10.0.1.2 239.1.1.2 in=r-up out=[r-down]"
same_entries router

# On an interface that is an outgoing one too: a loop upstream. The largest packet, with
# options, of an entry that was not reported before.
ask router "add 1 0 239.1.1.3 r-down join"
raw_send sender s0 10.0.1.2 239.1.1.3
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]" "10.0.1.2 239.1.1.2 in=r-up out=[r-down]" \
    "10.0.1.2 239.1.1.3 in=r-up out=[r-down]"
raw_send receiver -i 77 -l 1500 -t 255 -o d0 10.0.1.2 239.1.1.3
heard router "c1 WRONGIF 10.0.1.2 239.1.1.3 if=r-down packet=24 src=10.0.1.2 dst=239.1.1.3 len=1500 id=77 ttl=255 proto=17 sum=[1-9][0-9]*"
heard_times router 0 "c0 WRONGIF .*"
# The two packets that were right, and no other.
kill "${pids[all]}"
received all "received 2 of 3, first 0, duplicates 0"
echo passed
