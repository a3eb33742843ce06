#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The router papers' claims on byte-level MoE transformers and on image patches, paired seeds
trained side by side.

    claims.py ssr|ac|probmoe|softmoe|all --seeds 5 --budget 140 --out FILE

With `all`, FILE is a folder. A claim takes about --budget seconds, or as long as --steps take.
docs/routers.md section 7 has what is tried and what came out.
"""

import argparse
import pathlib
import sys
import time
import traceback

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import language  # noqa: E402
from soft_moe import softmoe  # noqa: E402

DIGITS = pathlib.Path(__file__).parents[3] / "data/digits.csv"
CLAIMS = {"ssr": language.ssr, "ac": language.ac, "probmoe": language.probmoe,
          "softmoe": softmoe}
SIZES = ("layers", "width", "heads", "hidden", "top_k", "batch", "length")


def arguments():
    words = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    words.add_argument("claim", choices=[*CLAIMS, "all"])
    words.add_argument("--seeds", type=int, default=5)
    words.add_argument("--budget", type=float, default=140, help="seconds of a claim")
    words.add_argument("--steps", type=int, help="of each training run; as many as fit by default")
    words.add_argument("--out", type=pathlib.Path, help="file, or for `all` folder")
    words.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    words.add_argument("--digits", type=pathlib.Path, default=DIGITS, help="data/digits.csv")
    words.add_argument("--text", type=int, help="bytes of training text at most")
    for name in SIZES:
        words.add_argument(f"--{name.replace('_', '-')}", type=int)
    return words.parse_args()


def bench_of(words, device):
    sizes = {name: getattr(words, name) for name in SIZES if getattr(words, name)}
    text = {domain: words.text or most for domain, most in language.TEXT.items()}
    return language.Bench(device, words.seeds, words.budget, words.steps, sizes, text,
                          lambda line: print(line, flush=True), words.digits)


def main():
    words = arguments()
    device = torch.device(words.device)
    bench, failed = bench_of(words, device), 0
    name = torch.cuda.get_device_name() if device.type == "cuda" else "the CPU"
    for claim in CLAIMS if words.claim == "all" else [words.claim]:
        began = time.perf_counter()
        try:
            found = CLAIMS[claim](bench)
        except Exception:  # the others go on: a machine may be lent once
            traceback.print_exc()
            failed += 1
            continue
        head = (f"{CLAIMS[claim].__doc__}\nclaims.py {claim} --seeds {words.seeds} --budget "
                f"{words.budget:g}: {time.perf_counter() - began:.0f} s on {name}, torch "
                f"{torch.__version__}, {time.strftime('%Y-%m-%d')}\n\n")
        print(head, flush=True)
        if words.out:
            folder = words.claim == "all"
            path = words.out / f"claims-{claim}.txt" if folder else words.out
            path.write_text(head + found + "\n")
    return failed


if __name__ == "__main__":
    sys.exit(main())
