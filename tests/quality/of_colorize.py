"""Colorize on photographs and moving pictures held back: distance from the true ab, and colorfulness, over `saturation`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import cv2
import numpy as np

from films import recipe, restore
from training import data, imaging


def lab(rgb: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(rgb.astype(np.float32), cv2.COLOR_RGB2LAB)


def measure(evidence, folder) -> None:
    train = recipe("colorize")
    held = train.pictures(folder, "val")
    groups = {"bsds/val": [], "last tenths": []}
    for i, name in enumerate(held.names):
        groups["bsds/val" if name.startswith("bsds") else "last tenths"].append(i)
    for group, which in groups.items():
        curve(evidence, train, held, group, which)
    moving(evidence, train, folder)
    steady(evidence, folder)
    hinted(evidence, folder)


def curve(evidence, train, held, group, which) -> None:
    truth = [cv2.cvtColor(held[i], cv2.COLOR_LAB2RGB) for i in which]
    true = [lab(t / 255.0) for t in truth]
    gray = np.mean([np.linalg.norm(t[..., 1:], axis=2).mean() for t in true])
    color = np.mean([train.colorfulness(t / 255.0) for t in truth])
    evidence.add("colorize", f"{group}, ab distance", "gray", gray, "")
    for precision in ("float32", "bfloat16"):
        made: dict[float, dict[int, np.ndarray]] = {s: {} for s in (1.0, 0.8, 1.33)}
        for shape in {t.shape for t in truth}:
            same = [i for i, t in enumerate(truth) if t.shape == shape]
            mono = np.stack([np.clip(np.round(cv2.cvtColor(truth[i], cv2.COLOR_RGB2GRAY)), 0, 255) for i in same])
            for saturation, pictures in made.items():
                if precision == "float32" and saturation != 1:
                    continue
                for i, frame in zip(same, each(mono.astype(np.uint8), saturation, precision), strict=True):
                    pictures[i] = frame
        for saturation, pictures in made.items():
            if not pictures:
                continue
            distance = [np.linalg.norm(lab(pictures[i])[..., 1:] - true[i][..., 1:], axis=2).mean()
                        for i in range(len(truth))]
            below = 100 * (1 - np.mean(distance) / gray)
            rich = 100 * np.mean([train.colorfulness(pictures[i]) for i in range(len(truth))]) / color
            tool, goal = f"oldfilm {precision}", saturation == 1
            evidence.add("colorize", f"{group}, below gray, saturation {saturation}", tool, below, "%", 15 if goal else None)
            evidence.add("colorize", f"{group}, colorfulness, saturation {saturation}", tool, rich, "%", 45 if goal else None)
            if goal and precision == "bfloat16":
                evidence.best_and_worst("colorize-" + group.split("/")[0].replace(" ", "-"), [-d for d in distance],
                                        lambda i: (true[i][..., 0] / 100, pictures[i], truth[i] / 255.0))


def each(mono: np.ndarray, saturation: float, precision: str):
    """Every picture a film of its own, so that no color is carried over."""
    for picture in mono:
        yield restore(picture[None], f"colorize:saturation={saturation}", precision=precision, gray=False)[0]


def moving(evidence, train, folder) -> None:
    """Every clip that is held back, 24 frames of it: colors must not be worse than none."""
    for path in data.held_out_clips(folder):
        frames = np.stack(list(data.decode(path, 240, 72))[-24:])
        mono = np.stack([cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in frames])
        truth = [lab(f / 255.0)[..., 1:] for f in frames[::4]]
        gray = float(np.mean([np.linalg.norm(t, axis=2).mean() for t in truth]))
        evidence.add("colorize", f"{path.stem}, ab distance", "gray", gray, "")
        for precision in ("float32", "bfloat16"):
            made = restore(mono, "colorize", precision=precision, gray=False)
            distance = np.mean([np.linalg.norm(lab(m)[..., 1:] - t, axis=2).mean()
                                for m, t in zip(made[::4], truth, strict=True)])
            evidence.add("colorize", f"{path.stem}, ab distance", f"oldfilm {precision}", float(distance), "", gray, below=True)


def steady(evidence, folder) -> None:
    """Change of ab from frame to frame along the flow over the mean chroma: ours, and the film's own."""
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    for name in data.VALIDATION_CLIPS:
        frames = np.stack(list(data.decode(folder / "clips" / name, 240, 100))[-12:])
        mono = np.stack([cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in frames])
        films = {"the film's own": frames / 255.0, "oldfilm auto": restore(mono, "colorize", gray=False)}
        h, w = mono[0].shape
        grid = np.stack(np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32)), -1)
        change: dict[str, float] = {}
        for tool, film in films.items():
            ab = [lab(f)[..., 1:] for f in film]
            moved = []
            for i in range(1, len(ab)):
                at = grid + flow.calc(mono[i], mono[i - 1], None)
                before = cv2.remap(ab[i - 1], at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
                moved.append(np.linalg.norm(ab[i] - before, axis=2).mean())
            change[tool] = float(np.mean(moved) / np.mean([np.linalg.norm(a, axis=2).mean() for a in ab]))
        evidence.add("colorize", f"{name}, change along the flow over chroma", "the film's own", change["the film's own"], "")
        evidence.add("colorize", f"{name}, change along the flow over chroma", "oldfilm auto", change["oldfilm auto"], "",
                     change["the film's own"], below=True)


def hinted(evidence, folder) -> None:
    """A thing that moves over a photograph for 30 frames, with one hint in its first: how far its color is from the hint's."""
    held = data.photos(folder, "val", ("bsds/val",))
    height, width, radius = 240, 320, 34
    y, x = np.mgrid[:height, :width]
    worst = {}
    for color in ("#b06848", "#5878a8", "#6a8a50"):
        frames = []
        ground = np.resize(imaging.gray(held[3]), held[3].shape[:2])[:height + 30, :width + 60]
        thing = cv2.resize(imaging.gray(held[11]), (2 * radius + 1, 2 * radius + 1), interpolation=cv2.INTER_AREA)
        thing = 130 + 0.35 * (thing - thing.mean())
        for i in range(30):
            frame = cv2.resize(ground[i // 2:, i:][:height, :width], (width, height)).astype(np.float32)
            cx, cy = 60 + 6 * i, 120 + round(40 * np.sin(i / 6))
            inside = (x - cx)**2 + (y - cy)**2 <= radius**2
            frame[inside] = thing[(y - cy + radius)[inside], (x - cx + radius)[inside]]
            frames.append(frame)
        film = np.clip(np.stack(frames) + np.random.default_rng(4).standard_normal((30, height, width)) * 2, 0, 255)
        with tempfile.TemporaryDirectory(prefix="oldfilm-quality-") as place:
            hints = Path(place) / "hints.json"
            hints.write_text(json.dumps([{"frame": 0, "x": 60, "y": 120, "color": color}]))
            made = restore(film.astype(np.uint8), f"colorize:hints={hints}", gray=False)
        code = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        wanted = lab(np.array([[code]], np.float32))[0, 0, 1:]
        errors = []
        for i, frame in enumerate(made):
            near = (x - 60 - 6 * i)**2 + (y - 120 - round(40 * np.sin(i / 6)))**2 <= (radius * 0.7)**2
            errors.append(np.linalg.norm(lab(frame)[near][:, 1:].mean(0) - wanted))
        worst[color] = max(errors)
        evidence.picture("colorize-hint-" + color[1:], film[0] / 255, made[0], made[-1])
    evidence.add("colorize", "hinted moving thing, 30 frames, worst Delta E (ab)", "oldfilm auto", max(worst.values()), "",
                 5, below=True)
