#!/bin/bash
# Mutation testing of src/manager and src/alerts: each small change of the code must be
# caught by a test, or be listed in scripts/mutants-equivalent.txt with the reason why no
# test can see it. The unit tests come first, as they are built and run in no time; for what
# those miss, the C tests of the rules; then the other Rust tests of the manager; for the
# rest, the C tests without memory and with random calls. Takes about an hour on two cores.
# Arguments go to cargo mutants: `-f src/manager/wheel.rs` for one file.
#
# The results stay in ${TMPDIR:-/tmp}/mgm-mutants; JOBS is how many run at a time.
set -euo pipefail
cd "$(dirname "$0")/.."
equivalent=scripts/mutants-equivalent.txt
results=${TMPDIR:-/tmp}/mgm-mutants
out=$results/mutants.out
jobs=${JOBS:-$(nproc)}

cargo mutants --version >/dev/null 2>&1 || cargo install --locked cargo-mutants@27.1.0

make --no-print-directory lib
library=$(realpath "${CARGO_TARGET_DIR:-target}/release/librtm.so")
rm -rf "$results"
mkdir -p "$results"
cmake -S c-tests -B "$results/c-tests" -DMGM_LIBRARY="$library" >/dev/null
cmake --build "$results/c-tests" --parallel >/dev/null

# Every mutant is linked anew: far faster in memory, where there is enough.
scratch=$(mktemp -d "$results/XXXXXX")
if [ -w /dev/shm ] && [ "$(df --output=avail /dev/shm | tail -1)" -gt $((jobs * 2000000)) ]; then
    rmdir "$scratch"
    scratch=$(mktemp -d /dev/shm/mgm-mutants-XXXXXX)
fi
trap 'rm -rf "$scratch"' EXIT
# Each of the jobs has a target directory of its own, in its copy of the tree.
unset CARGO_TARGET_DIR

# mutants SECONDS TARGETS ARGUMENT...: runs cargo mutants with these test targets, and that
# much time for each; that some are missed is no error yet.
mutants() {
    local status=0 seconds=$1 target targets=()
    # Given as --cargo-arg, they hold for the build too: nothing else is built.
    for target in $2; do targets+=("--cargo-arg=$target"); done
    shift 2
    (
        # A mutant may ask for memory without end.
        ulimit -v 8000000
        TMPDIR=$scratch MGM_C_TESTS=$results/c-tests/bin MGM_TEST_TIMEOUT=15 \
            cargo mutants --output "$results" --jobs "$jobs" --no-shuffle --timeout "$seconds" --build-timeout 600 \
            "${targets[@]}" "$@"
    ) || status=$?
    case $status in 0 | 2 | 3) ;; *) exit "$status" ;; esac
    # One that hangs is caught, and need not hang again in the next run.
    cat "$out/timeout.txt" >>"$out/caught.txt"
}

mutants 60 --lib "$@"
total=$(cat "$out"/{caught,missed,unviable}.txt | wc -l)
unviable=$(wc -l <"$out/unviable.txt")
# What one leaves goes to the next: the cheap ones first.
[ ! -s "$out/missed.txt" ] || mutants 180 --test=c_tests --iterate "$@"
[ ! -s "$out/missed.txt" ] || mutants 300 "--test=manager_random --test=rust_api --test=panics --test=oracle" --iterate "$@"
[ ! -s "$out/missed.txt" ] || MGM_C_TESTS_RUN="test_oom test_api_stress" mutants 900 --test=c_tests --iterate "$@"

# A mutant in the list is "file: mutation: source line", without numbers that change.
while IFS=: read -r file line _ mutation; do
    echo "$file:$mutation: $(sed -n "${line}s/^ *//p" "$file")"
done <"$out/missed.txt" | sort >"$results/missed"
grep -v -e '^#' -e '^$' "$equivalent" | sort >"$results/listed"
comm -23 "$results/missed" "$results/listed" >"$results/unlisted"
missed=$(wc -l <"$results/missed")
viable=$((total - unviable))
caught=$((viable - missed))
percent=$(awk "BEGIN { printf \"%.1f\", $viable ? 100 * $caught / $viable : 100 }")
if [ $# = 0 ]; then
    comm -13 "$results/missed" "$results/listed" | sed 's/^/listed, but caught or not there: /'
fi
sed 's/^/missed: /' "$results/unlisted"
unlisted=$(wc -l <"$results/unlisted")
echo "mutants: $caught caught of $viable ($percent %), $((missed - unlisted)) equivalent (listed), $unviable unviable"
[ "$unlisted" = 0 ]
