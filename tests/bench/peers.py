"""Our runtime against others: ONNX Runtime, OpenVINO, ncnn, AOTInductor; same weights, same tensors, same threads.

usage: peers.py BUILD [--seconds S] [--rounds N] [--only NAME] [--sizes 480x368 ...] [--runtimes inductor ...]

Exports the default models and a plain chain of 64 channels (ONNX; ncnn by pnnx; AOTInductor's packages, on request),
runs each in each runtime in a process of its own, the runtimes taking turns, and writes BUILD/bench/peers.json and
peers.md. A figure is the best of the rounds' medians. A figure counts only where the output is the same: within 1e-3 of
ours in float32; in 16 bits, 47 dB from it or more, which costs a result of 27 dB (superres x4 at its task) less than
0.05 dB.
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import json
import math
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

warnings.filterwarnings("ignore")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "plugins"))
from training import package

SIZES = ((480, 368), (960, 544), (1920, 1088))  # 540 and 1080 rounded up: every network takes them unpadded
RUNS = (("ours", "float32"), ("onnxruntime", "float32"), ("openvino", "float32"), ("ncnn", "float32"),
        ("ours", "auto"), ("openvino", "bfloat16"), ("ncnn", "bfloat16"),
        ("inductor", "float32"), ("inductor", "bfloat16"))
PEERS = tuple(dict.fromkeys(runtime for runtime, _ in RUNS if runtime != "ours"))
USUAL = ("onnxruntime", "openvino", "ncnn")  # AOTInductor compiles a network and a size for up to minutes


class Chain(nn.Module):
    """Eight 3x3 convolutions, 64 channels between, ReLU after each but the last."""

    def __init__(self):
        super().__init__()
        widths = [3, *[64] * 7, 3]
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(widths, widths[1:]))

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        x = picture.to(self.layers[0].weight.dtype)
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i < 7:
                x = torch.relu(x)
        return x.float()


def classes(stage: str):
    spec = importlib.util.spec_from_file_location("model_of_" + stage, ROOT / "plugins" / stage / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_convolutions(network):
    """Makes a picture smaller by two convolutions of the same weights: ONNX's exporter knows no antialiased resizing."""
    scale = network.scale
    impulses = torch.eye(16 * scale).view(1, 16 * scale, 16 * scale, 1).expand(-1, -1, -1, 8 * scale)
    rows = F.interpolate(impulses, scale_factor=1.0 / scale, mode="bicubic", align_corners=False, antialias=True)
    edge = 3 * scale // 2
    taps = rows[0, 8 * scale - edge:9 * scale + edge, 8, 0]

    def smaller(large: torch.Tensor) -> torch.Tensor:
        for taps_now, stride, edges, side in ((taps.view(1, 1, -1, 1), (scale, 1), (edge, 0), 2),
                                              (taps.view(1, 1, 1, -1), (1, scale), (0, edge), 3)):
            shape = [1, 1, 1, 1]
            shape[side] = int(large.shape[side])
            seen = F.conv2d(torch.ones(shape), taps_now, stride=stride, padding=edges)  # taps beyond the edge don't count
            large = F.conv2d(large, taps_now, stride=stride, padding=edges) * (1.0 / seen)
        return large

    network.smaller = smaller
    return network


def networks(work: Path) -> dict:
    """Name to (package, eager network, manifest)."""
    torch.manual_seed(3)
    chain = Chain().eval()
    chain_file = work / "chain64.pt"
    package.save(chain, chain_file, {
        "id": "org.oldfilm.bench.chain64", "version": "1", "task": "bench", "inputs": ["picture"],
        "outputs": ["picture"], "channels": 3, "window": {"before": 0, "after": 0}, "scale": 1, "size_multiple": 1,
        "receptive_field": 8, "precisions": ["float32", "bfloat16"], "license": "BSD-3-Clause", "training_data": []},
        (torch.rand(1, 3, 32, 32),))
    made = {"chain64": (chain_file, chain)}
    for stage, file, build in (
            ("superres", "fidelity-x2", lambda m: m.Superres(2)),
            ("superres", "fidelity-x4", lambda m: by_convolutions(m.Superres(4))),
            ("denoise", "default", lambda m: m.Denoise()),
            ("scratch-removal", "default", lambda m: m.ScratchRemoval()),
            ("interpolate", "default", lambda m: m.Interpolate()),
            ("colorize", "default", lambda m: m.fused(m.Judged(m.Colorize(), m.Judge()))),
            ("face-enhance", "default", lambda m: m.FaceEnhance())):
        path = ROOT / "plugins" / stage / "models" / (file + ".pt")
        network = build(classes(stage)).eval()
        missing = network.load_state_dict(package.load(path)[0].state_dict(), strict=False).missing_keys
        if missing:
            raise RuntimeError(f"{path} lacks {missing[0]}")
        made[stage + ("-x" + file[-1] if stage == "superres" else "")] = (path, network)
    return {name: (path, network, package.load(path)[1]) for name, (path, network) in made.items()}


def inputs_for(manifest: dict, width: int, height: int) -> list[torch.Tensor]:
    """A smooth moving picture with detail: noise would be no fair input for any network."""
    def picture(*lead: int) -> torch.Tensor:
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        base = 0.5 + 0.25 * torch.sin(x * 0.11) * torch.cos(y * 0.07) + 0.1 * torch.sin((x + y) * 0.6)
        return (base.expand(*lead, height, width) + 0.02 * torch.randn(*lead, height, width)).clamp(0, 1).contiguous()

    torch.manual_seed(5)
    channels, window, result = manifest["channels"], manifest["window"], []
    for name in manifest["inputs"]:
        if name in ("t", "sigma"):
            result.append(torch.full((1, 1, 1, 1), 0.5 if name == "t" else 0.05))
        elif name == "window":
            result.append(picture(1, window["before"] + 1 + window["after"], channels))
        elif name.startswith("flow"):
            result.append(picture(1, 2) * 4 - 2)
        else:
            result.append(picture(1, 1 if name in ("luma", "mask") else channels))
    return result


def compile_package(network, inputs: list, precision: str, file: str) -> None:
    """An AOTInductor package (PyTorch 2): convolutions in `precision`, weights packed when it is made."""
    network = copy.deepcopy(network).to(memory_format=torch.channels_last).requires_grad_(False)
    for module in network.modules():
        if precision == "bfloat16" and isinstance(module, nn.Conv2d):
            module.bfloat16()
    torch._inductor.aoti_compile_and_package(torch.export.export(network, tuple(inputs)), package_path=file,
                                             inductor_configs={"freezing": True, "cpp.threads": os.cpu_count()})


def export_onnx(network, manifest: dict, inputs: list, base: Path) -> None:
    torch.onnx.export(network, tuple(inputs), str(base) + ".onnx", input_names=manifest["inputs"],
                      output_names=manifest["outputs"], opset_version=18, dynamo=False)


def export_ncnn(network, inputs: list, base: Path) -> None:
    torch.jit.trace(network, tuple(inputs), check_trace=False).save(str(base) + ".pt")
    shapes = ",".join("[" + ",".join(map(str, i.shape)) + "]" for i in inputs)
    done = subprocess.run([str(Path(sys.executable).parent / "pnnx"), str(base) + ".pt", "inputshape=" + shapes,
                           "fp16=0"], capture_output=True, text=True, check=False)
    if done.returncode != 0 or not Path(str(base) + ".ncnn.param").exists():
        raise RuntimeError("pnnx could not convert it")


def export(network, manifest: dict, inputs: list, base: Path, runtimes: list[str]) -> dict:
    """Files of the runtimes, named after `base`; what could not be made, by runtime."""
    makers = {("onnxruntime", "openvino"): lambda: export_onnx(network, manifest, inputs, base),
              ("ncnn",): lambda: export_ncnn(network, inputs, base),
              ("inductor",): lambda: [compile_package(network, inputs, p, f"{base}-{p}.pt2")
                                      for p in ("float32", "bfloat16")]}
    failed = {}
    with torch.no_grad():
        for names, make in makers.items():
            if not set(names) & set(runtimes):
                continue
            try:
                make()
            except Exception as error:  # the exporters' own kinds differ by version
                failed |= dict.fromkeys(names, str(error).splitlines()[0])
    return failed


def put(inputs: list, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inputs.json").write_text(json.dumps([list(i.shape) for i in inputs]))
    for i, tensor in enumerate(inputs):
        tensor.numpy().astype(np.float32).tofile(folder / f"input-{i}.f32")


def outputs_in(folder: Path) -> list[np.ndarray]:
    files = sorted(folder.glob("output-*.f32"))
    result = [np.fromfile(f, np.float32) for f in files]
    for f in files:
        f.unlink()
    return result


def measure(build: Path, runtime: str, precision: str, path: Path, base: Path, folder: Path, options) -> dict:
    seconds, threads = str(options.seconds), str(os.cpu_count())
    command = ([str(build / "bin/run_tensors"), str(path), str(folder), precision, seconds] if runtime == "ours" else
               [sys.executable, str(HERE / "peer_run.py"), runtime, str(base), str(folder), precision, seconds, threads])
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env={**os.environ, "OMP_NUM_THREADS": threads, "OMP_WAIT_POLICY": "passive",
                               "GOMP_SPINCOUNT": "2000"})  # as the command line sets it; the others have their own
    if done.returncode != 0:
        return {"failed": (done.stderr.strip().splitlines() or ["no message"])[-1][:200]}
    result = json.loads(done.stdout.strip().splitlines()[-1])
    result["outputs"] = outputs_in(folder)
    return result


def apart(result: list, truth: list) -> tuple[float, float]:
    """Greatest difference, and decibels of a signal of 1."""
    if [r.size for r in result] != [t.size for t in truth]:
        return math.inf, 0.0
    greatest = max(float(np.abs(r - t).max()) for r, t in zip(result, truth))
    mse = max(float(np.mean((r - t) ** 2)) for r, t in zip(result, truth))
    return greatest, -10 * math.log10(max(mse, 1e-12))


def bench(build: Path, options) -> list[dict]:
    work = build / "bench" / "peers"
    work.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, (path, network, manifest) in networks(work).items():
        if options.only and name not in options.only:
            continue
        own, multiple = manifest.get("render_size", 0), max(32, manifest["size_multiple"])
        for width, height in ([(own * 4 // 3 // multiple * multiple, own)] if own else options.sizes):
            row = {"model": name, "size": f"{width}x{height}", "runs": {}}
            base, folder = work / f"{name}-{width}".replace("-", "_"), work / "tensors"
            inputs = inputs_for(manifest, width, height)
            put(inputs, folder)
            failed = export(network, manifest, inputs, base, options.runtimes)
            truth = None
            for _ in range(options.rounds):
                for runtime, precision in (r for r in RUNS if r[0] in ("ours", *options.runtimes)):
                    key = f"{runtime} {precision}"
                    if runtime in failed:
                        row["runs"][key] = {"failed": failed[runtime]}
                        continue
                    result = measure(build, runtime, precision, path, base, folder, options)
                    outputs = result.pop("outputs", None)
                    if outputs is not None:
                        truth = outputs if key == "ours float32" and truth is None else truth
                        result["apart"], result["decibels"] = apart(outputs, truth)
                    known = row["runs"].get(key)
                    if known is None or result.get("median", math.inf) < known.get("median", math.inf):
                        row["runs"][key] = result
            for file in work.glob(base.name + "*"):
                file.unlink()
            rows.append(row)
            print(line(row), file=sys.stderr, flush=True)
    return rows


def counts(run: dict, precision: str) -> bool:
    limit = run.get("apart", math.inf) < 1e-3 if precision == "float32" else run.get("decibels", 0) > 47
    return "median" in run and limit


def line(row: dict) -> str:
    return f"{row['model']} {row['size']}: " + ", ".join(
        f"{key} {run['median'] * 1e3:.1f} ms ({run['apart']:.1e}, {run['decibels']:.0f} dB)" if "median" in run
        else f"{key}: {run['failed']}" for key, run in row["runs"].items())


def judged(rows: list[dict]) -> dict:
    """Geometric means of the best peer's time over ours (float32), and of OpenVINO's best over `auto`."""
    single, half = [], []
    for row in rows:
        runs = row["runs"]
        peers = [runs[f"{p} float32"]["median"] for p in PEERS if counts(runs.get(f"{p} float32", {}), "float32")]
        if peers and "median" in runs["ours float32"]:
            row["float32"] = min(peers) / runs["ours float32"]["median"]
            single.append(row["float32"])
        own = [runs[k]["median"] for k, p in (("openvino float32", "float32"), ("openvino bfloat16", "bfloat16"))
               if counts(runs.get(k, {}), p)]
        if own and counts(runs["ours auto"], "bfloat16"):
            row["auto"] = min(own) / runs["ours auto"]["median"]
            half.append(row["auto"])
    mean = lambda values: math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan
    return {"float32_over_best_peer": mean(single), "auto_over_openvino": mean(half)}


def table(rows: list[dict], means: dict) -> str:
    runs = [(r, p) for r, p in RUNS if any(f"{r} {p}" in row["runs"] for row in rows)]
    keys = [f"{r} {p}" for r, p in runs]
    text = ("Milliseconds a call; the last two columns are how many times as fast ours is as the best peer in float32, "
            "and as OpenVINO's best\nprecision in the one that `auto` chooses.\n\n| network | size | "
            + " | ".join(keys) + " | float32 | auto |\n" + "|---" * (len(keys) + 4) + "|\n")
    for row in rows:
        cells = []
        for (_, precision), key in zip(runs, keys):
            run = row["runs"].get(key, {})
            mark = "" if counts(run, precision) else " (other output)"
            cells.append(f"{run['median'] * 1e3:.1f}{mark}" if "median" in run else "-")
        text += (f"| {row['model']} | {row['size']} | " + " | ".join(cells)
                 + "".join(f" | {row[k]:.2f}" if k in row else " | -" for k in ("float32", "auto")) + " |\n")
    return text + (f"\nGeometric means: {means['float32_over_best_peer']:.2f} in float32, "
                   f"{means['auto_over_openvino']:.2f} in `auto`.\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", action="append", help="a network")
    parser.add_argument("--runtimes", nargs="+", default=list(USUAL), choices=PEERS)
    parser.add_argument("--sizes", nargs="+", default=SIZES,
                        type=lambda text: tuple(int(side) for side in text.split("x")))
    options = parser.parse_args()
    torch.set_num_threads(os.cpu_count())
    rows = bench(options.build.resolve(), options)
    means = judged(rows)
    out = options.build / "bench"
    (out / "peers.json").write_text(json.dumps({"rows": rows, **means}, indent=1) + "\n")
    (out / "peers.md").write_text(table(rows, means))
    print(table(rows, means))


if __name__ == "__main__":
    main()
