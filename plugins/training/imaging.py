"""Measures and resampling as the papers use them."""

from __future__ import annotations

import cv2
import numpy as np


def luma(rgb: np.ndarray) -> np.ndarray:
    """8-bit RGB to luma as MATLAB's rgb2ycbcr gives it (BT.601, 16..235), float32 in [0, 1].

    Published super-resolution figures are measured on this luma.
    """
    weights = np.array([65.481, 128.553, 24.966], np.float32) / (255.0 * 255.0)
    return rgb.astype(np.float32) @ weights + np.float32(16.0 / 255.0)


def gray(rgb: np.ndarray) -> np.ndarray:
    """Full-range BT.601 luma of RGB; keeps the value range."""
    return rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def _cubic(x: np.ndarray) -> np.ndarray:
    x = np.abs(x)
    return np.where(x <= 1, 1.5 * x**3 - 2.5 * x**2 + 1,
                    np.where(x < 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0.0))


_matrices: dict[tuple[int, int], np.ndarray] = {}


def resize_matrix(n_in: int, n_out: int) -> np.ndarray:
    """The n_out x n_in matrix of MATLAB's imresize: cubic (a = -0.5), antialiased, edges mirrored."""
    key = (n_in, n_out)
    if key not in _matrices:
        scale = n_out / n_in
        stretch = min(scale, 1.0)
        width = 4.0 / stretch
        center = (np.arange(n_out) + 0.5) / scale - 0.5
        first = np.floor(center - width / 2).astype(int)
        taps = first[:, None] + np.arange(int(np.ceil(width)) + 2)[None]
        weight = _cubic((center[:, None] - taps) * stretch)
        weight /= weight.sum(1, keepdims=True)
        period = 2 * n_in
        taps = np.mod(taps, period)
        taps = np.where(taps >= n_in, period - 1 - taps, taps)
        matrix = np.zeros((n_out, n_in))
        np.add.at(matrix, (np.repeat(np.arange(n_out), taps.shape[1]), taps.ravel()), weight.ravel())
        _matrices[key] = matrix.astype(np.float32)
    return _matrices[key]


def bicubic(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """MATLAB's imresize(picture, [height width], 'bicubic') of H,W or H,W,C float32, not clamped."""
    rows = resize_matrix(picture.shape[0], height)
    columns = resize_matrix(picture.shape[1], width)
    if picture.ndim == 2:
        return rows @ picture @ columns.T
    return np.stack([rows @ picture[..., c] @ columns.T for c in range(picture.shape[2])], -1)


def psnr(a: np.ndarray, b: np.ndarray, border: int = 0, peak: float = 1.0) -> float:
    if border:
        a, b = a[border:-border, border:-border], b[border:-border, border:-border]
    error = np.mean((a.astype(np.float64) - b.astype(np.float64))**2)
    return float(10 * np.log10(peak * peak / max(error, 1e-12)))


def ssim(a: np.ndarray, b: np.ndarray, border: int = 0, peak: float = 1.0) -> float:
    """Wang et al. 2004, 11x11 Gaussian of 1.5, valid area, on one channel."""
    if border:
        a, b = a[border:-border, border:-border], b[border:-border, border:-border]
    a, b = a.astype(np.float64), b.astype(np.float64)

    def blur(x):
        return cv2.GaussianBlur(x, (11, 11), 1.5)[5:-5, 5:-5]

    ma, mb = blur(a), blur(b)
    va, vb, cab = blur(a * a) - ma * ma, blur(b * b) - mb * mb, blur(a * b) - ma * mb
    c1, c2 = (0.01 * peak)**2, (0.03 * peak)**2
    return float((((2 * ma * mb + c1) * (2 * cab + c2)) /
                  ((ma * ma + mb * mb + c1) * (va + vb + c2))).mean())
