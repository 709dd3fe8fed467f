#!/bin/bash
# The C tests with library and tests instrumented by AddressSanitizer and LeakSanitizer.
# The scripts with namespaces, the demo, and the cases through the Rust API are left to
# MGM_TEST_LONG=1, which also lets the stress test run for a minute. Arguments go to ctest.
#
# The same toolchain builds the instrumented library: RUSTC_BOOTSTRAP lets it use the
# unstable flag. That the instrumentation is on is checked, and so is that it finds
# something: a program that uses memory after freeing it must be caught.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
build=${BUILD:-build}/asan
target=$(rustc -vV | sed -n 's/^host: //p')

targets=(--lib)
[ -z "${MGM_TEST_LONG-}" ] || targets+=(--example rust_door)
RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address -Cforce-frame-pointers=yes" \
    cargo build --profile sanitized "${targets[@]}" --target "$target" --target-dir "$build/target" ${LOCKED-}
output=$(realpath "$build/target/$target/sanitized")
library=$output/librtm.so
door=
[ -z "${MGM_TEST_LONG-}" ] || door=$output/examples/librust_door.so
for built in "$library" $door; do
    if [ "$(nm -D "$built" | grep -c __asan_report)" -eq 0 ]; then
        echo "$built is not instrumented" >&2
        exit 1
    fi
done

cat >"$build/planted.c" <<'PLANTED'
#include <stdlib.h>
int main(void) {
    volatile char *freed = malloc(8);
    free((void *)freed);
    return freed[3];
}
PLANTED
gcc -fsanitize=address -g -w "$build/planted.c" -o "$build/planted"
if "$build/planted" 2>/dev/null; then
    echo "the planted fault was not found: AddressSanitizer is not at work" >&2
    exit 1
fi
echo "instrumented: $(nm -D "$library" | grep -c __asan) asan symbols in librtm.so; the planted fault is found"

cmake -S c-tests -B "$build/c-tests" -DMGM_LIBRARY="$library" -DMGM_RUST_DOOR="$door" -DMGM_SANITIZE=address
cmake --build "$build/c-tests" --parallel
build=$(cd "$build" && pwd)
rm -rf "$build/reports"
mkdir "$build/reports"
cd "$build/c-tests"
# The scripts about headers, exports and other compilers have nothing to instrument.
excluded='abi|layout|headers|exports|docs/.*|compat.headers|cpp|install/.*|bench/.*|protocols/windows|oom.*'
[ -n "${MGM_TEST_LONG-}" ] || excluded+='|netns/.*|demo.*'
passed=0
ASAN_OPTIONS="log_path=$build/reports/asan" \
    ctest --output-on-failure --parallel "$(nproc)" -E "^($excluded)$" "$@" || passed=$?
findings=$(cat "$build"/reports/* 2>/dev/null | grep -c '^==[0-9]*==ERROR: ' || true)
[ "$findings" = 0 ] || cat "$build"/reports/*
log=Testing/Temporary/LastTest.log
echo "AddressSanitizer: $(grep -c '^Test Passed' $log) tests; $(awk -f "$root/scripts/stress.awk" $log);" \
    "$findings findings, leaks included" | tee -a "${SUMMARY:-/dev/null}"
[ "$findings" = 0 ] && exit "$passed"
