"""ESRGAN and Real-ESRGAN: residual-in-residual dense blocks.

Wang et al., "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks", ECCV workshops 2018;
Wang, Xie, Dong, Shan, "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data", ICCVW 2021.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from importing import Checkpoint, Network, System, Table, fill, highest

def lrelu(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


class DenseBlock(nn.Module):
    def __init__(self, width: int, growth: int):
        super().__init__()
        self.conv1 = nn.Conv2d(width, growth, 3, padding=1)
        self.conv2 = nn.Conv2d(width + growth, growth, 3, padding=1)
        self.conv3 = nn.Conv2d(width + 2 * growth, growth, 3, padding=1)
        self.conv4 = nn.Conv2d(width + 3 * growth, growth, 3, padding=1)
        self.conv5 = nn.Conv2d(width + 4 * growth, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        a = lrelu(self.conv1(x))
        b = lrelu(self.conv2(torch.cat([x, a], 1)))
        c = lrelu(self.conv3(torch.cat([x, a, b], 1)))
        d = lrelu(self.conv4(torch.cat([x, a, b, c], 1)))
        return x + 0.2 * self.conv5(torch.cat([x, a, b, c, d], 1))


class ResidualInResidual(nn.Module):
    def __init__(self, width: int, growth: int):
        super().__init__()
        self.rdb1 = DenseBlock(width, growth)
        self.rdb2 = DenseBlock(width, growth)
        self.rdb3 = DenseBlock(width, growth)

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.2 * self.rdb3(self.rdb2(self.rdb1(x)))


class RRDBNet(nn.Module):
    """`unshuffle` 2 brings the picture to half its size first, which makes a x4 network one of x2."""

    def __init__(self, width: int, growth: int, blocks: int, unshuffle: int):
        super().__init__()
        self.unshuffle = unshuffle
        self.conv_first = nn.Conv2d(3 * unshuffle * unshuffle, width, 3, padding=1)
        self.body = nn.Sequential(*(ResidualInResidual(width, growth) for _ in range(blocks)))
        self.conv_body = nn.Conv2d(width, width, 3, padding=1)
        self.conv_up1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv_up2 = nn.Conv2d(width, width, 3, padding=1)
        self.conv_hr = nn.Conv2d(width, width, 3, padding=1)
        self.conv_last = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, picture: Tensor) -> Tensor:
        x = F.pixel_unshuffle(picture, self.unshuffle) if self.unshuffle > 1 else picture
        x = self.conv_first(x)
        x = x + self.conv_body(self.body(x))
        x = lrelu(self.conv_up1(F.interpolate(x, scale_factor=2.0, mode="nearest")))
        x = lrelu(self.conv_up2(F.interpolate(x, scale_factor=2.0, mode="nearest")))
        return self.conv_last(lrelu(self.conv_hr(x)))


# ESRGAN's own file uses other names for the same layers.
OLD_NAMES = (("RRDB_trunk.", "body."), (".RDB", ".rdb"), ("trunk_conv.", "conv_body."), ("upconv", "conv_up"),
             ("HRconv.", "conv_hr."))


def renamed(table: Table) -> Table:
    result = {}
    for name, tensor in table.items():
        for old, new in OLD_NAMES:
            name = name.replace(old, new)
        result[name] = tensor
    return result


def find(old: bool, unshuffle: int):
    def look(checkpoint: Checkpoint) -> dict[str, Table] | None:
        first = "RRDB_trunk.0.RDB1.conv1.weight" if old else "body.0.rdb1.conv1.weight"
        table = checkpoint.table("conv_first.weight", first)
        return {"generator": table} if table and table["conv_first.weight"].shape[1] == 3 * unshuffle**2 else None

    return look


def build(tables: dict[str, Table], _: dict) -> Network:
    table = renamed(tables["generator"])
    width, inputs = table["conv_first.weight"].shape[:2]
    unshuffle = 2 if inputs == 12 else 1
    blocks = 1 + highest(table, r"body\.(\d+)\.")
    growth = table["body.0.rdb1.conv1.weight"].shape[0]
    net = fill(RRDBNet(width, growth, blocks, unshuffle), table)
    # 3 x 3 convolutions: one, 15 a block and one at the network's first size, then a half, a quarter each of the rest.
    radius = unshuffle * (2 + 15 * blocks + 2)
    examples = [(torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h)),)
                for h, w in ((24, 32), (26, 38) if unshuffle == 2 else (19, 27))]
    return Network(net, examples, ["picture"], ["picture"], scale=4 // unshuffle, size_multiple=unshuffle,
                   padding="reflect", receptive_field=radius)


SYSTEMS = [
    System("esrgan", "superres", "ESRGAN x4", "Xintao Wang et al.", "Apache-2.0",
           "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks (ECCV workshops 2018), arXiv:1809.00219",
           "https://github.com/xinntao/ESRGAN", "RRDB_ESRGAN_x4.pth", find(True, 1), build),
    System("realesrgan-x4plus", "superres", "Real-ESRGAN x4plus", "Xintao Wang, Liangbin Xie, Chao Dong, Ying Shan",
           "BSD-3-Clause",
           "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data (ICCVW 2021), arXiv:2107.10833",
           "https://github.com/xinntao/Real-ESRGAN",
           "RealESRGAN_x4plus.pth, RealESRNet_x4plus.pth, RealESRGAN_x4plus_anime_6B.pth", find(False, 1), build),
    System("realesrgan-x2plus", "superres", "Real-ESRGAN x2plus", "Xintao Wang, Liangbin Xie, Chao Dong, Ying Shan",
           "BSD-3-Clause",
           "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data (ICCVW 2021), arXiv:2107.10833",
           "https://github.com/xinntao/Real-ESRGAN", "RealESRGAN_x2plus.pth", find(False, 2), build),
]
