#!/usr/bin/env python3
"""The bifurcation labels of AUTO-07p's demos, AUTO's beside ours.

AUTO follows each demo's equilibria (fixed points of maps), the cycles from its Hopf points and, once
more, from what branches off these; auto_demos does the same. Each label of AUTO's is printed with the
nearest one of ours of its type, whether they agree to six digits of the parameter (and four of the
period), and with what is left of our equations there. Debian's packages auto-07p and gfortran are
needed; `cmake -DMOEBIUS_BUILD_BENCH=ON` builds auto_demos.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from auto import here, link_auto, number, rows

# states, position of the parameter, its range, longest step of equilibria and of cycles, where
# periods end, and whether it is a map
demos = {
    "ab": (2, 1, (0, 0.4), 0.01, 0.1, 1000, False),
    "abc": (3, 1, (0, 0.4), 0.01, 0.1, 1000, False),
    "enz": (2, 1, (0, 500), 2.0, 0.1, 1000, False),
    "fhn": (2, 1, (0, 1), 0.01, 0.1, 1000, False),
    "lrz": (3, 1, (0, 30), 0.5, 2.0, 12, False),
    "tor": (3, 1, (-0.9, -0.5), 0.01, 0.05, 40, False),
    "plp": (2, 4, (2, 20), 0.5, 2.0, 100, False),
    "pp2": (2, 1, (0, 1), 0.01, 0.1, 36, False),
    "pp3": (3, 1, (0, 1), 0.01, 0.1, 150, False),
    "chu": (3, 1, (-1, 15), 0.1, 0.2, 12, False),
    "lcbp": (2, 1, (0.5, 3), 0.1, 0.1, 1000, False),
    "pen": (4, 1, (0.05, 1.5), 0.01, 0.1, 60, False),
    "hen": (2, 2, (0, 1.5), 0.01, 0.1, 0, True),
    "log": (1, 1, (0, 4), 0.01, 0.1, 0, True),
    "dd2": (2, 1, (0, 5), 0.02, 0.1, 0, True),
}
unlike = {
    "bru": "time steps of a parabolic equation (IPS = 16), without bifurcations",
    "pd2": "time steps of a parabolic equation (IPS = 16)",
    "kpr": "homoclinic orbits (HomCont)", "mtn": "homoclinic orbits (HomCont)",
    "san": "homoclinic orbits (HomCont)", "rev": "homoclinic orbits (HomCont)",
}
types = {1: "BP", 2: "LP", 3: "HB", 5: "LPC", 6: "BP", 7: "PD", 8: "NS"}


class auto_runs:
    def __init__(self, program, folder, demo, mesh):
        self.program, self.folder, self.demo, self.mesh = program, Path(folder), demo, mesh
        self.states, self.varied, self.range, self.rest, self.step, self.longest, self.map = (
            demos[demo])
        self.found = []

    def run(self, **changes):
        """The rows of one run: type, label, parameter, period."""
        text = (here / "c.rest").read_text()
        low, high = self.range  # a start on the edge must not end there
        ends = f"{self.varied}:[{low - 1e-6 * (high - low)}, {high}]"
        cycles = changes["IPS"] == 2
        if cycles:
            ends += f", 11: [{self.longest}]"
        settings = {"NDIM": self.states, "NPAR": 11, "ICP": f"[{self.varied}{',11' * cycles}]",
                    "NTST": self.mesh, "NMX": 300 if cycles else 1500, "EPSL": 1e-9, "EPSU": 1e-9, "EPSS": 1e-7,
                    "DSMIN": 1e-6, "UZSTOP": "{" + ends + "}"} | changes
        for name, value in settings.items():
            text = re.sub(rf"\b{name}=(\{{[^}}]*\}}|\[[^\]]*\]|[^,\n]*)", f"{name}={value}", text)
        (self.folder / "fort.2").write_text(text)
        subprocess.run([self.program], cwd=self.folder, capture_output=True,
                       env=os.environ | {"AUTO_DEMO": self.demo, "OMP_NUM_THREADS": "1"})
        made = []
        for row in rows(self.folder):
            kind = int(row[2])
            if kind in types and not (cycles and kind in (1, 2, 3)):
                if cycles and number(row[-1]) > self.longest:
                    continue
                made.append((types[kind], row[3], number(row[4]), number(row[-1]) if cycles else 0))
        self.found += made
        return made

    def restart(self, solutions):
        (self.folder / "fort.3").write_text(solutions)

    def all(self):
        if self.demo in ("lcbp", "pen"):
            starts = [{"IRS": 0, "IPS": 2, "ISP": 2, "DS": sign * self.step / 5,
                       "DSMAX": self.step} for sign in ((1,) if self.demo == "lcbp" else (1, -1))]
        else:
            made = self.run(IPS=-1 if self.map else 1, MXBF=10, DS=self.rest / 5, DSMAX=self.rest,
                            ISP=1)
            kept = (self.folder / "fort.8").read_text()
            starts = [] if self.map else [
                {"IRS": label, "IPS": 2, "ISP": 2, "DS": self.step / 5, "DSMAX": self.step}
                for kind, label, *_ in made if kind == "HB"]
        for start in starts:
            if start["IRS"]:
                self.restart(kept)
            made = self.run(**start)
            solutions = (self.folder / "fort.8").read_text()
            if self.demo == "pp3":  # nor does the demo: BP beside the HB, again and again
                continue
            for kind, label, *_ in made:
                if kind not in ("BP", "PD"):
                    continue
                for sign in (1, -1) if kind == "BP" else (1,):
                    self.restart(solutions)
                    self.run(**start | {"IRS": label, "ISW": -1, "DS": sign * self.step / 5})
        return self.found


def ours(program, demo):
    done = subprocess.run([program, demo], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"demos.py: {demo}: {done.stderr.strip()}")
    labels = [line.split() for line in done.stdout.splitlines() if not line.startswith("#")]
    return [(kind, float(p), float(period), float(left)) for kind, p, period, left in labels]


def distances(theirs, mine):
    """Of the parameter and the period, relative."""
    return (abs(theirs[2] - mine[1]) / max(abs(mine[1]), 1e-2),
            abs(theirs[3] - mine[2]) / mine[2] if theirs[3] and mine[2] else 0.0)


def agree(parameter, period):
    return parameter <= 5e-6 and period <= 5e-4


def reason(label, known, best):
    """Why a label of AUTO's is none of ours, as far as its own labels tell."""
    kind, _, parameter, period = label
    if kind == "LP" and any(other[0] == "BP" and agree(*distances(label, (0, *other[2:])))
                            for other in known):
        return "the BP itself, where the branch that leaves it turns"
    if period and kind in ("BP", "LPC") and any(
            other[0] == "HB" and abs(parameter / other[2] - 1) < 2e-3 for other in known):
        return "beside the HB, at cycles of hardly any size"
    if kind == "LPC" and best:
        parameter, period = distances(label, best)
        if parameter <= 5e-6 and period <= 2e-3:
            return "the same fold: there a period errs by the root of what the parameter errs by"
    return None


def no_fold(program, demo, label):
    """Whether our branch goes on at an LPC of AUTO's, by the period there and a multiplier off 1."""
    if label[0] != "LPC":
        return None
    done = subprocess.run([program, demo, repr(label[2])], capture_output=True, text=True)
    for line in done.stdout.splitlines() if demo == "plp" else []:
        period, multiplier = map(float, line.split())
        if abs(label[3] / period - 1) < 1e-6 and abs(multiplier - 1) > 1e-2:
            return f"no fold: the branch goes on, with a multiplier {multiplier:.4g}"
    return None


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--bench", type=Path, help="the program auto_demos",
                       default=here.parents[2] / "build/release/tests/bench/auto_demos")
    asked.add_argument("--ntst", type=int, default=100, help="AUTO's mesh intervals")
    asked.add_argument("demos", nargs="*", help="default: all of them")
    arguments = asked.parse_args()
    for demo in arguments.demos or demos:
        with tempfile.TemporaryDirectory() as scratch:
            found = auto_runs(link_auto(scratch, "demos"), scratch, demo, arguments.ntst).all()
        labels, met, seen, explained = ours(arguments.bench.resolve(), demo), 0, [], 0
        print(f"{demo}: type, AUTO's parameter and period, ours, what is left of our equations")
        for label in found:
            if any(label[0] == old[0] and bool(label[3]) == bool(old[3])
                   and agree(*distances(label, (0, *old[2:]))) for old in seen):
                continue  # AUTO met it before
            seen.append(label)
            alike = [one for one in labels
                     if one[0] == label[0] and bool(one[2]) == bool(label[3])]
            best = min(alike, key=lambda one: sum(distances(label, one)), default=None)
            good = best is not None and agree(*distances(label, best))
            met += good
            why = None if good else (reason(label, found, best)
                                     or no_fold(arguments.bench.resolve(), demo, label))
            explained += why is not None
            print(f"  {label[0]:3} {label[2]:.10g} {label[3]:.8g}  ",
                  f"{best[1]:.10g} {best[2]:.8g} {best[3]:.0e}" if best else "none",
                  "" if good else why or "MISSED", flush=True)
        print(f"  {demo}: {len(seen)} labels, {met} found, {explained} explained, "
              f"{len(seen) - met - explained} missed", flush=True)
    for demo, why in {} if arguments.demos else unlike.items():
        print(f"{demo}: not done: {why}")


main()
