"""The lesson's table as text, read back cell by cell."""

from __future__ import annotations

import re
from typing import Any

import pytest

from recurra.lesson.table import lesson_table

COLUMNS = ["model", "train", "test (95 % interval)", "lesson", "Keras", "parameters", "rows", "seconds", "docs/s", "MB"]


def read_back(text: str) -> tuple[list[dict[str, str]], list[str]]:
    """Rows of both tables by column without empty cells, and what stands below."""
    assert max(map(len, text.split("\n")[: text.split("\n").index("")])) <= 80
    scores, rest = read_table(text)
    costs, below = read_table("\n".join(rest))
    assert [row["model"] for row in scores] == [row["model"] for row in costs]
    return [{**first, **second} for first, second in zip(scores, costs, strict=True)], below


def read_table(text: str) -> tuple[list[dict[str, str]], list[str]]:
    """Rows by column without empty cells, and what stands below; columns but the first end where their name does."""
    header, rule, *rest = text.split("\n")
    assert rule == "-" * len(rule)
    assert len(rule) >= len(header)
    names = [name for name in COLUMNS if re.search(rf"(^|  ){re.escape(name)}(  |$)", header)]
    ends = [header.index(name) + len(name) for name in names]
    rows = []
    for line in rest[: rest.index("")]:
        assert line == line.rstrip()
        name = re.split(" {2,}", line)[0]
        cells = {"model": name}
        starts = [len(name), *ends[1:-1]]
        for column, start, end in zip(names[1:], starts, ends[1:], strict=True):
            if line[start:end].strip():
                cells[column] = line[start:end].strip()
        rows.append(cells)
    return rows, rest[rest.index("") + 1 :]


def expected(one: dict[str, Any]) -> dict[str, str]:
    low, high = one["interval"]
    cells = {
        "model": one.get("preset") or one["name"],
        "parameters": f"{one['parameters']:,}",
        "rows": one["train_phrase"].split(" ")[0],
        "seconds": f"{one['seconds']:.1f}",
        "docs/s": f"{one['docs_per_second']:,.0f}",
        "train": f"{100 * one['train_accuracy']:.2f}%",
        "test (95 % interval)": f"{100 * one['test_accuracy']:.2f}% ({100 * low:.2f}%–{100 * high:.2f}%)",
    }
    if one["peak_memory_mb"] is not None:
        cells["MB"] = f"{one['peak_memory_mb']:.0f}"
    for name, figure in (("lesson", one.get("lesson_accuracy")), ("Keras", one.get("keras_accuracy"))):
        if figure is not None:
            cells[name] = f"{100 * figure:.2f}%"
    return cells


def test_every_figure_stands_in_its_column(result: dict[str, Any]) -> None:
    rows, below = read_back(lesson_table(result))
    assert rows == [expected(one) for one in [*result["models"], result["baseline"]]]
    assert below[0] == "AG News: 58,337 of 120,000 training rows, 1,900 test rows."
    assert below[1:3] == [
        "simple-rnn-titles reads titles, the other networks whole texts; 1 epoch.",
        "lstm on whole texts, which pads fill up to 1,053 words (half of them have 37 at most): 52.20\xa0%; the same "
        "weights with the pads left out: 78.70\xa0%; trained masked: 88.40\xa0%.",
    ]
    assert [line.split()[0] for line in below[3:]] == ["The", "Keras's"]


@pytest.mark.parametrize("preset", ["lesson/gru", "lesson/lstm", "lesson/bilstm"])
def test_columns_that_nobody_fills_are_left_out(preset: str, result: dict[str, Any]) -> None:
    models = [{**one, "peak_memory_mb": None} for one in result["models"] if one["preset"] == preset]
    text = lesson_table({**result, "models": models, "baseline": None})
    rows, below = read_back(text)
    assert rows == [expected(models[0])]
    assert "MB" not in text
    # Notes are about the figures of others.
    assert ("  lesson" in text.split("\n")[0], len(below)) == {
        "lesson/gru": (False, 3),
        "lesson/lstm": (True, 5),
        "lesson/bilstm": (False, 3),
    }[preset]
