"""Fine-tuning on a film of one's own, without clean truth: `train.py --film FILE`.

Networks that were trained on many films know little of the one at hand: its lens, its grain, its motion. Each
recipe makes its own kind of truth out of the film (frames made smaller, frames left out, frames' neighbors), starts
from the default model, and is judged on the film's last fifth, which it never sees. The tuned model is
written only where it is better there.
"""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch

from . import data, loop, package

RUN, MOST = 9, 64  # frames in a run, runs kept of a film


class Runs:
    """Runs T,H,W,3 of neighboring 8-bit RGB frames; as a store: index, length, shapes, names."""

    def __init__(self, runs: list[np.ndarray]):
        self.runs = runs
        self.shapes = [list(r.shape) for r in runs]
        self.names = ["film"] * len(runs)

    def __len__(self) -> int:
        return len(self.runs)

    def __getitem__(self, i: int) -> np.ndarray:
        return self.runs[i]

    def frames(self) -> "Runs":
        """Every second frame alone, H,W,3."""
        return Runs([f for r in self.runs for f in r[::2]])


def split(path: Path) -> tuple[Runs, Runs]:
    """What is trained on, and what is held back: the last fifth."""
    count = sum(1 for _ in data.decode(path))
    if count < 3 * RUN:
        raise SystemExit(f"{path} has {count} frames; at least {3 * RUN} are needed to learn from it")
    held_from = count - max(RUN, count // 5)
    step = max(RUN // 2, count // MOST)
    starts = {s for s in range(0, count - RUN + 1, step) if s + RUN <= held_from or s >= held_from}
    starts.add(held_from if held_from + RUN <= count else count - RUN)
    open_runs: dict[int, list[np.ndarray]] = {}
    done: dict[int, np.ndarray] = {}
    for i, frame in enumerate(data.decode(path)):
        if i in starts:
            open_runs[i] = []
        for start, frames in list(open_runs.items()):
            frames.append(frame)
            if len(frames) == RUN:
                done[start] = np.stack(open_runs.pop(start))
    return (Runs([r for s, r in sorted(done.items()) if s < held_from]),
            Runs([r for s, r in sorted(done.items()) if s >= held_from]))


def tune(options, stage: str, default: Path, network, batches, loss_of, score, export, rate: float = 2e-4) -> None:
    """Trains `network` from the package `default`. score(network) is PSNR in dB on what is held back;
    export(network, path, before, after) writes the package."""
    scripted, _ = package.load(default)
    network.load_state_dict(scripted.state_dict())
    before = score(copy.deepcopy(network).eval())
    print(f"held-out frames before: {before:.2f} dB", flush=True)
    mean = loop.train(network, batches, loss_of, minutes=options.minutes, resume=options.resume, seed=options.seed,
                      rate=rate, warm_minutes=0.1, average=0.995,
                      checkpoint=options.checkpoint or
                      data.ROOT / "build" / "training" / f"{stage}-{options.film.stem}.ckpt")
    after = score(mean)
    print(f"held-out frames after: {after:.2f} dB, {after - before:+.2f}", flush=True)
    if after <= before:
        raise SystemExit("the default model is better for this film; nothing was written")
    out = options.out if options.out not in (None, default) else \
        data.ROOT / "build" / "training" / f"{stage}-{options.film.stem}.pt"
    export(mean, out, before, after)
    print(f"use it with --stage {stage}:model={out}", flush=True)


def quality(before: float, after: float) -> dict:
    return {"own_film_psnr_default": round(before, 2), "own_film_psnr_tuned": round(after, 2)}
