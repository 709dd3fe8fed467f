#!/bin/bash
# The crate mgm against an installed library: its tests, the examples of its documentation,
# the client in the kernel, and that no program can have two managers.
#
#   MGM_LIB   the directory of librtm.so; where pkg-config finds it, if not set
#   WORK      where to build (default: build/bindings/rust)
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
work=${WORK:-$root/build/bindings/rust}
mkdir -p "$work"
work=$(cd "$work" && pwd)
export CARGO_TARGET_DIR=$work/target
if [ -n "${MGM_LIB-}" ]; then
    export RTM_LIB_DIR=$MGM_LIB LD_LIBRARY_PATH=$MGM_LIB
else
    LD_LIBRARY_PATH=$(pkg-config --variable=libdir rtm)
    export LD_LIBRARY_PATH
fi
unset MGM_FORWARDER

cargo fmt --check
cargo clippy --locked --all-targets -- -D warnings
cargo test --locked 2>&1 | tee "$work/log"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps
cargo build --locked --example client
client=$CARGO_TARGET_DIR/debug/examples/client
readelf -d "$client" | grep -q 'NEEDED.*librtm\.so\.1' || { echo "the client does not need librtm.so.1" >&2; exit 1; }

# refused WORDS COMMAND...: fails, with these words.
refused() {
    if "${@:2}" >"$work/refused" 2>&1 || ! grep -q "$1" "$work/refused"; then
        echo "not refused ($1): ${*:2}" >&2
        cat "$work/refused" >&2
        exit 1
    fi
}
# A static library alone is none.
mkdir -p "$work/static"
: >"$work/static/librtm.a"
refused 'only the shared library will do' \
    env RTM_LIB_DIR="$work/static" cargo check --locked --target-dir "$work/static/target"
# Nor can a program have the manager's own crate too.
mkdir -p "$work/both/src"
cat >"$work/both/Cargo.toml" <<BOTH
[package]
name = "both"
version = "0.0.0"
edition = "2024"
[dependencies]
mgm = { path = "$PWD" }
multicast-group-manager = { path = "$root" }
[workspace]
BOTH
: >"$work/both/src/lib.rs"
refused 'links to the native library `rtm`\|links to native library `rtm`' \
    cargo metadata --format-version 1 --manifest-path "$work/both/Cargo.toml"
echo "a static library and a second manager are refused"

code=0
../routes.sh "$client" || code=$?
[ $code = 77 ] && echo "not in the kernel" || [ $code = 0 ] || exit $code
passed=$(awk "/^test result: ok/ { sum += \$4 } END { print sum }" "$work/log")
echo "Rust: $passed tests"
