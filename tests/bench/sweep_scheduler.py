#!/usr/bin/env python3
"""The scheduler of `mpirun moebius run` on paper: 10 to 100,000 ranks that take blocks from rank 0.

sweep_scheduler.py [COSTS]: costs of points in seconds, one a line, drawn from with replacement; without it a
lognormal law of mean 10 ms, 1 s and 10 min (sigma 1: the dearest of a hundred points costs six times the mean).
A rank asks when it has no place left; rank 0 looks for questions every 0.2 ms and answers one in 5 us
(apps/moebius/mpi/ranks.cpp), so its answers queue. What is printed is the share of the ranks' time that is spent
on points, what it is at most (no run is shorter than its dearest point), and the share of rank 0's time that
answers take.
"""

import heapq
import sys

import numpy

NAP, ANSWER = 200e-6, 5e-6
RANKS = [10, 100, 1_000, 10_000, 100_000]


def block_size(left, takers):
    """As block_size of src/plan/run.cpp."""
    return min(left, max(1, left // (2 * takers)))


def simulate(costs, ranks):
    """(makespan, time that rank 0 answers, blocks) of points that come in the order of their numbers."""
    sums = numpy.concatenate([[0.0], numpy.cumsum(costs)])
    asking = [(0.0, rank) for rank in range(ranks)]
    heapq.heapify(asking)
    place, free, answered, end, blocks = 0, 0.0, 0.0, 0.0, 0
    while place < len(costs):
        at, rank = heapq.heappop(asking)
        free = max(free, at + NAP / 2) + ANSWER
        answered += ANSWER
        size = block_size(len(costs) - place, ranks)
        done = free + NAP / 2 + sums[place + size] - sums[place]
        place += size
        blocks += 1
        end = max(end, done)
        heapq.heappush(asking, (done, rank))
    return end, answered, blocks


def law(mean, rng):
    return lambda n: rng.lognormal(numpy.log(mean) - 0.5, 1.0, n)


def main():
    rng = numpy.random.default_rng(1)
    if len(sys.argv) > 1:
        recorded = numpy.loadtxt(sys.argv[1], ndmin=1)
        laws = {f"{numpy.mean(recorded):.3g} s": lambda n: rng.choice(recorded, n)}
    else:
        laws = {"10 ms": law(1e-2, rng), "1 s": law(1.0, rng), "10 min": law(600.0, rng)}
    print("| mean cost | points a rank | ranks | blocks | spent on points | at most | rank 0 answers |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, draw in laws.items():
        for a_rank in (10, 100):
            for ranks in RANKS:
                if ranks * a_rank > 1e7:
                    continue
                costs = draw(ranks * a_rank)
                end, answered, blocks = simulate(costs, ranks)
                most = min(1.0, costs.sum() / (ranks * costs.max()))
                print(f"| {name} | {a_rank} | {ranks} | {blocks} | {100 * costs.sum() / (ranks * end):.0f} % | "
                      f"{100 * most:.0f} % | {100 * answered / end:.1f} % |", flush=True)


if __name__ == "__main__":
    main()
