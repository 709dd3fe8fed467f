#!/bin/bash
# One program per table: a second one is told who holds it; on another table it works, side
# by side with the first.
#
#   sender            router                        receiver
#   10.0.1.2 ─ s0 ─── r-up ─── first (table 253) ─ r-down ─── d0 ─ 10.0.2.2
#   other
#   10.0.3.2 ─ o0 ─── r-side ─ third (table 100) ─┘
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new other
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link other o0 10.0.3.2/24 router r-side 10.0.3.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24

shell_start first
ask first "register 0 100 1"
ask first "take 0 r-up"
ask first "take 0 r-down"
ask first "add 0 0 239.1.1.1 r-down join"

shell_start second
ask_error second ERROR_CAN_NOT_COMPLETE "register 0 100 1"
# Its number and name, on standard error.
until_true 10 grep -v '^= ' "$work/second" >/dev/null || fail "no log line"
grep -v '^= ' "$work/second" | grep -w "${pids[first]}" | grep -q mgm_shell ||
    fail "the log does not name the process ${pids[first]} (mgm_shell) that holds the table"
grep -w "${pids[second]}" "$work/second" >/dev/null && fail "it names itself"

shell_start third MGM_TABLE=100
ask third "register 0 100 1"
ask third "take 0 r-side"
ask third "take 0 r-down"
ask third "add 0 0 239.1.1.1 r-down join"
ip mrule add iif r-side lookup 100

receiver_start receiver one 10.0.2.2 239.1.1.1 2
raw_send sender -f 0 s0 10.0.1.2 239.1.1.1
heard first "c0 CREATION 10.0.1.2 239.1.1.1 in=r-up out=\[r-down\]"
raw_send other -f 1 o0 10.0.3.2 239.1.1.1
heard third "c0 CREATION 10.0.3.2 239.1.1.1 in=r-side out=\[r-down\]"
received one "received 2 of 2, first 0, duplicates 0"
in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]"
same_entries first
in_100() {
    [ "$(ip mroute show table 100 | grep -c .)" = 1 ] &&
        ip mroute show table 100 | grep -Eq '^\(10\.0\.3\.2, ?239\.1\.1\.1\) +Iif: r-side +Oifs: r-down'
}
until_true 10 in_100 || fail "table 100 has [$(ip mroute show table 100)]"
[ "$(data third mfes | sed 's/ up=.*//')" = "10.0.3.2 239.1.1.1 in=r-side out=[r-down]" ] ||
    fail "the third program has [$(data third mfes)]"
heard_times first 0 "c0 RPF 10.0.3.2 .*"

# The second one can try again when the first is gone.
ask_error second ERROR_CAN_NOT_COMPLETE "register 0 100 1"
kill -9 "${pids[first]}"
finished first 2>/dev/null && fail "kill -9"
in_kernel
ask second "register 0 100 1"
ask second "take 0 r-up"
in_vifs r-up
in_100 || fail "table 100 after the end of the first program"
echo passed
