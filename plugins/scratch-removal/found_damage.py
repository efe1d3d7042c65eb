"""A damaged film as its own teacher: clean parts made dirty with the damage that was found elsewhere in it."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from training import imaging, motion, own_film

SIDE, PATCH, BATCH, PASTED = 192, 128, 12, 14


def windows(run: np.ndarray, aligner: motion.Aligner):
    """(index of the center, aligned 5,H,W) of a run of gray frames; sizes are multiples of 8."""
    for c in range(2, len(run) - 2):
        yield c, np.stack(aligner.window(list(run[c - 2:c + 3])))


def gray(runs: own_film.Runs) -> list[np.ndarray]:
    result = []
    for run in runs.runs:
        h, w = (n // 8 * 8 for n in run.shape[1:3])
        result.append(np.round(imaging.gray(run[:, :h, :w])).astype(np.uint8))
    return result


class Damage:
    """What the default model finds in a film: opacity and tones of each place, cut out."""

    @torch.no_grad()
    def __init__(self, network, runs: list[np.ndarray], most: int = 400):
        self.places = []
        self.found: dict[tuple[int, int], np.ndarray] = {}  # probability of each frame that was looked at
        aligner = motion.Aligner()
        for r, run in enumerate(runs):
            for c, aligned in windows(run, aligner):
                mask, _ = network(torch.from_numpy(aligned.astype(np.float32) / 255)[None, :, None])
                mask = mask[0, 0].numpy()
                self.found[r, c] = mask
                if len(self.places) >= most:
                    continue
                count, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 0.6).astype(np.uint8))
                clean = np.median(aligned[[0, 1, 3, 4]], 0)
                for k in range(1, count):
                    x, y, w, h, area = stats[k]
                    if 6 <= area and w <= SIDE and h <= SIDE:
                        cut = np.s_[y:y + h, x:x + w]
                        alpha = cv2.GaussianBlur((labels[cut] == k).astype(np.float32), (3, 3), 0)
                        change = (run[c][cut].astype(np.float32) - clean[cut]) * (labels[cut] == k)
                        if np.abs(change).max() > 12:
                            self.places.append((alpha, change))

    def lay(self, frame: np.ndarray, rng: np.random.Generator):
        """The frame with some of it in other places (float32), and where (bool)."""
        out, touched = frame.astype(np.float32), np.zeros(frame.shape, bool)
        for _ in range(rng.poisson(PASTED)):
            alpha, change = self.places[rng.integers(len(self.places))]
            if rng.random() < 0.5:
                alpha, change = alpha[:, ::-1], change[:, ::-1]
            h, w = alpha.shape
            if h > frame.shape[0] or w > frame.shape[1]:
                continue
            y, x = rng.integers(0, frame.shape[0] - h + 1), rng.integers(0, frame.shape[1] - w + 1)
            out[y:y + h, x:x + w] += alpha * change
            touched[y:y + h, x:x + w] |= alpha > 0.3
        return np.clip(out, 0, 255), touched


def samples(damage: Damage, known: Damage, runs: list[np.ndarray], seed: int, repeats: int):
    """7,H,W each, as pack.py stores them: aligned window, truth, target."""
    rng, aligner, result = np.random.default_rng(seed), motion.Aligner(), []
    for r, run in enumerate(runs):
        for c in range(2, len(run) - 2):
            for _ in range(repeats):
                laid = [damage.lay(f, rng) for f in run[c - 2:c + 3]]
                frames = [np.round(f).astype(np.uint8) for f, _ in laid]
                changed = np.abs(frames[2].astype(np.int16) - run[c])
                target = np.where(changed > 9, 255, np.where((changed > 2) | (known.found[r, c] > 0.2), 128, 0))
                result.append(np.stack([*aligner.window(frames), run[c], target.astype(np.uint8)]))
    return own_film.Runs(result)


@torch.no_grad()
def score(network, held: own_film.Runs) -> float:
    """PSNR within the damage that was laid on."""
    squares, places = 0.0, 0
    for item in held.runs:
        _, picture = network(torch.from_numpy(item[:5].astype(np.float32) / 255)[None, :, None])
        where = item[6] == 255
        squares += float(((picture[0, 0].numpy() - item[5] / 255.0)[where]**2).sum())
        places += int(where.sum())
    return float(10 * np.log10(max(places, 1) / max(squares, 1e-9)))
