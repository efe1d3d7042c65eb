"""Writes and reads model packages: one TorchScript file that carries oldfilm.json."""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch

SCHEMA = 1


def save(module: torch.nn.Module, path: str | Path, manifest: dict, example: tuple) -> None:
    """Scripts the module, checks it against eager on `example`, writes it with its manifest.

    The file appears under its name only when it is complete and has been read back.
    """
    manifest = {"schema": SCHEMA, **manifest}
    for key in ("id", "version", "task", "inputs", "outputs", "channels", "size_multiple",
                "receptive_field", "precisions", "licence", "training_data"):
        if key not in manifest:
            raise KeyError(f"the manifest lacks '{key}'")
    module = module.eval().float().to(memory_format=torch.contiguous_format)
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    scripted = torch.jit.script(module)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    torch.jit.save(scripted, str(temporary), _extra_files={"oldfilm.json": json.dumps(manifest, indent=1)})
    back, _ = load(temporary)
    with torch.no_grad():
        expected, found = module(*example), back(*example)
    if isinstance(expected, torch.Tensor):
        expected, found = (expected,), (found,)
    for a, b in zip(expected, found, strict=True):
        error = (a - b).abs().max().item()
        if not error < 1e-4:
            raise RuntimeError(f"the exported model differs from the trained one by {error}")
    os.replace(temporary, path)


def load(path: str | Path) -> tuple[torch.jit.ScriptModule, dict]:
    extra = {"oldfilm.json": ""}
    module = torch.jit.load(str(path), map_location="cpu", _extra_files=extra)
    return module.eval(), json.loads(extra["oldfilm.json"])
