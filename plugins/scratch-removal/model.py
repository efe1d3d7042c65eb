"""Finds and repairs dirt, hairs and scratches in a frame, with two aligned neighbors a side.

A small U-Net (Ronneberger et al. 2015) at half resolution and below. Its inputs are what classic
blotch detectors test (Kokaram 1998: the frame against its motion-compensated neighbors, their
range and their median), and the frame against what stands beside each place, which shows the
scratches that last and so stand in the neighbors too. Its outputs are a mask and, for the place
under it, weights that blend the neighbors and the sides plus a residual, so that what can be seen
somewhere is taken from there and only the rest is invented.
"""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F


def convs(*widths: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in zip(widths[:-1], widths[1:], strict=True):
        layers += [nn.Conv2d(a, b, 3, padding=1), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


BESIDE = 6  # pixels to the left and right: beyond the widest running scratches


class ScratchRemoval(nn.Module):
    """window N,5,1,H,W, neighbors aligned to the center, H and W multiples of 8.

    Gives the mask N,1,H,W (probability of damage) and the repaired picture N,1,H,W. Pixels whose
    probability is under 0.25 come back exactly as they were, in float32 in any precision.
    """

    def __init__(self, half: int = 48, quarter: int = 64, eighth: int = 96):
        super().__init__()
        self.beside = BESIDE
        self.enter = convs(9 * 4, half, half)
        self.down1 = nn.Sequential(nn.Conv2d(half, quarter, 3, stride=2, padding=1), nn.ReLU(inplace=True))
        self.middle1 = convs(quarter, quarter, quarter)
        self.down2 = nn.Sequential(nn.Conv2d(quarter, eighth, 3, stride=2, padding=1), nn.ReLU(inplace=True))
        self.bottom = convs(eighth, eighth, eighth, eighth)
        self.up2 = nn.Conv2d(eighth, quarter * 4, 1)
        self.middle2 = convs(quarter, quarter, quarter)
        self.up1 = nn.Conv2d(quarter, half * 4, 1)
        self.leave = convs(half, half, half)
        self.tail = nn.Conv2d(half, 10 * 4, 3, padding=1)

    def parts(self, window: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Mask logits, what stands under the damage, the center; all N,1,H,W float32."""
        frames = window.float().squeeze(2)
        center = frames[:, 2:3]
        around = torch.cat([frames[:, 0:2], frames[:, 3:5]], 1)
        low = around.amin(1, keepdim=True)
        high = around.amax(1, keepdim=True)
        median = (around.sum(1, keepdim=True) - low - high) * 0.5
        wide = F.pad(center, (self.beside, self.beside, 0, 0), mode="replicate")
        left, right = wide[..., :-2 * self.beside], wide[..., 2 * self.beside:]
        features = torch.cat([center - 0.5, (center - around) * 4.0, (center - median) * 4.0,
                              F.relu(center - high) * 8.0, F.relu(low - center) * 8.0,
                              (center - 0.5 * (left + right)) * 4.0], 1)
        x = F.pixel_unshuffle(features, 2).to(self.tail.weight.dtype)
        x1 = self.enter(x)
        x2 = self.middle1(self.down1(x1))
        x3 = self.bottom(self.down2(x2))
        x = self.middle2(x2 + F.pixel_shuffle(self.up2(x3), 2))
        x = self.leave(x1 + F.pixel_shuffle(self.up1(x), 2))
        x = F.pixel_shuffle(self.tail(x), 2).float()
        weights = torch.softmax(x[:, 2:], 1)
        sources = torch.cat([around, median, center, left, right], 1)
        fill = (weights * sources).sum(1, keepdim=True) + x[:, 1:2] * 0.25
        return x[:, 0:1], fill, center

    def forward(self, window: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        logits, fill, center = self.parts(window)
        mask = torch.sigmoid(logits)
        amount = torch.clamp(mask * 4.0 - 1.0, 0.0, 1.0)
        return mask, center + amount * (fill - center)

    def radius(self) -> int:
        """Receptive field's radius in input pixels, rounded up to whole 8s."""
        return 72
