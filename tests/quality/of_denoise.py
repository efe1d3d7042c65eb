"""Denoise on clips held back, 17 frames each, against hqdn3d, bm3d and non-local means at their best settings."""

from __future__ import annotations

import cv2
import numpy as np

from films import byte, filtered, found, restore
from training import aging, data, imaging

FRAMES, HEIGHT = 17, 240


def noise(clean: np.ndarray, kind: str, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """T,H,W,3 float32 of deviation `sigma` in code values."""
    t, h, w, _ = clean.shape
    if kind == "color":
        return rng.standard_normal(clean.shape, np.float32) * np.float32(sigma / 255)
    made = np.stack([aging.smooth_noise((h, w), rng, 0.7) for _ in range(t)])[..., None]
    level = clean.mean(-1, keepdims=True)
    made = made * (0.5 + 2.2 * level * (1 - level))
    return np.repeat(made / made.std() * np.float32(sigma / 255), 3, -1)


def material(folder):
    for name in data.VALIDATION_CLIPS:
        frames = list(data.decode(folder / "clips" / name, HEIGHT, 60 + FRAMES))[-FRAMES:]
        yield name, np.stack(frames)


def classic(noisy: np.ndarray, sigma: float):
    """(tool, frames) of each setting tried; frames of T,H,W,3, or of the middle alone."""
    for s in (0.3, 0.5, 0.8, 1.2):
        yield "hqdn3d", filtered(noisy, f"hqdn3d={s * sigma:.1f}")
    for s in (0.7, 1.0):
        yield "bm3d", filtered(noisy[7:10], f"bm3d=sigma={s * sigma:.1f}:estim=basic")[1:2]
    for s in (0.5, 0.8, 1.1):
        yield "non-local means", cv2.fastNlMeansDenoisingColoredMulti(
            list(noisy[7:10]), 1, 3, None, sigma * s, sigma * s, 5, 15)[None].astype(np.float32) / 255


def measure(evidence, folder) -> None:
    clips = list(material(folder))
    for kind in ("color", "film grain"):
        scores: dict[str, list[float]] = {}
        kept = []
        for name, frames in clips:
            truth = frames.astype(np.float32) / 255
            noisy = byte(truth + noise(truth, kind, 25, np.random.default_rng(1)))
            middle = FRAMES // 2
            best: dict[str, tuple[float, np.ndarray]] = {"noisy": (imaging.psnr(noisy[middle] / 255.0, truth[middle]),
                                                                   noisy[middle] / 255.0)}
            for tool, made in classic(noisy, 25):
                picture = made[middle if len(made) == FRAMES else 0]
                score = imaging.psnr(picture, truth[middle])
                best[tool] = max(best.get(tool, (0, None)), (score, picture), key=lambda b: b[0])
            for precision in ("float32", "auto"):
                picture = restore(noisy, "denoise", precision=precision)[middle]
                best[f"oldfilm {precision}"] = (imaging.psnr(picture, truth[middle]), picture)
            for tool, (score, _) in best.items():
                scores.setdefault(tool, []).append(score)
            top = max((b for t, b in best.items() if not t.startswith(("oldfilm", "noisy"))), key=lambda b: b[0])
            kept.append((noisy[middle] / 255.0, top[1], best["oldfilm auto"][1], truth[middle]))
        goal = max(np.mean(scores[t]) for t in ("hqdn3d", "bm3d", "non-local means")) + (1.5 if kind == "color" else 1)
        for tool, values in scores.items():
            evidence.add("denoise", f"{kind}, sigma 25", tool, np.mean(values), "dB",
                         goal if tool.startswith("oldfilm") else None)
        evidence.best_and_worst("denoise-" + kind.replace(" ", "-"), scores["oldfilm auto"], lambda i: kept[i])
    clean(evidence, clips)
    strength(evidence, clips)


def strength(evidence, clips) -> None:
    """What `auto` takes for the noise's deviation, against what there is of it after clipping."""
    for kind in ("color", "film grain"):
        worst = 0.0
        for sigma in (2, 5, 10, 20, 40):
            for _, frames in clips:
                truth = frames.astype(np.float32) / 255
                noisy = byte(truth + noise(truth, kind, sigma, np.random.default_rng(1)))
                true = (noisy / 255.0 - truth).std()
                worst = max(worst, abs(found(noisy, "denoise")[0]["sigma"] / true - 1))
        evidence.add("denoise", f"{kind}, sigma 2 to 40, largest error of auto", "oldfilm", 100 * worst, "%",
                     15 if kind == "color" else None, below=True)


def clean(evidence, clips) -> None:
    scores = [imaging.psnr(restore(f, "denoise")[FRAMES // 2], f[FRAMES // 2] / 255.0) for _, f in clips]
    evidence.add("denoise", "clean clips, worst", "oldfilm auto", min(scores), "dB", 50)
