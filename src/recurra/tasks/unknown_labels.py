"""Targets of the rows of a table, some of which may have labels that the model does not know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recurra.data.label_format import UnknownLabels, split_labels, split_text
from recurra.errors import DataError
from recurra.evaluation.targets import encode_with_unknown, other_spellings, unknown_label_error
from recurra.tasks.multi_label_detection import joined_labels, likelier_separator
from recurra.tasks.multi_label_indicator import multi_label_indicator

if TYPE_CHECKING:
    from recurra.data.documents import Label, LabelSet
    from recurra.text import Labels

__all__ = ["EncodedTargets", "multi_label_targets", "single_label_targets"]

_SHOWN = 5  # labels in a message


@dataclass(frozen=True, eq=False)
class EncodedTargets:
    """Targets of the K rows of a table that are to be scored.

    Attributes:
        places: int64[K], their indices in the table, rising.
        targets: int64[K], class numbers; or bool[K, C], the classes that each row has.
        unknown: labels that are not classes: those with the numbers from C on; or a tuple of them for each row.
        unknown_labels: number of rows of the table that have such a label, whether they are scored or left out.
    """

    places: npt.NDArray[np.int64]
    targets: npt.NDArray[Any]
    unknown: Sequence[Any]
    unknown_labels: int


def single_label_targets(
    classes: Labels, labels: Sequence[Label], how: UnknownLabels, *, source: str, say: Callable[[str], None]
) -> EncodedTargets:
    """Targets of rows that have one label each.

    Args:
        classes: the model's.
        labels: of B rows.
        how: what to do with rows whose label is not a class.
        source: the table's name, for messages.
        say: called with a message about these rows.

    Raises:
        DataError: there is such a row and ``how`` is ``error``, or all rows are such; or rows have several labels.
    """
    targets, unknown = encode_with_unknown(classes, labels, source=source, say=say)
    named = [*classes.classes, *unknown]
    without = [() if place < len(classes) else (named[place],) for place in targets.tolist()]
    places = _places(without, bool((targets < len(classes)).any()), how, classes=classes, source=source, say=say)
    kept = unknown if len(places) == len(labels) else []
    return EncodedTargets(places, targets[places], kept, sum(map(bool, without)))


def multi_label_targets(
    classes: Labels,
    values: Sequence[Any],
    how: UnknownLabels,
    *,
    source: str,
    say: Callable[[str], None],
    separator: str | None = None,
) -> EncodedTargets:
    """Targets of rows that have several labels, or none.

    A cell with another separator than most is a label that the model does not know.

    Args:
        classes: the model's.
        values: labels of B rows: tuples, or texts that are split.
        how: what to do with rows that have a label which is not a class.
        source: the table's name, for messages.
        say: called with a message about these rows.
        separator: separator to split texts at; ``None`` takes a text as one label.

    Raises:
        DataError: there is such a row and ``how`` is ``error``, or all rows are such; or more cells are several
            of the model's labels with another separator between them than with this one.
    """
    rows = split_labels(values, separator)
    known = {(type(label), label) for label in classes.classes}
    distinct = [tuple(dict.fromkeys(labels)) for labels in rows]
    unknown = [tuple(label for label in labels if (type(label), label) not in known) for labels in distinct]
    texts = any(isinstance(value, str) for value in values)
    _check_separator(distinct, classes, source, texts=texts)
    classed = [tuple(label for label in labels if (type(label), label) in known) for labels in distinct]
    joined = _joined_sentence(unknown, classes, separator if texts else None)
    places = _places(unknown, any(classed), how, classes=classes, source=source, say=say, more=joined)
    indicator = multi_label_indicator(classes, [classed[place] for place in places.tolist()])
    return EncodedTargets(places, indicator, [unknown[place] for place in places.tolist()], sum(map(bool, unknown)))


def _places(
    unknown: Sequence[LabelSet],
    any_known: bool,
    how: UnknownLabels,
    *,
    classes: Labels,
    source: str,
    say: Callable[[str], None],
    more: str = "",
) -> npt.NDArray[np.int64]:
    """The places of the rows to score; ``more`` is said of the unknown labels as well."""
    having = np.array([bool(labels) for labels in unknown], dtype=bool)
    count, rows = int(having.sum()), len(having)
    if not count:
        return np.arange(rows)
    labels = Counter(chain.from_iterable(unknown))
    if how == "error" or not any_known:
        raise unknown_label_error(labels, classes, source, more=more)
    shown = ", ".join(f"{label!r:.80} {held:,}" for label, held in labels.most_common(_SHOWN))
    further = len(labels) - _SHOWN
    others = f", {further:,} other{'' if further == 1 else 's'}" if further > 0 else ""
    verb = "has" if count == 1 else "have"
    spelled = " ".join(filter(None, (other_spellings(labels, classes), more)))
    said = f"{count:,} of {rows:,} rows {verb} a label that training never saw ({shown}{others})"
    if how == "skip":
        say(f"{said} and {'is' if count == 1 else 'are'} left out. {spelled}".rstrip())
        return np.flatnonzero(~having)
    say(f"{said}: counted as wrong; the log loss is that of known labels. {spelled}".rstrip())
    return np.arange(rows)


def _check_separator(rows: Sequence[LabelSet], classes: Labels, source: str, *, texts: bool) -> None:
    """Refuses rows that were split at a wrong separator, or not at all."""
    known = list(map(str, classes.classes))
    mark = likelier_separator(Counter(rows), known)
    if mark is None:
        return
    cells = (str(labels[0]) for labels in rows if len(labels) == 1)
    cell, parts = next(
        (cell, parts)
        for cell in cells
        if cell not in known and len(parts := split_text(cell, mark)) > 1 and set(known).issuperset(parts)
    )
    raise DataError(
        f"{source} has the label {cell!r:.80}, which is {len(parts)} labels with {mark!r} between them",
        f"Name the mark with --label-separator {mark!r}."
        if texts
        else "Write the separator of the training rows, or lists of single labels.",
    )


def _joined_sentence(unknown: Sequence[LabelSet], classes: Labels, separator: str | None) -> str:
    """A sentence on cells that have another separator than most, with what to do; empty if there is none."""
    rows = Counter(str(label) for label in chain.from_iterable(unknown))
    joined = joined_labels(rows, list(map(str, classes.classes)))
    if not joined:
        return ""
    shown = ", ".join(f"{label!r:.40}" for label in list(joined)[:_SHOWN])
    further = len(joined) - _SHOWN
    others = f" and {further:,} other{'' if further == 1 else 's'}" if further > 0 else ""
    marks = " or ".join(repr(mark) for mark in dict.fromkeys(joined.values()))
    verb = "looks" if len(joined) == 1 else "look"
    split = "" if separator is None else f", and cells are split at {separator!r}"
    write = "one separator in all cells" + (", or lists of single labels" if separator is None else "")
    return (
        f"{shown}{others} {verb} like several labels with {marks} between them{split}: write {write}. "
        "recurra check FILE --model MODEL shows the rows, and with --fix OUT --drop-unknown leaves them out."
    )
