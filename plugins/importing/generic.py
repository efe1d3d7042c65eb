"""Any other network of a task's signature: the user brings its class."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import torch

from .checkpoint import Checkpoint, ImportFailure, fill
from .system import Network, System

# What each task's networks take unless their manifest says otherwise: inputs, outputs, example shapes for a size h x w.
SIGNATURES = {
    "superres": (["picture"], ["picture"]),
    "denoise": (["window", "sigma"], ["picture"]),
    "scratch-removal": (["window"], ["mask", "picture"]),
    "interpolate": (["a", "b", "t"], ["picture"]),
    "colorize": (["luma"], ["ab"]),
    "face-enhance": (["crop"], ["crop"]),
}


def example(inputs: list[str], channels: int, frames: int, height: int, width: int) -> tuple[torch.Tensor, ...]:
    """Inputs for a network of that signature: a ramp with noise, repeatable."""
    generator = torch.Generator().manual_seed(7)

    def picture(*shape: int) -> torch.Tensor:
        ramp = torch.linspace(0.1, 0.9, shape[-1]).expand(shape)
        return (ramp + 0.05 * torch.randn(shape, generator=generator)).clamp(0, 1)

    shapes = {"window": (1, frames, channels, height, width), "luma": (1, 1, height, width),
              "hint_mask": (1, 1, height, width), "mask": (1, 1, height, width), "hint_ab": (1, 2, height, width)}
    made = []
    for name in inputs:
        if name in ("sigma", "t"):
            made.append(torch.full((1, 1, 1, 1), 0.1 if name == "sigma" else 0.5))
        elif name.startswith("flow"):
            made.append(torch.full((1, 2, height, width), 0.5))
        else:
            made.append(picture(*shapes.get(name, (1, channels, height, width))))
    return tuple(made)


def generic(task: str | None, words: list[str], manifest: str) -> tuple[System, Network, Checkpoint]:
    """From `--task TASK MODULE.py:CLASS FILE` and the manifest's fields as JSON."""
    if task not in SIGNATURES:
        raise ImportFailure(f"expected --task with one of {', '.join(SIGNATURES)}, found '{task or ''}'")
    if len(words) != 2 or ":" not in words[0]:
        raise ImportFailure("expected MODULE.py:CLASS and a checkpoint, found " + (" ".join(words) or "nothing"))
    module_path, _, class_name = words[0].rpartition(":")
    try:
        fields = json.loads(manifest)
    except json.JSONDecodeError as error:
        raise ImportFailure(f"expected --manifest to be JSON, found an error at character {error.pos}") from None
    spec = importlib.util.spec_from_file_location("imported_network", module_path)
    if spec is None or spec.loader is None or not Path(module_path).is_file():
        raise ImportFailure(f"expected a Python file at '{module_path}', found none")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, class_name):
        raise ImportFailure(f"'{module_path}' has no class '{class_name}'")
    checkpoint = Checkpoint.read([Path(words[1])])
    network = getattr(module, class_name)(**fields.pop("arguments", {}))
    table = checkpoint.table(next(iter(network.state_dict()))) or next(iter(checkpoint.tables.values()))
    fill(network, table)
    inputs, outputs = SIGNATURES[task]
    inputs, outputs = fields.pop("inputs", inputs), fields.pop("outputs", outputs)
    channels = fields.pop("channels", 1 if task == "colorize" else 3)
    window = fields.pop("window", {"before": 0, "after": 0})
    frames = window["before"] + 1 + window["after"]
    multiple = fields.pop("size_multiple", 1)
    sizes = [(8 * multiple * max(1, 64 // (8 * multiple)),) * 2, (5 * multiple * max(1, 32 // multiple),) * 2]
    result = Network(network, [example(inputs, channels, frames, h, w) for h, w in sizes], inputs, outputs, channels,
                     window["before"], window["after"], fields.pop("scale", 1), multiple, fields.pop("padding", "replicate"),
                     fields.pop("receptive_field", "whole"))
    said = {k: str(fields.pop(k, "not said")) for k in ("title", "authors", "license", "paper", "origin")}
    result.more = fields
    name = fields.pop("id", Path(words[1]).stem)
    system = System(name, task, said["title"] if said["title"] != "not said" else name, said["authors"], said["license"],
                    said["paper"], said["origin"], Path(words[1]).name, lambda _: None, lambda *_: result)
    return system, result, checkpoint
