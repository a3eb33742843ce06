# SPDX-License-Identifier: MIT
"""Routers and experts of tests/bench/claims against the library's own (router_calls.cpp)."""

import functools
import json
import os
import pathlib
import subprocess
import sys

import numpy
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "bench/claims"))
import claims  # noqa: E402
import experts  # noqa: E402
import fine_tuning  # noqa: E402
import intervals  # noqa: E402
import model as models  # noqa: E402
import policies  # noqa: E402
import routers  # noqa: E402
import soft_moe  # noqa: E402
import training  # noqa: E402

NEAR = {"rtol": 1e-10, "atol": 1e-12}  # sums of some ten terms in double precision


@pytest.fixture(scope="module")
def calls():
    return json.loads(subprocess.run(os.environ["MOEBIUS_ROUTER_CALLS"], check=True,
                                     capture_output=True, text=True).stdout)


def of(calls, what, **settings):
    found, = [case for case in calls if case["what"] == what
              and all(case.get(key) == value for key, value in settings.items())]
    return found


def array(case, name, *shape):
    kind = torch.long if name in ("chosen", "clusters", "likeliest") else torch.float64
    return torch.tensor(case[name], dtype=kind).reshape(1, *shape)


def check_route(case, chosen, weights, logits):
    """Choices and weights as the library's, and logits' gradient."""
    n = case["experts"]
    spread = torch.zeros(1, len(case["logits"]) // n, n, dtype=torch.float64)
    spread = spread.scatter_add(2, chosen, weights)
    assert torch.allclose(spread, array(case, "weights", -1, n), **NEAR)
    wanted = array(case, "by_logits", -1, n)
    if not weights.requires_grad:
        assert (wanted == 0).all()
        return
    loss = (spread * array(case, "by_weights", -1, n)).sum()
    assert torch.allclose(torch.autograd.grad(loss, logits)[0], wanted, rtol=1e-7, atol=1e-9)


def logits_of(case):
    return array(case, "logits", -1, case["experts"]).requires_grad_(True)


@pytest.mark.parametrize("renormalise", [False, True])
def test_top_k(calls, renormalise):
    case = of(calls, "top-k", renormalise="yes" if renormalise else None)
    z = logits_of(case)
    check_route(case, *routers.top_k(z, 3, renormalise), z)


@pytest.mark.parametrize("name, band, estimator, slopes", [
    ("probmoe-exact-k", (3, 3), None, "marginal"),
    ("probmoe-exact-k", (3, 3), "sample-dense", "dense"),
    ("probmoe-exact-k", (3, 3), "sample-gates", "none"),
    ("probmoe-dynamic-k", (2, 4), None, "marginal")])
def test_probmoe_on_the_sets_that_the_library_drew(calls, name, band, estimator, slopes):
    case = of(calls, name, estimator=estimator)
    z, n = logits_of(case), case["experts"]
    law = routers.SubsetLaw(n, *band, "cpu")
    inside = array(case, "chosen", -1, n)
    sets = (inside.unsqueeze(2) == law.inside).all(-1).long().argmax(-1)
    assert (law.inside[sets] == inside).all()
    check_route(case, *routers.subset_gates(law, z, sets, slopes), z)


@pytest.mark.parametrize("band", [(3, 3), (1, 2)])
def test_subset_law(calls, band):
    case = of(calls, "marginals", k_min=band[0], k_max=band[1])
    n, law = case["experts"], routers.SubsetLaw(case["experts"], *band, "cpu")
    z = array(case, "logits", -1, n)
    marginals = array(case, "marginals", -1, n)
    assert torch.allclose(law.marginals(z), marginals, **NEAR)
    assert (law.inside[law.likeliest(z)] == array(case, "likeliest", -1, n)).all()
    torch.manual_seed(1)
    draws = 20_000
    drawn = law.inside[law.sample(z[:, :4].expand(draws, -1, -1))].mean(0)
    deviation = (marginals[0, :4] * (1 - marginals[0, :4]) / draws).sqrt()
    assert ((drawn - marginals[0, :4]).abs() < 5 * deviation).all()  # 32 of them: 2e-5 to fail


@pytest.mark.parametrize("gradient", ["detached", "implicit"])
def test_a_balanced_batch_of_selective_sinkhorn(calls, gradient):
    case = of(calls, "selective-sinkhorn", gradient=gradient)
    z = logits_of(case)
    plan = routers.sinkhorn(z.detach() if gradient == "detached" else z, iterations=400)
    check_route(case, *routers.plan_gates(plan, 2), z)


def test_dense_mixer_has_the_slopes_of_all_gates(calls):
    """Those of the library's router that takes all experts, at the sum of both parts."""
    case = of(calls, "soft-moe")
    z, n = logits_of(case), case["experts"]
    sizes = models.Sizes(experts=n, top_k=2)
    policy = policies.Estimators(sizes, ["dense-mixer"], 1, "cpu")
    policy.begin(0, True)
    chosen, weights = policy.route("dense-mixer", z)
    made = array(case, "by_weights", -1, n)  # each expert's output, of width 1
    y = (weights * made.gather(2, chosen)).sum(2, keepdim=True)
    add = policy.mixer(z, chosen)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policies, "outputs", lambda *_: made.unsqueeze(-1))
        mixed = add(y, y, z, z)
    assert torch.equal(mixed, y)
    wanted = array(case, "by_logits", -1, n)
    assert torch.allclose(torch.autograd.grad(mixed.sum(), z)[0], wanted, rtol=1e-10, atol=1e-12)


def test_switch_loss(calls):
    case = of(calls, "switch_loss")
    z = logits_of(case)
    loss = routers.switch_loss(z, array(case, "dispatched", -1))
    assert abs(loss.item() - case["loss"]) < 1e-12
    wanted = array(case, "by_logits", -1, case["experts"])
    assert torch.allclose(torch.autograd.grad(loss.sum(), z)[0], wanted, **NEAR)


@pytest.mark.parametrize("variant", ["language", "swin"])
def test_clusters(calls, variant):
    case = of(calls, "clusters", variant=variant)
    h, clusters = array(case, "tokens", -1, case["width"]), array(case, "clusters", -1)
    w = routers.dispersion_weights(h, clusters, case["count"], variant)
    assert torch.allclose(w, array(case, "weights", case["count"], -1), rtol=1e-9, atol=0)
    scales = routers.token_scales(w, clusters)
    assert torch.allclose(scales, array(case, "scales", -1, case["width"]), rtol=1e-9, atol=0)


def test_soft_moe(calls):
    case = of(calls, "soft_moe")
    m, d, n, w = case["shape"]
    y, mass = soft_moe.soft_moe(
        array(case, "tokens", 1, m, d), array(case, "slots", d, n),
        torch.tensor([case["scale"]], dtype=torch.float64), array(case, "first", n, d, w),
        array(case, "second", n, w, d))
    assert torch.allclose(y, array(case, "output", 1, m, d), **NEAR)
    assert torch.allclose(mass, array(case, "combine", 1, m, n).sum(2), **NEAR)


def test_grouped_experts_are_the_dense_ones():
    made = torch.Generator().manual_seed(2)

    def normals(*shape):
        return torch.randn(shape, generator=made, dtype=torch.float64).requires_grad_(True)

    x, up, down, z = normals(2, 30, 6), normals(2, 5, 6, 4), normals(2, 5, 4, 6), normals(2, 30, 5)
    closed = torch.tensor([0.0, 0, 0, 0, -100])  # an expert without tokens
    chosen, weights = routers.top_k(z + closed, 2, True)
    ways = experts.dense, functools.partial(experts.grouped, product=experts.looped)
    both = []
    for way in ways:
        y = way(x, chosen, weights, up, down)
        slopes = torch.autograd.grad(y.square().sum(), (x, up, down, z), retain_graph=True)
        both.append([y, *slopes])
    for one, other in zip(*both):
        assert torch.allclose(one, other, rtol=1e-10, atol=1e-10)


def test_a_model_side_by_side_is_the_model_alone():
    sizes = models.Sizes(layers=3, width=16, heads=2, hidden=8, experts=4, batch=2, length=16)
    values = numpy.random.default_rng(1).integers(0, 256, 4000).astype(numpy.uint8)
    text = training.Text(values, sizes, torch.device("cpu"))
    arms = [(None, False, 0.01), ("language", False, 0.01)]

    def losses(seeds, arms):
        plan = training.Plan(seeds, len(arms), steps=5)
        policy = policies.Clustered(sizes, arms, len(seeds), "cpu")
        model = models.Transformer(sizes, policy, experts.dense)
        first = models.first_parameters(sizes, seeds, "cpu")
        return training.train_text(model, models.repeated(first, len(arms)), text, plan).losses

    together = losses(range(3), arms)
    for arm in range(2):
        for seed in range(3):  # in another order of sums, in single precision, over five steps
            alone = losses(range(seed, seed + 1), arms[arm:arm + 1])[:, 0, 0]
            assert numpy.allclose(together[:, arm, seed], alone, rtol=1e-5)
    assert abs(together[-1, 0, 0] - together[-1, 0, 1]) > 1e-4


def test_largest_are_those_of_topk():
    z = torch.randn(3, 50, 16, generator=torch.Generator().manual_seed(3))
    assert torch.equal(routers.largest(z, 4), z.topk(4, -1).indices)


def test_verdicts_on_claims():
    measures = {"nats": numpy.array([[1.0, 1.1, 1.2], [1.2, 1.31, 1.4]])}

    def verdict(**claim):
        row = intervals.judged(intervals.Claim("", "nats", **claim), ["a", "b"], measures)
        return row[-1]

    # b less a: .2, .21, .2, so .203 +- 4.303 * .00577 / 3 ** .5 = .203 +- .014
    assert verdict(arm="a", base="b") == "holds" and verdict(arm="b", base="a") == "refuted"
    assert verdict(arm="b", base="a", margin=0.2) == "undecided"
    assert verdict(arm="b", base="a", margin=0.22) == "holds"
    assert verdict(arm="b", base="a", sign=-1, margin=-0.18) == "holds"
    assert verdict(arm="a", margin=0.5) == "refuted" and verdict(arm="a", margin=2) == "holds"
    assert intervals.verdict(intervals.Claim("", "", ""), -1.0, 0.0, 2) == "undecided"
    assert intervals.verdict(intervals.Claim("", "", ""), -1.0, numpy.nan, 5) == "undecided"


def test_balanced_batches_of_a_smaller_share_are_among_those_of_a_larger():
    arms = [(share, 0.0, False) for share in (0.0, 0.2, 0.6, 1.0)]
    policy = policies.Selective(models.Sizes(), arms, 3, "cpu")
    for step in range(200):
        policy.begin(step, True)
        chosen = {divmod(int(at), 3) for at in policy.balanced[0]}
        assert all((arm + 1, seed) in chosen for arm, seed in chosen if arm < 3)
    assert (policy.plans[0] == 0).all() and (policy.plans[3] == 200).all()
    # 120 +- 6.9 and 40 +- 5.7
    assert (abs(policy.plans[2] - 120) < 28).all() and (abs(policy.plans[1] - 40) < 23).all()


@pytest.mark.parametrize("claim", ["ssr", "ac", "probmoe", "softmoe"])
def test_a_claims_command_writes_its_table(claim, tmp_path):
    out = tmp_path / "table.txt"
    words = [claim, "--small", "--steps", "2", "--device", "cpu", "--out", str(out)]
    assert claims.main(words) == 0
    text = out.read_text()
    assert "undecided" in text and "by seed" in text and "+-" in text
    assert "holds" not in text and "refuted" not in text  # of two seeds


def test_each_arm_at_its_best_rate_and_edges_said():
    found = [{"nats": numpy.array([[rate + arm] for arm in range(2)])} for rate in (10, 20, 30)]
    at, measures = fine_tuning.best(numpy.array([[3.0, 1], [2, 2], [4, 3]]), found)
    assert at.tolist() == [1, 0] and measures["nats"].tolist() == [[20], [11]]
    assert [word.endswith("edge") for word in map(fine_tuning.rate_words, at)] == [False, True]


def test_intervals():
    # quantiles of Student's t at 0.975 in tables
    assert abs(intervals.student(4) - 2.776) < 1e-3 and abs(intervals.student(31) - 2.040) < 1e-3
    mean, half = intervals.interval([1.0, 2.0, 3.0])
    assert mean == 2 and abs(half - 4.303 / 3 ** 0.5) < 1e-3
