"""Refuses rows too few for a lesson, before anything is trained."""

from __future__ import annotations

from recurra.data.datasets import Dataset
from recurra.data.table import Table
from recurra.errors import SettingsError
from recurra.lesson.trained_model import documents_and_labels

__all__ = ["ROWS_FOR_A_CLASS", "require_enough_rows"]

# With fewer, an epoch is a step or two, and the intervals of test scores cover nearly everything.
ROWS_FOR_A_CLASS = 10


def require_enough_rows(data: Dataset, *, titles: bool) -> None:
    """Checks that every network can learn from these training rows and be scored on these test rows.

    Args:
        data: the rows that ``--take`` and ``--take-test`` leave.
        titles: whether a network is trained that reads titles, from rows that have one.

    Raises:
        SettingsError: there are fewer than ten rows for each class on the whole, or a class of the test rows has no
            training row.
    """
    classes = len(data.class_names)
    wanted = ROWS_FOR_A_CLASS * classes
    titled = titles and data.train.has_titles
    learned = _labels(data.train, titled=titled)
    kind = "training rows with a title" if titled else "training rows"
    for option, rows, what in (("--take", len(learned), kind), ("--take-test", len(data.test), "test rows")):
        if rows < wanted:
            raise SettingsError(
                f"The lesson on {data.title}, {classes} classes, needs {wanted:,} {what} and has {rows:,}",
                f"Leave out {option}, or give it a larger number.",
            )
    missing = sorted(set(map(str, _labels(data.test, titled=False))) - set(map(str, learned)))
    if missing:
        more = f" (nor of {len(missing) - 1} more classes)" if len(missing) > 1 else ""
        raise SettingsError(
            f"The first {len(data.train):,} training rows hold no {'title' if titled else 'row'} of class "
            f"{missing[0]!r}{more}, and the test rows do",
            "Leave out --take, or give it a larger number.",
        )


def _labels(table: Table, *, titled: bool) -> list[object]:
    documents, labels = documents_and_labels(table)
    return [label for one, label in zip(documents, labels, strict=True) if not titled or isinstance(one, str) or one[0]]
