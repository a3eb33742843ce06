# SPDX-License-Identifier: MIT
"""Figures against those that were looked at, in tests/python/golden.

`MOEBIUS_GOLDEN=write` draws them anew: look at them before they are kept. Compared are images of a
quarter of the size, so that letters of another font weigh little, and a lost curve much.
"""

import io
import os
from pathlib import Path

import matplotlib.pyplot
import pytest
from matplotlib.testing.compare import calculate_rms
from numpy import asarray
from PIL import Image

import moebius

KEPT = Path(__file__).with_name("golden")
TOLERANCE = 4  # root mean square, of 255; matplotlib 3.6 and 3.10 differ by .5 to 2.4, a lost curve is 9


def biased():
    return moebius.diagram(vary={"feedback": (0.5, 6)}, set={"bias": 0.1})


FIGURES = {
    "pitchfork": lambda: moebius.diagram(vary={"feedback": (0.5, 6)}).plot(),
    "unfolded": lambda: biased().plot(),
    "eight-experts": lambda: moebius.diagram(model="softmax", experts=8, vary={"feedback": (1, 12)}).plot(),
    "cusp": lambda: moebius.locus(vary={"feedback": (1.5, 20), "bias": (-9, 9)}).plot(),
    "exact": lambda: moebius.exact(set={"feedback": 4}, vary={"feedback": (2, 20)}).plot(),
    "sweep": lambda: moebius.sweep(set={"feedback": 4}, vary={"bias": (-3, 3)}, rate=0.01).plot(),
    "simulation": lambda: moebius.simulate(experts=3, set={"feedback": 2}, batch=4096, steps=400, record_every=10,
                                           seed=1).plot(),
    "response": lambda: moebius.response(tokens="mixture:-1/0.6,1/0.6", batches=16, seeds=2).plot(),
}


def drawn(axes):
    to = io.BytesIO()
    axes.figure.savefig(to, dpi=80, facecolor="white", format="png")
    matplotlib.pyplot.close(axes.figure)
    return Image.open(to).convert("RGB")


def difference(one, other):
    if one.size != other.size:
        return float("inf")
    return calculate_rms(*(asarray(image.reduce(4)).astype(float) for image in (one, other)))


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_those_that_were_looked_at(name):
    image, file = drawn(FIGURES[name]()), KEPT / f"{name}.png"
    if os.environ.get("MOEBIUS_GOLDEN") == "write":
        image.quantize(32).save(file, optimize=True)
    assert difference(image, Image.open(file).convert("RGB")) < TOLERANCE


def test_a_lost_curve_is_seen():
    axes = biased().plot()
    axes.get_lines()[0].remove()
    assert difference(drawn(axes), Image.open(KEPT / "unfolded.png").convert("RGB")) > TOLERANCE
