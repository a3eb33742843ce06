#!/usr/bin/env python3
"""Reading tables of tokens: time beside pandas and numpy, and memory beside the table of doubles.

    python3 read_tables.py build/release/tests/bench/read_tables FOLDER

FOLDER gets tables of some 100 MB: normal numbers of 17 digits, and whole numbers from 0 to 16. Each is
read five times by each program, in turn; the least time of CPU counts, since others use the machine.
"""
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy
import pandas


def seconds_of(read, file):
    start = time.process_time()
    read(file)
    return time.process_time() - start


def ours(program, file):
    words = subprocess.run([program, file], check=True, capture_output=True, text=True).stdout.split()
    return float(words[0]), int(words[2]) / int(words[1])


def main():
    program, folder = sys.argv[1], Path(sys.argv[2])
    draw = numpy.random.default_rng(1)
    normal, whole = draw.normal(size=(100000, 65)), draw.integers(0, 17, size=(600000, 65))
    numpy.savetxt(folder / "normal.csv", normal, delimiter=",", fmt="%.17g")
    numpy.savetxt(folder / "whole.csv", whole, delimiter=",", fmt="%d")
    numpy.save(folder / "normal.npy", normal)
    numpy.save(folder / "whole.npy", whole.astype("u1"))
    print(f"{'':12}{'MB':>6}{'ours, s':>9}{'MB/s':>7}{'other, s':>10}{'ratio':>7}   memory / table of doubles")
    for name in ("normal.csv", "whole.csv", "normal.npy", "whole.npy"):
        file = folder / name
        other = (lambda f: pandas.read_csv(f, header=None)) if name.endswith("csv") else \
            (lambda f: numpy.load(f).astype(float))
        times, theirs = [], []
        for _ in range(5):
            took, memory = ours(program, file)
            times.append(took)
            theirs.append(seconds_of(other, file))
        size = os.path.getsize(file) / 1e6
        print(f"{name:12}{size:6.0f}{min(times):9.3f}{size / min(times):7.0f}{min(theirs):10.3f}"
              f"{min(theirs) / min(times):7.1f}   {memory:.3f}")


main()
