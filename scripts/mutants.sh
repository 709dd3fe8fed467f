#!/bin/bash
# Mutation testing of src/manager and src/alerts: each small change of the code must be
# caught by a test, or be listed in scripts/mutants-equivalent.txt with the reason why no
# test can see it. The unit tests come first, as they are built and run in no time; for what
# those miss, the C tests of the rules; then the other Rust tests of the manager; for the
# rest, the C tests without memory and with random calls. Takes about an hour on two cores.
# Arguments go to cargo mutants: `--re src/manager/wheel.rs` for one file.
#
# LISTED=1 has the listed ones meet all tests too: is each of them true yet? That takes longer.
#
# The results stay in ${TMPDIR:-/tmp}/mgm-mutants; JOBS is how many run at a time. RESUME=2
# goes on with a run on the same source that was interrupted, at the second of the four.
set -euo pipefail
cd "$(dirname "$0")/.."
equivalent=scripts/mutants-equivalent.txt
results=${TMPDIR:-/tmp}/mgm-mutants
out=$results/mutants.out
jobs=${JOBS:-$(nproc)}

cargo mutants --version >/dev/null 2>&1 || cargo install --locked cargo-mutants@27.1.0

make --no-print-directory lib
library=$(realpath "${CARGO_TARGET_DIR:-target}/release/librtm.so")
resume=${RESUME:-1}
[ -n "${RESUME-}" ] || rm -rf "$results"
mkdir -p "$results"
touch "$results"/{caught,unviable}
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
        TMPDIR=$scratch MGM_C_TESTS=$results/c-tests/bin MGM_TEST_TIMEOUT=15 MGM_TEST_SHORT=1 \
            cargo mutants --output "$results" --jobs "$jobs" --no-shuffle --timeout "$seconds" --build-timeout 600 \
            "${targets[@]}" "$@"
    ) || status=$?
    case $status in 0 | 2 | 3) ;; *) exit "$status" ;; esac
    collect
}

# Keeps what was found; what was caught is not tried again.
collect() {
    # One that hangs is caught.
    cat "$out/timeout.txt" >>"$out/caught.txt"
    sort -u -o "$results/caught" "$results/caught" "$out/caught.txt"
    sort -u -o "$results/unviable" "$results/unviable" "$out/unviable.txt"
}

# The list's form of mutants, "file: mutation: source line" without numbers that change,
# and after a tab cargo's.
listed_form() {
    local file line column mutation
    while IFS=: read -r file line column mutation; do
        printf '%s\t%s\n' "$file:$mutation: $(sed -n "${line}s/^ *//p" "$file")" "$file:$line:$column:$mutation"
    done
}

# spare [all]: those in the list are spared the tests that follow. Where more are missed that
# look the same than are listed, it shows at the end which are caught: all are taken then.
spare() {
    grep -v -e '^#' -e '^$' "$equivalent" >"$results/listed"
    listed_form <"$out/missed.txt" >"$results/forms"
    awk -F '\t' -v all="${1-}" '
        FILENAME == ARGV[1] { listed[$0]++; next }
        FNR == 1 { pass++ }
        pass == 1 { missed[$1]++; next }
        (all || missed[$1] <= listed[$1]) && listed[$1]-- > 0 { print $2 }
    ' "$results/listed" "$results/forms" "$results/forms" | sort >"$results/now"
    cat "$results/now" >>"$results/spared"
    cat "$results/now" >>"$out/caught.txt"
    sort "$out/missed.txt" | comm -13 "$results/now" - >"$results/left"
    mv "$results/left" "$out/missed.txt"
}

# wanted STEP: whether there is anything for it. What one leaves goes to the next.
wanted() { [ "$1" = "$resume" ] || { [ "$1" -gt "$resume" ] && [ -s "$out/missed.txt" ]; }; }

[ ! -e "$out/timeout.txt" ] || collect
# Without the rooms above and below the manager the library is built in half the time.
! wanted 1 || RUSTFLAGS="${RUSTFLAGS-} --cfg mutants" mutants 10 --lib --iterate "$@"
[ -e "$results/spared" ] || [ -n "${LISTED-}" ] || spare
! wanted 2 || mutants 180 --test=c_tests --iterate "$@"
! wanted 3 || mutants 300 "--test=manager_random --test=rust_api --test=panics --test=oracle" --iterate "$@"
! wanted 4 || MGM_C_TESTS_RUN="test_oom test_api_stress" mutants 900 --test=c_tests --iterate "$@"

spare all
listed_form <"$out/missed.txt" | cut -f 1 >"$results/unlisted"
equal=$(wc -l <"$results/spared")
unlisted=$(wc -l <"$results/unlisted")
caught=$(grep -c -v -x -F -f "$results/spared" "$results/caught" || true)
unviable=$(wc -l <"$results/unviable")
viable=$((caught + equal + unlisted))
percent=$(awk "BEGIN { printf \"%.1f\", $viable ? 100 * $caught / $viable : 100 }")
if [ $# = 0 ]; then
    listed_form <"$results/spared" | cut -f 1 | sort >"$results/equal"
    sort "$results/listed" | comm -13 "$results/equal" - | sed 's/^/listed, but caught or not there: /'
fi
sed 's/^/missed: /' "$results/unlisted"
echo "mutants: $caught caught of $viable ($percent %), $equal equivalent (listed), $unviable unviable" |
    tee -a "${SUMMARY:-/dev/null}"
[ "$unlisted" = 0 ]
