#!/usr/bin/env python3
"""xpp_auto.py MOEBIUS FOLDER [FILE...]: the special points that XPPAUT's AUTO finds in .ode files of
Debian's xppaut, beside ours. Prints the table of docs/equations.md; exits with 1 where one is missed.

    apt-get install xppaut xvfb xdotool x11-apps
    tests/bench/xpp_auto.py build/.../moebius /usr/share/doc/xppaut/examples/ode

XPPAUT has its AUTO behind a window alone: it gets one of Xvfb's, and xdotool types what a person would.
AUTO follows the equilibria from one of ours at the lower end, then the cycles from each of its Hopf
points; its labels are read from what it prints, seven digits. We follow the same text (of the file, with the
parameter that varies first, and AUTO's settings)."""
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

PATIENCE = 60  # seconds of a run of AUTO's
LONGEST = 200.0  # period of cycles: longer ones are near orbits of infinite period
TOLERANCE = 1e-6  # of the parameter; a number of seven digits is known to 5e-7

# parameter, from, to, longest step of AUTO's
CASES = {
    "lecar": ("iapp", -0.5, 0.5, 0.02),
    "ml1": ("i", -0.5, 0.5, 0.02),
    "wta": ("aee", 1, 20, 0.1),
    "nnet": ("s1", -6, 6, 0.05),
    "pp": ("p0", 0, 1, 0.02),
    "lorenz": ("r", 0.1, 30, 0.2),
    "rossler": ("b", 0.01, 2.2, 0.05),
    "ev1": ("gks", 0, 4, 0.05),
    "evelyn": ("gna", 0, 10, 0.1),
    "triple": ("a", 0.2, 3, 0.05),
}


def text_with(source, first, value, extra):
    """The text with one parameter in front, at this value, and no settings of its own."""
    kept = []
    for line in re.sub(r"\\[^\n]*\n", "", source).splitlines():
        if re.match(r"\s*d(one)?\s*$", line, re.I):
            break
        if re.match(r"\s*(@|only\b|set\b|b(n?dry)?\s|\"|init\s|\w+\(0\)\s*=)", line, re.I):
            continue
        if re.match(r"\s*p(ar\w*)?\s", line, re.I):
            line = re.sub(rf"\b{first}\s*=\s*[-+.\deE]+,?", "", line, flags=re.I)
            if "=" not in line:
                continue
        kept.append(line)
    return "\n".join([f"par {first}={value}", *kept, *extra, "done", ""])


def moebius(program, *words):
    done = subprocess.run([program, *words], capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"xpp_auto: {' '.join(words)}: {done.stderr}")


def ours(program, folder, text, name, low, high):
    """Special points of equilibria and of the cycles from each Hopf point: (type, parameter, period);
    and the state at the lower end."""
    (folder / "ours.ode").write_text(text)
    vary = ["--vary", f"{name}={low}:{high}", "--longest-period", str(LONGEST)]
    moebius(program, "diagram", "--equations", "ours.ode", *vary, "--out", "rest.json")
    files = ["rest.json"]
    rest = json.loads(pathlib.Path("rest.json").read_text())
    for point in rest["special_points"]:
        if point["type"] == "HB":
            files.append(f"{point['label']}.json")
            moebius(program, "diagram", "--from", f"rest.json:{point['label']}", *vary, "--out", files[-1])
    points = [(p["type"], p["parameters"][name], p.get("cycle", {}).get("period"))
              for f in files for p in json.loads(pathlib.Path(f).read_text())["special_points"]]
    return points, rest


class window:
    """XPPAUT on a screen that nobody sees."""

    screens = itertools.count(79)

    def __init__(self, folder):
        self.log = folder / "log"
        os.environ["DISPLAY"] = f":{next(self.screens)}"
        self.screen = subprocess.Popen(["Xvfb", os.environ["DISPLAY"], "-screen", "0", "1280x1024x24"],
                                       stderr=subprocess.DEVNULL)
        for _ in range(50):
            time.sleep(0.2)
            if subprocess.run(["xdotool", "getdisplaygeometry"], capture_output=True).returncode == 0:
                break
        self.out = self.log.open("w")
        self.program = subprocess.Popen(["xppaut", "model.ode"], stdout=self.out,
                                        stderr=subprocess.STDOUT)

    def __enter__(self):
        self.main = self.named("XPP Ver")
        time.sleep(0.7)
        self.keys(self.main, "f", "a")
        self.auto = self.named("It.s AUTO")
        return self

    def __exit__(self, *_):
        for process in (self.program, self.screen):
            process.terminate()
            process.wait()

    def named(self, title):
        for _ in range(50):
            found = subprocess.run(["xdotool", "search", "--name", title], capture_output=True, text=True).stdout.split()
            if found:
                return found[0]
            time.sleep(0.2)
        sys.exit(f"xpp_auto: no window '{title}': {self.log.read_text()[-500:]}")

    def keys(self, where, *keys):
        subprocess.run(["xdotool", "windowfocus", where], capture_output=True)
        for key in keys:
            subprocess.run(["xdotool", "key", "--window", where, key], capture_output=True)
            time.sleep(0.4 if key != "Tab" else 0.15)

    def run(self, ends, *keys):
        """The labels that AUTO prints, to so many ends of branches: (type, label, numbers)."""
        before = self.log.stat().st_size
        self.keys(self.auto, "r", *keys)
        rows, quiet, started = [], time.monotonic(), time.monotonic()
        while time.monotonic() < started + PATIENCE:
            time.sleep(0.2)
            words = [line.split() for line in self.log.read_text()[before:].splitlines()]
            now = [row for row in words if len(row) > 5 and row[0].lstrip("-").isdigit() and row[2].isalpha()]
            if len(now) > len(rows):
                rows, quiet = now, time.monotonic()
            if sum(row[2] in ("EP", "MX") for row in rows) >= ends and time.monotonic() > quiet + 3:
                break
        return [(row[2], int(row[3]), [float(v) for v in row[4:]]) for row in rows]

    def grab(self, label):
        self.keys(self.auto, "g", *["Tab"] * (label - 1), "Return")


def theirs(folder, text):
    """AUTO's labels of rest and of cycles: (type, parameter, period)."""
    (folder / "model.ode").write_text(text)
    with window(folder) as xpp:
        rest = xpp.run(2, "s")
        points = [(kind, values[0], None) for kind, _, values in rest]
        for kind, label, _ in rest:
            if kind == "HB":
                xpp.grab(label)
                points += [({"LP": "LPC", "TR": "NS"}.get(k, k), v[0], v[-1]) for k, _, v in xpp.run(1, "p")]
        if "XPP_SHOW" in os.environ:
            print(xpp.log.read_text())
    return points


def compared(program, folder, source, name):
    """Lines of the table, and how many labels were missed."""
    first, low, high, longest = CASES[name]
    text = text_with(source, first, low, [])
    mine, rest = ours(program, folder, text, first, low, high)
    start = min(rest["special_points"], key=lambda p: abs(p["parameters"][first] - low))
    states = [a or b for a, b in re.findall(r"^\s*(?:d(\w+)/dt|(\w+)')\s*=", text, re.M)]
    extra = ["init " + ",".join(f"{n}={x!r}" for n, x in zip(states, start["state"])),
             f"@ parmin={low - 1e-3 * (high - low)},parmax={high},ds={longest / 5},dsmin=1e-6,dsmax={longest}",
             "@ nmax=2000,npr=5000,ntst=100,epsl=1e-9,epsu=1e-9,epss=1e-8,normmax=1e6",
             f"@ autoxmin={low},autoxmax={high},autoymin=-10,autoymax=10"]
    lines, missed, seen = [], 0, set()
    for kind, parameter, period in theirs(folder, text_with(source, first, low, extra)):
        if kind in ("EP", "MX", "UZ") or (period or 0) > LONGEST or (kind, parameter, period) in seen:
            continue
        seen.add((kind, parameter, period))
        alike = [p for p in mine if p[0] == kind and bool(p[2]) == bool(period)]
        best = min(alike, key=lambda p: abs(p[1] - parameter), default=(kind, float("nan"), None))
        away = abs(best[1] - parameter) / abs(parameter)
        missed += not away <= TOLERANCE
        periods = f"{period:.7g} | {best[2] or float('nan'):.7g}" if period else "|"
        lines.append(f"| {name} | {first} | {kind} | {parameter:.6e} | {best[1]:.10g} | {away:.0e} | {periods} |")
    return lines, missed


def main():
    program, examples = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
    missed = 0
    for name in sys.argv[3:] or CASES:
        source = (examples / f"{name}.ode").read_text(errors="replace")
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            lines, here = compared(program, pathlib.Path(folder), source, name)
            os.chdir("/")
        missed += here
        print("\n".join(lines), flush=True)
    sys.exit(missed > 0)


main()
