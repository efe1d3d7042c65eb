"""A restoration as the usual scripts do it, for comparison: one model after the other, picture files between them.

usage: usual_way.py FILM OUT STAGE... --models FOLDER --work FOLDER [--crf N] [--sigma CODES]

Frames are decoded with OpenCV and written as PNG files. Each stage reads all of its frames from PNG files, runs the
TorchScript of the same model package on each frame in PyTorch (float32, eval, no_grad, the whole frame at once), and
writes PNG files. FFmpeg joins the last ones. Prints JSON: the seconds of each step, imports not counted.

The usual scripts do without what else oldfilm's stages do: colors are not averaged over time, doubtful flow is not
looked for, and grain is not measured (`--sigma` says how strong it is). Flow, where a model takes it, is the same as
oldfilm's: OpenCV's DIS, medium.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F

RENDER = 256  # the side that colorize's model was made for
MULTIPLE = {"denoise": 8, "interpolate": 16, "colorize": 32}


def names(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.png"))


def read(path: Path) -> np.ndarray:
    """H, W, 3 in R, G, B, of 8 bits."""
    return cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def tensor(picture: np.ndarray) -> torch.Tensor:
    """1, 3, H, W in [0, 1]."""
    return torch.from_numpy(picture).permute(2, 0, 1).unsqueeze(0).float() / 255


def write(folder: Path, number: int, picture: torch.Tensor) -> None:
    rows = (picture[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
    cv2.imwrite(str(folder / f"{number:05d}.png"), cv2.cvtColor(rows, cv2.COLOR_RGB2BGR))


def padded(picture: torch.Tensor, multiple: int) -> torch.Tensor:
    h, w = picture.shape[-2:]
    return F.pad(picture, (0, -w % multiple, 0, -h % multiple), mode="replicate")


def warp(picture: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
    h, w = picture.shape[-2:]
    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    grid = torch.stack(((flow[:, 0] + x) * (2 / (w - 1)) - 1, (flow[:, 1] + y) * (2 / (h - 1)) - 1), 3)
    return F.grid_sample(picture, grid, mode="bilinear", padding_mode="border", align_corners=True)


def luma(picture: torch.Tensor) -> torch.Tensor:
    return (picture * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)


class Flow:
    def __init__(self):
        self.search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def __call__(self, a: np.ndarray, b: np.ndarray) -> torch.Tensor:
        one, other = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in (a, b))
        return torch.from_numpy(self.search.calc(one, other, None)).permute(2, 0, 1).unsqueeze(0)


def window(files: list[Path], n: int) -> list[np.ndarray]:
    return [read(files[min(max(n + k, 0), len(files) - 1)]) for k in (-2, -1, 0, 1, 2)]


def scratch_removal(model, source: Path, target: Path, _args) -> None:
    files, flow = names(source), Flow()
    for n in range(len(files)):
        frames = window(files, n)
        here = frames[2]
        aligned = [luma(tensor(here) if k == 2 else warp(tensor(f), flow(here, f))) for k, f in enumerate(frames)]
        mask, repaired = model(torch.stack(aligned, 1))
        write(target, n, torch.where(F.max_pool2d(mask, 3, 1, 1) > 0.5, repaired, tensor(here)))


def denoise(model, source: Path, target: Path, args) -> None:
    files = names(source)
    for n in range(len(files)):
        frames = [padded(tensor(f), MULTIPLE["denoise"]) for f in window(files, n)]
        h, w = read(files[n]).shape[:2]
        write(target, n, model(torch.stack(frames, 1), torch.full((1, 1, 1, 1), args.sigma / 255))[:, :, :h, :w])


def colorize(model, source: Path, target: Path, _args) -> None:
    for n, file in enumerate(names(source)):
        lab = cv2.cvtColor(read(file).astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
        h, w = lab.shape[:2]
        scale, step = RENDER / min(h, w), MULTIPLE["colorize"]
        size = [max(round(side * scale / step), 1) * step for side in (h, w)]
        light = torch.from_numpy(lab[:, :, 0])[None, None] / 100
        ab, sure = model(F.interpolate(light, size, mode="bilinear", antialias=True))
        ab = ab * sure
        ab = F.interpolate(ab, (h, w), mode="bilinear")[0].permute(1, 2, 0).numpy()
        rgb = cv2.cvtColor(np.dstack((lab[:, :, :1], ab)), cv2.COLOR_Lab2RGB)
        write(target, n, torch.from_numpy(rgb).permute(2, 0, 1).unsqueeze(0))


def superres(model, source: Path, target: Path, _args) -> None:
    for n, file in enumerate(names(source)):
        picture = tensor(read(file))
        large = F.interpolate(picture, scale_factor=2, mode="bicubic")
        write(target, n, large + model(luma(picture)) - luma(large))


def interpolate(model, source: Path, target: Path, _args) -> None:
    files, flow = names(source), Flow()
    for n, file in enumerate(files):
        a = read(file)
        shutil.copyfile(file, target / f"{2 * n:05d}.png")
        if n + 1 == len(files):
            shutil.copyfile(file, target / f"{2 * n + 1:05d}.png")
            continue
        b = read(files[n + 1])
        h, w = a.shape[:2]
        given = [padded(x, MULTIPLE["interpolate"]) for x in (tensor(a), tensor(b), flow(a, b), flow(b, a))]
        made = model(given[0], given[1], torch.full((1, 1, 1, 1), 0.5), given[2], given[3])
        write(target, 2 * n + 1, made[:, :, :h, :w])


STAGES = {"scratch-removal": (scratch_removal, "scratch-removal/default.pt"),
          "denoise": (denoise, "denoise/default.pt"),
          "colorize": (colorize, "colorize/default.pt"),
          "superres": (superres, "superres/fidelity-x2.pt"),
          "interpolate": (interpolate, "interpolate/default.pt")}


def decode(film: str, folder: Path) -> float:
    video = cv2.VideoCapture(film)
    fps, number = video.get(cv2.CAP_PROP_FPS), 0
    while True:
        there, picture = video.read()
        if not there:
            break
        cv2.imwrite(str(folder / f"{number:05d}.png"), picture)
        number += 1
    if number == 0:
        sys.exit(f"OpenCV could not decode {film}")
    return fps


def join(folder: Path, fps: float, out: str, crf: int) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-framerate", str(fps), "-i", str(folder / "%05d.png"),
                    "-c:v", "libx264", "-preset", "medium", "-crf", str(crf), "-pix_fmt", "yuv420p", out], check=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("film")
    parser.add_argument("out")
    parser.add_argument("stages", nargs="+", choices=STAGES)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--crf", type=int, default=16)
    parser.add_argument("--sigma", type=float, default=6, help="grain that denoise is told, in code values")
    args = parser.parse_args()

    shutil.rmtree(args.work, ignore_errors=True)
    steps, start = {}, time.perf_counter()

    def lap(step: str) -> None:
        steps[step] = time.perf_counter() - start - sum(steps.values())

    folder = args.work / "0-frames"
    os.makedirs(folder)
    fps = decode(args.film, folder)
    lap("decode")
    for place, name in enumerate(args.stages, 1):
        work, package = STAGES[name]
        target = args.work / f"{place}-{name}"
        os.makedirs(target)
        with torch.no_grad():
            model = torch.jit.load(str(args.models / package), map_location="cpu").eval()
            work(model, folder, target, args)
        fps *= 2 if name == "interpolate" else 1
        folder = target
        lap(name)
    join(folder, fps, args.out, args.crf)
    lap("join")
    print(json.dumps({"seconds": sum(steps.values()), "steps": steps, "frames": len(names(folder)),
                      "threads": torch.get_num_threads()}))
    shutil.rmtree(args.work)


if __name__ == "__main__":
    main()
