"""How much memory a network takes while it runs."""

from __future__ import annotations

import weakref

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Peak(TorchDispatchMode):
    """Counts the bytes of tensors that operators make, while they live; `most` is the highest count."""

    def __init__(self):
        super().__init__()
        self.now = self.most = 0
        self.owners: dict[int, int] = {}

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        given = {t.untyped_storage()._cdata for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor)}
        made = operator(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                storage = tensor.untyped_storage()
                if storage._cdata in given and storage._cdata not in self.owners:
                    continue  # a view of a weight, or of an input
                self.hold(tensor, storage._cdata, storage.nbytes())
        return made

    def hold(self, tensor: torch.Tensor, key: int, size: int) -> None:
        if self.owners.get(key, 0) == 0:
            self.now += size
            self.most = max(self.most, self.now)
        self.owners[key] = self.owners.get(key, 0) + 1
        weakref.finalize(tensor, self.release, key, size)

    def release(self, key: int, size: int) -> None:
        self.owners[key] -= 1
        if self.owners[key] == 0:
            del self.owners[key]
            self.now -= size


def bytes_per_pixel(module: torch.nn.Module, example: tuple[torch.Tensor, ...]) -> int:
    """Most bytes that live at once, in float32, for each pixel of the example's pictures; 0 where it has none. Weights are
    not counted."""
    pixels = max((t.shape[-1] * t.shape[-2] for t in example if t.dim() >= 4), default=0)
    if pixels == 0:
        return 0
    with torch.no_grad(), Peak() as peak:
        module(*example)
    return -(-peak.most // pixels)
