"""NIQE: how far pictures are from natural ones, without their truth (Mittal et al. 2013).

The natural ones are our training photographs. Blocks of all pictures count as one sample, since a
picture of 481x321 has fifteen, too few for the covariance of 36 figures.
"""

from __future__ import annotations

from math import gamma

import cv2
import numpy as np

BLOCK = 96
_SHAPES = np.arange(0.2, 10.0, 0.001)
_RATIOS = np.array([gamma(2 / s)**2 / (gamma(1 / s) * gamma(3 / s)) for s in _SHAPES])


def _aggd(x: np.ndarray) -> tuple[float, float, float]:
    """Shape, left and right deviation of an asymmetric generalized Gaussian (Lasmar et al. 2009)."""
    left = np.sqrt(np.mean(x[x < 0]**2)) if (x < 0).any() else 1e-6
    right = np.sqrt(np.mean(x[x > 0]**2)) if (x > 0).any() else 1e-6
    g = left / right
    r = np.abs(x).mean()**2 / max(np.mean(x**2), 1e-12)
    r *= (g**3 + 1) * (g + 1) / (g**2 + 1)**2
    shape = _SHAPES[np.argmin((_RATIOS - r)**2)]
    return shape, left, right


def _figures(block: np.ndarray) -> list[float]:
    shape, left, right = _aggd(block)
    figures = [shape, (left + right) / 2]
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        shape, left, right = _aggd(block * np.roll(block, (dy, dx), (0, 1)))
        stretch = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
        mean = (right - left) * stretch * gamma(2 / shape) / gamma(1 / shape)
        figures += [shape, mean, left**2, right**2]
    return figures


def blocks(luma: np.ndarray, sharp_only: bool = False) -> np.ndarray:
    """N,36 of one picture, luma in [0, 1]; with sharp_only those blocks alone that a person would call sharp."""
    rows, sharpness = [], None
    picture = luma.astype(np.float32) * 255
    h, w = (n // BLOCK * BLOCK for n in picture.shape)
    picture = picture[:h, :w]
    for size in (BLOCK, BLOCK // 2):
        mean = cv2.GaussianBlur(picture, (7, 7), 7 / 6)
        deviation = np.sqrt(np.abs(cv2.GaussianBlur(picture * picture, (7, 7), 7 / 6) - mean * mean))
        normal = (picture - mean) / (deviation + 1)
        places = [(y, x) for y in range(0, normal.shape[0] - size + 1, size)
                  for x in range(0, normal.shape[1] - size + 1, size)]
        rows.append([_figures(normal[y:y + size, x:x + size]) for y, x in places])
        if sharpness is None:
            sharpness = np.array([deviation[y:y + size, x:x + size].mean() for y, x in places])
        picture = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    figures = np.concatenate(rows, 1)
    return figures[sharpness > 0.75 * sharpness.max()] if sharp_only else figures


def niqe(pictures: list[np.ndarray], natural: np.ndarray) -> float:
    """Of a set of luma pictures against the blocks of natural ones."""
    ours = np.concatenate([blocks(p) for p in pictures])
    apart = ours.mean(0) - natural.mean(0)
    spread = (np.cov(ours.T) + np.cov(natural.T)) / 2
    return float(np.sqrt(apart @ np.linalg.pinv(spread) @ apart))
