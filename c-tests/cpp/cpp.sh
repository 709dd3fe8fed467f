#!/bin/bash
# mgm.hpp: wrapper.cpp and a second file that includes it compile without a warning with g++
# and clang++, and the tests pass; with --sanitize also under AddressSanitizer and
# UndefinedBehaviorSanitizer. It also compiles for Windows, where that compiler is installed.
#
#   MGM_INCLUDE, MGM_LIB   the directories with mgm.hpp and with librtm.so
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-std=c++20 -g -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I"${MGM_INCLUDE:?}")
echo '#include <mgm.hpp>
std::string other_file() { return std::error_code(mgm::Errc::not_found).message() + mgm::Address(1, 2, 3, 4).text(); }
mgm::Registration other_registration() { return {}; }' >"$work/other.cpp"
with=()

# build_and_run COMPILER OPTION...
build_and_run() {
    "$@" "${flags[@]}" "$here/wrapper.cpp" "$work/other.cpp" -o "$work/wrapper" \
        -L"${MGM_LIB:?}" -lrtm -pthread -Wl,-rpath,"$MGM_LIB"
    echo "$*:"
    env -u MGM_FORWARDER "$work/wrapper" | tee "$work/log"
    with+=("$1${2:+ with sanitizers}")
}

for compiler in g++ clang++; do
    if command -v $compiler >/dev/null; then
        build_and_run $compiler
    else
        echo "without $compiler: not installed"
    fi
done
if [ ${#with[@]} = 0 ]; then
    echo "skipped: neither g++ nor clang++"
    exit 77
fi
if [ "${1-}" = --sanitize ] && command -v g++ >/dev/null; then
    build_and_run g++ -fsanitize=address,undefined -fno-sanitize-recover=all
fi
if command -v x86_64-w64-mingw32-g++ >/dev/null; then
    x86_64-w64-mingw32-g++ -std=c++20 -Wall -Wextra -Wpedantic -Werror -I"$MGM_INCLUDE" -c "$here/wrapper.cpp" \
        -o "$work/wrapper.obj"
    windows="compiles for Windows"
else
    windows="not compiled for Windows: no x86_64-w64-mingw32-g++"
fi
echo "C++: $(tail -n 1 "$work/log") with ${with[*]}; $windows"
