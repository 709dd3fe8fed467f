#!/bin/bash
# bindings.sh [NAME...]: the library from other languages (cpp, rust, python, go, csharp), each
# against an installed tree: `make install` puts one into build/bindings/installed.
#
# A language without its tools is left out, and said so; the Debian packages are those of
# `scripts/deps.sh bindings`. 77: nothing could be tested.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "${BUILD:-build}/bindings"
build=$(cd "${BUILD:-build}/bindings" && pwd)
stage=$build/installed
if ! command -v pkg-config >/dev/null; then
    echo "bindings: skipped, no pkg-config" | tee -a "${SUMMARY:-/dev/null}"
    exit 77
fi
rm -rf "$stage"
make --no-print-directory install PREFIX="$stage" DESTDIR= >"$build/install.log"
export PKG_CONFIG_PATH=$stage/lib/pkgconfig
# Nothing of the source tree may stand in for what is not installed.
unset MGM_LIB MGM_INCLUDE MGM_LIBRARY RTM_LIB_DIR LD_LIBRARY_PATH

version=$(pkg-config --modversion rtm)
for each in rust/Cargo.toml python/pyproject.toml; do
    grep -qx "version = \"$version\"" "bindings/$each" || {
        echo "bindings/$each is not of version $version" >&2
        exit 1
    }
done

# run NAME: the test of one binding.
run() {
    case $1 in
    cpp | rust | python | go | csharp) WORK=$build/$1 "bindings/$1/test.sh" ;;
    *)
        echo "no binding: $1" >&2
        return 2
        ;;
    esac
}

names=("$@")
[ $# -gt 0 ] || names=(cpp rust python go csharp)
results=() failed=0 passed=0
for name in "${names[@]}"; do
    echo "== $name"
    code=0
    (run "$name") >"$build/$name.log" 2>&1 || code=$?
    cat "$build/$name.log"
    case $code in
    0)
        passed=$((passed + 1))
        results+=("$name: $(tail -n 1 "$build/$name.log")")
        ;;
    77) results+=("$name: $(grep -h skipped "$build/$name.log" | tail -n 1)") ;;
    *)
        failed=1
        results+=("$name: FAILED, see $build/$name.log")
        ;;
    esac
done
printf 'Bindings, %s\n' "${results[@]}" | tee -a "${SUMMARY:-/dev/null}"
[ $failed = 0 ] || exit 1
[ $passed -gt 0 ] || exit 77
