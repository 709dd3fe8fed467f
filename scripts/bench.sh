#!/bin/bash
# bench.sh: runs every benchmark and writes docs/performance.md with its plots. `make bench`.
#
# BENCH_ROUNDS        rounds of whole flows (9; those of benches/ are set there)
# BENCH_PEER_ROUNDS   rounds of the table of peers (as many; a minute each and more)
# BENCH_PEERS         which of scripts/peers.sh (all); "none": no table of peers
# BENCH_ONLY=report   writes the report from what the last run left in $BUILD/bench
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build}
results=$build/bench
programs=$build/c-tests/bin
cargo=${CARGO:-cargo}
mkdir -p "$results"

measure() {
    local name=$1 code=0
    shift
    echo "== $name"
    "$@" | tee "$results/$name.new" || code=$?
    # 77: the machine does not let it; it has printed why.
    [ $code = 0 ] || [ $code = 77 ] || exit $code
    mv "$results/$name.new" "$results/$name"
}

if [ "${BENCH_ONLY-}" != report ]; then
    rm -f "$results"/*
    cmake -S c-tests -B "$build/c-tests" -DMGM_LIBRARY="$(realpath "${CARGO_TARGET_DIR:-target}/release/librtm.so")" >/dev/null
    cmake --build "$build/c-tests" --target flows bare_loop mgm_router
    programs=$(realpath "$programs")
    floor="floor=exec $programs/bare_loop r-up r-down"
    ours="ours=exec $programs/mgm_router r-up r-down"
    # Before cargo's, which build the library their own way.
    measure 1-flows "$programs/flows" -r "${BENCH_ROUNDS:-9}" "$floor" "$ours"
    if [ "${BENCH_PEERS-}" != none ]; then
        # shellcheck disable=SC2086 # one word each
        scripts/peers.sh "$build/peers" ${BENCH_PEERS-} >"$results/peers"
        grep '^#' "$results/peers" || true
        mapfile -t peers < <(grep -v '^#' "$results/peers" || true)
        [ ${#peers[@]} = 0 ] ||
            measure 2-peers "$programs/flows" -r "${BENCH_PEER_ROUNDS:-${BENCH_ROUNDS:-9}}" "$floor" "$ours" "${peers[@]}"
    fi
    for bench in $(sed -n '/^\[\[bench\]\]/,/^$/s/^name = "\(.*\)"/\1/p' Cargo.toml); do
        measure "3-$bench" "$cargo" bench ${LOCKED-} --bench "$bench"
    done
fi
cat "$results"/[0-9]-* >"$results/all"
scripts/bench_report.sh "$results/all" "$results/peers" docs
