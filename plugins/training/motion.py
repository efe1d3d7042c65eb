"""Neighbor frames brought into line with the center, as the scratch-removal stage does it."""

from __future__ import annotations

import cv2
import numpy as np


class Aligner:
    """Backward warps by DIS optical flow (Kroeger et al. 2016); bilinear, border replicated."""

    def __init__(self, preset: int = cv2.DISOPTICAL_FLOW_PRESET_MEDIUM):
        self.dis = cv2.DISOpticalFlow_create(preset)
        self.grids: dict[tuple[int, int], np.ndarray] = {}

    def flow(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Flow H,W,2 in pixels with b(x + flow(x)) ~ a(x); a and b are 8-bit gray."""
        return self.dis.calc(a, b, None)

    def warp(self, picture: np.ndarray, flow: np.ndarray) -> np.ndarray:
        h, w = flow.shape[:2]
        if (h, w) not in self.grids:
            x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
            self.grids[(h, w)] = np.stack([x, y], -1)
        return cv2.remap(picture, self.grids[(h, w)] + flow, None, cv2.INTER_LINEAR,
                         borderMode=cv2.BORDER_REPLICATE)

    def window(self, frames: list[np.ndarray]) -> list[np.ndarray]:
        """8-bit gray frames, the middle one kept, the others warped on to it."""
        middle = len(frames) // 2
        center = frames[middle]
        return [f if t == middle else self.warp(f, self.flow(center, f)) for t, f in enumerate(frames)]
