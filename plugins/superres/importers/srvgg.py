"""Real-ESRGAN's compact networks: a plain chain of convolutions, a pixel shuffle, and the picture itself.

Wang, Xie, Dong, Shan, "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data", ICCVW 2021.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from importing import Checkpoint, ImportFailure, Network, System, Table, fill, highest


class Compact(nn.Module):
    def __init__(self, width: int, convolutions: int, scale: int):
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, width, 3, padding=1), nn.PReLU(width)]
        for _ in range(convolutions):
            layers += [nn.Conv2d(width, width, 3, padding=1), nn.PReLU(width)]
        self.body = nn.Sequential(*layers, nn.Conv2d(width, 3 * scale * scale, 3, padding=1))
        self.scale = scale

    def forward(self, picture: Tensor) -> Tensor:
        detail = F.pixel_shuffle(self.body(picture), self.scale)
        return detail + F.interpolate(picture, scale_factor=float(self.scale), mode="nearest")


def find(checkpoint: Checkpoint) -> dict[str, Table] | None:
    table = checkpoint.table("body.0.weight", "body.1.weight", "body.2.weight", without=("conv_first.weight",))
    return {"generator": table} if table and table["body.0.weight"].dim() == 4 and table["body.1.weight"].dim() == 1 else None


def build(tables: dict[str, Table], _: dict) -> Network:
    table = tables["generator"]
    last = highest(table, r"body\.(\d+)\.")
    scale = math.isqrt(table[f"body.{last}.weight"].shape[0] // 3)
    if 3 * scale * scale != table[f"body.{last}.weight"].shape[0]:
        raise ImportFailure(f"expected 3 times a square number of channels in 'body.{last}.weight', found "
                            f"{table[f'body.{last}.weight'].shape[0]}")
    net = fill(Compact(table["body.0.weight"].shape[0], last // 2 - 1, scale), table)
    examples = [(torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h)),) for h, w in ((24, 32), (19, 27))]
    return Network(net, examples, ["picture"], ["picture"], scale=scale, receptive_field=last // 2 + 1)


SYSTEMS = [
    System("srvgg", "superres", "Real-ESRGAN compact (SRVGG)", "Xintao Wang, Liangbin Xie, Chao Dong, Ying Shan",
           "BSD-3-Clause",
           "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data (ICCVW 2021), arXiv:2107.10833",
           "https://github.com/xinntao/Real-ESRGAN",
           "realesr-animevideov3.pth, realesr-general-x4v3.pth, realesr-general-wdn-x4v3.pth", find, build),
]
