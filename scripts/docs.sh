#!/bin/bash
# docs.sh [DIRECTORY]: the reference for C programs as HTML, from the headers' comments, into
# DIRECTORY/html (default: build/doxygen). Whatever is not documented, or not as doxygen
# wants it, is an error. Exit 77 without doxygen.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v doxygen >/dev/null; then
    echo "skipped: no doxygen"
    exit 77
fi
out=${1:-${BUILD:-build}/doxygen}
mkdir -p "$out"
rm -rf "$out/html"
MGM_VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
export MGM_VERSION MGM_DOXYGEN_OUTPUT=$out
doxygen docs/doxygen/Doxyfile
[ -s "$out/html/mgm_8h.html" ] || { echo "doxygen wrote no page about mgm.h" && exit 1; }
echo "doxygen: no warning; $(find "$out/html" -name '*.html' | wc -l) pages in $out/html"
