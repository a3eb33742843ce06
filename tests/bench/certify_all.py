#!/usr/bin/env python3
"""certify_all.py PROGRAM: diagrams and loci of all built-in models in closed form with --certify.

Prints a line for each: special points, how many are proven, the largest radius, and why the others are not."""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

INTEGRAL = ["--controller", "integral", "--set", "gain=0.5", "leak=0.1"]
GAIN = ["--controller", "integral", "--set", "leak=0.1", "--vary", "feedback=1:12", "--vary", "gain=0.05:1"]
BIAS = ["--vary", "feedback=1:12", "--vary", "bias_1=-1:1"]


def works():
    """The words of each run behind its name."""
    two = ["--model", "two-expert"]
    yield "two-expert", ["diagram", *two, "--vary", "feedback=0.5:20"]
    yield "two-expert bias", ["diagram", *two, "--set", "feedback=20", "--vary", "bias=-16:16"]
    yield "two-expert locus", ["locus", *two, "--vary", "feedback=1.5:20", "--vary", "bias=-16:16"]
    yield "two-expert integral", ["diagram", *two, *INTEGRAL, "--vary", "feedback=1:12"]
    yield "two-expert integral locus", ["locus", *two, *GAIN]
    yield "two-expert map", ["diagram", *two, "--vary", "decay=0.5:3", "--step", "1"]
    for n in (2, 3, 4, 6, 8, 12):
        soft = ["--model", "softmax", "--experts", str(n)]
        exact = ["--model", "exact-k", "--experts", str(n), "--top-k", str(min(2, n - 1))]
        window = ["--vary", f"feedback=1:{3 * n}"]
        yield f"softmax {n}", ["diagram", *soft, *window]
        yield f"exact-k {n}", ["diagram", *exact, *window]
        yield f"softmax {n} integral", ["diagram", *soft, *INTEGRAL, *window]
        yield f"softmax {n}, bias", ["diagram", *soft, "--set", "bias_1=0.05", *window]
        if n <= 4:
            yield f"softmax {n} locus", ["locus", *soft, *BIAS]
            yield f"exact-k {n} locus", ["locus", *exact, *BIAS]
            yield f"softmax {n} integral locus", ["locus", *soft, *GAIN]


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    all_points = all_proven = 0
    largest = 0.0
    with tempfile.TemporaryDirectory() as name:
        made = pathlib.Path(name) / "made.json"
        for title, words in works():
            run = subprocess.run([program, *words, "--certify", "--out", str(made)], capture_output=True, text=True,
                                 check=False)
            if run.returncode not in (0, 3):
                print(f"{title}: {run.stderr.strip()}", flush=True)
                continue
            points = json.loads(made.read_text())["special_points"]
            radii = [point["radius"] for point in points if "radius" in point]
            whys = collections.Counter(point.get("not_certified") for point in points if "radius" not in point)
            print(f"{title}: {len(radii)} of {len(points)}, largest radius {max(radii, default=0):.2g}"
                  + "".join(f"; {times} times: {why}" for why, times in whys.items()), flush=True)
            all_points += len(points)
            all_proven += len(radii)
            largest = max([largest, *radii])
    share = 100 * all_proven / max(1, all_points)
    print(f"all: {all_proven} of {all_points} ({share:.1f} %), largest radius {largest:.2g}")
    return 0 if share >= 95 and largest <= 1e-10 else 1


if __name__ == "__main__":
    sys.exit(main())
