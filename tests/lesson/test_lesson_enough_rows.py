"""Rows too few for a lesson are refused in one line, before anything is trained."""

from __future__ import annotations

import re
from typing import Any

import pytest

from recurra.data.datasets import Dataset
from recurra.data.table import Table
from recurra.errors import SettingsError
from recurra.lesson.enough_rows import require_enough_rows


def data(train: list[tuple[str, str]], test: list[str], *, classes: tuple[str, ...] = ("land", "sea")) -> Dataset:
    """Training rows by title and label, and test rows by label."""

    def table(rows: list[Any], labels: list[str]) -> Table:
        return Table(rows, list(labels), "text", "title", "label", "here")

    learned = table([(title, "some words") for title, _ in train], [label for _, label in train])
    return Dataset("tiny", "Tiny", learned, table([("t", "w")] * len(test), test), "because", None, classes)


TEST = ["land", "sea"] * 10


def test_ten_rows_a_class_are_enough() -> None:
    rows = [("t", "land"), ("t", "sea")] * 10
    require_enough_rows(data(rows, TEST), titles=True)
    # Rare classes may have fewer, as in Reuters.
    require_enough_rows(data([*[("t", "land")] * 19, ("t", "sea")], TEST), titles=True)


@pytest.mark.parametrize(
    ("train", "test", "titles", "expected"),
    [
        ([("t", "land"), ("t", "sea")] * 9, TEST, True, "20 training rows with a title and has 18. Leave out --take,"),
        ([("t", "land"), ("", "sea")] * 10, TEST, True, "20 training rows with a title and has 10. Leave out --take,"),
        ([("t", "land"), ("t", "sea")] * 10, TEST[:5], True, "needs 20 test rows and has 5. Leave out --take-test"),
        ([("t", "land")] * 20, TEST, True, "first 20 training rows hold no title of class 'sea', and the test rows do"),
        (
            [("t", "land")] * 20 + [("", "sea")] * 5,
            TEST,
            True,
            "first 25 training rows hold no title of class 'sea', and the test rows do. Leave out --take",
        ),
        ([("t", "air")] * 20, TEST, True, "class 'land' (nor of 1 more classes)"),
    ],
)  # fmt: skip
def test_what_is_too_little_is_named(
    train: list[tuple[str, str]], test: list[str], titles: bool, expected: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(expected)):
        require_enough_rows(data(train, test), titles=titles)


def test_titles_are_asked_of_networks_that_read_them_alone() -> None:
    require_enough_rows(data([("t", "land"), ("", "sea")] * 10, TEST), titles=False)
    with pytest.raises(SettingsError, match="20 training rows and has 18"):
        require_enough_rows(data([("t", "land"), ("", "sea")] * 9, TEST), titles=False)
