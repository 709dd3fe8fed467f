#!/bin/bash
# debian.sh [DIRECTORY]: the Debian packages are built, lintian has nothing to say, and they
# are installed with dpkg and used: first unpacked beside the system, then, as root, really
# installed, in a copy of the system that is gone afterwards (an overlay in a mount
# namespace). Exit 77 without the tools.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)

# What a user does, in the copy: no flags, no paths.
inside() {
    work=/tmp/mgm-debian
    mkdir "$work"
    tree=
    . "$root/c-tests/install/lib.sh"
    dpkg -i "$debs"/*.deb >"$work/log" 2>&1 || { cat "$work/log" && fail "dpkg -i"; }
    check_files
    check_programs
    cat >"$work/bare.c" <<'BARE'
#include <mgm.h>
#include <mgmhost.h>
#include <stdio.h>
int main(void) { return printf("%s\n", MgmHostGetVersion()) < 0; }
BARE
    gcc "$work/bare.c" -lrtm -o "$work/bare"
    same "the library without any flag" "$("$work/bare")"
    [ "$(man -w MgmAddGroupMembershipEntry)" = /usr/share/man/man3/MgmAddGroupMembershipEntry.3.gz ] || fail "no manual page"
    mgm-diagnose --help >/dev/null
    # What needs the library depends on it, and all of it goes again.
    if dpkg -r librtm1 >"$work/log" 2>&1; then fail "librtm1 may go before those that need it"; fi
    local packages=()
    for deb in "$debs"/*.deb; do packages+=("$(dpkg-deb -f "$deb" Package)"); done
    dpkg -P "${packages[@]}" >"$work/log" 2>&1 || { cat "$work/log" && fail "dpkg -P"; }
    [ -z "$(find /usr/lib /usr/include /usr/share -name 'librtm*' -newer "$work/bare.c")" ] || fail "something stays"
    echo "installed with dpkg, used, and removed"
}
prefix=/usr
libdir=$prefix/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || gcc -print-multiarch)
if [ "${1-}" = --inside ]; then
    debs=$2
    inside
    exit
fi

debs=${1:-${BUILD:-$root/build}/deb}
"$root/scripts/deb.sh" "$debs"
debs=$(cd "$debs" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
. "$root/c-tests/install/lib.sh"
for deb in "$debs"/*.deb; do
    same "${deb##*/}" "$(dpkg-deb -f "$deb" Version)"
    dpkg-deb -x "$deb" "$tree"
done
check_files
check_programs

if [ "$(id -u)" != 0 ]; then
    echo "not root: the packages were unpacked, not installed"
    exit
fi
mkdir "$work/over" "$work/mounted"
unshare --mount bash -euc '
    mount -t tmpfs tmpfs "$1/over"
    mkdir "$1/over/upper" "$1/over/work" "$1/over/debs"
    if ! mount -t overlay overlay -o "lowerdir=/,upperdir=$1/over/upper,workdir=$1/over/work" "$1/mounted" 2>/dev/null; then
        echo "no overlay of / is allowed here: the packages were unpacked, not installed"
        exit
    fi
    mount --rbind /proc "$1/mounted/proc"
    mount --rbind /dev "$1/mounted/dev"
    chroot "$1/mounted" bash "$2" --inside "$3"
' - "$work" "$(realpath "$0")" "$debs"
