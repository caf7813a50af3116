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


def write_labels(path: str, labels: list[Any]) -> None:
    """60 rows with these labels in the column ``topics`` of an object, over and over."""
    texts, _ = make_rows(60)
    rows = [{"text": text, "meta": {"topics": labels[n % len(labels)]}} for n, (_, text) in enumerate(texts)]
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


TOPICS = ("--text", "text", "--label", "meta.topics")
SMALL = ("--epochs", "1", "--set", "hidden=4", "--set", "embedding=4", "--no-baseline", "-q")


def test_one_list_among_texts_is_named(run: Run) -> None:
    labels = ["food", "price", "noise", "food"] * 15
    rows = [{"text": f"text {n}", "label": label} for n, label in enumerate(labels)]
    rows[25]["label"] = ["food", "price"]  # type: ignore[assignment]
    Path("mixed.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = run("check", "mixed.jsonl", "--json").json
    (finding,) = [one for one in found["findings"] if one["severity"] == "error"]
    assert (finding["kind"], [row["number"] for row in finding["rows"]]) == ("labels of several kinds", [26])
    assert finding["meaning"] == (
        "Column 'label' holds texts in most rows and lists of texts in these: training stops there, first at "
        '["food", "price"] in row 26.'
    )
    assert finding["hint"].startswith('Write one label there, as a text such as "food"; or, if rows have several')
    assert found["next"] == "fix the errors, then recurra check mixed.jsonl"
    said = 'mixed.jsonl holds lists of labels, such as ["food", "price"] in row 26, and single ones are asked for'
    check_failed(run("check", "mixed.jsonl", "--single-label"), 1, said)


def test_texts_among_lists_of_labels(run: Run) -> None:
    write_labels("lists.jsonl", [["food"], ["price", "food"], ["noise"], "noise, loud", ["price"], None])
    # Rows 4, 10, 16, … hold the text.
    odd = [*range(4, 61, 6)]
    check_failed(
        run("train", "lists.jsonl", *TOPICS, "--multi-label", "--out", "run"),
        1,
        "column 'meta.topics' holds lists of texts in most rows and texts in 10 of the first 60, such as "
        '"noise, loud" in row 4. Write a list in every row, such as ["noise, loud"]',
    )
    found = run("check", "lists.jsonl", *TOPICS, "--multi-label", "--json").json
    finding = next(one for one in found["findings"] if one["kind"] == "labels of several kinds")
    assert (finding["severity"], finding["count"], finding["mended_by_fix"]) == ("error", 10, True)
    assert [row["number"] for row in finding["rows"]] == odd
    assert found["files"]["train"]["classes"] == {"food": 20, "price": 20, "noise": 10, "noise, loud": 10}
    assert found["next"].endswith("--multi-label --fix lists.clean.jsonl")
    ran = run(*found["next"].split()[1:])
    assert (ran.code, "10 labels written as lists" in " ".join(ran.out.split())) == (0, True)
    rows = [json.loads(line)["meta"]["topics"] for line in Path("lists.clean.jsonl").read_text("utf-8").splitlines()]
    assert rows[:6] == [["food"], ["price", "food"], ["noise"], ["noise, loud"], ["price"], None]
    with Path("lists.clean.changes.csv").open(newline="") as file:
        changes = [(int(row["row"]) + 1, row["reason"]) for row in csv.DictReader(file)]
    assert changes == [(row, "label written as a list") for row in odd]
    assert run("train", "lists.clean.jsonl", *TOPICS, "--multi-label", *SMALL, "--out", "run").code == 0
    # Without being told, the format of the labels is asked for first.
    assert run("check", "lists.jsonl", *TOPICS, "--json").json["next"].endswith("meta.topics --multi-label")


@pytest.mark.parametrize(
    ("labels", "held"),
    [
        ([1, 2, 3, "N/A"], "numbers in most rows and texts"),
        (["a", "b", ["c"], "b"], "texts in most rows and lists of texts"),
        ([["a"], ["b"], 3], "lists of texts in most rows and numbers"),
        ([["a"], ["b"], "c", 3, ["a", 4]], "lists of texts in 24 rows and other values"),
    ],
)
def test_labels_of_several_kinds_are_never_cleaned_into_others(run: Run, labels: list[Any], held: str) -> None:
    write_labels("mixed.jsonl", labels)
    multi = ["--multi-label"] if ["a"] in labels else ["--single-label"] if ["c"] not in labels else []
    check_failed(run("train", "mixed.jsonl", *TOPICS, *multi, "--out", "run"), 1, f"column 'meta.topics' holds {held}")
    found = run("check", "mixed.jsonl", *TOPICS, *multi, "--json").json
    finding = next(one for one in found["findings"] if one["kind"] == "labels of several kinds")
    assert (finding["severity"], held in finding["meaning"]) == ("error", True)
    if multi:
        assert found["next"].startswith("fix the errors, then recurra check mixed.jsonl")
    rows = ", ".join(str(row["number"]) for row in finding["rows"][:10])
    for suffix in ("csv", "jsonl"):
        check_failed(
            run("check", "mixed.jsonl", *TOPICS, *multi, "--fix", f"out.{suffix}"), 1, "--fix 'out.", f"rows {rows}, …"
        )
    assert not [*Path().glob("out.*")]


def test_objects_are_no_labels_and_their_values_have_names(run: Run) -> None:
    write_labels("objects.jsonl", ["a", "b"])
    for words in (["data"], ["check"], ["train", "--out", "run"]):
        ran = run(words[0], "objects.jsonl", "--text", "text", "--label", "meta", *words[1:])
        check_failed(ran, 1, "column 'meta' holds objects, such as", "dotted name: 'meta.topics'.")


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
