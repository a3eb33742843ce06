#!/usr/bin/env python3
"""AUTO-07p and moebius side by side: whole runs on two experts, then the cost a point on N experts and
of Swift-Hohenberg on 64 points.

Debian's packages auto-07p and gfortran are needed. The programs take turns, each on one thread, and
each run is a whole process that writes its results. Errors are against the closed forms; AUTO's are
read from fort.7, which holds ten digits, so that at values of 20 nothing below 1e-9 shows. For N experts
ours is the time inside the library, of moebius_bench (which checks its folds and cusp first); AUTO's
is its whole process. Both are CPU time there, so that other work on the machine tells little.
"""

import argparse
import json
import math
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from auto import here, link_auto, number, rows

tight = {"EPSL": "1e-12", "EPSU": "1e-12", "EPSS": "1e-10", "ITMX": "30", "ITNW": "9"}
auto_types = {1: "BP", 2: "LP", 22: "CP", -22: "CP"}
model = ["--model", "two-expert", "--set", "beta=1", "--set", "decay=1"]
works = {
    "branches": ["diagram", *model, "--vary", "feedback=0.5:20", "--max-step", "0.1"],
    "hysteresis": ["diagram", *model, "--set", "feedback=20", "--vary", "bias=-16:16",
                   "--max-step", "0.1"],
    "folds": ["locus", *model, "--vary", "feedback=1.5:20", "--vary", "bias=-16:16",
              "--max-step", "0.1"],
}


class auto_run:
    """One work of AUTO's, in a folder of its own; its answer is in fort.7."""

    def __init__(self, program, scratch, work, changes):
        self.folder = Path(tempfile.mkdtemp(prefix=work, dir=scratch))
        self.command, self.work = [program], work
        self.input = (here / f"c.{work}").read_text()
        for name, value in changes.items():
            self.input = re.sub(rf"\b{name}=[^,\n]*", f"{name}={value}", self.input)

    def points(self):
        """(type, feedback, bias, x) of every point."""
        for words in rows(self.folder):
            kind = auto_types.get(int(words[2]), "")
            values = [number(word) for word in words[4:]]
            if self.work == "branches":
                yield kind, values[0], 0.0, values[2]
            elif self.work == "hysteresis":
                yield kind, 20.0, values[0], values[2]
            else:
                yield kind, values[0], values[3], values[2]


    def rows(self):
        """How many points there are."""
        lines = (self.folder / "fort.7").read_text().splitlines()
        return sum(1 for line in lines if line.split()[0] != "0")


class moebius_run:
    """The same work of ours; its answer is in result.json."""

    def __init__(self, program, scratch, work):
        self.folder = Path(tempfile.mkdtemp(prefix=work, dir=scratch))
        self.command, self.input = [program, *works[work], "--out", "result.json"], ""

    def points(self):
        result = json.loads((self.folder / "result.json").read_text())
        fixed = {"feedback": 20.0, "bias": 0.0} | result["parameters"]
        special = {(p["branch"], p["row"]): p["type"] for p in result["special_points"]}
        for branch in result["branches"]:
            columns = branch["columns"]
            for row, x in enumerate(columns["x"]):
                at = [columns[name][row] if name in columns else fixed[name]
                      for name in ("feedback", "bias")]
                yield special.get((branch["id"], row), ""), *at, x


def time_run(run):
    start = time.perf_counter()
    done = subprocess.run(run.command, input=run.input, text=True, cwd=run.folder,
                          capture_output=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    took = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"compare.py: {run.command[0]} gave {done.returncode}: {done.stderr.strip()}")
    return 1e3 * took


def cpu_time(run):
    def spent():
        of = resource.getrusage(resource.RUSAGE_CHILDREN)
        return of.ru_utime + of.ru_stime

    before = spent()
    time_run(run)
    return 1e3 * (spent() - before)


def fold(u):
    return 2 * math.cosh(u) ** 2, 2 * u - math.sinh(2 * u)


def residual(feedback, bias, x):
    return abs(-x + feedback * math.tanh(x / 2) + bias)


def errors(run):
    """Errors of the special points and of the worst point, in the model's own units."""
    points = list(run.points())
    said = [f"{len(points)} points"]
    fold_bias = abs(fold(math.acosh(math.sqrt(10)))[1])
    for kind, feedback, bias, x in points:
        if kind == "BP":
            said.append(f"BP {abs(feedback - 2):.1e}")
        elif kind == "LP" and feedback == 20:
            said.append(f"LP {abs(abs(bias) - fold_bias):.1e}")
        elif kind == "CP":
            said.append(f"CP {abs(feedback - 2):.1e}, {abs(bias):.1e}, x {abs(x):.1e}")
    said.append(f"residual {max(residual(*at) for _, *at in points):.1e}")
    if run.folder.name.startswith("folds"):
        off = max(math.dist(fold(x / 2), (feedback, bias)) for _, feedback, bias, x in points)
        said.append(f"off the fold set at the same u {off:.1e}")
    return "; ".join(said)


def auto_many(scratch):
    """AUTO's milliseconds of CPU time and points by (work, states)."""
    program, result = link_auto(scratch, "n_expert"), {}
    for experts in (8, 64, 256):
        size = {"NDIM": str(experts)}
        run = auto_run(program, scratch, "winner", size)
        run.input = run.input.replace("16.001", f"{2 * experts}.001")
        result["winner", experts] = cpu_time(run), run.rows()
        if experts == 64:
            folds = auto_run(program, scratch, "winner_folds", size)
            shutil.copy(run.folder / "fort.8", folds.folder / "s.start")
            result["winner_folds", experts] = cpu_time(folds), folds.rows()
    waves = auto_run(link_auto(scratch, "swift_hohenberg"), scratch, "swift_hohenberg", {})
    result["swift_hohenberg", 64] = cpu_time(waves), waves.rows()
    return result


def our_many(program):
    """Our milliseconds of CPU time and points by (work, states), in the space of all of them."""
    done = subprocess.run([program, "--benchmark_filter=^winner|^swift", "--benchmark_format=json"],
                          check=True, text=True, capture_output=True)
    result = {}
    for entry in json.loads(done.stdout)["benchmarks"]:
        if entry.get("error_occurred"):
            sys.exit(f"compare.py: {entry['name']}: {entry['error_message']}")
        work, experts = re.fullmatch(r"(\w+)/\w+:(\d+)", entry["name"]).groups()
        result[work, int(experts)] = entry["cpu_time"], int(entry["points"])
    return result


def compare_many(scratch, program):
    auto, ours = auto_many(scratch), our_many(program)
    print(f"{'work':14}{'states':>8}{'AUTO ms':>10}{'points':>8}{'ms/point':>10}"
          f"{'ours ms':>10}{'points':>8}{'ms/point':>10}{'ratio':>9}")
    for (work, experts), (took, points) in ours.items():
        theirs = auto.get((work, experts))
        said = f"{theirs[0]:10.1f}{theirs[1]:8}{theirs[0] / theirs[1]:10.4f}" if theirs else " " * 28
        ratio = f"{took / points / (theirs[0] / theirs[1]):9.5f}" if theirs else ""
        print(f"{work:14}{experts:8}{said}{took:10.3f}{points:8}{took / points:10.5f}{ratio}")


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--moebius", type=Path, help="the program",
                       default=here.parents[2] / "build/release/apps/moebius/moebius")
    asked.add_argument("--runs", type=int, default=21, help="runs of each, at least 1")
    asked.add_argument("--bench", type=Path, help="moebius_bench, for the work on N experts",
                       default=here.parents[2] / "build/release/tests/bench/moebius_bench")
    arguments = asked.parse_args()
    ours = arguments.moebius.resolve()

    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        auto = link_auto(scratch, "two_expert")
        runs = {}
        for work in works:
            runs[work, "AUTO"] = auto_run(auto, scratch, work, {})
            runs[work, "AUTO tight"] = auto_run(auto, scratch, work, tight)
            if ours.exists():
                runs[work, "moebius"] = moebius_run(ours, scratch, work)
        if not ours.exists():
            print(f"compare.py: {ours} is not built; AUTO-07p alone", file=sys.stderr)
        for which in ("AUTO", "AUTO tight"):  # the fold curve starts where the hysteresis has LP1
            start = runs["hysteresis", which]
            time_run(start)
            shutil.copy(start.folder / "fort.8", runs["folds", which].folder / "s.start")

        times = {key: [] for key in runs}
        for _ in range(arguments.runs):
            for key, run in runs.items():
                times[key].append(time_run(run))

        print(f"{arguments.runs} runs, interleaved; whole processes, milliseconds")
        print(f"{'work':12}{'program':12}{'median':>8}{'min':>8}{'max':>8}{'ratio':>8}"
              "  against the closed forms")
        for (work, program), took in times.items():
            median = statistics.median(took)
            ratio = median / statistics.median(times[work, "AUTO"])
            print(f"{work:12}{program:12}{median:8.2f}{min(took):8.2f}{max(took):8.2f}{ratio:8.2f}  "
                  f"{errors(runs[work, program])}")
        if arguments.bench.exists():
            compare_many(scratch, arguments.bench.resolve())
        else:
            print(f"compare.py: {arguments.bench} is not built; N experts are left out",
                  file=sys.stderr)


main()
