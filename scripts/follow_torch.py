#!/usr/bin/env python3
"""Foretells where training in PyTorch rests from runs whose scores are held by 'moebius follow'.

    scripts/follow_torch.py [MOEBIUS [OPTION...]]

with options of 'moebius follow'. Two linear experts and a gate learn a task of two kinds of tokens,
while scores that are added to the gate's logits follow the loads: s += rate (feedback loads - s).
Held runs know no feedback. Their scores rise to the target as free ones approach a rest, by
1 - exp(-rate t), until e^-8 of the start is left (docs/theory.md section 11); then loads are measured
while the gate goes on learning. A gate remembers what it learnt, so each window is a run of its own:
the windows of a target are trained side by side, and their scatter is that of seeds. Below the branch
stand free runs, to which nothing was fitted."""
import math
import sys

import torch
from follow_loop import followed, show

RATE = 0.05          # of scores, a batch
AGE = round(8 / RATE)
STEPS, WINDOWS, TOKENS, WIDTH = 40, 8, 64, 8


class Models:
    """`count` models side by side: gate (M, d, 2), experts (M, 2, d) -> 1, learning at `speed`."""

    def __init__(self, count, seed, speed=0.01):
        self.made = torch.Generator().manual_seed(seed)
        self.gate = (0.1 * torch.randn(count, WIDTH, 2, generator=self.made)).requires_grad_()
        self.experts = (0.3 * torch.randn(count, 2, WIDTH, generator=self.made)).requires_grad_()
        self.optimiser = torch.optim.Adam([self.gate, self.experts], lr=speed)

    def batch(self, scores):
        """One step with scores (M, 2) on fresh tokens; shares (M, 2) that the experts drew."""
        x = torch.randn(len(self.gate), TOKENS, WIDTH, generator=self.made)
        wanted = 2 * torch.where(x[..., 0] > 0, x[..., 1], x[..., 2])  # a map for each kind
        shares = torch.softmax(x @ self.gate + scores[:, None], -1)
        made = (shares * (x @ self.experts.transpose(1, 2))).sum(-1)
        self.optimiser.zero_grad()
        (made - wanted).square().mean(1).sum().backward()
        self.optimiser.step()
        draws = torch.rand(shares.shape[:2], generator=self.made)
        first = (draws < shares[..., 0]).float().mean(1)
        return torch.stack([first, 1 - first], 1)


class Held:
    """Answers windows of one target by runs of as many models."""

    def __init__(self, windows=WINDOWS):
        self.windows, self.seed, self.target, self.waiting = windows, 0, None, []

    def run(self, scores, steps):
        if scores != self.target or not self.waiting:
            self.target, self.seed = scores, self.seed + 1
            models = Models(self.windows, self.seed)
            self.waiting = held_loads(models, torch.tensor([scores]), steps).tolist()
        return self.waiting.pop()


def held_loads(models, target, steps):
    """Mean loads (M, 2) over so many steps after AGE."""
    for t in range(AGE):
        models.batch(target * (1 - math.exp(-RATE * t)))
    return sum(models.batch(target) for _ in range(steps)) / steps


def free_gaps(models, feedback, steps, lead=0.5):
    """Gaps (M) of the loads at the same age, from a lead."""
    scores, loads = torch.tensor([[lead / 2, -lead / 2]]).repeat(len(models.gate), 1), []
    for _ in range(AGE + steps):
        loads.append(models.batch(scores))
        scores = scores + RATE * (feedback * loads[-1] - scores)
    mean = sum(loads[-steps:]) / steps
    return mean[:, 0] - mean[:, 1]


def foretold(branch, feedback):
    """The gap of the stable part at this feedback: 0 below it, None beyond what was followed."""
    points = zip(branch["feedback"], branch["gap"], branch["growth"])
    at = [(k, gap) for k, gap, growth in points if growth < 0]
    if not at or feedback < at[0][0]:
        return 0.0
    for (k, gap), (beyond, other) in zip(at, at[1:]):
        if k <= feedback <= beyond:
            return gap + (other - gap) * (feedback - k) / (beyond - k)
    return None


def main():
    torch.set_num_threads(1)  # models this small leave nothing to share
    moebius = sys.argv[1] if len(sys.argv) > 1 else "moebius"
    found = followed(Held(), [moebius, "follow", "--experts", "2", "--from", "0.5", "--to", "6",
                              "--steps", str(STEPS), "--windows", str(WINDOWS), *sys.argv[2:]])
    show(found)
    print("feedback  foretold  free training")
    for feedback in range(2, 8):
        gap = foretold(found["branch"], feedback)
        free = free_gaps(Models(16, 1000 + feedback), feedback, STEPS)
        said = "not followed" if gap is None else f"{gap:8.4f}"
        print(f"{feedback:8} {said}   {free.mean():8.4f} +- {free.std() / len(free) ** 0.5:.4f}")


if __name__ == "__main__":
    main()
