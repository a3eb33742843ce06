#!/usr/bin/env python3
"""Loop gains of byte-level MoE transformers, told from their logs by `moebius diagnose`, beside the truth.

    python3 lm_probes.py train FOLDER KIND SEED...     on a GPU: logs FOLDER/KIND-SEED.npz
    python3 lm_probes.py report MOEBIUS FOLDER         what MOEBIUS says of them

The model is that of ../shared/bench/lm_moe_logs.py, 'feedback_ramp': four layers, 8 experts top-1 with Gumbel noise, 8,192 bytes
a step, scores that follow loads, loss .01; counts and moments are LoadRecorder's, and a dither of +-.1 is added to the scores.
Kinds: those of KINDS; after the steps `truth` of one the gates are frozen and the loads' response to scores is taken by differences, on fresh tokens under fresh dithers and their opposites.
"""
import csv
import io
import json
import math
import pathlib
import subprocess
import sys
import sysconfig

import numpy

LAYERS, WIDTH, HEADS, HIDDEN, EXPERTS, BATCH, LENGTH = 4, 192, 4, 384, 8, 32, 256
RATE, WARMUP, AUX, ETA, DITHER = 1e-3, 200, 0.01, 0.02, 0.1
SHIFT, PASSES = 0.05, 128  # of a score, and batches, each under two dithers, of a truth
KINDS = {"low": dict(feedback=(3, 3), steps=800, truth=(400, 600, 800)), "high": dict(feedback=(6, 6), steps=800, truth=(400, 600, 800)),
         "ramp": dict(feedback=(0, 16), steps=2000), "plain": dict(feedback=(0, 0), steps=800, aux=0.0, noise=0.0)}


def corpus(size=48_000_000):
    """Bytes of Python sources, as lm_moe_logs.py takes them."""
    from hashlib import md5
    root = pathlib.Path(sysconfig.get_paths()["purelib"])
    parts, held = [], 0
    for path in sorted(root.rglob("*.py"), key=lambda p: md5(str(p.relative_to(root)).encode()).hexdigest()):
        part = path.read_bytes() if path.is_file() else b""
        if len(part) <= 400_000 and held <= size:
            parts.append(part)
            held += len(part)
    return numpy.frombuffer(b"".join(parts)[:size], dtype=numpy.uint8).copy()


def model_of(noise):
    import torch
    from torch import nn
    from torch.nn import functional

    class Gate(nn.Module):
        """Logits with scores and dither, and one choice a token; the choices' response, where it is asked for."""

        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(WIDTH, EXPERTS, bias=False)
            nn.init.normal_(self.linear.weight, std=0.02)
            self.register_buffer("shift", torch.zeros(EXPERTS))
            self.response = None  # (2, E, E) sums over tokens: of expected loads, of choices

        def forward(self, x):
            z = self.linear(x.float()) + self.shift
            drawn = -torch.log(-torch.log(torch.rand_like(z).clamp_(1e-20, 1 - 1e-7))) * noise
            if self.response is not None:
                shifts = SHIFT * torch.eye(EXPERTS, device=z.device)
                for sign in (1, -1):
                    there = z.unsqueeze(1) + sign * shifts  # (tokens, of which score, E)
                    picks = (there + drawn.unsqueeze(1)).argmax(-1)
                    self.response[0] += sign * there.softmax(-1).double().sum(0)
                    self.response[1] += sign * functional.one_hot(picks, EXPERTS).sum(0)
            return z, (z + drawn).argmax(-1, keepdim=True)

    class Experts(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate = Gate()
            self.up = nn.Parameter(torch.randn(EXPERTS, WIDTH, HIDDEN) / math.sqrt(WIDTH))
            self.down = nn.Parameter(torch.randn(EXPERTS, HIDDEN, WIDTH) / math.sqrt(2 * LAYERS * HIDDEN))

        def forward(self, x):
            x = x.reshape(-1, WIDTH)
            z, pick = self.gate(x)
            p = functional.softmax(z - self.gate.shift, -1)
            mask = torch.zeros_like(p).scatter_(1, pick, 1.0)
            self.loads = mask.mean(0)
            h = functional.gelu(torch.einsum("td,edh->teh", x.bfloat16(), self.up.bfloat16())) * (p * mask).unsqueeze(-1).bfloat16()
            y = torch.einsum("teh,ehd->td", h, self.down.bfloat16()).float()
            return y, EXPERTS * (mask.mean(0) * p.mean(0)).sum()

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.place = nn.Embedding(256, WIDTH), nn.Embedding(LENGTH, WIDTH)
            self.qkv = nn.ModuleList(nn.Linear(WIDTH, 3 * WIDTH, bias=False) for _ in range(LAYERS))
            self.out = nn.ModuleList(nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(LAYERS))
            self.experts = nn.ModuleList(Experts() for _ in range(LAYERS))
            self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2 * LAYERS + 1))
            self.head = nn.Linear(WIDTH, 256, bias=False)

        def attend(self, at, x):
            b, t, _ = x.shape
            q, k, v = (part.view(b, t, HEADS, -1).transpose(1, 2) for part in self.qkv[at](x).chunk(3, -1))
            mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            return self.out[at](mixed.transpose(1, 2).reshape(b, t, WIDTH))

        def forward(self, ids):
            x, balance = self.embedding(ids) + self.place.weight, 0.0
            for at in range(LAYERS):
                with torch.autocast(ids.device.type, torch.bfloat16):
                    x = x + self.attend(at, self.norms[2 * at](x))
                y, loss = self.experts[at](self.norms[2 * at + 1](x))
                x, balance = x + y.view_as(x), balance + loss
            return self.head(self.norms[-1](x)), balance

    return Model()


class Run:
    """One training run, logged step by step."""

    def __init__(self, seed, device, data, aux=AUX, noise=1.0, feedback=(0, 0), steps=800, truth=()):
        import torch

        import moebius.torch
        torch.manual_seed(seed)
        torch.set_float32_matmul_precision("high")
        self.torch, self.data, self.aux, self.feedback, self.steps, self.truth = torch, data, aux, feedback, steps, truth
        self.model = model_of(noise).to(device)
        self.gates = [layer.gate for layer in self.model.experts]
        self.recorder = moebius.torch.LoadRecorder(self.model, gates=self.gates, top_k=1, moments=True)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=RATE, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
        self.random = torch.Generator(device=device)
        self.random.manual_seed(seed)
        self.scores = torch.zeros(LAYERS, EXPERTS, device=device)
        self.span = torch.arange(LENGTH + 1, device=device)

    def batch(self):
        at = self.torch.randint(0, len(self.data) - LENGTH - 1, (BATCH,), device=self.data.device, generator=self.random)
        return self.data[at[:, None] + self.span].long()

    def signs(self):
        made = self.torch.rand(LAYERS, EXPERTS, device=self.data.device, generator=self.random)
        return DITHER * (made < 0.5).float().mul(2).sub(1)

    def set_shifts(self, dither):
        for at, gate in enumerate(self.gates):
            gate.shift.copy_(self.scores[at] + dither[at])

    def learn(self, step):
        torch = self.torch
        ids = self.batch()
        for group in self.optimiser.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / WARMUP)
        out, balance = self.model(ids[:, :-1])
        loss = torch.nn.functional.cross_entropy(out.reshape(-1, 256), ids[:, 1:].reshape(-1))
        (loss + self.aux * balance).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return loss.detach()

    def log(self):
        """Arrays of an NPZ log, and `truth` (times, layers, 4): of expected loads and of choices, each with its error."""
        kept = {"dither": [], "scores": [], "feedback": [], "loss": []}
        truth = []
        for step in range(self.steps):
            gain = self.feedback[0] + (self.feedback[1] - self.feedback[0]) * step / self.steps
            dither = self.signs()
            self.set_shifts(dither)
            kept["loss"].append(self.learn(step))
            kept["dither"].append(dither)
            kept["scores"].append(self.scores)
            kept["feedback"].append(gain)
            loads = self.torch.stack([layer.loads for layer in self.model.experts])
            self.scores = self.scores + ETA * (gain * (loads - 1 / EXPERTS) - self.scores)
            self.recorder.step()
            if step + 1 in self.truth:
                truth.append(gain * self.slopes())
                self.recorder.drop()
        arrays = self.recorder.log()
        self.recorder.close()
        for name in ("dither", "scores", "loss"):
            arrays[name] = self.torch.stack(kept[name]).cpu().numpy()
        arrays["feedback"] = numpy.array(kept["feedback"])
        arrays["config"] = numpy.array(json.dumps({"top_k": 1, "tokens": BATCH * LENGTH, "feedback": self.feedback[1], "decay": 1,
                                                   "beta": 1, "eta": ETA, "gate": "softmax", "balancer": "feedback"}))
        if self.truth:
            arrays["truth"], arrays["truth_at"] = numpy.array(truth), numpy.array(self.truth)
        return arrays

    def slopes(self):
        """(layers, 4) of expected loads' response along its leading direction and of choices', each with its error by batches."""
        taken = []
        with self.torch.no_grad():
            for _ in range(PASSES):
                ids, dither = self.batch(), self.signs()
                for gate in self.gates:
                    gate.response = self.torch.zeros(2, EXPERTS, EXPERTS, dtype=self.torch.double, device=ids.device)
                for sign in (1, -1):
                    self.set_shifts(sign * dither)
                    self.model(ids[:, :-1])
                taken.append(self.torch.stack([gate.response for gate in self.gates]))
        seen = self.torch.stack(taken).cpu().numpy() / (2 * SHIFT * 2 * BATCH * LENGTH)  # (passes, layers, 2, E, E)
        out = numpy.zeros((LAYERS, 4))
        for at in range(LAYERS):
            mean = seen[:, at, 0].mean(0)
            lead = numpy.linalg.eigh((mean + mean.T) / 2)[1][:, -1]
            along = numpy.einsum("pbij,i,j->bp", seen[:, at], lead, lead)
            out[at, ::2], out[at, 1::2] = along.mean(1), along.std(1, ddof=1) / math.sqrt(PASSES)
        return out


def train(folder, kind, seeds):
    import torch
    device = "cuda" if torch.cuda.is_available() else "cpu"
    data = torch.from_numpy(corpus()).to(device)
    for seed in seeds:
        arrays = Run(seed, device, data, **KINDS[kind]).log()
        numpy.savez_compressed(folder / f"{kind}-{seed}.npz", **arrays)
        print(kind, seed, "loss", arrays["loss"][-100:].mean(), "largest load", (arrays["counts"][-50:].mean(0).max(-1) / (BATCH * LENGTH)).round(2), flush=True)


def said_of(program, folder, arrays, kept, steps):
    """The rows, one a layer, that MOEBIUS prints of these arrays of a log, up to so many steps."""
    file = folder / "seen.npz"
    numpy.savez(file, **{name: arrays[name][:steps] if arrays[name].ndim else arrays[name] for name in kept})
    out = subprocess.run([program, "diagnose", file, "--format", "csv"], check=True, capture_output=True, text=True).stdout
    file.unlink()
    return list(csv.DictReader(io.StringIO(out)))


SEEN = {"moments": ("counts", "config", "feedback", "moments", "dither"), "dither": ("counts", "config", "feedback", "dither")}


def report(program, folder):
    from learning_logs import collapse_of
    told, led = {}, []
    for file in sorted(folder.glob("*-*.npz")):
        arrays, kind = dict(numpy.load(file)), file.stem.split("-")[0]
        for place, steps in enumerate(arrays.get("truth_at", ())):
            for by, kept in SEEN.items():
                for at, row in enumerate(said_of(program, folder, arrays, kept, steps)):
                    said = [float(row[name]) / EXPERTS for name in ("K", "K_low", "K_high")]
                    told.setdefault((kind, at, by), []).append([*said, *arrays["truth"][place, at]])
        if "truth" not in arrays:
            for at, row in enumerate(said_of(program, folder, arrays, SEEN["moments"], None)):
                led.append((file.stem, at, collapse_of(arrays["counts"][:, at].astype(float)), float(row["warned_at"] or "nan")))
    print("kind layer by       runs  truth  (error) by choices (error)   near    bias   held  half width")
    for kind, by in sorted({(kind, by) for kind, _, by in told}):
        for at in (*range(LAYERS), "all"):
            show(kind, at, by, numpy.array([row for (k, l, b), rows in told.items() if (k, b) == (kind, by) and at in (l, "all") for row in rows]))
    for name, at, collapse, warned in led:
        print(f"{name:9} layer {at} collapse {collapse or '-'} warned at {warned}")


def show(kind, at, by, rows):
    value, low, high, truth, error, choices, choices_error = rows.T
    print(f"{kind:5} {at!s:4} {by:8} {len(rows):4}  {truth.mean():.4f} ({error.mean():.4f}) {choices.mean():.4f} ({choices_error.mean():.4f})  "
          f"{(abs(value / truth - 1) <= .05).mean():.3f}  {(value / truth - 1).mean():+.4f}  {((low <= truth) & (truth <= high)).mean():.3f}  "
          f"{((high - low) / 2 / truth).mean():.4f}")


if __name__ == "__main__":
    if sys.argv[1] == "train":
        train(pathlib.Path(sys.argv[2]), sys.argv[3], [int(seed) for seed in sys.argv[4:]])
    else:
        report(sys.argv[2], pathlib.Path(sys.argv[3]))
