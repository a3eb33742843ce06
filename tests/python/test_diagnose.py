# SPDX-License-Identifier: MIT
"""A log that the program writes, read back by the package."""

import sys

import numpy
import pandas
import pytest

import moebius


def test_a_simulated_log_tells_its_feedback(tmp_path):
    log = tmp_path / "loads.npz"
    moebius.simulate(experts=8, set={"feedback": 3}, batch=1024, steps=4000,
                     log=log, seed=4)
    assert numpy.load(log)["counts"].shape == (3999, 1, 8)  # the first step has no score before it
    found = moebius.diagnose(log)
    layer = found.layers.iloc[0]
    assert layer["K_low"] < 3 < layer["K_high"]
    assert layer["margin"] > 0
    assert found["verdict"] in found["verdicts"]


def test_what_is_no_log_is_refused(tmp_path):
    (tmp_path / "loads.pt").write_bytes(b"\x80\x04\x95pickle")
    with pytest.raises(moebius.InvalidArgument, match="never opened"):
        moebius.diagnose(tmp_path / "loads.pt")


STEPS, LAYERS, EXPERTS = 300, 2, 4


@pytest.fixture
def counts():
    """(STEPS, LAYERS, EXPERTS), of layers and experts that differ."""
    draw = numpy.random.default_rng(5).multinomial
    return numpy.stack([draw(512, shares, STEPS) for shares in ([.1, .2, .3, .4], [.4, .3, .2, .1])], axis=1)


@pytest.fixture
def long_table(counts):
    step, layer, expert = numpy.indices(counts.shape)
    return pandas.DataFrame({"step": step.ravel(), "layer": layer.ravel(), "expert": expert.ravel(),
                             "tokens": counts.ravel()})


def test_verdicts_are_words_in_tables_and_numbers_in_files(counts):
    counts[150:, 1] = [0, 0, 0, 512]  # collapsed
    found = moebius.diagnose(counts)
    assert list(found.layers["verdict"])[1] == "collapsed" == found["verdict"]
    assert list(found.table("layers")["verdict"]) == list(found.layers["verdict"])
    numbers = found.data["layers"]["verdict"]
    assert [found["verdicts"][number - 1] for number in numbers] == list(found.layers["verdict"])
    assert len(found.layer_notes) == LAYERS == len(found.reasons)


def found_of(log):
    """What a diagnosis says of a log's loads."""
    data = moebius.diagnose(log).data
    return {part: data[part] for part in ("layers", "layer_names", "history", "verdict", "reasons")}


def test_a_frame_is_read_by_its_names(counts, long_table, tmp_path):
    numpy.savez(tmp_path / "counts.npz", counts=counts)
    wanted = found_of(tmp_path / "counts.npz")
    names = [f"train/tokens/layer{layer}/expert{expert}" for layer in range(LAYERS)
             for expert in range(EXPERTS)]
    wide = pandas.DataFrame(counts.reshape(STEPS, -1), columns=names)
    pivot = long_table.pivot(index="step", columns=["layer", "expert"], values="tokens")
    renamed = long_table.rename(columns={"layer": "layer_id", "tokens": "count"})

    assert len(wanted["layer_names"]) == LAYERS
    assert found_of(long_table) == wanted
    assert found_of(long_table.sample(frac=1, random_state=3)) == wanted
    assert found_of(renamed.set_index(["step", "layer_id", "expert"])) == wanted
    assert found_of(wide.rename_axis(index="step")) == wanted
    assert found_of(wide.assign(step=range(STEPS), loss=.5)) == wanted
    assert found_of(pivot) == wanted
    assert found_of(long_table.pivot(index="step", columns=["layer", "expert"])) == wanted


def test_a_frame_without_names_is_an_array(counts):
    layer = counts[:, 1]

    assert found_of(pandas.DataFrame(layer)) == found_of(layer)


def test_an_array_is_steps_layers_and_experts(counts, tmp_path):
    numpy.save(tmp_path / "log.npy", counts)

    wanted = found_of(tmp_path / "log.npy")
    assert found_of(counts) == wanted
    assert found_of(counts.astype(numpy.float32)) == wanted
    assert len(found_of(counts[0, 0])["layers"]["steps"]) == 1
    with pytest.raises(moebius.InvalidArgument, match=r"a log is one of real numbers: \[steps, layers, experts\]"):
        moebius.diagnose(counts[None])
    with pytest.raises(moebius.InvalidArgument, match="a log is one of real numbers"):
        moebius.diagnose(counts.astype(complex))


def test_a_frame_that_is_no_log_is_refused(long_table):
    with pytest.raises(moebius.InvalidArgument, match="step, layer, expert and tokens are needed"):
        moebius.diagnose(long_table[["step", "tokens"]])
    with pytest.raises(moebius.InvalidArgument, match="line 3, column 'tokens'"):
        moebius.diagnose(long_table.assign(tokens=long_table.tokens.where(long_table.index != 1)))


@pytest.mark.parametrize("package", ["pyarrow", "polars"])
def test_a_parquet_file_is_read_by_path(counts, long_table, tmp_path, monkeypatch, package):
    reader = pytest.importorskip(package)
    other = {"pyarrow": "polars", "polars": "pyarrow"}[package]
    monkeypatch.setitem(sys.modules, other, None)
    if package == "pyarrow":
        import pyarrow.parquet
        pyarrow.parquet.write_table(pyarrow.table(dict(long_table)), tmp_path / "log.parquet")
    else:
        reader.DataFrame(dict(long_table)).write_parquet(tmp_path / "log.parquet")

    assert found_of(tmp_path / "log.parquet") == found_of(long_table)
    assert found_of(str(tmp_path / "log.parquet")) == found_of(long_table)


def test_a_parquet_file_that_cannot_be_read_is_refused(tmp_path, monkeypatch):
    log = tmp_path / "log.parquet"
    log.write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    with pytest.raises(moebius.InvalidArgument, match="log.parquet: it is (no|a) Parquet file"):
        moebius.diagnose(log)
    for package in ("pyarrow", "pyarrow.parquet", "polars"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(moebius.InvalidArgument, match="needs the package pyarrow or polars"):
        moebius.diagnose(log)
