"""Polylines of uneven width, as cracks, scratches, wires and twigs have."""

from __future__ import annotations

import cv2
import numpy as np


def strokes(h: int, w: int, lines) -> np.ndarray:
    """Polylines (points N,2 in x, y; width of each segment in pixels), drawn at twice the size for fractions of one."""
    canvas = np.zeros((2 * h, 2 * w), np.uint8)
    for points, widths in lines:
        fixed = np.round(points * 32).astype(np.int32)  # 4 bits of fraction at twice the size
        for a, b, width in zip(fixed[:-1], fixed[1:], widths, strict=False):
            cv2.line(canvas, tuple(map(int, a)), tuple(map(int, b)), 255, max(1, int(2 * width + 0.5)), cv2.LINE_AA, 4)
    return cv2.resize(canvas, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def walk(rng, start, heading: float, length: float, step: float, jag: float, bend: float) -> np.ndarray:
    """A path that keeps its heading but for jags (of single steps) and a bend (of all)."""
    count = max(2, int(length / step))
    turn = heading + bend * np.linspace(-1, 1, count) + np.cumsum(rng.normal(0, jag * 0.3, count))
    angle = turn + rng.normal(0, jag, count)
    steps = np.stack([np.cos(angle), np.sin(angle)], -1) * step * rng.uniform(0.5, 1.5, (count, 1))
    return np.vstack([start, start + np.cumsum(steps, 0)]).astype(np.float32)


def uneven(rng, count: int, smooth: int = 5) -> np.ndarray:
    """Positive factors around 1 that change slowly."""
    noise = np.convolve(rng.standard_normal(count + smooth), np.ones(smooth) / smooth, "valid")[:count]
    return np.exp(0.8 * noise)
