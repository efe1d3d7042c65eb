"""Faces to train on: portraits with five points each, and what old films do to a face."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np

from model import CROP_SIDE, LANDMARK_SIDE, TEMPLATE
from training import data, package

BOX_MARGIN = 1.3  # the landmark network's crop over the detector's box, as the stage has it
SWAP = [1, 0, 2, 4, 3]  # the points' order in a mirrored picture


def five_points(points: np.ndarray) -> np.ndarray:
    """Left and right pupil as seen, nose tip, corners of the mouth, of a 189-point template."""
    return np.stack([points[0], points[1], (points[54] + points[60]) / 2, points[87], points[93]])


def detect(gray: np.ndarray):
    """The largest box x, y, side that the stage's detector finds, or nothing."""
    detect.cascade = getattr(detect, "cascade", None) or cv2.CascadeClassifier(
        next(str(p) for p in (Path("/usr/share/opencv4/haarcascades"), Path(cv2.__file__).parent / "data")
             for p in [p / "haarcascade_frontalface_alt2.xml"] if p.exists()))
    scale = min(1.0, 640 / max(gray.shape))
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = detect.cascade.detectMultiScale(small, 1.15, 3, 0, (28, 28))
    if len(found) == 0:
        return None
    x, y, w, _ = max(found, key=lambda r: r[2])
    return np.array([x, y, w], np.float64) / scale


def portraits(folder: Path, split: str):
    """(RGB picture, five points, detector's box) of each portrait that has points."""
    marks = json.loads((folder / "photos" / "faces" / "landmarks.json").read_text())
    result = []
    for path in data.photo_files(folder, "faces", split):
        if path.name not in marks:
            continue
        rgb = data.read_rgb(path)
        points = five_points(np.array(marks[path.name]))
        box = detect(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
        eyes = np.linalg.norm(points[1] - points[0])
        if box is None or not 1.8 < box[2] / eyes < 3.6:
            center = points.mean(0)
            box = np.array([*(center - 1.3 * eyes), 2.6 * eyes])
        result.append((rgb, points, box))
    return result


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """2x3 matrix of the similarity that brings source closest to target (Umeyama 1991)."""
    a, b = source - source.mean(0), target - target.mean(0)
    square = (a * a).sum()
    c, s = (a * b).sum() / square, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / square
    turn = np.array([[c, -s], [s, c]])
    return np.hstack([turn, (target.mean(0) - turn @ source.mean(0))[:, None]])


def warp(picture: np.ndarray, matrix: np.ndarray, side: int) -> np.ndarray:
    """picture seen through a source-to-crop matrix, averaged where it shrinks; edge coordinates."""
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    if scale < 0.67:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        matrix = np.hstack([matrix[:, :2] / scale, matrix[:, 2:]])
    shift = matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5  # pixel centers lie at halves
    matrix = np.hstack([matrix[:, :2], matrix[:, 2:] + shift[:, None]])
    return cv2.warpAffine(picture, matrix, (side, side), flags=cv2.INTER_LINEAR,
                          borderMode=cv2.BORDER_REPLICATE)


def age(crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Softness, low resolution, grain and coding of an old film; H,W or H,W,C float32 in [0, 1]."""
    side = crop.shape[0]
    factor = math.exp(rng.uniform(0, math.log(6.0))) * side / CROP_SIDE
    if factor > 1.05:
        small = max(int(side / factor), 16)
        low = cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA)
    else:
        low = crop
    if rng.random() < 0.7:
        low = cv2.GaussianBlur(low, (0, 0), rng.uniform(0.2, 1.1))
    if rng.random() < 0.8:
        noise = rng.standard_normal(low.shape[:2]).astype(np.float32)
        size = rng.uniform(0, 0.9)
        if size > 0.3:
            noise = cv2.GaussianBlur(noise, (0, 0), size)
            noise /= noise.std()
        noise *= rng.uniform(0, 12) / 255
        low = low + (noise[..., None] if low.ndim == 3 else noise)
    if rng.random() < 0.5:
        coded = np.clip(low * 255 + 0.5, 0, 255).astype(np.uint8)
        quality = int(rng.integers(40, 95))
        low = cv2.imdecode(cv2.imencode(".jpg", coded, [cv2.IMWRITE_JPEG_QUALITY, quality])[1],
                           cv2.IMREAD_UNCHANGED).astype(np.float32) / 255
    if low.shape[0] != side:
        low = cv2.resize(low, (side, side), interpolation=cv2.INTER_LINEAR)
    return np.clip(low, 0, 1).astype(np.float32)


def tone(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another print: contrast, brightness, gamma; 8-bit in, float32 in [0, 1] out."""
    value = (picture.astype(np.float32) / 255)**np.float32(math.exp(rng.uniform(-0.5, 0.5)))
    low, high = rng.uniform(0, 0.15), rng.uniform(0.7, 1.0)
    return (low + (high - low) * value).astype(np.float32)


def landmark_sample(portrait, rng: np.random.Generator, plain: bool = False):
    """gray 96x96 and points 5,2 in parts of it; moved, turned and aged unless `plain`."""
    rgb, points, box = portrait
    side = box[2] * BOX_MARGIN
    center = box[:2] + box[2] / 2
    angle, mirrored = 0.0, False
    if not plain:
        center = center + rng.normal(0, 0.05, 2) * side
        side *= math.exp(rng.normal(0, 0.1))
        angle, mirrored = rng.normal(0, math.radians(12)), rng.random() < 0.5
    scale = LANDMARK_SIDE / side
    c, s = scale * math.cos(angle), scale * math.sin(angle)
    turn = np.array([[c, -s], [s, c]])
    if not plain:  # faces are wider or narrower, and lenses differ
        turn = np.diag(np.exp(rng.normal(0, 0.06, 2))) @ turn
    matrix = np.hstack([turn, (LANDMARK_SIDE / 2 - turn @ center)[:, None]])
    gray = warp(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), matrix, LANDMARK_SIDE)
    found = (points @ turn.T + matrix[:, 2]) / LANDMARK_SIDE
    if mirrored:
        gray = np.ascontiguousarray(gray[:, ::-1])
        found = (found * [-1, 1] + [1, 0])[SWAP]
    if plain:
        return gray.astype(np.float32) / 255, found.astype(np.float32)
    gray = tone(gray, rng)
    light = rng.normal(0, 0.25, 2)  # from one side
    ramp = np.linspace(-1, 1, LANDMARK_SIDE, dtype=np.float32)
    gray = gray * (1 + np.float32(light[0]) * ramp[None] + np.float32(light[1]) * ramp[:, None])
    if rng.random() < 0.3:  # a hat, a hand, an edge of the frame
        y, x = rng.integers(0, LANDMARK_SIDE, 2)
        h, w = rng.integers(8, 32, 2)
        gray[y:y + h, x:x + w] = rng.random()
    return age(gray, rng), found.astype(np.float32)


def crop_pair(portrait, rng: np.random.Generator):
    """(aged, clean) aligned crops 3,256,256; half of them monochrome."""
    rgb, points, _ = portrait
    points = points + rng.normal(0, 0.02, points.shape) * np.linalg.norm(points[1] - points[0])
    matrix = similarity(points, np.array(TEMPLATE) * CROP_SIDE)
    crop = tone(warp(rgb, matrix, CROP_SIDE), rng)
    if rng.random() < 0.5:
        crop = np.ascontiguousarray(crop[:, ::-1])
    if rng.random() < 0.6:
        gray = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
        crop = np.repeat(gray[..., None], 3, 2)
        aged = np.repeat(age(gray, rng)[..., None], 3, 2)
    else:
        aged = age(crop, rng)
    return aged.transpose(2, 0, 1), crop.transpose(2, 0, 1)


def more_portraits(folder: Path, split: str, landmarks: Path):
    """Portraits without points of their own, marked by the trained landmark network."""
    import torch

    marks = json.loads((folder / "photos" / "faces" / "landmarks.json").read_text())
    network, _ = package.load(landmarks)
    result = []
    for path in data.photo_files(folder, "faces", split):
        if path.name in marks:
            continue
        rgb = data.read_rgb(path)
        box = detect(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
        if box is None or box[2] < 100:
            continue
        gray, _ = landmark_sample((rgb, np.zeros((5, 2)), box), None, plain=True)
        with torch.no_grad():
            found = network(torch.from_numpy(gray)[None, None])[0].numpy()
        side = box[2] * BOX_MARGIN
        result.append((rgb, found * side + box[:2] + box[2] / 2 - side / 2, box))
    return result
