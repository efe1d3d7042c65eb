"""Photographs, clips and damage masks, decoded once and kept as 8-bit arrays.

Decoded material lies in a cache folder (build/training-cache) as one flat file a set, read through
a memory map, so that several recipes share one copy and a resumed run starts at once.

The split is that of the data set's own README: validation material is never handed out for
training.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "training-cache"
PHOTO_SETS = ("places", "landscape", "faces", "flowers", "clothing", "imagenet", "bsds/train")
VALIDATION_CLIPS = ("asl-sister.mkv", "coast.mp4", "cups.mp4")
TRAINING_CLIPS = (
    "asl-again.mkv", "asl-book.mkv", "asl-night.mkv", "asl-walk.mkv", "bedroom.mp4", "bee.mp4",
    "bikes.mp4", "blocks.mp4", "bottle-detection.mp4", "butterfly.mp4", "car-detection.mp4",
    "coffee.mp4", "dog.mp4", "flower.mp4", "highway.mp4", "tears-of-steel.webm", "walk.mp4",
)


def default_data() -> Path:
    return ROOT.parent / "shared" / "data"


def photo_files(data: str | Path, folder: str, split: str = "train") -> list[Path]:
    """Files of one folder of photos/ that belong to the split ("train" or "val"), by name."""
    base = Path(data) / "photos" / folder
    files = sorted(p for p in base.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))
    if not files:
        raise FileNotFoundError(f"no pictures in {base}; --data must name the data folder")
    if folder == "bsds/val":
        held = files
    elif folder == "faces":  # the same people, neutral and smiling
        wanted = {f"london-{i:04d}" for i in (*range(75, 102), *range(177, 204))}
        held = [p for p in files if p.stem in wanted]
    else:
        held = files[len(files) - max(1, len(files) // 10):]
    if split == "val":
        return held
    keep = set(held)
    return [p for p in files if p not in keep]


class Store:
    """A list of 8-bit arrays of any shapes in one memory-mapped file."""

    def __init__(self, path: Path):
        index = json.loads(path.with_suffix(".json").read_text())
        self.names: list[str] = index["names"]
        self.shapes: list[list[int]] = index["shapes"]
        self.offsets: list[int] = index["offsets"]
        self.flat = np.memmap(path, dtype=np.uint8, mode="r")

    def __len__(self) -> int:
        return len(self.shapes)

    def __getitem__(self, i: int) -> np.ndarray:
        size = int(np.prod(self.shapes[i]))
        return self.flat[self.offsets[i]:self.offsets[i] + size].reshape(self.shapes[i])

    @staticmethod
    def build(path: Path, produce) -> "Store":
        """Opens the store, or writes it from produce(), an iterator of (name, array)."""
        if not path.with_suffix(".json").exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            names, shapes, offsets, at = [], [], [], 0
            handle, temporary = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "wb") as out:
                for name, array in produce():
                    array = np.ascontiguousarray(array, dtype=np.uint8)
                    out.write(array.data)
                    names.append(name)
                    shapes.append(list(array.shape))
                    offsets.append(at)
                    at += array.size
            os.replace(temporary, path)
            side = path.with_suffix(f".{os.getpid()}.tmp")
            side.write_text(json.dumps({"names": names, "shapes": shapes, "offsets": offsets}))
            os.replace(side, path.with_suffix(".json"))
        return Store(path)


def read_rgb(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{path} can't be decoded as a picture")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def photos(data: str | Path, split: str = "train", folders=PHOTO_SETS, cache: Path = CACHE) -> Store:
    """RGB pictures H,W,3 at full size."""
    key = "photos-" + split + "-" + "+".join(f.replace("/", "_") for f in folders)

    def produce():
        for folder in folders:
            for path in photo_files(data, folder, split):
                yield f"{folder}/{path.name}", read_rgb(path)

    return Store.build(cache / f"{key}.bin", produce)


def decode(path: str | Path, height: int | None = None, limit: int | None = None):
    """Yields RGB frames H,W,3 of a film, decoded by FFmpeg (OpenCV's reader stops early on some)."""
    probe = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height",
         "-of", "csv=p=0", str(path)], check=True, capture_output=True, text=True)
    width, full = (int(v) for v in probe.stdout.strip().split(",")[:2])
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path)]
    if limit:
        command += ["-frames:v", str(limit)]
    if height and height < full:
        width = round(width * height / full / 2) * 2
        command += ["-vf", f"scale={width}:{height}:flags=area"]
    else:
        height = full
    command += ["-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        while True:
            raw = process.stdout.read(width * height * 3)
            if len(raw) < width * height * 3:
                break
            yield np.frombuffer(raw, np.uint8).reshape(height, width, 3)
        process.stdout.close()


def clips_more(data: str | Path, split: str) -> list[Path]:
    """Clips of clips/more, by name: those that the data's README reserves for validation, or the others."""
    ends = ("-2", "-4", "-dog", "-camel", "-truck", "-wolf")
    more = sorted(p for p in (Path(data) / "clips" / "more").iterdir() if p.is_file())
    return [p for p in more if p.stem.endswith(ends) == (split == "val")]


def held_out_clips(data: str | Path) -> list[Path]:
    """Every clip that is reserved for validation."""
    return [Path(data) / "clips" / name for name in VALIDATION_CLIPS] + clips_more(data, "val")


def clips(data: str | Path, split: str = "train", length: int = 5, count: int = 16,
          height: int = 360, names=None, cache: Path = CACHE) -> Store:
    """Runs of `length` neighboring RGB frames T,H,W,3: up to `count` a clip, spread over it."""
    names = names or (TRAINING_CLIPS if split == "train" else VALIDATION_CLIPS)
    key = f"clips-{split}-{length}x{count}-{height}-{len(names)}"

    def produce():
        for name in names:
            frames = list(decode(Path(data) / "clips" / name, height, 1200))
            last = len(frames) - length
            if last < 0:
                continue
            for start in np.unique(np.linspace(0, last, count).astype(int)):
                yield f"{name}@{start}", np.stack(frames[start:start + length])

    return Store.build(cache / f"{key}.bin", produce)


def damage_masks(data: str | Path, split: str = "train", cache: Path = CACHE) -> Store:
    """Opacity masks H,W, named kind/file; every tenth of each kind is for validation."""
    def produce():
        for folder in sorted((Path(data) / "damage").iterdir()):
            files = sorted(folder.glob("*.png"))
            for i, path in enumerate(files):
                if (i % 10 == 9) == (split == "val"):
                    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
                    yield f"{folder.name}/{path.name}", mask

    return Store.build(cache / f"damage-{split}.bin", produce)
