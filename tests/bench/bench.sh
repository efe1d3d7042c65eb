#!/usr/bin/env bash
# bench.sh BUILD [ROUNDS]: measures efficiency at two sizes, memory and start-up, some twenty minutes long.
#
# Leaves in BUILD/bench: report.md (the table, and what each figure means), report.json. Its exit status tells
# whether it could measure, not whether the figures are good.
set -euo pipefail

build=${1:?usage: bench.sh BUILD [ROUNDS]}
rounds=${2:-2}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$build/bench
python=$build/env/bin/python
read -r load _ </proc/loadavg
mkdir -p "$out"

say() { printf '== %s\n' "$*"; }

# Threads that wait for each other sleep, in our programs as in the others: on a machine that does other things
# too, busy waiting makes whatever is measured several times as slow.
export OMP_WAIT_POLICY=passive

say "making damaged films"
"$here/../../examples/age-film/make-demo-source.sh" "$out/clean.mkv" 6
"$build/bin/age-film" "$out/clean.mkv" "$out/480x368.mkv" --seed 7 --size 480x368 >"$out/age-film.log"
"$build/bin/age-film" "$out/clean.mkv" "$out/1920x1080.mkv" --seed 7 --size 1920x1080 --frames 5 >>"$out/age-film.log"

say "times from file to file and of the parts alone"
rm -f "$out"/efficiency-*.json
"$build/bin/bench" "$out/480x368.mkv" "$out" "$rounds"
mv "$out/efficiency.json" "$out/efficiency-480x368.json"
"$build/bin/bench" "$out/1920x1080.mkv" "$out" 1
mv "$out/efficiency.json" "$out/efficiency-1920x1080.json"

say "whole programs"
"$python" "$here/programs.py" "$build" "$out/480x368.mkv" "$out" "$out/programs.json" "$load"

"$python" "$here/report.py" "$out"
say "report: $out/report.md"
