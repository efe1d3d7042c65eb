"""What several published networks have in common."""

from __future__ import annotations

import re

import torch

from .checkpoint import ImportFailure, Table


def folded(table: Table) -> Table:
    """The table with spectral and weight normalization worked into the weights, as they stand at inference.

    Spectral (Miyato et al. 2018): weight = weight_orig / (u . W v), W being rows by outputs. Weight (Salimans, Kingma 2016):
    weight = weight_g v / |v|, a norm for each output.
    """
    result: Table = {}
    for name, tensor in table.items():
        base, _, kind = name.rpartition(".")
        if kind == "weight_orig":
            u, v = (_beside(table, base, f"weight_{x}") for x in "uv")
            result[f"{base}.weight"] = tensor / torch.dot(u, tensor.flatten(1) @ v)
        elif kind == "weight_g":
            v = _beside(table, base, "weight_v")
            result[f"{base}.weight"] = tensor * v / v.flatten(1).norm(dim=1).view(-1, *[1] * (v.dim() - 1))
        elif not re.fullmatch(r"weight_[uv]", kind):
            result[name] = tensor
    return result


def _beside(table: Table, base: str, kind: str) -> torch.Tensor:
    if f"{base}.{kind}" not in table:
        raise ImportFailure(f"expected '{base}.{kind}' in the checkpoint, and it is missing; the file is incomplete")
    return table[f"{base}.{kind}"]
