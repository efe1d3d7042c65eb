"""DDColor: a ConvNeXt encoder, a U-shaped pixel decoder, and color queries that attend to its scales.

Kang, Yang, Ouyang, Ren, Li, Xie, "DDColor: Towards Photo-Realistic Image Colorization via Dual Decoders", ICCV 2023
(ConvNeXt: Liu et al. 2022; queries after Mask2Former: Cheng et al. 2022).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from importing import Checkpoint, Network, System, Table, fill, folded, highest

HEADS = 8


class ChannelNorm(nn.LayerNorm):
    """Over the channels of N,C,H,W."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps).permute(0, 3, 1, 2)


class Block(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.pwconv1 = nn.Linear(width, 4 * width)
        self.pwconv2 = nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        inside = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        return x + (self.gamma * self.pwconv2(F.gelu(self.pwconv1(inside)))).permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    def __init__(self, depths: list[int], widths: list[int]):
        super().__init__()
        steps = [nn.Sequential(nn.Conv2d(3, widths[0], 4, 4), ChannelNorm(widths[0], eps=1e-6))]
        for a, b in zip(widths[:-1], widths[1:], strict=True):
            steps.append(nn.Sequential(ChannelNorm(a, eps=1e-6), nn.Conv2d(a, b, 2, 2)))
        self.downsample_layers = nn.ModuleList(steps)
        self.stages = nn.ModuleList(nn.Sequential(*(Block(w) for _ in range(d))) for d, w in zip(depths, widths, strict=True))
        self.norm0 = ChannelNorm(widths[0], eps=1e-6)
        self.norm1 = ChannelNorm(widths[1], eps=1e-6)
        self.norm2 = ChannelNorm(widths[2], eps=1e-6)
        self.norm3 = ChannelNorm(widths[3], eps=1e-6)

    def forward(self, x: Tensor) -> list[Tensor]:
        x0 = self.stages[0](self.downsample_layers[0](x))
        x1 = self.stages[1](self.downsample_layers[1](x0))
        x2 = self.stages[2](self.downsample_layers[2](x1))
        x3 = self.stages[3](self.downsample_layers[3](x2))
        return [self.norm0(x0), self.norm1(x1), self.norm2(x2), self.norm3(x3)]


class Encoder(nn.Module):
    def __init__(self, depths: list[int], widths: list[int]):
        super().__init__()
        self.arch = ConvNeXt(depths, widths)

    def forward(self, x: Tensor) -> list[Tensor]:
        return self.arch(x)


class Shuffle(nn.Module):
    """Larger by pixel shuffle, blurred by 2 x 2 averages."""

    def __init__(self, inputs: int, outputs: int, scale: int, norm: bool):
        super().__init__()
        self.scale = scale
        self.conv = nn.Sequential(nn.Conv2d(inputs, outputs * scale * scale, 1, bias=not norm))
        if norm:
            self.conv.append(nn.BatchNorm2d(outputs * scale * scale))

    def forward(self, x: Tensor) -> Tensor:
        x = F.pixel_shuffle(F.relu(self.conv(x)), self.scale)
        return F.avg_pool2d(F.pad(x, [1, 0, 1, 0], "replicate"), 2, 1)


class Up(nn.Module):
    def __init__(self, inputs: int, skip: int, outputs: int):
        super().__init__()
        self.shuf = Shuffle(inputs, outputs, 2, True)
        self.bn = nn.BatchNorm2d(skip)
        self.conv = nn.Sequential(nn.Conv2d(outputs + skip, outputs, 3, padding=1, bias=False), nn.ReLU(),
                                  nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.conv(F.relu(torch.cat([self.shuf(x), self.bn(skip)], 1)))


class Attention(nn.Module):
    """Multi-head attention (Vaswani et al. 2017), batch first; one matrix holds query, key and value."""

    def __init__(self, width: int):
        super().__init__()
        self.heads = HEADS
        self.in_proj_weight = nn.Parameter(torch.zeros(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        wq, wk, wv = self.in_proj_weight.chunk(3)
        bq, bk, bv = self.in_proj_bias.chunk(3)
        n, c = query.shape[0], query.shape[2]

        q = F.linear(query, wq, bq).view(n, -1, self.heads, c // self.heads).transpose(1, 2)
        k = F.linear(key, wk, bk).view(n, -1, self.heads, c // self.heads).transpose(1, 2)
        v = F.linear(value, wv, bv).view(n, -1, self.heads, c // self.heads).transpose(1, 2)
        share = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(c / self.heads), -1)
        return self.out_proj((share @ v).transpose(1, 2).reshape(n, -1, c))


class Cross(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.multihead_attn = Attention(width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, where: Tensor, memory: Tensor, places: Tensor) -> Tensor:
        return self.norm(x + self.multihead_attn(x + where, memory + places, memory))


class Itself(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.self_attn = Attention(width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, where: Tensor) -> Tensor:
        return self.norm(x + self.self_attn(x + where, x + where, x))


class Feed(nn.Module):
    def __init__(self, width: int, inner: int):
        super().__init__()
        self.linear1 = nn.Linear(width, inner)
        self.linear2 = nn.Linear(inner, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x + self.linear2(F.relu(self.linear1(x))))


class Perceptron(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers[2](F.relu(self.layers[1](F.relu(self.layers[0](x)))))


class ColorDecoder(nn.Module):
    def __init__(self, queries: int, width: int, scales: list[int], layers: int, inner: int):
        super().__init__()
        self.width = width
        self.query_feat = nn.Embedding(queries, width)
        self.query_embed = nn.Embedding(queries, width)
        self.level_embed = nn.Embedding(len(scales), width)
        self.input_proj = nn.ModuleList(nn.Conv2d(s, width, 1) for s in scales)
        self.transformer_cross_attention_layers = nn.ModuleList(Cross(width) for _ in range(layers))
        self.transformer_self_attention_layers = nn.ModuleList(Itself(width) for _ in range(layers))
        self.transformer_ffn_layers = nn.ModuleList(Feed(width, inner) for _ in range(layers))
        self.decoder_norm = nn.LayerNorm(width)
        self.color_embed = Perceptron(width)

    def places(self, x: Tensor) -> Tensor:
        """Sines of the position, 1 x HW x C (DETR: Carion et al. 2020), normalized to the picture."""
        h, w, half = x.shape[2], x.shape[3], self.width // 2
        steps = torch.arange(half, device=x.device)
        period = 10000.0 ** (2 * torch.div(steps, 2, rounding_mode="floor") / half)
        y = torch.arange(1, h + 1, device=x.device) / (h + 1e-6) * (2 * math.pi)
        x = torch.arange(1, w + 1, device=x.device) / (w + 1e-6) * (2 * math.pi)
        py, px = y[:, None] / period, x[:, None] / period
        py = torch.stack([py[:, 0::2].sin(), py[:, 1::2].cos()], 2).flatten(1)
        px = torch.stack([px[:, 0::2].sin(), px[:, 1::2].cos()], 2).flatten(1)
        both = torch.cat([py[:, None].expand(-1, w, -1), px[None].expand(h, -1, -1)], 2)
        return both.reshape(1, h * w, self.width)

    def forward(self, features: list[Tensor], picture: Tensor) -> Tensor:
        memory: list[Tensor] = []
        places: list[Tensor] = []
        for i, projection in enumerate(self.input_proj):
            level = self.level_embed.weight[i]
            memory.append(projection(features[i]).flatten(2).transpose(1, 2) + level)
            places.append(self.places(features[i]))
        where = self.query_embed.weight.unsqueeze(0)
        x = self.query_feat.weight.unsqueeze(0).expand(picture.shape[0], -1, -1)
        i = 0
        for cross, itself, feed in zip(self.transformer_cross_attention_layers, self.transformer_self_attention_layers,
                                       self.transformer_ffn_layers):
            x = feed(itself(cross(x, where, memory[i % 3], places[i % 3]), where))
            i += 1
        return torch.einsum("bqc,bchw->bqhw", self.color_embed(self.decoder_norm(x)), picture)


class Decoder(nn.Module):
    def __init__(self, widths: list[int], ups: list[int], colors: ColorDecoder):
        super().__init__()
        inputs = [widths[3], ups[0], ups[1]]
        self.layers = nn.ModuleList(Up(a, s, b) for a, s, b in zip(inputs, widths[2::-1], ups, strict=True))
        self.last_shuf = Shuffle(ups[2], ups[2], 4, False)
        self.color_decoder = colors

    def forward(self, features: list[Tensor]) -> Tensor:
        x0 = self.layers[0](features[3], features[2])
        x1 = self.layers[1](x0, features[1])
        x2 = self.layers[2](x1, features[0])
        return self.color_decoder([x0, x1, x2], self.last_shuf(x2))


class DDColor(nn.Module):
    """gray N x 3 x H x W in [0, 1] (RGB of Lab's L alone) to ab, N x 2 x H x W, in Lab's units."""

    def __init__(self, depths: list[int], widths: list[int], ups: list[int], colors: ColorDecoder, queries: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(1, 3, 1, 1))
        self.register_buffer("std", torch.ones(1, 3, 1, 1))
        self.encoder = Encoder(depths, widths)
        self.decoder = Decoder(widths, ups, colors)
        self.refine_net = nn.Sequential(nn.Sequential(nn.Conv2d(queries + 3, 2, 1)))

    def forward(self, gray: Tensor) -> Tensor:
        x = (gray - self.mean) / self.std
        return self.refine_net(torch.cat([self.decoder(self.encoder(x)), x], 1))


def find(checkpoint: Checkpoint) -> dict[str, Table] | None:
    table = checkpoint.table("encoder.arch.downsample_layers.0.0.weight", "decoder.color_decoder.query_feat.weight",
                             "refine_net.0.0.weight_orig")
    return {"network": table} if table else None


def build(tables: dict[str, Table], _: dict) -> Network:
    table = folded(tables["network"])
    depths = [1 + highest(table, rf"encoder\.arch\.stages\.{i}\.(\d+)\.") for i in range(4)]
    widths = [table[f"encoder.arch.norm{i}.weight"].shape[0] for i in range(4)]
    ups = [table[f"decoder.layers.{i}.conv.0.weight"].shape[0] for i in range(3)]
    own = "decoder.color_decoder."
    queries, width = table[own + "query_feat.weight"].shape
    layers = 1 + highest(table, r"decoder\.color_decoder\.transformer_ffn_layers\.(\d+)\.")
    inner = table[own + "transformer_ffn_layers.0.linear1.weight"].shape[0]
    net = DDColor(depths, widths, ups, ColorDecoder(queries, width, ups, layers, inner), queries)
    # Further keys may stand in the file, as its authors' loader allows; the last norm is for classification.
    fill(net, table, ignore=r"encoder\.arch\.(norm|head)\..*|(?!encoder\.|decoder\.|refine_net\.|mean$|std$).*")
    examples = [(torch.rand(1, 1, h, w, generator=torch.Generator().manual_seed(h)).expand(-1, 3, -1, -1),)
                for h, w in ((64, 96), (96, 32))]
    return Network(net, examples, ["grey"], ["ab"], size_multiple=32,
                   more={"render_size": 512, "render_shape": "square", "grey": "lightness"})


SYSTEMS = [
    System("ddcolor", "colorize", "DDColor", "Xiaoyang Kang, Tao Yang, Wenqi Ouyang, Peiran Ren, Lingzhi Li, Xuansong Xie",
           "Apache-2.0",
           "DDColor: Towards Photo-Realistic Image Colorization via Dual Decoders (ICCV 2023), arXiv:2212.11613",
           "https://github.com/piddnad/DDColor",
           "ddcolor_paper_tiny.pth, ddcolor_paper.pth, ddcolor_modelscope.pth, ddcolor_artistic.pth, pytorch_model.pt",
           find, build),
]
