#!/usr/bin/python3
"""Gaps of free training from the rates of held training, not from its leads (docs/theory.md section 11).

    held_rates.py HOLD.csv FREE.csv      of held_rates.cpp

After half of the batches and after all, a line a start and feedback: the mean gap over the last quarter of them in free
training, as foretold, and the difference with its standard error over seeds, which is what chance leaves of it."""
import sys
import numpy as np

STEP, DECAY = .05, 1.


def read(name):
    """(sides, seeds, values, batches, 8)"""
    rows = np.loadtxt(name, delimiter=",")
    rows = rows[np.lexsort((rows[:, 3], rows[:, 2], rows[:, 1], rows[:, 0]))]
    return rows.reshape([len(np.unique(rows[:, k])) for k in range(4)] + [8])


def quarter(course, last):
    """Its mean over the last quarter of the records until then."""
    return course[last - last // 4 + 1:last + 1].mean()


def predict(held, feedback, lead):
    """du = r dx + d a batch: u the softmax lead of the gap, r its slope by the lead x at a frozen gate, d what learning adds
    at a fixed lead, both of the model that is held at this gap at this age."""
    x, m, slope = held[:, :, 4], np.clip(held[:, :, 6], -1 + 1e-6, 1 - 1e-6), held[:, :, 7]
    every = held[0, 1, 3] - held[0, 0, 3]
    u, r = 2 * np.arctanh(m), slope * 2 / (1 - m * m)
    d = (np.diff(u) - (r[:, 1:] + r[:, :-1]) / 2 * np.diff(x)) / every
    first = np.argsort(x[:, 0])
    at = np.interp(lead, x[first, 0], u[first, 0])
    course = [np.tanh(at / 2)]
    for k in range(d.shape[1]):
        order = np.argsort(u[:, k])
        places, sum_of_gaps = u[order, k], 0
        for _ in range(int(every)):
            by = STEP * (feedback * np.tanh(at / 2) - DECAY * lead)
            at += np.interp(at, places, r[order, k]) * by + np.interp(at, places, d[order, k])
            lead += by
            sum_of_gaps += np.tanh(at / 2) / every
        course.append(sum_of_gaps)
    return np.array(course)


def main(held, free):
    held, free = read(held)[0], read(free)
    records = free.shape[3] - 1
    for last in (records // 2, records):
        off = []
        for side, lead in enumerate((3., -3.)):
            for i, feedback in enumerate(free[0, 0, :, 0, 2]):
                foretold = np.array([quarter(predict(one, feedback, lead), last) for one in held])
                came = np.array([quarter(one[i, :, 5], last) for one in free[side]])
                error = (foretold - came).std(ddof=1) / len(came) ** .5
                off.append(abs(foretold.mean() - came.mean()))
                print(f"{side:5} {feedback:8g} {came.mean():8.3f} {foretold.mean():8.3f}   {foretold.mean() - came.mean():+.3f} +- {error:.3f}")
        print(f"batch {free[0, 0, 0, last, 3]:g}: mean error {np.mean(off):.3f}\n")


main(*sys.argv[1:])
