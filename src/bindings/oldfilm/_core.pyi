import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from types import TracebackType
from typing import Any, Literal, Protocol, Self

import numpy as np
import numpy.typing as npt
import torch

Path = str | os.PathLike[str]
Rational = Fraction | int | float | str
"""Exact: text is "24000/1001" or "2.5"; a float counts as the decimal that it is printed as."""
Value = bool | int | float | str
Log = Callable[[str, str], None]
"""Called with a level ("debug", "info", "warning") and a message, on any thread. None: the logger "oldfilm"."""

class SupportsDLPack(Protocol):
    def __dlpack__(self) -> Any: ...

class StagePart(Protocol):
    """What a stage written in Python must have; `oldfilm.Stage` tells the rest."""

    def process(self, window: Window, /) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor] | None: ...

class ColorTags:
    """Interpretation of sample values: code points of ITU-T H.273, as in FFmpeg; 2 means unspecified."""

    def __init__(
        self,
        *,
        primaries: int = 2,
        transfer: int = 2,
        matrix: int = 2,
        range: str = "unspecified",
        siting: str = "unspecified",
    ) -> None: ...
    @property
    def primaries(self) -> int: ...
    @property
    def transfer(self) -> int: ...
    @property
    def matrix(self) -> int: ...
    @property
    def range(self) -> Literal["unspecified", "limited", "full"]: ...
    @property
    def siting(self) -> Literal["unspecified", "left", "center", "top_left"]: ...
    def __eq__(self, other: object, /) -> bool: ...

class StreamFormat:
    """The properties that all frames of a stream share. `rate` is 0 if it is irregular, and `frames` -1 if unknown."""

    channels: int
    height: int
    width: int
    color: ColorTags
    frames: int
    def __init__(
        self,
        channels: int,
        height: int,
        width: int,
        rate: Rational = 0,
        *,
        color: ColorTags = ...,
        frames: int = -1,
    ) -> None: ...
    @property
    def rate(self) -> Fraction: ...
    @rate.setter
    def rate(self, value: Rational, /) -> None: ...
    def __copy__(self) -> StreamFormat: ...

class Frame:
    """One picture of a film, its exact time and its metadata. Immutable; safe to read from any thread.

    The picture is C x H x W float32 with C = 1 (monochrome) or 3 (R, G, B): non-linear as coded, nominally in [0, 1],
    not clamped. Tensors and arrays share the frame's storage and must not be written to.
    """

    def __init__(
        self,
        picture: torch.Tensor | SupportsDLPack,
        *,
        pts: int = 0,
        duration: int = 0,
        time_base: Rational = ...,
        color: ColorTags = ...,
        sample_aspect: Rational = ...,
    ) -> None:
        """Shares the storage of `picture`. `pts` and `duration` are in ticks of `time_base` seconds. Raises `Error`
        (format_mismatch) if `picture` is not C x H x W float32."""
    @property
    def picture(self) -> torch.Tensor: ...
    @property
    def mask(self) -> torch.Tensor | None:
        """Repair mask, 1 x H x W float32 in [0, 1], 1 where a stage made a repair."""
    @property
    def evidence(self) -> torch.Tensor | None:
        """Where the samples come from, 1 x H x W uint8: 0 original, 1 resampled, 2 recolored, 3 recovered, 4 filled,
        5 synthesized. None: all are original, or the pipeline keeps no evidence."""
    @property
    def channels(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def index(self) -> int:
        """Number of the frame in its stream, from 0."""
    @property
    def source_index(self) -> int:
        """Number of the film's frame that it was made of."""
    @property
    def pts(self) -> int: ...
    @property
    def duration(self) -> int: ...
    @property
    def time_base(self) -> Fraction: ...
    @property
    def time(self) -> Fraction:
        """Presentation time in seconds, exact."""
    @property
    def shot(self) -> int:
        """Number of the shot, from 0; changes at each cut."""
    @property
    def origin(self) -> Literal["decoded", "interpolated", "held"]: ...
    @property
    def color(self) -> ColorTags: ...
    @property
    def sample_aspect(self) -> Fraction: ...
    def with_picture(self, picture: torch.Tensor | SupportsDLPack) -> Frame: ...
    def with_mask(self, mask: torch.Tensor | SupportsDLPack | None) -> Frame: ...
    def numpy(self) -> npt.NDArray[np.float32]:
        """The picture as an array that shares its memory and cannot be written to. The frame must be on the CPU."""
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]: ...
    def __dlpack__(self, **kwargs: Any) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...

class Window:
    """The frames that a stage is called with, in order. At the ends of a shot the nearest frame is repeated."""

    @property
    def frames(self) -> list[Frame]: ...
    @property
    def center(self) -> Frame:
        """The frame to restore."""
    @property
    def center_index(self) -> int: ...
    @property
    def index(self) -> int:
        """Number of the output, from 0."""
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Frame]: ...
    def __getitem__(self, index: int, /) -> Frame: ...

class Parameter:
    """One row of a stage's parameter table."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> Literal["boolean", "integer", "number", "text", "choice", "file"]: ...
    @property
    def initial(self) -> Value: ...
    @property
    def minimum(self) -> float: ...
    @property
    def maximum(self) -> float: ...
    @property
    def choices(self) -> list[str]: ...
    @property
    def unit(self) -> str: ...
    @property
    def help(self) -> str: ...
    @property
    def live(self) -> bool: ...

class PluginInfo:
    """A plugin as described by its sidecar. `refused` is empty if it is usable; otherwise the reason."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def library(self) -> str: ...
    @property
    def parameters(self) -> list[Parameter]: ...
    @property
    def refused(self) -> str: ...

class MediaInfo:
    """Properties of a media file that matter for restoration. Unknown: `frames` -1, `duration` 0; irregular:
    `frame_rate` 0. `film_rate` is the rate of the original frames if the film is shown by duplicates (24 in 30)."""

    @property
    def path(self) -> str: ...
    @property
    def container(self) -> str: ...
    @property
    def codec(self) -> str: ...
    @property
    def pixel_format(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def bits(self) -> int: ...
    @property
    def channels(self) -> int: ...
    @property
    def frame_rate(self) -> Fraction: ...
    @property
    def frames(self) -> int: ...
    @property
    def duration(self) -> Fraction: ...
    @property
    def sample_aspect(self) -> Fraction: ...
    @property
    def color(self) -> ColorTags: ...
    @property
    def timecode(self) -> str: ...
    @property
    def interlaced(self) -> bool: ...
    @property
    def film_rate(self) -> Fraction: ...
    def to_json(self) -> str: ...

class Reader:
    """Decodes the first video stream of a file, a picture, an image sequence (``frames/%05d.png``, or the folder) or
    Y4M on standard input ("-"), frame by frame. Threads take turns."""

    def __init__(
        self,
        path: Path,
        *,
        source_fps: Rational | None = None,
        start: Rational = ...,
        duration: Rational | None = None,
        deinterlace: bool = False,
        strict: bool = False,
        missing: str = "stop",
        threads: int = 0,
        device: str = "",
        log: Log | None = None,
    ) -> None:
        """`start` and `duration` are in seconds. `missing`: "stop", "hold" or "black", for pictures of a sequence that
        are missing. `device`: where the pictures are created ("cuda:0"); "": on the CPU. Raises `Error`: not_found,
        unreadable, unsupported, invalid_argument."""
    @property
    def info(self) -> MediaInfo: ...
    @property
    def format(self) -> StreamFormat: ...
    @property
    def concealed(self) -> int:
        """Number of corrupt frames concealed so far."""
    def next(self) -> Frame | None:
        """The next frame in presentation order; None at the end."""
    def skip(self) -> bool:
        """Skips the next frame, in a fraction of the time; False at the end."""
    def close(self) -> None: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> Frame: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *args: object) -> None: ...

class Writer:
    """Encodes frames into a file, which has its final name only after `finish`. Leaving the context finishes the file,
    or, after an exception, removes what was written. Threads take turns."""

    def __init__(
        self,
        path: Path,
        format: StreamFormat,
        *,
        source: Reader | None = None,
        codec: str = "",
        crf: int | None = None,
        bits: int | None = None,
        pixel_format: str = "",
        overwrite: bool = False,
        audio: bool = True,
        subtitles: bool = True,
        drop_streams: bool = False,
        metadata: dict[str, str] = ...,
        log: Log | None = None,
    ) -> None:
        """`source` provides audio, subtitles, metadata, the number of bits and the shape of pixels. `codec`: h264,
        h265, av1, ffv1, prores, png, tiff, exr, dpx or y4m; "": chosen by the extension. Raises `Error`:
        invalid_argument, unsupported, io."""
    def write(self, frame: Frame) -> None:
        """Times must increase. Raises `Error`: format_mismatch, io."""
    def finish(self) -> None: ...
    def close(self) -> None:
        """Removes what was written, unless `finish` was called."""
    @property
    def frames(self) -> int: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        type: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

class ActiveArea:
    """The part of a frame that the picture takes, in pixels. `rounded`: with the corners of a film gate."""

    @property
    def left(self) -> int: ...
    @property
    def top(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def rounded(self) -> bool: ...

class ShotDamage:
    """How damaged a shot is, at a glance; -1 where it is unknown. Flicker is in percent, weave in pixels, dust in spots per
    frame; `scratches` are columns of running scratches, in pixels from the left."""

    @property
    def flicker(self) -> float: ...
    @property
    def weave(self) -> float: ...
    @property
    def dust(self) -> float: ...
    @property
    def scratches(self) -> list[int]: ...

class ShotFacts:
    """Facts of a shot, or of consecutive frames in one place of the film. `time` is in seconds. `grain_sigma` is in code
    values of 8 bits, -1 if unknown, `grain_size` in pixels."""

    @property
    def first(self) -> int: ...
    @property
    def frames(self) -> int: ...
    @property
    def time(self) -> float: ...
    @property
    def kind(self) -> str: ...
    @property
    def coloring(self) -> str: ...
    @property
    def grain_sigma(self) -> float: ...
    @property
    def grain_size(self) -> float: ...
    @property
    def damage(self) -> ShotDamage: ...

class FilmFacts:
    """What a film is, found in its pictures. `sampled`: `shots` are places in the film rather than its shots."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def area(self) -> ActiveArea: ...
    @property
    def coloring(self) -> str: ...
    @property
    def damage(self) -> ShotDamage: ...
    @property
    def shots(self) -> list[ShotFacts]: ...
    @property
    def sampled(self) -> bool: ...
    @property
    def fields(self) -> str: ...
    @property
    def telecined(self) -> bool: ...
    @property
    def film_rate(self) -> Fraction: ...
    def to_json(self) -> str: ...

class Progress:
    """Progress of a run. `frames_total` and `eta` (seconds) are None if unknown; `fps` counts input frames."""

    @property
    def frames_in(self) -> int: ...
    @property
    def frames_out(self) -> int: ...
    @property
    def frames_total(self) -> int | None: ...
    @property
    def seconds(self) -> float: ...
    @property
    def fps(self) -> float: ...
    @property
    def eta(self) -> float | None: ...

class RunStats:
    """Counters of a run: whole frames copied between host and device, frames and bytes in flight, seconds in calls of
    each stage, and the first frame of each shot."""

    @property
    def uploads(self) -> int: ...
    @property
    def downloads(self) -> int: ...
    @property
    def peak_frames(self) -> int: ...
    @property
    def peak_bytes(self) -> int: ...
    @property
    def stage_seconds(self) -> list[float]: ...
    @property
    def shots(self) -> list[int]: ...

class Run:
    """One pass of a film through a pipeline. `push`, `finish` and `next` may be called on different threads. Leaving
    the context closes the run."""

    def push(self, frame: Frame) -> bool:
        """Adds a frame. False if the pipeline is full: take frames with `next`, then push the frame again. Never waits.
        Raises `Error`: format_mismatch, invalid_argument, and the error that ended the run."""
    def finish(self) -> None:
        """Ends the input."""
    def next(self) -> Frame | None:
        """Waits while the stages are working, and returns the next frame, in order. None if there is none until more
        are pushed, and at the end (`ended`). Raises the error that ended the run, or what the source raised."""
    @property
    def ended(self) -> bool:
        """Whether `next` has reached the end of the film."""
    def cancel(self) -> None:
        """Ends the run as soon as possible; `next` then raises `Error` (cancelled)."""
    def close(self) -> None:
        """Cancels the run if it has not ended, and waits for it."""
    @property
    def output(self) -> StreamFormat: ...
    def progress(self) -> Progress: ...
    def stats(self) -> RunStats: ...
    def plan(self) -> str:
        """The initial configuration as JSON text."""
    def __iter__(self) -> Self: ...
    def __next__(self) -> Frame: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *args: object) -> None: ...

class Plan:
    """What a pipeline does for frames of one format. Runs may be concurrent, and share the models."""

    @property
    def input(self) -> StreamFormat: ...
    @property
    def output(self) -> StreamFormat: ...
    def to_json(self) -> str:
        """Device, precision, threads, stages with parameters and windows, and checksums of models and plugins."""
    def first_frame_needed_for(self, frame: int, shot_first: int) -> int:
        """The first frame that the stages must see to produce the same for `frame` as in a run of the whole film."""
    def start(self, source: Reader | Iterable[Frame] | None = None) -> Run:
        """Starts a run. With a `source`, the run pulls frames from it on a thread of its own; otherwise frames are
        pushed."""

class StageSpec:
    """A stage of a pipeline, and its parameters."""

    @property
    def id(self) -> str: ...
    @property
    def parameters(self) -> dict[str, Value]: ...

class Pipeline:
    """The description of a chain of stages. Building it checks names and parameters; nothing is loaded."""

    def __init__(
        self,
        *,
        device: str = "auto",
        precision: str = "auto",
        memory: int = 0,
        tile: int = 0,
        evidence: bool = False,
        shots: Literal["auto", "none"] | list[int] = "auto",
        cut_threshold: float = 0.15,
        plugin_path: list[str] = ...,
        base_folder: Path = "",
        stay_on_device: bool = False,
        log: Log | None = None,
    ) -> None:
        """`device`: "auto", "cpu", "cuda", "cuda:1"; several only for `restore`. `precision`: "auto", "float32",
        "bfloat16" or "float16". `memory`: limit of the process's resident memory in bytes; 0: none. `evidence`: frames
        carry where each of their samples comes from. `shots`: cuts are
        detected ("auto"), there are none ("none"), or the first frame of each shot."""
    @staticmethod
    def from_json(json: str, **options: Any) -> Pipeline:
        """Parses the format of `to_json`; members of the document override the options, which are those of
        `Pipeline`."""
    @staticmethod
    def preset(name: str, **options: Any) -> Pipeline: ...
    def add(self, stage: str | StagePart, **parameters: Value | Fraction | os.PathLike[str]) -> Self:
        """Appends a stage: text such as "superres:scale=2", or an object with a method `process` (see `Stage`). Raises
        `Error`: not_found, incompatible, invalid_argument."""
    @property
    def stages(self) -> list[StageSpec]: ...
    def to_json(self) -> str: ...
    def plan(self, format: StreamFormat) -> Plan:
        """Creates and configures the stages for frames of this format, and opens their models."""
    def start(self, format: StreamFormat, source: Reader | Iterable[Frame] | None = None) -> Run:
        """``plan(format).start(source)``."""
    def __len__(self) -> int: ...

class RestoreResult:
    """What a restoration did. `concealed`: corrupt frames of the input; `resumed`: frames that earlier runs had
    completed."""

    @property
    def frames_in(self) -> int: ...
    @property
    def frames_out(self) -> int: ...
    @property
    def concealed(self) -> int: ...
    @property
    def resumed(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def stats(self) -> RunStats: ...

def restore_file(
    input: Path,
    output: Path,
    pipeline: Pipeline,
    *,
    progress: Callable[[Progress], None] | None = None,
    codec: str = "",
    crf: int | None = None,
    mask_in: Path = "",
    mask_out: Path = "",
    evidence_out: Path = "",
    overwrite: bool = False,
    audio: bool = True,
    subtitles: bool = True,
    drop_streams: bool = False,
    shot_list: Path = "",
    deinterlace: bool | Literal["auto"] = False,
    ignore_checkpoint: bool = False,
    source_fps: Rational | None = None,
    start: Rational = ...,
    duration: Rational | None = None,
    strict: bool = False,
    missing: str = "stop",
    film_frames: bool = False,
    crop: tuple[int, int, int, int] | None = None,
    decide_by_shot: Sequence[str] = (),
    log: Log | None = None,
) -> RestoreResult: ...
def clean(path: Path) -> list[str]:
    """Removes what interrupted runs left behind: of an output, or of every output in a folder. Returns the paths."""

def inspect_media(path: Path) -> MediaInfo:
    """Properties of a file, without decoding all of it. Raises `Error` as `Reader` does."""

def analyze_film(path: Path, *, places: int = 20, frames: int = 6, log: Log | None = None) -> FilmFacts:
    """Facts of a file from `frames` consecutive frames in each of `places` places. Ctrl-C stops it."""

def plugins(plugin_path: list[str] = ...) -> list[PluginInfo]:
    """All plugins that are found, in these folders first; including refused ones."""

def preset_names() -> list[str]: ...
def version() -> str: ...
def runtime_tag() -> str:
    """Version and C++ ABI of the LibTorch that the library was built for, such as "2.11+cxx11"."""
