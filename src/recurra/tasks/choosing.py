"""Rows of several labels: how they look in a table, and how they are split. Never guessed in silence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from recurra.data.corpus import Corpus, RelabelledRows
from recurra.data.documents import LabelSet
from recurra.data.encoded_labels import EncodedLabels
from recurra.data.label_format import SEPARATORS, split_labels, split_text
from recurra.errors import DataError, SettingsError

__all__ = ["Several", "confirmed", "confirmed_rows", "looks_several"]

# A name with a comma in it is rare among single labels; two cells of which all parts are labels elsewhere are not.
LEAST_CELLS = 2
SHOWN = 3


class Several(NamedTuple):
    """What makes a column look like one of several labels a row.

    Attributes:
        separator: between the labels of a cell; ``None`` where the cells are lists.
        labels: how many distinct labels there are.
        example: a cell as it is written.
    """

    separator: str | None
    labels: int
    example: str

    @property
    def options(self) -> str:
        """What to type where they are several."""
        return "--multi-label" + ("" if self.separator is None else f" --label-separator {self.separator!r}")

    @property
    def how(self) -> str:
        """What to type where they are several, and where they are not."""
        return self.options + ("" if self.separator is None else "; or --single-label, if each cell is one label")

    def parts(self, value: Any) -> LabelSet:
        """The labels of a cell, if it holds several."""
        return split_labels([value], self.separator)[0]


def looks_several(values: Sequence[Any]) -> Several | None:
    """Whether a column's distinct values look like several labels a row.

    They do where they are lists; and where a separator splits most of the cells that hold it into parts of which each
    stands alone in another cell, or with others.

    Args:
        values: distinct, as they were read: texts, numbers, or tuples of labels.
    """
    sets = [value for value in values if isinstance(value, tuple)]
    if sets:
        example = max(sets[:1000], key=len)
        return Several(None, len({label for one in sets for label in one}), ", ".join(map(str, example[:SHOWN])))
    texts = [value for value in values if isinstance(value, str)]
    for separator in SEPARATORS:
        cells = {text: split_text(text, separator) for text in texts}
        uses: dict[Any, int] = {}
        for parts in cells.values():
            for part in parts:
                uses[part] = uses.get(part, 0) + 1
        joined = [text for text, parts in cells.items() if len(parts) > 1]
        found = [text for text in joined if all(uses[part] > 1 for part in cells[text])]
        if len(found) >= LEAST_CELLS and 2 * len(found) > len(joined):
            return Several(separator, len(uses), found[0])
    return None


def confirmed(
    labels: EncodedLabels,
    *,
    source: str,
    multi_label: bool,
    single_label: bool,
    separator: str | None,
    say: Callable[[str], None],
) -> tuple[EncodedLabels, str | None]:
    """The labels as a person wants them taken, and the separator that was used.

    Args:
        labels: as they were read.
        source: the table's name, for messages.
        multi_label: whether rows have several labels.
        single_label: whether each row has one, whatever they look like.
        separator: between the labels of a cell; it says that rows have several, too.
        say: hears which separator was found.

    Raises:
        DataError: they look like several a row, and nobody said which they are; or they cannot be split.
        SettingsError: both are said.
    """
    if single_label and (multi_label or separator is not None):
        raise SettingsError("Both several labels a row and single labels are asked for", "Choose one.")
    found = looks_several(labels.values)
    if not multi_label and separator is None:
        if found is None:
            return labels, None
        if not single_label:
            raise DataError(
                f"{source} looks like several labels a row, {found.labels:,} distinct ones, such as "
                f"{found.example[:60]!r}",
                f"Say {found.how}.",
            )
        if found.separator is None:
            raise DataError(
                f"{source} holds lists of labels, and single ones are asked for", "Write one label a row, as a text."
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
    return labels.renamed(split_labels(labels.values, separator)), separator


def confirmed_rows(
    rows: Corpus, *, multi_label: bool, single_label: bool, separator: str | None, say: Callable[[str], None]
) -> tuple[Corpus, str | None]:
    """The rows with their labels as :func:`confirmed` takes them, and the separator that was used."""
    labels, used = confirmed(
        rows.labels,
        source=rows.source,
        multi_label=multi_label,
        single_label=single_label,
        separator=separator,
        say=say,
    )
    return (rows if labels is rows.labels else RelabelledRows(rows, labels)), used
