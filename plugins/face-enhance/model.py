"""The two networks of face-enhance: five points of a face, and a clearer face.

`Landmarks` is a plain convolutional regressor on the detector's box. `FaceEnhance` is a bank of learned
filters on the aligned crop (after RAISR: Romano, Isidoro and Milanfar 2016), trained on faces alone.
"""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F

LANDMARK_SIDE = 96
CROP_SIDE = 256
# Five points of the aligned crop, in parts of its side (the FFHQ set: Karras et al. 2019).
TEMPLATE = [(0.376917, 0.468646), (0.622857, 0.469128), (0.501239, 0.613319), (0.393088, 0.725411),
            (0.611494, 0.724905)]


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.ReLU(inplace=True))


class Landmarks(nn.Module):
    """picture N,1,96,96 in [0, 1] to points N,5,2 in parts of the crop."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(conv(1, 24, 2), conv(24, 32), conv(32, 48, 2), conv(48, 48),
                                  conv(48, 64, 2), conv(64, 64), conv(64, 96, 2), conv(96, 96))
        self.points = nn.Sequential(nn.Linear(96 * 36, 128), nn.ReLU(inplace=True), nn.Linear(128, 10))
        self.points[2].weight.data.mul_(0.1)
        self.points[2].bias.data.copy_(torch.tensor(
            [0.34, 0.42, 0.66, 0.42, 0.5, 0.58, 0.38, 0.72, 0.62, 0.72]))

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        # Contrast and brightness of a print say nothing about where the eyes are.
        x = picture.float()
        x = x - x.mean((1, 2, 3), keepdim=True)
        x = x / (x.square().mean((1, 2, 3), keepdim=True).sqrt() + 0.02)
        x = self.body(x.to(self.points[0].weight.dtype))
        return self.points(x.flatten(1)).float().view(-1, 5, 2)


# Filters: 7x7 taps next to each other, and 7x7 at every third pixel. Classes: bins of three measures.
DENSE, SPARSE, SPACING = 7, 7, 3
GLOBAL, FINE, COARSE = 8, 4, 3
CLASSES = GLOBAL * FINE * COARSE
TAPS = DENSE * DENSE + SPARSE * SPARSE


def box(x: torch.Tensor, side: int) -> torch.Tensor:
    pad = side // 2
    return F.avg_pool2d(F.pad(x, (pad, pad, pad, pad), mode="replicate"), side, 1)


class FaceEnhance(nn.Module):
    """crop N,3,S,S in [0, 1] to the same, clearer: to each pixel a learned linear filter is applied,
    chosen by how fine and how strong the structure about it is, and by how soft or grainy the whole
    face is. `weights` are found by least squares, class by class (`train.py`)."""

    def __init__(self):
        super().__init__()
        self.dense, self.sparse, self.spacing = DENSE, SPARSE, SPACING
        self.fine, self.coarse = FINE, COARSE
        self.register_buffer("weights", torch.zeros(CLASSES, TAPS))
        self.register_buffer("global_edges", torch.zeros(GLOBAL - 1))
        self.register_buffer("fine_edges", torch.zeros(FINE - 1))
        self.register_buffer("coarse_edges", torch.zeros(COARSE - 1))

    def measures(self, crop: torch.Tensor):
        """Fine and coarse structure N,1,S,S about each pixel, and the face's fine over coarse N,1,1,1."""
        grey = crop.mean(1, keepdim=True)
        soft = box(grey, 3)
        fine = box((grey - soft).square(), 7).sqrt()
        coarse = box((soft - box(soft, 9)).square(), 9).sqrt()
        low, high = int(crop.size(2) * 0.25), int(crop.size(2) * 0.85)
        ratio = (fine[:, :, low:high, low:high].mean((2, 3), keepdim=True) /
                 (coarse[:, :, low:high, low:high].mean((2, 3), keepdim=True) + 1e-3))
        return fine, coarse, ratio

    def classes(self, crop: torch.Tensor) -> torch.Tensor:
        fine, coarse, ratio = self.measures(crop)
        chosen = torch.bucketize(ratio, self.global_edges) * self.fine + torch.bucketize(fine, self.fine_edges)
        return chosen * self.coarse + torch.bucketize(coarse, self.coarse_edges)

    def forward(self, crop: torch.Tensor) -> torch.Tensor:
        x = crop.float()
        n, c, h, w = x.size(0), x.size(1), x.size(2), x.size(3)
        chosen = self.classes(x)
        pad = self.sparse // 2 * self.spacing
        wide = F.pad(x.reshape(n * c, 1, h, w), (pad, pad, pad, pad), mode="replicate")
        skip = pad - self.dense // 2
        near = wide[:, :, skip:wide.size(2) - skip, skip:wide.size(3) - skip]
        dense = self.weights[:, :self.dense * self.dense].reshape(-1, 1, self.dense, self.dense)
        sparse = self.weights[:, self.dense * self.dense:].reshape(-1, 1, self.sparse, self.sparse)
        change = F.conv2d(near, dense) + F.conv2d(wide, sparse, dilation=self.spacing)
        change = change.view(n, c, -1, h, w)
        picked = change.gather(2, chosen.unsqueeze(1).expand(n, c, 1, h, w)).squeeze(2)
        return x + picked
