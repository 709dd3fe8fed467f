#!/bin/bash
# What watches over the interface is shown to see: each check of the headers, the exports,
# the reference, the installed tree and the Rust API gets a copy with one thing broken, and
# must fail, saying why. Exit 77 where none of the tools is there.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
mkdir -p "${BUILD:-build}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
planted=0
skipped=

# A fresh copy of the files of this tree, without what was built.
git ls-files -z --cached --others --exclude-standard | xargs -0 ls -d 2>/dev/null | tar -cT - >"$work/tree.tar"
copy() {
    rm -rf "$work/copy"
    mkdir "$work/copy"
    tar -xf "$work/tree.tar" -C "$work/copy"
    cd "$work/copy"
}

# plant FILE SED: breaks a copy's file; that it did is checked.
plant() {
    cp "$1" "$work/before"
    sed -i -E "$2" "$1"
    if cmp -s "$1" "$work/before"; then
        echo "nothing was planted in $1: $2" >&2
        exit 1
    fi
}

# fails MESSAGE COMMAND...: the command fails, and says so.
fails() {
    local message=$1 status=0
    shift
    "$@" >"$work/output" 2>&1 || status=$?
    if [ $status = 77 ]; then
        skipped="$skipped; $(tail -n 1 "$work/output")"
        return
    fi
    if [ $status = 0 ] || ! grep -qE "$message" "$work/output"; then
        tail -n 30 "$work/output"
        echo "not found (status $status, no '$message'): $*" >&2
        exit 1
    fi
    planted=$((planted + 1))
}

# The C interface, by abidiff: a member, its type, a parameter, a constant, an enumerator,
# a callback, a function.
abi() { copy && plant "include/$1" "$2" && fails "$3" c-tests/abi/abi.sh; }
abi mgm.h '/^struct _MIB_IPMCAST_MFE \{/,/^\}/s/DWORD dwInIfIndex;/ULONGLONG dwInIfIndex;/' 'dwInIfIndex'
abi mgm.h '/^struct _MGM_IF_ENTRY \{/,/^\}/{/bIGMP;/d}' 'bIGMP'
abi mgmhost.h '/^struct _MGM_HOST_COUNTERS \{/,/^\}/s/DWORD dwClients;/ULONGLONG dwClients;/' 'dwClients'
abi mgm.h 's/^DWORD MGM_CALL MgmSetMfe\(HANDLE hProtocol, PMIB_IPMCAST_MFE/&_STATS/' 'MgmSetMfe'
abi mgm.h 's/^#define MGM_MFE_STATS_1 2/#define MGM_MFE_STATS_1 4/' 'MGM_MFE_STATS_1'
abi mgm.h 's/ALL_SOURCES = 1,/ALL_SOURCES = 2,/' 'ALL_SOURCES'
abi mgm.h 's/\(MGM_CALL \*PMGM_DISABLE_IGMP_CALLBACK\)\(DWORD/(MGM_CALL *PMGM_DISABLE_IGMP_CALLBACK)(USHORT/' 'DISABLE_IGMP'
abi mgm.h 's/MgmSetMfe\(HANDLE/MgmPutMfe(HANDLE/' 'other functions than are exported'

# The layout against Microsoft's headers.
copy
plant include/mgm.h '/^struct _MIB_IPMCAST_OIF \{/,/^\}/s/DWORD dwReserved1;/USHORT dwReserved1;/'
fails "differs from mingw-w64's" c-tests/layout/layout.sh

# The list of exports: one too few, one too many.
copy
library() { awk "$1"'{ print "int " $1 "(void) { return 0; }" }' c-tests/exports.txt | gcc -shared -fPIC -x c - -o lib.so; }
library '' && c-tests/exports.sh "$PWD/lib.so" >/dev/null
library 'NR == 1 { next } ' && fails 'exports other functions' c-tests/exports.sh "$PWD/lib.so"
library 'NR == 1 { print "int MgmMore(void) { return 0; }" } ' && fails 'exports other functions' c-tests/exports.sh "$PWD/lib.so"
if command -v dpkg-gensymbols >/dev/null; then
    soname() { gcc -shared -fPIC -x c -Wl,-soname,librtm.so.1 - -o lib.so; }
    # Of a later version: what one version adds it may also drop.
    awk 'NR > 1 { print "int " $1 "(void) { return 0; }" }' c-tests/exports.txt | soname
    fails 'disappeared in the symbols file' \
        dpkg-gensymbols -c4 -plibrtm1 -v999 -e"$PWD/lib.so" -Idebian/librtm1.symbols -Osymbols
fi

# The reference: a parameter, a code's text, an example, a manual page.
copy
plant include/mgm.h 's/^ \* @param hProtocol /&Not a parameter: @param hNobody /'
fails 'hNobody' scripts/docs.sh "$work/doxygen"
copy
plant include/mgmhost.h '/^ \* @param pRoute The route; not kept\./d'
fails 'MgmHostAddRoute are not documented' scripts/docs.sh "$work/doxygen"
copy
plant include/mgm.h 's/^ \*     DWORD error = MgmRegisterMProtocol\(&callbacks, id, 1/&, 1/'
fails 'too many arguments' env MGM_LIB="$root/${BUILD:-build}/lib" c-tests/examples/examples.sh
copy
plant include/mgm.h 's/^ \* printf\("set: %u/ * printf("get: %u/'
fails 'prints something else' env MGM_LIB="$root/${BUILD:-build}/lib" c-tests/examples/examples.sh
copy
plant docs/man/MgmSetMfe.3 's/^\.SH DESCRIPTION$/.SD DESCRIPTION/'
fails 'SD' scripts/man_lint.sh

# Headers and manual pages that are not what their sources give.
copy
plant src/abi/mfe.rs 's|^/// Sets the upstream neighbour of an MFE\.|/// Sets something of an MFE.|'
plant docs/man/MgmHostStop.3 's/^Stops the manager/Ends the manager/'
fails 'test (mgm_h|manual_pages)_(is|are)_up_to_date \.\.\. FAILED' \
    cargo test --locked --target-dir "$work/target" --test headers --test man_pages --no-fail-fast
for test in mgm_h_is_up_to_date manual_pages_are_up_to_date; do
    grep -q "^test $test \.\.\. FAILED" "$work/output" || { echo "$test does not see it" >&2 && exit 1; }
    planted=$((planted + 1))
done

# The installed tree.
cd "$root"
make --no-print-directory tools install DESTDIR="$work/installed" PREFIX=/opt/mgm >/dev/null 2>&1
c-tests/install/installed.sh tree "$work/installed" >/dev/null
# tree MESSAGE COMMAND: the command is run in the prefix of a copy.
tree() {
    rm -rf "$work/broken"
    cp -a "$work/installed" "$work/broken"
    (cd "$work/broken/opt/mgm" && eval "$2")
    fails "$1" c-tests/install/installed.sh tree "$work/broken"
}
tree 'rtm.pc has version' 'sed -i "s/^Version: .*/Version: 9.9/" lib/pkgconfig/rtm.pc'
tree 'MGMConfigVersion.cmake has version' 'sed -i "s/PACKAGE_VERSION 0.*)/PACKAGE_VERSION 9.9)/" lib/cmake/MGM/MGMConfigVersion.cmake'
tree 'mgm\(7\) has version' 'sed -i "s/group-manager [0-9.]*/group-manager 9.9/" share/man/man7/mgm.7'
tree 'does not lead to' 'ln -sfn librtm.so.2 lib/librtm.so.1'
tree 'no .*librtm.so.1' 'mv lib/librtm.so.1.* lib/librtm.so.1'
tree 'no manual page MgmSetMfe.3' 'rm share/man/man3/MgmSetMfe.3'
tree 'another mgmhost.h' 'echo >>include/mgmhost.h'
tree 'ld|linker|undefined' 'sed -i "s/ -lrtm//" lib/pkgconfig/rtm.pc'
tree 'windows.h' 'rm include/mgm/compat/windows.h'
tree 'MGM::rtm' 'sed -i "s/MGM::rtm/MGM::mtr/g" lib/cmake/MGM/MGMConfig.cmake'

# The Rust API: a function that goes.
rm -rf "$work/clone"
if git clone -q --no-hardlinks "$root" "$work/clone" 2>/dev/null; then
    cd "$work/clone"
    git -C "$root" diff HEAD | git apply --allow-empty
    cp "$root"/scripts/semver* scripts/
    plant src/engine/host.rs 's/pub fn advance\(/pub fn advance_by(/'
    fails "advance" env CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}" scripts/semver.sh
fi

cd "$root"
echo "planted breaks: $planted found, 0 missed${skipped}"
