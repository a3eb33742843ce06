# SPDX-License-Identifier: MIT
"""The claims on text: selective Sinkhorn, adaptive clustering and ProbMoE, each arm on the same
starts and batches."""

import functools

import experts
import numpy
import torch
from intervals import table
from model import Sizes, Transformer, first_parameters, repeated
from policies import Clustered, Estimators, Selective
from text import corpus
from training import Plan, Text, evaluate, step_times, train_text

SWITCH = 0.01    # coefficient of the Switch loss
CORRUPT = 0.1    # share of input bytes
TEXT = {"python": 24_000_000, "headers": 12_000_000}


class Bench:
    """What the claims have in common: the device, the text, sizes and the budget of one claim.

    seconds: of one claim; half a minute of a big machine goes into measuring
    steps: of each training run; None for as many as fit
    digits: the file of images
    """

    def __init__(self, device, seeds, seconds, steps=None, sizes=None, text=TEXT, say=print,
                 digits=None):
        self.device, self.seeds, self.seconds, self.steps = device, range(seeds), seconds, steps
        self.sizes, self.amounts, self.say = sizes or {}, text, say
        self.digits = digits
        self.experts, why = experts.fastest(device)
        self.kind = torch.bfloat16 if device.type == "cuda" else torch.float32
        say(f"experts {why}")

    def sizes_of(self, **own):
        return Sizes(**{**own, **self.sizes})

    @functools.cache
    def bytes_of(self, domain):
        return corpus(domain, self.amounts[domain])

    def texts(self, domain, sizes):
        """(train, validation, facts)"""
        train, validation, facts = self.bytes_of(domain)
        return Text(train, sizes, self.device), Text(validation, sizes, self.device), facts

    def plan(self, arms, share, **own):
        """share: of the claim's seconds"""
        return Plan(self.seeds, arms, steps=self.steps, seconds=share * self.seconds, **own)

    def model(self, sizes, policy):
        return Transformer(sizes, policy, self.experts, self.kind)

    def policy(self, kind, sizes, arms):
        return kind(sizes, arms, len(self.seeds), self.device)

    def times(self, kind, sizes, arms, parameters, text, plan):
        """What a step of each arm alone takes, as a line."""
        ms = step_times(lambda arm: self.model(sizes, self.policy(kind, sizes, [arms[arm]])),
                        parameters, text, plan)
        return (f"ms of a step of {len(self.seeds)} models of one arm alone, without the "
                f"optimiser: {', '.join(f'{x:.1f}' for x in ms)}")

    def facts(self, sizes, run, text):
        models = run.losses.shape[1] * run.losses.shape[2]
        return (f"{sizes}\n{text}\n{len(run.losses)} steps of {models} models side by side in "
                f"{run.seconds:.0f} s, {sizes.batch * sizes.length * len(run.losses) / 1e6:.1f} "
                "million bytes a model")


def measures_of(found):
    return {"nats a byte": found.nats, "largest load": found.largest, "dead experts": found.dead}


SSR_ARMS = {"no balance": (0.0, 0.0, False), "p = 0.001": (0.001, 0.0, True),
            "p = 0.01": (0.01, 0.0, True), "p = 0.1": (0.1, 0.0, True), "p = 1": (1.0, 0.0, True),
            "p = 1, detached": (1.0, 0.0, False), "Switch loss": (0.0, SWITCH, False)}


def ssr(bench):
    """Selective Sinkhorn at p = 0 to 1 without an auxiliary loss, beside the Switch loss."""
    arms, made = list(SSR_ARMS.values()), []
    for count in (8, 16):
        sizes = bench.sizes_of(experts=count)
        text, validation, facts = bench.texts("python", sizes)
        model = bench.model(sizes, bench.policy(Selective, sizes, arms))
        parameters = repeated(first_parameters(sizes, bench.seeds, bench.device), len(arms))
        plan = bench.plan(len(arms), 0.4)
        run = train_text(model, parameters, text, plan)
        measures = measures_of(evaluate(model, parameters, validation, plan))
        times = bench.times(Selective, sizes, arms, parameters, text, plan)
        both = ["no balance", "Switch loss"]
        made.append(f"## {count} experts, top-{sizes.top_k}\n\n{bench.facts(sizes, run, facts)}\n"
                    f"{times}\n\n" + table(list(SSR_ARMS), measures, [[], *[both] * 5, both[:1]]))
        bench.say(made[-1])
    return "\n\n".join(made)


AC_ARMS = {"Switch": (None, False, SWITCH), "AC": ("language", False, SWITCH),
           "AC, Swin": ("swin", False, SWITCH), "unit embeddings": (None, True, 0.0),
           "AC as published": ("language", True, 0.0)}


def steps_to(losses, level, window):
    """(arms, seeds): first step at which the mean of a window of batches is at most `level`; the
    number of steps where none is.
    """
    sums = numpy.cumsum(losses, axis=0)
    means = (sums[window:] - sums[:-window]) / window
    below = means <= level
    return numpy.where(below.any(0), below.argmax(0) + window, len(losses)).astype(float)


def ac(bench):
    """Adaptive clustering with 16 experts after two standard layers, against the Switch loss."""
    sizes, arms, names = bench.sizes_of(experts=16), list(AC_ARMS.values()), list(AC_ARMS)
    text, validation, facts = bench.texts("python", sizes)
    model = bench.model(sizes, bench.policy(Clustered, sizes, arms))
    parameters = repeated(first_parameters(sizes, bench.seeds, bench.device), len(arms))
    plan = bench.plan(len(arms), 0.75)
    run = train_text(model, parameters, text, plan)
    measures = measures_of(evaluate(model, parameters, validation, plan))
    measures["nats, corrupted"] = evaluate(model, parameters, validation, plan,
                                           corrupt=CORRUPT).nats
    window = max(1, len(run.losses) // 40)
    middle = len(run.losses) // 2
    level = float(run.losses[middle - window:middle, 0].mean())
    measures["steps to the loss"] = steps_to(run.losses, level, window)
    times = bench.times(Clustered, sizes, arms, parameters, text, plan)
    against = [[], *[["Switch"]] * 3, ["unit embeddings", "Switch"]]
    found = (f"## {sizes.experts} experts, top-{sizes.top_k}\n\n{bench.facts(sizes, run, facts)}\n"
             f"the loss: {level:.4f} nats a byte, which Switch has half-way on mean of its seeds; "
             f"means over {window} batches\ncorrupted: {CORRUPT:.0%} of input bytes\n"
             f"{times}\n\n" + table(names, measures, against))
    bench.say(found)
    return found


PROBMOE_ARMS = ["top-k", "straight-through", "dense-mixer", "exact-k", "dynamic-k"]


def probmoe(bench):
    """One pre-training with top-k a seed, then estimators fine-tuned on another domain."""
    sizes, arms = bench.sizes_of(experts=16), PROBMOE_ARMS
    text, old, facts = bench.texts("python", sizes)
    other, validation, other_facts = bench.texts("headers", sizes)
    parameters = repeated(first_parameters(sizes, bench.seeds, bench.device), 1)
    once = bench.model(sizes, Estimators(sizes, ["top-k"], len(bench.seeds), bench.device, SWITCH))
    plan = bench.plan(1, 0.35)
    before = train_text(once, parameters, text, plan)
    start = evaluate(once, parameters, validation, plan)
    model = bench.model(sizes, bench.policy(Estimators, sizes, arms))
    parameters, plan = repeated(parameters, len(arms)), bench.plan(len(arms), 0.4, rate=3e-4)
    run = train_text(model, parameters, other, plan)
    tuned = evaluate(model, parameters, validation, plan)
    measures = measures_of(tuned)
    measures["experts a token"] = tuned.active
    measures["nats, old domain"] = evaluate(model, parameters, old, plan).nats
    times = bench.times(Estimators, sizes, arms, parameters, other, plan)
    against = [[], *[["top-k"]] * 2, *[["top-k", "straight-through"]] * 2]
    found = (f"## {sizes.experts} experts, top-{sizes.top_k}\n\n"
             f"pre-training: {bench.facts(sizes, before, facts)}\n"
             f"after it {start.nats.mean():.4f} nats a byte on the new domain, largest load "
             f"{start.largest.mean():.4f}\nfine-tuning: {bench.facts(sizes, run, other_facts)}\n"
             f"{times}\n\n" + table(arms, measures, against))
    bench.say(found)
    return found
