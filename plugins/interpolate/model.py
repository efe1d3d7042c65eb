"""A picture between two pictures, from their optical flow.

The flows from time t to both sides are first combined from the given ones (Super SloMo: Jiang et
al. 2018); a small U-Net at half resolution corrects them, as intermediate-flow networks do
(RIFE: Huang et al. 2022), and says how far to trust each of four guesses: either side warped,
either side as it stands (what a static place or a failed flow needs). A shallow network on the
blend adds what is left. All warping and blending is float32; the convolutions follow their
weights' precision.
"""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F

MULTIPLE = 16
FLOW_UNIT = 8.0  # pixels a unit of the network's flow features


def warp(picture: torch.Tensor, flow: torch.Tensor, mode: str = "bilinear") -> torch.Tensor:
    """picture at x + flow(x): N,C,H,W and N,2,H,W in pixels; the border continued.

    Bilinear, or bicubic (Keys 1981), which keeps what two frames that are each half a pixel off
    would lose: 0.8 dB on the validation clips.
    """
    h, w = picture.shape[2], picture.shape[3]
    y = torch.arange(h, device=flow.device, dtype=flow.dtype).view(1, h, 1)
    x = torch.arange(w, device=flow.device, dtype=flow.dtype).view(1, 1, w)
    grid = torch.stack(((flow[:, 0] + x) * (2.0 / max(w - 1, 1)) - 1.0,
                        (flow[:, 1] + y) * (2.0 / max(h - 1, 1)) - 1.0), 3)
    return F.grid_sample(picture, grid, mode=mode, padding_mode="border", align_corners=True)


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.LeakyReLU(0.1, inplace=True))


class Interpolate(nn.Module):
    """a, b N,3,H,W in [0, 1]; t N,1,1,1 in (0, 1); flow_ab, flow_ba N,2,H,W in pixels, with
    b(x + flow_ab(x)) = a(x), to picture N,3,H,W. H and W multiples of 16."""

    def __init__(self, width: int = 32):
        super().__init__()
        self.enter = nn.Sequential(conv(18 * 4, 2 * width), conv(2 * width, width))
        self.down1 = nn.Sequential(conv(width, 2 * width, 2), conv(2 * width, 2 * width))
        self.down2 = nn.Sequential(conv(2 * width, 3 * width, 2), conv(3 * width, 3 * width))
        self.down3 = nn.Sequential(conv(3 * width, 4 * width, 2), conv(4 * width, 4 * width),
                                   conv(4 * width, 3 * width))
        self.up2 = nn.Sequential(conv(6 * width, 3 * width), conv(3 * width, 2 * width))
        self.up1 = nn.Sequential(conv(4 * width, 2 * width), conv(2 * width, width))
        self.up0 = conv(2 * width, width)
        self.flows = nn.Conv2d(width, 4, 3, 1, 1)
        self.trust = nn.Conv2d(width, 4 * 4, 3, 1, 1)
        self.join = conv(width + 9 * 4, width)
        self.rest = nn.Sequential(conv(width, width), nn.Conv2d(width, 3 * 4, 3, 1, 1))
        for last in (self.flows, self.trust, self.rest[1]):
            nn.init.zeros_(last.bias)
            last.weight.data.mul_(0.02)

    def up(self, x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        return torch.cat((x, skip), 1)

    def forward(self, a: torch.Tensor, b: torch.Tensor, t: torch.Tensor, flow_ab: torch.Tensor,
                flow_ba: torch.Tensor) -> torch.Tensor:
        a, b, t = a.float(), b.float(), t.float()
        flow_ab, flow_ba = flow_ab.float(), flow_ba.float()
        kind = self.flows.weight.dtype
        flow_ta = t * t * flow_ba - t * (1.0 - t) * flow_ab
        flow_tb = (1.0 - t) * (1.0 - t) * flow_ab - t * (1.0 - t) * flow_ba
        wa, wb = warp(a, flow_ta), warp(b, flow_tb)

        plane = torch.zeros_like(a[:, :1]) + t
        seen = torch.cat((a, b, wa, wb, (wa - wb).abs().mean(1, keepdim=True),
                          flow_ta / 8.0, flow_tb / 8.0, plane), 1)
        x0 = self.enter(F.pixel_unshuffle(seen, 2).to(kind))
        x1 = self.down1(x0)
        x2 = self.down2(x1)
        x = self.up2(self.up(self.down3(x2), x2))
        x = self.up1(self.up(x, x1))
        x = self.up0(self.up(x, x0))

        change = F.interpolate(self.flows(x).float() * 8.0, scale_factor=2.0, mode="bilinear",
                               align_corners=False)
        wa = warp(a, flow_ta + change[:, :2], "bicubic")
        wb = warp(b, flow_tb + change[:, 2:], "bicubic")
        # Near a side that side's warp is the better guess; a far one and the still ones start low.
        near = torch.log(torch.cat((1.0 - t, t), 1).clamp(1e-3, 1.0))
        start = torch.cat((near, near - 3.0), 1)
        trust = torch.softmax(F.pixel_shuffle(self.trust(x), 2).float() + start, 1)
        blend = trust[:, 0:1] * wa + trust[:, 1:2] * wb + trust[:, 2:3] * a + trust[:, 3:4] * b

        seen = F.pixel_unshuffle(torch.cat((blend, wa, wb), 1), 2).to(kind)
        rest = self.rest(self.join(torch.cat((x, seen), 1)))
        return blend + F.pixel_shuffle(rest, 2).float()
