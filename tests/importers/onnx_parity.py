"""The importer of networks in ONNX, on our own network for superres exported to ONNX, for any size and for squares, against
ONNX Runtime.

    onnx_parity.py BUILD       exit status 77 where PyTorch, onnx2torch or ONNX Runtime isn't there
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(sys.argv[1]).resolve()
sys.path[:0] = [str(ROOT / "plugins"), str(Path(__file__).resolve().parent)]

try:
    import onnx2torch  # noqa: F401
    import onnxruntime
    import torch
except (ImportError, OSError):  # OSError: LibTorch without the parts that Python needs
    print("PyTorch in Python, onnx2torch or ONNX Runtime is not installed; ./setup.sh test --all installs them")
    sys.exit(77)

from importing import ImportFailure
from importing.onnx_file import onnx_file
from importing.writing import write
from tensors import error, in_cpp

LIMIT = 1e-4  # of the largest difference over the output's spread
CHOSEN = {"tile": 64, "overlap": 16, "multiple": 1}


def exported(network, folder: Path, name: str, side: int = 0) -> Path:
    """`side`: the only size that the file takes; 0: any."""
    path = folder / f"{name}.onnx"
    free = {} if side else {"picture": {2: "height", 3: "width"}, "result": {2: "h", 3: "w"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (torch.rand(1, 1, side or 64, side or 64),), str(path), input_names=["picture"],
                          output_names=["result"], dynamic_axes=free, opset_version=17, dynamo=False)
    return path


def runtime(path: Path, picture: torch.Tensor) -> torch.Tensor:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(None, {"picture": picture.numpy()})[0])


def compare(folder: Path, side: int) -> float:
    network = torch.jit.load(str(ROOT / "plugins/superres/models/fidelity-x2.pt")).eval()
    path = exported(network, folder, f"fidelity-{side}", side)
    package = path.with_suffix(".pt")
    write(*onnx_file(None, [str(path)], "{}", CHOSEN), package)
    picture = torch.rand((1, 1, side or 72, side or 56), generator=torch.Generator().manual_seed(5))
    found = error(runtime(path, picture), in_cpp(BUILD, folder, package, [picture]))
    print(f"fidelity-x2, {side or 'any'} pixels: {found:.1e}", flush=True)
    return found


def refused(folder: Path) -> None:
    (folder / "no.onnx").write_bytes(b"this is no graph")
    for words, expected in (([str(folder / "no.onnx")], "found something else"), ([str(folder / "none.onnx")], "check the path")):
        try:
            onnx_file(None, words, "{}", CHOSEN)
        except ImportFailure as failure:
            assert expected in str(failure), failure
        else:
            raise AssertionError(f"{words} was taken")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        worst = max(compare(folder, 0), compare(folder, 64))
        assert worst < LIMIT, worst
        refused(folder)
    print(f"the largest error against ONNX Runtime: {worst:.1e} of the output's spread")


if __name__ == "__main__":
    main()
