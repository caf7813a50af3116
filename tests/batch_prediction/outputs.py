"""Predictions to write, and readers of what was written that are not ours."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from recurra.batch_prediction.parquet import RecordBatchSink, stream_to_parquet
from recurra.batch_prediction.sinks import Predictions, Sink, column_names, text_sink
from recurra.runtime import Model
from recurra.tasks import Decision

pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")

FORMS = (".csv", ".jsonl", ".parquet")


class Bytes:
    """A file in memory."""

    flushed = True

    def __init__(self) -> None:
        self.data = b""
        self.writes = 0

    def write(self, data: bytes, /) -> int:
        self.data += data
        self.writes += 1
        return len(data)

    def flush(self) -> None:
        """All is written at once."""


def sink_of(
    form: str, file: Any, keep: Sequence[str], model: Model, *, every: bool = True, begun: bool = False, mark: str = "|"
) -> tuple[Sink, list[str]]:
    """A sink, and the names of its columns."""
    names = column_names(keep, model.bundle.labels.classes, every=every, task=model.task)
    if form == ".parquet":
        return RecordBatchSink(file, names, model.bundle.labels.classes, begun=begun), names
    return text_sink(form, file, names, model.bundle.labels.classes, kept=len(keep), mark=mark, begun=begun), names


def of_places(places: Sequence[int], probabilities: Sequence[Sequence[float]], **kept: Any) -> Predictions:
    """Predictions of rows that have one label, or none where the place is -1."""
    columns = {name: pa.chunked_array([pa.array(values)]) for name, values in kept.items()}
    shown = np.array(probabilities, dtype=np.float32).reshape(len(places), -1)
    return Predictions(columns, Decision(np.array(places, dtype=np.int64)), shown)


def read_csv(data: bytes) -> list[dict[str, str]]:
    """By Python's csv."""
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))


def read_json_lines(data: bytes) -> list[dict[str, Any]]:
    """By Python's json, which takes NaN unless it is told not to."""

    def refused(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    assert data == b"" or data.endswith(b"\n")
    return [json.loads(line, parse_constant=refused) for line in data.decode().split("\n")[:-1]]


def parquet_of(stream: bytes, folder: Any) -> Any:
    """The table that pyarrow reads from the .parquet file that a stream becomes."""
    (folder / "stream").write_bytes(stream)
    with (folder / "out.parquet").open("wb") as file:
        stream_to_parquet(folder / "stream", file)
    return parquet.read_table(folder / "out.parquet")


def read_back(form: str, data: bytes, folder: Any) -> list[dict[str, Any]]:
    """Rows of any form; texts alone in CSV."""
    readers: dict[str, Callable[[bytes], list[dict[str, Any]]]] = {".csv": read_csv, ".jsonl": read_json_lines}
    if form == ".parquet":
        found: list[dict[str, Any]] = parquet_of(data, folder).to_pylist()
        return found
    return readers[form](data)
