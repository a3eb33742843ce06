#!/usr/bin/env python3
"""Branches of cycles by AUTO-07p and by moebius, in turn on one thread: CPU time against the error
of the periods at their folds.

AUTO's time is that of its whole process, ours that of the call (cycles_bench); the least of the
runs is printed. The error is the largest relative one of the periods at the folds (LP, LPC), against
moebius at tolerance 1e-11, or how many folds came where their number differs. Ours are located on a
mesh finer than the branch's, so that their errors say little of the branch. Lorenz has no fold.
Debian's packages auto-07p and gfortran are needed; `cmake -DMOEBIUS_BUILD_BENCH=ON` builds
cycles_bench.
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from auto import here, link_auto, number, rows

# states; where the run of equilibria ends and its longest step; of the cycles: first and longest
# step, points, and where they end
systems = {
    "fitzhugh_nagumo": (2, "1:[1.0]", "0.01", "0.02", "0.1", "400", "1:[0.0]"),
    "abc": (3, "1:[0.4]", "0.02", "0.02", "0.2", "400", "1:[0.25]"),
    "lorenz": (3, "1:[28.0]", "0.5", "0.5", "25.0", "45", "11:[600.0]"),
}


def constants(file, **changes):
    text = (here / file).read_text()
    for name, value in changes.items():
        text = re.sub(rf"\b{name}=(\{{[^}}]*\}}|[^,\n]*)", f"{name}={value}", text)
    return text


def spent(command, **how):
    """Its CPU time in ms, and what it wrote."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, text=True, capture_output=True,
                          env=os.environ | {"OMP_NUM_THREADS": "1"}, **how)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"cycles.py: {command[0]} gave {done.returncode}: {done.stderr.strip()}")
    took = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return 1e3 * took, done.stdout


class auto_cycles:
    def __init__(self, scratch, system, mesh):
        states, rest_end, rest_step, first, longest, points, end = systems[system]
        self.folder = Path(tempfile.mkdtemp(prefix=system, dir=scratch))
        self.command = [str(link_auto(self.folder, system))]
        rest = constants("c.rest", NDIM=states, DSMAX=rest_step, UZSTOP=f"{{{rest_end}}}")
        (self.folder / "fort.2").write_text(rest)
        spent(self.command, cwd=self.folder)
        shutil.copy(self.folder / "fort.8", self.folder / "fort.3")
        hopf = next(row[3] for row in rows(self.folder) if int(row[2]) == 3)
        (self.folder / "fort.2").write_text(constants(
            "c.cycles", NDIM=states, IRS=hopf, DS=first, NTST=mesh, DSMAX=longest, NMX=points,
            UZSTOP=f"{{{end}}}"))

    def run(self):
        took, _ = spent(self.command, cwd=self.folder)
        found = list(rows(self.folder))
        # columns: branch, point, type, label, parameter, norm, maxima, period
        folds = [number(row[-1]) for row in found if int(row[2]) == 5]
        return took, folds, number(found[-1][-1])


def our_cycles(program, system, tolerance):
    words = spent([program, system, tolerance])[1].split()
    return float(words[0]), [float(w) for w in words[2:]], float(words[1])


def error(found, exact):
    if len(found) != len(exact):
        return f"{len(found)} folds"
    return f"{max(abs(a / b - 1) for a, b in zip(found, exact)):.1e}" if exact else "-"


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--bench", type=Path, help="the program cycles_bench",
                       default=here.parents[2] / "build/release/tests/bench/cycles_bench")
    asked.add_argument("--runs", type=int, default=11, help="runs of each, at least 1")
    arguments = asked.parse_args()
    program = arguments.bench.resolve()
    with tempfile.TemporaryDirectory() as name:
        for system in systems:
            exact = our_cycles(program, system, "1e-11")[1]
            runs = {f"AUTO, NTST {n}": auto_cycles(name, system, n).run for n in (15, 25, 50, 100)}
            for tolerance in ("1e-4", "1e-6", "1e-8"):
                runs[f"moebius, {tolerance}"] = (
                    lambda t=tolerance: our_cycles(program, system, t))
            times = {key: [] for key in runs}
            for _ in range(arguments.runs):
                for key, run in runs.items():
                    times[key].append(run())
            for key, found in times.items():
                took, folds, last = min(found)
                print(f"{system:16} {key:16} {took:8.1f} ms  error {error(folds, exact):8}"
                      f"  last period {last:.6g}", flush=True)


main()
