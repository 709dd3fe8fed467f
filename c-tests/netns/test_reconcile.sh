#!/bin/bash
# MgmHostReconcile: while the manager's own thread is busy, another program's changes are
# not noticed; on demand they are found, told and repaired at once. Then so many changes
# that the kernel's reports of them are lost: the table is compared by itself.
#
#   sender            router             receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-a ─── a0 10.0.2.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new a
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-a 10.0.2.1/24 a a0 10.0.2.2/24

shell_start memory MGM_FORWARDER=memory
ask memory "register 0 100 1"
ask_error memory ERROR_CAN_NOT_COMPLETE reconcile

shell_start router
ask_error router ERROR_CAN_NOT_COMPLETE reconcile # no table yet
ask router "register 0 100 1"
ask router "take 0 r-up"
ask router "take 0 r-a"
up=$(vif_of r-up) a=$(vif_of r-a)
[ "$(data router reconcile)" = "entries=0 repaired=0 foreign=0 interfaces=0" ] || fail "an empty table: $(data router reconcile)"
entries=()
for group in 239.1.1.1 239.1.1.2 239.1.1.3; do
    ask router "add 0 0 $group r-a join"
    raw_send sender s0 10.0.1.2 "$group"
    entries+=("10.0.1.2 $group in=r-up out=[r-a]")
done
in_kernel "${entries[@]}"
[ "$(data router reconcile)" = "entries=3 repaired=0 foreign=0 interfaces=0" ] || fail "all is well: $(data router reconcile)"

# busy GROUP: the manager's thread waits in an RPF callback, with an entry in the making.
busy() {
    ask router block
    raw_send sender s0 10.0.1.2 "$1"
    heard router "c0 RPF 10.0.1.2 $1 .*"
}

busy 239.7.7.1
foreign delete 10.0.1.2 239.1.1.1
foreign add 10.0.1.2 239.1.1.2 "$up"
foreign add 10.0.1.9 239.1.1.9 "$up" "$a"
foreign delete-vif "$a"
[ "$(data router reconcile)" = "entries=3 repaired=2 foreign=1 interfaces=1" ] || fail "not all was found"
in_kernel "${entries[@]}" "10.0.1.2 239.7.7.1 in=- out=[]" # which waits for its entry
in_vifs "r-a r-up"
# What is reported now is known.
ask router unblock
entries+=("10.0.1.2 239.7.7.1 in=r-up out=[]")
in_kernel "${entries[@]}"
until_data router others "repaired=2 foreign=1 interfaces=1 .*"
same_entries router

before=$(data router others)
before=${before##*reconciled=}
busy 239.7.7.2
foreign add-many 60000 20.0.0.1 239.9.9.9 "$up"
foreign delete 10.0.1.2 239.1.1.3
ask router unblock
entries+=("10.0.1.2 239.7.7.2 in=r-up out=[]")
few() { [ "$(wc -l </proc/net/ip_mr_cache)" -le 10 ]; }
until_true 60 few || fail "the kernel has $(wc -l </proc/net/ip_mr_cache) lines"
in_kernel "${entries[@]}"
compared() {
    local now
    now=$(data router others)
    [ "${now##*reconciled=}" -gt "$before" ]
}
until_true 20 compared || fail "not compared by itself: $(data router others)"
prints router others "repaired=3 foreign=60001 interfaces=1 .*" || fail "$(data router others)"
same_entries router
echo passed
