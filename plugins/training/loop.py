"""The training loop: wall-clock budget, cosine schedule, weight average, checkpoints.

A recipe gives a network, a function that makes a batch from a random generator and one that turns
a batch into a loss. Everything else is here.
"""

from __future__ import annotations

import argparse
import copy
import math
import os
import queue
import sys
import threading
import time
from pathlib import Path

import numpy as np
import torch

from . import data as data_module
from . import package

_MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_MAX_": "0",
           "MALLOC_TOP_PAD_": str(256 << 20), "MALLOC_TRIM_THRESHOLD_": str(16 << 30)}


def pool_memory() -> None:
    """Starts the program again with a malloc that keeps what it has: twice the speed on a CPU."""
    if any(key not in os.environ for key in _MALLOC):
        os.environ.update({k: os.environ.get(k, v) for k, v in _MALLOC.items()})
        os.execv(sys.executable, [sys.executable, *sys.argv])


def use_cores() -> None:
    """As many threads as the process has cores: it may have been given one beside other work."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))


def fast_bfloat16() -> bool:
    """Whether bfloat16 is quicker than float32 here. Measured: Intel's AVX-512 BF16 alone is half as quick."""
    def seconds(kind: torch.dtype) -> float:
        a = torch.ones(512, 512, dtype=kind)
        times = []
        for _ in range(8):
            start = time.perf_counter()
            torch.mm(a, a)
            times.append(time.perf_counter() - start)
        return min(times)

    return seconds(torch.bfloat16) < seconds(torch.float32)


def begin_from(network: torch.nn.Module, start: Path | None) -> torch.nn.Module:
    """Takes over the averaged weights of a checkpoint, or those of a package (.pt), of another scale or depth too, where
    the shapes agree."""
    if start:
        packed = start.suffix == ".pt"
        state = package.load(start)[0].state_dict() if packed else \
            torch.load(start, map_location="cpu", weights_only=True)["mean"]
        fits = network.state_dict()
        network.load_state_dict({k: v for k, v in state.items() if k in fits and v.shape == fits[k].shape},
                                strict=False)
    return network


def arguments(description: str, out: Path, minutes: float) -> argparse.ArgumentParser:
    """The options that every recipe has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, default=data_module.default_data(), help="data folder")
    parser.add_argument("--minutes", type=float, default=minutes, help="training time, resumes included")
    parser.add_argument("--out", type=Path, default=out, help="package to write")
    parser.add_argument("--film", type=Path, default=None, help="tune the default model to this film instead")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--start", type=Path, help="checkpoint or package whose weights to begin from")
    parser.add_argument("--evaluate", action="store_true", help="measure the package, don't train")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--checkpoint", type=Path, default=None, help="checkpoint file")
    parser.add_argument("--pictures", type=Path, default=None, help="folder for pictures of --evaluate")
    return parser


class _Feeder:
    """Makes batches on one thread beside the network's."""

    def __init__(self, make, seed: int, depth: int = 3):
        self.queue: queue.Queue = queue.Queue(depth)
        self.make, self.seed, self.stop = make, seed, False
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self):
        rng = np.random.default_rng(self.seed)
        while not self.stop:
            try:
                item = self.make(rng)
            except Exception as error:  # handed to the loop, which ends with it
                item = error
            while not self.stop:
                try:
                    self.queue.put(item, timeout=1)
                    break
                except queue.Full:
                    continue

    def get(self):
        item = self.queue.get()
        if isinstance(item, Exception):
            raise item
        return item


class Muon(torch.optim.Optimizer):
    """Momentum whose steps are made orthogonal, for weights that are matrices (Jordan et al. 2024).

    A convolution's weight counts as the matrix of its outputs by inputs x taps. The sign of a matrix
    comes from five steps of a Newton-Schulz iteration with Jordan's coefficients.
    """

    def __init__(self, parameters, lr: float, momentum: float = 0.95):
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                kept = self.state[weight].setdefault("momentum", torch.zeros_like(weight))
                kept.lerp_(weight.grad, 1 - group["momentum"])
                way = weight.grad.lerp(kept, group["momentum"]).reshape(len(weight), -1)
                x = way / (way.norm() + 1e-7)
                tall = x.shape[0] > x.shape[1]
                x = x.T if tall else x
                for _ in range(5):
                    a = x @ x.T
                    x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
                x = x.T if tall else x
                scale = max(1.0, x.shape[0] / x.shape[1]) ** 0.5
                weight.add_(x.reshape(weight.shape), alpha=-group["lr"] * scale)


def train(network: torch.nn.Module, make_batch, loss_of, *, minutes: float, checkpoint: Path,
          resume: bool = False, seed: int = 1, rate: float = 5e-4, muon: float = 0.0,
          average: float = 0.999, save_minutes: float = 3.0, export=None, warm_minutes: float = 0.3,
          log_every: int = 50) -> torch.nn.Module:
    """Trains for `minutes` of wall clock and returns the averaged network.

    make_batch(rng) gives anything; loss_of(network, batch) a scalar, run under bfloat16
    autocast where the processor has it.
    Weights that are matrices go by Muon at the rate `muon` where that isn't 0, the rest by AdamW.
    The rate follows time spent / minutes (cosine), so a slow machine ends its schedule too.
    export(averaged network) is called with every checkpoint, if given.
    """
    torch.manual_seed(seed)
    network = network.to(memory_format=torch.channels_last).train()
    mean = copy.deepcopy(network).eval()
    matrices = [p for p in network.parameters() if muon and p.dim() == 4 and min(p.shape[:2]) > 4]
    rest = [p for p in network.parameters() if not any(p is m for m in matrices)]
    optimizers = [(torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.99), weight_decay=1e-5), rate)]
    if matrices:
        optimizers.append((Muon(matrices, lr=muon), muon))
    step, spent = 0, 0.0
    if resume and checkpoint.exists():
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        network.load_state_dict(state["network"])
        mean.load_state_dict(state["mean"])
        for (optimizer, _), kept in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        step, spent = state["step"], state["spent"]
        print(f"resumed at step {step}, {spent / 60:.1f} minutes", flush=True)

    def save():
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        temporary = checkpoint.with_name(checkpoint.name + ".part")
        torch.save({"network": network.state_dict(), "mean": mean.state_dict(),
                    "optimizers": [o.state_dict() for o, _ in optimizers], "step": step, "spent": spent},
                   temporary)
        os.replace(temporary, checkpoint)
        if export:
            export(copy.deepcopy(mean), step, spent / 60)

    bfloat16 = fast_bfloat16()
    feeder = _Feeder(make_batch, seed + 1000003 * step)
    total, saved, running, last = minutes * 60, spent, 0.0, time.monotonic()
    begun, begun_step = last, step
    while spent < total:
        progress = spent / total
        warm = min(1.0, (spent + 1) / (warm_minutes * 60 + 1))
        part = warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))
        for optimizer, highest in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = highest * part
        batch = feeder.get()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            loss = loss_of(network, batch)
        network.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        if torch.isfinite(norm):
            for optimizer, _ in optimizers:
                optimizer.step()
        step += 1
        keep = min(average, (1 + step) / (10 + step))
        with torch.no_grad():
            for a, b in zip(mean.parameters(), network.parameters(), strict=True):
                a.lerp_(b, 1 - keep)
            for a, b in zip(mean.buffers(), network.buffers(), strict=True):
                a.copy_(b)
        running += loss.item()
        now = time.monotonic()
        spent, last = spent + min(now - last, 10.0), now  # a machine that slept trained nothing
        if step % log_every == 0:
            rate_now = (step - begun_step) / (now - begun)
            print(f"step {step} {spent / 60:.1f} min loss {running / log_every:.5f} {rate_now:.2f}/s",
                  flush=True)
            running = 0.0
        if spent - saved > save_minutes * 60:
            save()
            saved, last = spent, time.monotonic()
    feeder.stop = True
    save()
    print(f"trained {step} steps, {spent / 60:.1f} minutes", flush=True)
    return mean.eval()
