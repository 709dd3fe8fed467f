#!/bin/bash
# The C# example against an installed library: compiled, and routing in the kernel.
#
#   MGM_LIB   the directory of librtm.so; where pkg-config finds it, if not set
#   WORK      where to build (default: build/bindings/csharp)
set -euo pipefail
cd "$(dirname "$0")/example"
root=$(cd ../../.. && pwd)
work=${WORK:-$root/build/bindings/csharp}
if ! command -v mcs >/dev/null; then
    echo "skipped: no mcs (Debian package mono-mcs)"
    exit 77
fi
mkdir -p "$work"
mcs -warnaserror -warn:4 -out:"$work/Example.exe" Example.cs
if ! command -v mono >/dev/null; then
    echo "C#: compiled; not run: no mono (Debian package mono-runtime)"
    exit
fi
LD_LIBRARY_PATH=${MGM_LIB:-$(pkg-config --variable=libdir rtm)}
export LD_LIBRARY_PATH
unset MGM_FORWARDER
# In memory it must at least register, take, join and end.
MGM_LOG=error mono "$work/Example.exe" 1 2 239.1.1.1 </dev/null | grep -qx ready
if mono "$work/Example.exe" 1 1 239.1.1.1 </dev/null 2>"$work/error"; then
    echo "an interface was taken twice" >&2
    exit 1
fi
grep -qx 'take: error 183' "$work/error"
code=0
../../routes.sh mono "$work/Example.exe" || code=$?
[ $code = 77 ] && echo "C#: compiled; not in the kernel" && exit
[ $code = 0 ] && echo "C#: compiled, routes in the kernel"
exit $code
