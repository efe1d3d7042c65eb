"""How costs grow: with a film's length, and with its pixels.

usage: growth.py BUILD [--frames N]

Restores films of one kind at four sizes, a stage at a time, and one film of N frames through small frames of the whole
chain, with `oldfilm restore --profile`; writes BUILD/bench/growth.json and growth.md. Times are those of the stage's own
calls (its models and flow among them), after the first two of each, in microseconds a thousand input pixels.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
from pathlib import Path

SIZES = ((480, 368, 14), (960, 540, 9), (1920, 1080, 7), (3840, 2160, 5))  # width, height, frames
STAGES = ("deflicker", "stabilize", "scratch-removal", "denoise", "colorize", "superres:scale=2", "face-enhance",
          "interpolate")


def film(path: Path, width: int, height: int, frames: int) -> None:
    """Pictures that move and have detail at any size: a photograph's spectrum, by a fractal."""
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
                    f"mandelbrot=size={width}x{height}:rate=16:maxiter=200:end_scale=0.3,noise=alls=6:allf=t,format=gray",
                    "-frames:v", str(frames), "-c:v", "ffv1", str(path)], check=True)


def spans(build: Path, source: Path, work: Path, chosen: list[str]) -> tuple[list[dict], int]:
    """The trace's events, and the program's peak resident KiB."""
    trace = work / "trace.json"
    process = subprocess.Popen([str(build / "bin/oldfilm"), "restore", str(source), str(work / "out.mkv"), "--overwrite",
                                "--fresh", "--progress", "none", "--codec", "ffv1", *chosen, "--profile", str(trace)],
                               stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"restoring {source} through {chosen} failed")
    return json.loads(trace.read_text())["traceEvents"], usage.ru_maxrss


def by_pixels(build: Path, work: Path) -> list[dict]:
    rows = []
    for stage in STAGES:
        first = None
        for width, height, frames in SIZES:
            source = work / f"{width}.mkv"
            if not source.exists():
                film(source, width, height, frames)
            events, peak = spans(build, source, work, ["--stage", stage])
            calls = [e["dur"] for e in events if e.get("cat") == "stage"][2:]
            each = statistics.median(calls) / (width * height / 1000)
            first = first or each
            rows.append({"stage": stage.split(":")[0], "size": f"{width}x{height}", "us_a_kilopixel": each,
                         "over_smallest": each / first, "peak_mib": peak / 1024,
                         "noise": statistics.median(abs(c - statistics.median(calls)) for c in calls)
                         / statistics.median(calls)})
            print(rows[-1], flush=True)
    return rows


def by_length(build: Path, work: Path, frames: int) -> dict:
    source = work / "long.mkv"
    film(source, 96, 72, frames)
    events, peak = spans(build, source, work, ["--preset", "silent-film"])
    stages = [e for e in events if e.get("cat") in ("stage", "analysis")]
    made: dict[str, int] = {}  # frames that each stage was asked for: interpolate's are of another rate
    for e in stages:
        made[e["name"]] = max(made.get(e["name"], 1), e["args"]["frame"] + 1)
    quarters = [0.0] * 4
    for e in stages:
        quarters[e["args"]["frame"] * 4 // made[e["name"]]] += e["dur"]
    return {"frames": frames, "ms_a_frame": [q / 1000 / (frames / 4) for q in quarters], "peak_mib": peak / 1024}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("--frames", type=int, default=400, help="of the long film")
    options = parser.parse_args()
    build = options.build.resolve()
    os.environ.update(OLDFILM_PLUGIN_PATH=str(build / "plugins"), OMP_WAIT_POLICY="passive")
    work = build / "bench" / "growth"
    work.mkdir(parents=True, exist_ok=True)
    length = by_length(build, work, options.frames)
    rows = by_pixels(build, work)
    sizes = [f"{w}x{h}" for w, h, _ in SIZES]
    text = ("Microseconds a thousand pixels in each stage's calls, and how many times that of the smallest size; peak "
            "resident MiB of the whole program.\n\n| stage | " + " | ".join(sizes) + " |\n" + "|---" * 5 + "|\n")
    for stage in dict.fromkeys(r["stage"] for r in rows):
        text += f"| {stage} | " + " | ".join(
            f"{r['us_a_kilopixel']:.0f} ({r['over_smallest']:.2f}), {r['peak_mib']:.0f}" for r in rows
            if r["stage"] == stage) + " |\n"
    text += (f"\nA film of {length['frames']} frames of 96x72 through silent-film, milliseconds a frame in its quarters: "
             + ", ".join(f"{q:.1f}" for q in length["ms_a_frame"]) + f"; {length['peak_mib']:.0f} MiB.\n")
    (build / "bench" / "growth.json").write_text(json.dumps({"growth": rows, "length": length}, indent=1) + "\n")
    (build / "bench" / "growth.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
