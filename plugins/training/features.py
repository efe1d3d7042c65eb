"""Networks that see pictures somewhat as people do: one to train with, and another to judge by.

Distances between a network's features agree better with people than pixels do (LPIPS: Zhang et al.
2018). No published network can be had here, so both learn without labels, from our own training
photographs, to tell which two patches are of one picture (SimCLR: Chen et al. 2020). The judge has
other layers, sees larger patches and begins elsewhere; nothing is ever trained on it.

    python plugins/training/features.py teacher [--minutes 8]
    python plugins/training/features.py judge
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from training import data, imaging, loop

FOLDER = data.ROOT / "build" / "training"


class Features(nn.Module):
    """luma N,1,H,W in [0, 1] to a list of maps, the first at half its size, each at half the last one's."""

    def __init__(self, widths: tuple[int, ...], smooth: bool):
        super().__init__()
        self.stages, inputs = nn.ModuleList(), 4
        act = nn.ELU if smooth else nn.ReLU
        for i, width in enumerate(widths):
            pool = [] if i == 0 else [nn.AvgPool2d(2) if smooth else nn.MaxPool2d(2)]
            self.stages.append(nn.Sequential(*pool, nn.Conv2d(inputs, width, 3, 1, 1), act(),
                                             nn.Conv2d(width, width, 3, 1, 1), act()))
            inputs = width
        self.width = inputs

    def forward(self, luma: torch.Tensor) -> list[torch.Tensor]:
        x, maps = F.pixel_unshuffle((luma - 0.45) * 4, 2), []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps

    def distance(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Of two batches of luma: the squared distance of unit features, averaged over places and stages."""
        with torch.no_grad():
            there = [F.normalize(m.float(), dim=1) for m in self(b)]
        return torch.stack([(F.normalize(m.float(), dim=1) - t).square().sum(1).mean()
                            for m, t in zip(self(a), there, strict=True)]).mean()


class Alike(nn.Module):
    """Features and what turns the last of them into a code that two patches of one picture share."""

    def __init__(self, features: Features, size: int, count: int):
        super().__init__()
        self.features, self.size, self.count = features, size, count
        self.head = nn.Sequential(nn.Linear(features.width, 128), nn.ReLU(), nn.Linear(128, 64))

    def loss(self, patches: torch.Tensor) -> torch.Tensor:
        """patches 2N,1,S,S: number i and number N + i are of one picture. InfoNCE at 0.15."""
        code = F.normalize(self.head(self.features(patches)[-1].mean((2, 3))).float(), dim=1)
        alike = code @ code.T / 0.15
        alike.fill_diagonal_(-1e4)
        half = len(code) // 2
        return F.cross_entropy(alike, torch.arange(len(code)).roll(half))


KINDS = {"teacher": lambda: Alike(Features((32, 64, 96, 128), smooth=False), 64, 48),
         "judge": lambda: Alike(Features((24, 48, 64, 80, 96), smooth=True), 96, 32)}


def batches(pictures: data.Store, kind: Alike):
    """A maker of 2N patches: two of each of N pictures, side by side or overlapping, as bright as they may be."""
    def patch(luma: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        h, w = luma.shape
        y, x = rng.integers(0, h - kind.size + 1), rng.integers(0, w - kind.size + 1)
        out = luma[y:y + kind.size, x:x + kind.size]
        out = (out - 0.5) * rng.uniform(0.6, 1.3) + 0.5 + rng.uniform(-0.15, 0.15)
        return out[:, ::-1] if rng.random() < 0.5 else out

    large = [i for i, shape in enumerate(pictures.shapes) if min(shape[:2]) >= kind.size]

    def make(rng: np.random.Generator) -> torch.Tensor:
        pairs = np.empty((2, kind.count, kind.size, kind.size), np.float32)
        for i in range(kind.count):
            picture = pictures[rng.choice(large)]
            near = 3 * kind.size
            h, w = picture.shape[:2]
            y, x = rng.integers(0, max(1, h - near + 1)), rng.integers(0, max(1, w - near + 1))
            luma = imaging.luma(picture[y:y + near, x:x + near])
            pairs[0, i], pairs[1, i] = patch(luma, rng), patch(luma, rng)
        return torch.from_numpy(pairs.reshape(-1, 1, kind.size, kind.size))

    return make


def load(name: str) -> Features:
    """The features of the teacher or the judge, trained by this program before."""
    path = FOLDER / f"{name}.ckpt"
    if not path.exists():
        raise SystemExit(f"{path} is missing; train it: plugins/training/features.py {name}")
    network = loop.begin_from(KINDS[name](), path).features.eval()
    return network.requires_grad_(False)


def main() -> None:
    parser = loop.arguments(__doc__, FOLDER, 8)
    parser.add_argument("kind", choices=KINDS)
    options = parser.parse_args()
    torch.manual_seed(options.seed + 10 * list(KINDS).index(options.kind))
    network = KINDS[options.kind]()
    loop.train(network, batches(data.photos(options.data), network), lambda n, b: n.loss(b),
               minutes=options.minutes, checkpoint=options.checkpoint or FOLDER / f"{options.kind}.ckpt",
               resume=options.resume, seed=options.seed, rate=1e-3, muon=1e-2)


if __name__ == "__main__":
    loop.pool_memory()
    loop.use_cores()
    main()
