#!/usr/bin/env python3
"""Gradients of our routers against PyTorch's automatic differentiation on the same numbers.

    router_gradients > gradients.json
    python3 router_gradients.py gradients.json [cuda|cpu]

Prints the worst difference, relative to the largest gradient, of each router; exits 1 above 1e-7.
The subset law is differentiated as log Z of its dynamic program (twice, for the covariance), the
transport plan through its unrolled iterations.
"""

import json
import sys

import torch


def sizes(r, most):
    """The elementary symmetric polynomials e_0 .. e_most of exp(r). Shape r: (T, N)."""
    table = [torch.ones_like(r[:, 0])] + [torch.zeros_like(r[:, 0])] * most
    for e in range(r.shape[1]):
        odds = torch.exp(r[:, e])
        table = [table[0]] + [table[j] + table[j - 1] * odds for j in range(1, most + 1)]
    return torch.stack(table, 1)


def probmoe(case, z, chosen):
    """The weights z_j pi_j, where the indicator z_j has the slopes of its expectation."""
    settings = case["settings"]
    least = int(settings.get("k", settings.get("k_min", 0)))
    most = int(settings.get("k", settings.get("k_max", 0)))
    log_normaliser = torch.log(sizes(z, most)[:, least:].sum(1))
    marginals, = torch.autograd.grad(log_normaliser.sum(), z, create_graph=True)
    indicator = chosen + marginals - marginals.detach()
    # unchosen experts do not run: their G is 0
    return indicator * torch.softmax(z, 1) * chosen


def top_k(case, z, chosen):
    settings = case["settings"]
    gate = torch.sigmoid(z) if settings.get("gate") == "sigmoid" else torch.softmax(z, 1)
    weights = gate * chosen
    if settings.get("renormalise") == "yes":
        weights = weights / weights.sum(1, keepdim=True)
    return weights


def sinkhorn(case, z, chosen):
    settings = case["settings"]
    xi = float(settings.get("xi", 1))
    cost = torch.softmax(z, 1) if settings.get("cost") == "softmax" else z
    tokens, experts = cost.shape
    u = torch.zeros_like(cost[:, 0])
    target = torch.log(torch.tensor(tokens / experts, dtype=cost.dtype, device=cost.device))
    for _ in range(400):
        v = target - torch.logsumexp(cost / xi + u[:, None], 0)
        u = -torch.logsumexp(cost / xi + v[None, :], 1)
    plan = torch.exp(cost / xi + u[:, None] + v[None, :]) * chosen
    return plan / plan.sum(1, keepdim=True)


def soft(case, z, chosen):
    return torch.softmax(z, 1) * chosen


laws = {"top-1": top_k, "top-k": top_k, "probmoe-exact-k": probmoe, "probmoe-dynamic-k": probmoe,
        "selective-sinkhorn": sinkhorn, "soft-moe": soft}


def main():
    device = sys.argv[2] if len(sys.argv) > 2 else "cuda"
    failed = 0
    for case in json.load(open(sys.argv[1])):
        if case is None:
            continue

        def tensor(name, columns):
            return torch.tensor(case[name], dtype=torch.float64, device=device).reshape(-1, columns)

        experts = case["experts"]
        logits = tensor("logits", experts).requires_grad_(True)
        chosen = tensor("chosen", experts)
        z = case["beta"] * (logits + tensor("scores", experts))
        weights = laws[case["router"]](case, z, chosen)
        loss = (weights * tensor("by_weights", experts)).sum()
        ours, theirs = tensor("by_logits", experts), torch.autograd.grad(loss, logits)[0]
        off = float((weights.detach() - tensor("weights", experts)).abs().max())
        worst = float((ours - theirs).abs().max() / theirs.abs().max())
        bad = not (worst <= 1e-7 and off <= 1e-9)  # NaN is bad, too
        failed += bad
        print(f"{case['router']:20} {str(case['settings']):100.100} weights {off:.1e} gradient "
              f"{worst:.1e}{'  FAILED' if bad else ''}")
    print(f"torch {torch.__version__} on {device}: {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
