"""Trains and measures superres/models/fidelity-x2.pt and fidelity-x4.pt.

    python plugins/superres/train.py --scale 4
    python plugins/superres/train.py --scale 2 --start build/training/superres-x4.ckpt
    python plugins/superres/train.py --scale 4 --evaluate
    python plugins/superres/train.py --scale 4 --evaluate --to 6
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

from model import Superres
from training import aging, data, imaging, loop, own_film, package

PATCH, MARGIN, BATCH = 48, 4, 8


def denoised(folder: Path, scenes: int = 800, of_film: int = 100) -> data.Store:
    """Aged scenes as the denoise stage leaves them: what superres x2 mostly sees of a film. 8-bit H,3W/2:
    luma at full size, and beside it at half size blurred, grainy, coded and denoised.

    A scene is a photograph in slow motion over five frames; needs the built command line.
    """
    sys.path.append(str(data.ROOT / "tests" / "quality"))
    from films import byte, restore

    def scene(picture: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, list[np.ndarray]]:
        h, w, reach = 384, 512, 2
        luma = imaging.luma(picture)
        zoom = max(1.0, rng.uniform(0.3, 1.0) * min(luma.shape[0] / (h + 8 * reach), luma.shape[1] / (w + 8 * reach)))
        luma = cv2.resize(luma, None, fx=1 / zoom, fy=1 / zoom, interpolation=cv2.INTER_AREA)
        step = rng.integers(-reach, reach + 1, 2)
        start = [rng.integers(2 * abs(s), n - m - 2 * abs(s) + 1) for s, n, m in zip(step, luma.shape, (h, w))]
        blur, sigma, size = rng.uniform(0.0, 0.9), rng.uniform(1, 10) / 255, rng.uniform(0, 0.9)
        quality = int(rng.integers(60, 96))
        frames = []
        for t in range(-2, 3):
            y, x = (int(s + t * d) for s, d in zip(start, step))
            crop = luma[y:y + h, x:x + w]
            small = imaging.bicubic(crop, h // 2, w // 2)
            small = cv2.GaussianBlur(small, (0, 0), blur) if blur > 0.15 else small
            frames.append(byte(aging.jpeg(aging.grain(small, rng, sigma, size), quality)))
            truth = crop if t == 0 else truth if t > 0 else None
        return byte(truth), frames

    def produce():
        rng, pictures = np.random.default_rng(17), data.photos(folder)
        large = [i for i, s in enumerate(pictures.shapes) if s[0] >= 400 and s[1] >= 528]
        for number in range(scenes // of_film):
            made = [scene(pictures[rng.choice(large)], rng) for _ in range(of_film)]
            film = restore(np.stack([f for _, frames in made for f in frames]), "denoise")
            for i, (truth, frames) in enumerate(made):
                beside = np.zeros((truth.shape[0], truth.shape[1] // 2), np.uint8)
                beside[:truth.shape[0] // 2] = byte(film[5 * i + 2])
                yield f"{number}-{i}", np.hstack([truth, beside])

    return data.Store.build(data.CACHE / "superres-denoised.bin", produce)


def batches(pictures: data.Store, scale: int, aged: float, size: int = PATCH, seen: data.Store | None = None,
            part: float = 0.0, batch: int = BATCH):
    """A maker of batches (low, high): `batch` luma patches, low of size x size, `part` of them from `seen`, and of the
    rest the part `aged` aged before the scaling."""
    side = (size + 2 * MARGIN) * scale
    areas = np.array([s[0] * s[1] for s in pictures.shapes], np.float64)
    chance = np.sqrt(areas) / np.sqrt(areas).sum()
    down = imaging.resize_matrix(side, size + 2 * MARGIN)

    def patch(rng: np.random.Generator) -> np.ndarray:
        while True:
            picture = pictures[rng.choice(len(pictures), p=chance)]
            h, w = picture.shape[:2]
            zoom = 1.0 if rng.random() < 0.5 else rng.uniform(1.0, 2.2)
            cut = min(int(round(side * zoom)), h, w)
            if cut < side:
                continue
            y, x = rng.integers(0, h - cut + 1), rng.integers(0, w - cut + 1)
            crop = picture[y:y + cut, x:x + cut]
            if cut != side:
                crop = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
            crop = imaging.luma(crop)
            if crop.std() < 0.01 and rng.random() < 0.8:
                continue
            if rng.random() < 0.5:
                crop = crop[:, ::-1]
            if rng.random() < 0.5:
                crop = crop[::-1]
            return crop.T if rng.random() < 0.5 else crop

    def of_film(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        both = seen[rng.integers(len(seen))].astype(np.float32) / 255
        h, w = both.shape[0], both.shape[1] // 3 * 2
        edge = size + 2 * MARGIN
        y, x = rng.integers(0, h // 2 - edge + 1), rng.integers(0, w // 2 - edge + 1)
        low, high = both[y:y + edge, w + x:w + x + edge], both[2 * y:2 * (y + edge), 2 * x:2 * (x + edge)]
        if rng.random() < 0.5:
            low, high = low[:, ::-1], high[:, ::-1]
        return (low.T, high.T) if rng.random() < 0.5 else (low, high)

    def age(low: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if rng.random() < 0.6:
            low = cv2.GaussianBlur(low, (0, 0), rng.uniform(0.2, 0.9))
        if rng.random() < 0.6:
            grain = rng.standard_normal(low.shape, np.float32)
            size = rng.uniform(0.0, 0.9)
            if size > 0.3:
                grain = cv2.GaussianBlur(grain, (0, 0), size)
                grain /= grain.std()
            low = low + grain * rng.uniform(0.0, 10.0) / 255
        if rng.random() < 0.6:
            coded = np.clip(low * 255 + 0.5, 0, 255).astype(np.uint8)
            quality = int(rng.integers(35, 95))
            low = cv2.imdecode(cv2.imencode(".jpg", coded, [cv2.IMWRITE_JPEG_QUALITY, quality])[1],
                               cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255
        return low

    def make(rng: np.random.Generator):
        low = np.empty((batch, 1, size, size), np.float32)
        high = np.empty((batch, 1, size * scale, size * scale), np.float32)
        edge = MARGIN * scale
        for i in range(batch):
            if rng.random() < part:
                small, crop = of_film(rng)
            else:
                crop = patch(rng)
                small = down @ crop @ down.T
                if rng.random() < aged:
                    small = age(np.ascontiguousarray(small, np.float32), rng)
                else:  # what a file holds
                    small = np.round(np.clip(small, 0, 1) * 255) / 255
            low[i, 0] = small[MARGIN:-MARGIN, MARGIN:-MARGIN]
            high[i, 0] = crop[edge:-edge, edge:-edge]
        return torch.from_numpy(low), torch.from_numpy(high)

    return make


def likeness(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Mean SSIM of two batches N,1,H,W in [0, 1], with gradients (Wang et al. 2004; imaging.ssim measures the same)."""
    places = torch.arange(11, dtype=torch.float32) - 5
    window = torch.exp(-places.square() / (2 * 1.5**2))
    window = window / window.sum()

    a, b = a.float(), b.float()
    maps = torch.cat((a, b, a * a, b * b, a * b), 1)
    maps = F.conv2d(maps, window.view(1, 1, 1, 11).expand(5, 1, 1, 11), groups=5)
    maps = F.conv2d(maps, window.view(1, 1, 11, 1).expand(5, 1, 11, 1), groups=5)
    ma, mb, aa, bb, ab = maps.split(1, 1)
    return ((2 * ma * mb + 1e-4) * (2 * (ab - ma * mb) + 9e-4) /
            ((ma * ma + mb * mb + 1e-4) * (aa - ma * ma + bb - mb * mb + 9e-4))).mean()


def loss_of(network, batch, alike: float = 0.0):
    """Absolute errors, and `alike` times what SSIM lacks of 1 (Zhao et al. 2017)."""
    low, high = batch
    made = network(low)
    loss = F.l1_loss(made, high)
    if alike:
        with torch.autocast("cpu", enabled=False):
            loss = loss + alike * (1 - likeness(made, high))
    return loss


@torch.no_grad()
def evaluate(network, pictures: data.Store, scale: int, bfloat16: bool = False,
             limit: int | None = None, folder: Path | None = None) -> dict:
    """The field's B100: luma, MATLAB's bicubic down, `scale` pixels of border left out."""
    names = ("bicubic", "lanczos", "model")
    figures = {n: [] for n in names}
    similar = {n: [] for n in names}
    for i in range(min(limit or len(pictures), len(pictures))):
        truth = pictures[i]
        h, w = (d // scale * scale for d in truth.shape[:2])
        truth = imaging.luma(truth[:h, :w])
        small = imaging.bicubic(truth, h // scale, w // scale)
        small = np.round(np.clip(small, 0, 1) * 255).astype(np.float32) / 255
        tensor = torch.from_numpy(small)[None, None]
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            large = network(tensor)[0, 0].float().numpy()
        results = {"bicubic": imaging.bicubic(small, h, w),
                   "lanczos": cv2.resize(small, (w, h), interpolation=cv2.INTER_LANCZOS4),
                   "model": large}
        for name, result in results.items():
            result = np.round(np.clip(result, 0, 1) * 255) / 255
            figures[name].append(imaging.psnr(result, truth, scale))
            similar[name].append(imaging.ssim(result, truth, scale))
        if folder and i < 12:
            folder.mkdir(parents=True, exist_ok=True)
            row = np.hstack([results["bicubic"], large, truth])
            cv2.imwrite(str(folder / f"x{scale}-{i:03d}.png"),
                        np.clip(row * 255 + 0.5, 0, 255).astype(np.uint8))
    return {n: (float(np.mean(figures[n])), float(np.mean(similar[n]))) for n in names}


def interpolated(network, scale: int):
    """The network's result at `scale` times the size, by bicubic interpolation, as the stage makes it."""
    def enlarge(small: torch.Tensor) -> torch.Tensor:
        size = (small.shape[2] * scale, small.shape[3] * scale)
        return F.interpolate(network(small), size, mode="bicubic", antialias=True)
    return enlarge


def report(figures: dict) -> None:
    for name, (decibels, similarity) in figures.items():
        print(f"{name:10s} PSNR {decibels:.3f} dB  SSIM {similarity:.4f}", flush=True)


def export(network: Superres, out: Path, scale: int, quality: dict) -> None:
    manifest = {
        "id": f"org.oldfilm.superres.fidelity-x{scale}", "version": "0.1.0", "task": "superres",
        "inputs": ["picture"], "outputs": ["picture"], "channels": 1,
        "window": {"before": 0, "after": 0}, "scale": scale, "size_multiple": 1,
        "receptive_field": network.radius(), "value_range": [0, 1],
        "memory_per_pixel": 850 if scale == 2 else 1200,  # resident memory of Model::run in float32, measured
        "precisions": ["float32", "bfloat16", "float16"], "license": "BSD-3-Clause",
        "origin": "oldfilm plugins/superres/train.py", "authors": "the oldfilm authors",
        "training_data": [f"photos/{f}" for f in data.PHOTO_SETS], "quality": quality,
    }
    package.save(network, out, manifest, (torch.rand(2, 1, 37, 52),))


def main() -> None:
    parser = loop.arguments(__doc__, None, 12)
    parser.add_argument("--scale", type=int, choices=(2, 4), default=4)
    parser.add_argument("--to", type=int, help="with --evaluate: so many times, interpolated after the network")
    parser.add_argument("--aged", type=float, default=0.2, help="part of the samples that is aged")
    parser.add_argument("--rate", type=float, default=4e-4, help="highest rate of AdamW; Muon's is 12.5 times that")
    parser.add_argument("--alike", type=float, default=0.0, help="weight of SSIM in the loss")
    parser.add_argument("--patch", type=int, default=PATCH, help="side of the low patches; 72 at most for bsds' at x4")
    parser.add_argument("--batch", type=int, default=BATCH, help="patches a step")
    parser.add_argument("--denoised", type=float, default=0.0,
                        help="for x2: part of the samples that is aged and then denoised by the stage")
    options = parser.parse_args()
    scale = options.scale
    if options.denoised and scale != 2:
        parser.error("--denoised trains x2 only; give --scale 2")
    out = options.out or HERE / "models" / f"fidelity-x{scale}.pt"
    held = None if options.film else data.photos(options.data, "val", ("bsds/val",))
    if options.evaluate:
        network, _ = package.load(out)
        if options.to:
            network, scale = interpolated(network, options.to), options.to
        report(evaluate(network, held, scale, folder=options.pictures))
        print("in bfloat16:")
        report({"model": evaluate(network, held, scale, bfloat16=True)["model"]})
        return
    network = Superres(scale)
    if options.film:
        seen, unseen = own_film.split(options.film)
        own_film.tune(options, "superres", HERE / "models" / f"fidelity-x{scale}.pt", network,
                      batches(seen.frames(), scale, 0.0), loss_of,
                      lambda n: evaluate(n, unseen.frames(), scale)["model"][0],
                      lambda n, path, *psnr: export(n, path, scale, own_film.quality(*psnr)))
        return
    checkpoint = options.checkpoint or data.ROOT / "build" / "training" / f"superres-x{scale}.ckpt"
    loop.begin_from(network, options.start)

    def keep(mean, step, spent):
        figures = evaluate(mean, held, scale, limit=20)
        report(figures)
        export(mean, out, scale, {})

    seen = denoised(options.data) if options.denoised else None
    make = batches(data.photos(options.data), scale, options.aged, options.patch, seen, options.denoised, options.batch)
    mean = loop.train(network, make, lambda n, b: loss_of(n, b, options.alike), minutes=options.minutes,
                      checkpoint=checkpoint, resume=options.resume, seed=options.seed, rate=options.rate,
                      muon=12.5 * options.rate, export=keep)
    figures = evaluate(mean, held, scale)
    report(figures)
    export(mean, out, scale, {"b100_psnr_y": round(figures["model"][0], 2),
                              "b100_ssim_y": round(figures["model"][1], 4)})


if __name__ == "__main__":
    loop.pool_memory()
    loop.use_cores()
    main()
