#!/bin/bash
# The Python package: a wheel that carries an installed librtm.so, installed into a fresh
# environment and tested there; a protocol in Python in the kernel; mypy.
#
#   MGM_LIB   the directory of librtm.so; where pkg-config finds it, if not set
#   PYTHON    the Python to use, with setuptools, wheel and venv (default: the first that has
#             them of /usr/bin/python3 and python3)
#   WORK      where to build (default: build/bindings/python)
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
work=${WORK:-$root/build/bindings/python}
unset MGM_FORWARDER PYTHONPATH
export PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1

has_all() { "$1" -c 'import sys, venv, ensurepip, setuptools, wheel; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }
for python in ${PYTHON-/usr/bin/python3 python3}; do
    has_all "$python" && break
    python=
done
if [ -z "$python" ] || ! command -v readelf >/dev/null; then
    echo "skipped: no Python (3.10 or newer) with venv, setuptools and wheel, or no readelf"
    exit 77
fi
library=$(readlink -f "${MGM_LIB:-$(pkg-config --variable=libdir rtm)}/librtm.so.1")
echo "$("$python" --version), $library"

# A copy: setuptools builds in the source directory.
rm -rf "$work"
mkdir -p "$work/source"
cp -r pyproject.toml setup.py README.md LICENSE-* src "$work/source"
"$python" -m venv --system-site-packages "$work/build"
MGM_LIBRARY=$library "$work/build/bin/python" -m pip -q wheel --no-index --no-deps --no-build-isolation \
    -w "$work" "$work/source"
wheel=$(echo "$work"/*.whl)
newest=$(readelf --version-info --wide "$library" | grep -o 'GLIBC_2\.[0-9]*' | sort -Vu | tail -n 1)
case $wheel in
*-py3-none-manylinux_2_"${newest#GLIBC_2.}"_"$(uname -m)".whl) ;;
*)
    echo "the wheel has the wrong tag for $newest: $wheel" >&2
    exit 1
    ;;
esac

"$python" -m venv "$work/fresh"
fresh=$work/fresh/bin/python
"$fresh" -m pip -q install --no-index --no-deps "$wheel"
cp -r tests examples "$work"
(cd "$work/tests" && MGM_TEST_WHEEL=1 "$fresh" -m unittest -v test_mgm 2>&1) | tee "$work/log"

code=0
../routes.sh "$fresh" "$work/examples/static_protocol.py" || code=$?
[ $code = 0 ] || [ $code = 77 ] || exit $code

types="mypy: not installed"
if command -v mypy >/dev/null; then
    # Against the installed package: its py.typed counts.
    (cd "$work" && mypy --strict --cache-dir "$work/mypy" --python-executable "$fresh" tests examples)
    mypy --strict --cache-dir "$work/mypy" src
    types="mypy --strict clean"
fi
echo "Python: $(sed -n 's/^Ran \([0-9]*\) tests.*/\1/p' "$work/log") tests, ${wheel##*/}; $types"
