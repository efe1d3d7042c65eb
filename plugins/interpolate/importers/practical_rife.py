"""Practical-RIFE 4.6 and 4.25: any time between two frames, no refinement network.

Huang, Zhang, Heng, Shi, Zhou, "Real-Time Intermediate Flow Estimation for Video Frame Interpolation", ECCV 2022, in the
authors' later models for use.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from importing import Checkpoint, Network, System, Table, fill


def resized(x: Tensor, factor: float) -> Tensor:
    return x if factor == 1.0 else F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


def warp(picture: Tensor, flow: Tensor) -> Tensor:
    h, w = picture.shape[2], picture.shape[3]
    y = torch.linspace(-1.0, 1.0, h, device=flow.device).view(1, h, 1)
    x = torch.linspace(-1.0, 1.0, w, device=flow.device).view(1, 1, w)
    grid = torch.stack([x + flow[:, 0] / ((w - 1.0) / 2.0), y + flow[:, 1] / ((h - 1.0) / 2.0)], 3)
    return F.grid_sample(picture, grid, mode="bilinear", padding_mode="border", align_corners=True)


def conv(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, 2, 1), nn.LeakyReLU(0.2))


class ResConv(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, 1, 1)
        self.beta = nn.Parameter(torch.ones(1, width, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.conv(x) * self.beta + x, 0.2)


class IFBlock(nn.Module):
    def __init__(self, inputs: int, width: int, outputs: int, scale: float):
        super().__init__()
        self.scale = scale
        self.conv0 = nn.Sequential(conv(inputs, width // 2), conv(width // 2, width))
        self.convblock = nn.Sequential(*(ResConv(width) for _ in range(8)))
        self.lastconv = nn.Sequential(nn.ConvTranspose2d(width, 4 * outputs, 4, 2, 1), nn.PixelShuffle(2))

    def forward(self, x: Tensor, flow: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What it adds to the flow (4 channels, or none yet: 0), mask, features."""
        x = resized(x, 1.0 / self.scale)
        if flow.shape[1] > 0:
            x = torch.cat([x, resized(flow, 1.0 / self.scale) / self.scale], 1)
        x = resized(self.lastconv(self.convblock(self.conv0(x))), self.scale)
        return x[:, :4] * self.scale, x[:, 4:5], x[:, 5:]


class Rife46(nn.Module):
    def __init__(self):
        super().__init__()
        self.block0 = IFBlock(7, 192, 6, 8.0)
        self.block1 = IFBlock(12, 128, 6, 4.0)
        self.block2 = IFBlock(12, 96, 6, 2.0)
        self.block3 = IFBlock(12, 64, 6, 1.0)

    def forward(self, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
        a, b = a.clamp(0.0, 1.0), b.clamp(0.0, 1.0)
        time = t.expand(-1, 1, a.shape[2], a.shape[3])
        flow, mask, _ = self.block0(torch.cat([a, b, time], 1), a[:, :0])
        change, more, _ = self.block1(self.seen(a, b, time, flow, mask), flow)
        flow, mask = flow + change, mask + more
        change, more, _ = self.block2(self.seen(a, b, time, flow, mask), flow)
        flow, mask = flow + change, mask + more
        change, more, _ = self.block3(self.seen(a, b, time, flow, mask), flow)
        flow, mask = flow + change, mask + more
        share = torch.sigmoid(mask)
        return warp(a, flow[:, :2]) * share + warp(b, flow[:, 2:]) * (1 - share)

    def seen(self, a: Tensor, b: Tensor, time: Tensor, flow: Tensor, mask: Tensor) -> Tensor:
        return torch.cat([warp(a, flow[:, :2]), warp(b, flow[:, 2:]), time, mask], 1)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn0 = nn.Conv2d(3, 16, 3, 2, 1)
        self.cnn1 = nn.Conv2d(16, 16, 3, 1, 1)
        self.cnn2 = nn.Conv2d(16, 16, 3, 1, 1)
        self.cnn3 = nn.ConvTranspose2d(16, 4, 4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.leaky_relu(self.cnn0(x), 0.2)
        x = F.leaky_relu(self.cnn1(x), 0.2)
        return self.cnn3(F.leaky_relu(self.cnn2(x), 0.2))


class Rife425(nn.Module):
    def __init__(self):
        super().__init__()
        self.block0 = IFBlock(15, 192, 13, 16.0)
        self.block1 = IFBlock(28, 128, 13, 8.0)
        self.block2 = IFBlock(28, 96, 13, 4.0)
        self.block3 = IFBlock(28, 64, 13, 2.0)
        self.block4 = IFBlock(28, 32, 13, 1.0)
        self.encode = Encoder()

    def forward(self, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
        a, b = a.clamp(0.0, 1.0), b.clamp(0.0, 1.0)
        time = t.expand(-1, 1, a.shape[2], a.shape[3])
        fa, fb = self.encode(a), self.encode(b)
        flow, mask, features = self.block0(torch.cat([a, b, fa, fb, time], 1), a[:, :0])
        change, mask, features = self.block1(self.seen(a, b, fa, fb, time, flow, mask, features), flow)
        flow = flow + change
        change, mask, features = self.block2(self.seen(a, b, fa, fb, time, flow, mask, features), flow)
        flow = flow + change
        change, mask, features = self.block3(self.seen(a, b, fa, fb, time, flow, mask, features), flow)
        flow = flow + change
        change, mask, features = self.block4(self.seen(a, b, fa, fb, time, flow, mask, features), flow)
        flow = flow + change
        share = torch.sigmoid(mask)
        return warp(a, flow[:, :2]) * share + warp(b, flow[:, 2:]) * (1 - share)

    def seen(self, a: Tensor, b: Tensor, fa: Tensor, fb: Tensor, time: Tensor, flow: Tensor, mask: Tensor,
             features: Tensor) -> Tensor:
        to_a, to_b = flow[:, :2], flow[:, 2:]
        return torch.cat([warp(a, to_a), warp(b, to_b), warp(fa, to_a), warp(fb, to_b), time, mask, features], 1)


def find(encoder: bool):
    def look(checkpoint: Checkpoint) -> dict[str, Table] | None:
        names = ("block0.convblock.0.beta", "block3.lastconv.0.weight")
        table = checkpoint.table(*names, "block4.lastconv.0.weight", "encode.cnn0.weight") if encoder else \
            checkpoint.table(*names, without=("block4.lastconv.0.weight", "encode.cnn0.weight"))
        return {"network": table} if table else None

    return look


def build(kind: type[nn.Module], multiple: int, used: str):
    def make(tables: dict[str, Table], _: dict) -> Network:
        net = fill(kind(), tables["network"], ignore=rf"(?!(?:{used})\.).*")
        examples = [(torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h)),
                     torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h + 1)), torch.full((1, 1, 1, 1), t))
                    for h, w, t in ((64, 128, 0.5), (128, 64, 0.25))]
        return Network(net, examples, ["a", "b", "t"], ["picture"], size_multiple=multiple, padding="zero")

    return make


AUTHORS = "Zhewei Huang, Tianyuan Zhang, Wen Heng, Boxin Shi, Shuchang Zhou"
PAPER = "Real-Time Intermediate Flow Estimation for Video Frame Interpolation (ECCV 2022), arXiv:2011.06294"
SOURCE = "https://github.com/hzwer/Practical-RIFE"
SYSTEMS = [
    System("rife-4.6", "interpolate", "Practical-RIFE 4.6", AUTHORS, "MIT", PAPER, SOURCE, "train_log/flownet.pkl of 4.6",
           find(False), build(Rife46, 32, "block[0-3]")),
    System("rife-4.25", "interpolate", "Practical-RIFE 4.25", AUTHORS, "MIT", PAPER, SOURCE,
           "train_log/flownet.pkl of 4.25", find(True), build(Rife425, 64, "block[0-4]|encode")),
]
