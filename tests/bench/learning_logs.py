#!/usr/bin/env python3
"""Warnings of `moebius diagnose` on ensembles of `moebius train`: false alarms, and leads before collapse.

    python3 learning_logs.py MOEBIUS FOLDER FIRST_SEED [SEEDS]

For each of digits and teacher, 4 and 8 experts, adam and sgd, SEEDS runs (25) of 3,000 steps are trained without feedback and as
many whose feedback rises from 0 to 60. They are logged with moments, and `diagnose` sees
each log with all that is in it, and with counts alone. A run has collapsed when one expert has half of all
choices, as a mean of 50 steps, and does at the end, too. FOLDER keeps the logs; FIRST_SEED should be new to whoever chose thresholds.
"""
import csv
import io
import itertools
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy

STEPS, HALF, LEAD, FEEDBACK = 3000, 50, 0.2, 60
KINDS = {"counts": ("counts",), "moments": ("counts", "config", "moments", "feedback")}


def train(program, file, data, batch, experts, optimiser, ramped, seeds, seed):
    settings = ["step=0.02", f"switch_loss={0.3 if experts == 4 else 0.1}"] + [f"feedback_end={FEEDBACK}"] * ramped
    command = [program, "train", "--data", data, "--batch", batch, "--experts", experts, "--optimiser", optimiser, "--steps", STEPS,
               "--seeds", seeds, "--seed", seed, "--record-every", 1, "--threads", 1, "--moments", "--log", file, "--set", *settings]
    subprocess.run([str(word) for word in command + ["--ramp", STEPS] * ramped], check=True, stdout=subprocess.DEVNULL)


def warnings(program, file, arrays, kept):
    """Step of the first warning of each run, NaN if there is none."""
    numpy.savez(file, **{name: arrays[name] for name in kept if name in arrays})
    said = subprocess.run([program, "diagnose", file, "--threads", "1", "--format", "csv"], check=True, capture_output=True, text=True).stdout
    file.unlink()
    return [float(row["warned_at"] or "nan") for row in csv.DictReader(io.StringIO(said))]


def collapse_of(loads):
    """The first step after which 50 steps gave one expert half of their choices, as nine in ten of all later ones do; None if
    they do not at the end. Gates that learn give one half for a while by themselves, with feedback and without: digits under adam
    at steps 77 to 150, under sgd for longer."""
    sums = numpy.cumsum(loads / loads.sum(1, keepdims=True), 0)
    half = (sums[HALF:] - sums[:-HALF]).max(1) / HALF >= 0.5
    later = numpy.cumsum(half[::-1])[::-1] / numpy.arange(len(half), 0, -1)
    return int(numpy.argmax(half & (later >= 0.9))) + HALF if half[-HALF:].all() else None


def gain_at(moments, beta, step):
    """Of the loop under the ramp: feedback times the largest slope of the mean loads on the scores, over the HALF steps before."""
    sums = moments[max(0, step - HALF):step].sum(0)
    slope = numpy.linalg.eigvalsh(beta * (numpy.diag(sums.sum(1)) - sums) / sums.sum())[-1]
    return FEEDBACK * (step - HALF / 2) / STEPS * float(slope)


def runs_of(program, folder, first, seeds, place, kind):
    """The runs of a group, as rows of the table; their log is made if it is not there."""
    (name, data, batch), experts, optimiser, ramped = kind
    file = folder / f"{name}-{experts}-{optimiser}-{'ramped' if ramped else 'still'}-{first}.npz"
    if not file.exists():
        train(program, file, data, batch, experts, optimiser, ramped, seeds, first + 1000 * place)
    arrays = dict(numpy.load(file))
    config = json.loads(str(arrays["config"]))
    told = {kind: warnings(program, file.with_suffix(".seen.npz"), arrays, kept) for kind, kept in KINDS.items()}
    rows = []
    for run in range(seeds):
        collapse = collapse_of(arrays["counts"][:, run].astype(float))
        row = {"data": name, "experts": experts, "optimiser": optimiser, "ramped": ramped, "run": run, "collapse": collapse or "",
               **{kind: told[kind][run] for kind in KINDS}}
        if ramped and collapse:
            row["gain"] = gain_at(arrays["moments"][:, run], config["beta"], int((1 - LEAD) * collapse))
        rows.append(row)
    print(file.name, sum(bool(row["collapse"]) for row in rows), "collapse", flush=True)
    return rows


def main():
    program, folder, first = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    seeds = int(sys.argv[4]) if len(sys.argv) > 4 else 25
    groups = itertools.product((("digits", "data/digits.csv", 128), ("teacher", "teacher:8/16/8/2000", 256)), (4, 8), ("adam", "sgd"), (0, 1))
    with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
        parts = side_by_side.map(lambda group: runs_of(program, folder, first, seeds, *group), enumerate(groups))
        rows = [row for part in parts for row in part]
    with open(folder / f"runs-{first}.csv", "w", newline="") as out:
        writer = csv.DictWriter(out, ["data", "experts", "optimiser", "ramped", "run", "collapse", *KINDS, "gain"])
        writer.writeheader()
        writer.writerows(rows)
    report(rows)


def report(rows):
    """Of all, and of each group."""
    healthy = [row for row in rows if not row["ramped"] and not row["collapse"]]
    fallen = [row for row in rows if row["ramped"] and row["collapse"]]
    for kind in KINDS:
        print(f"{kind}: false alarms {sum(row[kind] == row[kind] for row in healthy)} of {len(healthy)}, lead of a fifth "
              f"{sum(leads(row, row[kind]) >= LEAD for row in fallen)} of {len(fallen)}, before {sum(leads(row, row[kind]) > 0 for row in fallen)}; "
              f"ramped and without a collapse {sum(row[kind] == row[kind] for row in rows if row['ramped'] and not row['collapse'])}")
    for key in sorted({group(row) for row in rows}):
        of = [row for row in rows if group(row) == key]
        down = [row for row in of if row in fallen]
        gains = numpy.percentile([row["gain"] for row in down], (10, 50, 90)).round(1) if down else ""
        print(*key, f"false {sum(row['counts'] == row['counts'] for row in of if row in healthy)} of {sum(row in healthy for row in of)}, "
              f"lead of a fifth {sum(leads(row, row['counts']) >= LEAD for row in down)} of {len(down)}, gain at .8 of it", gains)


def group(row):
    return row["data"], row["experts"], row["optimiser"]


def leads(row, warned):
    """Share of the time to the collapse by which a warning leads it; NaN if there was none."""
    return (row["collapse"] - warned) / row["collapse"]


if __name__ == "__main__":
    main()
