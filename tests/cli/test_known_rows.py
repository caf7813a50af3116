"""Commands say that a model learned from rows or was validated on them, also where training read more than one file."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Run
from rows import make_rows, write_table

HEADER = ("title", "description", "label")
SMALL = ["--set", "hidden=4", "--set", "embedding=5", "--epochs", 1, "--no-baseline"]
LEARNED = "These are the rows that the model learned from: the scores say how well they are remembered."
CHOSE = "By these rows it was chosen when the model's training stops: on new rows it may score lower."
EARLIER = "These rows are known to the model that this one continues: the scores say how well they are remembered."


@pytest.fixture(autouse=True)
def _tables(tmp_path: Path) -> None:
    pairs, labels = make_rows(160, seed=3)
    rows = [(*pair, label) for pair, label in zip(pairs, labels, strict=True)]
    write_table(tmp_path / "train.csv", HEADER, rows[:80])
    write_table(tmp_path / "valid.csv", HEADER, rows[80:120])
    write_table(tmp_path / "new.csv", HEADER, rows[120:])
    write_table(tmp_path / "grown.csv", HEADER, rows[:80] + rows[120:])
    write_table(tmp_path / "turned.csv", HEADER, rows[79::-1])


def notes(run: Run, *words: object) -> list[str]:
    return list(run(*words, "--json").json["notes"])


def test_rows_to_validate_on_are_told_from_those_learned_from(run: Run) -> None:
    model = run("train", "train.csv", "--validation", "valid.csv", "--out", "run", "--json", *SMALL).json["model"]
    said = {name: notes(run, "evaluate", model, f"{name}.csv") for name in ("train", "valid", "new", "turned")}
    assert LEARNED in said["train"]
    assert CHOSE in said["valid"]
    for name in ("new", "turned"):
        assert not {LEARNED, CHOSE, EARLIER} & set(said[name])
    doubts = {
        name: notes(run, "inspect", model, "--data", f"{name}.csv", "--view", "doubts")
        for name in ("train", "valid", "new")
    }
    assert any("trained on these rows" in note for note in doubts["train"])
    assert any("chosen when the model's training stops" in note for note in doubts["valid"])
    assert not any("trained on these" in note or "chosen when" in note for note in doubts["new"])


def test_a_comparison_says_which_model_knows_the_rows(run: Run) -> None:
    first = run("train", "train.csv", "--validation", "valid.csv", "--out", "first", "--json", *SMALL).json["model"]
    second = run("train", "new.csv", "--out", "second", "--json", *SMALL).json["model"]
    said = {
        name: notes(run, "compare", first, second, "--data", f"{name}.csv")
        for name in ("train", "valid", "new", "turned")
    }
    of_models = {
        name: [note for note in some if note.startswith(("first: ", "second: "))] for name, some in said.items()
    }
    assert of_models == {
        "train": [f"first: {LEARNED}"],
        "valid": [f"first: {CHOSE}"],
        "new": [f"second: {LEARNED}"],
        "turned": [],
    }
    assert f"first: {LEARNED}" in notes(run, "compare", first, second, "--data", "train.csv", "--take", 20)


def test_rows_to_validate_on_with_an_unknown_label(run: Run, tmp_path: Path) -> None:
    with (tmp_path / "valid.csv").open("a") as file:
        file.write("a title,a text,never seen\n")
    model = run("train", "train.csv", "--validation", "valid.csv", "--out", "run", "--json", *SMALL).json["model"]
    assert CHOSE in notes(run, "evaluate", model, "valid.csv")


@pytest.mark.parametrize(("data", "how_many"), [("train", "these 80 rows"), ("grown", "80 of these 120 rows")])
def test_training_goes_on_with_rows_that_the_model_knows(data: str, how_many: str, run: Run) -> None:
    first = run("train", "train.csv", "--out", "first", "--json", *SMALL).json["model"]
    said = f"The model to continue from learned from {how_many}, and the rows held out are among them: "
    words = ["train", f"{data}.csv", "--from", first, "--epochs", 1, "--no-baseline"]
    assert any(note.startswith(said) for note in notes(run, *words, "--out", "next"))
    # Rows of their own are held out.
    assert not any("continue from" in note for note in notes(run, *words, "--validation", "valid.csv", "--out", "own"))


def test_training_goes_on_validated_on_rows_that_the_model_knows(run: Run) -> None:
    first = run("train", "train.csv", "--out", "first", "--json", *SMALL).json["model"]
    words = ["train", "new.csv", "--validation", "train.csv", "--from", first, "--epochs", 1, "--no-baseline"]
    said = "The model to continue from learned from these 80 rows to validate on: "
    assert any(note.startswith(said) for note in notes(run, *words, "--out", "next"))
    assert "continued from had learned from rows held out" in Path("next/model-card.md").read_text()


def test_training_goes_on_with_new_rows_and_old_ones_mixed_in(run: Run) -> None:
    first = run("train", "train.csv", "--out", "first", "--json", *SMALL).json["model"]
    words = ["train", "new.csv", "--from", first, "--epochs", 1, "--no-baseline", "--replay", "train.csv"]
    held = "Rows of train.csv are held out as well"
    assert any(note.startswith(held) for note in notes(run, *words, "--out", "next"))
    caveat = (
        "earlier ones that were replayed, and some of these are held out: if the model that training continued from"
    )
    for told in (Path("next/model-card.md").read_text(), run("info", "next/model.safetensors").out):
        assert caveat in " ".join(told.split())
    assert LEARNED in notes(run, "evaluate", "next/model.safetensors", "new.csv")
    quiet = run("evaluate", "next/model.safetensors", "new.csv", "--quiet").err
    assert quiet == f"recurra: warning: {LEARNED}\n"
    quiet = run("compare", "next/model.safetensors", first, "--data", "new.csv", "--quiet").err
    assert LEARNED in quiet
    assert EARLIER in notes(run, "evaluate", "next/model.safetensors", "train.csv")
    said = notes(run, *words, "--validation", "valid.csv", "--out", "own")
    assert not any(note.startswith(held) for note in said)
    assert "replayed" not in Path("own/model-card.md").read_text()


def test_a_table_is_known_before_the_decisions_that_a_model_learned_after(run: Run, tmp_path: Path) -> None:
    lines = (tmp_path / "train.csv").read_text().splitlines()
    # A spelling of its own for a label, which decisions take away.
    lines[5:9] = [line.rpartition(",")[0] + ",odd" for line in lines[5:9]]
    (tmp_path / "old.csv").write_text("\n".join(lines))
    label = lines[1].rpartition(",")[2]
    relabelled = "".join(f"{number},relabel,{label}\n" for number in range(6, 10))
    (tmp_path / "d.csv").write_text(f"number,decision,label\n2,exclude,\n{relabelled}")
    decided = ["--exclude", "d.csv", "--relabel", "d.csv"]
    model = run("train", "old.csv", *decided, "--out", "run", "--json", *SMALL).json["model"]
    said = "The model learned from these rows, after decisions excluded or relabelled some of them: "
    written = "recurra check DATA --fix OUT --exclude FILE --relabel FILE writes the table with the decisions"
    assert any(
        note.startswith(said) and note.endswith(f"{written}.") for note in notes(run, "evaluate", model, "old.csv")
    )
    other = run("train", "new.csv", "--out", "other", "--json", *SMALL).json["model"]
    assert any(said in note for note in notes(run, "compare", model, other, "--data", "old.csv"))
    assert not any(said in note for note in notes(run, "evaluate", model, "new.csv"))
    for more in ([], ["--folds", 3]):
        ran = run("inspect", model, "--data", "old.csv", "--view", "doubts", *more)
        assert ran.code == 1
        assert f"The model learned after decisions: {written}." in ran.err
    # The corrected table is the one that it learned from.
    assert run("check", "old.csv", "--fix", "corrected.csv", *decided, "--quiet").code == 0
    assert LEARNED in notes(run, "evaluate", model, "corrected.csv")
    on = ["train", "new.csv", "--from", model, "--epochs", 1, "--no-baseline", "--replay"]
    assert any("after decisions about its rows" in note for note in notes(run, *on, "old.csv", "--out", "next"))
    assert not any("decisions" in note for note in notes(run, *on, "corrected.csv", "--out", "again"))
    (tmp_path / "d.csv").write_text("number,decision\n70,exclude\n")
    ran = run(*on, "old.csv", "--exclude", "d.csv", "--out", "no")
    assert "Decisions are about DATA, and old.csv is replayed as it is" in ran.err


def test_decisions_are_for_a_cleaned_copy(run: Run) -> None:
    ran = run("check", "train.csv", "--relabel", "d.csv")
    assert (ran.code, "--relabel is given without --fix" in ran.err) == (2, True)
