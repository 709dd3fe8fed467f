# Checks of an installed tree, for the scripts beside this one. Set before: `root` (of the
# sources), `work` (a directory), `prefix` and `libdir` of the installation (as it will be),
# and `tree`, what stands before them in the file system (DESTDIR, or nothing).

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | sed -n 1p)
so_version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | sed -n 2p)
so_file=librtm.so.$so_version
soname=librtm.so.${so_version%%.*}

fail() {
    echo "FAILED: $1"
    exit 1
}

# same WHAT FOUND: the version that WHAT has is Cargo.toml's.
same() {
    [ "$2" = "$version" ] || fail "$1 has version '$2', Cargo.toml has $version"
}

# Only what the tree brings is found, not what the machine may have.
use_tree() {
    export PKG_CONFIG_SYSROOT_DIR=$tree PKG_CONFIG_PATH=
    export PKG_CONFIG_LIBDIR=$tree$libdir/pkgconfig
}

# Names, links and versions. With an argument the command mgm-diagnose is not there.
check_files() {
    local lib=$tree$libdir include=$tree$prefix/include file page
    [ -f "$lib/$so_file" ] && [ ! -L "$lib/$so_file" ] || fail "no $libdir/$so_file"
    [ "$(readlink -f "$lib/$soname")" = "$(readlink -f "$lib/$so_file")" ] || fail "$soname does not lead to $so_file"
    [ "$(readlink -f "$lib/librtm.so")" = "$(readlink -f "$lib/$so_file")" ] || fail "librtm.so does not lead to $so_file"
    readelf -d "$lib/$so_file" | grep -q "SONAME.*\[$soname\]" || fail "$so_file has another SONAME than $soname"
    "$root/c-tests/exports.sh" "$lib/$so_file"
    [ -s "$lib/librtm.a" ] || fail "no librtm.a"
    for file in mgm.h mgmhost.h mgm.hpp; do
        cmp "$root/include/$file" "$include/$file" || fail "another $file"
    done
    for file in "$root"/include/compat/*.h; do
        [ ! -e "$file" ] || cmp "$file" "$include/mgm/compat/${file##*/}" || fail "another compat/${file##*/}"
    done
    for page in "$root"/docs/man/*; do
        file=$tree$prefix/share/man/man${page##*.}/${page##*/}
        case $page in *.8) [ $# = 0 ] || continue ;; esac
        [ -s "$file" ] || [ -s "$file.gz" ] || fail "no manual page ${page##*/}"
    done

    use_tree
    same rtm.pc "$(pkg-config --modversion rtm)"
    same MGMConfigVersion.cmake \
        "$(sed -n 's/^set(PACKAGE_VERSION \(.*\))/\1/p' "$tree$libdir"/cmake/MGM/MGMConfigVersion.cmake "$tree$prefix"/share/cmake/MGM/MGMConfigVersion.cmake 2>/dev/null)"
    same "mgm(7)" "$(gzip -cdf "$tree$prefix/share/man/man7/mgm.7"* | sed -n 's/^\.TH .*group-manager \([^"]*\)".*/\1/p')"
    if [ $# = 0 ]; then
        same "mgm-diagnose --version" \
            "$(LD_LIBRARY_PATH=$lib "$tree$prefix/bin/mgm-diagnose" --version | grep -o '[0-9][0-9.]*$')"
    elif [ -e "$tree$prefix/bin/mgm-diagnose" ]; then
        fail "mgm-diagnose is there"
    fi
}

# run PROGRAM LIBRARY: the static protocol starts, joins and ends in order; with the library
# of the tree (or, LIBRARY empty, with none) in it.
run() {
    local program=$1 library=$2 pid maps deadline=$((SECONDS + 30))
    # What the last one said is not this one's.
    : >"$work/output"
    MGM_FORWARDER=memory MGM_LOG=warn "$program" -g 239.1.1.1@2 1 2 >"$work/output" 2>&1 &
    pid=$!
    until grep -qx ready "$work/output"; do
        if [ $SECONDS -ge $deadline ] || ! kill -0 $pid 2>/dev/null; then
            cat "$work/output"
            kill $pid 2>/dev/null || true
            fail "$program is not ready"
        fi
        sleep 0.05 # between two tries only
    done
    maps=$(grep -o '/[^ ]*librtm[^ ]*' "/proc/$pid/maps" | sort -u) || true
    kill -TERM $pid
    wait $pid || { cat "$work/output" && fail "$program ends with an error"; }
    [ "$maps" = "$library" ] || fail "$program runs with '$maps', not '$library'"
}

# Somebody else's program, by pkg-config and by find_package, shared and static; and every
# example of the installed headers.
check_programs() {
    local sources=() name library
    library=$(readlink -f "$tree$libdir/$so_file")
    mkdir -p "$work/protocols"
    cp "$root"/c-tests/protocols/*.[ch] "$root"/c-tests/compat/ported.[ch] "$work/protocols"
    for name in static_main static_protocol protocol; do sources+=("$work/protocols/$name.c"); done
    use_tree

    # shellcheck disable=SC2046 # words
    gcc -std=c11 "${sources[@]}" $(pkg-config --cflags --libs rtm) -lpthread -o "$work/by-pkg-config"
    LD_LIBRARY_PATH=$tree$libdir run "$work/by-pkg-config" "$library"
    # cargo-c's rtm.pc has no compatdir.
    name=$(pkg-config --variable=compatdir rtm)
    case $name in "$tree"*) ;; ?*) name=$tree$name ;; esac
    # shellcheck disable=SC2046
    gcc -std=c11 -fsyntax-only -I"${name:-$tree$prefix/include/mgm/compat}" $(pkg-config --cflags rtm) "$work/protocols/ported.c"

    # shellcheck disable=SC2046
    gcc -std=c11 "${sources[@]}" $(pkg-config --static --cflags --libs rtm | sed 's/-lrtm/-l:librtm.a/') -lpthread \
        -o "$work/by-pkg-config-static"
    run "$work/by-pkg-config-static" ""
    # cargo-c names libgcc_s, of which no static one exists; gcc brings what it needs of it.
    if ! grep -q gcc_s "$tree$libdir/pkgconfig/rtm.pc"; then
        # shellcheck disable=SC2046
        gcc -std=c11 -static "${sources[@]}" $(pkg-config --static --cflags --libs rtm) -lpthread -o "$work/static"
        run "$work/static" ""
    fi

    cmake -S "$root/c-tests/install/consumer" -B "$work/consumer" -DPROTOCOLS="$work/protocols" \
        -DMGM_VERSION="$version" -DCMAKE_PREFIX_PATH="$tree$prefix" \
        >"$work/cmake.log" 2>&1 || { cat "$work/cmake.log" && fail "no find_package(MGM)"; }
    grep -q "^MGM_DIR:PATH=$tree" "$work/consumer/CMakeCache.txt" || fail "CMake finds another MGM"
    cmake --build "$work/consumer" >"$work/cmake.log" || { cat "$work/cmake.log" && fail "no build with CMake"; }
    run "$work/consumer/shared" "$library"
    run "$work/consumer/static" ""
    # A version that is not there yet is not found.
    if cmake -S "$root/c-tests/install/consumer" -B "$work/newer" -DPROTOCOLS="$work/protocols" -DMGM_VERSION=999 \
        -DCMAKE_PREFIX_PATH="$tree$prefix" >"$work/cmake.log" 2>&1; then
        fail "find_package(MGM 999) finds $version"
    fi

    # shellcheck disable=SC2046
    LD_LIBRARY_PATH=$tree$libdir MGM_INCLUDE=$tree$prefix/include \
        "$root/c-tests/examples/examples.sh" $(pkg-config --cflags --libs rtm)
}
