#!/bin/bash
# c_tests.sh DIRECTORY [CTEST-OPTIONS]: ctest there, some tests at a time, and the numbers
# of it for the summary: tests, the calls of the stress test, allocation points,
# faults injected.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$1"
shift
passed=0
ctest --output-on-failure --parallel "$(nproc)" "$@" || passed=$?
log=Testing/Temporary/LastTest.log
{
    echo "C tests: $(grep -c '^Test Passed' $log || true) passed, $(grep -c '^Test Skipped\|SKIP_RETURN' $log || true) skipped;" \
        "stress: $(awk -f "$root/scripts/stress.awk" $log)"
    grep -h '^faults injected' $log || true
    # The table of oom: a line for each function, and the sum.
    awk '/^function +states +points/ { table = 1 }
        /^states:/ { table = 0 }
        table { print "  " $0 }
        # A name may have spaces: the numbers begin in column 30.
        table && !/^function/ {
            split(substr($0, 30), n, " ")
            points += n[2]; trials += n[3]; aborts += n[6]; hangs += n[7]; changed += n[8]; codes += n[9]; found = 1
        }
        END { if (found) print "Out of memory: " points " allocation points, " trials " failures; aborts " aborts \
            ", hangs " hangs ", state changed " changed ", wrong codes " codes }' $log
} | tee -a "${SUMMARY:-/dev/null}"
exit "$passed"
