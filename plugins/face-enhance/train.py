"""Trains and measures face-enhance/models/default.pt; train_landmarks.py comes first.

    python plugins/face-enhance/train.py --minutes 25
    python plugins/face-enhance/train.py --evaluate --pictures build/pictures/faces
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import cv2
import numpy as np
import torch

import faces
from model import CROP_SIDE, FaceEnhance
from training import data, imaging, loop, package

BATCH = 6


def batches(portraits):
    def make(rng: np.random.Generator):
        aged = np.empty((BATCH, 3, CROP_SIDE, CROP_SIDE), np.float32)
        clean = np.empty_like(aged)
        for i in range(BATCH):
            aged[i], clean[i] = faces.crop_pair(portraits[rng.integers(len(portraits))], rng)
        return torch.from_numpy(aged), torch.from_numpy(clean)

    return make


def face(side: int = CROP_SIDE) -> torch.Tensor:
    """side,side: 1 within the stage's ellipse, 0.25 about it."""
    axis = (torch.arange(side) + 0.5) / side
    inside = ((axis[None] - 0.5) / 0.33)**2 + ((axis[:, None] - 0.565) / 0.40)**2 < 1
    return torch.where(inside, 1.0, 0.25)


def loss_of(network, batch):
    """L1 within the face, in units of each crop's own error, halfway: good faces must not be spoilt
    for the sake of bad ones."""
    aged, clean = batch
    out = network(aged.to(memory_format=torch.channels_last))
    scale = (aged - clean).square().mean((1, 2, 3), keepdim=True).sqrt() + 0.01
    return (((out - clean).abs() / scale) * face()).mean()


@torch.no_grad()
def evaluate(network, portraits, folder: Path | None = None) -> dict:
    """PSNR within the face (the stage's ellipse) on people who were not trained on, aged by a seed."""
    rng = np.random.default_rng(9)
    y, x = (np.mgrid[:CROP_SIDE, :CROP_SIDE] + 0.5) / CROP_SIDE
    inside = ((x - 0.5) / 0.33)**2 + ((y - 0.565) / 0.40)**2 < 1
    before, after, rows = [], [], []  # PSNR, PSNR, pictures
    for portrait in portraits:
        for _ in range(2):
            aged, clean = faces.crop_pair(portrait, rng)
            out = network(torch.from_numpy(np.ascontiguousarray(aged))[None])[0].numpy()
            before.append(imaging.psnr(aged[:, inside], clean[:, inside]))
            after.append(imaging.psnr(out[:, inside], clean[:, inside]))
            rows.append(np.hstack([p.transpose(1, 2, 0) for p in (aged, out, clean)]))
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        sheet = np.vstack(rows[:24:4])[..., ::-1]
        cv2.imwrite(str(folder / "faces.png"), np.clip(sheet * 255 + 0.5, 0, 255).astype(np.uint8))
    before, after = np.array(before), np.array(after)
    figures = {}
    for name, which in (("all", before > 0), ("damaged", before < 32), ("good", before >= 32)):
        figures[name] = {"faces": int(which.sum()), "psnr_aged": round(float(before[which].mean()), 2),
                         "psnr_enhanced": round(float(after[which].mean()), 2)}
    return figures


def main():
    parser = loop.arguments(__doc__.splitlines()[0], HERE / "models" / "default.pt", 25)
    options = parser.parse_args()
    held = faces.portraits(options.data, "val")
    if options.evaluate:
        print(evaluate(package.load(options.out)[0], held, options.pictures))
        return
    loop.pool_memory()
    portraits = faces.portraits(options.data, "train")
    landmarks = HERE / "models" / "landmarks.pt"
    if landmarks.exists():
        portraits += faces.more_portraits(options.data, "train", landmarks)
    print(f"{len(portraits)} portraits", flush=True)

    def export(network, step, minutes):
        figures = evaluate(network, held, options.pictures)
        print(figures, flush=True)
        package.save(network, options.out, {
            "id": "org.oldfilm.face-enhance.default", "version": "0.2.0", "task": "face-enhance",
            "inputs": ["crop"], "outputs": ["crop"], "channels": 3, "window": {"before": 0, "after": 0},
            "scale": 1, "size_multiple": CROP_SIDE, "receptive_field": "whole", "render_size": CROP_SIDE,
            "template": "ffhq", "value_range": [0, 1], "precisions": ["float32", "bfloat16"],
            "license": "BSD-3-Clause", "origin": "oldfilm plugins/face-enhance/train.py",
            "authors": "the oldfilm authors", "training_data": ["photos/faces"],
            "quality": {"psnr_in_face": figures, "steps": step},
        }, (torch.rand(1, 3, CROP_SIDE, CROP_SIDE),))

    loop.train(FaceEnhance(), batches(portraits), loss_of, minutes=options.minutes, resume=options.resume,
               seed=options.seed, rate=1e-3, export=export,
               checkpoint=options.checkpoint or data.ROOT / "build" / "training" / "face-enhance.ckpt")


if __name__ == "__main__":
    main()
