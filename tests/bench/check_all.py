#!/usr/bin/env python3
"""Diagrams of softmax, exact-k, token-softmax and softmax under the controller with N = 2 to 16, 64 and 256 experts,
alike and with random biases, in windows that do not contain the branch point of experts that are alike, each held
against its model by `moebius check`.

Prints a line for each model and N: windows, branches, starts that came to rest, stable states judged, faults, what
was left open, windows for which the time did not suffice; and behind it every fault with the command that made the
file."""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZES = [*range(2, 17), 64, 256]
GAIN, LEAK = 0.5, 0.1


def threshold(model, n):
    """Feedback at which alike experts part (docs/theory.md sections 3 and 5), decay = beta = 1."""
    if model == "exact-k":
        return n * (n - 1) / (n - min(2, n - 1))
    return n + GAIN / LEAK if model == "controlled" else n


def npy(rows, columns, draw):
    """A matrix of normal weights, such that logits are of order one on digits (64 features up to 16)."""
    head = "{'descr': '<f8', 'fortran_order': False, 'shape': (%d, %d), }" % (rows, columns)
    head += " " * (-(len(head) + 11) % 64) + "\n"
    values = [draw.gauss(0, 1 / 64) for _ in range(rows * columns)]
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + struct.pack("<%dd" % len(values),
                                                                                            *values)


def options(model, n, folder):
    if model == "token-softmax":
        gate = folder / f"gate-{n}.npy"
        gate.write_bytes(npy(64, n, random.Random(n)))
        return ["--model", model, "--tokens", str(ROOT / "data/digits.csv"), "--classes", "0", "--gate",
                f"{gate},layout=features-by-experts"]
    if model == "controlled":
        return ["--model", "softmax", "--experts", str(n), "--controller", "integral"]
    return ["--model", model, "--experts", str(n)] + (["--top-k", str(min(2, n - 1))] if model == "exact-k" else [])


def window(model, n, k, draw):
    """Below the threshold and above it in turn."""
    low, high = (0.1, 0.97) if k % 2 == 0 else (1.03, 3)
    ends = sorted(draw.uniform(low, high) for _ in range(2))
    return [threshold(model, n) * end for end in (ends[0], max(ends[1], ends[0] + 0.1))]


def long_steps(n):
    """With these steps a branch of 256 experts has some 20 rows in place of 200, of 1,000 numbers each."""
    return ["--max-step", "2"] if n == 256 else []


def every_pair(model, n):
    """What a diagram needs to try every pair of winners, where biases part many experts: 98 CPU s for exact-k 64. Of
    256 there are 32,640: the file says how many were not tried."""
    if model != "exact-k" or n != 64:
        return []
    return ["--scans", "3", "--scan-starts", str(3 * n * (n - 1) // 2), "--max-step", "1"]


def judged(n, model):
    """Fewer rows and starts where the eigenvalues of one row take seconds."""
    if n < 64:
        return []
    if n == 64 or model != "controlled":
        return ["--rows", "2", "--starts", "8"]
    return ["--rows", "0", "--points", "12", "--values", "2", "--starts", "2"]


def windows_of(model, n, windows, folder):
    """The words of `moebius diagram` for each window: half of alike experts, half with biases."""
    draw = random.Random(f"{model} {n}")
    common = options(model, n, folder)
    for k in range(2 * windows):
        sets = ["gain=%g" % GAIN, "leak=%g" % LEAK] if model == "controlled" else []
        if k >= windows:
            sets += ["bias_%d=%.4f" % (e + 1, draw.uniform(-0.3, 0.3)) for e in range(n)]
        edge = window(model, n, k, draw)
        words = ["diagram", *common, "--vary", "feedback=%.6g:%.6g" % (*edge,)]
        words += long_steps(n) + (every_pair(model, n) if k >= windows else [])
        yield words + (["--set", *sets] if sets else [])


class Late(Exception):
    """The time for all windows is up."""


def run(program, words, out, until):
    """@raise Late"""
    try:
        return subprocess.run([program, *words, "--out", str(out)], capture_output=True, text=True, check=False,
                              timeout=max(until - time.monotonic(), 0.001))
    except subprocess.TimeoutExpired as late:
        raise Late from late


def hold(program, words, model, n, until, folder):
    """What `check` says of one window: its report, or the sentence of the command that failed. What an earlier run left
    in the folder is not done again."""
    folder.mkdir(parents=True, exist_ok=True)
    made, held = folder / "made.json", folder / "held.json"
    if not held.exists():
        done = None if made.exists() else run(program, words, made, until)
        if done and done.returncode:
            return done.stderr.strip()
        done = run(program, ["check", str(made), *judged(n, model)], held, until)
        if done.returncode not in (0, 3):
            return done.stderr.strip()
    return json.loads(held.read_text())


def add(report, count, why_open):
    """Adds what one report counts; returns its faults."""
    counts = report["counts"]
    by = {kind: i for i, kind in enumerate(report["kinds"])}
    count["windows"] += 1
    count["branches"] += counts["judged"][by["double branches"]]
    count["at rest"] += counts["judged"][by["starts"]]
    count["not at rest"] += counts["not_judged"][by["starts"]]
    if "stable states" in by:
        count["states"] += counts["judged"][by["stable states"]]
        count["open"] += counts["not_judged"][by["stable states"]]
    for reason in report["not_judged"]:
        kind, _, why = reason.partition(" times: ")
        if kind.startswith("stable states"):
            why_open[why] += int(kind.split(", ")[1])
    return report["faults"]


def tell(model, n, held):
    """Prints the lines of one model and size; held: (words, future) of each window. Returns the files with faults."""
    wrong, count, why_open = [], collections.Counter(), collections.Counter()
    for words, future in held:
        try:
            report = future.result()
        except Late:
            count["not ended"] += 1
            continue
        faults = [report] if isinstance(report, str) else add(report, count, why_open)
        if faults:
            wrong.append((words, faults))
    print(f"{model} {n}: " + ", ".join(f"{count[key]} {key}" for key in
                                      ("windows", "branches", "at rest", "not at rest", "states", "open"))
          + f", {len(wrong)} faulty" + (f", {count['not ended']} not ended" if count["not ended"] else ""), flush=True)
    for why, times in why_open.items():
        print(f"  {times} open: {why}", flush=True)
    for words, sentences in wrong:
        print("  " + " ".join(words), *("    " + one for one in sentences[:5]), sep="\n", flush=True)
    return len(wrong)


def asked():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("models", nargs="*", default=["softmax", "exact-k", "token-softmax", "controlled"],
                        metavar="MODEL[:N,N...]")
    parser.add_argument("--windows", type=int, default=10, help="as many alike, and as many with biases")
    parser.add_argument("--jobs", type=int, default=1, help="windows at a time")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="windows that do not end until then are cut off")
    parser.add_argument("--keep", type=pathlib.Path, help="folder of diagrams and reports, with which a run goes on")
    return parser.parse_args()


def main():
    told = asked()
    program, until = str(pathlib.Path(told.program).resolve()), time.monotonic() + min(told.seconds, 1e6)
    faults, lines = 0, []
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(told.jobs) as pool:
        root = told.keep or pathlib.Path(name)
        root.mkdir(parents=True, exist_ok=True)
        for model, _, sizes in (one.partition(":") for one in told.models):
            for n in map(int, sizes.split(",")) if sizes else SIZES:
                words = list(windows_of(model, n, told.windows, root))
                lines.append((model, n, [(w, pool.submit(hold, program, w, model, n, until, root / f"{model}-{n}-{k}"))
                                         for k, w in enumerate(words)]))
        for line in lines:
            faults += tell(*line)
    print(f"{faults} faulty files")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
