"""Interpolate on clips held back: every second frame left out, and made again."""

from __future__ import annotations

import cv2
import numpy as np

from films import byte, filtered, restore
from training import data, imaging

FRAMES, HEIGHT = 25, 288


def dis(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Both frames warped half way by DIS flow (Kroeger et al. 2016), and blended."""
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    one, two = (cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in (a, b))
    h, w = one.shape
    grid = np.stack(np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32)), -1)

    def half(frame, way):
        at = grid + way
        return cv2.remap(frame, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) / 255.0

    ab, ba = flow.calc(one, two, None), flow.calc(two, one, None)
    return (half(a, (ba - ab) / 4) + half(b, (ab - ba) / 4)) / 2


def measure(evidence, folder) -> None:
    means: dict[str, list[float]] = {}
    kept, places = [], []
    for name in data.VALIDATION_CLIPS:
        frames = np.stack(list(data.decode(folder / "clips" / name, HEIGHT, 120))[-FRAMES:])
        even = frames[::2]
        made = {"minterpolate": filtered(even, "minterpolate=fps=32:mi_mode=mci:mc_mode=aobmc:me_mode=bidir"),
                "oldfilm float32": restore(even, "interpolate:fps=2x", precision="float32"),
                "oldfilm auto": restore(even, "interpolate:fps=2x")}
        scores: dict[str, list[float]] = {}
        for i in range(1, FRAMES - 3, 2):
            a, truth, b = frames[i - 1:i + 2]
            if np.array_equal(a, truth) or np.array_equal(b, truth):
                continue
            row = {"blend": (a.astype(np.float32) + b) / 510, "DIS, half way": dis(a, b)}
            row |= {k: v[i] for k, v in made.items() if i < len(v)}
            for tool, picture in row.items():
                scores.setdefault(tool, []).append(imaging.psnr(byte(picture) / 255.0, truth / 255.0))
            kept.append((row["blend"], row["DIS, half way"], row["oldfilm auto"], truth / 255.0))
            places.append(scores["oldfilm auto"][-1] - scores["DIS, half way"][-1])
        for tool, values in scores.items():
            means.setdefault(tool, []).append(np.mean(values))
            evidence.add("interpolate", name, tool, np.mean(values), "dB")
    goal = max(np.mean(v) for k, v in means.items() if not k.startswith("oldfilm")) + 0.7
    for tool, values in means.items():
        evidence.add("interpolate", "mean", tool, np.mean(values), "dB", goal if tool.startswith("oldfilm") else None)
    behind = min(min(means["oldfilm auto"][i] - means[t][i] for t in means if not t.startswith("oldfilm"))
                 for i in range(len(data.VALIDATION_CLIPS)))
    evidence.add("interpolate", "worst lead over the best classic tool", "oldfilm auto", behind, "dB", -0.2)
    evidence.best_and_worst("interpolate", places, lambda i: kept[i])
    still = np.stack(list(data.decode(folder / "clips" / data.VALIDATION_CLIPS[0], HEIGHT, 1)) * 9)
    grainy = byte(still / 255.0 + 0.02 * np.random.default_rng(2).standard_normal(still.shape))
    ours = restore(grainy[::2], "interpolate:fps=2x")
    blend = [(grainy[i - 1].astype(np.float32) + grainy[i + 1]) / 510 for i in (1, 3, 5)]
    lead = np.mean([imaging.psnr(ours[i], still[0] / 255.0) - imaging.psnr(b, still[0] / 255.0)
                    for i, b in zip((1, 3, 5), blend, strict=True)])
    evidence.add("interpolate", "still scene with grain, lead over blending", "oldfilm auto", lead, "dB", -0.05)
