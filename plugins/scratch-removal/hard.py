"""Material on which false repairs happen: what moves faster than flow follows, and what looks like a scratch.

The films that the stage is measured on are named here, so that training and measurement cannot mix.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from training import aging, data, imaging

LENGTH, HEIGHT = 17, 360


@dataclass(frozen=True)
class Film:
    """A held-out film of the measurement."""
    name: str
    clip: str          # below clips/; empty: photographs made moving
    start: float       # where it begins, as a part of the clip
    stride: int = 1    # every so many frames: faster motion
    height: int = HEIGHT
    soft: float = 0.0  # blur, pixels
    tone: tuple[float, float] = (0.0, 1.0)  # black and white of a print low in contrast


HELD = (
    Film("car window", "more/st-llm-example-driving.mp4", 0.1),
    Film("car window, later", "more/st-llm-example-driving.mp4", 0.6),
    Film("forest ride", "", 0.0),
    Film("forest ride, faster", "", 1.0),
    Film("race cars", "more/rave-data-mp4-videos-truck.mp4", 0.2),
    Film("wheels of a skateboard", "more/video-llama-examples-skateboarding-dog.mp4", 0.3, stride=2),
    Film("camel before a fence", "more/davis-camel.mp4", 0.2),
    Film("doors, a man walks in", "more/video-llama-examples-dog-barking.mp4", 0.2),
    Film("gymnasium", "more/mmaction2-demo-test-video-structuralize.mp4", 0.5),
    Film("bat and net", "more/ask-anything-example-hitting-baseball.mp4", 0.45),
    Film("legs of flamingos", "more/vidtome-data-flamingo.mp4", 0.3),
    Film("signing, fast hands", "asl-sister.mkv", 0.4, stride=2),
    Film("kite surfer", "more/davis-kite-surf.mp4", 0.4),
    Film("dog running", "more/davis-dog.mp4", 0.5, stride=2),
    Film("face turns", "more/video-retalking-examples-face-4.mp4", 0.4, stride=2),
    Film("face speaks", "more/video-retalking-examples-face-2.mp4", 0.4),
    Film("fur and bokeh", "more/tokenflow-data-wolf.mp4", 0.3),
    Film("hand-held, plants", "more/imageio-binaries-images-realshort.mp4", 0.3),
    Film("living room, still", "more/videollama2-videollama2-serve-examples-sample-demo-3.mp4", 0.3),
    Film("cups", "cups.mp4", 0.5),
    Film("coast from the air", "coast.mp4", 0.5, stride=2),
    Film("dark towers", "more/propainter-web-demos-hugging-face-test-sample-test-sample3.mp4", 0.3,
         soft=0.8, tone=(0.06, 0.7)),
    Film("dark kitchen", "more/g-video-chat-text-video-chat-with-chatgpt-images-making-cake.mp4", 0.4,
         soft=1.2, tone=(0.1, 0.6)),
    Film("aquarium, low contrast", "more/track-anything-test-sample-test-sample4.mp4", 0.4,
         soft=1.0, tone=(0.25, 0.75)),
)


class LightDamage(aging.Damage):
    """A fifth of the damage: a film that was looked after, which has more to lose than to gain."""

    def drawn(self, rng: np.random.Generator) -> np.ndarray:
        return super().drawn(rng) * (rng.random() < 0.2)

    def blob(self, rng: np.random.Generator) -> np.ndarray:
        return super().blob(rng) * (rng.random() < 0.2)

    def lines(self, rng: np.random.Generator, frames: int) -> list:
        lines = super().lines(rng, frames)
        return lines if rng.random() < 0.2 else [None] * frames


def held(folder: Path, film: Film, frames: int) -> list[np.ndarray]:
    """Clean gray frames in [0, 1]; sizes are multiples of 8."""
    if film.clip:
        last = 1 + (frames - 1) * film.stride
        run = np.stack(list(data.decode(folder / "clips" / film.clip, film.height, 700)))
        start = int(film.start * max(len(run) - last, 0))
        clean = [imaging.gray(f).astype(np.float32) / 255 for f in run[start:start + last:film.stride]]
        h, w = (n // 8 * 8 for n in clean[0].shape)
        clean = [f[:h, :w] for f in clean]
    else:
        rng = np.random.default_rng(7 + int(film.start))
        woods = data.photo_files(folder, "landscape", "val") + data.photo_files(folder, "bsds/val", "val")[::9]
        clean = ride(rng, [gray(data.read_rgb(p)) for p in woods], frames, 360, 640, 0.03 + 0.03 * film.start)
    low, high = film.tone
    if film.soft:
        clean = [cv2.GaussianBlur(f, (0, 0), film.soft) for f in clean]
    return [low + (high - low) * f for f in clean]


def gray(rgb: np.ndarray) -> np.ndarray:
    return imaging.gray(rgb).astype(np.float32) / 255


def smeared(picture: np.ndarray, dx: float, dy: float) -> np.ndarray:
    """Moved during the exposure by (dx, dy) pixels."""
    steps = int(min(9, 1 + np.hypot(dx, dy)))
    h, w = picture.shape
    total = np.zeros((h, w), np.float32)
    for k in range(steps):
        part = (k + 0.5) / steps - 0.5
        move = np.array([[1, 0, dx * part], [0, 1, dy * part]], np.float64)
        total += cv2.warpAffine(picture, move, (w, h), borderMode=cv2.BORDER_REFLECT_101)
    return total / steps


def posts(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Opacity of a thing that stands upright: a post, a window frame, a trunk, a rope."""
    cover = np.zeros((h, w), np.float32)
    x, width = rng.uniform(0, w), np.exp(rng.uniform(np.log(1.0), np.log(40.0)))
    lean = rng.normal(0, 0.06) if rng.random() < 0.7 else rng.normal(0, 0.8)
    top, bottom = (-9.0, h + 9.0) if rng.random() < 0.6 else sorted(rng.uniform(-20, h + 20, 2))
    points = [(x - width / 2 + lean * top, top), (x + width / 2 + lean * top, top),
              (x + width / 2 + lean * bottom, bottom), (x - width / 2 + lean * bottom, bottom)]
    cv2.fillPoly(cover, [np.round(np.array(points) * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    return cv2.GaussianBlur(cover, (0, 0), rng.uniform(0.4, 1.5))


def layered(rng: np.random.Generator, pictures: list[np.ndarray], frames: int, h: int, w: int) -> list[np.ndarray]:
    """A background that rushes past, and upright or round things before it with motions of their own."""
    def view(picture):
        scale = max((h + 2) / picture.shape[0], (w + 2) / picture.shape[1]) * rng.uniform(1.0, 1.6)
        return cv2.resize(picture, None, fx=scale, fy=scale,
                          interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)

    middle, out = frames // 2, []
    speed, exposure = np.exp(rng.uniform(np.log(0.5), np.log(45.0))) * rng.choice((-1, 1)), rng.uniform(0, 0.6)
    rise = speed * rng.normal(0, 0.15)
    back = view(pictures[int(rng.integers(len(pictures)))])
    layers = []
    for _ in range(rng.integers(0, 6)):
        cover = posts(rng, h, w)
        if rng.random() < 0.25:
            cover = np.zeros((h, w), np.float32)
            cv2.ellipse(cover, (int(rng.uniform(0, w)), int(rng.uniform(0, h))),
                        (int(rng.uniform(2, 70)), int(rng.uniform(2, 70))), rng.uniform(0, 180), 0, 360, 1.0, -1,
                        cv2.LINE_AA)
        texture = view(pictures[int(rng.integers(len(pictures)))])[:h, :w] if rng.random() < 0.6 else \
            np.full((h, w), rng.uniform(0, 1), np.float32)
        own = rng.choice((0.0, rng.normal(0, 1.0), speed * rng.uniform(0.3, 2.0), rng.normal(0, 25)))
        layers.append((cover, texture, own, rng.normal(0, 1 + 0.1 * abs(own)), rng.normal(0, 0.01)))
    shake = rng.uniform(0, 1.5) if rng.random() < 0.5 else 0.0
    for t in range(frames):
        k = t - middle
        sx, sy = rng.normal(0, shake, 2) if shake else (0.0, 0.0)
        move = np.array([[1, 0, speed * k + sx], [0, 1, rise * k + sy]], np.float64)
        frame = cv2.warpAffine(back, move, (w, h), borderMode=cv2.BORDER_REFLECT_101)
        frame = smeared(frame, speed * exposure, rise * exposure)
        for cover, texture, dx, dy, turn in layers:
            c, s = np.cos(turn * k), np.sin(turn * k)
            move = np.array([[c, -s, dx * k + sx + s * h / 2], [s, c, dy * k + sy - s * w / 2]], np.float64)
            alpha = smeared(cv2.warpAffine(cover, move, (w, h)), dx * exposure, dy * exposure)
            frame = frame * (1 - alpha) + cv2.warpAffine(texture, move, (w, h), borderMode=cv2.BORDER_REFLECT_101) * alpha
        out.append(np.clip(frame, 0, 1).astype(np.float32))
    return out


def ride(rng: np.random.Generator, pictures: list[np.ndarray], frames: int, h: int, w: int,
         pace: float) -> list[np.ndarray]:
    """Forward through woods: what is near comes faster, with trunks that pass on both sides."""
    back = cv2.resize(pictures[int(rng.integers(len(pictures)))], (w, h), interpolation=cv2.INTER_AREA)
    bark = cv2.resize(pictures[int(rng.integers(len(pictures)))], (w, h), interpolation=cv2.INTER_AREA)
    trunks = [(rng.choice((-1, 1)) * rng.uniform(0.3, 2.0), rng.uniform(1.2, 5.0), rng.uniform(0.03, 0.14),
               rng.uniform(0.1, 0.7)) for _ in range(16)]
    trunks.sort(key=lambda trunk: -trunk[1])
    out = []
    for t in range(frames):
        zoom, shake = 1 + pace * 0.4 * t, rng.normal(0, 1.2, 2)
        move = np.array([[zoom, 0, w / 2 * (1 - zoom) + shake[0]], [0, zoom, h / 2 * (1 - zoom) + shake[1]]])
        frame = cv2.warpAffine(back, move, (w, h), borderMode=cv2.BORDER_REFLECT_101)
        for side, depth, width, shade in trunks:
            near = depth - pace * 3 * t
            if near < 0.15:
                continue
            x, half, foot = w / 2 + side * w / 2 / near + shake[0], width * w / 2 / near, h / 2 + h * 0.35 / near
            cover = np.zeros((h, w), np.float32)
            points = np.array([(x - half * 0.8, -9), (x + half * 0.8, -9), (x + half, foot), (x - half, foot)])
            cv2.fillPoly(cover, [np.round(np.clip(points, -4000, 4000) * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
            pass_by = side * w / 2 * pace * 3 / near**2
            cover = smeared(cv2.GaussianBlur(cover, (0, 0), 0.7), 0.4 * pass_by, 0.0)
            shift = np.array([[1 / near, 0, x], [0, 1 / near, 0]], np.float64)
            skin = cv2.warpAffine(bark, shift, (w, h), borderMode=cv2.BORDER_REFLECT_101) * 0.6 + shade * 0.4
            frame = frame * (1 - cover) + skin * cover
        out.append(np.clip(frame, 0, 1).astype(np.float32))
    return out


def training_clips(folder: Path) -> list[str]:
    """Clips that no measurement uses, below clips/."""
    held_out = {film.clip for film in HELD} | set(data.VALIDATION_CLIPS)
    names = [*data.TRAINING_CLIPS, *(f"more/{p.name}" for p in data.clips_more(folder, "train"))]
    return [n for n in names if n not in held_out]


def runs(folder: Path, count: int = 4, cache: Path = data.CACHE) -> data.Store:
    """`count` gray runs LENGTH,H,W of each training clip."""
    names = training_clips(folder)

    def produce():
        for name in names:
            frames = [np.round(imaging.gray(f)).astype(np.uint8)
                      for f in data.decode(folder / "clips" / name, HEIGHT, 400)]
            for start in np.unique(np.linspace(0, max(len(frames) - LENGTH, 0), count).astype(int)):
                if len(frames) >= LENGTH:
                    yield f"{name}@{start}", np.stack(frames[start:start + LENGTH])

    return data.Store.build(cache / f"hard-{LENGTH}x{count}-{HEIGHT}-{len(names)}.bin", produce)


def source(rng: np.random.Generator, pictures: data.Store, clips: data.Store, h: int, w: int) -> list[np.ndarray]:
    """Five clean gray frames h x w in [0, 1] with much motion in them."""
    if rng.random() < 0.3:
        chosen = [gray(pictures[int(i)]) for i in rng.integers(len(pictures), size=4)]
        return layered(rng, chosen, 5, h, w)
    best: np.ndarray | None = None
    for _ in range(3):  # the liveliest of three places
        run = clips[int(rng.integers(len(clips)))]
        stride = int(rng.choice((1, 2, 3, 4), p=(0.4, 0.3, 0.15, 0.15)))
        first = int(rng.integers(0, LENGTH - 4 * stride))
        run = run[first:first + 4 * stride + 1:stride]
        scale = max(h / run.shape[1], w / run.shape[2], rng.uniform(0.7, 1.0))
        ch, cw = (min(int(np.ceil(n / scale)), m) for n, m in ((h, run.shape[1]), (w, run.shape[2])))
        y, x = rng.integers(0, run.shape[1] - ch + 1), rng.integers(0, run.shape[2] - cw + 1)
        part = run[:, y:y + ch, x:x + cw]
        moved = float(np.abs(np.diff(part[:, ::4, ::4].astype(np.int16), axis=0)).mean())
        if best is None or moved > lively:
            best, lively = part, moved
    frames = [cv2.resize(np.ascontiguousarray(f), (w, h), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
              for f in best]
    return frames[::-1] if rng.random() < 0.1 else frames
