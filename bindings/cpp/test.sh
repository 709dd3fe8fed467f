#!/bin/bash
# mgm.hpp of an installed tree: c-tests/cpp, with sanitizers too, and the example, which routes
# in the kernel.
#
#   PKG_CONFIG_PATH   where rtm.pc is
#   WORK              where to build (default: build/bindings/cpp)
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
work=${WORK:-$root/build/bindings/cpp}
mkdir -p "$work"
MGM_INCLUDE=$(pkg-config --variable=includedir rtm) MGM_LIB=$(pkg-config --variable=libdir rtm)
export MGM_INCLUDE MGM_LIB
"$root/c-tests/cpp/cpp.sh" --sanitize | tee "$work/log"
for compiler in g++ clang++; do
    command -v $compiler >/dev/null || continue
    # shellcheck disable=SC2046 # options
    $compiler -std=c++20 -O2 -Wall -Wextra -Wpedantic -Werror example/main.cpp -o "$work/cpp-example" \
        $(pkg-config --cflags --libs rtm) -pthread -Wl,-rpath,"$MGM_LIB"
done
code=0
../routes.sh "$work/cpp-example" || code=$?
[ $code = 0 ] || [ $code = 77 ] || exit $code
tail -n 1 "$work/log"
