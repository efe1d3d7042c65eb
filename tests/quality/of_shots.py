"""Cuts on spliced clips with flicker and flashes."""

from __future__ import annotations

import numpy as np

from films import byte, cuts
from training import data


def measure(evidence, folder) -> None:
    right = found_all = true_all = at_flash = 0
    names = (*data.VALIDATION_CLIPS, "dog.mp4", "bikes.mp4", "bedroom.mp4", "walk.mp4", "flower.mp4")
    sources = [np.stack(list(data.decode(folder / "clips" / n, 144, 90))) for n in names]
    for seed in range(6):
        rng = np.random.default_rng(seed)
        film, true, flashes = [], [], []
        for shot in rng.permutation(len(sources)):
            source = sources[shot]
            length = int(rng.integers(6, 30))
            start = int(rng.integers(0, len(source) - length))
            if film:
                true.append(len(film))
            for frame in source[start:start + length]:
                frame = frame[:144, :176].astype(np.float32) / 255
                frame = frame * (1 + 0.12 * rng.standard_normal()) + 0.02 * rng.standard_normal(frame.shape)
                if rng.random() < 0.02:
                    frame, _ = frame * 0.1 + 0.9, flashes.append(len(film))
                film.append(byte(frame))
        found = cuts(np.stack(film))
        right += len(set(found) & set(true))
        found_all += len(found)
        true_all += len(true)
        at_flash += len((set(found) - set(true)) & {f + d for f in flashes for d in (0, 1)})
    evidence.add("shots", "cuts, F1", "oldfilm", 2 * right / max(found_all + true_all, 1), "", 0.95)
    evidence.add("shots", "cuts at flashes", "oldfilm", at_flash, "", 0, below=True)
