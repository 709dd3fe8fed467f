#!/bin/bash
# installed.sh make|cmake|cargo-c|tree DIRECTORY: what each way of installing puts in place, and that other
# people's programs build with that alone, and run.
#
# `tree` takes what is in a directory, installed by make with PREFIX=/opt/mgm.
#
# The library is built where CARGO_TARGET_DIR or MGM_TARGET_DIR says. Exit 77 without the tools.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
way=${1:?usage: installed.sh make|cmake|cargo-c|tree DIRECTORY}
for command in pkg-config cmake readelf gcc; do
    command -v $command >/dev/null || { echo "skipped: no $command" && exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset DESTDIR PREFIX MAKEFLAGS MAKELEVEL MFLAGS
prefix=/opt/mgm
libdir=$prefix/lib
tree=$work/tree
. "$root/c-tests/install/lib.sh"
target=${MGM_TARGET_DIR:-${CARGO_TARGET_DIR:-$root/target}}

case $way in
make)
    make -C "$root" --no-print-directory tools install DESTDIR="$tree" PREFIX=$prefix >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
    check_files
    ;;
cmake)
    cmake -S "$root" -B "$work/build" -DMGM_TARGET_DIR="$target" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DCMAKE_INSTALL_PREFIX=$prefix -DCMAKE_INSTALL_LIBDIR=lib >"$work/log"
    cmake --build "$work/build" >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
    DESTDIR=$tree cmake --install "$work/build" >"$work/log" || { cat "$work/log" && exit 1; }
    check_files
    # The same files as by make.
    make -C "$root" --no-print-directory tools install DESTDIR="$work/make" PREFIX=$prefix >"$work/log" 2>&1
    diff <(cd "$work/make" && find . ! -type d | sort) <(cd "$tree" && find . ! -type d | sort) ||
        fail "make install installs other files than cmake --install"
    diff "$work/make$libdir/pkgconfig/rtm.pc" "$tree$libdir/pkgconfig/rtm.pc" || fail "make makes another rtm.pc"
    # As a part of another project.
    cmake -S "$root/c-tests/install/part" -B "$work/part" -DMGM="$root" -DMGM_TARGET_DIR="$target" \
        -DPROTOCOLS="$root/c-tests/protocols" >"$work/log"
    cmake --build "$work/part" >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
    run "$work/part/shared" "$(realpath "$target/release/librtm.so")"
    ;;
cargo-c)
    cargo cinstall --version >/dev/null 2>&1 || { echo "skipped: no cargo-c (cargo install cargo-c)" && exit 77; }
    cargo cinstall --manifest-path "$root/Cargo.toml" --release --locked --target-dir "$target" --destdir "$tree" \
        --prefix $prefix --libdir $libdir >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
    check_files without-command
    ;;
tree)
    cp -a "${2:?which directory?}" "$tree"
    check_files
    ;;
*)
    echo "usage: installed.sh make|cmake|cargo-c|tree DIRECTORY" >&2
    exit 2
    ;;
esac
check_programs
# A tree may be moved; find_package and PKG_CONFIG_SYSROOT_DIR find it.
mv "$tree" "$work/moved"
tree=$work/moved
rm -rf "$work/consumer" "$work/newer"
check_programs >/dev/null
echo "installed by $way: files, versions $version and $so_version, programs by pkg-config and CMake"
