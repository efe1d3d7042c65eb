"""Vectors of colorizing networks."""

from __future__ import annotations

from vectors import Case, noise


def deoldify(vectors):
    return [(vectors["grey"],)], lambda made: [("out", made[0][0], vectors["out"])]


def ddcolor(vectors):
    return [(vectors["grey"].expand(-1, 3, -1, -1),)], lambda made: [("ab", made[0][0], vectors["ab"])]


def odd():
    return (noise(6, 1, 1, 70, 91).repeat(1, 3, 1, 1),)


def odd_square():
    return (noise(5, 1, 1, 75, 75).repeat(1, 3, 1, 1),)


CASES = {
    "deoldify-artistic": Case(deoldify, odd_square, "colorize", options=("render_factor=4",), gray=True),
    "deoldify-stable": Case(deoldify, odd_square, "colorize", options=("render_factor=4",), gray=True, big=True),
    "ddcolor-tiny": Case(ddcolor, odd, "colorize", gray=True),
}
