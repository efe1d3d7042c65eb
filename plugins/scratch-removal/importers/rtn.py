"""Bringing Old Films Back to Life (RTN): two recurrences over a sequence, with RAFT's flow, a gate and Swin blocks.

Wan, Zhang, Chen, Liao, "Bringing Old Films Back to Life", CVPR 2022 (Swin: Liu et al. 2021, arranged as SwinIR does:
Liang et al. 2021).

It restores a whole sequence at once; the package takes a window and gives the frame in its middle, for which only the
recurrences that reach that frame are run.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from importing import Checkpoint, ImportFailure, Network, Option, System, Table, fill
from importing.raft import SMALLEST, Raft, warp


class Attention(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.relative_position_bias_table = nn.Parameter(torch.zeros(225, heads))
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        y, x = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
        y, x = y.flatten(), x.flatten()
        index = (y[:, None] - y[None] + 7) * 15 + x[:, None] - x[None] + 7
        self.register_buffer("index", index, persistent=False)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x: windows x 64 x C; mask: windows of a picture x 64 x 64, or nothing."""
        b, n, c = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        share = (q * (c // self.heads) ** -0.5) @ k.transpose(2, 3)
        share = share + self.relative_position_bias_table[self.index.flatten()].view(n, n, -1).permute(2, 0, 1)
        if mask.shape[0] > 0:
            share = (share.view(-1, mask.shape[0], self.heads, n, n) + mask[None, :, None]).view(b, self.heads, n, n)
        return self.proj((torch.softmax(share, -1) @ v).transpose(1, 2).reshape(b, n, c))


def windows(x: Tensor) -> Tensor:
    n, h, w, c = x.shape
    return x.view(n, h // 8, 8, w // 8, 8, c).transpose(2, 3).reshape(-1, 64, c)


class Mlp(nn.Module):
    def __init__(self, width: int, inner: int):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class Swin(nn.Module):
    def __init__(self, width: int, heads: int, shift: int):
        super().__init__()
        self.shift = shift
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn, self.mlp = Attention(width, heads), Mlp(width, 2 * width)

    def forward(self, x: Tensor) -> Tensor:
        """N x H x W x C."""
        n, h, w, c = x.shape
        inside = self.norm1(x)
        mask = x.new_zeros(0)
        if self.shift > 0:
            inside = inside.roll([-self.shift, -self.shift], [1, 2])
            rows = torch.zeros(h, device=x.device)
            rows[h - 8:h - self.shift] = 1
            rows[h - self.shift:] = 2
            columns = torch.zeros(w, device=x.device)
            columns[w - 8:w - self.shift] = 1
            columns[w - self.shift:] = 2
            part = (rows[:, None] * 3 + columns[None])[None, :, :, None]
            number = windows(part)[..., 0]
            mask = (number[:, None] != number[:, :, None]).to(x.dtype) * -100.0
        inside = self.attn(windows(inside), mask)
        inside = inside.view(n, h // 8, w // 8, 8, 8, c).transpose(2, 3).reshape(n, h, w, c)
        if self.shift > 0:
            inside = inside.roll([self.shift, self.shift], [1, 2])
        x = x + inside
        return x + self.mlp(self.norm2(x))


class Group(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.residual_group = nn.Module()
        self.residual_group.blocks = nn.ModuleList([Swin(width, heads, 0), Swin(width, heads, 4)])
        self.conv = nn.Conv2d(width, width, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for block in self.residual_group.blocks:
            y = block(y)
        return self.conv(y.permute(0, 3, 1, 2)).permute(0, 2, 3, 1) + x


class Body(nn.Module):
    """Features of a frame, in half its size and back."""

    def __init__(self):
        super().__init__()
        self.conv_first = nn.Conv2d(16, 32, 3, 1, 1)
        self.conv_second = nn.Conv2d(32, 64, 4, 2, 1)
        self.patch_embed = nn.Module()
        self.patch_embed.norm = nn.LayerNorm(64)
        self.layers = nn.ModuleList(Group(64, 4) for _ in range(3))
        self.norm = nn.LayerNorm(64)
        self.conv_after_body = nn.Conv2d(64, 64, 3, 1, 1)
        self.conv_before_upsample = nn.Sequential(nn.Conv2d(64, 64, 3, 1, 1), nn.LeakyReLU(0.01))
        self.conv_up1 = nn.Conv2d(64, 32, 3, 1, 1)
        self.conv_last = nn.Conv2d(32, 16, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        fine = F.leaky_relu(self.conv_first(x), 0.2)
        x = self.conv_second(fine)
        y = self.patch_embed.norm(x.permute(0, 2, 3, 1))
        for group in self.layers:
            y = group(y)
        x = x + self.conv_after_body(self.norm(y).permute(0, 3, 1, 2))
        x = F.interpolate(self.conv_before_upsample(x), scale_factor=2.0, mode="nearest")
        return self.conv_last(F.leaky_relu(self.conv_up1(x) + fine, 0.2))


class Gate(nn.Module):
    """How much of what came along the sequence is kept, told by where the neighbor, moved here, differs."""

    def __init__(self):
        super().__init__()
        self.conv2d_projection_head = nn.Conv2d(3, 16, 3, 1, 1)
        self.conv2d_1 = nn.Conv2d(33, 8, 3, 1, 1)
        self.conv2d_2 = nn.Conv2d(8, 1, 3, 1, 1)

    def forward(self, frame: Tensor, neighbor: Tensor, features: Tensor, flow: Tensor) -> Tensor:
        own = self.conv2d_projection_head(frame)
        if features.shape[1] == 0:
            return own
        features = warp(features, flow)
        apart = (warp(neighbor, flow)[:, :1] - frame[:, :1]).abs()
        inside = F.leaky_relu(self.conv2d_1(torch.cat([features, own, apart], 1)), 0.2)
        share = torch.sigmoid(self.conv2d_2(inside))
        return share * features + (1 - share) * own


class Convolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.up_conv = nn.Conv2d(16, 16, 3, 1, 1)  # its enlargement is by one


class Rtn(nn.Module):
    """window N x T x 3 x H x W in [0, 1], T odd, to picture N x 3 x H x W."""

    def __init__(self):
        super().__init__()
        self.spynet = Raft()
        self.forward_resblocks, self.backward_resblocks = Body(), Body()
        self.Forward_Aggregation, self.Backward_Aggregation = Gate(), Gate()
        self.concate = nn.Conv2d(32, 16, 3, 1, 1)
        self.up1, self.up2 = Convolution(), Convolution()
        self.conv_hr, self.conv_last = nn.Conv2d(16, 16, 3, 1, 1), nn.Conv2d(16, 3, 3, 1, 1)
        self.smallest = SMALLEST

    def forward(self, window: Tensor) -> Tensor:
        count, height, width = window.shape[1], window.shape[3], window.shape[4]
        grown = [0, max(0, self.smallest - width), 0, max(0, self.smallest - height)]
        frames = [F.pad(frame, grown, "replicate") * 2 - 1 for frame in window.unbind(1)]
        middle = count // 2

        after = frames[0].new_zeros(1, 0)
        neighbor = frames[count - 1]
        for i in range(count - 1, middle - 1, -1):
            flow = self.spynet(frames[i], neighbor) if i < count - 1 else neighbor
            after = self.backward_resblocks(self.Backward_Aggregation(frames[i], neighbor, after, flow))
            neighbor = frames[i]

        before = frames[0].new_zeros(1, 0)
        neighbor = frames[0]
        for i in range(middle + 1):
            flow = self.spynet(frames[i], neighbor) if i > 0 else neighbor
            before = self.forward_resblocks(self.Forward_Aggregation(frames[i], neighbor, before, flow))
            neighbor = frames[i]

        x = F.leaky_relu(self.concate(torch.cat([after, before], 1)), 0.1)
        x = F.leaky_relu(self.up2.up_conv(F.leaky_relu(self.up1.up_conv(x), 0.1)), 0.1)
        x = self.conv_last(F.leaky_relu(self.conv_hr(x), 0.1)) + frames[middle]
        return ((torch.tanh(x) + 1) / 2)[:, :, :height, :width]


def find(checkpoint: Checkpoint) -> dict[str, Table] | None:
    table = checkpoint.table("spynet.fnet.conv1.weight", "Forward_Aggregation.conv2d_1.weight", "concate.weight")
    return {"network": table} if table else None


def build(tables: dict[str, Table], options: dict) -> Network:
    frames = options["frames"]
    if frames < 3 or frames % 2 == 0:
        raise ImportFailure(f"expected an odd number of frames, 3 or more, found {frames}; say --set frames=5")
    # Buffers that are computed here, and norms that the file holds under two names.
    net = fill(Rtn(), tables["network"], ignore=r".*relative_position_index|.*attn_mask|.*\.norm3\..*").eval()
    examples = [(torch.rand(1, frames, 3, h, w, generator=torch.Generator().manual_seed(h)),)
                for h, w in ((128, 144), (48, 80))]
    return Network(net, examples, ["window"], ["picture"], before=frames // 2, after=frames // 2, size_multiple=16,
                   more={"aligned": False})


SYSTEMS = [
    System("rtn", "scratch-removal", "Bringing Old Films Back to Life", "Ziyu Wan, Bo Zhang, Dongdong Chen, Jing Liao",
           "academic research only", "Bringing Old Films Back to Life (CVPR 2022), arXiv:2203.17276",
           "https://github.com/raywzy/Bringing-Old-Films-Back-to-Life", "net_G_200000.pth", find, build,
           {"frames": Option(5, "frames seen at once, odd")}),
]
