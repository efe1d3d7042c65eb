"""Measures every default model against the classic tools: build/quality/report.md, report.json, pictures.

    python tests/quality/quality.py [STAGE ...]

Restores held-out material with build/bin/oldfilm, in float32 and in the precision that `auto` chooses. Uses the
validation part of the data folder (plugins/training/data.py says which).
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from evidence import Evidence
from films import ROOT
from training import data

STAGES = ("scratch-removal", "photographs", "denoise", "superres", "colorize", "interpolate", "face-enhance", "shots")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=", ".join(STAGES))
    parser.add_argument("--data", type=Path, default=data.default_data())
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "quality")
    options = parser.parse_args()
    unknown = set(options.stages) - set(STAGES)
    if unknown:
        parser.error(f"there is no measurement of {', '.join(sorted(unknown))}")
    if not options.data.is_dir():
        raise SystemExit(f"quality: {options.data} is not there; --data names a folder with photos, clips and damage")
    evidence = Evidence(options.out)
    for stage in options.stages or STAGES:
        importlib.import_module("of_" + stage.replace("-", "_")).measure(evidence, options.data)
        evidence.write()
    missed = [r for r in evidence.rows if r.verdict == "missed"]
    print(f"{len(evidence.rows)} figures, {len(missed)} below their goal; see {options.out / 'report.md'}")


if __name__ == "__main__":
    main()
