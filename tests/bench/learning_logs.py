#!/usr/bin/env python3
"""Warnings of `moebius diagnose` on ensembles of `moebius train`: false alarms, and leads before collapse.

    python3 learning_logs.py MOEBIUS FOLDER FIRST_SEED [SEEDS]

For each of digits and teacher, 4 and 8 experts, adam and sgd, SEEDS runs (25) of 3,000 steps are trained without feedback and as
many whose feedback rises from 0 to 60. They are logged with moments, which tell the loop's gain; those are taken out before
`diagnose` sees the log, once with what the log says of the run and once with counts alone. A run has collapsed when one expert has half of all
choices, as a mean of 50 steps. FOLDER keeps the logs; FIRST_SEED should be new to whoever chose thresholds.
"""
import csv
import io
import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy

STEPS, HALF, LEAD = 3000, 50, 0.2


def train(program, file, data, batch, experts, optimiser, ramped, seeds, seed):
    settings = ["step=0.02", f"switch_loss={0.3 if experts == 4 else 0.1}"] + ["feedback_end=60"] * ramped
    command = [program, "train", "--data", data, "--batch", batch, "--experts", experts, "--optimiser", optimiser, "--steps", STEPS,
               "--seeds", seeds, "--seed", seed, "--record-every", 1, "--threads", 1, "--moments", "--log", file, "--set", *settings]
    subprocess.run([str(word) for word in command + ["--ramp", STEPS] * ramped], check=True, stdout=subprocess.DEVNULL)


def warnings(program, folder, arrays, kept):
    """Step of the first warning of each run, NaN if there is none."""
    numpy.savez(folder / "seen.npz", **{name: arrays[name] for name in kept})
    said = subprocess.run([program, "diagnose", folder / "seen.npz", "--format", "csv"], check=True, capture_output=True, text=True).stdout
    return [float(row["warned_at"] or "nan") for row in csv.DictReader(io.StringIO(said))]


def collapse_of(loads):
    """The first step after which 50 steps gave one expert half of their choices; None if none did."""
    sums = numpy.cumsum(loads / loads.sum(1, keepdims=True), 0)
    most = (sums[HALF:] - sums[:-HALF]).max(1) / HALF
    return int(numpy.argmax(most >= 0.5)) + HALF if (most >= 0.5).any() else None


def gain_at(moments, beta, step, window=50):
    """The largest slope of the mean loads on the scores around a step."""
    sums = moments[max(0, step - window):step].sum(0)
    tokens = sums.sum()
    return float(numpy.linalg.eigvalsh(beta * (numpy.diag(sums.sum(1)) - sums) / tokens)[-1])


def main():
    program, folder, first = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    seeds = int(sys.argv[4]) if len(sys.argv) > 4 else 25
    rows = []
    groups = itertools.product((("digits", "data/digits.csv", 128), ("teacher", "teacher:8/16/8/2000", 256)), (4, 8), ("adam", "sgd"), (0, 1))
    for place, ((name, data, batch), experts, optimiser, ramped) in enumerate(groups):
        file = folder / f"{name}-{experts}-{optimiser}-{'ramped' if ramped else 'still'}-{first}.npz"
        if not file.exists():
            train(program, file, data, batch, experts, optimiser, ramped, seeds, first + 1000 * place)
        arrays = dict(numpy.load(file))
        config = json.loads(str(arrays["config"]))
        told = {"config": warnings(program, folder, arrays, ("counts", "config")), "counts": warnings(program, folder, arrays, ("counts",))}
        for run in range(seeds):
            collapse = collapse_of(arrays["counts"][:, run].astype(float))
            row = {"data": name, "experts": experts, "optimiser": optimiser, "ramped": ramped, "collapse": collapse or "",
                   "config": told["config"][run], "counts": told["counts"][run]}
            if collapse:
                at = int((1 - LEAD) * collapse)
                row["gain"] = 60 * at / STEPS * gain_at(arrays["moments"][:, run], config.get("beta", 1), at)
            rows.append(row)
        print(file.name, sum(bool(row["collapse"]) for row in rows[-seeds:]), "collapse", flush=True)
    with open(folder / f"runs-{first}.csv", "w", newline="") as out:
        writer = csv.DictWriter(out, ["data", "experts", "optimiser", "ramped", "collapse", "config", "counts", "gain"])
        writer.writeheader()
        writer.writerows(rows)
    for kind in ("config", "counts"):
        healthy = [row for row in rows if not row["ramped"]]
        fallen = [row for row in rows if row["collapse"]]
        alarms = sum(row[kind] == row[kind] for row in healthy)
        for name in ("digits", "teacher"):
            of = [row for row in fallen if row["data"] == name]
            early = sum(row["collapse"] - row[kind] >= LEAD * row["collapse"] for row in of)
            print(f"{kind:7} {name:8} lead of a fifth {early} of {len(of)}, any {sum(row[kind] < row['collapse'] for row in of)}")
        print(f"{kind:7} false alarms {alarms} of {len(healthy)}")


main()
