"""MTCNN's package against the published cascade, read box by box, with stand-in weights. Nothing is fetched.

    mtcnn_faces.py BUILD      exit status 77 where PyTorch isn't there
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "plugins"), str(HERE)]

try:
    import torch
    import torch.nn.functional as F
except (ImportError, OSError):  # OSError: LibTorch without the parts that Python needs
    print("PyTorch in Python is not installed; ./setup.sh test --all installs it")
    sys.exit(77)

from training import package  # noqa: E402
from vectors import noise  # noqa: E402

LAYERS = {
    "pnet": {"conv1": (10, 3, 3), "conv2": (16, 10, 3), "conv3": (32, 16, 3), "conv4_1": (2, 32, 1), "conv4_2": (4, 32, 1)},
    "rnet": {"conv1": (28, 3, 3), "conv2": (48, 28, 3), "conv3": (64, 48, 2), "dense4": (128, 576), "dense5_1": (2, 128),
             "dense5_2": (4, 128)},
    "onet": {"conv1": (32, 3, 3), "conv2": (64, 32, 3), "conv3": (64, 64, 3), "conv4": (128, 64, 2), "dense5": (256, 1152),
             "dense6_1": (2, 256), "dense6_2": (4, 256), "dense6_3": (10, 256)},
}
ACTIVE = {"pnet": "123", "rnet": "1234", "onet": "12345"}
LINES = (0.55, 0.5, 0.5)  # of the three networks; stand-ins are sure of nothing


def stand_in(name: str, generator: torch.Generator) -> dict[str, torch.Tensor]:
    table = {}
    for layer, shape in LAYERS[name].items():
        shape = (*shape, shape[2]) if len(shape) == 3 else shape
        inputs = int(torch.tensor(shape[1:]).prod())
        table[layer + ".weight"] = torch.randn(shape, generator=generator) * (2 / inputs) ** 0.5
        table[layer + ".bias"] = torch.randn(shape[0], generator=generator) * 0.05
        if layer[-1] in ACTIVE[name] and "_" not in layer:
            table[f"prelu{layer[-1]}.weight"] = torch.rand(shape[0], generator=generator) * 0.5
    for layer in table:  # boxes are corrected a little, as trained ones are
        if layer.startswith(("conv4_2", "dense5_2", "dense6_2")):
            table[layer] *= 0.05
    return table


def layer(table, name: str, x: torch.Tensor) -> torch.Tensor:
    weight, bias = table[name + ".weight"], table[name + ".bias"]
    return F.conv2d(x, weight, bias) if weight.dim() == 4 else x @ weight.T + bias


def active(table, number: str, x: torch.Tensor) -> torch.Tensor:
    name = next(k[:-7] for k in table if k in (f"conv{number}.weight", f"dense{number}.weight"))
    return F.prelu(layer(table, name, x), table[f"prelu{number}.weight"])


def flat(x: torch.Tensor) -> torch.Tensor:
    return x.permute(0, 3, 2, 1).reshape(len(x), -1)


def iou(a, b, beyond: float, of_smaller: bool) -> float:
    w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]) + beyond)
    h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]) + beyond)
    first, second = ((c[2] - c[0] + beyond) * (c[3] - c[1] + beyond) for c in (a, b))
    whole = min(first, second) if of_smaller else first + second - w * h
    return w * h / whole if whole > 0 else 0.0


def suppressed(rows: list[list[float]], most: float, beyond: float = 0.0, of_smaller: bool = False) -> list[list[float]]:
    """Rows begin with a box and its score."""
    passed: list[list[float]] = []
    for row in sorted(rows, key=lambda r: -r[4]):
        if all(iou(row, better, beyond, of_smaller) <= most for better in passed):
            passed.append(row)
    return passed


def moved(row: list[float], by: list[float], beyond: float) -> list[float]:
    w, h = row[2] - row[0] + beyond, row[3] - row[1] + beyond
    return [row[0] + by[0] * w, row[1] + by[1] * h, row[2] + by[2] * w, row[3] + by[3] * h, *row[4:]]


def square(row: list[float]) -> list[float]:
    w, h = row[2] - row[0], row[3] - row[1]
    side = max(w, h)
    x, y = row[0] + w / 2 - side / 2, row[1] + h / 2 - side / 2
    return [x, y, x + side, y + side, *row[4:]]


def crop(picture: torch.Tensor, row: list[float], side: int) -> torch.Tensor | None:
    left, top = max(int(row[0]), 1) - 1, max(int(row[1]), 1) - 1
    right, bottom = min(int(row[2]), picture.shape[3]), min(int(row[3]), picture.shape[2])
    if right <= left or bottom <= top:
        return None
    return (F.interpolate(picture[:, :, top:bottom, left:right], (side, side), mode="area") - 127.5) / 128


def proposals(tables, picture: torch.Tensor) -> list[list[float]]:
    height, width = picture.shape[2:]
    scale, rows, table = 12 / 20, [], tables["pnet"]
    while min(height, width) * scale >= 12:
        x = (F.interpolate(picture, (int(height * scale + 1), int(width * scale + 1)), mode="area") - 127.5) / 128
        x = F.max_pool2d(active(table, "1", x), 2, 2, ceil_mode=True)
        x = active(table, "3", active(table, "2", x))
        sure, by = layer(table, "conv4_1", x).softmax(1)[0, 1], layer(table, "conv4_2", x)[0]
        at = [((torch.arange(max(sure.shape)) * 2.0 + beyond) / scale).floor().tolist() for beyond in (1, 12)]
        here = [[at[0][c], at[0][r], at[1][c], at[1][r], float(sure[r, c]), *by[:, r, c].tolist()]
                for r, c in (sure >= LINES[0]).nonzero().tolist()]
        rows += suppressed(here, 0.5)
        scale *= 0.709
    return [square(moved(row[:5], row[5:], 0)) for row in suppressed(rows, 0.7)]


def faces(tables, picture: torch.Tensor) -> list[list[float]]:
    picture, rows = picture * 255, []
    table = tables["rnet"]
    for row in proposals(tables, picture):
        if (x := crop(picture, row, 24)) is not None:
            x = F.max_pool2d(active(table, "1", x), 3, 2, ceil_mode=True)
            x = F.max_pool2d(active(table, "2", x), 3, 2, ceil_mode=True)
            x = active(table, "4", flat(active(table, "3", x)))
            score = float(layer(table, "dense5_1", x).softmax(1)[0, 1])
            if score > LINES[1]:
                rows.append([*row[:4], score, *layer(table, "dense5_2", x)[0].tolist()])
    rows = [square(moved(row[:5], row[5:], 1)) for row in suppressed(rows, 0.7)]
    found, table = [], tables["onet"]
    for row in rows:
        if (x := crop(picture, row, 48)) is not None:
            x = F.max_pool2d(active(table, "1", x), 3, 2, ceil_mode=True)
            x = F.max_pool2d(active(table, "2", x), 3, 2, ceil_mode=True)
            x = F.max_pool2d(active(table, "3", x), 2, 2, ceil_mode=True)
            x = active(table, "5", flat(active(table, "4", x)))
            score = float(layer(table, "dense6_1", x).softmax(1)[0, 1])
            if score > LINES[2]:
                points = layer(table, "dense6_3", x)[0].tolist()
                w, h = row[2] - row[0] + 1, row[3] - row[1] + 1
                at = [v for k in range(5) for v in (points[k] * w + row[0] - 1, points[5 + k] * h + row[1] - 1)]
                found.append(moved([*row[:4], score, *at], layer(table, "dense6_2", x)[0].tolist(), 1))
    return suppressed(found, 0.7, 1, of_smaller=True)


@torch.no_grad()
def main() -> int:
    folder = Path(sys.argv[1]) / "importers" / "mtcnn"
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(5)
    tables = {name: stand_in(name, generator) for name in LAYERS}
    for name, table in tables.items():
        torch.save(table, folder / f"{name}.pt")
    options = [word for key, line in zip(("first", "second", "third"), LINES, strict=True) for word in ("--set", f"{key}={line}")]
    subprocess.run([sys.executable, str(ROOT / "plugins/importing/main.py"), *(str(folder / f"{name}.pt") for name in tables),
                    "-o", str(folder / "package.pt"), *options], check=True, stdout=subprocess.DEVNULL)
    module, manifest = package.load(folder / "package.pt")
    assert manifest["task"] == "face-detector" and manifest["outputs"] == ["faces"], manifest
    count = 0
    for seed, (height, width) in enumerate(((90, 120), (77, 61))):
        picture = noise(seed, 1, 3, height, width)
        expected, found = torch.tensor(faces(tables, picture)), module(picture)
        assert expected.shape == found.shape, f"expected {tuple(expected.shape)}, found {tuple(found.shape)}"
        worst = float((expected - found).abs().max())
        print(f"{height}x{width}: {len(found)} faces, largest difference {worst:.1e} pixels")
        assert worst < 1e-2
        count += len(found)
    assert count >= 4, "the stand-ins find too little to compare"
    assert module(torch.zeros(1, 3, 8, 8)).shape == (0, 15)
    return 0


if __name__ == "__main__":
    sys.exit(main())
