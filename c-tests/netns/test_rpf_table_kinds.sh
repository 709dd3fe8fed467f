#!/bin/bash
# test_route_kinds.sh once more, with the main table as the multicast view: a table that
# the manager keeps answers as the kernel's look-ups do.
#
#   as in test_route_kinds.sh
#
rpf_table=254 exec "$(dirname "$(readlink -f "$0")")/test_route_kinds.sh"
