#!/usr/bin/env python3
"""Training many small MoEs on the CPU: our ensemble beside PyTorch.

    python3 train_cpu_speed.py build/release/tests/bench/train_bench_cpu [--data data/digits.csv]

64 -> 4 x (64-32-10), ReLU, top-1 with the weight of its softmax, cross-entropy, batches of 128 digits
drawn with replacement, SGD 0.3, scores that follow the loads. Ours is in double; PyTorch in its
default, single precision, by the same autograd.grad and in-place updates for all forms:

    gathered  each expert gets its examples, as ours
    dense     all experts get all examples, in one batched product
    ensemble  dense, 64 models in one batched product: what one would write for speed

The fastest of 15 parts of each, since others may use the machine; its load is printed.
"""

import argparse
import json
import os
import subprocess
import time

import numpy
import torch
from torch.nn import functional

D, E, H, C, B = 64, 4, 32, 10, 128


def start(models):
    """Parameters with a leading axis of models."""
    shapes = [(D, E), (1, E), (E, D, H), (E, 1, H), (E, H, C), (E, 1, C)]
    spreads = [1 / 8, 0, (2 / D) ** 0.5, 0, (1 / H) ** 0.5, 0]
    return [(spread * torch.randn(models, *shape)).requires_grad_(True)
            for shape, spread in zip(shapes, spreads)]


def losses_dense(p, x, y, scores):
    """Sum of the losses of the models, and their loads. Shapes: x (M, B, D), y (M, B)."""
    z = x @ p[0] + p[1] + scores[:, None]
    chosen = z.argmax(2)
    share = torch.softmax(z, 2).gather(2, chosen[:, :, None])
    hidden = torch.relu(x[:, None] @ p[2] + p[3])
    made = hidden @ p[4] + p[5]
    index = chosen[:, None, :, None].expand(-1, 1, -1, C)
    outputs = made.gather(1, index)[:, 0] * share
    loss = functional.cross_entropy(outputs.flatten(0, 1), y.flatten()) * len(x)
    return loss, functional.one_hot(chosen, E).float().mean(1)


def losses_gathered(p, x, y, scores):
    """The same for one model."""
    x, y, p = x[0], y[0], [piece[0] for piece in p]
    z = x @ p[0] + p[1] + scores
    chosen = z.argmax(1)
    share = torch.softmax(z, 1).gather(1, chosen[:, None])
    outputs = torch.zeros(B, C)
    for e in range(E):
        members = (chosen == e).nonzero()[:, 0]
        hidden = torch.relu(x[members] @ p[2][e] + p[3][e])
        outputs = outputs.index_add(0, members, hidden @ p[4][e] + p[5][e])
    load = torch.bincount(chosen, minlength=E)[None] / B
    return functional.cross_entropy(outputs * share, y), load


def microseconds(losses, models, threads, inputs, labels, steps):
    """Of a model and step: the fastest of 15 parts, after one that warms up."""
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    p, scores, times = start(models), torch.zeros(models, E), []
    for repeat in range(16):
        begin = time.perf_counter()
        for _ in range(steps):
            rows = torch.randint(0, len(inputs), (models, B))
            loss, load = losses(p, inputs[rows], labels[rows], scores)
            gradients = torch.autograd.grad(loss, p)
            with torch.no_grad():
                for piece, gradient in zip(p, gradients):
                    piece.sub_(gradient, alpha=0.3)
                scores += 0.05 * (load - scores)
        if repeat > 0:
            times.append((time.perf_counter() - begin) / (steps * models) * 1e6)
    assert loss < 2.2 * models, "PyTorch's models did not learn"
    return min(times)


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("program", help="train_bench_cpu")
    words.add_argument("--data", default="data/digits.csv")
    words = words.parse_args()
    table = numpy.loadtxt(words.data, delimiter=",", dtype=numpy.float32)
    inputs = torch.tensor(table[:, :-1] / 16)
    labels = torch.tensor(table[:, -1].astype(int))
    print(f"microseconds a model and step; PyTorch {torch.__version__}, single precision; "
          f"load {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores")
    print(f"{'':10}{'ours':>8}{'gathered':>10}{'dense':>8}{'ensemble':>10}   best of one model "
          "at a time / ours, ensemble / ours")
    for threads in (1, 2):
        ran = subprocess.run([words.program, words.data, str(threads)], check=True,
                             stdout=subprocess.PIPE)
        ours = json.loads(ran.stdout)["us"]
        gathered = microseconds(losses_gathered, 1, threads, inputs, labels, 40)
        dense = microseconds(losses_dense, 1, threads, inputs, labels, 40)
        ensemble = microseconds(losses_dense, 64, threads, inputs, labels, 2)
        print(f"{threads} thread{'s' * (threads > 1):2}{ours:8.1f}{gathered:10.1f}{dense:8.1f}"
              f"{ensemble:10.1f}   {min(gathered, dense) / ours:.1f}, {ensemble / ours:.1f}")


if __name__ == "__main__":
    main()
