"""Finds and fills damage in a single picture: cracks, folds, tears, scratches, stains, missing corners.

Two small U-Nets (Ronneberger et al. 2015) at half resolution and below. The finder gives the
probability of damage. The filler gets the picture, the places to fill, and a guess that is
interpolated from around them (the pull-push pyramid of Gortler et al., The Lumigraph, 1996); it adds
what is missing to the guess. It sees what it is to replace: of a stain that lets the picture show
through, the picture stays.
"""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F


def convs(*widths: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in zip(widths[:-1], widths[1:], strict=True):
        layers += [nn.Conv2d(a, b, 3, padding=1), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def down(a: int, b: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(a, b, 3, stride=2, padding=1), nn.ReLU(inplace=True))


class UNet(nn.Module):
    """N,inputs,H,W to N,outputs,H,W; H and W multiples of 16."""

    def __init__(self, inputs: int, outputs: int, half: int, quarter: int, eighth: int, sixteenth: int):
        super().__init__()
        self.enter = convs(inputs * 4, half, half)
        self.down1 = down(half, quarter)
        self.first1 = convs(quarter, quarter, quarter)
        self.down2 = down(quarter, eighth)
        self.first2 = convs(eighth, eighth, eighth)
        self.down3 = down(eighth, sixteenth)
        self.bottom = convs(sixteenth, sixteenth, sixteenth, sixteenth)
        self.up3 = nn.Conv2d(sixteenth, eighth * 4, 1)
        self.then2 = convs(eighth, eighth, eighth)
        self.up2 = nn.Conv2d(eighth, quarter * 4, 1)
        self.then1 = convs(quarter, quarter, quarter)
        self.up1 = nn.Conv2d(quarter, half * 4, 1)
        self.leave = convs(half, half, half)
        self.tail = nn.Conv2d(half, outputs * 4, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x0 = self.enter(F.pixel_unshuffle(x, 2).to(self.tail.weight.dtype))
        x1 = self.first1(self.down1(x0))
        x2 = self.first2(self.down2(x1))
        x3 = self.bottom(self.down3(x2))
        x = self.then2(x2 + F.pixel_shuffle(self.up3(x3), 2))
        x = self.then1(x1 + F.pixel_shuffle(self.up2(x), 2))
        x = self.leave(x0 + F.pixel_shuffle(self.up1(x), 2))
        return F.pixel_shuffle(self.tail(x), 2).float()


RADIUS = 128  # the receptive field's radius in pixels of the picture, rounded up to whole 16s


class Finder(nn.Module):
    """window N,1,3,H,W in [0, 1] to the probability of damage N,1,H,W; H and W multiples of 16."""

    def __init__(self):
        super().__init__()
        self.body = UNet(6, 1, 32, 56, 96, 128)

    def logits(self, picture: torch.Tensor) -> torch.Tensor:
        """Of N,3,H,W."""
        picture = picture.float()
        wide = F.avg_pool2d(picture, 9, 1, 4, count_include_pad=False)
        return self.body(torch.cat([picture - 0.5, (picture - wide) * 4.0], 1))

    def forward(self, window: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.logits(window.squeeze(1)))


class Filler(nn.Module):
    """window N,1,3,H,W and mask N,1,H,W (1: to fill) to the picture N,3,H,W; H and W multiples of 32.

    Outside the mask the picture comes back as it was.
    """

    def __init__(self):
        super().__init__()
        self.body = UNet(7, 3, 40, 64, 96, 128)

    def guess(self, picture: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        """The unknown interpolated from the known around it."""
        values = [picture * known]
        weights = [known]
        for _ in range(5):
            values.append(F.avg_pool2d(values[-1], 2))
            weights.append(F.avg_pool2d(weights[-1], 2))
        whole = weights[5].mean((2, 3), keepdim=True)
        result = values[5].mean((2, 3), keepdim=True) / (whole + 1e-6)
        result = result.expand(values[5].shape)
        for i in range(5, -1, -1):
            if i < 5:
                result = F.interpolate(result, scale_factor=2.0, mode="bilinear", align_corners=False)
            believed = torch.clamp(weights[i] * 4.0, 0.0, 1.0)
            result = result + believed * (values[i] / (weights[i] + 1e-6) - result)
        return result

    def fill(self, picture: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """What stands under the mask, N,3,H,W, of picture N,3,H,W."""
        picture = picture.float()
        mask = mask.float()
        guess = self.guess(picture, 1.0 - mask)
        return guess + 0.5 * self.body(torch.cat([picture - 0.5, guess - 0.5, mask], 1))

    def forward(self, window: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        picture = window.squeeze(1).float()
        place = (mask > 0.5).float()
        return torch.where(place > 0.5, self.fill(picture, place), picture)


class Still(nn.Module):
    """Both, trained side by side."""

    def __init__(self):
        super().__init__()
        self.finder = Finder()
        self.filler = Filler()
