#!/bin/bash
# deps.sh GROUP: are the Debian packages there that something needs? The groups: demo, check
# (the tests), bench, tsan, valgrind, packages, bindings and wine (those tests), windows
# (rtm.dll), full (all tests).
# As root the missing ones are installed, otherwise they are named.
#
# 77: the machine lacks some, and they are not to be had here. Any other failure is one.
set -euo pipefail

# A file or command that shows the package is there, and the package.
demo=(
    "gcc gcc"
    "ip iproute2"
    "unshare util-linux"
    "nsenter util-linux"
)
check=(
    "${demo[@]}"
    "g++ g++"
    "nm binutils"
    "cmake cmake"
    "ctest cmake"
    "strace strace"
    "clang clang"
    "pkg-config pkg-config"
    "doxygen doxygen"
    "abidiff abigail-tools"
    "man man-db"
    "mandoc mandoc"
    "/usr/share/mingw-w64/include/mgm.h mingw-w64-common"
    "x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64-posix"
    "x86_64-w64-mingw32-g++ g++-mingw-w64-x86-64-posix"
)
tsan=(
    "/usr/bin/rustc rustc-web"
    "/usr/bin/cargo cargo-web"
    "/usr/lib/rustlib/src/rust/library rust-web-src"
    "clang-22 clang-22"
    "/usr/lib/llvm-22/bin/llvm-symbolizer llvm-22"
    "/usr/lib/llvm-22/lib/clang/22/include/sanitizer libclang-rt-22-dev"
)
valgrind=("valgrind valgrind")
bench=(
    "${demo[@]}"
    "cmake cmake"
    "gnuplot gnuplot-nox"
)
packages=(
    "dpkg-buildpackage dpkg-dev"
    "dh debhelper"
    "lintian lintian"
    "/usr/include/openssl/ssl.h libssl-dev"
)
bindings=(
    "pkg-config pkg-config"
    "readelf binutils"
    "x86_64-w64-mingw32-g++ g++-mingw-w64-x86-64-posix"
    "/usr/share/python-wheels python3-venv"
    "/usr/lib/python3/dist-packages/setuptools python3-setuptools"
    "/usr/lib/python3/dist-packages/wheel python3-wheel"
    "mypy mypy"
    "go golang-go"
    "mcs mono-mcs"
    "mono mono-runtime"
)
windows=(
    "/usr/bin/rustc rustc-web"
    "/usr/bin/cargo cargo-web"
    "/usr/lib/rustlib/src/rust/library rust-web-src"
    "x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64-posix"
)
wine=(
    "/usr/lib/wine/wine64 wine64"
    "x86_64-w64-mingw32-g++ g++-mingw-w64-x86-64-posix"
    "gcc gcc"
    "cmake cmake"
    "ctest cmake"
)

case ${1:-} in
demo | check | bench | windows) groups=("$1") ;;
wine) groups=(windows wine) ;;
tsan | valgrind | packages | bindings) groups=(check "$1") ;;
full) groups=(check tsan valgrind packages bindings windows wine) ;;
*)
    sed -n '2,4s/^# //p' "$0" >&2
    exit 2
    ;;
esac
wanted=()
for name in "${groups[@]}"; do
    declare -n group=$name
    wanted+=("${group[@]}")
done

# iproute2 puts ip into a directory that not every user has in the PATH.
PATH=$PATH:/usr/sbin:/sbin

missing_packages() {
    local line
    for line in "${wanted[@]}"; do
        case ${line% *} in
        /*) [ -e "${line% *}" ] || echo "${line#* }" ;;
        *) command -v "${line% *}" >/dev/null || echo "${line#* }" ;;
        esac
    done | sort -u | tr '\n' ' '
}

if ! command -v cargo >/dev/null; then
    echo "No cargo: install a Rust toolchain first (https://rustup.rs)." >&2
    exit 1
fi
if [[ " demo bench windows wine " != *" $1 "* ]]; then
    for component in fmt:rustfmt clippy:clippy; do
        cargo "${component%:*}" --version >/dev/null 2>&1 && continue
        if command -v rustup >/dev/null; then
            rustup component add "${component#*:}"
        else
            echo "No cargo ${component%:*}: add ${component#*:} to the Rust toolchain." >&2
            exit 1
        fi
    done
fi

missing=$(missing_packages)
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Missing Debian packages. Install them, then try again:" >&2
    echo "  sudo apt-get update && sudo apt-get install --no-install-recommends $missing" >&2
    exit 77
fi
echo "Installing: $missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
unknown=
for package in $missing; do
    apt-cache show "$package" >/dev/null 2>&1 || unknown+="$package "
done
if [ -n "$unknown" ]; then
    echo "This system has no packages of these names: $unknown" >&2
    exit 77
fi
# shellcheck disable=SC2086 # one word each
apt-get install -q -y --no-install-recommends $missing
missing=$(missing_packages)
if [ -n "$missing" ]; then
    echo "Installed, but what is needed of them is not there: $missing" >&2
    exit 1
fi
