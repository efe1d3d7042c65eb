#!/usr/bin/env bash
# bench.sh BUILD [ROUNDS]: measures efficiency, memory and start-up on a small film, some minutes long.
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

say "making a damaged film"
"$here/../../examples/age-film/make-demo-source.sh" "$out/clean.mkv" 8
"$build/bin/age-film" "$out/clean.mkv" "$out/film.mkv" --seed 7 --size 384x288 >"$out/age-film.log"

say "times from file to file and of the parts alone"
"$build/bin/bench" "$out/film.mkv" "$out" "$rounds"

say "whole programs"
"$python" "$here/programs.py" "$build" "$out/film.mkv" "$out" "$out/programs.json" "$load"

"$python" "$here/report.py" "$out"
say "report: $out/report.md"
