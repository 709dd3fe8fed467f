#!/bin/bash
# The first packet is forwarded, and so are the 4 that the kernel keeps while the clients
# are asked.
#
#   sender            router                receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-down ─── d0 ─ 10.0.2.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24

shell_start router
ask router "register 0 100 1"
ask router "take 0 r-up"
ask router "take 0 r-down"
ask router "add 0 0 239.1.1.1 r-down join"
ask router "add 0 0 239.1.1.2 r-down join"

# One packet alone.
receiver_start receiver one 10.0.2.2 239.1.1.1 1
send sender 10.0.1.2 239.1.1.1 1
received one "received 1 of 1, first 0, duplicates 0"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]"

# Four while the RPF callback does not return: nothing is installed, nothing is lost.
receiver_start receiver four 10.0.2.2 239.1.1.2 4
ask router block
send sender 10.0.1.2 239.1.1.2 4
heard router "c0 RPF 10.0.1.2 239.1.1.2 in=r-up up=0 route=10.0.1.0/24 packet=20 .*"
heard_times router 0 "c0 CREATION 10.0.1.2 239.1.1.2 .*"
[ "$(data router mfes | grep -c 239.1.1.2)" = 0 ] || fail "an entry before the callback is back"
grep -q received "$work/four" && fail "packets before the callback is back"
ask router unblock
received four "received 4 of 4, first 0, duplicates 0"
heard router "c0 CREATION 10.0.1.2 239.1.1.2 in=r-up out=\[r-down\]"
heard_times router 1 "c0 RPF 10.0.1.2 239.1.1.2 .*"
heard_times router 1 "c0 CREATION 10.0.1.2 239.1.1.2 .*"
until_true 10 data_is router "stats 10.0.1.2 239.1.1.2" "packets=4 octets=512 wrong=0 oifs=1
ex packets=4 octets=512 wrong=0 oifs=1" || fail "statistics: $(data router "stats 10.0.1.2 239.1.1.2")"

# To 224.0.0.0/24: no entry, whatever is joined.
ask router "add 0 0 224.0.0.200 r-down join"
send sender 10.0.1.2 224.0.0.200 3
send sender 10.0.1.2 239.1.1.3 1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]" "10.0.1.2 239.1.1.2 in=r-up out=[r-down]" \
    "10.0.1.2 239.1.1.3 in=r-up out=[]"
heard_times router 0 "c0 RPF 10.0.1.2 224.*"
same_entries router
echo passed
