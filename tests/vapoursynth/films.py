"""Films for the tests of the VapourSynth plugin: made and decoded by the ffmpeg program, restored by oldfilm's."""

from __future__ import annotations

import ctypes
import os
import random
import subprocess
import sys
import unittest
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

BUILD = Path(os.environ["OLDFILM_BUILD"])

try:
    import vapoursynth as vs
except ImportError as missing:
    print(f"VapourSynth is not there ({missing}); ./setup.sh test --all installs it if it finds Python 3.12 or later")
    sys.exit(77)

core = vs.core

WIDTH, HEIGHT = 96, 64
SHOTS = [0, 10, 21]  # first frames
LENGTH = 30

# Three shots that move, with dirt on some frames.
SOURCES = [("testsrc2", 10), ("mandelbrot", 11), ("cellauto=rule=110:seed=7", 9)]
DIRT = ",".join(f"drawbox=x={7 + 11 * n % 71}:y={5 + 7 * n % 47}:w=4:h=5:c={c}:t=fill:enable='eq(n,{n})'"
                for n, c in ((3, "white"), (5, "black"), (12, "white"), (16, "black"), (25, "white")))


@dataclass
class Film:
    """Frames as VapourSynth's planes have them: bytes for each plane."""

    format: vs.PresetVideoFormat
    width: int
    height: int
    frames: list[list[bytes]]


def ffmpeg(*arguments: str) -> bytes:
    return subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True, stdout=subprocess.PIPE).stdout


def make_film(path: Path, pixel_format: str, *options: str) -> None:
    """A lossless film with three shots."""
    inputs, parts = [], ""
    for number, (source, frames) in enumerate(SOURCES):
        separator = ":" if "=" in source else "="
        inputs += ["-f", "lavfi", "-i", f"{source}{separator}size={WIDTH}x{HEIGHT}:rate=16"]
        parts += f"[{number}]trim=end_frame={frames},setpts=N/16/TB,format=rgb24[s{number}];"
    joined = "".join(f"[s{number}]" for number in range(len(SOURCES)))
    graph = f"{parts}{joined}concat=n={len(SOURCES)},{DIRT},format={pixel_format}"
    ffmpeg(*inputs, "-filter_complex", graph, "-r", "16", *(options or ("-c:v", "ffv1")), str(path))


FORMATS = {"gray": (vs.GRAY8, [0]), "gray16le": (vs.GRAY16, [0]), "gray10le": (vs.GRAY10, [0]),
           "gbrp": (vs.RGB24, [2, 0, 1]), "gbrp16le": (vs.RGB48, [2, 0, 1])}


def decoded(path: str | Path, pixel_format: str, width: int = WIDTH, height: int = HEIGHT) -> Film:
    """All frames of a film or of an image sequence."""
    number, order = FORMATS[pixel_format]
    raw = ffmpeg("-i", str(path), "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", pixel_format, "-")
    plane = width * height * (1 if pixel_format in ("gray", "gbrp") else 2)
    size = plane * len(order)
    frames = [[raw[start + plane * p:start + plane * (p + 1)] for p in order] for start in range(0, len(raw), size)]
    return Film(number, width, height, frames)


def fill(frame: vs.VideoFrame, planes: list[bytes]) -> None:
    for number, plane in enumerate(planes):
        row = len(plane) // frame.height
        for y in range(frame.height):
            ctypes.memmove(frame.get_write_ptr(number).value + y * frame.get_stride(number),
                           plane[y * row:(y + 1) * row], row)


def clip_of(film: Film, rate: Fraction = Fraction(16), full_range: bool = True) -> vs.VideoNode:
    """A clip of these frames. `rate` 0: none."""
    blank = core.std.BlankClip(width=film.width, height=film.height, format=film.format, length=len(film.frames),
                               fpsnum=rate.numerator, fpsden=rate.denominator, keep=True)

    def frame(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        made = f.copy()
        fill(made, film.frames[n])
        made.props["_Range"] = int(full_range)
        return made

    return core.std.ModifyFrame(blank, blank, frame)


def planes_of(frame: vs.VideoFrame) -> list[bytes]:
    planes = []
    for number in range(frame.format.num_planes):
        row = frame.width * frame.format.bytes_per_sample
        start = frame.get_read_ptr(number).value
        planes.append(b"".join(ctypes.string_at(start + y * frame.get_stride(number), row)
                               for y in range(frame.height)))
    return planes


def frames_of(clip: vs.VideoNode) -> list[list[bytes]]:
    """All frames, in order, asked for as a player does: several at a time."""
    return [planes_of(frame) for frame in clip.frames(close=True)]


def shuffled(length: int, seed: int = 1) -> list[int]:
    order = list(range(length))
    random.Random(seed).shuffle(order)
    return order


def restored(film: Path, output: Path, *stages: str, options: tuple[str, ...] = ()) -> None:
    """What the command line makes of a film."""
    command = [str(BUILD / "bin/oldfilm"), "restore", str(film), str(output), "--overwrite"]
    for stage in stages:
        command += ["--stage", stage]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


class Test(unittest.TestCase):
    def assert_frames(self, found: list[list[bytes]], expected: list[list[bytes]]) -> None:
        self.assertEqual(len(found), len(expected))
        wrong = [number for number, planes in enumerate(found) if planes != expected[number]]
        self.assertEqual(wrong, [], "these frames differ")
