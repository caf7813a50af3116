"""Daily files: a column or a class that is gone from one day on, and several files where one is read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from commands import Run, check_failed

import recurra
from recurra.errors import DataError

COLUMNS = ["--text", "message", "--title", "subject", "--label", "topic"]
STALE = "10 of 40 rows of window.jsonl.gz have a title and an empty column 'message': their titles alone are read."


def write_day(path: Path, rows: range, *, text: str = "message", label: str = "topic") -> bytes:
    """Rows of the classes a and b with titles, as packed JSON lines."""
    made = [{"subject": f"title {n}", text: f"some words {n}", label: "ab"[n % 2]} for n in rows]
    data = gzip.compress("".join(json.dumps(row) + "\n" for row in made).encode())
    path.write_bytes(data)
    return data


@pytest.fixture
def window(tmp_path: Path) -> Path:
    """Two days: on the second the texts are called otherwise."""
    days = write_day(tmp_path / "1.jsonl.gz", range(30))
    days += write_day(tmp_path / "2.jsonl.gz", range(30, 40), text="body")
    (tmp_path / "window.jsonl.gz").write_bytes(days)
    return Path("window.jsonl.gz")


def said(text: str) -> str:
    return " ".join(text.split())


def test_renamed_texts_are_reported_by_each_command(run: Run, window: Path, model: Path) -> None:
    ran = run("check", window, *COLUMNS, "--model", model, "--strict", "--quiet")
    assert ran.code == 3
    assert "warning: texts missing, 10 rows in window.jsonl.gz" in ran.out.splitlines()
    ran = run("train", window, *COLUMNS, "--out", "run", "--epochs", 1, "--no-baseline", "--quiet")
    assert said(ran.err) == f"recurra: warning: {STALE}"
    assert said(run("evaluate", model, window, *COLUMNS, "--quiet").err) == f"recurra: warning: {STALE}"
    assert STALE in run("compare", model, "run/model.safetensors", "--data", window, *COLUMNS, "--json").json["notes"]
    found = run("score", model, window, *COLUMNS[:4], "--out", "out.csv", "--json").json
    assert (found["empty"], found["without_text"]) == (0, 10)
    assert STALE.replace(" of window.jsonl.gz", "") in found["notes"]


def test_empty_texts_are_reported_by_train(run: Run, window: Path) -> None:
    options = ["--text", "message", "--label", "topic", "--epochs", 1, "--no-baseline"]
    ran = run("train", window, "--out", "run", *options)
    assert "10 of 40 rows of window.jsonl.gz have no text." in said(ran.out)


def test_a_few_empty_texts_are_no_matter_of_quiet(run: Run, tmp_path: Path) -> None:
    days = write_day(tmp_path / "1.jsonl.gz", range(36)) + write_day(tmp_path / "2.jsonl.gz", range(4), text="body")
    (tmp_path / "window.jsonl.gz").write_bytes(days)
    ran = run("train", "window.jsonl.gz", *COLUMNS, "--out", "run", "--epochs", 1, "--no-baseline", "--quiet")
    assert ran.err == ""


def test_a_renamed_label_is_told_with_quiet(run: Run, tmp_path: Path, window: Path) -> None:
    run("train", "1.jsonl.gz", *COLUMNS, "--out", "run", "--epochs", 1, "--no-baseline", "--quiet")
    write_day(tmp_path / "3.jsonl.gz", range(40, 60, 2), text="body", label="category")
    model = "run/model.safetensors"
    ran = run("evaluate", model, "3.jsonl.gz", "--quiet")
    assert "3.jsonl.gz has no column of labels 'topic', from which the model learned: 'category' is read" in said(
        ran.err
    )
    ran = run("check", "3.jsonl.gz", "--model", model, "--strict", "--quiet")
    assert ran.code == 3
    printed = said(ran.out)
    for own, other in (("message", "body"), ("topic", "category")):
        expected = f"columns missing, 1 column in 3.jsonl.gz: '{own}', and '{other}' is read instead"
        assert expected in printed
    assert "note: classes without rows, 1 class in 3.jsonl.gz" in printed
    (found,) = (
        one
        for one in run("check", "3.jsonl.gz", "--model", model, "--json").json["findings"]
        if one["kind"] == "classes without rows"
    )
    assert found["facts"] == {"classes": ["b"]}


def test_compare_names_classes_that_one_model_lacks(run: Run, window: Path, model: Path) -> None:
    run("train", window, *COLUMNS, "--out", "run", "--epochs", 1, "--no-baseline", "--quiet")
    found = run("compare", model, "run/model.safetensors", "--data", window, *COLUMNS, "--json").json
    assert [one["missing_classes"] for one in found["models"]] == [[], ["c"]]
    (name,) = (one["name"] for one in found["models"][1:])
    assert f"{name} does not know 'c', a class of another model." in found["notes"]


def test_several_files_are_answered_with_how_to_join_them(run: Run, window: Path, model: Path) -> None:
    cat = "cat {}*.jsonl.gz > window.jsonl.gz"
    out = ("--out", "run")
    check_failed(run("train", "day/*.jsonl.gz", *out), 1, "No file", cat.format("day/"))
    check_failed(run("train", "1.jsonl.gz", "2.jsonl.gz", *out), 2, "extra argument", cat.format(""))
    Path("day").mkdir()
    for name in ("1.jsonl.gz", "2.jsonl.gz"):
        Path(name).rename(f"day/{name}")
    check_failed(run("train", "day", *out), 1, "a folder of 2 tables, such as '1.jsonl.gz'", cat.format("day/"))
    loop = 'for f in day/*.jsonl.gz; do recurra score MODEL "$f" --out "answers/${f##*/}.csv"; done'
    check_failed(run("score", model, "day", "--out", "out.csv"), 1, cat.format("day/"), loop)
    check_failed(run("score", model, "big/*.parquet", "--out", "out.csv"), 1, "recurra score MODEL", "--ray --out DIR")
    way = "write each with recurra check FILE --fix FILE.jsonl, and join these with cat; in Python pandas.concat(map("
    check_failed(run("train", "day/*.csv", *out), 1, way + "pandas.read_csv")
    check_failed(run("train", "a.csv", "b.xlsx", *out), 2, way + "pandas.read_excel")
    with pytest.raises(DataError, match=r"is a list, .*a\.jsonl\.gz.*Give one file, such as cat"):
        recurra.read_table(["a.jsonl.gz", "b.parquet"])
    with pytest.raises(DataError, match=r"The table to read is 7\. Give a path or a data frame\."):
        recurra.read_table(7)
