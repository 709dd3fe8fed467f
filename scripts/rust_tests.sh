#!/bin/bash
# cargo test, and the numbers of it for the summary. MGM_TEST_LONG=1 makes the random
# tests long. Arguments go to cargo test.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build}
mkdir -p "$build"
${CARGO:-cargo} test ${LOCKED-} "$@" -- --show-output 2>&1 | tee "$build/rust-tests.log"
awk '/^test result:/ { passed += $4 } / steps, each compared$/ { steps = "; the manager and a naive model agree after each of " $1 " steps" }
    END { print "Rust tests: " passed " passed" steps }' "$build/rust-tests.log" | tee -a "${SUMMARY:-/dev/null}"
