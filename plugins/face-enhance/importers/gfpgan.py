"""GFPGAN 1.3 and 1.4: a U-Net that finds what a face generator has to make, and steers it through its features.

Wang, Li, Zhang, Shan, "Towards Real-World Blind Face Restoration with Generative Facial Prior", CVPR 2021, in its "clean"
architecture (StyleGAN2: Karras et al. 2020, without custom operators).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from importing import Checkpoint, Network, System, Table, fill, highest


def lrelu(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


def resized(x: Tensor, factor: float) -> Tensor:
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


class Step(nn.Module):
    """A residual block that halves or doubles the size."""

    def __init__(self, inputs: int, outputs: int, factor: float):
        super().__init__()
        self.factor = factor
        self.conv1 = nn.Conv2d(inputs, inputs, 3, padding=1)
        self.conv2 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        inside = lrelu(self.conv2(resized(lrelu(self.conv1(x)), self.factor)))
        return inside + self.skip(resized(x, self.factor))


class Modulated(nn.Module):
    """A convolution whose weights a style scales, and whose result is brought back to unit variance (demodulation)."""

    def __init__(self, shape: torch.Size, style: int, demodulate: bool, double: bool):
        super().__init__()
        self.demodulate, self.double = demodulate, double
        self.modulation = nn.Linear(style, shape[2])
        self.weight = nn.Parameter(torch.zeros(shape))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        n = x.shape[0]
        weight = self.weight * self.modulation(style).view(n, 1, -1, 1, 1)
        if self.demodulate:
            weight = weight * torch.rsqrt(weight.square().sum([2, 3, 4], keepdim=True) + 1e-8)
        if self.double:
            x = resized(x, 2.0)
        h, w = x.shape[2], x.shape[3]
        size = weight.shape[3]
        x = F.conv2d(x.reshape(1, -1, h, w), weight.flatten(0, 1), padding=size // 2, groups=n)
        return x.view(n, -1, h, w)


class StyleConv(nn.Module):
    def __init__(self, shape: torch.Size, style: int, double: bool):
        super().__init__()
        self.modulated_conv = Modulated(shape, style, True, double)
        self.weight = nn.Parameter(torch.zeros(1))  # of the noise
        self.bias = nn.Parameter(torch.zeros(1, shape[1], 1, 1))

    def forward(self, x: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        return lrelu(self.modulated_conv(x, style) * math.sqrt(2.0) + self.weight * noise + self.bias)


class ToRGB(nn.Module):
    def __init__(self, shape: torch.Size, style: int):
        super().__init__()
        self.modulated_conv = Modulated(shape, style, False, False)
        self.bias = nn.Parameter(torch.zeros(1, 3, 1, 1))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        return self.modulated_conv(x, style) + self.bias


class Constant(nn.Module):
    def __init__(self, shape: torch.Size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))


class Level(nn.Module):
    """What the generator does at one size: two style convolutions with the condition between, and its share of the picture."""

    def __init__(self, first: StyleConv, second: StyleConv, rgb: ToRGB, noise1: Tensor, noise2: Tensor):
        super().__init__()
        self.first, self.second, self.rgb = first, second, rgb
        self.register_buffer("noise1", noise1)
        self.register_buffer("noise2", noise2)

    def forward(self, x: Tensor, picture: Tensor, a: Tensor, b: Tensor, c: Tensor, scale: Tensor,
                shift: Tensor) -> tuple[Tensor, Tensor]:
        x = self.first(x, a, self.noise1)
        same, steered = x.chunk(2, 1)
        x = self.second(torch.cat([same, steered * scale + shift], 1), b, self.noise2)
        return x, self.rgb(x, c) + resized(picture, 2.0)


class Unit(nn.Module):
    """The U-Net's way up at one size, with its two conditions."""

    def __init__(self, up: Step, scale: nn.Module, shift: nn.Module):
        super().__init__()
        self.up, self.scale, self.shift = up, scale, shift

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = self.up(x)
        return x, self.scale(x), self.shift(x)


class Gfpgan(nn.Module):
    """crop N x 3 x 512 x 512 in [0, 1], aligned by the FFHQ template, to the same."""

    def __init__(self, table: Table):
        super().__init__()
        style, own = table["stylegan_decoder.style_conv1.modulated_conv.modulation.weight"].shape[1], "stylegan_decoder."

        def conv(name: str, **how) -> nn.Conv2d:
            outputs, inputs, size, _ = table[name + ".weight"].shape
            return filled(nn.Conv2d(inputs, outputs, size, padding=size // 2, **how), name)

        def filled(module: nn.Module, name: str) -> nn.Module:
            return fill(module, {k[len(name) + 1:]: v for k, v in table.items() if k.startswith(name + ".")})

        def step(name: str, factor: float) -> nn.Module:
            outputs, inputs = table[name + ".skip.weight"].shape[:2]
            return filled(Step(inputs, outputs, factor), name)

        def style_conv(name: str, double: bool) -> nn.Module:
            return filled(StyleConv(table[name + ".modulated_conv.weight"].shape, style, double), name)

        def rgb(name: str) -> nn.Module:
            return filled(ToRGB(table[name + ".modulated_conv.weight"].shape, style), name)

        def condition(name: str) -> nn.Sequential:
            return nn.Sequential(conv(name + ".0"), nn.LeakyReLU(0.2), conv(name + ".2"))

        levels = 1 + highest(table, r"conv_body_down\.(\d+)\.")
        self.style = style
        self.first = conv("conv_body_first")
        self.down = nn.ModuleList(step(f"conv_body_down.{i}", 0.5) for i in range(levels))
        self.middle = conv("final_conv")
        self.codes = filled(nn.Linear(*table["final_linear.weight"].shape[::-1]), "final_linear")
        self.up = nn.ModuleList(Unit(step(f"conv_body_up.{i}", 2.0), condition(f"condition_scale.{i}"),
                                     condition(f"condition_shift.{i}")) for i in range(levels))
        self.start = filled(Constant(table[own + "constant_input.weight"].shape), own + "constant_input")
        self.register_buffer("noise", table[own + "noises.noise0"])
        self.style_conv = style_conv(own + "style_conv1", False)
        self.to_rgb = rgb(own + "to_rgb1")
        self.generator = nn.ModuleList(
            Level(style_conv(f"{own}style_convs.{2 * i}", True), style_conv(f"{own}style_convs.{2 * i + 1}", False),
                  rgb(f"{own}to_rgbs.{i}"), table[f"{own}noises.noise{2 * i + 1}"], table[f"{own}noises.noise{2 * i + 2}"])
            for i in range(levels))

    def forward(self, crop: Tensor) -> Tensor:
        x = lrelu(self.first(crop * 2 - 1))
        skips: list[Tensor] = []
        for block in self.down:
            x = block(x)
            skips.append(x)
        x = lrelu(self.middle(x))
        codes = self.codes(x.flatten(1)).view(x.shape[0], -1, self.style)
        scales: list[Tensor] = []
        shifts: list[Tensor] = []
        for unit in self.up:
            x, scale, shift = unit(x + skips.pop())
            scales.append(scale)
            shifts.append(shift)
        x = self.style_conv(self.start.weight.expand(crop.shape[0], -1, -1, -1), codes[:, 0], self.noise)
        picture = self.to_rgb(x, codes[:, 1])
        i = 0
        for level in self.generator:
            x, picture = level(x, picture, codes[:, 2 * i + 1], codes[:, 2 * i + 2], codes[:, 2 * i + 3], scales[i], shifts[i])
            i += 1
        return (picture + 1) / 2


# toRGB (pictures of the U-Net's own) and style_mlp (from a random vector to a style) are not used at inference.
PARTS = ("conv_body_first.", "conv_body_down.", "final_conv.", "final_linear.", "conv_body_up.", "condition_", "toRGB.",
         "stylegan_decoder.")


def find(checkpoint: Checkpoint) -> dict[str, Table] | None:
    table = checkpoint.table("conv_body_first.weight", "condition_scale.0.0.weight",
                             "stylegan_decoder.style_conv1.modulated_conv.weight")
    return {"generator": table} if table else None


def build(tables: dict[str, Table], _: dict) -> Network:
    table = tables["generator"]
    fill(nn.Identity(), {k: v for k, v in table.items() if not k.startswith(PARTS)})  # nothing may be left over
    net = Gfpgan(table).eval()
    side = 4 << len(net.down)
    example = (torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(1)),)
    return Network(net, [example], ["crop"], ["crop"], more={"render_size": side, "template": "ffhq"})


SYSTEMS = [
    System("gfpgan", "face-enhance", "GFPGAN 1.3 and 1.4", "Xintao Wang, Yu Li, Honglun Zhang, Ying Shan",
           "Apache-2.0 (code); parts of its training stand under non-commercial terms (StyleGAN2, FFHQ: CC BY-NC-SA 4.0)",
           "Towards Real-World Blind Face Restoration with Generative Facial Prior (CVPR 2021), arXiv:2101.04061",
           "https://github.com/TencentARC/GFPGAN", "GFPGANv1.3.pth, GFPGANv1.4.pth", find, build),
]
