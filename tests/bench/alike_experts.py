#!/usr/bin/env python3
"""Every N from 2 to 64, and 128 to 1024, at three step lengths: what `moebius diagram` finds of N alike
experts against `moebius exact`. One branch point at K = N of multiplicity N - 1, no Hopf point, each
number of winners once, every fold. Exits with 1 if anything is missing, or is there twice."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

here = Path(__file__).resolve().parent


def run(program, *words):
    return json.loads(subprocess.run([program, *words], check=True, capture_output=True).stdout)


def winners(groups):
    """How many are in the first group of a text such as '1-3 4-8'."""
    return int(groups.split(" ")[0].split("-")[-1])


def check(program, n, step):
    """Errors of the branch point and of the worst fold (relative); None if the picture is wrong."""
    experts = ["--model", "softmax", "--experts", str(n)]
    found = run(program, "diagram", *experts, "--vary", f"feedback=1:{1.5 * n}", "--max-step", step)
    branches = run(program, "exact", *experts)["branches"]
    fold_at = dict(zip(branches["winners"], branches["fold_feedback"]))
    points = {kind: [p for p in found["special_points"] if p["type"] == kind]
              for kind in ("BP", "HB", "LP")}
    arms = [winners(b["groups"]) for b in found["branches"] if " " in b["groups"]]
    expected = [m for m in range(1, n // 2 + 1) for _ in range(1 if 2 * m == n else 2)]
    right = (len(points["BP"]) == 1 and points["BP"][0]["multiplicity"] == n - 1
             and not points["HB"] and len(points["LP"]) == (n - 1) // 2
             and sorted(arms) == expected)
    if not right:
        return None
    folds = [abs(p["parameters"]["feedback"] / fold_at[winners(p["groups"])] - 1)
             for p in points["LP"]]
    return abs(points["BP"][0]["parameters"]["feedback"] - n), max(folds, default=0)


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--moebius", type=Path, help="the program",
                       default=here.parents[1] / "build/release/apps/moebius/moebius")
    program = asked.parse_args().moebius.resolve()
    results = {(n, step): check(program, n, step) for step in ("0.05", "0.5", "5")
               for n in [*range(2, 65), 128, 256, 512, 1024]}
    wrong = [at for at, result in results.items() if result is None]
    errors = [result for result in results.values() if result]
    print(f"{len(results)} diagrams, {len(wrong)} wrong {wrong[:5]}; worst branch point off by "
          f"{max(e[0] for e in errors):.1e}, worst fold by {max(e[1] for e in errors):.1e} (relative)")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
