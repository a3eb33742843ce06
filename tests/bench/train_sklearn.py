#!/usr/bin/env python3
"""Test accuracy on the digits: scikit-learn's MLPClassifier, and `moebius train` beside it.

    python3 train_sklearn.py [--data data/digits.csv] [--splits 32] [--epochs 60] [--ours train.json]

One hidden layer of 32 ReLU units, batches of 128, pixels / 16, as many stratified 80/20 splits as
asked for, a split and a seed each. So that scikit-learn is not held to settings that were chosen for
others, the rate is tuned for each optimiser on four further splits, alpha is tried at 0 and at its
default, and the best is taken. `tol` never stops a run, so that all take the same epochs.

--ours is the JSON of `moebius train`: column test_accuracy of its table `models`.
"""

import argparse
import json
import statistics
import warnings

import numpy
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

GRID = [("sgd", rate, alpha) for rate in (0.03, 0.1, 0.3) for alpha in (0, 1e-4)] + [
    ("adam", rate, alpha) for rate in (1e-3, 3e-3, 1e-2) for alpha in (0, 1e-4)]


def accuracy(x, y, epochs, seed, solver, rate, alpha):
    """Test accuracy of the split and the model of a seed."""
    inside, outside, known, wanted = train_test_split(x, y, test_size=0.2, stratify=y,
                                                      random_state=seed)
    model = MLPClassifier((32,), activation="relu", solver=solver, alpha=alpha, batch_size=128,
                          learning_rate_init=rate, momentum=0.9, max_iter=epochs, tol=0,
                          n_iter_no_change=epochs, random_state=seed)
    model.fit(inside, known)
    return model.score(outside, wanted)


def summary(name, values):
    spread = statistics.stdev(values)
    print(f"{name:44}{statistics.mean(values):8.4f}{spread:9.4f}"
          f"{spread / len(values) ** 0.5:9.4f}{min(values):9.4f}{max(values):9.4f}{len(values):6}")


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--data", default="data/digits.csv")
    words.add_argument("--splits", type=int, default=32)
    words.add_argument("--epochs", type=int, default=60)
    words.add_argument("--ours")
    words = words.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is what we want
    table = numpy.loadtxt(words.data, delimiter=",")
    x, y = table[:, :-1] / 16, table[:, -1].astype(int)

    print(f"{'':44}    mean   spread    error      min      max  runs")
    for kind in ("sgd", "adam"):
        tuned = {setting: statistics.mean(accuracy(x, y, words.epochs, 1000 + seed, *setting)
                                          for seed in range(4))
                 for setting in GRID if setting[0] == kind}
        solver, rate, alpha = max(tuned, key=tuned.get)
        summary(f"scikit-learn {solver}, rate {rate:g}, alpha {alpha:g}",
                [accuracy(x, y, words.epochs, seed, solver, rate, alpha)
                 for seed in range(words.splits)])
    if words.ours:
        summary(f"moebius, {words.ours}", json.load(open(words.ours))["models"]["test_accuracy"])


if __name__ == "__main__":
    main()
