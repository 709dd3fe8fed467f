#!/bin/bash
# The Go example against an installed library: compiled, vetted, and routing in the kernel.
#
#   MGM_LIB, PKG_CONFIG_PATH   the directory of librtm.so, and where rtm.pc is
#   WORK                       where to build (default: build/bindings/go)
set -euo pipefail
cd "$(dirname "$0")/example"
root=$(cd ../../.. && pwd)
work=${WORK:-$root/build/bindings/go}
if ! command -v go >/dev/null || ! command -v gcc >/dev/null || ! command -v pkg-config >/dev/null; then
    echo "skipped: no go (Debian package golang-go), gcc or pkg-config"
    exit 77
fi
mkdir -p "$work"
export GOCACHE=$work/cache GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local
LD_LIBRARY_PATH=${MGM_LIB:-$(pkg-config --variable=libdir rtm)}
export LD_LIBRARY_PATH
unset MGM_FORWARDER
[ -z "$(gofmt -l .)" ] || { echo "gofmt would change: $(gofmt -l .)" >&2; exit 1; }
go vet .
go build -o "$work/go-example" .
# In memory it must at least register, take, join and end.
MGM_LOG=error "$work/go-example" 1 2 239.1.1.1 </dev/null | grep -qx ready
if "$work/go-example" 1 1 239.1.1.1 </dev/null 2>"$work/error"; then
    echo "an interface was taken twice" >&2
    exit 1
fi
grep -qx 'take: error 183' "$work/error"
code=0
../../routes.sh "$work/go-example" || code=$?
[ $code = 77 ] && echo "Go: compiled; not in the kernel" && exit
[ $code = 0 ] && echo "Go: compiled, routes in the kernel"
exit $code
