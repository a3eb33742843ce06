#!/usr/bin/env python3
"""Branches of cycles by AUTO-07p and by moebius, in turn on one thread: CPU time at equal error of
the period.

Both follow each branch at several settings (AUTO's NTST, our tolerance). A row's error is its
distance from the reference curve in the plane of the parameter, in lengths of the branch's span, and
the logarithm of the period; printed are the largest one of the branch, and for the cheapest settings
that keep it below --error (or what both reach) the ratio of the times. The reference is moebius at tolerance 1e-11 in
short steps; how far a second one, in other steps, lies from it is printed, too, and AUTO's finest
mesh tells from outside whether it is right. AUTO's time is that of its whole process, ours that of the
call (cycles_bench); the least of the runs is taken. Debian's packages auto-07p and gfortran are
needed; `cmake -DMOEBIUS_BUILD_BENCH=ON` builds cycles_bench.
"""

import argparse
import math
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
# step, points, and where they end (as in cycles_bench.cpp)
systems = {
    "fitzhugh_nagumo": (2, "1:[1.0]", "0.01", "0.02", "0.1", "400", "1:[0.0]"),
    "abc": (3, "1:[0.4]", "0.02", "0.02", "0.2", "400", "1:[0.25]"),
    "lorenz": (3, "1:[28.0]", "0.5", "0.5", "25.0", "400", "11:[500.0]"),
    "neural_mass": (3, "1:[-0.9]", "0.1", "0.05", "2.0", "400", "11:[10.0]"),
    "controlled_experts": (4, "1:[12.0]", "0.1", "0.02", "0.5", "800", "11:[250.0]"),
}
meshes = (10, 15, 20, 25, 35, 50, 70, 100, 140, 200, 280, 400)
tolerances = ("1e-2", "1e-3", "1e-4", "1e-5", "1e-6", "1e-7", "1e-8")
around = 6  # points of the reference through which it is interpolated
candidates = 4  # of its parts, for the nearest one


def constants(file, **changes):
    text = (here / file).read_text()
    for name, value in changes.items():
        text = re.sub(rf"\b{name}=(\{{[^}}]*\}}|[^,\n]*)", f"{name}={value}", text)
    return text


def spent(command, may_fail=False, **how):
    """Its CPU time in ms, and what it wrote."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, text=True, capture_output=True,
                          env=os.environ | {"OMP_NUM_THREADS": "1"}, **how)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0 and not may_fail:
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
        took, _ = spent(self.command, may_fail=True, cwd=self.folder)  # it aborts at NaN
        # columns: branch, point, type, label, parameter, norm, maxima, period
        return took, [(number(row[4]), number(row[-1])) for row in rows(self.folder)]


def our_cycles(program, system, tolerance, step):
    lines = spent([program, system, tolerance, step])[1].splitlines()
    points = [line.split() for line in lines[1:] if not line.startswith("fold")]
    return float(lines[0]), [tuple(map(float, words)) for words in points]


def lagrange(at, nodes, values):
    """The polynomial through these values, and its slope, by Neville's scheme."""
    value, slope = list(values), [0.0] * len(values)
    for order in range(1, len(nodes)):
        for i in range(len(nodes) - order):
            a, b = nodes[i], nodes[i + order]
            slope[i] = ((at - a) * slope[i + 1] + value[i + 1]
                        + (b - at) * slope[i] - value[i]) / (b - a)
            value[i] = ((at - a) * value[i + 1] + (b - at) * value[i]) / (b - a)
    return value[0], slope[0]


def span(values):
    values = list(values)
    return max(values) - min(values)


class reference_curve:
    """Parameter and period by a length that extremes count in, too: in a canard explosion they
    alone change."""

    def __init__(self, points):
        self.span = span(p for p, *_ in points)
        sizes = [span(extreme) or 1 for extreme in list(zip(*points))[2:]]
        self.points, self.way, last = [], [], None
        for point in points:
            now = [*self.place(point), *(x / size for x, size in zip(point[2:], sizes))]
            length = math.dist(now, last) if last else 1.0
            if length > 1e-12:
                self.points.append(tuple(now[:2]))
                self.way.append(self.way[-1] + length if last else 0.0)
                last = now

    def place(self, point):
        return point[0] / self.span, math.log(point[1])

    def distance(self, point):
        """From the curve, whose two ways through a canard explosion lie side by side."""
        x = self.place(point)
        far = [math.inf, *(math.dist(x, on) for on in self.points), math.inf]
        lowest = [k for k in range(len(self.points)) if far[k] >= far[k + 1] <= far[k + 2]]
        return min(self.distance_near(k, x)
                   for k in sorted(lowest, key=lambda k: far[k + 1])[:candidates])

    def distance_near(self, nearest, x):
        first = max(0, min(nearest - around // 2, len(self.points) - around))
        nodes = self.way[first:first + around]
        axes = list(zip(*self.points[first:first + around]))
        low, high = (self.way[min(max(nearest + side, 0), len(self.way) - 1)] for side in (-1, 1))
        at, least = self.way[nearest], math.inf
        for _ in range(20):  # Newton's method for the foot of the perpendicular
            on = [lagrange(at, nodes, axis) for axis in axes]
            least = min(least, math.dist(x, [value for value, _ in on]))
            along = sum((a - value) * slope for a, (value, slope) in zip(x, on))
            at = min(max(at + along / sum(slope**2 for _, slope in on), low), high)
        return least

    def error(self, points):
        """The largest distance of what lies no farther than the reference goes."""
        if not all(map(math.isfinite, sum(points, ()))):
            return math.inf
        longest = max(y for _, y in self.points)
        return max(self.distance(point) for point in points if math.log(point[1]) <= longest)


def measured(program, scratch, system, count):
    """Of each setting the least time, the points and the error; the reference's own error."""
    exact = reference_curve(our_cycles(program, system, "1e-11", "0.02")[1])
    settings = {("AUTO", f"NTST {n}"): auto_cycles(scratch, system, n).run for n in meshes}
    for tolerance in tolerances:
        settings["moebius", tolerance] = lambda t=tolerance: our_cycles(program, system, t, "1")
    times = {key: [] for key in settings}
    for _ in range(count):
        for key, run in settings.items():
            times[key].append(run())
    least = {key: min(found, key=lambda run: run[0]) for key, found in times.items()}
    return ({key: (took, len(points), exact.error(points)) for key, (took, points) in least.items()},
            exact.error(our_cycles(program, system, "1e-11", "0.03")[1]))


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--bench", type=Path, help="the program cycles_bench",
                       default=here.parents[2] / "build/release/tests/bench/cycles_bench")
    asked.add_argument("--runs", type=int, default=11, help="runs of each, at least 1")
    asked.add_argument("--error", type=float, default=1e-6, help="at which times are compared")
    asked.add_argument("--systems", nargs="+", default=list(systems), choices=systems)
    arguments = asked.parse_args()
    program = arguments.bench.resolve()
    with tempfile.TemporaryDirectory() as name:
        for system in arguments.systems:
            found, own = measured(program, name, system, arguments.runs)
            print(f"{system}: the reference errs by {own:.0e}")
            for (who, how), (took, points, error) in found.items():
                print(f"  {who:8} {how:9} {took:8.1f} ms {points:5} points  error {error:.1e}")
            best = {}
            whose = ("AUTO", "moebius")
            least = [min(run[2] for key, run in found.items() if key[0] == who) for who in whose]
            wanted = max(arguments.error, 1.1 * max(least))
            for who in whose:
                good = {key: run for key, run in found.items()
                        if key[0] == who and run[2] <= wanted}
                best[who] = min(good.items(), key=lambda run: run[1][0])
            (_, a), (their, *_) = best["AUTO"]
            (_, b), (ours, *_) = best["moebius"]
            print(f"  error <= {wanted:.1e}: moebius at {b} takes {ours / their:.2f} of AUTO's time "
                  f"at {a}", flush=True)


main()
