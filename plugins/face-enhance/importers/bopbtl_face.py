"""Bringing Old Photos Back to Life, faces: a generator whose every normalization is steered by the degraded face.

Wan et al., "Bringing Old Photos Back to Life", CVPR 2020, on SPADE (Park et al., "Semantic Image Synthesis with
Spatially-Adaptive Normalization", 2019), without a parsing map.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from importing import Checkpoint, ImportFailure, Network, Option, System, Table, fill, folded


def at_size(face: Tensor, height: int, width: int) -> Tensor:
    return F.interpolate(face, [height, width], mode="bilinear", align_corners=False)


class Spade(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.param_free_norm = nn.BatchNorm2d(width, affine=False)
        self.mlp_shared = nn.Sequential(nn.Conv2d(3, 128, 3, padding=1), nn.ReLU())
        self.mlp_gamma = nn.Conv2d(128, width, 3, padding=1)
        self.mlp_beta = nn.Conv2d(128, width, 3, padding=1)

    def forward(self, x: Tensor, face: Tensor) -> Tensor:
        seen = self.mlp_shared(at_size(face, x.shape[2], x.shape[3]))
        return self.param_free_norm(x) * (1 + self.mlp_gamma(seen)) + self.mlp_beta(seen)


class Direct(nn.Module):
    """No shortcut of its own: the block keeps its width."""

    def forward(self, x: Tensor, face: Tensor) -> Tensor:
        return x


class Shortcut(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.norm = Spade(inputs)
        self.conv = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor, face: Tensor) -> Tensor:
        return self.conv(self.norm(x, face))


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        middle = min(inputs, outputs)
        self.conv_0 = nn.Conv2d(inputs, middle, 3, padding=1)
        self.conv_1 = nn.Conv2d(middle, outputs, 3, padding=1)
        self.norm_0 = Spade(inputs)
        self.norm_1 = Spade(middle)
        self.shortcut = Shortcut(inputs, outputs) if inputs != outputs else Direct()

    def forward(self, x: Tensor, face: Tensor) -> Tensor:
        inside = self.conv_0(F.leaky_relu(self.norm_0(x, face), 0.2))
        inside = self.conv_1(F.leaky_relu(self.norm_1(inside, face), 0.2))
        return self.shortcut(x, face) + inside


class Generator(nn.Module):
    """crop N x 3 x S x S in [0, 1] to the same."""

    def __init__(self, width: int, size: int):
        super().__init__()
        self.start = size // 32
        self.fc = nn.Conv2d(3, 16 * width, 3, padding=1)
        self.head_0 = Block(16 * width, 16 * width)
        self.G_middle_0 = Block(16 * width, 16 * width)
        self.G_middle_1 = Block(16 * width, 16 * width)
        self.up_0 = Block(16 * width, 8 * width)
        self.up_1 = Block(8 * width, 4 * width)
        self.up_2 = Block(4 * width, 2 * width)
        self.up_3 = Block(2 * width, width)
        self.conv_img = nn.Conv2d(width, 3, 3, padding=1)

    def larger(self, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2.0, mode="nearest")

    def forward(self, crop: Tensor) -> Tensor:
        face = crop * 2 - 1
        x = self.head_0(self.fc(at_size(face, self.start, self.start)), face)
        x = self.G_middle_1(self.G_middle_0(self.larger(x), face), face)
        x = self.up_0(self.larger(x), face)
        x = self.up_1(self.larger(x), face)
        x = self.up_2(self.larger(x), face)
        x = self.up_3(self.larger(x), face)
        return (torch.tanh(self.conv_img(F.leaky_relu(x, 0.2))) + 1) / 2


def find(checkpoint: Checkpoint) -> dict[str, Table] | None:
    table = checkpoint.table("fc.weight", "head_0.norm_0.mlp_gamma.weight", "up_0.conv_s.weight_orig", "conv_img.weight")
    return {"generator": table} if table else None


def build(tables: dict[str, Table], options: dict) -> Network:
    size = options["size"]
    if size not in (256, 512):
        raise ImportFailure(f"expected a size of 256 or 512, found {size}")
    table = {k.replace(".conv_s.", ".shortcut.conv.").replace(".norm_s.", ".shortcut.norm."): v
             for k, v in folded(tables["generator"]).items()}
    net = fill(Generator(table["conv_img.weight"].shape[1], size), table)
    example = (torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(1)),)
    return Network(net, [example], ["crop"], ["crop"],
                   more={"render_size": size, "template": "ffhq", "histogram": "match"})


SYSTEMS = [
    System("bopbtl-face", "face-enhance", "Bringing Old Photos Back to Life, faces",
           "Ziyu Wan, Bo Zhang, Dongdong Chen, Pan Zhang, Dong Chen, Jing Liao, Fang Wen", "MIT",
           "Bringing Old Photos Back to Life (CVPR 2020), arXiv:2004.09484",
           "https://github.com/microsoft/Bringing-Old-Photos-Back-to-Life",
           "Setting_9_epoch_100/latest_net_G.pth (256), FaceSR_512/latest_net_G.pth (--set size=512)", find, build,
           {"size": Option(256, "side of the crop that the file was trained for: 256 or 512")}),
]
