"""Draws what happens to photographs on paper, glass and tin: cracks, folds, tears, scratches, stains, foxing, lost
emulsion, missing corners, dust and hairs.

Pictures are float32 H,W,3 in [0, 1]; every function takes a numpy Generator and is repeatable from its seed. Layers are
opacities H,W.
"""

from __future__ import annotations

import cv2
import numpy as np

from strokes import strokes, uneven, walk
from things import pasted, wires
from training import aging


def somewhere(rng, h: int, w: int):
    """A start, often at an edge, and a heading that leads inside."""
    if rng.random() < 0.5:
        return np.array([rng.uniform(0, w), rng.uniform(0, h)]), rng.uniform(0, 2 * np.pi)
    side = int(rng.integers(4))
    at = np.array([[rng.uniform(0, w), 0], [w, rng.uniform(0, h)], [rng.uniform(0, w), h], [0, rng.uniform(0, h)]][side])
    return at, (np.pi / 2, np.pi, -np.pi / 2, 0)[side] + rng.normal(0, 0.6)


def crack(rng, h: int, w: int) -> np.ndarray:
    """A branching crack; half of them as wide as one or two pixels."""
    at, heading = somewhere(rng, h, w)
    width = np.exp(rng.uniform(np.log(0.5), np.log(4.0)))
    jag = rng.uniform(0.1, 0.7)
    todo = [(at, heading, rng.uniform(0.2, 1.3) * max(h, w), width, 0)]
    lines = []
    while todo and len(lines) < 24:
        at, heading, length, width, depth = todo.pop(0)
        path = walk(rng, at, heading, length, rng.uniform(2, 7), jag, rng.normal(0, 0.35))
        taper = np.linspace(1, rng.uniform(0.3, 1), len(path) - 1)
        lines.append((path, width * taper * uneven(rng, len(path) - 1)))
        if depth < 3:
            for _ in range(rng.poisson(1.2 if depth == 0 else 0.5)):
                k = int(rng.integers(len(path)))
                away = heading + rng.choice((-1, 1)) * rng.uniform(0.4, 1.5)
                todo.append((path[k], away, length * rng.uniform(0.1, 0.6), width * rng.uniform(0.4, 0.9), depth + 1))
    return strokes(h, w, lines)


def crackle(rng, h: int, w: int) -> np.ndarray:
    """A net of fine cracks, as old varnish and emulsion have, in a part of the picture."""
    cell = rng.uniform(12, 45)
    count = int(h * w / cell**2) + 4
    subdivision = cv2.Subdiv2D((0, 0, w, h))
    for x, y in zip(rng.uniform(0, w - 1, count), rng.uniform(0, h - 1, count), strict=True):
        subdivision.insert((float(x), float(y)))
    width = rng.uniform(0.4, 1.3)
    lines = []
    for facet in subdivision.getVoronoiFacetList([])[0]:
        path = np.vstack([facet, facet[:1]])
        middle = (path[:-1] + path[1:]) / 2 + rng.normal(0, cell * 0.06, (len(path) - 1, 2))
        whole = np.empty((2 * len(path) - 1, 2), np.float32)
        whole[0::2], whole[1::2] = path, middle
        lines.append((whole, width * uneven(rng, len(whole) - 1) * (rng.random(len(whole) - 1) < 0.85)))
    place = aging.low_frequency(h, w, rng, 3)
    return strokes(h, w, lines) * np.clip(0.5 + 2 * place, 0, 1)


def fold(rng, h: int, w: int) -> np.ndarray:
    """A nearly straight line over the whole picture, with emulsion flaked off along it."""
    middle = np.array([rng.uniform(0, w), rng.uniform(0, h)])
    angle = rng.choice((0, np.pi / 2)) + rng.normal(0, 0.1) if rng.random() < 0.6 else rng.uniform(0, np.pi)
    reach = 1.5 * max(h, w)
    start = middle - reach * np.array([np.cos(angle), np.sin(angle)])
    path = walk(rng, start, angle, 2 * reach, rng.uniform(4, 12), rng.uniform(0, 0.06), rng.normal(0, 0.03))
    path[:, 0] += (middle - path[len(path) // 2])[0]
    path[:, 1] += (middle - path[len(path) // 2])[1]
    widths = np.exp(rng.uniform(np.log(0.5), np.log(3.0))) * uneven(rng, len(path) - 1, 3)
    if rng.random() < 0.5:
        widths = widths * (uneven(rng, len(path) - 1, 9) > rng.uniform(0.6, 1.0))
    line = strokes(h, w, [(path, np.maximum(widths, 0.01))])
    if rng.random() < 0.6:
        near = cv2.GaussianBlur(line, (0, 0), rng.uniform(1.5, 4))
        flakes = aging.smooth_noise((h, w), rng, rng.uniform(1.0, 3.0)) > rng.uniform(0.8, 1.8)
        line = np.maximum(line, flakes * np.clip(near * 6, 0, 1))
    return line


def scratches(rng, h: int, w: int) -> np.ndarray:
    """One scratch or several that run alike: fine, smooth and long."""
    at, heading = somewhere(rng, h, w)
    count = 1 if rng.random() < 0.6 else int(rng.integers(2, 8))
    spread, bend = rng.uniform(4, 40), rng.normal(0, 0.3)
    lines = []
    for _ in range(count):
        start = at + rng.normal(0, spread, 2) * (count > 1)
        path = walk(rng, start, heading + rng.normal(0, 0.06), rng.uniform(0.1, 1.4) * max(h, w), rng.uniform(4, 10),
                    rng.uniform(0, 0.05), bend)
        lines.append((path, np.exp(rng.uniform(np.log(0.4), np.log(1.6))) * uneven(rng, len(path) - 1)))
    return strokes(h, w, lines)


def ragged(rng, h: int, w: int, radius: float) -> np.ndarray:
    """A blob with a fractal edge, as flaked emulsion and stains have."""
    x, y = np.meshgrid(np.arange(w, dtype=np.float32) - rng.uniform(0, w), np.arange(h, dtype=np.float32) -
                       rng.uniform(0, h))
    stretch, angle = np.exp(rng.normal(0, 0.4)), rng.uniform(0, np.pi)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    field = 1 - np.sqrt((along / stretch)**2 + (across * stretch)**2) / radius
    for size, strength in ((radius / 2, 0.35), (radius / 5, 0.2), (1.0, 0.08)):
        if size >= 1:
            grid = max(2, int(max(h, w) / size))
            field = field + strength * aging.low_frequency(h, w, rng, min(grid, 128))
    return np.clip(field * radius / 1.5 + 0.5, 0, 1).astype(np.float32)


def tear(rng, h: int, w: int) -> np.ndarray:
    """A wedge from an edge inwards, wide where it begins."""
    side = int(rng.integers(4))
    at = np.array([[rng.uniform(0, w), 0], [w, rng.uniform(0, h)], [rng.uniform(0, w), h], [0, rng.uniform(0, h)]][side])
    heading = (np.pi / 2, np.pi, -np.pi / 2, 0)[side] + rng.normal(0, 0.5)
    path = walk(rng, at, heading, rng.uniform(0.1, 0.7) * max(h, w), rng.uniform(2, 5), rng.uniform(0.2, 0.5),
                rng.normal(0, 0.4))
    width = np.exp(rng.uniform(np.log(1.5), np.log(9.0))) * np.linspace(1, 0.1, len(path) - 1)
    return strokes(h, w, [(path, width * uneven(rng, len(path) - 1, 3))])


def corner(rng, h: int, w: int) -> np.ndarray:
    """One corner, or a piece of an edge, torn off."""
    side = min(h, w)
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    x = x if rng.random() < 0.5 else w - 1 - x
    y = y if rng.random() < 0.5 else h - 1 - y
    a, b = side * np.exp(rng.uniform(np.log(0.05), np.log(0.3), 2))
    distance = (1 - x / a - y / b) * min(a, b)
    if rng.random() < 0.3:  # a piece of an edge
        at = rng.uniform(0, w)
        distance = b * (1 - ((x - at) / a)**2) - y
    for cells, strength in ((6, 0.06), (25, 0.02), (90, 0.006)):
        distance = distance + side * strength * rng.uniform(0, 1.2) * aging.low_frequency(h, w, rng, cells)
    return np.clip(distance + 0.5, 0, 1).astype(np.float32)


def specks(rng, h: int, w: int) -> np.ndarray:
    """Many fine specks in a part of the picture: rubbed emulsion, mold, foxing when larger."""
    size = np.exp(rng.uniform(np.log(0.6), np.log(3.0)))
    noise = aging.smooth_noise((h, w), rng, size)
    place = aging.low_frequency(h, w, rng, int(rng.integers(2, 5)))
    return np.clip((noise + 0.8 * place - rng.uniform(2.4, 3.4)) * 3, 0, 1).astype(np.float32)


class Wear:
    """Damages pictures of h x w; `masks` are the drawn ones of the data set (see aging.Damage)."""

    KINDS = {"crack": 5, "crackle": 0.6, "fold": 3, "scratches": 3, "tear": 1.2, "corner": 1.2, "flake": 3, "stain": 1.2,
             "foxing": 0.8, "specks": 1.0, "drawn": 3, "dust": 3}

    def __init__(self, masks, h: int, w: int):
        self.h, self.w = h, w
        self.drawn = aging.Damage(masks, h, w)
        chance = np.array(list(self.KINDS.values()), float)
        self.kinds, self.chance = list(self.KINDS), chance / chance.sum()

    def paint(self, rng, bright: bool, tint: np.ndarray, picture: np.ndarray) -> np.ndarray:
        """The color under lost emulsion: paper in the print's own tint or whiter, or the dark behind glass and tears.

        Mostly it is beyond all that the print itself shows.
        """
        usual = rng.random() < 0.75
        levels = picture[::4, ::4].max(2)
        if not bright:
            value = rng.uniform(0, 0.3) * rng.random()
            return np.float32(min(value, np.quantile(levels, 0.02)) if usual else value) * tint
        value = 1 - 0.35 * rng.random()**2
        value = max(value, min(1.0, np.quantile(levels, 0.98))) if usual else value
        return (value * (tint + rng.random() * (1 - tint))).astype(np.float32)

    def layer(self, rng, kind: str) -> np.ndarray:
        h, w = self.h, self.w
        if kind == "flake":
            return np.max([ragged(rng, h, w, np.exp(rng.uniform(np.log(1.5), np.log(20.0))))
                           for _ in range(int(rng.integers(1, 6)))], 0)
        if kind == "stain":
            return ragged(rng, h, w, rng.uniform(8, 60))
        if kind in ("foxing", "specks"):
            return specks(rng, h, w)
        if kind == "drawn":
            return self.drawn.drawn(rng)
        if kind == "dust":
            return np.max([self.drawn.blob(rng) for _ in range(int(rng.integers(1, 12)))], 0)
        return {"crack": crack, "crackle": crackle, "fold": fold, "scratches": scratches, "tear": tear,
                "corner": corner}[kind](rng, h, w)

    def lay(self, picture: np.ndarray, rng, kind: str, bright: bool, tint: np.ndarray) -> np.ndarray:
        layer = self.layer(rng, kind)
        if kind in ("stain", "foxing"):
            return self.soak(picture, rng, layer, tint)
        opacity = rng.uniform(0.75, 1.0) if kind in ("tear", "corner", "flake") else rng.uniform(0.3, 1.0)**0.7
        if kind in ("crack", "fold", "scratches", "tear") and rng.random() < 0.5:  # in places it lies less open
            opacity = opacity * np.clip(0.75 + 0.4 * aging.low_frequency(self.h, self.w, rng, 8), 0.15, 1)
        if kind in ("crack", "fold", "tear", "flake", "corner") and rng.random() < 0.6:  # a lifted edge and its shadow
            shift = np.float32([[1, 0, rng.normal(0, 1.2)], [0, 1, rng.normal(0, 1.2)]])
            edge = cv2.GaussianBlur(cv2.warpAffine(layer, shift, (self.w, self.h)), (0, 0), rng.uniform(0.6, 1.8))
            shade = rng.uniform(0.1, 0.7) * (1 if bright or rng.random() < 0.5 else -0.5)
            picture = picture * (1 - (edge * shade)[..., None])
        if kind == "fold" and rng.random() < 0.5:  # paper that no longer lies flat
            bow = cv2.GaussianBlur(layer, (0, 0), rng.uniform(4, 14))
            picture = picture * (1 + (bow / (bow.max() + 1e-6) * rng.uniform(-0.12, 0.12))[..., None])
        color = self.paint(rng, bright, tint, picture)
        if kind in ("tear", "corner", "flake") and rng.random() < 0.6:  # bare paper has a structure too
            color = color * (1 + rng.uniform(0, 0.05) * aging.smooth_noise((self.h, self.w), rng,
                                                                           rng.uniform(0, 2))[..., None])
        alpha = (layer * opacity)[..., None]
        return picture * (1 - alpha) + color * alpha

    @staticmethod
    def soak(picture: np.ndarray, rng, layer: np.ndarray, tint: np.ndarray) -> np.ndarray:
        """A stain lets the picture through: it darkens or bleaches, often with a tide line at its edge."""
        soft = cv2.GaussianBlur(layer, (0, 0), rng.uniform(0.5, 3))
        edge = np.clip(4 * soft * (1 - soft), 0, 1) if rng.random() < 0.5 else 0
        amount = (rng.uniform(0.1, 0.5) * soft + rng.uniform(0, 0.4) * edge)[..., None]
        if rng.random() < 0.65:
            return picture * (1 - amount * (1 - 0.6 * tint))
        return picture + amount * (rng.uniform(0.8, 1.0) * tint - picture)

    def damage(self, picture: np.ndarray, rng, tint: np.ndarray) -> np.ndarray:
        """A damaged copy."""
        out = picture
        side, both = rng.random() < 0.7, rng.random() < 0.35  # mostly the bright of bare paper
        for _ in range(1 + rng.poisson(2.2)):
            bright = rng.random() < 0.5 if both else side
            out = self.lay(out, rng, self.kinds[rng.choice(len(self.kinds), p=self.chance)], bright, tint)
        return np.clip(out, 0, 1).astype(np.float32)


def toned(picture: np.ndarray, rng) -> tuple[np.ndarray, np.ndarray]:
    """The picture as a print's own: gray, sepia or other toned, hand-colored or faded color; and the paper's tint."""
    tint = np.ones(3, np.float32)
    choice = rng.random()
    if choice < 0.75:
        gray = picture @ np.float32([0.299, 0.587, 0.114]) if rng.random() < 0.7 else picture @ rng.dirichlet((2, 2, 2))
        picture = np.repeat(gray[..., None], 3, 2).astype(np.float32)
    if 0.4 < choice < 0.9:
        strength = rng.uniform(0.1, 1.0)
        tint = 1 - strength * np.float32([rng.uniform(0, 0.1), rng.uniform(0.05, 0.25), rng.uniform(0.15, 0.5)])
        shadows = strength * rng.uniform(0, 0.12) * np.float32([1, 0.6, 0.3])
        picture = shadows + picture * (tint - shadows)
    return picture.astype(np.float32), tint.astype(np.float32)


def crop(photo: np.ndarray, rng, side: int) -> np.ndarray:
    """side x side of an 8-bit RGB picture, from the whole of it to a part enlarged a little; 8 bit."""
    short = min(photo.shape[:2])
    wide = int(np.exp(rng.uniform(np.log(min(0.7 * side, short)), np.log(short))))
    y, x = rng.integers(0, photo.shape[0] - wide + 1), rng.integers(0, photo.shape[1] - wide + 1)
    part = np.ascontiguousarray(photo[y:y + wide, x:x + wide])
    return cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA if wide > side else cv2.INTER_CUBIC)


def old_print(picture: np.ndarray, rng) -> tuple[np.ndarray, np.ndarray, float]:
    """An undamaged old print of an RGB picture in [0, 1], its paper's tint and the deviation of its grain."""
    for _ in range(int(rng.integers(1, 3)) if rng.random() < 0.4 else 0):
        picture = wires(picture, rng)
    if rng.random() < 0.3:
        picture = pasted(picture, rng)
    h, w = picture.shape[:2]
    if rng.random() < 0.4:  # as sharp and clean as it is: sharpness alone is no damage
        picture, tint = (picture, np.ones(3, np.float32)) if rng.random() < 0.5 else toned(picture, rng)
        return np.clip(picture, 0, 1).astype(np.float32), tint, 0.0
    if rng.random() < 0.6:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 1.8))
    picture, tint = toned(picture, rng)
    if rng.random() < 0.6:
        picture = aging.fade(rng)(picture)
    if rng.random() < 0.4:
        picture = picture * (1 + rng.uniform(0, 0.12) * aging.low_frequency(h, w, rng, 3)[..., None])
    sigma = rng.uniform(0, 16) / 255 if rng.random() < 0.8 else 0.0
    if sigma:
        picture = aging.grain(picture, rng, sigma, rng.uniform(0, 1.4))
    if rng.random() < 0.1:
        picture = wires(picture, rng)
    return np.clip(picture, 0, 1).astype(np.float32), tint, sigma


def sample(rng, picture: np.ndarray, wear: Wear | None):
    """8-bit (damaged H,W,3, truth H,W,3, target H,W) of an 8-bit RGB picture.

    The target is 255 where damage shows, 0 where there is none, 128 where it is too faint to matter either way, or lost
    in the grain.
    """
    truth, tint, sigma = old_print(picture.astype(np.float32) / 255, rng)
    damaged = wear.damage(truth, rng, tint) if wear else truth
    if rng.random() < 0.5:  # the scanner's softness
        blur = rng.uniform(0.3, 0.9)
        truth, damaged = cv2.GaussianBlur(truth, (0, 0), blur), cv2.GaussianBlur(damaged, (0, 0), blur)
    change = np.abs(damaged - truth).max(2)
    target = np.where(change > 12 / 255 + sigma, 255, np.where(change > 3.5 / 255, 128, 0)).astype(np.uint8)
    if rng.random() < 0.35:
        quality = int(rng.integers(50, 97))
        truth, damaged = aging.jpeg(truth, quality), aging.jpeg(damaged, quality)
    both = (np.clip(p * 255 + 0.5, 0, 255).astype(np.uint8) for p in (damaged, truth))
    return (*both, target)
