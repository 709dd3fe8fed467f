#!/bin/bash
# cargo test, the benchmarks' smoke test, and the numbers for the summary. MGM_TEST_LONG=1 makes the random
# tests long. Arguments go to cargo test.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build}
mkdir -p "$build"
passed=0
${CARGO:-cargo} test --no-fail-fast ${LOCKED-} "$@" -- --show-output 2>&1 | tee "$build/rust-tests.log" || passed=$?
# Each benchmark once, with tiny sizes.
${CARGO:-cargo} test --no-fail-fast ${LOCKED-} --bench '*' "$@" || passed=$?
awk '/^test result:/ { passed += $4; failed += $6 } / steps, each compared$/ { steps = "; the manager and a naive model agree after each of " $1 " steps" }
    END { print "Rust tests: " passed " passed, " failed + 0 " failed" steps }' "$build/rust-tests.log" | tee -a "${SUMMARY:-/dev/null}"
exit "$passed"
