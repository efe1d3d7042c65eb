"""How a system's vectors map to calls of its package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

Tensors = tuple[torch.Tensor, ...]
Vectors = dict[str, torch.Tensor]
# What is compared: (name of the output, found, expected).
Compare = Callable[[list[Tensors]], list[tuple[str, torch.Tensor, torch.Tensor]]]


@dataclass
class Case:
    """calls: the calls to make for the vectors (each the package's inputs, as the task has them: pictures in [0, 1]) and how
    their outputs compare with the vectors. odd: inputs of an odd size. stage: the stage that takes the package ("" for none).
    """

    calls: Callable[[Vectors], tuple[list[Tensors], Compare]]
    odd: Callable[[], Tensors] | None = None
    stage: str = ""
    parameters: tuple[str, ...] = ()
    role: str = "model"  # the stage's parameter that names the package
    beside: dict[str, str] = field(default_factory=dict)  # parameters that name other systems' packages, by their vectors
    options: tuple[str, ...] = ()  # of the importer
    system: str = ""  # named to the importer; left out, it has to recognize the checkpoint
    film: tuple[int, int] = (64, 48)  # width and height of the frames for the stage
    gray: bool = False
    big: bool = False  # belongs to the slower set
    limits: dict[str, float] = field(default_factory=dict)  # where the vectors' own note gives another bound than 1e-3

    @staticmethod
    def padded(module: torch.jit.ScriptModule, manifest: dict, call: Tensors) -> Tensors:
        """The network in Python on pictures grown as the manifest says, and its outputs cut again."""
        multiple, scale = manifest["size_multiple"], manifest["scale"]
        mode = {"replicate": "replicate", "reflect": "reflect", "zero": "constant"}[manifest["padding"]]
        pictures = [t for t in call if t.dim() >= 4 and t.shape[-1] > 1]
        height, width = pictures[0].shape[-2:]
        right, below = -width % multiple, -height % multiple

        def grown(t: torch.Tensor) -> torch.Tensor:
            if t.dim() < 4 or t.shape[-1] <= 1:
                return t
            flat = F.pad(t.flatten(0, -4), (0, right, 0, below), mode)
            return flat.reshape(*t.shape[:-2], height + below, width + right)

        outputs = module(*map(grown, call))
        outputs = (outputs,) if isinstance(outputs, torch.Tensor) else outputs
        return tuple(o[..., :height * scale, :width * scale] for o in outputs)


def noise(seed: int, *shape: int) -> torch.Tensor:
    """A smooth picture with detail, in [0, 1], repeatable."""
    generator = torch.Generator().manual_seed(seed)
    rough = torch.rand(shape, generator=generator)
    smooth = F.interpolate(torch.rand((*shape[:-3], shape[-3], 5, 5), generator=generator).flatten(0, -4), shape[-2:],
                           mode="bicubic").reshape(shape)
    return (0.8 * smooth + 0.2 * rough).clamp(0, 1)
