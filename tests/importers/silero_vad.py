"""Silero VAD's package against the published network, with stand-in weights. Nothing is fetched.

    silero_vad.py BUILD [WHEEL]     exit status 77 where PyTorch isn't there

With the wheel of silero-vad 6.2.3, the published weights too. What is compared with follows the authors' tinygrad_model.py.
"""

from __future__ import annotations

import json
import struct
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "plugins"), str(HERE)]

try:
    import torch
    import torch.nn.functional as F
except (ImportError, OSError):  # OSError: LibTorch without the parts that Python needs
    print("PyTorch in Python is not installed; ./setup.sh test --all installs it")
    sys.exit(77)

from importing import Checkpoint, main  # noqa: E402
from training import package  # noqa: E402

FILE = "silero_vad_16k.safetensors"
SHAPES = {"stft_conv.weight": (258, 1, 256), "conv1.weight": (128, 129, 3), "conv1.bias": (128,),
          "conv2.weight": (64, 128, 3), "conv2.bias": (64,), "conv3.weight": (64, 64, 3), "conv3.bias": (64,),
          "conv4.weight": (128, 64, 3), "conv4.bias": (128,), "lstm_cell.weight_ih": (512, 128),
          "lstm_cell.weight_hh": (512, 128), "lstm_cell.bias_ih": (512,), "lstm_cell.bias_hh": (512,),
          "final_conv.weight": (1, 128, 1), "final_conv.bias": (1,)}


def stand_in() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    return {name: torch.randn(shape, generator=generator) / max(float(torch.tensor(shape[1:]).prod()), 1.0) ** 0.5
            for name, shape in SHAPES.items()}


def write(table: dict[str, torch.Tensor], path: Path) -> None:
    """As safetensors: the length of a JSON header, the header, the values."""
    header, data = {}, b""
    for name, values in table.items():
        raw = values.contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def published(table: dict[str, torch.Tensor], sound: torch.Tensor) -> torch.Tensor:
    """Step by step with a cell, as the authors' code does it. `sound`: a multiple of 512 samples."""
    cell = torch.nn.LSTMCell(128, 128)
    cell.load_state_dict({k.removeprefix("lstm_cell."): v for k, v in table.items() if k.startswith("lstm_cell.")})
    state, found = None, []
    whole = F.pad(sound, (64, 0))
    for begin in range(0, len(sound), 512):
        x = F.pad(whole[begin:begin + 576].view(1, 1, -1), (0, 64), mode="reflect")
        parts = F.conv1d(x, table["stft_conv.weight"], stride=128)
        x = torch.sqrt(parts[:, :129] ** 2 + parts[:, 129:] ** 2)
        for number, stride in ((1, 1), (2, 2), (3, 2), (4, 1)):
            x = F.relu(F.conv1d(x, table[f"conv{number}.weight"], table[f"conv{number}.bias"], stride=stride, padding=1))
        state = cell(x.squeeze(-1), state)
        x = F.relu(state[0]).unsqueeze(-1)
        found.append(torch.sigmoid(F.conv1d(x, table["final_conv.weight"], table["final_conv.bias"])).mean())
    return torch.stack(found)


def from_package(path: Path, sound: torch.Tensor, at_once: int) -> torch.Tensor:
    module, manifest = package.load(path)
    assert manifest["task"] == "speech-activity" and manifest["inputs"] == ["audio", "state"], manifest
    steps, state, found = F.pad(sound, (64, 0)).unfold(0, 576, 512), torch.zeros(2, 1, 128), []
    for begin in range(0, len(steps), at_once):
        probability, state = module(steps[begin:begin + at_once], state)
        found.append(probability)
    return torch.cat(found)


def compare(what: str, expected: torch.Tensor, found: torch.Tensor) -> None:
    error = float((expected - found).abs().max())
    print(f"{what}: differs by {error:.1e}")
    assert expected.shape == found.shape and error < 1e-4, error


def check_published(wheel: Path, folder: Path, sound: torch.Tensor) -> None:
    """The weights in safetensors; silero_vad.jit in the same wheel has others, of the same network."""
    with zipfile.ZipFile(wheel) as archive:
        (folder / FILE).write_bytes(archive.read("silero_vad/data/" + FILE))
    main.run(["silero-vad", str(folder / FILE), "-o", str(folder / "published.pt")])
    table = Checkpoint.read([folder / FILE]).table("stft_conv.weight")
    compare("published weights", published(table, sound), from_package(folder / "published.pt", sound, 50))


def check() -> None:
    generator = torch.Generator().manual_seed(4)
    sound = torch.randn(512 * 60, generator=generator) * torch.linspace(0, 0.5, 512 * 60)
    with tempfile.TemporaryDirectory() as name, torch.no_grad():
        folder = Path(name)
        table = stand_in()
        write(table, folder / FILE)
        main.run([str(folder / FILE), "-o", str(folder / "made.pt")])
        expected = published(table, sound)
        assert float(expected.std()) > 1e-3, "stand-in weights must say something"
        compare("stand-in weights, 7 steps at once", expected, from_package(folder / "made.pt", sound, 7))
        compare("stand-in weights, all at once", expected, from_package(folder / "made.pt", sound, 60))
        if len(sys.argv) > 2:
            check_published(Path(sys.argv[2]), folder, sound)


if __name__ == "__main__":
    check()
