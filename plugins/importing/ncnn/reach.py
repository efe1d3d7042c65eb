"""Which input pixels a value of a network depends on: what tiles must overlap, and the sizes that they must have."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from .graph import Layer
from .layers import REST, SAME, extent, stride


@dataclass(frozen=True)
class Blob:
    """A blob's value number i depends on the input's pixels from i * step + low to i * step + high, in both directions.

    rank:  1 for vectors, 2, or 3 for pictures
    whole: it depends on all pixels, or on where in the picture it lies
    """

    rank: int = 3
    step: Fraction = Fraction(1)
    low: Fraction = Fraction(0)
    high: Fraction = Fraction(0)
    whole: bool = False

    def radius(self) -> int | str:
        """Input pixels around the pixel to which a value belongs."""
        return "whole" if self.whole else max(math.floor(-self.low), math.floor(self.high + 1 - self.step), 0)


def after(layer: Layer, inputs: list[Blob]) -> Blob:
    """What the layer gives; layers of single values change nothing."""
    merged = _merged(inputs)
    return CHANGES[layer.type](layer, merged) if layer.type in CHANGES else merged


def _merged(inputs: list[Blob]) -> Blob:
    if not inputs:
        return Blob()
    largest = max(inputs, key=lambda b: b.rank)
    local = [b for b in inputs if b.rank == largest.rank] or inputs
    return replace(largest, low=min(b.low for b in local), high=max(b.high for b in local),
                   whole=any(b.whole for b in inputs) or len({b.step for b in local}) > 1)


def _window(blob: Blob, steps: int, before: int, beyond: int) -> Blob:
    """Value i from the values i * steps - before to i * steps + beyond."""
    return replace(blob, step=blob.step * steps, low=blob.low - before * blob.step, high=blob.high + beyond * blob.step)


def _convolution(layer: Layer, blob: Blob) -> Blob:
    if blob.rank == 1:
        return blob
    across, left = stride(layer), layer.whole(4)
    if across[0] != across[1]:
        return replace(blob, whole=True)
    if left in SAME:
        return _window(blob, across[0], max(extent(layer)) - 1, max(extent(layer)) - 1)
    begins = (layer.whole(14, left), left)
    return _window(blob, across[0], max(begins), max(e - 1 - b for e, b in zip(extent(layer), begins, strict=True)))


def _deconvolution(layer: Layer, blob: Blob) -> Blob:
    (down, across), left = stride(layer), layer.whole(4)
    begins = (layer.whole(14, left), left)
    if down != across:
        return replace(blob, whole=True)
    step = blob.step / down
    return replace(blob, step=step, low=blob.low + step * min(b - e + 1 for e, b in zip(extent(layer), begins, strict=True)),
                   high=blob.high + step * max(begins))


def _pooling(layer: Layer, blob: Blob) -> Blob:
    if layer.whole(4) or layer.whole(7):
        return replace(blob, rank=1 if layer.whole(4) else 3, whole=True)
    wide, across, left = layer.whole(1), layer.whole(2, 1), layer.whole(3)
    high, down, top = layer.whole(11, wide), layer.whole(12, across), layer.whole(13, left)
    return replace(_window(blob, across, max(left, top), max(wide - 1 - left, high - 1 - top)),
                   whole=blob.whole or across != down)


def _interp(layer: Layer, blob: Blob) -> Blob:
    scale = Fraction(layer.number(2, 1.0)).limit_denominator(64)
    if blob.rank == 1 or layer.whole(3) or layer.whole(6) or layer.number(1, 1.0) != layer.number(2, 1.0) or scale <= 0:
        return replace(blob, rank=3, whole=True)
    taps = {1: 0, 2: 1}.get(layer.whole(0), 2)
    if taps == 0:
        below, above = (1 - 1 / scale if scale.denominator == 1 else Fraction(1)), Fraction(0)
    else:
        center = (1 / scale - 1) / 2  # where the middle of value 0 lies
        below, above = taps - center, taps + center
    return replace(blob, step=blob.step / scale, low=blob.low - below * blob.step, high=blob.high + above * blob.step)


def _pixel_shuffle(layer: Layer, blob: Blob) -> Blob:
    factor = layer.whole(0, 1)
    return replace(blob, step=blob.step / factor, low=blob.low - blob.step * (1 - Fraction(1, factor)))


def _reorg(layer: Layer, blob: Blob) -> Blob:
    return _window(blob, layer.whole(0, 1), 0, layer.whole(0, 1) - 1)


def _padding(layer: Layer, blob: Blob) -> Blob:
    return _window(blob, 1, max(layer.whole(0), layer.whole(2)), -min(layer.whole(0), layer.whole(2)))


def _crop(layer: Layer, blob: Blob) -> Blob:
    if layer.array(9):
        axes = layer.array(11) or list(range(blob.rank))
        starts = [s for a, s in zip(axes, layer.array(9), strict=True) if (a if a >= 0 else blob.rank + a) > 0]
        if len(starts) != 2 and any(starts):
            starts.append(0)
    else:
        starts = [layer.whole(0), layer.whole(1)]
    starts = [0 if s == REST else s for s in starts]
    if any(s < 0 for s in starts):
        return replace(blob, whole=True)
    return _window(blob, 1, -min(starts, default=0), max(starts, default=0))


def _across(layer: Layer, blob: Blob, key: int) -> Blob:
    """Local where it works along the channels."""
    axis = layer.whole(key)
    return replace(blob, whole=blob.whole or (axis if axis >= 0 else blob.rank + axis) != 0)


def _reshape(layer: Layer, blob: Blob) -> Blob:
    return replace(blob, rank=sum(layer.whole(k, REST) != REST for k in (0, 1, 2)), whole=True)


def _memory_data(layer: Layer, blob: Blob) -> Blob:
    sizes = [layer.whole(k) for k in (0, 1, 2)]
    rank = sum(size > 0 for size in sizes)
    # A vector, and a picture of one pixel, are the same everywhere.
    return Blob(rank=rank, whole=rank == 2 or (rank == 3 and max(sizes[:2]) > 1))


CHANGES: dict[str, Callable[[Layer, Blob], Blob]] = {
    "Concat": lambda layer, blob: _across(layer, blob, 0),
    "Convolution": _convolution,
    "ConvolutionDepthWise": _convolution,
    "Crop": _crop,
    "Deconvolution": _deconvolution,
    "DeconvolutionDepthWise": _deconvolution,
    "Flatten": lambda _, blob: replace(blob, rank=1, whole=True),
    "InnerProduct": lambda _, blob: replace(blob, rank=1 if blob.rank == 3 else blob.rank, whole=True),
    "InstanceNorm": lambda _, blob: replace(blob, whole=True),
    "Interp": _interp,
    "MemoryData": _memory_data,
    "Padding": _padding,
    "Permute": lambda _, blob: replace(blob, whole=True),
    "PixelShuffle": _pixel_shuffle,
    "Pooling": _pooling,
    "Reorg": _reorg,
    "Reshape": _reshape,
    "Slice": lambda layer, blob: _across(layer, blob, 1),
    "Softmax": lambda layer, blob: _across(layer, blob, 0),
}
