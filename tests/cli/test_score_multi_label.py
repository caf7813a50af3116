"""``recurra score`` where a row may get no label, or several: as Python would answer it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import WORDS, make_bundle
from commands import Run, check_failed, everything
from rows import write_table

import recurra
from recurra.batch_prediction import document_batches
from recurra.bundle import write_bundle
from recurra.data import blocks

ROWS = 60
TEXTS = [" ".join(WORDS[(n * 7 + k) % len(WORDS)] for k in range(n % 6)) for n in range(ROWS)]
OUTS = ["out.csv", "out.jsonl", "out.parquet"]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 512)
    monkeypatch.setattr(document_batches, "BATCH", 4)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_table(tmp_path / "data.csv", ("id", "text"), list(enumerate(TEXTS)))


def several(path: Path, *, labels: tuple[Any, ...] = ("a", "b", "c"), mark: object = None) -> Path:
    """A model of several labels, which learned from cells with this mark."""
    bundle = make_bundle(scale=3, labels=labels, thresholds=(0.6, 0.3, 0.8))
    record = {**bundle.record, **({} if mark is None else {"label_separator": mark})}
    write_bundle(replace(bundle, record=record), path)
    return path


def read_answers(name: str) -> list[dict[str, Any]]:
    path = Path(name)
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found: list[dict[str, Any]] = pytest.importorskip("pyarrow.parquet").read_table(path).to_pylist()
    return found


@pytest.mark.parametrize("labels", [("a", "b", "c"), (0, 1, 2)])
@pytest.mark.parametrize("out", OUTS)
def test_an_abstained_row_keeps_its_probability(out: str, labels: tuple[Any, ...], run: Run, data: Path) -> None:
    write_bundle(make_bundle(labels=labels, scale=3), "m.safetensors")
    model = recurra.load("m.safetensors")
    p = model.predict_proba(TEXTS)
    # One row is exactly as sure as that, and is answered.
    below = float(np.sort(p.max(axis=1))[25])
    expected = model.predict(TEXTS, abstain_below=below).tolist()
    assert 0 < expected.count(None) < ROWS
    found = run("score", "m.safetensors", data, "--out", out, "--abstain-below", repr(below), "--all", "--json").json
    answers = read_answers(out)
    given = [answer["label"] for answer in answers]
    assert given == (["" if one is None else str(one) for one in expected] if out == "out.csv" else expected)
    np.testing.assert_allclose([float(answer["probability"]) for answer in answers], p.max(axis=1), atol=1e-6)
    for place, label in enumerate(labels):
        shown = [float(answer[f"probability_{label}"]) for answer in answers]
        np.testing.assert_allclose(shown, p[:, place], atol=1e-6)
    assert found["unanswered"] == expected.count(None)
    assert found["labels"] == {str(label): expected.count(label) for label in labels}
    shown = run("score", "m.safetensors", data, "--out", out, "--abstain-below", repr(below)).out.splitlines()
    assert shown[-2] == f"{expected.count(None)} of {ROWS} rows have no label: no label is as probable as {below:g}"


@pytest.mark.parametrize("labels", [("a", "b, c", 'd "e"'), (0, 1, 2)])
@pytest.mark.parametrize("mark", [None, "; "])
@pytest.mark.parametrize("out", OUTS)
def test_several_labels_are_those_of_python(
    out: str, mark: str | None, labels: tuple[Any, ...], run: Run, data: Path
) -> None:
    path = several(Path("m.safetensors"), labels=labels, mark=mark)
    model = recurra.load(path)
    expected, p = model.predict(TEXTS).tolist(), model.predict_proba(TEXTS)
    assert {0, 1, 2} <= {len(one) for one in expected}
    found = run("score", path, data, "--out", out, "--keep", "id", "--all", "--json").json
    names = [f"probability_{label}" for label in labels]
    assert found["columns"] == ["id", "labels", *names]
    answers = read_answers(out)
    joined = [(mark or "|").join(map(str, one)) for one in expected]
    assert [answer["labels"] for answer in answers] == (joined if out == "out.csv" else expected)
    for place, name in enumerate(names):
        np.testing.assert_allclose([float(answer[name]) for answer in answers], p[:, place], atol=1e-6)
    assert found["labels"] == {str(label): sum(label in one for one in expected) for label in labels}
    assert found["unanswered"] == expected.count([])
    shown = run("score", path, data, "--out", out).out.splitlines()
    assert shown[-2] == f"{expected.count([])} of {ROWS} rows have no label"


def test_parquet_has_a_list_of_labels(run: Run, data: Path) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    assert run("score", several(Path("m.safetensors")), data, "--out", "out.parquet").code == 0
    assert parquet.read_schema("out.parquet").field("labels").type == pa.list_(pa.string())


@pytest.mark.parametrize("out", OUTS)
def test_labels_alone_are_a_row_each(out: str, run: Run, data: Path) -> None:
    """An empty line of CSV would be no row to most readers."""
    path = several(Path("m.safetensors"))
    words = ["score", path, data, "--answers-only", "--text", "text", "-q"]
    assert run(*words, "--out", out).code == 0
    assert len(read_answers(out)) == ROWS
    if out == "out.csv":
        assert run(*words).out == Path(out).read_text()
        assert '\n""\n' in Path(out).read_text()


@pytest.mark.parametrize("out", OUTS)
def test_no_rows_have_their_columns(out: str, run: Run) -> None:
    found = run("score", several(Path("m.safetensors")), "-", "--out", out, "--json", stdin=b"").json
    assert (found["rows"], found["unanswered"], found["columns"]) == (0, 0, ["text", "labels"])
    assert read_answers(out) == []


def test_a_label_that_holds_the_mark_needs_lists(run: Run, data: Path, tmp_path: Path) -> None:
    path = several(tmp_path / "m.safetensors", labels=("a", "b|c", "d"))
    before = everything(tmp_path)
    for words in (["--out", "out.csv"], []):
        ran = run("score", path, data, "-q", *words)
        check_failed(ran, 2, "label 'b|c' holds '|'", "Write a .jsonl or .parquet file")
        assert everything(tmp_path) == before
    assert run("score", path, data, "-q", "--out", "out.jsonl").code == 0
    assert [one["labels"] for one in read_answers("out.jsonl")] == recurra.load(path).predict(TEXTS).tolist()


def test_a_record_without_a_usable_mark_means_the_usual_one(run: Run, data: Path) -> None:
    several(Path("odd.safetensors"), mark=7)
    several(Path("none.safetensors"))
    printed = [run("score", name, data, "-q").out for name in ("odd.safetensors", "none.safetensors")]
    assert printed[0] == printed[1]
    assert "|" in printed[0]


def test_columns_of_the_data_keep_their_names(run: Run) -> None:
    write_table(Path("own.csv"), ("labels", "text"), [("x", text) for text in TEXTS])
    found = run("score", several(Path("m.safetensors")), "own.csv", "--out", "out.csv", "--text", "text", "--json").json
    assert found["columns"] == ["labels", "text", "predicted_labels"]
    assert "these are in 'predicted_labels' and so on" in found["notes"][0]


def test_several_labels_are_not_held_back(run: Run, data: Path, tmp_path: Path) -> None:
    path = several(tmp_path / "m.safetensors")
    before = everything(tmp_path)
    words = [path, data, "--out", "out.csv", "--abstain-below", "0.5", "-q"]
    ran = run("score", *words)
    check_failed(ran, 2, "abstain_below is 0.5 for a model that gives several labels")
    assert ran.err == run("predict", path, "a text", "--abstain-below", "0.5", "-q").err
    assert everything(tmp_path) == before
    check_failed(run("score", *words[:-3], "--abstain-below", "2"), 2, "Give a probability above 0, up to 1")
