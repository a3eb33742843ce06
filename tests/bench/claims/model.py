# SPDX-License-Identifier: MIT
"""A byte-level MoE transformer, M models side by side: every array has a dimension M in front."""

from typing import NamedTuple

import torch
from torch.nn import functional


class Sizes(NamedTuple):
    layers: int = 4
    width: int = 192
    heads: int = 4
    hidden: int = 256    # of an expert
    experts: int = 8
    top_k: int = 2
    batch: int = 16      # sequences a step and model
    length: int = 256    # bytes of a sequence
    vocabulary: int = 256


def shapes_of(sizes):
    """Name -> (shape, standard deviation) of one model's parameters."""
    d, h, n = sizes.width, sizes.hidden, sizes.experts
    out = (2 * sizes.layers) ** -0.5
    found = {"bytes": ((sizes.vocabulary, d), 1.0), "places": ((sizes.length, d), 0.1),
             "head": ((d, sizes.vocabulary), d ** -0.5)}
    for layer in range(sizes.layers):
        found |= {f"qkv{layer}": ((d, 3 * d), d ** -0.5), f"out{layer}": ((d, d), out * d ** -0.5),
                  f"gate{layer}": ((d, n), 0.02), f"up{layer}": ((n, d, h), d ** -0.5),
                  f"down{layer}": ((n, h, d), out * h ** -0.5)}
    return found


def first_parameters(sizes, seeds, device):
    """Name -> (seeds, ...): those of a seed do not depend on which others there are."""
    made = [torch.Generator().manual_seed(seed) for seed in seeds]

    def drawn(shape):
        return torch.stack([torch.randn(shape, generator=g) for g in made]).to(device)

    return {name: deviation * drawn(shape)
            for name, (shape, deviation) in shapes_of(sizes).items()}


def repeated(parameters, arms):
    """The same models once for each arm, arms outside: leaves that learn."""
    return {name: p.detach().repeat(arms, *[1] * (p.dim() - 1)).requires_grad_(True)
            for name, p in parameters.items()}


def norm(x):
    return functional.layer_norm(x, x.shape[-1:])


class Transformer:
    """policy(layer, h, gate) -> (inputs of the experts, chosen, weights, penalty (M), extra): what
    the routers of all arms make of tokens h (M, T, d) with gates (M, d, N).
    """

    def __init__(self, sizes, policy, experts, kind=torch.float32):
        self.sizes, self.policy, self.experts, self.kind = sizes, policy, experts, kind

    def attention(self, p, layer, x):
        """x (M, B, L, d)"""
        models, batch, length, d = x.shape
        flat = norm(x).view(models, -1, d).to(self.kind)
        qkv = torch.bmm(flat, p[f"qkv{layer}"].to(self.kind))
        q, k, v = qkv.view(models * batch, length, 3, self.sizes.heads, -1).permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        y = y.transpose(1, 2).reshape(models, -1, d)
        return x + torch.bmm(y, p[f"out{layer}"].to(self.kind)).view_as(x)

    def forward(self, p, ids, each=None):
        """Logits (M, B L, vocabulary) and penalties (M) of ids (M, B, L).

        each: called with (layer, chosen, weights)
        """
        models, batch, length = ids.shape
        first = self.sizes.vocabulary * torch.arange(models, device=ids.device)[:, None, None]
        x = functional.embedding(ids + first, p["bytes"].flatten(0, 1))
        x = x + p["places"][:, None, :length]
        penalty = 0
        for layer in range(self.sizes.layers):
            x = self.attention(p, layer, x)
            h = norm(x).view(models, -1, x.shape[-1])
            at, chosen, weights, more, extra = self.policy(layer, h, p[f"gate{layer}"])
            up, down = (p[f"{name}{layer}"].to(self.kind) for name in ("up", "down"))
            y = self.experts(at.to(self.kind), chosen, weights, up, down).float()
            if extra is not None:
                y = extra(y, at.to(self.kind), up, down)
            x, penalty = x + y.view_as(x), penalty + more
            if each:
                each(layer, chosen, weights)
        h = norm(x).view(models, -1, x.shape[-1]).to(self.kind)
        return torch.bmm(h, p["head"].to(self.kind)).float(), penalty

    def loss(self, p, inputs, targets, each=None):
        """Nats a byte (M) and penalties (M)."""
        logits, penalty = self.forward(p, inputs, each)
        nats = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
        return nats.view(len(inputs), -1).mean(1), penalty
