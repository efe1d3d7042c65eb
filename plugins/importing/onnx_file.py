"""Networks in ONNX, by onnx2torch (Apache-2.0, github.com/ENOT-AutoDL/onnx2torch), which builds a PyTorch module of the
graph."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from .checkpoint import Checkpoint, ImportFailure
from .recording import Needs, fields_of, recorded
from .system import Network, Option, System

OPTIONS = {"multiple": Option(1, "heights and widths that the network takes are multiples of it")}
FLOATS = (1, 10)  # TensorProto.FLOAT and FLOAT16


def _converted(path: Path) -> tuple[nn.Module, list[int]]:
    """The network and the shape of its input, -1 for what is free."""
    try:
        import onnx
        import onnx2torch
    except ImportError:
        raise ImportFailure("networks in ONNX need onnx2torch, which is not installed; install it with "
                            "'build/env/bin/pip install onnx onnx2torch'") from None
    try:
        graph = onnx.load(path)
        onnx.checker.check_model(graph)
    except Exception as error:  # protobuf, onnx and the system have their own
        raise ImportFailure(f"expected a network in ONNX in '{path}', found something else "
                            f"({str(error).strip().splitlines()[0]}); export it again") from None
    constants = {one.name for one in graph.graph.initializer}
    inputs = [one for one in graph.graph.input if one.name not in constants]
    if len(inputs) != 1 or len(graph.graph.output) != 1:
        raise ImportFailure(f"expected a network from one picture to one picture, found {len(inputs)} inputs and "
                            f"{len(graph.graph.output)} outputs in '{path}'; only such networks are imported from ONNX")
    kind = inputs[0].type.tensor_type
    shape = [one.dim_value if one.HasField("dim_value") else -1 for one in kind.shape.dim]
    if len(shape) != 4 or kind.elem_type not in FLOATS:
        raise ImportFailure(f"expected an input of N x C x H x W floats, found shape {shape} of type {kind.elem_type} in "
                            f"'{path}'; export the network with such an input")
    try:
        return onnx2torch.convert(graph).float(), shape
    except NotImplementedError as error:
        raise ImportFailure(f"onnx2torch does not know an operation of '{path}' ({str(error).splitlines()[0]}); import the "
                            "checkpoint instead, if there is one") from None


def _scale(model: nn.Module, channels: int, side: int) -> int:
    with torch.no_grad():
        made = model(torch.rand(1, channels, side, side))
    scale = made.size(-1) // side
    if made.dim() != 4 or made.size(1) != channels or made.size(-1) != scale * side or made.size(-2) != scale * side:
        raise ImportFailure(f"expected a picture of {channels} channels and a whole multiple of {side} x {side} pixels, "
                            f"found {' x '.join(map(str, made.shape))}; this network has no stage here")
    return scale


def onnx_file(task: str | None, words: list[str], manifest: str, chosen: dict) -> tuple[System, Network, Checkpoint]:
    """From `onnx [--task TASK] FILE.onnx`, and the manifest's fields as JSON."""
    fields = fields_of(manifest)
    if len(words) != 1 or not Path(words[0]).is_file():
        raise ImportFailure(f"expected one file .onnx, found {' '.join(words) or 'nothing'}; check the path")
    path = Path(words[0])
    model, (_, channels, height, width) = _converted(path)
    if channels not in (1, 3):
        raise ImportFailure(f"expected an input of 1 or 3 channels, found {channels} in '{path}'")
    if height != width:
        raise ImportFailure(f"expected an input of any size, or a square, found {width} x {height}; export the network with "
                            "free heights and widths")
    fixed = max(height, 0)
    multiple = chosen["multiple"]
    needs = Needs("ONNX", channels, _scale(model, channels, fixed or 8 * multiple), multiple, fixed=fixed)
    return recorded(task, model, needs, Checkpoint([path]), fields, chosen)
