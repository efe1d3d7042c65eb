"""Draws what looks like damage and belongs to a photograph: wires, bars, small objects, writing, borders."""

from __future__ import annotations

import cv2
import numpy as np

from strokes import strokes, walk


def wires(picture: np.ndarray, rng) -> np.ndarray:
    """Thin things that belong to the picture: wires, bars, twigs, hair, nets, writing."""
    h, w = picture.shape[:2]
    value = rng.random()
    color = value * (0.8 + 0.2 * rng.random(3)) if rng.random() < 0.3 else np.full(3, value)
    kind = rng.random()
    if kind < 0.35:  # wires, ropes, twigs: smooth
        at, heading = np.array([rng.uniform(0, w), rng.uniform(0, h)]), rng.uniform(0, 2 * np.pi)
        lines = []
        for _ in range(int(rng.integers(1, 7))):
            path = walk(rng, at + rng.normal(0, 25, 2), heading + rng.normal(0, 0.2), rng.uniform(0.2, 2) * max(h, w), 5,
                        rng.uniform(0, 0.03), rng.normal(0, 0.4))
            lines.append((path, np.full(len(path) - 1, rng.uniform(0.4, 3) if rng.random() < 0.6 else rng.uniform(3, 9))))
        layer = strokes(h, w, lines)
        if rng.random() < 0.5:  # tubes, limbs and twigs are round: light falls on one side
            side = np.float32([[1, 0, rng.normal(0, 1.5)], [0, 1, rng.normal(0, 1.5)]])
            light = cv2.warpAffine(cv2.GaussianBlur(layer, (0, 0), rng.uniform(0.7, 2.5)), side, (w, h))
            color = np.clip(color + rng.normal(0, 0.5) * light[..., None], 0, 1)
    elif kind < 0.6:  # bars, fences, window frames
        step, width, angle = rng.uniform(6, 60), rng.uniform(0.5, 4), rng.normal(0, 0.15)
        lines = []
        for turn in (angle, angle + np.pi / 2)[:int(rng.integers(1, 3))]:
            way, off = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
            for k in np.arange(-max(h, w), max(h, w), step):
                middle = np.array([w / 2, h / 2]) + off * k
                lines.append((np.float32([middle - way * 2 * w, middle + way * 2 * w]), [width]))
        place = np.zeros((h, w), np.float32)
        x, y = int(rng.uniform(-w / 2, w / 2)), int(rng.uniform(-h / 2, h / 2))
        cv2.rectangle(place, (x, y), (x + int(rng.uniform(0.3, 1.5) * w), y + int(rng.uniform(0.3, 1.5) * h)), 1, -1)
        layer = strokes(h, w, lines) * place
    elif kind < 0.85:
        layer = writing(h, w, rng)
    else:  # the print's own border, straight or rounded
        return border(picture, rng)
    layer = (layer * rng.uniform(0.4, 1))[..., None]
    return (picture * (1 - layer) + color * layer).astype(np.float32)


def pasted(picture: np.ndarray, rng) -> np.ndarray:
    """Small things that belong to the picture: smooth pieces of its other half."""
    h, w = picture.shape[:2]
    other = picture[::-1, ::-1] if rng.random() < 0.5 else picture[:, ::-1]
    cover = np.zeros((h, w), np.float32)
    for _ in range(int(rng.integers(1, 6))):
        center = (int(rng.uniform(0, w)), int(rng.uniform(0, h)))
        axes = np.exp(rng.uniform(np.log(2), np.log(30), 2)).astype(int) + 1
        cv2.ellipse(cover, center, tuple(map(int, axes)), rng.uniform(0, 180), 0, rng.uniform(120, 360), 1.0, -1, cv2.LINE_AA)
    if rng.random() < 0.6:  # as evenly lit as a hand, a lamp or a button
        flat = np.float32(rng.random()) * (0.7 + 0.3 * rng.random(3))
        other = 0.3 * other + 0.7 * flat
    cover = (cover * rng.uniform(0.5, 1))[..., None]
    return (picture * (1 - cover) + other * cover).astype(np.float32)


def writing(h: int, w: int, rng) -> np.ndarray:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -.,&"
    canvas = np.zeros((2 * h, 2 * w), np.uint8)
    font = int(rng.choice((0, 2, 3, 4, 6, 7)))
    scale, thick = rng.uniform(0.4, 3), int(rng.integers(1, 6))
    y = rng.uniform(0, 2 * h)
    for _ in range(int(rng.integers(1, 4))):
        text = "".join(letters[i] for i in rng.integers(0, len(letters), int(rng.integers(3, 18))))
        cv2.putText(canvas, text, (int(rng.uniform(-w / 4, w)), int(y)), font, scale, 255, thick, cv2.LINE_AA)
        y += 40 * scale
    turn = cv2.getRotationMatrix2D((w, h), rng.normal(0, 8), 1)
    turned = cv2.warpAffine(canvas, turn, (2 * w, 2 * h))
    return cv2.resize(turned, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def border(picture: np.ndarray, rng) -> np.ndarray:
    h, w = picture.shape[:2]
    value = rng.uniform(0.75, 1) if rng.random() < 0.6 else rng.uniform(0, 0.15)
    left, top, right, bottom = (int(rng.uniform(0, 0.15) * min(h, w) * (rng.random() < 0.7)) for _ in range(4))
    inside = np.zeros((h, w), np.float32)
    inside[top:h - bottom, left:w - right] = 1
    if rng.random() < 0.5:  # rounded, all four alike or two
        radius = rng.uniform(0.03, 0.5) * min(h, w)
        x, y = np.meshgrid(np.arange(w), np.arange(h))
        dx = np.maximum(np.maximum(left + radius - x, x - (w - 1 - right - radius)), 0)
        dy = np.maximum(np.maximum(top + radius - y, y - (h - 1 - bottom - radius) if rng.random() < 0.6 else 0), 0)
        inside *= np.clip(radius - np.hypot(dx, dy) + 0.5, 0, 1)
    if rng.random() < 0.5:
        inside = cv2.GaussianBlur(inside, (0, 0), rng.uniform(0.4, 3))
    return (picture * inside[..., None] + value * (1 - inside[..., None])).astype(np.float32)
