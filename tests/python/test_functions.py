# SPDX-License-Identifier: MIT
"""Functions that cannot be traced: they are called, and their derivatives are by complex step."""
import numpy
import pytest

import moebius

pytestmark = pytest.mark.filterwarnings("ignore:trace.*called, with complex numbers")


def brusselator(x, p):
    u, v = x
    return [p.a - (p.b + 1) * u + u * u * v, p.b * u - u * u * v]


def solved(x, p):
    return numpy.linalg.solve(numpy.eye(2), brusselator(x, p))  # which has no symbols


STATES, PARAMETERS = {"u": 1.0, "v": 1.0}, {"a": 1.0, "b": 1.0}


def diagram(rhs):
    return moebius.diagram(equations=moebius.trace(rhs, STATES, PARAMETERS), vary={"b": (1, 3)})


def test_a_called_function_has_the_points_of_the_traced_one():
    traced, called = diagram(brusselator), diagram(solved)
    assert "by complex step" in called.data["options"]["equations"].splitlines()[0]
    ours, theirs = (dict(run["HB1"].data["normal_form"]) for run in (called, traced))
    assert called["HB1"]["b"] == pytest.approx(2, abs=1e-12)
    assert ours == pytest.approx(theirs, abs=1e-11)


def test_a_warning_says_why_and_results_need_the_function():
    def pitchfork(x, p):
        return numpy.linalg.solve([[1]], p.k * numpy.tanh(numpy.array(x)) - numpy.array(x))

    with pytest.warns(RuntimeWarning, match="solve1.*So it is called, with complex numbers"):
        model = moebius.trace(pitchfork, {"x": 0}, {"k": 0.5}, scale=2)
    assert model.traced == "complex step" and "scale 2.0" in model.text
    run = moebius.diagram(equations=model, vary={"k": (0.5, 2)})
    again = moebius.diagram(from_=run["BP1"], vary={"k": (0.5, 1.5)})
    assert len(again.data["branches"]) >= 1
    del model
    with pytest.raises(moebius.InvalidArgument, match="a function of a process.*has ended"):
        moebius.diagram(from_=run["BP1"], vary={"k": (0.5, 1.5)})


@pytest.mark.parametrize("late, error, sentence", [
    (lambda: 1 / 0, ZeroDivisionError, "division by zero"),
    (lambda: [1, 2, 3], moebius.InvalidArgument, "gave 3 rates of change, but there are 2 states"),
    (lambda: ["a", "b"], moebius.InvalidArgument, "rates of change are numbers"),
])
def test_what_a_function_raises_later_ends_the_run(late, error, sentence):
    left = [30]

    def failing(x, p):
        left[0] -= 1
        return late() if left[0] < 0 else solved(x, p)

    model = moebius.trace(failing, STATES, PARAMETERS)
    with pytest.raises(error, match=sentence):
        moebius.diagram(equations=model, vary={"b": (1, 3)})
    assert diagram(brusselator)["HB1"]["b"] == pytest.approx(2)  # the next run is none of that


def test_a_function_may_change_its_input_and_branch():
    def changing(x, p):
        rates = numpy.array(brusselator(x, p))
        x[0] = 7
        return -(-rates) if rates[0] > 0 else rates

    assert diagram(changing)["HB1"]["b"] == pytest.approx(2, abs=1e-12)


def test_states_are_an_array_with_names():
    def rhs(x, p):
        assert len(x) == 2 and x["u"] is x.u and x[-1] is x.v
        return p.a * x[::-1] + x.sum() - 2 * x**2 + x @ x

    assert diagram_text(rhs) == ["u'=((((a*v)+(u+v))-(2.0*(u^2.0)))+((u*u)+(v*v)))",
                                 "v'=((((a*u)+(u+v))-(2.0*(v^2.0)))+((u*u)+(v*v)))"]
    with pytest.raises(AttributeError, match="there is no 'c', but a, b"):
        moebius.trace(lambda x, p: [p.c, 0], STATES, PARAMETERS)
    with pytest.raises(KeyError, match="there is no 'c', but a, b"):
        moebius.trace(lambda x, p: [p["c"], 0], STATES, PARAMETERS)
    named = moebius.trace(lambda x, p: [p.count * x.sum - x.T, 0], {"sum": 1, "T": 0}, {"count": 2})
    assert "sum'=((count*sum)-T)" in named.text


def diagram_text(rhs):
    lines = moebius.trace(rhs, STATES, PARAMETERS).text.splitlines()
    return [line for line in inlined(lines) if "'" in line]


def inlined(lines):
    """Without the names q1, q2, ... of what is used more than once."""
    known = dict(line.split("=", 1) for line in lines if line.startswith("q"))
    for name in reversed(known):
        lines = [line.replace(name, known[name]) for line in lines]
    return lines
