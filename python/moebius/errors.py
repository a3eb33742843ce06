# SPDX-License-Identifier: MIT
"""What goes wrong, with the library's sentence."""


class Error(Exception):
    """Of this package. A notebook shows the sentence and no traceback."""

    def _render_traceback_(self):
        return [f"{type(self).__name__}: {self}"]


class InvalidArgument(Error, ValueError):
    """An option, a value or a file that is not accepted."""


class NotFound(Error, KeyError):
    """A point or a part that a result has not."""

    __str__ = Exception.__str__  # KeyError's is in quotes


class DeviceError(Error, RuntimeError):
    """There is no such device, or it failed."""
