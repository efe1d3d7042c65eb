"""How far colors are from the truth's: on photographs, and on moving pictures held back."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch

import material
from model import MULTIPLE
from training import data

RENDER = 192


def predict(network, luma: np.ndarray, render: int = RENDER) -> np.ndarray:
    """ab H,W,2 from L/100 H,W, as the stage does it."""
    h, w = luma.shape
    scale = render / min(h, w)
    size = tuple(max(MULTIPLE, round(d * scale / MULTIPLE) * MULTIPLE) for d in (w, h))
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
    made = network(torch.from_numpy(small)[None, None])
    if not isinstance(made, torch.Tensor):
        made = made[0] * made[1]
    ab = made[0].float().numpy().transpose(1, 2, 0)
    return cv2.resize(ab, (w, h), interpolation=cv2.INTER_LINEAR)


def to_rgb(luma: np.ndarray, ab: np.ndarray) -> np.ndarray:
    full = np.dstack([luma * 100, ab]).astype(np.float32)
    return np.clip(cv2.cvtColor(full, cv2.COLOR_LAB2RGB), 0, 1)


def colorfulness(rgb: np.ndarray) -> float:
    """Hasler and Süsstrunk 2003, of RGB in 0..255."""
    r, g, b = (rgb[..., i] * 255 for i in range(3))
    rg, yb = r - g, (r + g) / 2 - b
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def _row(luma: np.ndarray, ab: np.ndarray, truth: np.ndarray, bright: np.ndarray) -> tuple:
    """Distance of gray and of `ab` from the true ab, colorfulness of truth and result."""
    return (np.linalg.norm(truth, axis=2).mean(), np.linalg.norm(ab - truth, axis=2).mean(),
            colorfulness(to_rgb(bright, truth)), colorfulness(to_rgb(luma, ab)))


def _means(rows: dict[str, list]) -> dict:
    result = {}
    for key, values in rows.items():
        gray, ours, truth, color = np.mean(values, 0)
        result[key] = {"below_gray": 100 * (1 - ours / gray), "colorfulness": 100 * color / truth,
                       "ab_distance": ours, "gray": gray}
    return result


def group(name: str) -> str:
    folder = name.split("/")[0]
    return "bsds/val" if folder == "bsds" else folder if folder in material.MORE_SETS else "last tenths"


@torch.no_grad()
def photographs(network, store: data.Store, bfloat16=False, every=1, folder: Path | None = None, render=RENDER,
                film: int | None = None) -> dict:
    """Mean ab distance below gray's in per cent, and colorfulness over the truth's, for each set.

    With `film`, a seed, the gray is that of old film (`material.film_gray`) and not the truth's lightness.
    """
    rows: dict[str, list] = {}
    for i in range(0, len(store), every):
        lab, name = store[i], store.names[i]
        truth, bright = lab[..., 1:].astype(np.float32) - 128, lab[..., 0].astype(np.float32) / 255
        luma = bright if film is None else material.film_gray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB),
                                                              np.random.default_rng(film + i))
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            ab = predict(network, luma, render)
        rows.setdefault(group(name), []).append(_row(luma, ab, truth, bright))
        if folder and i % 6 == 0:
            folder.mkdir(parents=True, exist_ok=True)
            both = np.hstack([to_rgb(luma, ab), to_rgb(bright, truth)])
            cv2.imwrite(str(folder / f"{i:03d}.png"), both[..., ::-1] * 255)
    return _means(rows)


@torch.no_grad()
def clips(network, folder: Path, bfloat16=False, split="val", limit: int | None = None, every=12) -> dict:
    """The same on every twelfth of the first 120 frames of each clip, made gray as FFmpeg does (BT.601)."""
    rows: dict[str, list] = {}
    for path in (data.held_out_clips(folder) if split == "val" else data.clips_more(folder, split))[:limit]:
        for i, rgb in enumerate(data.decode(path, 288, 120)):
            if i % every:
                continue
            lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
            luma = material.lightness(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255)
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                ab = predict(network, luma)
            rows.setdefault(path.stem[-28:], []).append(_row(luma, ab, lab[..., 1:], lab[..., 0] / 100))
    return _means(rows)


@torch.no_grad()
def curve(network, store: data.Store, saturations=(0.6, 0.8, 0.93, 1.0, 1.07, 1.13, 1.33)) -> None:
    """Prints both figures for each `saturation` of the stage: what is near the truth on average is pale."""
    rows: dict[tuple, list] = {}
    for i in range(len(store)):
        lab = store[i]
        truth, luma = lab[..., 1:].astype(np.float32) - 128, lab[..., 0].astype(np.float32) / 255
        ab = predict(network, luma)
        for s in saturations:
            rows.setdefault((group(store.names[i]), s), []).append(_row(luma, ab * s, truth, luma))
    for (key, s), values in sorted(rows.items()):
        gray, ours, truth, color = np.mean(values, 0)
        print(f"{key:12s} saturation {s:.2f}: {100 * (1 - ours / gray):.1f} % below gray, "
              f"colorfulness {100 * color / truth:.0f} %", flush=True)


def report(figures: dict) -> None:
    for name, row in figures.items():
        print(f"{name:28s} ab distance {row['ab_distance']:5.2f} (gray {row['gray']:5.2f}), "
              f"{row['below_gray']:6.1f} % below gray, colorfulness {row['colorfulness']:3.0f} % of the truth's",
              flush=True)
