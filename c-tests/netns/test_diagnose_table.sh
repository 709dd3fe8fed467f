#!/bin/bash
# The kernel's tables: held by another process, not led to by a rule, hidden behind a rule,
# and upcalls that nobody answers.
#
#   sender            router                 receiver
#   10.0.1.2 ─ s0 ─── r-up ─ first (253) ─── r-down ─── d0 ─ 10.0.2.2
#                     r-up ─ third (100) ─── r-down
#
. "$(dirname "$(readlink -f "$0")")/diagnose.sh"

netns_new sender
netns_new receiver
netns_link sender s0 10.0.1.2/24 router r-up 10.0.1.1/24
netns_link router r-down 10.0.2.1/24 receiver d0 10.0.2.2/24

shell_start first
ask first "register 0 100 1"
ask first "take 0 r-up"
ask first "take 0 r-down"
ask first "add 0 0 239.1.1.1 r-down join"

# Who wanted the table and did not get it is told who has it.
shell_start second
held="multicast routing table 253 is held by process ${pids[first]} \((mgm_shell|memcheck.*)\)"
library_finds second "note 2 - $held" 0
ask_error second ERROR_CAN_NOT_COMPLETE "register 0 100 1"
library_finds second "problem 2 - $held: stop it, or use another table \(MGM_TABLE\)" 0
library_finds_no first 2 0
kill -9 "${pids[first]}"
finished first 2>/dev/null && fail "kill -9"
unset "shell_fds[first]"
library_finds second "problem 3 - no process holds multicast routing table 253, .*" 0
ask second "register 0 100 1"
library_finds_no second 2 0
library_finds_no second 3 0
ask second "take 0 r-up"
ask second "take 0 r-down"
command_is_content --time 0

# A table without a rule gets no packets.
shell_start third MGM_TABLE=100
ask third "register 0 100 1"
ask third "take 0 r-up"
rule="no rule leads packets to multicast routing table 100: add one, such as \"ip mrule add iif INTERFACE lookup 100\""
command_finds "problem 4: $rule" --time 0 --table 100
library_finds third "problem 4 - $rule" 0
command_finds_no 4 --time 0
command_finds "problem 3: no process holds multicast routing table 77, .*" --time 0 --table 77
ip mrule add iif r-up lookup 100
command_is_content --time 0 --table 100
library_is_content third 0
# What it leads away is not all.
command_is_content --time 0
ip mrule add prio 5 lookup 100
command_finds "problem 4: a rule leads all packets to multicast routing table 100 before any leads them to table 253: .*" --time 0
library_finds second "problem 4 - a rule leads all packets to multicast routing table 100 before .*" 0
command_is_content --time 0 --table 100
ip mrule del prio 5
command_is_content --time 0
ip mrule del iif r-up lookup 100
ask third "release 0 r-up"
ask third "deregister 0"

# A process that does not answer, as when it is stopped: its flows wait.
kill -STOP "${pids[second]}"
flow sender packets 10.0.1.2 239.1.1.7
command_finds "hint 11: packets of 1 flows wait for an entry: .*" --time 100
command_finds "problem 44: r-up: packets of \(10.0.1.2, 239.1.1.7\) come in, but there is no entry: .*" --time 100 10.0.1.2 239.1.1.7
kill -CONT "${pids[second]}"
command_finds_no 11 --time 100
command_finds_no 44 --time 100 10.0.1.2 239.1.1.7
# Nobody joined it.
command_finds "problem 50: r-up: the entry of \(10.0.1.2, 239.1.1.7\) has no outgoing interface: .*" --time 100 10.0.1.2 239.1.1.7
ask second "add 0 0 239.1.1.7 r-down join"
command_is_content --time 100 10.0.1.2 239.1.1.7
echo passed
