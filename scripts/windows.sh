#!/bin/bash
# windows.sh: the library for Windows (x86_64), from Debian packages alone: rtm.dll, its
# import library librtm.dll.a, and the headers, in build/windows.
#
# Debian has Rust for Windows in source only: std is built too, with its compiler of the
# same version, whose sources it packages. The rest of the project never uses that Rust.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/deps.sh windows
mkdir -p "${BUILD:-build}/windows"
build=$(cd "${BUILD:-build}/windows" && pwd)

# A toolchain of rustup's must not stand in for it.
unset RUSTUP_TOOLCHAIN
RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc /usr/bin/cargo build ${LOCKED-} --release --lib \
    -Zbuild-std=std,panic_unwind --target x86_64-pc-windows-gnu --target-dir "$build/target"
output=$build/target/x86_64-pc-windows-gnu/release
# Not touched if they are the same: what is linked with them is up to date then.
cmp -s "$output/rtm.dll" "$build/rtm.dll" || cp "$output/rtm.dll" "$output/librtm.dll.a" "$build/"
mkdir -p "$build/include"
cp include/*.h "$build/include/"
echo "built: $build/rtm.dll"
