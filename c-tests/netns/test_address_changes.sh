#!/bin/bash
# The router's address towards the source goes: the route to it vanishes. With another
# address it is back. Flows from elsewhere are not touched.
#
#   sender            router             receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-a ─── a0 10.0.2.2
#   other
#   10.0.3.2 ─ o0 ─── r-o ──┘
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new other
netns_new a
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link other o0 10.0.3.2/24 router r-o 10.0.3.1/24
netns_link router r-a 10.0.2.1/24 a a0 10.0.2.2/24

shell_start router
ask router "register 0 100 1"
for interface in r-up r-o r-a; do
    ask router "take 0 $interface"
done
ask router "add 0 0 239.1.1.1 r-a join"
receiver_start a elsewhere 10.0.2.2 239.1.1.1 2
raw_send other o0 10.0.3.2 239.1.1.1
in_kernel "10.0.3.2 239.1.1.1 in=r-o out=[r-a]"
raw_send sender s0 10.0.1.2 239.1.1.1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a]" "10.0.3.2 239.1.1.1 in=r-o out=[r-a]"

for address in 10.0.1.9 10.0.1.10; do
    ip addr flush dev r-up
    in_kernel "10.0.1.2 239.1.1.1 in=- out=[]" "10.0.3.2 239.1.1.1 in=r-o out=[r-a]"
    in_vifs "r-a r-o r-up"
    ip addr add "$address/24" dev r-up
    in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a]" "10.0.3.2 239.1.1.1 in=r-o out=[r-a]"
done
# Another network altogether: the source is not there any more.
ip addr flush dev r-up
ip addr add 10.9.1.1/24 dev r-up
in_kernel "10.0.1.2 239.1.1.1 in=- out=[]" "10.0.3.2 239.1.1.1 in=r-o out=[r-a]"
# A kernel route goes with its source address, though it leads over another interface.
ip route add 10.0.1.0/24 via 10.0.3.2 src 10.9.1.1
in_kernel "10.0.1.2 239.1.1.1 in=r-o out=[r-a]" "10.0.3.2 239.1.1.1 in=r-o out=[r-a]"
ip addr del 10.9.1.1/24 dev r-up
in_kernel "10.0.1.2 239.1.1.1 in=- out=[]" "10.0.3.2 239.1.1.1 in=r-o out=[r-a]"

raw_send other -f 1 o0 10.0.3.2 239.1.1.1
finished elsewhere || fail "the other flow: $(cat "$work/elsewhere")"
heard_times router 1 "c0 RPF 10.0.3.2 .*"
echo passed
