"""Fade-correct on held-out clips whose dyes are faded by the model of Gschwind and Frey: CIE 1976 color difference."""

from __future__ import annotations

import cv2
import numpy as np

from films import byte, filtered, restore
from training import data

# Dye densities that remain, with crosstalk, row by row for R, G and B; then the stain's density.
FADINGS = {
    "cyan": ([[0.42, 0.03, 0], [0.02, 0.85, 0], [0, 0.04, 0.65]], [0.03, 0.02, 0.12]),
    "magenta": ([[0.8, 0, 0], [0.05, 0.5, 0], [0, 0.04, 0.75]], [0.02, 0.02, 0.08]),
    "yellow": ([[0.9, 0.03, 0], [0.02, 0.8, 0], [0, 0.05, 0.35]], [0.02, 0.04, 0.15]),
}
CLASSIC = ("grayworld", "normalize=independence=1:smoothing=50", "normalize=independence=0:smoothing=50")


def faded(film: np.ndarray, dyes, stain) -> np.ndarray:
    coded = film.astype(np.float64) / 255
    light = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055)**2.4)
    density = -np.log10(np.maximum(light, 1e-3)) @ np.array(dyes).T + np.array(stain)
    light = 10.0**-density
    return byte(np.where(light <= 0.0031308, light * 12.92, 1.055 * light**(1 / 2.4) - 0.055))


def difference(film: np.ndarray, truth: np.ndarray) -> float:
    def lab(rgb):
        return cv2.cvtColor(np.ascontiguousarray(rgb, np.float32), cv2.COLOR_RGB2LAB)
    return float(np.mean([np.linalg.norm(lab(a) - lab(b / np.float32(255)), axis=2).mean()
                          for a, b in zip(film, truth, strict=True)]))


def measure(evidence, folder) -> None:
    sums: dict[tuple[str, str], list[float]] = {}
    for path in data.held_out_clips(folder):
        truth = np.stack(list(data.decode(path, 180, 24)))
        for name, (dyes, stain) in FADINGS.items():
            film = faded(truth, dyes, stain)
            tools = {"nothing": film / 255.0, "oldfilm": restore(film, "fade-correct")}
            tools |= {f"FFmpeg {graph.split(':')[0]}": filtered(film, graph) for graph in CLASSIC}
            for tool, made in tools.items():
                sums.setdefault((name, tool), []).append(difference(made, truth))
            evidence.picture(f"fade-correct-{path.stem}-{name}", film[12] / 255.0, tools["FFmpeg grayworld"][12],
                             tools["oldfilm"][12], truth[12] / 255.0)
        sums.setdefault(("none", "oldfilm"), []).append(difference(restore(truth, "fade-correct"), truth))
    for (name, tool), values in sums.items():
        goal = None if tool != "oldfilm" else 1.0 if name == "none" else min(
            np.mean(v) for (n, t), v in sums.items() if n == name and t != "oldfilm")
        evidence.add("fade-correct", f"{name} dye faded, {len(values)} clips" if name != "none" else "not faded", tool,
                     np.mean(values), "Delta E", goal, below=True)
        if tool == "oldfilm":
            evidence.add("fade-correct", f"{name}, worst clip over doing nothing", tool,
                         max(v - n for v, n in zip(values, sums.get((name, "nothing"), [0.0] * len(values)))), "Delta E")
