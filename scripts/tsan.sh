#!/bin/bash
# The C tests with library, std and tests instrumented by ThreadSanitizer.
# MGM_TEST_LONG=1 lets the stress test run for a minute. Arguments go to ctest.
#
# A std that is not instrumented hides the library's locks and reports them as races, so
# std is built too: with Debian's Rust, which has its sources, and clang of the same LLVM.
# The rest of the project never uses that Rust.
#
# That it is at work is checked: functions of std in librtm.so are instrumented, and races
# planted in C and inside a function of std are found.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
scripts/deps.sh tsan
mkdir -p "${BUILD:-build}/tsan"
build=$(cd "${BUILD:-build}/tsan" && pwd)
target=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
output=$build/target/$target/sanitized

# Each test is a process; a second at the end of each is too long.
export TSAN_OPTIONS="atexit_sleep_ms=10 external_symbolizer_path=/usr/lib/llvm-22/bin/llvm-symbolizer second_deadlock_stack=1"

instrumented_build() {
    RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTFLAGS="-Zsanitizer=thread -Cforce-frame-pointers=yes" \
        /usr/bin/cargo build -Zbuild-std=std,panic_unwind --profile sanitized --target "$target" \
        --target-dir "$build/target" "$@"
}
instrumented_build --lib --example rust_door ${LOCKED-}
library=$output/librtm.so

# Functions of std that call the sanitizer; one that is nowhere but in std among them.
objdump -d -C --no-show-raw-insn "$library" |
    awk '/^[0-9a-f]+ </ { name = $0; sub(/^[^<]*</, "", name); sub(/>:$/, "", name) }
        /call.*__tsan_/ && name ~ /^<?std::/ && name !~ /rtm::/ { print name }' | sort -u >"$build/std"
if ! grep -q 'std::sys::sync::mutex::futex::Mutex>*::lock_contended' "$build/std"; then
    echo "std is not instrumented in $library" >&2
    exit 1
fi

# One thread writes while another reads: in C, and inside std::path.
mkdir -p "$build/planted/src"
# The profile is the library's, so that std need not be built again.
cat >"$build/planted/Cargo.toml" <<'PLANTED'
[package]
name = "planted"
version = "0.0.0"
edition = "2024"
[lib]
crate-type = ["cdylib"]
[workspace]
[profile.sanitized]
inherits = "release"
lto = false
codegen-units = 16
debug = true
PLANTED
cat >"$build/planted/src/lib.rs" <<'PLANTED'
//! The names of files in a buffer, read by std, while somebody else writes there.
use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};
#[unsafe(no_mangle)]
pub unsafe extern "C" fn file_name_length(name: *const u8, length: usize) -> usize {
    // SAFETY: none, it is a planted race.
    let name = unsafe { std::slice::from_raw_parts(name, length) };
    Path::new(OsStr::from_bytes(name)).file_name().map_or(0, OsStr::len)
}
PLANTED
cat >"$build/planted/planted.c" <<'PLANTED'
#include <pthread.h>
#include <stddef.h>
extern size_t file_name_length(const char *name, size_t length);
static char name[] = "one/two";
static size_t length;
static void *write_name(void *unused) { name[5] = 'x'; return unused; }
static void *read_name(void *unused) {
#ifdef IN_STD
    length = file_name_length(name, sizeof name - 1);
#else
    length = (size_t)name[5];
#endif
    return unused;
}
int main(void) {
    pthread_t one, other;
    pthread_create(&one, NULL, write_name, NULL);
    pthread_create(&other, NULL, read_name, NULL);
    pthread_join(one, NULL);
    pthread_join(other, NULL);
    return length == 0;
}
PLANTED
(cd "$build/planted" && instrumented_build --lib)
# planted_race WHERE REPORTED OPTIONS...
planted_race() {
    clang-22 -fsanitize=thread -g "$build/planted/planted.c" -o "$build/planted/race" "${@:3}"
    if "$build/planted/race" 2>"$build/planted/report"; then
        echo "the race planted in $1 was not found: ThreadSanitizer is not at work" >&2
        exit 1
    fi
    grep -q 'WARNING: ThreadSanitizer: data race' "$build/planted/report" && grep -q "$2" "$build/planted/report" ||
        { cat "$build/planted/report" >&2; exit 1; }
}
planted_race C 'in read_name'
planted_race std 'in .*std::path::' -DIN_STD -L"$output" -lplanted -Wl,-rpath,"$output"
echo "the races planted in C and in std are found"

cmake -S c-tests -B "$build/c-tests" -DMGM_LIBRARY="$library" -DMGM_RUST_DOOR="$output/examples/librust_door.so" \
    -DMGM_SANITIZE=thread -DCMAKE_C_COMPILER=clang-22
cmake --build "$build/c-tests" --parallel
rm -rf "$build/reports"
mkdir "$build/reports"
cd "$build/c-tests"
# The scripts about headers, exports and other compilers have nothing to instrument.
excluded='abi|layout|headers|exports|docs/.*|compat.headers|cpp|install/.*|bench/.*|protocols/windows|oom.*'
passed=0
TSAN_OPTIONS+=" log_path=$build/reports/race" \
    ctest --output-on-failure --parallel "$(nproc)" -E "^($excluded)$" "$@" || passed=$?
findings=$(cat "$build"/reports/* 2>/dev/null | grep -c '^WARNING: ThreadSanitizer' || true)
[ "$findings" = 0 ] || cat "$build"/reports/*
log=Testing/Temporary/LastTest.log
echo "ThreadSanitizer: $(grep -c '^Test Passed' $log) tests; $(awk -f "$root/scripts/stress.awk" $log); $findings findings;" \
    "std instrumented: $(wc -l <"$build/std") functions" | tee -a "${SUMMARY:-/dev/null}"
[ "$findings" = 0 ] && exit "$passed"
