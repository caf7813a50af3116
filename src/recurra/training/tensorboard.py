"""A run's curves for TensorBoard, as they come: records of TensorFlow's format, each an ``Event`` of protobuf's.

A record is its length (uint64), a check sum of that, the event, and a check sum of the event (TensorFlow's
core/lib/io/record_writer.h); an event has wall_time (1), step (2), file_version (3) or a summary (5) of values, each a
tag (1) and a simple_value (2) (core/util/event.proto, core/framework/summary.proto).
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from recurra.atomic import write_atomically
from recurra.errors import RecurraError
from recurra.training.callbacks import Callback, TrainingMetrics, ValidationMetrics
from recurra.training.run import EVENTS
from recurra.training.steps.step import StepResults

__all__ = ["VERSION_EVENT", "TensorBoard", "records_up_to", "scalar_event"]

NAME = "events.out.tfevents.recurra"


class TensorBoard(Callback):
    """Writes a run's curves into DIR/tensorboard.

    Curves go over the documents trained on. A run that is resumed goes on where its checkpoint was: later points, which
    come again, are taken out of the file.

    Args:
        folder: the run's folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self.path = Path(folder) / EVENTS / NAME
        self._file: BinaryIO | None = None
        self._documents, self._before, self._since = 0, 0, 0.0

    def on_train_begin(self, documents: int, done: int) -> None:
        """Begins the file, or goes on in it.

        Raises:
            RecurraError: it cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            kept = records_up_to(self.path.read_bytes(), done) if done and self.path.exists() else b""
            write_atomically(self.path, kept or VERSION_EVENT)
            self._file = self.path.open("ab")
        except OSError as error:
            raise RecurraError(
                f"{self.path} cannot be written: {error.strerror or error}", "Choose another folder, or no log."
            ) from error
        self._documents = self._before = done
        self._since = time.monotonic()

    def on_steps_end(self, results: StepResults) -> None:
        """Counts the documents."""
        self._documents += sum(result.documents for result in results.taken)

    def on_log(self, metrics: TrainingMetrics) -> None:
        """Writes loss, accuracy, learning rate and documents a second."""
        now = time.monotonic()
        rate = (self._documents - self._before) / max(now - self._since, 1e-9)
        self._before, self._since = self._documents, now
        self._write({
            "loss/training": metrics.loss,
            "accuracy/training": metrics.accuracy,
            "learning_rate": metrics.learning_rate,
            "documents_per_second": rate,
        })  # fmt: skip

    def on_validation_end(self, metrics: ValidationMetrics) -> None:
        """Writes loss and accuracy on the rows held out."""
        self._write({"loss/validation": metrics.loss, "accuracy/validation": metrics.accuracy})
        # The look at the held-out rows is no training.
        self._since = time.monotonic()

    def on_train_end(self) -> None:
        """Ends the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, values: dict[str, float]) -> None:
        if self._file is not None:
            seconds = time.time()
            for tag, value in values.items():
                self._file.write(scalar_event(tag, value, step=self._documents, seconds=seconds))
            self._file.flush()


POLYNOMIAL = 0x82F63B78


def _table() -> tuple[int, ...]:
    values = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
        values.append(byte)
    return tuple(values)


TABLE = _table()


def scalar_event(tag: str, value: float, *, step: int, seconds: float) -> bytes:
    """The record of a number.

    Args:
        tag: name of its curve.
        value: stored as float32.
        step: where on the curve.
        seconds: since 1970.
    """
    name = tag.encode()
    point = b"\x0a" + _varint(len(name)) + name + b"\x15" + struct.pack("<f", value)
    summary = b"\x0a" + _varint(len(point)) + point
    return _record(_time(seconds) + b"\x10" + _varint(step) + b"\x2a" + _varint(len(summary)) + summary)


def records_up_to(data: bytes, step: int) -> bytes:
    """The whole records at the beginning of a file that belong to this step or an earlier one.

    Args:
        data: the file; a record that is cut or altered ends it.
        step: the last to keep.
    """
    return b"".join(record for record, at in _records(data) if at <= step)


def _records(data: bytes) -> Iterator[tuple[bytes, int]]:
    place = 0
    while len(data) - place >= 16:
        (length,) = struct.unpack_from("<Q", data, place)
        end = place + 16 + length
        if end > len(data):
            return
        event = data[place + 12 : end - 4]
        if data[place:end] != _record(event):
            return
        yield data[place:end], _step(event)
        place = end


def _step(event: bytes) -> int:
    """The step of an event that was written here: behind the time, where it has one."""
    if event[9:10] != b"\x10":
        return 0
    value, shift = 0, 0
    for byte in event[10:20]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return value


def _record(event: bytes) -> bytes:
    length = struct.pack("<Q", len(event))
    return length + _check(length) + event + _check(event)


def _check(data: bytes) -> bytes:
    """The masked CRC-32C."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _time(seconds: float) -> bytes:
    return b"\x09" + struct.pack("<d", seconds)


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


VERSION_EVENT = _record(_time(0.0) + b"\x1a\x0dbrain.Event:2")
"""The record with which a file begins."""
