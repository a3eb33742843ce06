#!/usr/bin/env python3
"""Continues the branch of a black box: a loop of any program, held by 'moebius follow'.

    scripts/follow_loop.py [MOEBIUS [OPTION...]]

with options of 'moebius follow', as --plot branch.svg, answers its lines, {"target": scores,
"steps": n} by {"loads": shares}, and prints the branch. Put your own loop in place of `Toy`: set the
router's added scores to the target (a PyTorch gate's bias buffer), run so many training steps, return
the mean share of tokens of each expert over them; follow_torch.py is such a loop, of a gate that
learns. Toy is a router of two experts that tells two kinds of tokens apart, by margins of 3.2 and
-3.2: balance is lost at feedback 13.3, and collapsed states are there from 5.73 on."""
import json
import math
import random
import subprocess
import sys


class Toy:
    tokens = 512
    draw = random.Random(1)

    def run(self, scores, steps):
        lead, first = scores[0] - scores[1], 0
        for margin in (3.2, -3.2):
            share = 1 / (1 + math.exp(-(margin + lead)))
            first += sum(self.draw.random() < share for _ in range(steps * self.tokens // 2))
        load = first / (steps * self.tokens)
        return [load, 1 - load]


def followed(loop, words):
    """What 'moebius follow', called by `words`, finds of a loop with run(scores, steps) -> loads."""
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as held:
        for line in held.stdout:
            asked = json.loads(line)
            if "branch" in asked:
                return asked
            held.stdin.write(json.dumps({"loads": loop.run(asked["target"], asked["steps"])}) + "\n")
            held.stdin.flush()
    sys.exit("the branch did not come")


def show(found):
    branch = found["branch"]
    print("    lead      gap   feedback          growth")
    for lead, gap, feedback, error, growth, off in zip(
            branch["lead"], branch["gap"], branch["feedback"], branch["feedback_error"],
            branch["growth"], branch["growth_error"]):
        print(f"{lead:8.3f} {gap:8.4f} {feedback:8.4f} +- {error:.4f} {growth:8.4f} +- {off:.4f}")
    for fold in found["folds"]:
        print(f"fold at feedback {fold['feedback']:.4f} +- {fold['feedback_error']:.4f}")
    for cusp in found["cusps"]:
        print(f"cusp at feedback {cusp['feedback']:.4f} +- {cusp['feedback_error']:.4f}, "
              f"bias {cusp['bias']:.4f} +- {cusp['bias_error']:.4f}")
    if balance := found["balance"]:
        print(f"balance is lost at feedback {balance['feedback']:.4f} +- {balance['feedback_error']:.4f}")


def main():
    moebius = sys.argv[1] if len(sys.argv) > 1 else "moebius"
    show(followed(Toy(), [moebius, "follow", "--experts", "2", "--to", "7", "--steps", "2", *sys.argv[2:]]))


if __name__ == "__main__":
    main()
