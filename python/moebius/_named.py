# SPDX-License-Identifier: MIT
"""States and parameters as a function of a user's takes them: an array whose numbers have names."""

import operator

import numpy


def of_symbols(values):
    return numpy.array(values, dtype=object)


def of_jax(values):
    import jax
    return jax.numpy.stack(values)


class Named:
    """Numbers by position and by name, and otherwise an array of one dimension.

    values: a sequence; join: what makes an array of it
    """

    def __init__(self, names, values, join=numpy.asarray):
        self.__names, self.__values, self.__join = tuple(names), values, join

    def __len__(self):
        return len(self.__values)

    def __iter__(self):
        return iter(self.__values)

    def __getitem__(self, at):
        if isinstance(at, str):
            return self.__values[self.__place(at, KeyError)]
        return self.__values[at] if isinstance(at, int) else self.__array__()[at]

    def __setitem__(self, at, value):
        if isinstance(at, (str, int)):
            self.__values[self.__place(at, KeyError) if isinstance(at, str) else at] = value
        else:
            array = self.__array__()
            array[at] = value
            self.__values = list(array)

    def __getattr__(self, name):
        if name in self.__names:
            return self.__values[self.__names.index(name)]
        if not name.startswith("_") and hasattr(array := self.__array__(), name):
            return getattr(array, name)
        self.__place(name, AttributeError)

    def __place(self, name, error):
        if name not in self.__names:
            raise error(f"there is no '{name}', but {', '.join(self.__names)}")
        return self.__names.index(name)

    def __array__(self, *_, **__):
        return self.__join(self.__values)

    __jax_array__ = __array__

    def parts(self):
        """Values, and the rest: what JAX takes it apart to."""
        return tuple(self.__values), (self.__names, self.__join)

    @classmethod
    def of_parts(cls, rest, values):
        return cls(rest[0], values, rest[1])


def _plain(value):
    return value.__array__() if isinstance(value, Named) else value


def _forward(function):
    return (lambda self, *others: function(_plain(self), *map(_plain, others)),
            lambda self, other: function(_plain(other), _plain(self)))


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or"):
    _there, _turned = _forward(getattr(operator, f"__{_name}__"))
    setattr(Named, f"__{_name}__", _there)
    setattr(Named, f"__r{_name}__", _turned)
for _name in ("neg", "pos", "abs", "lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Named, f"__{_name}__", _forward(getattr(operator, f"__{_name}__"))[0])
