#!/usr/bin/env python3
"""Indicators of collapse beside the warnings of `moebius diagnose` on the same runs: ROC of data/results/diagnose-learning.txt.

    python3 learning_roc.py FOLDER FIRST_SEED        after learning_logs.py; needs ewstools

Each run that collapses is cut at .8 of the time to it, and a healthy run of its group at the same step. Indicators see the loads' shares
until then, of the expert whose last 100 steps gave it most: variance and lag-1 autocorrelation of the last 500 steps, F(64)/F(1), swing
of all loads (20 means of 20 steps, less a parabola, over the noise of steps), and ewstools: Gaussian detrending of bandwidth .2, rolling
window .25, Kendall's tau of variance and of lag-1. `warned_at` has one point of a ROC and no area.
"""
import csv
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy

CUT, FALSE = 0.8, 0.05


def indicators(shares):
    """Of (steps, E) shares."""
    import ewstools
    one = shares[:, shares[-100:].mean(0).argmax()]
    last = one[-500:] - one[-500:].mean()
    kept = {"variance": last.var(), "lag-1": (last[1:] * last[:-1]).mean() / last.var(), "F(64)/F(1)": dispersion(one),
            "swing of all loads": swing(shares)}
    series = ewstools.TimeSeries(one)
    series.detrend(method="Gaussian", bandwidth=0.2)
    series.compute_var(rolling_window=0.25)
    series.compute_auto(lag=1, rolling_window=0.25)
    series.compute_ktau()
    return {**kept, "ewstools, tau of variance": series.ktau["variance"], "ewstools, tau of lag-1": series.ktau["ac1"]}


def dispersion(one, window=64):
    """Variance of means of `window` steps over that of independent steps, less a straight line."""
    blocks = one[len(one) % window:].reshape(-1, window).mean(1)
    steps = numpy.diff(one).var() / 2
    at = numpy.arange(len(blocks))
    return (blocks - numpy.polyval(numpy.polyfit(at, blocks, 1), at)).var(ddof=2) * window / steps if len(blocks) > 2 else numpy.nan


def swing(shares, length=20, count=20):
    """Variance of means of `length` steps, less a parabola, over that which the noise of steps gives, of all experts."""
    last = shares[-length * count:]
    blocks = last[len(last) % length:].reshape(-1, length, shares.shape[1]).mean(1)
    basis = numpy.vander(numpy.linspace(-1, 1, len(blocks)), 3)
    left = blocks - basis @ numpy.linalg.lstsq(basis, blocks, rcond=None)[0]
    noise = numpy.diff(last, axis=0).var(0).sum() / 2
    return (left**2).sum() / (len(blocks) - 3) * length / noise


def area(fallen, healthy):
    """Under the ROC, and the share of the fallen above all but FALSE of the healthy."""
    above = (fallen[:, None] > healthy).mean() + (fallen[:, None] == healthy).mean() / 2
    return above, (fallen > numpy.quantile(healthy, 1 - FALSE)).mean()


def pair(task):
    shares, cut = task
    return indicators(shares[:cut])


def main():
    folder, first = Path(sys.argv[1]), sys.argv[2]
    counts = {}
    if (folder / "counts.npz").exists():  # of all logs, by their names
        counts = numpy.load(folder / "counts.npz")
    rows = list(csv.DictReader(open(folder / f"runs-{first}.csv")))
    tasks, warned = {"0": [], "1": []}, {"0": [], "1": []}
    logs = {}

    def shares(row):
        name = f"{row['data']}-{row['experts']}-{row['optimiser']}-{'ramped' if row['ramped'] == '1' else 'still'}-{first}"
        if name not in logs:
            logs[name] = counts[name] if name in counts else numpy.load(folder / f"{name}.npz")["counts"]
        loads = logs[name][:, int(row["run"])].astype(float)
        return loads / loads.sum(1, keepdims=True)

    still = {(row["data"], row["experts"], row["optimiser"], row["run"]): row for row in rows if row["ramped"] == "0"}
    for row in rows:
        if row["ramped"] == "1" and row["collapse"]:
            cut = int(CUT * float(row["collapse"]))
            for one in (row, still[row["data"], row["experts"], row["optimiser"], row["run"]]):
                tasks[one["ramped"]].append((shares(one), cut))
                warned[one["ramped"]].append(float(one["counts"]) <= cut)
    with ProcessPoolExecutor(os.cpu_count()) as side_by_side:
        told = {key: list(side_by_side.map(pair, of, chunksize=8)) for key, of in tasks.items()}
    print(f"{len(tasks['1'])} collapses and as many healthy runs: area, caught at {FALSE:.0%} false alarms")
    for name in told["1"][0]:
        fallen, healthy = (numpy.array([one[name] for one in told[key]]) for key in "10")
        print(f"{name:28} {area(fallen, healthy)[0]:.3f} {area(fallen, healthy)[1]:.2f}")
    print(f"{'warned_at by counts':28} caught {numpy.mean(warned['1']):.3f} at {numpy.mean(warned['0']):.1%} false alarms")


if __name__ == "__main__":
    main()
