"""A grainy film as its own truth: what a frame shows, its neighbors show again under other grain.

Noise2Noise (Lehtinen et al. 2018) along optical flow: the target of the five frames about c is frame c + 3 or c - 3,
brought on to c, where flow and pictures agree. The grain of a target is in no input, so the network cannot learn it.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch

from training import motion, own_film

REACH, AWAY = 2, 3
PATCH, BATCH = 96, 10


def grain_of(run: np.ndarray) -> float:
    """Deviation per channel between neighbors where least changes, as the stage measures it; [0, 1] units."""
    found = []
    for a, b in zip(run, run[1:]):
        d = (a.astype(np.float32) - b) / 255
        h, w = (n // 16 * 16 for n in d.shape[:2])
        blocks = d[:h, :w].reshape(h // 16, 16, w // 16, 16, 3).var((1, 3)).mean(-1).ravel()
        low = np.sort(blocks)[:max(1, len(blocks) // 3)].mean()
        if low > 0:
            found.append(np.sqrt(low / 2) / 0.945)
    return float(np.median(found)) if found else 0.0


class Targets:
    """Of each run: the window, the neighbors on both sides brought on to its center, and where they agree."""

    def __init__(self, runs: own_film.Runs):
        aligner = motion.Aligner()
        self.items = []
        for run in runs.runs:
            sigma = grain_of(run)
            soft = [cv2.GaussianBlur(cv2.cvtColor(f, cv2.COLOR_RGB2GRAY), (0, 0), 1.5) for f in run]
            for c in range(AWAY, own_film.RUN - AWAY):
                sides = []
                for other in (c - AWAY, c + AWAY):
                    flow = aligner.flow(soft[c], soft[other])
                    there = aligner.warp(soft[other], flow).astype(np.float32)
                    back = aligner.warp(aligner.flow(soft[other], soft[c]), flow)
                    agrees = (np.abs(there - soft[c]) < 6) & (np.linalg.norm(flow + back, axis=2) < 1.0)
                    agrees = cv2.erode(agrees.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
                    sides.append((aligner.warp(run[other], flow), agrees))
                self.items.append((run[c - REACH:c + REACH + 1], sides, sigma))

    def batches(self):
        def make(rng: np.random.Generator):
            window = np.empty((BATCH, 2 * REACH + 1, PATCH, PATCH, 3), np.float32)
            target = np.empty((BATCH, PATCH, PATCH, 3), np.float32)
            known = np.empty((BATCH, 1, PATCH, PATCH), np.float32)
            sigmas = np.empty((BATCH, 1, 1, 1), np.float32)
            for i in range(BATCH):
                frames, sides, sigma = self.items[rng.integers(len(self.items))]
                there, agrees = sides[rng.integers(2)]
                y = rng.integers(0, frames.shape[1] - PATCH + 1)
                x = rng.integers(0, frames.shape[2] - PATCH + 1)
                place = np.s_[y:y + PATCH, x:x + PATCH]
                parts = [frames[:, place[0], place[1]], there[place][None], agrees[place][None, ..., None]]
                if rng.random() < 0.5:
                    parts = [p[:, :, ::-1] for p in parts]
                if rng.random() < 0.5:
                    parts = [p[:, ::-1] for p in parts]
                window[i] = (parts[0] if rng.random() < 0.5 else parts[0][::-1]) / np.float32(255)
                target[i], known[i, 0] = parts[1][0] / np.float32(255), parts[2][0, ..., 0]
                sigmas[i] = sigma
            return (torch.from_numpy(window).permute(0, 1, 4, 2, 3).contiguous(), torch.from_numpy(sigmas),
                    torch.from_numpy(target).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(known))

        return make

    @torch.no_grad()
    def score(self, network) -> float:
        """PSNR against the unseen clean film. The product of the differences from two targets whose grain is
        independent has the clean difference's square as its mean."""
        squares, places = 0.0, 0
        for frames, ((one, agrees_one), (two, agrees_two)), sigma in self.items:
            h, w = (n // 8 * 8 for n in frames.shape[1:3])
            window = torch.from_numpy(frames[:, :h, :w].astype(np.float32) / 255).permute(0, 3, 1, 2)[None]
            out = network(window, torch.full((1, 1, 1, 1), sigma))[0].permute(1, 2, 0).numpy()
            known = (agrees_one & agrees_two)[:h, :w]
            product = (out - one[:h, :w] / 255.0) * (out - two[:h, :w] / 255.0)
            squares += float(product[known].sum())
            places += 3 * int(known.sum())
        return float(10 * np.log10(places / max(squares, 1e-9)))


def loss_of(network, batch):
    window, sigma, target, known = batch
    error = (network(window, sigma) - target) * known
    return (error.square().mean() + 1e-9).sqrt()
