#!/usr/bin/env python3
"""controllers.py PROGRAM [CORES [LAW...]]: loops under controllers beside their equations, over experts, gains and batches.

`moebius validate --controller` for each row of the table; times are set by the period at the Hopf point, 2 pi
sqrt(N/gain) (docs/theory.md, section 5; of a sign rule by its effective gain). Columns: onset and frequency there,
measured over predicted, with the relative standard error of the measurement; the largest relative differences of
periods and amplitudes beyond the onset. The output is kept in data/results/controllers.txt.
"""

import json
import math
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

STEP = 0.05
INTEGRAL = [(n, gain, 8192) for n in (2, 8, 64) for gain in (0.01, 0.1, 1)]
INTEGRAL += [(n, 0.1, tokens) for n in (2, 8, 64) for tokens in (1024, 65536)]
SIGN = [(n, u, 8192) for n in (2, 8, 64) for u in (1e-4, 1e-3, 1e-2)]
SIGN += [(n, 1e-3, tokens) for n in (2, 8, 64) for tokens in (1024, 65536)]


def effective_gain(law, n, gain, tokens):
    if law == "integral":
        return gain
    scatter = math.sqrt((1 - 1 / n) / (n * tokens))
    return gain * math.sqrt(2 / math.pi) / (STEP * scatter)


def validate(program, law, n, gain, tokens):
    period = 2 * math.pi * math.sqrt(n / effective_gain(law, n, gain, tokens))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run.json"
        words = [program, "validate", "--controller", f"{law},gain={gain}", "--experts", str(n)]
        words += ["--batch", str(tokens), "--step", str(STEP), "--seeds", "4", "--levels", "4", "--threads", "4"]
        words += ["--settle", str(max(100, 15 * period)), "--average", str(max(200, 30 * period)), "--out", str(out)]
        ended = subprocess.run(words, capture_output=True, text=True)
        if not out.exists():
            return ended.stderr.strip()
        return json.loads(out.read_text())


def ratio(measured, predicted, error):
    if None in (measured, predicted):
        return f"{'-':>17}"
    return f"{measured / predicted:8.4f} +-{abs(error / predicted):7.4f}"


def largest(points, name):
    pairs = [(m, p) for m, p in zip(points[name], points[name + "_predicted"]) if m is not None and p]
    return f"{max(abs(m / p - 1) for m, p in pairs):9.4f}" if pairs else f"{'-':>9}"


def line(law, n, gain, tokens, result):
    head = f"{law:9} {n:3} {gain:8g} {tokens:7}"
    if isinstance(result, str):
        return f"{head}  {result}"
    at, below, beyond = result["onset"], result["decay"], result["swings"]
    text = head + "  " + ratio(at["measured"], at["predicted"], at["error"])
    text += "  " + ratio(at["frequency_measured"], at["frequency_predicted"], at["frequency_error"])
    text += "  " + ratio(below["gain"][0], below["gain_predicted"][0], below["gain_error"][0])
    text += " " + largest(beyond, "period") + " " + largest(beyond, "amplitude")
    return text + "  " + result["verdict"].split(":")[0][:60]


def main():
    program, cores = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2
    cases = [("integral", *case) for case in INTEGRAL] + [("sign", *case) for case in SIGN]
    cases = [case for case in cases if not sys.argv[3:] or case[0] in sys.argv[3:]]
    print(f"{'law':9} {'N':>3} {'gain':>8} {'T':>7}  {'onset':>17}  {'frequency':>17}  {'gain':>17}    period amplitude  verdict")
    with ThreadPoolExecutor(max(1, cores // 4)) as pool:
        for case, result in zip(cases, pool.map(lambda case: validate(program, *case), cases)):
            print(line(*case, result), flush=True)


main()
