"""Reads ncnn's two files: the text graph and the weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from ..checkpoint import ImportFailure

MAGIC = "7767517"
# How a block of weights begins.
FLOAT16, INT8, FLOAT32_SCALED = 0x01306B47, 0x000D4B38, 0x0002C056
ARRAY = -23300  # the key of an array is this less its number

Value = int | float | str | list


@dataclass
class Layer:
    """A line of the graph: inputs and outputs are names of blobs, values are its parameters by number."""

    type: str
    name: str
    line: int
    inputs: list[str]
    outputs: list[str]
    values: dict[int, Value] = field(default_factory=dict)

    def whole(self, key: int, default: int = 0) -> int:
        """A whole number; `default` where the line lacks it."""
        value = self.values.get(key, default)
        if not isinstance(value, int):
            raise self.failure(f"expected a whole number for {key}, found {value}")
        return value

    def number(self, key: int, default: float = 0.0) -> float:
        value = self.values.get(key, default)
        if not isinstance(value, (int, float)):
            raise self.failure(f"expected a number for {key}, found {value}")
        return float(value)

    def array(self, key: int) -> list:
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise self.failure(f"expected an array for {key}, found {value}")
        return value

    def failure(self, text: str) -> ImportFailure:
        return ImportFailure(f"line {self.line}: {self.type} '{self.name}': {text}")


def read_graph(path: Path) -> list[Layer]:
    """The layers in order. Raises ImportFailure that names the line."""
    try:
        lines = path.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        raise ImportFailure(f"expected ncnn's text graph in '{path}', found no such file or one that is no text; "
                            "name the .param file") from None
    if not lines or lines[0].strip() != MAGIC:
        raise ImportFailure(f"expected '{MAGIC}' in the first line of '{path}', as ncnn's graphs have it, found "
                            f"'{(lines or [''])[0][:40]}'; name the .param file")
    layers = [_layer(text.split(), number) for number, text in enumerate(lines[2:], 3) if text.strip()]
    stated = int(lines[1].split()[0]) if len(lines) > 1 and lines[1].split()[:1] and lines[1].split()[0].isdigit() else -1
    if stated != len(layers):
        raise ImportFailure(f"expected {stated} layers in '{path}', found {len(layers)}; the file is cut short")
    return layers


def _layer(words: list[str], line: int) -> Layer:
    try:
        inputs, outputs = int(words[2]), int(words[3])
        blobs = words[4:4 + inputs + outputs]
        if len(blobs) != inputs + outputs:
            raise ValueError
        values = dict(_value(word) for word in words[4 + inputs + outputs:])
    except (IndexError, ValueError):
        raise ImportFailure(f"line {line}: expected a layer (type, name, counts, blobs, key=value), found "
                            f"'{' '.join(words)[:60]}'; the file is damaged") from None
    return Layer(words[0], words[1], line, blobs[:inputs], blobs[inputs:], values)


def _value(word: str) -> tuple[int, Value]:
    key, _, text = word.partition("=")
    number = int(key)
    if number > ARRAY:
        return number, _number(text)
    return ARRAY - number, [_number(item) for item in text.split(",")[1:]]


def _number(text: str) -> int | float | str:
    if text.startswith('"'):
        return text.strip('"')
    return int(text) if text.lstrip("+-").isdigit() else float(text)


class Weights:
    """The weights, taken block after block in the order of the layers."""

    def __init__(self, path: Path):
        self.path, self.at = path, 0
        try:
            self.data = path.read_bytes()
        except OSError:
            raise ImportFailure(f"expected the weights in '{path}', and there is no such file; name the .bin file too") from None

    def raw(self, *shape: int) -> torch.Tensor:
        """float32, without a tag before it."""
        return self._numbers(np.dtype("<f4"), shape)

    def tagged(self, *shape: int) -> torch.Tensor:
        """A block that says how its numbers are stored."""
        tag = int(self._take(np.dtype("<u4"), 1)[0])
        if tag == FLOAT16:
            return self._numbers(np.dtype("<f2"), shape)
        if tag == INT8:
            raise ImportFailure(f"expected float16 or float32 weights in '{self.path}', found int8 at byte {self.at - 4}; "
                                "use the file of the network that was not quantized")
        if tag in (0, FLOAT32_SCALED):
            return self._numbers(np.dtype("<f4"), shape)
        table = self._take(np.dtype("<f4"), 256)
        indices = self._take(np.dtype("u1"), _count(shape))
        return torch.from_numpy(table[indices].reshape(shape))

    def end(self) -> None:
        if self.at != len(self.data):
            raise ImportFailure(f"expected {self.at} bytes of weights in '{self.path}', found {len(self.data)}; "
                                "the .bin file is of another network")

    def _numbers(self, kind: np.dtype, shape: tuple[int, ...]) -> torch.Tensor:
        return torch.from_numpy(self._take(kind, _count(shape)).astype(np.float32).reshape(shape))

    def _take(self, kind: np.dtype, count: int) -> np.ndarray:
        if self.at + count * kind.itemsize > len(self.data):
            raise ImportFailure(f"expected more weights in '{self.path}', found its end after {len(self.data)} bytes; "
                                "the file is cut short, or of another network")
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += -(-count * kind.itemsize // 4) * 4
        return values


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count
