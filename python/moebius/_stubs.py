# SPDX-License-Identifier: MIT
"""Writes __init__.pyi, what editors and type checkers know of the functions: from the tables.

    python -m moebius._stubs > python/moebius/__init__.pyi
"""

import inspect

import moebius

_VALUES = {
    "float": "float",
    "int": "int",
    "bool": "bool",
    "str": "str | PathLike[str] | Point | Equations | ArrayLike",
    "strs": "str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]]",
    "list[float]": "str | Sequence[float]",
}


def text():
    from ._commands import tables_of_functions
    lines = ["# Written by python -m moebius._stubs.",
             "from collections.abc import Sequence",
             "from os import PathLike",
             "from typing import Any",
             "",
             "from numpy import float64",
             "from numpy.typing import ArrayLike, NDArray",
             "",
             "from .equations import Equations as Equations, trace as trace, where as where",
             "from .errors import DeviceError as DeviceError, Error as Error",
             "from .errors import InvalidArgument as InvalidArgument, NotFound as NotFound",
             "from .result import Point as Point, Result as Result, load as load",
             "",
             "__version__: str",
             "",
             "def run(line: str) -> Result: ...",
             "",
             "class Model:",
             "    states: list[str]",
             "    parameters: dict[str, float]",
             "    def __init__(self, name: str, *, experts: int = 8, top_k: int = 2,",
             "                 controlled: bool = False) -> None: ...",
             "    def set(self, name: str, value: float) -> None: ...",
             "    def rhs(self, x: NDArray[float64]) -> NDArray[float64]: ...",
             "    def loads(self, x: NDArray[float64]) -> NDArray[float64]: ...",
             "    def jacobian(self, x: NDArray[float64]) -> NDArray[float64]: ..."]
    for name, options in tables_of_functions().items():
        lines += ["", f"def {name}("]
        places = [key for key, option in options.items() if option["positional"]]
        named = {key: option for key, option in options.items() if not option["positional"]}
        lines += [f"    {key}: {_VALUES['str']} | Sequence[str] | None = None," for key in places]
        lines += ["    /,"] if places else []
        lines += ["    *,"] if named else []
        lines += [f"    {key}: {_VALUES[option['type']]} | None = None,"
                  for key, option in named.items()]
        first = inspect.getdoc(getattr(moebius, name)).splitlines()[0]
        lines += [") -> Result:", f'    """{first}"""']
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(text(), end="")
