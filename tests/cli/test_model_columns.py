"""A model remembers the names of the columns that it learned from."""

from __future__ import annotations

import csv
import io
import json
import logging
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bundles import make_bundle
from commands import Run, check_failed
from rows import write_table

import recurra
from recurra.bundle import write_bundle
from recurra.card import model_card
from recurra.runtime import Model

COLUMNS = {"text": "Nachricht", "title": "Betreff", "label": "Queue"}
ROWS = [
    ["1", "oil", "prices rise again", "a much longer answer about the late match in rome", "a"],
    ["2", "team", "wins a late match", "another long answer: oil prices and prices and prices", "b"],
    ["3", "rome", "and the team", "the longest answer of all of them about oil and oil and oil", "c"],
]
HEADER = ("id", "Betreff", "Nachricht", "Antwort", "Queue")


def remembering(columns: Any) -> Model:
    bundle = make_bundle()
    return Model(replace(bundle, record={**bundle.record, "columns": columns}))


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    """A model that learned from titles and texts of German columns."""
    write_bundle(remembering(COLUMNS).bundle, tmp_path / "tickets.safetensors")
    return tmp_path / "tickets.safetensors"


def answers(text: str) -> list[str]:
    return [row["label"] for row in csv.DictReader(io.StringIO(text))]


def test_score_reads_the_columns_of_the_model(run: Run, tickets: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "new.csv", HEADER[:-1], [row[:-1] for row in ROWS])
    ran = run("score", tickets, table, "--answers-only")
    assert ran.code == 0, ran.err
    assert "columns of the model: text 'Nachricht', title 'Betreff'" in " ".join(ran.err.split())
    expected = recurra.load(tickets).predict([(row[1], row[2]) for row in ROWS]).tolist()
    assert answers(ran.out) == expected


def test_score_says_what_the_table_lacks(run: Run, tickets: Path, tmp_path: Path) -> None:
    rows = [[row[0], row[3]] for row in ROWS]
    table = write_table(tmp_path / "other.csv", ("id", "Antwort"), rows)
    check_failed(
        run("score", tickets, table, "-q"),
        1,
        "no column of texts 'Nachricht', from which the model learned, among 'id', 'Antwort'. Name the text column",
    )
    table = write_table(tmp_path / "new.csv", ("id", "message"), rows)
    said = " ".join(run("score", tickets, table).err.split())
    assert "no column of texts 'Nachricht', from which the model learned: 'message' is read instead" in said
    assert "the model learned from titles as well, of the column 'Betreff'" in said


def test_a_name_in_another_case_is_the_column_of_the_model(run: Run, tickets: Path, tmp_path: Path) -> None:
    rows = [[row[0], row[1], row[2], row[3]] for row in ROWS]
    same = write_table(tmp_path / "same.csv", ("id", "Betreff", "Nachricht", "Antwort"), rows)
    other = write_table(tmp_path / "other.csv", ("id", "betreff", "NACHRICHT", "Antwort"), rows)
    found = [answers(run("score", tickets, table, "--answers-only").out) for table in (same, other)]
    assert found[0] == found[1]


def test_a_table_on_standard_input_is_known_by_the_column_of_the_model(run: Run, tickets: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "new.csv", ("id", "Betreff", "Nachricht"), [row[:3] for row in ROWS])
    for content in (table.read_bytes(), table.read_bytes().replace(b",", b";")):
        ran = run("score", tickets, "-", "-q", "--answers-only", stdin=content)
        assert answers(ran.out) == answers(run("score", tickets, table, "-q", "--answers-only").out)


def test_score_reads_values_inside_objects(run: Run, tmp_path: Path) -> None:
    write_bundle(remembering({"text": "ticket.body"}).bundle, tmp_path / "m.safetensors")
    lines = [json.dumps({"id": f"ticket number {row[0]}", "ticket": {"body": row[2]}}) for row in ROWS]
    (tmp_path / "new.jsonl").write_text("\n".join(lines) + "\n")
    ran = run("score", tmp_path / "m.safetensors", tmp_path / "new.jsonl", "--answers-only")
    assert ran.code == 0, ran.err
    assert answers(ran.out) == recurra.load(tmp_path / "m.safetensors").predict([row[2] for row in ROWS]).tolist()


def test_evaluate_check_and_export_read_them_too(run: Run, tickets: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "new.csv", HEADER, ROWS)
    note = "columns of the model: text 'Nachricht', title 'Betreff', label 'Queue'"
    assert note in run("evaluate", tickets, table, "--json").json["notes"]
    assert note in run("export", tickets, table, "--int8", "--out", tmp_path / "s.safetensors", "--json").json["notes"]
    found = run("check", table, "--model", tickets, "--json").json
    assert found["files"]["train"]["columns"] == COLUMNS


def test_the_command_after_a_check_names_them(run: Run, tickets: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "new.csv", HEADER, ROWS)
    for words in ([], ["--fix", "fixed.csv"]):
        command = shlex.split(run("check", table, "--model", tickets, *words, "--json").json["next"])
        if words:
            # The model names the columns, and knows all labels.
            assert command == ["recurra", "evaluate", str(tickets), "fixed.csv"]
        else:
            # The next check asks the model for its columns.
            assert str(tickets) in command
            assert "--text" not in command


def test_info_and_the_card_show_them(run: Run, tickets: Path) -> None:
    assert "text 'Nachricht', title 'Betreff', label 'Queue'" in run("info", tickets).out
    card = model_card(recurra.load(tickets).bundle, digest="0" * 64)
    assert "| columns | text Nachricht, title Betreff, label Queue |" in card


def test_a_hostile_record_is_read_as_none(run: Run, tmp_path: Path) -> None:
    write_bundle(remembering({"text": ["../../etc/passwd"], "title": {}}).bundle, tmp_path / "m.safetensors")
    table = write_table(tmp_path / "new.csv", ("id", "text"), [["1", "oil"], ["2", "team"]])
    ran = run("score", tmp_path / "m.safetensors", table)
    assert ran.code == 0
    assert "columns guessed: text 'text'" in ran.err
    assert run("info", tmp_path / "m.safetensors").code == 0


def test_frames_are_read_by_them(caplog: pytest.LogCaptureFixture) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(ROWS, columns=HEADER)
    model = remembering(COLUMNS)
    assert model.predict(frame).tolist() == model.predict([(row[1], row[2]) for row in ROWS]).tolist()
    with caplog.at_level(logging.WARNING):
        model.predict(frame[["Antwort"]])
    assert "no column of texts 'Nachricht'" in caplog.text


def test_training_records_them(run: Run, tmp_path: Path) -> None:
    rows = [[*row[:4], row[4]] for row in ROWS * 10]
    table = write_table(tmp_path / "t.csv", HEADER, rows)
    options = ["--epochs", "1", "--set", "hidden=2", "--set", "embedding=2", "--set", "branch=false", "--no-baseline"]
    named = ["--text", "Nachricht", "--title", "Betreff", "--label", "Queue"]
    ran = run("train", table, *named, "--out", tmp_path / "run", *options)
    assert ran.code == 0, ran.err
    assert recurra.load(tmp_path / "run" / "model.safetensors").record["columns"] == COLUMNS


def test_texts_alone_for_a_model_of_titles_and_texts(run: Run, tickets: Path) -> None:
    said = (
        "recurra: note: The model learned from titles and texts, the columns 'Betreff' and 'Nachricht', and is given "
        f"texts alone: write the title before the text, or give a file with both columns: recurra score {tickets} FILE"
    )
    other = tickets.with_name("other.safetensors")
    write_bundle(make_bundle(), other)
    on = ("compare", tickets, other, "--on", "oil")
    for command in (("predict", tickets, "oil"), ("inspect", tickets, "oil"), on):
        found = run(*command)
        assert found.code == 0, found.err
        assert found.err.splitlines().count(said) == 1, found.err
    assert run("predict", tickets, "oil", "-q").err == ""


def test_a_missing_column_of_labels_is_named(run: Run, tickets: Path, trained: Path, tmp_path: Path) -> None:
    """Also where several others may be that of the labels; training does not go on with another one."""
    rows = [[f"words {place} of a longer text", "ab"[place % 2], "xy"[place % 2]] for place in range(40)]
    unlike = [[text, group.replace("b", "z"), way] for text, group, way in rows]
    table = write_table(tmp_path / "new.csv", ("Nachricht", "Gruppe", "Kanal"), unlike)
    said = "new.csv has no column 'Queue', from which the model learned its labels, and the label column may be any of"
    check_failed(run("evaluate", tickets, table, "-q"), 1, said + " 'Gruppe', 'Kanal'", "recurra score MODEL DATA")
    table = write_table(tmp_path / "one.csv", ("title", "text", "Kategorie"), [["t", *row[:2]] for row in rows])
    words = ("train", table, "--from", trained / "model.safetensors", "--out", tmp_path / "run", "-q")
    said = "one.csv has no column 'label', from which the model learned its labels. Name the column of the labels with"
    check_failed(run(*words), 1, said)
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_the_column_that_holds_the_classes_of_a_model_is_its_labels(run: Run, tickets: Path, tmp_path: Path) -> None:
    rows = [[f"words {place} of a longer text", "ab"[place % 2], "xy"[place % 2]] for place in range(40)]
    rows[7][1] = "unknown"
    table = write_table(tmp_path / "new.csv", ("Nachricht", "Gruppe", "Kategorie"), rows)
    said = "no column of labels 'Queue', from which the model learned: 'Gruppe' is read instead"
    assert said in " ".join(run("evaluate", tickets, table, "-q").err.split())
    assert run("check", table, "--model", tickets, "--json").json["files"]["train"]["columns"]["label"] == "Gruppe"


def test_an_empty_column_of_labels_is_said_to_be_empty(run: Run, tickets: Path, tmp_path: Path) -> None:
    rows = [[f"words {place} of a text", "a subject", ""] for place in range(4)]
    table = write_table(tmp_path / "new.csv", ("Nachricht", "Betreff", "Queue"), rows)
    named = run("evaluate", tickets, table, "--label", "Queue", "-q")
    check_failed(named, 1, "row 2 (the header is row 1), column 'Queue' holds no label")
    assert run("evaluate", tickets, table, "-q").err == named.err


def test_replayed_rows_may_have_the_columns_of_the_model(run: Run, trained: Path, tmp_path: Path) -> None:
    rows = [["t", f"words {place} of a longer text", "ab"[place % 2]] for place in range(8)]
    new = write_table(tmp_path / "new.csv", ("title", "description", "Tema"), rows)
    old = write_table(tmp_path / "old.csv", ("title", "description", "label"), rows)
    words = ("train", new, "--from", trained / "model.safetensors", "--out", tmp_path / "run", "--label", "Tema", "-q")
    other = write_table(tmp_path / "other.csv", ("title", "description", "Kanal"), rows)
    said = "no column 'label', from which the model learned its labels. DATA and the rows of --replay are read by the"
    check_failed(run(*words, "--replay", other), 1, said, "rename the column in one of the files")
    ran = run(*words[:-1], "--replay", old, "--epochs", 1, "--no-baseline")
    assert (ran.code, "has no column 'Tema', which is that of DATA" in " ".join(ran.out.split())) == (0, True), ran.err


def test_an_ambiguous_column_of_labels_in_another_encoding(run: Run, tmp_path: Path) -> None:
    lines = [f"não consigo entrar na conta {place};{'ab'[place % 2]};{'xy'[place % 2]}" for place in range(40)]
    (tmp_path / "x.csv").write_text("\n".join(["Mensagem;Assunto;Canal", *lines]), encoding="cp1252")
    said = "the label column may be any of 'Assunto', 'Canal'"
    check_failed(run("check", tmp_path / "x.csv", "-q"), 1, said, "name it with --encoding windows-1252")


def test_a_label_column_that_is_guessed_by_what_it_holds_is_said_if_quiet(run: Run, tmp_path: Path) -> None:
    rows = [[place * 37, f"words {place} of a longer text", "ab"[place % 2]] for place in range(40)]
    table = write_table(tmp_path / "x.csv", ("Nº", "Mensaje", "Vía"), rows)
    assert "columns guessed: label 'Vía', text 'Mensaje'" in run("check", table, "-q").err
