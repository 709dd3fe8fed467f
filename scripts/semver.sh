#!/bin/bash
# The Rust API against that of the revision in scripts/semver-baseline, by
# cargo-semver-checks: what a change breaks for Rust programs. Nothing is published yet, so
# the baseline is a revision of this repository; a change that is meant to break moves it on,
# in a commit of its own. Exit 77 where the revision or the tool is not to be had.
set -euo pipefail
cd "$(dirname "$0")/.."
baseline=$(grep -v '^#' scripts/semver-baseline)
if ! git cat-file -e "$baseline^{commit}" 2>/dev/null; then
    echo "skipped: the baseline $baseline is not in this clone"
    exit 77
fi
# Unoptimised: it is run once or twice.
cargo semver-checks --version >/dev/null 2>&1 || cargo install --debug --locked cargo-semver-checks@0.51.0 ||
    { echo "skipped: cargo-semver-checks could not be installed" && exit 77; }
cargo semver-checks check-release --baseline-rev "$baseline" --release-type minor
echo "the Rust API breaks nothing of $baseline"
