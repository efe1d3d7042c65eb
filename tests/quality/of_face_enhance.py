"""Face-enhance on people held back: aligned crops aged as old films age faces, within the face."""

from __future__ import annotations

import cv2
import numpy as np

from films import byte, recipe, restore
from training import imaging

SIZE = 384


def portrait_pair(faces, portrait, rng):
    """(aged, clean) SIZE,SIZE,3 in [0, 1] with the whole head in it, and where the face is."""
    rgb, points, _ = portrait
    target = np.array(recipe("face-enhance").faces.TEMPLATE) * 200 + (SIZE - 200) / 2
    clean = faces.warp(rgb, faces.similarity(points, target), SIZE).astype(np.float32) / 255
    gray = cv2.cvtColor(clean, cv2.COLOR_RGB2GRAY)
    y, x = (np.mgrid[:SIZE, :SIZE] + 0.5 - (SIZE - 200) / 2) / 200
    return faces.age(gray, rng), gray, ((x - 0.5) / 0.33)**2 + ((y - 0.565) / 0.40)**2 < 1


def measure(evidence, folder) -> None:
    faces = recipe("face-enhance").faces
    rng = np.random.default_rng(9)
    scores: dict[str, list[float]] = {}
    kept = []
    for portrait in faces.portraits(folder, "val"):
        aged, clean, inside = portrait_pair(faces, portrait, rng)
        film = byte(aged)[None]
        results = {"aged": aged}
        for sigma in (0.6, 1.0, 1.6):
            results[f"Gaussian {sigma}"] = cv2.GaussianBlur(aged, (0, 0), sigma)
        for strength in (0.04, 0.08):
            results[f"bilateral {strength}"] = cv2.bilateralFilter(aged, 0, strength, 2)
        results["oldfilm denoise"] = restore(film, "denoise")[0]
        results["oldfilm float32"] = restore(film, "face-enhance", precision="float32")[0]
        results["oldfilm auto"] = restore(film, "face-enhance")[0]
        for tool, made in results.items():
            scores.setdefault(tool, []).append(imaging.psnr(made[inside], clean[inside]))
        kept.append((aged, results["oldfilm denoise"], results["oldfilm auto"], clean))
    smooth = max(np.mean(v) for k, v in scores.items() if k.startswith(("Gaussian", "bilateral", "aged")))
    goal = max(smooth + 1, np.mean(scores["oldfilm denoise"]) + 0.5)
    for tool, values in scores.items():
        evidence.add("face-enhance", "aged portraits, within the face", tool, np.mean(values), "dB",
                     goal if tool in ("oldfilm float32", "oldfilm auto") else None)
    lead = [a - b for a, b in zip(scores["oldfilm auto"], scores["aged"], strict=True)]
    evidence.best_and_worst("face-enhance", lead, lambda i: kept[i])
