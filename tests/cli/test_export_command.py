"""``recurra export``: the file, what is said of it, and when nothing is written."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import make_bundle
from commands import Run, check_failed, everything
from rows import make_rows, write_news, write_table

import recurra
from recurra.bundle import int8_bundle, write_bundle
from recurra.bundle.format import encode
from recurra.data.formats import short_name
from recurra.evaluation import evaluate
from recurra.export import ExportedModel


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """40 generated rows that training did not see."""
    return write_news(tmp_path / "test.csv", 40, seed=9)


def test_json_is_what_python_gives(run: Run, trained: Path, rows: Path) -> None:
    path = trained / "model.safetensors"
    ran = run("export", path, "--int8", "--out", "small.safetensors", rows, "--json")
    assert (ran.code, ran.err) == (0, "")
    values = ran.json
    plain, small = recurra.load(path), recurra.load("small.safetensors")
    assert (plain.info["weights"], small.info["weights"]) == ("float32", "int8")
    documents, labels = make_rows(40, seed=9)
    before, after = plain.predict_proba(documents), small.predict_proba(documents)
    targets = plain.bundle.labels.encode(labels)
    scores = [evaluate(answers, targets, plain.classes_, class_numbers=True) for answers in (before, after)]
    assert values["bytes"] == {"before": path.stat().st_size, "after": Path("small.safetensors").stat().st_size}
    assert (values["model"], values["out"], values["format"]) == (str(path), "small.safetensors", "int8")
    assert (values["rows"], values["data"]) == (40, short_name(str(rows)))
    assert [values["accuracy"][when] for when in ("before", "after")] == [score.accuracy for score in scores]
    assert [values["log_loss"][when] for when in ("before", "after")] == pytest.approx(
        [score.log_loss for score in scores]
    )
    change = values["accuracy"]["gained"] - values["accuracy"]["lost"]
    assert change / 40 == pytest.approx(scores[1].accuracy - scores[0].accuracy)
    low, high = values["accuracy"]["interval"]
    assert low < change / 40 < high
    assert values["changed"] == (plain.predict(documents) != small.predict(documents)).sum()
    assert values["largest_difference"] == pytest.approx(np.abs(before - after).max(), abs=1e-7)
    assert values["mean_difference"] == pytest.approx(np.abs(before - after).mean(), abs=1e-7)
    assert values["largest_difference"] > 0
    assert values["notes"][0].startswith("columns of the model")


def test_the_file_is_the_model_with_int8_weights(run: Run, model: Path) -> None:
    assert run("export", model, "--int8", "--out", "small.safetensors").code == 0
    assert Path("small.safetensors").read_bytes() == encode(int8_bundle(make_bundle()))
    told = run("info", "small.safetensors", "--json").json
    assert (told["weights"], told["bytes"]) == ("int8", Path("small.safetensors").stat().st_size)
    shown = run("info", "small.safetensors").out
    assert f"int8 weights, {told['bytes']:,} bytes" in shown
    assert run("predict", "small.safetensors", "the team wins").code == 0


def test_without_rows_it_compares_on_generated_texts(run: Run, model: Path) -> None:
    values = run("export", model, "--int8", "--out", "small.safetensors", "--json").json
    assert (values["data"], values["accuracy"], values["log_loss"]) == (None, None, None)
    assert values["rows"] == 900
    assert 0 <= values["changed"] <= 90
    assert 0 < values["mean_difference"] < values["largest_difference"] < 0.1
    assert any("give DATA" in note for note in values["notes"])
    again = run("export", model, "--int8", "--out", "again.safetensors", "--json").json
    assert {**again, "out": ""} == {**values, "out": ""}


def test_lines_for_people(run: Run, trained: Path, rows: Path) -> None:
    words = ["export", trained / "model.safetensors", "--int8", "--out", "small.safetensors"]
    values, ran, quiet = run(*words, rows, "--json").json, run(*words, rows), run(*words, rows, "--quiet")
    assert (ran.code, ran.err) == (0, "")
    lines = [line.split() for line in ran.out.splitlines()]
    accuracy, sizes = values["accuracy"], values["bytes"]
    for numbers in (
        ["accuracy", f"{accuracy['before']:.4f}", f"{accuracy['after']:.4f}"],
        ["log", "loss", f"{values['log_loss']['before']:.4f}", f"{values['log_loss']['after']:.4f}"],
        ["bytes", f"{sizes['before']:,}", f"{sizes['after']:,}"],
    ):
        assert any(line[: len(numbers)] == numbers for line in lines)
    assert f"{40 - values['changed']} of 40 " in ran.out
    assert f"largest change of a probability {values['largest_difference']:.4f}" in ran.out
    assert ran.out.splitlines()[-1] == "model: small.safetensors, which replaces the earlier file"
    assert set(quiet.out.splitlines()) < set(ran.out.splitlines())
    generated = run(*words).out
    assert "accuracy change" in " ".join(generated.split())
    assert "900 texts drawn at random" in generated
    assert not any(line.startswith("accuracy") for line in generated.splitlines())


def test_a_named_set_gives_its_test_rows(run: Run, trained: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sets" / "tiny"
    folder.mkdir(parents=True)
    write_news(folder / "train.csv", 30)
    write_news(folder / "test.csv", 12, seed=3)
    words = ["tiny", "--data-dir", "sets", "--json"]
    values = run("export", trained / "model.safetensors", "--int8", "--out", "small.safetensors", *words).json
    assert values["rows"] == 12


def test_rows_without_a_title_are_left_out_and_said(run: Run, tmp_path: Path) -> None:
    from dataclasses import replace

    bundle = make_bundle()
    write_bundle(replace(bundle, text=bundle.text.replace(field="title", first_words=None)), "titles.safetensors")
    write_table(tmp_path / "test.csv", ("label", "title", "text"), [("a", "oil", "one"), ("b", "", "two")] * 3)
    values = run("export", "titles.safetensors", "test.csv", "--int8", "--out", "small.safetensors", "--json").json
    assert values["rows"] == 3
    assert "3 of 6 rows have no title and are left out." in values["notes"]


def test_a_form_must_be_chosen(run: Run, model: Path, tmp_path: Path) -> None:
    before = everything(tmp_path)
    check_failed(run("export", model, "--out", "small.safetensors"), 2, "nothing was given", "Give --int8")
    assert everything(tmp_path) == before


def test_the_model_is_never_overwritten(run: Run, model: Path, news: Path, tmp_path: Path) -> None:
    (tmp_path / "link.safetensors").symlink_to(model)
    (tmp_path / "hard.safetensors").hardlink_to(model)
    before = everything(tmp_path)
    for out in (model, "link.safetensors", "hard.safetensors", "./model.safetensors"):
        check_failed(run("export", model, "--int8", "--out", out, "-q"), 2, f"--out {Path(out)} is the model itself")
    check_failed(run("export", "link.safetensors", "--int8", "--out", model), 2, "is the model itself")
    check_failed(run("export", model, news, "--int8", "--out", news), 2, "is DATA itself", "another file")
    assert everything(tmp_path) == before


def test_another_file_is_replaced(run: Run, model: Path) -> None:
    Path("old.safetensors").write_bytes(b"old")
    ran = run("export", model, "--int8", "--out", "old.safetensors")
    assert ran.code == 0
    assert "model: old.safetensors, which replaces the earlier file\n" in ran.out
    assert recurra.load("old.safetensors").info["weights"] == "int8"


@pytest.mark.parametrize(
    ("out", "parts"),
    [
        ("none/small.safetensors", ["cannot be written: there is no folder none", "Make its folder first"]),
        ("folder", ["cannot be written: it is a folder", "Give the name of a file"]),
        ("n" * 256, ["File name too long"]),
    ],
)
def test_places_that_cannot_be_written(out: str, parts: list[str], run: Run, model: Path, tmp_path: Path) -> None:
    Path("folder").mkdir()
    before = everything(tmp_path)
    check_failed(run("export", model, "--int8", "--out", out, "--quiet"), 1, *parts)
    assert everything(tmp_path) == before


def test_a_full_disk_leaves_what_was_there(
    run: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("old.safetensors").write_bytes(b"old")
    before = everything(tmp_path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    ran = run("export", model, "--int8", "--out", "old.safetensors", "--quiet")
    monkeypatch.undo()
    check_failed(ran, 1, "cannot be written", "No space left", "Free some space")
    assert everything(tmp_path) == before


def _making(answers: Any) -> Any:
    return lambda bundle: ExportedModel("int8", b"bytes", lambda documents: answers(recurra.Model(bundle), documents))


@pytest.mark.parametrize("data", [[], ["news.csv"]])
def test_an_export_with_other_answers_is_not_written(
    data: list[str], run: Run, trained: Path, news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("old.safetensors").write_bytes(b"old")
    before = everything(tmp_path)
    words = ["export", trained / "model.safetensors", "--int8", "--out", "old.safetensors", "-q", *data]
    monkeypatch.setattr(
        "recurra.export.export_int8", _making(lambda model, texts: 1 - model.predict_proba(texts).round())
    )
    check_failed(run(*words), 1, "documents the model's label, and 90 % must keep it; nothing is written")
    assert everything(tmp_path) == before


def test_a_model_that_is_int8_is_refused(run: Run, model: Path, tmp_path: Path) -> None:
    run("export", model, "--int8", "--out", "small.safetensors")
    before = everything(tmp_path)
    check_failed(run("export", "small.safetensors", "--int8", "--out", "smaller.safetensors"), 2, "int8 already")
    assert everything(tmp_path) == before


def test_bad_rows_are_one_line(run: Run, model: Path, news: Path, tmp_path: Path) -> None:
    before = everything(tmp_path)
    words = ["export", model, "--int8", "--out", "small.safetensors", "--quiet"]
    check_failed(run(*words, news), 1, "which training never saw", "the classes are 'a', 'b', 'c'")
    check_failed(run(*words, "none.csv"), 1, "none.csv")
    check_failed(run(*words, "--label", "kind"), 2, "--label kind is given without DATA", "labelled rows")
    check_failed(run("export", "none.safetensors", *words[2:]), 1, "There is no file none.safetensors")
    assert everything(tmp_path) == before


def test_a_model_file_ends_as_one(run: Run, model: Path, tmp_path: Path) -> None:
    ran = run("export", model, "--int8", "--out", tmp_path / "small.onnx")
    check_failed(ran, 2, "ends in '.onnx'", "ends in .safetensors")
    assert not (tmp_path / "small.onnx").exists()
