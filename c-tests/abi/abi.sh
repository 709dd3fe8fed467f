#!/bin/bash
# The C interface is what it was: abidiff compares a C library that uses all of mgm.h and
# mgmhost.h with the committed description of an earlier one (baseline.abi).
#
#   abi.sh [HEADERS]  compares (HEADERS: a directory; default: include)
#   abi.sh --update   describes the interface as it is now; for additions. What removes or
#                     changes something breaks programs: it needs another SONAME
#
# The library has a pointer to each function, a structure of each type and an enumerator for
# each constant of the headers, so that nothing of them is missing in its debug information.
# The manager's own is Rust's: it knows neither the names nor the typedefs of C.
# Exit 77 (skipped) without abidiff, or on another architecture than the baseline's.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
update=
[ "${1-}" != --update ] || { update=1 && shift; }
include=$(cd "${1:-$here/../../include}" && pwd)
for command in abidiff abidw gcc; do
    command -v $command >/dev/null || { echo "skipped: no $command (package abigail-tools)" && exit 77; }
done
[ "$(gcc -dumpmachine)" = x86_64-linux-gnu ] || { echo "skipped: the baseline is of x86_64-linux-gnu" && exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

headers=("$include/mgm.h" "$include/mgmhost.h")
functions=$(sed -n 's/^[A-Za-z].*MGM_CALL \(Mgm[A-Za-z]*\)(.*/\1/p' "${headers[@]}" | LC_ALL=C sort -u)
types=$(sed -n 's/^typedef .*[ *(]\([A-Za-z_]*\);$/\1/p; s/^typedef .*(MGM_CALL \*\([A-Za-z_]*\))(.*/\1/p' "${headers[@]}" | sort -u)
# Those with a number; what a macro with parameters gives, a test of layouts knows.
constants=$(gcc -E -dM -I"$include" "$include/mgmhost.h" |
    sed -n 's/^#define \([A-Z][A-Z0-9_]*\) \([0-9(P].*\)/\1/p' | sort -u |
    while read -r name; do ! grep -q "define $name\b" "${headers[@]}" || echo "$name"; done)
[ "$(wc -w <<<"$functions")" -ge 38 ] && [ "$(wc -w <<<"$types")" -ge 60 ] && [ "$(wc -w <<<"$constants")" -ge 80 ] ||
    { echo "not all of the headers was read: $(wc -w <<<"$functions") functions, $(wc -w <<<"$types") types," \
        "$(wc -w <<<"$constants") constants" && exit 1; }
diff <(echo "$functions") "$here/../exports.txt" || { echo "the headers declare other functions than are exported" && exit 1; }
diff <(sed -n 's/^ \(Mgm[A-Za-z]*\)@.*/\1/p' "$here/../../debian/librtm1.symbols") "$here/../exports.txt" ||
    { echo "debian/librtm1.symbols lists other functions than are exported" && exit 1; }
{
    echo '#include <mgmhost.h>'
    for name in $functions; do echo "__typeof__(&$name) use_$name;"; done
    # Behind a pointer a structure that nobody completes would do.
    for name in $types; do echo "struct use_type_$name { $name member; } use_type_$name;"; done
    # Each an enumerator of its own type: of one type abidiff would name only the first change.
    for name in $constants; do echo "enum use_$name { value_of_$name = (int)($name) } use_$name;"; done
} >"$work/interface.c"
gcc -std=c11 -g -shared -fPIC -fno-eliminate-unused-debug-types -I"$include" "$work/interface.c" -o "$work/librtm-interface.so"

if [ -n "$update" ]; then
    abidw --no-corpus-path --no-comp-dir-path --no-show-locs "$work/librtm-interface.so" |
        sed "s|path='[^']*/interface.c'|path='interface.c'|" >"$here/baseline.abi"
    echo "$here/baseline.abi written"
    exit
fi
if ! abidiff "$here/baseline.abi" "$work/librtm-interface.so" >"$work/differences"; then
    cat "$work/differences"
    if abidiff --no-added-syms "$here/baseline.abi" "$work/librtm-interface.so" >/dev/null; then
        echo "only additions: record them with c-tests/abi/abi.sh --update"
    else
        echo "programs that were built before would break"
    fi
    exit 1
fi
echo "the C interface is the baseline's: $(wc -w <<<"$functions") functions, $(wc -w <<<"$types") types, $(wc -w <<<"$constants") constants"
