#!/bin/bash
# However the router process ends, nothing of it stays in the kernel's table, and the next
# one can use it.
#
#   sender            router                receiver
#   10.0.1.2 ─ s0 ─── r-up ─ c0 ─ r-down ─── d0 ─ 10.0.2.2
#
. "$(dirname "$(readlink -f "$0")")/router.sh"

netns_new sender
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24

# forwarding SHELL: a process that forwards two groups.
forwarding() {
    local group
    shell_start "$1"
    ask "$1" "register 0 100 1"
    ask "$1" "take 0 r-up"
    ask "$1" "take 0 r-down"
    for group in 239.1.1.1 239.1.1.2; do
        ask "$1" "add 0 0 $group r-down join"
        receiver_start receiver "$1-$group" 10.0.2.2 "$group" 1
        send sender 10.0.1.2 "$group" 1
        received "$1-$group" "received 1 of 1, first 0, duplicates 0"
    done
    in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-down]" "10.0.1.2 239.1.1.2 in=r-up out=[r-down]"
    in_vifs "r-down r-up"
}

forwarding orderly
ask_error orderly ERROR_CAN_NOT_COMPLETE "deregister 0"
in_vifs "r-down r-up"
ask orderly "release 0 r-up"
ask orderly "release 0 r-down"
ask orderly "deregister 0"
# The process is still there: it cleaned up, not the kernel.
in_kernel
in_vifs ""
kill -0 "${pids[orderly]}" || fail "the process is gone"
# And it can begin again.
ask orderly "register 0 100 1"
ask orderly "take 0 r-up"
in_vifs "r-up"
ask orderly "release 0 r-up"
ask orderly "deregister 0"
echo quit >&"${shell_fds[orderly]}"
finished orderly || fail "exit code $? of the orderly end"

forwarding killed
kill -9 "${pids[killed]}"
finished killed 2>/dev/null && fail "kill -9"
in_kernel
in_vifs ""

forwarding careless
echo quit >&"${shell_fds[careless]}"
finished careless || fail "exit code $? without deregistering"
in_kernel
in_vifs ""

forwarding last
echo passed
