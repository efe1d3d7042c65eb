"""Tensors between PyTorch and the library, by DLPack; NumPy arrays that share their memory."""
from typing import TYPE_CHECKING, Any

import torch
import torch.utils.dlpack as dlpack

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from oldfilm._core import Frame


def to_capsule(tensor: Any) -> object:
    """The DLPack capsule of a tensor, or of what has ``__dlpack__``, such as a NumPy array."""
    if not isinstance(tensor, torch.Tensor):
        if not hasattr(tensor, "__dlpack__"):
            raise TypeError(f"expected a torch.Tensor or an object with __dlpack__, found {type(tensor).__name__}")
        tensor = dlpack.from_dlpack(tensor)
    # Of capsules, not `__dlpack__`, which would order streams of CUDA: work on them stays in its order here.
    return dlpack.to_dlpack(tensor.detach())  # type: ignore[attr-defined]


def from_capsule(capsule: object) -> torch.Tensor:
    return dlpack.from_dlpack(capsule)


def to_numpy(frame: "Frame") -> "npt.NDArray[np.float32]":
    """The picture as an array that cannot be written to. The frame must be on the CPU."""
    array = frame.picture.numpy()
    array.setflags(write=False)
    return array


def to_array(frame: "Frame", dtype: Any = None, copy: bool | None = None) -> "npt.NDArray[Any]":
    """NumPy's protocol ``__array__``: a copy only where one is asked for, or another type."""
    array = to_numpy(frame)
    if dtype is not None and array.dtype != dtype:
        if copy is False:
            raise ValueError(f"a picture is float32; as {dtype} it must be copied")
        return array.astype(dtype)
    return array.copy() if copy else array
