"""Community models, by spandrel (MIT, github.com/chaiNNer-org/spandrel): it recognizes some forty restoration
architectures from a state dict, and builds them."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from .checkpoint import Checkpoint, ImportFailure
from .recording import Needs, fields_of, recorded
from .system import Network, System


def recognized(table: dict[str, Tensor]):
    """spandrel's descriptor of a state dict. None where it is of no architecture that it knows."""
    try:
        import spandrel
    except ImportError:
        raise ImportFailure("community models need spandrel, which is not installed; install it with "
                            "'build/env/bin/pip install spandrel torchvision pillow'") from None
    try:
        return spandrel.ModelLoader().load_from_state_dict(dict(table))
    except spandrel.UnsupportedModelError:
        return None


def _descriptor(checkpoint: Checkpoint):
    for table in sorted(checkpoint.tables, key=lambda where: -len(checkpoint.tables[where])):
        found = recognized(checkpoint.tables[table])
        if found is not None:
            return found
    raise ImportFailure(f"expected weights of an architecture that spandrel knows, found {checkpoint.summary()}; bring the "
                        "network's class, and use 'generic'")


def community(task: str | None, words: list[str], manifest: str, chosen: dict) -> tuple[System, Network, Checkpoint]:
    """From `spandrel [--task TASK] FILE`, and the manifest's fields as JSON."""
    fields = fields_of(manifest)
    if len(words) != 1:
        raise ImportFailure(f"expected one checkpoint, found {len(words)}; name one file")
    checkpoint = Checkpoint.read([Path(words[0])])
    descriptor = _descriptor(checkpoint)
    name = descriptor.architecture.name
    if descriptor.purpose in ("Inpainting", "FaceSR") or descriptor.input_channels != descriptor.output_channels \
            or descriptor.input_channels not in (1, 3):
        raise ImportFailure(f"expected a network from a picture to a picture of the same channels, found one of {name} for "
                            f"{descriptor.purpose}; it has no stage here")
    sizes = descriptor.size_requirements
    needs = Needs(name, descriptor.input_channels, descriptor.scale, max(sizes.multiple_of, 1), sizes.minimum, sizes.square)
    return recorded(task, descriptor.model, needs, checkpoint, fields, chosen)
