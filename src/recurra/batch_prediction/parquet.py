"""Predictions as a .parquet file.

Parquet has its index at the end, so a truncated file cannot be resumed. The running output is therefore an Arrow IPC
stream of record batches, which is converted at the end to row groups whose sizes do not depend on interruptions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recurra.batch_prediction.sinks import File, Predictions, written
from recurra.data.documents import Label
from recurra.errors import DataError
from recurra.tasks import Decision

if TYPE_CHECKING:
    import pyarrow

__all__ = ["ParquetSink", "RecordBatchSink", "stream_to_parquet"]

ROW_GROUP = 1 << 18
"""Approximate number of rows in a Parquet row group."""
ROW_GROUP_BYTES = 16 << 20
"""Approximate size of a row group in memory: kept texts may be long."""


class _Tables:
    """Turns predictions into Arrow tables; probabilities are float32 as they were computed."""

    def __init__(self, names: Sequence[str], classes: Sequence[Label]) -> None:
        import pyarrow as pa

        self.names = list(names)
        try:
            self.labels = pa.array(classes)
        except (pa.ArrowException, OverflowError):
            # Integers beyond 64 bits.
            self.labels = pa.array(map(written, classes))

    def of(self, predictions: Predictions) -> pyarrow.Table:
        import pyarrow as pa

        columns = [*predictions.kept.values(), self._labels(predictions.decision)]
        columns += map(pa.array, predictions.shown.T[: len(self.names) - len(columns)])
        return pa.table(columns, names=self.names).combine_chunks()

    def _labels(self, decision: Decision) -> pyarrow.Array:
        import pyarrow as pa

        labels = self.labels.take(pa.array(decision.places, mask=decision.places < 0))
        if decision.offsets is None:
            return labels
        return pa.ListArray.from_arrays(pa.array(decision.offsets, pa.int32()), labels)


class RecordBatchSink:
    """Writes an Arrow IPC stream of record batches.

    Args:
        file: receives the bytes.
        names: the names of the columns, from :func:`recurra.batch_prediction.sinks.column_names`.
        classes: the model's classes.
        begun: whether the file already has rows.
    """

    flushed = True

    def __init__(self, file: File, names: Sequence[str], classes: Sequence[Label], *, begun: bool = False) -> None:
        self.file, self.begun, self._tables = file, begun, _Tables(names, classes)

    def write(self, predictions: Predictions) -> None:
        """See :class:`recurra.batch_prediction.sinks.Sink`."""
        import pyarrow as pa

        table = self._tables.of(predictions)
        if not self.begun:
            self.file.write(table.schema.serialize().to_pybytes())
            self.begun = True
        for batch in table.to_batches():
            try:
                data = batch.serialize()
            except pa.ArrowException as error:
                raise _unwritable(error) from None
            self.file.write(data.to_pybytes())

    def finish(self) -> None:
        """Nothing is buffered."""


class ParquetSink:
    """Writes a .parquet file that is not resumed: the same row groups, without the stream before them.

    Args:
        file: receives the bytes.
        names: as for :class:`RecordBatchSink`.
        classes: as there.
    """

    flushed = False

    def __init__(self, file: Any, names: Sequence[str], classes: Sequence[Label]) -> None:
        self.file, self._tables = file, _Tables(names, classes)
        self._group = _Group()
        self._writer: Any = None

    def write(self, predictions: Predictions) -> None:
        """See :class:`recurra.batch_prediction.sinks.Sink`."""
        from pyarrow import parquet

        table = self._tables.of(predictions)
        if self._writer is None:
            self._writer = parquet.ParquetWriter(self.file, table.schema)
        for batch in table.to_batches():
            if group := self._group.add(batch):
                self._write(group)

    def finish(self) -> None:
        """Writes the last row group; :meth:`close` follows."""
        if self._group.batches:
            self._write(self._group.batches)

    def close(self, record: dict[str, str]) -> None:
        """Writes the footer.

        Args:
            record: texts for the file's metadata, by their keys.
        """
        if self._writer is not None:
            self._writer.add_key_value_metadata(record)
            self._writer.close()

    def _write(self, batches: list[pyarrow.RecordBatch]) -> None:
        import pyarrow as pa

        try:
            self._writer.write_table(pa.Table.from_batches(batches))
        except pa.ArrowException as error:
            raise _unwritable(error) from None


def _unwritable(error: Exception) -> DataError:
    return DataError(f"A kept column cannot be written: {str(error)[:120]}", "Name the columns to keep with --keep.")


def stream_to_parquet(stream: Path, file: Any) -> None:
    """Converts the stream that a :class:`RecordBatchSink` wrote to a .parquet file.

    Args:
        stream: the finished stream.
        file: receives the bytes.
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


class _Group:
    """Record batches of the row group that is being filled."""

    def __init__(self) -> None:
        self.batches: list[pyarrow.RecordBatch] = []
        self._rows = self._size = 0

    def add(self, batch: pyarrow.RecordBatch) -> list[pyarrow.RecordBatch]:
        """Adds a batch; returns the batches of the row group if it is full, and begins the next one."""
        self.batches.append(batch)
        self._rows, self._size = self._rows + len(batch), self._size + batch.nbytes
        if self._rows < ROW_GROUP and self._size < ROW_GROUP_BYTES:
            return []
        full = self.batches
        self.batches, self._rows, self._size = [], 0, 0
        return full


def _groups(batches: Any) -> Iterator[list[pyarrow.RecordBatch]]:
    group = _Group()
    for batch in batches:
        if full := group.add(batch):
            yield full
    if group.batches:
        yield group.batches
