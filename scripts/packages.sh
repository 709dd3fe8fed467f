#!/bin/bash
# packages.sh: what takes longer of installing, by cargo-c and as Debian packages; the Rust
# API against its baseline; and that all those checks see what breaks. What the machine lacks
# for it is said and skipped. `make check-packages` calls this.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "${BUILD:-build}"
build=$(cd "${BUILD:-build}" && pwd)
scripts/deps.sh packages || true

# job NAME COMMAND...: with its last line for the summary.
job() {
    local name=$1 status=0
    shift
    "$@" 2>&1 | tee "$build/$name.log" || status=$?
    [ $status = 0 ] || [ $status = 77 ] || exit $status
    echo "$name: $(tail -n 1 "$build/$name.log")" >>"${SUMMARY:-/dev/null}"
}

# Unoptimised: it is run once or twice.
cargo cinstall --version >/dev/null 2>&1 || cargo install --debug --locked cargo-c@0.10.22 ||
    echo "cargo-c could not be installed"
job cargo-c env MGM_TARGET_DIR="$build/cargo-c" c-tests/install/installed.sh cargo-c
job debian c-tests/install/debian.sh "$build/deb"
job semver scripts/semver.sh
job planted scripts/planted.sh
