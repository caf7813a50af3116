"""Hashes of the tables that are trained on, and which of their rows the model to continue from knows already."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from recurra.bundle import Bundle
from recurra.data.corpus import Corpus
from recurra.data.documents import Document
from recurra.data.known_rows import KnownRows, RangeFingerprints, known_rows, part_sizes

__all__ = ["TableHashes"]

Range = tuple[int, int]


class TableHashes:
    """Hashes the tables that a corpus was joined from, and their first rows where a model may know these.

    Args:
        corpus: the rows.
        validation: how many of them, the last, are rows of their own to validate on.
        initial: the model to continue from.
    """

    def __init__(self, corpus: Corpus, validation: int, initial: Bundle | None) -> None:
        self.labels, self.rows, self.validation = corpus.labels, len(corpus), validation
        self.tables: list[Range] = list(pairwise(accumulate(part_sizes(corpus), initial=0)))
        self.known = [] if initial is None else [one for one in known_rows(initial.record) if one.role != "validation"]
        # A table that grows at its end begins with the rows that were learned from before.
        starts = [
            (begin, begin + one.rows) for begin, end in self.tables for one in self.known if begin + one.rows <= end
        ]
        own = self.tables if len(self.tables) > 1 else []
        self._hashes = RangeFingerprints([*own, *starts])

    def add(self, documents: Sequence[Document]) -> None:
        """Adds the next documents."""
        self._hashes.add(documents)

    def finish(self) -> tuple[list[KnownRows], str]:
        """After all documents were added.

        Returns:
            The tables, for the record, where there is more than one; and a sentence on rows that the model to continue
            from learned from, if such rows are among those that are held out; else empty.
        """
        hashes = self._hashes.of(self.labels)
        first_held = self.rows - self.validation
        tables = [
            KnownRows(
                "validation" if self.validation and begin >= first_held else "training", end - begin, hashes[begin, end]
            )
            for begin, end in (self.tables if len(self.tables) > 1 else [])
        ]
        # Rows to validate on are what counts where there are some; otherwise a share of all rows is held out.
        begin = first_held if self.validation else 0
        there = {(one.rows, one.sha256) for one in self.known}
        found = sum(
            max(
                (
                    stop - start
                    for start, stop in hashes
                    if start == first and (stop - start, hashes[start, stop]) in there
                ),
                default=0,
            )
            for first, _ in self.tables
            if first >= begin
        )
        if not found:
            return tables, ""
        if self.validation:
            return tables, (
                f"The model to continue from learned from {_of(found, self.validation)} to validate on: their scores "
                "say how well they are remembered. Give other rows."
            )
        return tables, (
            f"The model to continue from learned from {_of(found, self.rows)}, and the rows held out are among them: "
            "their scores may say only how well they are remembered. Validate on other rows (--validation)."
        )


def _of(some: int, rows: int) -> str:
    return f"these {rows:,} rows" if some == rows else f"{some:,} of these {rows:,} rows"
