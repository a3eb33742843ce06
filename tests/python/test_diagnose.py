# SPDX-License-Identifier: MIT
"""A log that the program writes, read back by the package."""

import numpy
import pytest

import moebius


def test_a_simulated_log_tells_its_feedback(tmp_path):
    log = tmp_path / "loads.npz"
    moebius.simulate(experts=8, set={"feedback": 3}, batch=1024, steps=4000,
                     log=log, seed=4)
    assert numpy.load(log)["counts"].shape == (3999, 1, 8)  # the first step has no score before it
    found = moebius.diagnose(log)
    layer = found.layers.iloc[0]
    assert layer["K_low"] < 3 < layer["K_high"]
    assert layer["margin"] > 0
    assert found["verdict"] in found["verdicts"]


def test_what_is_no_log_is_refused(tmp_path):
    (tmp_path / "loads.pt").write_bytes(b"\x80\x04\x95pickle")
    with pytest.raises(moebius.InvalidArgument, match="never opened"):
        moebius.diagnose(tmp_path / "loads.pt")
