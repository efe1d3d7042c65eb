"""Reads checkpoints without running what is in them, and fills networks strictly."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
import warnings
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

Table = dict[str, torch.Tensor]  # a state dict: names without "module." and "_orig_mod."

# What training scripts leave beside the weights, and what is harmless to build.
HARMLESS = [np.dtype, np.ndarray, getattr(np, "_core", np.core).multiarray.scalar,
            getattr(np, "_core", np.core).multiarray._reconstruct,
            *(type(np.dtype(t)) for t in (np.float64, np.float32, np.int64, np.int32, np.bool_))]
# Of two tables that fit, the one that its authors would run: averaged weights first.
PREFERRED = ("params_ema", "ema_state_dict", "g_ema", "params", "state_dict", "netG", "model", "model_state")
# Number formats by the names that safetensors has for them.
SAFETENSORS = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
               "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}
WRAPPERS = re.compile(r"^(?:module\.|_orig_mod\.)+")


class ImportFailure(Exception):
    """One sentence: what was expected, what was found, what to do next."""


@dataclass
class Checkpoint:
    """Everything in the files that a user named: each dict of tensors is a table."""

    paths: list[Path]
    tables: dict[str, Table] = field(default_factory=dict)  # by "file" or "file:key"
    numbers: dict[str, dict[str, int]] = field(default_factory=dict)  # whole numbers by name, such as sizes; by the same keys

    @staticmethod
    def read(paths: list[Path]) -> Checkpoint:
        """Files, or folders of which every checkpoint is taken.

        Raises ImportFailure where a file is missing, cut short, no checkpoint, or holds code.
        """
        checkpoint = Checkpoint([])
        for path in paths:
            checkpoint.paths += _files(path)
        for path in checkpoint.paths:
            found: dict[str, Table] = {}
            _collect(_load(path), str(path), found, checkpoint.numbers)
            if not found:
                raise ImportFailure(f"expected weights (tensors by name) in '{path}', found none; "
                                    "name the file that holds the network's state dict")
            checkpoint.tables |= found
        return checkpoint

    def table(self, *names: str, without: tuple[str, ...] = (), path: str = "", key: str = "") -> Table | None:
        """The table that holds all of `names` and none of `without`; None where there is none.

        `path` and `key` narrow it to tables whose file or key contains that text.
        """
        fits = [(where, table) for where, table in self.tables.items()
                if all(n in table for n in names) and not any(n in table for n in without)
                and path in where.rsplit(":", 1)[0] and (not key or where.endswith(":" + key))]
        fits.sort(key=lambda item: _preference(item[0]))
        return fits[0][1] if fits else None

    def checksums(self) -> dict[str, str]:
        """SHA-256 of each file, by its name."""
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in self.paths}

    def summary(self) -> str:
        """A few of the names in it, for a message."""
        names = [n for table in self.tables.values() for n in table]
        return ", ".join(f"'{n}'" for n in names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def highest(table: Table, pattern: str) -> int:
    """The highest number that the first group of `pattern` finds at the names' beginnings; -1 where it finds none."""
    return max((int(m[1]) for name in table if (m := re.match(pattern, name))), default=-1)


def fill(network: torch.nn.Module, table: Table, ignore: str = "", optional: str = "") -> torch.nn.Module:
    """Loads `table` into `network` strictly, and returns the network in eval mode.

    ignore:   regular expression (whole name) of entries that the file may hold and the network doesn't use
    optional: regular expression of entries of the network that the file may lack (what it computes itself)
    Raises ImportFailure that names what is missing, left over, or of another shape.
    """
    own = network.state_dict()
    given = {k: v for k, v in table.items() if not (ignore and re.fullmatch(ignore, k))}
    missing = [k for k in own if k not in given and not (optional and re.fullmatch(optional, k))
               and not k.endswith("num_batches_tracked")]
    left = [k for k in given if k not in own and not k.endswith("num_batches_tracked")]
    if missing:
        raise ImportFailure(f"expected '{missing[0]}'{_others(missing)} in the checkpoint, and it is missing; "
                            "the file is of another system or version, or incomplete")
    if left:
        raise ImportFailure(f"found '{left[0]}'{_others(left)} in the checkpoint, which this network doesn't have; "
                            "the file is of another system or version")
    for k, v in given.items():
        if k in own and own[k].shape != v.shape:
            raise ImportFailure(f"expected {_shape(own[k])} for '{k}', found {_shape(v)}; "
                                "the file is of another version of the network")
    with torch.no_grad():
        for k, v in own.items():
            if k in given:
                v.copy_(given[k])
    return network.eval()


def _others(names: list[str]) -> str:
    return f" (and {len(names) - 1} more)" if len(names) > 1 else ""


def _shape(tensor: torch.Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a number"


def _preference(where: str) -> int:
    key = where.rsplit(":", 1)[-1]
    return PREFERRED.index(key) if key in PREFERRED else len(PREFERRED)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise ImportFailure(f"expected a checkpoint at '{path}', and there is no such file; check the path")
    if not path.is_dir():
        return [path]
    inside = sorted(p for p in path.rglob("*") if p.suffix in (".pth", ".pt", ".ckpt", ".pkl", ".tar", ".bin", ".safetensors"))
    if not inside:
        raise ImportFailure(f"expected checkpoints in the folder '{path}', found none; name the files themselves")
    return inside


def _load(path: Path) -> object:
    if path.stat().st_size == 0:
        raise ImportFailure(f"expected a checkpoint in '{path}', found an empty file; copy or download it again")
    if path.suffix == ".safetensors":
        return _safetensors(path)
    try:
        with torch.serialization.safe_globals(HARMLESS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        text = str(error)
        code = re.search(r"GLOBAL ([\w.]+)", text) or re.search(r"Trying to (?:load|call)[^`]*`?([\w.]+)", text)
        if code:
            raise ImportFailure(f"'{path}' holds more than weights (it would build or run {code[1]}), which could be any "
                                "program; ask for a file of weights alone, or save its state dict again") from None
        raise _no_checkpoint(path) from None
    except (EOFError, RuntimeError, OSError, KeyError, ValueError, AttributeError, IndexError, TypeError,
            UnicodeDecodeError):
        raise _no_checkpoint(path) from None


def _safetensors(path: Path) -> Table:
    """The format's whole definition: the header's length, the header as JSON, the tensors' bytes."""
    data = path.read_bytes()
    try:
        begin = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:begin])
        return {name: _stored(data, begin, entry) for name, entry in header.items() if name != "__metadata__"}
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError):
        raise ImportFailure(f"expected safetensors in '{path}', found a file that is cut short or of another kind; copy or "
                            "download it again") from None


def _stored(data: bytes, begin: int, entry: dict) -> torch.Tensor:
    first, last = (begin + offset for offset in entry["data_offsets"])
    if last > len(data):
        raise ValueError
    flat = torch.frombuffer(bytearray(data[first:last]), dtype=SAFETENSORS[entry["dtype"]]) if last > first else torch.zeros(0)
    tensor = flat.reshape(entry["shape"])
    return tensor.float() if tensor.is_floating_point() else tensor


def _no_checkpoint(path: Path) -> ImportFailure:
    with open(path, "rb") as file:
        is_zip = file.read(2) == b"PK"
    if is_zip and not zipfile.is_zipfile(path):
        return ImportFailure(f"expected a whole checkpoint in '{path}', found one that is cut short after "
                             f"{path.stat().st_size} bytes; copy or download it again")
    return ImportFailure(f"expected a PyTorch checkpoint in '{path}', found a file of another kind, or a damaged one; "
                         "name the file that the network's authors publish")


def _collect(content: object, where: str, found: dict[str, Table], numbers: dict[str, dict[str, int]]) -> None:
    """Every dict of tensors, and every one of whole numbers, inside nested dicts."""
    if not isinstance(content, dict):
        return
    table = {WRAPPERS.sub("", str(k)): v.detach() for k, v in content.items() if isinstance(v, torch.Tensor)}
    if table:
        found[where] = table
    if whole := {str(k): v for k, v in content.items() if type(v) is int}:
        numbers[where] = whole
    for k, v in content.items():
        if isinstance(v, dict):
            _collect(v, f"{where}:{k}", found, numbers)
