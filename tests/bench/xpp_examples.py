#!/usr/bin/env python3
"""xpp_examples.py RATES XPPAUT FOLDER: the .ode files of Debian's xppaut, read by moebius (the program
equation_rates) and by XPPAUT itself: right-hand sides at 20 random points against one Euler step of
`xppaut -silent`. Prints the table of docs/equations.md; exits with 1 where they differ by more than 1e-6.

    apt-get download xppaut && dpkg -x xppaut_*.deb x
    tests/bench/xpp_examples.py build/.../equation_rates x/usr/bin/xppaut x/usr/share/doc/xppaut

A step of 10,000 makes of x1 = x0 + dt f nearly all f, since XPPAUT keeps numbers in single precision."""
import math
import pathlib
import random
import re
import subprocess
import sys
import tempfile

POINTS = 20
STEP = 1e4
TOLERANCE = 1e-6


def rates(program, file, points):
    """What moebius reads: (map, states, values), or the sentence in which it refuses."""
    given = "\n".join(" ".join(map(str, x)) for x in points)
    done = subprocess.run([program, file], input=given, capture_output=True, text=True)
    if done.returncode != 0:
        return None, done.stderr.strip(), None
    head, *rows = done.stdout.splitlines()
    kind, *states = head.split()
    return kind == "map", states, [[float(v) for v in row.split()] for row in rows]


def lines_of(file):
    """The file up to its end, without the options, which are ours, presets, and what picks columns."""
    out = []
    whole = re.sub(r"\\[^\n]*\n", "", file.read_text(errors="replace"))
    for line in whole.splitlines():
        if re.match(r"\s*d(one)?\s*$", line, re.I):
            break
        if not re.match(r"\s*(@|only\s|set\s)", line, re.I):
            out.append(line)
    return out


def step_of(xpp, file, states, x, is_map):
    """What XPPAUT makes of x in one step; None if it does not read the file."""
    how = "@ total=1,dt=1,meth=discrete" if is_map else f"@ total={STEP},dt={STEP},meth=euler"
    start = [f"init {name}={value}" for name, value in zip(states, x)]
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "model.ode"
        model.write_text("\n".join([*lines_of(file), *start, how + ",bound=1e300,nout=1", "done", ""]))
        subprocess.run([xpp, model.name, "-silent", "-internset", "0"], cwd=folder, capture_output=True, timeout=60)
        output = pathlib.Path(folder) / "output.dat"
        rows = output.read_text().splitlines() if output.exists() else []
    if len(rows) < 2:
        return None
    after = [float(v) for v in rows[1].split()[1 : 1 + len(states)]]
    return after if is_map else [(b - a) / STEP for a, b in zip(x, after)]


def points_for(states, seed):
    """Half of them between 0 and 1, where most models live, half between -2 and 2."""
    draw = random.Random(seed)
    spans = [(0.05, 0.95)] * (POINTS // 2) + [(-2, 2)] * (POINTS // 2)
    return [[round(draw.uniform(low, high), 4) for _ in states] for low, high in spans]


def compared(program, xpp, file):
    """(state, words) of one file."""
    is_map, states, _ = rates(program, file, [])
    if is_map is None:
        return "refused", re.sub(r"^[^:]*:", "line ", states)
    points = points_for(states, file.name)
    own = rates(program, file, points)[2]
    worst, used = 0.0, 0
    for x, f in zip(points, own):
        theirs = step_of(xpp, file, states, x, is_map)
        if theirs is None:
            continue
        size = max([abs(v) for v in theirs + f if math.isfinite(v)] + [1.0])
        for a, b in zip(f, theirs):
            if math.isfinite(a) and math.isfinite(b):
                worst = max(worst, abs(a - b) / max(abs(a), abs(b), 1e-3 * size))
        used += 1
    if used == 0:
        return "unread", f"{len(states)} states; XPPAUT gave no step"
    return ("same" if worst <= TOLERANCE else "different"), f"{len(states)} | {used} | {worst:.1e}"


def main():
    program, xpp, folder = sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve()), sys.argv[3]
    files = {f.name: f for f in sorted(pathlib.Path(folder).rglob("*.ode"))}
    results = {name: compared(program, xpp, f) for name, f in sorted(files.items())}
    for state in ("same", "different", "unread", "refused"):
        chosen = {name: words for name, (s, words) in results.items() if s == state}
        print(f"{state}: {len(chosen)}")
        for name, words in chosen.items():
            print(f"| {name} | {words} |")
    sys.exit(any(s == "different" for s, _ in results.values()))


main()
