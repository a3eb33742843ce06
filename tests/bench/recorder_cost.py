#!/usr/bin/env python3
"""recorder_cost.py [PAIRS]: what moebius.torch.LoadRecorder costs a step of a small Mixtral on the CPU, with
PyTorch and transformers: the operators that it adds, the time of its hooks by themselves, and the ratio of
steps with it and without, in turn, with a bootstrap interval. CPU time of one thread."""
import sys
import time

import numpy
import torch
import transformers

import moebius.torch

LAYERS, BATCH, LENGTH, WIDTH = 4, 8, 64, 128


def made():
    torch.manual_seed(1)
    model = transformers.MixtralForCausalLM(transformers.MixtralConfig(
        vocab_size=512, hidden_size=WIDTH, intermediate_size=2 * WIDTH, num_hidden_layers=LAYERS,
        num_attention_heads=4, num_key_value_heads=2, num_local_experts=8, num_experts_per_tok=2))
    tokens = torch.randint(0, 512, (BATCH, LENGTH))
    optimiser = torch.optim.SGD(model.parameters(), 1e-3)

    def step(recorder=None):
        model(tokens, labels=tokens).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        if recorder:
            recorder.step()

    return model, step


def operators(step, recorder=None):
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as seen:
        step(recorder)
    return sum(e.count for e in seen.key_averages() if e.key.startswith("aten::"))


def seconds(work, times=1):
    begin = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - begin) / times


def hooks_alone(model, recorder):
    """The recorder's part of a step, on outputs that the gates gave."""
    gates = [module for name, module in model.named_modules() if name in recorder.names]
    outputs = [gate(torch.randn(BATCH * LENGTH, WIDTH)) for gate in gates]
    hooks = [recorder._hook(at) for at in range(len(gates))]

    def part():
        for hook, output in zip(hooks, outputs):
            hook(None, None, output)
        recorder.step()

    return seconds(part, 500)


def main():
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    torch.set_num_threads(1)
    model, step = made()
    step()
    plain = operators(step)
    took = {False: [], True: []}
    for turn in range(pairs):
        for on in (turn % 2 == 0, turn % 2 == 1):
            recorder = moebius.torch.LoadRecorder(model) if on else None
            step(recorder)  # makes what the recorder keeps
            took[on].append(seconds(lambda: step(recorder), 2))
            if recorder:
                recorder.close()
    recorder = moebius.torch.LoadRecorder(model)
    step(recorder)
    added = operators(step, recorder) - plain
    alone = hooks_alone(model, recorder)
    without, ratio = numpy.median(took[False]), numpy.array(took[True]) / numpy.array(took[False])
    draws = numpy.random.default_rng(1).integers(0, pairs, (4000, pairs))
    low, high = numpy.quantile(numpy.median(ratio[draws], axis=1), [0.05, 0.95])
    print(f"operators of a step: {plain} and {added} more")
    print(f"hooks alone: {1e6 * alone:.0f} us, {100 * alone / without:.3f} % of a step of {1e3 * without:.0f} ms")
    print(f"a step with, over one without: {numpy.median(ratio):.4f} ({low:.4f} to {high:.4f}), {pairs} pairs")


main()
