#!/bin/bash
# bench_report.sh RESULTS PEERS DIRECTORY: the lines of all benchmarks (see the head of
# benches/common/mod.rs), and the output of peers.sh or nothing, to DIRECTORY/performance.md
# and a plot for each name of points. What is in that file below the line $marker is kept.
set -euo pipefail
export LC_ALL=C
results=$1 peers=$2 directory=$3
page=$directory/performance.md
marker='<!-- Below by hand: `make bench` keeps it. -->'

# A plot's title, and what its axes are.
describe() {
    case $1 in
    memberships) echo "Joining and leaving one group|memberships in place|ns" ;;
    entries) echo "Requests about MFEs|MFEs in place|ns for each" ;;
    interfaces) echo "Joining among 100,000 memberships|interfaces|ns" ;;
    memory) echo "Memory|entries|bytes for each" ;;
    *) echo "$1|number|ns for each" ;;
    esac
}

plot() {
    local name=$1 title x y serie number=0 commands=()
    IFS='|' read -r title x y < <(describe "$name")
    while IFS= read -r serie; do
        awk -F'\t' -v plot="$name" -v serie="$serie" \
            '$1 == "point" && $2 == plot && $3 == serie { print $4, $5 }' "$results" | sort -g >"$data/$number"
        commands+=("'$data/$number' title '${serie//\'/}' linewidth 2")
        number=$((number + 1))
    done < <(awk -F'\t' -v plot="$name" '$1 == "point" && $2 == plot && !seen[$3]++ { print $3 }' "$results")
    gnuplot <<GNUPLOT
set terminal svg size 800,480 font 'sans-serif,13' background 'white' noenhanced name 'performance'
set output '$directory/performance-$name.svg'
set title '$title'
set xlabel '$x'
set ylabel '$y'
set logscale xy
set style data linespoints
set format x '%.0f'
set grid
set key below left
plot $(IFS=,; echo "${commands[*]}")
GNUPLOT
}

data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
kept=
[ ! -e "$page" ] || kept=$(sed "1,/^$marker\$/d" "$page")

# Rows to a table: with a target, or without.
rows() {
    awk -F'\t' -v with="$1" '
        function figure(number, unit) { return unit == "x" ? number : number " " unit }
        function goal(target, unit) {
            return (target ~ /^<=/ ? "at most " : "at least ") figure(substr(target, 3), unit)
        }
        $1 != "row" || ($8 == "-") == with { next }
        {
            measured = figure($4, $3) ($4 == $5 && $5 == $6 ? "" : " (" $5 " to " $6 ")")
            if (with) {
                # What is counted has to be all there in each round.
                found = ($3 == "flows" ? $5 : $4) + 0
                met = $8 ~ /^<=/ ? found <= substr($8, 3) + 0 : found >= substr($8, 3) + 0
                printf "| %s | %s | %s | %s | %s | %s |\n", $2, goal($8, $3), measured, met ? "met" : "**missed**", $9, $10
            } else {
                printf "| %s | %s | %s | %s |\n", $2, measured, $9, $10
            }
        }' "$results"
}

# Cells to a table: a line for each case, a column for each program.
cells() {
    awk -F'\t' '
        $1 == "cell" {
            if (!($2 in line)) { line[$2] = ++lines; work[lines] = $2; unit[lines] = $3 }
            if (!($4 in column)) { column[$4] = ++columns; name[columns] = $4 }
            cell[line[$2], column[$4]] = $5 == "-" ? "-" : $5 == $6 && $6 == $7 ? $5 : $5 " (" $6 " to " $7 ")"
            rounds = rounds > $8 ? rounds : $8
        }
        END {
            if (!lines) exit
            printf "| median of %d (least to greatest) |", rounds
            for (c = 1; c <= columns; c++) printf " %s |", name[c]
            printf "\n|---|"
            for (c = 1; c <= columns; c++) printf "---|"
            printf "\n"
            for (l = 1; l <= lines; l++) {
                printf "| %s, %s |", work[l], unit[l]
                for (c = 1; c <= columns; c++) printf " %s |", cell[l, c]
                printf "\n"
            }
        }' "$results"
}

rm -f "$directory"/performance-*.svg
names=$(awk -F'\t' '$1 == "point" && !seen[$2]++ { print $2 }' "$results")
for name in $names; do
    plot "$name"
done

{
    cat <<HEAD
# Performance

Written by \`make bench\` on $(date -u +%F): $(uname -sr), $(uname -m),
$(nproc) CPUs ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1 || true)),
$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GiB of memory.

Each figure without a unit is a ratio of two things that were measured in turn in one run:
the median of at least nine rounds, with the least and the greatest. Times by themselves are
by-information: they are another machine's tomorrow.

## Targets
| work | target | measured (least to greatest) | | ours | floor |
|---|---|---|---|---|---|
$(rows 1)

The floor of whole flows is c-tests/bench/bare_loop.c: a loop that does MRT_ADD_MFC at once for
each packet without an entry and on each IGMP report. Ours is c-tests/bench/mgm_router.c: a
routing protocol with all callbacks, and IGMP. CPU is that of the whole process and of the
kernel on its behalf, forwarding of the first packets included.

## What else was measured
| work | measured (least to greatest) | ours | floor |
|---|---|---|---|
$(rows 0)
HEAD
    table=$(cells)
    if [ -n "$table" ]; then
        cat <<PEERS

## Peers
Debian's packages (\`scripts/peers.sh\` unpacks them), run as black boxes between the same
namespaces, all in turn. \`-\`: it cannot, or not within the time that the case gives.

$table
PEERS
    fi
    if grep -q '^#' "$peers" 2>/dev/null; then
        printf '\nMissing: %s.\n' "$(sed -n 's/^# //p' "$peers" | paste -sd ';')"
    fi
    sed -n 's/^# skipped: \(.*\)/\nNot measured on this machine: \1./p' "$results"
    if [ -n "$names" ]; then
        printf '\n## Plots\n'
        for name in $names; do
            printf '\n![%s](performance-%s.svg)\n' "$(describe "$name" | cut -d'|' -f1)" "$name"
        done
    fi
    printf '\n%s\n' "$marker"
    printf '%s\n' "${kept:-
## What bounds a target that was missed
}"
} >"$page.new"
mv "$page.new" "$page"
echo "written: $page"
