# SPDX-License-Identifier: MIT
import numpy
import pytest

import moebius


def two_experts(x, p):
    return [p.feedback * numpy.tanh(x[0] / 2) - x[0] + p.bias]


def test_a_traced_function_has_the_points_of_the_model(pitchfork):
    model = moebius.trace(two_experts, {"x": 0}, {"feedback": 1, "bias": 0})
    found = moebius.diagram(equations=model, vary={"feedback": (0.5, 20)})
    assert [p["label"] for p in found.data["special_points"] if p["type"] != "EP"] == ["BP1"]
    assert found["BP1"]["feedback"] == pytest.approx(pitchfork["BP1"]["feedback"], abs=1e-9)
    again = moebius.diagram(from_=found["BP1"], vary={"feedback": (0.5, 5)})
    assert len(again.data["branches"]) >= 1


def test_arrays_are_traced():
    def softmax(z, p):
        shares = numpy.exp(numpy.array(z))
        return p["k"] * shares / shares.sum() - z

    model = moebius.trace(softmax, {"a": 0, "b": 0, "c": 0}, {"k": 1})
    found = moebius.diagram(equations=model, vary={"k": (1, 6)})
    folds = sorted({round(p["parameters"]["k"], 9) for p in found.data["special_points"]
                    if p["type"] == "LP"})
    assert folds[0] == pytest.approx(2.745643576732725, abs=1e-8)  # K_s(3), docs/theory.md


def test_text_is_taken_as_it_is(tmp_path):
    text = "par mu=-1\ninit x=0.1\nx'=mu*x-x^3\ndone\n"
    (tmp_path / "pitchfork.ode").write_text(text)
    ours = moebius.diagram(equations=moebius.Equations(text), vary={"mu": (-1, 1)})
    file = moebius.diagram(equations=tmp_path / "pitchfork.ode", vary={"mu": (-1, 1)})
    assert [p["label"] for p in ours.data["special_points"]] == [
        p["label"] for p in file.data["special_points"]]
    assert ours["BP1"]["mu"] == pytest.approx(0, abs=1e-9)


def test_a_figure_of_a_text_shows_its_first_state():
    text = "par i=0.3\nv'=i+v-v^3/3-w\nw'=0.08*(v+0.7-0.8*w)\n"
    run = moebius.diagram(equations=moebius.Equations(text), vary={"i": (0, 1.5)})
    ax = run.plot()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("i", "v")


@pytest.mark.parametrize("rhs, sentence", [
    (lambda x, p: [float(x[0])], "numpy.exp works. Nor has it derivatives by complex step"),
    (lambda x, p: [1.0, 2.0], "2 rates of change"),
    (lambda x, p: [numpy.cbrt(x[0])], "numpy.cbrt has no counterpart"),
    (lambda x, p: ["a"], "a str came"),
    (lambda x, p: [x[0] * numpy.nan], "the number nan"),
    (lambda x, p: numpy.abs(numpy.linalg.solve([[1]], [x[0]])), "drops imaginary parts"),
    (lambda x, p: None, "a NoneType came"),
    (lambda x, p: numpy.array([[x[0]]]), r"an array of shape \(1, 1\) came"),
    (lambda x, p: {"x": x[0]}, "a dict came"),
])
def test_what_cannot_be_traced_is_said(rhs, sentence):
    with pytest.raises(moebius.InvalidArgument, match=sentence):
        moebius.trace(rhs, {"x": 0}, {})


@pytest.mark.parametrize("states, parameters, sentence", [
    (["x"], {}, "states: a list came"),
    ({}, {}, "no states"),
    ({"x": 0}, {"X": 1}, "'X' came twice"),
    ({"x": numpy.nan}, {}, "x is nan"),
    ({"x": 0}, {"a": "b"}, "a is 'b'"),
    ({"x": 0}, {"\N{GREEK SMALL LETTER ALPHA}": 1}, "letters, digits and _"),
])
def test_names_and_values_that_no_text_can_have_are_refused(states, parameters, sentence):
    with pytest.raises(moebius.InvalidArgument, match=sentence):
        moebius.trace(lambda x, p: [0.0], states, parameters)


def test_equal_symbols_are_compared_when_numbers_are_known():
    model = moebius.trace(lambda x, p: [moebius.where(x[0] == p.a, p.b, x[0] != 0)], {"x": 1},
                          {"a": 1, "b": 3})
    assert rates_of_text(model.text) == [3]
    assert rates_of_text(model.text.replace("init x=1.0", "init x=2.0")) == [1]


def test_words_end_where_they_end():
    with pytest.raises(moebius.InvalidArgument, match="zero byte"):
        moebius.diagram(vary="feedback=1:2\0:3")
    with pytest.raises(TypeError, match="a bytes came, but they are a text"):
        moebius.Equations(b"x'=1")


def test_what_the_function_raises_comes_through():
    def broken(x, p):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        moebius.trace(broken, {"x": 0}, {})


def test_a_text_with_an_unknown_name_is_refused():
    with pytest.raises(moebius.InvalidArgument, match="muu"):
        moebius.diagram(equations=moebius.Equations("par mu=1\nx'=muu*x\ndone\n"),
                        vary={"mu": (0, 1)})


def test_branches_are_chosen_by_where():
    model = moebius.trace(lambda x, p: [moebius.where(x[0] > 0, -x[0], -2 * x[0]) + p.a], {"x": 0},
                          {"a": 1})
    assert "if(" in model.text and "then(" in model.text
    assert moebius.where(True, 1, 2) == 1


def test_functions_of_jax_are_traced():
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    weights = numpy.array([[0.1, 1.2, -0.3], [0.5, 0.6, 0.2], [0.0, 0.3, -1.0]])

    def matrix(x, p):
        z = jax.numpy.array(x)
        return jax.numpy.tanh(weights @ z) * p.k - z

    def gradient(x, p):
        def potential(z):
            return p["k"] * jax.numpy.cos(z).sum() + jax.nn.logsumexp(z) + (z**3).sum()
        return -jax.grad(potential)(jax.numpy.stack(x))

    def loops(x, p):
        z = jax.lax.fori_loop(0, 3, lambda i, c: c + 0.1 * p.k * jax.numpy.sin(c * i),
                              jax.numpy.array(x))
        return jax.jit(jax.nn.softmax)(z) + jax.vmap(lambda a: jax.numpy.sqrt(1 + a * a))(z)

    def choice(x, p):
        z = jax.numpy.array(x)
        return jax.numpy.where(z > 0, z[::-1], jax.numpy.roll(z, 1)) * p.k

    x = {"a": 0.3, "b": -0.2, "c": 0.5}
    for function in (matrix, gradient, loops, choice):
        model = moebius.trace(function, x, {"k": 1.3})
        assert model.traced == "jax" and "by jax" in model.text.splitlines()[0]
        with jax.enable_x64(True):
            expected = numpy.asarray(function(list(x.values()), Parameters(k=1.3)))
        assert numpy.allclose(rates_of_text(model.text), expected, rtol=1e-14, atol=1e-15)


class Parameters(dict):
    __getattr__ = dict.__getitem__


def rates_of_text(text):
    """By Python, whose arithmetic knows nothing of the engine's."""
    known = {name: getattr(numpy, name) for name in ("exp", "sqrt", "sin", "cos", "tanh", "sign")}
    known |= {"ln": numpy.log, "max": max, "min": min, "abs": abs,
              "choice": lambda condition, then, otherwise: then if condition else otherwise}
    rates = []
    for line in text.splitlines()[1:-1]:
        name, formula = line.removeprefix("par ").removeprefix("init ").split("=", 1)
        for old, new in (("^", "**"), ("if(", "choice("), (")then(", ","), (")else(", ",")):
            formula = formula.replace(old, new)
        value = eval(formula, known)
        if name.endswith("'"):
            rates.append(value)
        else:
            known[name] = value
    return rates


def test_a_model_of_jax_has_the_points_of_the_model(pitchfork):
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    model = moebius.trace(lambda x, p: p.feedback * jax.nn.tanh(x[0] / 2) - x[0] + p.bias, {"x": 0},
                          {"feedback": 1, "bias": 0})
    found = moebius.diagram(equations=model, vary={"feedback": (0.5, 20)})
    assert found["BP1"]["feedback"] == pytest.approx(pitchfork["BP1"]["feedback"], abs=1e-9)
    assert "traced from a Python function by jax" in found.data["options"]["equations"]


def test_what_jax_cannot_give_is_said():
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    with pytest.warns(RuntimeWarning, match="JAX's cumsum has no counterpart.* So it is called"):
        model = moebius.trace(lambda x, p: p.k - jax.numpy.cumsum(jax.numpy.array(x)),
                              {"a": 0, "b": 1}, {"k": 1})
    assert model.traced == "complex step"
    assert moebius.diagram(equations=model, vary={"k": (0, 1)}).branches["a"].iloc[0] == 0
    with pytest.raises(moebius.InvalidArgument, match="numpy.cbrt has no counterpart"):
        moebius.trace(lambda x, p: [numpy.cbrt(x[0])], {"a": 0}, {})
    with pytest.raises(moebius.InvalidArgument, match="3 rates of change"):
        moebius.trace(lambda x, p: jax.numpy.stack([*x, x[0]]), {"a": 0, "b": 1}, {})
    with pytest.raises(KeyError, match="mine"):
        moebius.trace(lambda x, p: jax.numpy.sin({}["mine"]), {"a": 0}, {})
