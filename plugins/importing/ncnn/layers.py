"""ncnn's layers as modules that TorchScript takes.

Tensors have the batch in front: a blob of ncnn (c, h, w) is N,C,H,W here, a vector N,W, and ncnn's axis a is a + 1.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .graph import Layer, Weights

REST = -233  # "whatever is left" in many parameters
SAME = (-233, -234)  # paddings of TensorFlow: more at the end, or more at the beginning


class Pad(nn.Module):
    """Grows the sides: constant, replicate or reflect."""

    def __init__(self, sides: list[int], mode: int = 0, value: float = 0.0):
        super().__init__()
        self.sides, self.value = sides, value
        self.mode = ("constant", "replicate", "reflect")[mode]

    def forward(self, x: Tensor) -> Tensor:
        if self.mode == "constant":
            return F.pad(x, self.sides, value=self.value)
        return F.pad(x, self.sides, mode=self.mode)


class SamePad(nn.Module):
    """TensorFlow's SAME: as many outputs as inputs over the stride, rounded up."""

    def __init__(self, extent: tuple[int, int], stride: tuple[int, int], begin: bool, value: float):
        super().__init__()
        self.extent_h, self.extent_w = extent
        self.stride_h, self.stride_w = stride
        self.begin, self.value = begin, value

    def forward(self, x: Tensor) -> Tensor:
        h, w = x.size(2), x.size(3)
        down = max(self.extent_h + (h - 1) // self.stride_h * self.stride_h - h, 0)
        across = max(self.extent_w + (w - 1) // self.stride_w * self.stride_w - w, 0)
        top = down - down // 2 if self.begin else down // 2
        left = across - across // 2 if self.begin else across // 2
        return F.pad(x, [left, across - left, top, down - top], value=self.value)


class Trim(nn.Module):
    """Cuts the sides: left, right, top, bottom."""

    def __init__(self, sides: list[int]):
        super().__init__()
        self.left, self.right, self.top, self.bottom = sides

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, self.top:x.size(2) - self.bottom, self.left:x.size(3) - self.right]


class HardSigmoid(nn.Module):
    def __init__(self, alpha: float, beta: float, times: bool = False):
        super().__init__()
        self.alpha, self.beta, self.times = alpha, beta, times

    def forward(self, x: Tensor) -> Tensor:
        gate = (x * self.alpha + self.beta).clamp(0.0, 1.0)
        return x * gate if self.times else gate


class Clip(nn.Module):
    def __init__(self, low: float, high: float):
        super().__init__()
        self.low, self.high = low, high

    def forward(self, x: Tensor) -> Tensor:
        return x.clamp(self.low, self.high)


class OfVector(nn.Module):
    """A convolution of one pixel on a vector."""

    def __init__(self, inner: nn.Module):
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x[:, :, None, None]).flatten(1)


class Linear(nn.Module):
    """Rows where the blob has rows of that length, else all of it."""

    def __init__(self, weight: Tensor, bias: Tensor | None):
        super().__init__()
        self.inner = nn.Linear(weight.shape[1], weight.shape[0], bias is not None)
        _set(self.inner, weight, bias)
        self.length = weight.shape[1]

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x) if x.dim() == 3 and x.size(2) == self.length and x.size(1) > 1 else self.inner(x.flatten(1))


def _aligned(x: Tensor, other: Tensor) -> Tensor:
    """ncnn's broadcast: a blob of fewer axes is a column of the other where the length fits, else a row."""
    if x.dim() < other.dim():
        column = x.size(1) == other.size(1)
        while x.dim() < other.dim():
            x = x.unsqueeze(-1) if column else x.unsqueeze(1)
    return x


class Binary(nn.Module):
    def __init__(self, kind: int):
        super().__init__()
        self.kind = kind

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        a, b = _aligned(a, b), _aligned(b, a)
        return _combined(self.kind, a, b)


class WithNumber(nn.Module):
    def __init__(self, kind: int, number: float):
        super().__init__()
        self.kind, self.number = kind, number

    def forward(self, a: Tensor) -> Tensor:
        if self.kind == 0:
            return a + self.number
        if self.kind == 2:
            return a * self.number
        return _combined(self.kind, a, torch.full_like(a, self.number))


def _combined(kind: int, a: Tensor, b: Tensor) -> Tensor:
    if kind == 0:
        return a + b
    elif kind == 1:
        return a - b
    elif kind == 2:
        return a * b
    elif kind == 3:
        return a / b
    elif kind == 4:
        return torch.maximum(a, b)
    elif kind == 5:
        return torch.minimum(a, b)
    elif kind == 6:
        return torch.pow(a, b)
    elif kind == 7:
        return b - a
    elif kind == 8:
        return b / a
    elif kind == 9:
        return torch.pow(b, a)
    elif kind == 10:
        return torch.atan2(a, b)
    return torch.atan2(b, a)


class Unary(nn.Module):
    NAMES = ("abs", "neg", "floor", "ceil", "square", "sqrt", "rsqrt", "exp", "log", "sin", "cos", "tan", "asin", "acos",
             "atan", "reciprocal", "tanh", "log10", "round", "trunc")

    def __init__(self, kind: str):
        super().__init__()
        self.kind = kind

    def forward(self, x: Tensor) -> Tensor:
        kind = self.kind
        if kind == "abs":
            return x.abs()
        elif kind == "neg":
            return -x
        elif kind == "floor":
            return x.floor()
        elif kind == "ceil":
            return x.ceil()
        elif kind == "square":
            return x * x
        elif kind == "sqrt":
            return x.sqrt()
        elif kind == "rsqrt":
            return x.rsqrt()
        elif kind == "exp":
            return x.exp()
        elif kind == "log":
            return x.log()
        elif kind == "sin":
            return x.sin()
        elif kind == "cos":
            return x.cos()
        elif kind == "tan":
            return x.tan()
        elif kind == "asin":
            return x.asin()
        elif kind == "acos":
            return x.acos()
        elif kind == "atan":
            return x.atan()
        elif kind == "reciprocal":
            return x.reciprocal()
        elif kind == "tanh":
            return x.tanh()
        elif kind == "log10":
            return x.log10()
        elif kind == "round":
            return x.round()
        return x.trunc()


class Eltwise(nn.Module):
    """Product, weighted sum or maximum of several."""

    def __init__(self, kind: int, weights: list[float]):
        super().__init__()
        self.kind, self.weights = kind, weights

    def forward(self, parts: list[Tensor]) -> Tensor:
        x = parts[0]
        if self.kind == 1 and self.weights[0] != 1.0:
            x = x * self.weights[0]
        for i in range(1, len(parts)):
            if self.kind == 0:
                x = x * parts[i]
            elif self.kind == 1:
                x = x + (parts[i] if self.weights[i] == 1.0 else parts[i] * self.weights[i])
            else:
                x = torch.maximum(x, parts[i])
        return x


class Concat(nn.Module):
    def __init__(self, axis: int):
        super().__init__()
        self.axis = axis

    def forward(self, parts: list[Tensor]) -> Tensor:
        return torch.cat(parts, self.axis)


class Slice(nn.Module):
    """Parts along an axis; REST shares what is left among the parts that say so."""

    def __init__(self, axis: int, sizes: list[int]):
        super().__init__()
        self.axis, self.sizes = axis, sizes

    def forward(self, x: Tensor) -> list[Tensor]:
        parts: list[Tensor] = []
        at = 0
        for i in range(len(self.sizes)):
            size = self.sizes[i]
            if size == -233:
                size = (x.size(self.axis) - at) // (len(self.sizes) - i)
            parts.append(x.narrow(self.axis, at, size))
            at += size
        return parts


class Cuts(nn.Module):
    """Slice by the places where it is cut, negative ones from the end."""

    def __init__(self, axis: int, places: list[int]):
        super().__init__()
        self.axis, self.places = axis, places

    def forward(self, x: Tensor) -> list[Tensor]:
        parts: list[Tensor] = []
        at, length = 0, x.size(self.axis)
        for place in self.places:
            end = place if place >= 0 else length + place
            parts.append(x.narrow(self.axis, at, end - at))
            at = end
        parts.append(x.narrow(self.axis, at, length - at))
        return parts


class Crop(nn.Module):
    """From `starts` to `ends` on each of the blob's axes; an end of REST or beyond is the blob's."""

    def __init__(self, axes: list[int], starts: list[int], ends: list[int]):
        super().__init__()
        self.axes, self.starts, self.ends = axes, starts, ends

    def forward(self, x: Tensor) -> Tensor:
        for i in range(len(self.axes)):
            axis = self.axes[i] + 1 if self.axes[i] >= 0 else self.axes[i]
            length = x.size(axis)
            start = self.starts[i] if self.starts[i] >= 0 else length + self.starts[i]
            end = self.ends[i] if self.ends[i] > 0 else length + self.ends[i]
            if self.ends[i] == -233:
                end = length
            x = x.narrow(axis, start, min(end, length) - start)
        return x


class CropLike(nn.Module):
    """The size of another blob, from an offset."""

    def __init__(self, offsets: list[int]):
        super().__init__()
        self.offsets = offsets

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        for i in range(x.dim() - 1):
            size = other.size(i + 1) if other.dim() == x.dim() else (other.size(i) if i > 0 else x.size(1))
            x = x.narrow(i + 1, self.offsets[i], min(size, x.size(i + 1) - self.offsets[i]))
        return x


class Nearest(nn.Module):
    def __init__(self, scale_h: float, scale_w: float):
        super().__init__()
        self.scale_h, self.scale_w = scale_h, scale_w

    def forward(self, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=[self.scale_h, self.scale_w], mode="nearest")


class Resize(nn.Module):
    """By factors, or to a size where that isn't 0."""

    def __init__(self, mode: str, scale_h: float, scale_w: float, height: int, width: int, corners: bool):
        super().__init__()
        self.mode, self.corners = mode, corners
        self.scale_h, self.scale_w, self.height, self.width = scale_h, scale_w, height, width

    def forward(self, x: Tensor) -> Tensor:
        height = self.height if self.height > 0 else int(x.size(2) * self.scale_h)
        width = self.width if self.width > 0 else int(x.size(3) * self.scale_w)
        if self.mode == "nearest":
            return F.interpolate(x, size=[height, width], mode="nearest")
        return F.interpolate(x, size=[height, width], mode=self.mode, align_corners=self.corners)


class SpreadVector(nn.Module):
    """A vector as pictures of one value each."""

    def __init__(self, height: int, width: int):
        super().__init__()
        self.height, self.width = height, width

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, None, None].expand(x.size(0), x.size(1), self.height, self.width)


class Shuffle(nn.Module):
    """Depth to space with the order of TensorFlow."""

    def __init__(self, factor: int):
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        r = self.factor
        x = x.reshape(n, r, r, c // (r * r), h, w).permute(0, 3, 4, 1, 5, 2)
        return x.reshape(n, c // (r * r), h * r, w * r)


class GlobalPool(nn.Module):
    def __init__(self, average: bool):
        super().__init__()
        self.average = average

    def forward(self, x: Tensor) -> Tensor:
        return x.mean([2, 3]) if self.average else x.amax([2, 3])


class Pool(nn.Module):
    """ncnn's windows: with `full` they may hang over the end; outside, an average counts nothing unless `count_pad`."""

    def __init__(self, average: bool, kernel: list[int], stride: list[int], sides: list[int], full: bool, count_pad: bool):
        super().__init__()
        self.average, self.kernel, self.stride = average, kernel, stride
        self.left, self.right, self.top, self.bottom = sides
        self.full, self.count_pad = full, count_pad

    def forward(self, x: Tensor) -> Tensor:
        right, bottom = self.right, self.bottom
        if self.full:
            right += -(x.size(3) + self.left + right - self.kernel[1]) % self.stride[1]
            bottom += -(x.size(2) + self.top + bottom - self.kernel[0]) % self.stride[0]
        sides = [self.left, right, self.top, bottom]
        if not self.average:
            return F.max_pool2d(F.pad(x, sides, value=-3.4e38), self.kernel, self.stride)
        mean = F.avg_pool2d(F.pad(x, sides), self.kernel, self.stride)
        if self.count_pad or self.left + right + self.top + bottom == 0:
            return mean
        return mean / F.avg_pool2d(F.pad(torch.ones_like(x[:1, :1]), sides), self.kernel, self.stride)


class AdaptivePool(nn.Module):
    def __init__(self, average: bool, size: list[int]):
        super().__init__()
        self.average, self.size = average, size

    def forward(self, x: Tensor) -> Tensor:
        size = [x.size(i + 2) if self.size[i] == -233 else self.size[i] for i in range(2)]
        return F.adaptive_avg_pool2d(x, size) if self.average else F.adaptive_max_pool2d(x, size)


class Reshape(nn.Module):
    """sizes: c, h, w, as many as the blob gets; 0 keeps one, -1 is what is left."""

    def __init__(self, sizes: list[int]):
        super().__init__()
        self.sizes = sizes

    def forward(self, x: Tensor) -> Tensor:
        shape = [x.size(0)]
        before = len(self.sizes) - (x.dim() - 1)  # axes are counted from the last
        for i in range(len(self.sizes)):
            size = self.sizes[i]
            shape.append(x.size(1 + i - before) if size == 0 and i >= before else size)
        return x.reshape(shape)


class Permute(nn.Module):
    # The new w, h, c as letters of the old ones.
    ORDERS = ("whc", "hwc", "wch", "cwh", "hcw", "chw")
    OLD = {"c": 1, "h": 2, "w": 3}

    def __init__(self, order: int, rank: int):
        super().__init__()
        self.axes = ([0, *(self.OLD[letter] for letter in reversed(self.ORDERS[order]))] if rank == 3
                     else [0, 2, 1] if order == 1 else [0, 1, 2])

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.axes).contiguous()


class Softmax(nn.Module):
    def __init__(self, axis: int):
        super().__init__()
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        return torch.softmax(x, self.axis)


class Constant(nn.Module):
    """Numbers of the file, one copy for each picture of the batch."""

    def __init__(self, value: Tensor):
        super().__init__()
        self.value = nn.Parameter(value[None])
        self.axes = value.dim()

    def forward(self, batch: Tensor) -> Tensor:
        return self.value.expand([batch.size(0)] + [-1] * self.axes)


class Affine(nn.Module):
    """A factor and an addend for each channel."""

    def __init__(self, factor: Tensor, addend: Tensor | None, rank: int):
        super().__init__()
        shape = (1, -1, *[1] * (rank - 1))
        self.factor = nn.Parameter(factor.view(shape))
        self.addend = nn.Parameter((torch.zeros_like(factor) if addend is None else addend).view(shape))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor + self.addend


class ScaleBy(nn.Module):
    """Scale with the factors in a second blob."""

    def forward(self, x: Tensor, factor: Tensor) -> Tensor:
        return x * _aligned(factor, x)


class Flatten(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)


class Normalized(nn.Module):
    """Instance normalization."""

    def __init__(self, epsilon: float, factor: Tensor | None, addend: Tensor | None):
        super().__init__()
        self.epsilon, self.affine = epsilon, factor is not None
        self.factor = nn.Parameter(torch.ones(1) if factor is None else factor.view(1, -1, 1, 1))
        self.addend = nn.Parameter(torch.zeros(1) if addend is None else addend.view(1, -1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean([2, 3], keepdim=True)
        x = x - mean
        x = x * torch.rsqrt((x * x).mean([2, 3], keepdim=True) + self.epsilon)
        return x * self.factor + self.addend if self.affine else x


def _set(module: nn.Module, weight: Tensor, bias: Tensor | None) -> None:
    with torch.no_grad():
        module.weight.copy_(weight)
        if bias is not None:
            module.bias.copy_(bias)


def _activation(layer: Layer) -> list[nn.Module]:
    """What a convolution does with its sums."""
    kind, numbers = layer.whole(9), [float(v) for v in layer.array(10)]
    made = {0: lambda: [], 1: lambda: [nn.ReLU()], 2: lambda: [nn.LeakyReLU(numbers[0])],
            3: lambda: [Clip(numbers[0], numbers[1])], 4: lambda: [nn.Sigmoid()], 5: lambda: [nn.Mish()],
            6: lambda: [HardSigmoid(numbers[0], numbers[1], True)]}
    if kind not in made:
        raise layer.failure(f"its activation {kind} is not known")
    return made[kind]()


def _sides(layer: Layer, value: float = 0.0) -> tuple[list[int], nn.Module | None]:
    """Left, right, top, bottom; and what pads where that isn't the same amount everywhere."""
    left = layer.whole(4)
    sides = [left, layer.whole(15, left), layer.whole(14, left), 0]
    sides[3] = layer.whole(16, sides[2])
    if left in SAME:
        return [0] * 4, SamePad(extent(layer), stride(layer), left == SAME[1], value)
    if sides[0] != sides[1] or sides[2] != sides[3] or value != 0.0:
        return [0] * 4, Pad(sides, 0, value)
    return sides, None


def kernel(layer: Layer) -> tuple[int, int]:
    return layer.whole(11, layer.whole(1)), layer.whole(1)


def dilation(layer: Layer) -> tuple[int, int]:
    return layer.whole(12, layer.whole(2, 1)), layer.whole(2, 1)


def stride(layer: Layer) -> tuple[int, int]:
    return layer.whole(13, layer.whole(3, 1)), layer.whole(3, 1)


def extent(layer: Layer) -> tuple[int, int]:
    """Height and width of what a convolution sees."""
    return tuple(d * (k - 1) + 1 for d, k in zip(dilation(layer), kernel(layer), strict=True))


def _outputs(layer: Layer) -> tuple[int, int]:
    """Channels out, and channels in for each group."""
    if layer.whole(19 if layer.type.startswith("Conv") else 28):
        raise layer.failure("its weights come from another layer, which isn't supported")
    out = layer.whole(0)
    high, wide = kernel(layer)
    return out, layer.whole(6) // max(1, out * high * wide)


def convolution(layer: Layer, weights: Weights, ranks: list[int]) -> nn.Module:
    groups = layer.whole(7, 1) if layer.type == "ConvolutionDepthWise" else 1
    out, each = _outputs(layer)
    high, wide = kernel(layer)
    weight = weights.tagged(out, each, high, wide)
    bias = weights.raw(out) if layer.whole(5) else None
    sides, pad = _sides(layer, layer.number(18))
    inner = nn.Conv2d(each * groups, out, (high, wide), stride(layer), (sides[2], sides[0]), dilation(layer), groups,
                      bias is not None)
    _set(inner, weight, bias)
    parts = [*([pad] if pad else []), inner, *_activation(layer)]
    made = nn.Sequential(*parts) if len(parts) > 1 else inner
    return OfVector(made) if ranks[0] == 1 else made


def deconvolution(layer: Layer, weights: Weights, _: list[int]) -> nn.Module:
    if layer.whole(20) or layer.whole(21):
        raise layer.failure("a fixed output size (20, 21) isn't supported")
    groups = layer.whole(7, 1) if layer.type == "DeconvolutionDepthWise" else 1
    out, each = _outputs(layer)
    high, wide = kernel(layer)
    weight = weights.tagged(groups, out // groups, each, high, wide).transpose(1, 2).reshape(groups * each, out // groups, high, wide)
    bias = weights.raw(out) if layer.whole(5) else None
    right = layer.whole(18)
    more = (layer.whole(19, right), right)
    left = layer.whole(4)
    if left in SAME:
        raise layer.failure("SAME padding of a deconvolution isn't supported")
    top = layer.whole(14, left)
    inner = nn.ConvTranspose2d(each * groups, out, (high, wide), stride(layer), (0, 0), more, groups, bias is not None,
                               dilation(layer))
    _set(inner, weight, bias)
    sides = [left, layer.whole(15, left), top, layer.whole(16, top)]
    return nn.Sequential(inner, *([Trim(sides)] if any(sides) else []), *_activation(layer))


def inner_product(layer: Layer, weights: Weights, _: list[int]) -> nn.Module:
    out = layer.whole(0)
    weight = weights.tagged(out, layer.whole(2) // max(1, out))
    made = Linear(weight, weights.raw(out) if layer.whole(1) else None)
    return nn.Sequential(made, *_activation(layer))


def prelu(layer: Layer, weights: Weights, _: list[int]) -> nn.Module:
    made = nn.PReLU(layer.whole(0))
    _set(made, weights.raw(layer.whole(0)), None)
    return made


def relu(layer: Layer, *_) -> nn.Module:
    slope = layer.number(0)
    return nn.LeakyReLU(slope) if slope else nn.ReLU()


def binary(layer: Layer, *_) -> nn.Module:
    kind = layer.whole(0)
    if not 0 <= kind <= 11:
        raise layer.failure(f"its operation {kind} is not known")
    return WithNumber(kind, layer.number(2)) if layer.whole(1) else Binary(kind)


def unary(layer: Layer, *_) -> nn.Module:
    kind = layer.whole(0)
    if not 0 <= kind < len(Unary.NAMES):
        raise layer.failure(f"its operation {kind} is not known")
    return Unary(Unary.NAMES[kind])


def eltwise(layer: Layer, *_) -> nn.Module:
    return Eltwise(layer.whole(0), [float(v) for v in layer.array(1)] or [1.0] * len(layer.inputs))


def axis_of(layer: Layer, key: int, rank: int) -> int:
    """Of the tensor, from ncnn's."""
    axis = layer.whole(key)
    return (axis if axis >= 0 else rank + axis) + 1


def cut(layer: Layer, _: Weights, ranks: list[int]) -> nn.Module:
    axis = axis_of(layer, 1, ranks[0])
    return Cuts(axis, layer.array(2)) if layer.array(2) else Slice(axis, layer.array(0))


def crop(layer: Layer, _: Weights, ranks: list[int]) -> nn.Module:
    if any(isinstance(layer.values.get(k), str) for k in (19, 20, 21)):
        raise layer.failure("sizes by expressions aren't supported")
    rank = ranks[0]
    if layer.array(9):
        axes = layer.array(11) or list(range(rank))
        return Crop(axes, [0 if s == REST else s for s in layer.array(9)], layer.array(10))
    keys = {1: [0], 2: [1, 0], 3: [2, 1, 0]}[rank]  # of w, h, c: offset k, size k + 3, what is cut at the end k + 6
    offsets = [layer.whole(k) for k in keys]
    if REST in offsets:
        raise layer.failure("offsets that another layer computes aren't supported")
    if len(layer.inputs) > 1:
        return CropLike(offsets)
    ends = [_end(layer, k, offset) for k, offset in zip(keys, offsets, strict=True)]
    return Crop(list(range(rank)), offsets, ends)


def _end(layer: Layer, key: int, offset: int) -> int:
    size, after = layer.whole(key + 3), layer.whole(key + 6)
    if size not in (0, REST):
        return offset + size
    return -after if after else REST


def interp(layer: Layer, _: Weights, ranks: list[int]) -> nn.Module:
    kind, scale_h, scale_w = layer.whole(0), layer.number(1, 1.0), layer.number(2, 1.0)
    height, width = layer.whole(3), layer.whole(4)
    if layer.whole(5) or len(layer.inputs) > 1 or kind not in (1, 2, 3):
        raise layer.failure(f"resizing of kind {kind}, or to a size that another layer computes, isn't supported")
    if ranks[0] == 1:
        return SpreadVector(height or int(scale_h), width or int(scale_w))
    if kind == 1 and not (height and width):
        return Nearest(scale_h, scale_w)
    mode = {1: "nearest", 2: "bilinear", 3: "bicubic"}[kind]
    return Resize(mode, scale_h, scale_w, height, width, bool(layer.whole(6)))


def pixel_shuffle(layer: Layer, *_) -> nn.Module:
    return Shuffle(layer.whole(0, 1)) if layer.whole(1) else nn.PixelShuffle(layer.whole(0, 1))


def reorg(layer: Layer, *_) -> nn.Module:
    if layer.whole(1):
        raise layer.failure("TensorFlow's order isn't supported")
    return nn.PixelUnshuffle(layer.whole(0, 1))


def pooling(layer: Layer, *_) -> nn.Module:
    average = layer.whole(0) == 1
    if layer.whole(4):
        return GlobalPool(average)
    if layer.whole(7):
        return AdaptivePool(average, [layer.whole(18, layer.whole(8)), layer.whole(8)])
    windows, steps = [layer.whole(11, layer.whole(1)), layer.whole(1)], [layer.whole(12, layer.whole(2, 1)), layer.whole(2, 1)]
    left = layer.whole(3)
    top = layer.whole(13, left)
    mode = layer.whole(5)
    if mode > 1:
        raise layer.failure(f"padding of kind {mode} isn't supported")
    return Pool(average, windows, steps, [left, layer.whole(14, left), top, layer.whole(15, top)], mode == 0,
                bool(layer.whole(6)))


def padding(layer: Layer, *_) -> nn.Module:
    if layer.whole(6) or layer.whole(7) or layer.whole(8) or len(layer.inputs) > 1:
        raise layer.failure("padding of channels, or by what another layer computes, isn't supported")
    return Pad([layer.whole(2), layer.whole(3), layer.whole(0), layer.whole(1)], layer.whole(4), layer.number(5))


def reshape(layer: Layer, *_) -> nn.Module:
    if 6 in layer.values or 11 in layer.values:
        raise layer.failure("shapes of four axes or by expressions aren't supported")
    return Reshape([layer.whole(k) for k in (2, 1, 0) if layer.whole(k, REST) != REST])


def permute(layer: Layer, _: Weights, ranks: list[int]) -> nn.Module:
    return Permute(layer.whole(0), ranks[0])


def softmax(layer: Layer, _: Weights, ranks: list[int]) -> nn.Module:
    if layer.whole(0) != 0 and not layer.whole(1):
        raise layer.failure("an old file's axis, which meant something else; convert the network again with ncnn's tools")
    return Softmax(axis_of(layer, 0, ranks[0]))


def memory_data(layer: Layer, weights: Weights, _: list[int]) -> nn.Module:
    if layer.whole(11):
        raise layer.failure("data of four axes isn't supported")
    shape = [layer.whole(k) for k in (2, 1, 0) if layer.whole(k)]
    return Constant(weights.tagged(*shape) if layer.whole(21, 1) == 0 else weights.raw(*shape))


def batch_norm(layer: Layer, weights: Weights, ranks: list[int]) -> nn.Module:
    count = layer.whole(0)
    slope, mean, variance, bias = (weights.raw(count) for _ in range(4))
    factor = slope / (variance + layer.number(1)).sqrt()
    return Affine(factor, bias - mean * factor, ranks[0])


def scale(layer: Layer, weights: Weights, ranks: list[int]) -> nn.Module:
    count = layer.whole(0)
    if count == REST:
        if layer.whole(1):
            raise layer.failure("a bias with factors from another layer isn't supported")
        return ScaleBy()
    factor = weights.raw(count)
    return Affine(factor, weights.raw(count) if layer.whole(1) else None, ranks[0])


def instance_norm(layer: Layer, weights: Weights, _: list[int]) -> nn.Module:
    count, affine = layer.whole(0), layer.whole(2, 1)
    factor, addend = (weights.raw(count), weights.raw(count)) if affine else (None, None)
    return Normalized(layer.number(1, 0.001), factor, addend)


Build = Callable[[Layer, Weights, list[int]], nn.Module]
LAYERS: dict[str, Build] = {
    "BatchNorm": batch_norm,
    "BinaryOp": binary,
    "Clip": lambda layer, *_: Clip(layer.number(0, -3.4e38), layer.number(1, 3.4e38)),
    "Concat": lambda layer, _, ranks: Concat(axis_of(layer, 0, ranks[0])),
    "Convolution": convolution,
    "ConvolutionDepthWise": convolution,
    "Crop": crop,
    "Deconvolution": deconvolution,
    "DeconvolutionDepthWise": deconvolution,
    "ELU": lambda layer, *_: nn.ELU(layer.number(0, 0.1)),
    "Eltwise": eltwise,
    "Flatten": lambda *_: Flatten(),
    "GELU": lambda layer, *_: nn.GELU("tanh" if layer.whole(0) else "none"),
    "HardSigmoid": lambda layer, *_: HardSigmoid(layer.number(0, 0.2), layer.number(1, 0.5)),
    "HardSwish": lambda layer, *_: HardSigmoid(layer.number(0, 0.2), layer.number(1, 0.5), True),
    "InnerProduct": inner_product,
    "InstanceNorm": instance_norm,
    "Interp": interp,
    "MemoryData": memory_data,
    "Mish": lambda *_: nn.Mish(),
    "PReLU": prelu,
    "Padding": padding,
    "Permute": permute,
    "PixelShuffle": pixel_shuffle,
    "Pooling": pooling,
    "ReLU": relu,
    "Reorg": reorg,
    "Reshape": reshape,
    "Scale": scale,
    "Sigmoid": lambda *_: nn.Sigmoid(),
    "Slice": cut,
    "Softmax": softmax,
    "Swish": lambda *_: nn.SiLU(),
    "TanH": lambda *_: nn.Tanh(),
    "UnaryOp": unary,
}
# Layers without a module: what comes in goes out. (Dropout with a factor is rejected where it is met.)
SAME_VALUE = ("Input", "Split", "Noop", "Dropout")
