#!/usr/bin/env python3
"""Trains the networks of train_reference with PyTorch, from the same numbers on the same batches.

    train_reference data/digits.csv > reference.json
    python3 train_torch.py reference.json [--data data/digits.csv] [--device cuda]

Networks, losses and gradients are PyTorch's own (autograd, torch.optim, float64). Prints the largest
differences of 50 losses and of the last parameters and scores, relative to the largest of each;
exits 1 above 1e-9.
"""

import argparse
import json
import sys

import numpy
import torch
from torch.nn import functional


class Pieces:
    """Cuts one array of parameters into tensors, in order."""

    def __init__(self, values, device):
        self.values = torch.tensor(values, dtype=torch.float64, device=device)
        self.at, self.all = 0, []

    def take(self, *shape):
        count = int(numpy.prod(shape))
        piece = self.values[self.at:self.at + count].reshape(shape).clone().requires_grad_(True)
        self.at += count
        self.all.append(piece)
        return piece

    def perceptron(self, widths):
        return [(self.take(a, b), self.take(b)) for a, b in zip(widths, widths[1:])]

    def joined(self):
        return torch.cat([piece.detach().flatten() for piece in self.all])


def perceptron(maps, x, activation):
    for i, (weights, biases) in enumerate(maps):
        x = x @ weights + biases
        if i + 1 < len(maps):
            x = activation(x)
    return x


class Moe:
    def __init__(self, of, pieces):
        self.of, self.layers = of, []
        self.activation = {"relu": torch.relu, "gelu": functional.gelu}[of["activation"]]
        for layer in range(of["layers"]):
            out = of["classes"] if layer + 1 == of["layers"] else of["width"]
            gate = pieces.take(of["width"], of["experts"]), pieces.take(of["experts"])
            widths = [of["width"], *of["hidden"], out]
            self.layers.append((*gate, [pieces.perceptron(widths) for _ in range(of["experts"])]))

    def layer(self, x, gate, biases, experts, scores):
        z = self.of["beta"] * (x @ gate + biases + scores)
        share = torch.softmax(z, 1)
        chosen = torch.zeros_like(share).scatter_(1, z.topk(self.of["k"], 1).indices, 1.0)
        weights = share * chosen
        if self.of["renormalise"]:
            weights = weights / weights.sum(1, keepdim=True)
        made = torch.stack([perceptron(maps, x, self.activation) for maps in experts], 1)
        load = chosen.sum(0) / chosen.sum()
        mass = share.sum(0)
        balance = self.of["switch_loss"] * len(experts) * (load * share.mean(0)).sum()
        if len(experts) > 1:
            balance = balance + self.of["importance"] * mass.var() / (mass.mean() ** 2 + 1e-10)
        balance = balance + self.of["z_loss"] * (torch.logsumexp(z, 1) ** 2).mean()
        return (weights[:, :, None] * made).sum(1), load, balance

    def forward(self, x, scores):
        loads, balances = [], 0
        for number, (gate, biases, experts) in enumerate(self.layers):
            own = scores[number * len(experts):][:len(experts)]
            y, load, balance = self.layer(x, gate, biases, experts, own)
            loads.append(load)
            balances = balances + balance
            x = x + y if number + 1 < len(self.layers) else y
        return x, torch.cat(loads), balances

    def loss(self, outputs, labels):
        if self.of["loss"] == "cross-entropy":
            return functional.cross_entropy(outputs, labels)
        wanted = functional.one_hot(labels, outputs.shape[1]).to(outputs.dtype)
        return ((outputs - wanted) ** 2).sum(1).mean()


class SoftMoe:
    def __init__(self, of, pieces):
        self.of, d = of, of["patch"] ** 2
        self.slots = pieces.take(d, of["experts"] * of["slots"])
        self.scale = pieces.take(1)
        self.experts = [pieces.perceptron([d, of["hidden"], d]) for _ in range(of["experts"])]
        self.decoder = pieces.take(of["width"], of["classes"]), pieces.take(of["classes"])

    def forward(self, images, scores):
        patch, side = self.of["patch"], round(self.of["width"] ** 0.5)
        cut = images.reshape(-1, side // patch, patch, side // patch, patch)
        x = cut.transpose(2, 3).reshape(len(images), -1, patch * patch)
        units = x * torch.rsqrt((x * x).sum(2, keepdim=True) + 1e-6)
        slots = self.slots * torch.rsqrt((self.slots ** 2).sum(0, keepdim=True) + 1e-6)
        logits = self.scale * units @ slots + scores.repeat_interleave(self.of["slots"])
        dispatch, combine = torch.softmax(logits, 1), torch.softmax(logits, 2)
        mixed = dispatch.transpose(1, 2) @ (units if self.of["mix_units"] else x)
        made = [perceptron(maps, part, torch.relu)
                for maps, part in zip(self.experts, mixed.split(self.of["slots"], 1))]
        y = combine @ torch.cat(made, 1)
        load = combine.sum((0, 1)).reshape(-1, self.of["slots"]).sum(1)
        outputs = y.reshape(len(images), -1) @ self.decoder[0] + self.decoder[1]
        return outputs, load / load.sum(), 0

    loss = staticmethod(functional.cross_entropy)


def optimiser_of(of, parameters):
    common = {"lr": of["rate"], "weight_decay": of["weight_decay"]}
    if of["kind"] == "sgd":
        return torch.optim.SGD(parameters, momentum=of["momentum"], **common)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[of["kind"]]
    return kind(parameters, betas=(of["beta1"], of["beta2"]), eps=of["eps"], **common)


def train(case, inputs, labels, device):
    """Losses, last parameters and last scores."""
    pieces = Pieces(case["initial"], device)
    kinds = {"moe": Moe, "soft-moe": SoftMoe}
    model = kinds[case["network"]["kind"]](case["network"], pieces)
    assert pieces.at == len(case["initial"]), "parameters are left over"
    optimiser, rule = optimiser_of(case["optimiser"], pieces.all), case["rule"]
    scores = torch.zeros(len(case["scores"]), dtype=torch.float64, device=device)
    losses = []
    for rows in case["rows"]:
        rows = torch.tensor(rows, device=device)
        outputs, load, balance = model.forward(inputs[rows], scores)
        loss = model.loss(outputs, labels[rows])
        optimiser.zero_grad()
        (loss + balance).backward()
        optimiser.step()
        losses.append(float(loss.detach()))
        change = rule["feedback"] * load.detach() - rule["decay"] * scores
        scores = scores + rule["step"] * change
    return losses, pieces.joined().cpu().numpy(), scores.cpu().numpy()


def difference(ours, theirs):
    ours, theirs = numpy.asarray(ours), numpy.asarray(theirs)
    return abs(ours - theirs).max() / max(abs(theirs).max(), 1e-300)


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("reference", help="what train_reference printed")
    words.add_argument("--data", default="data/digits.csv")
    words.add_argument("--device", default="cpu")
    words = words.parse_args()
    table = numpy.loadtxt(words.data, delimiter=",")
    inputs = torch.tensor(table[:, :-1] / abs(table[:, :-1]).max(), device=words.device)
    labels = torch.tensor(table[:, -1].astype(int), device=words.device)
    failed = 0
    print(f"{'':38}  loss   at the end   differences: losses  parameters  scores")
    for case in json.load(open(words.reference)):
        losses, parameters, scores = train(case, inputs, labels, words.device)
        errors = [difference(case["losses"], losses), difference(case["parameters"], parameters),
                  difference(case["scores"], scores)]
        bad = not all(error <= 1e-9 for error in errors)  # NaN is bad, too
        failed += bad
        print(f"{case['name']:38}  {losses[0]:.3f}  {losses[-1]:.3f}       "
              "             {:.1e}  {:.1e}     {:.1e}".format(*errors)
              + ("  FAILED" if bad else ""))
    print(f"torch {torch.__version__} on {words.device}: {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
