"""Answers as a .parquet file.

Parquet has its index at the end, so a file that is cut cannot be gone on with. What is written meanwhile is Arrow's
stream of record batches, each whole in itself; in the end it becomes row groups, as many rows each whatever the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recurra.data.documents import Label
from recurra.errors import DataError
from recurra.scoring.sinks import Answers, File, written
from recurra.tasks import Decision

if TYPE_CHECKING:
    import pyarrow

__all__ = ["BatchSink", "as_parquet"]

ROW_GROUP = 1 << 18
"""Rows of a row group of Parquet, about."""
ROW_GROUP_BYTES = 16 << 20
"""Bytes of its columns in memory, about: kept texts may be long."""


class BatchSink:
    """Arrow's stream of record batches; probabilities are float32 as they were computed.

    Args:
        file: takes the bytes.
        names: of the columns, from :func:`recurra.scoring.sinks.column_names`.
        classes: the model's.
        begun: whether there are rows in the file already.
    """

    settled = True

    def __init__(self, file: File, names: Sequence[str], classes: Sequence[Label], *, begun: bool = False) -> None:
        import pyarrow as pa

        self.file, self.names, self.begun = file, list(names), begun
        try:
            self.labels = pa.array(classes)
        except (pa.ArrowException, OverflowError):
            # Whole numbers beyond 64 bits.
            self.labels = pa.array(map(written, classes))

    def write(self, answers: Answers) -> None:
        """See :class:`recurra.scoring.sinks.Sink`."""
        import pyarrow as pa

        columns = [*answers.kept.values(), self._labels(answers.decision)]
        columns += map(pa.array, answers.shown.T[: len(self.names) - len(columns)])
        table = pa.table(columns, names=self.names)
        if not self.begun:
            self.file.write(table.schema.serialize().to_pybytes())
            self.begun = True
        for batch in table.combine_chunks().to_batches():
            try:
                data = batch.serialize()
            except pa.ArrowException as error:
                raise DataError(
                    f"A kept column cannot be written: {str(error)[:120]}", "Name the columns to keep with --keep."
                ) from None
            self.file.write(data.to_pybytes())

    def finish(self) -> None:
        """There is nothing to come."""

    def _labels(self, decision: Decision) -> pyarrow.Array:
        import pyarrow as pa

        labels = self.labels.take(pa.array(decision.places, mask=decision.places < 0))
        if decision.offsets is None:
            return labels
        return pa.ListArray.from_arrays(pa.array(decision.offsets, pa.int32()), labels)


def as_parquet(stream: Path, file: Any) -> None:
    """Makes a .parquet file of what a :class:`BatchSink` wrote.

    Args:
        stream: the finished stream.
        file: takes the bytes.
    """
    import pyarrow as pa
    from pyarrow import ipc, parquet

    with (
        pa.OSFile(str(stream)) as source,
        ipc.open_stream(source) as batches,
        parquet.ParquetWriter(file, batches.schema) as writer,
    ):
        for group in _groups(batches):
            writer.write_table(pa.Table.from_batches(group, batches.schema))


def _groups(batches: Any) -> Iterator[list[pyarrow.RecordBatch]]:
    group: list[pyarrow.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        group.append(batch)
        rows, size = rows + len(batch), size + batch.nbytes
        if rows >= ROW_GROUP or size >= ROW_GROUP_BYTES:
            yield group
            group, rows, size = [], 0, 0
    if group:
        yield group
