"""Cells that are lists written as text, as pandas' ``to_csv`` leaves them, are no labels and are not split."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Run, check_failed
from rows import write_table
from topics import topic_rows

from recurra.tasks.written_lists import written_lists


@pytest.mark.parametrize(
    ("write", "function"), [(str, "ast.literal_eval"), (json.dumps, "json.loads")], ids=["python", "json"]
)
def test_commands_say_how_to_write_lists(
    run: Run, tmp_path: Path, write: Callable[[list[str]], str], function: str
) -> None:
    texts, labels = topic_rows(60)
    write_table(tmp_path / "rows.csv", ("text", "tags"), list(zip(texts, map(write, map(list, labels)), strict=True)))
    hint = f"pandas.read_csv(FILE, converters={{COLUMN: {function}}})"
    for command in ("check", "train"):
        out = ["--out", "run", "--quiet"] if command == "train" else []
        for options in (["--label-separator", ","], ["--multi-label"]):
            ran = run(command, "rows.csv", *out, *options)
            check_failed(ran, 1, "rows.csv holds lists written as text, such as", hint, "or say --single-label")
    check_failed(
        run("train", "rows.csv", "--out", "run", "--quiet"), 1, "rows.csv holds lists written as text", " in row ", hint
    )
    check_failed(
        run("tune", "rows.csv", "--out", "run", "--quiet"), 1, "rows.csv holds lists written as text", " in row ", hint
    )
    found = json.loads(run("check", "rows.csv", "--json").out)
    (lists,) = (one for one in found["findings"] if one["kind"] == "labels that are lists as text")
    assert (lists["severity"], lists["count"]) == ("error", 60)
    assert hint in lists["hint"]
    assert not Path("run").exists()


@pytest.mark.parametrize(
    "values",
    [
        ["[bug] crash", "[bug] freeze", "[ui]"],
        ["[a]", "[b]", "[c]"],
        ["['one']", "two", "three", "four"],
        ["['one', 'two']"],
        [1, 2, ("a", "b")],
    ],
)
def test_names_of_classes_in_brackets_are_no_lists(values: list[object]) -> None:
    assert written_lists(values) is None
