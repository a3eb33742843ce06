# SPDX-License-Identifier: MIT
"""The package against the program: the same code must give the same bytes."""

import ast
import inspect
import json
import os
import shlex
import subprocess
import sys
import threading
import time

import numpy
import pytest

import moebius

PROGRAM, LIBRARY = os.environ.get("MOEBIUS"), os.environ.get("MOEBIUS_LIBRARY_CALLS")

CALLS = [
    ("diagram --vary feedback=0:4 --set bias=0.1",
     lambda: moebius.diagram(vary={"feedback": (0, 4)}, set={"bias": 0.1})),
    ("diagram --model softmax --experts 8 --controller integral,gain=0.5,leak=0.1 --vary feedback=6:9",
     lambda: moebius.diagram(model="softmax", experts=8, controller="integral,gain=0.5,leak=0.1",
                             vary={"feedback": (6, 9)})),
    ("diagram --vary feedback=0.5:5 --noise gaussian",
     lambda: moebius.diagram(vary="feedback=0.5:5", noise="gaussian")),
    ("diagram --vary feedback=0.5:5 --certify",
     lambda: moebius.diagram(vary={"feedback": (0.5, 5)}, certify=True)),
    ("locus --vary feedback=1.5:20 --vary bias=-9:9",
     lambda: moebius.locus(vary={"feedback": (1.5, 20), "bias": (-9, 9)})),
    ("exact --set feedback=4 --vary feedback=2:20",
     lambda: moebius.exact(set={"feedback": 4}, vary={"feedback": (2, 20)})),
    ("exact --set feedback=1.5", lambda: moebius.exact(set={"feedback": 1.5})),
    ("sweep --set feedback=4 --vary bias=-3:3 --rate 0.1 --direction up",
     lambda: moebius.sweep(set={"feedback": 4}, vary={"bias": (-3, 3)}, rate=0.1, direction="up")),
    ("simulate --experts 4 --set feedback=2 --batch 256 --steps 100",
     lambda: moebius.simulate(experts=4, set={"feedback": 2}, batch=256, steps=100)),
]


def by_program(line):
    """The result of a command without its words, which differ: --a b and --a=b."""
    done = subprocess.run([PROGRAM, *shlex.split(line), "--format", "json"], capture_output=True,
                          text=True, check=False)
    assert done.returncode in (0, 3), done.stderr
    return without_words(json.loads(done.stdout))


def without_words(data):
    data.pop("command")
    data.get("options", {}).pop("vary", None)
    return data


def by_package(line):
    """The function of a command with the values of its words."""
    command, *words = shlex.split(line)
    options, name = {}, None
    for word in words:
        if word.startswith("--"):
            name = word[2:].replace("-", "_")
        else:
            options.setdefault(name, []).append(word)
    return getattr(moebius, command)(**{name: of[0] if len(of) == 1 else of for name, of in options.items()})


def library_results():
    """What a C++ program got from the library; an entry without numbers where there is none."""
    if not (PROGRAM and LIBRARY):
        return {"": {}}
    return json.loads(subprocess.run([LIBRARY], capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not PROGRAM, reason="MOEBIUS names no program to compare with")
@pytest.mark.parametrize("line, call", CALLS, ids=[line for line, _ in CALLS])
def test_program_and_package_give_the_same_numbers(line, call):
    assert by_program(line) == without_words(call().data)


@pytest.mark.skipif(not (PROGRAM and LIBRARY), reason="MOEBIUS_LIBRARY_CALLS names no program")
@pytest.mark.parametrize("line, library", library_results().items())
def test_library_program_and_package_give_the_same_numbers(line, library):
    program = by_program(line)
    assert program == without_words(by_package(line).data)
    heading = {"schema", "version", "command", "model", "parameters", "options", "seed"}
    numbers = {name: part for name, part in library.items() if name not in heading}
    assert numbers
    assert numbers == {name: program[name] for name in numbers}


def test_options_are_those_of_the_table():
    signature = inspect.signature(moebius.diagram)
    assert {"vary", "set", "experts", "from_", "certify", "out"} <= set(signature.parameters)
    assert "format" not in signature.parameters
    assert "longest step along a curve" in moebius.diagram.__doc__


def test_wrong_options_have_the_programs_sentence():
    with pytest.raises(TypeError, match="no option 'varry': did you mean 'vary'"):
        moebius.diagram(varry="feedback=1:2")
    with pytest.raises(moebius.InvalidArgument, match="feedbak"):
        moebius.diagram(vary={"feedbak": (1, 2)})
    with pytest.raises(ValueError, match="--experts"):
        moebius.diagram(model="softmax", experts=-1, vary={"feedback": (1, 2)})
    with pytest.raises(moebius.InvalidArgument, match="True or False"):
        moebius.diagram(vary={"feedback": (1, 2)}, certify="yes")
    with pytest.raises(moebius.InvalidArgument, match="a object came"):
        moebius.diagram(vary={"feedback": (1, object())})


@pytest.mark.parametrize("tokens", [numpy.zeros(3), numpy.zeros((2, 2), complex),
                                    numpy.array([["a", "b"]])])
def test_arrays_that_are_no_tokens_are_refused(tokens):
    with pytest.raises(moebius.InvalidArgument, match="two dimensions"):
        moebius.response(tokens=tokens, gate="logits")


def test_what_is_no_file_of_equations_is_told_what_to_do():
    with pytest.raises(moebius.InvalidArgument, match=r"moebius.Equations\(text\) takes it"):
        moebius.diagram(equations="x'=a-x", vary={"a": (0, 1)})
    with pytest.raises(moebius.InvalidArgument, match=r"moebius.trace\(function, states"):
        moebius.diagram(equations=lambda x, p: x, vary={"a": (0, 1)})


def test_a_range_may_be_an_array(pitchfork):
    run = moebius.diagram(vary={"feedback": numpy.array([0.5, 20])})
    assert run["BP1"]["feedback"] == pitchfork["BP1"]["feedback"]
    with pytest.raises(KeyError, match="this diagram has no point 'LP9', but has "):
        run["LP9"]
    with pytest.raises(moebius.InvalidArgument, match="there is no column 'foo', but branch"):
        run.plot(y="foo")


def test_a_number_may_be_of_a_type_that_prints_its_name(pitchfork):
    class Number(float):  # as numpy.float64 of NumPy 2 is
        def __repr__(self):
            return f"np.float64({float(self)})"

    run = moebius.diagram(vary={"feedback": (Number(0.5), Number(20))})
    assert run["BP1"]["feedback"] == pitchfork["BP1"]["feedback"]


def test_tokens_that_are_not_finite_are_refused():
    with pytest.raises(moebius.InvalidArgument, match="nan|finite"):
        moebius.response(tokens=numpy.full((4, 2), numpy.nan), gate="logits")


def test_arrays_of_any_strides_and_numbers_come_through():
    logits = numpy.random.default_rng(1).normal(size=(2, 400))
    options = dict(gate="logits", batches=8, seeds=2)
    first = moebius.response(tokens=logits.T, **options)
    again = moebius.response(tokens=numpy.ascontiguousarray(logits.T), **options)
    assert first.response.equals(again.response)


def test_an_array_of_a_device_is_brought_to_memory():
    class OnDevice:
        """What PyTorch shows of a tensor on a CUDA device."""

        def __init__(self, values):
            self.values = values

        def __dlpack_device__(self):
            return (2, 0)

        def __dlpack__(self, **_):
            raise BufferError("it is on a device")

        def cpu(self):
            return self.values

    logits = numpy.random.default_rng(1).normal(size=(400, 2))
    options = dict(gate="logits", batches=8, seeds=2)
    assert moebius.response(tokens=OnDevice(logits), **options).response.equals(
        moebius.response(tokens=logits, **options).response)


def test_a_point_is_a_start(pitchfork):
    start = pitchfork["BP1"]
    assert start["feedback"] == pytest.approx(2, abs=1e-9)
    assert len(moebius.diagram(from_=start, vary={"feedback": (0.5, 5)}).branches)


def test_other_threads_go_on_meanwhile():
    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    before = time.monotonic()
    moebius.simulate(set={"feedback": 1}, batch=65536, steps=2000, record_every=100)
    after = time.monotonic()
    done.set()
    thread.join()
    assert sum(before < tick < after for tick in ticks) > 3


def test_an_interrupt_stops_the_work_and_python_goes_on():
    script = """
import os, signal, threading, time
import moebius
threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    found = moebius.simulate(set={"feedback": 1}, batch=1024, steps=20000000, record_every=100)
    print("kept", found.incomplete is not None, len(found.records) > 0)
except KeyboardInterrupt:
    print("interrupted")
print(len(moebius.diagram(vary={"feedback": (1, 3)}).data["branches"]))
try:
    signal.raise_signal(signal.SIGINT)
    time.sleep(1)
except KeyboardInterrupt:
    print("python's own")
"""
    said = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True,
                          text=True, check=True, timeout=60).stdout.split("\n")
    assert said[0] in ("kept True True", "interrupted")
    assert said[1:3] == ["3", "python's own"]


def test_stubs_are_those_of_the_tables():
    from pathlib import Path

    from moebius import _stubs
    kept = Path(moebius.__file__).with_name("__init__.pyi").read_text(encoding="utf-8")
    assert kept == _stubs.text(), "python -m moebius._stubs > python/moebius/__init__.pyi"
    ast.parse(kept)  # what a type checker does first


def test_cycles_leave_a_hopf_point_and_nothing_else():
    controlled = moebius.diagram(model="softmax", experts=2, vary={"feedback": (1, 6)},
                                 controller="integral,gain=0.5,leak=0.1")
    run = moebius.cycles(controlled["HB1"], vary={"feedback": (2, 3.5)}, max_step=1)
    assert set(run.branches.kind) == {"cycle"}
    assert run.data["branches"] == moebius.diagram(from_=controlled["HB1"], vary={"feedback": (2, 3.5)},
                                                   max_step=1).data["branches"]
    with pytest.raises(moebius.InvalidArgument, match="they leave a Hopf point"):
        moebius.cycles(controlled["EP1"], vary={"feedback": (1, 2)})
    with pytest.raises(TypeError):
        moebius.cycles()
