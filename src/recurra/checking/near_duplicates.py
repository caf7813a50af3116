"""Near-duplicate texts between training and test rows and, optionally, among the training rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.checking.draft import Draft
from recurra.checking.duplicates import NOTE_SHARE
from recurra.checking.facts import Facts
from recurra.checking.finding import Part
from recurra.checking.lenient_reader import LenientReader
from recurra.data.documents import Document
from recurra.data.near_duplicates import nearest_duplicates

__all__ = ["near_duplicates_between", "near_duplicates_within"]

STEPS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Similarities at which near-copies are counted, as far as they exceed the threshold."""

CLOSE = 0.8
"""Similarity from which two texts differ in a word or two. At 0.5, short texts may share only a frame such as "What is
the ... ?"; news reports are edited versions of each other."""

Places = npt.NDArray[np.int64]

Advance: TypeAlias = Callable[[int, int | None], None]


def no_progress(rows: int, total: int | None) -> None:
    """Reports nothing."""


def near_duplicates_between(
    train: tuple[LenientReader, Facts], test: tuple[LenientReader, Facts], *, threshold: float, advance: Advance
) -> list[Draft]:
    """Test rows with a near-copy among the training rows; the test texts are kept in memory, the others are streamed.

    Args:
        train: the training file and its facts.
        test: the test file and its facts.
        threshold: minimum Jaccard similarity of the sets of character 5-grams.
        advance: called with the number of distinct training texts just compared and their total.
    """
    known, tested = _DistinctTexts(train[1]), _DistinctTexts(test[1])
    queries = list(tested.texts(test[0], no_progress))
    found = nearest_duplicates(queries, known.texts(train[0], advance), threshold=threshold)
    similarity = found.similarity[tested.of_row]
    rows = np.flatnonzero(similarity > 0)
    if not len(rows):
        return []
    others = known.rows[found.other[tested.of_row[rows]]]
    return [
        _draft("near-copies of training rows", "test", test[1], train[1], rows, others, similarity[rows], threshold)
    ]


def near_duplicates_within(reader: LenientReader, facts: Facts, *, threshold: float, advance: Advance) -> list[Draft]:
    """Training rows with a near-copy in an earlier row; keeps all texts in memory.

    Rows that equal an earlier row are duplicates, not near-copies.

    The arguments are those of :func:`near_duplicates_between`.
    """
    distinct = _DistinctTexts(facts)
    found = nearest_duplicates(list(distinct.texts(reader, advance)), None, threshold=threshold)
    places = np.flatnonzero(found.similarity > 0)
    if not len(places):
        return []
    rows, others = distinct.rows[places], distinct.rows[found.other[places]]
    return [_draft("near-copies", "train", facts, facts, rows, others, found.similarity[places], threshold)]


class _DistinctTexts:
    """The distinct texts of a file.

    Attributes:
        rows: int64[texts], the first row of each text.
        of_row: int64[rows], the text of each row.
    """

    def __init__(self, facts: Facts) -> None:
        _, first, place = np.unique(facts.keys, return_index=True, return_inverse=True)
        # In file order, in which they are read.
        order = np.argsort(first)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        self.rows: Places = first[order]
        self.of_row: Places = rank[place]

    def texts(self, reader: LenientReader, advance: Advance) -> Iterator[Document]:
        for block in reader:
            places = block.places(self.rows)
            yield from block.joined.take(places).to_pylist()
            advance(len(places), len(self.rows))


def _draft(
    kind: str,
    part: Part,
    facts: Facts,
    other_facts: Facts,
    rows: Places,
    others: Places,
    similarity: npt.NDArray[np.float64],
    threshold: float,
) -> Draft:
    unlike = facts.labels[rows] != other_facts.labels[others]
    steps = [threshold, *(step for step in STEPS if step > threshold)]
    at_least = [
        {"similarity": step, "rows": int((similarity >= step).sum()),
         "other_label": int((unlike & (similarity >= step)).sum())}
        for step in steps
    ]  # fmt: skip
    # Rows with another label than their copy first, each group by falling similarity.
    order = np.lexsort((rows, -similarity, ~unlike))
    rows, others, similarity = rows[order], others[order], similarity[order]
    share, wrong = len(rows) / len(facts), int(unlike.sum())
    close = int((similarity >= CLOSE).sum())
    of_which = f"{wrong:,} of them under another label; {close:,} are of similarity {CLOSE:g} or more"
    meaning = (
        f"{share:.1%} of the test rows have a training row of similarity {threshold:g} or more, {of_which}, a word or "
        "two apart. Part of the score is memory, and part of the mistakes are contradictions."
        if part == "test"
        else f"{share:.1%} of the rows have an earlier one of similarity {threshold:g} or more, {of_which}, a word or "
        "two apart."
    )
    hint = "Split by source or by date, so that copies fall on one side; look at those under another label."
    return Draft(
        kind,
        "warning" if share >= NOTE_SHARE else "note",
        part,
        rows,
        meaning,
        hint,
        others=others,
        details=[{"similarity": round(float(one), 4)} for one in similarity],
        facts={"share": share, "other_label": wrong, "at_least": at_least},
    )
