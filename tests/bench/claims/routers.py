# SPDX-License-Identifier: MIT
"""The papers' routers in PyTorch, for many models side by side.

M models, T tokens a model, N experts, k choices a token. Logits z are (M, T, N); a choice is
(chosen, weights), both (M, T, k), and a choice of weight 0 is none. tests/python/test_claims.py
holds them against the C++ routers of the names in the docstrings.
"""

import itertools

import torch


def largest(z, k):
    """Indices (..., k) of the k largest, the largest first: k maxima, where a device's topk gives
    every token of few experts a block of threads.
    """
    left, chosen = z.detach(), []
    for _ in range(k):
        chosen.append(left.argmax(-1, keepdim=True))
        left = left.scatter(-1, chosen[-1], -torch.inf)
    return torch.cat(chosen, -1)


def top_k(z, k, renormalise):
    """"top-k": the k largest, the largest first, with their softmax or a softmax over them."""
    chosen = largest(z, k)
    if renormalise:
        return chosen, torch.softmax(z.gather(-1, chosen), -1)
    return chosen, torch.softmax(z, -1).gather(-1, chosen)


def loads(chosen, weights, experts):
    """Shares (M, N) of the choices."""
    made = (weights != 0).float().flatten(1)
    counts = torch.zeros(len(chosen), experts, device=chosen.device)
    counts.scatter_add_(1, chosen.flatten(1), made)
    return counts / made.sum(1, keepdim=True)


def switch_loss(z, dispatched):
    """(M): N sum_j f_j P_j, the gradient through P alone (`switch_loss`)."""
    return z.shape[-1] * (dispatched.detach() * torch.softmax(z, -1).mean(1)).sum(-1)


class Plan(torch.autograd.Function):
    """`sinkhorn`, and `sinkhorn_backward`: the plan is taken as the optimum of the problem whose
    column sums are its own (docs/routers.md section 5.4), so no iteration is kept.
    """

    @staticmethod
    def forward(context, cost, xi, iterations):
        plan = scaled(cost, xi, iterations)
        context.save_for_backward(plan)
        context.xi = xi
        return plan

    @staticmethod
    def backward(context, by_plan):
        plan, = context.saved_tensors
        weighed = plan * by_plan
        rows = weighed.sum(-1, keepdim=True)
        columns = torch.diag_embed(plan.sum(1)) - plan.transpose(1, 2) @ plan  # rank N - 1
        wanted = weighed.sum(1).unsqueeze(-1) - plan.transpose(1, 2) @ rows
        b = torch.linalg.solve_ex(columns[:, :-1, :-1], wanted[:, :-1])[0]
        b = torch.nn.functional.pad(b, (0, 0, 0, 1))                           # b_N = 0
        a = rows - plan @ b
        return (weighed - plan * (a + b.transpose(1, 2))) / context.xi, None, None


def sinkhorn(cost, xi=1.0, iterations=20):
    """Plans (M, T, N) with rows that sum to 1 and columns to T/N, as far as they converged."""
    return Plan.apply(cost, xi, iterations)


def scaled(cost, xi, iterations):
    kernel = torch.exp((cost - cost.amax(-1, keepdim=True)) / xi)
    tokens, experts = cost.shape[1:]
    u = torch.ones_like(kernel[..., :1])
    for _ in range(iterations):
        v = tokens / experts / (kernel.transpose(1, 2) @ u).clamp_min(1e-30)
        u = 1 / (kernel @ v).clamp_min(1e-30)
    return u * kernel * v.transpose(1, 2)


def plan_gates(plan, k):
    """"selective-sinkhorn" of a balanced batch: the plan's k largest, made to sum to 1."""
    chosen = largest(plan, k)
    weights = plan.gather(-1, chosen)
    return chosen, weights / weights.sum(-1, keepdim=True)


class SubsetLaw:
    """P(S) ~ exp(sum of z over S) of all S with `least` to `most` members, by enumeration."""

    def __init__(self, experts, least, most, device):
        sets = [s for size in range(least, most + 1)
                for s in itertools.combinations(range(experts), size)]
        self.inside = torch.zeros(len(sets), experts, device=device)
        self.members = torch.zeros(len(sets), most, dtype=torch.long, device=device)
        self.real = torch.zeros(len(sets), most, device=device)
        for at, s in enumerate(sets):
            self.inside[at, list(s)] = 1
            self.members[at, :len(s)] = torch.tensor(s, device=device)
            self.real[at, :len(s)] = 1

    def log_weights(self, z):
        """(M, T, sets)"""
        return z @ self.inside.T.to(z.dtype)

    def marginals(self, z):
        """P(i in S), (M, T, N)"""
        return torch.softmax(self.log_weights(z), -1) @ self.inside.to(z.dtype)

    def sample(self, z):
        """Sets (M, T) as numbers."""
        w = self.log_weights(z.detach())
        return (w - torch.log(torch.empty_like(w).exponential_())).argmax(-1)

    def likeliest(self, z):
        return self.log_weights(z.detach()).argmax(-1)


def subset_gates(law, z, sets, slopes):
    """"probmoe-exact-k" and "-dynamic-k": weights z_j pi_j of the members of S (M, T).

    slopes: what stands in for those of the indicator z_j: "marginal" (ProbMoE), "dense" (those of
            the softmax: straight-through) or "none"
    """
    chosen, pi = law.members[sets], torch.softmax(z, -1)
    weights = pi.gather(-1, chosen) * law.real[sets].to(z.dtype)
    if slopes == "none":
        return chosen, weights
    soft = (law.marginals(z) if slopes == "marginal" else pi).gather(-1, chosen)
    return chosen, weights * (1 + soft - soft.detach())


# eps, clip, normaliser, whether experts see the scaled tokens (docs/routers.md section 3.3)
CLUSTERING = {"language": (1e-4, 10.0, "feature mean", False),
              "swin": (1e-4, 1.5, "mean before clip", True)}


def dispersion_weights(h, clusters, count, variant="language"):
    """`dispersion_weights`: W (M, K, d), large where a cluster is tight; 1 for one without
    dispersion. h (M, T, d) tokens, clusters (M, T) each one's expert in the layer before.
    """
    eps, clip, normaliser, _ = CLUSTERING[variant]
    h = h.detach()
    one_hot = torch.nn.functional.one_hot(clusters, count).to(h.dtype).transpose(1, 2)
    sizes = one_hot.sum(2, keepdim=True)                      # (M, K, 1)
    mean = one_hot @ h / sizes.clamp_min(1)
    rows = clusters.unsqueeze(-1).expand_as(h)
    w = 1 / (one_hot @ (h - mean.gather(1, rows)).abs() / sizes.clamp_min(1) + eps)
    live = (sizes >= 2).to(h.dtype)
    alive = live.sum(1, keepdim=True).clamp_min(1)
    before = (w * live).sum((1, 2), keepdim=True) / (alive * h.shape[-1])
    w = torch.minimum(w, clip * before)
    by = before if normaliser == "mean before clip" else (w * live).sum(1, keepdim=True) / alive
    return torch.where(live > 0, w / by, torch.ones_like(w))


def token_scales(w, clusters):
    """M (M, T, d): each token's row of W."""
    return w.gather(1, clusters.unsqueeze(-1).expand(-1, -1, w.shape[-1]))
