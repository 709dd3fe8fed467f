#!/usr/bin/env bash
# exports.sh LIBRARY: a shared library exports exactly the functions of exports.txt.
# Exit 77 (skipped) without nm, or without what reads a DLL.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
library=${1:?usage: exports.sh LIBRARY}

case $library in
*.dll) tool=x86_64-w64-mingw32-objdump package=binutils-mingw-w64-x86-64 ;;
*) tool=nm package=binutils ;;
esac
if ! command -v "$tool" >/dev/null; then
    echo "skipped: no $tool (package $package)"
    exit 77
fi
# Not in a pipe with diff: a failing tool must fail the test.
if [ "$tool" = nm ]; then
    symbols=$(nm -D --defined-only "$library")
else
    # The lines "[ordinal] name" of the table of names.
    symbols=$("$tool" -p "$library" | sed -n '/Ordinal\/Name Pointer/,/^$/s/^[[:space:]]*\[ *[0-9]*\]\( +base\[ *[0-9]*\] *[0-9a-f]*\)\?//p')
fi
exported=$(awk '{ print $NF }' <<<"$symbols" | LC_ALL=C sort)
if ! diff -u "$here/exports.txt" - <<<"$exported"; then
    echo "$library exports other functions than c-tests/exports.txt lists"
    exit 1
fi
echo "$(wc -l <"$here/exports.txt") functions exported, as listed"
