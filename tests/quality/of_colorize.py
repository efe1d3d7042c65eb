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
    keyframed(evidence, folder)
    referenced(evidence, folder)


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


def distance(made, truth) -> float:
    """Mean ab distance of RGB frames from true ab planes."""
    return float(np.mean([np.linalg.norm(lab(m)[..., 1:] - t, axis=2).mean() for m, t in zip(made, truth, strict=True)]))


def shown(mono, ab) -> np.ndarray:
    """ab as far as sRGB has room for it at the film's lightness, which the stage keeps: the rest is gray (lab.cpp)."""
    level = (lab(np.repeat(mono[..., None], 3, 2) / 255.0)[..., 0].astype(np.float64) + 16) / 116
    x, y, z = (np.where(f > 6 / 29, f**3, 3 * (6 / 29)**2 * (f - 4 / 29)) * white for f, white in
               ((level + ab[..., 0] / 500, 0.95047), (level, 1.0), (level - ab[..., 1] / 200, 1.08883)))
    color = np.stack([3.2404542 * x - 1.5371385 * y - 0.4985314 * z, -0.9692660 * x + 1.8760108 * y + 0.0415560 * z,
                      0.0556434 * x - 0.2040259 * y + 1.0572252 * z], -1) - y[..., None]
    room = np.minimum((1 - y) / np.maximum(color.max(-1), 1e-9), -y / np.minimum(color.min(-1), -1e-9))
    light = np.clip(y[..., None] + color * np.clip(room, 0, 1)[..., None], 0, 1)
    return lab(np.where(light > 0.0031308, 1.055 * light**(1 / 2.4) - 0.055, 12.92 * light))[..., 1:]


def deep(mono) -> np.ndarray:
    """In 16 bits, so that the result is: rounding to 8 bits of YUV is 0.5 in ab."""
    return mono.astype(np.uint16) * 257


def chained(mono, ab) -> tuple[float, float]:
    """Chained DIS flow from the first frame: positions composed and sampled once, and colors warped again and again."""
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    h, w = mono[0].shape
    grid = np.stack(np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32)), -1)

    def sample(plane, at):
        return cv2.remap(plane, np.ascontiguousarray(at[..., 0]), np.ascontiguousarray(at[..., 1]), cv2.INTER_LINEAR,
                         borderMode=cv2.BORDER_REPLICATE)

    places, warped, errors = grid, ab[0], []
    for i in range(1, len(mono)):
        at = grid + flow.calc(mono[i], mono[i - 1], None)
        places, warped = sample(places, at), sample(warped, at)
        errors.append([np.linalg.norm(shown(mono[i], a) - ab[i], axis=2).mean() for a in (sample(ab[0], places), warped)])
    composed, repeated = np.mean(errors, 0)
    return float(composed), float(repeated)


def with_keyframes(mono, frames, which) -> np.ndarray:
    """The film with the true colors of some frames as keyframes."""
    with tempfile.TemporaryDirectory(prefix="oldfilm-quality-") as place:
        for i in which:
            cv2.imwrite(str(Path(place) / f"{i:06d}.png"), cv2.cvtColor(frames[i], cv2.COLOR_RGB2BGR))
        return restore(deep(mono), f"colorize:keyframes={place}", precision="float32", gray=False)


def keyframed(evidence, folder) -> None:
    """The true colors of the first frame, and of the last one, as keyframes: the 30 frames after the first."""
    for path in data.held_out_clips(folder):
        frames = np.stack(list(data.decode(path, 240, 31)))
        mono = np.stack([cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in frames])
        ab = [lab(f / 255.0)[..., 1:] for f in frames]
        name = f"{path.stem}, ab distance of {len(frames) - 1} frames after a keyframe"
        evidence.add("colorize", name, "gray", float(np.mean([np.linalg.norm(t, axis=2).mean() for t in ab[1:]])), "")
        composed, repeated = chained(mono, ab)
        evidence.add("colorize", name, "chained DIS, composed", composed, "")
        evidence.add("colorize", name, "chained DIS, warped again and again", repeated, "")
        made = with_keyframes(mono, frames, [0])
        one = distance(made[1:], ab[1:])
        evidence.add("colorize", name, "oldfilm, the first frame", one, "", 0.9 * composed, below=True)
        both = distance(with_keyframes(mono, frames, [0, len(frames) - 1])[1:-1], ab[1:-1])
        evidence.add("colorize", name, "oldfilm, the first and the last", both, "", 0.5 * one, below=True)
        at = min(15, len(frames) - 1)
        evidence.picture(f"colorize-keyframes-{path.stem[-24:]}", frames[0] / 255, made[at], frames[at] / 255)


def referenced(evidence, folder) -> None:
    """A later frame of the clip, as a picture of the same place, as the reference."""
    for path in data.held_out_clips(folder):
        frames = np.stack(list(data.decode(path, 240, 72)))
        mono = np.stack([cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in frames[:12]])
        ab = [lab(f / 255.0)[..., 1:] for f in frames[:12]]
        automatic = distance(restore(deep(mono), "colorize", precision="float32", gray=False), ab)
        with tempfile.TemporaryDirectory(prefix="oldfilm-quality-") as place:
            picture = Path(place) / "place.png"
            cv2.imwrite(str(picture), cv2.cvtColor(frames[-1], cv2.COLOR_RGB2BGR))
            made = restore(deep(mono), f"colorize:reference={picture}", precision="float32", gray=False)
        name = f"{path.stem}, ab distance with a reference picture"
        evidence.add("colorize", name, "oldfilm, automatic", automatic, "")
        evidence.add("colorize", name, "oldfilm, reference", distance(made, ab), "", 0.75 * automatic, below=True)
