#!/usr/bin/env bash
# scheduling.sh BUILD [BOUND]: instructions that the host spends on a frame on its way through five stages, by callgrind: the
# difference of a run of 1200 frames and one of 200, without looking for cuts, which is work on pictures. Fails above BOUND.
set -euo pipefail
build=$(cd "$1" && pwd) bound=${2:-300000}
command -v valgrind >/dev/null || { echo "skipped: valgrind is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Prints all instructions, and those of looking for cuts.
counted() {
    OMP_NUM_THREADS=1 valgrind --tool=callgrind --callgrind-out-file="$work/out" "$build/bin/scheduling" "$1" >/dev/null 2>&1
    callgrind_annotate --inclusive=yes --threshold=100 "$work/out" >"$work/table"
    awk '{ gsub(",", "", $1) } /PROGRAM TOTALS/ { all = $1 } /Intake::starts_shot\(/ && !shots { shots = $1 }
        END { print all, shots + 0 }' "$work/table"
}
read -r all_few shots_few < <(counted 200)
read -r all_many shots_many < <(counted 1200)
shots=$(((shots_many - shots_few) / 1000))
each=$(((all_many - all_few) / 1000 - shots))
echo "$each instructions a frame through five stages (at most $bound), and $shots to look for cuts"
"$build/bin/scheduling" 20000
((shots > 0 && each <= bound))
