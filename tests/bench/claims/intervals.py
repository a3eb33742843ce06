# SPDX-License-Identifier: MIT
"""Means and paired differences over seeds with 95 % intervals of Student's t, and what they say of
claims, as tables."""

import math
from typing import NamedTuple

import numpy


class Claim(NamedTuple):
    """`sign` times (the arm less its base, or the arm alone) is less than `margin`."""
    words: str
    measure: str
    arm: str
    base: str | None = None
    sign: int = 1
    margin: float = 0.0


def student(freedom, share=0.95):
    """The bound that |t| of so many degrees of freedom stays within, by its density's integral."""
    log_c = (math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
             - math.log(freedom * math.pi) / 2)
    t = numpy.linspace(0, 200, 400_001)
    density = numpy.exp(log_c - (freedom + 1) / 2 * numpy.log1p(t * t / freedom))
    within = numpy.cumsum((density[1:] + density[:-1]) * (t[1] - t[0]))
    return float(numpy.interp(share, within, t[1:]))


def interval(values):
    """(mean, half-width) of values over seeds; a half-width of one seed is infinite."""
    values = numpy.asarray(values, dtype=float)
    n = len(values)
    if n < 2:
        return float(values.mean()), math.inf
    return float(values.mean()), student(n - 1) * float(values.std(ddof=1)) / math.sqrt(n)


def effect_of(values, scale):
    """Mean by deviation; not a number where the deviation is rounding of values of size `scale`."""
    deviation = values.std(ddof=1) if len(values) > 1 else 0.0
    return values.mean() / deviation if deviation > 1e-12 * scale else math.nan


def verdict(claim, mean, half, seeds):
    """Two seeds may agree by chance: fewer than three decide nothing."""
    low, high = sorted(claim.sign * (mean + side * half) for side in (-1, 1))
    if seeds < 3 or low <= claim.margin <= high or math.isnan(half):
        return "undecided"
    return "holds" if high < claim.margin else "refuted"


def judged(claim, arms, measures):
    """The row of a claim: what, of what, difference with its interval, effect, and verdict."""
    values = measures[claim.measure]
    less = numpy.array(values[arms.index(claim.arm)], dtype=float)
    scale = numpy.abs(less).max()
    if claim.base:
        less -= values[arms.index(claim.base)]
    mean, half = interval(less)
    of = f"{claim.arm} less {claim.base}" if claim.base else claim.arm
    bound = f"{'<' if claim.sign > 0 else '>'} {claim.sign * claim.margin + 0.0:.4g}"
    return [claim.words, claim.measure, of, f"{mean:+.4f} [{mean - half:+.4f}, {mean + half:+.4f}]",
            f"{effect_of(less, scale):+.2f}", bound, verdict(claim, mean, half, len(less))]


def aligned(rows):
    """Rows of words as lines, columns flush."""
    wide = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(f"{word:{w}}" for word, w in zip(row, wide)).rstrip() for row in rows]


def by_seed(arms, measures):
    return aligned([[arm, name, *(f"{x:.5g}" for x in values[at])]
                    for at, arm in enumerate(arms) for name, values in measures.items()])


def table(arms, measures, claims, costs=None):
    """measures: name -> (arms, seeds); costs: title -> a word for each arm"""
    seeds, costs = next(iter(measures.values())).shape[1], costs or {}
    rows = [["", *measures, *costs]]
    for at, arm in enumerate(arms):
        cells = (interval(values[at]) for values in measures.values())
        rows.append([arm, *(f"{m:.4f} +- {h:.4f}" for m, h in cells),
                     *(words[at] for words in costs.values())])
    heads = ["claim", "of", "arm", "mean [95 % interval]", "effect", "claimed", "so"]
    found = aligned([heads, *(judged(claim, arms, measures) for claim in claims)])
    return "\n".join([f"mean over {seeds} seeds +- half of its 95 % interval", *aligned(rows), "",
                      "paired by seed; effect: mean by deviation over seeds", *found, "",
                      "by seed", *by_seed(arms, measures)])
