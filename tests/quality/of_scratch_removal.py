"""Scratch-removal on clips held back, aged with masks held back, against the same aged film without its damage.

`measure` pools twelve films of three quiet clips, as the figures of earlier models do. `each` has one row for each of
hard.py's films, which were chosen for what is taken for damage on them: motion faster than flow follows, upright and thin
things, faces that turn, still scenes, dark and soft film.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from films import byte, recipe, restore
from training import aging, data, imaging

FRAMES = 9

LEAST = 3e-4  # part of the pixels that is damaged
GAIN, SHARE, TOUCHED = 2.0, 30.0, 0.1  # dB at least; % of the error, % of clean pixels at most


def gray(run: np.ndarray) -> list[np.ndarray]:
    return [imaging.gray(f).astype(np.float32) / 255 for f in run[:FRAMES]]


def aged_film(clean: list[np.ndarray], masks, rng: np.random.Generator, kind=aging.Damage):
    """Damaged and undamaged T,H,W 8-bit, and the targets (255 damaged, 128 hardly, 0 clean)."""
    h, w = clean[0].shape
    tone = aging.fade(rng)
    blur, sigma, size = rng.uniform(0.3, 1.2), rng.uniform(2, 12) / 255, rng.uniform(0, 1.1)
    truth = [np.clip(aging.grain(cv2.GaussianBlur(tone(f), (0, 0), blur), rng, sigma, size), 0, 1).astype(np.float32)
             for f in clean]
    damaged, _ = kind(masks, h, w).run(truth, rng)
    change = [np.abs(d - t) for d, t in zip(damaged, truth, strict=True)]
    targets = [np.where(c > 9 / 255, 255, np.where(c > 2.5 / 255, 128, 0)).astype(np.uint8) for c in change]
    return byte(np.stack(damaged)), byte(np.stack(truth)), targets


class Account:
    """Where the error of restored films lies, and what was found of their damage."""

    def __init__(self, tolerant_f1):
        self.tolerant_f1 = tolerant_f1
        self.hits = np.zeros(4)
        self.damaged = self.left = self.inside = self.false = 0.0  # squared errors
        self.pixels = self.true = self.clean = self.touched = 0

    def add(self, damaged: np.ndarray, truth: np.ndarray, target: np.ndarray, made: np.ndarray, found: np.ndarray) -> None:
        """One frame: 8-bit, but `made` and `found`, which are float32 in [0, 1]."""
        before = np.square((damaged.astype(np.float64) - truth) / 255)
        after = np.square(made.astype(np.float64) - truth / 255.0)
        true = target == 255
        far = cv2.dilate((target > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
        self.hits += self.tolerant_f1(found > 0.5, true, target != 128)
        self.damaged += before.sum()
        self.left += after.sum()
        self.inside += after[true].sum()
        self.false += after[far].sum()
        self.pixels += before.size
        self.true += int(true.sum())
        self.clean += int(far.sum())
        self.touched += int((found > 0)[far].sum())

    def figures(self) -> dict[str, float]:
        right, reached = self.hits[0] / max(self.hits[1], 1), self.hits[2] / max(self.hits[3], 1)
        return {"dB damaged": 10 * np.log10(self.pixels / max(self.damaged, 1e-9)),
                "dB restored": 10 * np.log10(self.pixels / max(self.left, 1e-9)),
                "F1": 2 * right * reached / max(right + reached, 1e-9),
                "dB inside": 10 * np.log10(max(self.true, 1) / max(self.inside, 1e-9)),
                "false %": 100 * self.false / max(self.left, 1e-9),
                "touched %": 100 * self.touched / max(self.clean, 1)}


def each(folder: Path, precision: str, stage: str = "scratch-removal", pictures: Path | None = None,
         only: str = "") -> dict[str, dict[str, float]]:
    """The figures of each of hard.py's films whose name holds `only`; the frame with the most false repairs as a picture."""
    own = recipe("scratch-removal")
    masks = data.damage_masks(folder, "val")
    table = {}
    for i, film in enumerate(own.hard.HELD):
        if only not in film.name:
            continue
        clean = own.hard.held(folder, film, FRAMES)
        for k, kind in enumerate((aging.Damage, own.hard.LightDamage)):
            name, account, worst = film.name + (" (light)" if k else ""), Account(own.tolerant_f1), (-1.0, None)
            rng, targets = np.random.default_rng(900 + 10 * i + k), []
            while np.mean(np.stack(targets) == 255 if targets else 0) < LEAST:  # no film without damage
                damaged, truth, targets = aged_film(clean, masks, rng, kind)
            made, found = restore(damaged, stage, precision=precision, mask=True)
            for t in range(FRAMES):
                before = account.false
                account.add(damaged[t], truth[t], targets[t], made[t], found[t])
                if account.false - before > worst[0]:
                    worst = (account.false - before, (damaged[t], made[t] * 255, truth[t], found[t] * 255))
            table[name] = account.figures()
            if pictures:
                pictures.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(pictures / f"scratch-removal {name}.png"), np.hstack([byte(p / 255.0) for p in worst[1]]))
    return table


def as_table(table: dict[str, dict[str, float]]) -> str:
    columns = list(next(iter(table.values())))
    lines = ["| film | " + " | ".join(columns) + " |", "|---" * (1 + len(columns)) + "|"]
    for name, figures in table.items():
        cells = (f"{figures[c]:.{3 if c in ('F1', 'touched %') else 2}f}" for c in columns)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def harm(evidence, folder: Path) -> None:
    for precision in ("float32", "auto"):
        table = each(folder, precision, pictures=evidence.folder)
        print(as_table(table), flush=True)
        tool = f"oldfilm {precision}"
        for name, figures in table.items():
            evidence.add("scratch-removal", f"{name}: gain of the whole picture", tool,
                         figures["dB restored"] - figures["dB damaged"], "dB", GAIN)
            evidence.add("scratch-removal", f"{name}: error by false repairs", tool, figures["false %"], "%", SHARE, below=True)
            evidence.add("scratch-removal", f"{name}: clean pixels touched", tool, figures["touched %"], "%", TOUCHED, below=True)
            evidence.add("scratch-removal", f"{name}: mask F1", tool, figures["F1"], "")
            evidence.add("scratch-removal", f"{name}: PSNR inside the damage", tool, figures["dB inside"], "dB")


def measure(evidence, folder) -> None:
    harm(evidence, folder)
    tolerant_f1 = recipe("scratch-removal").tolerant_f1
    runs, masks = data.clips(folder, "val", 9, 8, 360), data.damage_masks(folder, "val")
    for precision in ("float32", "auto"):
        hits, squares = np.zeros(4), {}
        inside = outside = touched = changed = 0
        scores, kept = [], []
        for i in range(0, len(runs), 2):
            damaged, truth, targets = aged_film(gray(runs[i]), masks, np.random.default_rng(50 + i))
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
