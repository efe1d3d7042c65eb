"""Scratch-removal on clips held back, aged with masks held back, against the same aged film without its damage."""

from __future__ import annotations

import cv2
import numpy as np

from films import byte, recipe, restore
from training import aging, data, imaging

FRAMES = 9


def aged_film(run: np.ndarray, masks, rng: np.random.Generator):
    """Damaged and undamaged T,H,W 8-bit, and the targets (255 damaged, 128 hardly, 0 clean)."""
    clean = [imaging.gray(f).astype(np.float32) / 255 for f in run[:FRAMES]]
    h, w = clean[0].shape
    tone = aging.fade(rng)
    blur, sigma, size = rng.uniform(0.3, 1.2), rng.uniform(2, 12) / 255, rng.uniform(0, 1.1)
    truth = [np.clip(aging.grain(cv2.GaussianBlur(tone(f), (0, 0), blur), rng, sigma, size), 0, 1).astype(np.float32)
             for f in clean]
    damaged, _ = aging.Damage(masks, h, w).run(truth, rng)
    change = [np.abs(d - t) for d, t in zip(damaged, truth, strict=True)]
    targets = [np.where(c > 9 / 255, 255, np.where(c > 2.5 / 255, 128, 0)).astype(np.uint8) for c in change]
    return byte(np.stack(damaged)), byte(np.stack(truth)), targets


def measure(evidence, folder) -> None:
    tolerant_f1 = recipe("scratch-removal").tolerant_f1
    runs, masks = data.clips(folder, "val", 9, 8, 360), data.damage_masks(folder, "val")
    for precision in ("float32", "auto"):
        hits, squares = np.zeros(4), {}
        inside = outside = touched = changed = 0
        scores, kept = [], []
        for i in range(0, len(runs), 2):
            damaged, truth, targets = aged_film(runs[i], masks, np.random.default_rng(50 + i))
            made, found = restore(damaged, "scratch-removal", precision=precision, mask=True)
            for t in range(FRAMES):
                true, known = targets[t] == 255, targets[t] != 128
                hits += tolerant_f1(found[t] > 0.5, true, known)
                changed += int((byte(made[t]) != damaged[t])[found[t] == 0].sum())
                hole = cv2.dilate(true.astype(np.uint8), np.ones((3, 3), np.uint8))
                results = {"damaged": damaged[t], "oldfilm": made[t] * 255,
                           "inpaint, true mask": cv2.inpaint(damaged[t], hole, 3, cv2.INPAINT_TELEA)}
                for tool, result in results.items():
                    error = (result.astype(np.float64) - truth[t])[true] / 255
                    squares[tool] = squares.get(tool, 0.0) + float((error**2).sum())
                inside += int(true.sum())
                far = cv2.dilate((targets[t] > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
                outside += int(far.sum())
                touched += int((found[t] > 0)[far].sum())
            scores.append(imaging.psnr(made[4], truth[4] / 255.0))
            kept.append((damaged[4] / 255.0, results["inpaint, true mask"] / 255.0, made[4], truth[4] / 255.0, found[4]))
        tool = f"oldfilm {precision}"
        within = {k: 10 * np.log10(inside / v) for k, v in squares.items()}
        right, reached = hits[0] / hits[1], hits[2] / hits[3]
        evidence.add("scratch-removal", "mask F1, 2 px of tolerance", tool, 2 * right * reached / (right + reached), "", 0.85)
        evidence.add("scratch-removal", "precision", tool, right, "")
        evidence.add("scratch-removal", "recall", tool, reached, "")
        evidence.add("scratch-removal", "clean pixels in the mask", tool, 100 * touched / outside, "%", 0.3, below=True)
        evidence.add("scratch-removal", "pixels changed outside the mask", tool, changed, "", 0, below=True)
        if precision == "float32":
            for k in ("damaged", "inpaint, true mask"):
                evidence.add("scratch-removal", "PSNR inside the damage", k, within[k], "dB")
        evidence.add("scratch-removal", "PSNR inside the damage", tool, within["oldfilm"], "dB",
                     within["inpaint, true mask"] + 3)
    evidence.best_and_worst("scratch-removal", scores, lambda i: kept[i])
