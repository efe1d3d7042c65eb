"""RAFT, the optical flow that other networks carry inside them.

Teed, Deng, "RAFT: Recurrent All-Pairs Field Transforms for Optical Flow", ECCV 2020 (the large model: four levels, radius
four).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ITERATIONS = 24
SMALLEST = 128  # pixels of a side: below, the coarsest level is one cell wide and its places are undefined


def sampled(x: Tensor, px: Tensor, py: Tensor) -> Tensor:
    """x at these places in pixels (N x h x w); zeros outside."""
    h, w = x.shape[2], x.shape[3]
    grid = torch.stack([2 * px / (w - 1) - 1, 2 * py / (h - 1) - 1], 3)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=True)


def warp(x: Tensor, flow: Tensor) -> Tensor:
    h, w = x.shape[2], x.shape[3]
    py, px = torch.meshgrid(torch.arange(h, device=x.device), torch.arange(w, device=x.device), indexing="ij")
    return sampled(x, px + flow[:, 0], py + flow[:, 1])


class Unit(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int, batch: bool):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1)
        self.norm1 = nn.BatchNorm2d(width) if batch else nn.InstanceNorm2d(width)
        self.norm2 = nn.BatchNorm2d(width) if batch else nn.InstanceNorm2d(width)
        self.downsample = nn.Identity() if stride == 1 else nn.Sequential(
            nn.Conv2d(inputs, width, 1, stride), nn.BatchNorm2d(width) if batch else nn.InstanceNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        inside = F.relu(self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))))
        return F.relu(self.downsample(x) + inside)


class Encoder(nn.Module):
    def __init__(self, batch: bool):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3)
        self.norm1 = nn.BatchNorm2d(64) if batch else nn.InstanceNorm2d(64)
        self.layer1 = nn.Sequential(Unit(64, 64, 1, batch), Unit(64, 64, 1, batch))
        self.layer2 = nn.Sequential(Unit(64, 96, 2, batch), Unit(96, 96, 1, batch))
        self.layer3 = nn.Sequential(Unit(96, 128, 2, batch), Unit(128, 128, 1, batch))
        self.conv2 = nn.Conv2d(128, 256, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(self.layer3(self.layer2(self.layer1(F.relu(self.norm1(self.conv1(x)))))))


class Motion(nn.Module):
    def __init__(self):
        super().__init__()
        self.convc1 = nn.Conv2d(324, 256, 1)
        self.convc2 = nn.Conv2d(256, 192, 3, 1, 1)
        self.convf1 = nn.Conv2d(2, 128, 7, 1, 3)
        self.convf2 = nn.Conv2d(128, 64, 3, 1, 1)
        self.conv = nn.Conv2d(256, 126, 3, 1, 1)

    def forward(self, flow: Tensor, corr: Tensor) -> Tensor:
        a = F.relu(self.convc2(F.relu(self.convc1(corr))))
        b = F.relu(self.convf2(F.relu(self.convf1(flow))))
        return torch.cat([F.relu(self.conv(torch.cat([a, b], 1))), flow], 1)


class Gru(nn.Module):
    def __init__(self):
        super().__init__()
        for i, (size, pad) in enumerate((((1, 5), (0, 2)), ((5, 1), (2, 0))), 1):
            for name in "zrq":
                setattr(self, f"conv{name}{i}", nn.Conv2d(384, 128, size, 1, pad))

    def forward(self, h: Tensor, x: Tensor) -> Tensor:
        hx = torch.cat([h, x], 1)
        z, r = torch.sigmoid(self.convz1(hx)), torch.sigmoid(self.convr1(hx))
        h = (1 - z) * h + z * torch.tanh(self.convq1(torch.cat([r * h, x], 1)))
        hx = torch.cat([h, x], 1)
        z, r = torch.sigmoid(self.convz2(hx)), torch.sigmoid(self.convr2(hx))
        return (1 - z) * h + z * torch.tanh(self.convq2(torch.cat([r * h, x], 1)))


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(128, 256, 3, 1, 1)
        self.conv2 = nn.Conv2d(256, 2, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(F.relu(self.conv1(x)))


class Update(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.gru, self.flow_head = Motion(), Gru(), Head()
        self.mask = nn.Sequential(nn.Conv2d(128, 256, 3, 1, 1), nn.ReLU(), nn.Conv2d(256, 576, 1))


class Raft(nn.Module):
    def __init__(self):
        super().__init__()
        self.fnet, self.cnet, self.update_block = Encoder(False), Encoder(True), Update()
        self.iterations = ITERATIONS

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Flow from a to b, N x 2 x H x W in pixels; pictures in [-1, 1]."""
        fa, fb = self.fnet(a), self.fnet(b)
        n, c, h, w = fa.shape
        corr = (fa.flatten(2).transpose(1, 2) @ fb.flatten(2) / c**0.5).reshape(n * h * w, 1, h, w)
        pyramid = [corr]
        for _ in range(3):
            corr = F.avg_pool2d(corr, 2)
            pyramid.append(corr)
        context = self.cnet(a)
        state, seen = torch.tanh(context[:, :128]), F.relu(context[:, 128:])
        y, x = torch.meshgrid(torch.arange(h, device=a.device), torch.arange(w, device=a.device), indexing="ij")
        start = torch.stack([x, y]).to(a.dtype).unsqueeze(0).expand(n, -1, -1, -1)
        at = start
        steps = torch.arange(-4, 5, device=a.device).to(a.dtype)
        for _ in range(self.iterations):
            looks = []
            for i in range(4):
                place = at.permute(0, 2, 3, 1).reshape(n * h * w, 2) / 2**i
                px = place[:, 0].view(-1, 1, 1) + steps.view(1, 9, 1)  # rows add to x: its channels are so ordered
                py = place[:, 1].view(-1, 1, 1) + steps.view(1, 1, 9)
                px, py = px.expand(-1, 9, 9), py.expand(-1, 9, 9)
                looks.append(sampled(pyramid[i], px, py).view(n, h, w, 81))
            corr = torch.cat(looks, 3).permute(0, 3, 1, 2)
            flow = at - start
            state = self.update_block.gru(state, torch.cat([seen, self.update_block.encoder(flow, corr)], 1))
            at = at + self.update_block.flow_head(state)
        mask = torch.softmax((0.25 * self.update_block.mask(state)).view(n, 1, 9, 8, 8, h, w), 2)
        fine = F.unfold(8 * (at - start), [3, 3], padding=1).view(n, 2, 9, 1, 1, h, w)
        return (mask * fine).sum(2).permute(0, 1, 4, 2, 5, 3).reshape(n, 2, 8 * h, 8 * w)
