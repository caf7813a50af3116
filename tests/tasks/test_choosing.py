"""What looks like several labels a row, and what does not; never taken for granted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data.encoded_labels import EncodedLabels
from recurra.data.label_format import split_labels
from recurra.errors import DataError, SettingsError
from recurra.tasks.choosing import SEPARATORS, confirmed, looks_several

SAID: dict[str, Any] = {"source": "t.csv", "multi_label": False, "single_label": False, "separator": None}


@pytest.mark.parametrize("separator", SEPARATORS)
def test_cells_whose_parts_stand_elsewhere_look_like_several(separator: str) -> None:
    cells = ["art", "law", f"art{separator}law", f"law {separator} sea", f"sea{separator}art", ""]
    found = looks_several(cells)
    assert found is not None
    assert (found.separator, found.labels) == (separator, 3)
    assert found.example == cells[2]
    assert looks_several([("art", "law"), ()]) == (None, 2, "art, law")


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
def test_names_that_hold_a_separator_do_not(values: list[Any]) -> None:
    assert looks_several(values) is None


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=4, unique=True).map(tuple), max_size=9))
def test_what_is_joined_is_split(sets: list[tuple[str, ...]]) -> None:
    for separator in SEPARATORS:
        assert split_labels([f" {separator} ".join(one) for one in sets], separator) == sets
    assert split_labels(sets, "|") == sets


def test_a_label_that_a_cell_names_twice_is_one() -> None:
    assert split_labels(["law| art|law |", "", " | "], "|") == [("law", "art"), (), ()]
    assert split_labels(["law|art", " law "], None) == [("law|art",), ("law",)]


def test_of_several_separators_the_first_that_fits_is_taken() -> None:
    cells = ["a,b", "b,a", "a, b", "a", "b", "a,b|b,a", "b,a|a,b"]
    found = looks_several(cells)
    assert found is not None
    assert (found.separator, found.labels) == ("|", 5)


def test_a_person_has_to_say_which() -> None:
    labels = EncodedLabels.of(["art", "art|law", "law|sea", "sea|art", "art"])
    said: list[str] = []
    with pytest.raises(DataError) as caught:
        confirmed(labels, **SAID, say=said.append)
    assert str(caught.value) == (
        "t.csv looks like several labels a row, 3 distinct ones, such as 'art|law'. "
        "Say --multi-label --label-separator '|'; or --single-label, if each cell is one label."
    )
    assert confirmed(labels, **{**SAID, "single_label": True}, say=said.append) == (labels, None)
    assert said == []
    for more in ({"multi_label": True}, {"separator": "|"}):
        found, separator = confirmed(labels, **{**SAID, **more}, say=said.append)
        assert separator == "|"
        assert found.plain() == [("art",), ("art", "law"), ("law", "sea"), ("sea", "art"), ("art",)]
    assert said == ["Labels are split at '|': 3 distinct ones."]


def test_lists_have_to_be_confirmed_as_well() -> None:
    labels = EncodedLabels.of([("art",), ("law", "art"), ()])
    with pytest.raises(DataError, match=r"such as 'law, art'\. Say --multi-label\.$"):
        confirmed(labels, **SAID, say=print)
    with pytest.raises(DataError, match="single ones are asked for"):
        confirmed(labels, **{**SAID, "single_label": True}, say=print)
    found, separator = confirmed(labels, **{**SAID, "multi_label": True}, say=print)
    assert (found.plain(), separator) == ([("art",), ("law", "art"), ()], None)


def test_wishes_that_cannot_be_granted() -> None:
    labels = EncodedLabels.of(["a", "b"])
    for said in ({"multi_label": True, "single_label": True}, {"separator": "|", "single_label": True}):
        with pytest.raises(SettingsError, match="Choose one"):
            confirmed(labels, **{**SAID, **said}, say=print)
    with pytest.raises(DataError, match="no cell looks like several labels"):
        confirmed(labels, **{**SAID, "multi_label": True}, say=print)
    assert confirmed(labels, **SAID, say=print) == (labels, None)
