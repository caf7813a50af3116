"""Which columns are detected as multi-label, and how the user's options resolve them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data.encoded_labels import EncodedLabels
from recurra.data.label_format import split_labels
from recurra.errors import DataError, SettingsError
from recurra.tasks.multi_label_detection import SEPARATORS, detect_multi_label, likelier_separator, resolve_labels

SAID: dict[str, Any] = {"source": "t.csv", "multi_label": False, "single_label": False, "separator": None}


@pytest.mark.parametrize("separator", SEPARATORS)
def test_cells_whose_parts_are_other_cells_are_detected(separator: str) -> None:
    cells = ["art", "law", f"art{separator}law", f"law {separator} sea", f"sea{separator}art", ""]
    found = detect_multi_label(cells)
    assert found is not None
    assert (found.separator, found.labels) == (separator, 3)
    assert found.example == cells[2]
    assert detect_multi_label([("art", "law"), ()]) == (None, 2, "art, law", ("art", "law"))


@pytest.mark.parametrize(
    "values",
    [
        ["World", "Sports", "Business", "Sci/Tech"],
        ["Arts, Books", "Food; Drink", "Home | Garden", "Travel"],
        ["Business, Finance", "Finance, Banking", "Sports"],
        ["Smith, John", "Smith, Jane", "Miller, John", "Woods, Eve", "Ford, Ann"],
        [1, 2, 3],
        ["a", "b", "a,b"],
        [],
    ],
)
def test_names_with_a_separator_are_not_detected(values: list[Any]) -> None:
    assert detect_multi_label(values) is None


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=4, unique=True).map(tuple), max_size=9))
def test_what_is_joined_is_split(rows: list[tuple[str, ...]]) -> None:
    for separator in SEPARATORS:
        assert split_labels([f" {separator} ".join(one) for one in rows], separator) == rows
    assert split_labels(rows, "|") == rows


def test_a_label_that_a_cell_names_twice_is_one() -> None:
    assert split_labels(["law| art|law |", "", " | "], "|") == [("law", "art"), (), ()]
    assert split_labels(["law|art", " law "], None) == [("law|art",), ("law",)]


def test_of_several_separators_that_of_most_rows_is_taken() -> None:
    cells = ["a", "b", "c", "a,b", "b, c", "a;b", "b;c", "c;a"]
    for rows, mark in (
        (None, ";"),
        ([9, 9, 9, 50, 50, 2, 1, 1], ","),
        ([9, 9, 9, 2, 1, 1, 1, 1], ";"),
        ([9, 9, 9, 1, 50, 25, 25, 2], ";"),
    ):
        found = detect_multi_label(cells, rows)
        assert found is not None
        # The cells with the other mark are labels of their own.
        assert (found.separator, found.labels) == (mark, 3 + (3 if mark == "," else 2))
    # Of two that split as many rows, the first of SEPARATORS.
    found = detect_multi_label([*cells[:5], "a|b", "b|c", "a;b"], [1, 1, 1, 2, 2, 3, 1, 5])
    assert found is not None
    assert found.separator == "|"


def test_a_likelier_separator_splits_more_rows() -> None:
    rows: dict[tuple[str, ...], int] = {("a", "b"): 2, ("a;b",): 2, ("a",): 9, ("a", "b;c"): 9, ("x;a",): 9}
    assert likelier_separator(rows, "abc") is None
    assert likelier_separator({**rows, ("a;c",): 1}, "abc") == ";"
    assert likelier_separator({**rows, ("a;c",): 1, ("a|c",): 4}, "abc") == "|"
    assert likelier_separator({("a;b",): 5}, ["a", "b", "a;b"]) is None


@given(st.lists(st.tuples(st.sampled_from("|;,"), st.text("abx", min_size=1, max_size=3)), max_size=9), st.text("|;,"))
def test_separators_never_lead_in_a_circle(cells: list[tuple[str, str]], more: str) -> None:
    texts = [mark.join(letters) for mark, letters in cells] + [f"a{mark}b{mark}a" for mark in more]
    for first in (*SEPARATORS, None):
        named, mark = [first], first
        while (mark := likelier_separator(Counter(split_labels(texts, mark)), "ab")) is not None:
            assert mark not in named
            named.append(mark)


def test_the_user_must_say_which() -> None:
    labels = EncodedLabels.of(["art", "art|law", "law|sea", "sea|art", "art"])
    said: list[str] = []
    with pytest.raises(DataError) as caught:
        resolve_labels(labels, **SAID, say=said.append)
    assert str(caught.value) == (
        "Rows of t.csv look like several labels a row, 3 distinct ones, such as 'art|law'. "
        "Say --multi-label --label-separator '|'; or --single-label, if each cell is one label."
    )
    assert resolve_labels(labels, **{**SAID, "single_label": True}, say=said.append) == (labels, None)
    assert said == []
    for more in ({"multi_label": True}, {"separator": "|"}):
        found, separator = resolve_labels(labels, **{**SAID, **more}, say=said.append)
        assert separator == "|"
        assert found.plain() == [("art",), ("art", "law"), ("law", "sea"), ("sea", "art"), ("art",)]
    assert said == ["Labels are split at '|': 3 distinct ones."]


def test_lists_need_the_option_as_well() -> None:
    labels = EncodedLabels.of([("art",), ("law", "art"), ()])
    with pytest.raises(DataError, match=r"such as 'law, art'\. Say --multi-label\.$"):
        resolve_labels(labels, **SAID, say=print)
    with pytest.raises(DataError, match="single ones are asked for"):
        resolve_labels(labels, **{**SAID, "single_label": True}, say=print)
    found, separator = resolve_labels(labels, **{**SAID, "multi_label": True}, say=print)
    assert (found.plain(), separator) == ([("art",), ("law", "art"), ()], None)


def test_contradicting_options_are_refused() -> None:
    labels = EncodedLabels.of(["a", "b"])
    for said in ({"multi_label": True, "single_label": True}, {"separator": "|", "single_label": True}):
        with pytest.raises(SettingsError, match="Choose one"):
            resolve_labels(labels, **{**SAID, **said}, say=print)
    with pytest.raises(DataError, match="no cell looks like several labels"):
        resolve_labels(labels, **{**SAID, "multi_label": True}, say=print)
    assert resolve_labels(labels, **SAID, say=print) == (labels, None)
