"""Ragged sets do what lists of lists do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.batches import Ragged

documents = st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=12), max_size=12)


def as_lists(ragged: Ragged) -> list[list[int]]:
    return [ragged[place].tolist() for place in range(len(ragged))]


@given(documents)
def test_lists_come_back(lists: list[list[int]]) -> None:
    ragged = Ragged.from_lists(lists)
    assert as_lists(ragged) == lists
    assert ragged.lengths.tolist() == [len(one) for one in lists]
    assert (ragged.values.dtype, ragged.offsets.dtype) == (np.int32, np.int64)
    assert (ragged.offsets[0], ragged.offsets[-1]) == (0, len(ragged.values))


@given(documents, st.data())
def test_take_is_indexing_of_lists(lists: list[list[int]], data: st.DataObject) -> None:
    places = st.lists(st.integers(-len(lists), len(lists) - 1), max_size=15) if lists else st.just([])
    chosen = data.draw(places)
    taken = Ragged.from_lists(lists).take(chosen)
    assert as_lists(taken) == [lists[place] for place in chosen]
    assert (taken.values.dtype, taken.offsets.dtype) == (np.int32, np.int64)


@given(documents, st.integers(0, 15), st.integers(0, 9))
def test_padding_appends_up_to_the_length(lists: list[list[int]], length: int, pad: int) -> None:
    padded = Ragged.from_lists(lists).padded_to(length, pad)
    assert as_lists(padded) == [one + [pad] * (length - len(one)) for one in lists]
    assert padded.values.dtype == np.int32


@given(documents, st.integers(1, 15))
def test_cutting_keeps_the_beginning(lists: list[list[int]], length: int) -> None:
    cut = Ragged.from_lists(lists).cut_to(length)
    assert as_lists(cut) == [one[:length] for one in lists]
    assert (cut.values.dtype, cut.offsets.dtype) == (np.int32, np.int64)


@given(documents)
def test_a_taken_set_is_a_copy(lists: list[list[int]]) -> None:
    ragged = Ragged.from_lists(lists)
    for changed in (ragged.take(np.arange(len(lists))), ragged.padded_to(3)):
        changed.values[...] = 7
    assert as_lists(ragged) == lists


def test_places_outside_the_set_are_index_errors() -> None:
    ragged = Ragged.from_lists([[5, 6], [7]])
    assert ragged[-1].tolist() == [7]
    for place in (2, -3):
        with pytest.raises(IndexError):
            ragged[place]
        with pytest.raises(IndexError):
            ragged.take([place])
