"""What an importer says of the system that it rebuilds."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch

from .checkpoint import Checkpoint, Table

PLUGINS = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Option:
    """A choice that the checkpoint doesn't make (`--set NAME=VALUE`); its type is the default's."""

    default: int | float | str
    help: str


@dataclass
class Network:
    """A network, filled, in the adapter that speaks its task's signature (eval mode, float32).

    examples: inputs of forward(), in two sizes or more, one of them odd: scripted and eager are compared on them
    receptive_field: radius in input pixels, or "whole"
    padding: how a side is grown to `size_multiple`: "replicate", "reflect" or "zero", on the right and bottom
    """

    module: torch.nn.Module
    examples: list[tuple[torch.Tensor, ...]]
    inputs: list[str]
    outputs: list[str]
    channels: int = 3
    before: int = 0
    after: int = 0
    scale: int = 1
    size_multiple: int = 1
    padding: str = "replicate"
    receptive_field: int | str = "whole"
    more: dict = field(default_factory=dict)  # further fields of the manifest: render_size, template ...
    files: dict[str, str] = field(default_factory=dict)  # further files of the package, by name: a vocabulary
    fraction: int = 23  # bits of the weights' fractions that are stored; fewer make a smaller file (training/package.py)


@dataclass(frozen=True)
class System:
    """A published system.

    find:  the tables that it needs out of a checkpoint, by a name of the importer's own; None where they aren't there
    build: makes the network of them and the options' values
    """

    name: str  # as the user types it, and the package's name
    task: str
    title: str
    authors: str
    license: str
    paper: str
    source: str  # where its authors publish it
    files: str  # the published files' names
    find: Callable[[Checkpoint], dict[str, Table] | None]
    build: Callable[[dict[str, Table], dict], Network]
    options: dict[str, Option] = field(default_factory=dict)


def systems() -> dict[str, System]:
    """All systems of all stages, by name."""
    found: dict[str, System] = {}
    for path in sorted(PLUGINS.glob("*/importers/*.py")):
        name = f"importers_{path.parent.parent.name.replace('-', '_')}_{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for system in module.SYSTEMS:
            assert system.name not in found, system.name
            found[system.name] = system
    return found
