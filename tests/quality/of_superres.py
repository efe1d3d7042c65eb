"""Superres on the field's B100: luma, MATLAB's antialiased bicubic down, a border of `scale` pixels off."""

from __future__ import annotations

import sys

import cv2
import numpy as np

from films import ROOT, byte, filtered, restore
from training import aging, data, features, imaging

GOALS = {2: (31.8, None), 4: (27.4, 0.729)}


def measure(evidence, folder) -> None:
    held = data.photos(folder, "val", ("bsds/val",))
    for scale, (decibels, similarity) in GOALS.items():
        truths, smalls = [], []
        for picture in (held[i] for i in range(len(held))):
            h, w = (d // scale * scale for d in picture.shape[:2])
            truth = imaging.luma(picture[:h, :w])
            truths.append(truth)
            smalls.append(byte(imaging.bicubic(truth, h // scale, w // scale)))
        # Pictures of one size go through as one film, each a shot of its own.
        large = {"float32": {}, "auto": {}}
        for shape in {s.shape for s in smalls}:
            which = [i for i, s in enumerate(smalls) if s.shape == shape]
            for precision, made in large.items():
                frames = restore(np.stack([smalls[i] for i in which]), f"superres:scale={scale}", precision=precision)
                for i, frame in zip(which, frames, strict=True):
                    made[i] = frame[:truths[i].shape[0], :truths[i].shape[1]]
        tools = {"bicubic": lambda i: imaging.bicubic(smalls[i].astype(np.float32) / 255, *truths[i].shape),
                 "Lanczos": lambda i: cv2.resize(smalls[i].astype(np.float32) / 255, truths[i].shape[::-1],
                                                 interpolation=cv2.INTER_LANCZOS4),
                 "oldfilm float32": lambda i: large["float32"][i], "oldfilm auto": lambda i: large["auto"][i]}
        scores = []
        for tool, make in tools.items():
            made = [np.round(np.clip(make(i), 0, 1) * 255) / 255 for i in range(len(truths))]
            scores = [imaging.psnr(m, t, scale) for m, t in zip(made, truths, strict=True)]
            ours = tool.startswith("oldfilm")
            evidence.add("superres", f"x{scale}, B100", tool, np.mean(scores), "dB", decibels if ours else None)
            evidence.add("superres", f"x{scale}, B100, SSIM", tool,
                         np.mean([imaging.ssim(m, t, scale) for m, t in zip(made, truths, strict=True)]), "",
                         similarity if ours else None)
        evidence.best_and_worst(f"superres-x{scale}", scores, lambda i: (
            smalls[i].astype(np.float32) / 255, tools["Lanczos"](i), large["auto"][i], truths[i]))
    aged(evidence, folder)
    texture(evidence, folder)


def texture(evidence, folder) -> None:
    """`model=texture` against `model=fidelity`: by a network that no training used, and by NIQE."""
    package = ROOT / "plugins" / "superres" / "models" / "texture-x4.pt"
    if not package.exists() or not (features.FOLDER / "judge.ckpt").exists():
        print("texture is not measured: train it (plugins/superres/train_texture.py) and its judge "
              "(plugins/training/features.py judge) first", flush=True)
        return
    sys.path.insert(0, str(ROOT / "plugins" / "superres"))
    import train_texture

    figures = train_texture.measured(folder, package, evidence.folder)
    for name, row in figures.items():
        for measure, value in row.items():
            goal = figures["fidelity"][measure] if name == "texture" and measure != "PSNR" else None
            evidence.add("superres", f"texture, x4, B100, {measure}", name, value, "dB" if measure == "PSNR" else "",
                         goal, below=True)


def aged(evidence, folder) -> None:
    """Frames that were blurred, made grainy and coded before they were scaled."""
    runs = data.clips(folder, "val", 9, 8, 360)
    scores: dict[str, list[float]] = {}
    for i in range(0, len(runs), 3):
        rng = np.random.default_rng(i)
        blur, sigma, size, coded = rng.uniform(0.3, 0.9), rng.uniform(3, 10) / 255, rng.uniform(0, 0.9), 80
        frames = [imaging.gray(f).astype(np.float32) / 255 for f in runs[i][:5]]
        h, w = (n // 4 * 4 for n in frames[0].shape)
        small = [cv2.GaussianBlur(imaging.bicubic(f[:h, :w], h // 2, w // 2), (0, 0), blur) for f in frames]
        small = np.stack([byte(aging.jpeg(aging.grain(f, rng, sigma, size), coded)) for f in small])

        def enlarged(frame):
            return cv2.resize(frame, (w, h), interpolation=cv2.INTER_LANCZOS4)

        results = {"Lanczos": enlarged(small[2].astype(np.float32) / 255)}
        for strength in (2, 4, 8):
            results[f"hqdn3d={strength}, Lanczos"] = enlarged(filtered(small, f"hqdn3d={strength}")[2])
        results["oldfilm auto"] = restore(small, "denoise", "superres:scale=2")[2][:h, :w]
        for tool, made in results.items():
            scores.setdefault(tool, []).append(imaging.psnr(made, frames[2][:h, :w], 2))
    classic = max(np.mean(v) for k, v in scores.items() if not k.startswith("oldfilm"))
    for tool, values in scores.items():
        evidence.add("superres", "x2 of aged frames, denoised first", tool, np.mean(values), "dB",
                     classic + 1.5 if tool.startswith("oldfilm") else None)
