# Routers under test: mgm_shell processes on the kernel forwarder, told what to do by the
# script. Sourced instead of lib.sh; re-runs the script in a network namespace of its own,
# or ends it with 77 where that is not allowed.
#
#   . "$(dirname "$(readlink -f "$0")")/router.sh"
#   shell_start router [MGM_TABLE=100]    # a mgm_shell; its output is $work/router
#   ask router "take 0 r-up"              # has it run a command, which must succeed
#   ask_error router ERROR_NOT_FOUND "owner r-up"
#   data router "mfes"                    # prints what the command printed
#   heard router "c0 RPF 10.0.1.2 .*"     # waits for a line that is all this pattern
#   heard_times router 1 "c0 RPF .*"      # so many such lines by now
#   in_kernel "10.0.1.2 239.1.1.1 in=r-up out=[r-a r-b]" ...   # waits until the kernel's
#                                         # table has exactly these entries
#   until_data router others "repaired=1 foreign=0 .*"   # asks until it prints this pattern
#   freeze router; ...; thaw router       # what happens meanwhile it hears of later
#   same_entries router                   # MgmGetFirstMfe and the kernel say the same

. "$(dirname "$(readlink -f "$0")")/lib.sh"
netns_enter "$@" || exit 77
[ -e /proc/net/ip_mr_vif ] || { echo "no multicast routing in this kernel"; exit 77; }
bin=${MGM_BIN:?the directory of mgm_shell, raw_send, flow_count, mcast_send, mcast_recv and foreign_mroute}
unset MGM_TABLE MGM_RPF_TABLE MGM_FOREIGN
export MGM_FORWARDER=linux MGM_LOG=error
# Sources that are not where the route says must get as far as the multicast code.
for rp_filter in /proc/sys/net/ipv4/conf/{all,default}/rp_filter; do
    echo 0 >"$rp_filter"
done

declare -A shell_fds=()

fail() {
    local name
    echo "FAILED: $1"
    for name in "${!shell_fds[@]}"; do
        echo "--- $name"
        tail -n 60 "$work/$name"
    done
    echo "--- kernel"
    cat /proc/net/ip_mr_vif
    head -n 60 /proc/net/ip_mr_cache
    exit 1
}

shell_start() {
    local name=$1 fd
    shift
    rm -f "$work/$name.in"
    mkfifo "$work/$name.in"
    exec {fd}<>"$work/$name.in"
    shell_fds[$name]=$fd
    : >"$work/$name" # at once: the process may be late to open it
    env "$@" "$bin/mgm_shell" <"$work/$name.in" >>"$work/$name" 2>&1 8>&- 9>&- &
    pids[$name]=$!
}

# freeze SHELL, thaw SHELL: it does nothing in between. The signal takes its time.
is_frozen() { ! grep -qv '^[^)]*) T' /proc/"$1"/task/*/stat; }
freeze() {
    kill -STOP "${pids[$1]}"
    until_true 10 is_frozen "${pids[$1]}" || fail "$1 does not stop"
}
thaw() { kill -CONT "${pids[$1]}"; }

results() { grep -c '^= ' "$work/$1" || true; }
has_result() { [ "$(results "$1")" -ge "$2" ]; }

# ask_any SHELL COMMAND: runs it; leaves the error in $result and the rest in $printed.
ask_any() {
    local before lines
    before=$(results "$1")
    lines=$(wc -l <"$work/$1")
    echo "$2" >&"${shell_fds[$1]}"
    until_true 10 has_result "$1" $((before + 1)) || fail "no answer to '$2'"
    result=$(grep '^= ' "$work/$1" | tail -n 1)
    result=${result##*: }
    printed=$(tail -n "+$((lines + 1))" "$work/$1" | grep '^  ' || true)
}

ask() {
    ask_any "$1" "$2"
    [ "$result" = NO_ERROR ] || fail "'$2' gives $result"
}

ask_error() {
    ask_any "$1" "$3"
    [ "$result" = "$2" ] || fail "'$3' gives $result, expected $2"
}

# data SHELL COMMAND: as ask, and prints what the command printed.
data() {
    ask "$1" "$2"
    sed 's/^  //' <<<"$printed"
}

# data_is SHELL COMMAND TEXT: whether it prints just that.
data_is() {
    local found
    found=$(data "$1" "$2")
    [ "$found" = "$3" ]
}

prints() { [[ $(data "$1" "$2") =~ ^$3$ ]]; }
until_data() {
    until_true 10 prints "$1" "$2" "$3" || fail "$2: $(data "$1" "$2"), expected $3"
}

heard() {
    until_true 10 grep -Eqx -- "$2" "$work/$1" || fail "$1 heard nothing like: $2"
}

heard_times() {
    local times
    times=$(grep -Ecx -- "$3" "$work/$1") || true
    [ "$times" = "$2" ] || fail "$1 heard $times times, not $2: $3"
}

# /proc shows addresses as the bytes lie in memory.
if [ "$(printf '\1\0' | od -An -td2 | tr -d ' ')" = 1 ]; then
    hex_address() { echo "$((0x${1:6:2})).$((0x${1:4:2})).$((0x${1:2:2})).$((0x${1:0:2}))"; }
else
    hex_address() { echo "$((0x${1:0:2})).$((0x${1:2:2})).$((0x${1:4:2})).$((0x${1:6:2}))"; }
fi

# The kernel's default table: "SOURCE GROUP in=IF out=[IF IF]", sorted.
kernel_entries() {
    local number name group source iif oif oifs names=() out
    while read -r number name _; do
        names[number]=$name
    done < <(tail -n +2 /proc/net/ip_mr_vif)
    while read -r group source iif _ _ _ oifs; do
        out=$(for oif in $oifs; do echo "${names[${oif%%:*}]}"; done | sort | paste -sd ' ')
        if [ "$iif" -ge 0 ] && [ "$iif" -lt 32 ]; then iif=${names[iif]:--}; else iif=-; fi
        echo "$(hex_address "$source") $(hex_address "$group") in=$iif out=[$out]"
    done < <(tail -n +2 /proc/net/ip_mr_cache) | sort
}

kernel_has() { [ "$(kernel_entries)" = "$1" ]; }
in_kernel() {
    local expected=
    [ "$#" = 0 ] || expected=$(printf '%s\n' "$@" | sort)
    until_true 10 kernel_has "$expected" ||
        fail "the kernel has [$(kernel_entries)], expected [$expected]"
}

# The interfaces with a VIF, in the order of their numbers.
kernel_vifs() { tail -n +2 /proc/net/ip_mr_vif | while read -r _ name _; do echo "$name"; done | sort | paste -sd ' '; }
vifs_are() { [ "$(kernel_vifs)" = "$1" ]; }
in_vifs() {
    until_true 10 vifs_are "$1" || fail "the kernel has VIFs for [$(kernel_vifs)], expected [$1]"
}

# The number of an interface's VIF.
vif_of() { tail -n +2 /proc/net/ip_mr_vif | while read -r number name _; do [ "$name" != "$1" ] || echo "$number"; done; }

# What another program does to the kernel's table; see foreign_mroute.c.
foreign() {
    "$bin/foreign_mroute" "$@" >"$work/foreign" 2>&1 8>&- 9>&- || fail "foreign_mroute $*: $(cat "$work/foreign")"
}

same_entries() {
    local manager
    manager=$(data "$1" mfes | sed 's/ up=.*//' | sort)
    kernel_has "$manager" || fail "the manager has [$manager], the kernel [$(kernel_entries)]"
}

# receiver_start NS NAME ADDRESS GROUP COUNT [SECONDS]: mcast_recv, ready when it returns.
receiver_start() {
    start_in "$1" "$2" "$bin/mcast_recv" "$4" "$5" -a "$3" -d "${6:-20}"
    until_true 10 grep -qs ready "$work/$2" || fail "no receiver: $(cat "$work/$2")"
}

# received NAME TEXT: the receiver's last line, once it has ended.
received() {
    finished "$1" || true
    [ "$(tail -n 1 "$work/$1")" = "$2" ] || fail "$1: $(tail -n 1 "$work/$1"), expected $2"
}

# send NS SOURCE GROUP COUNT: mcast_send, 128 bytes each, 2 ms between two packets. The
# kernel keeps 4 while there is no entry: wait for it before sending more.
send() {
    local where=$1 source=$2 group=$3 count=$4
    in_ns "$where" "$bin/mcast_send" "$group" "$count" -s "$source" -i 2000 >"$work/send" 2>&1 ||
        fail "sending: $(cat "$work/send")"
}

# raw_send NS ARGUMENTS: see raw_send.c.
raw_send() {
    local where=$1
    shift
    in_ns "$where" "$bin/raw_send" "$@" >"$work/send" 2>&1 || fail "sending: $(cat "$work/send")"
}

# flows_start NS NAME IF GROUP COUNT: flow_count, ready when it returns.
flows_start() {
    start_in "$1" "$2" "$bin/flow_count" "$3" "$4" "$5"
    until_true 10 grep -qs ready "$work/$2" || fail "no counter: $(cat "$work/$2")"
}

# entry_counts: how many entries of the kernel forward, drop, and have packets that wait.
entry_counts() {
    awk 'NR > 1 { if ($3 < 0) waiting++; else if (NF > 6) forwarding++; else negative++ }
         END { printf "forwarding=%d negative=%d waiting=%d\n", forwarding, negative, waiting }' /proc/net/ip_mr_cache
}
entry_counts_are() { [ "$(entry_counts)" = "$1" ]; }

# counter SHELL NAME: one of the counters.
counter() { data "$1" counters | grep -o "$2=[0-9]*" | cut -d= -f2; }

igmp_id=0x4137000A # MS_IP_IGMP
