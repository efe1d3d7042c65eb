"""RIFE and RIFE_m: intermediate flow in three scales, refined with context from both frames.

Huang, Zhang, Heng, Shi, Zhou, "Real-Time Intermediate Flow Estimation for Video Frame Interpolation", ECCV 2022.
RIFE knows the middle of two frames alone. Other times are reached as its authors' program reaches them: the half in which
the time lies is halved again, until the middle is within 1/64 of it (their threshold), or five times.
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


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.PReLU(outputs))


def deconv(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1), nn.PReLU(outputs))


class IFBlock(nn.Module):
    def __init__(self, inputs: int, width: int, scale: float):
        super().__init__()
        self.scale = scale
        self.conv0 = nn.Sequential(conv(inputs, width // 2, 2), conv(width // 2, width, 2))
        self.convblock = nn.Sequential(*(conv(width, width) for _ in range(8)))
        self.lastconv = nn.ConvTranspose2d(width, 5, 4, 2, 1)

    def forward(self, x: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
        """What it adds to the flow (4 channels, or none yet: 0) and to the mask."""
        x = resized(x, 1.0 / self.scale)
        if flow.shape[1] > 0:
            x = torch.cat([x, resized(flow, 1.0 / self.scale) / self.scale], 1)
        x = self.conv0(x)
        x = resized(self.lastconv(self.convblock(x) + x), self.scale * 2)
        return x[:, :4] * self.scale * 2, x[:, 4:5]


class Pair(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv1 = conv(inputs, outputs, 2)
        self.conv2 = conv(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(self.conv1(x))


class Context(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = Pair(3, 16)
        self.conv2 = Pair(16, 32)
        self.conv3 = Pair(32, 64)
        self.conv4 = Pair(64, 128)

    def forward(self, x: Tensor, flow: Tensor) -> list[Tensor]:
        """Features of four sizes, warped."""
        f1 = resized(flow, 0.5) * 0.5
        f2 = resized(f1, 0.5) * 0.5
        f3 = resized(f2, 0.5) * 0.5
        f4 = resized(f3, 0.5) * 0.5
        x1 = self.conv1(x)
        x2 = self.conv2(x1)
        x3 = self.conv3(x2)
        return [warp(x1, f1), warp(x2, f2), warp(x3, f3), warp(self.conv4(x3), f4)]


class Refine(nn.Module):
    def __init__(self):
        super().__init__()
        self.down0 = Pair(17, 32)
        self.down1 = Pair(64, 64)
        self.down2 = Pair(128, 128)
        self.down3 = Pair(256, 256)
        self.up0 = deconv(512, 128)
        self.up1 = deconv(256, 64)
        self.up2 = deconv(128, 32)
        self.up3 = deconv(64, 16)
        self.conv = nn.Conv2d(16, 3, 3, 1, 1)

    def forward(self, x: Tensor, a: list[Tensor], b: list[Tensor]) -> Tensor:
        s0 = self.down0(x)
        s1 = self.down1(torch.cat([s0, a[0], b[0]], 1))
        s2 = self.down2(torch.cat([s1, a[1], b[1]], 1))
        s3 = self.down3(torch.cat([s2, a[2], b[2]], 1))
        x = self.up0(torch.cat([s3, a[3], b[3]], 1))
        x = self.up1(torch.cat([x, s2], 1))
        x = self.up2(torch.cat([x, s1], 1))
        x = self.up3(torch.cat([x, s0], 1))
        return torch.sigmoid(self.conv(x)) * 2 - 1


class Rife(nn.Module):
    """`timed`: RIFE_m, whose blocks see a plane of the time."""

    def __init__(self, timed: bool):
        super().__init__()
        self.timed = timed
        more = 1 if timed else 0
        self.block0 = IFBlock(6 + more, 240, 4.0)
        self.block1 = IFBlock(17 + more, 150, 2.0)
        self.block2 = IFBlock(17 + more, 90, 1.0)
        self.contextnet = Context()
        self.unet = Refine()

    def forward(self, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
        if self.timed:
            return self.at(a, b, t)
        if t.numel() != 1:
            raise RuntimeError("RIFE takes one pair of frames at a time")
        half = torch.full_like(t, 0.5)
        middle = self.at(a, b, half)
        low, high, wanted = 0.0, 1.0, float(t.item())
        for _ in range(4):
            center = (low + high) / 2
            if abs(wanted - center) > 1.0 / 64:
                if wanted < center:
                    b, high = middle, center
                else:
                    a, low = middle, center
                middle = self.at(a, b, half)
        return middle

    def at(self, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
        time = t.expand(-1, 1, a.shape[2], a.shape[3]) if self.timed else a[:, :0]
        flow, mask = self.block0(torch.cat([a, b, time], 1), a[:, :0])
        change, more = self.block1(torch.cat([a, b, time, warp(a, flow[:, :2]), warp(b, flow[:, 2:]), mask], 1), flow)
        flow, mask = flow + change, mask + more
        change, more = self.block2(torch.cat([a, b, time, warp(a, flow[:, :2]), warp(b, flow[:, 2:]), mask], 1), flow)
        flow, mask = flow + change, mask + more
        wa, wb, share = warp(a, flow[:, :2]), warp(b, flow[:, 2:]), torch.sigmoid(mask)
        rest = self.unet(torch.cat([a, b, wa, wb, mask, flow], 1), self.contextnet(a, flow[:, :2]),
                         self.contextnet(b, flow[:, 2:]))
        return (wa * share + wb * (1 - share) + rest).clamp(0.0, 1.0)


def find(timed: bool):
    def look(checkpoint: Checkpoint) -> dict[str, Table] | None:
        table = checkpoint.table("block0.conv0.0.0.weight", "block0.conv0.0.1.weight", "contextnet.conv1.conv1.0.weight",
                                 "unet.conv.weight")
        return {"network": table} if table and table["block0.conv0.0.0.weight"].shape[1] == (7 if timed else 6) else None

    return look


def build(timed: bool):
    def make(tables: dict[str, Table], _: dict) -> Network:
        net = fill(Rife(timed), tables["network"], ignore=r"block_tea\..*")
        examples = [(torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h)),
                     torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h + 1)), torch.full((1, 1, 1, 1), t))
                    for h, w, t in ((64, 96, 0.5), (96, 32, 0.3))]
        return Network(net, examples, ["a", "b", "t"], ["picture"], size_multiple=32, padding="zero")

    return make


AUTHORS = "Zhewei Huang, Tianyuan Zhang, Wen Heng, Boxin Shi, Shuchang Zhou"
PAPER = "Real-Time Intermediate Flow Estimation for Video Frame Interpolation (ECCV 2022), arXiv:2011.06294"
SOURCE = "https://github.com/hzwer/ECCV2022-RIFE"
SYSTEMS = [
    System("rife", "interpolate", "RIFE", AUTHORS, "MIT", PAPER, SOURCE, "flownet.pkl of RIFE", find(False), build(False)),
    System("rife-m", "interpolate", "RIFE_m", AUTHORS, "MIT", PAPER, SOURCE, "flownet.pkl of RIFE_m", find(True),
           build(True)),
]
