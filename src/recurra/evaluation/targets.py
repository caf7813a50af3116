"""A table's labels as the class numbers of a model; some labels may not be classes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recurra.data.label_spellings import damage_of, leading_zeros_sentence, spelling_differences, spelling_key
from recurra.errors import DataError

if TYPE_CHECKING:
    from recurra.data.documents import Label
    from recurra.text import Labels

__all__ = [
    "as_written",
    "compared_as_written",
    "encode_with_unknown",
    "match_as_written",
    "other_spellings",
    "unknown_label_error",
]

SHOWN_SPELLINGS = 3


def encode_with_unknown(
    classes: Labels, labels: Sequence[Label], *, source: str, say: Callable[[str], None]
) -> tuple[npt.NDArray[np.int64], list[Label]]:
    """The number of each label, int64[B], and the labels that are not classes: those have the numbers from C on.

    Labels of another type than the classes are compared as they are written, see :func:`match_as_written`.

    Args:
        classes: the model's.
        labels: the table's.
        source: the table's name, for messages.
        say: called with a message if labels were compared as written.

    Raises:
        DataError: rows have several labels.
    """
    kind = type(classes.classes[0])
    if any(isinstance(label, tuple) for label in labels):
        raise DataError(
            f"{source} holds several labels a row, and the model gives one", "Give one label a row, as a text."
        )
    if labels and type(labels[0]) is not kind:
        say(compared_as_written(classes, labels, source))
        labels = match_as_written(classes, labels)
    # 1, 1.0 and True are one key.
    places = {(type(label), label): place for place, label in enumerate(classes.classes)}
    targets = [places.setdefault((type(label), label), len(places)) for label in labels]
    return np.array(targets, dtype=np.int64), [label for _, label in places][len(classes) :]


def match_as_written(classes: Labels, labels: Sequence[Label]) -> list[Label]:
    """Labels of another type than the classes: the class that is written alike for each, other labels as they are.

    A text file does not declare types: 1, 2 and other are read as texts, but 1 and 2 alone as numbers. True and "true"
    are alike unless both are classes.
    """
    written = {as_written(known): known for known in classes.classes}
    same = Counter(name.casefold() for name in written)
    in_any_case = {name.casefold(): known for name, known in written.items() if same[name.casefold()] == 1}
    names = map(as_written, labels)
    return [
        written.get(name, in_any_case.get(name.casefold(), label)) for name, label in zip(names, labels, strict=True)
    ]


def compared_as_written(classes: Labels, labels: Sequence[Label], source: str) -> str:
    """What to say of labels of another type than the classes."""
    return (
        f"The labels are {type(labels[0]).__name__} in {source} and {type(classes.classes[0]).__name__} in the model; "
        "they are compared as they are written."
    )


def unknown_label_error(unknown: Counter[Label], classes: Labels, source: str, *, more: str = "") -> DataError:
    """The error to raise for labels that are not classes.

    Args:
        unknown: number of rows by label.
        classes: the model's.
        source: the table's name.
        more: sentences on these labels, for the hint.
    """
    (label, rows), *others = unknown.most_common()
    neither = f" ({len(others):,} other labels neither)" if others else ""
    seen = ", ".join(map(repr, classes.classes))
    seen = seen if len(seen) <= 300 else f"{seen[:300]}…"
    spelled = " ".join(filter(None, (other_spellings(unknown, classes), more)))
    return DataError(
        f"{source} has the label {label!r:.80} ({rows:,} {'row' if rows == 1 else 'rows'}), "
        f"which training never saw{neither}",
        f"{spelled} Leave these rows out, or train with them; the classes are {seen}.",
    )


def other_spellings(unknown: Iterable[Label], classes: Labels) -> str:
    """A sentence on labels that are classes in another spelling, with what to do; empty if none is."""
    known = {spelling_key(str(label)): label for label in classes.classes}
    pairs = [(label, known[key]) for label in unknown if (key := spelling_key(str(label))) in known]
    zeros = leading_zeros_sentence(unknown, classes.classes)
    if not pairs:
        return zeros.lstrip()
    written = [(str(label), str(own)) for label, own in pairs]
    damages = dict.fromkeys(filter(None, (damage_of(label, own) for label, own in written)))
    differences = [*spelling_differences(written), *damages]
    apart = f"{', '.join(differences[:-1])} and {differences[-1]}"
    shown = ", ".join(f"{label!r:.40} is {own!r:.40}" for label, own in pairs[:SHOWN_SPELLINGS])
    more = f" and {len(pairs) - SHOWN_SPELLINGS:,} more" if len(pairs) > SHOWN_SPELLINGS else ""
    return (
        f"But for {apart}, {shown}{more}: recurra check FILE --model MODEL --fix OUT writes them as the model has "
        f"them.{zeros}"
    )


def as_written(label: Label) -> str:
    """A label as text: one spelling for 1, 1.0 and "1"."""
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    return str(label)
