"""Finds out whether a column holds several labels a row, and splits its cells. Nothing is assumed without a message."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from recurra.data.corpus import Corpus, RelabelledRows, first_row_with
from recurra.data.documents import LabelSet
from recurra.data.encoded_labels import EncodedLabels
from recurra.data.known_labels import folded
from recurra.data.label_format import SEPARATORS, split_labels, split_text
from recurra.errors import DataError, SettingsError
from recurra.tasks.written_lists import refuse_written_lists

__all__ = [
    "MultiLabelFormat",
    "check_single_labels",
    "detect_multi_label",
    "joined_labels",
    "likelier_separator",
    "resolve_labels",
    "resolve_rows",
    "split_call",
]

# One cell with a comma may be a name. Two cells all of whose parts are labels of other cells are hardly names.
MIN_CELLS = 2
SHOWN = 3
# What else stands between labels that were joined by hand.
OTHER_SEPARATORS = ("/", "+", "&")


class MultiLabelFormat(NamedTuple):
    """How a column writes several labels in a cell.

    Attributes:
        separator: between the labels of a cell; ``None`` if the cells are lists.
        labels: number of distinct labels.
        example: a cell as it is written.
        value: the cell as it was read.
    """

    separator: str | None
    labels: int
    example: str
    value: Any = None

    @property
    def options(self) -> str:
        """The command-line options that confirm several labels a row."""
        return "--multi-label" + ("" if self.separator is None else f" --label-separator {self.separator!r}")

    @property
    def hint(self) -> str:
        """The command-line options for either answer: several labels a row, or one."""
        return self.options + ("" if self.separator is None else "; or --single-label, if each cell is one label")

    def split(self, value: Any) -> LabelSet:
        """The labels of a cell."""
        return split_labels([value], self.separator)[0]


def detect_multi_label(values: Sequence[Any], rows: Sequence[int] | None = None) -> MultiLabelFormat | None:
    """The format of a column that looks like several labels a row; ``None`` if it does not.

    It does if the values are lists, or if a separator splits most of the cells that contain it into parts that all
    occur in other cells as well. Of several such separators it is the one that splits most rows so.

    Args:
        values: distinct, as they were read: texts, numbers, or tuples of labels.
        rows: number of rows of each value; ``None`` counts each once.
    """
    sets = [value for value in values if isinstance(value, tuple)]
    if sets:
        example = max(sets[:1000], key=len)
        return MultiLabelFormat(
            None, len({label for one in sets for label in one}), ", ".join(map(str, example[:SHOWN])), example
        )
    counts = [1] * len(values) if rows is None else rows
    texts = {value: count for value, count in zip(values, counts, strict=True) if isinstance(value, str)}
    best, most = None, 0
    for separator in SEPARATORS:
        cells = {text: split_text(text, separator) for text in texts}
        uses: dict[Any, int] = {}
        for parts in cells.values():
            for part in parts:
                uses[part] = uses.get(part, 0) + 1
        joined = [text for text, parts in cells.items() if len(parts) > 1]
        found = [text for text in joined if all(uses[part] > 1 for part in cells[text])]
        count = sum(texts[text] for text in found)
        if len(found) >= MIN_CELLS and 2 * len(found) > len(joined) and count > most:
            best, most = MultiLabelFormat(separator, len(uses), found[0], found[0]), count
    return best


def split_call(texts: Collection[str], separator: str) -> str:
    """What splits a pandas column ``y`` at a separator, and at the spaces that stand beside it.

    Args:
        texts: the cells.
        separator: between the labels of a cell.
    """
    count = sum(text.count(separator) for text in texts)
    for mark in (f" {separator} ", f"{separator} ", f" {separator}"):
        spaced = sum(text.count(mark) for text in texts)
        if spaced == count:
            # To pandas more than one character is a regular expression.
            plain = ", regex=False" if re.escape(separator) != separator else ""
            return f"y.str.split({mark!r}{plain})"
        if spaced:
            return f'y.str.split(r"\\s*{re.escape(separator)}\\s*", regex=True)'
    return f"y.str.split({separator!r})"


def joined_labels(labels: Collection[str], known: Collection[str] | None = None) -> dict[str, str]:
    """The labels that are several known ones with a separator between them, and that separator.

    Args:
        labels: the distinct labels of rows that have several, after cells were split.
        known: the known ones; ``None`` for ``labels`` themselves.
    """
    known = set(map(folded, labels if known is None else known))
    found = {}
    for label in labels:
        for mark in (*SEPARATORS, *OTHER_SEPARATORS):
            parts = split_text(label, mark)
            if len(parts) > 1 and known.issuperset(map(folded, parts)):
                found[label] = mark
    return found


def likelier_separator(rows: Mapping[LabelSet, int], known: Collection[str]) -> str | None:
    """The separator at which more rows are several known labels than where they were split; ``None`` without one.

    After a split there, none is likelier but one that finds still more such rows.

    Args:
        rows: number of rows by their labels, as they were split.
        known: the known labels, as texts.
    """
    classes = set(known)
    split = sum(count for labels, count in rows.items() if len(labels) > 1 and classes.issuperset(map(str, labels)))
    found = dict.fromkeys(SEPARATORS, 0)
    for labels, count in rows.items():
        if len(labels) == 1 and str(labels[0]) not in classes:
            for mark in SEPARATORS:
                parts = split_text(str(labels[0]), mark)
                found[mark] += count if len(parts) > 1 and classes.issuperset(parts) else 0
    best = max(found, key=found.__getitem__)
    return best if found[best] > split else None


def resolve_labels(
    labels: EncodedLabels,
    *,
    source: str,
    multi_label: bool,
    single_label: bool,
    separator: str | None,
    say: Callable[[str], None],
    row_of: Callable[[Any], int | None] = lambda value: None,
) -> tuple[EncodedLabels, str | None]:
    """Splits cells into several labels or leaves them whole, as the user asked.

    Args:
        labels: as they were read.
        source: the table's name, for messages.
        multi_label: rows have several labels.
        single_label: each row has one label, whatever the cells look like.
        separator: between the labels of a cell; implies ``multi_label``.
        say: called with a message that names the separator, if it was detected.
        row_of: the number of the first row with a value, for messages; ``None`` if it is not known.

    Returns:
        The labels, and the separator at which they were split (``None`` if they were not).

    Raises:
        DataError: cells look like several labels and the user has not said whether they are; they cannot be split; or
            they are lists written as text.
        SettingsError: both ``multi_label`` and ``single_label`` are asked for.
    """
    if single_label and (multi_label or separator is not None):
        raise SettingsError("Both several labels a row and single labels are asked for", "Choose one.")
    if not single_label:
        refuse_written_lists(labels.values, source, row_of)
    found = detect_multi_label(labels.values, labels.counts)
    if not multi_label and separator is None:
        if found is None:
            return labels, None
        if not single_label:
            raise DataError(_several(found, source, row_of(found.value)), f"Say {found.hint}.")
        if found.separator is None:
            number = row_of(found.value)
            where = "" if number is None else f" in row {number:,}"
            raise DataError(
                f"{source} holds lists of labels, such as {found.example[:60]!r}{where}, and single ones are asked for",
                "Write one label a row, as a text.",
            )
        return labels, None
    if separator is None and not any(isinstance(value, tuple) for value in labels.values):
        if found is None or found.separator is None:
            raise DataError(
                f"{source}: no cell looks like several labels, and --multi-label is asked for",
                "Name what stands between labels with --label-separator.",
            )
        separator = found.separator
        say(f"Labels are split at {separator!r}: {found.labels:,} distinct ones.")
    split = split_labels(labels.values, separator)
    if separator is not None and all(len(own) < 2 for own in split):
        say(f"No cell of {source} has several labels with {separator!r} between them: each is read as one label.")
    joined = joined_labels({label for own in split for label in own if isinstance(label, str)})
    if joined:
        example = min(joined)
        say(
            f"{len(joined):,} of the labels look like several with another separator, such as {example!r:.60} "
            f"({joined[example]!r}), and are learned as they are: recurra check shows the rows."
        )
    return labels.renamed(split), separator


def resolve_rows(
    rows: Corpus, *, multi_label: bool, single_label: bool, separator: str | None, say: Callable[[str], None]
) -> tuple[Corpus, str | None]:
    """The rows with the labels of :func:`resolve_labels`, and the separator at which they were split."""
    labels, used = resolve_labels(
        rows.labels,
        source=rows.source,
        multi_label=multi_label,
        single_label=single_label,
        separator=separator,
        say=say,
        row_of=lambda value: first_row_with(rows, value),
    )
    return (rows if labels is rows.labels else RelabelledRows(rows, labels)), used


def check_single_labels(rows: Corpus) -> None:
    """Checks that each row has one label, for what looks at one class a row.

    Args:
        rows: a missing label may be ``None``.

    Raises:
        DataError: cells look like several labels.
    """
    refuse_written_lists(rows.labels.values, rows.source, partial(first_row_with, rows))
    found = detect_multi_label(rows.labels.values, rows.labels.counts)
    if found is not None:
        whole = "" if found.separator is None else "; say --single-label, if each cell is one label"
        raise DataError(
            f"{_several(found, rows.source, first_row_with(rows, found.value))}, and tuning looks at one class a row",
            f"Train with recurra train {found.options}{whole}.",
        )


def _several(found: MultiLabelFormat, source: str, number: int | None) -> str:
    """What was found in a column that looks like several labels a row.

    Args:
        found: its format.
        source: the table's name.
        number: the row of the example; ``None`` where the rows are those of several tables.
    """
    where = "" if number is None else f" in row {number:,}"
    what = f"Rows of {source} look" if number is None else f"{source} looks"
    return f"{what} like several labels a row, {found.labels:,} distinct ones, such as {found.example[:60]!r}{where}"
