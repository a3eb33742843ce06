# SPDX-License-Identifier: MIT
"""Logs of loads that the program does not read itself, as tables in CSV: data frames and Parquet."""

import os

from .errors import InvalidArgument


def log_path(value):
    """A data frame or a Parquet file as a CSV file of this process, with its names; else the value.

    An array of loads, as a frame without names of columns is one, becomes an NPY file: [steps,
    layers, experts], [steps, experts] or [experts].
    """
    if isinstance(value, (str, os.PathLike)):
        return _csv_of(_read_parquet(value)) if _is_parquet(value) else value
    if _is_named_frame(value):
        return _csv_of(value)
    from ._values import array_of, is_array
    return _npy_of(array_of(value)) if is_array(value) and getattr(value, "ndim", 1) > 0 else value


def _npy_of(array):
    import numpy
    from ._values import kept_file
    if array.ndim not in (1, 2, 3) or array.dtype.kind not in "fiub":
        raise InvalidArgument(f"an array of shape {array.shape} and type {array.dtype} came, but a log is one of real "
                              "numbers: [steps, layers, experts], [steps, experts] or [experts]")
    return kept_file("log.npy", lambda path: numpy.save(path, array))


def _is_named_frame(value):
    """pandas' and polars' data frames have columns; numbers that pandas gave them are no names."""
    columns = getattr(value, "columns", None)
    if columns is None or not (hasattr(value, "to_csv") or hasattr(value, "write_csv")):
        return False
    return not (type(columns).__name__ == "RangeIndex" and columns.name is None)


def _csv_of(frame):
    from ._values import kept_file
    if hasattr(frame, "write_csv"):
        return kept_file("log.csv", frame.write_csv)
    if hasattr(frame.columns, "names"):
        frame = _plain(frame)
    return kept_file("log.csv", lambda path: frame.to_csv(path, index=False))


def _plain(frame):
    """A frame whose index, where it has a name, is a column, and whose columns have one name each.

    A pivot's columns, such as layer 3, expert 5, become layer3/expert5.
    """
    levels = frame.columns.names
    if len(levels) > 1 or levels[0] is not None:
        cells = [name if isinstance(name, tuple) else (name,) for name in frame.columns]
        frame = frame.set_axis(["/".join(_level(*part) for part in zip(levels, cell)) for cell in cells],
                               axis=1)
    named = [name for name in frame.index.names if name is not None]
    return frame.reset_index(named) if named else frame


def _level(name, value):
    """What a name of columns says of one level: expert 5 of it is expert5, and a word is that word."""
    text = str(value)
    return f"{name}{text}" if name is not None and text.isdigit() else text


def _is_parquet(path):
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:  # the program says why
        return False


def _read_parquet(path):
    readers = (("pyarrow", _by_pyarrow), ("polars", _by_polars))
    for _, read in readers:
        try:
            return read(path)
        except ImportError:
            continue
        except Exception as failure:
            raise InvalidArgument(f"{os.fspath(path)}: it is no Parquet file that can be read: {failure}") from failure
    raise InvalidArgument(f"{os.fspath(path)}: it is a Parquet file, and reading one needs the package pyarrow "
                          "or polars: pip install pyarrow")


def _by_pyarrow(path):
    import pyarrow.parquet
    return pyarrow.parquet.ParquetFile(path).read().to_pandas()


def _by_polars(path):
    import polars
    return polars.read_parquet(path)
