"""What a measurement found: rows of a table, and pictures side by side."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cv2
import numpy as np


@dataclass
class Row:
    stage: str
    what: str     # the case and the measure
    tool: str     # which classic tool, "oldfilm float32", "oldfilm auto"
    value: float
    unit: str
    goal: float | None = None  # to reach at least (or, with `below`, at most)
    below: bool = False

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        return "reached" if (self.value <= self.goal if self.below else self.value >= self.goal) else "missed"


@dataclass
class Evidence:
    folder: Path
    rows: list[Row] = field(default_factory=list)

    def add(self, *args, **kwargs) -> None:
        row = Row(*args, **kwargs)
        row.value = float(row.value)
        self.rows.append(row)
        goal = "" if row.goal is None else f"   goal {'<=' if row.below else '>='} {row.goal:.2f}: {row.verdict}"
        print(f"{row.stage:15s} {row.what:42s} {row.tool:22s} {row.value:8.3f} {row.unit}{goal}", flush=True)

    def picture(self, name: str, *pictures: np.ndarray) -> None:
        """Side by side; float32 in [0, 1], gray or RGB."""
        self.folder.mkdir(parents=True, exist_ok=True)
        height = max(p.shape[0] for p in pictures)
        row = []
        for p in pictures:
            p = np.repeat(p[..., None], 3, -1) if p.ndim == 2 else p
            if p.shape[0] != height:
                p = cv2.resize(p, None, fx=height / p.shape[0], fy=height / p.shape[0], interpolation=cv2.INTER_NEAREST)
            row.append(np.clip(p * 255 + 0.5, 0, 255).astype(np.uint8))
        cv2.imwrite(str(self.folder / f"{name}.png"), np.hstack(row)[..., ::-1])

    def best_and_worst(self, name: str, scores: list[float], pictures) -> None:
        """`pictures(i)` of the places with the highest, the middle and the lowest score."""
        order = np.argsort(scores)
        for label, i in (("worst", order[0]), ("middle", order[len(order) // 2]), ("best", order[-1])):
            self.picture(f"{name}-{label}", *pictures(int(i)))

    def write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "report.json").write_text(json.dumps([asdict(r) | {"verdict": r.verdict} for r in self.rows],
                                                            indent=1) + "\n")
        lines = ["# Quality, on material that no model was trained on", "",
                 "Pictures beside this file: input, classic tool, oldfilm, truth.", "",
                 "| stage | measured | tool | figure | goal | |", "|---|---|---|---|---|---|"]
        for r in self.rows:
            goal = "" if r.goal is None else f"{'at most' if r.below else 'at least'} {r.goal:.2f}"
            lines.append(f"| {r.stage} | {r.what} | {r.tool} | {r.value:.3f} {r.unit} | {goal} | {r.verdict} |")
        (self.folder / "report.md").write_text("\n".join(lines) + "\n")
