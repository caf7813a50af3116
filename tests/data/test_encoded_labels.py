"""Labels kept once each, against plain lists of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recurra.data.documents import Label
from recurra.data.encoded_labels import EncodedLabels, LabelEncoder

LABELS = st.lists(st.sampled_from(["a", "b", "", "1", 1, 1.0, True, 0, 0.0, -0.0, False, -7]), max_size=30)


def same(found: list[Label], expected: list[Label]) -> bool:
    return list(map(repr, found)) == list(map(repr, expected))


def check(coded: EncodedLabels, expected: list[Label]) -> None:
    assert same(coded.plain(), expected)
    # Distinct, and numbered as they first appear.
    assert same(list(coded.values), [label for row, label in enumerate(expected) if repr(label) not in
                                     list(map(repr, expected[:row]))])  # fmt: skip
    assert coded.codes.dtype == np.int32
    assert len(coded) == len(expected)


@given(LABELS, st.integers(1, 5))
def test_labels_in_parts_are_the_labels(labels: list[Label], size: int) -> None:
    encoder = LabelEncoder()
    for first in range(0, len(labels), size):
        encoder.add(labels[first : first + size])
    check(encoder.encoded(), labels)
    check(EncodedLabels.of(labels), labels)


@given(LABELS, st.data())
def test_some_rows_and_changed_rows(labels: list[Label], data: st.DataObject) -> None:
    coded = EncodedLabels.of(labels)
    marks = data.draw(st.lists(st.booleans(), min_size=len(labels), max_size=len(labels)))
    check(coded.take(np.array(marks, dtype=bool)), [label for label, mark in zip(labels, marks, strict=True) if mark])
    if labels:
        rows = data.draw(st.lists(st.integers(0, len(labels) - 1), unique=True))
        codes = [data.draw(st.integers(0, len(coded.values) - 1)) for _ in rows]
        changed = coded.changed(np.array(rows, dtype=np.int64), np.array(codes, dtype=np.int32))
        expected = list(labels)
        for row, code in zip(rows, codes, strict=True):
            expected[row] = coded.values[code]
        check(changed, expected)


@given(st.lists(st.sampled_from(["true", "True", "false", "TRUE"]), max_size=12))
def test_labels_that_get_one_name_become_one(labels: list[str]) -> None:
    coded = EncodedLabels.of(labels)
    check(
        coded.renamed([str(value).lower() == "true" for value in coded.values]), [x.lower() == "true" for x in labels]
    )


def test_numpys_scalars_become_pythons() -> None:
    check(EncodedLabels.of(np.array([3, 1, 3])), [3, 1, 3])
    check(EncodedLabels.of(np.array(["b", "a"])), ["b", "a"])
    check(EncodedLabels.of([np.bool_(True), np.float64(0.5)]), [True, 0.5])
