"""Answers in one form, against plain loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recurra.tasks import Decision

CLASSES = ["a", "b", "c"]


def flags(rows: int) -> Any:
    return arrays(np.bool_, (rows, 3))


@given(st.integers(0, 8).flatmap(lambda rows: st.tuples(flags(rows), flags(rows))))
def test_lists_of_classes(both: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]) -> None:
    one, other = both
    lists = [[CLASSES[k] for k in range(3) if row[k]] for row in one.tolist()]
    found = Decision.from_indicator(one)
    assert len(found) == len(one)
    assert found.labels(CLASSES) == lists
    assert found.counts(3).tolist() == [sum(label in row for row in lists) for label in CLASSES]
    assert found.answered.tolist() == [bool(row) for row in lists]
    assert found.format(CLASSES, one=str, none="-", many="+".join) == ["+".join(row) for row in lists]
    unlike = [mine != theirs for mine, theirs in zip(one.tolist(), other.tolist(), strict=True)]
    assert found.differs(Decision.from_indicator(other)).tolist() == unlike


@given(st.lists(st.integers(-1, 2), max_size=8))
def test_a_class_each_or_none(places: list[int]) -> None:
    found = Decision(np.array(places, dtype=np.int64))
    named = [None if place < 0 else CLASSES[place] for place in places]
    assert found.labels(CLASSES) == named
    assert found.counts(3).tolist() == [named.count(label) for label in CLASSES]
    assert found.answered.tolist() == [name is not None for name in named]
    assert found.format(CLASSES, one=str.upper, none="-", many="+".join) == [(name or "-").upper() for name in named]
    other = Decision(np.array([1] * len(places), dtype=np.int64))
    assert found.differs(other).tolist() == [name != "b" for name in named]
