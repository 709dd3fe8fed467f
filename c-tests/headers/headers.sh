#!/usr/bin/env bash
# mgm.h and mgmhost.h, each included alone, compile without a warning in every language
# and with every compiler they promise to.
#
# Compilers that are not installed are left out; without any, exit 77 (skipped).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
include=$(cd "$here/../../include" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

warnings=(-Wall -Wextra -Wpedantic -Werror)
compiled=0

# compile COMPILER STANDARD EXTENSION WARNING...
compile() {
    local compiler=$1 standard=$2 extension=$3 header
    shift 3
    if ! command -v "$compiler" >/dev/null; then
        echo "without $compiler -std=$standard: not installed"
        return
    fi
    for header in mgm.h mgmhost.h; do
        # Alone; twice; and used.
        printf '#include <%s>\ntypedef DWORD not_empty;\n' "$header" >"$work/alone.$extension"
        printf '#include <%s>\n#include <%s>\n#include "%s"\n' "$header" "$header" \
            "$here/use_headers.h" >"$work/used.$extension"
        for file in alone used; do
            "$compiler" -std="$standard" "${warnings[@]}" "$@" -I"$include" \
                -c "$work/$file.$extension" -o "$work/$file.o"
            compiled=$((compiled + 1))
        done
    done
}

for standard in c99 c11 c17; do
    for compiler in gcc clang; do
        compile "$compiler" "$standard" c -Wstrict-prototypes
    done
done
for compiler in g++ clang++; do
    compile "$compiler" c++17 cpp
done

if [ "$compiled" = 0 ]; then
    echo "skipped: no compiler"
    exit 77
fi
echo "$compiled files compiled without a warning"
