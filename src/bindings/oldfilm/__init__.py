"""Restoration of old films: the Python side of the C++ library oldfilm.

>>> oldfilm.restore("film.mkv", "restored.mkv", ["scratch-removal", "superres:scale=2"], progress=True)

Frames are ``torch.Tensor``s and NumPy arrays without a copy. Everything that works or waits releases the GIL. Errors
are `oldfilm.Error`, with a code.
"""
import torch as _torch  # first: its LibTorch is the one of the process

from oldfilm._core import (
    ActiveArea,
    ColorTags,
    FilmFacts,
    Frame,
    MediaInfo,
    Parameter,
    Pipeline,
    Plan,
    PluginInfo,
    Progress,
    Reader,
    RestoreResult,
    Run,
    RunStats,
    ShotDamage,
    ShotFacts,
    StageSpec,
    StreamFormat,
    Window,
    Writer,
    analyze_film,
    clean,
    inspect_media,
    plugins,
    preset_names,
    runtime_tag,
    version,
)
from oldfilm._errors import Error
from oldfilm._restore import restore
from oldfilm._stage import Stage

__version__ = version()
__all__ = [
    "ActiveArea",
    "ColorTags",
    "Error",
    "FilmFacts",
    "Frame",
    "MediaInfo",
    "Parameter",
    "Pipeline",
    "Plan",
    "PluginInfo",
    "Progress",
    "Reader",
    "RestoreResult",
    "Run",
    "RunStats",
    "ShotDamage",
    "ShotFacts",
    "Stage",
    "StageSpec",
    "StreamFormat",
    "Window",
    "Writer",
    "analyze_film",
    "clean",
    "inspect_media",
    "plugins",
    "preset_names",
    "restore",
    "runtime_tag",
    "version",
]
