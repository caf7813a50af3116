"""Commands on JSON whose columns are inside objects, and on files of one array: as on the same rows as CSV."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from commands import Run, check_failed
from rows import make_rows

from recurra.data.read import read_table

COLUMNS = ("--text", "ticket.body", "--label", "ticket.queue")


@pytest.fixture(params=["tickets.jsonl", "tickets.json"])
def tickets(request: pytest.FixtureRequest, news: Path) -> str:
    """The rows of ``news`` as tickets."""
    with news.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    rows = [{"id": n, "ticket": {"body": row["description"], "queue": row["label"]}} for n, row in enumerate(found)]
    name = str(request.param)
    Path(name).write_text("\n".join(map(json.dumps, rows)) if name.endswith("l") else json.dumps(rows))
    return name


def scores(found: Any) -> dict[str, Any]:
    return {key: found[key] for key in ("rows", "accuracy", "macro_f1", "log_loss")}


def test_evaluate_and_score(run: Run, trained: Path, news: Path, tickets: str) -> None:
    model = trained / "model.safetensors"
    expected = run("evaluate", model, news, "--text", "description", "--label", "label", "--json").json
    assert scores(run("evaluate", model, tickets, *COLUMNS, "--json").json) == scores(expected)
    run("score", model, news, "--text", "description", "--answers-only", "--out", "expected.csv", "-q")
    assert run("score", model, tickets, "--text", "ticket.body", "--keep", "ticket.queue", "--out", "x.csv").code == 0
    with Path("x.csv").open(newline="") as file, Path("expected.csv").open(newline="") as answers, news.open() as rows:
        for row, answer, given in zip(*map(csv.DictReader, (file, answers, rows)), strict=True):
            assert row == {"ticket.queue": given["label"], "predicted_label": answer["label"]} | {
                "predicted_probability": answer["probability"]
            } or row == {"ticket.queue": given["label"], **answer}
    # All columns are those of the file.
    found = run("score", model, tickets, "--text", "ticket.body", "--out", "all.jsonl", "--json").json
    assert found["columns"] == ["id", "ticket", "label", "probability"]


def test_train_and_check(run: Run, tickets: str) -> None:
    options = ["--epochs", "1", "--set", "hidden=4", "--set", "embedding=4", "--no-baseline", "--out", "run"]
    assert run("train", tickets, *COLUMNS, *options, "-q").code == 0
    assert Path("run/model.safetensors").is_file()
    ran = run("check", tickets, *COLUMNS)
    assert ran.code == 0
    assert "60 rows" in ran.out


def test_a_part_that_is_not_there(run: Run, model: Path, tickets: str) -> None:
    for words in (
        ("train", tickets, "--out", "run"),
        ("evaluate", model, tickets),
        ("check", tickets),
        ("data", tickets),
    ):
        ran = run(*words, "--text", "ticket.text", "--label", "ticket.queue")
        check_failed(ran, 1, "no column 'ticket.text'. Name one of 'ticket.body', 'ticket.queue'.")
    ran = run("score", model, tickets, "--text", "ticket.text")
    check_failed(ran, 1, "no column 'ticket.text'. Name one of 'ticket.body', 'ticket.queue'.")


@pytest.fixture
def nested_rows(tmp_path: Path) -> list[dict[str, Any]]:
    """The rows of nested.jsonl; the label of the first is misspelt, and the text of the second is damaged."""
    texts, labels = make_rows(40)
    rows: list[dict[str, Any]] = [
        {"id": n, "ticket": {"text": text, "queue": label, "more": {"n": n}}, "mixed": [n, "a"]}
        for n, ((_, text), label) in enumerate(zip(texts, labels, strict=True))
    ]
    rows[0]["ticket"]["queue"] += " "
    rows[1]["ticket"]["text"] += " cafÃ©"
    (tmp_path / "nested.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return rows


INSIDE = ("--text", "ticket.text", "--label", "ticket.queue")


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_a_cleaned_copy_has_no_object_that_tells_the_label(
    run: Run, nested_rows: list[dict[str, Any]], suffix: str
) -> None:
    assert run("check", "nested.jsonl", *INSIDE, "--fix", f"out.{suffix}").code == 0
    copy = read_table(f"out.{suffix}")
    assert (copy.text_column, copy.label_column) == ("ticket.text", "ticket.queue")
    tickets = [row["ticket"] for row in nested_rows]
    assert copy.labels == [ticket["queue"].strip() for ticket in tickets]
    assert copy.documents == [ticket["text"].replace("Ã©", "é") for ticket in tickets]
    if suffix == "csv":
        assert Path("out.csv").read_text("utf-8").splitlines()[0] == "id,mixed,ticket.text,ticket.queue"


def test_a_cleaned_copy_of_json_lines_keeps_objects(run: Run, nested_rows: list[dict[str, Any]]) -> None:
    assert run("check", "nested.jsonl", *INSIDE, "--fix", "out.jsonl").code == 0
    nested_rows[0]["ticket"]["queue"] = nested_rows[0]["ticket"]["queue"].strip()
    nested_rows[1]["ticket"]["text"] = nested_rows[1]["ticket"]["text"].replace("Ã©", "é")
    assert [json.loads(line) for line in Path("out.jsonl").read_text("utf-8").splitlines()] == nested_rows
    assert len(read_table("out.jsonl", text="ticket.text", label="ticket.queue")) == 40
