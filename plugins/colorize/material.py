"""What colorize learns from and is measured on: pictures in Lab, and the gray that film makes of them."""

from __future__ import annotations

import zlib
from pathlib import Path

import cv2
import numpy as np
import torch

from training import aging, data

STORED, PATCH, BATCH = 256, 160, 16
MORE_SETS = ("varied", "oldcolor", "large")


def shrink(rgb: np.ndarray, short: int = STORED) -> np.ndarray:
    h, w = rgb.shape[:2]
    scale = short / min(h, w)
    size = (max(short, round(w * scale)), max(short, round(h * scale)))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def _stored(path: Path, sources, least: float) -> data.Store:
    """8-bit Lab pictures, short side 256; those whose mean chroma is below `least` are left out."""
    def produce():
        for name, rgb in sources():
            lab = cv2.cvtColor(shrink(rgb), cv2.COLOR_RGB2LAB)
            chroma = np.hypot(*(lab[..., c].astype(np.float32) - 128 for c in (1, 2)))
            if chroma.mean() > least:
                yield name, lab

    return data.Store.build(path, produce)


def pictures(folder: Path, split: str) -> data.Store:
    """The sets that the first networks learned from, or what is held back of them."""
    sets = data.PHOTO_SETS if split == "train" else ("bsds/val", *data.PHOTO_SETS[:-1])

    def sources():
        for name in sets:
            for path in data.photo_files(folder, name, split):
                yield f"{name}/{path.name}", data.read_rgb(path)
        if split == "train":
            for name in data.TRAINING_CLIPS:
                for i, frame in enumerate(data.decode(folder / "clips" / name, 288, 1200)):
                    if i % 24 == 0:
                        yield f"{name}@{i}", frame

    return _stored(data.CACHE / f"colorize-{split}.bin", sources, 2.5)


def more(folder: Path, split: str) -> data.Store:
    """Strange material: varied, historical and large photographs, and (to train) frames of clips/more.

    Thumbnails of Kodachromes come soft, as old film is. Frames with hardly any color stay: that is how they are.
    """
    def sources():
        for name in MORE_SETS:
            for path in data.photo_files(folder, name, split):
                yield f"{name}/{path.name}", data.read_rgb(path)
        if split == "train":
            for path in data.clips_more(folder, "train"):
                for i, frame in enumerate(data.decode(path, 288, 120)):
                    if i % 12 == 0:
                        yield f"more/{path.name}@{i}", frame

    return _stored(data.CACHE / f"colorize-more-{split}.bin", sources, 1.5)


def calibrates(name: str) -> bool:
    """Whether a picture of `more` is withheld from the network, so that it shows how wrong it is: a third, whole clips."""
    return zlib.crc32(name.split("@")[0].encode()) % 3 == 0


# ---- The gray of film

_LINEAR = (np.where(np.arange(256) <= 0.04045 * 255, np.arange(256) / 255 / 12.92,
                    ((np.arange(256) / 255 + 0.055) / 1.055)**2.4)).astype(np.float32)


def response(rng: np.random.Generator) -> np.ndarray:
    """How much an emulsion sees of linear red, green and blue; the sum is 1.

    Panchromatic film, common since the late 1920s, sees all of them; orthochromatic film sees no red; the ordinary
    plates before see hardly more than blue.
    """
    kind = rng.random()
    if kind < 0.5:
        weights = np.array([rng.uniform(0.18, 0.42), rng.uniform(0.38, 0.72), rng.uniform(0.07, 0.35)])
    elif kind < 0.9:
        weights = np.array([rng.uniform(0, 0.08), rng.uniform(0.3, 0.6), rng.uniform(0.35, 0.6)])
    else:
        weights = np.array([rng.uniform(0, 0.02), rng.uniform(0.05, 0.25), rng.uniform(0.7, 0.95)])
    return (weights / weights.sum()).astype(np.float32)


def lightness(coded: np.ndarray) -> np.ndarray:
    """L/100 of sRGB-coded gray in [0, 1]."""
    linear = np.where(coded <= 0.04045, coded / 12.92, ((np.maximum(coded, 0) + 0.055) / 1.055)**2.4)
    cubic = np.where(linear > 216 / 24389, np.cbrt(linear), linear * (841 / 108) + 4 / 29)
    return (1.16 * cubic - 0.16).astype(np.float32)


def film_gray(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """L/100, H,W, of an 8-bit RGB picture as film and its scan may show it."""
    light = _LINEAR[rgb] @ response(rng)
    light = light / max(float(np.percentile(light, rng.uniform(90, 99.8))), 0.02) * np.float32(rng.uniform(0.6, 1.1))
    if rng.random() < 0.3:  # halation: light that comes back from the base
        glow = cv2.GaussianBlur(np.maximum(light - 0.6, 0), (0, 0), rng.uniform(2, 10))
        light = light + np.float32(rng.uniform(0.1, 0.6)) * glow
    coded = np.clip(light, 0, 1)**np.float32(1 / rng.uniform(1.7, 3.0))
    if rng.random() < 0.7:
        coded = aging.fade(rng)(coded)
    if rng.random() < 0.4:
        coded = coded * aging.flicker(*coded.shape, rng, rng.uniform(0.02, 0.12))
    if rng.random() < 0.5:
        coded = cv2.GaussianBlur(coded.astype(np.float32), (0, 0), rng.uniform(0.4, 2.0))
    if rng.random() < 0.4:
        coded = aging.grain(coded, rng, rng.uniform(0.005, 0.05), rng.uniform(0, 1.2))
    return lightness(np.clip(coded, 0, 1).astype(np.float32))


def age(luma: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a restored film's lightness may still have: contrast, softness, some grain."""
    if rng.random() < 0.5:
        luma = luma ** np.float32(rng.uniform(0.75, 1.35))
    if rng.random() < 0.5:
        black, white = rng.uniform(0, 0.12), rng.uniform(0.85, 1.0)
        luma = black + (white - black) * luma
    if rng.random() < 0.35:
        luma = cv2.GaussianBlur(luma, (0, 0), rng.uniform(0.4, 1.5))
    if rng.random() < 0.35:
        luma = luma + rng.standard_normal(luma.shape, np.float32) * np.float32(rng.uniform(0, 0.04))
    return np.clip(luma, 0, 1)


def batches(stores: list[tuple[data.Store, list[int], float]], film: float = 0.5, size: int = PATCH):
    """A maker of (L/100, ab) from stores, each with the pictures of it that may be used and how often it is drawn."""
    often = np.array([share for _, _, share in stores])
    often = often / often.sum()

    def make(rng: np.random.Generator):
        luma = np.empty((BATCH, 1, size, size), np.float32)
        ab = np.empty((BATCH, 2, size, size), np.float32)
        for i in range(BATCH):
            store, which, _ = stores[rng.choice(len(stores), p=often)]
            lab = store[which[rng.integers(len(which))]]
            h, w = lab.shape[:2]
            cut = int(rng.uniform(0.6, 1.0) * min(h, w))
            y, x = rng.integers(0, h - cut + 1), rng.integers(0, w - cut + 1)
            crop = cv2.resize(lab[y:y + cut, x:x + cut], (size, size), interpolation=cv2.INTER_AREA)
            if rng.random() < 0.5:
                crop = np.ascontiguousarray(crop[:, ::-1])
            if rng.random() < film:
                luma[i, 0] = film_gray(cv2.cvtColor(crop, cv2.COLOR_LAB2RGB), rng)
            else:
                luma[i, 0] = age(crop[..., 0].astype(np.float32) / 255, rng)
            ab[i] = crop[..., 1:].transpose(2, 0, 1).astype(np.float32) - 128
        return torch.from_numpy(luma), torch.from_numpy(ab)

    return make
