# SPDX-License-Identifier: MIT
import numpy
import pytest

import moebius


def test_a_model_is_its_formula():
    model = moebius.Model("two-expert")
    assert model.states == ["x"]
    model.set("feedback", 3.0)
    model.set("bias", 0.25)
    assert model.parameters == {"feedback": 3.0, "decay": 1.0, "beta": 1.0, "bias": 0.25}
    x = 0.7
    assert model.rhs(numpy.array([x]))[0] == pytest.approx(3 * numpy.tanh(x / 2) - x + 0.25,
                                                           rel=1e-15)
    assert model.loads(numpy.array([x])) == pytest.approx([(1 + numpy.tanh(x / 2)) / 2,
                                                           (1 - numpy.tanh(x / 2)) / 2])


def test_the_jacobian_is_the_slope_of_the_right_hand_side():
    model = moebius.Model("softmax", experts=5, controlled=True)
    x = numpy.random.default_rng(3).normal(size=len(model.states))
    slope = numpy.empty((len(x), len(x)))
    for i in range(len(x)):
        step = numpy.zeros(len(x))
        step[i] = 1e-5
        slope[:, i] = (model.rhs(x + step) - model.rhs(x - step)) / 2e-5
    assert numpy.allclose(model.jacobian(x), slope, atol=1e-9)


def test_states_of_another_shape_or_kind_are_refused():
    model = moebius.Model("softmax", experts=4)
    with pytest.raises(moebius.InvalidArgument, match="3 numbers came"):
        model.rhs(numpy.zeros(3))
    needed = "but softmax has 4 states, float64 in an array of one dimension"
    for wrong, came in ((numpy.zeros((2, 2)), r"shape \(2, 2\) of float64 came"),
                        (numpy.zeros(4, complex), r"shape \(4,\) of complex128 came")):
        for call in (model.rhs, model.loads, model.jacobian):
            with pytest.raises(moebius.InvalidArgument, match=f"state: {came}, {needed}"):
                call(wrong)
    for wrong, came in ((["a"] * 4, "a list"), (None, "a NoneType")):
        with pytest.raises(TypeError, match=f"state: {came} came, {needed}"):
            model.rhs(wrong)
    assert repr(model) == "<moebius model softmax: 4 states>"
    with pytest.raises(moebius.InvalidArgument, match="softmax"):
        moebius.Model("sofmax")
    with pytest.raises(moebius.InvalidArgument, match="a model takes up to 1048576"):
        moebius.Model("softmax", experts=10**9)
    with pytest.raises(moebius.InvalidArgument, match="feedback"):
        model.set("feedbak", 1)
    strided = numpy.zeros(8)[::2]
    assert (model.rhs(strided) == model.rhs(numpy.zeros(4))).all()
