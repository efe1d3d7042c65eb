"""Trains the judge of a colorize network: what it sees of each picture is computed once and stored, so that the training
itself takes minutes on one core."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import material
from model import AB_SCALE, Judged
from training import data

# How often a picture of each set is drawn.
SHARES = {"varied": 0.50, "oldcolor": 0.09, "large": 0.06, "more": 0.20, "first": 0.15}
HARM = 0.3  # what it costs more to be worse than gray
LOUD = 0.2  # the weight of the colors' own loss, without the fade
STORED_PARTS = ("ab", "facts", "at2", "at8", "at32", "truth")


def sets_of(folder: Path) -> list:
    """Pictures that the network did not learn from, and some of those that it did."""
    store, first = material.more(folder, "train"), material.pictures(folder, "train")
    sets = [(store, [i for i, name in enumerate(store.names) if name.startswith(key + "/")], share)
            for key, share in SHARES.items() if key != "first"]
    return [*sets, (first, list(range(len(first))), SHARES["first"])]


@torch.no_grad()
def look(judged: Judged, folder: Path, count: int, place: Path, seed: int = 3) -> None:
    """Keeps what the judge sees of `count` drawn pictures, and the truth at half the size, as float16 in files at `place`."""
    make, rng = material.batches(sets_of(folder), film=0.6, size=192), np.random.default_rng(seed)
    files: list[np.ndarray] = []
    for start in range(0, count, material.BATCH):
        luma, truth = make(rng)
        seen = (*judged.seen(luma), F.avg_pool2d(truth, 2))
        if not files:
            place.mkdir(parents=True, exist_ok=True)
            files = [np.lib.format.open_memmap(place / f"{name}.npy", "w+", np.float16, (count, *part.shape[1:]))
                     for name, part in zip(STORED_PARTS, seen, strict=True)]
        for file, part in zip(files, seen, strict=True):
            file[start:start + len(part)] = part[:count - start].numpy()
        if start % (20 * material.BATCH) == 0:
            print(f"looked at {start} of {count}", flush=True)


def opened(place: Path) -> list[np.ndarray]:
    return [np.load(place / f"{name}.npy", mmap_mode="r") for name in STORED_PARTS]


def draws(files: list[np.ndarray], batch: int = 32):
    def make(rng: np.random.Generator):
        which = np.sort(rng.choice(len(files[0]), batch, replace=False))
        parts = [torch.from_numpy(file[which].astype(np.float32)) for file in files]
        return [p.flip(3) for p in parts] if rng.random() < 0.5 else parts

    return make


def loss_of(judge, parts):
    """Distance in ab as it is measured, once more by how much a picture is worse than gray, and a little of the distance
    before the fade, in which colorful places weigh more."""
    ab, facts, at2, at8, at32, truth = parts
    correction, sure = judge(facts, at2, at8, at32)
    ab = ab + F.interpolate(correction, scale_factor=4.0, mode="bilinear", align_corners=False)
    sure = F.interpolate(sure, scale_factor=4.0, mode="bilinear", align_corners=False)
    distance = ((ab * sure - truth).square().sum(1) + 1e-2).sqrt().mean((1, 2)) / AB_SCALE
    gray = truth.square().sum(1).sqrt().mean((1, 2)) / AB_SCALE
    weight = (0.4 + truth.square().sum(1).sqrt() / 20).clamp(max=4)
    loud = ((((ab - truth) / AB_SCALE).square().sum(1) + 0.01).sqrt() * weight).mean()
    return (distance + HARM * (distance - gray).clamp(min=0)).mean() + LOUD * loud
