"""Equal texts against loops over every row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.checking.duplicates import find_duplicates, overlap_findings
from recurra.checking.facts import Facts
from recurra.checking.label_names import NO_LABEL

rows_of = st.lists(st.tuples(st.integers(0, 4), st.integers(NO_LABEL, 2)), max_size=12)


@given(rows_of, st.sets(st.integers(0, 11), max_size=4))
def test_repeats(rows: list[tuple[int, int]], skipped: set[int]) -> None:
    skipped = {row for row in skipped if row < len(rows)}
    earlier: dict[int, int] = {}
    first: dict[tuple[int, int], int] = {}
    labels: dict[int, set[int]] = {}
    for place, (key, label) in enumerate(rows):
        if place in skipped:
            continue
        if (key, label) in first:
            earlier[place] = first[key, label]
        first.setdefault((key, label), place)
        if label != NO_LABEL:
            labels.setdefault(key, set()).add(label)
    texts = [
        key
        for key in dict.fromkeys(
            key for place, (key, label) in enumerate(rows) if label != NO_LABEL and place not in skipped
        )
        if len(labels[key]) > 1
    ]
    conflicts = [
        place
        for key in texts
        for place, (other, label) in enumerate(rows)
        if other == key and label != NO_LABEL and place not in skipped
    ]
    found = find_duplicates(
        np.array([key for key, _ in rows], dtype=np.uint64),
        np.array([label for _, label in rows], dtype=np.int32),
        np.array(sorted(skipped), dtype=np.int64),
    )
    assert dict(zip(found.later.tolist(), found.earlier.tolist(), strict=True)) == earlier
    assert found.later.tolist() == sorted(earlier)
    assert found.conflicts.tolist() == conflicts
    assert found.texts == len(texts)


def facts_with(keys: list[int], labels: list[int]) -> Facts:
    none = np.empty(0, dtype=np.int64)
    sizes = np.full(len(keys), 20)
    return Facts(
        labels=np.array(labels, dtype=np.int32),
        keys=np.array(keys, dtype=np.uint64),
        characters=sizes.astype(np.int32),
        longest=sizes.astype(np.int64),
        damaged={},
        empty=none,
        untitled=none,
        textless=none,
    )


@pytest.mark.parametrize(("copies", "severity"), [(1, "note"), (2, "warning"), (9, "warning"), (10, "error")])
def test_a_few_copies_are_a_note_and_many_learned_test_rows_an_error(copies: int, severity: str) -> None:
    train, test = list(range(200)), [*range(1000, 1200 - copies), *range(copies)]
    (found,) = overlap_findings(facts_with(train, [0] * 200), facts_with(test, [0] * 200))
    assert found.severity == severity
    assert found.rows.tolist() == list(range(200 - copies, 200))
    assert found.others is not None
    assert found.others.tolist() == list(range(copies))
