"""Color from lightness: a small residual U-Net on a reduced picture.

The encoder goes down to 1/32 so that the whole scene decides (what is sky, what is skin), the
decoder comes back to 1/2, which is finer than the eye's resolution for color; after Zhang et al.
2016 (color from L to ab, rare colors weighted up), with the U-Net of Ronneberger et al. 2015.
Batch normalization helps the training only: `fused` folds it into the convolutions.
"""

from __future__ import annotations

import copy

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

AB_SCALE = 40.0  # the network's unit in Lab's ab
CAUTION = 0.75  # of what the judge believes: films are stranger than what it learned from
MULTIPLE = 32


class Conv(nn.Module):
    """3x3 convolution, normalized while training, with or without a ReLU."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, kernel: int = 3, relu: bool = True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.relu = relu

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.norm(self.conv(x))
        return F.relu(x) if self.relu else x


class Block(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.one = Conv(width, width)
        self.two = Conv(width, width, relu=False)
        nn.init.zeros_(self.two.norm.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.two(self.one(x)))


class Scene(nn.Module):
    """Adds what the picture as a whole says to every place."""

    def __init__(self, width: int):
        super().__init__()
        self.mix = nn.Conv2d(width, width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.mix(F.relu(x.mean((2, 3), keepdim=True)))


class Colorize(nn.Module):
    """luma N,1,H,W = L/100 in [0, 1] to ab N,2,H,W in Lab units; H and W multiples of 32."""

    def __init__(self):
        super().__init__()
        self.stem = Conv(1, 32, stride=2)
        self.quarter = nn.Sequential(Conv(32, 64, stride=2), Block(64))
        self.eighth = nn.Sequential(Conv(64, 96, stride=2), Block(96), Block(96))
        self.sixteenth = nn.Sequential(Conv(96, 128, stride=2), *(Block(128) for _ in range(4)))
        self.lowest = nn.Sequential(Conv(128, 128, stride=2), *(Block(128) for _ in range(4)), Scene(128))
        self.up16 = nn.Sequential(Conv(256, 96, kernel=1), Conv(96, 96))
        self.up8 = Conv(192, 64)
        self.up4 = Conv(128, 48)
        self.up2 = Conv(80, 32)
        self.tail = nn.Conv2d(32, 2, 3, padding=1)
        self.tail.weight.data.mul_(0.1)
        nn.init.zeros_(self.tail.bias)

    def up(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        return torch.cat((x, skip), 1)

    def parts(self, luma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """ab at half the size, and what it was made from: maps at 1/2, 1/8 and 1/32."""
        x = luma.to(self.tail.weight.dtype) * 2.0 - 1.0
        x2 = self.stem(x)
        x4 = self.quarter(x2)
        x8 = self.eighth(x4)
        x16 = self.sixteenth(x8)
        x32 = self.lowest(x16)
        x = self.up16(self.up(x32, x16))
        at8 = self.up8(self.up(x, x8))
        x = self.up4(self.up(at8, x4))
        x = self.up2(self.up(x, x2))
        return self.tail(x).float() * 40.0, x, at8, x32

    def forward(self, luma: torch.Tensor) -> torch.Tensor:
        return F.interpolate(self.parts(luma)[0], scale_factor=2.0, mode="bilinear", align_corners=False)


def fused(network: nn.Module) -> nn.Module:
    """The same network with the normalization folded into the convolutions."""
    network = copy.deepcopy(network).eval()
    for module in network.modules():
        if isinstance(module, Conv):
            module.conv = fuse_conv_bn_eval(module.conv, module.norm)
            module.norm = nn.Identity()
    return network


@torch.no_grad()
def unfused(network: Colorize, weights: dict[str, torch.Tensor], luma: torch.Tensor) -> Colorize:
    """Takes over the weights of a fused network (a package's), with normalization that changes nothing on `luma`
    at first: where the training goes on, it does so from what the package gives. What the package lacks stays as it is."""
    fits = network.state_dict()
    network.load_state_dict({k: v for k, v in weights.items() if k in fits and v.shape == fits[k].shape}, strict=False)

    def steady(module: Conv, bias: torch.Tensor):
        def see(_, __, made):
            var, mean = torch.var_mean(made, (0, 2, 3), correction=0)
            module.norm.running_mean.copy_(mean)
            module.norm.running_var.copy_(var)
            module.norm.weight.copy_((var + module.norm.eps).sqrt())
            module.norm.bias.copy_(mean + bias)
        return module.conv.register_forward_hook(see)

    seen = [steady(module, weights[f"{name}.conv.bias"]) for name, module in network.named_modules()
            if isinstance(module, Conv) and f"{name}.conv.bias" in weights]
    network.eval()(luma)
    for hook in seen:
        hook.remove()
    return network


class Wide(nn.Module):
    """A residual block that looks `reach` pixels far."""

    def __init__(self, width: int, reach: int):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=reach, dilation=reach, padding_mode="replicate")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + F.relu(self.conv(x))


class Judge(nn.Module):
    """What a second look at the network's maps, at 1/8 of the size, makes of its colors.

    Gives a correction of ab, N,2,h,w, for material that the network was not made for, and how far the colors can be
    believed, N,1,h,w in [0, 1]: the part of them that is nearest to the truth on average.
    """

    def __init__(self, width: int = 64):
        super().__init__()
        self.far = nn.Conv2d(128, 48, 1)
        self.mix = nn.Conv2d(48 + 64 + 32 + 4 + 3, width, 1)
        self.blocks = nn.Sequential(Wide(width, 1), Wide(width, 2), Wide(width, 4), Wide(width, 1))
        self.correction = nn.Conv2d(width, 2, 1)
        self.sure = nn.Conv2d(width, 1, 1)
        nn.init.zeros_(self.correction.weight)
        nn.init.zeros_(self.correction.bias)
        nn.init.zeros_(self.sure.weight)
        nn.init.constant_(self.sure.bias, 0.8)  # 0.69

    def forward(self, facts: torch.Tensor, at2: torch.Tensor, at8: torch.Tensor,
                at32: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        kind = self.sure.weight.dtype
        far = F.interpolate(F.relu(self.far(at32.to(kind))), scale_factor=4.0, mode="bilinear", align_corners=False)
        x = torch.cat((far, at8.to(kind) * 2.0, at2.to(kind) * 8.0, facts.to(kind)), 1)  # all about as large
        x = self.blocks(F.relu(self.mix(x)))
        return self.correction(x).float() * 20.0, torch.sigmoid(self.sure(x).float())


def facts_of(luma: torch.Tensor, ab: torch.Tensor, mirrored: torch.Tensor) -> torch.Tensor:
    """N,7,h,w at 1/8 of the size: the mean of both views' colors, its chroma, how far they are apart, lightness, its
    deviation here and in the whole picture."""
    mean, apart = (ab + mirrored) / 80.0, ((ab - mirrored) / 40.0).square().sum(1, keepdim=True)
    colors = torch.cat((mean, (mean.square().sum(1, keepdim=True) + 1e-6).sqrt(), (apart + 1e-6).sqrt()), 1)
    light = luma.float()
    level, square = F.avg_pool2d(light, 8), F.avg_pool2d(light * light, 8)
    deviation = (square - level * level).clamp(min=0.0).add(1e-5).sqrt()
    contrast = (light - light.mean((2, 3), keepdim=True)).square().mean((2, 3), keepdim=True).sqrt().expand_as(level)
    return torch.cat((F.avg_pool2d(colors, 4), level - 0.5, deviation * 4.0, contrast * 4.0), 1)


def both(x: torch.Tensor) -> torch.Tensor:
    """The mean of maps of a picture and of those of its mirror image, which follow them in the batch."""
    straight, mirrored = x.chunk(2)
    return (straight + mirrored.flip(3)) / 2


class Judged(nn.Module):
    """luma N,1,H,W to ab N,2,H,W, the part of it that is to be believed, N,1,H,W: the rest fades to gray, and features
    N,64,H/8,W/8, which are alike where things are.

    The network sees the picture and its mirror image: it has no reason to tell them apart, so that their difference is
    its error. Their mean is nearer to the truth.
    """

    def __init__(self, network: Colorize, judge: Judge):
        super().__init__()
        self.network = network
        self.judge = judge
        self.caution = CAUTION

    def seen(self, luma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """ab at half the size, and what the judge looks at."""
        ab, at2, at8, at32 = self.network.parts(torch.cat((luma, luma.flip(3))))
        straight, mirrored = ab.chunk(2)
        facts = facts_of(luma, straight, mirrored.flip(3))
        return both(ab), facts, F.avg_pool2d(both(at2), 4), both(at8), both(at32)

    def forward(self, luma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        ab, facts, at2, at8, at32 = self.seen(luma)
        correction, sure = self.judge(facts, at2, at8, at32)
        ab = ab + F.interpolate(correction, scale_factor=4.0, mode="bilinear", align_corners=False)
        return (F.interpolate(ab, scale_factor=2.0, mode="bilinear", align_corners=False),
                F.interpolate(sure, scale_factor=8.0, mode="bilinear", align_corners=False) * self.caution, at8)
