#!/bin/bash
# Which route counts: metrics, blackholes, no route, IPv6 gateways, and of several paths
# always the same one until it fails.
#
#   sender                             router             receiver
#   10.9.0.0/16 ┌ s1 10.0.1.2 ──────── r-1 ─ c0 ─ r-down ─── d0 ─ 10.0.2.2
#   behind it  ─┼ s2 10.0.3.2 ──────── r-2 ─ c1
#               └ s3 10.0.4.2 ──────── r-3 ─ c1
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new receiver
netns_link sender s1 10.0.1.2/24 router r-1 10.0.1.1/24
netns_link sender s2 10.0.3.2/24 router r-2 10.0.3.1/24
netns_link sender s3 10.0.4.2/24 router r-3 10.0.4.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24

shell_start router ${rpf_table:+MGM_RPF_TABLE=$rpf_table}
ask router "register 0 100 1"
ask router "register 1 101 1"
ask router "take 0 r-1"
ask router "take 0 r-down"
ask router "take 1 r-2"
ask router "take 1 r-3"
ask router "add 0 0 239.1.1.1 r-down join"

# follows SOURCE TEXT: waits until the entry is so.
mfe_is() { data router mfes | grep -q "^$1 239.1.1.1 $2 "; }
follows() {
    until_true 10 mfe_is "$1" "$2" || fail "the entry of $1 is not $2: $(data router mfes)"
    same_entries router
}
asked() { grep -c "RPF $1 " "$work/router" || true; }
nowhere="in=- out=\[\] up=0 owner=0"
first="in=r-1 out=\[r-down\] up=10.0.1.2 owner=100"
second="in=r-2 out=\[r-down\] up=10.0.3.2 owner=101"
third="in=r-3 out=\[r-down\] up=10.0.4.2 owner=101"

# No route; then the default one.
source=10.9.0.1
raw_send sender s1 $source 239.1.1.1
heard router "c0 RPF $source 239.1.1.1 in=- up=0 route=none packet=20 .*"
follows $source "$nowhere"
ip route add default via 10.0.3.2
follows $source "$second route=0/0"
# One that is longer, with a metric; a better one comes, and goes.
ip route add 10.9.0.0/24 via 10.0.1.2 metric 20
follows $source "$first route=10.9.0.0/24"
before=$(asked $source)
ip route add 10.9.0.0/24 via 10.0.4.2 metric 30
ip route add 10.9.0.0/24 via 10.0.3.2 metric 10
follows $source "$second route=10.9.0.0/24"
ip route del 10.9.0.0/24 metric 10
follows $source "$first route=10.9.0.0/24"
# The worse one changed nothing when it came.
[ "$(asked $source)" = $((before + 2)) ] || fail "asked $(($(asked $source) - before)) times, not 2"
ip route del 10.9.0.0/24 metric 20
follows $source "$third route=10.9.0.0/24"
ip route del 10.9.0.0/24 metric 30
follows $source "$second route=0/0"

# What leads nowhere hides the default route.
for kind in blackhole unreachable prohibit; do
    ip route add $kind 10.9.0.0/24
    follows $source "$nowhere"
    ip route del $kind 10.9.0.0/24
    follows $source "$second route=0/0"
done
# An IPv6 gateway: the interface is right, there is no IPv4 address to name.
ip route add 10.9.0.0/24 via inet6 fe80::1 dev r-1
follows $source "in=r-1 out=\[r-down\] up=0 owner=100 route=10.9.0.0/24"
ip route del 10.9.0.0/24
follows $source "$second route=0/0"

# Several paths: the first.
three="nexthop via 10.0.1.2 nexthop via 10.0.3.2 nexthop via 10.0.4.2"
ip route add 10.9.0.0/24 $three
for source in 10.9.0.1 10.9.0.2 10.9.0.3 10.9.0.4 10.9.0.5 10.9.0.6 10.9.0.7 10.9.0.8; do
    raw_send sender s1 $source 239.1.1.1
    follows $source "$first route=10.9.0.0/24"
done
source=10.9.0.1
before=$(asked $source)
# Other paths come, go, fail and get other weights: nobody is asked again.
ip route replace 10.9.0.0/24 nexthop via 10.0.1.2 nexthop via 10.0.3.2
ip route replace 10.9.0.0/24 nexthop via 10.0.1.2 nexthop via 10.0.4.2 nexthop via 10.0.3.2
ip route replace 10.9.0.0/24 nexthop via 10.0.1.2 weight 9 nexthop via 10.0.3.2 weight 99
ip route replace 10.9.0.0/24 $three
in_ns sender ip link set s3 down
in_ns sender ip link set s3 up
until_true 10 link_is_up router r-3
# Its own path fails, without a carrier: the next one. All of what came before has been
# looked at then.
in_ns sender ip link set s1 down
for source in 10.9.0.1 10.9.0.8; do
    follows $source "$second route=10.9.0.0/24"
done
[ "$(asked 10.9.0.1)" = $((before + 1)) ] || fail "asked $(($(asked 10.9.0.1) - before)) times, not once"
in_ns sender ip link set s1 up
follows 10.9.0.1 "$first route=10.9.0.0/24"
# And by the router's own doing.
ip link set r-1 down
follows 10.9.0.1 "$second route=10.9.0.0/24"
ip route replace 10.9.0.0/24 nexthop via 10.0.3.2 nexthop via 10.0.4.2
ip link set r-1 up
until_true 10 link_is_up router r-1
ip link set r-2 down
follows 10.9.0.1 "$third route=10.9.0.0/24"
follows 10.9.0.8 "$third route=10.9.0.0/24"
ip link set r-2 up
until_true 10 link_is_up router r-2

# The same with nexthop objects, spelled out by the kernel and not.
ip nexthop add id 1 via 10.0.1.2 dev r-1
ip nexthop add id 2 via 10.0.3.2 dev r-2
ip nexthop add id 3 via 10.0.4.2 dev r-3
ip nexthop add id 10 group 1/2/3
for spelled in 1 0; do
    echo $spelled >/proc/sys/net/ipv4/nexthop_compat_mode
    ip nexthop replace id 10 group 1/2/3
    ip route replace 10.9.0.0/24 nhid 10
    for source in 10.9.0.1 10.9.0.2 10.9.0.3 10.9.0.4 10.9.0.5 10.9.0.6 10.9.0.7 10.9.0.8; do
        follows $source "$first route=10.9.0.0/24"
    done
    ip nexthop replace id 10 group 2/3
    follows 10.9.0.8 "$second route=10.9.0.0/24"
    in_ns sender ip link set s2 down
    follows 10.9.0.8 "$third route=10.9.0.0/24"
    # The kernel has deleted the object without a carrier.
    in_ns sender ip link set s2 up
    until_true 10 link_is_up router r-2
    ip nexthop add id 2 via 10.0.3.2 dev r-2
    ip nexthop replace id 10 group 2/3
    follows 10.9.0.8 "$second route=10.9.0.0/24"
    ip nexthop replace id 2 via 10.0.4.2 dev r-3
    follows 10.9.0.8 "$third route=10.9.0.0/24"
    ip nexthop replace id 2 via 10.0.3.2 dev r-2
    follows 10.9.0.8 "$second route=10.9.0.0/24"
done
ip nexthop add id 4 blackhole
ip route replace 10.9.0.0/24 nhid 4
follows 10.9.0.8 "$nowhere"
echo passed
