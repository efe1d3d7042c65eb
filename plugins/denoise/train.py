"""Trains and measures denoise/models/default.pt.

    python plugins/denoise/train.py [--minutes 15] [--resume]
    python plugins/denoise/train.py --evaluate --pictures build/pictures
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

import neighbors
from model import Denoise
from training import aging, data, imaging, loop, own_film, package

PATCH, BATCH, FRAMES = 96, 10, 5


def noise(shape: tuple[int, int, int, int], picture: np.ndarray, mono: bool, kind: float, sigma: float,
          rng: np.random.Generator) -> np.ndarray:
    """Noise T,H,W,3 of deviation `sigma`: independent, correlated, or signal-dependent grain."""
    t, h, w, _ = shape
    if kind < 0.45:
        made = rng.standard_normal((t, h, w, 1 if mono else 3), np.float32)
    else:
        size = rng.uniform(0.3, 1.1)
        channels = 1 if mono or kind > 0.75 else 3
        made = np.stack([np.stack([aging.smooth_noise((h, w), rng, size) for _ in range(channels)], -1)
                         for _ in range(t)])
        if kind > 0.6:  # grain: strongest in the midtones
            level = np.clip(picture.mean(-1, keepdims=True), 0, 1)
            made = made * (0.5 + 2.2 * level * (1 - level))
            made = made / (made.std() + 1e-6)
    return np.broadcast_to(made * np.float32(sigma), shape)


def batches(pictures: data.Store, runs: data.Store):
    def clean(rng: np.random.Generator, mono: bool) -> np.ndarray:
        """T,PATCH,PATCH,3 in [0, 1]."""
        if rng.random() < 0.65:
            run = runs[int(rng.integers(len(runs)))]
            stride = 1 if rng.random() < 0.75 else 2
            start = int(rng.integers(0, run.shape[0] - 4 * stride))
            run = run[start:start + 4 * stride + 1:stride]
            cut = int(PATCH * (1 if rng.random() < 0.4 else rng.uniform(1, 2)))
            y = int(rng.integers(0, run.shape[1] - cut + 1))
            x = int(rng.integers(0, run.shape[2] - cut + 1))
            frames = [np.ascontiguousarray(f[y:y + cut, x:x + cut]) for f in run]
            if cut != PATCH:
                frames = [cv2.resize(f, (PATCH, PATCH), interpolation=cv2.INTER_AREA) for f in frames]
            out = np.stack(frames).astype(np.float32) / 255
        else:
            picture = pictures[int(rng.integers(len(pictures)))]
            y = int(rng.integers(0, max(picture.shape[0] - 320, 0) + 1))
            x = int(rng.integers(0, max(picture.shape[1] - 320, 0) + 1))
            crop = np.ascontiguousarray(picture[y:y + 320, x:x + 320]).astype(np.float32) / 255
            out = np.stack(aging.pan(crop, rng, FRAMES, PATCH, PATCH))
        if mono:
            out = np.repeat(imaging.gray(out)[..., None], 3, -1)
        return out

    def make(rng: np.random.Generator):
        window = np.empty((BATCH, FRAMES, PATCH, PATCH, 3), np.float32)
        truth = np.empty((BATCH, PATCH, PATCH, 3), np.float32)
        sigmas = np.empty((BATCH, 1, 1, 1), np.float32)
        for i in range(BATCH):
            mono = rng.random() < 0.4
            frames = clean(rng, mono)
            if rng.random() < 0.5:
                frames = frames[:, :, ::-1]
            if rng.random() < 0.5:
                frames = frames[:, ::-1]
            if rng.random() < 0.5:
                frames = frames.transpose(0, 2, 1, 3)
            if rng.random() < 0.3:
                frames = aging.fade(rng)(frames)
            sigma = rng.uniform(2, 50) / 255
            noisy = frames + noise(frames.shape, frames, mono, rng.random(), sigma, rng)
            if rng.random() < 0.5:  # what a file holds
                noisy = np.round(np.clip(noisy, 0, 1) * 255) / 255
            if rng.random() < 0.15:  # films of one frame, held frames: the same grain again, which says nothing
                same = rng.random(FRAMES) < (1.0 if rng.random() < 0.6 else 0.5)
                noisy = np.where(same[:, None, None, None], noisy[FRAMES // 2], noisy)
                frames = np.where(same[:, None, None, None], frames[FRAMES // 2], frames)
            window[i], truth[i] = noisy, frames[FRAMES // 2]
            sigmas[i] = sigma * np.exp(rng.normal(0, 0.08))  # estimates err
        return (torch.from_numpy(window).permute(0, 1, 4, 2, 3).contiguous(), torch.from_numpy(sigmas),
                torch.from_numpy(truth).permute(0, 3, 1, 2).contiguous())

    return make


def loss_of(network: Denoise, batch):
    window, sigma, truth = batch
    error = network(window, sigma) - truth
    # Strong noise would drown the rest: weigh by the level, halfway.
    return (torch.sqrt(error * error + 1e-6) / (sigma + 0.03)).mean() * 0.1


CASES = (("color", 10), ("color", 25), ("color", 50), ("mono", 25), ("grain", 25))


def material(folder: Path, count: int = 6):
    """Held-out clips: name, noisy T,H,W,3 8-bit, truth H,W,3 8-bit, sigma in 8-bit units."""
    runs = data.clips(folder, "val", 9, 8, 360)
    out = []
    for kind, sigma in CASES:
        for i in range(count):
            rng = np.random.default_rng(100 + i)
            run = runs[(i * 8 + i // 3 * 3) % len(runs)][:FRAMES]
            h, w = (n // 8 * 8 for n in run.shape[1:3])
            clean = run[:, :h, :w].astype(np.float32) / 255
            if kind == "mono":
                clean = np.repeat(imaging.gray(clean)[..., None], 3, -1)
            if kind == "grain":
                made = np.stack([aging.smooth_noise((h, w), rng, 0.7) for _ in range(FRAMES)])[..., None]
                level = clean.mean(-1, keepdims=True)
                made = made * (0.5 + 2.2 * level * (1 - level))
                made = made / made.std() * sigma / 255
            else:
                made = rng.standard_normal((FRAMES, h, w, 1 if kind == "mono" else 3), np.float32) * sigma / 255
            noisy = np.clip((clean + made) * 255 + 0.5, 0, 255).astype(np.uint8)
            truth = np.clip(clean[FRAMES // 2] * 255 + 0.5, 0, 255).astype(np.uint8)
            out.append((f"{kind} {sigma}", noisy, truth, sigma))
    return out


def run(network, noisy: np.ndarray, sigma: float, bfloat16: bool = False) -> np.ndarray:
    window = torch.from_numpy(noisy.astype(np.float32) / 255).permute(0, 3, 1, 2)[None]
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        out = network(window, torch.full((1, 1, 1, 1), sigma / 255))
    return out[0].permute(1, 2, 0).float().numpy()


def evaluate(network, items, classic: bool = False, bfloat16: bool = False, folder: Path | None = None):
    """PSNR over RGB by case: noisy, non-local means over three and five frames, ours; and what is left of a clean film."""
    figures: dict[str, dict[str, list[float]]] = {}
    for i, (name, noisy, truth, sigma) in enumerate(items):
        case = figures.setdefault(name, {})
        ours = run(network, noisy, sigma, bfloat16)
        results = {"noisy": noisy[2] / 255.0, "ours": np.round(np.clip(ours, 0, 1) * 255) / 255}
        if classic:
            tuned = [cv2.fastNlMeansDenoisingColoredMulti(list(noisy), 2, span, None, sigma * s, sigma * s, 5, 15)
                     for span in (3,) for s in (0.6, 0.9)]
            results["nlm"] = max((r / 255.0 for r in tuned), key=lambda r: imaging.psnr(r, truth / 255.0))
        for key, result in results.items():
            case.setdefault(key, []).append(imaging.psnr(result, truth / 255.0))
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            row = np.hstack([noisy[2], np.clip(ours * 255 + 0.5, 0, 255).astype(np.uint8), truth])
            cv2.imwrite(str(folder / f"denoise-{i:02d}.png"), row[..., ::-1])
    for name, noisy, truth, sigma in items[:3]:
        still = np.repeat(truth[None], FRAMES, 0)
        out = np.clip(run(network, still, 0.5, bfloat16), 0, 1)
        figures.setdefault("clean, sigma 0.5", {}).setdefault("ours", []).append(
            imaging.psnr(out, truth / 255.0))
    return {c: {k: float(np.mean(v)) for k, v in r.items()} for c, r in figures.items()}


def report(figures: dict) -> None:
    for case, results in figures.items():
        print(f"{case:18s}" + "  ".join(f"{k} {v:.2f}" for k, v in results.items()), flush=True)


def export(network: Denoise, out: Path, quality: dict) -> None:
    manifest = {
        "id": "org.oldfilm.denoise.default", "version": "0.1.0", "task": "denoise",
        "inputs": ["window", "sigma"], "outputs": ["picture"], "channels": 3,
        "window": {"before": 2, "after": 2}, "scale": 1, "size_multiple": 8,
        "receptive_field": network.radius(), "value_range": [0, 1],
        "memory_per_pixel": 700,  # resident memory of Model::run in float32, measured
        "precisions": ["float32", "bfloat16"], "license": "BSD-3-Clause",
        "origin": "oldfilm plugins/denoise/train.py", "authors": "the oldfilm authors",
        "training_data": [*(f"photos/{f}" for f in data.PHOTO_SETS), "clips"], "quality": quality,
    }
    package.save(network, out, manifest, (torch.rand(2, 5, 3, 48, 64), torch.full((2, 1, 1, 1), 0.1)))


def main() -> None:
    options = loop.arguments(__doc__, HERE / "models" / "default.pt", 15).parse_args()
    if options.film:
        seen, unseen = (neighbors.Targets(part) for part in own_film.split(options.film))
        own_film.tune(options, "denoise", HERE / "models" / "default.pt", Denoise(), seen.batches(), neighbors.loss_of,
                      unseen.score, lambda n, path, *psnr: export(n, path, own_film.quality(*psnr)))
        return
    items = material(options.data)
    if options.evaluate:
        network, _ = package.load(options.out)
        report(evaluate(network, items, classic=True, folder=options.pictures))
        print("in bfloat16:")
        report(evaluate(network, items, bfloat16=True))
        return
    checkpoint = options.checkpoint or data.ROOT / "build" / "training" / "denoise.ckpt"

    def keep(mean, step, spent):
        report(evaluate(mean, items[::6]))
        export(mean, options.out, {})

    mean = loop.train(Denoise(), batches(data.photos(options.data), data.clips(options.data, "train", 9, 16, 360)),
                      loss_of, minutes=options.minutes, checkpoint=checkpoint, resume=options.resume,
                      seed=options.seed, rate=8e-4, export=keep)
    figures = evaluate(mean, items)
    report(figures)
    export(mean, options.out, {f"psnr {case}": round(r["ours"], 2) for case, r in figures.items()})


if __name__ == "__main__":
    loop.pool_memory()
    loop.use_cores()
    main()
