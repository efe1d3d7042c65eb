"""Denoises a color or gray frame from five neighbors and the noise level.

After FastDVDnet (Tassano, Delon, Veit 2020): frames are fused without explicit motion, the noise level is a map beside
them, a small U-Net (Ronneberger et al. 2015) does the rest, behind space-to-depth (FFDNet: Zhang, Zuo, Zhang 2018), which
makes it quick on a CPU. Noise need not pass through the network to be taken away: as in kernel prediction (Mildenhall et
al., "Burst Denoising with Kernel Prediction Networks", 2018) it says, pixel by pixel, how much of what the neighbors and
averages around the place show goes into the result; here of twelve fixed candidates instead of a free kernel. Color is
treated in an opponent space, since noise is told from color more easily there than from light (BM3D: Dabov et al. 2007).
"""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F

OPPONENT = [[3**-0.5, 3**-0.5, 3**-0.5], [2**-0.5, 0.0, -(2**-0.5)], [6**-0.5, -2 * 6**-0.5, 6**-0.5]]  # orthonormal
CANDIDATES = 12


def convs(*widths: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in zip(widths[:-1], widths[1:], strict=True):
        layers += [nn.Conv2d(a, b, 3, padding=1), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def box(x: torch.Tensor, step: int) -> torch.Tensor:
    """Mean over 3 x 3 places that lie `step` apart, N,C,H,W."""
    p = F.pad(x, [step, step, step, step], "replicate")
    h, w = x.shape[2], x.shape[3]
    rows = p[:, :, :h] + p[:, :, step:h + step] + p[:, :, 2 * step:]
    return (rows[..., :w] + rows[..., step:w + step] + rows[..., 2 * step:]) * (1.0 / 9.0)


class Denoise(nn.Module):
    """window N,5,3,H,W and sigma N,1,1,1 (deviation, in [0, 1] units) to picture N,3,H,W.

    H and W are multiples of 8. Candidates and correction fade with sigma, so that a clean film (sigma near 0) comes back as
    it was; the center frame is added in float32 in any precision.
    """

    def __init__(self, half: int = 64, quarter: int = 80, eighth: int = 96):
        super().__init__()
        self.candidates = CANDIDATES
        self.register_buffer("opponent", torch.tensor(OPPONENT), persistent=False)
        self.enter = convs((5 * 3 + 1) * 4, half, half, half)
        self.down1 = nn.Sequential(nn.Conv2d(half, quarter, 3, stride=2, padding=1), nn.ReLU(inplace=True))
        self.middle1 = convs(quarter, quarter, quarter)
        self.down2 = nn.Sequential(nn.Conv2d(quarter, eighth, 3, stride=2, padding=1), nn.ReLU(inplace=True))
        self.bottom = convs(eighth, eighth, eighth, eighth)
        self.up2 = nn.Conv2d(eighth, quarter * 4, 1)
        self.middle2 = convs(quarter, quarter, quarter)
        self.up1 = nn.Conv2d(quarter, half * 4, 1)
        self.leave = convs(half, half, half)
        self.tail = nn.Conv2d(half, 3 * 4, 3, padding=1)
        self.gates = nn.Conv2d(half, 2 * CANDIDATES * 4, 3, padding=1)

    def forward(self, window: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        n, h, w = window.shape[0], window.shape[3], window.shape[4]
        frames = torch.einsum("ij,ntjhw->ntihw", self.opponent, window.float())
        center = frames[:, 2]
        around = torch.cat([frames[:, 0:2], frames[:, 3:5]], 1) - center.unsqueeze(1)
        level = sigma.float().clamp(0.0, 0.25)
        gray = center - 0.5 * self.opponent.sum(1).view(1, 3, 1, 1)
        features = torch.cat([gray, around.reshape(n, 12, h, w) * 2.0, (level * 8.0).expand(n, 1, h, w)], 1)
        x = F.pixel_unshuffle(features, 2).to(self.tail.weight.dtype)
        x1 = self.enter(x)
        x2 = self.middle1(self.down1(x1))
        x3 = self.bottom(self.down2(x2))
        x = self.middle2(x2 + F.pixel_shuffle(self.up2(x3), 2))
        x = self.leave(x1 + F.pixel_shuffle(self.up1(x), 2))
        correction = F.pixel_shuffle(self.tail(x), 2).float() * (level * 4.0)
        gates = F.pixel_shuffle(self.gates(x), 2).float() * (level * 32.0).clamp(max=1.0)
        change = correction + self.chosen(frames, around, gates.view(n, 2, self.candidates, h, w))
        return window[:, 2].float() + torch.einsum("ji,njhw->nihw", self.opponent, change)

    def chosen(self, frames: torch.Tensor, around: torch.Tensor, gates: torch.Tensor) -> torch.Tensor:
        """Sum of what each candidate would change, by its gate: one for light, one for both of color."""
        n, h, w = frames.shape[0], frames.shape[3], frames.shape[4]
        center = frames[:, 2]
        mean = frames.mean(1)
        near = box(around.reshape(n, 12, h, w), 1).view(n, 4, 3, h, w)
        soft = box(center, 1)
        averaged = box(box(mean, 1), 2)
        far = torch.stack([soft - center, box(soft, 2) - center, averaged - center, box(averaged, 4) - center], 1)
        candidates = torch.cat([around, near + (soft - center).unsqueeze(1), far], 1)  # N,12,3,H,W
        light = (candidates[:, :, 0] * gates[:, 0]).sum(1, keepdim=True)
        color = (candidates[:, :, 1:] * gates[:, 1].unsqueeze(2)).sum(1)
        return torch.cat([light, color], 1)

    def radius(self) -> int:
        """Receptive field's radius in input pixels, with the alignment to 8."""
        return 68
