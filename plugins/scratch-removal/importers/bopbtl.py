"""Bringing Old Photos Back to Life: a detector of scratches, and restoration in the latent space of two autoencoders.

Wan et al., "Bringing Old Photos Back to Life", CVPR 2020 (a U-Net finds scratches; photographs old and clean are encoded by
one VAE each, and a network maps the one's codes to the other's; where there are scratches, partial non-local attention
fills them from elsewhere in the picture).

Detection goes to scratch-removal, which asks it for the mask; restoration with a mask too. Restoration without scratches
changes the whole picture, as a denoiser does, and so is a model for denoise.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from importing import Checkpoint, Network, System, Table, fill, highest


class Blur(nn.Module):
    """Halves the size after a fixed low pass (Zhang, "Making Convolutional Networks Shift-Invariant Again", 2019)."""

    def __init__(self, width: int):
        super().__init__()
        self.width = width
        self.register_buffer("filt", torch.zeros(width, 1, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(F.pad(x, [1, 1, 1, 1], "reflect"), self.filt, stride=2, groups=self.width)


def reflected(inputs: int, outputs: int, norm: bool = True, activation: bool = True) -> list[nn.Module]:
    layers: list[nn.Module] = [nn.ReflectionPad2d(1), nn.Conv2d(inputs, outputs, 3)]
    return layers + [nn.BatchNorm2d(outputs)] * norm + [nn.LeakyReLU(0.2)] * activation


class Twice(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.block = nn.Sequential(*reflected(inputs, outputs), *reflected(outputs, outputs))

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x)


class Up(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.up = nn.Sequential(nn.Upsample(scale_factor=2.0, mode="bilinear", align_corners=False),
                                *reflected(inputs, outputs, False, False))
        self.conv_block = Twice(inputs, outputs)

    def forward(self, x: Tensor, bridge: Tensor) -> Tensor:
        return self.conv_block(torch.cat([self.up(x), bridge], 1))


class Detector(nn.Module):
    """window N x 1 x 1 x H x W, gray in [0, 1], to the probability of a scratch, N x 1 x H x W."""

    def __init__(self, width: int, depth: int):
        super().__init__()
        self.first = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(1, width, 7), nn.LeakyReLU(0.2))
        widths = [width * 2**i for i in range(depth)]
        self.down_sample = nn.ModuleList(nn.Sequential(*reflected(w, w), Blur(w)) for w in widths[:-1])
        self.down_path = nn.ModuleList(Twice(a, b) for a, b in zip(widths[:-1], widths[1:], strict=True))
        self.up_path = nn.ModuleList(Up(b, a) for a, b in list(zip(widths[:-1], widths[1:], strict=True))[::-1])
        self.last = nn.Sequential(*reflected(width, 1, False, False))

    def forward(self, window: Tensor) -> Tensor:
        x = self.first(window[:, 0] * 2 - 1)
        bridges: list[Tensor] = []
        for smaller, block in zip(self.down_sample, self.down_path):
            bridges.append(x)
            x = block(smaller(x))
        for up in self.up_path:
            x = up(x, bridges.pop())
        return torch.sigmoid(self.last(x))


class Residual(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.conv_block = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width), nn.ReLU(),
                                        nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


def normed(layer: nn.Module, width: int) -> list[nn.Module]:
    return [layer, nn.InstanceNorm2d(width), nn.ReLU()]


def encoder(width: int) -> nn.Sequential:
    return nn.Sequential(nn.ReflectionPad2d(3), *normed(nn.Conv2d(3, width, 7), width),
                         *normed(nn.Conv2d(width, width, 4, 2, 1), width), *normed(nn.Conv2d(width, width, 4, 2, 1), width),
                         *(Residual(width) for _ in range(4)))


def decoder(width: int) -> nn.Sequential:
    return nn.Sequential(*(Residual(width) for _ in range(4)), *normed(nn.ConvTranspose2d(width, width, 4, 2, 1), width),
                         *normed(nn.ConvTranspose2d(width, width, 4, 2, 1), width), nn.ReflectionPad2d(3),
                         nn.Conv2d(width, 3, 7), nn.Tanh())


def chain(widths: list[int]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for a, b in zip(widths[:-1], widths[1:], strict=True):
        layers += normed(nn.Conv2d(a, b, 3, padding=1), b)
    return layers


WIDTHS = [64, 128, 256, 512, 512]


def mapping(blocks: int) -> nn.Sequential:
    return nn.Sequential(*chain(WIDTHS), *back(blocks))


def back(blocks: int) -> list[nn.Module]:
    return [*(Residual(512) for _ in range(blocks)), *chain(WIDTHS[:0:-1]), nn.Conv2d(128, 64, 3, padding=1)]


class NonLocal(nn.Module):
    """Places under the mask become a mean of those outside, weighted by likeness."""

    def __init__(self, width: int, blocks: int):
        super().__init__()
        self.g = nn.Conv2d(width, width, 1)
        self.W = nn.Conv2d(width, width, 1)
        self.theta = nn.Conv2d(width, width, 1)
        self.phi = nn.Conv2d(width, width, 1)
        self.res_block = nn.Sequential(*(Residual(width) for _ in range(blocks)))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        size = [x.shape[2], x.shape[3]]
        clean = (F.interpolate(mask, size, mode="bilinear", align_corners=False) <= 0).to(x.dtype)
        clean = clean * F.interpolate(1 - mask, size, mode="nearest")
        likeness = torch.softmax(self.theta(x).flatten(2).transpose(1, 2) @ self.phi(x).flatten(2), 2)
        likeness = F.normalize(likeness * clean.flatten(2), p=1.0, dim=2)
        filled = (likeness @ self.g(x).flatten(2).transpose(1, 2)).transpose(1, 2).reshape(x.shape)
        return clean * x + (1 - clean) * self.res_block(self.W(filled))


class Quality(nn.Module):
    """window N x 1 x 3 x H x W in [0, 1] to picture N x 3 x H x W."""

    def __init__(self, blocks: int):
        super().__init__()
        self.encoder = encoder(64)
        self.mapping = mapping(blocks)
        self.decoder = decoder(64)

    def forward(self, window: Tensor) -> Tensor:
        return (self.decoder(self.mapping(self.encoder(window[:, 0] * 2 - 1))) + 1) / 2


class Scratch(nn.Module):
    """window N x 1 x 3 x H x W in [0, 1] and mask N x 1 x H x W (1 is damage) to picture N x 3 x H x W."""

    def __init__(self, blocks: int, inner: int):
        super().__init__()
        self.encoder = encoder(64)
        self.before_NL = nn.Sequential(*chain(WIDTHS))
        self.NL = NonLocal(512, inner)
        self.after_NL = nn.Sequential(*back(blocks))
        self.decoder = decoder(64)

    def forward(self, window: Tensor, mask: Tensor) -> Tensor:
        x = window[:, 0] * 2 - 1
        x = self.encoder(x * (1 - mask) + mask)  # white where the damage is
        return (self.decoder(self.after_NL(self.NL(self.before_NL(x), mask))) + 1) / 2


def part(table: Table, prefix: str) -> Table:
    """The entries below `prefix`, which it loses."""
    return {k[len(prefix):]: v for k, v in table.items() if k.startswith(prefix)}


def find_detector(checkpoint: Checkpoint) -> dict[str, Table] | None:
    table = checkpoint.table("first.1.weight", "down_sample.0.4.filt", "up_path.0.conv_block.block.1.weight")
    return {"detector": table} if table else None


def build_detector(tables: dict[str, Table], _: dict) -> Network:
    table = tables["detector"]
    depth = 2 + highest(table, r"down_path\.(\d+)\.")
    net = fill(Detector(table["first.1.weight"].shape[0], depth), table)
    steps = [2**i for i in range(depth)]
    # Down: a convolution and the blur, then two convolutions at half the size; up: the enlargement, three convolutions.
    radius = 4 + sum(2 * s for s in steps[:-1]) + sum(2 * s for s in steps[1:]) + sum(2 * s + 3 * s for s in steps[:-1])
    multiple = steps[-1]
    examples = [(torch.rand(1, 1, 1, h, w, generator=torch.Generator().manual_seed(h)),) for h, w in ((96, 128), (48, 80))]
    return Network(net, examples, ["window"], ["mask"], channels=1, size_multiple=multiple, padding="reflect",
                   receptive_field=-(-radius // multiple) * multiple, more={"threshold": 0.4})


def find_restorer(mapping_key: str, kind: str):
    def look(checkpoint: Checkpoint) -> dict[str, Table] | None:
        own = ("encoder.1.weight", "decoder.11.weight")
        tables = {"A": checkpoint.table(*own, path="VAE_A"),
                  "B": checkpoint.table(*own, path=f"VAE_B_{kind}") or checkpoint.table(*own, path="VAE_B"),
                  "mapping": checkpoint.table(mapping_key, without=("encoder.1.weight",))}
        return tables if all(tables.values()) else None

    return look


def fill_restorer(net: nn.Module, tables: dict[str, Table]) -> None:
    fill(net.encoder, part(tables["A"], "encoder."))
    fill(net.decoder, part(tables["B"], "decoder."))


def build_quality(tables: dict[str, Table], _: dict) -> Network:
    table = part(tables["mapping"], "model.")
    net = Quality(1 + max(int(k.split(".")[0]) for k in table if ".conv_block." in k) - 12)
    fill_restorer(net, tables)
    fill(net.mapping, table)
    examples = [(torch.rand(1, 1, 3, h, w, generator=torch.Generator().manual_seed(h)),) for h, w in ((64, 96), (44, 52))]
    return Network(net.eval(), examples, ["window"], ["picture"], size_multiple=4, padding="reflect")


def build_scratch(tables: dict[str, Table], _: dict) -> Network:
    table = tables["mapping"]
    blocks = 1 + max(int(k.split(".")[1]) for k in table if k.startswith("after_NL.") and ".conv_block." in k)
    net = Scratch(blocks, 1 + highest(table, r"NL\.res_block\.(\d+)\."))
    fill_restorer(net, tables)
    for name in ("before_NL", "NL", "after_NL"):
        fill(getattr(net, name), part(table, name + "."))
    examples = []
    for h, w in ((64, 96), (44, 52)):
        generator = torch.Generator().manual_seed(h)
        mask = F.max_pool2d((torch.rand(1, 1, h, w, generator=generator) > 0.99).float(), 5, 1, 2)
        examples.append((torch.rand(1, 1, 3, h, w, generator=generator), mask))
    return Network(net.eval(), examples, ["window", "mask"], ["picture"], size_multiple=4, padding="reflect")


AUTHORS = "Ziyu Wan, Bo Zhang, Dongdong Chen, Pan Zhang, Dong Chen, Jing Liao, Fang Wen"
PAPER = "Bringing Old Photos Back to Life (CVPR 2020), arXiv:2004.09484"
SOURCE = "https://github.com/microsoft/Bringing-Old-Photos-Back-to-Life"
SYSTEMS = [
    System("bopbtl-detection", "scratch-removal", "Bringing Old Photos Back to Life, scratch detection", AUTHORS, "MIT", PAPER,
           SOURCE, "detection/FT_Epoch_latest.pt", find_detector, build_detector),
    System("bopbtl-quality", "denoise", "Bringing Old Photos Back to Life, without scratches", AUTHORS, "MIT", PAPER, SOURCE,
           "restoration/{VAE_A_quality,VAE_B_quality,mapping_quality}", find_restorer("model.0.weight", "quality"),
           build_quality),
    System("bopbtl-scratch", "scratch-removal", "Bringing Old Photos Back to Life, with scratches", AUTHORS, "MIT", PAPER,
           SOURCE, "restoration/{VAE_A_quality,VAE_B_scratch,mapping_scratch}", find_restorer("NL.g.weight", "scratch"),
           build_scratch),
]
