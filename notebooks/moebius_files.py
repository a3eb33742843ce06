# SPDX-License-Identifier: MIT
"""Runs moebius, reads its result files as pandas tables, and draws them.

Nothing is computed here: each number in a notebook stands in a file that the program wrote.

    diagram = run("diagram --model softmax --experts 8 --vary feedback=1:12")
    draw(axes, diagram, "feedback", ["load_1", "load_2"], by="groups")
    diagram.point("BP1")["feedback"]
"""

import json
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.patheffects import withStroke

ROOT = Path(__file__).resolve().parent.parent
_FOLDER = tempfile.TemporaryDirectory(prefix="moebius-notebook-")

AXES = {
    "feedback": "feedback κ",
    "bias": "bias h",
    "bias_1": "bias of expert 1, h₁",
    "gain": "gain of the controller γ",
    "leak": "leak of the controller μ",
    "load_1": "load of expert 1, n₁",
    "loads": "loads of the experts nₑ",
    "eigenvalue": "rightmost eigenvalue Re σ",
    "period": "period of the cycle",
    "x": "score gap x",
}

plt.rcParams.update({
    "figure.figsize": (7.2, 4.2),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "axes.prop_cycle": plt.cycler(
        color=["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]),
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "legend.fontsize": 9,
})


class MoebiusError(Exception):
    """What went wrong, in one sentence; a notebook shows the sentence and no traceback."""

    def _render_traceback_(self):
        return [str(self)]


def program():
    """The program: $MOEBIUS, or the one on PATH, or the one in build/."""
    asked = os.environ.get("MOEBIUS")
    if asked:
        found = shutil.which(asked)
        if not found:
            raise MoebiusError(f"MOEBIUS is '{asked}', but that is no program")
        return str(Path(found).resolve())
    builds = [ROOT / "build" / name / "apps/moebius/moebius" for name in ("release", "ci", "dev")]
    built = next((str(path) for path in builds if path.is_file()), None)
    found = shutil.which("moebius") or built
    if not found:
        raise MoebiusError("moebius was not found: set MOEBIUS to the program, put it on PATH, "
                           "or build it (scripts/quickstart.sh)")
    return found


def run(command, may_end_early=False):
    """Runs `moebius COMMAND` in the repository's root and gives its result.

    With may_end_early a branch that the program could not follow to its end is a result, too.
    """
    words = shlex.split(command)
    number = len(list(Path(_FOLDER.name).iterdir())) + 1
    file = Path(_FOLDER.name) / f"{number}-{words[0]}.json"
    _call([*words, "--out", str(file)], (0, 3) if may_end_early else (0,))
    return read(file)


def listing(name):
    """What `moebius routers` or `moebius models` lists, as the program's JSON."""
    return json.loads(_call([name, "--format", "json"], (0,)))


def _call(words, accepted):
    done = subprocess.run([program(), *words], cwd=ROOT, text=True, capture_output=True)
    if done.returncode not in accepted:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise MoebiusError(said[-1] if said else f"moebius {words[0]} ended with exit code "
                                                 f"{done.returncode} and said nothing")
    return done.stdout


def read(file):
    """The result in a JSON file that the program wrote."""
    try:
        data = json.loads(Path(file).read_text())
    except OSError as error:
        raise MoebiusError(f"{file} cannot be read: {error.strerror}") from None
    except ValueError:
        raise MoebiusError(f"{file} is no JSON file") from None
    if "moebius" not in str(data.get("schema")):
        raise MoebiusError(f"{file} has no schema of moebius, but a result file names one")
    return Result(data, file)


class Result:
    """A result file: result["name"] is a part as written, table("name") one of its tables."""

    def __init__(self, data, file):
        self.data = data
        self.file = file

    def __getitem__(self, name):
        if name not in self.data:
            raise MoebiusError(f"the file has no '{name}', but has {', '.join(self.data)}")
        return self.data[name]

    def part(self, name):
        """A diagram or locus within a larger file, such as validate's folds."""
        return Result(self[name], self.file)

    def table(self, name):
        return _table(self[name])

    @property
    def branches(self):
        """All rows of all branches, with the branch, its kind and its groups of alike experts."""
        parts = []
        for branch in self["branches"]:
            part = _table(branch["columns"])
            part.insert(0, "branch", branch["id"])
            part.insert(1, "kind", branch["kind"])
            part.insert(2, "groups", _group_sizes(branch.get("groups", "")))
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    @property
    def points(self):
        """The special points: label, type, parameters, and what their branch says in their row."""
        columns = {branch["id"]: branch["columns"] for branch in self["branches"]}
        rows = []
        for point in self["special_points"]:
            here = {name: values[point["row"]] for name, values in columns[point["branch"]].items()}
            rows.append({"label": point["label"], "type": point["type"],
                         "branch": point["branch"], "row": point["row"],
                         "multiplicity": point["multiplicity"],
                         "criticality": point["criticality"],
                         **here, **point["parameters"], **point["normal_form"]})
        return pd.DataFrame(rows)

    def point(self, label):
        """One special point as a series."""
        for at, point in self.points.iterrows():
            if point["label"] == label:
                return point.dropna().rename(label)
        raise MoebiusError(f"the file has no point '{label}', "
                           f"but has {', '.join(self.points['label'])}")

    def orbit(self, label):
        """The cycle at a special point, one row a time, with the names of the states."""
        for point in self["special_points"]:
            if point["label"] == label and "cycle" in point:
                cycle = point["cycle"]
                states = len(point["state"])
                rows = [cycle["states"][at:at + states]
                        for at in range(0, len(cycle["states"]), states)]
                experts = states // 2  # of the integral controller
                names = [f"{letter}_{e + 1}" for letter in "zb" for e in range(experts)]
                return pd.DataFrame(rows, columns=names).assign(time=cycle["times"])
        raise MoebiusError(f"the file has no cycle at '{label}'")


def draw(axes, result, x, y, by=None, names=None, color=None, label=None, points=True):
    """Draws branches: stable solid, unstable dashed, special points with AUTO's letters.

    y is a column or several, of which a branch may lack some. `by` is what has a colour each
    (branch, kind or groups), `names` what the legend calls it; `label` is the legend's entry
    where all have one colour.
    """
    ys = [y] if isinstance(y, str) else list(y)
    branches, marked = result.branches, result.points
    colors = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    keys = list(dict.fromkeys(branches[by])) if by else []
    for number, branch in branches.groupby("branch", sort=False):
        shade, name = color or colors[0], label
        if by:
            key = branch[by].iloc[0]
            shade, name = colors[keys.index(key) % len(colors)], (names or {}).get(key, str(key))
        if name:
            _entry(axes, name, color=shade)
        special = set(marked["row"][marked["branch"] == number]) if len(marked) else set()
        for column in ys:
            if column in branch and branch[column].notna().any():
                _draw_branch(axes, branch, special, x, column, shade)
    if points and len(marked):
        _draw_points(axes, marked[marked["type"] != "EP"], branches, x, ys)
    axes.set_xlabel(AXES.get(x, x))
    axes.set_ylabel(AXES.get(ys[0] if len(ys) == 1 else "loads", ys[0]))


def legend(axes, above=False, **options):
    """The legend with line styles last; above the axes where the curves leave no room."""
    styles = ("stable", "unstable")
    handles, labels = axes.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda i: labels[i] in styles)
    if above:
        options = {"loc": "lower left", "bbox_to_anchor": (0, 1.0), "ncol": 3, **options}
    axes.legend([handles[i] for i in order], [labels[i] for i in order], **options)


def _draw_branch(axes, branch, special, x, y, color):
    if "stable" not in branch or branch["stable"].isna().all():  # a curve of special points
        axes.plot(branch[x], branch[y], color=color)
        return
    # At a special point the eigenvalue is zero and its sign rounding: a piece of the curve is as
    # stable as its end that is none.
    stable = list(branch["stable"].astype(bool))
    pieces = [stable[i + 1] if i in special else stable[i] for i in range(len(stable) - 1)]
    start = 0
    for end in range(1, len(pieces) + 1):
        if end < len(pieces) and pieces[end] == pieces[start]:
            continue
        rows = branch.iloc[start:end + 1]
        style = "-" if pieces[start] else "--"
        axes.plot(rows[x], rows[y], color=color, linestyle=style)
        _entry(axes, "stable" if pieces[start] else "unstable", color="0.4", linestyle=style)
        start = end


def _draw_points(axes, points, branches, x, ys):
    """A dot at each point and its label once; points that would hide each other share one."""
    present = [y for y in ys if y in branches]
    near = (0.04 * (branches[x].max() - branches[x].min()),
            0.06 * (branches[present].max().max() - branches[present].min().min()))
    labels = []
    for _, point in points.iterrows():
        dots = [(point[x], point[y]) for y in present if y in point and pd.notna(point[y])]
        if not dots:
            continue
        axes.plot(*zip(*dots), "o", color="black", markersize=4, linestyle="", zorder=3)
        away = [[abs(dots[0][i] - there["place"][i]) / (near[i] or 1) for i in (0, 1)]
                for there in labels]
        at = next((k for k, distance in enumerate(away) if max(distance) < 1), None)
        if at is None:
            labels.append({"place": dots[0], "names": [point["label"]], "same": True})
        else:
            labels[at]["names"].append(point["label"])
            labels[at]["same"] &= max(away[at]) < 1e-3
    for k, there in enumerate(labels):
        names = there["names"]
        text = ", ".join(names)
        if len(names) > 1 and there["same"]:
            text = names[0].rstrip("0123456789")
        crowded = any(all(abs(there["place"][i] - other["place"][i]) < 2 * near[i] for i in (0, 1))
                      for other in labels[:k])
        axes.annotate(text, there["place"], xytext=(-5 if crowded else 5, 5), fontsize=9,
                      textcoords="offset points", ha="right" if crowded else "left", zorder=4,
                      path_effects=[withStroke(linewidth=3, foreground="white")])


def _table(columns):
    """JSON has no NaN and no infinities: the program writes null, and the words "inf" and "-inf"."""
    return pd.DataFrame({name: [v if isinstance(v, (int, float)) else float("nan" if v is None else v)
                                for v in values]
                         for name, values in columns.items()})


def _entry(axes, name, **style):
    """A line of the legend, once."""
    if name not in [line.get_label() for line in axes.get_lines()]:
        axes.plot([], [], label=name, **style)


def _group_sizes(groups):
    """'1-2 3-8' (experts that stay alike) as '2 + 6'."""
    sizes = []
    for group in groups.split():
        first, _, last = group.partition("-")
        sizes.append(int(last or first) - int(first) + 1)
    return " + ".join(map(str, sizes))
