"""``--validation``: rows of a file of their own are held out; and rows without a label, which are skipped if asked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from commands import Run, check_failed, everything
from rows import make_rows, write_news, write_table

import recurra
from recurra.training.callbacks import History
from recurra.training.loop import Outcome

SMALL = ["--set", "hidden=4", "--set", "embedding=5", "--epochs", 2, "--no-baseline"]


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """20 more rows, in another order of columns and with one more."""
    pairs, labels = make_rows(20, seed=5)
    rows = [
        (f"{place} {pair[0]}", pair[1], label, pair[0])
        for place, (pair, label) in enumerate(zip(pairs, labels, strict=True))
    ]
    return write_table(tmp_path / "later.csv", ("note", "description", "label", "title"), rows)


def test_the_rows_of_the_file_are_those_held_out(run: Run, news: Path, later: Path) -> None:
    values = run("train", news, "--validation", later, "--out", "run", "--json", *SMALL).json
    assert (values["rows"], values["held_out"], values["validation"]["rows"]) == (80, 20, 20)
    assert values["validation_data"] == {"source": "later.csv", "unknown_labels": 0}
    scored = run("evaluate", values["model"], later, "--text", "description", "--title", "title", "--json").json
    assert scored["accuracy"] == pytest.approx(values["validation"]["accuracy"])
    lines = run("info", values["model"]).out.splitlines()
    assert any(line.endswith(" 60 rows; held out were 20 others of later.csv") for line in lines)
    card = Path("run/model-card.md").read_text()
    assert "20 rows of `later.csv`, which were not learned from" in card
    assert "| rows | 60 |" in card
    assert "| rows held out | 20 of `later.csv` |" in card
    # Of each class there are 15 rows to learn from and 5 to validate on.
    assert "| sport | 15 | 5 |" in card
    assert not any("later" in note for note in values["notes"])


def test_lines_name_the_file(run: Run, news: Path, later: Path) -> None:
    out = run("train", news, "--validation", later, "--out", "run", *SMALL).out
    assert "validation on 20 rows of later.csv: accuracy " in out
    assert re.search("^60 rows and 20 to validate on, [0-9.]+ s of training, ", out, re.MULTILINE)


def test_several_labels_are_split_as_those_of_training(run: Run, tmp_path: Path) -> None:
    pairs, labels = make_rows(80)
    cells = [label if place % 8 < 4 else f"{label}|all" for place, label in enumerate(labels)]
    rows = [(cell, text) for cell, (_, text) in zip(cells, pairs, strict=True)]
    write_table(tmp_path / "topics.csv", ("label", "text"), rows[:60])
    # No cell of this file alone looks like several labels.
    write_table(tmp_path / "later.csv", ("label", "text"), [("tech|all", text) for _, text in rows[60:]])
    words = ["train", "topics.csv", "--validation", "later.csv", "--multi-label", "--out", "run", "--json", *SMALL]
    values = run(*words).json
    assert (values["held_out"], values["validation_data"]["unknown_labels"]) == (20, 0)
    assert values["classes"] == ["all", "money", "sport", "tech", "world"]


HEADER = ("label", "text")
CAFE = [("tech", "café déjà"), ("money", "thé été"), ("tech", "là-bas"), ("money", "où ça")] * 5


def in_encoding(path: Path, encoding: str) -> Path:
    content = "\n".join(",".join(row) for row in [HEADER, *CAFE])
    path.write_bytes(content.encode(encoding))
    return path


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_stands_above_the_encoding_of_data(mark: str, run: Run, tmp_path: Path) -> None:
    data, later = in_encoding(tmp_path / "data.csv", "cp1252"), in_encoding(tmp_path / "later.csv", mark)
    words = ["train", data, "--encoding", "windows-1252", "--json", *SMALL]
    values = run(*words, "--validation", later, "--out", "a").json
    same = run(*words, "--validation", in_encoding(tmp_path / "same.csv", "cp1252"), "--out", "b").json
    assert values["validation"]["log_loss"] == same["validation"]["log_loss"]
    assert values["held_out"] == 20


def test_validation_in_another_encoding_than_data(run: Run, tmp_path: Path) -> None:
    data, later = in_encoding(tmp_path / "data.csv", "cp1252"), in_encoding(tmp_path / "later.csv", "utf-8")
    words = ["--json", *SMALL]
    values = run("train", data, "--encoding", "cp1252", "--validation", later, "--out", "a", *words).json
    assert "later.csv: its bytes look like UTF-8, and are read as cp1252, as was asked for" in " ".join(values["notes"])
    check_failed(
        run("train", later, "--validation", data, "--out", "b", *words),
        1,
        "data.csv: byte 0xe9 at byte 19, line 2 is not utf-8. "
        "Save it as UTF-8 with a byte order mark, or in the encoding of DATA.",
    )
    first = run("train", later, "--out", "first", *words).json["model"]
    check_failed(
        run("train", later, "--from", first, "--replay", data, "--out", "b", "--json", "--no-baseline"),
        1,
        "Save it as UTF-8 with a byte order mark, or in the encoding of DATA.",
    )


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (["later.csv", "--set", "validation=0.2"], 2, ["validation = 0.2 is given with rows", "Leave one of them out"]),
        (["news.csv"], 2, ["--validation news.csv is what is trained on", "Give other rows"]),
        (["./news.csv"], 2, ["--validation ./news.csv is what is trained on"]),
        (["ag_news"], 2, ["--validation ag_news is no file", "Give a file"]),
        (["gone.csv"], 1, ["There is no file gone.csv for --validation", "Check the path"]),
        (["one.csv"], 1, ["one.csv has 1 row to validate on", "Give 2 or more"]),
        (["none.csv"], 1, ["none.csv", "no rows"]),
        (["other.csv"], 1, ["other.csv", "no column of texts", "rename the column in one of the files"]),
        (["unlabelled.csv"], 1, ["unlabelled.csv", "row 3", "holds no label", "recurra check DATA --fix OUT"]),
    ],
)
def test_what_cannot_be_held_out(
    words: list[str], code: int, parts: list[str], run: Run, news: Path, later: Path, tmp_path: Path
) -> None:
    header = ("label", "title", "description")
    write_table(tmp_path / "one.csv", header, [("tech", "a", "chip")])
    write_table(tmp_path / "none.csv", header, [])
    write_table(tmp_path / "other.csv", ("label", "title"), [("tech", "a"), ("tech", "b")])
    write_table(tmp_path / "unlabelled.csv", header, [("tech", "a", "chip"), ("", "a", "web")])
    before = everything(tmp_path)
    ran = run("train", news.name, "--out", "run", "--quiet", *SMALL, "--validation", *words)
    check_failed(ran, code, *parts)
    assert everything(tmp_path) == before


def test_validation_0_and_a_file_go_together(run: Run, news: Path, later: Path) -> None:
    values = run("train", news, "--validation", later, "--out", "run", "--json", *SMALL, "--set", "validation=0").json
    assert values["held_out"] == 20


def test_rows_without_a_label_are_skipped_with_a_count(run: Run, news: Path, later: Path, tmp_path: Path) -> None:
    pairs, labels = make_rows(60)
    rows = [(label, *pair) for label, pair in zip(labels, pairs, strict=True)]
    header = ("label", "title", "description")
    gaps = [rows[0], ("", "a", "oil"), *rows[1:30], ("  ", "b", "goal"), *rows[30:]]
    write_table(tmp_path / "gaps.csv", header, gaps)
    refused = run("train", "gaps.csv", "--out", "run", "-q", *SMALL)
    check_failed(refused, 1, "gaps.csv: row 3", "holds no label", "recurra check DATA --fix OUT", "--skip-unlabelled")
    skipped = run("train", "gaps.csv", "--out", "run", "--skip-unlabelled", "--json", *SMALL).json
    assert "2 of 62 rows of gaps.csv have no label and are skipped." in skipped["notes"]
    assert run("train", news, "--out", "whole", "-q", *SMALL).code == 0
    assert Path("run/model.safetensors").read_bytes() == Path("whole/model.safetensors").read_bytes()
    # Decisions name rows of the file as it is: row 3 is the third row with a label.
    write_table(tmp_path / "decisions.csv", ("row", "decision", "text"), [(3, "exclude", " ".join(rows[2][1:]))])
    words = ["train", "gaps.csv", "--out", "fewer", "--skip-unlabelled", "--exclude", "decisions.csv", "--json", *SMALL]
    assert run(*words).json["rows"] == 59
    tested = run("evaluate", "run/model.safetensors", "gaps.csv", "--skip-unlabelled", "--json").json
    assert tested["rows"] == 60
    validated = run(
        "train", later, "--validation", "gaps.csv", "--out", "held", "--skip-unlabelled", "--json", *SMALL
    ).json
    assert validated["held_out"] == 60


def test_numbers_stay_numbers_where_a_label_is_missing(run: Run, tmp_path: Path) -> None:
    pairs, labels = make_rows(40)
    numbers = {name: place for place, name in enumerate(sorted(set(labels)))}
    rows: list[Any] = [(numbers[label], text) for label, (_, text) in zip(labels, pairs, strict=True)]
    write_table(tmp_path / "numbers.csv", ("label", "text"), [*rows, ("", "a text")])
    values = run("train", "numbers.csv", "--out", "run", "--skip-unlabelled", "--json", *SMALL).json
    assert values["classes"] == [0, 1, 2, 3]
    assert (values["rows"], recurra.load(values["model"]).classes_.tolist()) == (40, [0, 1, 2, 3])


@pytest.mark.parametrize(
    ("epochs", "best", "options", "line"),
    [
        (12, 8, {}, "stopped after epoch 12, kept epoch 8 (at most 40 epochs)"),
        (40, 38, {}, "trained all 40 epochs, kept epoch 38"),
        (40, 0, {}, "trained all 40 epochs, kept the last weights"),
        (7, 5, {"time_is_up": True}, "stopped in epoch 8 (the time was up), kept epoch 5"),
        (0, 0, {"interrupted": True}, "stopped in epoch 1 (interrupted), kept the last weights"),
    ],
)
def test_when_training_ended_and_what_was_kept(epochs: int, best: int, options: dict[str, bool], line: str) -> None:
    from recurra.training.ending import end_of_training

    ended: dict[str, Any] = {"interrupted": False, "time_is_up": False, **options}
    outcome = Outcome(History(), 9, 9, 1.0, epochs, best, failure=None, **ended)
    assert end_of_training(outcome, 40) == line


def test_the_end_of_training_is_among_the_lines(run: Run, tmp_path: Path) -> None:
    write_news(tmp_path / "more.csv", 80)
    words = ["--set", "hidden=4", "--epochs", 30, "--set", "patience=1", "--learning-rate", "0.05", "--no-baseline"]
    ran = run("train", "more.csv", "--out", "run", *words)
    record = recurra.load("run/model.safetensors").record
    assert record["epochs"] < 30
    line = f"stopped after epoch {record['epochs']}, kept epoch {record['best_epoch']} (at most 30 epochs)"
    assert line in ran.out.splitlines()
