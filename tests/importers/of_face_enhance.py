"""Vectors of networks for faces; their outputs are stored averaged over squares, or a patch of them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from vectors import Case


def calls(vectors):
    def compare(made):
        out = made[0][0] * 2 - 1
        quarter = vectors["out_quarter"]
        pairs = [("out_quarter", F.avg_pool2d(out, out.shape[-1] // quarter.shape[-1]), quarter)]
        if "out_patch" in vectors:
            patch = vectors["out_patch"]
            start = (out.shape[-1] - patch.shape[-1]) // 2
            inside = slice(start, start + patch.shape[-1])
            pairs.append(("out_patch", out[..., inside, inside], patch))
        return pairs

    return [((vectors["crop"] + 1) / 2,)], compare


CASES = {
    "bopbtl-face": Case(calls, None, "face-enhance", big=True),
    "bopbtl-face-512": Case(calls, None, "face-enhance", options=("size=512",), big=True),
    "gfpgan": Case(calls, None, "face-enhance", big=True),
}
