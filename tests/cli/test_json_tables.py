"""Commands on JSON whose columns are inside objects, and on files of one array: as on the same rows as CSV."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from commands import Run, check_failed

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
