"""Vectors of interpolating networks."""

from __future__ import annotations

import torch
from vectors import Case, noise


def calls(vectors):
    times = [k for k in vectors if k.startswith("out_")]
    made = [(vectors["a"], vectors["b"], torch.full((1, 1, 1, 1), float(k[4:]))) for k in times]
    return made, lambda outputs: [(k, o[0], vectors[k]) for k, o in zip(times, outputs, strict=True)]


def odd():
    return noise(3, 1, 3, 71, 93), noise(4, 1, 3, 71, 93), torch.full((1, 1, 1, 1), 0.5)


def case(**more) -> Case:
    return Case(calls, odd, "interpolate", **more)


CASES = {
    "rife": case(),
    "rife-m": case(),
    "rife-4.6": case(),
    "rife-4.25": case(),
    "superslomo": case(),
    "dain": case(),
}
