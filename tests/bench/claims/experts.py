# SPDX-License-Identifier: MIT
"""Experts of many models side by side: d -> h -> d with GELU, sum over the chosen ones.

x (M, T, d), chosen and weights (M, T, k), up (M, N, d, h), down (M, N, h, d).
"""

import torch
from torch.nn import functional

ROOM = 16  # rows of a group are a multiple of this, as matrix units want


def dense(x, chosen, weights, up, down):
    """Every expert on every token: the plain way, and the one that `grouped` is held against."""
    by_expert = torch.zeros(*x.shape[:2], up.shape[1], dtype=weights.dtype, device=x.device)
    by_expert = by_expert.scatter_add(2, chosen, weights)
    inner = functional.gelu(torch.einsum("mtd,mndh->mtnh", x, up))
    inner = inner * by_expert.unsqueeze(-1).to(x.dtype)
    return torch.einsum("mtnh,mnhd->mtd", inner, down)


def outputs(x, up, down):
    """f_j(x) of every expert, (M, T, N, d)."""
    inner = functional.gelu(torch.einsum("mtd,mndh->mtnh", x, up))
    return torch.einsum("mtnh,mnhd->mtnd", inner, down)


class Put(torch.autograd.Function):
    """Rows to their places among `rows` zeros. No two share a place."""

    @staticmethod
    def forward(context, x, place, rows):
        context.save_for_backward(place)
        return x.new_zeros(rows, x.shape[1]).index_copy_(0, place, x)

    @staticmethod
    def backward(context, by):
        return by.index_select(0, context.saved_tensors[0]), None, None


class Take(torch.autograd.Function):
    """Rows from their places: the inverse of Put."""

    @staticmethod
    def forward(context, y, place):
        context.save_for_backward(place)
        context.rows = len(y)
        return y.index_select(0, place)

    @staticmethod
    def backward(context, by):
        place, = context.saved_tensors
        return by.new_zeros(context.rows, by.shape[1]).index_copy_(0, place, by), None


def looped(a, b, ends):
    """The product of each group of rows with its matrix, one after the other."""
    ends = ends.tolist()
    parts = [a[start:end] @ w for start, end, w in zip([0, *ends], ends, b)]
    return torch.cat([*parts, a.new_zeros(len(a) - ends[-1], b.shape[-1])])


def device_product(a, b, ends):
    """The same in one kernel, in bfloat16."""
    product = getattr(functional, "grouped_mm", None) or torch._grouped_mm
    return product(a, b, offs=ends)


def grouped(x, chosen, weights, up, down, product=device_product):
    """Each token at its own experts alone: rows sorted by expert, one product over all groups.

    Groups are padded with rows of zeros, and none is empty, so that every gradient is written.
    """
    (models, tokens, width), k, experts = x.shape, chosen.shape[-1], up.shape[1]
    group = chosen + experts * torch.arange(models, device=x.device)[:, None, None]
    group = group.flatten()
    groups, count = models * experts, group.numel()
    narrow = torch.int16 if groups < 2 ** 15 else torch.int32   # fewer passes of a radix sort
    order = group.to(narrow).argsort(stable=True)
    sizes = torch.zeros(groups, dtype=torch.long, device=x.device)
    sizes.scatter_add_(0, group, torch.ones_like(group))
    room = (sizes.clamp(min=1) + ROOM - 1) // ROOM * ROOM
    ends = room.cumsum(0)
    shift = (ends - room) - (sizes.cumsum(0) - sizes)
    place = torch.empty_like(order)
    place[order] = torch.arange(count, device=x.device) + shift[group[order]]
    rows = x.unsqueeze(2).expand(models, tokens, k, width).reshape(count, width)
    rows = Put.apply(rows, place, count + groups * ROOM)
    ends = ends.int()
    inner = functional.gelu(product(rows, up.flatten(0, 1), ends))
    made = Take.apply(product(inner, down.flatten(0, 1), ends), place)
    made = made.view(models, tokens, k, width)
    return (made * weights.unsqueeze(-1).to(made.dtype)).sum(2)


def fastest(device):
    """`grouped` where this device's product agrees with `dense`, else `dense`; and why."""
    if device.type != "cuda":
        return dense, "dense: no device"
    made = torch.Generator(device=device).manual_seed(1)

    def normals(*shape):
        return torch.randn(*shape, generator=made, device=device).bfloat16().requires_grad_(True)

    x, up, down = normals(3, 500, 64), normals(3, 8, 64, 32), normals(3, 8, 32, 64)
    z = torch.randn(3, 500, 8, generator=made, device=device)
    z[..., 5:] -= 100  # experts without tokens
    weights, chosen = torch.softmax(z, -1).topk(2, -1)
    try:
        both = []
        for way in (dense, grouped):
            y = way(x, chosen, weights, up, down)
            both.append([y, *torch.autograd.grad(y.float().square().sum(), (x, up, down))])
        worst = max(((a - b).float().norm() / a.float().norm()).item() for a, b in zip(*both))
    except (RuntimeError, TypeError, AttributeError) as error:
        return dense, f"dense: {type(error).__name__} {str(error)[:80]}"
    # both round to 8 bits at each product
    return (grouped, f"grouped: {worst:.1e} off dense") if worst < 2e-2 else (
        dense, f"dense: grouped is {worst:.1e} off")
