#!/usr/bin/env bash
# scheduling.sh BUILD [BOUND]: instructions that the host spends on a frame on its way through five stages, by callgrind, of a
# thousand frames after the first two hundred; without looking for cuts, which is work on pictures. Fails above BOUND.
set -euo pipefail
build=$(cd "$1" && pwd) bound=${2:-300000}
command -v valgrind >/dev/null || { echo "skipped: valgrind is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
OMP_NUM_THREADS=1 valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file="$work/out" \
    "$build/bin/scheduling" 1200 200 >/dev/null 2>&1
callgrind_annotate --inclusive=yes --threshold=100 "$work/out" >"$work/table"
read -r all shots < <(awk '{ gsub(",", "", $1) } /PROGRAM TOTALS/ { all = $1 } /Intake::starts_shot\(/ && !shots { shots = $1 }
    END { print all + 0, shots + 0 }' "$work/table")
((all > 0)) || { echo "skipped: the test was built without valgrind's headers"; exit 77; }
each=$(((all - shots) / 1000))
echo "$each instructions a frame through five stages (at most $bound), and $((shots / 1000)) to look for cuts"
"$build/bin/scheduling" 20000 0
((shots > 0 && each <= bound))
