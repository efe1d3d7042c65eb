"""Vectors of denoisers."""

from __future__ import annotations

from vectors import Case, noise


def fastdvdnet(vectors):
    frames, sigma = vectors["frames"], vectors["sigma"].reshape(1, 1, 1, 1)
    cut = frames[..., :62, :93]
    calls = [(frames[None], sigma), (cut[[2, 1, 0, 1, 2]][None], sigma)]
    # The importer clips, as the authors' program does after the network.
    return calls, lambda made: [("out, clipped", made[0][0], vectors["out"].clamp(0, 1)),
                                ("seq_first", made[1][0], vectors["seq_first"])]


def odd():
    import torch

    return noise(5, 1, 5, 3, 45, 51), torch.full((1, 1, 1, 1), 0.08)


CASES = {"fastdvdnet": Case(fastdvdnet, odd, "denoise", parameters=("sigma=20",))}
