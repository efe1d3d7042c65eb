"""A checkpoint in safetensors gives the package that the same weights in .pth give.

    safetensors_file.py        exit status 77 where PyTorch isn't there
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

try:
    import torch
except (ImportError, OSError):  # OSError: LibTorch without the parts that Python needs
    print("PyTorch in Python is not installed; ./setup.sh test --all installs it")
    sys.exit(77)

KINDS = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


def write(path: Path, table: dict[str, torch.Tensor]) -> None:
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in table.items():
        content = tensor.contiguous().view(torch.uint8).numpy().tobytes()
        header[name] = {"dtype": KINDS[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def compact() -> dict[str, torch.Tensor]:
    """The weights of a small network of Real-ESRGAN's compact kind."""
    torch.manual_seed(1)
    table = {}
    for place, (before, after) in {0: (3, 8), 2: (8, 8), 4: (8, 12)}.items():
        table[f"body.{place}.weight"] = 0.2 * torch.randn(after, before, 3, 3)
        table[f"body.{place}.bias"] = 0.1 * torch.randn(after)
        table[f"body.{place + 1}.weight"] = torch.full((after,), 0.25)
    del table["body.5.weight"]
    return table


def imported(file: Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, ROOT / "plugins/importing/main.py", file, "-o", file.with_suffix(".package")],
                          capture_output=True, text=True)


def main() -> int:
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder, table = Path(name), compact()
        picture = torch.rand(1, 3, 16, 20)
        for kind in KINDS:
            rounded = {k: v.to(kind) for k, v in table.items()}
            torch.save(rounded, folder / "a.pth")
            write(folder / "b.safetensors", rounded)
            made = []
            for file in ("a.pth", "b.safetensors"):
                done = imported(folder / file)
                assert done.returncode == 0, done.stderr
                made.append(torch.jit.load(str((folder / file).with_suffix(".package")))(picture))
            same = torch.equal(*made)
            failed += not same
            print(f"{KINDS[kind]}: {'the same' if same else 'FAILED'}")
        whole = (folder / "b.safetensors").read_bytes()
        for what, content in {"cut": whole[:-20], "text": b"not safetensors at all", "short": b"abc"}.items():
            (folder / "bad.safetensors").write_bytes(content)
            done = imported(folder / "bad.safetensors")
            good = done.returncode != 0 and "expected safetensors" in done.stderr and "\n" not in done.stderr.strip()
            failed += not good
            print(f"{what}: {'refused' if good else 'FAILED ' + done.stderr[-300:]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
