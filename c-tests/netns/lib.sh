# Network namespaces for the demo and the tests, the same as root and without it.
# Sourced by bash scripts; needs iproute2 and util-linux.
#
#   . "$(dirname "$0")/lib.sh"
#   netns_enter "$@" || exit 77    # this script, again, in a network namespace of its own
#   netns_new sender               # two more
#   netns_new receiver
#   netns_link sender s0 10.0.1.2/24  router r-up 10.0.1.1/24
#   netns_link router r-down 10.0.2.1/24  receiver c0 10.0.2.2/24
#   in_ns sender mcast_send ...    # run a command there; "router" is the script's own
#   start_in sender NAME command   # the same in the background: output in $work/NAME,
#                                  # process id in ${pids[NAME]}
#   until_true 10 grep -q ready "$work/NAME"   # retries for 10 s
#
# The namespaces live as long as a process in them: one cat each, which ends when the
# script's end of a pipe closes, also after a kill -9. Nothing has to be swept up.
# Descriptors 8 (for a pipe of the script's own) and 9 are not passed on.

set -euo pipefail
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin # ip, where a user's PATH lacks it

declare -A namespaces=() pids=()
work=

# Runs the calling script again in a new network namespace: as root directly, else in a
# user namespace in which the caller is root. False where neither is allowed.
netns_enter() {
    local outer
    outer=$(readlink /proc/self/ns/net)
    if [ -n "${NETNS_OUTER:-}" ] && [ "$NETNS_OUTER" != "$outer" ]; then
        netns_setup
        return 0
    fi
    if [ "$(id -u)" = 0 ] && unshare -n true 2>/dev/null; then
        NETNS_OUTER=$outer exec unshare -n "$0" "$@"
    elif unshare -Urn true 2>/dev/null; then
        NETNS_OUTER=$outer exec unshare -Urn "$0" "$@"
    fi
    echo "no network namespaces allowed here (unshare -n, unshare -Urn)" >&2
    return 1
}

# $work, and the cleaning up at the end.
work_setup() {
    work=$(mktemp -d)
    trap work_cleanup EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

work_cleanup() {
    local name
    trap - EXIT
    for name in "${!pids[@]}"; do
        kill "${pids[$name]}" 2>/dev/null || true
        kill -CONT "${pids[$name]}" 2>/dev/null || true
    done
    exec 8>&- 9>&-
    wait
    rm -rf "$work"
}

netns_setup() {
    work_setup
    mkfifo "$work/hold"
    exec 9<>"$work/hold"
    ip link set lo up
}

# until_true SECONDS COMMAND...: retries until it succeeds; false when the time is over.
# MGM_TEST_PATIENCE is how often that time, where everything is slow.
until_true() {
    local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000 * ${MGM_TEST_PATIENCE:-1}))
    shift
    until "$@"; do
        [ "${EPOCHREALTIME/./}" -lt "$deadline" ] || return 1
        sleep 0.01 # between two tries only
    done
}

is_elsewhere() {
    local there
    there=$(readlink "/proc/$1/ns/net" 2>/dev/null) && [ "$there" != "$(readlink /proc/self/ns/net)" ]
}

netns_new() {
    unshare -n cat <"$work/hold" 8>&- 9>&- &
    namespaces[$1]=$!
    until_true 10 is_elsewhere "$!"
    in_ns "$1" ip link set lo up
}

in_ns() {
    local name=$1
    shift
    if [ "$name" = router ]; then
        "$@" 8>&- 9>&-
    else
        nsenter -t "${namespaces[$name]}" -n -- "$@" 8>&- 9>&-
    fi
}

start_in() {
    local where=$1 name=$2
    shift 2
    if [ "$where" = router ]; then
        "$@" >"$work/$name" 2>&1 8>&- 9>&- &
    else
        nsenter -t "${namespaces[$where]}" -n -- "$@" >"$work/$name" 2>&1 8>&- 9>&- &
    fi
    pids[$name]=$!
}

# finished NAME: waits for a program of start_in; gives its exit code.
finished() {
    local code=0
    wait "${pids[$1]}" || code=$?
    unset "pids[$1]"
    return "$code"
}

link_is_up() {
    in_ns "$1" ip link show "$2" 2>/dev/null | grep -q LOWER_UP
}

# netns_end NS IF ADDR/LEN: moves one end of a pair to its place and sets it up.
netns_end() {
    if [ "$1" != router ]; then
        ip link set "$2" netns "${namespaces[$1]}"
    fi
    in_ns "$1" ip addr add "$3" dev "$2"
    in_ns "$1" ip link set "$2" up
}

# netns_link NS1 IF1 ADDR1/LEN NS2 IF2 ADDR2/LEN: a veth pair, up and with carrier.
netns_link() {
    ip link add "$2" type veth peer name "$5"
    netns_end "$1" "$2" "$3"
    netns_end "$4" "$5" "$6"
    until_true 10 link_is_up "$1" "$2"
    until_true 10 link_is_up "$4" "$5"
}
