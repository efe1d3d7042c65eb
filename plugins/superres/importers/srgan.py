"""SRGAN in two well-known reimplementations: leftthomas's and Lornatang's.

Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network", CVPR 2017.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from importing import Checkpoint, Network, System, Table, fill, highest


class LeftthomasResidual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(64, 64, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(64)
        self.prelu = nn.PReLU()
        self.conv2 = nn.Conv2d(64, 64, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(64)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.bn2(self.conv2(self.prelu(self.bn1(self.conv1(x)))))


class LeftthomasUpsample(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(64, 256, 3, padding=1)
        self.prelu = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.prelu(F.pixel_shuffle(self.conv(x), 2))


class Leftthomas(nn.Module):
    """Five residual blocks; ends in (tanh + 1) / 2."""

    def __init__(self, doublings: int):
        super().__init__()
        self.block1 = nn.Sequential(nn.Conv2d(3, 64, 9, padding=4), nn.PReLU())
        self.block2 = LeftthomasResidual()
        self.block3 = LeftthomasResidual()
        self.block4 = LeftthomasResidual()
        self.block5 = LeftthomasResidual()
        self.block6 = LeftthomasResidual()
        self.block7 = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1), nn.BatchNorm2d(64))
        self.block8 = nn.Sequential(*(LeftthomasUpsample() for _ in range(doublings)), nn.Conv2d(64, 3, 9, padding=4))

    def forward(self, picture: Tensor) -> Tensor:
        first = self.block1(picture)
        x = self.block6(self.block5(self.block4(self.block3(self.block2(first)))))
        return (torch.tanh(self.block8(first + self.block7(x))) + 1) / 2


class LornatangResidual(nn.Module):
    def __init__(self):
        super().__init__()
        self.rcb = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.PReLU(),
                                 nn.Conv2d(64, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.rcb(x)


class LornatangUpsample(nn.Module):
    def __init__(self):
        super().__init__()
        self.upsample_block = nn.Sequential(nn.Conv2d(64, 256, 3, padding=1), nn.PixelShuffle(2), nn.PReLU())

    def forward(self, x: Tensor) -> Tensor:
        return self.upsample_block(x)


class Lornatang(nn.Module):
    """SRResNet as in the paper: 16 residual blocks; clamped to [0, 1]."""

    def __init__(self, blocks: int, doublings: int):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(3, 64, 9, padding=4), nn.PReLU())
        self.trunk = nn.Sequential(*(LornatangResidual() for _ in range(blocks)))
        self.conv2 = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64))
        self.upsampling = nn.Sequential(*(LornatangUpsample() for _ in range(doublings)))
        self.conv3 = nn.Conv2d(64, 3, 9, padding=4)

    def forward(self, picture: Tensor) -> Tensor:
        first = self.conv1(picture)
        return self.conv3(self.upsampling(first + self.conv2(self.trunk(first)))).clamp(0.0, 1.0)


def network(module: nn.Module, doublings: int, convolutions: int) -> Network:
    # 9 x 9 convolutions at the ends (the last at the result's size), 3 x 3 ones between, those after a doubling halved.
    radius = 4 + convolutions + doublings + 2
    examples = [(torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h)),) for h, w in ((24, 32), (19, 27))]
    return Network(module, examples, ["picture"], ["picture"], scale=2**doublings, receptive_field=radius)


def find_leftthomas(checkpoint: Checkpoint) -> dict[str, Table] | None:
    table = checkpoint.table("block1.0.weight", "block2.conv1.weight", "block8.0.conv.weight")
    return {"generator": table} if table else None


def build_leftthomas(tables: dict[str, Table], _: dict) -> Network:
    table = tables["generator"]
    doublings = highest(table, r"block8\.(\d+)\.")
    return network(fill(Leftthomas(doublings), table), doublings, 11)


def find_lornatang(checkpoint: Checkpoint) -> dict[str, Table] | None:
    table = checkpoint.table("conv1.0.weight", "trunk.0.rcb.0.weight", "upsampling.0.upsample_block.0.weight")
    return {"generator": table} if table else None


def build_lornatang(tables: dict[str, Table], _: dict) -> Network:
    table = tables["generator"]
    blocks, doublings = 1 + highest(table, r"trunk\.(\d+)\."), 1 + highest(table, r"upsampling\.(\d+)\.")
    return network(fill(Lornatang(blocks, doublings), table), doublings, 2 * blocks + 1)


PAPER = ("Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network (CVPR 2017), "
         "arXiv:1609.04802")
SYSTEMS = [
    System("srgan", "superres", "SRGAN by leftthomas", "Christian Ledig et al.; implementation and weights: Hao Ren",
           "not stated by its authors", PAPER, "https://github.com/leftthomas/SRGAN", "netG_epoch_4_100.pth",
           find_leftthomas, build_leftthomas),
    System("srgan-lornatang", "superres", "SRGAN and SRResNet by Lornatang",
           "Christian Ledig et al.; implementation and weights: Changyu Liu", "Apache-2.0", PAPER,
           "https://github.com/Lornatang/SRGAN-PyTorch", "SRGAN_x4-ImageNet.pth.tar, SRResNet_x4-ImageNet.pth.tar",
           find_lornatang, build_lornatang),
]
