"""Trains and measures interpolate/models/default.pt.

    python plugins/interpolate/train.py [--minutes 15] [--start build/training/interpolate.ckpt]
    python plugins/interpolate/train.py --evaluate [--pictures FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from model import MULTIPLE, Interpolate, warp
from training import data, imaging, loop, own_film, package

STORED, PATCH, BATCH = 256, 144, 4


def flows(a: np.ndarray, b: np.ndarray, is_fine: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """DIS flow (Kroeger et al. 2016), medium preset, both ways, of two RGB pictures; pixels.

    Fine, as the stage asks for it: the search goes on to single pixels, 0.2 dB on the validation clips. The stage's takes
    fewer steps and smooths less (src/stage/flow.cpp), which costs 0.02 dB; the network was trained with this one.
    """
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    if is_fine:
        dis.setFinestScale(0)
        dis.setPatchStride(4)
    gray = [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in (a, b)]
    return dis.calc(gray[0], gray[1], None), dis.calc(gray[1], gray[0], None)


def sample(frames: list[np.ndarray], rng: np.random.Generator) -> np.ndarray | None:
    """One stored sample of a run of frames: first, truths, last and flows of a 256x256 crop.

    8-bit H,W,3*n followed by the two flows as int16 in 1/32 pixels, seen as bytes; a place
    that moves is preferred. None where nothing moves or a cut lies between.
    """
    a, b = frames[0], frames[-1]
    ab, ba = flows(a, b)
    error = cv2.blur(np.abs(a.astype(np.float32) - b).mean(2), (STORED // 2, STORED // 2))
    if error.mean() > 45 or any(np.array_equal(p, q) for p, q in zip(frames, frames[1:])):
        return None
    h, w = a.shape[:2]
    places = [(rng.integers(0, h - STORED + 1), rng.integers(0, w - STORED + 1)) for _ in range(6)]
    moves = [error[y + STORED // 2, x + STORED // 2] for y, x in places]
    best = int(np.argmax(moves)) if rng.random() < 0.8 else 0
    if moves[best] < 1.0 and rng.random() < 0.7:
        return None
    y, x = places[best]
    where = np.s_[y:y + STORED, x:x + STORED]
    coded = [np.clip(np.round(f[where] * 32), -32767, 32767).astype(np.int16) for f in (ab, ba)]
    return np.concatenate([*(f[where] for f in frames),
                           *(np.ascontiguousarray(c).view(np.uint8) for c in coded)], 2)


def moving_photo(rgb: np.ndarray, steps: int, rng: np.random.Generator) -> list[np.ndarray]:
    """A photograph as a moving picture: pan, zoom and turn, with a second photograph's part in front."""
    side, frames = 384, []
    h, w = rgb.shape[:2]
    zoom = rng.uniform(0.8, 1.3) * max(1.0, 420 / min(h, w))

    def motion(reach):
        return rng.uniform(-reach, reach, 2), rng.uniform(-0.04, 0.04), rng.uniform(-0.06, 0.06)

    shift, turn, grow = motion(24)
    center = np.array([rng.uniform(0.35, 0.65) * w, rng.uniform(0.35, 0.65) * h])
    front_shift, front_turn, front_grow = motion(24)
    front_center = np.array([rng.uniform(0.3, 0.7) * w, rng.uniform(0.3, 0.7) * h])
    blob = np.zeros((side, side), np.float32)
    points = (rng.uniform(0.3, 0.7, 2) + rng.uniform(-0.25, 0.25, (7, 2))) * side
    cv2.fillConvexPoly(blob, cv2.convexHull(points.astype(np.int32)), 1.0)
    blob = cv2.GaussianBlur(blob, (0, 0), 0.8)

    def matrix(p, shift, turn, grow, center, size):
        scale = size * (1 + grow * p)
        c, s = np.cos(turn * p) * scale, np.sin(turn * p) * scale
        m = np.array([[c, -s, 0], [s, c, 0]])
        m[:, 2] = side / 2 + shift * p - m[:, :2] @ center
        return m

    for i in range(steps + 1):
        p = i / steps - 0.5
        back = cv2.warpAffine(rgb, matrix(p, shift, turn, grow, center, zoom), (side, side),
                              flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT_101)
        front = cv2.warpAffine(rgb, matrix(p, front_shift, front_turn, front_grow, front_center, zoom),
                               (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT_101)
        m = matrix(p, front_shift, front_turn, front_grow, np.array([side / 2, side / 2]), 1.0)
        alpha = cv2.warpAffine(blob, m, (side, side))[..., None]
        frames.append(np.round(back * (1 - alpha) + front * alpha).astype(np.uint8))
    return frames


def samples(folder: Path) -> data.Store:
    """Runs of 3 to 5 pictures with their flows, from clips and from photographs set in motion."""
    def produce():
        rng = np.random.default_rng(7)
        for name in (*data.TRAINING_CLIPS, "nasa_13013.mp4"):
            height = int(rng.choice((360, 400, 480)))
            frames = list(data.decode(folder / "clips" / name, height, 1200))
            if frames[0].shape[0] < STORED:
                frames = [cv2.resize(f, None, fx=1.5, fy=1.5, interpolation=cv2.INTER_CUBIC)
                          for f in frames]
            for start in np.linspace(0, len(frames) - 9, 300 if "tears" in name else 130).astype(int):
                steps = int(rng.choice((2, 2, 2, 3, 4)))
                stride = 2 if steps == 2 and rng.random() < 0.35 else 1
                run = sample(frames[start:start + steps * stride + 1:stride], rng)
                if run is not None:
                    yield f"{name}@{start}", run
        pictures = data.photos(folder)
        for i in rng.permutation(len(pictures))[:900]:
            run = sample(moving_photo(pictures[i], int(rng.choice((2, 2, 3, 4))), rng), rng)
            if run is not None:
                yield pictures.names[i], run

    return data.Store.build(data.CACHE / "interpolate-train.bin", produce)


def batches(store: data.Store):
    def one(rng: np.random.Generator):
        run = store[rng.integers(len(store))]
        y, x = rng.integers(0, STORED - PATCH + 1, 2)
        run = np.ascontiguousarray(run[y:y + PATCH, x:x + PATCH])
        count = (run.shape[2] - 8) // 3
        frames = [run[..., 3 * i:3 * i + 3].astype(np.float32) / 255 for i in range(count)]
        ab, ba = (np.ascontiguousarray(run[..., k:k + 4]).view(np.int16).astype(np.float32) / 32
                  for k in (3 * count, 3 * count + 4))
        middle = int(rng.integers(1, count - 1))
        a, b, truth, t = frames[0], frames[-1], frames[middle], middle / (count - 1)
        if rng.random() < 0.5:
            a, b, ab, ba, t = b, a, ba, ab, 1 - t
        if rng.random() < 0.5:
            a, b, truth, ab, ba = (v[:, ::-1] for v in (a, b, truth, ab, ba))
            ab, ba = ab * (-1, 1), ba * (-1, 1)
        if rng.random() < 0.5:
            a, b, truth, ab, ba = (v[::-1] for v in (a, b, truth, ab, ba))
            ab, ba = ab * (1, -1), ba * (1, -1)
        if rng.random() < 0.5:
            a, b, truth, ab, ba = (v.transpose(1, 0, 2) for v in (a, b, truth, ab, ba))
            ab, ba = ab[..., ::-1], ba[..., ::-1]
        if rng.random() < 0.4:  # a film in black and white
            a, b, truth = (np.repeat(imaging.gray(v)[..., None], 3, 2) for v in (a, b, truth))
        if rng.random() < 0.2:
            level = np.float32(rng.uniform(0, 0.02))
            a, b = (v + level * rng.standard_normal(v.shape, np.float32) for v in (a, b))
        return a, b, t, ab, ba, truth

    def make(rng: np.random.Generator):
        parts = list(zip(*(one(rng) for _ in range(BATCH))))

        def stack(items):
            return torch.from_numpy(np.stack(items).transpose(0, 3, 1, 2).astype(np.float32).copy())

        a, b, _, ab, ba, truth = (stack(p) if i != 2 else None for i, p in enumerate(parts))
        t = torch.tensor(parts[2], dtype=torch.float32).view(-1, 1, 1, 1)
        return (a, b, t, ab, ba), truth

    return make


def loss_of(network, batch):
    inputs, truth = batch
    error = network(*inputs) - truth
    return (error.square() + 1e-6).sqrt().mean() + 3.0 * error.square().mean()


def between(network, a: np.ndarray, b: np.ndarray, bfloat16: bool = False) -> dict[str, np.ndarray]:
    """The 8-bit RGB picture half way from a to b: the nearest frame, blended, by DIS alone, the network's."""
    ab, ba = flows(a, b)
    h, w = a.shape[:2]
    pad = (0, -w % MULTIPLE, 0, -h % MULTIPLE)
    ta, tb, fab, fba = (F.pad(torch.tensor(v).permute(2, 0, 1)[None].float(), pad, "replicate")
                        for v in (a, b, ab, ba))
    ta, tb = ta / 255, tb / 255
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        ours = network(ta, tb, torch.full((1, 1, 1, 1), 0.5), fab, fba)
    fab, fba = (F.pad(torch.tensor(v).permute(2, 0, 1)[None], pad, "replicate") for v in flows(a, b, False))
    dis = (warp(ta, 0.25 * fba - 0.25 * fab) + warp(tb, 0.25 * fab - 0.25 * fba)) / 2
    made = {"nearest": ta, "blend": (ta + tb) / 2, "dis": dis, "model": ours.float()}
    return {k: np.clip(v[0, :, :h, :w].permute(1, 2, 0).numpy() * 255 + 0.5, 0, 255).astype(np.uint8)
            for k, v in made.items()}


@torch.no_grad()
def evaluate(network, folder: Path, bfloat16=False, limit=17, pictures=None) -> dict:
    """Every second frame left out and made again: mean PSNR over RGB, a clip each, at 360 lines."""
    figures: dict[str, dict] = {}
    for name in data.VALIDATION_CLIPS:
        frames = list(data.decode(folder / "clips" / name, 360, 300))
        rows = []
        for i in np.linspace(0, len(frames) - 3, limit).astype(int):
            a, truth, b = frames[i:i + 3]
            if np.array_equal(a, truth) or np.array_equal(b, truth):
                continue
            made = between(network, a, b, bfloat16)
            rows.append([imaging.psnr(v, truth, peak=255) for v in made.values()])
            if pictures and len(rows) % 6 == 1:
                pictures.mkdir(parents=True, exist_ok=True)
                grid = np.vstack([np.hstack([made["blend"], made["dis"]]), np.hstack([made["model"], truth])])
                cv2.imwrite(str(pictures / f"{Path(name).stem}-{i:03d}.png"), grid[..., ::-1])
        figures[name] = dict(zip(made, np.mean(rows, 0)))
    figures["mean"] = {k: float(np.mean([f[k] for f in figures.values()])) for k in figures[name]}
    return figures


def report(figures: dict) -> None:
    for name, row in figures.items():
        print(f"{name:15s} " + "  ".join(f"{k} {v:.2f}" for k, v in row.items()), flush=True)


def export(network: Interpolate, out: Path, quality: dict) -> None:
    manifest = {
        "id": "org.oldfilm.interpolate.default", "version": "0.1.0", "task": "interpolate",
        "inputs": ["a", "b", "t", "flow_ab", "flow_ba"], "outputs": ["picture"], "channels": 3,
        "window": {"before": 0, "after": 0}, "scale": 1, "size_multiple": MULTIPLE,
        "receptive_field": "whole", "value_range": [0, 1],
        "memory_per_pixel": 500,  # resident memory of Model::run in float32, measured
        "precisions": ["float32", "bfloat16", "float16"], "license": "BSD-3-Clause",
        "origin": "oldfilm plugins/interpolate/train.py", "authors": "the oldfilm authors",
        "training_data": ["clips"] + [f"photos/{f}" for f in data.PHOTO_SETS], "quality": quality,
    }
    example = (torch.rand(2, 3, 64, 96), torch.rand(2, 3, 64, 96), torch.full((2, 1, 1, 1), 0.4),
               3 * torch.randn(2, 2, 64, 96), 3 * torch.randn(2, 2, 64, 96))
    package.save(network, out, manifest, example)


def tune(options) -> None:
    """On one's own film: every second frame is left out, and is the truth."""
    seen, unseen = own_film.split(options.film)
    rng = np.random.default_rng(3)
    runs = [sample([frames[i], frames[i + k], frames[i + 2 * k]], rng)
            for frames in seen.runs for k in (1, 2) for i in range(0, own_film.RUN - 2 * k, 2)]
    runs = own_film.Runs([r for r in runs if r is not None])
    if len(runs) == 0:
        raise SystemExit("nothing moves in this film, so there is nothing to learn from it")

    @torch.no_grad()
    def score(network) -> float:
        rows = []
        for frames in unseen.runs:
            for i in range(0, own_film.RUN - 2, 2):
                a, truth, b = frames[i:i + 3]
                rows.append(imaging.psnr(between(network, a, b)["model"], truth, peak=255))
        return float(np.mean(rows))

    own_film.tune(options, "interpolate", HERE / "models" / "default.pt", Interpolate(), batches(runs), loss_of, score,
                  lambda n, path, *psnr: export(n, path, own_film.quality(*psnr)))


def main() -> None:
    options = loop.arguments(__doc__, HERE / "models" / "default.pt", 15).parse_args()
    if options.evaluate:
        network, _ = package.load(options.out)
        report(evaluate(network, options.data, pictures=options.pictures))
        print("in bfloat16:")
        report(evaluate(network, options.data, bfloat16=True))
        return

    if options.film:
        tune(options)
        return

    def keep(mean, step, spent):
        figures = evaluate(mean, options.data, limit=5)
        report(figures)
        export(mean, options.out, {f"psnr_{k}": round(v, 2) for k, v in figures["mean"].items()})

    network = loop.begin_from(Interpolate(), options.start)
    mean = loop.train(network, batches(samples(options.data)), loss_of, minutes=options.minutes,
                      checkpoint=options.checkpoint or data.ROOT / "build" / "training" / "interpolate.ckpt",
                      resume=options.resume, seed=options.seed, rate=4e-4, muon=5e-3, export=keep)
    figures = evaluate(mean, options.data)
    report(figures)
    export(mean, options.out, {f"psnr_{k}": round(v, 2) for k, v in figures["mean"].items()})


if __name__ == "__main__":
    loop.pool_memory()
    loop.use_cores()
    main()
