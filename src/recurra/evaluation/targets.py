"""A table's labels as a model's classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from recurra.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recurra.data.documents import Label
    from recurra.text import Labels

__all__ = ["targets_of"]


def targets_of(
    classes: Labels, labels: Sequence[Label], *, source: str, say: Callable[[str], None]
) -> npt.NDArray[np.int64]:
    """The class number of each label, int64[B].

    A text file says nothing of types: labels 1, 2 and other are texts in one file, and 1 and 2 in another are numbers.
    Labels of another type than the classes are therefore compared as they are written, where that leaves no doubt.

    Args:
        classes: the model's.
        labels: the table's.
        source: the table's name, for messages.
        say: hears that labels were compared as written.

    Raises:
        DataError: a label that training never saw.
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
    known = set(classes.classes)
    unseen = Counter(label for label in labels if type(label) is not kind or label not in known)
    if unseen:
        (label, rows), *others = unseen.most_common()
        more = f" ({len(others):,} other labels neither)" if others else ""
        seen = ", ".join(map(repr, classes.classes))
        seen = seen if len(seen) <= 300 else f"{seen[:300]}…"
        raise DataError(
            f"{source} has the label {label!r:.80} ({rows:,} {'row' if rows == 1 else 'rows'}), "
            f"which training never saw{more}",
            f"Leave these rows out, or train with them; the classes are {seen}.",
        )
    return classes.encode(labels)


def _written(label: Label) -> str:
    """1 and 1.0 and "1" alike, True and "true" alike."""
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    return str(label).casefold()
