# SPDX-License-Identifier: MIT
"""Functions of JAX as symbols: what JAX traces is run once more, on symbols in place of numbers."""

import contextlib
import functools
from math import prod

import numpy

from ._named import Named, of_jax
from .equations import Symbol, _NotTraced, _symbol

_UNARY = {"neg": "(-{})", "exp": "exp({})", "exp2": "(2^{})", "expm1": "(exp({})-1)",
          "log": "ln({})", "log1p": "ln(1+{})", "tanh": "tanh({})", "sin": "sin({})",
          "cos": "cos({})", "tan": "tan({})", "sinh": "sinh({})", "cosh": "cosh({})",
          "asin": "asin({})", "acos": "acos({})", "atan": "atan({})", "sqrt": "sqrt({})",
          "rsqrt": "(1/sqrt({}))", "abs": "abs({})", "sign": "sign({})", "floor": "flr({})",
          "erf": "erf({})", "erfc": "erfc({})", "lgamma": "lgamma({})",
          "logistic": "(1/(1+exp(-{})))", "not": "(1-{})"}
_BINARY = {"add": "({}+{})", "add_any": "({}+{})", "sub": "({}-{})", "mul": "({}*{})",
           "div": "({}/{})", "pow": "({}^{})", "atan2": "atan2({},{})", "lt": "({}<{})",
           "gt": "({}>{})", "le": "({}<={})", "ge": "({}>={})", "and": "({}&{})",
           "or": "({}|{})"}
_REDUCED = {"reduce_sum": "({}+{})", "reduce_prod": "({}*{})", "reduce_max": "max({},{})",
            "reduce_min": "min({},{})"}
_JOINS = {"concatenate", "stack"}
_MOVES = _JOINS | {"broadcast_in_dim", "dynamic_slice", "expand_dims", "gather", "reshape", "rev",
                   "slice", "split", "squeeze", "transpose"}
_SAME = {"convert_element_type", "copy", "copy_p", "optimization_barrier", "reduce_precision",
         "stop_gradient"}
_INNER = ("jaxpr", "call_jaxpr", "fun_jaxpr")  # where primitives keep what they run


def rates_of(function, states, parameters):
    """A list of symbols: the rates of change that a function of JAX gives.

    function: of two lists of numbers, and what joins such a list, to an array, or a sequence, of
              numbers
    states, parameters: their symbols
    """
    import jax
    _make_known(jax)
    with double_precision(jax):
        here = jax.make_jaxpr(lambda x, p: jax.numpy.ravel(jax.numpy.asarray(function(x, p, of_jax))))(
            [1.0] * len(states), [1.0] * len(parameters))
        given = [numpy.array(symbol, dtype=object) for symbol in (*states, *parameters)]
        (found,) = _run(here.jaxpr, here.consts, given)
    return list(numpy.ravel(found))


@functools.cache
def _make_known(jax):
    """States and parameters by name as what JAX takes apart, like lists."""
    jax.tree_util.register_pytree_node(Named, Named.parts, Named.of_parts)


def double_precision(jax):
    """64 bits within."""
    known = getattr(jax, "enable_x64", None)
    if known is None:
        from jax.experimental import enable_x64 as known
    return known(True) if callable(known) else contextlib.nullcontext()


def _run(jaxpr, constants, given):
    values = dict(zip(jaxpr.constvars, constants)) | dict(zip(jaxpr.invars, given))

    def known(atom):
        return atom.val if hasattr(atom, "val") else values[atom]

    for equation in jaxpr.eqns:
        found = _applied(equation, [known(atom) for atom in equation.invars])
        values.update(zip(equation.outvars, found))
    return [known(atom) for atom in jaxpr.outvars]


def _is_symbolic(value):
    return getattr(value, "dtype", None) == object


def _applied(equation, given):
    """The values of one primitive, a list."""
    name, how = equation.primitive.name, equation.params
    if not any(map(_is_symbolic, given)):
        found = equation.primitive.bind(*given, **how)
        return list(found) if equation.primitive.multiple_results else [found]
    for inner in _INNER:
        if inner in how and name != "scan":
            closed = how[inner]
            return _run(getattr(closed, "jaxpr", closed), getattr(closed, "consts", ()), given)
    if name in _MOVES:
        return _moved(equation, given)
    if name in _SAME:
        return given
    if name in _UNARY:
        return [_each(_UNARY[name], given)]
    if name in _BINARY:
        return [_each(_BINARY[name], given)]
    if name in _REDUCED:
        return [_reduced(_REDUCED[name], given[0], how["axes"])]
    if name in _OTHERS:
        return _OTHERS[name](given, how)
    raise _NotTraced(f"JAX's {name} has no counterpart in the equations")


def _each(form, given):
    """The form of each place of arrays."""
    return _placewise(lambda *row: Symbol(form, *map(_symbol, row)), given)


def _placewise(function, given):
    made = numpy.frompyfunc(function, len(given), 1)
    return numpy.asarray(made(*(numpy.asarray(one, dtype=object) for one in given)), dtype=object)


def _unless_infinite(form, then):
    """Of two of which JAX takes one for an infinity, of which the equations know nothing."""
    def one(a, b):
        for here, other in ((a, b), (b, a)):
            if not isinstance(here, Symbol) and numpy.isinf(here):
                return then(here, other)
        return Symbol(form, _symbol(a), _symbol(b))

    return lambda given, how: [_placewise(one, given)]


def _moved(equation, given):
    """What only moves places about is asked where it moves their numbers."""
    joins = equation.primitive.name in _JOINS
    if not joins and any(map(_is_symbolic, given[1:])):
        raise _NotTraced("a place in an array depends on a state or parameter")
    sizes = [0 if not _is_symbolic(one) else numpy.size(one) for one in given]
    places, symbols = [], []
    for one, size in zip(given, sizes):
        if not joins and not size:
            places.append(one)  # where to look
            continue
        one = numpy.asarray(one, dtype=object)
        places.append(numpy.arange(len(symbols), len(symbols) + one.size).reshape(one.shape))
        symbols.extend(one.ravel())
    how = dict(equation.params)
    if "fill_value" in how:
        how["fill_value"] = -1
    found = equation.primitive.bind(*places, **how)
    several = equation.primitive.multiple_results
    out = []
    for one in found if several else [found]:
        at = numpy.asarray(one)
        if at.size and (at.min() < 0 or at.max() >= len(symbols)):
            raise _NotTraced(f"JAX's {equation.primitive.name} reaches beyond an array")
        picked = numpy.empty(at.shape, dtype=object)
        picked.flat = [symbols[i] for i in at.ravel()]
        out.append(picked)
    return out


def _reduced(form, array, axes):
    kept = [axis for axis in range(array.ndim) if axis not in axes]
    rows = array.transpose(*kept, *axes).reshape(*(array.shape[axis] for axis in kept), -1)
    total = rows[..., 0]
    for at in range(1, rows.shape[-1]):
        total = _each(form, [total, rows[..., at]])
    return numpy.asarray(total, dtype=object)


def _product(given, how):
    """dot_general: (batch, free, summed) times (batch, summed, free)."""
    (left_sum, right_sum), (left_batch, right_batch) = how["dimension_numbers"]
    rows = []
    for array, summed, batch in zip(given, (left_sum, right_sum), (left_batch, right_batch)):
        array = numpy.asarray(array, dtype=object)
        free = [axis for axis in range(array.ndim) if axis not in (*summed, *batch)]
        shapes = [[array.shape[axis] for axis in axes] for axes in (batch, free, summed)]
        rows.append((array.transpose(*batch, *free, *summed)
                     .reshape(*shapes[0], prod(shapes[1]), prod(shapes[2])), shapes))
    (left, shapes), (right, others) = rows
    pairs = _each("({}*{})", [left[..., :, None, :], right[..., None, :, :]])
    total = _reduced("({}+{})", pairs, (pairs.ndim - 1,))
    return [total.reshape(*shapes[0], *shapes[1], *others[1])]


def _selected(given, how):
    which, *cases = given
    found = cases[0]
    for at, case in enumerate(cases[1:], start=1):  # of a condition: 0 or 1
        found = _each("if({}>" + f"{at - 0.5})then({{}})else({{}})", [which, case, found])
    return [found]


def _branches(given, how):
    which, *rest = given
    cases = [_run(one.jaxpr, one.consts, rest) for one in how["branches"]]
    return [_selected([which, *case], how)[0] for case in zip(*cases)]


def _unrolled(given, how):
    """scan."""
    fixed, kept = how["num_consts"], how["num_carry"]
    consts, carry, rows = given[:fixed], given[fixed:fixed + kept], given[fixed + kept:]
    out = []
    order = range(how["length"])
    for at in reversed(order) if how["reverse"] else order:
        found = _run(how["jaxpr"].jaxpr, how["jaxpr"].consts,
                     [*consts, *carry, *(numpy.asarray(row)[at] for row in rows)])
        carry = found[:kept]
        out.append(found[kept:])
    if how["reverse"]:
        out.reverse()
    stacked = [numpy.stack([numpy.asarray(one, dtype=object) for one in column])
               for column in zip(*out)]
    return [*carry, *stacked]


_OTHERS = {
    "max": _unless_infinite("max({},{})", lambda end, other: other if end < 0 else end),
    "min": _unless_infinite("min({},{})", lambda end, other: other if end > 0 else end),
    "eq": _unless_infinite("({}=={})", lambda end, other: 0.0),
    "ne": _unless_infinite("({}!={})", lambda end, other: 1.0),
    "dot_general": _product,
    "select_n": _selected,
    "cond": _branches,
    "scan": _unrolled,
    "square": lambda given, how: [_each("({}*{})", [given[0], given[0]])],
    "integer_pow": lambda given, how: [_each("({}^{})", [given[0], numpy.array(float(how["y"]))])],
    "is_finite": lambda given, how: [numpy.ones(given[0].shape)],
    "clamp": lambda given, how: [_each("min(max({},{}),{})", [given[1], given[0], given[2]])],
}
