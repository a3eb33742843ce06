# SPDX-License-Identifier: MIT
"""The claim on image patches: which experts of a Soft MoE does one image need?

Digits of data/digits.csv anywhere on a canvas of 16 x 16 pixels, among pieces of other digits, cut
into 16 patches. A block with an MLP, then two with a Soft MoE each; S models side by side.
"""

import numpy
import torch
from intervals import Claim, table
from model import norm
from torch.nn import functional
from training import train

SIDE, PATCH, CLUTTER = 16, 4, 4
WIDTH, HEADS, BLOCKS, HIDDEN, CLASSES = 64, 4, 3, 512, 10   # HIDDEN: of all experts together
COUNTS, KEPT = (64, 32, 16, 8, 4, 2), (8, 4, 2)             # experts; of which one in so many stays
AN_IMAGE, TESTED, DRAWS = 16, 8, 10    # canvases a step (of each `batch`), of the test (`windows`)
EPS = 1e-6


def soft_moe(h, slots, scale, first, second, kept=None):
    """`soft_moe` with a slot an expert, and the mass of each expert in C, (S, B, n).

    h (S, B, m, d) tokens, slots (S, d, n), scale (S), experts first (S, n, d, w) and second
    (S, n, w, d); kept: mass -> 1 for experts that run, (S, B, n), the others give 0
    """
    units = h * torch.rsqrt(h.square().sum(-1, keepdim=True) + EPS)
    slots = slots * torch.rsqrt(slots.square().sum(1, keepdim=True) + EPS)
    logits = units @ (scale[:, None, None] * slots).unsqueeze(1)
    dispatch, combine = torch.softmax(logits, 2), torch.softmax(logits, 3)
    mass = combine.sum(2)
    inner = functional.gelu(torch.einsum("sbnd,sndw->sbnw", dispatch.transpose(2, 3) @ h, first))
    made = torch.einsum("sbnw,snwd->sbnd", inner, second)
    if kept is not None:
        made = made * kept(mass).unsqueeze(-1)
    return combine @ made, mass


def largest(count):
    """Keeps the experts of most mass."""
    return lambda mass: torch.zeros_like(mass).scatter(2, mass.topk(count, 2).indices, 1.0)


def at_random(count):
    return lambda mass: largest(count)(torch.rand_like(mass))


def smallest(count):
    return lambda mass: largest(count)(-mass)


class Canvases:
    """Digits among pieces of others; those of the test are of images that training never sees."""

    def __init__(self, file, device):
        table_ = numpy.loadtxt(file, delimiter=",", dtype=numpy.float32)
        table_ = torch.from_numpy(numpy.random.default_rng(3).permutation(table_)).to(device)
        images, labels = table_[:, :-1].view(-1, 8, 8) / 16, table_[:, -1].long()
        self.train, self.test = (images[400:], labels[400:]), (images[:400], labels[:400])
        self.device = device

    def paste(self, canvas, pieces, made):
        """The brighter of both, at a random place of each canvas (B, SIDE^2)."""
        count, side, _ = pieces.shape
        corner = torch.randint(0, SIDE - side + 1, (count, 2), generator=made, device=self.device)
        along = torch.arange(side, device=self.device)
        at = (corner[:, :1] + along)[:, :, None] * SIDE + (corner[:, 1:] + along)[:, None]
        canvas.scatter_reduce_(1, at.flatten(1), pieces.flatten(1), "amax")

    def draw(self, of, count, made):
        """Patches (B, 16, PATCH^2) and labels (B)."""
        images, labels = of
        canvas = torch.zeros(count, SIDE * SIDE, device=self.device)
        for _ in range(CLUTTER):
            other = torch.randint(0, len(images), (count,), generator=made, device=self.device)
            self.paste(canvas, images[other][:, 2:6, 2:6], made)
        own = torch.randint(0, len(images), (count,), generator=made, device=self.device)
        self.paste(canvas, images[own], made)
        n = SIDE // PATCH
        patches = canvas.view(count, n, PATCH, n, PATCH).transpose(2, 3).reshape(count, n * n, -1)
        return patches, labels[own]


def first_parameters(experts, seeds, device):
    d, w = WIDTH, HIDDEN // experts
    shapes = {"patches": (PATCH ** 2, d), "places": (SIDE ** 2 // PATCH ** 2, d),
              "head": (d, CLASSES), "first0": (1, d, 2 * d), "second0": (1, 2 * d, d)}
    for block in range(BLOCKS):
        shapes |= {f"qkv{block}": (d, 3 * d), f"out{block}": (d, d)}
    for block in range(1, BLOCKS):
        shapes |= {f"slots{block}": (d, experts), f"first{block}": (experts, d, w),
                   f"second{block}": (experts, w, d)}
    made = [torch.Generator().manual_seed(seed) for seed in seeds]
    found = {name: torch.stack([torch.randn(shape, generator=g) for g in made])
             * shape[-2] ** -0.5 for name, shape in shapes.items()}
    found |= {f"scale{block}": torch.ones(len(seeds)) for block in range(1, BLOCKS)}
    return {name: p.to(device).requires_grad_(True) for name, p in found.items()}


def forward(p, patches, kept=None):
    """Logits (S, B, classes) of patches (S, B, m, PATCH^2)."""
    x = patches @ p["patches"].unsqueeze(1) + p["places"][:, None]
    for block in range(BLOCKS):
        s, b, m, d = x.shape
        qkv = (norm(x) @ p[f"qkv{block}"].unsqueeze(1)).view(s * b, m, 3, HEADS, d // HEADS)
        y = functional.scaled_dot_product_attention(*qkv.permute(2, 0, 3, 1, 4))
        x = x + y.transpose(1, 2).reshape(s, b, m, d) @ p[f"out{block}"].unsqueeze(1)
        first, second = p[f"first{block}"], p[f"second{block}"]
        if block == 0:
            x = x + functional.gelu(norm(x) @ first) @ second
        else:
            slots, scale = p[f"slots{block}"], p[f"scale{block}"]
            x = x + soft_moe(norm(x), slots, scale, first, second, kept)[0]
    return norm(x).mean(2) @ p["head"]


def trained(experts, canvases, seeds, plan, batch):
    p = first_parameters(experts, seeds, canvases.device)
    made = [torch.Generator(device=canvases.device).manual_seed(100 + seed) for seed in seeds]

    def loss_of(_):
        drawn = [canvases.draw(canvases.train, batch, g) for g in made]
        patches, labels = (torch.stack(x) for x in zip(*drawn))
        nats = functional.cross_entropy(forward(p, patches).flatten(0, 1), labels.flatten(),
                                        reduction="none")
        return nats.view(len(seeds), -1).mean(1), 0.0

    return p, train(loss_of, p, plan, canvases.device)


@torch.no_grad()
def accuracies(p, canvases, experts, count, batch):
    """Row, by which share of the experts is kept -> name -> (seeds)"""
    made = torch.Generator(device=canvases.device).manual_seed(5)
    patches, labels = canvases.draw(canvases.test, count, made)
    seeds = len(p["patches"])

    def accuracy(kept=None):
        parts = [forward(p, part.expand(seeds, -1, -1, -1), kept).argmax(-1)
                 for part in patches.split(2 * batch)]
        return (torch.cat(parts, 1) == labels).double().mean(1).cpu().numpy()

    whole, none = accuracy(), accuracy(torch.zeros_like)
    found = {}
    for share in KEPT:
        kept = experts // share
        if kept:
            top = accuracy(largest(kept))
            random = sum(accuracy(at_random(kept)) for _ in range(DRAWS)) / DRAWS
            found[f"n = {experts}, 1/{share}"] = {
                "all experts": whole, "none": none, "of most mass": top, "at random": random,
                "of least mass": accuracy(smallest(kept)), "most less random": top - random,
                "kept share": top / whole, "kept of the gain": (top - none) / (whole - none)}
    return found


def claims_of(rows):
    """An eighth keeps nearly all, the more the more there are; mass beats chance, ever more."""
    eighths = [row for row in rows if row.endswith("1/8")]
    most, least = eighths[0], eighths[-1]
    return [*(Claim("an eighth keeps .95", "kept share", row, None, -1, -0.95) for row in eighths),
            *(Claim("an eighth keeps .95 of what experts add", "kept of the gain", row, None, -1,
                    -0.95) for row in eighths),
            *(Claim("mass beats chance", "most less random", row, None, -1) for row in rows),
            Claim("more so for more experts", "most less random", most, least, -1),
            Claim("more kept of more experts", "kept share", most, least, -1),
            Claim("more of what they add", "kept of the gain", most, least, -1)]


def softmoe(bench):
    """Accuracy of the experts of most mass, against random ones, over their number."""
    canvases, steps, rows, took = Canvases(bench.digits, bench.device), bench.steps, {}, []
    batch = AN_IMAGE * bench.sizes_of().batch
    for experts in COUNTS:
        plan = bench.plan(1, 0.85 / len(COUNTS), steps=steps, decay=0.01)
        p, run = trained(experts, canvases, bench.seeds, plan, batch)
        steps = len(run.losses)
        rows |= accuracies(p, canvases, experts, TESTED * bench.windows, batch)
        took.append(f"{experts}: {run.seconds / steps * 1e3:.1f}")
        accuracy = rows[f"n = {experts}, 1/2"]["all experts"].mean()
        bench.say(f"n = {experts}: {steps} steps, accuracy {accuracy:.4f}")
    measures = {name: numpy.stack([row[name] for row in rows.values()])
                for name in next(iter(rows.values()))}
    bench.add(f"experts n with {HIDDEN} hidden units together, {steps} steps of {batch} canvases, "
              f"{len(bench.seeds)} models side by side; ms a step by n: {', '.join(took)}\n\n"
              + table(list(rows), measures, claims_of(list(rows))))
