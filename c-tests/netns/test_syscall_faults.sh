#!/bin/bash
# Every system call of the kernel forwarder fails in turn, by strace's fault injection: each
# call gives the right error or does its work, nothing is left behind (descriptor, thread,
# VIF, entry), nothing hangs, and afterwards everything works in the same process.
# MGM_TEST_LONG=1: each occurrence with several errors; else some of them with one.
# MGM_SCENARIOS and MGM_CALLS: only these.
#
#   router, all in one namespace       syscall_faults.c says what happens there, and
#   s0 ─── r-up 10.0.1.1 ┬ r-a ─── a0  what each call may give
#   (packets of 10.0.1.2)└ r-b ─── b0
#
. "$(dirname "$(readlink -f "$0")")/router.sh"
command -v strace >/dev/null || { echo "no strace"; exit 77; }

for pair in "s0 r-up 10.0.1.1" "a0 r-a 10.0.2.1" "b0 r-b 10.0.3.1"; do
    read -r outside inside address <<<"$pair"
    ip link add "$outside" type veth peer name "$inside"
    ip link set "$outside" up
    netns_end router "$inside" "$address/24"
    until_true 10 link_is_up router "$inside"
done
# It has the table that the scenario "held" wants.
shell_start router MGM_TABLE=100
ask router "register 0 100 1"

# What fails, and how; the first error is the one that quick runs use. Lack of memory may
# be told as such, and so may the lack of a thread.
declare -A errors=(
    [socket]="EMFILE ENOMEM EPERM EAFNOSUPPORT" [bind]="EADDRINUSE ENOMEM" [fcntl]="EMFILE"
    [setsockopt]="ENOBUFS EPERM EINVAL ENOPROTOOPT" [ioctl]="ENOMEM EADDRNOTAVAIL EPERM"
    [sendto]="ENOBUFS EINTR EPERM" [sendmsg]="ENOBUFS EINTR" [recvfrom]="ENOBUFS EINTR ENOMEM"
    [recvmsg]="ENOBUFS EINTR" [recvmmsg]="EINTR ENOMEM" [ppoll]="EINTR ENOMEM EINVAL" [poll]="EINTR ENOMEM"
    [eventfd2]="EMFILE ENOMEM" [read]="EINTR EIO" [openat]="EMFILE ENOENT EACCES"
    [readlinkat]="EACCES ENOENT" [getdents64]="ENOENT EINVAL" [getsockopt]="ENOBUFS EINVAL"
    [clone3]="EAGAIN ENOMEM ENOSYS" [mmap]="ENOMEM" [mprotect]="ENOMEM"
    [rt_sigprocmask]="EINVAL" [getrandom]="ENOSYS EPERM"
)
# What does not fail: an injected close leaves the descriptor open, and the kernel's own
# never does; a write is to an eventfd, which takes it or has been woken already, or to the
# log; brk tells a failure by the old end, which strace cannot know (c-tests/oom has every
# allocation fail); the rest is the C library's (locks, ends of threads), and nobody sees its
# results.
left_out="close write brk futex munmap madvise set_robust_list rseq exit rt_sigaction sched_yield restart_syscall"
left_out+=" sigaltstack getpid gettid clock_gettime"
# syscall_faults waits and looks with these, and the library uses none of them.
own="pread64 lseek clock_nanosleep readlink writev getppid kill prctl"

log=$work/strace
traced() { timeout 120 "$bin/syscall_faults" "$@" -p >"$work/out" 2>"$work/err" 8>&- 9>&-; }
# Attached as the process's child: what the loader does is not counted. Each thread has its
# own count of occurrences.
tracer=(strace -f -q -q -o "$log" -e inject=getppid:retval=77777)

# occurrences SCENARIO: "CALL NUMBER" for each call without a fault.
occurrences() {
    local code=0
    traced "$1" none other "${tracer[@]}" || code=$?
    if [ "$code" = 77 ]; then
        cat "$work/err"
        exit 77
    fi
    [ "$code" = 0 ] || { cat "$work/err" "$work/out"; fail "$1 without a fault ends with $code"; }
    sed '1,/^without a fault$/d' "$work/out" >"$work/right.$1"
    sed -En 's/^([0-9]+) +([a-z_0-9]+)\(.*/\1 \2/p' "$log" |
        awk '{ if (++n[$1, $2] > most[$2]) most[$2] = n[$1, $2] } END { for (c in most) print c, most[c] }' | sort
}

calls=0 injections=0 unreached=0 crashes=0 hangs=0 leaks=0 wrong=0

# inject SCENARIO once|ever CALL ERROR NUMBER
inject() {
    local scenario=$1 faults=$2 call=$3 error=$4 number=$5 kind=other code=0 plus=
    [ "$faults" = once ] || plus=+
    # No signal comes for ever, and what begins anew after one would never end.
    [ "$faults,$error" != ever,EINTR ] || [ "$call" = ppoll ] || return 0
    case $error,$call in ENOMEM,* | ENOBUFS,* | *,clone3 | *,mmap | *,mprotect) kind=memory ;; esac
    : >"$log"
    traced "$scenario" "$faults" "$kind" "${tracer[@]}" -e "trace=$call,getppid" \
        -e "inject=$call:error=$error:when=$number$plus" || code=$?
    if ! grep -Eq " ($call\\(|<... $call resumed).*INJECTED" "$log"; then
        unreached=$((unreached + 1))
        [ "$number" != 1 ] || { cat "$work/err" "$work/out"; fail "$scenario: the first $call was not reached"; }
    else
        injections=$((injections + 1))
    fi
    if [ "$code" = 0 ] && ! sed '1,/^without a fault$/d' "$work/out" | cmp -s - "$work/right.$scenario"; then
        code=1
        echo "WRONG: the round without a fault differs" >>"$work/out"
    fi
    if [ "$code" = 0 ] && [ "$(kernel_vifs)$(kernel_entries)" != "" ]; then
        code=1
        echo "LEAK: the kernel has [$(kernel_vifs)] [$(kernel_entries)] after the end" >>"$work/out"
    fi
    [ "$code" != 0 ] || return 0
    case $code in
    1)
        case $(grep -Eo '^(LEAK|HANG)' "$work/out" | tail -n 1) in
        LEAK) leaks=$((leaks + 1)) ;;
        HANG) hangs=$((hangs + 1)) ;;
        *) wrong=$((wrong + 1)) ;;
        esac
        ;;
    124) hangs=$((hangs + 1)) ;;
    *) crashes=$((crashes + 1)) ;;
    esac
    echo "--- $scenario: $call gives $error, occurrence $number$plus: exit code $code"
    tail -n 30 "$work/err" "$work/out"
    # As it was.
    ip link set r-up up
    ip route del 10.0.1.2 2>/dev/null || true
    until_true 10 link_is_up router r-up
}

for scenario in ${MGM_SCENARIOS:-route held diagnose}; do
    occurrences "$scenario" >"$work/occurrences"
    while read -r call most; do
        case " $left_out $own " in *" $call "*) continue ;; esac
        case " ${MGM_CALLS:-$call} " in *" $call "*) ;; *) continue ;; esac
        [ -n "${errors[$call]:-}" ] || fail "$scenario: $call is neither made to fail nor said to be left out"
        calls=$((calls + 1))
        read -ra list <<<"${errors[$call]}"
        if [ -n "${MGM_TEST_LONG:-}" ]; then
            # The search through /proc is a loop: its first rounds say it all.
            [ "$most" -le 60 ] || most=60
            for ((number = 1; number <= most; number++)); do
                for error in "${list[@]}"; do inject "$scenario" once "$call" "$error" "$number" </dev/null; done
                inject "$scenario" ever "$call" "${list[0]}" "$number" </dev/null
            done
            for error in "${list[@]:1}"; do inject "$scenario" ever "$call" "$error" 1 </dev/null; done
        else
            step=$(((most + 2) / 3))
            # Each time for another purpose.
            [ "$scenario,$call" != route,setsockopt ] || step=1
            for ((number = 1; number <= most; number += step)); do
                inject "$scenario" once "$call" "${list[0]}" "$number" </dev/null
            done
            inject "$scenario" ever "$call" "${list[-1]}" 1 </dev/null
        fi
    done <"$work/occurrences"
done
echo "faults injected: $calls syscalls, $injections injections ($unreached not reached): $crashes crashes," \
    "$hangs hangs, $leaks leaks, $wrong wrong errors"
[ "$crashes$hangs$leaks$wrong" = 0000 ] || exit 1
echo passed
