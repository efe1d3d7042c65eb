"""Makes the training windows of scratch-removal: aged, damaged, aligned on the damaged frames."""

from __future__ import annotations

import cv2
import numpy as np

import hard
from training import aging, data, imaging, motion

SIDE, EDGE = 256, 16
# At a shot's ends the stage lets frames of the other side stand in: the window of each of five frames.
WINDOWS = ((4, 3, 0, 1, 2), (4, 0, 1, 2, 3), (0, 1, 2, 3, 4), (1, 2, 3, 4, 0), (2, 3, 4, 1, 0))


def source(rng: np.random.Generator, pictures, runs, h: int, w: int) -> list[np.ndarray]:
    """Five clean gray frames h x w in [0, 1]: of a clip, or of a photograph made moving."""
    if rng.random() < 0.6:
        run = runs[int(rng.integers(len(runs)))]
        stride = 1 if rng.random() < 0.7 else 2
        start = int(rng.integers(0, run.shape[0] - 4 * stride))
        frames = run[start:start + 4 * stride + 1:stride]
        zoom = rng.uniform(1.0, min(1.6, frames.shape[1] / h, frames.shape[2] / w)) \
            if frames.shape[1] >= h and frames.shape[2] >= w else 0
        if zoom:
            ch, cw = int(h * zoom), int(w * zoom)
            y, x = rng.integers(0, frames.shape[1] - ch + 1), rng.integers(0, frames.shape[2] - cw + 1)
            crops = [np.ascontiguousarray(f[y:y + ch, x:x + cw]) for f in frames]
            out = [imaging.gray(cv2.resize(c, (w, h), interpolation=cv2.INTER_AREA)) / 255 for c in crops]
            if rng.random() < 0.1:
                out = out[::-1]
            return [o.astype(np.float32) for o in out]
    picture = pictures[int(rng.integers(len(pictures)))]
    moving = aging.pan(imaging.gray(picture).astype(np.float32) / 255, rng, 5, h, w)
    if rng.random() < 0.3:  # a nearer layer with a motion of its own
        other = imaging.gray(pictures[int(rng.integers(len(pictures)))]).astype(np.float32) / 255
        near = aging.pan(other, rng, 5, h, w)
        cover = np.zeros((h, w), np.float32)
        center = (int(rng.uniform(0, w)), int(rng.uniform(0, h)))
        axes = (int(rng.uniform(20, 110)), int(rng.uniform(20, 110)))
        cv2.ellipse(cover, center, axes, rng.uniform(0, 180), 0, 360, 1.0, -1, cv2.LINE_AA)
        dx, dy = rng.normal(0, 5, 2)
        for t in range(5):
            move = np.array([[1, 0, dx * (t - 2)], [0, 1, dy * (t - 2)]])
            layer = cv2.warpAffine(cover, move, (w, h))
            moving[t] = moving[t] * (1 - layer) + near[t] * layer
    return moving


def window(rng: np.random.Generator, clean: list[np.ndarray], damage: aging.Damage | None, aligner,
           at: int = 2):
    """Ages and damages five frames; gives 8-bit (aligned 5,H,W, truth H,W, target H,W) of frame `at`.

    The truth is the aged frame without its damage. The target is 255 where the damage shows,
    0 where there is none, 128 where it is too faint to matter either way.
    """
    h, w = clean[0].shape
    tone = aging.fade(rng) if rng.random() < 0.6 else (lambda p: p)
    blur = rng.uniform(0.3, 1.6) if rng.random() < 0.5 else 0.0
    sigma = rng.uniform(0, 14) / 255 if rng.random() < 0.8 else 0.0
    size = rng.uniform(0, 1.3)
    unsteady = rng.uniform(0, 0.06) if rng.random() < 0.6 else 0.0
    aged = []
    for frame in clean:
        frame = tone(frame)
        if blur:
            frame = cv2.GaussianBlur(frame, (0, 0), blur)
        if unsteady:
            frame = frame * aging.flicker(h, w, rng, unsteady)
        if sigma:
            frame = aging.grain(frame, rng, sigma, size)
        aged.append(np.clip(frame, 0, 1).astype(np.float32))
    damaged = damage.run(aged, rng)[0] if damage else [f.copy() for f in aged]
    truth, center = aged[at], damaged[at]
    change = np.abs(center - truth)
    target = np.where(change > 9 / 255, 255, np.where(change > 2.5 / 255, 128, 0)).astype(np.uint8)
    if rng.random() < 0.3:
        quality = int(rng.integers(50, 96))
        damaged = [aging.jpeg(f, quality) for f in damaged]
        truth = aging.jpeg(truth, quality)
    frames = [np.clip(f * 255 + 0.5, 0, 255).astype(np.uint8) for f in damaged]
    truth = np.clip(truth * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.stack(aligner.window([frames[t] for t in WINDOWS[at]])), truth, target


def build(data_folder, count: int, seed: int, cache=data.CACHE, lively: bool = False) -> data.Store:
    """`count` windows as one store of 7,SIDE,SIDE arrays: five frames, truth, target.

    `lively` ones are of hard.py's material; a third of them have no damage at all, and half are at the ends of a shot.
    """
    def produce():
        cv2.setNumThreads(1)
        rng = np.random.default_rng(seed)
        pictures = data.photos(data_folder)
        runs = hard.runs(data_folder) if lively else data.clips(data_folder, "train", 9, 16, 360)
        make = hard.source if lively else source
        full = SIDE + 2 * EDGE
        damage = aging.Damage(data.damage_masks(data_folder), full, full)
        aligners = [motion.Aligner(p) for p in (cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
                                                cv2.DISOPTICAL_FLOW_PRESET_FAST)]
        for i in range(count):
            clean = make(rng, pictures, runs, full, full)
            worn = None if lively and rng.random() < 1 / 3 else damage
            at = int(rng.choice(5, p=(0.15, 0.1, 0.5, 0.1, 0.15))) if lively else 2
            aligned, truth, target = window(rng, clean, worn, aligners[i % 2], at)
            whole = np.concatenate([aligned, truth[None], target[None]])
            yield str(i), whole[:, EDGE:-EDGE, EDGE:-EDGE]

    return data.Store.build(cache / f"scratch-{'lively-' if lively else ''}{count}-{seed}.bin", produce)
