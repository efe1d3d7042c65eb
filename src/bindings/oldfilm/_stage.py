"""Stages written in Python."""
import inspect
import re
import zlib
from typing import Any, ClassVar

import torch

from oldfilm._core import StreamFormat, Window

Value = bool | int | float | str


class Stage:
    """Base class of stages written in Python; a class with a method ``process`` will do, too.

    ``Pipeline.add`` takes an object. Each run works on a shallow copy of it (``copy.copy``), so that attributes that
    ``reset`` and ``process`` set belong to the run; what they refer to, such as a network, is shared by all runs. The
    methods are called on the threads of runs with the GIL held, one at a time for a run. An exception ends the run: it
    becomes an `Error` with the code "stage_failed" that names it.
    """

    name: ClassVar[str] = ""
    """Short name, such as "sharpen"; by default that of the class in lower case, with hyphens."""
    version: ClassVar[str] = "0.0.0"
    """SemVer. A job is not resumed with another version, or with another source text of the class."""
    window: int | tuple[int, int] = 0
    """Frames before and after the one that is restored: a number for both, or a pair; at most 999."""
    warm_up: int = 0
    """Frames before the window, in the same shot, on which an output depends as well."""
    parameters: dict[str, Value] = {}
    """What the result depends on, by name. Part of the plan: a job is not resumed with other values. In a run, the
    values that ``Pipeline.add`` was given replace these."""

    def configure(self, format: StreamFormat) -> StreamFormat | None:
        """Called before the first frame. Returns the format of the output if its size or its number of channels is
        another one; the rate must be the same."""
        return None

    def reset(self) -> None:
        """Called at the start of each shot: discard all state of the previous one."""

    def process(self, window: Window) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor] | None:
        """Restores ``window.center``. Returns the picture, C x H x W float32 on the device of the input, without NaN
        and infinity; or the picture and the repair mask, 1 x H x W float32; or None to leave the frame as it is. The
        input's tensors are shared with other stages and must not be written to."""
        raise NotImplementedError(f"{type(self).__name__} has no method process")


def _source_checksum(kind: type) -> str:
    try:
        source = inspect.getsource(kind)
    except (OSError, TypeError):  # typed into a prompt
        return ""
    return f"+source.{zlib.crc32(source.encode()):08x}"


def facts(stage: Any) -> dict[str, Any]:
    """What the table of a plugin says of a stage."""
    kind = type(stage)
    if isinstance(stage, type) or not callable(getattr(stage, "process", None)):
        raise TypeError(f"expected text such as 'superres:scale=2' or an object with a method process, found {stage!r}")
    name = getattr(stage, "name", "") or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", kind.__name__).lower()
    return {
        "id": f"python.{kind.__module__}.{kind.__qualname__}",
        "name": name,
        "version": getattr(stage, "version", "0.0.0") + _source_checksum(kind),
        "summary": (inspect.getdoc(kind) or name).partition("\n")[0],
        "parameters": {key: parameter_value(value) for key, value in getattr(stage, "parameters", {}).items()},
    }


def parameter_value(value: Any) -> Value:
    """A value of a parameter: paths become text."""
    if isinstance(value, (bool, int, float, str)):
        return value
    if hasattr(value, "__fspath__"):
        return str(value.__fspath__())
    if hasattr(value, "numerator"):  # a fraction, such as a rate
        return str(value)
    raise TypeError(f"a parameter is a bool, an int, a float, text, a path or a fraction; found {value!r}")


def configured(stage: Any, format: StreamFormat, parameters: dict[str, Value]) -> tuple[StreamFormat, int, int, int]:
    """Configures `stage`, the copy of a run: the format of its output, frames before and after, and of warm-up."""
    if parameters:
        stage.parameters = parameters
    output = stage.configure(format) if hasattr(stage, "configure") else None
    if output is None:
        output = format
    elif not isinstance(output, StreamFormat):
        raise TypeError(f"configure must return None or a StreamFormat, found {type(output).__name__}")
    elif output.rate != format.rate:
        raise ValueError(f"configure must return the rate of the input, {format.rate}, found {output.rate}")
    window = getattr(stage, "window", 0)
    before, after = (window, window) if isinstance(window, int) else window
    return output, before, after, getattr(stage, "warm_up", 0)
