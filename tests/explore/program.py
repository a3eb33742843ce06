# SPDX-License-Identifier: MIT
"""What the program says, to hold the page against."""
import json
import math
import shlex
import subprocess

# The Lyapunov coefficient grows beyond all bounds towards a BT, and with it the rounding of the frequency
# (at l1 = 571 the two compilers are 3e-10 of it apart). The page shows none.
NOT_SHOWN = "l1"
CLOSE = 1e-12  # relative to numbers above 1: the same sources, compiled by two compilers


def result_of(program, line, root):
    """The result of a command line that begins with "moebius"."""
    words = shlex.split(line)
    assert words[0] == "moebius", line
    done = subprocess.run([program, *words[1:], "--out", "-"], cwd=root, capture_output=True, text=True)
    if done.returncode not in (0, 3):  # 3: a branch ended early, which the result says, too
        raise AssertionError(f"{line}: {done.stderr}")
    return json.loads(done.stdout)


def far(a, b):
    """How far two numbers are apart; whatever else differs is infinitely far."""
    if isinstance(a, bool) or isinstance(b, bool) or not isinstance(a, (int, float)) or not isinstance(b, (int, float)):
        return 0.0 if a == b else math.inf
    return abs(a - b) / max(1.0, abs(b))


def farthest(page, program):
    """Of two lists, or dictionaries of lists."""
    if isinstance(program, dict):
        if page.keys() != program.keys():
            return math.inf
        return max((farthest(page[name], program[name]) for name in program), default=0.0)
    if isinstance(program, list):
        if len(page) != len(program):
            return math.inf
        return max((farthest(a, b) for a, b in zip(page, program)), default=0.0)
    return far(page, program)


def difference(page, program):
    """The largest one of two diagrams: of all that is drawn, and of all special points."""
    ours, theirs = page["branches"], program["branches"]
    assert len(ours) == len(theirs) > 0, f"{len(ours)} branches on the page, {len(theirs)} of the program"
    worst = 0.0
    for one, other in zip(ours, theirs):
        assert one["kind"] == other["kind"], (one["kind"], other["kind"])
        assert one["columns"].keys() == other["columns"].keys()
        for name, column in other["columns"].items():
            if name != NOT_SHOWN:
                worst = max(worst, farthest(one["columns"][name], column))
    assert [p["label"] for p in page["special_points"]] == [p["label"] for p in program["special_points"]]
    for one, other in zip(page["special_points"], program["special_points"]):
        worst = max(worst, farthest(one["parameters"], other["parameters"]),
                    farthest(one["state"], other["state"]))
    return worst
