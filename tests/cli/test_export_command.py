"""``recurra export``: the file, what is said of it, and when nothing is written."""

from __future__ import annotations

import errno
import inspect
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import make_bundle
from commands import Run, check_failed, everything
from missing_packages import python_without
from rows import make_rows, write_news, write_table

import recurra
from recurra.bundle import int8_bundle, write_bundle
from recurra.bundle.format import encode
from recurra.data.formats import short_name
from recurra.evaluation import evaluate
from recurra.export import ExportedModel, onnx_predictor
from recurra.export.onnx_predictor import Classifier


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
    assert any("random texts are far from real ones: give DATA" in note for note in values["notes"])
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
    assert "for changes to rely on, that of accuracy among them" in " ".join(generated.split())
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
    for out, said in (
        (
            "small.safetensors",
            "nothing was given. For 'small.safetensors' give --int8; the others are --onnx and --web.",
        ),
        ("a.onnx", "nothing was given. For 'a.onnx' give --onnx; the others are --int8 and --web."),
        ("site", "nothing was given. For 'site' give --web; the others are --int8 and --onnx."),
        ("a.bin", "nothing was given. Give --int8, --onnx or --web."),
    ):
        check_failed(run("export", model, "--out", out), 2, said)
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
    assert run("export", model, "--int8", "--out", "hand/over/new.safetensors").code == 0
    assert Path("hand/over/new.safetensors").read_bytes() == Path("old.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("out", "parts"),
    [
        (f"{'n' * 256}/small.safetensors", ["File name too long"]),
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
    return lambda bundle: ExportedModel(
        "int8", b"bytes", bundle, lambda documents: answers(recurra.Model(bundle), documents)
    )


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


def test_onnx_writes_a_file_and_a_program(run: Run, trained: Path, rows: Path) -> None:
    path = trained / "model.safetensors"
    values = run("export", path, "--onnx", "--out", "my-news.onnx", rows, "--json").json
    assert (values["format"], values["weights"]) == ("onnx", "float32")
    assert (values["out"], values["program"]) == ("my-news.onnx", "my_news_onnx.py")
    assert values["changed"] == 0
    assert values["accuracy"]["before"] == values["accuracy"]["after"]
    assert values["exactness"]["documents"] > 40 + 60
    assert values["exactness"]["largest_difference"] < 1e-5
    classifier = Classifier("my-news.onnx")
    documents, _ = make_rows(40, seed=9)
    assert classifier.predict(documents) == recurra.load(path).predict(documents).tolist()
    assert Path("my_news_onnx.py").read_text(encoding="utf-8") == inspect.getsource(onnx_predictor)
    assert values["bytes"]["after"] == Path("my-news.onnx").stat().st_size


def test_onnx_of_int8_weights(run: Run, trained: Path, rows: Path) -> None:
    path = trained / "model.safetensors"
    run("export", path, "--int8", "--out", "small.safetensors", "-q")
    values = run("export", path, "--onnx", "--int8", "--out", "small.onnx", rows, "--json").json
    assert values["weights"] == "int8"
    assert values["bytes"]["after"] < values["bytes"]["before"]
    documents, _ = make_rows(40, seed=9)
    wanted = recurra.load("small.safetensors").predict_proba(documents)
    np.testing.assert_allclose(Classifier("small.onnx").predict_proba(documents), wanted, rtol=0, atol=1e-5)
    # A file of int8 weights gives the same, whether asked for it or not.
    run("export", "small.safetensors", "--onnx", "--out", "again.onnx", "-q")
    assert Path("again.onnx").read_bytes() == Path("small.onnx").read_bytes()


def test_onnx_lines_for_people(run: Run, model: Path) -> None:
    ran = run("export", model, "--onnx", "--out", "m.onnx")
    assert (ran.code, ran.err) == (0, "")
    assert "from strings to probabilities ONNX Runtime is within" in ran.out
    assert ran.out.splitlines()[-2:] == ["program: m_onnx.py", "model: m.onnx"]
    assert run("export", model, "--onnx", "--out", "m.onnx").out.splitlines()[-1] == (
        "model: m.onnx, which replaces the earlier file"
    )


def test_a_program_of_ones_own_is_not_replaced(run: Run, model: Path, tmp_path: Path) -> None:
    Path("m_onnx.py").write_text("print('mine')\n", encoding="utf-8")
    before = everything(tmp_path)
    check_failed(run("export", model, "--onnx", "--out", "m.onnx"), 2, "m_onnx.py is there already", "another name")
    assert everything(tmp_path) == before


def test_an_onnx_file_ends_as_one(run: Run, model: Path, tmp_path: Path) -> None:
    before = everything(tmp_path)
    ran = run("export", model, "--onnx", "--out", "m.safetensors")
    check_failed(ran, 2, "ends in '.safetensors', and an ONNX file is written", "ends in .onnx")
    assert everything(tmp_path) == before


def test_an_onnx_file_with_other_answers_is_not_written(
    run: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(tmp_path)

    def shifted(bundle: Any, **_: Any) -> ExportedModel:
        predict = recurra.Model(bundle).predict_proba
        return ExportedModel("onnx", b"bytes", bundle, lambda documents: predict(documents) + np.float32(2e-5))

    monkeypatch.setattr("recurra.export.export_onnx", shifted)
    ran = run("export", model, "--onnx", "--out", "m.onnx", "-q")
    check_failed(ran, 1, "differs by 2", "1e-05 is allowed; nothing is written")
    assert everything(tmp_path) == before


def test_without_onnx_the_extra_is_named(model: Path, tmp_path: Path) -> None:
    before = everything(tmp_path)
    program = "from recurra.cli import main; raise SystemExit(main())"
    words = ["export", str(model), "--onnx", "--out", "m.onnx", "-q"]
    ran = python_without(["onnx", "onnxruntime"], program, *words)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "needs onnx" in ran.stderr
    assert "pip install 'recurra[onnx]'" in ran.stderr
    assert everything(tmp_path) == before
