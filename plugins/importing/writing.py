"""Scripts a rebuilt network, checks it, measures it, and writes the package."""

from __future__ import annotations

from pathlib import Path

import torch

from training import package

from .checkpoint import Checkpoint, ImportFailure
from .memory import bytes_per_pixel
from .system import Network, System

# Half precisions are allowed where they stay this near float32 (dB against the output's spread): below what 8 bits show.
NEAR_ENOUGH = 45.0


def write(system: System, network: Network, checkpoint: Checkpoint, output: Path) -> None:
    """Writes the package and says what it is. Raises ImportFailure where the scripted network differs."""
    network.module.eval()
    scripted = torch.jit.script(network.module) if not isinstance(network.module, torch.jit.ScriptModule) else network.module
    for example in network.examples:
        with torch.no_grad():
            expected, found = _outputs(network.module(*example)), _outputs(scripted(*example))
        for a, b in zip(expected, found, strict=True):
            if not torch.isfinite(a).all():
                raise ImportFailure(f"{system.name} gave NaN or infinity; the checkpoint's values are not those of a "
                                    "trained network")
            if a.shape == b.shape and a.numel() == 0:  # a detector that found nothing
                continue
            if (a - b).abs().max() > 1e-4 * max(1.0, float(a.std())):
                raise ImportFailure(f"{system.name} scripted differs from itself by {float((a - b).abs().max())}; "
                                    "this is a fault of the importer")
    precisions = ["float32"] + [name for name in ("bfloat16", "float16") if _holds(network, getattr(torch, name))]
    memory = bytes_per_pixel(network.module, network.examples[0])
    manifest = {
        "id": system.name, "version": "1.0.0", "task": system.task, "inputs": network.inputs, "outputs": network.outputs,
        "channels": network.channels, "window": {"before": network.before, "after": network.after},
        "scale": network.scale, "size_multiple": network.size_multiple, "padding": network.padding,
        "receptive_field": network.receptive_field, "memory_per_pixel": memory, "precisions": precisions, "license": system.license,
        "authors": system.authors, "paper": system.paper, "origin": system.source,
        "checkpoint_sha256": checkpoint.checksums(),
        "training_data": ["see the paper"], **network.more,
    }
    package.save(network.module, output, manifest, network.examples[0], network.fraction, network.files)
    print(f"{output}: {system.title}, a model for {system.task}\n"
          f"  authors    {system.authors}\n  license    {system.license}\n  paper      {system.paper}\n"
          f"  precisions {', '.join(precisions)} (as measured with these weights)\n"
          f"  tiles      {'never: it sees the whole picture' if network.receptive_field == 'whole' else f'overlap {network.receptive_field} pixels'}\n"
          f"  memory     {memory * 1920 * 1080 / 2**30:.1f} GiB for 1920x1080 in one piece, in float32")


def _outputs(result: torch.Tensor | tuple) -> tuple[torch.Tensor, ...]:
    return (result,) if isinstance(result, torch.Tensor) else tuple(result)


def _holds(network: Network, precision: torch.dtype) -> bool:
    example = network.examples[0]
    try:
        with torch.no_grad():
            exact = _outputs(network.module(*example))
            with torch.autocast("cpu", dtype=precision):
                rough = _outputs(network.module(*example))
    except RuntimeError:  # an operator that has no such half
        return False
    for a, b in zip(exact, rough, strict=True):
        if a.shape != b.shape or a.numel() == 0:
            return False
        error = (a - b.float()).square().mean()
        if not torch.isfinite(error) or error > a.var() * 10 ** (-NEAR_ENOUGH / 10):
            return False
    return True
