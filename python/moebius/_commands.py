# SPDX-License-Identifier: MIT
"""A function for each command of the program, with the options of its table."""

import difflib
import inspect
import os
import shlex
import warnings

from . import _core
from ._values import words_of
from .errors import DeviceError, InvalidArgument
from .result import Result

# What the Python function of an option is called where Python keeps the name for itself.
_RENAMED = {"from": "from_"}

# Of the terminal: what they print is in the result. (`validate` follows something else than a file.)
_LEFT_OUT = {"format"}
_LEFT_OUT_OF = {"diagnose": {"follow"}}

_FOUND, _REJECTED, _NO_ANSWER, _DEVICE = 0, 2, 3, 4
_INTERRUPTED = range(129, 160)

_ANNOTATIONS = {"float": float, "int": int, "bool": bool, "str": str}


# Of the terminal, and of no result.
_NO_FUNCTIONS = {"plot", "explore", "plan", "run", "merge", "follow", "doctor", "completion", "man", "bench"}


def make_commands():
    """{name: function} of the commands that compute or check something, and cycles()."""
    commands = {table["name"]: table for table in _core.commands()}
    return {name: _cycles(commands["diagram"], options) if name == "cycles" else
            _function(commands[name], options) for name, options in tables_of_functions().items()}


def tables_of_functions():
    """{function: {keyword: option}}; validate has the options of validate --trained, too."""
    tables = {}
    for command in _core.commands():
        if command["name"] in _NO_FUNCTIONS:
            continue
        known = tables.setdefault(command["name"], {})
        for option in command["options"]:
            if option["name"] not in _LEFT_OUT | _LEFT_OUT_OF.get(command["name"], set()):
                known.setdefault(_RENAMED.get(option["name"], option["name"]), option)
    followed = dict(tables["diagram"])
    start = {**followed.pop("from_"), "positional": True,
             "meaning": "a Hopf point, or a point of cycles: run['HB1'], or FILE:LABEL"}
    tables["cycles"] = {"start": start, **followed}
    return tables


def _cycles(table, options):
    """diagram() from a point that cycles leave."""
    diagram = _function(table, tables_of_functions()["diagram"])

    def cycles(start, /, **given):
        if "from_" in given:
            raise TypeError("cycles() has no option 'from_': where it starts comes first")
        run = diagram(from_=start, **given)
        if any(branch["kind"] != "cycle" for branch in run.data["branches"]):
            raise InvalidArgument("cycles: they leave a Hopf point, or a point of cycles; from this one "
                                  "moebius.diagram follows equilibria")
        return run

    return _described(cycles, "cycles", options, {
        **table, "meaning": "Follow cycles from a Hopf point as one parameter varies",
        "example": "moebius diagram --from run.json:HB1 --vary feedback=3:6"})


def _function(table, options):
    name = table["name"]

    def command(*positional, **given):
        words = [name]
        places = [o for o in options.values() if o["positional"]]
        if len(positional) > len(places):
            raise TypeError(f"{name}() takes {len(places)} positional arguments but "
                            f"{len(positional)} came: options are given by name")
        for option, value in zip(places, positional):
            words += words_of(option, value)
        for key, value in given.items():
            if key not in options:
                near = difflib.get_close_matches(key, options, 1)
                raise TypeError(f"{name}() has no option {key!r}"
                                + (f": did you mean {near[0]!r}?" if near else ""))
            if value is not None:
                words += words_of(options[key], value)
        return _run(words)

    return _described(command, name, options, table)


def _described(function, name, options, table):
    function.__name__ = function.__qualname__ = name
    function.__module__ = "moebius"
    function.__doc__ = _documentation(table, options)
    function.__signature__ = _signature(options)
    return function


def _signature(options):
    parameters = []
    for key, option in options.items():
        kind = (inspect.Parameter.POSITIONAL_ONLY if option["positional"]
                else inspect.Parameter.KEYWORD_ONLY)
        parameters.append(inspect.Parameter(
            key, kind, default=None,
            annotation=_ANNOTATIONS.get(option["type"], object)))
    parameters.sort(key=lambda p: p.kind)
    return inspect.Signature(parameters, return_annotation=Result)


def _documentation(table, options):
    lines = [table["meaning"] + ".", "", f"As the command: {table['example']}", "", "Options:"]
    for key, option in options.items():
        default = f", {option['default']} by default" if option["default"] else ""
        choices = f" ({', '.join(option['choices'])})" if option["choices"] else ""
        lines.append(f"    {key}: {option['meaning']}{choices}{default}")
    return "\n".join(lines)


def run(line):
    """The result of a command line, as a shell would take it: run("diagram --vary feedback=1:20")."""
    return _run(shlex.split(line))


def _run(words):
    for word in words:
        if "\0" in word:
            raise InvalidArgument(f"{word!r} came, but a word ends at a zero byte")
    if "--out" in words:  # --out FILE as --out=FILE
        at = words.index("--out")
        words = [*words[:at], "=".join(words[at:at + 2]), *words[at + 2:]]
    keeps = any(word.startswith("--out=") for word in words)
    code, printed, told = _core.run(words if keeps else [*words, "--format=json"])
    sentences = [line.removeprefix("moebius: ") for line in told.splitlines() if line.strip()]
    sentence = sentences[-1] if sentences else f"moebius {words[0]} ended with exit code {code}"
    if code == _DEVICE:
        raise DeviceError(sentence)
    text = _kept(words) if keeps else printed
    if code in _INTERRUPTED and not text:
        raise KeyboardInterrupt(sentence)
    if code not in (_FOUND, _NO_ANSWER, *_INTERRUPTED) or not text:
        raise InvalidArgument(sentence)
    result = Result(text, answered=code == _FOUND)
    if result.incomplete:
        sentences = [f"{result.incomplete}: the result holds what was computed until then"]
    for word in sentences:
        warnings.warn(word, RuntimeWarning, stacklevel=3)
    return result


def _kept(words):
    """The text of the file that the result went to."""
    name = next(word for word in words if word.startswith("--out=")).partition("=")[2]
    if not os.path.exists(name):
        return ""
    with open(name, encoding="utf-8") as file:
        return file.read()
