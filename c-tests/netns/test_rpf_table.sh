#!/bin/bash
# A unicast table of its own as the multicast view: routes towards sources come from it
# alone, and its changes are followed; the rules and the main table say otherwise.
#
#   sender                             router             receiver
#   10.9.0.0/16 ┌ s1 10.0.1.2 ──────── r-1 ─ c0 ─ r-down ─── d0 ─ 10.0.2.2
#   behind it  ─┤
#               └ s2 10.0.3.2 ──────── r-2 ─ c1
#
#   table main: everything over r-1     table 77: what the test puts there
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new receiver
netns_link sender s1 10.0.1.2/24 router r-1 10.0.1.1/24
netns_link sender s2 10.0.3.2/24 router r-2 10.0.3.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24
ip route add 10.9.0.0/16 via 10.0.1.2
ip route add default via 10.0.1.2
ip route add 10.9.0.0/24 via 10.0.3.2 proto 188 table 77

# The log says which; a value that means nothing is no table.
shell_start wrong MGM_RPF_TABLE=0 MGM_TABLE=100 MGM_LOG=info
ask wrong "register 0 100 1"
grep -q "MGM_RPF_TABLE=0 means nothing" "$work/wrong" || fail "no warning: $(cat "$work/wrong")"
grep -q "unicast table" "$work/wrong" && fail "a table"
echo quit >&"${shell_fds[wrong]}"
finished wrong || fail "its end"

shell_start router MGM_RPF_TABLE=77 MGM_LOG=info
ask router "register 0 100 1"
ask router "register 1 101 1"
grep -q "unicast table 77 alone" "$work/router" || fail "the log"
ask router "take 0 r-1"
ask router "take 0 r-down"
ask router "take 1 r-2"
ask router "add 0 0 239.1.1.1 r-down join"

# kernel_line LINE: waits for this entry, whatever others there are.
has_line() { kernel_entries | grep -qxF "$1"; }
kernel_line() {
    until_true 10 has_line "$1" || fail "the kernel has [$(kernel_entries)], not $1"
    same_entries router
}
flow="10.9.0.1 239.1.1.1"

# What was there at the start; the main table leads to r-1.
raw_send sender s2 $flow
heard router "c1 RPF $flow in=r-2 up=10.0.3.2 route=10.9.0.0/24 packet=20 .*"
kernel_line "$flow in=r-2 out=[r-down]"
data router mfes | grep -q "owner=101 route=10.9.0.0/24 by=13" || fail "the entry: $(data router mfes)"

# No route there is no route: neither the main table's nor the connected one.
raw_send sender s1 10.0.1.2 239.1.1.1
heard router "c0 RPF 10.0.1.2 239.1.1.1 in=- up=0 route=none packet=20 .*"
kernel_line "10.0.1.2 239.1.1.1 in=- out=[]"
# The router's own address is on its interface all the same.
send router 10.0.1.1 239.1.1.1 1
heard router "c0 RPF 10.0.1.1 239.1.1.1 in=r-1 up=0 route=10.0.1.1/32 packet=20 .*"
kernel_line "10.0.1.1 239.1.1.1 in=r-1 out=[r-down]"

# A change of the table is followed, one of the main table is not.
ip route replace 10.9.0.0/16 via 10.0.3.2
ip route replace 10.9.0.0/24 via 10.0.1.2 proto 188 table 77
kernel_line "$flow in=r-1 out=[r-down]"
heard router "c0 RPF $flow in=r-1 up=10.0.1.2 route=10.9.0.0/24 packet=none"
# A longer prefix, then without it again.
ip route add 10.9.0.0/30 via 10.0.3.2 table 77
kernel_line "$flow in=r-2 out=[r-down]"
ip route del 10.9.0.0/30 table 77
kernel_line "$flow in=r-1 out=[r-down]"
# A lower metric is better (0 is the lowest), also beside another.
ip route add 10.9.0.0/24 via 10.0.3.2 metric 5 table 77
ip route add 10.9.0.0/24 via 10.0.3.9 metric 3 table 77
ip route del 10.9.0.0/24 metric 0 table 77
kernel_line "$flow in=r-2 out=[r-down]"
heard router "c1 RPF $flow in=r-2 up=10.0.3.9 route=10.9.0.0/24 packet=none"
ip route del 10.9.0.0/24 metric 3 table 77
heard router "c1 RPF $flow in=r-2 up=10.0.3.2 route=10.9.0.0/24 packet=none"
# Appended behind one of the same metric it changes nothing; before it, it is the first.
ip route append 10.9.0.0/24 via 10.0.1.2 metric 5 table 77
ip route prepend 10.9.0.0/24 via 10.0.1.7 metric 5 table 77
kernel_line "$flow in=r-1 out=[r-down]"
heard router "c0 RPF $flow in=r-1 up=10.0.1.7 route=10.9.0.0/24 packet=none"
ip route del 10.9.0.0/24 via 10.0.1.7 table 77
kernel_line "$flow in=r-2 out=[r-down]"
ip route del 10.9.0.0/24 via 10.0.3.2 table 77
kernel_line "$flow in=r-1 out=[r-down]"
# Blackhole and throw end the search: a route further up does not count.
ip route add default via 10.0.3.2 table 77
ip route replace blackhole 10.9.0.0/24 metric 5 table 77
kernel_line "$flow in=- out=[]"
ip route replace throw 10.9.0.0/24 metric 5 table 77
ip route add 10.9.0.1 via 10.0.1.2 table 77
kernel_line "$flow in=r-1 out=[r-down]"
ip route del 10.9.0.1 table 77
kernel_line "$flow in=- out=[]"
ip route del throw 10.9.0.0/24 metric 5 table 77
kernel_line "$flow in=r-2 out=[r-down]"
heard router "c1 RPF $flow in=r-2 up=10.0.3.2 route=0/0 packet=none"

# The kernel drops the routes of a link that goes down without a word about each.
ip route add 10.9.0.0/24 via 10.0.1.2 table 77
kernel_line "$flow in=r-1 out=[r-down]"
ip link set r-1 down
kernel_line "$flow in=r-2 out=[r-down]"
ip route flush table 77
kernel_line "$flow in=- out=[]"
heard_times router 0 "c0 RPF 10.0.1.2 239.1.1.1 .*packet=none"
echo passed
