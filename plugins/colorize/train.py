"""Trains and measures colorize/models/default.pt.

    python plugins/colorize/train.py [--minutes 60] [--start plugins/colorize/models/default.pt]   the network
    python plugins/colorize/train.py --judge [--minutes 15] [--start FILE]     what it can be believed, and the package
    python plugins/colorize/train.py --evaluate [--pictures FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import numpy as np
import torch

import judging
import material
import measure
from material import pictures
from measure import colorfulness
from model import AB_SCALE, MULTIPLE, Colorize, Judge, Judged, fused, unfused
from training import data, loop, package

__all__ = ["colorfulness", "pictures"]  # tests/quality measures with them
CALM = 0.7  # of the strength that the loss leads to, in packages of networks without a judge
TRAINING = data.ROOT / "build" / "training"


def loss_of(network, batch):
    """Distance in ab, in units of AB_SCALE; colorful places, which are rare, weigh more (Zhang et al. 2016)."""
    luma, ab = batch
    error = (network(luma.to(memory_format=torch.channels_last)) - ab) / AB_SCALE
    weight = (0.4 + ab.square().sum(1).sqrt() / 20).clamp(max=4)
    return ((error.square().sum(1) + 0.01).sqrt() * weight).mean()


def begin(start: Path | None, make) -> Colorize:
    """A new network, or one that goes on from a package (as loud as its training had it) or from a checkpoint."""
    network = Colorize()
    if not start:
        return network
    if start.suffix != ".pt":
        return loop.begin_from(network, start)
    module, manifest = package.load(start)
    weights = {k.removeprefix("network."): v for k, v in module.state_dict().items()}
    if not any(k.startswith("judge.") for k in weights):
        weights |= {k: v / CALM for k, v in weights.items() if k.startswith("tail.")}
    return unfused(network, weights, make(np.random.default_rng(0))[0])


def export(network: Judged, out: Path, quality: dict) -> None:
    manifest = {
        "id": "org.oldfilm.colorize.default", "version": "0.1.0", "task": "colorize",
        "inputs": ["luma"], "outputs": ["ab", "confidence", "features"], "channels": 1, "window": {"before": 0, "after": 0},
        "scale": 1, "size_multiple": MULTIPLE, "receptive_field": "whole", "render_size": measure.RENDER,
        "value_range": [0, 1], "precisions": ["float32", "bfloat16", "float16"],
        "license": "BSD-3-Clause", "origin": "oldfilm plugins/colorize/train.py",
        "authors": "the oldfilm authors",
        "training_data": [f"photos/{f}" for f in (*data.PHOTO_SETS, *material.MORE_SETS)] + ["clips", "clips/more"],
        "quality": quality,
    }
    package.save(fused(network), out, manifest, (torch.rand(1, 1, measure.RENDER, 256),), fraction=8)


def evaluate(options) -> None:
    network, _ = package.load(options.out)
    held, more = pictures(options.data, "val"), material.more(options.data, "val")
    for bfloat16 in (False, True):
        print("in bfloat16:" if bfloat16 else "in float32:", flush=True)
        measure.report(measure.photographs(network, held, bfloat16, folder=None if bfloat16 else options.pictures))
        measure.report(measure.photographs(network, more, bfloat16))
        print("as old film shows them:", flush=True)
        measure.report(measure.photographs(network, held, bfloat16, film=1))
        measure.report(measure.photographs(network, more, bfloat16, film=1))
        print("moving pictures:", flush=True)
        measure.report(measure.clips(network, options.data, bfloat16))
    measure.curve(network, held)


def judge(options) -> None:
    """Trains the judge of a finished network, and writes the package of both."""
    make = material.batches([(held := pictures(options.data, "val"), list(range(len(held))), 1.0)])
    judged = Judged(begin(options.start or TRAINING / "colorize.ckpt", make), Judge()).eval().requires_grad_(False)
    place = TRAINING / "colorize-seen"
    if not options.resume:
        judging.look(fused(judged), options.data, options.looks, place)
    files = judging.opened(place)
    judged.judge = loop.train(judged.judge.requires_grad_(True), judging.draws(files), judging.loss_of,
                              minutes=options.minutes, checkpoint=TRAINING / "colorize-judge.ckpt", resume=options.resume,
                              seed=options.seed, rate=options.rate or 1e-3, average=0.995)
    figures = measure.photographs(judged, held)
    measure.report(figures | measure.clips(judged, options.data))
    export(judged, options.out, {
        f"{key.replace('/', '_').replace(' ', '_')}_{k}": round(float(row[k]), 1)
        for key, row in figures.items() for k in ("below_gray", "colorfulness")})


def main() -> None:
    parser = loop.arguments(__doc__, HERE / "models" / "default.pt", 15)
    parser.add_argument("--rate", type=float, default=None,
                        help="highest rate of AdamW (default 1.5e-3, the judge's 1e-3); Muon's is 12.5 times that")
    parser.add_argument("--judge", action="store_true", help="train the judge of --start, and write the package")
    parser.add_argument("--looks", type=int, default=3120, help="pictures that the judge learns from")
    options = parser.parse_args()
    if options.evaluate:
        evaluate(options)
    elif options.judge:
        judge(options)
    else:
        held, rate = pictures(options.data, "val"), options.rate or 1.5e-3
        first = pictures(options.data, "train")
        make = material.batches([(first, list(range(len(first))), 1.0)], film=0.0)
        loop.train(begin(options.start, make), make, loss_of, minutes=options.minutes,
                   checkpoint=options.checkpoint or TRAINING / "colorize.ckpt", resume=options.resume, seed=options.seed,
                   rate=rate, muon=12.5 * rate,
                   export=lambda mean, *_: measure.report(measure.photographs(mean, held, every=5)))


if __name__ == "__main__":
    loop.pool_memory()
    loop.use_cores()
    main()
