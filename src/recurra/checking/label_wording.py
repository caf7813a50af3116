"""Labels in sentences: quoted, cut and counted."""

from __future__ import annotations

from collections.abc import Mapping

from recurra.checking.finding import with_visible_marks

__all__ = ["listed_labels", "shortened", "shown_label"]

LONGEST_LIST = 12
"""Maximum number of classes that a sentence lists."""

LONGEST_NAME = 60
"""Maximum number of characters of a class that a sentence shows."""


def listed_labels(counts: Mapping[str, int]) -> str:
    """Labels with their number of rows, such as ``'law' (3 rows), 'art' (1 row)``."""
    return shortened([f"{shown_label(name)} ({rows:,} row{'' if rows == 1 else 's'})" for name, rows in counts.items()])


def shown_label(name: str) -> str:
    """A label, quoted; a long one, which may be a text, is cut, and marks of decomposed letters are shown as such."""
    shown = repr(name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 3] + "...")
    return with_visible_marks(shown)


def shortened(words: list[str], mark: str = ", ") -> str:
    """The first words, with commas or another mark, and how many more there are."""
    more = len(words) - LONGEST_LIST
    return mark.join(words[:LONGEST_LIST]) + (f" and {more:,} more" if more > 0 else "")
