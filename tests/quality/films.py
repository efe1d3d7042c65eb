"""Films in and out of oldfilm and FFmpeg, as arrays: what the quality measurements stand on."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "plugins"))

OLDFILM = ROOT / "build" / "bin" / "oldfilm"


def _run(command: list[str], data: bytes | None = None) -> bytes:
    done = subprocess.run(command, input=data, capture_output=True)
    if done.returncode not in (0, 3):
        raise RuntimeError(f"{command[0]} failed: {done.stderr.decode()[-800:]}")
    return done.stdout


def write(path: Path, frames: np.ndarray, rate: str = "16") -> None:
    """8-bit T,H,W (gray) or T,H,W,3 (RGB), or 16-bit gray, to lossless FFV1."""
    gray = frames.ndim == 3
    depth = "gray16le" if frames.dtype == np.uint16 else "gray"
    size = f"{frames.shape[2]}x{frames.shape[1]}"
    _run(["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", depth if gray else "rgb24", "-s", size,
          "-r", rate, "-i", "-", "-c:v", "ffv1", "-pix_fmt", depth if gray else "bgr0", str(path)],
         np.ascontiguousarray(frames).tobytes())


def read(path: Path, gray: bool) -> np.ndarray:
    """T,H,W or T,H,W,3 float32 in [0, 1]."""
    probe = _run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height",
                  "-of", "csv=p=0", str(path)]).decode()
    width, height = (int(v) for v in probe.strip().split(",")[:2])
    raw = _run(["ffmpeg", "-v", "error", "-i", str(path), "-fps_mode", "passthrough", "-f", "rawvideo",
                "-pix_fmt", "gray16le" if gray else "rgb48le", "-"])
    shape = (-1, height, width) if gray else (-1, height, width, 3)
    return np.frombuffer(raw, "<u2").reshape(shape).astype(np.float32) / 65535


def found(frames: np.ndarray, stage: str) -> list[dict]:
    """What a stage finds out about each shot."""
    with tempfile.TemporaryDirectory(prefix="oldfilm-quality-") as folder:
        source = Path(folder) / "in.mkv"
        write(source, frames)
        done = subprocess.run([str(OLDFILM), "restore", str(source), str(Path(folder) / "out.mkv"), "--stage", stage,
                               "--codec", "ffv1", "--progress", "json"], check=True, capture_output=True)
        events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith(b"{")]
        return [e["found"] for e in events if e["event"] == "found"]


def restore(frames: np.ndarray, *stages: str, precision: str = "auto", rate: str = "16", mask: bool = False,
            gray: bool | None = None):
    """The frames as the command line restores them, in float32; with `mask`, the masks T,H,W too."""
    with tempfile.TemporaryDirectory(prefix="oldfilm-quality-") as folder:
        source, result, masks = (Path(folder) / n for n in ("in.mkv", "out.mkv", "mask.mkv"))
        write(source, frames, rate)
        command = [str(OLDFILM), "restore", str(source), str(result), "--codec", "ffv1", "--progress", "none",
                   "--precision", precision]
        for stage in stages:
            command += ["--stage", stage]
        if mask:
            command += ["--mask-out", str(masks)]
        _run(command)
        made = read(result, frames.ndim == 3 if gray is None else gray)
        return (made, read(masks, True)) if mask else made


def filtered(frames: np.ndarray, graph: str, rate: str = "16") -> np.ndarray:
    """The frames through an FFmpeg filter graph; 8-bit in, float32 in [0, 1] out."""
    with tempfile.TemporaryDirectory(prefix="oldfilm-quality-") as folder:
        source, result = Path(folder) / "in.mkv", Path(folder) / "out.mkv"
        write(source, frames, rate)
        gray = frames.ndim == 3
        _run(["ffmpeg", "-v", "error", "-y", "-i", str(source), "-vf",
              f"format={'gray' if gray else 'gbrp'},{graph}", "-fps_mode", "passthrough", "-c:v", "ffv1",
              "-pix_fmt", "gray" if gray else "bgr0", str(result)])
        return read(result, gray)


def byte(picture: np.ndarray) -> np.ndarray:
    return np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8)


def recipe(stage: str, name: str = "train"):
    """A plugin's recipe as a module: its held-out material and its measures."""
    folder = ROOT / "plugins" / stage
    local = [p.stem for p in folder.glob("*.py")]
    for module in local:
        sys.modules.pop(module, None)
    sys.path.insert(0, str(folder))
    try:
        import importlib
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        for module in local:
            sys.modules.pop(module, None)


def cuts(frames: np.ndarray) -> list[int]:
    """Where shots begin, after the first."""
    with tempfile.TemporaryDirectory(prefix="oldfilm-quality-") as folder:
        source = Path(folder) / "in.mkv"
        write(source, frames)
        found = json.loads(_run([str(OLDFILM), "inspect", str(source), "--shots", "--json"]))["shots"]
        return [shot["frame"] for shot in found[1:]]
