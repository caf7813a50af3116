"""Sinks write predictions to a .csv, .jsonl, .xlsx or .parquet file, batch by batch."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from recurra.data.arrow_columns import is_float, is_nested, is_number, is_text
from recurra.data.documents import Label
from recurra.data.plain_columns import Column, PlainColumn, is_json
from recurra.errors import DataError, SettingsError
from recurra.tasks import Decision, Task

__all__ = ["KINDS", "File", "Predictions", "Sink", "column_names", "text_sink", "written"]

KINDS = (".csv", ".jsonl", ".xlsx", ".parquet")

_QUOTED = re.compile('[",\r\n]')


class File(Protocol):
    """A binary output: a file, a compressor, or standard output."""

    @property
    def flushed(self) -> bool:
        """Whether everything received has been written."""

    def write(self, data: bytes, /) -> int:
        """Writes bytes and returns their number."""

    def flush(self) -> None:
        """Writes what is buffered, if anything is."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """The predictions of a batch of consecutive rows.

    Attributes:
        kept: columns of the input that are copied to the output, by name.
        decision: the label, or the labels, of each row.
        shown: float32[B, K], the probability columns, as :meth:`recurra.tasks.Task.shown` returns them.
    """

    kept: dict[str, Column]
    decision: Decision
    shown: npt.NDArray[np.float32]


class Sink(Protocol):
    """Receives predictions in the order of the rows."""

    @property
    def flushed(self) -> bool:
        """Whether everything received has been written."""

    def write(self, predictions: Predictions) -> None:
        """Appends them."""

    def finish(self) -> None:
        """Writes what is still buffered; the file stays open."""


def column_names(keep: Sequence[str], classes: Sequence[Label], *, every: bool, task: Task) -> list[str]:
    """The columns of the output, in order: kept columns, the task's columns, and one per class if ``every``.

    If a kept column has the name of one of the others, all of those get the prefix ``predicted_``.

    Raises:
        SettingsError: a column is kept twice.
    """
    own = list(task.columns)
    if every:
        own += [f"probability_{written(label)}" for label in classes]
    for name in keep:
        if keep.count(name) > 1:
            raise SettingsError(f"--keep {name[:80]!r} names a column twice", "Name it once.")
    while not set(own).isdisjoint(keep):
        own = [f"predicted_{name}" for name in own]
    return [*keep, *own]


def written(label: Label) -> str:
    """A label as text: booleans are true and false, as in JSON."""
    return label if isinstance(label, str) else json.dumps(label)


def text_sink(
    kind: str,
    file: File,
    names: Sequence[str],
    classes: Sequence[Label],
    *,
    kept: int,
    mark: str = "|",
    begun: bool = False,
) -> Sink:
    """The sink that writes .csv or .jsonl.

    Args:
        kind: ``.csv`` or ``.jsonl``.
        file: receives the bytes.
        names: the names of the columns, from :func:`column_names`.
        classes: the model's classes.
        kept: number of kept columns.
        mark: the separator between the labels of a row in .csv, for multi-label models; .jsonl has lists.
        begun: whether the file already has rows.
    """
    cells = ["%s"] * (kept + 1) + ["%.7f"] * (len(names) - kept - 1)
    if kind == ".csv":
        if not begun:
            file.write((",".join(map(_csv_cell, names)) + "\n").encode("utf-8", "replace"))
        words = [written(label) for label in classes]
        return _Text(file, ",".join(cells) + "\n", partial(_csv_labels, words, mark), _csv_column)
    keys = [json.dumps(name, ensure_ascii=False).replace("%", "%%") for name in names]
    template = ", ".join(f"{key}: {cell}" for key, cell in zip(keys, cells, strict=True))
    words = [json.dumps(label, ensure_ascii=False) for label in classes]
    return _Text(file, "{" + template + "}\n", partial(_json_labels, words), _json_column)


class _Text:
    """Writes rows of text from one template; probabilities have seven decimals, the precision of float32."""

    def __init__(
        self,
        file: File,
        template: str,
        labels: Callable[[Decision], list[str]],
        cells: Callable[[str, Any], list[str]],
    ) -> None:
        self.file, self.template, self.labels, self.cells = file, template, labels, cells
        self.numbers = template.count("%.7f")

    @property
    def flushed(self) -> bool:
        return self.file.flushed

    def write(self, predictions: Predictions) -> None:
        columns: list[list[Any]] = [self.cells(name, column) for name, column in predictions.kept.items()]
        columns.append(self.labels(predictions.decision))
        columns += predictions.shown[:, : self.numbers].T.tolist()
        rows, width = len(predictions.decision), len(columns)
        flat: list[Any] = [None] * (rows * width)
        for place, column in enumerate(columns):
            flat[place::width] = column
        # One template for all rows is twice as fast as formatting row by row.
        self.file.write(((self.template * rows) % tuple(flat)).encode("utf-8", "replace"))

    def finish(self) -> None:
        self.file.flush()


def _csv_labels(words: Sequence[str], mark: str, decision: Decision) -> list[str]:
    # Without quotes, a row of one empty cell would be an empty line, which readers skip.
    return decision.format(words, one=_csv_cell, none="", many=lambda some: _csv_cell(mark.join(some)) or '""')


def _json_labels(words: Sequence[str], decision: Decision) -> list[str]:
    return decision.format(words, one=str, none="null", many=lambda some: f"[{', '.join(some)}]")


def _csv_cell(value: str | None) -> str:
    """A CSV field (RFC 4180), quoted if it holds a comma, a quote or a line break."""
    if value is None:
        return ""
    return '"' + value.replace('"', '""') + '"' if _QUOTED.search(value) else value


def _csv_column(name: str, column: Column) -> list[str]:
    return [_csv_cell(value) for value in _texts(name, column)]


def _json_column(name: str, column: Column) -> list[str]:
    kind = column.type
    if is_nested(kind):
        return [json.dumps(value, ensure_ascii=False, default=str) for value in column.to_pylist()]
    if is_json(kind):
        return [value or "null" for value in column.to_pylist()]
    if is_float(kind):
        # JSON has no NaN and no infinity.
        return [
            json.dumps(value if value is not None and math.isfinite(value) else None) for value in column.to_pylist()
        ]
    values = column.to_pylist() if is_number(kind) else _texts(name, column)
    return [json.dumps(value, ensure_ascii=False) for value in values]


def _texts(name: str, column: Column) -> list[str | None]:
    """The values as texts."""
    if is_nested(column.type):
        rows = column.to_pylist()
        return [None if row is None else json.dumps(row, ensure_ascii=False, default=str) for row in rows]
    if isinstance(column, PlainColumn):
        return column.texts()
    if is_text(column.type):
        return list(column.to_pylist())
    if is_json(column.type):
        return list(column.cast(column.type.storage_type).to_pylist())
    import pyarrow as pa

    try:
        return list(column.cast(pa.large_string()).to_pylist())
    except pa.ArrowException:
        raise DataError(
            f"The kept column {name[:80]!r} holds {str(column.type)[:80]}, which has no form as text",
            "Name the columns to keep with --keep, or write a .parquet file.",
        ) from None
