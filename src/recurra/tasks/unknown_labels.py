"""Targets of the rows of a table, some of which may have labels that the model does not know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recurra.data.label_format import SEPARATORS, UnknownLabels
from recurra.errors import DataError
from recurra.evaluation.targets import encode_with_unknown, other_spellings, unknown_label_error
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
    classes: Labels, rows: Sequence[LabelSet], how: UnknownLabels, *, source: str, say: Callable[[str], None]
) -> EncodedTargets:
    """Targets of rows that have several labels, or none; arguments as for :func:`single_label_targets`.

    Raises:
        DataError: as there; or a label looks like several of the model's labels with a separator between them.
    """
    known = {(type(label), label) for label in classes.classes}
    distinct = [tuple(dict.fromkeys(labels)) for labels in rows]
    unknown = [tuple(label for label in labels if (type(label), label) not in known) for labels in distinct]
    _check_split(unknown, classes, source)
    classed = [tuple(label for label in labels if (type(label), label) in known) for labels in distinct]
    places = _places(unknown, any(classed), how, classes=classes, source=source, say=say)
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
) -> npt.NDArray[np.int64]:
    having = np.array([bool(labels) for labels in unknown], dtype=bool)
    count, rows = int(having.sum()), len(having)
    if not count:
        return np.arange(rows)
    labels = Counter(chain.from_iterable(unknown))
    if how == "error" or not any_known:
        raise unknown_label_error(labels, classes, source)
    shown = ", ".join(f"{label!r:.80} {held:,}" for label, held in labels.most_common(_SHOWN))
    more = f", {len(labels) - _SHOWN:,} others" if len(labels) > _SHOWN else ""
    verb = "has" if count == 1 else "have"
    spelled = other_spellings(labels, classes)
    said = f"{count:,} of {rows:,} rows {verb} a label that training never saw ({shown}{more})"
    if how == "skip":
        say(f"{said} and {'is' if count == 1 else 'are'} left out. {spelled}".rstrip())
        return np.flatnonzero(~having)
    say(f"{said}: counted as wrong; the log loss is that of known labels. {spelled}".rstrip())
    return np.arange(rows)


def _check_split(unknown: Sequence[LabelSet], classes: Labels, source: str) -> None:
    known = set(map(str, classes.classes))
    for label in dict.fromkeys(chain.from_iterable(unknown)):
        for mark in SEPARATORS:
            parts = [part.strip() for part in str(label).split(mark)]
            if len(parts) > 1 and known.issuperset(parts):
                raise DataError(
                    f"{source} has the label {label!r:.80}, which is {len(parts)} labels with {mark!r} between them",
                    f"Name the mark with --label-separator {mark!r}.",
                )
