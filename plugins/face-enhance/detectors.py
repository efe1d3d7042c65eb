"""Recall and precision of face-enhance's detectors on portraits held back, set into scenes small, tilted and aged.

    python plugins/face-enhance/detectors.py [--mtcnn PACKAGE] [--pictures FOLDER]

PACKAGE is what `oldfilm models add mtcnn` installed. Without it only OpenCV's cascades are measured.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import cv2
import numpy as np
import torch

import faces
from training import aging, data, imaging, package

SIZES, TILTS = (24, 32, 48, 96), (0, 20, 40)
HEIGHT, WIDTH = 368, 480
OVER_EYES = 2.4  # a face's side over the distance of its eyes


class Cascade:
    """What detect.cpp does: one cascade proposes, the other must agree; landmarks.pt finds the points."""

    def __init__(self):
        place = next(p for p in (Path("/usr/share/opencv4/haarcascades"), Path(cv2.__file__).parent / "data") if p.is_dir())
        self.first = cv2.CascadeClassifier(str(place / "haarcascade_frontalface_alt2.xml"))
        self.second = cv2.CascadeClassifier(str(place / "haarcascade_frontalface_default.xml"))
        self.landmarks, _ = package.load(HERE / "models" / "landmarks.pt")

    def confirmed(self, gray: np.ndarray, x: int, y: int, side: int) -> bool:
        margin = side * 35 // 100
        part = gray[max(y - margin, 0):y + side + margin, max(x - margin, 0):x + side + margin]
        scale = 96 / side
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        _, votes = self.second.detectMultiScale2(part, 1.1, 1, 0, (64, 64))
        return any(v >= 8 for v in votes)

    def __call__(self, gray: np.ndarray) -> list[np.ndarray]:
        """Five points of each face, x and y."""
        found = []
        for x, y, side, _ in self.first.detectMultiScale(gray, 1.15, 3, 0, (28, 28)):
            if self.confirmed(gray, x, y, side):
                margin = side * (faces.BOX_MARGIN - 1) / 2
                scale = faces.LANDMARK_SIDE / (side * faces.BOX_MARGIN)
                crop = faces.warp(gray.astype(np.float32) / 255,
                                  np.array([[scale, 0, -(x - margin) * scale], [0, scale, -(y - margin) * scale]]),
                                  faces.LANDMARK_SIDE)
                points = self.landmarks(torch.from_numpy(crop)[None, None])[0].numpy().reshape(5, 2)
                found.append(points * side * faces.BOX_MARGIN + (x - margin, y - margin))
        return found


class Network:
    def __init__(self, path: Path):
        self.model, _ = package.load(path)

    def __call__(self, gray: np.ndarray) -> list[np.ndarray]:
        picture = torch.from_numpy(gray.astype(np.float32) / 255).expand(1, 3, -1, -1)
        return [row[5:].reshape(5, 2) + 0.5 for row in self.model(picture).numpy()]


def scenes(folder: Path, size: int):
    """(gray 8-bit, points of the three faces in it): each portrait once, at every tilt, before a garden or a landscape."""
    grounds = data.photos(folder, "val", ("flowers", "landscape"))
    rng = np.random.default_rng(size)
    for i, (rgb, points, _) in enumerate(faces.portraits(folder, "val")):
        ground = imaging.gray(grounds[i % len(grounds)]) / 255
        scene = cv2.resize(ground, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
        portrait = (imaging.gray(rgb) / 255).astype(np.float32)
        eyes, center, truth = np.linalg.norm(points[1] - points[0]), points.mean(0), []
        y, x = np.mgrid[:portrait.shape[0], :portrait.shape[1]]
        head = np.hypot((x - center[0]) / (1.7 * eyes), (y - center[1] + 0.25 * eyes) / (2.3 * eyes))
        alpha = np.clip((1.1 - head) / 0.15, 0, 1).astype(np.float32)
        scale = size / (OVER_EYES * eyes)
        blurred = [cv2.GaussianBlur(p, (0, 0), 0.45 / scale) if scale < 0.7 else p for p in (portrait, alpha)]
        for k, tilt in enumerate(TILTS):
            angle = np.radians(tilt * (1 if (i + k) % 2 else -1))
            turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            at = np.array([WIDTH * (k + 0.5) / 3, HEIGHT / 2]) + rng.uniform(-12, 12, 2)
            matrix = np.hstack([turn, (at - turn @ center)[:, None]])
            face, cover = (cv2.warpAffine(p, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR) for p in blurred)
            scene = scene * (1 - cover) + face * cover
            truth.append(points @ turn.T + matrix[:, 2])
        scene = cv2.GaussianBlur(aging.fade(rng)(scene).astype(np.float32), (0, 0), rng.uniform(0.3, 0.9))
        scene = aging.grain(scene, rng, rng.uniform(0.005, 0.03), rng.uniform(0, 0.8))
        yield np.clip(scene * 255 + 0.5, 0, 255).astype(np.uint8), truth


def matched(found: list[np.ndarray], truth: list[np.ndarray]) -> list[tuple[int, float]]:
    """(which face, mean error of its points over the eyes' distance) of those found."""
    pairs, left = [], list(range(len(found)))
    for which, points in enumerate(truth):
        eyes = np.linalg.norm(points[1] - points[0])
        errors = {i: np.linalg.norm(found[i] - points, axis=1).mean() / eyes for i in left}
        if errors and min(errors.values()) < 0.6:
            best = min(errors, key=errors.get)
            left.remove(best)
            pairs.append((which, errors[best]))
    return pairs


@torch.no_grad()
def measure(name: str, detector, folder: Path, pictures: Path | None) -> None:
    print("| face | " + " | ".join(f"recall, tilt {t}" for t in TILTS) + " | precision | error of the points |")
    for size in SIZES:
        hits, count, false, errors = np.zeros(len(TILTS)), 0, 0, []
        for gray, truth in scenes(folder, size):
            found = detector(gray)
            pairs = matched(found, truth)
            for which, error in pairs:
                hits[which] += 1
                errors.append(error)
            false += len(found) - len(pairs)
            if pictures and count < 3:
                pictures.mkdir(parents=True, exist_ok=True)
                shown = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
                for point in np.concatenate(found) if found else []:
                    cv2.circle(shown, tuple(int(v) for v in point), 1, (0, 255, 0), -1)
                cv2.imwrite(str(pictures / f"{name}-{size}-{count}.png"), shown)
            count += 1
        recall = " | ".join(f"{100 * h / count:.0f} %" for h in hits)
        precision = 100 * hits.sum() / max(hits.sum() + false, 1)
        print(f"| {name}, {size} px | {recall} | {precision:.0f} % | {100 * np.mean(errors) if errors else float('nan'):.1f} % |",
              flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=data.default_data())
    parser.add_argument("--mtcnn", type=Path)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    measure("cascade", Cascade(), options.data, options.pictures)
    if options.mtcnn:
        measure("mtcnn", Network(options.mtcnn), options.data, options.pictures)


if __name__ == "__main__":
    main()
