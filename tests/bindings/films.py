"""Films for the tests of the Python package."""
import pathlib
from fractions import Fraction

import torch

import oldfilm

HEIGHT, WIDTH = 48, 64
RATE = Fraction(16)


def picture(number: int, shot: int = 0) -> torch.Tensor:
    """A square that moves over a gradient; another shot looks different. 3 x 48 x 64, multiples of 1 / 255."""
    gradient = torch.linspace(0.1, 0.9, WIDTH).expand(3, HEIGHT, WIDTH).clone()
    if shot % 2:
        gradient = torch.linspace(0.9, 0.1, HEIGHT)[:, None].expand(3, HEIGHT, WIDTH).clone()
    left = 2 * number % (WIDTH - 12)
    gradient[:, 8:20, left : left + 12] = torch.tensor([0.8, 0.4, 0.2])[:, None, None]
    return (gradient * 255).round() / 255


def frame(number: int, shot: int = 0) -> oldfilm.Frame:
    return oldfilm.Frame(picture(number, shot), pts=number, duration=1, time_base=1 / RATE)


def stream(frames: int = 12) -> oldfilm.StreamFormat:
    return oldfilm.StreamFormat(3, HEIGHT, WIDTH, RATE, frames=frames)


def write(path: pathlib.Path, frames: int = 12, cut: int | None = None) -> pathlib.Path:
    """A lossless film in RGB; with `cut`, another shot begins at that frame."""
    with oldfilm.Writer(path, stream(frames), codec="ffv1", pixel_format="gbrp", overwrite=True) as writer:
        for number in range(frames):
            writer.write(frame(number, 0 if cut is None else number // cut))
    return path
