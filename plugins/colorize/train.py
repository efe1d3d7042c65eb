"""Trains and measures colorize/models/default.pt.

    python plugins/colorize/train.py [--minutes 20] [--start plugins/colorize/models/default.pt]
    python plugins/colorize/train.py --evaluate [--pictures FOLDER]
"""

from __future__ import annotations

import copy
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import cv2
import numpy as np
import torch

from model import AB_SCALE, MULTIPLE, Colorize, Mirrored, fused, unfused
from training import data, loop, package

STORED, RENDER, PATCH, BATCH = 256, 192, 160, 16
CALM = 0.7  # of the strength that the loss leads to: see calmed()


def shrink(rgb: np.ndarray, short: int = STORED) -> np.ndarray:
    h, w = rgb.shape[:2]
    scale = short / min(h, w)
    size = (max(short, round(w * scale)), max(short, round(h * scale)))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def pictures(folder: Path, split: str) -> data.Store:
    """8-bit Lab pictures, short side 256; colorless ones are left out."""
    sets = data.PHOTO_SETS if split == "train" else ("bsds/val", *data.PHOTO_SETS[:-1])

    def sources():
        for name in sets:
            for path in data.photo_files(folder, name, split):
                yield f"{name}/{path.name}", data.read_rgb(path)
        if split == "train":
            for name in data.TRAINING_CLIPS:
                for i, frame in enumerate(data.decode(folder / "clips" / name, 288, 1200)):
                    if i % 24 == 0:
                        yield f"{name}@{i}", frame

    def produce():
        for name, rgb in sources():
            lab = cv2.cvtColor(shrink(rgb), cv2.COLOR_RGB2LAB)
            chroma = np.hypot(*(lab[..., c].astype(np.float32) - 128 for c in (1, 2)))
            if chroma.mean() > 2.5:
                yield name, lab

    return data.Store.build(data.CACHE / f"colorize-{split}.bin", produce)


def age(luma: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a restored film's lightness may still have: contrast, softness, some grain."""
    if rng.random() < 0.5:
        luma = luma ** np.float32(rng.uniform(0.75, 1.35))
    if rng.random() < 0.5:
        black, white = rng.uniform(0, 0.12), rng.uniform(0.85, 1.0)
        luma = black + (white - black) * luma
    if rng.random() < 0.35:
        luma = cv2.GaussianBlur(luma, (0, 0), rng.uniform(0.4, 1.5))
    if rng.random() < 0.35:
        luma = luma + rng.standard_normal(luma.shape, np.float32) * np.float32(rng.uniform(0, 0.04))
    return np.clip(luma, 0, 1)


def batches(store: data.Store):
    def make(rng: np.random.Generator):
        luma = np.empty((BATCH, 1, PATCH, PATCH), np.float32)
        ab = np.empty((BATCH, 2, PATCH, PATCH), np.float32)
        for i in range(BATCH):
            lab = store[rng.integers(len(store))]
            h, w = lab.shape[:2]
            cut = int(rng.uniform(0.6, 1.0) * min(h, w))
            y, x = rng.integers(0, h - cut + 1), rng.integers(0, w - cut + 1)
            crop = cv2.resize(lab[y:y + cut, x:x + cut], (PATCH, PATCH), interpolation=cv2.INTER_AREA)
            if rng.random() < 0.5:
                crop = crop[:, ::-1]
            crop = crop.astype(np.float32)
            luma[i, 0] = age(np.ascontiguousarray(crop[..., 0]) / 255, rng)
            ab[i] = crop[..., 1:].transpose(2, 0, 1) - 128
        return torch.from_numpy(luma), torch.from_numpy(ab)

    return make


def loss_of(network, batch):
    """Distance in ab, in units of AB_SCALE; colorful places, which are rare, weigh more (Zhang et al. 2016)."""
    luma, ab = batch
    error = (network(luma.to(memory_format=torch.channels_last)) - ab) / AB_SCALE
    weight = (0.4 + ab.square().sum(1).sqrt() / 20).clamp(max=4)
    return ((error.square().sum(1) + 0.01).sqrt() * weight).mean()


def calmed(network: Colorize) -> Mirrored:
    """What is shipped of a trained network: both views of a picture, and colors at CALM of their strength, at which they
    are nearest to the truth. The weights of the loss make it louder than what it knows (the trade of Zhang et al. 2016,
    made once, after the training)."""
    network = copy.deepcopy(network)
    with torch.no_grad():
        for parameter in network.tail.parameters():
            parameter.mul_(CALM)
    return Mirrored(network)


def predict(network, lab: np.ndarray, render: int = RENDER) -> np.ndarray:
    """ab H,W,2 of an 8-bit Lab picture, as the stage does it."""
    h, w = lab.shape[:2]
    scale = render / min(h, w)
    size = tuple(max(MULTIPLE, round(d * scale / MULTIPLE) * MULTIPLE) for d in (w, h))
    luma = cv2.resize(lab[..., 0].astype(np.float32) / 255, size, interpolation=cv2.INTER_AREA)
    ab = network(torch.from_numpy(luma)[None, None])[0].float().numpy().transpose(1, 2, 0)
    return cv2.resize(ab, (w, h), interpolation=cv2.INTER_LINEAR)


def to_rgb(lab: np.ndarray, ab: np.ndarray) -> np.ndarray:
    full = np.dstack([lab[..., 0].astype(np.float32) * (100 / 255), ab]).astype(np.float32)
    return np.clip(cv2.cvtColor(full, cv2.COLOR_LAB2RGB), 0, 1)


def colorfulness(rgb: np.ndarray) -> float:
    """Hasler and Süsstrunk 2003, of RGB in 0..255."""
    r, g, b = (rgb[..., i] * 255 for i in range(3))
    rg, yb = r - g, (r + g) / 2 - b
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


@torch.no_grad()
def evaluate(network, store: data.Store, bfloat16=False, every=1, folder=None, render=RENDER) -> dict:
    """Mean ab distance below gray's in per cent, and colorfulness over the truth's, a set each."""
    rows: dict[str, list] = {}
    for i in range(0, len(store), every):
        lab, name = store[i], store.names[i]
        truth = lab[..., 1:].astype(np.float32) - 128
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            ab = predict(network, lab, render)
        before, after = to_rgb(lab, truth), to_rgb(lab, ab)
        row = (np.linalg.norm(truth, axis=2).mean(), np.linalg.norm(ab - truth, axis=2).mean(),
               colorfulness(before), colorfulness(after))
        rows.setdefault("bsds/val" if name.startswith("bsds") else "last tenths", []).append(row)
        if folder and i % 6 == 0:
            folder.mkdir(parents=True, exist_ok=True)
            both = np.hstack([after, before])
            cv2.imwrite(str(folder / f"{i:03d}.png"), both[..., ::-1] * 255)
    result = {}
    for key, values in rows.items():
        gray, ours, truth, color = np.mean(values, 0)
        result[key] = {"below_gray": 100 * (1 - ours / gray), "colorfulness": 100 * color / truth,
                       "ab_distance": ours, "gray": gray}
    return result


@torch.no_grad()
def curve(network, store: data.Store, saturations=(0.6, 0.8, 0.93, 1.0, 1.07, 1.13, 1.33)) -> None:
    """Prints both figures for each `saturation` of the stage: what is near the truth on average is pale."""
    rows: dict[tuple, list] = {}
    for i in range(len(store)):
        lab = store[i]
        truth = lab[..., 1:].astype(np.float32) - 128
        ab, colorful = predict(network, lab), colorfulness(to_rgb(lab, truth))
        gray = np.linalg.norm(truth, axis=2).mean()
        for s in saturations:
            rows.setdefault(("bsds/val" if store.names[i].startswith("bsds") else "last tenths", s), []).append(
                (gray, np.linalg.norm(ab * s - truth, axis=2).mean(), colorful, colorfulness(to_rgb(lab, ab * s))))
    for (key, s), values in sorted(rows.items()):
        gray, ours, truth, color = np.mean(values, 0)
        print(f"{key:12s} saturation {s:.2f}: {100 * (1 - ours / gray):.1f} % below gray, "
              f"colorfulness {100 * color / truth:.0f} %", flush=True)


def report(figures: dict) -> None:
    for name, row in figures.items():
        print(f"{name:12s} ab distance {row['ab_distance']:.2f} (gray {row['gray']:.2f}), "
              f"{row['below_gray']:.1f} % below gray, colorfulness {row['colorfulness']:.0f} % of the truth's",
              flush=True)


def export(network: Mirrored, out: Path, quality: dict) -> None:
    manifest = {
        "id": "org.oldfilm.colorize.default", "version": "0.1.0", "task": "colorize",
        "inputs": ["luma"], "outputs": ["ab"], "channels": 1, "window": {"before": 0, "after": 0},
        "scale": 1, "size_multiple": MULTIPLE, "receptive_field": "whole", "render_size": RENDER,
        "value_range": [0, 1], "precisions": ["float32", "bfloat16", "float16"],
        "license": "BSD-3-Clause", "origin": "oldfilm plugins/colorize/train.py",
        "authors": "the oldfilm authors",
        "training_data": [f"photos/{f}" for f in data.PHOTO_SETS] + ["clips"],
        "quality": quality,
    }
    package.save(fused(network), out, manifest, (torch.rand(1, 1, 192, 256),), fraction=8)


def begin(start: Path | None, make) -> Colorize:
    """A new network, or one that goes on from a package (as loud as its training had it) or from a checkpoint."""
    network = Colorize()
    if not start or start.suffix != ".pt":
        return loop.begin_from(network, start)
    weights = {k.removeprefix("network."): v for k, v in package.load(start)[0].state_dict().items()}
    weights |= {k: v / CALM for k, v in weights.items() if k.startswith("tail.")}
    return unfused(network, weights, make(np.random.default_rng(0))[0])


def main() -> None:
    parser = loop.arguments(__doc__, HERE / "models" / "default.pt", 20)
    parser.add_argument("--rate", type=float, default=1.5e-3, help="highest rate of AdamW; Muon's is 12.5 times that")
    options = parser.parse_args()
    held = pictures(options.data, "val")
    if options.evaluate:
        network, _ = package.load(options.out)
        report(evaluate(network, held, folder=options.pictures))
        print("in bfloat16:")
        report(evaluate(network, held, bfloat16=True))
        curve(network, held)
        return

    def quality(figures):
        return {f"{key.replace('/', '_').replace(' ', '_')}_{k}": round(float(row[k]), 1)
                for key, row in figures.items() for k in ("below_gray", "colorfulness")}

    def keep(mean, step, spent):
        calm = calmed(mean)
        figures = evaluate(calm, held, every=5)
        report(figures)
        export(calm, options.out, quality(figures))

    make = batches(pictures(options.data, "train"))
    mean = loop.train(begin(options.start, make), make, loss_of, minutes=options.minutes,
                      checkpoint=options.checkpoint or data.ROOT / "build" / "training" / "colorize.ckpt",
                      resume=options.resume, seed=options.seed, rate=options.rate, muon=12.5 * options.rate,
                      export=keep)
    calm = calmed(mean)
    figures = evaluate(calm, held)
    report(figures)
    export(calm, options.out, quality(figures))


if __name__ == "__main__":
    loop.pool_memory()
    loop.use_cores()
    main()
