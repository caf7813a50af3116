"""Scans the bytes of a text file: whether the encoding is right, which one is likely, and NUL characters."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from recurra.data.content import ByteStream, Content
from recurra.data.likely_encoding import SAMPLE, decoded, likely_encoding
from recurra.data.mixed_encodings import MixedUtf8, byte_lines, is_utf8_name, mixed_utf8
from recurra.data.utf8_stream import encoding_of, utf16_without_mark

__all__ = ["NUL_REPLACEMENT", "ByteScan", "LenientContent", "scan_bytes"]

PIECE = 1 << 20

NUL_REPLACEMENT = "\x01"
"""Replaces NUL, which no reader accepts, by another control character, which is found and removed like others."""


@dataclass(frozen=True)
class ByteScan:
    """The result of a scan.

    Attributes:
        wrong: value, offset (from 0) and line (from 1) of the first byte that the encoding cannot decode, or ``None``.
        likely: the encoding that the file seems to have, if it is another one.
        encoding: the encoding that the file is read in: the one given, or that of its byte order mark.
        nuls: number of NUL characters.
        nul_line: line of the first NUL character, from 1.
        mixed: what a file read as UTF-8 has of another encoding, if some of its lines are UTF-8.
    """

    wrong: tuple[int, int, int] | None
    likely: str | None
    encoding: str
    nuls: int
    nul_line: int
    mixed: MixedUtf8 | None = None


def scan_bytes(content: Content, encoding: str) -> ByteScan:
    """Reads all bytes once, and again if some are not UTF-8.

    Args:
        content: the bytes of a text file.
        encoding: Python name of the encoding that the user gave, or UTF-8.

    Raises:
        DataError: the file cannot be read.
    """
    opened = content.open()
    try:
        sample = opened.read(SAMPLE)
        encoding = encoding_of(sample[:4], encoding)
        wide, named = utf16_without_mark(sample), codecs.lookup(encoding).name
        if wide is not None and named not in (wide, "utf-16") and not named.startswith("utf-32"):
            return ByteScan((0, sample.index(0), 1), wide, encoding, 0, 0)
        wrong, nuls, nul_line = _scan_pieces(_pieces(opened, sample), encoding)
    finally:
        opened.close()
    if wrong is not None and is_utf8_name(encoding):
        opened = content.open()
        try:
            mixed = mixed_utf8(byte_lines(opened))
        finally:
            opened.close()
        if mixed is not None:
            return ByteScan(wrong, mixed.encoding, encoding, nuls, nul_line, mixed)
    if wrong is not None:
        return ByteScan(wrong, likely_encoding(sample, encoding), encoding, nuls, nul_line)
    # Texts in another encoding are hardly ever valid UTF-8, unless they are ASCII.
    is_utf8 = not named.startswith("utf") and not sample.isascii() and decoded(sample, "utf-8") is not None
    return ByteScan(None, "utf-8" if is_utf8 else None, encoding, nuls, nul_line)


class LenientContent:
    """A text file as UTF-8 that every reader accepts: undecodable bytes are U+FFFD, and NUL is replaced.

    Args:
        content: the bytes of the file.
        encoding: Python name of the encoding.
        mixed: of a file in UTF-8 with lines in another encoding.
    """

    def __init__(self, content: Content, encoding: str, mixed: MixedUtf8 | None = None) -> None:
        self.content, self.encoding, self.source, self.mixed = content, encoding, content.source, mixed

    def open(self, *, again: bool = True) -> ByteStream:
        """See :class:`recurra.data.content.Content`."""
        opened = self.content.open(again=again)
        texts = _decoded_pieces(opened, self.encoding)
        if self.mixed is not None:
            texts = map(self.mixed.decode, byte_lines(opened))
        return _LenientStream(opened, texts)

    def seekable(self) -> BinaryIO:
        """Not supported: a text is read sequentially."""
        raise NotImplementedError("text is read from its beginning to its end")


def _decoded_pieces(opened: ByteStream, encoding: str) -> Iterator[str]:
    decoder, over = codecs.getincrementaldecoder(encoding)("replace"), False
    while not over:
        raw = opened.read(PIECE)
        over = len(raw) < PIECE
        yield decoder.decode(raw, over)


class _LenientStream:
    def __init__(self, opened: ByteStream, texts: Iterator[str]) -> None:
        self.opened, self.close, self._texts = opened, opened.close, texts
        self._ready = bytearray()

    @property
    def size(self) -> int | None:
        return self.opened.size

    def read(self, size: int, /) -> bytes:
        while len(self._ready) < size and (text := next(self._texts, None)) is not None:
            # Broken UTF-16 gives lone surrogates.
            self._ready += text.replace("\0", NUL_REPLACEMENT).encode("utf-8", "replace")
        piece = bytes(self._ready[:size])
        del self._ready[:size]
        return piece


def _pieces(opened: ByteStream, first: bytes) -> Iterator[tuple[bytes, bool]]:
    """The bytes in pieces, each with a flag for the last one."""
    while first:
        following = opened.read(PIECE)
        yield first, not following
        first = following


def _scan_pieces(pieces: Iterator[tuple[bytes, bool]], encoding: str) -> tuple[tuple[int, int, int] | None, int, int]:
    decoder = codecs.getincrementaldecoder(encoding)()
    taken = lines = nuls = nul_line = 0
    wrong: tuple[int, int, int] | None = None
    for piece, last in pieces:
        pending = decoder.getstate()[0]
        text = ""
        if wrong is None:
            try:
                text = decoder.decode(piece, last)
            except UnicodeDecodeError as error:
                whole = pending + piece
                byte = whole[error.start] if error.start < len(whole) else whole[-1]
                wrong = (byte, taken - len(pending) + error.start, lines + 1 + whole.count(b"\n", 0, error.start))
        if "\0" in text:
            nul_line = nul_line or lines + 1 + text.count("\n", 0, text.index("\0"))
            nuls += text.count("\0")
        taken += len(piece)
        lines += text.count("\n")
    return wrong, nuls, nul_line
