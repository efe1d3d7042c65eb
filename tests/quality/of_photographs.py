"""Scratch-removal on single pictures: held-out photographs with drawn damage and held-out masks, and clean ones, file to
file.

The clean ones are the held-out photographs as they are, and made to look like old prints with wires, bars, writing and
borders in some of them.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np

from films import OLDFILM, recipe
from training import data

F1, GAIN, TOUCHED = 0.80, 1.5, 0.3  # at least, dB over cv::inpaint at least, % of clean pixels at most


def restore(picture: np.ndarray, precision: str) -> tuple[np.ndarray, np.ndarray]:
    """An 8-bit RGB picture and its mask, from PNG to PNG."""
    with tempfile.TemporaryDirectory(prefix="oldfilm-quality-") as folder:
        source, result, mask = (str(Path(folder) / n) for n in ("in.png", "out.png", "mask.png"))
        cv2.imwrite(source, picture[..., ::-1])
        subprocess.run([str(OLDFILM), "restore", source, result, "--stage", "scratch-removal", "--mask-out", mask,
                        "--precision", precision, "--progress", "none"], check=True, capture_output=True)
        return cv2.imread(result)[..., ::-1], cv2.imread(mask, cv2.IMREAD_GRAYSCALE)


def plain(folder, count: int = 32) -> list[np.ndarray]:
    """Held-out photographs without any change, gray and color; their longer side has at most 1000 pixels."""
    photos = data.photos(folder, "val", ("places", "landscape", "large", "imagenet", "faces", "clothing", "bsds/val"))
    out = []
    for i in range(count):
        picture = photos[(i * 41 + 7) % len(photos)]
        scale = min(1.0, 1000 / max(picture.shape[:2]))
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        out.append(picture if i % 2 else np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, 2))
    return out


def touched(pictures, name: str, precision: str, evidence) -> float:
    """% of the pixels of undamaged pictures that are in the mask; the worst goes to the pictures."""
    areas, worst = [], (-1.0, None)
    for picture in pictures:
        made, mask = restore(picture, precision)
        areas.append(((mask > 0).sum(), mask.size))
        if areas[-1][0] > worst[0]:
            worst = (areas[-1][0], np.hstack([picture, made, np.repeat(mask[..., None], 3, 2)]))
    evidence.folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(evidence.folder / f"photographs-false-{name}.png"), worst[1][..., ::-1])
    total = np.sum(areas, 0)
    return 100 * total[0] / total[1]


def measure(evidence, folder) -> None:
    own = recipe("scratch-removal", "train_still")
    items = own.material(folder)
    worn = [item for item in items if (item[2] == 255).any()]
    for precision in ("float32", "auto"):
        counts, squares, changed, tool = own.Counts(), {}, 0, f"oldfilm {precision}"
        scores, shown = [], []
        for damaged, truth, target in worn:
            made, mask = restore(damaged, precision)
            found, true = mask > 0, target == 255
            counts.add(found, target, 0)
            changed += int((made != damaged)[~found].sum())
            hole = own.near(true, 1).astype(np.uint8)
            results = {"damaged": damaged, "oldfilm": made,
                       "inpaint, true mask": cv2.inpaint(damaged, hole, 3, cv2.INPAINT_TELEA)}
            errors = {k: np.square((v.astype(np.float64) - truth) / 255).mean(2) for k, v in results.items()}
            for k, error in errors.items():
                squares[k] = squares.get(k, 0.0) + float(error[true].sum())
            scores.append(float(10 * np.log10(errors["damaged"].sum() / max(errors["oldfilm"].sum(), 1e-9))))
            shown.append((damaged / 255.0, results["inpaint, true mask"] / 255.0, made / 255.0, truth / 255.0,
                         np.repeat(mask[..., None] / 255.0, 3, 2)))
        figures, pixels = counts.figures(), sum(int((t == 255).sum()) for _, _, t in worn)
        within = {k: 10 * np.log10(pixels / max(v, 1e-9)) for k, v in squares.items()}
        evidence.add("photographs", "mask F1, 3 px of tolerance", tool, figures["f1"], "", F1)
        evidence.add("photographs", "precision", tool, figures["precision"], "")
        evidence.add("photographs", "recall", tool, figures["recall"], "")
        evidence.add("photographs", "clean pixels in the mask, damaged pictures", tool, figures["clean touched %"], "%",
                     TOUCHED, below=True)
        evidence.add("photographs", "pixels changed outside the mask", tool, changed, "", 0, below=True)
        for k in ("damaged", "inpaint, true mask") if precision == "float32" else ():
            evidence.add("photographs", "PSNR inside the damage", k, within[k], "dB")
        evidence.add("photographs", "PSNR inside the damage", tool, within["oldfilm"], "dB",
                     within["inpaint, true mask"] + GAIN)
        evidence.add("photographs", "pictures that are nearer to the truth than before", tool,
                     100 * float(np.mean(np.array(scores) > 0)), "%")
        undamaged = [item[0] for item in items if not (item[2] == 255).any()]
        evidence.add("photographs", "clean pixels in the mask, clean old prints", tool,
                     touched(undamaged, "prints", precision, evidence), "%", TOUCHED, below=True)
        evidence.add("photographs", "clean pixels in the mask, clean photographs", tool,
                     touched(plain(folder), "photographs", precision, evidence), "%", TOUCHED, below=True)
    evidence.best_and_worst("photographs", scores, lambda i: shown[i])
