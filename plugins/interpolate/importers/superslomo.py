"""Super SloMo: one U-Net finds both flows, a second corrects them for the time asked for and says what is seen.

Jiang et al., "Super SloMo: High Quality Estimation of Multiple Intermediate Frames for Video Interpolation", CVPR 2018, in
avinashpaliwal's implementation. Its program brings frames to the next smaller multiple of 32 and back; here they are padded
to the next larger one, so that no detail is resampled. Inside, both agree to the bit.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from importing import Checkpoint, Network, System, Table, fill


def lrelu(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.1)


class Down(nn.Module):
    def __init__(self, inputs: int, outputs: int, size: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, size, padding=size // 2)
        self.conv2 = nn.Conv2d(outputs, outputs, size, padding=size // 2)

    def forward(self, x: Tensor) -> Tensor:
        return lrelu(self.conv2(lrelu(self.conv1(F.avg_pool2d(x, 2)))))


class Up(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv2 = nn.Conv2d(2 * outputs, outputs, 3, padding=1)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = lrelu(self.conv1(F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)))
        return lrelu(self.conv2(torch.cat([x, skip], 1)))


class UNet(nn.Module):
    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, 32, 7, padding=3)
        self.conv2 = nn.Conv2d(32, 32, 7, padding=3)
        self.down1 = Down(32, 64, 5)
        self.down2 = Down(64, 128, 3)
        self.down3 = Down(128, 256, 3)
        self.down4 = Down(256, 512, 3)
        self.down5 = Down(512, 512, 3)
        self.up1 = Up(512, 512)
        self.up2 = Up(512, 256)
        self.up3 = Up(256, 128)
        self.up4 = Up(128, 64)
        self.up5 = Up(64, 32)
        self.conv3 = nn.Conv2d(32, outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        s1 = lrelu(self.conv2(lrelu(self.conv1(x))))
        s2 = self.down1(s1)
        s3 = self.down2(s2)
        s4 = self.down3(s3)
        s5 = self.down4(s4)
        x = self.up1(self.down5(s5), s5)
        x = self.up5(self.up4(self.up3(self.up2(x, s4), s3), s2), s1)
        return lrelu(self.conv3(x))


def warp(picture: Tensor, flow: Tensor) -> Tensor:
    """picture at x + flow; zeros outside. The grid divides by the size, not by the size less one: as it was trained."""
    h, w = picture.shape[2], picture.shape[3]
    y, x = torch.meshgrid(torch.arange(h, device=flow.device), torch.arange(w, device=flow.device), indexing="ij")
    grid = torch.stack([2 * ((x + flow[:, 0]) / w - 0.5), 2 * ((y + flow[:, 1]) / h - 0.5)], 3)
    return F.grid_sample(picture, grid, mode="bilinear", padding_mode="zeros", align_corners=True)


class SuperSloMo(nn.Module):
    def __init__(self):
        super().__init__()
        self.flow = UNet(6, 4)
        self.time = UNet(20, 5)
        self.register_buffer("mean", torch.tensor([0.429, 0.431, 0.397]).view(1, 3, 1, 1), persistent=False)

    def forward(self, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
        a, b = a - self.mean, b - self.mean
        flows = self.flow(torch.cat([a, b], 1))
        ab, ba = flows[:, :2], flows[:, 2:]
        ta = -t * (1 - t) * ab + t * t * ba
        tb = (1 - t) * (1 - t) * ab - t * (1 - t) * ba
        seen = torch.cat([a, b, ab, ba, tb, ta, warp(b, tb), warp(a, ta)], 1)
        more = self.time(seen)
        from_a, from_b = warp(a, more[:, :2] + ta), warp(b, more[:, 2:4] + tb)
        visible = torch.sigmoid(more[:, 4:5])
        share_a, share_b = (1 - t) * visible, t * (1 - visible)
        return (share_a * from_a + share_b * from_b) / (share_a + share_b) + self.mean


def find(checkpoint: Checkpoint) -> dict[str, Table] | None:
    names = ("conv1.weight", "down5.conv2.weight", "up5.conv2.weight", "conv3.weight")
    flow, time = checkpoint.table(*names, key="state_dictFC"), checkpoint.table(*names, key="state_dictAT")
    return {"flow": flow, "time": time} if flow and time else None


def build(tables: dict[str, Table], _: dict) -> Network:
    net = SuperSloMo()
    fill(net.flow, tables["flow"])
    fill(net.time, tables["time"])
    examples = [(torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h)),
                 torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h + 1)), torch.full((1, 1, 1, 1), t))
                for h, w, t in ((64, 96, 0.5), (96, 32, 0.25))]
    return Network(net.eval(), examples, ["a", "b", "t"], ["picture"], size_multiple=32)


SYSTEMS = [
    System("superslomo", "interpolate", "Super SloMo",
           "Huaizu Jiang et al.; implementation and weights: Avinash Paliwal", "MIT",
           "Super SloMo: High Quality Estimation of Multiple Intermediate Frames for Video Interpolation (CVPR 2018), "
           "arXiv:1712.00080", "https://github.com/avinashpaliwal/Super-SloMo", "SuperSloMo.ckpt", find, build),
]
