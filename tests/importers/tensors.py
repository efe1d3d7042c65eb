"""Packages in C++: run_package, and the tensor files that it reads and writes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import torch


def write_tensors(path: Path, tensors: list[torch.Tensor]) -> None:
    with open(path, "wb") as file:
        for tensor in tensors:
            file.write(np.array([tensor.dim(), *tensor.shape], np.int64).tobytes())
            file.write(tensor.detach().float().contiguous().numpy().tobytes())


def read_tensors(path: Path) -> list[torch.Tensor]:
    data, at, tensors = path.read_bytes(), 0, []
    while at < len(data):
        dimensions = int(np.frombuffer(data, np.int64, 1, at)[0])
        sizes = np.frombuffer(data, np.int64, dimensions, at + 8)
        at += 8 * (1 + dimensions)
        count = int(np.prod(sizes))
        tensors.append(torch.from_numpy(np.frombuffer(data, np.float32, count, at).reshape(sizes).copy()))
        at += 4 * count
    return tensors


def in_cpp(build: Path, folder: Path, package: Path, inputs: list[torch.Tensor]) -> torch.Tensor:
    """The first output of a package for these inputs; the files are in `folder`."""
    write_tensors(folder / "in", inputs)
    subprocess.run([build / "bin/run_package", package, folder / "in", folder / "out"], check=True)
    return read_tensors(folder / "out")[0]


def error(expected: torch.Tensor, found: torch.Tensor) -> float:
    """The largest difference, over the spread of what is expected."""
    assert expected.shape == found.shape, (expected.shape, found.shape)
    return float((expected - found).abs().max()) / float(expected.std())
