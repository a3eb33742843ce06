# SPDX-License-Identifier: MIT
"""What a command found: the file that the program writes, and its parts as pandas tables."""

import json
import os

from ._values import kept_file
from .errors import Error, InvalidArgument, NotFound


def load(file):
    """The result in a JSON file that the program or Result.save wrote."""
    try:
        with open(file, encoding="utf-8") as opened:
            return Result(opened.read(), name=os.fspath(file))
    except OSError as error:
        raise InvalidArgument(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidArgument(f"{file} is no text") from None


class Result:
    """A result. `data` is the whole of it as written; its tables are attributes, too:
    `branches`, `special_points`, `samples`, `records`, ... (see dir()).
    """

    def __init__(self, text, answered=True, name="the result"):
        try:
            data = json.loads(text)
        except ValueError:
            raise InvalidArgument(f"{name} is no JSON file") from None
        if not isinstance(data, dict) or "moebius" not in str(data.get("schema")):
            raise InvalidArgument(f"{name} has no schema of moebius, but a result file names one")
        self.data = data
        self.answered = answered  # False: computed, but the answer is no, or not whole
        self._text = text
        self._file = None

    # --- what it is

    @property
    def kind(self):
        """"diagram", "locus", "exact", ..."""
        return self.data["schema"].removeprefix("moebius.").partition("/")[0]

    @property
    def incomplete(self):
        """Why it is incomplete, or None."""
        return self.data.get("options", {}).get("incomplete")

    @property
    def parameters(self):
        return self.data.get("parameters", {})

    def __repr__(self):
        data = self.data
        what = data.get("model") or data.get("router") or ""
        words = [f"{self.kind} of {what}" if what else self.kind]
        if "branches" in data:
            count = len(data["branches"])
            words.append(f"{count} branch{'es' if count != 1 else ''}")
            labels = [p["label"] for p in data["special_points"] if p["type"] != "EP"]
            words.append(", ".join(labels[:8]) + (", ..." if len(labels) > 8 else "")
                         if labels else "no special points")
        else:
            words += [f"{name}: {len(next(iter(data[name].values()), []))} rows"
                      for name in self.tables]
        if isinstance(data.get("verdict"), str):
            words.append(data["verdict"])
        if self.incomplete:
            words.append("incomplete")
        return f"<moebius {'; '.join(words)}>"

    # --- its parts

    @property
    def tables(self):
        """Names of the parts that are tables."""
        return [name for name, part in self.data.items() if _is_table(part)]

    def table(self, name):
        """A part as a pandas table."""
        if name not in self.tables:
            known = ", ".join(self.tables) or "none"
            raise NotFound(f"this {self.kind} has no table '{name}', but has {known}")
        return self._frame(name)

    def __getattr__(self, name):
        if name.startswith("_") or name not in self.__dict__.get("data", {}):
            raise AttributeError(f"this result has no '{name}'")
        part = self.data[name]
        return self._frame(name) if _is_table(part) else part

    def _frame(self, name):
        """A table, with the words of `diagnose`'s verdicts in place of their numbers."""
        frame = _frame(self.data[name])
        if "verdicts" in self.data and "verdict" in frame:
            words = self.data["verdicts"]  # counted from 1
            frame["verdict"] = [words[int(number) - 1] for number in frame["verdict"]]
        return frame

    def __getitem__(self, name):
        """A part as written; of a diagram or locus, also a point by its label."""
        if name in self.data:
            return self.data[name]
        return self.point(name)

    def __dir__(self):
        return sorted({*super().__dir__(), *self.data})

    def part(self, name):
        """A diagram or locus within a larger result, such as validate's folds."""
        inner = {"schema": f"moebius.{name}/1", **self.data[name]}
        return Result(json.dumps(inner))

    @property
    def branches(self):
        """All rows of all branches, with the branch, its kind and its groups of alike experts."""
        import pandas
        if _is_table(self.data.get("branches")):  # of `exact`
            return _frame(self.data["branches"])
        parts = []
        for branch in self._branches():
            part = _frame(branch["columns"])
            part.insert(0, "branch", branch["id"])
            part.insert(1, "kind", branch["kind"])
            part.insert(2, "groups", _group_sizes(branch.get("groups", "")))
            parts.append(part)
        return pandas.concat(parts, ignore_index=True) if parts else pandas.DataFrame()

    @property
    def special_points(self):
        """Label, type, parameters and normal form, and what the branch says in their row."""
        import pandas
        columns = {branch["id"]: branch["columns"] for branch in self._branches()}
        rows = []
        for point in self.data["special_points"]:
            here = {name: _number(values[point["row"]])
                    for name, values in columns[point["branch"]].items()}
            rows.append({"label": point["label"], "type": point["type"], "branch": point["branch"],
                         "row": point["row"], "multiplicity": point["multiplicity"],
                         "criticality": point["criticality"], **here, **point["parameters"],
                         **point["normal_form"]})
        return pandas.DataFrame(rows)

    def point(self, label):
        """A special point: a start for `from_`, and what is known of it in `data`."""
        self._branches()
        for point in self.data["special_points"]:
            if point["label"] == label:
                return Point(self, point)
        known = ", ".join(point["label"] for point in self.data["special_points"])
        raise NotFound(f"this {self.kind} has no point '{label}', but has {known or 'none'}")

    def _branches(self):
        if "branches" not in self.data:
            raise AttributeError(f"a {self.kind} has no branches")
        return self.data["branches"]

    # --- where it goes

    def save(self, file):
        """Writes the file that the program would write."""
        with open(file, "w", encoding="utf-8") as opened:
            opened.write(self._text)

    def plot(self, ax=None, **options):
        """Draws it on matplotlib axes, and returns these: see moebius.figures.plot."""
        from .figures import plot
        return plot(self, ax, **options)

    @property
    def file(self):
        """A file of this process that holds it, for options that name one."""
        if self._file is None:
            self._file = kept_file(f"{self.kind}.json", self.save)
        return self._file


class Point:
    """A special point of a result."""

    def __init__(self, result, data):
        self.data = data
        self._result = result

    def __getitem__(self, name):
        for part in (self.data, self.data["parameters"], self.data["normal_form"]):
            if name in part:
                return part[name]
        raise KeyError(name)

    @property
    def orbit(self):
        """The cycle there as a table, a row a time: the states x_1, x_2, ... and the time."""
        import pandas
        if "cycle" not in self.data:
            raise Error(f"{self.data['label']} is no point of a cycle")
        cycle, states = self.data["cycle"], len(self.data["state"])
        rows = [cycle["states"][at:at + states] for at in range(0, len(cycle["states"]), states)]
        return pandas.DataFrame(rows, columns=[f"x_{i + 1}" for i in range(states)]).assign(
            time=cycle["times"])

    def __repr__(self):
        places = ", ".join(f"{name} {value:.9g}" for name, value in self.data["parameters"].items())
        kind = f" {self.data['criticality']}" if self.data["criticality"] else ""
        return f"<{self.data['label']}{kind}: {places}>"

    def _as_word(self):
        return f"{self._result.file}:{self.data['label']}"


def _number(value):
    """JSON has no NaN and no infinities: the program writes null, and the words "inf", "-inf"."""
    return value if isinstance(value, (int, float)) else float("nan" if value is None else value)


def _is_number(value):
    return value is None or isinstance(value, (int, float)) or value in ("inf", "-inf")


def _is_table(part):
    return isinstance(part, dict) and bool(part) and all(isinstance(c, list) for c in part.values())


def _frame(columns):
    import pandas
    return pandas.DataFrame({
        name: [_number(v) for v in values] if all(map(_is_number, values)) else values
        for name, values in columns.items()})


def _group_sizes(groups):
    """'1-2 3-8' (experts that stay alike) as '2 + 6'."""
    sizes = []
    for group in groups.split():
        first, _, last = group.partition("-")
        sizes.append(int(last or first) - int(first) + 1)
    return " + ".join(map(str, sizes))
