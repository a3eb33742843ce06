# SPDX-License-Identifier: MIT
"""PyTorch: record the loads of a model's gates, and route by adaptive scores.

    recorder = moebius.torch.LoadRecorder(model)
    for batch in data:
        train(model, batch)
        recorder.step()
    recorder.save("loads.npz")        # which `moebius diagnose loads.npz` reads
"""

import json
import os
import re

import torch

from ._values import kept_file
from .errors import InvalidArgument

# Modules that are gates, by their names in Hugging Face's models: Mixtral; Qwen-MoE, OLMoE,
# DeepSeek, GLM, GPT-OSS and Phi; and their like.
GATES = (r"block_sparse_moe\.gate$", r"mlp\.(gate|router)$", r"feed_forward\.(router|gate)$",
         r"\.moe\.(gate|router)$", r"ffn\.(gate|router)$")

_AT_ONCE = 256  # steps that wait on the device before they are brought to memory


class LoadRecorder:
    """Counts how many tokens each expert of each gate gets, step by step, on the device.

    model: whose gates are hooked
    gates: names of modules, or modules; by default those that GATES matches
    top_k: choices of a token; by default the gate's or the configuration's
    moments: also sum over tokens of p pᵀ, p the softmax of the logits: (N, N) a layer and step,
             from which `diagnose` has the loop's Jacobian (theory.md, 7)
    dither: amplitude of a probe, added to the logits with a random sign a step and expert; it is
            recorded, and `diagnose` has the loop gain from it

    A gate's output may be its logits (..., N), or a tuple that holds the choices (..., k) as
    integers. Under a wrapper that runs a forward pass again in the backward one (activation
    checkpointing) only the first is counted.
    """

    def __init__(self, model, gates=None, top_k=None, moments=False, dither=0.0):
        found = _gates_of(model, gates)
        self.names = [name for name, _ in found]
        self._top_k = [_top_k_of(module, model, top_k) for _, module in found]
        self._moments, self._dither = moments, dither
        self._counts = self._rows = self._one = self._sums = self._signs = None
        self._waiting, self._kept = [], []
        self._experts = None
        self._hooks = [module.register_forward_hook(self._hook(at))
                       for at, (_, module) in enumerate(found)]

    def step(self):
        """Ends a step: its counts are kept, the next one begins."""
        if self._counts is None:
            raise InvalidArgument("step: no gate has run yet")
        parts = {"counts": self._counts.clone()}
        if self._moments:
            parts["moments"] = self._sums
            self._sums = torch.zeros_like(self._sums)
        if self._dither:
            parts["dither"] = self._dither * self._signs
            self._draw_signs()
        self._counts.zero_()
        self._waiting.append(parts)
        if len(self._waiting) >= _AT_ONCE:
            self._bring()

    def drop(self):
        """Forgets what came since the last step, as a pass that trains nothing."""
        if self._counts is not None:
            self._counts.zero_()
            self._sums.zero_()

    def log(self):
        """{"counts": (steps, layers, experts) int32, ...} as NumPy arrays."""
        import numpy
        self._bring()
        names = self._kept[0] if self._kept else []
        return {name: numpy.concatenate([part[name] for part in self._kept]) for name in names}

    def save(self, file, **facts):
        """Writes an NPZ log. facts, such as rate, feedback or balancer, are kept with it."""
        import numpy
        arrays = self.log()
        if not arrays:
            raise InvalidArgument("save: no step was recorded")
        config = {"layers": self.names, "top_k": self._top_k[0], **facts}
        numpy.savez_compressed(file, config=numpy.array(json.dumps(config)), **arrays)

    def close(self):
        """Takes the hooks off the model."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- within a forward pass

    def _hook(self, at):
        def hook(module, inputs, output):
            logits, chosen = _parts_of(output)
            if torch.is_grad_enabled() and _is_recomputing():
                return None if logits is None else self._probed(at, output, logits)
            with torch.no_grad():
                if logits is not None:
                    self._begin(logits)
                    changed = self._probed(at, output, logits)
                    if changed is not None:
                        logits = output = changed
                if chosen is None:
                    chosen = logits.topk(self._top_k[at], dim=-1).indices
                self._begin_counts(chosen)
                flat = chosen.reshape(-1)
                self._rows[at].scatter_add_(0, flat, self._one.expand(flat.shape))
                if self._moments and logits is not None:
                    p = torch.softmax(logits.reshape(-1, logits.shape[-1]).float(), dim=-1)
                    self._sums[at] += p.T @ p
            return output if self._dither and logits is not None else None
        return hook

    def _begin(self, logits):
        if self._experts is None:
            self._experts = logits.shape[-1]
            layers, device = len(self.names), logits.device
            self._sums = torch.zeros(layers, self._experts, self._experts, device=device)
            self._signs = torch.empty(layers, self._experts, device=device)
            self._draw_signs()

    def _begin_counts(self, chosen):
        if self._counts is None:
            if self._experts is None:
                raise InvalidArgument("the number of experts is not known: these gates give choices "
                                      "alone")
            self._counts = torch.zeros(len(self.names), self._experts, dtype=torch.int32,
                                       device=chosen.device)
            self._rows = list(self._counts)  # views
            self._one = torch.ones(1, dtype=torch.int32, device=chosen.device)

    def _draw_signs(self):
        self._signs.bernoulli_(0.5).mul_(2).sub_(1)

    def _probed(self, at, output, logits):
        if not self._dither:
            return None
        if not isinstance(output, torch.Tensor):
            raise InvalidArgument("dither: this gate chooses by itself; probe the scores it adds")
        with torch.enable_grad():
            return output + (self._dither * self._signs[at]).to(output.dtype)

    def _bring(self):
        if not self._waiting:
            return
        self._kept.append({name: torch.stack([part[name] for part in self._waiting]).cpu().numpy()
                           for name in self._waiting[0]})
        self._waiting = []


def margin_callback(recorder, every=500, **facts):
    """A callback for the Hugging Face Trainer: ends the recorder's steps with the trainer's, leaves
    out its evaluations, and every so many steps prints what `moebius diagnose` says of each layer.

    facts: as of LoadRecorder.save
    """
    from transformers import TrainerCallback

    import moebius

    class Margins(TrainerCallback):
        def on_step_end(self, args, state, control, **_):
            recorder.step()
            if state.global_step % every == 0:
                log = kept_file("loads.npz", lambda path: recorder.save(path, **facts))
                found = moebius.diagnose(log)
                os.remove(log)
                for at, name in enumerate(recorder.names):
                    verdict = found.layers["verdict"][at]
                    print(f"step {state.global_step}  {name}: {verdict}, {found['reasons'][at]}")

        def on_evaluate(self, args, state, control, **_):
            recorder.drop()

    return Margins()


class AdaptiveRouter(torch.nn.Module):
    """A top-k gate whose scores adapt to the loads, as this project's theory has them.

        s ← s + rate (feedback n − decay s + bias) after each step, n the shares of the choices

    and tokens go to the k largest of beta (x W + s + b). Controllers add b:
    "integral": b ← b − rate (gain (n − 1/N) + leak b); "sign": b ← b − gain sign(n − 1/N)
    (DeepSeek-V3, arXiv 2412.19437, 2.1.2).

    width, experts: d and N; top_k: k
    forward(x): x (..., d) to weights (..., k) and choices (..., k)
    """

    def __init__(self, width, experts, top_k=1, feedback=0.0, decay=1.0, rate=0.02, beta=1.0,
                 bias=None, noise="none", controller="none", gain=0.0, leak=0.0):
        super().__init__()
        if not 1 <= top_k <= experts:
            raise InvalidArgument(f"top_k: {top_k} came; it must be 1 to {experts}, the experts")
        if noise not in ("none", "gumbel"):
            raise InvalidArgument(f"noise: '{noise}' came; it is none or gumbel")
        if controller not in ("none", "integral", "sign"):
            raise InvalidArgument(f"controller: '{controller}' came; it is none, integral or sign")
        self.gate = torch.nn.Linear(width, experts, bias=False)
        self.top_k, self.noise, self.controller = top_k, noise, controller
        self.feedback, self.decay, self.rate, self.beta = feedback, decay, rate, beta
        self.gain, self.leak = gain, leak
        self.register_buffer("bias", torch.zeros(experts) if bias is None
                             else torch.as_tensor(bias, dtype=torch.float32))
        self.register_buffer("scores", torch.zeros(experts))
        self.register_buffer("control", torch.zeros(experts))
        self.register_buffer("counts", torch.zeros(experts), persistent=False)

    def forward(self, x):
        logits = self.beta * (self.gate(x) + self.scores + self.control)
        drawn = logits
        if self.noise == "gumbel":
            drawn = logits - torch.log(torch.empty_like(logits).exponential_())
        chosen = drawn.topk(self.top_k, dim=-1).indices
        if self.training:
            with torch.no_grad():
                flat = chosen.reshape(-1)
                self.counts.scatter_add_(0, flat, torch.ones_like(flat, dtype=self.counts.dtype))
        p = torch.softmax(logits, dim=-1).gather(-1, chosen)
        return p / p.sum(-1, keepdim=True) if self.top_k > 1 else p, chosen

    @torch.no_grad()
    def step(self):
        """After a step of training: scores follow the loads that the step had."""
        total = self.counts.sum()
        if total == 0:
            return
        n = self.counts / total
        away = n - 1 / n.numel()
        self.scores += self.rate * (self.feedback * n - self.decay * self.scores + self.bias)
        if self.controller == "integral":
            self.control -= self.rate * (self.gain * away + self.leak * self.control)
        elif self.controller == "sign":
            self.control -= self.gain * torch.sign(away)
        self.counts.zero_()


def _gates_of(model, gates):
    modules = dict(model.named_modules())
    if gates is None:
        found = [(name, module) for name, module in modules.items()
                 if any(re.search(pattern, name) for pattern in GATES)]
        if not found:
            raise InvalidArgument("no gate was found by its name: gates names the modules")
        return found
    names = {id(module): name for name, module in modules.items()}
    found = []
    for gate in gates:
        if isinstance(gate, str):
            if gate not in modules:
                raise InvalidArgument(f"gates: the model has no module '{gate}'")
            found.append((gate, modules[gate]))
        else:
            found.append((names.get(id(gate), type(gate).__name__), gate))
    return found


def _top_k_of(module, model, asked):
    if asked is not None:
        return asked
    config = getattr(model, "config", None)
    for owner in (module, config):
        for name in ("top_k", "num_experts_per_tok", "moe_k", "experts_per_token"):
            value = getattr(owner, name, None)
            if isinstance(value, int):
                return value
    raise InvalidArgument("top_k: neither the gates nor the configuration say it")


def _parts_of(output):
    """The logits and the choices in a gate's output, as far as there are any."""
    if isinstance(output, torch.Tensor):
        return output, None
    logits = chosen = None
    for part in output if isinstance(output, (tuple, list)) else ():
        if isinstance(part, torch.Tensor) and part.dim() >= 2:
            if not part.is_floating_point():
                chosen = part if chosen is None else chosen
            elif logits is None or part.shape[-1] > logits.shape[-1]:
                logits = part
    return logits, chosen


def _is_recomputing():
    """Whether this forward pass is one of a backward pass."""
    return torch._C._current_graph_task_id() != -1
