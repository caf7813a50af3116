"""Reads Arrow strings of any library into a text buffer, without pyarrow.

pyarrow, Polars, pandas, DuckDB and others export their strings through the Arrow PyCapsule interface. The text is not
copied if it is contiguous already, as in an array of the types utf8 and large_utf8.
"""

from __future__ import annotations

import codecs
import ctypes
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Protocol, TypeAlias, TypeGuard

import numpy as np
import numpy.typing as npt

from recurra.errors import DataError
from recurra.text.arrow_structs import ArrowArray, ArrowSchema, ArrowStream, OwnedArray, memory_at, release, struct_in
from recurra.text.buffer import TextBuffer

__all__ = ["ArrowStrings", "from_arrow", "is_arrow"]

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

# Index types of dictionaries, by their Arrow format.
_INDICES = {"c": "i1", "C": "u1", "s": "i2", "S": "u2", "i": "i4", "I": "u4", "l": "i8", "L": "u8"}
# Strings of this length or shorter are stored in the view itself.
_INLINE = 12
# Bytes whose UTF-8 is checked at once.
_PIECE = 1 << 20


class ArrowArrayLike(Protocol):
    """Exports itself as one Arrow array."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        """Capsules of the type and of the array."""


class ArrowStreamLike(Protocol):
    """Exports itself as a stream of Arrow arrays."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A capsule of the stream."""


ArrowStrings: TypeAlias = ArrowArrayLike | ArrowStreamLike


def is_arrow(source: object) -> TypeGuard[ArrowStrings]:
    """Whether an object exports itself as an Arrow array or as a stream of them."""
    return hasattr(source, "__arrow_c_array__") or hasattr(source, "__arrow_c_stream__")


def from_arrow(source: ArrowStrings) -> TextBuffer:
    """The texts of an Arrow array, or of all arrays of a stream (a chunked array, a column of a table) in turn.

    The returned arrays keep the Arrow memory alive; ``source`` itself may be deleted. Offsets are copied, so that they
    cannot change after they were checked; ``data`` is read-only, and copied only for string views, dictionaries,
    streams of several arrays, and nulls with text behind them. The UTF-8 is checked.

    Args:
        source: an object with ``__arrow_c_array__`` or ``__arrow_c_stream__`` that holds utf8, large_utf8 or string
            views, plain or dictionary-encoded; slices too. Nulls are read as empty texts.

    Returns:
        B texts of valid UTF-8.

    Raises:
        DataError: another type, a text that is not UTF-8, decreasing offsets, or a stream that ends with an error.
    """
    if hasattr(source, "__arrow_c_array__"):
        schema, array = source.__arrow_c_array__()
        # The capsules own the structs: they must not be deleted before the texts are read.
        return _texts(struct_in(schema, ArrowSchema), struct_in(array, ArrowArray), array)
    capsule = source.__arrow_c_stream__()
    return _concatenate(list(_parts(struct_in(capsule, ArrowStream))))


def _parts(stream: Any) -> Iterator[TextBuffer]:
    address, schema = ctypes.addressof(stream), ArrowSchema()
    _check_read(stream, stream.get_schema(address, ctypes.addressof(schema)))
    try:
        _check_format(schema)
        while True:
            owner = OwnedArray()
            _check_read(stream, stream.get_next(address, ctypes.addressof(owner.struct)))
            if not owner.struct.release:
                return
            yield _texts(schema, owner.struct, owner)
    finally:
        release(schema)


def _check_read(stream: Any, code: int) -> None:
    if code:
        reason = stream.get_last_error(ctypes.addressof(stream)) or b"no reason given"
        raise DataError(
            f"The Arrow stream broke off with error {code}: {reason.decode('utf-8', 'replace')[:200]}",
            "Correct what produces it.",
        )


def _concatenate(parts: Sequence[TextBuffer]) -> TextBuffer:
    """The texts of all parts in turn; a single part is not copied."""
    if len(parts) == 1:
        return parts[0]
    bodies = [part.data[part.offsets[0] : part.offsets[-1]] for part in parts]
    lengths = [np.diff(part.offsets) for part in parts]
    return _buffer(b"".join(body.data for body in bodies), np.concatenate([np.empty(0, dtype=np.int64), *lengths]))


def _texts(schema: Any, array: Any, owner: object) -> TextBuffer:
    kind = _check_format(schema)
    length, offset = array.length, array.offset
    if length < 0 or offset < 0:
        raise DataError(f"The Arrow array has length {length} and offset {offset}", "Create the array again.")
    if length == 0 or kind == "n":
        return _buffer(b"", np.zeros(length, dtype=np.int64))
    addresses = _addresses(array, {"u": 3, "U": 3, "vu": 3}.get(kind, 2))
    empty = _nulls(array, addresses[0], owner)
    if kind == "vu":
        return _check_utf8(_views(array, addresses, empty, owner))
    if kind in _INDICES:
        indices = memory_at(addresses[1], offset + length, _INDICES[kind], owner)[offset:]
        words = _texts(_dictionary(schema, ArrowSchema), _dictionary(array, ArrowArray), owner)
        return _decode_dictionary(indices, words, empty)
    width = "i4" if kind == "u" else "i8"
    offsets = memory_at(addresses[1], offset + length + 1, width, owner)[offset:].astype(np.int64)
    if offsets[0] < 0 or (offsets[1:] < offsets[:-1]).any():
        raise DataError("The Arrow array has offsets that fall or are below 0", "Create the array again.")
    data = memory_at(addresses[2], int(offsets[-1]), np.uint8, owner)
    buffer = TextBuffer(data, offsets)
    if empty is not None and (np.diff(offsets)[empty] > 0).any():
        view = data.data
        buffer = _gather([view[a:b] for a, b in pairwise(offsets.tolist())], empty)
    return _check_utf8(buffer)


def _check_format(schema: Any) -> str:
    """The format of the strings, or of the indices of dictionary-encoded ones."""
    kind = (schema.format or b"").decode("utf-8", "replace")
    inner = kind
    if schema.dictionary:
        words = _dictionary(schema, ArrowSchema)
        inner = "" if words.dictionary else (words.format or b"").decode("utf-8", "replace")
    if inner not in {"u", "U", "vu", "n"} or (schema.dictionary and kind not in _INDICES):
        shown = f"{inner or kind!r:.80} (dictionary-encoded)" if schema.dictionary else f"{kind!r:.80}"
        raise DataError(
            f"The Arrow array has the format {shown}, which is not strings",
            "Give one column of strings (cast it: column.cast('string')), or a list of texts.",
        )
    return kind


def _dictionary(struct: Any, kind: type[ctypes.Structure]) -> Any:
    if not struct.dictionary:
        raise DataError("The Arrow array has indices and no dictionary", "Create the array again.")
    return kind.from_address(struct.dictionary)


def _addresses(array: Any, least: int) -> list[int | None]:
    if array.n_buffers < least or not array.buffers:
        raise DataError(
            f"The Arrow array has {array.n_buffers} buffers and needs {least} or more", "Create the array again."
        )
    return [array.buffers[place] for place in range(array.n_buffers)]


def _nulls(array: Any, address: int | None, owner: object) -> Flags | None:
    """Which texts are null, bool[B]; ``None`` if none is."""
    if not address or array.null_count == 0:
        return None
    first, end = array.offset, array.offset + array.length
    bits = memory_at(address, (end + 7) // 8, np.uint8, owner)[first // 8 :]
    valid = np.unpackbits(bits, bitorder="little")[first % 8 :][: array.length]
    nulls: Flags = valid == 0
    return nulls


def _views(array: Any, addresses: list[int | None], empty: Flags | None, owner: object) -> TextBuffer:
    """String views of 16 bytes: the length, then the string or its position in one of many buffers."""
    own = memory_at(addresses[1], 16 * (array.offset + array.length), np.uint8, owner)[16 * array.offset :]
    # Four numbers each: length, the string's first four bytes, buffer, offset in the buffer.
    views = own.view(np.int32).reshape(-1, 4).astype(np.int64)
    lengths = views[:, 0]
    if empty is not None:
        lengths[empty] = 0
    inline = lengths <= _INLINE
    count = len(addresses) - 3
    sizes = memory_at(addresses[-1], count, np.int64, owner)
    # Buffer 0 is the bytes of the views themselves.
    places = np.where(inline, 0, views[:, 2] + 1)
    starts = np.where(inline, 16 * np.arange(len(views)) + 4, views[:, 3])
    bounds = np.concatenate([[16 * len(views)], sizes])
    known = (inline | (places > 0)) & (places <= count)
    if not known.all() or ((lengths < 0) | (starts < 0) | (starts + lengths > bounds[places])).any():
        raise DataError("The Arrow array has string views that point outside its buffers", "Create the array again.")
    others = (memory_at(addresses[2 + place], int(sizes[place]), np.uint8, owner) for place in range(count))
    memory = [own.data, *(other.data for other in others)]
    ends = (starts + lengths).tolist()
    return _gather(
        [memory[place][a:b] for place, a, b in zip(places.tolist(), starts.tolist(), ends, strict=True)], None
    )


def _decode_dictionary(indices: npt.NDArray[Any], words: TextBuffer, empty: Flags | None) -> TextBuffer:
    """Dictionary-encoded strings; the dictionary's texts have been checked."""
    chosen = indices if empty is None else indices[~empty]
    if len(chosen) and (chosen.min() < 0 or chosen.max() >= len(words)):
        raise DataError(
            f"The Arrow array has indices outside its dictionary of {len(words)} texts", "Create the array again."
        )
    view = words.data.data
    parts = [view[a:b] for a, b in pairwise(words.offsets.tolist())]
    if empty is not None:
        indices = np.where(empty, len(parts), indices)
        parts.append(view[:0])
    return _gather([parts[index] for index in indices.tolist()], None)


def _gather(parts: list[memoryview], empty: Flags | None) -> TextBuffer:
    """Copies parts from anywhere into one buffer, one after the other; those that are ``empty`` have length 0."""
    if empty is not None:
        parts = [part[:0] if none else part for part, none in zip(parts, empty.tolist(), strict=True)]
    return _buffer(b"".join(parts), np.fromiter(map(len, parts), dtype=np.int64, count=len(parts)))


def _buffer(data: bytes, lengths: npt.NDArray[np.int64]) -> TextBuffer:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return TextBuffer(np.frombuffer(data, dtype=np.uint8), offsets)


def _check_utf8(buffer: TextBuffer) -> TextBuffer:
    """The buffer, if every text in it is UTF-8, which Arrow libraries do not guarantee."""
    first, end = buffer.offsets[0], buffer.offsets[-1]
    body = buffer.data[first:end]
    if len(body) == 0 or body.max() < 0x80:
        return buffer
    starts = buffer.offsets[buffer.offsets < end]
    # The first condition finds texts that begin inside a character, without decoding each text separately.
    if not ((buffer.data[starts] & 0xC0) == 0x80).any() and _is_utf8(body):
        return buffer
    for place, (a, b) in enumerate(pairwise(buffer.offsets.tolist())):
        if not _is_utf8(buffer.data[a:b]):
            raise DataError(
                f"Text {place} (counted from 0) of the Arrow array is not UTF-8: {buffer.data[a:b][:40].tobytes()!r}",
                "Decode it from the encoding that it has.",
            )
    return buffer


def _is_utf8(body: Bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for first in range(0, len(body), _PIECE):
            decoder.decode(body[first : first + _PIECE].tobytes())
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
