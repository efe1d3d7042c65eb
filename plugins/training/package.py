"""Writes and reads model packages: one TorchScript file that carries oldfilm.json."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import torch

SCHEMA = 1


def _shortened(weights: torch.Tensor, fraction: int) -> torch.Tensor:
    """float32 rounded to `fraction` bits of fraction of its 23: the last bits are zero."""
    cut = 23 - fraction
    bits = weights.detach().contiguous().view(torch.int32)
    return ((bits + (1 << (cut - 1))) & -(1 << cut)).view(torch.float32)


def _squeeze(path: Path) -> None:
    """Writes a package again with its weights deflated, which LibTorch reads as well."""
    with zipfile.ZipFile(path) as old:
        records = [(info, old.read(info)) for info in old.infolist()]
    with zipfile.ZipFile(path, "w") as new:
        for info, content in records:
            kept = zipfile.ZipInfo(info.filename, info.date_time)
            new.writestr(kept, content, zipfile.ZIP_DEFLATED, 9)


def save(module: torch.nn.Module, path: str | Path, manifest: dict, example: tuple, fraction: int = 23,
         files: dict[str, str] | None = None) -> None:
    """Scripts the module, checks it against eager on `example`, writes it with its manifest.

    The file appears under its name only when it is complete and has been read back. With a `fraction` of
    fewer bits than float32's 23 the weights are rounded to it and deflated: 16 give four fifths of the size at 8e-6 of
    each weight, 10 (float16's) half of it at 5e-4. `files` are stored next to the manifest, by their names.
    """
    manifest = {"schema": SCHEMA, **manifest}
    for key in ("id", "version", "task", "inputs", "outputs", "channels", "size_multiple",
                "receptive_field", "precisions", "license", "training_data"):
        if key not in manifest:
            raise KeyError(f"the manifest lacks '{key}'")
    module = module.eval().float().to(memory_format=torch.contiguous_format)
    for parameter in module.parameters():
        parameter.requires_grad_(False)
        if fraction < 23:
            parameter.copy_(_shortened(parameter, fraction))
    scripted = torch.jit.script(module)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    torch.jit.save(scripted, str(temporary), _extra_files={"oldfilm.json": json.dumps(manifest, indent=1), **(files or {})})
    if fraction < 23:
        _squeeze(temporary)
    back, _ = load(temporary)
    with torch.no_grad():
        expected, found = module(*example), back(*example)
    if isinstance(expected, torch.Tensor):
        expected, found = (expected,), (found,)
    for a, b in zip(expected, found, strict=True):
        error = (a - b).abs().max().item() if a.numel() or a.shape != b.shape else 0.0
        if not error < 1e-4:
            raise RuntimeError(f"the exported model differs from the trained one by {error}")
    os.replace(temporary, path)


def load(path: str | Path) -> tuple[torch.jit.ScriptModule, dict]:
    extra = {"oldfilm.json": ""}
    module = torch.jit.load(str(path), map_location="cpu", _extra_files=extra)
    return module.eval(), json.loads(extra["oldfilm.json"])
