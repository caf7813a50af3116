"""What commands say where something small is wrong, or differs from what is expected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Run, check_failed


def test_an_export_with_its_rows_under_a_name(run: Run) -> None:
    Path("x.json").write_text('{"export": 1, "more": {"a": []}, "items": [{"text": "oil", "label": "a"}]}')
    parts = ["only the array of objects under 'items' can be read", "Save that array alone"]
    check_failed(run("train", "x.json", "--out", "run"), 1, *parts)
    # Nothing is named where there is none.
    Path("y.json").write_text('{"text": "oil", "label": "a"}')
    check_failed(run("train", "y.json", "--out", "run"), 1, "begins with an object, not with an array of objects")


@pytest.mark.parametrize("name", ["x.json", "x.jsonl"])
@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (
            [],
            ["the label column may be any of 'id', 'ticket.queue'", "has a dotted name: 'ticket.body', 'ticket.queue'"],
        ),
        (["--text", "body"], ["no column 'body'", "has a dotted name: 'ticket.body', 'ticket.queue'"]),
        (
            ["--text", "ticket.bdy"],
            ["no column 'ticket.bdy'. Name one of", "'ticket.queue'. Did you mean 'ticket.body'?"],
        ),
        (["--text", "tiket.body"], ["no column 'tiket.body'. Name one of 'id'", "Did you mean 'ticket.body'?"]),
    ],
)
def test_values_inside_objects_are_named(name: str, words: list[str], parts: list[str], run: Run) -> None:
    rows = [{"id": place, "ticket": {"body": f"oil {place}", "queue": "ab"[place % 2]}} for place in range(6)]
    text = json.dumps(rows) if name == "x.json" else "\n".join(map(json.dumps, rows))
    Path(name).write_text(text)
    check_failed(run("train", name, *words, "--out", "run"), 1, *parts)


def test_a_misspelt_preset_has_a_suggestion(run: Run) -> None:
    check_failed(run("info", "defualt"), 2, "no model file and no preset 'defualt'. Did you mean default?")
    check_failed(run("info", "nothing-like-it"), 1, "There is no file")


def test_a_folder_names_a_model_file_that_is_there(run: Run, trained: Path) -> None:
    check_failed(run("info", trained), 1, f"Give the model file in it: {trained / 'model.safetensors'}")
    Path("killed").mkdir()
    check_failed(run("info", "killed"), 1, "Give a model file; there is no model.safetensors in it")
    Path("killed/checkpoint.safetensors").touch()
    check_failed(run("info", "killed"), 1, "a run that did not end, and no model yet", "--resume")


def test_words_out_of_the_vocabulary_have_a_mark_in_a_pipe(run: Run, trained: Path) -> None:
    out = run("inspect", trained / "model.safetensors", "match zzqqx goal").out
    assert "1 of 3 words, marked *, are not in the vocabulary." in out
    marked = [line.split()[0] for line in out.splitlines() if line.split()[1:2] == ["*"]]
    assert marked == ["zzqqx"]


def test_check_with_a_model_refuses_a_guessed_column_of_other_values(run: Run, model: Path) -> None:
    lines = [f"oil rises and falls {place},2020-01-0{1 + place % 2}" for place in range(6)]
    Path("archive.csv").write_text("\n".join(["text,date", *lines]) + "\n")
    refused = run("check", "archive.csv", "--model", model)
    check_failed(refused, 1, "No column of archive.csv holds any of the 3 classes", "without labels: recurra score")
    assert refused.err == run("evaluate", model, "archive.csv").err
    # A column that is named is taken.
    assert run("check", "archive.csv", "--model", model, "--label", "date").code == 0


def test_spellings_of_one_label_are_no_conflict(run: Run) -> None:
    rows = ["text,label", "oil rises,Money", "oil rises,money", "goal,sport", "match,sport", "match,money"]
    Path("x.csv").write_text("\n".join(rows) + "\n")
    found = {one["kind"]: one for one in run("check", "x.csv", "--json").json["findings"]}
    assert found["one class in several spellings"]["count"] == 1
    assert [one["row"] for one in found["conflicting labels"]["rows"]] == [3, 4]
    # As --fix does, which leaves the later row out.
    assert [one["row"] for one in found["duplicates"]["rows"]] == [1]


def test_score_says_that_answers_are_written_otherwise_than_the_data(run: Run, model: Path) -> None:
    Path("x.csv").write_bytes("text;n\nöl;1\n".encode("cp1252"))
    said = (
        "the answers are written with commas, in UTF-8; the data are parted by ';' and in cp1252; --out FILE.xlsx "
        "writes a workbook"
    )
    assert said in run("score", model, "x.csv", "--encoding", "cp1252", "--out", "o.csv", "--json").json["notes"]
    assert said not in run("score", model, "x.csv", "--encoding", "cp1252", "--out", "o.jsonl", "--json").json["notes"]
    Path("y.csv").write_text("text,n\nöl,1\n", encoding="utf-8")
    assert "written with commas" not in run("score", model, "y.csv", "--out", "o.csv").out


def test_classes_that_count_and_are_not_in_the_table_are_told(run: Run, model: Path) -> None:
    Path("x.csv").write_text("text,label\noil,a\ngas,b\ncoal,never\n")
    said = "Not in this table: classes that training never saw. Macro and weighted F1 count each as one more"
    assert said in " ".join(run("evaluate", model, "x.csv").out.split())
    Path("y.csv").write_text("text,label\noil,a\ngas,b\n")
    assert "Not in this table" not in run("evaluate", model, "y.csv").out
