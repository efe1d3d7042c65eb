"""Records foreign networks with TorchScript.

TorchScript records a network as it works for one size of picture. Networks that compute with their input's size in Python
(most with attention) would be wrong for other sizes; they are recorded for a square, and the package cuts pictures into
such squares itself.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .checkpoint import Checkpoint, ImportFailure
from .generic import SIGNATURES
from .system import Network, Option, System

OPTIONS = {"tile": Option(192, "side of the squares of networks that work in squares only, in pixels"),
           "overlap": Option(16, "pixels at the edges of a square that are not used")}
SEEN = 96  # a reach up to here is measured; networks that see further work in squares
SAME = 1e-4  # of the output's spread


@dataclass(frozen=True)
class Needs:
    """What is known of a network from pictures to pictures."""

    architecture: str
    channels: int
    scale: int
    multiple: int = 1  # of heights and widths
    minimum: int = 0  # of heights and widths
    square: bool = False
    fixed: int = 0  # the only height and width; 0: any


class Squares(nn.Module):
    """A network for squares of `side` pixels, on pictures of any size. Each output comes from the square in which it lies
    furthest from the edges; `overlap` pixels at an edge inside the picture are not used."""

    def __init__(self, core: torch.jit.ScriptModule, side: int, overlap: int, scale: int):
        super().__init__()
        self.core = core
        self.side, self.overlap, self.scale = side, overlap, scale

    def starts(self, length: int) -> list[int]:
        stride = self.side - 2 * self.overlap
        count = (max(length - self.side, 0) + stride - 1) // stride + 1
        if count == 1:
            return [0]
        return [i * (length - self.side) // (count - 1) for i in range(count)]

    def forward(self, picture: Tensor) -> Tensor:
        height, width = picture.size(2), picture.size(3)
        below, right = max(self.side - height, 0), max(self.side - width, 0)
        padded = F.pad(picture, [0, right, 0, below], mode="replicate")
        s, m = self.scale, self.overlap
        rows, columns = self.starts(padded.size(2)), self.starts(padded.size(3))
        result = torch.empty(0)
        for i in range(len(rows)):
            for k in range(len(columns)):
                top, left = rows[i], columns[k]
                made = self.core(padded[:, :, top:top + self.side, left:left + self.side])
                if result.numel() == 0:
                    result = made.new_zeros([made.size(0), made.size(1), padded.size(2) * s, padded.size(3) * s])
                # A later square takes over where it has left its own edge; before, the earlier one was there.
                y, x = (m if i > 0 else 0), (m if k > 0 else 0)
                result[:, :, (top + y) * s:(top + self.side) * s, (left + x) * s:(left + self.side) * s] = \
                    made[:, :, y * s:, x * s:]
        return result[:, :, :height * s, :width * s]


class Window(nn.Module):
    """The signature of denoise: a window of one frame."""

    def __init__(self, core: nn.Module):
        super().__init__()
        self.core = core

    def forward(self, window: Tensor) -> Tensor:
        return self.core(window.squeeze(1))


def _picture(channels: int, height: int, width: int) -> Tensor:
    generator = torch.Generator().manual_seed(height * 4099 + width)
    return torch.rand((1, channels, height, width), generator=generator)


class _NoContext:
    """In place of what an autograd function keeps for its gradient."""

    def save_for_backward(self, *tensors: Tensor) -> None:
        pass


@contextmanager
def _plain_functions() -> Iterator[None]:
    """Calls the forward of autograd functions directly: TorchScript cannot record the functions themselves."""
    apply = vars(torch.autograd.Function)["apply"]  # not bound to a class
    torch.autograd.Function.apply = classmethod(lambda cls, *inputs: cls.forward(_NoContext(), *inputs))
    try:
        yield
    finally:
        torch.autograd.Function.apply = apply


def _recorded(model: nn.Module, channels: int, side: int, name: str) -> torch.jit.ScriptModule:
    try:
        with torch.no_grad(), warnings.catch_warnings(), _plain_functions():
            warnings.simplefilter("ignore")
            traced = torch.jit.trace(model, _picture(channels, side, side), check_trace=False)
        traced.save_to_buffer()  # fails for what is not TorchScript
        return traced
    except Exception as error:  # whatever a foreign network raises
        raise ImportFailure(f"TorchScript cannot record a network of the architecture {name} ({type(error).__name__}: "
                            f"{(str(error).strip().splitlines() or ['no reason'])[0]}); another model of its kind may do") from None


def _error(a: nn.Module, b: nn.Module, picture: Tensor) -> float:
    try:
        with torch.no_grad():
            expected, found = a(picture.clone()), b(picture.clone())  # some networks write to their input
    except RuntimeError:  # recorded with another size
        return float("inf")
    if expected.shape != found.shape:
        return float("inf")
    return float((expected - found).abs().max()) / max(float(expected.std()), 1e-6)


def _reach(model: nn.Module, channels: int, multiple: int) -> int | None:
    """How far from an input pixel outputs change with it, in input pixels; None beyond `SEEN`."""
    side = -(-(2 * SEEN + 32) // multiple) * multiple
    center = side // 2 // multiple * multiple
    picture = _picture(channels, side, side)
    other = picture.clone()
    other[..., center:center + multiple, center:center + multiple] = 1 - picture[..., :multiple, :multiple].flip(-1)
    with torch.no_grad():
        a, b = model(picture.clone()), model(other.clone())
    scale = a.size(-1) // side
    changed = ((a - b).abs() > 1e-7 * float(a.std())).sum((0, 1)).nonzero() // scale
    if not len(changed):
        return None
    reach = int(max(center - changed.min(), changed.max() - (center + multiple - 1)))
    return reach if reach <= SEEN else None


def _network(model: nn.Module, needs: Needs, chosen: dict) -> tuple[nn.Module, int | str, int, list[tuple[int, int]]]:
    """The network for pictures of any size, what it sees, the multiple of its sizes, and sizes to compare it in."""
    channels, multiple, name = needs.channels, needs.multiple, needs.architecture
    side = needs.fixed or -(-max(chosen["tile"], needs.minimum, 3 * chosen["overlap"]) // multiple) * multiple
    sizes = [(-(-h // multiple) * multiple, -(-w // multiple) * multiple) for h, w in ((64, 64), (72, 41))]
    if not needs.square and not needs.fixed and needs.minimum <= 40:
        traced = _recorded(model, channels, sizes[0][0], name)
        reach = _reach(model, channels, multiple)
        if reach is not None and all(_error(model, traced, _picture(channels, *size)) < SAME for size in sizes):
            return traced, reach, multiple, sizes
    squares = Squares(_recorded(model, channels, side, name), side, chosen["overlap"], needs.scale)
    error = _error(model, squares, _picture(channels, side, side))
    if error >= SAME:
        raise ImportFailure(f"a network of the architecture {name} recorded by TorchScript differs from itself by {error:.1e} "
                            "of its output's spread; it cannot be imported")
    return torch.jit.script(squares), "whole", 1, [(side, side), (side + 40, side - 7)]


def fields_of(manifest: str) -> dict:
    try:
        return json.loads(manifest)
    except json.JSONDecodeError as error:
        raise ImportFailure(f"expected --manifest to be JSON, found an error at character {error.pos}") from None


def recorded(task: str | None, model: nn.Module, needs: Needs, checkpoint: Checkpoint, fields: dict,
             chosen: dict) -> tuple[System, Network, Checkpoint]:
    """A system of one network: from pictures to pictures, for superres or denoise."""
    task = task or ("superres" if needs.scale > 1 else "denoise")
    if task not in ("superres", "denoise"):
        raise ImportFailure(f"expected --task superres or denoise, found '{task}'")
    module, sees, multiple, sizes = _network(model.float().eval().requires_grad_(False), needs, chosen)
    examples = [(_picture(needs.channels, *size),) for size in sizes]
    if task == "denoise":
        module = torch.jit.script(Window(module))
        examples = [(picture.unsqueeze(1),) for picture, in examples]
    network = Network(module, examples, SIGNATURES[task][0][:1], ["picture"], needs.channels, 0, 0, needs.scale, multiple,
                      "reflect" if multiple > 1 else "replicate", sees)
    said = {k: str(fields.pop(k, "not said")) for k in ("title", "authors", "license", "paper", "origin")}
    network.more = {"architecture": needs.architecture, **fields}
    path = checkpoint.paths[0]
    identity = str(network.more.pop("id", path.stem))
    title = said["title"] if said["title"] != "not said" else f"{identity}, of the architecture {needs.architecture}"
    system = System(identity, task, title, said["authors"], said["license"], said["paper"], said["origin"],
                    path.name, lambda _: None, lambda *_: network)
    return system, network, checkpoint
