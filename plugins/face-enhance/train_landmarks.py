"""Trains and measures face-enhance/models/landmarks.pt.

    python plugins/face-enhance/train_landmarks.py --minutes 3
    python plugins/face-enhance/train_landmarks.py --evaluate
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import numpy as np
import torch
import torch.nn.functional as F

import faces
from model import LANDMARK_SIDE, Landmarks
from training import data, loop, package

BATCH = 48


def batches(portraits):
    def make(rng: np.random.Generator):
        gray = np.empty((BATCH, 1, LANDMARK_SIDE, LANDMARK_SIDE), np.float32)
        points = np.empty((BATCH, 5, 2), np.float32)
        for i in range(BATCH):
            gray[i, 0], points[i] = faces.landmark_sample(portraits[rng.integers(len(portraits))], rng)
        return torch.from_numpy(gray), torch.from_numpy(points)

    return make


def loss_of(network, batch):
    picture, points = batch
    return F.smooth_l1_loss(network(picture), points, beta=0.02) * 10


@torch.no_grad()
def evaluate(network, portraits) -> dict:
    """Mean distance over the eyes' distance, in per cent: on portraits as they are, and aged."""
    rng = np.random.default_rng(5)
    mean = np.array([faces.landmark_sample(p, rng, plain=True)[1] for p in portraits]).mean(0)
    figures = {"plain": [], "aged": [], "mean face": []}
    for portrait in portraits:
        for kind, samples in (("plain", 1), ("aged", 4)):
            for _ in range(samples):
                gray, points = faces.landmark_sample(portrait, rng, plain=kind == "plain")
                found = network(torch.from_numpy(np.ascontiguousarray(gray))[None, None])[0].numpy()
                eyes = np.linalg.norm(points[1] - points[0])
                figures[kind].append(np.linalg.norm(found - points, axis=1).mean() / eyes)
                if kind == "aged":
                    figures["mean face"].append(np.linalg.norm(mean - points, axis=1).mean() / eyes)
    return {name: round(100 * float(np.mean(values)), 2) for name, values in figures.items()}


def main():
    parser = loop.arguments(__doc__.splitlines()[0], HERE / "models" / "landmarks.pt", 3)
    options = parser.parse_args()
    held = faces.portraits(options.data, "val")
    if options.evaluate:
        print(evaluate(package.load(options.out)[0], held))
        return
    loop.pool_memory()

    def export(network, step, minutes):
        figures = evaluate(network, held)
        print(f"error in per cent of the eyes' distance: {figures}", flush=True)
        package.save(network, options.out, {
            "id": "org.oldfilm.face-enhance.landmarks", "version": "0.1.0", "task": "face-landmarks",
            "inputs": ["picture"], "outputs": ["points"], "channels": 1,
            "window": {"before": 0, "after": 0}, "scale": 1, "size_multiple": 1,
            "receptive_field": "whole", "render_size": LANDMARK_SIDE, "value_range": [0, 1],
            "precisions": ["float32"], "license": "BSD-3-Clause",
            "origin": "oldfilm plugins/face-enhance/train_landmarks.py", "authors": "the oldfilm authors",
            "training_data": ["photos/faces"],
            "quality": {"error_percent_of_eye_distance": figures, "steps": step},
        }, (torch.rand(2, 1, LANDMARK_SIDE, LANDMARK_SIDE),))

    loop.train(Landmarks(), batches(faces.portraits(options.data, "train")), loss_of,
               minutes=options.minutes, resume=options.resume, seed=options.seed, rate=1e-3, export=export,
               checkpoint=options.checkpoint or data.ROOT / "build" / "training" / "landmarks.ckpt")


if __name__ == "__main__":
    main()
