#!/bin/bash
# Administrative boundaries: traffic of a bounded group neither leaves through the interface
# nor enters through it, whatever the receivers want; other groups pass. A boundary that is
# set or deleted under traffic holds at once.
#
#   sender            router                          receivers
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ┬ r-a (239.1.0.0/16) ── a0 ─ 10.0.2.2 in a
#                               └ r-b ───────────────── b0 ─ 10.0.3.2 in b
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new a
netns_new b
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-a 10.0.2.1/24 a a0 10.0.2.2/24
netns_link router r-b 10.0.3.1/24 b b0 10.0.3.2/24

shell_start router
ask router "bound r-a 239.1.0.0 255.255.0.0" # before anybody takes it
ask router "register 0 100 1"
for interface in r-up r-a r-b; do
    ask router "take 0 $interface"
done
ask_error router ERROR_INVALID_PARAMETER "bound r-a 10.0.0.0 255.0.0.0"
ask_error router ERROR_NOT_FOUND "unbound r-a 239.1.1.1 255.255.255.255"
ask router "add 0 0 0 r-a join"
ask router "add 0 0 0 r-b join"

# Does not leave: r-b's receiver gets all of it, r-a's only the other group.
receiver_start a bounded 10.0.2.2 239.1.1.1 0 60
receiver_start a free 10.0.2.2 239.2.1.1 4
receiver_start b both 10.0.3.2 239.1.1.1 4
send sender 10.0.1.2 239.1.1.1 4
send sender 10.0.1.2 239.2.1.1 4
received free "received 4 of 4, first 0, duplicates 0"
received both "received 4 of 4, first 0, duplicates 0"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-b]" "10.0.1.2 239.2.1.1 in=r-up out=[r-a r-b]"
same_entries router
heard router "c0 CREATION 10.0.1.2 239.1.1.1 in=r-up out=\[r-b\]"
kill "${pids[bounded]}"
received bounded "received 0 of 0, first -1, duplicates 0"

# Deleted: the next packets get there, and nobody is asked again.
receiver_start a unbounded 10.0.2.2 239.1.1.1 5
ask router "unbound r-a 239.1.0.0 255.255.0.0"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]" "10.0.1.2 239.2.1.1 in=r-up out=[r-a r-b]"
send sender 10.0.1.2 239.1.1.1 5
received unbounded "received 5 of 5, first 0, duplicates 0"
heard_times router 2 "c0 CREATION .*"

# Does not enter: an entry that is there, and one that is made.
ask router "bound r-up 239.1.0.0 255.255.0.0"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[]" "10.0.1.2 239.2.1.1 in=r-up out=[r-a r-b]"
heard router "c0 PRUNE 10.0.1.2 239.1.1.1 if=r-a forward"
receiver_start a old 10.0.2.2 239.1.1.1 0 60
receiver_start b new 10.0.3.2 239.1.1.2 0 60
receiver_start b free 10.0.3.2 239.2.1.1 5
send sender 10.0.1.2 239.1.1.1 5
send sender 10.0.1.2 239.1.1.2 5
send sender 10.0.1.2 239.2.1.1 5
received free "received 5 of 5, first 0, duplicates 0"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[]" "10.0.1.2 239.1.1.2 in=r-up out=[]" \
    "10.0.1.2 239.2.1.1 in=r-up out=[r-a r-b]"
same_entries router
for name in old new; do
    kill "${pids[$name]}"
    received "$name" "received 0 of 0, first -1, duplicates 0"
done

# What waits in the kernel for its entry stays in as well: the boundary comes while that
# is being made.
receiver_start b waiting 10.0.3.2 239.3.1.1 0 60
ask router "inside bound r-b 239.3.0.0 255.255.0.0"
send sender 10.0.1.2 239.3.1.1 3
heard router "c0 CREATION 10.0.1.2 239.3.1.1 in=r-up out=\[r-a\]"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[]" "10.0.1.2 239.1.1.2 in=r-up out=[]" \
    "10.0.1.2 239.2.1.1 in=r-up out=[r-a r-b]" "10.0.1.2 239.3.1.1 in=r-up out=[r-a]"
receiver_start b again 10.0.3.2 239.1.1.1 5
ask router "unbound r-up 239.1.0.0 255.255.0.0"
heard router "c0 JOIN 10.0.1.2 239.1.1.1 forward"
send sender 10.0.1.2 239.1.1.1 5
received again "received 5 of 5, first 0, duplicates 0"
kill "${pids[waiting]}"
received waiting "received 0 of 0, first -1, duplicates 0"

# It stays when the interface is released.
ask router "release 0 r-b"
ask router "take 0 r-b"
ask router "add 0 0 0 r-b join"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]" "10.0.1.2 239.1.1.2 in=r-up out=[r-a r-b]" \
    "10.0.1.2 239.2.1.1 in=r-up out=[r-a r-b]" "10.0.1.2 239.3.1.1 in=r-up out=[r-a]"
same_entries router
echo passed
