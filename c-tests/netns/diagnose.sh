# Sourced in place of router.sh by the tests of the diagnosis, after which it has:
#
#   command_finds "problem 25: r-up: .*" [ARGUMENTS]   # waits until mgm-diagnose prints a
#                                         # line that is all this pattern, and exits with 1
#   command_finds_no 25 [ARGUMENTS]       # waits until it prints no line with that number
#   command_is_content [ARGUMENTS]        # waits until it finds no problem and no hint
#   library_finds SHELL "problem 25 r-up .*" MILLISECONDS [SOURCE GROUP]   # the same with
#   library_finds_no SHELL 25 MILLISECONDS [SOURCE GROUP]                  # MgmHostDiagnose
#   library_is_content SHELL MILLISECONDS [SOURCE GROUP]                   # in a mgm_shell
#   flow NS NAME SOURCE GROUP [ARGUMENTS]  # packets, 5 ms apart, until `finish NAME`

. "$(dirname "$(readlink -f "$0")")/router.sh"

code=
run_command() {
    code=0
    "$bin/mgm-diagnose" "$@" >"$work/found" 2>&1 8>&- 9>&- || code=$?
}

command_has() {
    run_command "${@:2}"
    grep -Eqx -- "$1" "$work/found" && case $1 in
    note*) [ "$code" -le 1 ] ;;
    *) [ "$code" = 1 ] ;;
    esac
}
command_finds() {
    until_true 20 command_has "$@" || fail "mgm-diagnose ${*:2} does not find: $1
it says (exit code $code): $(cat "$work/found")"
}

command_has_no() {
    run_command "${@:2}"
    [ "$code" -le 1 ] && ! grep -Eq "^[a-z]+ $1: " "$work/found"
}
command_finds_no() {
    until_true 20 command_has_no "$@" || fail "mgm-diagnose ${*:2} still says ($code): $(cat "$work/found")"
}

command_has_nothing() {
    run_command "$@"
    [ "$code" = 0 ] && grep -q '^nothing found' "$work/found"
}
command_is_content() {
    until_true 20 command_has_nothing "$@" || fail "mgm-diagnose $* finds ($code): $(cat "$work/found")"
}

library_has() { data "$1" "diagnose ${*:3}" >"$work/found" && grep -Eqx -- "$2" "$work/found"; }
library_finds() {
    until_true 20 library_has "$@" || fail "MgmHostDiagnose ${*:3} in $1 does not find: $2
it says: $(cat "$work/found")"
}

library_has_no() { data "$1" "diagnose ${*:3}" >"$work/found" && ! grep -Eq "^[a-z]+ $2 " "$work/found"; }
library_finds_no() {
    until_true 20 library_has_no "$@" || fail "MgmHostDiagnose ${*:3} in $1 still says: $(cat "$work/found")"
}

library_has_nothing() { data "$1" "diagnose ${*:2}" >"$work/found" && ! grep -Eq '^(problem|hint) ' "$work/found"; }
library_is_content() {
    until_true 20 library_has_nothing "$@" || fail "MgmHostDiagnose ${*:2} in $1 finds: $(cat "$work/found")"
}

flow() {
    start_in "$1" "$2" "$bin/mcast_send" "$4" 100000 -s "$3" -i 5000 "${@:5}"
}

finish() {
    kill "${pids[$1]}"
    finished "$1" 2>/dev/null || true
}
