"""The importer of community models (spandrel, from PyPI) on small networks with random weights.

    community.py BUILD       exit status 77 where PyTorch or spandrel isn't there

A package must give what spandrel's network gives: in any size, or in its square where it works in squares. `Model` runs
one of each kind in C++.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(sys.argv[1]).resolve()
sys.path[:0] = [str(ROOT / "plugins"), str(Path(__file__).resolve().parent)]

try:
    import spandrel
    import torch
except (ImportError, OSError):  # OSError: LibTorch without the parts that Python needs
    print("PyTorch in Python or spandrel is not installed; ./setup.sh test --all installs them")
    sys.exit(77)

from importing import ImportFailure
from importing.community import community
from importing.writing import write
from tensors import error, in_cpp

LIMIT = 1e-4  # of the largest difference over the output's spread
TILE = 64
SWIN = {"embed_dim": 24, "depths": [2, 2], "num_heads": [2, 2], "window_size": 8, "upscale": 2, "img_size": 64,
        "upsampler": "pixelshuffle"}
# Module and class below spandrel.architectures, arguments that keep the network small, and whether it works in squares.
NETWORKS = {
    "Compact": ("Compact.__arch.SRVGG", "SRVGGNetCompact", {"num_feat": 16, "num_conv": 4, "upscale": 2}, False),
    "SPAN": ("SPAN.__arch.span", "SPAN", {"num_in_ch": 3, "num_out_ch": 3, "feature_channels": 16, "upscale": 2}, False),
    "PLKSR": ("PLKSR.__arch.PLKSR", "PLKSR", {"dim": 16, "n_blocks": 3, "upscaling_factor": 2}, False),
    "SAFMN": ("SAFMN.__arch.safmn", "SAFMN", {"dim": 12, "n_blocks": 2, "upscaling_factor": 2}, True),
    "DITN": ("DITN.__arch.DITN_Real", "DITN_Real",
             {"dim": 12, "ITL_blocks": 1, "SAL_blocks": 1, "UFONE_blocks": 1, "upscale": 2}, True),
    "MoSR": ("MoSR.__arch.mosr_arch", "MoSR", {"n_block": 2, "dim": 16, "upscale": 2}, False),
    "DAT": ("DAT.__arch.DAT", "DAT", {"embed_dim": 24, "depth": [2], "num_heads": [2], "split_size": [8, 16], "upscale": 2,
                                      "img_size": 64}, True),
    "NAFNet": ("NAFNet.__arch.NAFNet_arch", "NAFNet",
               {"width": 8, "enc_blk_nums": [1, 1], "middle_blk_num": 1, "dec_blk_nums": [1, 1]}, True),
    "RealCUGAN": ("RealCUGAN.__arch.upcunet_v3", "UpCunet2x_fast", {}, True),
    "RCAN": ("RCAN.__arch.rcan_arch", "RCAN", {"n_resgroups": 1, "n_resblocks": 2, "n_feats": 16, "scale": 2}, True),
    "SwinIR": ("SwinIR.__arch.SwinIR", "SwinIR", {**SWIN, "mlp_ratio": 2.0}, True),
    "HAT": ("HAT.__arch.HAT", "HAT", {**SWIN, "compress_ratio": 3, "squeeze_factor": 6, "overlap_ratio": 0.5}, True),
    "OmniSR": ("OmniSR.__arch.OmniSR", "OmniSR", {"num_feat": 16, "res_num": 1, "block_num": 1, "up_scale": 2}, True),
}


def made(folder: Path, name: str) -> Path:
    """A checkpoint with random weights."""
    module, kind, arguments, _ = NETWORKS[name]
    torch.manual_seed(3)
    network = getattr(importlib.import_module(f"spandrel.architectures.{module}"), kind)(**arguments)
    path = folder / f"{name}.pth"
    torch.save({"params": network.state_dict()}, path)
    return path


def imported(path: Path) -> Path:
    package = path.with_suffix(".pt")
    chosen = {"tile": TILE, "overlap": 16}
    write(*community(None, [str(path)], "{}", chosen), package)
    return package


def expected(path: Path, picture: torch.Tensor) -> torch.Tensor:
    """What spandrel's own descriptor makes of a picture."""
    descriptor = spandrel.ModelLoader().load_from_file(path)
    with torch.no_grad():
        return descriptor.model.float().eval()(picture.clone())  # some networks write to their input


def compare(folder: Path, name: str) -> float:
    squares = NETWORKS[name][3]
    path = made(folder, name)
    package = imported(path)
    height, width = (TILE, TILE) if squares else (72, 88)
    generator = torch.Generator().manual_seed(5)
    picture = torch.rand((1, 3, height, width), generator=generator)
    truth = expected(path, picture)
    is_denoiser = truth.shape == picture.shape
    given = picture.unsqueeze(1) if is_denoiser else picture
    return error(truth, in_cpp(BUILD, folder, package, [given]))


def larger_than_a_square(folder: Path) -> None:
    """Inside a square and away from its edges, the package gives what the network gives there."""
    path = made(folder, "SwinIR")
    package = imported(path)
    picture = torch.rand((1, 3, 100, 150), generator=torch.Generator().manual_seed(6))
    result = in_cpp(BUILD, folder, package, [picture])
    assert result.shape == (1, 3, 200, 300), result.shape
    corner = expected(path, picture[:, :, :TILE, :TILE])
    seen = 2 * (TILE - 16)
    assert error(corner[:, :, :2 * 34, :2 * 44], result[:, :, :2 * 34, :2 * 44]) < LIMIT, "the first square"
    last = expected(path, picture[:, :, -TILE:, -TILE:])
    assert error(last[:, :, -seen:, -seen:], result[:, :, -seen:, -seen:]) < LIMIT, "the last square"
    small = in_cpp(BUILD, folder, package, [picture[:, :, :20, :30]])
    assert small.shape == (1, 3, 40, 60), small.shape


def refused(folder: Path) -> None:
    torch.save({"nobody.weight": torch.zeros(3, 3)}, folder / "unknown.pth")
    try:
        community(None, [str(folder / "unknown.pth")], "{}", {"tile": 64, "overlap": 16})
    except ImportFailure as failure:
        assert "nobody.weight" in str(failure), failure
    else:
        raise AssertionError("an unknown network was taken")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        worst = 0.0
        for network in NETWORKS:
            found = compare(folder, network)
            print(f"{network:8} {found:.1e}", flush=True)
            worst = max(worst, found)
        assert worst < LIMIT, worst
        larger_than_a_square(folder)
        refused(folder)
    print(f"{len(NETWORKS)} architectures, the largest error {worst:.1e} of the output's spread")


if __name__ == "__main__":
    main()
