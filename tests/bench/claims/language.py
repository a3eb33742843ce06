# SPDX-License-Identifier: MIT
"""The claims on text: selective Sinkhorn and adaptive clustering, each arm on the same starts and
batches. ProbMoE is in fine_tuning.py."""

import numpy
from bench import SWITCH, measures_of
from intervals import Claim, table
from model import first_parameters, repeated
from policies import Clustered, Selective
from training import evaluate, train_text

CORRUPT = 0.1    # share of input bytes
AS_GOOD = 0.01   # nats a byte


def unharmed(experts):
    """A difference of largest loads that is none: a quarter of a fair share."""
    return 0.25 / experts


SSR_ARMS = {"no balance": (0.0, 0.0, False), "p = 0.001": (0.001, 0.0, True),
            "p = 0.01": (0.01, 0.0, True), "p = 0.1": (0.1, 0.0, True), "p = 1": (1.0, 0.0, True),
            "p = 1, detached": (1.0, 0.0, False), "Switch loss": (0.0, SWITCH, False)}


def ssr_claims(experts):
    shares = [arm for arm in SSR_ARMS if arm.startswith("p")]
    return [
        *(Claim("balances", "largest load", arm, "no balance") for arm in shares),
        *(Claim("balances as the loss does", "largest load", arm, "Switch loss",
                margin=unharmed(experts)) for arm in shares),
        *(Claim("better than no balance", "nats a byte", arm, "no balance") for arm in shares),
        *(Claim("as good as the loss", "nats a byte", arm, "Switch loss", margin=AS_GOOD)
          for arm in shares),
        Claim("rare plans as good as all", "nats a byte", "p = 0.01", "p = 1", margin=AS_GOOD),
        Claim("the loss helps", "nats a byte", "Switch loss", "no balance")]


def ssr(bench):
    """Selective Sinkhorn at p = 0 to 1 without an auxiliary loss, beside the Switch loss."""
    arms = list(SSR_ARMS.values())
    for count in (8, 16):
        sizes = bench.sizes_of(experts=count, batch=8)  # short steps: a share p of many
        text, validation, facts = bench.texts("python", sizes)
        model = bench.model(sizes, bench.policy(Selective, sizes, arms))
        parameters = repeated(first_parameters(sizes, bench.seeds, bench.device), len(arms))
        plan = bench.plan(len(arms), 0.42)
        run = train_text(model, parameters, text, plan)
        measures = measures_of(evaluate(model, parameters, validation, plan, bench.windows))
        costs = {"plans a model": [f"{x:.1f}" for x in model.policy.plans.mean(1)],
                 **bench.costs(Selective, sizes, arms, parameters, text, plan)}
        bench.add(f"## {count} experts, top-{sizes.top_k}\n\n{bench.facts(sizes, run, facts)}\n\n"
                  + table(list(SSR_ARMS), measures, ssr_claims(count), costs))


AC_ARMS = {"Switch": (None, False, SWITCH), "AC": ("language", False, SWITCH),
           "AC, Swin": ("swin", False, SWITCH), "unit embeddings": (None, True, 0.0),
           "AC as published": ("language", True, 0.0)}
AC_PAIRS = [("AC", "Switch"), ("AC, Swin", "Switch"), ("AC as published", "unit embeddings"),
            ("AC as published", "Switch")]


def ac_claims(experts):
    claimed = [("faster", "steps to the loss", 0.0), ("better", "nats a byte", 0.0),
               ("more robust", "nats, corrupted", 0.0),
               ("balance unharmed", "largest load", unharmed(experts))]
    return [Claim(words, measure, *pair, margin=margin)
            for words, measure, margin in claimed for pair in AC_PAIRS]


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
    sizes, arms = bench.sizes_of(experts=16), list(AC_ARMS.values())
    text, validation, facts = bench.texts("python", sizes)
    model = bench.model(sizes, bench.policy(Clustered, sizes, arms))
    parameters = repeated(first_parameters(sizes, bench.seeds, bench.device), len(arms))
    plan = bench.plan(len(arms), 0.8)
    run = train_text(model, parameters, text, plan)
    measures = measures_of(evaluate(model, parameters, validation, plan, bench.windows))
    measures["nats, corrupted"] = evaluate(model, parameters, validation, plan, bench.windows,
                                           corrupt=CORRUPT).nats
    window = max(1, len(run.losses) // 40)
    middle = len(run.losses) // 2
    level = float(run.losses[middle - window:middle, 0].mean())
    measures["steps to the loss"] = steps_to(run.losses, level, window)
    costs = bench.costs(Clustered, sizes, arms, parameters, text, plan)
    bench.add(f"## {sizes.experts} experts, top-{sizes.top_k}\n\n{bench.facts(sizes, run, facts)}\n"
              f"the loss: {level:.4f} nats a byte, which Switch has half-way on mean of its seeds; "
              f"means over {window} batches\ncorrupted: {CORRUPT:.0%} of input bytes\n\n"
              + table(list(AC_ARMS), measures, ac_claims(sizes.experts), costs))
