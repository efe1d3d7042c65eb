"""Vectors of super-resolution networks."""

from __future__ import annotations

from vectors import Case, noise


def calls(vectors):
    return [(vectors["picture"],)], lambda made: [("out", made[0][0], vectors["out"])]


def case(**more) -> Case:
    return Case(calls, lambda: (noise(5, 1, 3, 21, 27),), "superres", **more)


CASES = {
    "srvgg": case(parameters=("scale=4",)),
    "srgan": case(parameters=("scale=4",)),
    "srgan-lornatang": case(parameters=("scale=4",)),
    "esrgan": case(parameters=("scale=4",), film=(32, 24)),
    "realesrgan-x4plus": case(parameters=("scale=4",), film=(32, 24)),
    "realesrgan-x2plus": case(film=(32, 24)),
}
