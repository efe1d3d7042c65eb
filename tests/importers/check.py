"""Imports stand-ins for published checkpoints and compares what C++ makes of them with their authors' own output.

    check.py --build BUILD [--set small|all] [--parity FOLDER] [--speed] [NAME ...]

For each system: the stand-in is written, imported by the program that a user calls, run by `run_package` (the C++ `Model`,
float32) at the vectors' size and at an odd one (there against the network in Python), and run through its stage on a few
frames by `oldfilm restore`. Prints a table of errors over the vectors' spread; the limit is 1e-3. Exit status 77 where
the vectors or PyTorch aren't there.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LIMIT = 1e-3
FRAME = (184, 240)  # height and width of the frame for --speed

try:
    import numpy as np
    import torch
except (ImportError, OSError):  # OSError: LibTorch without the parts that Python needs
    print("PyTorch in Python is not installed; ./setup.sh test --all installs it")
    sys.exit(77)

sys.path[:0] = [str(ROOT / "plugins"), str(HERE)]

from tensors import read_tensors, write_tensors  # noqa: E402
from vectors import Case  # noqa: E402


def cases() -> dict[str, Case]:
    """All cases of the files of_<stage>.py, by the vectors' name."""
    found: dict[str, Case] = {}
    for path in sorted(HERE.glob("of_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= module.CASES
    return found


class Check:
    def __init__(self, build: Path, parity: Path, name: str, case: Case):
        self.build, self.parity, self.name, self.case = build, parity, name, case
        self.folder = build / "importers" / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.package = self.folder / "package.pt"

    def run(self, *command) -> str:
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{Path(str(command[0])).name} failed: {(done.stderr or done.stdout).strip()[-600:]}")
        return done.stdout

    def import_it(self) -> None:
        checkpoint = self.folder / "checkpoint"
        shutil.rmtree(checkpoint, ignore_errors=True)
        checkpoint.mkdir()
        self.run(sys.executable, self.parity / "weights.py", self.name, checkpoint)
        named = [self.case.system] if self.case.system else []
        options = [word for option in self.case.options for word in ("--set", option)]
        self.run(sys.executable, ROOT / "plugins/importing/main.py", *named, checkpoint, "-o", self.package, *options)
        shutil.rmtree(checkpoint)

    def model(self, calls: list[tuple[torch.Tensor, ...]]) -> list[tuple[torch.Tensor, ...]]:
        """Outputs of the C++ model, call by call."""
        write_tensors(self.folder / "in", [t for call in calls for t in call])
        self.run(self.build / "bin/run_package", self.package, self.folder / "in", self.folder / "out")
        made = read_tensors(self.folder / "out")
        count = len(self.manifest()["outputs"])
        return [tuple(made[i:i + count]) for i in range(0, len(made), count)]

    def manifest(self) -> dict:
        extra = {"oldfilm.json": ""}
        torch.jit.load(str(self.package), _extra_files=extra)
        return json.loads(extra["oldfilm.json"])

    def vectors(self) -> list[tuple[str, float, float]]:
        """(what, error over the spread, limit) for every output that the vectors hold."""
        npz = np.load(self.parity / f"{self.name}.npz")
        vectors = {k: torch.from_numpy(npz[k].astype(np.float32)) for k in npz.files}
        calls, compare = self.case.calls(vectors)
        return [(what, float((found - expected).abs().max() / expected.std()), self.case.limits.get(what, LIMIT))
                for what, found, expected in compare(self.model(calls))]

    def odd(self) -> float | None:
        """Worst error at an odd size against the scripted network in Python, padded as the manifest says."""
        if not self.case.odd:
            return None
        call = self.case.odd()
        module = torch.jit.load(str(self.package)).eval()
        with torch.no_grad():
            expected = self.case.padded(module, self.manifest(), call)
        return max(float((a - b).abs().max() / b.std()) for a, b in zip(self.model([call])[0], expected, strict=True))

    def stage(self) -> str:
        """The stage with this model on a few small frames; its count of frames is checked."""
        film, result = self.folder / "film.mkv", self.folder / "result.mkv"
        width, height = self.case.film
        self.run("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", f"testsrc2=size={width}x{height}:rate=12",
                 "-frames:v", "3", *(["-vf", "format=gray"] if self.case.gray else []), "-c:v", "ffv1", film)
        others = []
        for parameter, name in self.case.beside.items():
            other = Check(self.build, self.parity, name, cases()[name])
            other.folder = self.folder / name
            other.folder.mkdir(exist_ok=True)
            other.package = other.folder / "package.pt"
            other.import_it()
            others.append(f",{parameter}={other.package}")
        start = time.monotonic()
        self.run(self.build / "bin/oldfilm", "restore", film, result, "--overwrite", "--precision", "float32", "--codec", "ffv1",
                 "--progress", "none", "--stage", f"{self.case.stage}:{self.case.role}={self.package}"
                 + "".join("," + p for p in self.case.parameters) + "".join(others))
        seconds = time.monotonic() - start
        frames = int(self.run("ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries",
                              "stream=nb_read_frames", "-of", "csv=p=0", result).strip().strip(","))
        expected = 6 if self.case.stage == "interpolate" else 3
        if frames != expected:
            raise RuntimeError(f"the stage made {frames} frames of 3, expected {expected}")
        return f"{frames} frames in {seconds:.1f} s"

    def speed(self) -> str:
        """Milliseconds a call in float32 for a small frame, and how many of the stage's default model's that is."""
        own = self.milliseconds(self.package)
        manifest = self.manifest()
        name = f"fidelity-x{manifest['scale']}" if manifest["task"] == "superres" else "default"
        default = ROOT / "plugins" / manifest["task"] / "models" / f"{name}.pt"
        return f"{own:.0f} ms, {own / self.milliseconds(default):.2g} times the default model's"

    def milliseconds(self, package: Path) -> float:
        text = self.run(self.build / "bin/model_speed", package, *FRAME)
        return float(re.search(r" float32 .*median ([0-9.]+) ms", text)[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--parity", type=Path, default=ROOT.parent / "shared/parity")
    parser.add_argument("--set", choices=("small", "all"), default="small")
    parser.add_argument("--speed", action="store_true", help="measure the packages' speed too")
    parser.add_argument("--keep", action="store_true", help="keep the packages")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if not (options.parity / "weights.py").exists():
        print(f"the vectors are not there ({options.parity})")
        return 77
    known = cases()
    names = options.names or [n for n, c in known.items() if options.set == "all" or not c.big]
    failed = 0
    print(f"{'vectors':20} {'output':18} {'error/spread':>12} {'limit':>8}")
    for name in names:
        check = Check(options.build.resolve(), options.parity.resolve(), name, known[name])
        try:
            check.import_it()
            for what, error, limit in check.vectors():
                bad = not error <= limit
                failed += bad
                print(f"{name:20} {what:18} {error:12.1e} {limit:8.0e}{'  FAILED' if bad else ''}")
            odd = check.odd()
            if odd is not None:
                failed += not odd <= LIMIT
                print(f"{name:20} {'odd size':18} {odd:12.1e} {LIMIT:8.0e}{'' if odd <= LIMIT else '  FAILED'}")
            if options.speed:
                print(f"{name:20} {'speed':18} {check.speed()}")
            if known[name].stage:
                print(f"{name:20} {'stage':18} {check.stage()}")
        except (RuntimeError, subprocess.SubprocessError) as error:
            failed += 1
            print(f"{name:20} FAILED {error}")
        if not options.keep:
            shutil.rmtree(check.folder, ignore_errors=True)
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
