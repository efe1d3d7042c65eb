"""Vectors of networks that find or repair scratches."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from vectors import Case, noise


def unit(x: torch.Tensor) -> torch.Tensor:
    """From [-1, 1], which the authors' networks take, to [0, 1], which ours do."""
    return (x + 1) / 2


def detection(vectors):
    return [(unit(vectors["grey"])[:, None],)], lambda made: [("out", made[0][0], vectors["out"])]


def quality(vectors):
    return [(unit(vectors["picture"])[:, None],)], lambda made: [("out", made[0][0], unit(vectors["out"]))]


def scratch(vectors):
    return ([(unit(vectors["picture"])[:, None], vectors["mask"])],
            lambda made: [("out", made[0][0], unit(vectors["out"]))])


def sequence(vectors):
    def compare(made):
        picture = made[0][0] * 2 - 1
        return [("middle, green", picture[0, 1], vectors["out_middle_green"]),
                ("middle, quarter", F.avg_pool2d(picture, 4)[0], vectors["out_quarter"][2])]

    return [(vectors["grey"].expand(-1, -1, 3, -1, -1),)], compare


def odd(channels: int):
    return lambda: (noise(5, 1, 1, channels, 61, 75),)


def odd_with_mask():
    mask = torch.zeros(1, 1, 61, 75)
    mask[..., 10:50, 30:33] = 1
    return noise(5, 1, 1, 3, 61, 75), mask


CASES = {
    "bopbtl-detection": Case(detection, odd(1), "scratch-removal", gray=True, beside={"repair": "bopbtl-scratch"}),
    "bopbtl-quality": Case(quality, odd(3), "denoise", parameters=("sigma=10",)),
    "bopbtl-scratch": Case(scratch, odd_with_mask, "scratch-removal", role="repair"),
    "rtn": Case(sequence, lambda: (noise(5, 1, 5, 3, 61, 75),), "scratch-removal", big=True),
}
