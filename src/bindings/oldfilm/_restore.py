"""Restoration of a file, from start to end."""
import importlib
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from oldfilm._core import Pipeline, Progress, RestoreResult, restore_file
from oldfilm._stage import Stage

ProgressCallback = Callable[[Progress], None]


class _Line:
    """Progress as one line on standard error, where tqdm is not installed."""

    def __call__(self, progress: Progress) -> None:
        total = "?" if progress.frames_total is None else progress.frames_total
        text = f"\r{progress.frames_in}/{total} frames, {progress.fps:.2f} a second"
        print(text, end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        print(file=sys.stderr)


class _Bar:
    """Progress as a bar of tqdm."""

    def __init__(self, kind: Any) -> None:
        self._bar = kind(unit=" frames", disable=None)  # None: no bar where there is no terminal

    def __call__(self, progress: Progress) -> None:
        self._bar.total = progress.frames_total
        self._bar.update(progress.frames_in - self._bar.n)

    def close(self) -> None:
        self._bar.close()


def _bar() -> _Bar | _Line:
    try:
        return _Bar(importlib.import_module("tqdm.auto").tqdm)
    except ImportError:
        return _Line()


def _pipeline(stages: Pipeline | Iterable[str | Stage], options: dict[str, Any]) -> Pipeline:
    if isinstance(stages, Pipeline):
        if options:
            raise TypeError(f"a Pipeline has options of its own; pass {', '.join(options)} to it")
        return stages
    if isinstance(stages, str):
        raise TypeError(f"expected a list of stages or a Pipeline, found text; use [{stages!r}], or Pipeline.preset")
    pipeline = Pipeline(**options)
    for stage in stages:
        pipeline.add(stage)
    return pipeline


def restore(
    input: str | os.PathLike[str],
    output: str | os.PathLike[str],
    stages: Pipeline | Iterable[str | Stage] = (),
    *,
    progress: bool | ProgressCallback = False,
    device: str | None = None,
    precision: str | None = None,
    memory: int | None = None,
    **options: Any,
) -> RestoreResult:
    """Restores the film `input` into the file `output`. Decoding and encoding run on threads of their own.

    `stages` is a list of stages or a `Pipeline`; without stages the film is copied. `progress`: True shows a bar (tqdm
    if that is installed), and a function is called with a `Progress` a few times a second, on the calling thread.
    `device`, `precision` and `memory` (bytes) are those of `Pipeline`. The other options are in docs/python.md.

    The output has its final name only when it is complete. After an interruption of any kind, Ctrl-C included, the next
    call with the same arguments resumes; Ctrl-C and exceptions of `progress` stop the job before they are raised.
    Raises `Error`.
    """
    given = {"device": device, "precision": precision, "memory": memory}
    pipeline = _pipeline(stages, {name: value for name, value in given.items() if value is not None})
    if callable(progress):
        return restore_file(input, output, pipeline, progress=progress, **options)
    if not progress:
        return restore_file(input, output, pipeline, **options)
    bar = _bar()
    try:
        return restore_file(input, output, pipeline, progress=bar, **options)
    finally:
        bar.close()
