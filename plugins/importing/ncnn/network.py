"""Turns a graph of ncnn into a network of a task."""

from __future__ import annotations

import json
import math
import operator
from fractions import Fraction
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from ..checkpoint import Checkpoint, ImportFailure
from ..generic import SIGNATURES, example
from ..system import Network, Option, System
from .graph import Layer, Weights, read_graph
from .layers import LAYERS, SAME_VALUE, WithNumber
from .reach import Blob, after

OPTIONS = {"range": Option(1, "the value of white in its pictures: 1 or 255"),
           "order": Option("rgb", "of its channels: rgb or bgr")}
# Rounded to this many bits, float16 weights stay what they are, and the package takes half the space.
FRACTION = 22


class Graph:
    """The module, and what is known of each blob."""

    def __init__(self, layers: list[Layer], weights: Weights):
        self.root, self.graph = nn.Module(), fx.Graph()
        self.nodes: dict[str, fx.Node] = {}
        self.blobs: dict[str, Blob] = {}
        self.channels: int | None = None
        self.inputs: list[str] = []
        for number, layer in enumerate(layers):
            self._add(number, layer, weights)
        weights.end()
        used = {name for layer in layers for name in layer.inputs}
        self.outputs = [name for name in self.blobs if name not in used]
        if not self.inputs or not self.outputs:
            raise ImportFailure("expected a network with an Input and a blob that no layer takes, found none")
        results = tuple(self.nodes[name] for name in self.outputs)
        self.graph.output(results[0] if len(results) == 1 else results)
        self.module = fx.GraphModule(self.root, self.graph).eval()

    def _add(self, number: int, layer: Layer, weights: Weights) -> None:
        for name in layer.inputs:
            if name not in self.nodes:
                raise layer.failure(f"takes the blob '{name}', which no layer before it gives")
        if layer.type in SAME_VALUE:
            self._pass(number, layer)
            return
        if layer.type not in LAYERS:
            raise ImportFailure(f"line {layer.line}: the layer '{layer.name}' is of the type {layer.type}, which the importer "
                                f"doesn't know; it knows {', '.join(sorted([*LAYERS, *SAME_VALUE]))}")
        blobs = [self.blobs[name] for name in layer.inputs]
        module = LAYERS[layer.type](layer, weights, [b.rank for b in blobs])
        self._note_channels(layer, module)
        self.root.add_module(f"layer{number}", module)
        self._give(layer, self._call(f"layer{number}", layer), after(layer, blobs))

    def _call(self, target: str, layer: Layer) -> fx.Node:
        given = [self.nodes[name] for name in layer.inputs]
        if layer.type in ("Concat", "Eltwise"):
            return self.graph.call_module(target, (given,))
        if layer.type == "MemoryData":
            return self.graph.call_module(target, (self.nodes[self.inputs[0]],))
        return self.graph.call_module(target, tuple(given))

    def _give(self, layer: Layer, node: fx.Node, blob: Blob) -> None:
        for place, name in enumerate(layer.outputs):
            self.nodes[name] = self.graph.call_function(operator.getitem, (node, place)) if layer.type == "Slice" else node
            self.blobs[name] = blob

    def _pass(self, number: int, layer: Layer) -> None:
        if layer.type == "Input":
            name = layer.outputs[0]
            self.nodes[name], self.blobs[name] = self.graph.placeholder(f"input{len(self.inputs)}"), Blob()
            self.inputs.append(name)
            return
        node = self.nodes[layer.inputs[0]]
        if layer.type == "Dropout" and layer.number(0, 1.0) != 1.0:
            self.root.add_module(f"layer{number}", WithNumber(2, layer.number(0, 1.0)))
            node = self.graph.call_module(f"layer{number}", (node,))
        for name in layer.outputs:
            self.nodes[name], self.blobs[name] = node, self.blobs[layer.inputs[0]]

    def _note_channels(self, layer: Layer, module: nn.Module) -> None:
        """Of the input, from the first convolution that takes it."""
        inner = [m for m in module.modules() if isinstance(m, nn.Conv2d)]
        takes_input = layer.inputs and self.nodes[layer.inputs[0]] is self.nodes[self.inputs[0]] if self.inputs else False
        if self.channels is None and inner and takes_input:
            self.channels = inner[0].in_channels

    def size_multiple(self) -> int:
        return math.lcm(1, *(b.step.numerator for b in self.blobs.values() if not b.whole))


class Framed(nn.Module):
    """A picture in [0, 1], or a window of one, to one that is `scale` times as large.

    border: pixels that the network loses at each side of its input; they are grown before it
    """

    def __init__(self, inner: nn.Module, scale: int, border: int, white: float, swap: bool):
        super().__init__()
        self.inner, self.scale, self.border, self.white, self.swap = inner, scale, border, white, swap

    def forward(self, picture: Tensor) -> Tensor:
        x = picture[:, 0] if picture.dim() == 5 else picture
        height, width = x.size(2) * self.scale, x.size(3) * self.scale
        x = x.flip(1) if self.swap else x
        if self.white != 1.0:
            x = x * self.white
        if self.border > 0:
            x = F.pad(x, [self.border, self.border, self.border, self.border], mode="replicate")
        x = self.inner(x)
        if self.border > 0:
            down, across = (x.size(2) - height) // 2, (x.size(3) - width) // 2
            x = x[:, :, down:down + height, across:across + width]
        if self.white != 1.0:
            x = x / self.white
        return x.flip(1) if self.swap else x


def ncnn(task: str | None, words: list[str], manifest: str, chosen: dict) -> tuple[System, Network, Checkpoint]:
    """From a .param file and its .bin, `--task` and the manifest's fields as JSON (license, authors, origin ...)."""
    param, weights = _files(words)
    try:
        fields = json.loads(manifest)
    except json.JSONDecodeError as error:
        raise ImportFailure(f"expected --manifest to be JSON, found an error at character {error.pos}") from None
    graph = Graph(read_graph(param), Weights(weights))
    if chosen["order"] not in ("rgb", "bgr"):
        raise ImportFailure(f"expected rgb or bgr for order, found '{chosen['order']}'")
    network = _of_pictures(graph, fields, chosen) if len(graph.inputs) == 1 else _of_several(graph, task, fields)
    task = task or ("superres" if network.scale > 1 else None)
    if task not in SIGNATURES:
        raise ImportFailure(f"expected --task with one of {', '.join(SIGNATURES)} for {param.name}, found '{task or ''}'")
    if len(graph.inputs) == 1:
        _take(network, fields.pop("inputs", SIGNATURES[task][0][:1]), fields.pop("outputs", SIGNATURES[task][1][:1]))
    said = {k: str(fields.pop(k, "not said")) for k in ("title", "authors", "license", "paper", "origin")}
    name = fields.pop("id", param.stem)
    network.more, network.fraction = fields, FRACTION
    system = System(name, task, said["title"] if said["title"] != "not said" else name, said["authors"], said["license"],
                    said["paper"], said["origin"], param.name, lambda _: None, lambda *_: network)
    return system, network, Checkpoint([param, weights])


def _files(words: list[str]) -> tuple[Path, Path]:
    param = [Path(w) for w in words if w.endswith(".param")]
    others = [Path(w) for w in words if not w.endswith(".param")]
    if len(param) != 1 or len(others) > 1:
        raise ImportFailure("expected one .param file and its .bin, found " + (" ".join(words) or "nothing"))
    return param[0], others[0] if others else param[0].with_suffix(".bin")


def _of_pictures(graph: Graph, fields: dict, chosen: dict) -> Network:
    """Scale and border from two runs."""
    channels = fields.pop("channels", graph.channels or 3)
    blob, multiple = graph.blobs[graph.outputs[0]], graph.size_multiple()
    if len(graph.outputs) > 1:
        raise ImportFailure(f"expected one output, found {len(graph.outputs)}: {', '.join(graph.outputs)}")
    sizes = [multiple * -(-size // multiple) for size in (64, 96)]
    given = [_sized(graph, channels, size) for size in sizes]
    scale = Fraction(given[1] - given[0], sizes[1] - sizes[0])
    lost = scale * sizes[0] - given[0]
    if scale.denominator != 1 or scale < 1 or lost < 0:
        raise ImportFailure(f"expected pictures that are as large as the input or a whole number of times as large, found "
                            f"{given[0]} from {sizes[0]} and {given[1]} from {sizes[1]}")
    border = multiple * math.ceil(lost / scale / 2 / multiple)
    module = Framed(graph.module, int(scale), border, float(chosen["range"]), chosen["order"] == "bgr")
    # The border before the network, and what is cut after it, only move the window: its center stays where it belongs.
    shift = Fraction(math.floor((scale * 2 * border - lost) / 2)) / scale - border
    reach = Blob(step=blob.step, low=blob.low + shift, high=blob.high + shift, whole=blob.whole or blob.step != 1 / scale)
    small = multiple * max(3, 24 // multiple)
    examples = [example(["picture"], channels, 1, h, w) for h, w in ((small, small + multiple), (small + 3 * multiple, small))]
    return Network(module, examples, ["picture"], ["picture"], channels, scale=int(scale), size_multiple=multiple,
                   padding=fields.pop("padding", "replicate"),
                   receptive_field=fields.pop("receptive_field", reach.radius()))


def _take(network: Network, inputs: list[str], outputs: list[str]) -> None:
    """The names of the task, whose windows have one frame here."""
    network.inputs, network.outputs = inputs, outputs
    if inputs == ["window"]:
        network.examples = [(picture[:, None],) for (picture,) in network.examples]


def _sized(graph: Graph, channels: int, size: int) -> int:
    try:
        with torch.no_grad():
            return graph.module(torch.rand(1, channels, size, size)).size(2)
    except (RuntimeError, IndexError) as error:
        raise ImportFailure(f"the network cannot take a picture of {size}x{size} with {channels} channels "
                            f"({str(error).splitlines()[0]}); state its channels in --manifest") from None


def _of_several(graph: Graph, task: str | None, fields: dict) -> Network:
    inputs, outputs = SIGNATURES.get(task or "", ([], []))
    inputs, outputs = fields.pop("inputs", inputs), fields.pop("outputs", outputs)
    if len(inputs) != len(graph.inputs) or len(outputs) != len(graph.outputs):
        raise ImportFailure(f"expected names for {len(graph.inputs)} inputs ({', '.join(graph.inputs)}) and "
                            f"{len(graph.outputs)} outputs in --manifest, found {len(inputs)} and {len(outputs)}")
    channels, multiple = fields.pop("channels", 3), graph.size_multiple()
    examples = [example(inputs, channels, 1, multiple * h, multiple * w) for h, w in ((3, 4), (5, 3))]
    return Network(graph.module, examples, inputs, outputs, channels, scale=fields.pop("scale", 1), size_multiple=multiple)
