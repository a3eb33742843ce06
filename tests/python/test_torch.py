# SPDX-License-Identifier: MIT
"""The recorder's counts against the logits' own, and the adaptive gate against its rule."""

import json

import numpy
import pytest

import moebius

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
import moebius.torch  # noqa: E402


class Block(torch.nn.Module):
    def __init__(self, width, experts):
        super().__init__()
        self.block_sparse_moe = torch.nn.Module()
        self.block_sparse_moe.gate = torch.nn.Linear(width, experts, bias=False)

    def forward(self, x):
        return self.block_sparse_moe.gate(x)


class Model(torch.nn.Module):
    def __init__(self, layers=3, width=16, experts=8):
        super().__init__()
        self.layers = torch.nn.ModuleList(Block(width, experts) for _ in range(layers))
        self.config = type("config", (), {"num_experts_per_tok": 2})()

    def forward(self, x):
        return [layer(x) for layer in self.layers]


@pytest.fixture(params=["cpu", "cuda"])
def device(request):
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device answers")
    return request.param


def test_counts_are_those_of_the_logits(device, tmp_path):
    model = Model().to(device)
    recorder = moebius.torch.LoadRecorder(model, moments=True)
    expected, moments = [], []
    for _ in range(300):  # more than are kept on the device at once
        logits = torch.stack(model(torch.randn(4, 8, 16, device=device))).flatten(1, 2).detach()
        chosen = logits.topk(2, dim=-1).indices
        expected.append(torch.stack([torch.bincount(c.flatten(), minlength=8) for c in chosen]))
        p = logits.softmax(-1)
        moments.append(p.mT @ p)
        recorder.step()
    recorder.save(tmp_path / "loads.npz", rate=0.02)
    log = numpy.load(tmp_path / "loads.npz")
    assert (log["counts"] == torch.stack(expected).cpu().numpy()).all()
    assert log["counts"].dtype == numpy.int32
    assert numpy.allclose(log["moments"], torch.stack(moments).cpu().numpy(), rtol=1e-4, atol=1e-5)
    config = json.loads(str(log["config"]))
    assert config["top_k"] == 2 and config["rate"] == 0.02 and len(config["layers"]) == 3


def test_dither_reaches_the_choices_and_the_log():
    model = Model(layers=1)
    with torch.no_grad():
        model.layers[0].block_sparse_moe.gate.weight.zero_()
    recorder = moebius.torch.LoadRecorder(model, top_k=1, dither=0.5)
    signs, logits = [], []
    for _ in range(20):
        logits.append(model(torch.randn(3, 16))[0][0].detach())
        recorder.step()
    assert numpy.allclose(recorder.log()["dither"][:, 0], torch.stack(logits).numpy())


def test_gates_that_choose_by_themselves_are_counted():
    class Chooser(torch.nn.Module):
        def forward(self, x):
            logits = x[..., :8]
            weights, chosen = logits.topk(3)
            return chosen, weights, logits

    model = torch.nn.Module()
    model.gate = Chooser()
    recorder = moebius.torch.LoadRecorder(model, gates=["gate"], top_k=3)
    x = torch.randn(5, 8)
    model.gate(x)
    recorder.step()
    assert (recorder.log()["counts"][0, 0]
            == torch.bincount(x.topk(3).indices.flatten(), minlength=8).numpy()).all()


def test_recomputed_passes_count_once():
    from torch.utils.checkpoint import checkpoint
    model = Model(layers=1)
    recorder = moebius.torch.LoadRecorder(model)
    x = torch.randn(6, 16, requires_grad=True)
    checkpoint(model.layers[0], x, use_reentrant=False).sum().backward()
    recorder.step()
    assert recorder.log()["counts"].sum() == 6 * 2


def test_what_has_no_gate_is_refused():
    with pytest.raises(moebius.InvalidArgument, match="no gate was found"):
        moebius.torch.LoadRecorder(torch.nn.Linear(2, 2))
    with pytest.raises(moebius.InvalidArgument, match="no module 'gates'"):
        moebius.torch.LoadRecorder(Model(), gates=["gates"])


def test_scores_follow_their_rule():
    router = moebius.torch.AdaptiveRouter(16, 4, top_k=2, feedback=3.0, decay=1.0, rate=0.1,
                                          controller="integral", gain=0.5, leak=0.1)
    router.train()
    scores, control = torch.zeros(4), torch.zeros(4)
    for _ in range(5):
        _, chosen = router(torch.randn(64, 16))
        n = torch.bincount(chosen.flatten(), minlength=4) / chosen.numel()
        router.step()
        scores = scores + 0.1 * (3 * n - scores)
        control = control - 0.1 * (0.5 * (n - 0.25) + 0.1 * control)
        assert torch.allclose(router.scores, scores, atol=1e-6)
        assert torch.allclose(router.control, control, atol=1e-6)


def test_strong_feedback_collapses_and_weak_does_not():
    def largest(feedback):
        torch.manual_seed(1)
        router = moebius.torch.AdaptiveRouter(8, 4, feedback=feedback, rate=0.1, noise="gumbel")
        with torch.no_grad():
            router.gate.weight.zero_()
        for _ in range(400):
            _, chosen = router(torch.randn(1024, 8))
            router.step()
        return torch.bincount(chosen.flatten(), minlength=4).max().item() / 1024

    assert largest(2.0) < 0.35  # K_s(4) = 3.2187
    assert largest(5.0) > 0.9


def test_the_trainer_ends_steps_and_its_evaluations_are_left_out(tmp_path, capsys):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    pytest.importorskip("accelerate", reason="accelerate, which the Trainer needs, is not installed")
    sizes = {"vocab_size": 64, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2,
             "num_attention_heads": 2, "num_key_value_heads": 2, "num_local_experts": 4,
             "num_experts_per_tok": 2}
    model = transformers.MixtralForCausalLM(transformers.MixtralConfig(**sizes))
    data = [{"input_ids": tokens, "labels": tokens} for tokens in torch.randint(0, 64, (24, 16))]
    recorder = moebius.torch.LoadRecorder(model, moments=True)
    settings = transformers.TrainingArguments(
        output_dir=str(tmp_path), max_steps=3, per_device_train_batch_size=4, use_cpu=True,
        gradient_accumulation_steps=2, eval_strategy="steps", eval_steps=1, report_to=[],
        save_strategy="no", disable_tqdm=True)
    transformers.Trainer(model=model, args=settings, train_dataset=data, eval_dataset=data[:8],
                         callbacks=[moebius.torch.margin_callback(recorder, every=3, rate=1e-3)]
                         ).train()
    log = recorder.log()
    tokens = 2 * 4 * 16  # two batches of four texts
    assert log["counts"].shape == (3, 2, 4) and (log["counts"].sum(-1) == 2 * tokens).all()
    assert numpy.allclose(log["moments"].sum((-1, -2)), tokens, rtol=1e-5)  # sum of p p^T: 1 a token
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("step 3")]
    assert [line.split()[2].rstrip(":") for line in said] == recorder.names
    assert all("200 are needed" in line for line in said)
