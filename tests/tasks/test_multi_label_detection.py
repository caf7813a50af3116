"""Which columns are detected as multi-label, and how the user's options resolve them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data.encoded_labels import EncodedLabels
from recurra.data.label_format import split_labels
from recurra.errors import DataError, SettingsError
from recurra.tasks.multi_label_detection import SEPARATORS, detect_multi_label, resolve_labels

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


def test_of_several_separators_the_first_that_fits_is_taken() -> None:
    cells = ["a,b", "b,a", "a, b", "a", "b", "a,b|b,a", "b,a|a,b"]
    found = detect_multi_label(cells)
    assert found is not None
    assert (found.separator, found.labels) == ("|", 5)


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
