#!/bin/bash
# TTL thresholds: what leaves an interface depends on the TTL of the packets, also after a
# change under traffic.
#
#   sender            router                      receivers
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ┬ r-a (TTL > 16) ── a0 ─ 10.0.2.2 in a
#                               └ r-b ───────────── b0 ─ 10.0.3.2 in b
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new a
netns_new b
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-a 10.0.2.1/24 a a0 10.0.2.2/24
netns_link router r-b 10.0.3.1/24 b b0 10.0.3.2/24

# The thresholds of the kernel's one entry, ascending.
kernel_thresholds() { tail -n +2 /proc/net/ip_mr_cache | grep -o '[0-9]*:[0-9]*' | cut -d: -f2 | sort -n | paste -sd ' '; }
thresholds_are() { [ "$(kernel_thresholds)" = "$1" ]; }
in_thresholds() {
    until_true 10 thresholds_are "$1" || fail "the kernel has the thresholds $(kernel_thresholds), expected $1"
}
stats_are() { data_is router "stats 10.0.1.2 239.1.1.1" "$1
ex $1"; }

shell_start router
ask router "threshold r-a 16" # before anybody takes it
ask router "register 0 100 1"
for interface in r-up r-a r-b; do
    ask router "take 0 $interface"
done
ask_error router ERROR_INVALID_PARAMETER "threshold r-a 256"
ask router "add 0 0 239.1.1.1 r-a join"
ask router "add 0 0 239.1.1.1 r-b join"

# A receiver waits for the numbers from 0 on; others that reach it are its duplicates.
receiver_start a high 10.0.2.2 239.1.1.1 4
receiver_start b all 10.0.3.2 239.1.1.1 4
raw_send sender -t 16 -n 1 -f 100 s0 10.0.1.2 239.1.1.1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]"
in_thresholds "1 16"
same_entries router
raw_send sender -t 2 -n 3 -f 101 s0 10.0.1.2 239.1.1.1
raw_send sender -t 17 -n 4 s0 10.0.1.2 239.1.1.1
received high "received 4 of 4, first 0, duplicates 0"
received all "received 4 of 4, first 100, duplicates 4"

# Changed in place: the entry goes on counting, and nobody is asked again.
receiver_start a lower 10.0.2.2 239.1.1.1 2
ask router "threshold r-a 8"
ask router "threshold r-b 32"
in_thresholds "8 32"
raw_send sender -t 8 -f 100 s0 10.0.1.2 239.1.1.1
raw_send sender -t 9 -n 2 s0 10.0.1.2 239.1.1.1
received lower "received 2 of 2, first 0, duplicates 0"
receiver_start b higher 10.0.3.2 239.1.1.1 1
raw_send sender -t 32 -f 100 s0 10.0.1.2 239.1.1.1
raw_send sender -t 33 s0 10.0.1.2 239.1.1.1
received higher "received 1 of 1, first 0, duplicates 0"
stats="packets=13 octets=1664 wrong=0 oifs=2"
until_true 10 stats_are "$stats" || fail "statistics: $(data router "stats 10.0.1.2 239.1.1.1"), expected $stats"
heard_times router 1 "c0 RPF .*"

# With 255 nothing leaves r-a, and with 0 what would not leave with TTL 0.
ask router "threshold r-a 255"
ask router "threshold r-b 0"
in_thresholds 1
receiver_start b again 10.0.3.2 239.1.1.1 2
receiver_start a back 10.0.2.2 239.1.1.1 1
raw_send sender -t 255 -f 0 s0 10.0.1.2 239.1.1.1
raw_send sender -t 1 -f 100 s0 10.0.1.2 239.1.1.1
raw_send sender -t 2 -f 1 s0 10.0.1.2 239.1.1.1
received again "received 2 of 2, first 0, duplicates 0"
ask router "threshold r-a 1"
in_thresholds "1 1"
raw_send sender -t 2 s0 10.0.1.2 239.1.1.1
received back "received 1 of 1, first 0, duplicates 0"

# It stays when the interface is released.
ask router "threshold r-a 64"
ask router "release 0 r-a"
ask router "take 0 r-a"
ask router "add 0 0 239.1.1.1 r-a join"
in_thresholds "1 64"
echo passed
