# SPDX-License-Identifier: MIT
"""Means and paired differences over seeds, with 95 % intervals of Student's t, as tables."""

import math

import numpy


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


def difference(values, base):
    """'mean [low, high] effect' of values less base, seed by seed; effect: mean by deviation."""
    less = numpy.asarray(values, dtype=float) - numpy.asarray(base, dtype=float)
    mean, half = interval(less)
    deviation = less.std(ddof=1) if len(less) > 1 else 0.0
    rounding = 1e-12 * numpy.abs(values).max()
    effect = mean / deviation if deviation > rounding else math.nan
    return f"{mean:+.4f} [{mean - half:+.4f}, {mean + half:+.4f}] {effect:+6.2f}"


def table(arms, measures, against):
    """measures: name -> (arms, seeds); against: the bases of each arm, by name."""
    seeds = next(iter(measures.values())).shape[1]
    wide = max(len(arm) for arm in arms)
    lines = [f"mean over {seeds} seeds +- half of its 95 % interval",
             " " * wide + "".join(f"  {name:>20}" for name in measures)]
    for at, arm in enumerate(arms):
        cells = (interval(values[at]) for values in measures.values())
        lines.append(f"{arm:{wide}}" + "".join(f"  {m:9.4f} +- {h:7.4f}" for m, h in cells))
    lines.append("less its base, paired by seed: mean [95 % interval] effect (by its deviation)")
    for at, arm in enumerate(arms):
        for base in against[at]:
            lines.append(f"{arm} less {base}")
            lines += [f"    {name:20} {difference(values[at], values[arms.index(base)])}"
                      for name, values in measures.items()
                      if numpy.isfinite(values[[at, arms.index(base)]]).all()]
    lines.append("by seed")
    for at, arm in enumerate(arms):
        lines += [f"    {arm:{wide}}  {name:20} " + " ".join(f"{x:.5g}" for x in values[at])
                  for name, values in measures.items()]
    return "\n".join(lines)
