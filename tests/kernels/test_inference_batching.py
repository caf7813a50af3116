"""Sorting documents by length, gathering their ids and writing their probabilities, against NumPy and the formula."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.batches import Ragged
from recurra.kernels.array_types import address
from recurra.kernels.compiled import kernels_of

reals = st.floats(-(2.0**100), 2.0**100, width=32)
batches = st.lists(st.lists(st.integers(0, 9), max_size=7), max_size=9)


def softmax(logits: npt.NDArray[np.float32], classes: int, order: list[int]) -> npt.NDArray[np.float32]:
    out = np.full((len(order), classes), np.nan, dtype=np.float32)
    kernels_of("inference.probabilities").softmax(0, len(order), np.array(order), logits, out)
    return out


@given(batches, st.integers(0, 5), st.data())
def test_documents_are_gathered_by_falling_length(batch: list[list[int]], pad_to: int, data: st.DataObject) -> None:
    kernels, ids = kernels_of("inference.batching"), Ragged.from_lists(batch)
    order, bounds = np.empty(len(batch), dtype=np.int64), np.empty(len(batch) + 1, dtype=np.int64)
    kernels.sort_by_length(ids.offsets, pad_to, order, bounds)
    padded = [document + [0] * (pad_to - len(document)) for document in batch]
    assert order.tolist() == sorted(range(len(batch)), key=lambda place: -len(padded[place]))
    first = data.draw(st.integers(0, len(batch)))
    end = data.draw(st.integers(first, len(batch)))
    chosen = [padded[place] for place in order[first:end]]
    rows = np.full(int(bounds[end] - bounds[first]), -1, dtype=np.int64)
    offsets = np.empty(end - first + 1, dtype=np.int64)
    kernels.gather(first, end, order, bounds, ids.values, ids.offsets, rows, offsets)
    assert [rows[a:b].tolist() for a, b in pairwise(offsets)] == chosen


@given(st.lists(reals, min_size=1, max_size=20))
def test_softmax_is_that_of_the_formula(values: list[float]) -> None:
    largest = max(values)
    powers = [math.exp(x - largest) for x in values]
    # Columns beyond the classes are of no account.
    out = softmax(np.array([[*values, 2.0**101]] * 2, dtype=np.float32), len(values), [0, 1])
    np.testing.assert_allclose(out, [[power / sum(powers) for power in powers]] * 2, atol=3e-7)


def test_probabilities_go_to_their_documents_and_nan_stays_nan() -> None:
    out = softmax(np.array([[0, 99], [99, 0], [np.nan, 0], [0, np.nan]], dtype=np.float32), 2, [2, 0, 3, 1])
    np.testing.assert_allclose(out, [[1, 0], [np.nan, np.nan], [0, 1], [np.nan, np.nan]], atol=1e-30)


@pytest.mark.parametrize("kind", ["whole", "column", "read-only", "empty"])
def test_addresses_are_those_of_the_first_number(kind: str) -> None:
    array = np.zeros((3, 4), dtype=np.float32)
    array = {"whole": array, "column": array[:, 2:], "read-only": array, "empty": array[:0]}[kind]
    array.flags.writeable = kind != "read-only"
    assert address(array) == array.ctypes.data
    assert address(None) == 0
