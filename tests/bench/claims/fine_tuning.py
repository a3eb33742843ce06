# SPDX-License-Identifier: MIT
"""The claims of ProbMoE: one pre-training with top-k, then estimators on another domain, each at
the rate that suits it best."""

import numpy
from bench import SWITCH, measures_of
from intervals import Claim, aligned, table
from model import first_parameters, repeated
from policies import Estimators
from training import Measured, evaluate, train_text

ARMS = ["top-k", "straight-through", "dense-mixer", "exact-k", "dynamic-k"]
RATES = 1e-3, 3e-3, 1e-2   # on an H200 all arms were best at 3e-3 of 3e-4, 1e-3 and 3e-3
CHOICE, REPORT = 7, 8   # draws of windows: by which a rate is chosen, on which arms are compared
CLAIMS = [*(Claim("better", "nats a byte", "exact-k", base)
            for base in ("top-k", "dense-mixer", "straight-through")),
          Claim("dynamic-k better", "nats a byte", "dynamic-k", "top-k"),
          Claim("better balanced", "largest load", "exact-k", "top-k"),
          Claim("fewer experts a token", "experts a token", "dynamic-k", "exact-k"),
          Claim("forgets less", "nats, old domain", "exact-k", "top-k"),
          Claim("DenseMixer better", "nats a byte", "dense-mixer", "top-k"),
          Claim("DenseMixer better balanced", "largest load", "dense-mixer", "top-k")]


def tuned(bench, sizes, start, rate, steps, share):
    """(policy's model, parameters, run) of all estimators at a rate, from the same models."""
    model = bench.model(sizes, bench.policy(Estimators, sizes, ARMS))
    parameters = repeated(start, len(ARMS))
    plan = bench.plan(len(ARMS), share, rate=rate, steps=steps)
    return model, parameters, train_text(model, parameters, bench.texts("headers", sizes)[0], plan)


def all_measures(bench, model, parameters, old, validation):
    """(name -> (arms, seeds), nats on the windows of the choice)"""
    def measured(text, **how):
        return evaluate(model, parameters, text, bench.plan(len(ARMS), 0), bench.windows, **how)

    found = measured(validation, draw=REPORT)
    measures = {**measures_of(found), "experts a token": found.active, "sum of gates": found.mass,
                "nats, routed as trained": measured(validation, draw=REPORT, training=True).nats,
                "nats, old domain": measured(old, draw=REPORT).nats}
    return measures, measured(validation, draw=CHOICE).nats


def best(choices, found):
    """What `found` has of each arm at its best rate. choices (rates, arms): nats"""
    at = numpy.argmin(choices, axis=0)
    return at, {name: numpy.stack([found[rate][name][arm] for arm, rate in enumerate(at)])
                for name in found[0]}


def rate_words(at):
    """The rate of that place, and whether it is an edge of those tried: then it is not the best."""
    return f"{RATES[at]:g}" + (", an edge" if at in (0, len(RATES) - 1) else "")


def pre_trained(bench, sizes):
    """(parameters, facts)"""
    text, _, facts = bench.texts("python", sizes)
    parameters = repeated(first_parameters(sizes, bench.seeds, bench.device), 1)
    once = bench.model(sizes, Estimators(sizes, ["top-k"], len(bench.seeds), bench.device, SWITCH))
    plan = bench.plan(1, 0.3)
    run = train_text(once, parameters, text, plan)
    start: Measured = evaluate(once, parameters, bench.texts("headers", sizes)[1], plan,
                               bench.windows, draw=REPORT)
    return parameters, (f"pre-training: {bench.facts(sizes, run, facts)}\nafter it on the new "
                        f"domain {start.nats.mean():.4f} nats a byte, largest load "
                        f"{start.largest.mean():.4f}, sum of gates {start.mass.mean():.4f}")


def probmoe(bench):
    """One pre-training with top-k a seed, then estimators fine-tuned on another domain."""
    sizes = bench.sizes_of(experts=16)
    start, facts = pre_trained(bench, sizes)
    text, validation, tuning_facts = bench.texts("headers", sizes)
    old = bench.texts("python", sizes)[1]
    found, choices, steps = [], [], bench.steps
    for rate in RATES:
        model, parameters, run = tuned(bench, sizes, start, rate, steps, 0.5 / len(RATES))
        steps = len(run.losses)  # the same at every rate
        measures, nats = all_measures(bench, model, parameters, old, validation)
        found.append(measures)
        choices.append(nats.mean(1))
        bench.add(f"at {rate:g}: nats a byte of the choice, mean over seeds: "
                  + ", ".join(f"{arm} {x:.4f}" for arm, x in zip(ARMS, choices[-1])))
    at, measures = best(choices, found)
    plan = bench.plan(len(ARMS), 0)
    costs = {"rate": [rate_words(place) for place in at],
             **bench.costs(Estimators, sizes, ARMS, parameters, text, plan)}
    rates = aligned([["rate", *ARMS], *([f"{rate:g}", *(f"{x:.4f}" for x in row)]
                                        for rate, row in zip(RATES, choices))])
    bench.add("\n".join([f"## {sizes.experts} experts, top-{sizes.top_k}\n\n{facts}",
                         f"fine-tuning, each rate: {bench.facts(sizes, run, tuning_facts)}", "",
                         "nats a byte by which rates are chosen, mean over seeds", *rates, "",
                         table(ARMS, measures, CLAIMS, costs)]))
