"""Equal texts against loops over every row."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recurra.checking.copies import repeats_in
from recurra.checking.source import NO_LABEL

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
    found = repeats_in(
        np.array([key for key, _ in rows], dtype=np.uint64),
        np.array([label for _, label in rows], dtype=np.int32),
        np.array(sorted(skipped), dtype=np.int64),
    )
    assert dict(zip(found.later.tolist(), found.earlier.tolist(), strict=True)) == earlier
    assert found.later.tolist() == sorted(earlier)
    assert found.conflicts.tolist() == conflicts
    assert found.texts == len(texts)
