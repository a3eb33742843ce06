# SPDX-License-Identifier: MIT
"""How far a Mixture-of-Experts router is from collapse, and what it will do there.

    import moebius
    cusp = moebius.locus(vary={"feedback": (1.5, 20), "bias": (-9, 9)})
    cusp.plot()
    cusp.special_points

Each function takes the options of the program's command of that name and gives the same numbers,
bit for bit: it is the same code, run in this process. `help(moebius.diagram)` lists them.
"""

from . import _core
from ._commands import make_commands, run
from .equations import Equations, trace, where
from .errors import DeviceError, Error, InvalidArgument, NotFound
from .result import Point, Result, load

Model = _core.Model
__version__ = _core.version()

_functions = make_commands()
globals().update(_functions)
__all__ = ["DeviceError", "Equations", "Error", "InvalidArgument", "Model", "NotFound", "Point", "Result", "load", "run",
           "trace", "where", *_functions]
