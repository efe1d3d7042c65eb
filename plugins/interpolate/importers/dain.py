"""DAIN: flow, depth and context, projected to the time asked for; kernels that blend what lies around a place.

Bao et al., "Depth-Aware Video Frame Interpolation", CVPR 2019. Flow by PWC-Net (Sun et al. 2018), depth by an hourglass
(Chen et al. 2016; MegaDepth: Li, Snavely 2018), kernels and their adaptive warping after MEMC-Net (Bao et al. 2018).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from importing import Checkpoint, Network, System, Table, fill


def part(table: Table, prefix: str) -> Table:
    return {k[len(prefix):]: v for k, v in table.items() if k.startswith(prefix)}


# ---- the three layers that its authors wrote for CUDA

def correlation(a: Tensor, b: Tensor) -> Tensor:
    """Mean over channels of a[y, x] b[y + dy, x + dx] for displacements of -4 to 4, zeros outside: N x 81 x H x W."""
    h, w = a.shape[2], a.shape[3]
    wide = F.pad(b, [4, 4, 4, 4])
    rows: list[Tensor] = []
    for dy in range(9):
        for dx in range(9):
            rows.append((a * wide[:, :, dy:dy + h, dx:dx + w]).mean(1))
    return torch.stack(rows, 1)


def nearest_before(values: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Along the last axis: the value at the nearest known place at or before each place, and whether there is one."""
    w = known.shape[3]
    places = torch.arange(w, device=known.device).expand_as(known)
    last = torch.where(known, places, torch.full_like(places, -1)).cummax(3)[0]
    found = last >= 0
    return values.gather(3, last.clamp(min=0).expand(-1, values.shape[1], -1, -1)) * found, found


def project(flow: Tensor, weight: Tensor) -> Tensor:
    """Depth-aware flow projection: a flow given at its source's pixels becomes one at its targets, pointing back.

    flow N x 2 x H x W (pixels), weight N x 1 x H x W. Holes take the mean of the nearest vectors to the left, right, above
    and below.
    """
    n, h, w = flow.shape[0], flow.shape[2], flow.shape[3]
    y, x = torch.meshgrid(torch.arange(h, device=flow.device), torch.arange(w, device=flow.device), indexing="ij")
    tx, ty = x + flow[:, 0], y + flow[:, 1]
    inside = (tx >= 0) & (ty >= 0) & (tx <= w - 1) & (ty <= h - 1)
    left, top = tx.floor().long().clamp(0, w - 1), ty.floor().long().clamp(0, h - 1)
    right, bottom = (left + 1).clamp(max=w - 1), (top + 1).clamp(max=h - 1)
    share = weight[:, 0] * inside
    given = torch.stack([-share * flow[:, 0], -share * flow[:, 1], share], 1).flatten(2)  # N x 3 x HW
    sums = torch.zeros(n, 3, h * w, device=flow.device, dtype=flow.dtype)
    for place in (top * w + left, top * w + right, bottom * w + left, bottom * w + right):
        sums.scatter_add_(2, place.flatten(1).unsqueeze(1).expand(-1, 3, -1), given)
    sums = sums.view(n, 3, h, w)
    count = sums[:, 2:]
    known = count > 0
    result = torch.where(known, sums[:, :2] / count.where(known, torch.ones_like(count)), torch.zeros_like(flow))
    total, found = torch.zeros_like(result), torch.zeros_like(count)
    flipped: list[int] = [3]
    a, fa = nearest_before(result, known)
    b, fb = nearest_before(result.flip(flipped), known.flip(flipped))
    c, fc = nearest_before(result.transpose(2, 3), known.transpose(2, 3))
    d, fd = nearest_before(result.transpose(2, 3).flip(flipped), known.transpose(2, 3).flip(flipped))
    total = a + b.flip(flipped) + c.transpose(2, 3) + d.flip(flipped).transpose(2, 3)
    found = fa.to(flow.dtype) + fb.flip(flipped) + fc.transpose(2, 3) + fd.flip(flipped).transpose(2, 3)
    return torch.where(known, result, total / found.clamp(min=1))


def filtered(picture: Tensor, flow: Tensor, taps: Tensor) -> Tensor:
    """Adaptive warping: 4 x 4 pixels about the flow's end, weighed by taps (N x 16 x H x W) and bilinearly by quadrant."""
    n, ch, h, w = picture.shape[0], picture.shape[1], picture.shape[2], picture.shape[3]
    y, x = torch.meshgrid(torch.arange(h, device=flow.device), torch.arange(w, device=flow.device), indexing="ij")
    u, v = flow[:, 0], flow[:, 1]
    tx, ty = x + u, y + v
    inside = (tx >= 0) & (ty >= 0) & (tx <= w - 1) & (ty <= h - 1) & (u.abs() < w / 2.0) & (v.abs() < h / 2.0)
    i, j = tx.floor(), ty.floor()
    alpha, beta = (tx - i).unsqueeze(1), (ty - j).unsqueeze(1)
    left, top = i.clamp(-8, w + 8).long(), j.clamp(-8, h + 8).long()
    flat = picture.flatten(2)
    result = torch.zeros_like(picture)
    for q in range(4):
        row = (top + (q - 1)).clamp(0, h - 1)
        down = beta if q >= 2 else 1 - beta
        for p in range(4):
            place = row * w + (left + (p - 1)).clamp(0, w - 1)
            across = alpha if p >= 2 else 1 - alpha
            sample = flat.gather(2, place.flatten(1).unsqueeze(1).expand(-1, ch, -1)).view(n, ch, h, w)
            result = result + sample * taps[:, 4 * q + p].unsqueeze(1) * down * across
    return torch.where(inside.unsqueeze(1), result, picture)


# ---- PWC-Net

def conv(inputs: int, outputs: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, dilation, dilation), nn.LeakyReLU(0.1))


def warp(x: Tensor, flow: Tensor) -> Tensor:
    h, w = x.shape[2], x.shape[3]
    py, px = torch.meshgrid(torch.arange(h, device=flow.device), torch.arange(w, device=flow.device), indexing="ij")
    grid = torch.stack([2 * (px + flow[:, 0]) / max(w - 1, 1) - 1, 2 * (py + flow[:, 1]) / max(h - 1, 1) - 1], 3)
    moved = F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=True)
    seen = F.grid_sample(torch.ones_like(x), grid, mode="bilinear", padding_mode="zeros", align_corners=True)
    return moved * (seen >= 0.9999)


class Features(nn.Module):
    """Three convolutions, the first of which halves the size."""

    def __init__(self, inputs: int, width: int):
        super().__init__()
        self.a, self.aa, self.b = conv(inputs, width, 2), conv(width, width), conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.b(self.aa(self.a(x)))


class Dense(nn.Module):
    """Five densely connected convolutions and the flow that they give."""

    def __init__(self, inputs: int):
        super().__init__()
        widths = [128, 128, 96, 64, 32]
        self.convs = nn.ModuleList(conv(inputs + sum(widths[:i]), width) for i, width in enumerate(widths))
        self.predict = nn.Conv2d(inputs + sum(widths), 2, 3, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        for layer in self.convs:
            x = torch.cat([layer(x), x], 1)
        return x, self.predict(x)


class Level(nn.Module):
    """A level below the coarsest: warps by what was found there."""

    def __init__(self, coarser: int, width: int, unit: float):
        super().__init__()
        self.unit = unit
        self.deconv = nn.ConvTranspose2d(2, 2, 4, 2, 1)
        self.upfeat = nn.ConvTranspose2d(coarser, 2, 4, 2, 1)
        self.dense = Dense(81 + width + 4)

    def forward(self, a: Tensor, b: Tensor, x: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
        flow, more = self.deconv(flow), self.upfeat(x)
        likeness = F.leaky_relu(correlation(a, warp(b, flow * self.unit)), 0.1)
        return self.dense(torch.cat([likeness, a, flow, more], 1))


class Flow(nn.Module):
    """a, b N x 3 x H x W to the flow at a quarter of the size, in units of 20 pixels of the whole."""

    def __init__(self):
        super().__init__()
        widths = [16, 32, 64, 96, 128, 196]
        self.f1, self.f2, self.f3 = Features(3, 16), Features(16, 32), Features(32, 64)
        self.f4, self.f5, self.f6 = Features(64, 96), Features(96, 128), Features(128, 196)
        self.dense6 = Dense(81)
        rest = 448
        self.level5 = Level(81 + rest, widths[4], 0.625)
        self.level4 = Level(81 + widths[4] + 4 + rest, widths[3], 1.25)
        self.level3 = Level(81 + widths[3] + 4 + rest, widths[2], 2.5)
        self.level2 = Level(81 + widths[2] + 4 + rest, widths[1], 5.0)
        last = 81 + widths[1] + 4 + rest
        self.context = nn.Sequential(conv(last, 128), conv(128, 128, 1, 2), conv(128, 128, 1, 4), conv(128, 96, 1, 8),
                                     conv(96, 64, 1, 16), conv(64, 32), nn.Conv2d(32, 2, 3, padding=1))

    def pyramid(self, x: Tensor) -> list[Tensor]:
        x2 = self.f2(self.f1(x))
        x3 = self.f3(x2)
        x4 = self.f4(x3)
        x5 = self.f5(x4)
        return [x2, x3, x4, x5, self.f6(x5)]

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        pa, pb = self.pyramid(a), self.pyramid(b)
        x, flow = self.dense6(F.leaky_relu(correlation(pa[4], pb[4]), 0.1))
        x, flow = self.level5(pa[3], pb[3], x, flow)
        x, flow = self.level4(pa[2], pb[2], x, flow)
        x, flow = self.level3(pa[1], pb[1], x, flow)
        x, flow = self.level2(pa[0], pb[0], x, flow)
        return flow + self.context(x)


def flow_names(table: Table) -> Table:
    """PWC-Net's names to those of the modules here."""
    result: Table = {}
    order = {"a": "aa", "aa": "a", "b": "b"}  # the sixth level's first convolution is called aa
    for name, tensor in table.items():
        base, kind = name.rsplit(".", 1)
        base = base.removesuffix(".0")
        suffix = "." + kind
        if base.startswith("conv") and "_" not in base:
            level, which = int(base[4]), base[5:]
            result[f"f{level}.{order[which] if level == 6 else which}.0{suffix}"] = tensor
        elif base.startswith("conv"):
            level, index = int(base[4]), int(base[6])
            dense = "dense6" if level == 6 else f"level{level}.dense"
            result[f"{dense}.convs.{index}.0{suffix}"] = tensor
        elif base.startswith("predict_flow"):
            level = int(base[-1])
            result[("dense6" if level == 6 else f"level{level}.dense") + f".predict{suffix}"] = tensor
        elif base.startswith(("deconv", "upfeat")) and base != "deconv2":
            result[f"level{int(base[-1]) - 1}.{base[:-1]}{suffix}"] = tensor
        elif base.startswith("dc_conv"):
            index = int(base[-1]) - 1
            result[f"context.{index}{'.0' if index < 6 else ''}{suffix}"] = tensor
    return result


# ---- depth

class Joined(nn.Module):
    def __init__(self, branches: list[nn.Module]):
        super().__init__()
        self.b0, self.b1, self.b2, self.b3 = branches

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.b0(x), self.b1(x), self.b2(x), self.b3(x)], 1)


class Added(nn.Module):
    def __init__(self, first: nn.Module, second: nn.Module):
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x: Tensor) -> Tensor:
        return self.first(x) + self.second(x)


def tree_of(table: Table) -> dict:
    tree: dict = {}
    for name, tensor in table.items():
        *path, leaf = name.split(".")
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        node[leaf] = tensor
    return tree


def hourglass(node: dict, level: int = 0) -> nn.Module:
    """The module that a part of the checkpoint's tree of names stands for, filled.

    Sequences have gaps where a layer has no weights: ReLU after a normalization, pooling at an hourglass's beginning,
    enlargement at its end. The two outer levels pool by maximum, the two inner ones by average. Four sequences side by side that begin with a convolution are joined (inception), two are added.
    """
    if isinstance(node.get("running_mean"), Tensor):
        norm = nn.BatchNorm2d(len(node["running_mean"]), affine="weight" in node)
        return fill(norm, node)
    if isinstance(node.get("weight"), Tensor):
        outputs, inputs, size, _ = node["weight"].shape
        return fill(nn.Conv2d(inputs, outputs, size, padding=size // 2), node)
    keys = sorted(node, key=int)
    heads = [node[k].get("0", {}) for k in keys]
    if len(keys) == 4 and all(isinstance(h.get("weight"), Tensor) for h in heads):
        return Joined([hourglass(node[k], level) for k in keys])
    if keys == ["0"] and set(node["0"]) == {"0", "1"} and "weight" not in heads[0] and not is_inception(node["0"]["0"]):
        return Added(hourglass(node["0"]["0"], level), hourglass(node["0"]["1"], level))
    layers: list[nn.Module] = []
    if keys[0] == "1":
        layers.append(nn.MaxPool2d(2) if level < 2 else nn.AvgPool2d(2))
        level += 1
    for k in keys:
        layers.append(hourglass(node[k], level))
        if isinstance(layers[-1], nn.BatchNorm2d):
            layers.append(nn.ReLU())
    if keys[0] == "1":
        layers.append(nn.Upsample(scale_factor=2.0, mode="nearest"))
    return nn.Sequential(*layers)


def is_inception(node: dict) -> bool:
    return set(node) == {"0", "1", "2", "3"} and all(isinstance(node[k].get("0", {}).get("weight"), Tensor) for k in node)


# ---- the rest

class Residual(nn.Module):
    def __init__(self, width: int, dilation: int = 1):
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv2(F.relu(self.conv1(x))) + x)


class Context(nn.Module):
    def __init__(self):
        super().__init__()
        self.block1 = nn.Sequential(nn.Conv2d(3, 64, 7, padding=3, bias=False), nn.ReLU())
        self.block2 = Residual(64, 4)
        self.block3 = Residual(64, 8)

    def forward(self, x: Tensor) -> Tensor:
        x1 = self.block1(x)
        x2 = self.block2(x1)
        return torch.cat([x1, x2, self.block3(x2)], 1)


class Rectify(nn.Module):
    def __init__(self):
        super().__init__()
        self.block1 = nn.Sequential(nn.Conv2d(437, 128, 7, padding=3), nn.ReLU())
        self.block2 = Residual(128)
        self.block3 = Residual(128)
        self.block4 = Residual(128)
        self.block5 = nn.Sequential(nn.Conv2d(128, 3, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        return self.block5(self.block4(self.block3(self.block2(self.block1(x)))))


class Kernels(nn.Module):
    """Two times 16 taps a pixel, by a U-Net that adds where others join."""

    def __init__(self):
        super().__init__()
        downs, ups = [16, 32, 64, 128, 256, 512], [512, 256, 128, 64, 32]
        self.enter = nn.Conv2d(6, 16, 3, padding=1)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(downs[:-1], downs[1:], strict=True))
        self.middle = nn.Conv2d(512, 512, 3, padding=1)
        self.up = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(ups, [*ups[1:], 16], strict=True))
        self.head1 = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1))
        self.head2 = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = F.relu(self.enter(x))
        skips: list[Tensor] = []
        for layer in self.down:
            x = F.relu(layer(x))
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = F.relu(self.middle(x))
        for layer in self.up:
            x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False) + skips.pop()
            x = F.relu(layer(x))
        return self.head1(x), self.head2(x)


def kernel_names(table: Table) -> Table:
    places = {0: "enter", 17: "middle"}
    places |= {n: f"down.{i}" for i, n in enumerate((2, 5, 8, 11, 14))}
    places |= {n: f"up.{i}" for i, n in enumerate((20, 23, 26, 29, 32))}
    own = {f"{places[int(k.split('.')[0])]}.{k.split('.')[1]}": v for k, v in part(table, "initScaleNets_filter.").items()}
    own |= {f"head1.{k}": v for k, v in part(table, "initScaleNets_filter1.").items()}
    return own | {f"head2.{k}": v for k, v in part(table, "initScaleNets_filter2.").items()}


def padding(side: int) -> tuple[int, int]:
    """To the next multiple of 128, half on either end; 32 and 32 where it is one already."""
    if side % 128 == 0:
        return 32, 32
    missing = (side // 128 + 1) * 128 - side
    return missing // 2, missing - missing // 2


class Dain(nn.Module):
    def __init__(self, depth: nn.Module):
        super().__init__()
        self.flow, self.depth, self.kernels = Flow(), depth, Kernels()
        self.context, self.rectify = Context(), Rectify()

    def forward(self, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
        h, w = a.shape[2], a.shape[3]
        top, bottom = padding(h)
        left, right = padding(w)
        # A side that is a multiple already may be padded to no multiple of the flow's 64: its authors' way, kept.
        sides = [left, right, top, bottom]
        a, b = F.pad(a, sides, "replicate"), F.pad(b, sides, "replicate")
        flow_a = F.interpolate(20 * t * self.flow(a, b), scale_factor=4.0, mode="bilinear", align_corners=False)
        flow_b = F.interpolate(20 * (1 - t) * self.flow(b, a), scale_factor=4.0, mode="bilinear", align_corners=False)
        depth_a, depth_b = self.depth(a), self.depth(b)
        to_a = project(flow_a, 1e-6 + 1 / depth_a.exp())
        to_b = project(flow_b, 1e-6 + 1 / depth_b.exp())
        taps_a, taps_b = self.kernels(torch.cat([a, b], 1))
        seen_a = filtered(torch.cat([a, self.context(a), depth_a], 1), to_a, taps_a)
        seen_b = filtered(torch.cat([b, self.context(b), depth_b], 1), to_b, taps_b)
        from_a, from_b = seen_a[:, :3], seen_b[:, :3]
        blend = (1 - t) * from_a + t * from_b
        rest = self.rectify(torch.cat([blend, from_a, from_b, to_a, to_b, taps_a, taps_b, seen_a, seen_b], 1))
        return (blend + rest)[..., top:top + h, left:left + w].clamp(0.0, 1.0)


def find(checkpoint: Checkpoint) -> dict[str, Table] | None:
    table = checkpoint.table("initScaleNets_filter.0.weight", "flownets.conv1a.0.weight", "depthNet.0.weight",
                             "rectifyNet.block1.0.weight")
    return {"network": table} if table else None


def build(tables: dict[str, Table], _: dict) -> Network:
    table = {k: v for k, v in tables["network"].items() if not k.endswith("num_batches_tracked")}
    net = Dain(hourglass(tree_of(part(table, "depthNet."))))
    fill(net.flow, flow_names(part(table, "flownets.")))
    fill(net.kernels, kernel_names(table))
    fill(net.context, part(table, "ctxNet."))
    fill(net.rectify, part(table, "rectifyNet."))
    examples = [(torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h)),
                 torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h + 1)), torch.full((1, 1, 1, 1), t))
                for h, w, t in ((64, 96, 0.5), (75, 61, 0.25))]
    return Network(net.eval(), examples, ["a", "b", "t"], ["picture"])


SYSTEMS = [
    System("dain", "interpolate", "DAIN", "Wenbo Bao, Wei-Sheng Lai, Chao Ma, Xiaoyun Zhang, Zhiyong Gao, Ming-Hsuan Yang", "MIT",
           "Depth-Aware Video Frame Interpolation (CVPR 2019), arXiv:1904.00830", "https://github.com/baowenbo/DAIN",
           "best.pth", find, build),
]
