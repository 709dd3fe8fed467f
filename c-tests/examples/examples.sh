#!/bin/bash
# Every example in the comments of mgm.h and mgmhost.h is compiled and run, and prints what
# expected.txt says. An example with a main is a program; others are put into frame.c.
#
#   examples.sh [CFLAG...]  gcc's arguments that find the headers and the library; default:
#                           those of MGM_INCLUDE and MGM_LIB
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
include=${MGM_INCLUDE:-$here/../../include}
if [ $# = 0 ]; then
    library=${MGM_LIB:-$here/../../build/lib}
    set -- "-I$include" "-L$library" -lrtm "-Wl,-rpath,$library"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The text between ```c and ``` into one file for each function it is in the comment of.
awk -v work="$work" '
    /^ \* ```c$/ { inside = 1; text = ""; next }
    inside && /^ \* ```$/ { inside = 0; waits = 1; next }
    inside { sub(/^ \* ?/, ""); text = text $0 "\n"; next }
    waits && match($0, /Mgm[A-Za-z]+\(/) {
        printf "%s", text >(work "/" substr($0, RSTART, RLENGTH - 1) ".example")
        waits = 0
    }
    END { if (inside || waits) { print FILENAME ": an example without a function" >"/dev/stderr"; exit 1 } }
' "$include/mgm.h" "$include/mgmhost.h"

export MGM_FORWARDER=memory MGM_LOG=off
count=0
for example in "$work"/*.example; do
    name=$(basename "$example" .example)
    if grep -q '^int main(' "$example"; then
        cp "$example" "$work/$name.c"
    else
        printf '#define EXAMPLE "%s"\n#include "%s"\n' "$example" "$here/frame.c" >"$work/$name.c"
    fi
    gcc -std=gnu11 -g -Wall -Wextra -Wno-unused-parameter -Werror "$work/$name.c" "$@" -o "$work/$name"
    echo "$name:" >>"$work/printed"
    "$work/$name" 2>"$work/errors" | sed 's/^/    /' >>"$work/printed" || {
        echo "the example of $name failed:" && cat "$work/errors" && exit 1
    }
    count=$((count + 1))
done
# UPDATE=1 accepts what they print.
[ -z "${UPDATE-}" ] || cp "$work/printed" "$here/expected.txt"
diff -u "$here/expected.txt" "$work/printed" || { echo "an example prints something else"; exit 1; }
echo "$count examples compiled and run"
