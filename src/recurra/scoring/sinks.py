"""Where answers go: a .csv, .jsonl or .parquet file, block by block."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from recurra.data.cells import is_text
from recurra.data.documents import Label
from recurra.errors import DataError, SettingsError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["KINDS", "Answers", "File", "Sink", "column_names", "sink_for"]

KINDS = (".csv", ".jsonl", ".parquet")

ROW_GROUP = 1 << 18
"""Rows of a row group of Parquet, about."""
ROW_GROUP_BYTES = 16 << 20
"""Bytes of its columns in memory, about: kept texts may be long."""

_QUOTED = re.compile('[",\r\n]')


class File(Protocol):
    """What bytes are written to."""

    def write(self, data: bytes, /) -> int:
        """Takes bytes and tells how many."""


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers for some rows that follow each other.

    Attributes:
        kept: columns of the input that go with them.
        chosen: int64[B], the class with the largest probability.
        probabilities: float32[B, C].
    """

    kept: dict[str, pyarrow.ChunkedArray]
    chosen: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]

    @property
    def shown(self) -> npt.NDArray[np.float32]:
        """float32[B, 1 + C]: the chosen class's probability, and then each one's."""
        best = np.take_along_axis(self.probabilities, self.chosen[:, None], axis=1)
        return np.concatenate([best, self.probabilities], axis=1)


class Sink(Protocol):
    """Takes answers in the order of the rows."""

    def write(self, answers: Answers) -> None:
        """Writes them behind those that are there."""

    def finish(self) -> None:
        """Writes what is still to come; the file stays open."""


def column_names(keep: Sequence[str], classes: Sequence[Label], *, every: bool) -> list[str]:
    """The columns of the output, in order: those kept, ``label``, ``probability``, and one a class if ``every``.

    Raises:
        SettingsError: two of them have the same name.
    """
    names = [*keep, "label", "probability"]
    if every:
        names += [f"probability_{written(label)}" for label in classes]
    for name in keep:
        if names.count(name) > 1:
            raise SettingsError(
                f"--keep {name[:80]!r} names a column twice, or one that the output has of its own",
                "Leave it out, or rename it in the data.",
            )
    return names


def written(label: Label) -> str:
    """A label as files of text write it: true and not True."""
    return label if isinstance(label, str) else json.dumps(label)


def sink_for(kind: str, file: File, names: Sequence[str], classes: Sequence[Label]) -> Sink:
    """The sink that writes one kind of file.

    Args:
        kind: one of :data:`KINDS`.
        file: takes the bytes.
        names: of the columns, from :func:`column_names`.
        classes: the model's.
    """
    if kind == ".parquet":
        return _Parquet(file, names, classes)
    kept = len(names) - 2 - (len(classes) if names[-1] != "probability" else 0)
    cells = ["%s"] * (kept + 1) + ["%.7f"] * (len(names) - kept - 1)
    if kind == ".csv":
        file.write((",".join(map(_csv_cell, names)) + "\n").encode("utf-8", "replace"))
        return _Text(file, ",".join(cells) + "\n", [_csv_cell(written(label)) for label in classes], _csv_column)
    keys = [json.dumps(name, ensure_ascii=False).replace("%", "%%") for name in names]
    template = ", ".join(f"{key}: {cell}" for key, cell in zip(keys, cells, strict=True))
    return _Text(
        file, "{" + template + "}\n", [json.dumps(label, ensure_ascii=False) for label in classes], _json_column
    )


class _Text:
    """Rows of text, all made by one template; probabilities have seven decimals, which is what float32 holds."""

    def __init__(
        self, file: File, template: str, labels: Sequence[str], cells: Callable[[str, Any], list[str]]
    ) -> None:
        self.file, self.template, self.labels, self.cells = file, template, labels, cells
        self.numbers = template.count("%.7f")

    def write(self, answers: Answers) -> None:
        columns: list[list[Any]] = [self.cells(name, column) for name, column in answers.kept.items()]
        columns.append([self.labels[place] for place in answers.chosen.tolist()])
        columns += answers.shown[:, : self.numbers].T.tolist()
        rows, width = len(answers.chosen), len(columns)
        flat: list[Any] = [None] * (rows * width)
        for place, column in enumerate(columns):
            flat[place::width] = column
        # One template for all rows is twice as fast as one row after the other.
        self.file.write(((self.template * rows) % tuple(flat)).encode("utf-8", "replace"))

    def finish(self) -> None:
        pass


def _csv_cell(value: str | None) -> str:
    """RFC 4180: in quotes where a comma, a quote or a line break would be misread."""
    if value is None:
        return ""
    return '"' + value.replace('"', '""') + '"' if _QUOTED.search(value) else value


def _csv_column(name: str, column: pyarrow.ChunkedArray) -> list[str]:
    return [_csv_cell(value) for value in _as_text(name, column).to_pylist()]


def _json_column(name: str, column: pyarrow.ChunkedArray) -> list[str]:
    from pyarrow import types

    kind = column.type
    if types.is_floating(kind):
        # JSON has no form for what is no finite number.
        return [
            json.dumps(value if value is not None and math.isfinite(value) else None) for value in column.to_pylist()
        ]
    if not (types.is_integer(kind) or types.is_boolean(kind)):
        column = _as_text(name, column)
    return [json.dumps(value, ensure_ascii=False) for value in column.to_pylist()]


def _as_text(name: str, column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    import pyarrow as pa

    if is_text(column.type):
        return column
    try:
        return column.cast(pa.large_string())
    except pa.ArrowException:
        raise DataError(
            f"The kept column {name[:80]!r} holds {str(column.type)[:80]}, which has no form as text",
            "Leave it out, or write a .parquet file.",
        ) from None


class _Parquet:
    """Row groups of about :data:`ROW_GROUP` rows; probabilities are float32 as they were computed."""

    def __init__(self, file: File, names: Sequence[str], classes: Sequence[Label]) -> None:
        import pyarrow as pa

        self.file, self.names = file, names
        try:
            self.labels = pa.array(classes)
        except (pa.ArrowException, OverflowError):
            # Whole numbers beyond 64 bits.
            self.labels = pa.array(map(written, classes))
        self.waiting: list[Any] = []
        self.writer: Any = None

    def write(self, answers: Answers) -> None:
        import pyarrow as pa

        columns = [*answers.kept.values(), self.labels.take(pa.array(answers.chosen))]
        columns += map(pa.array, answers.shown.T[: len(self.names) - len(columns)])
        self.waiting.append(pa.table(columns, names=self.names))
        rows = sum(table.num_rows for table in self.waiting)
        if rows >= ROW_GROUP or sum(table.nbytes for table in self.waiting) >= ROW_GROUP_BYTES:
            self._write_group()

    def _write_group(self) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        table = pa.concat_tables(self.waiting)
        self.waiting = []
        if self.writer is None:
            self.writer = parquet.ParquetWriter(self.file, table.schema)
        self.writer.write_table(table)

    def finish(self) -> None:
        if self.waiting:
            self._write_group()
        if self.writer is not None:
            self.writer.close()
