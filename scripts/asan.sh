#!/bin/bash
# The C tests with library and tests instrumented by AddressSanitizer and LeakSanitizer.
# MGM_TEST_LONG=1 lets the stress test run for a minute. Arguments go to ctest.
#
# The same toolchain builds the instrumented library: RUSTC_BOOTSTRAP lets it use the
# unstable flag. That the instrumentation is on is checked, and so is that it finds
# something: a program that uses memory after freeing it must be caught.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build}/asan
target=$(rustc -vV | sed -n 's/^host: //p')

RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address -Cforce-frame-pointers=yes" \
    cargo build --profile sanitized --lib --target "$target" --target-dir "$build/target" ${LOCKED-}
library=$PWD/$build/target/$target/sanitized/librtm.so
case $library in *//*) library=${library#"$PWD/"} ;; esac
if [ "$(nm -D "$library" | grep -c __asan_report)" -eq 0 ]; then
    echo "$library is not instrumented" >&2
    exit 1
fi

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

cmake -S c-tests -B "$build/c-tests" -DMGM_LIBRARY="$library" -DMGM_SANITIZE=address
cmake --build "$build/c-tests" --parallel
cd "$build/c-tests"
# The scripts about headers, exports and other compilers have nothing to instrument.
ctest --output-on-failure -E '^(layout|headers|exports|protocols/windows|oom.*)$' "$@"
