"""The two networks of face-enhance: five points of a face, and a clearer face.

`Landmarks` is a plain convolutional regressor on the detector's box. `FaceEnhance` sees the aligned crop
and is trained on faces alone.
"""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F

LANDMARK_SIDE = 96
CROP_SIDE = 256
# Five points of the aligned crop, in parts of its side (the FFHQ set: Karras et al. 2019).
TEMPLATE = [(0.376917, 0.468646), (0.622857, 0.469128), (0.501239, 0.613319), (0.393088, 0.725411),
            (0.611494, 0.724905)]


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.ReLU(inplace=True))


class Landmarks(nn.Module):
    """picture N,1,96,96 in [0, 1] to points N,5,2 in parts of the crop."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(conv(1, 24, 2), conv(24, 32), conv(32, 48, 2), conv(48, 48),
                                  conv(48, 64, 2), conv(64, 64), conv(64, 96, 2), conv(96, 96))
        self.points = nn.Sequential(nn.Linear(96 * 36, 128), nn.ReLU(inplace=True), nn.Linear(128, 10))
        self.points[2].weight.data.mul_(0.1)
        self.points[2].bias.data.copy_(torch.tensor(
            [0.34, 0.42, 0.66, 0.42, 0.5, 0.58, 0.38, 0.72, 0.62, 0.72]))

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        # Contrast and brightness of a print say nothing about where the eyes are.
        x = picture.float()
        x = x - x.mean((1, 2, 3), keepdim=True)
        x = x / (x.square().mean((1, 2, 3), keepdim=True).sqrt() + 0.02)
        x = self.body(x.to(self.points[0].weight.dtype))
        return self.points(x.flatten(1)).float().view(-1, 5, 2)


class Block(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.body = nn.Sequential(conv(width, width), nn.Conv2d(width, width, 3, 1, 1))
        self.body[1].weight.data.mul_(0.2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x)


class FaceEnhance(nn.Module):
    """crop N,3,256,256 in [0, 1] to the same, clearer.

    A residual U-Net (Ronneberger et al. 2015) behind space-to-depth. Faces are aligned, so a place
    in the crop is a place in the face: a learned map joins the features at an eighth, and says what
    usually is there.
    """

    def __init__(self, width: int = 32):
        super().__init__()
        self.enter = nn.Sequential(conv(12, width), conv(width, width))
        self.down2 = conv(width, 2 * width, 2)
        self.level2 = Block(2 * width)
        self.down3 = conv(2 * width, 3 * width, 2)
        self.level3 = Block(3 * width)
        self.down4 = conv(3 * width, 4 * width, 2)
        self.level4 = nn.Sequential(Block(4 * width), Block(4 * width))
        self.place = nn.Parameter(0.02 * torch.randn(1, 3 * width, CROP_SIDE // 8, CROP_SIDE // 8))
        self.up3 = nn.Sequential(nn.Conv2d(4 * width, 12 * width, 1), nn.PixelShuffle(2))
        self.join3 = Block(3 * width)
        self.up2 = nn.Sequential(nn.Conv2d(3 * width, 8 * width, 1), nn.PixelShuffle(2))
        self.join2 = Block(2 * width)
        self.up1 = nn.Sequential(nn.Conv2d(2 * width, 4 * width, 1), nn.PixelShuffle(2))
        self.last = Block(width)
        self.tail = nn.Conv2d(width, 12, 3, 1, 1)
        self.tail.weight.data.mul_(0.1)
        nn.init.zeros_(self.tail.bias)

    def forward(self, crop: torch.Tensor) -> torch.Tensor:
        seen = F.pixel_unshuffle(crop.float() * 2.0 - 1.0, 2).to(self.tail.weight.dtype)
        x1 = self.enter(seen)
        x2 = self.level2(self.down2(x1))
        x3 = self.level3(self.down3(x2) + self.place)
        x = self.level4(self.down4(x3))
        x = self.join3(x3 + self.up3(x))
        x = self.join2(x2 + self.up2(x))
        x = self.last(x1 + self.up1(x))
        return crop.float() + F.pixel_shuffle(self.tail(x).float(), 2) * 0.25
