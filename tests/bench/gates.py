#!/usr/bin/env python3
"""gates.py PROGRAM [CORES [GATES [SEEDS]]]: how often `validate` disagrees where theory is right, over gates on digits.

Random gates of 2, 3, 5 and 8 experts in turn at beta 4, each with several seeds; short runs. What is tested for a uniform
law (Kolmogorov and Smirnov) is the p of the chi-square of all steady states of a run; a run fails below p = 0.001, as by
default, or where a branch was not met or a random start ended on none. The output is kept in data/results/calibration.txt.
"""

import json
import math
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

EXPERTS = (2, 3, 5, 8)


def validate(program, gate, seed):
    experts = EXPERTS[gate % len(EXPERTS)]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run.json"
        words = [program, "validate", "--tokens", "data/digits.csv", "--gate", f"random:{gate}/{experts}"]
        words += ["--set", "beta=4", "--seed", str(1000 * gate + seed), "--threads", "1", "--out", str(out)]
        words += ["--seeds", "4", "--levels", "9", "--settle", "40", "--average", "60"]
        words += ["--ramp", "200", "--members", "64"] if experts == 2 else ["--starts", "4"]
        ended = subprocess.run(words, capture_output=True, text=True)
        if not out.exists():
            return gate, ended.stderr.strip()
        result = json.loads(out.read_text())
        return gate, (result["agreement"], result["verdict"])


def kolmogorov_p(values):
    """Press et al., Numerical Recipes, section 14.3."""
    values, n = sorted(values), len(values)
    away = max(max(v - i / n, (i + 1) / n - v) for i, v in enumerate(values))
    x = (math.sqrt(n) + 0.12 + 0.11 / math.sqrt(n)) * away
    return min(1, max(0, 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * x * x) for k in range(1, 101))))


def main():
    program = sys.argv[1]
    cores, gates, seeds = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((2, 2), (3, 20), (4, 10)))
    work = [(gate, seed) for gate in range(1, gates + 1) for seed in range(1, seeds + 1)]
    with ThreadPoolExecutor(cores) as pool:
        found = list(pool.map(lambda at: validate(program, *at), work))
    everything, failed = [], 0
    for gate in range(1, gates + 1):
        mine = [answer for at, answer in found if at == gate]
        p = [answer[0]["chi_square_p"] for answer in mine if not isinstance(answer, str)]
        said = [answer if isinstance(answer, str) else answer[1] for answer in mine]
        wrong = [text for text in said if "agree:" not in text or "disagree" in text]
        everything += p
        failed += len(wrong)
        lowest = f"{min(p):.3g}" if p else "-"
        print(f"gate {gate:2}, {EXPERTS[gate % len(EXPERTS)]} experts: {len(p)} runs, smallest p {lowest}, failed {len(wrong)}", flush=True)
        for text in wrong:
            print(f"    {text}")
    print(f"{len(everything)} runs: {failed} failed; Kolmogorov-Smirnov p = {kolmogorov_p(everything):.3g}")


if __name__ == "__main__":
    main()
