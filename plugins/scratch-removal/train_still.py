"""Trains and measures scratch-removal/models/still.pt (finder) and still-fill.pt (filler) for single pictures.

    python plugins/scratch-removal/train_still.py [--minutes 70] [--resume]
    python plugins/scratch-removal/train_still.py --evaluate --pictures build/pictures
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

import worn
from still import RADIUS, Filler, Finder, Still
from training import data, loop, package

SIDE, BATCH, FILLED = 192, 8, 3  # of each batch, the filler sees the most damaged
PHOTOS = (*data.PHOTO_SETS, "large", "varied")
CLEAN = 0.4  # share of pictures without damage
THRESHOLD = 0.75  # of the finder's probability, at the stage's default sensitivity; see MODEL_CARD.md


def batches(photos: data.Store, masks: data.Store):
    cv2.setNumThreads(1)
    wear = worn.Wear(masks, SIDE, SIDE)
    small = [i for i, name in enumerate(photos.names) if name.startswith("varied/")]
    others = [i for i, name in enumerate(photos.names) if not name.startswith("varied/")]

    def make(rng: np.random.Generator):
        out = []
        for i in range(BATCH):
            some = small if rng.random() < 0.35 else others
            picture = worn.crop(photos[some[int(rng.integers(len(some)))]], rng, SIDE)
            worn_one = i < FILLED or rng.random() > CLEAN * BATCH / (BATCH - FILLED)
            whole = np.dstack(worn.sample(rng, picture, wear if worn_one else None))
            if rng.random() < 0.06:  # a negative
                whole[..., :6] = 255 - whole[..., :6]
            whole = np.rot90(whole, int(rng.integers(4)))
            out.append(whole[:, ::-1] if rng.random() < 0.5 else whole)
        values = torch.from_numpy(np.ascontiguousarray(np.stack(out)).transpose(0, 3, 1, 2).copy()).float() / 255
        # Places to fill beyond the true ones: what is cut too wide, and what was never damaged.
        extra = torch.from_numpy(rng.random(FILLED) < 0.25)
        wide = int(rng.integers(0, 3))
        return values[:, :3], values[:, 3:6], values[:, 6:7], extra, wide

    return make


def finder_loss(finder: Finder, damaged: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    logits = finder.logits(damaged)
    known = ((target - 0.5).abs() > 0.25).float()
    label = (target > 0.75).float()
    entropy = F.binary_cross_entropy_with_logits(logits, label, reduction="none") * known
    mask = torch.sigmoid(logits) * known
    dice = 1 - (2 * (mask * label).sum() + 20) / (mask.sum() + label.sum() + 20)
    # What is found far from any damage harms; next to it, it only widens the repair.
    far = 1 - F.max_pool2d((target > 0.25).float(), 7, 1, 3)
    return 4 * entropy.mean() + 0.5 * dice + 4 * (entropy * far).mean()


def filler_loss(filler: Filler, damaged, truth, target, extra, wide: int) -> torch.Tensor:
    hole = (target > 0.4).float()
    if wide:
        hole = F.max_pool2d(hole, 2 * wide + 1, 1, wide)
    other = hole.roll(1, 0) * extra.float().view(-1, 1, 1, 1)
    hole = torch.maximum(hole, other)
    made = filler.fill(damaged, hole)
    error = (made - truth).abs() * hole
    area = hole.sum() * 3 + 1000
    slopes = sum(((made - truth).diff(dim=d).abs() * hole.narrow(d, 1, SIDE - 1)).sum() for d in (2, 3)) / area
    return 4 * error.sum() / area + 10 * error.square().sum() / area + slopes


def loss_of(network: Still, batch):
    damaged, truth, target, extra, wide = batch
    with torch.autocast("cpu", enabled=False):  # see MODEL_CARD.md for what bfloat16 made of it
        layout = {"memory_format": torch.channels_last}
        damaged, truth = damaged.contiguous(**layout), truth.contiguous(**layout)
        n = FILLED
        return finder_loss(network.finder, damaged, target) + \
            filler_loss(network.filler, damaged[:n], truth[:n], target[:n], extra, wide)


def material(folder: Path, count: int = 32, clean: int = 24):
    """Held-out photographs at their size (at most 640 pixels wide) with held-out masks, and clean ones."""
    photos = data.photos(folder, "val", (*PHOTOS, "bsds/val"))
    masks = data.damage_masks(folder, "val")
    out = []
    for i in range(count + clean):
        rng = np.random.default_rng(5000 + i)
        picture = photos[(i * 37) % len(photos)]
        scale = min(1.0, 640 / max(picture.shape[:2]))
        h, w = (int(n * scale) // 32 * 32 for n in picture.shape[:2])
        picture = cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA)
        out.append(worn.sample(rng, picture, worn.Wear(masks, h, w) if i < count else None))
    return out


def near(mask: np.ndarray, reach: int) -> np.ndarray:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.dilate(mask.astype(np.uint8), kernel) > 0


class Counts:
    """What is found and right, found, true and found, and true, in pixels; tolerance `reach`."""

    def __init__(self, reach: int = 3):
        self.reach, self.hits = reach, np.zeros(4)
        self.clean = self.touched = 0

    def add(self, found: np.ndarray, target: np.ndarray, grow: int = 1) -> None:
        """`grow`: pixels that repairs reach beyond `found`, which is what the stage adds to a network's own mask."""
        true, known = target == 255, target != 128
        wide = near(true, self.reach)
        counted = found & (known | wide)
        self.hits += ((counted & wide).sum(), counted.sum(), (true & near(found, self.reach)).sum(), true.sum())
        far = ~near(target > 0, 5)
        self.clean += int(far.sum())
        self.touched += int(((near(found, grow) if grow else found) & far).sum())

    def figures(self) -> dict:
        precision, recall = self.hits[0] / max(self.hits[1], 1), self.hits[2] / max(self.hits[3], 1)
        return {"f1": 2 * precision * recall / max(precision + recall, 1e-9), "precision": precision, "recall": recall,
                "clean touched %": 100 * self.touched / max(self.clean, 1)}


THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95)


def probability(finder, window: torch.Tensor) -> torch.Tensor:
    """As the stage has it: the mean over the picture and its mirror images."""
    return sum(finder(window.flip(axes)).flip([a - 1 for a in axes]) for axes in ([], [4], [3], [3, 4])) / 4


@torch.no_grad()
def evaluate(finder, filler, items, folder: Path | None = None) -> None:
    damaged_counts, clean_counts = ({t: Counts() for t in THRESHOLDS} for _ in range(2))
    squares: dict[str, float] = {}
    pixels = 0
    for i, (damaged, truth, target) in enumerate(items):
        window = torch.from_numpy(damaged.astype(np.float32) / 255).permute(2, 0, 1)[None, None]
        found = probability(finder, window)[0, 0].numpy()
        is_clean = not (target == 255).any()
        for t in THRESHOLDS:
            (clean_counts if is_clean else damaged_counts)[t].add(found > t, target)
        if is_clean:
            continue
        true = target == 255
        hole = near(true, 1)
        place = torch.from_numpy(hole.astype(np.float32))[None, None]
        made = filler(window, place)[0].permute(1, 2, 0).numpy() * 255
        cut = torch.from_numpy(near(found > THRESHOLD, 1).astype(np.float32))[None, None]
        itself = filler(window, cut)[0].permute(1, 2, 0).numpy() * 255
        classic = cv2.inpaint(damaged, hole.astype(np.uint8), 3, cv2.INPAINT_TELEA)
        for name, result in {"damaged": damaged, "ours, true mask": made, "ours, own mask": itself,
                             "inpaint, true mask": classic}.items():
            error = (np.clip(result, 0, 255).astype(np.float64) - truth) / 255
            squares[name] = squares.get(name, 0.0) + float((error[true]**2).mean(1).sum())
        pixels += int(true.sum())
        if folder and i < 16:
            folder.mkdir(parents=True, exist_ok=True)
            gray = [np.repeat(m[..., None], 3, 2) for m in ((found * 255).astype(np.uint8), target)]
            row = [damaged, np.clip(itself + 0.5, 0, 255).astype(np.uint8), *gray, truth]
            cv2.imwrite(str(folder / f"still-{i:02d}.png"), np.hstack(row)[..., ::-1])
    for t in THRESHOLDS:
        both = {**damaged_counts[t].figures(), "clean pictures touched %": clean_counts[t].figures()["clean touched %"]}
        print(f"threshold {t}  " + "  ".join(f"{k} {v:.3f}" for k, v in both.items()))
    print("PSNR inside the damage  " + "  ".join(f"{k} {10 * np.log10(pixels / max(v, 1e-9)):.2f}"
                                                  for k, v in squares.items()), flush=True)


def export(network: Still, out: Path) -> None:
    common = {"version": "0.1.0", "task": "scratch-removal", "channels": 3, "window": {"before": 0, "after": 0},
              "scale": 1, "receptive_field": RADIUS, "value_range": [0, 1], "precisions": ["float32", "bfloat16"],
              "license": "BSD-3-Clause", "origin": "oldfilm plugins/scratch-removal/train_still.py",
              "authors": "the oldfilm authors", "training_data": [*(f"photos/{f}" for f in PHOTOS), "damage"]}
    finder = {"id": "org.oldfilm.scratch-removal.still", "inputs": ["window"], "outputs": ["mask"], "size_multiple": 16,
              "memory_per_pixel": 400, "threshold": THRESHOLD, "repair": "still-fill.pt"}
    filler = {"id": "org.oldfilm.scratch-removal.still-fill", "inputs": ["window", "mask"], "outputs": ["picture"],
              "size_multiple": 32, "memory_per_pixel": 500}
    window, mask = torch.rand(1, 1, 3, 64, 96), (torch.rand(1, 1, 64, 96) > 0.8).float()
    package.save(network.finder, out, {**finder, **common}, (window,), fraction=16)
    package.save(network.filler, out.with_name("still-fill.pt"), {**filler, **common}, (window, mask), fraction=16)


def begun(start: Path | None) -> Still:
    """New networks, or those of the packages `start` and still-fill.pt next to it."""
    network = Still()
    if start:
        loop.begin_from(network.finder, start)
        loop.begin_from(network.filler, start.with_name("still-fill.pt"))
    return network


def main() -> None:
    options = loop.arguments(__doc__, HERE / "models" / "still.pt", 70).parse_args()
    items = material(options.data)
    if options.evaluate:
        finder, filler = (package.load(p)[0] for p in (options.out, options.out.with_name("still-fill.pt")))
        evaluate(finder, filler, items, options.pictures)
        return
    checkpoint = options.checkpoint or data.ROOT / "build" / "training" / "still.ckpt"
    photos, masks = data.photos(options.data, "train", PHOTOS), data.damage_masks(options.data)

    def keep(mean, step, spent):
        export(mean, options.out)

    mean = loop.train(begun(options.start), batches(photos, masks), loss_of, minutes=options.minutes, checkpoint=checkpoint,
                      resume=options.resume, seed=options.seed, rate=5e-4, muon=1e-2, export=keep, save_minutes=5,
                      average=0.998, log_every=25)
    export(mean, options.out)
    evaluate(mean.finder, mean.filler, items)


if __name__ == "__main__":
    loop.pool_memory()
    loop.use_cores()
    main()
