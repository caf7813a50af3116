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

__all__ = ["RecordBatchSink", "stream_to_parquet"]

ROW_GROUP = 1 << 18
"""Approximate number of rows in a Parquet row group."""
ROW_GROUP_BYTES = 16 << 20
"""Approximate size of a row group in memory: kept texts may be long."""


class RecordBatchSink:
    """Writes an Arrow IPC stream of record batches; probabilities are float32 as they were computed.

    Args:
        file: receives the bytes.
        names: the names of the columns, from :func:`recurra.batch_prediction.sinks.column_names`.
        classes: the model's classes.
        begun: whether the file already has rows.
    """

    flushed = True

    def __init__(self, file: File, names: Sequence[str], classes: Sequence[Label], *, begun: bool = False) -> None:
        import pyarrow as pa

        self.file, self.names, self.begun = file, list(names), begun
        try:
            self.labels = pa.array(classes)
        except (pa.ArrowException, OverflowError):
            # Integers beyond 64 bits.
            self.labels = pa.array(map(written, classes))

    def write(self, predictions: Predictions) -> None:
        """See :class:`recurra.batch_prediction.sinks.Sink`."""
        import pyarrow as pa

        columns = [*predictions.kept.values(), self._labels(predictions.decision)]
        columns += map(pa.array, predictions.shown.T[: len(self.names) - len(columns)])
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
        """Nothing is buffered."""

    def _labels(self, decision: Decision) -> pyarrow.Array:
        import pyarrow as pa

        labels = self.labels.take(pa.array(decision.places, mask=decision.places < 0))
        if decision.offsets is None:
            return labels
        return pa.ListArray.from_arrays(pa.array(decision.offsets, pa.int32()), labels)


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
