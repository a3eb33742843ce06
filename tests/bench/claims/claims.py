#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The router papers' claims on byte-level MoE transformers and on image patches, paired seeds
trained side by side.

    claims.py ssr|ac|probmoe|softmoe|all --seeds 5 --budget 140 --out FILE

With `all`, FILE is a folder. A claim takes about --budget seconds, or as long as --steps take;
--small is a few steps of tiny models, which tells nothing of a claim. Tables are written as they
come. docs/routers.md section 7 has what is tried and what came out.
"""

import argparse
import pathlib
import sys
import time
import traceback

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import bench  # noqa: E402
from fine_tuning import probmoe  # noqa: E402
from language import ac, ssr  # noqa: E402
from soft_moe import softmoe  # noqa: E402

DIGITS = pathlib.Path(__file__).parents[3] / "data/digits.csv"
CLAIMS = {"ssr": ssr, "ac": ac, "probmoe": probmoe, "softmoe": softmoe}
SIZES = ("layers", "width", "heads", "hidden", "top_k", "batch", "length")


def arguments(words=None):
    found = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    found.add_argument("claim", choices=[*CLAIMS, "all"])
    found.add_argument("--seeds", type=int, default=5)
    found.add_argument("--budget", type=float, default=140, help="seconds of a claim")
    found.add_argument("--steps", type=int, help="of each training run; as many as fit by default")
    found.add_argument("--out", type=pathlib.Path, help="file, or for `all` folder")
    found.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    found.add_argument("--digits", type=pathlib.Path, default=DIGITS, help="data/digits.csv")
    found.add_argument("--text", type=int, help="bytes of training text at most")
    found.add_argument("--windows", type=int, default=512, help="that a model is measured on")
    found.add_argument("--small", action="store_true", help="a trial of the program itself")
    for name in SIZES:
        found.add_argument(f"--{name.replace('_', '-')}", type=int)
    found = found.parse_args(words)
    if found.small:
        found.seeds, found.windows, found.steps = 2, 4, found.steps or 4
        found.text = found.text or 200_000
    return found


class Report:
    """What a claim has found so far, with its heading, on the output and in a file."""

    def __init__(self, words, claim, device):
        path = words.out
        self.path = path / f"claims-{claim}.txt" if path and words.claim == "all" else path
        self.words, self.claim, self.device, self.parts = words, claim, device, []
        self.began = time.perf_counter()

    def heading(self):
        words = self.words
        how = f"--steps {words.steps}" if words.steps else f"--budget {words.budget:g}"
        on = torch.cuda.get_device_name() if self.device.type == "cuda" else "the CPU"
        took = f"{time.perf_counter() - self.began:.0f} s of {on}"
        return (f"{CLAIMS[self.claim].__doc__}\n"
                f"claims.py {self.claim} --seeds {words.seeds} {how}: {took}, torch "
                f"{torch.__version__}, {time.strftime('%Y-%m-%d')}")

    def add(self, part):
        self.parts.append(part)
        print(part, flush=True)
        if self.path:
            self.path.write_text("\n\n".join([self.heading(), *self.parts]) + "\n")


def bench_of(words, device, report):
    sizes = dict(bench.SMALL) if words.small else {}
    sizes |= {name: getattr(words, name) for name in SIZES if getattr(words, name)}
    text = {domain: words.text or most for domain, most in bench.TEXT.items()}
    return bench.Bench(device, words.seeds, words.budget, words.steps, sizes, text, words.windows,
                       report.add, lambda line: print(line, flush=True), words.digits)


def main(words=None):
    words = arguments(words)
    device, failed = torch.device(words.device), 0
    if words.small:
        torch.set_num_threads(1)  # there is nothing to share
    for claim in CLAIMS if words.claim == "all" else [words.claim]:
        report = Report(words, claim, device)
        try:
            CLAIMS[claim](bench_of(words, device, report))
        except Exception:  # the others go on: a machine may be lent once
            traceback.print_exc()
            failed += 1
        print(report.heading(), flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
