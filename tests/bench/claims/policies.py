# SPDX-License-Identifier: MIT
"""What the arms of a claim differ in: their routers, on models that lie arm by arm."""

import numpy
import torch
from experts import outputs
from routers import (CLUSTERING, SubsetLaw, dispersion_weights, loads, plan_gates, sinkhorn,
                     subset_gates, switch_loss, token_scales, top_k)

NOISE = 0.1      # on the cost of a plan, without which tokens tie (selective_sinkhorn_options)
STANDARD = 2     # first layers that adaptive clustering leaves as they are


def each_seed(values, seeds, device):
    """(arms) -> (arms x seeds)"""
    return torch.tensor(values, device=device).repeat_interleave(seeds)


class Selective:
    """SSR: of an arm's batches a share is routed by a plan, in all layers of a step alike; those of
    a smaller share are among those of a larger one.

    arms: (share, coefficient of the Switch loss, whether the plan has gradients)
    plans: batches of each model so far that were balanced, (arms, seeds)
    """

    def __init__(self, sizes, arms, seeds, device):
        self.sizes, self.device = sizes, device
        self.seeds, self.shares = seeds, numpy.array([share for share, _, _ in arms])
        self.plans = numpy.zeros((len(arms), seeds), dtype=int)
        self.through = numpy.repeat([through for _, _, through in arms], seeds)
        self.coefficients = each_seed([loss for _, loss, _ in arms], seeds, device)
        self.rng, self.balanced = numpy.random.default_rng(11), None

    def begin(self, _, training):
        """Which models have a balanced batch, and whose plans have gradients."""
        self.balanced = None
        if not training:
            return
        drawn = self.rng.random(self.seeds) < self.shares[:, None]
        self.plans += drawn
        models = numpy.flatnonzero(drawn)
        if len(models):
            self.balanced = (torch.from_numpy(models).to(self.device),
                             torch.from_numpy(self.through[models]).to(self.device))

    def __call__(self, layer, h, gate):
        z, k = torch.bmm(h, gate), self.sizes.top_k
        chosen, weights = top_k(z, k, True)
        if self.balanced:
            models, through = self.balanced
            cost = z.index_select(0, models)
            cost = torch.where(through[:, None, None], cost, cost.detach())
            by_plan = plan_gates(sinkhorn(cost + NOISE * torch.randn_like(cost)), k)
            chosen = chosen.index_copy(0, models, by_plan[0])
            weights = weights.index_copy(0, models, by_plan[1])
        n = loads(chosen, weights, self.sizes.experts)
        return h, chosen, weights, self.coefficients * switch_loss(z, n), None


class Clustered:
    """AC: logits of scaled tokens in all but the first layers.

    arms: (variant of CLUSTERING or None, whether expert embeddings are unit vectors there,
          coefficient of the Switch loss there; it is `loss` in the first layers)
    """

    def __init__(self, sizes, arms, seeds, device, loss=0.01):
        self.sizes, self.arms, self.seeds, self.loss = sizes, arms, seeds, loss
        self.coefficients = each_seed([own for _, _, own in arms], seeds, device)
        self.units = each_seed([unit for _, unit, _ in arms], seeds, device)[:, None, None]
        self.before = None

    def begin(self, *_):
        self.before = None

    def scaled(self, h):
        """What gates and experts see."""
        seen, at = [], []
        for arm, (variant, _, _) in enumerate(self.arms):
            block = slice(arm * self.seeds, (arm + 1) * self.seeds)
            part = own = h[block]
            if variant:
                w = dispersion_weights(own, self.before[block], self.sizes.experts, variant)
                part = token_scales(w, self.before[block]) * own
            seen.append(part)
            at.append(part if variant and CLUSTERING[variant][3] else own)
        return torch.cat(seen), torch.cat(at)

    def __call__(self, layer, h, gate):
        seen, at, coefficients = h, h, self.loss
        if layer >= STANDARD:
            seen, at = self.scaled(h)
            gate = torch.where(self.units, torch.nn.functional.normalize(gate, dim=1), gate)
            coefficients = self.coefficients
        z = torch.bmm(seen, gate)
        chosen, weights = top_k(z, self.sizes.top_k, True)
        self.before = chosen[..., 0]
        n = loads(chosen, weights, self.sizes.experts)
        return at, chosen, weights, coefficients * switch_loss(z, n), None


class Estimators:
    """ProbMoE and what it is held against.

    arms: "top-k", "straight-through" (a sample, slopes of the softmax), "dense-mixer" (top-k whose
          gates have the slopes of all experts), "exact-k", "dynamic-k"
    loss: coefficient of the Switch loss
    """

    def __init__(self, sizes, arms, seeds, device, loss=0.0):
        self.sizes, self.arms, self.seeds, self.loss = sizes, arms, seeds, loss
        self.exact = SubsetLaw(sizes.experts, sizes.top_k, sizes.top_k, device)
        self.band = SubsetLaw(sizes.experts, max(1, sizes.top_k // 2), sizes.top_k, device)
        self.training = False

    def begin(self, _, training):
        self.training = training

    def route(self, arm, z):
        if arm == "dynamic-k":
            sets = self.band.sample(z) if self.training else self.band.likeliest(z)
            return subset_gates(self.band, z, sets, "marginal")
        if self.training and arm in ("exact-k", "straight-through"):
            slopes = "marginal" if arm == "exact-k" else "dense"
            return subset_gates(self.exact, z, self.exact.sample(z), slopes)
        return top_k(z, self.sizes.top_k, False)

    def __call__(self, layer, h, gate):
        z = torch.bmm(h, gate)
        parts = [self.route(arm, part) for arm, part in zip(self.arms, z.split(self.seeds))]
        chosen, weights = (torch.cat(x) for x in zip(*parts))
        penalty = self.loss * switch_loss(z, loads(chosen, weights, self.sizes.experts))
        return h, chosen, weights, penalty, self.mixer(z, chosen)

    def mixer(self, z, chosen):
        """DenseMixer: adds 0 with the slopes of the gates of experts that were not chosen."""
        if not self.training or "dense-mixer" not in self.arms:
            return None
        start = self.arms.index("dense-mixer") * self.seeds
        block = slice(start, start + self.seeds)
        pi = torch.softmax(z[block], -1)
        slopes = (pi - pi.detach()).scatter(-1, chosen[block], 0.0)

        def add(y, at, up, down):
            with torch.no_grad():
                made = outputs(at[block], up[block], down[block])
            more = torch.einsum("mtn,mtnd->mtd", slopes, made.to(slopes.dtype))
            return torch.cat([y[:start], y[block] + more, y[block.stop:]])
        return add
