"""Which rows of a table are scored, where some have labels that training never saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recurra.data.label_format import SEPARATORS
from recurra.errors import DataError
from recurra.evaluation.targets import UnknownLabels, never_saw, numbered
from recurra.tasks.label_sets import encode_sets

if TYPE_CHECKING:
    from recurra.data.documents import Label, LabelSet
    from recurra.text import Labels

__all__ = ["ScoredRows", "labels_to_score", "sets_to_score"]

_SHOWN = 5  # labels in a note


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """K rows of a table.

    Attributes:
        places: int64[K], where they stand in the table, rising.
        targets: int64[K], their labels' numbers; or bool[K, C], the classes that each has.
        unknown: labels that are no classes: those with the numbers from C on; or a tuple of them for each row.
        unknown_labels: rows of the table that have such a label, scored or not.
    """

    places: npt.NDArray[np.int64]
    targets: npt.NDArray[Any]
    unknown: Sequence[Any]
    unknown_labels: int


def labels_to_score(
    classes: Labels, labels: Sequence[Label], how: UnknownLabels, *, source: str, say: Callable[[str], None]
) -> ScoredRows:
    """The rows of a table whose rows have one label each.

    Args:
        classes: the model's.
        labels: of B rows.
        how: what becomes of those with a label that is no class.
        source: the table's name, for messages.
        say: hears of them.

    Raises:
        DataError: there are some and ``how`` is ``error``, or all are; or rows have several labels.
    """
    targets, unknown = numbered(classes, labels, source=source, say=say)
    named = [*classes.classes, *unknown]
    without = [() if place < len(classes) else (named[place],) for place in targets.tolist()]
    places = _places(without, bool((targets < len(classes)).any()), how, classes=classes, source=source, say=say)
    kept = unknown if len(places) == len(labels) else []
    return ScoredRows(places, targets[places], kept, sum(map(bool, without)))


def sets_to_score(
    classes: Labels, rows: Sequence[LabelSet], how: UnknownLabels, *, source: str, say: Callable[[str], None]
) -> ScoredRows:
    """The rows of a table whose rows have several labels, or none; arguments as for :func:`labels_to_score`.

    Raises:
        DataError: as there; or labels look as if several of the model's stood in one.
    """
    known = {(type(label), label) for label in classes.classes}
    distinct = [tuple(dict.fromkeys(labels)) for labels in rows]
    unknown = [tuple(label for label in labels if (type(label), label) not in known) for labels in distinct]
    _check_split(unknown, classes, source)
    classed = [tuple(label for label in labels if (type(label), label) in known) for labels in distinct]
    places = _places(unknown, any(classed), how, classes=classes, source=source, say=say)
    indicator = encode_sets(classes, [classed[place] for place in places.tolist()])
    return ScoredRows(places, indicator, [unknown[place] for place in places.tolist()], sum(map(bool, unknown)))


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
        raise never_saw(labels, classes, source)
    shown = ", ".join(f"{label!r:.80} {held:,}" for label, held in labels.most_common(_SHOWN))
    more = f", {len(labels) - _SHOWN:,} others" if len(labels) > _SHOWN else ""
    verb = "has" if count == 1 else "have"
    said = f"{count:,} of {rows:,} rows {verb} a label that training never saw ({shown}{more})"
    if how == "skip":
        say(f"{said} and {'is' if count == 1 else 'are'} left out.")
        return np.flatnonzero(~having)
    say(f"{said}: counted as wrong; the log loss is that of known labels.")
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
