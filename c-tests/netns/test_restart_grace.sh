#!/bin/bash
# After a take-over entries stay as they are for a while. Then flows that nobody sends any
# more and interfaces that nobody took are gone, the rest follows what the new process
# knows.
#
#   sender            router               receivers
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─┬─ r-a ─── a0 10.0.2.2
#   10.0.4.2 ─ s1 ─── r-un ─ c0  └─ r-b ─── b0 10.0.3.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new a
netns_new b
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link sender s1 10.0.4.2/24 router r-un 10.0.4.1/24
netns_link router r-a 10.0.2.1/24 a a0 10.0.2.2/24
netns_link router r-b 10.0.3.1/24 b b0 10.0.3.2/24

shell_start router
ask router "register 0 100 1"
for interface in r-up r-un r-a r-b; do ask router "take 0 $interface"; done
for group in 239.1.1.1 239.1.1.2 239.1.1.3; do
    ask router "add 0 0 $group r-a join"
    ask router "add 0 0 $group r-b join"
done
# Lives on; ends; its interface is not taken again; was never wanted.
ask router "threshold r-b 5"
send sender 10.0.1.2 239.1.1.1 1
send sender 10.0.1.2 239.1.1.2 1
send sender 10.0.4.2 239.1.1.3 1
send sender 10.0.1.2 239.1.1.4 1
adopted=("10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]" "10.0.1.2 239.1.1.2 in=r-up out=[r-a r-b]"
    "10.0.4.2 239.1.1.3 in=r-un out=[r-a r-b]" "10.0.1.2 239.1.1.4 in=r-up out=[]")
in_kernel "${adopted[@]}"

# take_over FROM TO SECONDS: TO begins anew, FROM ends.
take_over() {
    shell_start "$2"
    ask "$2" "listen $work/$2.socket"
    ask "$1" "send $work/$2.socket"
    ask "$1" detach
    ask "$2" receive
    echo quit >&"${shell_fds[$1]}"
    finished "$1" || fail "exit code $?"
    ask "$2" "takeover $3"
    ask "$2" "register 0 100 1"
    ask "$2" "take 0 r-up"
    ask "$2" "take 0 r-a"
}
take_over router second 600
in_kernel "${adopted[@]}"
in_vifs "r-a r-b r-un r-up"
ask second "add 0 0 239.1.1.1 r-a join"
in_kernel "${adopted[@]}"
# They are nobody else's: a comparison leaves them alone.
ask second reconcile
[ "$printed" = "  entries=0 repaired=0 foreign=0 interfaces=0" ] || fail "reconcile: $printed"
in_kernel "${adopted[@]}"
# Members come and go, and a boundary keeps one out.
ask second "bound r-a 239.1.1.4 255.255.255.255"
ask second "add 0 0 239.1.1.4 r-a join"
in_kernel "${adopted[@]}"
ask second "unbound r-a 239.1.1.4 255.255.255.255"
ask second "add 0 0 239.1.1.4 r-a join"
adopted[3]="10.0.1.2 239.1.1.4 in=r-up out=[r-a]"
in_kernel "${adopted[@]}"
ask second "add 0 0 239.1.1.2 r-a join"
ask second "delete 0 0 239.1.1.2 r-a join"
adopted[1]="10.0.1.2 239.1.1.2 in=r-up out=[r-b]"
in_kernel "${adopted[@]}"
ask second "add 0 0 239.1.1.2 r-a join"
adopted[1]="10.0.1.2 239.1.1.2 in=r-up out=[r-a r-b]"
in_kernel "${adopted[@]}"
# The threshold that the first process had set is in the entry still.
grep -Eq "^020101EF .* 2:1 +3:5 *$" /proc/net/ip_mr_cache || fail "the threshold of r-b is lost"
# An interface that is released meanwhile is not lost to the flows.
ask second "take 0 r-b"
ask second "release 0 r-b"
in_kernel "${adopted[@]}"
# They forward, without a report.
receiver_start b still 10.0.3.2 239.1.1.1 1
send sender 10.0.1.2 239.1.1.1 1
received still "received 1 of 1, first 0, duplicates 0"
send sender 10.0.4.2 239.1.1.3 1
send sender 10.0.1.2 239.1.1.4 1
heard_times second 0 "c0 RPF .*"
data_is second mfes "" || fail "MFEs: $(data second mfes)"

ask second done
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a]" "10.0.4.2 239.1.1.3 in=- out=[]" \
    "10.0.1.2 239.1.1.4 in=r-up out=[r-a]"
in_vifs "r-a r-up"
heard_times second 2 "c0 RPF .* packet=none"
heard second "c0 CREATION 10.0.1.2 239.1.1.4 in=r-up out=\[r-a\]"
data second mfes | grep -q "^10.0.4.2 239.1.1.3 in=r-un out=\[\] up=0 owner=0 " || fail "MFEs: $(data second mfes)"
# The flow that had ended begins again.
receiver_start a again 10.0.2.2 239.1.1.2 1
send sender 10.0.1.2 239.1.1.2 1
received again "received 1 of 1, first 0, duplicates 0"
# The slots are free.
ask second "take 0 r-b"
ask second "take 0 r-un"
in_vifs "r-a r-b r-un r-up"

# The time ends by itself, also with nothing left to do.
take_over second third 1
in_kernel
in_vifs "r-a r-up"
data_is third mfes "" || fail "MFEs: $(data third mfes)"
ask_error third ERROR_CAN_NOT_COMPLETE done

# The last one leaves during the time: the table is empty.
send sender 10.0.1.2 239.1.1.1 1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[]"
ask third exec
ask third "register 0 100 1"
ask third "take 0 r-up"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[]"
ask third "release 0 r-up"
ask third "deregister 0"
in_kernel
in_vifs ""

# MGM_GRACE, where the host program says nothing.
shell_start fourth MGM_GRACE=1
ask fourth "register 0 100 1"
ask fourth "take 0 r-up"
ask fourth "take 0 r-a"
send sender 10.0.1.2 239.1.1.1 1
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[]"
ask fourth exec
ask fourth "register 0 100 1"
ask fourth "take 0 r-up"
in_kernel
in_vifs "r-up"
echo passed
