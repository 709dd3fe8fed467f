#!/usr/bin/env bash
# Sources written for Windows compile without a warning, unchanged, on Linux with
# include/compat and for Windows with mingw-w64's own headers: each header alone, the headers
# in every order, and a whole protocol; as C99, C11, C17 and C++17.
#
# Compilers that are not installed are left out; without any, exit 77 (skipped).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
include=$(cd "$here/../../include" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
warnings=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only)
compiled=0

# compile WHAT COMPILER OPTION...
compile() {
    if ! "${@:2}" "${warnings[@]}" >"$work/log" 2>&1; then
        echo "does not compile: $1 (${*:2})"
        cat "$work/log"
        exit 1
    fi
    compiled=$((compiled + 1))
}
has() {
    command -v "$1" >/dev/null && return
    echo "without $1: not installed"
    return 1
}

# Each header alone and twice, on Linux.
alone() {
    local header
    for header in "$include"/compat/*.h; do
        header=$(basename "$header")
        printf '#define MPR50 1\n#include <%s>\n#include <%s>\ntypedef int not_empty;\n' "$header" "$header" >"$work/alone.c"
        compile "$header" "$@" -I"$include" -I"$include/compat" "$work/alone.c"
    done
}

# The protocol: on Linux; for Windows with mingw-w64's <mgm.h>, and with ours.
ported() { compile "the ported protocol" "$@" "$here/ported.c"; }

for standard in c99 c11 c17; do
    for compiler in gcc clang; do
        has "$compiler" || continue
        alone "$compiler" -std=$standard
        ported "$compiler" -std=$standard -Wstrict-prototypes -I"$include" -I"$include/compat"
    done
    has x86_64-w64-mingw32-gcc || continue
    ported x86_64-w64-mingw32-gcc -std=$standard -I"$include/compat"
    ported x86_64-w64-mingw32-gcc -std=$standard -I"$include" -I"$include/compat"
    # Without include/compat: this order is one that mingw-w64's headers do not take by themselves.
    ported x86_64-w64-mingw32-gcc -std=$standard -include windows.h -include iprtrmib.h
done
for compiler in g++ clang++; do
    has "$compiler" || continue
    alone "$compiler" -x c++ -std=c++17
    ported "$compiler" -x c++ -std=c++17 -I"$include" -I"$include/compat"
done
if has x86_64-w64-mingw32-g++; then
    ported x86_64-w64-mingw32-g++ -x c++ -std=c++17 -I"$include/compat"
    ported x86_64-w64-mingw32-g++ -x c++ -std=c++17 -I"$include" -I"$include/compat"
fi

# The headers in any order, <windows.h> first, as for Windows; on Linux anywhere. Without
# MGM_TEST_LONG those in which each stands at each place.
order() {
    local option=$1 compiler=$2
    shift 2
    printf '#define MPR50 1\n' >"$work/order.c"
    printf '#include <%s.h>\n' "$@" >>"$work/order.c"
    # shellcheck disable=SC2086 # one word each
    compile "the order $*" "$compiler" -std=c11 $option "$work/order.c"
}
permutations() {
    local option=$1 compiler=$2 done=$3 left=$4 one
    if [ -z "$left" ]; then
        # shellcheck disable=SC2086
        order "$option" "$compiler" $done
        return
    fi
    for one in $left; do
        permutations "$option" "$compiler" "$done $one" "$(tr ' ' '\n' <<<"$left" | grep -vx "$one" | tr '\n' ' ' | sed 's/ $//')"
    done
}
rotations() {
    local option=$1 compiler=$2 first=$3 place
    shift 3
    for ((place = 0; place < $#; place++)); do
        # shellcheck disable=SC2086
        order "$option" "$compiler" $first "$@"
        set -- "${@:2}" "$1"
    done
}
names=(mprapi routprot iprtrmib mgm rtmv2)
if has gcc; then
    if [ -n "${MGM_TEST_LONG-}" ]; then
        permutations "-I$include -I$include/compat" gcc "" "windows ${names[*]}"
    else
        rotations "-I$include -I$include/compat" gcc "" windows "${names[@]}" iphlpapi ipmib winerror mgmhost
    fi
fi
if has x86_64-w64-mingw32-gcc; then
    for option in "-I$include/compat" "-I$include -I$include/compat"; do
        # mingw-w64's <mgm.h> needs what ours includes by itself.
        if [ "$option" = "-I$include/compat" ]; then
            rotations "$option" x86_64-w64-mingw32-gcc windows mprapi routprot iprtrmib rtmv2
        elif [ -n "${MGM_TEST_LONG-}" ]; then
            permutations "$option" x86_64-w64-mingw32-gcc windows "${names[*]}"
        else
            rotations "$option" x86_64-w64-mingw32-gcc windows "${names[@]}"
        fi
    done
fi

if [ "$compiled" = 0 ]; then
    echo "skipped: no compiler"
    exit 77
fi
echo "$compiled compilations without a warning"
