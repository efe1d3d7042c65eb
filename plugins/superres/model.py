"""Residual super-resolution of luma, sized for a CPU.

A trunk of plain 3x3 convolutions in residual blocks without normalisation (EDSR: Lim et al. 2017)
at the low resolution, then one convolution and a pixel shuffle (ESPCN: Shi et al. 2016); it learns
what bicubic enlargement misses (VDSR: Kim et al. 2016).
"""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU(inplace=True),
                                  nn.Conv2d(width, width, 3, padding=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x)


class Superres(nn.Module):
    """picture N,1,H,W in [0, 1] to N,1,sH,sW; the skip path stays float32 in any precision."""

    def __init__(self, scale: int, width: int = 48, blocks: int = 9):
        super().__init__()
        self.scale = scale
        self.blocks = blocks
        self.head = nn.Conv2d(1, width, 3, padding=1)
        self.trunk = nn.Sequential(*[Block(width) for _ in range(blocks)])
        self.join = nn.Conv2d(width, width, 3, padding=1)
        self.tail = nn.Conv2d(width, scale * scale, 3, padding=1)
        for block in self.trunk:
            block.body[2].weight.data.mul_(0.1)
        self.tail.weight.data.mul_(0.1)
        nn.init.zeros_(self.tail.bias)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        skip = F.interpolate(picture.float(), scale_factor=float(self.scale), mode="bicubic",
                             align_corners=False)
        x = self.head(picture.to(self.head.weight.dtype))
        x = x + self.join(self.trunk(x))
        return skip + F.pixel_shuffle(self.tail(x), self.scale).float()

    def radius(self) -> int:
        """Receptive field's radius in input pixels: every 3x3 adds one."""
        return 3 + 2 * self.blocks
