#!/usr/bin/env bash
# reliability.sh BUILD: everything that docs/reliability.md promises and that takes longer than a test may. Writes
# BUILD/reliability/report.md. KILLS, DAMAGED, FAULTS, ENDURANCE (frames) and
# FUZZ_SECONDS (a target) say how much.
set -euo pipefail
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$build/reliability
mkdir -p "$out"
{
    echo '# Reliability'
    echo
    "$here/kills.sh" "$build" "$out/kills" "${KILLS:-100}" | tail -n 1 | sed 's/^/- /'
    "$here/../corpus/check.sh" "$build" "$out/corpus" | sed 's/^/- /'
    "$here/damage.sh" "$build" "$out/corpus" "$out/damage" "${DAMAGED:-2000}" | sed 's/^/- /'
    "$here/faults.sh" "$build" "$out/faults" "${FAULTS:-200}" | sed 's/^/- /'
    "$here/budget.sh" "$build" "$out/budget" | sed 's/^/- /'
    "$here/endurance.sh" "$build" "$out/endurance" "${ENDURANCE:-10000}" | sed 's/^/- /'
    "$here/../fuzz/fuzz.sh" "$build" "${FUZZ_SECONDS:-600}" | sed 's/^/- /'
} | tee "$out/report.md"
