"""Denoises a colour or grey frame from five neighbours and the noise level.

After FastDVDnet (Tassano, Delon, Veit 2020): frames are fused without explicit motion, the noise
level is a map beside them, a small U-Net (Ronneberger et al. 2015) does the rest. One stage instead of two, and space-to-depth
at the door (FFDNet: Zhang, Zuo, Zhang 2018), which makes it quick on a CPU.
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


class Denoise(nn.Module):
    """window N,5,3,H,W and sigma N,1,1,1 (deviation, in [0, 1] units) to picture N,3,H,W.

    H and W are multiples of 8. The network's correction is scaled by sigma, so that a clean film
    (sigma near 0) comes back as it was; the centre frame is added in float32 in any precision.
    """

    def __init__(self, half: int = 64, quarter: int = 80, eighth: int = 96):
        super().__init__()
        self.enter = convs((5 * 3 + 1) * 4, half, half, half)
        self.down1 = nn.Sequential(nn.Conv2d(half, quarter, 3, stride=2, padding=1), nn.ReLU(inplace=True))
        self.middle1 = convs(quarter, quarter, quarter)
        self.down2 = nn.Sequential(nn.Conv2d(quarter, eighth, 3, stride=2, padding=1), nn.ReLU(inplace=True))
        self.bottom = convs(eighth, eighth, eighth, eighth)
        self.up2 = nn.Conv2d(eighth, quarter * 4, 1)
        self.middle2 = convs(quarter, quarter, quarter)
        self.up1 = nn.Conv2d(quarter, half * 4, 1)
        self.leave = convs(half, half, half)
        self.tail = nn.Conv2d(half, 3 * 4, 3, padding=1)

    def forward(self, window: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        frames = window.float()
        centre = frames[:, 2]
        n, h, w = frames.shape[0], frames.shape[3], frames.shape[4]
        around = torch.cat([frames[:, 0:2], frames[:, 3:5]], 1) - centre.unsqueeze(1)
        level = sigma.float().clamp(0.0, 0.25)
        features = torch.cat([centre - 0.5, around.reshape(n, 12, h, w) * 2.0,
                              (level * 8.0).expand(n, 1, h, w)], 1)
        x = F.pixel_unshuffle(features, 2).to(self.tail.weight.dtype)
        x1 = self.enter(x)
        x2 = self.middle1(self.down1(x1))
        x3 = self.bottom(self.down2(x2))
        x = self.middle2(x2 + F.pixel_shuffle(self.up2(x3), 2))
        x = self.leave(x1 + F.pixel_shuffle(self.up1(x), 2))
        correction = F.pixel_shuffle(self.tail(x), 2).float()
        return centre + correction * (level * 4.0)

    def radius(self) -> int:
        """Receptive field's radius in input pixels, with the alignment to 8."""
        return 68
