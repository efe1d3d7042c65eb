"""Tells what got slower between two runs of the benchmark, by more than the noise.

usage: compare.py OLD.json [NEW.json], both of bench.sh (BUILD/bench/report.json); or of its --peers or --growth

What is compared are ratios within one run (a restoration over its parts, our runtime over a peer, a pixel at one size over
one at another), so that another machine, or a busy one, does not look like a change of ours. The noise of a ratio is the
spread of its rounds, where the run has kept it, and never taken as less than 3 %. Exit status 1 when anything got slower.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

LEAST_NOISE = 0.03


def ratios(report: dict) -> dict[str, tuple[float, float]]:
    """Name to (how slow, noise); larger is slower."""
    found = {}
    for one in report.get("efficiency", []):
        noise = one.get("spread", 0.0)
        for column in ("over_models", "over_models_and_flow", "over_stages"):
            found[f"{one['name']}, {column.replace('_', ' ')}"] = (one[column], noise)
    for one in report.get("usual", []):
        ours = one["ours"]
        found["over the usual way: " + ", ".join(one["stages"])] = (
            1 / one["faster"], (max(ours) - min(ours)) / min(ours))
    for one in report.get("memory", []):
        found[f"memory of {one['chain']}"] = (one["growth"], 0.0)
    for row in report.get("rows", []):  # of peers
        for column in ("float32", "auto"):
            if column in row:
                found[f"{row['model']} {row['size']} over the best peer, {column}"] = (1 / row[column], 0.05)
    for one in report.get("growth", []):
        found[f"a pixel of {one['size']}, {one['stage']}"] = (one["over_smallest"], one.get("noise", 0.0))
    return found


def main() -> int:
    if len(sys.argv) not in (2, 3):
        print(__doc__)
        return 2
    old = json.loads(Path(sys.argv[1]).read_text())
    new = json.loads(Path(sys.argv[2] if len(sys.argv) == 3 else "build/bench/report.json").read_text())
    before, after = ratios(old), ratios(new)
    shared = [name for name in before if name in after]
    if not shared:
        print("the two runs have measured nothing in common")
        return 2
    slower = 0
    for name in shared:
        (a, noise_a), (b, noise_b) = before[name], after[name]
        noise = max(LEAST_NOISE, noise_a + noise_b)
        change = b / a - 1
        if abs(change) > noise:
            slower += change > 0
            print(f"{'slower' if change > 0 else 'faster'}: {name}: {a:.3f} was, {b:.3f} is "
                  f"({100 * change:+.1f} %, noise {100 * noise:.1f} %)")
    print(f"{len(shared)} ratios compared, {slower} got slower by more than the noise")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
