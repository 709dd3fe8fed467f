#!/bin/bash
# The tests of the library for Windows, run by Wine: those of c-tests/windows/CMakeLists.txt,
# and a Rust program with the declarations of the windows-sys crate. Arguments go to ctest.
#
# Exit 77 (skipped), with the reason, where Wine or the Debian packages it takes are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
skip() {
    echo "skipped: $1"
    exit 77
}
scripts/deps.sh wine || { [ $? = 77 ] && skip "no Wine, or not what builds rtm.dll" || exit 1; }
scripts/windows.sh
build=$(cd "${BUILD:-build}/windows" && pwd)

wine=/usr/lib/wine/wine64
# A configuration of its own. Our DLL, not Wine's own rtm.dll; no .NET, no HTML, no debugger.
# Not in the tree: it has a link to the root, and cargo may look through all there is.
WINEPREFIX=$(mktemp -d)
export WINEPREFIX WINEDEBUG=-all WINEDLLOVERRIDES="rtm=n;mscoree=;mshtml=;winedbg.exe="
# Wine's server and services end with the tests; only those of this configuration.
trap '/usr/lib/wine/wineserver64 -k || true; /usr/lib/wine/wineserver64 -w || true; rm -rf "$WINEPREFIX"' EXIT
# Its first program sets it up: one at a time.
echo "setting up Wine in $WINEPREFIX"
$wine cmd /c exit >/dev/null 2>&1 || skip "Wine does not run here"

# The Rust program: std is there already, if it is built as the library is.
RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc /usr/bin/cargo build --locked --release \
    --manifest-path c-tests/windows/windows-sys/Cargo.toml \
    -Zbuild-std=std,panic_unwind --target x86_64-pc-windows-gnu --target-dir "$build/target"

cmake -S c-tests/windows -B "$build/c-tests" -DCMAKE_TOOLCHAIN_FILE="$root/c-tests/windows/mingw.cmake" \
    -DMGM_WINDOWS="$build" -DMGM_WINE=$wine \
    -DMGM_RUST_PROGRAM="$build/target/x86_64-pc-windows-gnu/release/windows-sys-client.exe"
cmake --build "$build/c-tests" --parallel
cd "$build/c-tests"
result=0
ctest --output-on-failure --parallel "$(nproc)" "$@" || result=$?
log=Testing/Temporary/LastTest.log
echo "Windows, by Wine: $(grep -c '^Test Passed' $log || true) programs," \
    "$(awk '/^[0-9]+ passed, / { cases += $1 } END { print cases + 0 }' $log) cases passed;" \
    "stress: $(awk -f "$root/scripts/stress.awk" $log)" | tee -a "${SUMMARY:-/dev/null}"
exit $result
