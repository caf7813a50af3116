"""The file that TensorBoard reads: records of TensorFlow's format, each an ``Event`` in the wire form of protobuf.

A record is its length (uint64), a check sum of that, the event, and a check sum of the event (TensorFlow's
core/lib/io/record_writer.h); an event has wall_time (1), step (2), file_version (3) or a summary (5) of values, each a
tag (1) and a simple_value (2) (core/util/event.proto, core/framework/summary.proto).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

__all__ = ["VERSION_EVENT", "records_up_to", "scalar_event"]

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
