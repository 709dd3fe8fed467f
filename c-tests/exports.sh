#!/usr/bin/env bash
# exports.sh LIBRARY: a shared library exports exactly the functions of exports.txt.
# Exit 77 (skipped) without nm.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
library=${1:?usage: exports.sh LIBRARY}

if ! command -v nm >/dev/null; then
    echo "skipped: no nm (package binutils)"
    exit 77
fi
# Not in a pipe with diff: a failing nm must fail the test.
symbols=$(nm -D --defined-only "$library")
exported=$(awk '{ print $NF }' <<<"$symbols" | LC_ALL=C sort)
if ! diff -u "$here/exports.txt" - <<<"$exported"; then
    echo "$library exports other functions than c-tests/exports.txt lists"
    exit 1
fi
echo "$(wc -l <"$here/exports.txt") functions exported, as listed"
