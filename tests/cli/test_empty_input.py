"""One rule for input without rows or texts: what learns or scores refuses it, what answers has nothing to answer."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from commands import Run, check_failed, everything

HEADER_ONLY = ("head.csv", "head.tsv", "head.xlsx", "head.parquet")


def write_header(name: str) -> Path:
    """A table of the columns id and text, without rows."""
    path = Path(name)
    if name.endswith(".xlsx"):
        workbook = pytest.importorskip("openpyxl").Workbook()
        workbook.active.append(["id", "text", "label"])
        workbook.save(path)
    elif name.endswith(".parquet"):
        pa = pytest.importorskip("pyarrow")
        columns = {column: pa.array([], pa.string()) for column in ("id", "text", "label")}
        pytest.importorskip("pyarrow.parquet").write_table(pa.table(columns), path)
    else:
        path.write_text(("," if name.endswith(".csv") else "\t").join(("id", "text", "label")) + "\n")
    return path


@pytest.mark.parametrize("name", HEADER_ONLY)
def test_a_header_alone_has_no_answers(name: str, run: Run, model: Path) -> None:
    write_header(name)
    # Also if quiet, for an earlier file may have been replaced.
    said = f"recurra: note: {name} has no rows: no text is classified.\n"
    ran = run("score", model, name, "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "id,text,label,predicted_label,predicted_probability\n", said)
    ran = run("score", model, name, "--keep", "id", "--out", "out.csv")
    assert ran.code == 0
    assert ran.err == said
    with Path("out.csv").open() as file:
        assert list(csv.reader(file)) == [["id", "label", "probability"]]
    found = run("score", model, name, "--out", "out.parquet", "--json").json
    assert (found["rows"], set(found["labels"].values())) == (0, {0})
    table = pytest.importorskip("pyarrow.parquet").read_table("out.parquet")
    assert (table.num_rows, table.column_names) == (0, found["columns"])
    for option in ("--keep", "--text"):
        check_failed(
            run("score", model, name, option, "body", "-q"), 1, f"{name} has no column 'body'", "'text'", option
        )


@pytest.mark.parametrize("name", HEADER_ONLY)
@pytest.mark.parametrize("command", ["train", "tune", "evaluate", "check", "data"])
def test_a_header_alone_teaches_nothing(command: str, name: str, run: Run, model: Path, tmp_path: Path) -> None:
    write_header(name)
    before = everything(tmp_path)
    words = {"train": [name, "--out", "run"], "tune": [name, "--out", "run"], "evaluate": [model, name]}
    check_failed(run(command, *words.get(command, [name]), "-q"), 1, name, "no rows", "at least one row")
    assert everything(tmp_path) == before


@pytest.mark.parametrize("name", ["zero.csv", "zero.jsonl", "zero.parquet"])
def test_no_bytes_are_no_table(name: str, run: Run, model: Path) -> None:
    Path(name).touch()
    for words in (["score", model, name], ["evaluate", model, name], ["train", name, "--out", "run"]):
        check_failed(run(*words, "-q"), 1, f"{name} is empty")
    for words in (["score", model, "-"], ["evaluate", model, "-"], ["train", "-", "--out", "run"]):
        check_failed(run(*words, "-q", "--format", "csv"), 1, "standard input is empty")


def test_no_lines_are_no_answers(run: Run, model: Path) -> None:
    Path("zero.txt").touch()
    for words, name in ((["score", model, "zero.txt"], "zero.txt"), (["score", model, "-"], "standard input")):
        ran = run(*words)
        assert (ran.code, ran.out) == (0, "text,label,probability\n")
        assert ran.err.endswith(f"recurra: note: {name} has no rows: no text is classified.\n")
    ran = run("predict", model)
    assert ran == (0, "", "recurra: note: Standard input is empty: no text is classified.\n")
    assert json.loads(run("predict", model, "--json").out) == []
    assert run("predict", model, "--quiet") == (0, "", "")
    check_failed(run("train", "zero.txt", "--out", "run", "-q"), 1, "zero.txt is empty")
    check_failed(run("evaluate", model, "zero.txt", "-q"), 1, "zero.txt is empty")


def test_rows_without_any_text_are_no_test(run: Run, model: Path) -> None:
    Path("none.csv").write_text("text,label\n" + ",a\n ,b\n" * 20)
    check_failed(run("evaluate", model, "none.csv", "-q"), 1, "No row of none.csv has a text", "--text")
    check_failed(run("train", "none.csv", "--out", "run", "-q"), 1, "Give texts that are not empty")
