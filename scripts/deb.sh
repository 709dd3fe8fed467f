#!/bin/bash
# deb.sh [DIRECTORY]: the Debian packages librtm1, librtm-dev and mgm-tools from the files of
# this tree, into DIRECTORY (default: build/deb), and what lintian says of them: nothing.
# Exit 77 without the packages for it.
set -euo pipefail
cd "$(dirname "$0")/.."
for command in dpkg-buildpackage dh lintian; do
    command -v $command >/dev/null || { echo "skipped: no $command (scripts/deps.sh packages)" && exit 77; }
done
mkdir -p "${1:-${BUILD:-build}/deb}"
out=$(cd "${1:-${BUILD:-build}/deb}" && pwd)
rm -rf "$out"/source "$out"/*.deb "$out"/*.changes "$out"/*.buildinfo
mkdir "$out/source"
# Not what was built here; also of what is not committed yet.
git ls-files -z --cached --others --exclude-standard | xargs -0 ls -d 2>/dev/null | tar -cT - | tar -xC "$out/source"
cd "$out/source"
unset MAKEFLAGS MAKELEVEL MFLAGS DESTDIR PREFIX BUILD
# Without -d Rust would have to be Debian's.
CARGO_TARGET_DIR=$out/target dpkg-buildpackage -b -d -us -uc >"$out/log" 2>&1 || { tail -n 50 "$out/log" && exit 1; }
lintian --allow-root --display-info --fail-on error,warning,info "$out"/*.changes
echo "lintian: nothing to say of $(cd "$out" && echo *.deb)"
