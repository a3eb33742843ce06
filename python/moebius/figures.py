# SPDX-License-Identifier: MIT
"""Results on matplotlib axes: stable solid, unstable dashed, special points with AUTO's letters.

Colours are those of Okabe and Ito (Color Universal Design, 2008), which colour-blind readers tell
apart.
"""

from .errors import Error, InvalidArgument

COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]

NAMES = {
    "feedback": "feedback κ",
    "decay": "decay λ",
    "beta": "sharpness β",
    "bias": "bias h",
    "gain": "gain of the controller γ",
    "leak": "leak of the controller μ",
    "loads": "loads of the experts nₑ",
    "eigenvalue": "rightmost eigenvalue Re σ",
    "period": "period of the cycle",
    "x": "score gap x",
    "gap": "load gap m",
}


def plot(result, ax=None, x=None, y=None, **options):
    """Draws a result.

    ax: axes to draw on; those of a new figure by default
    x, y: columns; y may be several. By default what was varied, and the load of expert 1, or the
          first state where there is none (of a locus the second parameter)
    by: what has a colour each: "branch", "kind" or "groups" (diagrams and loci)
    Returns the axes.
    """
    draw = {"diagram": _diagram, "locus": _locus, "sweep": _sweep, "exact": _exact,
            "simulate": _simulate, "response": _response}.get(result.kind)
    if draw is None:
        raise Error(f"of a {result.kind} there is no figure yet: moebius plot FILE --out FIGURE "
                    "draws what it can, and .tables names its tables")
    if ax is None:
        import matplotlib.pyplot
        _, ax = matplotlib.pyplot.subplots(figsize=(7.2, 4.2), layout="constrained")
    draw(result, ax, x, y, **options)
    ax.spines[["top", "right"]].set_visible(False)
    noisy = result.kind == "simulate"  # leaves no room within
    if not ax.get_title():
        ax.set_title(result.data.get("model") or result.kind, fontsize=10,
                     loc="right" if noisy else "center")
    if ax.get_legend_handles_labels()[1]:
        legend(ax, above=noisy)
    return ax


def axis_name(column):
    """"load_3" is "load of expert 3, n₃"."""
    stem, _, number = column.rpartition("_")
    if number.isdigit() and stem in ("load", "score", "bias"):
        letter = {"load": "n", "score": "s", "bias": "h"}[stem]
        below = number.translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
        return f"{stem} of expert {number}, {letter}{below}"
    return NAMES.get(column, column)


def _varied(result):
    return [text.partition("=")[0] for text in result.data.get("options", {}).get("vary", [])]


def draw(ax, result, x, y, by=None, names=None, color=None, label=None, points=True):
    """Draws branches of a diagram or locus on axes that may hold more.

    y is a column or several, of which a branch may lack some. `by` is what has a colour each
    (branch, kind or groups), `names` what the legend calls it; `label` is the legend's entry where
    all have one colour.
    """
    ys = [y] if isinstance(y, str) else list(y)
    branches, marked = result.branches, result.special_points
    _check_columns(branches, [x, *ys])
    keys = list(dict.fromkeys(branches[by])) if by else []
    for number, branch in branches.groupby("branch", sort=False):
        shade, name = color or COLORS[0], label
        if by:
            key = branch[by].iloc[0]
            shade, name = COLORS[keys.index(key) % len(COLORS)], (names or {}).get(key, str(key))
        if name:
            _entry(ax, name, color=shade)
        special = set(marked["row"][marked["branch"] == number]) if len(marked) else set()
        for column in ys:
            if column in branch and branch[column].notna().any():
                _branch(ax, branch, special, x, column, shade)
    if points and len(marked):
        _points(ax, marked[marked["type"] != "EP"], branches, x, ys)
    ax.set_xlabel(axis_name(x))
    ax.set_ylabel(axis_name(ys[0]) if len(ys) == 1 else NAMES["loads"])


def legend(ax, above=False, **options):
    """The legend with line styles last; above the axes where the curves leave no room."""
    styles = ("stable", "unstable", "jump")
    handles, labels = ax.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda i: labels[i] in styles)
    options = {"frameon": False, "fontsize": 9, **options}
    if above:
        options = {"loc": "lower left", "bbox_to_anchor": (0, 1.0), "ncol": 3, **options}
    ax.legend([handles[i] for i in order], [labels[i] for i in order], **options)


def _diagram(result, ax, x, y, **options):
    varied = _varied(result)
    y = y or _first(result.branches, ("load_1", "x", "period"), varied)
    draw(ax, result, x or varied[0], y, **options)


def _locus(result, ax, x, y, by="kind", **options):
    names = _varied(result)
    _diagram(result, ax, x or names[0], y or names[1], by=by, **options)
    counted = (result.data.get("stable_states") or {}).get("places", [])
    if counted and x is None and y is None:
        stable = {}
        for across, up, states in counted:
            stable.setdefault(int(states), []).append((across, up))
        for states, places in sorted(stable.items()):
            ax.annotate(f"{states} stable", places[0], ha="center", fontsize=8, color="0.35")


def _sweep(result, ax, x, y):
    samples, jumps = result.samples, result.jumps
    varied = _varied(result)
    x = x or varied[0]
    y = y or _first(samples, ("load_1", "x"), varied)[0]
    _check_columns(samples, [x, y])
    for at, (direction, rows) in enumerate(samples.groupby("direction", sort=False)):
        ax.plot(rows[x], rows[y], color=COLORS[at % len(COLORS)],
                label="up" if direction > 0 else "down")
    if len(jumps):
        for at in jumps[x]:
            ax.axvline(at, color="0.6", linewidth=0.8, linestyle=":")
        _entry(ax, "jump", color="0.6", linewidth=0.8, linestyle=":")
    ax.set_xlabel(axis_name(x))
    ax.set_ylabel(axis_name(y))


def _exact(result, ax, x, y):
    if "fold_set" not in result.data:
        raise Error("these exact results have no fold set to draw: vary a parameter")
    folds = result.fold_set
    x, y = x or folds.columns[0], y or folds.columns[1]
    _check_columns(folds, [x, y])
    ax.plot(folds[x], folds[y], color=COLORS[0])
    _entry(ax, "fold set, exact", color=COLORS[0])
    ax.set_xlabel(axis_name(x))
    ax.set_ylabel(axis_name(y))


def _simulate(result, ax, x, y):
    records = result.records
    ys = [y] if isinstance(y, str) else list(
        y or [c for c in records.columns if c.startswith("load_")])
    _check_columns(records, ["step", *ys])
    one = records[records["replica"] == records["replica"].iloc[0]]
    for at, column in enumerate(ys):
        ax.plot(one["step"], one[column], color=COLORS[at % len(COLORS)], linewidth=1,
                label=axis_name(column) if len(ys) <= 8 else None)
    ax.set_xlabel("step (batches)")
    ax.set_ylabel(NAMES["loads"])


def _response(result, ax, x, y):
    rows = result.response
    ax.plot(rows["x"], rows["gap_predicted"], color=COLORS[0], label="predicted")
    ax.errorbar(rows["x"], rows["gap"], color=COLORS[1], linestyle="", marker="o", markersize=3,
                yerr=[rows["gap"] - rows["gap_low"], rows["gap_high"] - rows["gap"]],
                label="measured, 95 %")
    ax.set_xlabel(NAMES["x"])
    ax.set_ylabel(NAMES["gap"])


def _first(table, names, varied):
    """The first of these names that is a column, or the one behind what was varied."""
    columns = list(table.columns)
    behind = max(map(columns.index, varied)) + 1
    return [name for name in (*names, *columns[behind:]) if name in columns][:1]


def _check_columns(table, names):
    for name in names:
        if name not in table.columns:
            raise InvalidArgument(f"there is no column '{name}', but {', '.join(table.columns)}")


def _branch(ax, branch, special, x, y, color):
    if "stable" not in branch or branch["stable"].isna().all():  # a curve of special points
        ax.plot(branch[x], branch[y], color=color, linewidth=1.6)
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
        ax.plot(rows[x], rows[y], color=color, linestyle=style, linewidth=1.6)
        _entry(ax, "stable" if pieces[start] else "unstable", color="0.4", linestyle=style)
        start = end


def _points(ax, points, branches, x, ys):
    """A dot at each point and its label once; points that would hide each other share one."""
    from matplotlib.patheffects import withStroke
    near = (0.04 * (branches[x].max() - branches[x].min()),
            0.06 * (branches[ys].max().max() - branches[ys].min().min()))
    labels = []
    for point in points.to_dict("records"):
        dots = [(point[x], point[y]) for y in ys if y in point and point[y] == point[y]]  # not NaN
        if not dots:
            continue
        ax.plot(*zip(*dots), "o", color="black", markersize=4, linestyle="", zorder=3)
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
        ax.annotate(text, there["place"], xytext=(-5 if crowded else 5, 5), fontsize=9,
                    textcoords="offset points", ha="right" if crowded else "left", zorder=4,
                    path_effects=[withStroke(linewidth=3, foreground="white")])


def _entry(ax, name, **style):
    """A line of the legend, once."""
    if name not in [line.get_label() for line in ax.get_lines()]:
        ax.plot([], [], label=name, **style)


def use_style():
    """Settings of matplotlib for figures of one look, as the notebooks have it."""
    import matplotlib.pyplot as plt
    plt.rcParams.update({
        "figure.figsize": (7.2, 4.2),
        "figure.dpi": 100,
        "figure.constrained_layout.use": True,
        "axes.prop_cycle": plt.cycler(color=COLORS),
        "axes.titlesize": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "lines.linewidth": 1.6,
        "legend.frameon": False,
        "legend.fontsize": 9,
    })
