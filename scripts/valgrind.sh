#!/bin/bash
# The C tests under valgrind's memcheck, with the library as it is released.
# MGM_TEST_LONG=1: a minute of the stress test. Arguments go to ctest.
#
# That it is at work is checked: a use of freed memory and a leak, both planted, are found.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/deps.sh full || exit 77
mkdir -p "${BUILD:-build}/valgrind"
