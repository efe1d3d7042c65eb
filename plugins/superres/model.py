"""Residual super-resolution of luma, sized for a CPU.

A trunk of plain 3x3 convolutions in residual blocks without normalization (EDSR: Lim et al. 2017)
at the low resolution, then one convolution and a pixel shuffle (ESPCN: Shi et al. 2016); it learns
what bicubic enlargement misses (VDSR: Kim et al. 2016). For x4 each block weighs what it adds, pixel
by pixel (PAN: Zhao et al. 2020), and what the result made small again lacks of the picture is added
to it (back-projection: Irani and Peleg 1991), so that nothing that the picture shows is lost.
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


class Gated(Block):
    """Begins as the block without a gate."""

    def __init__(self, width: int):
        super().__init__(width)
        self.gate = nn.Conv2d(width, width, 1)
        nn.init.zeros_(self.gate.weight)
        nn.init.zeros_(self.gate.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = self.body[1](self.body[0](x))
        return x + self.body[2](inner) * (2.0 * torch.sigmoid(self.gate(inner)))


class Superres(nn.Module):
    """picture N,1,H,W in [0, 1] to N,1,sH,sW; the skip path stays float32 in any precision."""

    def __init__(self, scale: int, width: int = 48, blocks: int = 9):
        super().__init__()
        self.scale = scale
        self.blocks = blocks
        self.head = nn.Conv2d(1, width, 3, padding=1)
        self.trunk = nn.Sequential(*[(Gated if scale == 4 else Block)(width) for _ in range(blocks)])
        self.join = nn.Conv2d(width, width, 3, padding=1)
        self.tail = nn.Conv2d(width, scale * scale, 3, padding=1)
        for block in self.trunk:  # begins as identity: a deeper network can take up where a shorter one stood
            nn.init.zeros_(block.body[2].weight)
            nn.init.zeros_(block.body[2].bias)
        self.tail.weight.data.mul_(0.1)
        nn.init.zeros_(self.tail.bias)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        large = self.larger(picture.float()) + F.pixel_shuffle(self.tail(self.features(picture)), self.scale).float()
        if self.scale == 2:
            return large
        return large + self.larger(picture.float() - self.smaller(large))

    def larger(self, picture: torch.Tensor) -> torch.Tensor:
        return F.interpolate(picture, scale_factor=float(self.scale), mode="bicubic", align_corners=False)

    def smaller(self, large: torch.Tensor) -> torch.Tensor:
        """As the small pictures of the training were made: MATLAB's bicubic, antialiased."""
        return F.interpolate(large, scale_factor=1.0 / self.scale, mode="bicubic", align_corners=False, antialias=True)

    def features(self, picture: torch.Tensor) -> torch.Tensor:
        x = self.head(picture.to(self.head.weight.dtype))
        return x + self.join(self.trunk(x))

    def seen(self) -> int:
        """Radius in input pixels of what the trunk and the tail see: every 3x3 adds one."""
        return 3 + 2 * self.blocks

    def radius(self) -> int:
        """Receptive field's radius in input pixels; back-projection adds two down and two up."""
        return self.seen() + (4 if self.scale == 4 else 0)


class Texture(nn.Module):
    """The network for x4 with a U behind its trunk (Ronneberger et al. 2015), which sees wider, and a
    second way up that is not linear: what draws texture. Begins as that network.

    picture N,1,H,W in [0, 1] to N,1,4H,4W; H and W multiples of 4.
    """

    def __init__(self, width: int = 48):
        super().__init__()
        self.fidelity = Superres(4, width)
        self.down1 = nn.Sequential(nn.Conv2d(width, 96, 3, 2, 1), nn.ReLU(inplace=True), Block(96))
        self.down2 = nn.Sequential(nn.Conv2d(96, 128, 3, 2, 1), nn.ReLU(inplace=True), Block(128), Block(128))
        self.up1 = nn.Sequential(nn.Conv2d(128, 96 * 4, 3, 1, 1), nn.PixelShuffle(2))
        self.join1 = Block(96)
        self.up0 = nn.Sequential(nn.Conv2d(96, width * 4, 3, 1, 1), nn.PixelShuffle(2))
        self.join0 = nn.Sequential(Block(width), nn.Conv2d(width, width, 3, 1, 1))
        self.draw = nn.Sequential(nn.Conv2d(width, 32 * 4, 3, 1, 1), nn.PixelShuffle(2), nn.ReLU(inplace=True),
                                  nn.Conv2d(32, 4, 3, 1, 1), nn.PixelShuffle(2))
        for last in (self.join0[1], self.draw[3]):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        skip = self.fidelity.larger(picture.float())
        x = self.fidelity.features(picture)
        x1 = self.down1(x)
        x1 = self.join1(x1 + self.up1(self.down2(x1)))
        x = x + self.join0(self.up0(x1))
        drawn = F.pixel_shuffle(self.fidelity.tail(x), 4).float() + self.draw(x).float()
        return skip + drawn

    def radius(self) -> int:
        """As above; a 3x3 at half or quarter size adds two or four, and what lies on its grid as much again."""
        return self.fidelity.seen() + 1 + (2 * 2) + 2 + 4 * 4 + 4 + (2 * 2) + 2 + 3 + 2 + 4
