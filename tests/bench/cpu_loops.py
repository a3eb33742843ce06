#!/usr/bin/env python3
"""Closed loops and the routing step on the CPU beside numpy and PyTorch, interleaved in one run.

    python3 cpu_loops.py build/release/tests/bench/cpu_loops [--threads 1 2 4 8 16] [--rounds 7]

A step of a loop: Gumbel noise on the scores of each of 65,536 tokens, the largest wins, the winners
are counted, the scores follow. The peers:

    gumbel       argmax(s + g) with numpy's own draws, as one writes it: in double
    log log      argmax(s - log(-log(u))), as the books have it
    exponential  argmin(E exp(-s)), E standard exponential: the same law without a logarithm of ours
    processes    as many of ours with one thread each, side by side: what the machine's cores give

"log log" and "exponential" are in single precision, in place where they can be. Ours makes its
threads and arrays anew in each call and takes some 25 to 50 ms of steps in it.

The routing step: bfloat16 tokens and gate, linear, + scores, argmax, the winner's softmax, counts.

Milliseconds, the fastest of the rounds, as others may use the machine; its load is printed. In
brackets: how many times ours the peer takes. numpy has one thread. With --cpu the time of all
threads of a process is told in place of the time that passed, for a machine that others use.
"""

import argparse
import os
import platform
import subprocess
import time

try:
    import numpy
except ImportError:
    numpy = None
try:
    import torch
except ImportError:
    torch = None

TOKENS = 65536


def processor():
    with open("/proc/cpuinfo") as lines:
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {len(os.sched_getaffinity(0))} cores"


def follow(scores, counts):
    scores += 0.02 * (1.5 * counts / TOKENS - scores)


def numpy_loops(experts):
    random = numpy.random.Generator(numpy.random.SFC64(1))
    drawn = numpy.empty((TOKENS, experts), numpy.float32)
    scores = numpy.zeros(experts)

    numpy.seterr(divide="ignore")  # its uniforms can be 0

    def log_log():
        random.random(dtype=numpy.float32, out=drawn)
        numpy.log(drawn, out=drawn)
        numpy.negative(drawn, out=drawn)
        numpy.log(drawn, out=drawn)
        numpy.subtract(scores.astype(numpy.float32), drawn, out=drawn)
        follow(scores, numpy.bincount(drawn.argmax(1), minlength=experts))

    def exponential():
        random.standard_exponential(dtype=numpy.float32, out=drawn)
        numpy.multiply(drawn, numpy.exp(-scores).astype(numpy.float32), out=drawn)
        follow(scores, numpy.bincount(drawn.argmin(1), minlength=experts))

    plain = numpy.random.default_rng(1)

    def gumbel():
        values = scores + plain.gumbel(size=(TOKENS, experts))
        follow(scores, numpy.bincount(values.argmax(1), minlength=experts))

    return {"numpy, gumbel": gumbel, "numpy, log log": log_log, "numpy, exponential": exponential}


def torch_loops(experts):
    drawn = torch.empty(TOKENS, experts)
    scores = torch.zeros(experts)

    def log_log():
        drawn.uniform_().log_().neg_().log_().neg_().add_(scores)
        follow(scores, torch.bincount(drawn.argmax(1), minlength=experts))

    def exponential():
        drawn.exponential_().mul_(torch.exp(-scores))
        follow(scores, torch.bincount(drawn.argmin(1), minlength=experts))

    return {"torch, log log": log_log, "torch, exponential": exponential}


def torch_route(experts, tokens, width):
    x = torch.randn(tokens, width).bfloat16()
    gate = (torch.randn(experts, width) / width ** 0.5).bfloat16()
    scores = torch.zeros(experts)

    def route():
        values = torch.nn.functional.linear(x, gate).float() + scores
        best = values.argmax(1)
        torch.softmax(values, 1).gather(1, best[:, None])
        follow(scores, torch.bincount(best, minlength=experts))

    return {"torch": route}


def timed(call, clock, least=0.05):
    """Milliseconds of a call, the mean of as many as take `least` seconds."""
    count, start = 0, clock()
    while True:
        call()
        count += 1
        took = clock() - start
        if took > least:
            return 1e3 * took / count


class Ours:
    def __init__(self, program, cpu):
        self.which = 1 if cpu else 0
        self.program = program
        self.children = []

    def start(self, count):
        while len(self.children) < count:
            self.children.append(subprocess.Popen([self.program], stdin=subprocess.PIPE,
                                                  stdout=subprocess.PIPE, text=True))
        return self.children[:count]

    def ask(self, *words, processes=1):
        """Milliseconds; of several processes the mean."""
        children = self.start(processes)
        for child in children:
            print(*words, file=child.stdin, flush=True)
        took = [float(child.stdout.readline().split()[self.which]) for child in children]
        return sum(took) / processes


def compare(title, rounds, ours, peers):
    fastest = {}
    for _ in range(rounds):
        for name, call in {"ours": ours, **peers}.items():
            time.sleep(0.2)  # until the threads of the one before sleep, too
            fastest[name] = min(fastest.get(name, float("inf")), call())
    row = [f"{title:34s} ours {fastest['ours']:9.3f}"]
    row += [f"{name} {took:9.3f} ({took / fastest['ours']:.2f})"
            for name, took in fastest.items() if name != "ours"]
    print("  ".join(row), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--experts", type=int, nargs="+", default=[8, 64, 256])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cpu", action="store_true")
    options = parser.parse_args()
    ours = Ours(options.program, options.cpu)
    clock = time.process_time if options.cpu else time.perf_counter

    print(processor() + f", load {os.getloadavg()[0]:.1f},", time.strftime("%Y-%m-%d,"),
          "CPU time" if options.cpu else "time")
    print("numpy", numpy.__version__ if numpy else "is not there", "- PyTorch",
          torch.__version__ if torch else "is not there")
    for threads in options.threads:
        if torch:
            torch.set_num_threads(threads)
        for experts in options.experts:
            peers = numpy_loops(experts) if numpy else {}
            peers |= torch_loops(experts) if torch else {}
            steps = 400 * threads // experts + 2
            share = 1 if options.cpu else threads
            peers["processes"] = lambda: ours.ask("loop", 1, experts, TOKENS, steps,
                                                  processes=threads) / share
            compare(f"loop, {threads} threads, E {experts}", options.rounds,
                    lambda: ours.ask("loop", threads, experts, TOKENS, steps),
                    {name: call if name == "processes" else lambda call=call: timed(call, clock)
                     for name, call in peers.items()})
        for tokens in (1024, 65536):
            for experts in (8, 64):
                peers = torch_route(experts, tokens, 1024) if torch else {}
                repeats = 101 if tokens == 1024 else 5
                compare(f"route, {threads} threads, E {experts}, T {tokens}", options.rounds,
                        lambda: ours.ask("route", threads, experts, tokens, 1024, repeats),
                        {name: lambda call=call: timed(call, clock) for name, call in peers.items()})


if __name__ == "__main__":
    main()
