"""The lesson's table as text, read back cell by cell."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from recurra.lesson.published_scores import share_of_rows
from recurra.lesson.table import lesson_table

COLUMNS = [
    "model", "train", "test (95 % interval)", "of the rows", "lesson", "Keras", "read", "rows", "epochs", "best epoch",
    "parameters", "seconds", "docs/s", "peak memory, MB",
]  # fmt: skip


def read_back(text: str) -> tuple[list[dict[str, str]], str]:
    """Rows of the three tables by column without empty cells, and what stands below."""
    rows: list[dict[str, str]] = []
    for _ in range(3):
        found, rest = read_table(text)
        assert not rows or [row["model"] for row in rows] == [row["model"] for row in found]
        rows = [{**first, **second} for first, second in zip(rows or found, found, strict=True)]
        text = "\n".join(rest)
    return rows, text


def read_table(text: str) -> tuple[list[dict[str, str]], list[str]]:
    """Rows by column without empty cells, and what stands below; columns but the first end where their name does."""
    header, rule, *rest = text.split("\n")
    assert rule == "-" * len(rule)
    assert len(header) <= len(rule) <= 80
    names = [name for name in COLUMNS if re.search(rf"(^|  ){re.escape(name)}(  |$)", header)]
    ends = [header.index(f"  {name}") + 2 + len(name) if place else len(name) for place, name in enumerate(names)]
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


def expected(one: dict[str, Any], *, share: str = "") -> dict[str, str]:
    low, high = one["interval"]
    cells = {
        "model": one["preset"].removeprefix("lesson/") if "preset" in one else one["name"],
        "train": f"{100 * one['train_accuracy']:.2f}%",
        "test (95 % interval)": f"{100 * one['test_accuracy']:.2f}% ({100 * low:.2f}–{100 * high:.2f})",
        "read": "titles" if "titles" in one.get("preset", "") else "whole texts",
        "rows": one["train_phrase"].split(" ")[0],
        "parameters": f"{one['parameters']:,}",
        "seconds": f"{one['seconds']:.1f}",
        "docs/s": f"{one['docs_per_second']:,.0f}",
    }
    if "preset" in one:
        cells |= {"epochs": "1", "best epoch": "1"}
    if share:
        cells["of the rows"] = share.replace(" ", "\N{NO-BREAK SPACE}")
    if one["peak_memory_mb"] is not None:
        cells["peak memory, MB"] = f"{one['peak_memory_mb']:.0f}"
    for name, figure in (("lesson", one.get("lesson_accuracy")), ("Keras", one.get("keras_accuracy"))):
        if figure is not None:
            cells[name] = f"{100 * figure:.2f}%"
    return cells


PADS = """\
lstm on whole texts          test (95 % interval)
-------------------------------------------------
with its pads                52.20% (49.96–54.45)
same weights, pads left out  78.70% (76.79–80.47)
trained masked               88.40% (86.90–89.78)

AG News: 58,337 of 120,000 training rows, 1,900 test rows.
simple-rnn-titles reads titles, the other networks whole texts; 1 epoch.
Best epoch: that with the lowest loss on held-out rows. The lesson's networks keep the last.
Peak memory: the largest of the whole process while that model learned.
Pads fill shorter texts up to 1,053 words, as long as a training batch is on average, and half of the test texts have \
37 at most: behind such a text lstm reads 1,016 pads or more before it answers.
With them it scores 52.20 %. The same weights with the pads left out: 78.70 % (+26.50 points, clearly higher). \
Trained with a mask: 88.40 % (+36.20 points, clearly higher).
The lesson's own figures come from one epoch on all 120,000 training rows of AG News. These networks learned from \
34 % to 49 % of them, in 1 epoch: a gap speaks of rows and epochs, too, not of the networks alone.
Keras's figures come from Keras 3.15 on TensorFlow 2.21, one epoch on 58,337 of the 120,000 rows (titles: 40,899), \
with one seed."""


def test_every_figure_stands_in_its_column(result: dict[str, Any]) -> None:
    rows, below = read_back(lesson_table(result))
    everyone = [*result["models"], result["baseline"]]
    assert rows == [expected(one, share="34 %" if not place else "49 %") for place, one in enumerate(everyone)]
    assert below.replace("\N{NO-BREAK SPACE}", " ") == PADS


def test_what_the_linear_model_counts_is_left_out_of_its_name(result: dict[str, Any]) -> None:
    result["baseline"]["name"] = "TF-IDF (1- and 2-grams) + LinearSVC"
    lines = lesson_table(result).split("\n")
    assert sum(line.startswith("TF-IDF + LinearSVC  ") for line in lines) == 3


@pytest.mark.parametrize("preset", ["lesson/gru", "lesson/lstm", "lesson/bilstm"])
def test_columns_that_nobody_fills_are_left_out(preset: str, result: dict[str, Any]) -> None:
    models = [{**one, "peak_memory_mb": None} for one in result["models"] if one["preset"] == preset]
    text = lesson_table({**result, "models": models, "baseline": None, "pads": None})
    rows, below = read_back(text)
    assert rows == [expected(models[0], share="" if preset == "lesson/gru" else "49 %")]
    assert "MB" not in text
    # Notes are about the figures that stand there.
    assert [line.split()[0] for line in below.split("\n")[3:]] == {
        "lesson/gru": [],
        "lesson/lstm": ["The", "Keras's"],
        "lesson/bilstm": ["Keras's"],
    }[preset]


def test_figures_of_another_set_are_not_beside_these(result: dict[str, Any]) -> None:
    models = [{**one, "lesson_accuracy": None, "keras_accuracy": None} for one in result["models"]]
    text = lesson_table({**result, "dataset": "Reuters R8", "models": models})
    assert text.endswith("The lesson's own figures are for AG News, another set, so none stand beside these.")
    assert "Keras" not in text
    assert "of the rows" not in text


def test_a_run_on_all_rows_and_one_epoch_needs_no_words_on_its_rows(result: dict[str, Any]) -> None:
    models = [{**one, "train_share": 1.0} for one in result["models"]]
    lines = lesson_table({**result, "models": models}).split("\n")
    assert "The lesson's own figures come from one epoch on all 120,000 training rows of AG News." in lines


@pytest.mark.parametrize(
    ("share", "shown"), [(None, ""), (1.0, "all"), (0.9999, "99 %"), (0.0304, "3 %"), (0.004, "under 1 %")]
)
def test_a_share_of_the_rows_is_never_rounded_to_all_or_none(share: float | None, shown: str) -> None:
    assert share_of_rows(share).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_networks_that_learned_nothing_are_called_so(result: dict[str, Any]) -> None:
    evaluation = copy.deepcopy(result["models"][0]["evaluation"])
    for score, support in zip(evaluation["classes"], (532, 456, 456, 456), strict=True):
        score["support"] = support  # 532 of 1,900 rows are 28 %
    poor = {**result["models"][0], "evaluation": evaluation, "test_accuracy": 0.285, "interval": [0.265, 0.306]}
    note = (
        "No network is clearly better than always naming the most frequent class (28.00\xa0%): too few rows or epochs"
    )
    assert f"{note} to learn from (--take, --epochs)." in lesson_table({**result, "models": [poor]})
    better = {**poor, "interval": [0.281, 0.31]}
    assert "No network" not in lesson_table({**result, "models": [poor, better]})
