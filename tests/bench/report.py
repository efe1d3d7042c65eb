"""Makes FOLDER/report.md and FOLDER/report.json of what the benchmark measured, and prints what was met.

usage: report.py FOLDER
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from pathlib import Path

EFFICIENCY, TIMES_FASTER, GROWTH, START_UP = 1.05, 2.0, 1.05, 0.2

EXPLANATION = """## What the figures mean

Everything was measured in one run on one machine, with {threads} threads and a load average of {load} when it began;
the films are gray (FFV1), the output is H.264 (libx264, medium, crf 16).
Efficiency: {rounds} rounds in one process for the small film, one for the large (of what is quick four times as
many), in which the parts take turns with the whole; each figure is the best of its rounds. Nothing is subtracted from anywhere. `OMP_WAIT_POLICY=passive` was
set for every program, ours and the other: where other programs use the processor too, threads that wait busily for
each other lose many times the time, in PyTorch in Python most of all.

- *file to file*: `oldfilm::restore` from its call to its return: opening, loading plugins and models, finding shots,
  all stages, converting pictures, encoding, publishing the file.
- *decode*: libavformat and libavcodec alone over the same file, frames dropped. *encode*: libx264 alone over the
  frames that the restoration made, already in the encoder's format, with the same settings; packets dropped. That it
  is the same work shows in the packets' sizes, which differ from the restored file's by {bytes} in all at most.
- *models*: the packages that the stages used, opened anew and loaded, and every call that the stages made of them
  made again with the very tensors, in the same order, through `oldfilm::Model` (its tiles, precision and padding).
  Stages without a model have 0.
- *flow*: the optical flow that the stages ask the library for (DIS, from OpenCV), between the same pictures and
  nothing else. It is a classical algorithm of the same standing as a model, and no network's: the second sum has it,
  the first has not.
- *stages*: the same pipeline on frames that are decoded already, pushed in and dropped at the end. It holds loading,
  models, flow, and all other work of stages (warping, finding faces, stabilizing, enlarging chroma), without files.
- *over models*: file to file / (decode + models + encode). Stages without a model (deflicker, stabilize) are all
  overhead by this measure, and `stabilize`, `scratch-removal`, `colorize`, `face-enhance` and `interpolate` do much
  of their work outside of networks: this ratio says how much. *over models and flow*: the same with flow among the
  parts.
- *over stages*: file to file / (decode + stages + encode): what joining files to stages costs. A figure below 1 means
  that decoding and encoding used time that stages left free on some cores.

The target is judged over stages: the parts are what the stages take, whatever they do, and decoding and encoding.
*beside models*: what the stages take beyond their models and flow, in parts of what the models take.

*The usual way* is `usual_way.py`: frames decoded with OpenCV into PNG files, then stage after stage from PNG to PNG
with the same packages' TorchScript in PyTorch (float32, eval, no_grad, one whole frame a call), joined by FFmpeg into
H.264 with the same settings. scratch-removal's neighbors are aligned by DIS, too; grain, doubtful flow and
colors over time are not looked after, so it does less than ours. Its imports are not counted; of ours the whole
program is, the slower of two runs, one before and one after. PSNR is between the two results, as `oldfilm compare`
has it: near equal for one network, far apart where colors are steadied and grain is measured.

*Memory*: largest resident size of the whole program `oldfilm restore`, 400 frames over 100 of the same film.
*Copies*: pictures whose memory at one stage's end was not their memory at the next one's beginning, from the pushed
frame to the frame taken.
"""


def best(values: list[float]) -> float:
    return min(values)


def efficiency(film: dict, restoration: dict) -> dict:
    parts = {key: best(restoration[key])
             for key in ("decode", "load", "run", "flow", "in_memory", "encode", "file_to_file")}
    models, files = parts["load"] + parts["run"], parts["decode"] + parts["encode"]
    whole = parts["file_to_file"]
    fastest = restoration["in_stages"][restoration["file_to_file"].index(whole)]
    # Stages without a model load something, too: not a part worth a ratio.
    beside = max(parts["in_memory"] - models - parts["flow"], 0.0) / models if restoration["models"] else 0.0
    return {"name": restoration["name"], "size": f"{film['width']}x{film['height']}", "beside_models": beside,
            "frames_in": restoration["frames_in"],
            "frames_out": restoration["frames_out"],
            "calls": restoration["calls"], "file_to_file": whole,
            "decode": parts["decode"], "models": models, "loading": parts["load"], "flow": parts["flow"],
            "encode": parts["encode"], "stages": parts["in_memory"],
            "over_models": whole / (files + models), "over_models_and_flow": whole / (files + models + parts["flow"]),
            "over_stages": whole / (files + parts["in_memory"]),
            "spread": statistics.median(restoration["file_to_file"]) / whole - 1,
            "each_stage": dict(zip(restoration["stages"], fastest, strict=True)),
            "each_task": restoration["run_by_task"][restoration["run"].index(parts["run"])]}


def collect(films: list[dict], programs: dict) -> dict:
    measured = films[0]
    report = {"film": {key: measured[key] for key in ("width", "height", "frames", "threads", "rounds")},
              "load_average": programs["load_average"],
              "efficiency": [efficiency(film, one) for film in films for one in film["restorations"]],
              "encoded_bytes_differ": max(abs(one["encoded_bytes"] - one["written_bytes"])
                                          for film in films for one in film["restorations"]),
              "transfers": measured["transfers"], "usual": [], "memory": programs["memory"]}
    for one in programs["usual"]:
        ours = max(one["ours"])
        report["usual"].append({**one, "faster": one["usual"]["seconds"] / ours})
    for one in report["memory"]:
        one["growth"] = one["peak_kib_400"] / one["peak_kib_100"]
    report["start_up"] = {"seconds": best(programs["start_up"]["seconds"]), "torch": programs["start_up"]["torch"]}
    report["targets"] = targets(report)
    return report


def targets(report: dict) -> list[dict]:
    found = []

    def judge(what: str, figure: str, target: str, met: bool) -> None:
        found.append({"what": what, "figure": figure, "target": target, "met": bool(met)})

    for one in report["efficiency"]:
        judge(f"file to file over its parts, {one['name']} at {one['size']}", f"{one['over_stages']:.2f}",
              f"at most {EFFICIENCY:.2f}", one["over_stages"] <= EFFICIENCY)
    for one in report["usual"]:
        judge("faster than the usual way: " + ", ".join(one["stages"]), f"{one['faster']:.1f} times",
              f"at least {TIMES_FASTER:.0f} times", one["faster"] >= TIMES_FASTER)
    for one in report["memory"]:
        judge(f"memory, 400 frames over 100: {one['chain']}", f"{one['growth']:.3f}",
              f"at most {GROWTH}", one["growth"] <= GROWTH)
    for one in report["transfers"]:
        judge(f"copies between stages on {one['device']}", f"{one['copies']} of {one['hand_overs']}", "0",
              one["copies"] == 0)
        wanted = 0 if one["device"] == "cpu" else one["frames"]
        judge(f"uploads and downloads on {one['device']}, {one['frames']} frames",
              f"{one['uploads']}, {one['downloads']}", f"{wanted}, {wanted}",
              one["uploads"] == one["downloads"] == wanted)
    start = report["start_up"]
    judge("start of `oldfilm plugins`", f"{start['seconds'] * 1000:.0f} ms", f"under {START_UP * 1000:.0f} ms",
          start["seconds"] < START_UP)
    judge("LibTorch's libraries loaded by `oldfilm plugins`", str(len(start["torch"])), "0", not start["torch"])
    return found


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def models_of(stage: str, tasks: dict) -> float:
    return tasks.get(stage, 0.0) + (tasks.get("face-landmarks", 0.0) if stage == "face-enhance" else 0.0)


def markdown(report: dict) -> str:
    film = report["film"]
    text = "# Benchmark\n\n## Targets\n\n"
    text += table(["what", "figure", "target", ""],
                  [[t["what"], t["figure"], t["target"], "met" if t["met"] else "**not met**"]
                   for t in report["targets"]])
    if all(one["device"] == "cpu" for one in report["transfers"]):
        text += "\nThere is no CUDA device here: uploads and downloads on one were not counted.\n"
    text += "\n## Efficiency\n\nSeconds; the last four columns are ratios.\n\n"
    columns = ("file_to_file", "decode", "models", "flow", "stages", "encode",
               "over_models", "over_models_and_flow", "beside_models", "over_stages")
    text += table(["restoration", "size", "frames", *(column.replace("_", " ") for column in columns)],
                  [[one["name"], one["size"], f"{one['frames_in']} to {one['frames_out']}", *(f"{one[c]:.2f}" for c in columns)]
                   for one in report["efficiency"]])
    chain = report["efficiency"][-1]
    text += f"\nInside {chain['name']}, seconds in each stage's calls (and of its models alone): "
    text += ", ".join(f"{name} {seconds:.2f} ({models_of(name, chain['each_task']):.2f})"
                      for name, seconds in chain["each_stage"].items())
    text += ".\n\n## Against the usual way\n\n"
    text += table(["stages", "frames", "ours, s", "the usual way, s", "its steps", "times faster", "PSNR, dB"],
                  [[", ".join(one["stages"]), str(one["frames"]), ", ".join(f"{s:.1f}" for s in one["ours"]),
                    f"{one['usual']['seconds']:.1f}",
                    ", ".join(f"{step} {seconds:.1f}" for step, seconds in one["usual"]["steps"].items()),
                    f"{one['faster']:.1f}", f"{one['psnr']:.1f}"] for one in report["usual"]])
    text += "\n## Memory\n\n"
    text += table(["chain", "size", "peak with 100 frames", "with 400", "ratio"],
                  [[one["chain"], one["size"], f"{one['peak_kib_100'] / 1024:.0f} MiB",
                    f"{one['peak_kib_400'] / 1024:.0f} MiB", f"{one['growth']:.3f}"] for one in report["memory"]])
    return text + "\n" + EXPLANATION.format(**film, load=report["load_average"],
                                            bytes=f"{report['encoded_bytes_differ']} byte(s)")


def main() -> None:
    folder = Path(sys.argv[1])
    films = [json.loads(file.read_text()) for file in folder.glob("efficiency-*.json")]
    films.sort(key=lambda film: film["width"])
    report = collect(films, json.loads((folder / "programs.json").read_text()))
    for name, text in (("report.json", json.dumps(report, indent=1) + "\n"), ("report.md", markdown(report))):
        partial = folder / (name + ".part")
        partial.write_text(text)
        os.replace(partial, folder / name)
    print(markdown(report).split("## What the figures mean")[0])
    missed = [t for t in report["targets"] if not t["met"]]
    print(f"{len(report['targets']) - len(missed)} of {len(report['targets'])} targets met")
    for t in missed:
        print(f"not met: {t['what']}: {t['figure']}, {t['target']}")


if __name__ == "__main__":
    main()
