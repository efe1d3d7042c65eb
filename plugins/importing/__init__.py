"""The frame around importers: what turns a published checkpoint into a model package.

An importer is one file, `plugins/<stage>/importers/<name>.py`, that defines `SYSTEMS`: a list of `System`.
"""

from .checkpoint import Checkpoint, ImportFailure, Table, fill, highest
from .layers import folded
from .system import Network, Option, System, systems

__all__ = ["Checkpoint", "ImportFailure", "Network", "Option", "System", "Table", "fill", "folded", "highest", "systems"]
