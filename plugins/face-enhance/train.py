"""Trains and measures face-enhance/models/default.pt; train_landmarks.py comes first.

    python plugins/face-enhance/train.py --minutes 8
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
import torch.nn.functional as F

import faces
from model import CROP_SIDE, FaceEnhance
from training import data, imaging, loop, package

BATCH = 4


def batches(portraits):
    def make(rng: np.random.Generator):
        aged = np.empty((BATCH, 3, CROP_SIDE, CROP_SIDE), np.float32)
        clean = np.empty_like(aged)
        for i in range(BATCH):
            aged[i], clean[i] = faces.crop_pair(portraits[rng.integers(len(portraits))], rng)
        return torch.from_numpy(aged), torch.from_numpy(clean)

    return make


def loss_of(network, batch):
    aged, clean = batch
    out = network(aged)
    fine = F.l1_loss(out.diff(dim=2), clean.diff(dim=2)) + F.l1_loss(out.diff(dim=3), clean.diff(dim=3))
    return F.l1_loss(out, clean) + 0.5 * fine


@torch.no_grad()
def evaluate(network, portraits, folder: Path | None = None) -> dict:
    """PSNR within the face (the stage's ellipse) on people who were not trained on, aged by a seed."""
    rng = np.random.default_rng(9)
    y, x = (np.mgrid[:CROP_SIDE, :CROP_SIDE] + 0.5) / CROP_SIDE
    inside = ((x - 0.5) / 0.33)**2 + ((y - 0.565) / 0.40)**2 < 1
    before, after, rows = [], [], []
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
    return {"psnr_aged": round(float(np.mean(before)), 2), "psnr_enhanced": round(float(np.mean(after)), 2),
            "gain": round(float(np.mean(after) - np.mean(before)), 2)}


def main():
    parser = loop.arguments(__doc__.splitlines()[0], HERE / "models" / "default.pt", 8)
    options = parser.parse_args()
    held = faces.portraits(options.data, "val")
    if options.evaluate:
        print(evaluate(package.load(options.out)[0], held, options.pictures))
        return
    loop.keep_memory()

    def export(network, step, minutes):
        figures = evaluate(network, held)
        print(figures, flush=True)
        package.save(network, options.out, {
            "id": "org.oldfilm.face-enhance.default", "version": "0.1.0", "task": "face-enhance",
            "inputs": ["crop"], "outputs": ["crop"], "channels": 3, "window": {"before": 0, "after": 0},
            "scale": 1, "size_multiple": 16, "receptive_field": "whole", "render_size": CROP_SIDE,
            "template": "ffhq", "value_range": [0, 1], "precisions": ["float32", "bfloat16"],
            "licence": "BSD-3-Clause", "origin": "oldfilm plugins/face-enhance/train.py",
            "authors": "the oldfilm authors", "training_data": ["photos/faces"],
            "quality": {**figures, "steps": step},
        }, (torch.rand(1, 3, CROP_SIDE, CROP_SIDE),))

    portraits = faces.portraits(options.data, "train")
    landmarks = HERE / "models" / "landmarks.pt"
    if landmarks.exists():
        portraits += faces.more_portraits(options.data, "train", landmarks)
    print(f"{len(portraits)} portraits", flush=True)
    loop.train(FaceEnhance(), batches(portraits), loss_of, minutes=options.minutes, resume=options.resume,
               seed=options.seed, rate=1e-3, export=export, save_minutes=2,
               checkpoint=options.checkpoint or data.ROOT / "build" / "training" / "face-enhance.ckpt")


if __name__ == "__main__":
    main()
