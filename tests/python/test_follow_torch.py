# SPDX-License-Identifier: MIT
"""A training loop of PyTorch, held by `moebius follow` (scripts/follow_torch.py)."""

import os
import pathlib
import sys

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "scripts"))
import follow_torch  # noqa: E402
from follow_loop import followed  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_loads_of_a_gate_that_knows_and_learns_nothing_are_those_of_the_scores(monkeypatch):
    monkeypatch.setattr(follow_torch, "AGE", 2)
    models = follow_torch.Models(20, 1, speed=0.0)
    with torch.no_grad():
        models.gate.zero_()
    loads = follow_torch.held_loads(models, torch.tensor([[0.6, -0.6]]), 10)
    # 12,800 draws of 1/(1 + e^-1.2), four deviations of their share
    assert abs(loads[:, 0].mean().item() - 0.768525) < 4 * (0.7685 * 0.2315 / 12_800) ** 0.5


def test_windows_of_a_target_are_runs_of_their_own():
    held = follow_torch.Held(2)
    loads = [held.run([0.5, -0.5], 2) for _ in range(3)]
    assert held.seed == 2 and loads[0] != loads[1] and all(abs(sum(x) - 1) < 1e-6 for x in loads)
    held.run([1.0, -1.0], 2)
    assert held.seed == 3


def test_foretold():
    branch = {"feedback": [3.0, 2.0, 4.0], "gap": [0.1, 0.4, 0.8], "growth": [0.2, -0.1, -1.0]}
    found = [follow_torch.foretold(branch, x) for x in (1.5, 2.0, 3.0, 4.5)]
    assert found[:2] == [0.0, 0.4] and abs(found[2] - 0.6) < 1e-12 and found[3] is None


def test_free_training_rests_where_held_training_says():
    words = [os.environ["MOEBIUS"], "follow", "--experts", "2", "--from", "3", "--to", "5.5",
             "--targets", "5", "--steps", "20", "--windows", "4"]
    found = followed(follow_torch.Held(4), words)
    free = follow_torch.free_gaps(follow_torch.Models(16, 9), 5, 20)
    gap = follow_torch.foretold(found["branch"], 5)
    # scripts/follow_torch.py, of more and longer runs: .806 and .836 +- .026; no feedback: 0
    assert abs(gap - free.mean().item()) < 0.1
    assert abs(follow_torch.free_gaps(follow_torch.Models(16, 9), 0, 20).mean().item()) < 0.1
