#!/bin/bash
# conformance.sh DIRECTORY CASE...: the cases of each file (api_errors...) are there for both
# doors, and go through theirs alone. Prints which concern the C surface alone, and the sums.
set -euo pipefail
bin=$1
shift

c=0 rust=0 left_out=0
for name; do
    # The functions that a program calls, and the cases that it has.
    here=$(nm -u "$bin/test_$name") there=$(nm -u "$bin/test_rust_$name")
    if grep -q ' DoorMgm' <<<"$here" || ! grep -q ' Mgm' <<<"$here"; then
        echo "test_$name does not go through the C ABI" >&2
        exit 1
    fi
    if grep ' Mgm' <<<"$there" || ! grep -q ' DoorMgm' <<<"$there"; then
        echo "test_rust_$name does not go through the Rust API alone" >&2
        exit 1
    fi
    all=$("$bin/test_$name" --list)
    run=$("$bin/test_rust_$name" --list) not_run=$("$bin/test_rust_$name" --list-c-only)
    if ! diff <(sort <<<"$all") <(printf '%s\n' "$run" "$not_run" | grep . | sort); then
        echo "test_$name and test_rust_$name have other cases" >&2
        exit 1
    fi
    c=$((c + $(grep -c . <<<"$all")))
    rust=$((rust + $(grep -c . <<<"$run")))
    for case in $not_run; do
        echo "C surface only: $("$bin/test_rust_$name" "$case" | sed -n "s/^c only //p")"
        left_out=$((left_out + 1))
    done
done
echo "conformance: $c cases through the C ABI, $rust through the Rust API ($left_out concern the C surface alone)"
