# SPDX-License-Identifier: MIT
import json
import subprocess
import sys

import pytest

import moebius


def test_tables(pitchfork):
    branches, points = pitchfork.branches, pitchfork.special_points
    assert list(branches["branch"].unique()) == [1, 2, 3]
    assert (branches["load_1"] + branches["load_2"]).sub(1).abs().max() < 1e-12
    bp = points[points["label"] == "BP1"].iloc[0]
    assert (bp["type"], bp["criticality"]) == ("BP", "supercritical")
    assert bp["feedback"] == pytest.approx(2, abs=1e-9)
    assert repr(pitchfork) == "<moebius diagram of two-expert; 3 branches; BP1>"


def test_a_file_there_and_back(pitchfork, tmp_path):
    file = tmp_path / "run.json"
    pitchfork.save(file)
    assert moebius.load(file).data == pitchfork.data
    assert moebius.diagram(from_=f"{file}:BP1", vary={"feedback": (0.5, 5)}).kind == "diagram"
    kept = moebius.diagram(vary={"feedback": (0.5, 20)}, out=tmp_path / "own.json")
    assert json.loads((tmp_path / "own.json").read_text()) == kept.data


def test_what_is_no_result_is_refused(tmp_path):
    for text in ("", "{", "[]", "{}", '{"schema": "other"}'):
        (tmp_path / "f.json").write_text(text)
        with pytest.raises(moebius.InvalidArgument):
            moebius.load(tmp_path / "f.json")
    with pytest.raises(moebius.InvalidArgument, match="cannot be read"):
        moebius.load(tmp_path / "none.json")


def test_names_that_are_not_there_are_said(pitchfork):
    with pytest.raises(moebius.Error, match="has no point 'LP1', but has EP1"):
        pitchfork.point("LP1")
    with pytest.raises(AttributeError, match="no 'records'"):
        pitchfork.records


def test_other_tables():
    exact = moebius.exact(set={"feedback": 4}, vary={"feedback": (2, 20)})
    assert list(exact.fold_set.columns) == ["feedback", "bias", "x"]
    assert exact.half_width["eta"] == pytest.approx(0.532839975354, abs=1e-12)
    run = moebius.simulate(set={"feedback": 1}, batch=256, steps=50)
    assert len(run.records) == 50


def test_figures(pitchfork, cusp):
    ax = pitchfork.plot()
    assert ax.get_xlabel() == "feedback κ" and ax.get_ylabel() == "load of expert 1, n₁"
    styles = {line.get_linestyle() for line in ax.get_lines()}
    assert {"-", "--"} <= styles
    assert [text.get_text() for text in ax.texts] == ["BP1"]
    assert cusp.plot(ax=ax) is ax
    with pytest.raises(moebius.Error, match="no column 'lod_1'"):
        pitchfork.plot(y="lod_1")


def test_importing_is_light():
    code = ("import sys; import moebius; "
            "print([m for m in ('numpy', 'pandas', 'matplotlib') if m in sys.modules])")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          check=True).stdout.strip() == "[]"
