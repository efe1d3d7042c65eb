"""FastDVDnet: two stages of small U-Nets over five frames, no flow.

Tassano, Delon, Veit, "FastDVDnet: Towards Real-Time Deep Video Denoising Without Flow Estimation", CVPR 2020.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from importing import Checkpoint, Network, System, Table, fill


class Block(nn.Module):
    """Layers under the name that the checkpoint gives them."""

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.convblock = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.convblock(x)


def convolution(inputs: int, outputs: int, **how) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False, **how), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


def double(inputs: int, outputs: int) -> Block:
    return Block(*convolution(inputs, outputs), *convolution(outputs, outputs))


def down(inputs: int, outputs: int) -> Block:
    return Block(*convolution(inputs, outputs, stride=2), double(outputs, outputs))


def up(inputs: int, outputs: int) -> Block:
    return Block(double(inputs, inputs), nn.Conv2d(inputs, 4 * outputs, 3, padding=1, bias=False), nn.PixelShuffle(2))


class Three(nn.Module):
    """Denoises the middle one of three frames; each is followed by the noise's plane (12 channels, in groups of 4)."""

    def __init__(self):
        super().__init__()
        self.inc = Block(*convolution(12, 90, groups=3), *convolution(90, 32))
        self.downc0 = down(32, 64)
        self.downc1 = down(64, 128)
        self.upc2 = up(128, 64)
        self.upc1 = up(64, 32)
        self.outc = Block(*convolution(32, 32), nn.Conv2d(32, 3, 3, padding=1, bias=False))

    def forward(self, a: Tensor, b: Tensor, c: Tensor, noise: Tensor) -> Tensor:
        x0 = self.inc(torch.cat([a, noise, b, noise, c, noise], 1))
        x1 = self.downc0(x0)
        x2 = self.upc2(self.downc1(x1))
        x1 = self.upc1(x1 + x2)
        return b - self.outc(x0 + x1)


class FastDVDnet(nn.Module):
    """window N x 5 x 3 x H x W, sigma N x 1 x 1 x 1 (deviation in [0, 1] units) to the middle frame."""

    def __init__(self):
        super().__init__()
        self.temp1 = Three()
        self.temp2 = Three()

    def forward(self, window: Tensor, sigma: Tensor) -> Tensor:
        f0, f1, f2, f3, f4 = window.unbind(1)
        noise = sigma.expand(-1, 1, f0.shape[2], f0.shape[3])
        a = self.temp1(f0, f1, f2, noise)
        b = self.temp1(f1, f2, f3, noise)
        c = self.temp1(f2, f3, f4, noise)
        return self.temp2(a, b, c, noise).clamp(0.0, 1.0)


def find(checkpoint: Checkpoint) -> dict[str, Table] | None:
    table = checkpoint.table("temp1.inc.convblock.0.weight", "temp2.outc.convblock.3.weight")
    return {"network": table} if table else None


def build(tables: dict[str, Table], _: dict) -> Network:
    net = fill(FastDVDnet(), tables["network"])
    # Each stage: two convolutions, then two pairs of halvings with theirs (steps of 2 and 4), and their way back.
    one = 2 + (1 + 2 * 2) + (2 + 2 * 4) + (2 * 4 + 4) + (2 * 2 + 2) + 2
    examples = [(torch.rand(1, 5, 3, h, w, generator=torch.Generator().manual_seed(h)), torch.full((1, 1, 1, 1), 0.1))
                for h, w in ((64, 96), (44, 52))]
    return Network(net, examples, ["window", "sigma"], ["picture"], before=2, after=2, size_multiple=4, padding="reflect",
                   receptive_field=2 * one)


SYSTEMS = [
    System("fastdvdnet", "denoise", "FastDVDnet", "Matias Tassano, Julie Delon, Thomas Veit", "MIT",
           "FastDVDnet: Towards Real-Time Deep Video Denoising Without Flow Estimation (CVPR 2020), arXiv:1907.01361",
           "https://github.com/m-tassano/fastdvdnet", "model.pth, model_clipped_noise.pth", find, build),
]
