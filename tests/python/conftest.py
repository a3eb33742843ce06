# SPDX-License-Identifier: MIT
import matplotlib
import pytest

import moebius

matplotlib.use("Agg")


@pytest.fixture(scope="session")
def pitchfork():
    return moebius.diagram(vary={"feedback": (0.5, 20)})


@pytest.fixture(scope="session")
def cusp():
    return moebius.locus(vary={"feedback": (1.5, 20), "bias": (-9, 9)})
