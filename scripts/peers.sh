#!/bin/bash
# peers.sh DIRECTORY [PEER]...: other programs that route multicast, as Debian packages them,
# for c-tests/bench/flows: smcroute, pimd, igmpproxy, frr (all). Unpacks them and what they
# need beside the installed packages into DIRECTORY, installs nothing (two of them exclude
# each other, and all would start their services), and prints a line NAME=COMMAND for each
# that is there. They are run as black boxes. Needs root, Debian and its package mirrors.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: peers.sh DIRECTORY [PEER]..." >&2; exit 2; }
mkdir -p "$1"
directory=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- smcroute pimd igmpproxy frr

missing() { echo "# $1 is missing: $2"; }

# unpack PEER: its files are in $root then.
unpack() {
    local packages
    root=$directory/$1
    [ ! -e "$root/done" ] || return 0
    rm -rf "$root"
    mkdir -p "$root/deb"
    packages=$(apt-get install --simulate --no-install-recommends "$1" 2>/dev/null | awk '$1 == "Inst" { print $2 }') || return 1
    # shellcheck disable=SC2086 # one word each
    (cd "$root/deb" && apt-get download -q "$1" $packages) >"$root/log" 2>&1 || return 1
    for package in "$root"/deb/*.deb; do
        dpkg-deb -x "$package" "$root" || return 1
    done
    dpkg-deb -f "$root/deb/$1"_*.deb Version >"$root/version"
    touch "$root/done"
}

# Each has a mount namespace with an empty /run, for its sockets and files with process numbers.
private="exec unshare -m sh -c"
run="mount -t tmpfs none /run &&"

for peer; do
    if [ "$(id -u)" != 0 ]; then
        missing "$peer" "needs root"
        continue
    fi
    if ! command -v apt-get >/dev/null || ! unpack "$peer"; then
        missing "$peer" "cannot be downloaded"
        continue
    fi
    name=$peer-$(sed 's/^[0-9]*://; s/^\([0-9]*\.[0-9]*\).*/\1/' "$root/version")
    case $peer in
    smcroute)
        cat >"$root/conf" <<'CONF'
phyint r-up enable ttl-threshold 1
phyint r-down enable ttl-threshold 1
mroute from r-up group 239.0.0.0/8 to r-down
CONF
        echo "$name=$private '$run exec $root/usr/sbin/smcrouted -n -f $root/conf'"
        ;;
    pimd)
        # As Debian configures it.
        echo "$name=$private '$run exec $root/usr/sbin/pimd -f -c $root/etc/pimd.conf'"
        ;;
    igmpproxy)
        cat >"$root/conf" <<'CONF'
quickleave
phyint r-up upstream ratelimit 0 threshold 1
    altnet 10.0.0.0/8
phyint r-down downstream ratelimit 0 threshold 1
CONF
        chmod 600 "$root/conf"
        echo "$name=$private '$run exec $root/usr/sbin/igmpproxy -n $root/conf'"
        ;;
    frr)
        libraries=$root/usr/lib/$(gcc -print-multiarch)
        # Its daemons want to be of a group of this name.
        { cat /etc/group; grep -q '^frrvty:' /etc/group || echo "frrvty:x:65000:root"; } >"$root/group"
        echo "ip forwarding" >"$root/zebra.conf"
        # It is the rendezvous point itself.
        cat >"$root/pimd.conf" <<'CONF'
interface lo
 ip pim
interface r-up
 ip pim
interface r-down
 ip pim
 ip igmp
 ip igmp version 2
ip pim rp 10.3.0.1 224.0.0.0/4
CONF
        cat >"$root/start" <<START
#!/bin/sh
trap 'trap - TERM; kill 0' TERM # both daemons, also when this one alone is told to end
mount -t tmpfs none /run && mount --bind $root/group /etc/group && mkdir -p /run/frr || exit 1
export LD_LIBRARY_PATH=$libraries:$libraries/frr
cd $root/usr/lib/frr
common="-u root -g root -z /run/frr/zserv.api --vty_socket /run/frr -P 0 -A 127.0.0.1"
./zebra \$common -f $root/zebra.conf -i /run/frr/zebra.pid &
until [ -e /run/frr/zserv.api ]; do sleep 0.05; done
./pimd \$common -f $root/pimd.conf -i /run/frr/pimd.pid &
wait
START
        chmod +x "$root/start"
        echo "$name=$private 'exec $root/start'"
        ;;
    *) missing "$peer" "nobody knows how to run it" ;;
    esac
done
