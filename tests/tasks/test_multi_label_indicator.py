"""The multi-label indicator and back, against scikit-learn's binariser."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import MultiLabelBinarizer

from recurra.errors import DataError
from recurra.tasks import Decision
from recurra.tasks.multi_label_indicator import multi_label_indicator
from recurra.text import Labels


def learn_labels(rows: Iterable[tuple[Any, ...]]) -> Labels:
    return Labels.learn(chain.from_iterable(rows))


rows_of = st.lists(st.lists(st.sampled_from(["b", "a", "Z", "é", "10", "9"]), max_size=4).map(tuple), max_size=12)


@given(rows_of.filter(lambda rows: any(rows)))
def test_columns_are_scikit_learns_and_lead_back(rows: list[tuple[str, ...]]) -> None:
    labels, binariser = learn_labels(rows), MultiLabelBinarizer()
    expected = binariser.fit_transform(rows)
    assert list(labels.classes) == binariser.classes_.tolist()
    found = multi_label_indicator(labels, rows)
    assert found.dtype == np.bool_
    assert np.array_equal(found, expected)
    assert [set(row) for row in Decision.from_indicator(found).labels(labels.classes)] == [set(row) for row in rows]
    assert all(row == sorted(row) for row in Decision.from_indicator(found).labels(labels.classes))


def test_unknown_labels_and_rows_without_any() -> None:
    labels = learn_labels([(1, 2), ()])
    assert multi_label_indicator(labels, []).shape == (0, 2)
    with pytest.raises(DataError, match="The label 3 "):
        multi_label_indicator(labels, [(1, 3)])
    with pytest.raises(DataError, match="There are no labels"):
        learn_labels([(), ()])
    with pytest.raises(DataError, match="of 2 types"):
        learn_labels([(1,), ("a",)])
