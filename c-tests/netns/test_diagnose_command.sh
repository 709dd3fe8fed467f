#!/bin/bash
# mgm-diagnose as a command: its usage, its exit codes, its output that cannot be written.
#
#   a router namespace without links
#
. "$(dirname "$(readlink -f "$0")")/diagnose.sh"

usage() {
    run_command "$@"
    [ "$code" = 2 ] || fail "mgm-diagnose $* exits with $code, not 2"
    grep -q '^usage: mgm-diagnose ' "$work/found" || fail "mgm-diagnose $* says: $(cat "$work/found")"
}
usage --nothing
usage --table
usage --table 0
usage --table 1000000000
usage --table -5
usage --table 5x
usage --time
usage --time 4294967296
usage --time ""
usage 10.0.1.2
usage 10.0.1.2 239.1.1.1 more
usage 10.0.1 239.1.1.1
usage 0.0.0.0 239.1.1.1
usage 10.0.1.2 10.0.2.2
usage ::1 ff02::1

run_command --help
[ "$code" = 0 ] || fail "--help exits with $code"
for word in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES --table --time --help --version; do
    grep -q -- "$word" "$work/found" || fail "--help does not say $word"
done
run_command --version
[ "$code" = 0 ] || fail "--version exits with $code"
grep -Eqx 'mgm-diagnose [0-9]+\.[0-9]+\.[0-9]+.*' "$work/found" || fail "--version: $(cat "$work/found")"

# The router's environment does not change what the command looks at.
MGM_FORWARDER=linux command_finds "problem 3: no process holds multicast routing table 253, .*" --time 0
MGM_FORWARDER=memory command_finds "problem 3: no process holds multicast routing table 253, .*" --time 0
MGM_TABLE=77 command_finds "problem 3: no process holds multicast routing table 77, .*" --time 0
MGM_TABLE=77 command_finds "problem 3: no process holds multicast routing table 78, .*" --table 78 --time 0
# The most milliseconds are taken: it goes on watching for 49 days.
start_in router long "$bin/mgm-diagnose" --time 4294967295 10.0.1.2 239.1.1.1
is_watching() { [ "$(wc -l </proc/net/packet)" -gt 1 ]; } # a header, and its socket
until_true 10 is_watching || fail "--time 4294967295: $(cat "$work/long")"
code=0
kill "${pids[long]}"
finished long 2>/dev/null || code=$?
[ "$code" = 143 ] || fail "--time 4294967295 exits with $code: $(cat "$work/long")"

if [ -w /dev/full ]; then
    code=0
    "$bin/mgm-diagnose" --time 0 >/dev/full 2>&1 || code=$?
    [ "$code" = 3 ] || fail "with a full disk it exits with $code"
fi
echo passed
