#!/usr/bin/env bash
# The layout of mgm.h against Microsoft's, as mingw-w64 has it.
#
# layout_print.c is compiled three times: natively with our header (and run), for Windows
# with our header, and for Windows with mingw-w64's own. All three must state the same
# facts. compat_print.c does that for include/compat. Then our header must compile for Windows alone and together with the system's
# headers in any order.
# Exit 77 (skipped) without the mingw-w64 compiler.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
include=$(cd "$here/../../include" && pwd)
native=${CC:-gcc}
windows=x86_64-w64-mingw32-gcc
warnings=(-std=c11 -Wall -Wextra -Werror)

skip() {
    echo "skipped: $1"
    exit 77
}
command -v "$windows" >/dev/null || skip "no $windows (package gcc-mingw-w64-x86-64-posix)"
command -v strings >/dev/null || skip "no strings (package binutils)"
[ "$(echo __SIZEOF_POINTER__ | "$native" -E -P -)" = 8 ] || skip "not a 64-bit platform"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The facts in an object file.
facts() { strings -a -n 16 "$1" | grep -o 'FACT:.*' | sort; }

"$native" "${warnings[@]}" -I"$include" "$here/layout_print.c" -o "$work/native"
"$work/native" | sort >"$work/native.facts"
"$native" "${warnings[@]}" -I"$include" -c "$here/layout_print.c" -o "$work/native.o"
facts "$work/native.o" >"$work/native.o.facts"
"$windows" "${warnings[@]}" -I"$include" -c "$here/layout_print.c" -o "$work/windows.o"
facts "$work/windows.o" >"$work/windows.facts"
"$windows" "${warnings[@]}" -DREFERENCE -c "$here/layout_print.c" -o "$work/reference.o"
facts "$work/reference.o" >"$work/reference.facts"

count=$(wc -l <"$work/reference.facts")
if [ "$count" -lt 300 ]; then
    echo "only $count facts were read from the object file"
    exit 1
fi
for other in native.facts native.o.facts windows.facts; do
    if ! diff -u "$work/reference.facts" "$work/$other"; then
        echo "$other differs from mingw-w64's <mgm.h>"
        exit 1
    fi
done
echo "$count facts agree: native, our header for Windows, mingw-w64's header"

# The headers of include/compat against those of the same names.
"$native" "${warnings[@]}" -I"$include" -I"$include/compat" "$here/compat_print.c" -o "$work/compat"
"$work/compat" | sort >"$work/compat.facts"
"$windows" "${warnings[@]}" -c "$here/compat_print.c" -o "$work/compat.o"
facts "$work/compat.o" >"$work/compat_reference.facts"
count=$(wc -l <"$work/compat_reference.facts")
if [ "$count" -lt 600 ]; then
    echo "only $count facts of include/compat were read from the object file"
    exit 1
fi
if ! diff -u "$work/compat_reference.facts" "$work/compat.facts"; then
    echo "include/compat differs from the headers of mingw-w64"
    exit 1
fi
echo "$count facts of include/compat agree with mingw-w64's headers"

# Whether these headers compile in this order for Windows.
compiles() {
    printf '#include <%s>\n' "$@" >"$work/order.c"
    "$windows" "${warnings[@]}" ${flags[@]+"${flags[@]}"} -I"$include" -fsyntax-only \
        "$work/order.c" >"$work/order.log" 2>&1
}
must_compile() {
    if ! compiles "$@"; then
        echo "does not compile for Windows: $*"
        cat "$work/order.log"
        exit 1
    fi
    orders=$((orders + 1))
}

orders=0
flags=()
must_compile mgm.h
must_compile mgmhost.h
must_compile mgm.h mgmhost.h mgm.h
must_compile windows.h mgm.h
must_compile mgm.h winsock2.h windows.h
must_compile winsock2.h mgm.h
must_compile winsock2.h windows.h iprtrmib.h mgm.h rtmv2.h
must_compile mgm.h iphlpapi.h

# Our header at each place in each order of the system's; in two of them without
# MGM_TEST_LONG. What stands before it must compile by itself: <routprot.h> needs
# <windows.h> and MPR50, and breaks a later <iprtrmib.h>.
flags=(-DMPR50=1)
all_orders=("windows iprtrmib routprot" "routprot iprtrmib windows" "windows routprot iprtrmib"
    "iprtrmib windows routprot" "iprtrmib routprot windows" "routprot windows iprtrmib")
[ -n "${MGM_TEST_LONG-}" ] || all_orders=("${all_orders[@]:0:2}")
for order in "${all_orders[@]}"; do
    read -r a b c <<<"$order"
    must_compile mgm.h "$a.h" "$b.h" "$c.h"
    for place in 1 2 3; do
        all=("$a.h" "$b.h" "$c.h")
        before=("${all[@]:0:place}")
        compiles "${before[@]}" || continue
        must_compile "${before[@]}" mgm.h "${all[@]:place}"
    done
done
echo "$orders orders of inclusion compile for Windows"
