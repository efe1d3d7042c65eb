"""Trains and measures face-enhance/models/default.pt; train_landmarks.py comes first.

    python plugins/face-enhance/train.py --minutes 1
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
from model import (CLASSES, COARSE, CROP_SIDE, DENSE, FINE, GLOBAL, SPACING, SPARSE, TAPS,
                   FaceEnhance)
from training import data, imaging, loop, package

RIDGE = 1e-7


def taps(crop: torch.Tensor) -> torch.Tensor:
    """What the filters see about each pixel of N,1,S,S, less the pixel itself: N,TAPS,S,S. Sums of
    differences leave even areas as they are."""
    pad = SPARSE // 2 * SPACING
    wide = F.pad(crop, (pad, pad, pad, pad), mode="replicate")
    skip = pad - DENSE // 2
    side = crop.shape[2]
    near = F.unfold(wide[:, :, skip:-skip, skip:-skip], DENSE)
    far = F.unfold(wide, SPARSE, dilation=SPACING)
    return torch.cat((near, far), 1).view(-1, TAPS, side, side) - crop


def fit(portraits, crops: int, pixels: int, seed: int) -> FaceEnhance:
    """Least squares, class by class, over `pixels` random pixels of each of `crops` aged faces."""
    rng = np.random.default_rng(seed)
    network = FaceEnhance().eval()
    pairs = [tuple(torch.from_numpy(np.ascontiguousarray(p)) for p in
                   faces.crop_pair(portraits[rng.integers(len(portraits))], rng)) for _ in range(crops)]
    seen = [network.measures(aged[None]) for aged, _ in pairs]

    def edges(values, bins):
        return torch.quantile(values, torch.linspace(0, 1, bins + 1)[1:-1])

    network.fine_edges = edges(torch.cat([f[0, 0, ::16, ::16].flatten() for f, _, _ in seen]), FINE)
    network.coarse_edges = edges(torch.cat([c[0, 0, ::16, ::16].flatten() for _, c, _ in seen]), COARSE)
    network.global_edges = edges(torch.cat([r.flatten() for _, _, r in seen]), GLOBAL)

    square = torch.zeros(CLASSES, TAPS, TAPS, dtype=torch.float64)
    product = torch.zeros(CLASSES, TAPS, dtype=torch.float64)
    weight = torch.zeros(CLASSES)
    for aged, clean in pairs:
        channel = int(rng.integers(3))
        places = torch.from_numpy(rng.integers(0, CROP_SIDE * CROP_SIDE, pixels))
        rows = taps(aged[None, channel:channel + 1]).flatten(2)[0].T[places]
        wanted = (clean - aged)[channel].flatten()[places]
        chosen = network.classes(aged[None]).flatten()[places]
        # Of each face the same part of its error counts, so that good ones are not spoilt for bad ones.
        share = (1e-3 / (wanted.square().mean() + 1e-5)).sqrt()
        rows, wanted = rows * share, wanted * share
        for k in chosen.unique():
            part = rows[chosen == k]
            square[k] += (part.T @ part).double()
            product[k] += (part.T @ wanted[chosen == k]).double()
            weight[k] += len(part)
    # Rare classes lean on what all of them say together.
    shared = (square.sum(0) / weight.sum(), product.sum(0) / weight.sum())
    for k in range(CLASSES):
        matrix = square[k] + 300 * shared[0] + (weight[k] + 300) * RIDGE * torch.eye(TAPS)
        solved = torch.linalg.solve(matrix, product[k] + 300 * shared[1])
        solved[DENSE * DENSE // 2] -= solved.sum()
        network.weights[k] = solved.float()
    return network


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
    parser = loop.arguments(__doc__.splitlines()[0], HERE / "models" / "default.pt", 1)
    options = parser.parse_args()
    held = faces.portraits(options.data, "val")
    if options.evaluate:
        print(evaluate(package.load(options.out)[0], held, options.pictures))
        return
    loop.keep_memory()
    portraits = faces.portraits(options.data, "train")
    landmarks = HERE / "models" / "landmarks.pt"
    if landmarks.exists():
        portraits += faces.more_portraits(options.data, "train", landmarks)
    print(f"{len(portraits)} portraits", flush=True)
    crops = max(int(options.minutes * 400), 50)
    network = fit(portraits, crops, 2500, options.seed)
    figures = evaluate(network, held, options.pictures)
    print(figures, flush=True)
    package.save(network, options.out, {
        "id": "org.oldfilm.face-enhance.default", "version": "0.1.0", "task": "face-enhance",
        "inputs": ["crop"], "outputs": ["crop"], "channels": 3, "window": {"before": 0, "after": 0},
        "scale": 1, "size_multiple": 1, "receptive_field": "whole", "render_size": CROP_SIDE,
        "template": "ffhq", "value_range": [0, 1], "precisions": ["float32"],
        "licence": "BSD-3-Clause", "origin": "oldfilm plugins/face-enhance/train.py",
        "authors": "the oldfilm authors", "training_data": ["photos/faces"],
        "quality": {"psnr_in_face": figures, "crops": crops},
    }, (torch.rand(1, 3, CROP_SIDE, CROP_SIDE),))


if __name__ == "__main__":
    main()
