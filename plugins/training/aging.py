"""A random film ager for training: grain, softness, fading, flicker, dirt, hairs, scratches.

Wider than any one film on purpose. Pictures are float32 H,W or H,W,C in [0, 1]; every function takes
a numpy Generator and is repeatable from its seed.
"""

from __future__ import annotations

import cv2
import numpy as np

# How often each kind of mask is laid over a frame; the kinds that cover a tenth of it are rare.
KINDS = {"spots": 4, "dirt": 3, "hair-short": 3, "hair": 3, "scratches": 2, "lint": 1.5, "smut": 1,
         "dots": 0.8, "sprinkles": 0.5, "stain": 0.5}


def smooth_noise(shape, rng: np.random.Generator, size: float) -> np.ndarray:
    """Gaussian noise of unit deviation, correlated over about `size` pixels (0 is independent)."""
    noise = rng.standard_normal(shape, np.float32)
    if size > 0.25:
        noise = cv2.GaussianBlur(noise, (0, 0), size)
        noise /= noise.std() + 1e-6
    return noise


def low_frequency(h: int, w: int, rng: np.random.Generator, cells: int) -> np.ndarray:
    """A smooth field of about unit range, `cells` bumps across."""
    return cv2.resize(rng.standard_normal((cells, cells), np.float32), (w, h),
                      interpolation=cv2.INTER_CUBIC)


def grain(picture: np.ndarray, rng: np.random.Generator, sigma: float, size: float) -> np.ndarray:
    """Film grain of deviation `sigma`, strongest in the midtones; the same in every channel."""
    noise = smooth_noise(picture.shape[:2], rng, size) * sigma
    if picture.ndim == 3:
        noise = noise[..., None]
    level = np.clip(picture, 0, 1)
    return picture + noise * (0.55 + 1.8 * level * (1 - level))


def fade(rng: np.random.Generator):
    """A tone curve of an old print: lifted blacks, lowered whites, another gamma."""
    low, high = rng.uniform(0, 0.2), rng.uniform(0.75, 1.0)
    gamma = np.exp(rng.uniform(-0.4, 0.4))

    def apply(picture):
        return low + (high - low) * np.clip(picture, 0, 1)**gamma

    return apply


def flicker(h: int, w: int, rng: np.random.Generator, strength: float) -> np.ndarray:
    """A gain H,W near 1 of one frame: a step of the whole frame and an uneven part."""
    gain = 1 + strength * rng.standard_normal()
    return np.float32(gain) + np.float32(strength * 0.4) * low_frequency(h, w, rng, 3)


def jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    """What a lossy codec leaves of it."""
    coded = np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8)
    flag = cv2.IMREAD_GRAYSCALE if picture.ndim == 2 else cv2.IMREAD_COLOR
    data = cv2.imencode(".jpg", coded, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(data, flag).astype(np.float32) / 255


def pan(picture: np.ndarray, rng: np.random.Generator, frames: int, h: int, w: int) -> list[np.ndarray]:
    """A photograph made moving: h x w views of it under a steady pan, zoom and turn, with weave."""
    speed = np.exp(rng.uniform(np.log(0.1), np.log(12.0))) if rng.random() < 0.8 else 0.0
    heading = rng.uniform(0, 2 * np.pi)
    dx, dy = speed * np.cos(heading), speed * np.sin(heading)
    turn, zoom = rng.normal(0, 0.004), rng.normal(0, 0.006)
    weave = rng.uniform(0, 1.0)
    base = max(h / picture.shape[0], w / picture.shape[1]) * 1.02
    scale = base if base > 1 else rng.uniform(base, 1.0)
    reach = np.array([w, h]) / scale / 2
    center = np.array([rng.uniform(min(r, n / 2), max(n - r, n / 2)) for r, n in
                       zip(reach, picture.shape[1::-1], strict=True)])
    out = []
    for t in range(frames):
        k = t - frames // 2
        angle, s = turn * k, scale * (1 + zoom * k)
        c, d = np.cos(angle) * s, np.sin(angle) * s
        matrix = np.array([[c, -d, 0], [d, c, 0]], np.float64)
        shift = np.array([w / 2 + dx * k, h / 2 + dy * k]) + rng.normal(0, weave, 2)
        matrix[:, 2] = shift - matrix[:, :2] @ center
        out.append(cv2.warpAffine(picture, matrix, (w, h), flags=cv2.INTER_AREA if s < 0.7 else
                                  cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101))
    return out


class Damage:
    """Dirt, hairs, lint and scratches of one run of frames, from drawn masks and from formulas."""

    def __init__(self, masks, h: int, w: int):
        self.masks, self.h, self.w = masks, h, w
        self.by_kind: dict[str, list[int]] = {}
        for i, name in enumerate(masks.names):
            self.by_kind.setdefault(name.split("/")[0], []).append(i)
        self.kinds = [k for k in KINDS if k in self.by_kind]
        chance = np.array([KINDS[k] for k in self.kinds])
        self.chance = chance / chance.sum()

    def drawn(self, rng: np.random.Generator) -> np.ndarray:
        """One drawn mask, placed at random; stains, which cover much, are faint."""
        kind = self.kinds[rng.choice(len(self.kinds), p=self.chance)]
        mask = self.masks[int(rng.choice(self.by_kind[kind]))]
        side = mask.shape[0]
        scale = np.exp(rng.uniform(np.log(0.6), np.log(1.8)))
        turn = rng.integers(0, 4)
        mask = np.rot90(mask, turn if kind != "scratches" else 2 * (turn % 2))
        mask = mask[:, ::-1] if rng.random() < 0.5 else mask
        shift = [rng.uniform(min(n - scale * side, 0), max(n - scale * side, 0)) for n in (self.w, self.h)]
        matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        layer = cv2.warpAffine(np.ascontiguousarray(mask), matrix, (self.w, self.h),
                               flags=cv2.INTER_LINEAR)
        return layer.astype(np.float32) * (rng.uniform(0.1, 0.5) if kind == "stain" else 1.0) / 255

    def blob(self, rng: np.random.Generator) -> np.ndarray:
        """A ragged speck of 1 to 14 pixels' radius."""
        radius = np.exp(rng.uniform(np.log(1.0), np.log(14.0)))
        angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(5, 14)))
        reach = radius * np.exp(rng.normal(0, 0.35, angle.size))
        stretch = np.exp(rng.normal(0, 0.3))
        x = rng.uniform(0, self.w) + reach * np.cos(angle) * stretch
        y = rng.uniform(0, self.h) + reach * np.sin(angle) / stretch
        layer = np.zeros((self.h, self.w), np.uint8)
        points = np.round(np.stack([x, y], -1) * 16).astype(np.int32)
        cv2.fillPoly(layer, [points], 255, lineType=cv2.LINE_AA, shift=4)
        layer = layer.astype(np.float32) / 255
        if rng.random() < 0.6:
            layer = cv2.GaussianBlur(layer, (0, 0), rng.uniform(0.4, 1.2))
        if radius > 4 and rng.random() < 0.7:  # rounded corners
            layer = cv2.GaussianBlur(layer, (0, 0), radius / 4)
            layer = np.clip((layer - 0.35) * 4, 0, 1)
        return layer

    def lines(self, rng: np.random.Generator, frames: int) -> list[np.ndarray]:
        """One running scratch: nearly the same column in every frame it lasts for."""
        rows = np.arange(self.h, dtype=np.float32)
        x0, width = rng.uniform(0, self.w), np.exp(rng.uniform(np.log(0.5), np.log(2.2)))
        slope, drift, wobble = rng.normal(0, 0.008), rng.normal(0, 0.5), rng.uniform(0, 0.8)
        phase, period = rng.uniform(0, 6.28), rng.uniform(40, 400)
        first, last = sorted(rng.integers(0, frames + 1, 2)) if rng.random() < 0.25 else (0, frames)
        top, bottom = (0, self.h)
        if rng.random() < 0.35:
            top, bottom = sorted(rng.uniform(0, self.h, 2))
        broken = rng.random() < 0.5
        power = rng.choice((2, 2, 4, 8))  # from a worn groove to a sharp cut
        out = []
        for t in range(frames):
            if not first <= t < last:
                out.append(None)
                continue
            x = x0 + drift * t + slope * rows + wobble * np.sin(rows / period * 6.28 + phase)
            x = x + rng.normal(0, 0.4)
            column = np.arange(self.w, dtype=np.float32)
            layer = np.exp(-0.5 * np.abs((column[None] - x[:, None]) / width)**power)
            along = np.clip((rows - top) / 6, 0, 1) * np.clip((bottom - rows) / 6, 0, 1)
            if broken:
                gate = cv2.GaussianBlur(rng.standard_normal((self.h, 1)).astype(np.float32), (1, 0),
                                        0, sigmaY=rng.uniform(3, 30))
                along = along * np.clip(0.6 + gate[:, 0] / (gate.std() + 1e-6) * 0.8, 0, 1)
            out.append((layer * along[:, None]).astype(np.float32))
        return out

    def run(self, frames: list[np.ndarray], rng: np.random.Generator):
        """Damaged copies of gray frames, and each frame's opacity of damage (0 is untouched)."""
        out = [f.copy() for f in frames]
        touched = [np.zeros((self.h, self.w), np.float32) for _ in frames]

        def lay(t, layer, bright, opacity, value):
            target = (1 - value) if bright else value
            alpha = layer * opacity
            out[t] = out[t] * (1 - alpha) + target * alpha
            touched[t] = np.maximum(touched[t], alpha)

        both = rng.random() < 0.4
        side = rng.random() < 0.5
        heavy = np.exp(rng.uniform(np.log(0.3), np.log(2.5)))

        def style():
            bright = (rng.random() < 0.5) if both else side
            return bright, rng.uniform(0.35, 1.0), rng.uniform(0, 0.3) * rng.random()

        for t in range(len(frames)):
            if rng.random() < 0.1:
                continue
            for _ in range(rng.poisson(0.9 * heavy)):
                lay(t, self.drawn(rng), *style())
            for _ in range(rng.poisson(3.0 * heavy)):
                lay(t, self.blob(rng), *style())
        if rng.random() < 0.65:
            for _ in range(rng.integers(1, 4)):
                bright, opacity, value = style()
                opacity = max(opacity, rng.random()) * np.sqrt(rng.uniform(0.1, 1.0))
                for t, layer in enumerate(self.lines(rng, len(frames))):
                    if layer is not None:
                        lay(t, layer, bright, opacity, value)
        return out, touched
