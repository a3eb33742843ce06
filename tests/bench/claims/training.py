# SPDX-License-Identifier: MIT
"""Trains models side by side: arms x seeds, arms outside, a seed's start and batches the same in
every arm."""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy
import torch

WARM_UP, MEASURED = 100, range(15, 35)  # steps; a budget is turned into steps in MEASURED
MOST = 20_000


class Plan(NamedTuple):
    seeds: range
    arms: int
    rate: float = 1e-3
    decay: float = 0.1
    steps: int | None = None   # as many as fit into
    seconds: float = 60.0
    say: Callable[[str], None] = print   # told of each tenth of the steps


class Run(NamedTuple):
    losses: numpy.ndarray      # (steps, arms, seeds), nats a byte of each training batch
    seconds: float


class Text:
    """Bytes on the device, in windows."""

    def __init__(self, values, sizes, device):
        self.values = torch.from_numpy(values.copy()).to(device)
        self.across = torch.arange(sizes.length + 1, device=device)
        self.last = len(values) - sizes.length - 1
        self.sizes, self.device = sizes, device

    def starts(self, seed, steps):
        """(steps, 1, batch) places of one seed's batches."""
        rng = numpy.random.default_rng([seed, 1])
        made = rng.integers(0, self.last, (steps, 1, self.sizes.batch))
        return torch.from_numpy(made).to(self.device)

    def windows(self, starts):
        """(..., length + 1)"""
        return self.values[starts[..., None] + self.across].long()


def clip(parameters, most=1.0):
    """Every model's own gradient to a norm of `most`."""
    squares = sum(p.grad.reshape(len(p), -1).square().sum(1) for p in parameters)
    factor = (most / squares.sqrt().clamp_min(1e-12)).clamp(max=1.0)
    for p in parameters:
        p.grad.mul_(factor.view(-1, *[1] * (p.dim() - 1)))


def synchronise(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


def progress(plan, losses, steps, began):
    """The loss of each arm, mean over seeds and the last tenth of the steps."""
    last = torch.stack(losses[-max(1, steps // 10):]).mean(0).view(plan.arms, -1).mean(1)
    plan.say(f"step {len(losses)} of {steps}, {time.perf_counter() - began:.0f} s: "
             + " ".join(f"{x:.4f}" for x in last.tolist()))


def rate_at(step, steps):
    """Warm-up, then down in a line to a tenth: as a share of the rate."""
    return min(1.0, (step + 1) / WARM_UP) * (1 - 0.9 * step / (steps or MOST))


def train(loss_of, parameters, plan, device):
    """Trains in place. loss_of(step) -> (loss, penalty) of every model (arms x seeds)."""
    leaves, steps, losses = list(parameters.values()), plan.steps, []
    optimiser = torch.optim.AdamW(leaves, lr=plan.rate, betas=(0.9, 0.95), weight_decay=plan.decay,
                                  fused=device.type == "cuda")
    began = time.perf_counter()
    while len(losses) < (steps or MOST):
        step = len(losses)
        if steps is None and step in (MEASURED.start, MEASURED.stop):
            synchronise(device)
            at = time.perf_counter()
            if step == MEASURED.stop:
                left = plan.seconds - (at - began)
                steps = min(MOST, step + max(0, int(left / (at - before) * len(MEASURED))))
            before = at
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * rate_at(step, steps)
        loss, penalty = loss_of(step)
        (loss + penalty).sum().backward()
        clip(leaves)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        losses.append(loss.detach())
        if steps and len(losses) % max(1, steps // 10) == 0:
            progress(plan, losses, steps, began)
    synchronise(device)
    losses = torch.stack(losses).view(-1, plan.arms, len(plan.seeds)).float().cpu().numpy()
    return Run(losses, time.perf_counter() - began)


def train_text(model, parameters, text, plan):
    """policy.begin(step, True) is told of each step."""
    starts = torch.cat([text.starts(seed, plan.steps or MOST) for seed in plan.seeds], 1)

    def loss_of(step):
        ids = text.windows(starts[step]).repeat(plan.arms, 1, 1)
        model.policy.begin(step, True)
        return model.loss(parameters, ids[..., :-1], ids[..., 1:])

    return train(loss_of, parameters, plan, text.device)


class Measured(NamedTuple):
    """Each (arms, seeds)."""
    nats: numpy.ndarray      # a byte
    largest: numpy.ndarray   # load, mean over layers
    dead: numpy.ndarray      # experts of load < 0.1/N, mean over layers
    active: numpy.ndarray    # experts a token
    mass: numpy.ndarray      # sum of a token's gates


@torch.no_grad()
def evaluate(model, parameters, text, plan, windows=512, corrupt=0.0, draw=7, training=False):
    """On the same windows for all models.

    corrupt: share of input bytes that are replaced by random ones; targets stay
    draw: number of the draw of windows
    training: route as in training
    """
    sizes, device = model.sizes, text.device
    models = plan.arms * len(plan.seeds)
    rng = numpy.random.default_rng(draw)
    windows = -(-windows // sizes.batch) * sizes.batch
    starts = torch.from_numpy(rng.integers(0, text.last, windows)).to(device)
    counts = torch.zeros(models, sizes.layers, sizes.experts, device=device)
    nats, mass = torch.zeros(2, models, device=device)

    def count(layer, chosen, weights):
        mass.add_(weights.flatten(1).sum(1))
        counts[:, layer].scatter_add_(1, chosen.flatten(1), (weights != 0).float().flatten(1))

    model.policy.begin(0, training)
    for part in starts.split(sizes.batch):
        ids = text.windows(part)
        inputs = ids[:, :-1]
        if corrupt:
            other = torch.from_numpy(rng.integers(0, sizes.vocabulary, inputs.shape)).to(device)
            hit = torch.from_numpy(rng.random(inputs.shape) < corrupt).to(device)
            inputs = torch.where(hit, other, inputs)
        nats += model.loss(parameters, inputs.expand(models, -1, -1),
                           ids[:, 1:].expand(models, -1, -1), count)[0]
    share = counts / counts.sum(2, keepdim=True)
    tokens = sizes.layers * windows * sizes.length
    found = (nats * sizes.batch / windows, share.amax(2).mean(1),
             (share < 0.1 / sizes.experts).float().sum(2).mean(1), counts.sum((1, 2)) / tokens,
             mass / tokens)
    return Measured(*(x.double().view(plan.arms, -1).cpu().numpy() for x in found))


def step_times(model_of, parameters, text, plan, steps=12):
    """Milliseconds of a step of each arm alone, forward and backward.

    model_of: arm -> a Transformer whose policy is of that arm only
    """
    found, each = [], len(plan.seeds)
    ids = text.windows(torch.cat([text.starts(seed, 1) for seed in plan.seeds], 1)[0])
    for arm in range(plan.arms):
        model = model_of(arm)
        own = {name: p.detach()[arm * each:(arm + 1) * each].clone().requires_grad_(True)
               for name, p in parameters.items()}
        for step in range(steps + 3):
            if step == 3:
                synchronise(text.device)
                began = time.perf_counter()
            model.policy.begin(step, True)
            loss, penalty = model.loss(own, ids[..., :-1], ids[..., 1:])
            torch.autograd.grad((loss + penalty).sum(), list(own.values()))
        synchronise(text.device)
        found.append((time.perf_counter() - began) / steps * 1e3)
    return found
