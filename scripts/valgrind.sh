#!/bin/bash
# The C tests under valgrind's memcheck, with the library as it is released.
# MGM_TEST_LONG=1 lets the stress test run for a minute, else 10 s. Arguments go to ctest.
#
# That it is at work is checked: a use of freed memory and a leak, both planted, are found.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
scripts/deps.sh valgrind
mkdir -p "${BUILD:-build}/valgrind"
build=$(cd "${BUILD:-build}/valgrind" && pwd)
rm -rf "$build/reports" "$build/run"
mkdir "$build/reports" "$build/run"

# valgrind follows the process that each test is. Threads take turns, or some never run.
cat >"$build/memcheck" <<MEMCHECK
#!/bin/sh
exec valgrind --error-exitcode=66 --leak-check=full --show-leak-kinds=definite,indirect \\
    --errors-for-leak-kinds=definite,indirect --fair-sched=yes --num-callers=30 \\
    --log-file="$build/reports/%p" "$build/c-tests/bin/\${0##*/}" "\$@"
MEMCHECK
chmod +x "$build/memcheck"

# Every finding has a stack; so has a death by a signal, which is none. Also counted for
# programs that a test kills and that cannot give the exit code.
findings() { cat "$build"/reports/* | awk '/Process terminating/ { n-- } /^==[0-9]+== +at 0x/ { n++ } END { print n + 0 }'; }

cat >"$build/planted.c" <<'PLANTED'
#include <stdlib.h>
int main(int argc, char **argv) {
    volatile char *memory = malloc(8);
    (void)argv;
    if (argc == 1) { /* a leak */
        memory = NULL;
        return 0;
    }
    free((void *)memory);
    return memory[3] == 1;
}
PLANTED
mkdir -p "$build/c-tests/bin"
gcc -g -w "$build/planted.c" -o "$build/c-tests/bin/planted"
ln -sfn ../memcheck "$build/run/planted"
# planted MESSAGE ARGUMENTS...
planted() {
    if "$build/run/planted" "${@:2}" || [ "$(findings)" = 0 ] || ! grep -q "$1" "$build"/reports/*; then
        echo "the planted fault was not found ($1): valgrind is not at work" >&2
        exit 1
    fi
    rm "$build"/reports/*
}
planted 'are definitely lost'
planted 'Invalid read' free
echo "the planted leak and the use of freed memory are found"

# The door first: cargo builds a library of its own with it, where the released one goes.
${CARGO:-cargo} build --release --example rust_door ${LOCKED-}
make --no-print-directory lib
output=$(realpath "${CARGO_TARGET_DIR:-target}/release")
cmake -S c-tests -B "$build/c-tests" -DMGM_LIBRARY="$output/librtm.so" \
    -DMGM_RUST_DOOR="$output/examples/librust_door.so" -DMGM_PROGRAMS="$build/run"
cmake --build "$build/c-tests" --parallel
for program in "$build"/c-tests/bin/*; do
    name=${program##*/}
    case $name in
    mcast_* | raw_send) ln -sfn "$program" "$build/run/$name" ;; # without the library
    *) ln -sfn ../memcheck "$build/run/$name" ;;
    esac
done
cd "$build/c-tests"
# The scripts about headers, documents, installing and other compilers run nothing of this library; oom
# has a malloc of its own, where valgrind's would be. The demo and static_program send more
# in a second than the kernel keeps for a slow router, second_program wants mgm_shell's name.
# Those about restart replace the process by what it runs, which is valgrind.
excluded='^(abi|layout|headers|exports|docs/.*|compat.headers|cpp|install/.*|bench/.*|protocols/windows|oom.*|demo'
excluded+='|netns/((static|second)_program|restart|restart_grace|restart_refused))$'
[ -n "${MGM_TEST_LONG-}" ] || export MGM_TEST_SECONDS=${MGM_TEST_SECONDS-10}
export MGM_TEST_PATIENCE=${MGM_TEST_PATIENCE-6}
passed=0
ctest --output-on-failure --parallel "$(nproc)" -E "$excluded" "$@" || passed=$?
[ "$(findings)" = 0 ] || cat "$build"/reports/*
log=Testing/Temporary/LastTest.log
echo "valgrind: $(grep -c '^Test Passed' $log) tests," \
    "$(cat "$build"/reports/* | grep -c 'ERROR SUMMARY') processes; $(awk -f "$root/scripts/stress.awk" $log);" \
    "$(findings) findings" |
    tee -a "${SUMMARY:-/dev/null}"
[ "$(findings)" = 0 ] && exit "$passed"
