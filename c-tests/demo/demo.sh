#!/bin/bash
# The demo: a static multicast protocol and an IGMP stub on the multicast group manager.
#
#   sender            router                       receiver
#   10.0.1.2 ─ s0 ─── r-up ─ demo_router ─ r-down ─── c0 ─ 10.0.2.2
#                     10.0.1.1             10.0.2.1
#
# Sends 100 packets from the first namespace, counts them in the third, and prints what
# happens. Ends non-zero, and says what, if anything is missing. Runs as root and without;
# where no namespace is allowed, or with MGM_FORWARDER=memory, on the memory forwarder.
#
#   demo.sh DIRECTORY     with demo_router, mcast_send and mcast_recv in it

here=$(dirname "$(readlink -f "$0")")
. "$here/../netns/lib.sh"
programs=$(readlink -f "${1:?usage: demo.sh DIRECTORY}")
packets=100
group=239.1.1.1
static_group=239.1.1.2
source=10.0.1.2

forwarder=${MGM_FORWARDER:-linux}
why="MGM_FORWARDER=memory"
if [ "$forwarder" = linux ]; then
    if ! netns_enter "$@"; then
        forwarder=memory
        why="no network namespace is allowed here"
    elif [ ! -e /proc/net/ip_mr_vif ]; then
        forwarder=memory
        why="this kernel has no multicast routing"
        work_cleanup
    fi
fi
[ -n "$work" ] && [ -d "$work" ] || work_setup
export MGM_FORWARDER=$forwarder
# The demo looks at the kernel's default table: the one in /proc/net.
unset MGM_TABLE
export DEMO_START=$EPOCHREALTIME

# note WHO TEXT: a line of the timeline.
note() {
    local us=$((${EPOCHREALTIME/./} - ${DEMO_START/./}))
    printf '  %3d.%03d s  %-8s %s\n' $((us / 1000000)) $((us / 1000 % 1000)) "$1" "$2"
}

heading() { printf '\n== %s\n' "$1"; }

missing=()
lines_shown=0
phase=

# show PHASE: prints what the router said since the last time, and keeps it for need.
show() {
    phase=$work/phase.$1
    tail -n "+$((lines_shown + 1))" "$work/router" >"$phase"
    lines_shown=$((lines_shown + $(wc -l <"$phase")))
    grep -v '^= ' "$phase" || true
}

# need WHAT PATTERN...: the patterns match lines of the last phase, in this order.
need() {
    local what=$1 at=0 found
    shift
    for pattern in "$@"; do
        found=$(tail -n "+$((at + 1))" "$phase" | grep -n -m 1 -E -- "$pattern" | cut -d: -f1) || true
        if [ -z "$found" ]; then
            missing+=("$what (no line like: $pattern)")
            return
        fi
        at=$((at + found))
    done
}

# need_count WHAT NUMBER PATTERN: so many lines of the last phase match.
need_count() {
    local found
    found=$(grep -c -E -- "$3" "$phase" || true)
    [ "$found" = "$2" ] || missing+=("$1 ($found times, not $2)")
}

answers() { grep -c '^= ' "$work/router" || true; }
answered() { [ "$(answers)" -ge "$1" ] || ! kill -0 "${pids[router]}" 2>/dev/null; }

# ask COMMAND: has the router do it; notes when it fails.
asked=1
ask() {
    asked=$((asked + 1))
    echo "$1" >&8
    if ! until_true 30 answered "$asked" || [ "$(answers)" -lt "$asked" ]; then
        missing+=("an answer to '$1'")
        finish
    fi
    if [ "$(grep '^= ' "$work/router" | tail -n 1)" != "= ok" ]; then
        missing+=("success of '$1'")
    fi
}

finish() {
    local line
    if [ "${#missing[@]}" -gt 0 ]; then
        [ ! -e "$work/router" ] || show rest
        printf '\nDEMO FAILED, missing:\n'
        for line in "${missing[@]}"; do
            printf '  - %s\n' "$line"
        done
        exit 1
    fi
    printf '\nDEMO PASSED: %s\n' "$verdict"
    exit 0
}

table_lines() { tail -q -n +2 /proc/net/ip_mr_cache /proc/net/ip_mr_vif; }
table_is_empty() { [ -z "$(table_lines)" ]; }

if [ "$forwarder" = linux ]; then
    echo "The multicast group manager on the kernel forwarder, in three network namespaces:"
    echo "  sender 10.0.1.2 --- r-up [router] r-down --- 10.0.2.2 receiver"
    netns_new sender
    netns_new receiver
    netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
    netns_link router r-down 10.0.2.1/24 receiver c0 10.0.2.2/24
else
    echo "The multicast group manager on the MEMORY FORWARDER: $why."
    echo "  packets given to r-up [router] r-down, no packet leaves this program"
fi

heading "Startup: IGMP, then the static protocol, take both interfaces"
mkfifo "$work/commands"
exec 8<>"$work/commands"
"$programs/demo_router" r-up r-down <"$work/commands" >"$work/router" 2>&1 8>&- 9>&- &
pids[router]=$!
if ! until_true 30 answered 1 || [ "$(answers)" -lt 1 ]; then
    missing+=("the start of the manager")
    finish
fi
ask "start $static_group"
show start
need "the manager's start" "manager .*started on the ${forwarder/linux/kernel} forwarder"
need "startup of IGMP" "igmp +registered" "igmp +took r-up" "igmp +took r-down"
need "startup of the static protocol" "static +registered" "static +took r-up" \
    "static +took r-down" "static +joined \(\*, $static_group\) on r-down: done"
for interface in r-up r-down; do
    need "DISABLE and ENABLE at the take of $interface" "igmp +DISABLE on $interface" \
        "igmp +ENABLE on $interface" "static +took $interface"
done

heading "Join: a host behind r-down joins $group"
if [ "$forwarder" = linux ]; then
    start_in receiver receiver "$programs/mcast_recv" "$group" "$packets" -a 10.0.2.2 -d 30
    if ! until_true 10 grep -q ready "$work/receiver"; then
        missing+=("the receiver: $(cat "$work/receiver")")
        finish
    fi
    note receiver "joined $group on c0"
fi
ask "join $group"
show join
need "LOCAL_JOIN" "static +LOCAL JOIN \(\*, $group\) on r-down"

heading "$packets packets from $source to $group"
if [ "$forwarder" = linux ]; then
    # The kernel keeps 4 packets while an entry is made: 20 ms between two is ample.
    note sender "begins"
    in_ns sender "$programs/mcast_send" "$group" "$packets" -s "$source" -i 20000 >"$work/sender" 2>&1 ||
        missing+=("the sender: $(cat "$work/sender")")
    finished receiver || true
    received=$(tail -n 1 "$work/receiver")
else
    ask "send $source $group $packets"
fi
show packets
if [ "$forwarder" = linux ]; then
    note sender "$(tail -n 1 "$work/sender")"
    note receiver "$received"
    [ "$received" = "received $packets of $packets, first 0, duplicates 0" ] ||
        missing+=("$packets of $packets packets, the first one included ($received)")
    verdict="$packets of $packets packets received, the first one included; the kernel's table is empty."
else
    need "$packets of $packets packets" "manager +forwarded $packets of $packets packets"
    verdict="$packets of $packets packets forwarded in memory, the first one included; no entry is left."
fi
need "RPF, then the creation alert" \
    "static +RPF \($source, $group\): expected on r-up, upstream direct, by route 10\.0\.1\.0/24, for a packet" \
    "static +CREATION ALERT \($source, $group\): in r-up, out r-down \(IGMP\)"
need_count "one RPF callback" 1 "static +RPF "
need_count "one creation alert" 1 "static +CREATION ALERT "

heading "The forwarding entry and its counters"
ask entries
show entries
need "the MFE" "MFE \($source, $group\): in r-up, out r-down, upstream direct, route 10\.0\.1\.0/24" \
    "counters: $packets packets, [1-9][0-9]* bytes, 0 on a wrong interface"
need_count "one MFE" 1 "manager +MFE "
if [ "$forwarder" = linux ]; then
    while read -r line; do
        note kernel "$line"
    done < <(ip -s mroute show)
    table_is_empty && missing+=("the kernel's entry while it is forwarding")
fi

heading "Shutdown: every interface released, with DISABLE and ENABLE; then deregistered"
ask stop
show stop
for interface in r-down r-up; do
    need "DISABLE and ENABLE at the release of $interface" "igmp +DISABLE on $interface" \
        "igmp +ENABLE on $interface" "static +released $interface"
done
need "IGMP's membership added again after ENABLE" "igmp +ENABLE on r-down" \
    "igmp +membership \(\*, $group\) on r-down added again: done"
need "the entries deleted with their interface" \
    "static +released r-up: forwarding entries from it: 1 before, 0 after"
need "the dead handle" "static +deregistered, its handle is dead"
need "the end of IGMP" "igmp +released r-down" "igmp +released r-up" "igmp +deregistered"
need "nothing left over" "manager +left over: 0 clients, 0 interfaces, 0 memberships, 0 entries"

if [ "$forwarder" = linux ]; then
    # The manager still runs and holds its socket: the kernel has not swept up for it.
    heading "The kernel's table: /proc/net/ip_mr_cache and /proc/net/ip_mr_vif"
    if until_true 5 table_is_empty; then
        note kernel "both are empty"
    else
        missing+=("an empty kernel table: $(table_lines)")
    fi
fi
echo quit >&8
finished router || missing+=("a clean end of the router")
show quit
need "the manager's end" "manager +stopped"
finish
