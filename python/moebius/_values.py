# SPDX-License-Identifier: MIT
"""Python values as the words of a command line."""

import atexit
import os
import shutil
import tempfile

from ._logs import log_path
from .errors import InvalidArgument


def words_of(option, value):
    """The words that give an option this value.

    {"feedback": (1, 20)} is feedback=1:20, arrays are kept in files of this process, a point of a
    result is FILE:LABEL; lists of texts may be one text.
    """
    flag = option["flag"]
    if option["name"] == "equations":
        _check_equations(value)
    if option["type"] == "bool":
        if not isinstance(value, (bool, int)):
            raise InvalidArgument(f"{option['name']}: {value!r} came, but it is True or False")
        return [flag] if value else []
    if option["positional"]:
        return [_text(log_path(item)) for item in _files(value)]
    if option["type"] == "strs":
        return [f"{flag}={text}" for item in _items(value) for text in _settings(item)]
    if option["type"] == "list[float]" and not isinstance(value, str):
        return [f"{flag}=" + ",".join(_text(item) for item in _items(value))]
    return [f"{flag}={_text(value)}"]


def _check_equations(value):
    if isinstance(value, str) and ("=" in value or "\n" in value):
        raise InvalidArgument("equations: a text came where a file's name is needed: "
                              "moebius.Equations(text) takes it")
    if callable(value):
        raise InvalidArgument("equations: a function came: moebius.trace(function, states, "
                              "parameters) makes equations of it")


def _items(value):
    is_many = isinstance(value, (list, tuple, set)) or getattr(value, "ndim", 0) == 1
    return list(value) if is_many else [value]


def _files(value):
    """Several files, or one array of numbers."""
    kind = getattr(getattr(value, "dtype", None), "kind", "f")
    return [value] if is_array(value) and kind not in "OU" else _items(value)


def _settings(value):
    """name=value of a dictionary, name=from:to where a value is a pair."""
    if not isinstance(value, dict):
        return [_text(value)]
    return [f"{name}=" + ":".join(_text(end) for end in _items(to)) for name, to in value.items()]


def _text(value):
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise InvalidArgument(f"{value} came where a number or a text is needed")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return float.__repr__(value)  # of NumPy's numbers, too, whose repr names their type
    if hasattr(value, "_as_word"):  # a point of a result, or a model
        return value._as_word()
    if is_array(value):
        array = array_of(value)
        return repr(array.item()) if array.ndim == 0 else _array_file(array)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise InvalidArgument(f"a {type(value).__name__} came where a number, a text, an array or a "
                          "path is needed")


def is_array(value):
    return hasattr(value, "__array__") or hasattr(value, "__dlpack__")


def array_of(value):
    """As NumPy has it."""
    import numpy
    value = _in_memory(value)
    return numpy.asarray(value) if hasattr(value, "__array__") else numpy.from_dlpack(value)


def _in_memory(array):
    """An array of a device (PyTorch's, CuPy's), or one that gradients follow, as one of this machine."""
    if hasattr(array, "detach"):
        array = array.detach()
    of_host = (1, 3)  # kDLCPU and kDLCUDAHost of DLPack's DLDeviceType
    if hasattr(array, "__dlpack_device__") and array.__dlpack_device__()[0] not in of_host:
        bring = getattr(array, "cpu", None) or getattr(array, "get", None)
        return bring() if bring else array
    return array


_folder = None


def kept_file(name, write):
    """A file of this process, gone when it ends: write(path) fills it."""
    global _folder
    if _folder is None:
        _folder = tempfile.mkdtemp(prefix="moebius-")
        atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    stem, ending = os.path.splitext(name)
    path = os.path.join(_folder, f"{stem}-{len(os.listdir(_folder)) + 1}{ending}")
    write(path)
    return path


def _array_file(array):
    import numpy
    if array.ndim != 2 or array.dtype.kind not in "fiu":
        raise InvalidArgument(f"an array of shape {array.shape} and type {array.dtype} came, but "
                              "tokens and gates are real numbers in two dimensions")
    return kept_file("array.npy", lambda path: numpy.save(path, array.astype(float)))
