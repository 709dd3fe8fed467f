#!/bin/bash
# job.sh NAME COMMAND...: runs one of the jobs of `make check` or `make check-full`; the
# summary tells if it failed.
"${@:2}" && exit
echo "$1: FAILED" | tee -a "$SUMMARY"
exit 1
