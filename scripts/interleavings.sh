#!/bin/bash
# tests/interleavings: the engine under thousands of schedules that a scheduler chooses.
# MGM_TEST_LONG=1 makes it 100,000 for each test. Arguments go to the tests: a name to
# run only that. A failure prints its schedule; MGM_TEST_SCHEDULE=... runs it again.
#
# That the scheduler is on is checked: without it there would be no tests at all.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build}/interleavings
mkdir -p "$build"

export RUSTFLAGS="${RUSTFLAGS-} --cfg shuttle" RUST_BACKTRACE=${RUST_BACKTRACE-0}
cargo test --test interleavings --config profile.dev.opt-level=2 --target-dir "$build/target" ${LOCKED-} \
    -- --nocapture "$@" 2>&1 | tee "$build/log"
if ! grep -q ' schedules$' "$build/log"; then
    echo "no schedule was run: the scheduler is not at work, or no test has that name" >&2
    exit 1
fi
grep -o '[a-z_]*: [0-9]* schedules$' "$build/log" |
    awk '{ sum += $2; print "  " $0 } END { print "Interleavings: " NR " scenarios, " sum " schedules, 0 failures" }' |
    tee -a "${SUMMARY:-/dev/null}"
