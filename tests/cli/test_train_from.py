"""``recurra train --from``: going on from a model, with rows of before mixed in."""

from __future__ import annotations

from pathlib import Path

from commands import Run, check_failed
from rows import make_rows, write_table

import recurra


def newer(path: Path) -> Path:
    documents, labels = make_rows(40, seed=5)
    rows = [
        ("zoo" if n < 20 else label, f"zebra {title}")
        for n, ((title, _), label) in enumerate(zip(documents, labels, strict=True))
    ]
    return write_table(path, ("label", "text"), rows)


def test_a_model_goes_on_with_new_rows_and_old_ones(run: Run, trained: Path, news: Path, tmp_path: Path) -> None:
    model = trained / "model.safetensors"
    words = ("train", newer(tmp_path / "newer.csv"), "--from", model, "--out", "next", "--epochs", 1, "--replay", news)
    ran = run(*words, "--json")
    assert ran.code == 0
    # The new file names its columns otherwise.
    warned = [line.removeprefix("recurra: warning: ") for line in ran.err.splitlines()]
    assert len(warned) == 2
    assert set(warned) <= set(ran.json["notes"])
    assert ran.json["rows"] == 80
    assert ran.json["continued"]["new_classes"] == ["zoo"]
    assert ran.json["continued"]["new_tokens"] == 1
    assert any(note.startswith("40 of 60 rows of") for note in ran.json["notes"])
    after, before = recurra.load("next/model.safetensors"), recurra.load(model)
    assert after.classes_.tolist() == [*before.classes_, "zoo"]
    assert after.settings == before.settings
    assert after.record["training"] == {**before.record["training"], "epochs": 1, "patience": 0}


def test_without_replay_the_new_rows_are_all(run: Run, trained: Path, tmp_path: Path) -> None:
    words = ("train", newer(tmp_path / "newer.csv"), "--from", trained / "model.safetensors", "--out", "next")
    ran = run(*words, "--epochs", 1, "--set", "dropout=0.5")
    assert ran.code == 0
    assert "1 new class: zoo." in ran.out.splitlines()
    assert recurra.load("next/model.safetensors").record["rows"] == 40


def test_classes_without_a_row_may_be_forgotten(run: Run, trained: Path, tmp_path: Path) -> None:
    documents, labels = make_rows(40, seed=5)
    rows = [(label, *one) for one, label in zip(documents, labels, strict=True) if label == labels[0]]
    rows += [("zoo", *one[1:]) for one in rows]
    table = write_table(tmp_path / "new.csv", ("label", "title", "text"), rows)
    words = ("train", table, "--from", trained / "model.safetensors", "--out", "next", "--epochs", 1, "--no-baseline")
    ran = run(*words, "-q")
    said = f"3 of the 4 classes of the model have no row in {table}, and it may forget them: mix old rows in"
    assert (ran.code, said in " ".join(ran.err.split())) == (0, True), ran.err


def test_what_does_not_go_together_is_refused(run: Run, trained: Path, news: Path) -> None:
    model = trained / "model.safetensors"
    check_failed(run("train", news, "--out", "run", "--replay", news), 2, "--from")
    check_failed(run("train", news, "--out", "run", "--from", model, "--model", "lesson/gru"), 2, "--model lesson/gru")
    ran = run("train", news, "--out", "run", "--from", model, "--set", "hidden=7", "--quiet")
    check_failed(ran, 2, "hidden is 7, and 6")
    check_failed(run("train", news, "--out", "run", "--from", "none.safetensors"), 1, "There is no file")
    assert not Path("run").exists()
