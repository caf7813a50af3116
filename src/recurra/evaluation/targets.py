"""A table's labels as a model's classes; some may be none of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from recurra.errors import DataError

if TYPE_CHECKING:
    from recurra.data.documents import Label
    from recurra.text import Labels

__all__ = ["UNKNOWN_LABELS", "UnknownLabels", "never_saw", "numbered"]

UnknownLabels = Literal["wrong", "skip", "error"]
"""What becomes of rows with a label that training never saw: they count as wrong, are left out, or are an error."""

UNKNOWN_LABELS: tuple[UnknownLabels, ...] = ("wrong", "skip", "error")


def numbered(
    classes: Labels, labels: Sequence[Label], *, source: str, say: Callable[[str], None]
) -> tuple[npt.NDArray[np.int64], list[Label]]:
    """The number of each label, int64[B], and the labels that are no classes: they have the numbers from C on.

    A text file says nothing of types: labels 1, 2 and other are texts in one file, and 1 and 2 in another are numbers.
    Labels of another type than the classes are therefore compared as they are written, where that leaves no doubt.

    Args:
        classes: the model's.
        labels: the table's.
        source: the table's name, for messages.
        say: hears that labels were compared as written.

    Raises:
        DataError: several labels a row.
    """
    kind = type(classes.classes[0])
    if any(isinstance(label, tuple) for label in labels):
        raise DataError(
            f"{source} holds several labels a row, and the model gives one", "Give one label a row, as a text."
        )
    if labels and type(labels[0]) is not kind:
        written = {_written(known): known for known in classes.classes}
        if len(written) == len(classes):
            say(
                f"The labels are {type(labels[0]).__name__} in {source} and {kind.__name__} in the model; "
                "they are compared as they are written."
            )
            labels = [written.get(_written(label), label) for label in labels]
    # 1, 1.0 and True are one key.
    places = {(type(label), label): place for place, label in enumerate(classes.classes)}
    targets = [places.setdefault((type(label), label), len(places)) for label in labels]
    return np.array(targets, dtype=np.int64), [label for _, label in places][len(classes) :]


def never_saw(unknown: Counter[Label], classes: Labels, source: str) -> DataError:
    """The error for labels that are no classes.

    Args:
        unknown: how many rows have each.
        classes: the model's.
        source: the table's name.
    """
    (label, rows), *others = unknown.most_common()
    more = f" ({len(others):,} other labels neither)" if others else ""
    seen = ", ".join(map(repr, classes.classes))
    seen = seen if len(seen) <= 300 else f"{seen[:300]}…"
    return DataError(
        f"{source} has the label {label!r:.80} ({rows:,} {'row' if rows == 1 else 'rows'}), "
        f"which training never saw{more}",
        f"Leave these rows out, or train with them; the classes are {seen}.",
    )


def _written(label: Label) -> str:
    """1 and 1.0 and "1" alike, True and "true" alike."""
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    return str(label).casefold()
