# SPDX-License-Identifier: MIT
"""Models of one's own: equations as text, or a Python function that is traced to them once."""

import math
import sys

from ._values import kept_file
from .errors import InvalidArgument


class Equations:
    """A model as XPPAUT's .ode text (docs/equations.md), for `equations=` of any function.

        def rhs(x, p):
            return [p.feedback * numpy.tanh(x[0] / 2) - x[0] + p.bias]

        model = moebius.trace(rhs, states={"x": 0}, parameters={"feedback": 1, "bias": 0})
        moebius.diagram(equations=model, vary={"feedback": (0.5, 8)})

    traced: "numpy" or "jax", by which a function was traced; "complex step" if it was not, and is
            called instead; None of a text
    """

    def __init__(self, text, traced=None, function=None):
        if not isinstance(text, str):
            raise TypeError(f"Equations: a {type(text).__name__} came, but they are a text")
        self.text, self.traced = text, traced
        self._function = function  # what the text's `host` means while this lives
        self._file = None

    def __repr__(self):
        return f"Equations({self.text!r})"

    def _as_word(self):
        if self._file is None:
            def write(path):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(self.text.removesuffix("\n") + "\n")  # a last line without an end may be cut off
            self._file = kept_file("model.ode", write)
        return self._file


def trace(rhs, states, parameters, scale=None):
    """The equations of a function.

    rhs: of (x, p) to as many rates of change as there are states; x are the states, an array of one
         dimension whose numbers have names, too (x.v, x["v"]), p the parameters, by name. It is
         called once, with symbols in place of numbers: NumPy's functions and Python's operators
         work, branches are `moebius.where(condition, a, b)`. If it is made of JAX's, JAX traces it,
         what it compiles, vectorises, scans or differentiates, too.
    states: {name: initial value}; parameters: {name: value}
    scale: the length over which the rates change noticeably; by default chosen from them, or 1 where
           they cannot be traced

    Derivatives of the text are exact, of any order that the engine takes. What cannot be traced is
    called with complex numbers instead (`x + i h`), and a warning says why: first derivatives are to
    rounding, those of higher order, which normal forms need, differences of the first (1e-11 where
    the function changes over the scale). Results of such a function need it for `from_`. The
    text's first line, which is kept in results, and `traced` say how it was done.
    """
    _check_names(states, parameters)
    if scale is not None and not (0 < scale < math.inf):
        raise InvalidArgument(f"trace: scale is {scale!r}, but it must be > 0")
    try:
        rates, traced = _rates(rhs, states, parameters)
    except InvalidArgument:
        raise
    except Exception as why:  # of a symbol where a number is needed, or the function's own
        from ._numeric import equations_of
        return equations_of(rhs, states, parameters, scale, why)
    if len(rates) != len(states):
        raise InvalidArgument(f"trace: the function gave {len(rates)} rates of change, but there "
                              f"are {len(states)} states")
    return Equations(_text(states, parameters, rates, scale, traced), traced)


def _check_names(states, parameters):
    known = set()
    for kind, values in (("states", states), ("parameters", parameters)):
        if not isinstance(values, dict):
            raise InvalidArgument(f"trace: {kind}: a {type(values).__name__} came, but {{name: value}} "
                                  "is needed")
        for name, value in values.items():
            if not (isinstance(name, str) and name.isidentifier() and name.isascii()):
                raise InvalidArgument(f"trace: {name!r} came, but names are letters, digits and _")
            if name.lower() in known:
                raise InvalidArgument(f"trace: '{name}' came twice, but a name has one meaning, in "
                                      "large letters, too")
            known.add(name.lower())
            if not (hasattr(value, "__float__") and math.isfinite(value)):
                raise InvalidArgument(f"trace: {name} is {value!r}, but it must be a finite number")
    if not states:
        raise InvalidArgument("trace: there are no states")


def where(condition, then, otherwise):
    """`then` where the condition holds: for traced functions, whose numbers are not known yet."""
    if not isinstance(condition, Symbol):
        return then if condition else otherwise
    return Symbol("if({})then({})else({})", condition, _symbol(then), _symbol(otherwise))


class _NotTraced(Exception):
    pass


def _rates(rhs, states, parameters):
    """The symbols of the rates of change, and what traced them."""
    from ._named import Named, of_symbols
    x, p = ([Symbol(name) for name in names] for names in (states, parameters))

    def function(x, p, join):
        found = rhs(Named(states, x, join), Named(parameters, p, join))
        return found if _is_sequence(found) else [found]

    try:
        return [_symbol(rate) for rate in function(list(x), list(p), of_symbols)], "numpy"
    except (_NotTraced, TypeError) as first:
        if "jax" not in sys.modules:  # which a function of JAX's has imported
            raise
        from ._jax import rates_of
        try:
            return [_symbol(rate) for rate in rates_of(function, x, p)], "jax"
        except TypeError as second:  # as JAX says that a function is none of its own
            raise first if isinstance(first, _NotTraced) else second


class Symbol:
    """A number that is not known yet."""

    def __init__(self, form, *of):
        self.form, self.of = form, of

    def __bool__(self):
        raise _NotTraced("a branch depends on a state or parameter: moebius.where chooses there")

    def __float__(self):
        raise _NotTraced("a number was asked of a state or parameter, as math.exp does: numpy.exp "
                         "works")

    __int__ = __index__ = __complex__ = __float__

    def __neg__(self):
        return Symbol("(-{})", self)

    def __pos__(self):
        return self

    def __abs__(self):
        return Symbol("abs({})", self)

    def __invert__(self):
        return Symbol("(not({}))", self)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        name = ufunc.__name__
        if method != "__call__" or options:
            raise _NotTraced(f"numpy.{name} came in a form that cannot be traced")
        if any(getattr(value, "ndim", 0) for value in inputs):
            import numpy
            spread = numpy.broadcast(*[numpy.asarray(value, dtype=object) for value in inputs])
            out = numpy.empty(spread.shape, dtype=object)
            out.flat = [self.__array_ufunc__(ufunc, method, *row) for row in spread]
            return out
        if name in _FUNCTIONS:
            return Symbol(_FUNCTIONS[name], *map(_symbol, inputs))
        raise _NotTraced(f"numpy.{name} has no counterpart in the equations")

    # NumPy's functions of arrays of objects call methods of these names.
    def __getattr__(self, name):
        if name in _FUNCTIONS:
            return lambda *others: Symbol(_FUNCTIONS[name], self, *map(_symbol, others))
        raise AttributeError(name)


# NumPy's functions in the language of equations.
_FUNCTIONS = {
    "add": "({}+{})", "subtract": "({}-{})", "multiply": "({}*{})", "divide": "({}/{})",
    "true_divide": "({}/{})", "power": "({}^{})", "float_power": "({}^{})", "negative": "(-{})",
    "positive": "{}", "reciprocal": "(1/{})", "square": "({0}*{0})", "remainder": "mod({},{})",
    "mod": "mod({},{})", "floor_divide": "flr({}/{})", "less": "({}<{})", "equal": "({}=={})",
    "not_equal": "({}!={})", "greater": "({}>{})", "less_equal": "({}<={})",
    "greater_equal": "({}>={})", "logical_and": "({}&{})", "logical_or": "({}|{})",
    "bitwise_and": "({}&{})", "bitwise_or": "({}|{})", "logical_not": "(not({}))",
    "invert": "(not({}))", "maximum": "max({},{})", "minimum": "min({},{})", "exp": "exp({})",
    "exp2": "(2^{})", "expm1": "(exp({})-1)", "log": "ln({})", "log2": "(ln({})/ln(2))",
    "log10": "log10({})", "log1p": "ln(1+{})", "sqrt": "sqrt({})", "sin": "sin({})",
    "cos": "cos({})", "tan": "tan({})", "sinh": "sinh({})", "cosh": "cosh({})",
    "tanh": "tanh({})", "arcsin": "asin({})", "arccos": "acos({})", "arctan": "atan({})",
    "arctan2": "atan2({},{})", "hypot": "sqrt({0}*{0}+{1}*{1})", "absolute": "abs({})",
    "fabs": "abs({})", "sign": "sign({})", "floor": "flr({})"}


def _binary(form, turned=False):
    def operator(self, other):
        if getattr(other, "ndim", 0):
            return NotImplemented
        pair = (_symbol(other), self) if turned else (self, _symbol(other))
        return Symbol(form, *pair)
    return operator


for _name, _function in {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide",
                         "pow": "power", "mod": "mod", "floordiv": "floor_divide",
                         "and": "logical_and", "or": "logical_or"}.items():
    setattr(Symbol, f"__{_name}__", _binary(_FUNCTIONS[_function]))
    setattr(Symbol, f"__r{_name}__", _binary(_FUNCTIONS[_function], turned=True))
for _name, _function in {"lt": "less", "gt": "greater", "le": "less_equal", "ge": "greater_equal",
                         "eq": "equal", "ne": "not_equal"}.items():
    setattr(Symbol, f"__{_name}__", _binary(_FUNCTIONS[_function]))


def _is_sequence(value):
    return isinstance(value, (list, tuple)) or getattr(value, "ndim", 0) == 1


def _symbol(value):
    if isinstance(value, Symbol):
        return value
    if getattr(value, "ndim", 0):
        raise _NotTraced(f"an array of shape {value.shape} came where a number is needed")
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise _NotTraced(f"a {type(value).__name__} came where a number is needed")
    number = float(value)
    if not math.isfinite(number):
        raise InvalidArgument(f"trace: the function has the number {number}")
    return Symbol(f"({number!r})" if number < 0 else repr(number))


def declarations(states, parameters, scale):
    lines = [f"par {name}={float(value)!r}" for name, value in parameters.items()]
    lines += [f"init {name}={float(value)!r}" for name, value in states.items()]
    return lines if scale is None else [*lines, f"scale {float(scale)!r}"]


def _text(states, parameters, rates, scale, traced):
    """What is used more than once has a name of its own, so that the text stays as short as the
    function.
    """
    users = {}
    order = []

    def visit(node):
        stack = [(node, False)]
        while stack:
            here, done = stack.pop()
            if done:
                order.append(here)
                continue
            users[id(here)] = users.get(id(here), 0) + 1
            if users[id(here)] == 1:
                stack.append((here, True))
                stack.extend((child, False) for child in here.of)

    for rate in rates:
        visit(rate)
    taken = {name.lower() for name in (*states, *parameters)}
    texts, lines = {}, []
    for node in order:
        text = node.form.format(*(texts[id(child)] for child in node.of)) if node.of else node.form
        if node.of and (users[id(node)] > 1 or len(text) > 2000):
            name = next(n for n in (f"q{len(lines) + 1}{'_' * i}" for i in range(99))
                        if n not in taken)
            lines.append(f"{name}={text}")
            text = name
        texts[id(node)] = text
    head = declarations(states, parameters, scale)
    rules = [f"{name}'={texts[id(rate)]}" for name, rate in zip(states, rates)]
    return "\n".join([f"# traced from a Python function by {traced}", *head, *lines, *rules, "done", ""])
