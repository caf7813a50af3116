"""Texts that are nearly the same as others: among training and test rows, and, asked for, among the training rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.checking.copies import FEW
from recurra.checking.draft import Draft
from recurra.checking.facts import Facts
from recurra.checking.finding import Part
from recurra.checking.lenient_reader import LenientReader
from recurra.data.documents import Document
from recurra.data.near_duplicates import nearest_copies

__all__ = ["near_copies_between", "near_copies_inside"]

STEPS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Similarities at which near-copies are counted, from the least that is asked for on."""

CLOSE = 0.8
"""From here on two texts differ in a word or two. At 0.5 short texts may share no more than a frame, such as "What is
the ... ?"; of news they are the same report, edited."""

Places = npt.NDArray[np.int64]

Advance: TypeAlias = Callable[[int, int | None], None]


def quietly(rows: int, total: int | None) -> None:
    """Tells nobody."""


def near_copies_between(
    train: tuple[LenientReader, Facts], test: tuple[LenientReader, Facts], *, threshold: float, advance: Advance
) -> list[Draft]:
    """Test rows with a near-copy among the training rows; the test texts are in memory, the others pass by.

    Args:
        train: the training file and its facts.
        test: the test file and its facts.
        threshold: the least Jaccard similarity of the sets of 5-character pieces.
        advance: hears how many different training texts more were compared, and how many there are.
    """
    known, tested = _Distinct(train[1]), _Distinct(test[1])
    queries = list(tested.texts(test[0], quietly))
    found = nearest_copies(queries, known.texts(train[0], advance), threshold=threshold)
    similarity = found.similarity[tested.of_row]
    rows = np.flatnonzero(similarity > 0)
    if not len(rows):
        return []
    others = known.rows[found.other[tested.of_row[rows]]]
    return [
        _draft("near-copies of training rows", "test", test[1], train[1], rows, others, similarity[rows], threshold)
    ]


def near_copies_inside(reader: LenientReader, facts: Facts, *, threshold: float, advance: Advance) -> list[Draft]:
    """Training rows with an earlier row that is nearly the same; all texts are in memory.

    Rows that equal an earlier one are duplicates and no near-copies.

    The arguments are those of :func:`near_copies_between`.
    """
    distinct = _Distinct(facts)
    found = nearest_copies(list(distinct.texts(reader, advance)), None, threshold=threshold)
    places = np.flatnonzero(found.similarity > 0)
    if not len(places):
        return []
    rows, others = distinct.rows[places], distinct.rows[found.other[places]]
    return [_draft("near-copies", "train", facts, facts, rows, others, found.similarity[places], threshold)]


class _Distinct:
    """The different texts of a file, each at its first row.

    Attributes:
        rows: the first row of each.
        of_row: for each row of the file, which text it has.
    """

    def __init__(self, facts: Facts) -> None:
        _, first, place = np.unique(facts.keys, return_index=True, return_inverse=True)
        # In the order of the file, in which they are read.
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
    # Those under another label first, the most alike of each kind first.
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
    mend = "Split by source or by date, so that copies fall on one side; look at those under another label."
    return Draft(
        kind,
        "warning" if share >= FEW else "note",
        part,
        rows,
        meaning,
        mend,
        others=others,
        details=[{"similarity": round(float(one), 4)} for one in similarity],
        facts={"share": share, "other_label": wrong, "at_least": at_least},
    )
