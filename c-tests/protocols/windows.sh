#!/bin/bash
# The protocol modules compile unchanged for Windows, against mingw-w64's own <mgm.h>.
set -euo pipefail
cd "$(dirname "$0")"
compiler=x86_64-w64-mingw32-gcc
if ! command -v $compiler >/dev/null; then
    echo "skipped: no $compiler"
    exit 77
fi
for source in protocol.c static_protocol.c igmp_stub.c; do
    $compiler -std=c11 -Wall -Wextra -Werror -fsyntax-only $source
done
