"""The most frequent confusions: which ones, in which order."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recurra.evaluation.confusions import top_confusions


def test_the_most_frequent_come_first():
    found = top_confusions([[90, 10, 0], [4, 50, 10], [0, 0, 0]], ["red", "green", 3])
    assert found == [
        {"label": "red", "predicted": "green", "rows": 10, "share": 0.1},
        {"label": "green", "predicted": 3, "rows": 10, "share": 10 / 64},
        {"label": "green", "predicted": "red", "rows": 4, "share": 4 / 64},
    ]
    assert top_confusions([[90, 10, 0], [4, 50, 10], [0, 0, 0]], ["red", "green", 3], 1) == found[:1]
    assert json.dumps(found)


@given(st.integers(1, 5), st.data())
def test_all_of_them_are_the_rows_off_the_diagonal(classes: int, data: st.DataObject):
    counts = np.array(data.draw(st.lists(st.integers(0, 9), min_size=classes**2, max_size=classes**2)))
    counts = counts.reshape(classes, classes)
    before = counts.copy()
    found = top_confusions(counts, range(classes))
    assert sum(one["rows"] for one in found) == counts.sum() - np.trace(counts)
    assert all(one["rows"] == counts[one["label"], one["predicted"]] > 0 for one in found)
    assert [one["rows"] for one in found] == sorted((one["rows"] for one in found), reverse=True)
    assert (counts == before).all()
