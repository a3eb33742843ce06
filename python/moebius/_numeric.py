# SPDX-License-Identifier: MIT
"""A function that cannot be traced: it is called with complex numbers, whose imaginary parts are
its derivatives (W. Squire, G. Trapp, SIAM Review 40, 1998, 110)."""

import contextlib
import sys
import uuid
import warnings

import numpy

from . import _core
from ._named import Named
from .equations import Equations, declarations
from .errors import InvalidArgument

_HEAD = ("# a Python function, not traced: first derivatives by complex step, second and third by "
         "differences of these (1e-11)")


def equations_of(rhs, states, parameters, scale, why):
    """The equations of a function that is called whenever it is needed.

    why: the exception that says why it cannot be traced
    """
    function = _function(rhs, states, parameters)
    x, p = (numpy.array([float(v) for v in of.values()]) for of in (states, parameters))
    try:
        function(x, p)  # what it raises by itself is its user's to see
    except InvalidArgument:
        raise InvalidArgument(f"trace: {why}") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _check_derivatives(function, x, p)
    except Exception as error:
        raise InvalidArgument(f"trace: {why}. Nor has it derivatives by complex step: {error}") from why
    warnings.warn(f"trace: {why}. So it is called, with complex numbers, for its derivatives",
                  RuntimeWarning, stacklevel=3)
    name = uuid.uuid4().hex
    lines = [_HEAD, *declarations(states, parameters, scale)]
    lines += [f"host {name}: {', '.join(states)}", "done", ""]
    return Equations("\n".join(lines), "complex step", _core.Function(name, function))


def _function(rhs, states, parameters):
    """rhs of two arrays to an array of rates, checked."""
    jax = sys.modules.get("jax")

    def function(x, p):
        with _double_precision(jax):
            found = numpy.asarray(rhs(Named(states, x), Named(parameters, p)))
        if found.dtype.kind not in "fciub" or found.ndim > 1:
            raise InvalidArgument(f"the function gave an array of shape {found.shape} and type "
                                  f"{found.dtype}, but rates of change are numbers")
        if found.size != len(states):
            raise InvalidArgument(f"the function gave {found.size} rates of change, but there are "
                                  f"{len(states)} states")
        return numpy.ascontiguousarray(numpy.atleast_1d(found), dtype=complex)

    return function


def _double_precision(jax):
    if jax is None:
        return contextlib.nullcontext()
    from ._jax import double_precision
    return double_precision(jax)


def _check_derivatives(function, x, p):
    """Slopes by complex step beside those of differences, at three points, where both are numbers."""
    step, off = 1e-5, 2.0**-100
    for turn in (0.1, -0.23, 0.37):
        shift = [turn * (1 + abs(at)) * numpy.cos(3 * turn + numpy.arange(at.size)) for at in (x, p)]
        at, by = x + shift[0], p + shift[1] * 1e-3
        slope = function(at + 1j * off * shift[0], by + 1j * off * shift[1]).imag / off
        ends = [function(at + s * shift[0], by + s * shift[1]).real for s in (step, -step)]
        difference = (ends[0] - ends[1]) / (2 * step)
        known = numpy.isfinite(slope) & numpy.isfinite(difference)
        size = max(1.0, *map(abs, difference[known]), *map(abs, ends[0][known]))
        if numpy.any(abs(slope - difference)[known] > 1e-5 * size):
            raise InvalidArgument("they are not those of differences, so that it drops imaginary "
                                  "parts somewhere, as abs or float do")
