"""DeOldify: a U-Net on a ResNet, with self-attention and spectral normalization.

Antic, "DeOldify", 2018 to 2021, on fastai's DynamicUnet (after Ronneberger et al. 2015; SAGAN: Zhang et al. 2019). It sees a
square of 16 times the render factor and is blind to detail; its U and V go under the source's own Y.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from importing import Checkpoint, Network, Option, System, Table, fill, folded

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's


def conv_bn(inputs: int, outputs: int, size: int, stride: int = 1) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs)


class Basic(nn.Module):
    """ResNet-34's block (He et al. 2016)."""

    def __init__(self, inputs: int, width: int, stride: int):
        super().__init__()
        self.conv1, self.bn1 = conv_bn(inputs, width, 3, stride)
        self.conv2, self.bn2 = conv_bn(width, width, 3)
        self.downsample = nn.Sequential(*conv_bn(inputs, width, 1, stride)) if stride > 1 or inputs != width else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.downsample(x))


class Bottleneck(nn.Module):
    """ResNet-101's block, strided at its 3 x 3."""

    def __init__(self, inputs: int, width: int, stride: int):
        super().__init__()
        outputs = 4 * width
        self.conv1, self.bn1 = conv_bn(inputs, width, 1)
        self.conv2, self.bn2 = conv_bn(width, width, 3, stride)
        self.conv3, self.bn3 = conv_bn(width, outputs, 1)
        self.downsample = nn.Sequential(*conv_bn(inputs, outputs, 1, stride)) if stride > 1 or inputs != outputs else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        inside = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(inside)) + self.downsample(x))


class Attention(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.query = nn.Conv1d(width, width // 8, 1, bias=False)
        self.key = nn.Conv1d(width, width // 8, 1, bias=False)
        self.value = nn.Conv1d(width, width, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(2)
        share = torch.softmax(torch.bmm(self.query(flat).transpose(1, 2), self.key(flat)), 1)
        return (self.gamma * torch.bmm(self.value(flat), share) + flat).view(x.shape)


def layer(inputs: int, outputs: int, attention: bool = False) -> nn.Sequential:
    """Convolution, ReLU, then batch norm."""
    parts = [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.ReLU(), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*parts, *([Attention(outputs)] if attention else []))


class Shuffle(nn.Module):
    """Twice the size by pixel shuffle, blurred by 2 x 2 averages."""

    def __init__(self, inputs: int, outputs: int, last: bool = False):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(inputs, 4 * outputs, 1, bias=last))
        if not last:
            self.conv.append(nn.BatchNorm2d(4 * outputs))

    def forward(self, x: Tensor) -> Tensor:
        x = F.pixel_shuffle(F.relu(self.conv(x)), 2)
        return F.avg_pool2d(F.pad(x, [1, 0, 1, 0], "replicate"), 2, 1)


class DeepUp(nn.Module):
    def __init__(self, inputs: int, skip: int, outputs: int, attention: bool):
        super().__init__()
        self.shuf = Shuffle(inputs, inputs // 2)
        self.bn = nn.BatchNorm2d(skip)
        self.conv1 = layer(inputs // 2 + skip, outputs)
        self.conv2 = layer(outputs, outputs, attention)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.conv2(self.conv1(joined(self.shuf(x), self.bn(skip))))


class WideUp(nn.Module):
    def __init__(self, inputs: int, skip: int, outputs: int, attention: bool):
        super().__init__()
        self.shuf = Shuffle(inputs, outputs)
        self.bn = nn.BatchNorm2d(skip)
        self.conv = layer(outputs + skip, outputs, attention)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.conv(joined(self.shuf(x), self.bn(skip)))


def joined(x: Tensor, skip: Tensor) -> Tensor:
    if x.shape[2:] != skip.shape[2:]:
        x = F.interpolate(x, [skip.shape[2], skip.shape[3]], mode="nearest")
    return F.relu(torch.cat([x, skip], 1))


class Residual(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.layers = nn.ModuleList(nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU()) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers[1](self.layers[0](x)) + x


class DeOldify(nn.Module):
    """gray N x 3 x S x S in [0, 1] to RGB alike. `ups` holds the four blocks' widths."""

    def __init__(self, deep: bool, counts: tuple[int, ...], ups: tuple[int, ...]):
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1), persistent=False)
        block, grow = (Basic, 1) if deep else (Bottleneck, 4)
        stages, width = [], 64
        for i, count in enumerate(counts):
            blocks = []
            for k in range(count):
                blocks.append(block(width, 64 * 2**i, 2 if i > 0 and k == 0 else 1))
                width = 64 * 2**i * grow
            stages.append(nn.Sequential(*blocks))
        encoder = nn.ModuleList([*conv_bn(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1), *stages])
        skips = [64 * 2**i * grow for i in (2, 1, 0)] + [64]
        layers: list[nn.Module] = [encoder, nn.BatchNorm2d(width), nn.ReLU(),
                                   nn.Sequential(layer(width, 2 * width), layer(2 * width, width))]
        for i, (skip, outputs) in enumerate(zip(skips, ups, strict=True)):
            layers.append((DeepUp if deep else WideUp)(width, skip, outputs, i == 1))
            width = outputs
        layers += [Shuffle(width, width, last=True), nn.Identity(), Residual(width + 3),
                   nn.Sequential(nn.Conv2d(width + 3, 3, 1))]
        self.layers = nn.ModuleList(layers)

    def forward(self, gray: Tensor) -> Tensor:
        picture = (gray - self.mean) / self.deviation
        encoder = self.layers[0]
        s0 = encoder[2](encoder[1](encoder[0](picture)))
        s1 = encoder[4](encoder[3](s0))
        s2 = encoder[5](s1)
        s3 = encoder[6](s2)
        x = self.layers[3](self.layers[2](self.layers[1](encoder[7](s3))))
        x = self.layers[7](self.layers[6](self.layers[5](self.layers[4](x, s3), s2), s1), s0)
        x = self.layers[8](x)
        if x.shape[2:] != picture.shape[2:]:
            x = F.interpolate(x, [picture.shape[2], picture.shape[3]], mode="nearest")
        x = self.layers[11](self.layers[10](torch.cat([x, picture], 1)))
        x = torch.sigmoid(x) * 6.0 - 3.0
        return (x * self.deviation + self.mean).clamp(0.0, 1.0)


def find(deep: bool):
    def look(checkpoint: Checkpoint) -> dict[str, Table] | None:
        own = "layers.4.conv1.0.weight_orig" if deep else "layers.4.conv.0.weight_orig"
        table = checkpoint.table("layers.0.0.weight", "layers.8.conv.0.weight_g", "layers.10.layers.0.0.weight_orig", own)
        return {"generator": table} if table else None

    return look


def build(deep: bool):
    def make(tables: dict[str, Table], options: dict) -> Network:
        table = folded(tables["generator"])
        counts = []
        for i in range(4, 8):
            blocks = {int(k.split(".")[3]) for k in table if k.startswith(f"layers.0.{i}.")}
            counts.append(max(blocks) + 1)
        last = "conv2.0" if deep else "conv.0"
        ups = tuple(table[f"layers.{i}.{last}.weight"].shape[0] for i in range(4, 8))
        net = fill(DeOldify(deep, tuple(counts), ups), table)
        examples = [(torch.rand(1, 1, s, s, generator=torch.Generator().manual_seed(s)).expand(-1, 3, -1, -1),) for s in (96, 80)]
        return Network(net, examples, ["grey"], ["picture"],
                       more={"render_size": 16 * options["render_factor"], "render_shape": "square", "grey": "luma",
                             "merge": "yuv"})

    return make


FACTOR = {"render_factor": Option(35, "side of the square that it sees, in units of 16 pixels; 7 to 45")}
COMMON = ("Jason Antic, Dana Kelley", "MIT", "DeOldify (no paper); fastai's DynamicUnet", "https://github.com/jantic/DeOldify")
SYSTEMS = [
    System("deoldify-artistic", "colorize", "DeOldify artistic", *COMMON, "ColorizeArtistic_gen.pth", find(True), build(True),
           FACTOR),
    System("deoldify-stable", "colorize", "DeOldify stable, and video", *COMMON,
           "ColorizeStable_gen.pth, ColorizeVideo_gen.pth", find(False), build(False), FACTOR),
]
