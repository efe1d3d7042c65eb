"""Trains and measures superres/models/texture-x4.pt, in three steps as in SRGAN (Ledig et al. 2017).

    python plugins/training/features.py teacher
    python plugins/training/features.py judge
    python plugins/superres/train_texture.py --start build/training/superres-x4.ckpt [--minutes 40]
    python plugins/superres/train_texture.py --evaluate [--pictures FOLDER]

The generator alone (pixels and features), the critic alone on its results, then both. Of the minutes
the first step takes a sixth, the second a twelfth. --resume goes on in whatever step it was.
"""

from __future__ import annotations

import copy
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import cv2
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.parametrizations import spectral_norm

from model import Texture
from train import batches
from training import data, features, imaging, loop, niqe, package

PATCH = 32  # 128 pixels of the large picture
FEATURES, CRITIC = 0.2, 0.5
# How far from the generator of the first step to that of the last (network interpolation: ESRGAN, Wang et al.
# 2018): as near to the truth for the judge as the last itself, with fewer strokes that were never there.
SHARE = 0.8


class Critic(nn.Module):
    """How real a large picture looks as the enlargement of a small one, place by place.

    high N,1,4H,4W and low N,1,H,W to N,1,H/2,W/2. Spectral normalization (Miyato et al. 2018).
    """

    def __init__(self):
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs, stride in ((5, 48, 1), (48, 64, 2), (64, 96, 1), (96, 128, 2), (128, 128, 1), (128, 192, 2),
                                        (192, 192, 1)):
            layers += [spectral_norm(nn.Conv2d(inputs, outputs, 3, stride, 1)), nn.LeakyReLU(0.2, inplace=True)]
        self.body = nn.Sequential(*layers, spectral_norm(nn.Conv2d(192, 1, 3, 1, 1)))

    def forward(self, high: torch.Tensor, low: torch.Tensor) -> torch.Tensor:
        known = F.interpolate(low, scale_factor=2.0, mode="nearest")
        return self.body((torch.cat((F.pixel_unshuffle(high, 2), known), 1) - 0.45) * 4).float()


class Pair(nn.Module):
    """Generator and critic under one optimizer: neither's loss reaches the other's weights."""

    def __init__(self):
        super().__init__()
        self.generator, self.critic = Texture(), Critic()


def rebuilt(made: torch.Tensor, high: torch.Tensor, teacher: features.Features) -> torch.Tensor:
    return F.l1_loss(made, high) + FEATURES * teacher.distance(made, high)


def judged(pair: Pair, made: torch.Tensor, high: torch.Tensor, low: torch.Tensor) -> torch.Tensor:
    """The critic's loss: each side against the other's mean (relativistic: Jolicoeur-Martineau 2019)."""
    real, drawn = pair.critic(high, low), pair.critic(made.detach(), low)
    return (F.softplus(drawn.mean() - real).mean() + F.softplus(drawn - real.mean()).mean()) / 2


def convinced(pair: Pair, made: torch.Tensor, high: torch.Tensor, low: torch.Tensor) -> torch.Tensor:
    pair.critic.requires_grad_(False)
    real, drawn = pair.critic(high, low).detach(), pair.critic(made, low)
    pair.critic.requires_grad_(True)
    return (F.softplus(real - drawn.mean()).mean() + F.softplus(real.mean() - drawn).mean()) / 2


def steps(teacher: features.Features):
    """The losses of the three steps, each of (pair, batch)."""
    def generator_alone(pair, batch):
        low, high = batch
        return rebuilt(pair.generator(low), high, teacher)

    def critic_alone(pair, batch):
        low, high = batch
        with torch.no_grad():
            made = pair.generator(low)
        return judged(pair, made, high, low)

    def both(pair, batch):
        low, high = batch
        made = pair.generator(low)
        content, doubt = rebuilt(made, high, teacher), convinced(pair, made, high, low)
        # As much pull from the critic as from the content, times CRITIC (VQGAN: Esser et al. 2021).
        pull = [torch.autograd.grad(part, made, retain_graph=True)[0].norm() for part in (content, doubt)]
        weight = (pull[0] / (pull[1] + 1e-8)).clamp(max=10.0) * CRITIC
        return content + weight * doubt + judged(pair, made, high, low)

    return generator_alone, critic_alone, both


@torch.no_grad()
def evaluate(networks: dict, folder: Path, limit: int | None = None, pictures: Path | None = None,
             natural: np.ndarray | None = None) -> dict:
    """B100 at x4: mean PSNR on luma, mean distance in the judge's features, NIQE of the whole set."""
    held, judge = data.photos(folder, "val", ("bsds/val",)), features.load("judge")
    made: dict[str, list] = {name: [] for name in ("bicubic", *networks, "truth")}
    for i in range(min(limit or len(held), len(held))):
        h, w = (d // 16 * 16 for d in held[i].shape[:2])
        truth = imaging.luma(held[i][:h, :w])
        small = np.round(np.clip(imaging.bicubic(truth, h // 4, w // 4), 0, 1) * 255).astype(np.float32) / 255
        row = {"bicubic": imaging.bicubic(small, h, w), "truth": truth}
        for name, network in networks.items():
            row[name] = network(torch.from_numpy(small)[None, None])[0, 0].float().numpy()
        for name, picture in row.items():
            made[name].append(np.round(np.clip(picture, 0, 1) * 255).astype(np.float32) / 255)
        if pictures:
            pictures.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(pictures / f"texture-{i:03d}.png"), np.hstack([made[n][-1] for n in made]) * 255)

    def distance(a, b):
        return judge.distance(*(torch.from_numpy(p)[None, None] for p in (a, b))).item()

    return {name: {"PSNR": float(np.mean([imaging.psnr(a, b, 4) for a, b in zip(rows, made["truth"])])),
                   "distance": float(np.mean([distance(a, b) for a, b in zip(rows, made["truth"])])),
                   **({"NIQE": niqe.niqe(rows, natural)} if natural is not None else {})}
            for name, rows in made.items()}


def measured(folder: Path, out: Path, pictures: Path | None) -> dict:
    """The package at `out` beside the default one; what is natural, a tenth of the training photographs say."""
    photos = data.photos(folder)
    natural = np.concatenate([niqe.blocks(imaging.luma(photos[i]), sharp_only=True)
                              for i in range(0, len(photos), 10) if min(photos[i].shape[:2]) >= 2 * niqe.BLOCK])
    networks = {"fidelity": package.load(HERE / "models" / "fidelity-x4.pt")[0], "texture": package.load(out)[0]}
    return evaluate(networks, folder, pictures=pictures, natural=natural)


def report(figures: dict) -> None:
    for name, row in figures.items():
        print(f"{name:10s} " + "  ".join(f"{k} {v:.4f}" for k, v in row.items()), flush=True)


def export(network: Texture, out: Path, quality: dict) -> None:
    manifest = {
        "id": "org.oldfilm.superres.texture-x4", "version": "0.1.0", "task": "superres",
        "inputs": ["picture"], "outputs": ["picture"], "channels": 1,
        "window": {"before": 0, "after": 0}, "scale": 4, "size_multiple": 4,
        "receptive_field": network.radius(), "value_range": [0, 1],
        "memory_per_pixel": 2000,  # resident memory of Model::run in float32, measured
        "precisions": ["float32", "bfloat16", "float16"], "license": "BSD-3-Clause",
        "origin": "oldfilm plugins/superres/train_texture.py", "authors": "the oldfilm authors",
        "training_data": [f"photos/{f}" for f in data.PHOTO_SETS], "quality": quality,
    }
    package.save(network, out, manifest, (torch.rand(2, 1, 36, 52),), fraction=16)


def main() -> None:
    options = loop.arguments(__doc__, HERE / "models" / "texture-x4.pt", 40).parse_args()
    if options.evaluate:
        report(measured(options.data, options.out, options.pictures))
        return
    base = options.checkpoint or data.ROOT / "build" / "training" / "superres-texture.ckpt"
    pair, make = Pair(), batches(data.photos(options.data), 4, 0.1, PATCH)
    loop.begin_from(pair.generator.fidelity, options.start)

    def keep(mean, step, spent):
        report(evaluate({"texture": mean.generator}, options.data, limit=20))
        export(mean.generator, options.out, {})

    parts = (1 / 6, 1 / 12, 3 / 4)
    for number, (part, loss) in enumerate(zip(parts, steps(features.load("teacher")), strict=True), 1):
        print(f"step {number} of 3", flush=True)
        pair = loop.train(pair, make, loss, minutes=options.minutes * part, resume=options.resume, seed=options.seed + number,
                          checkpoint=base.with_name(f"{base.stem}-{number}.ckpt"), rate=2e-4, muon=2e-3, export=keep)
        if number == 1:
            calm = copy.deepcopy(pair.generator)
        pair.train().requires_grad_(True)
    with torch.no_grad():
        for drawn, rebuilt_only in zip(pair.generator.parameters(), calm.parameters(), strict=True):
            drawn.lerp_(rebuilt_only, 1 - SHARE)
    export(pair.generator, options.out, {})
    figures = measured(options.data, options.out, options.pictures)
    report(figures)
    export(pair.generator, options.out, {"judge_distance": round(figures["texture"]["distance"], 3),
                                         "niqe": round(figures["texture"]["NIQE"], 2)})


if __name__ == "__main__":
    loop.pool_memory()
    loop.use_cores()
    main()
