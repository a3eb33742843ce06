# SPDX-License-Identifier: MIT
"""What the claims have in common: the device, text, sizes, the budget, and where tables go."""

import functools

import experts
import torch
from model import Sizes, Transformer
from text import corpus
from training import Plan, Text, step_times

SWITCH = 0.01    # coefficient of the Switch loss
TEXT = {"python": 24_000_000, "headers": 12_000_000}
SMALL = {"layers": 2, "width": 16, "heads": 2, "hidden": 8, "batch": 2, "length": 16}


class Bench:
    """What a claim runs on.

    seconds: of one claim; half a minute of a big machine goes into measuring
    steps: of each training run; None for as many as fit
    sizes: fields of Sizes, before a claim's own
    text: domain -> bytes of it at most
    windows: that a model is measured on
    add: told of each table as it is done; say: of the progress
    digits: the file of images
    """

    def __init__(self, device, seeds, seconds, steps=None, sizes=None, text=None, windows=512,
                 add=print, say=print, digits=None):
        self.device, self.seeds, self.seconds, self.steps = device, range(seeds), seconds, steps
        self.sizes, self.amounts, self.windows = sizes or {}, text or TEXT, windows
        self.add, self.say, self.digits = add, say, digits
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
        own = {"steps": self.steps, "seconds": share * self.seconds, "say": self.say, **own}
        return Plan(self.seeds, arms, **own)

    def model(self, sizes, policy):
        return Transformer(sizes, policy, self.experts, self.kind)

    def policy(self, kind, sizes, arms):
        return kind(sizes, arms, len(self.seeds), self.device)

    def costs(self, kind, sizes, arms, parameters, text, plan):
        """A column of a table: what a step of each arm alone takes, without the optimiser."""
        ms = step_times(lambda arm: self.model(sizes, self.policy(kind, sizes, [arms[arm]])),
                        parameters, text, plan)
        return {f"ms a step of {len(self.seeds)}": [f"{x:.1f}" for x in ms]}

    def facts(self, sizes, run, text):
        models = run.losses.shape[1] * run.losses.shape[2]
        return (f"{sizes}\n{text}\n{len(run.losses)} steps of {models} models side by side in "
                f"{run.seconds:.0f} s, {sizes.batch * sizes.length * len(run.losses) / 1e6:.1f} "
                f"million bytes a model; products in {str(self.kind).removeprefix('torch.')}")


def measures_of(found):
    return {"nats a byte": found.nats, "largest load": found.largest, "dead experts": found.dead}
