#!/bin/bash
# man_lint.sh [DIRECTORY]: the manual pages (default: docs/man) as man and mandoc see them,
# without a warning, and found by their names. Exit 77 without either.
set -euo pipefail
pages=$(cd "${1:-$(dirname "$0")/../docs/man}" && pwd)
for command in man mandoc; do
    command -v $command >/dev/null || { echo "skipped: no $command" && exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mandoc -T lint -W warning "$pages"/*.[0-9] || { echo "mandoc warns" && exit 1; }
count=0
for page in "$pages"/*.[0-9]; do
    LC_ALL=C.UTF-8 man --warnings -l -Tutf8 "$page" >"$work/text" 2>"$work/warnings"
    [ ! -s "$work/warnings" ] || { echo "man warns of $page:" && cat "$work/warnings" && exit 1; }
    # As `man NAME` looks for it.
    section=${page##*.}
    mkdir -p "$work/man/man$section"
    ln -s "$page" "$work/man/man$section/"
    name=$(basename "$page" ".$section")
    found=$(MANPATH=$work/man man -w "$section" "$name")
    [ "$(realpath "$found")" = "$page" ] || { echo "man $section $name finds $found" && exit 1; }
    count=$((count + 1))
done
echo "$count manual pages without a warning"
