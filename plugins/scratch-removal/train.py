"""Trains and measures scratch-removal/models/default.pt.

    python plugins/scratch-removal/train.py [--minutes 20] [--resume]
    python plugins/scratch-removal/train.py --evaluate --pictures build/pictures
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

import found_damage
import hard
import pack
from model import ScratchRemoval
from training import aging, data, imaging, loop, motion, own_film, package

PATCH, BATCH, PARTS, WINDOWS = 128, 12, (1, 2, 3), 1500
LIVELY = 900  # windows a part of hard.py's material
HARM = 3.0  # what a false repair costs, against as much squared error that is left in damage


def batches(stores: list[data.Store]):
    def make(rng: np.random.Generator):
        out = np.empty((BATCH, 7, PATCH, PATCH), np.uint8)
        for i in range(BATCH):
            for _ in range(4):  # most of the time a place with damage
                whole = stores[int(rng.integers(len(stores)))]
                whole = whole[int(rng.integers(len(whole)))]
                y, x = rng.integers(0, whole.shape[1] - PATCH + 1, 2)
                crop = whole[:, y:y + PATCH, x:x + PATCH]
                share = (crop[6] == 255).mean()
                if share > 0.002 or rng.random() < 0.4:
                    break
            if rng.random() < 0.5:
                crop = crop[:, :, ::-1]
            if rng.random() < 0.5:
                crop = crop[:, ::-1]
            if rng.random() < 0.5:  # time runs either way
                crop = crop[[4, 3, 2, 1, 0, 5, 6]]
            out[i] = crop
        values = torch.from_numpy(out[:, :6].astype(np.float32) / 255)
        turned = torch.from_numpy((rng.random((BATCH, 1, 1, 1)) < 0.5))
        values = torch.where(turned, 1 - values, values)  # a negative is as good as a print
        target = torch.from_numpy(out[:, 6:7].astype(np.float32) / 255)
        return values[:, :5, None], values[:, 5:6], target

    return make


def loss_of(network: ScratchRemoval, batch):
    window, truth, target = batch
    logits, fill, center = network.parts(window)
    known = (target - 0.5).abs() > 0.25
    label = (target > 0.75).float()
    # Where the neighbors contradict each other there is motion that flow doesn't follow, or damage in them: most false
    # repairs lie there.
    around = torch.cat([window[:, 0:2, 0], window[:, 3:5, 0]], 1)
    unlike = (around.amax(1, keepdim=True) - around.amin(1, keepdim=True)).clamp(0, 0.25) * 4
    known = known.float() * (1 + 3 * unlike * (1 - label))
    entropy = (F.binary_cross_entropy_with_logits(logits, label, reduction="none") * known).sum() / known.numel()
    mask = torch.sigmoid(logits)
    inside = (mask * label).sum()
    dice = 1 - (2 * inside + 20) / ((mask * known).sum() + label.sum() + 20)
    error = (fill - truth).abs()
    near = F.max_pool2d(label, 5, 1, 2)
    under = (error * label).sum() / (label.sum() + 50) + 0.3 * (error * near).sum() / (near.sum() + 50)
    amount = torch.clamp(mask * 4.0 - 1.0, 0.0, 1.0)
    left = center + amount * (fill - center) - truth
    clean = 1 - F.max_pool2d((target > 0.25).float(), 5, 1, 2)
    harm = (left.square() * clean).sum() / (0.02 * clean.numel())  # as if a fiftieth were damaged
    # Squared: what is overlooked, or filled far from right, is worse than much that is slightly off.
    far_off = ((left.square() + 0.5 * error.square()) * label).sum() / (label.sum() + 50)
    return 2 * entropy + 0.3 * dice + 3 * under + 0.2 * error.mean() + 3 * left.abs().mean() + 20 * (far_off + HARM * harm)


def material(folder: Path, count: int = 24) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Held-out clips aged with held-out masks: (aligned 5,H,W, truth, target), always the same."""
    runs = data.clips(folder, "val", 9, 8, 360)
    masks = data.damage_masks(folder, "val")
    out = []
    for i in range(count):
        rng = np.random.default_rng(1000 + i)
        run = runs[(i * 5) % len(runs)]
        stride = 1 + i % 2
        clean = [imaging.gray(f).astype(np.float32) / 255 for f in run[0:4 * stride + 1:stride]]
        h, w = (n // 8 * 8 for n in clean[0].shape)
        clean = [c[:h, :w] for c in clean]
        damage = aging.Damage(masks, h, w)
        out.append(pack.window(rng, clean, damage, motion.Aligner()))
    return out


def tolerant_f1(found: np.ndarray, true: np.ndarray, known: np.ndarray, reach: int = 2):
    """Counts for precision and recall of boolean masks, forgiving `reach` pixels."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    wide_true = cv2.dilate(true.astype(np.uint8), kernel) > 0
    wide_found = cv2.dilate(found.astype(np.uint8), kernel) > 0
    counted = found & (known | wide_true)
    return (counted & wide_true).sum(), counted.sum(), (true & wide_found).sum(), true.sum()


@torch.no_grad()
def evaluate(network, items, bfloat16: bool = False, classic: bool = True, folder: Path | None = None) -> dict:
    """Mask F1 (2 pixels of tolerance); PSNR inside the true damage, pooled over all its pixels."""
    hits = np.zeros(4)
    squares: dict[str, float] = {}
    damaged_pixels = clean_pixels = touched = 0
    for i, (aligned, truth, target) in enumerate(items):
        window = torch.from_numpy(aligned.astype(np.float32) / 255)[None, :, None]
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            mask, picture = network(window)
        mask, picture = mask[0, 0].float().numpy(), picture[0, 0].float().numpy()
        true, known = target == 255, target != 128
        hits += tolerant_f1(mask > 0.5, true, known)
        center = aligned[2]
        results = {"damaged": center, "ours": picture * 255}
        if classic:
            hole = cv2.dilate(true.astype(np.uint8), np.ones((3, 3), np.uint8))
            results["inpaint, true mask"] = cv2.inpaint(center, hole, 3, cv2.INPAINT_TELEA)
            results["neighbors, true mask"] = np.median(aligned[[0, 1, 3, 4]], 0)
        for name, result in results.items():
            error = (result.astype(np.float64) - truth) / 255
            squares[name] = squares.get(name, 0.0) + float((error[true]**2).sum())
        damaged_pixels += int(true.sum())
        far = cv2.dilate((target > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
        clean_pixels += int(far.sum())
        touched += int((np.abs(picture * 255 - center) > 0.5)[far].sum())
        if folder and i < 12:
            folder.mkdir(parents=True, exist_ok=True)
            row = [center, np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8), truth,
                   (mask * 255).astype(np.uint8), target]
            cv2.imwrite(str(folder / f"scratch-{i:02d}.png"), np.hstack(row))
    precision, recall = hits[0] / max(hits[1], 1), hits[2] / max(hits[3], 1)
    figures = {"f1": 2 * precision * recall / max(precision + recall, 1e-9), "precision": precision,
               "recall": recall, "clean_touched_percent": 100 * touched / max(clean_pixels, 1)}
    for name, square in squares.items():
        figures["psnr inside: " + name] = 10 * np.log10(damaged_pixels / max(square, 1e-9))
    return {k: float(v) for k, v in figures.items()}


def report(figures: dict) -> None:
    print("  ".join(f"{k} {v:.3f}" for k, v in figures.items()), flush=True)


def export(network: ScratchRemoval, out: Path, quality: dict) -> None:
    manifest = {
        "id": "org.oldfilm.scratch-removal.default", "version": "0.1.0", "task": "scratch-removal",
        "inputs": ["window"], "outputs": ["mask", "picture"], "channels": 1,
        "window": {"before": 2, "after": 2}, "scale": 1, "size_multiple": 8,
        "receptive_field": network.radius(), "value_range": [0, 1],
        "memory_per_pixel": 350,  # resident memory of Model::run in float32, measured
        "precisions": ["float32", "bfloat16"], "license": "BSD-3-Clause",
        "origin": "oldfilm plugins/scratch-removal/train.py", "authors": "the oldfilm authors",
        "training_data": [*(f"photos/{f}" for f in data.PHOTO_SETS), "clips", "damage"],
        "quality": quality,
    }
    package.save(network, out, manifest, (torch.rand(2, 5, 1, 48, 64),))


def tune(options) -> None:
    """On one's own film: its clean parts, made dirty with its own damage."""
    default = HERE / "models" / "default.pt"
    network, _ = package.load(default)
    seen, unseen = (found_damage.gray(part) for part in own_film.split(options.film))
    damage, elsewhere = found_damage.Damage(network, seen), found_damage.Damage(network, unseen)
    if len(damage.places) < 20:
        raise SystemExit(f"only {len(damage.places)} damaged places were found: too few to learn from")
    print(f"{len(damage.places)} damaged places found", flush=True)
    learnt = found_damage.samples(damage, damage, seen, 1, 3)
    held = found_damage.samples(damage, elsewhere, unseen, 2, 1)
    own_film.tune(options, "scratch-removal", default, ScratchRemoval(), batches([learnt]), loss_of,
                  lambda n: found_damage.score(n, held),
                  lambda n, path, *psnr: export(n, path, own_film.quality(*psnr)))


def main() -> None:
    options = loop.arguments(__doc__, HERE / "models" / "default.pt", 20).parse_args()
    if options.film:
        tune(options)
        return
    items = material(options.data)
    if options.evaluate:
        network, _ = package.load(options.out)
        report(evaluate(network, items, folder=options.pictures))
        report(evaluate(network, items, bfloat16=True, classic=False))
        return
    checkpoint = options.checkpoint or data.ROOT / "build" / "training" / "scratch-removal.ckpt"
    stores = [pack.build(options.data, WINDOWS, part) for part in PARTS]
    stores += [pack.build(options.data, LIVELY, 10 + part, lively=True) for part in PARTS]

    def keep(mean, step, spent):
        report(evaluate(mean, items[:8], classic=False))
        export(mean, options.out, {})

    mean = loop.train(loop.begin_from(ScratchRemoval(), options.start), batches(stores), loss_of, minutes=options.minutes,
                      checkpoint=checkpoint, resume=options.resume, seed=options.seed, rate=4e-4, muon=5e-3,
                      export=keep)
    figures = evaluate(mean, items)
    report(figures)
    export(mean, options.out, {
        "mask_f1": round(figures["f1"], 3),
        "damage_psnr": round(figures["psnr inside: ours"], 2),
        "damage_psnr_inpaint": round(figures["psnr inside: inpaint, true mask"], 2)})


if __name__ == "__main__":
    loop.pool_memory()
    loop.use_cores()
    main()
