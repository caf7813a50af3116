"""A text file as a stream of validated UTF-8."""

from __future__ import annotations

import codecs
import sys

from recurra.data.content import ByteStream
from recurra.data.file_errors import lone_surrogate, nul_byte, unknown_encoding, unmarked_utf16, wrong_bytes

__all__ = ["Utf8Stream", "encoding_of", "utf16_without_mark"]

_MARKS = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8"),
)


def encoding_of(start: bytes, encoding: str) -> str:
    """The encoding of a file: that of its byte order mark, if it starts with one, else the one that the user gave.

    Args:
        start: the first bytes of the file, at least four if it has them.
        encoding: Python name of the encoding; one of UTF-8 is returned as it is where the mark is that of UTF-8.

    Raises:
        LookupError: there is no such encoding.
    """
    given = codecs.lookup(encoding).name
    found = next((name for mark, name in _MARKS if start.startswith(mark)), encoding)
    return encoding if found == "utf-8" and given in ("utf-8", "utf-8-sig") else found


def utf16_without_mark(sample: bytes) -> str | None:
    """UTF-16 without byte order mark: in mostly Latin text every second byte is NUL."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) <= len(sample) // 5:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


class Utf8Stream:
    """Decodes a file from any encoding and reads it as UTF-8 without NUL, in pieces.

    A byte order mark stands above ``encoding``.

    Args:
        file: the bytes; ``read`` must return fewer than requested only at the end.
        source: name of the file, for messages.
        encoding: Python name of the encoding.

    Attributes:
        taken: number of bytes read from ``file``.
        blank: whether only white space has been read.

    Raises:
        DataError: the encoding is unknown; from :meth:`read`: a byte cannot be decoded, or is NUL.
    """

    def __init__(self, file: ByteStream, *, source: str, encoding: str) -> None:
        self.file, self.source, self.encoding = file, source, encoding
        self.taken, self.blank = 0, True
        self._given, self._lines, self._beyond_ascii = 0, 0, False
        self._ahead, self._return, self._done = b"", b"", False
        try:
            self._plain = codecs.lookup(encoding).name == "utf-8"
            # Codecs from text to text or bytes to bytes cannot read files; only decoding shows that.
            b"a".decode(encoding)
        except UnicodeDecodeError:
            pass
        except (LookupError, ValueError):
            raise unknown_encoding(encoding, source) from None
        self._decoder = codecs.getincrementaldecoder(encoding)()

    @property
    def done(self) -> bool:
        """Whether the end has been reached."""
        return self._done

    def read(self, size: int = -1) -> bytes:
        r"""The next bytes, about ``size`` of them; empty only at the end. They are whole characters, and \r\n."""
        while not self._done:
            raw = self._ahead + self.file.read(size)
            # Read one byte ahead to know the last piece, so that the end is not an empty piece.
            self._ahead = self.file.read(1) if len(raw) >= size >= 0 else b""
            self._done = not self._ahead
            if self.taken == 0:
                self._follow_mark(raw)
            content = self._utf8(raw)
            self.taken += len(raw)
            self._look_at(content)
            content, self._return = self._return + content, b""
            if content.endswith(b"\r") and not self._done:
                content, self._return = content[:-1], b"\r"
            if content:
                return content
        return b""

    def _follow_mark(self, start: bytes) -> None:
        found = encoding_of(start, self.encoding)
        if found != self.encoding:
            self.encoding, self._plain = found, False
            self._decoder = codecs.getincrementaldecoder(found)()
        elif self._plain and (wide := utf16_without_mark(start)) is not None:
            raise unmarked_utf16(wide, self.source)

    def _utf8(self, raw: bytes) -> bytes:
        pending = self._decoder.getstate()[0]
        if self._plain and not pending and raw.isascii():
            return raw
        try:
            text = self._text(pending, raw)
        except UnicodeDecodeError as error:
            whole = pending + raw
            line = self._lines + 1 + whole.count(b"\n", 0, error.start)
            place = self.taken - len(pending) + error.start
            raise wrong_bytes(
                whole,
                error.start,
                place=place,
                line=line,
                source=self.source,
                encoding=self.encoding,
                utf8_before=self._beyond_ascii,
            ) from None
        self._beyond_ascii = self._beyond_ascii or not text.isascii()
        try:
            return text.encode()
        except UnicodeEncodeError as error:
            line = self._lines + 1 + text.count("\n", 0, error.start)
            raise lone_surrogate(error, line, self.source, self.encoding) from None

    def _text(self, pending: bytes, raw: bytes) -> str:
        try:
            return self._decoder.decode(raw, self._done)
        except UnicodeDecodeError:
            raise
        except UnicodeError:
            # UTF-16 and UTF-32 without byte order mark have native byte order, as in bytes.decode.
            order = "le" if sys.byteorder == "little" else "be"
            try:
                self._decoder = codecs.getincrementaldecoder(f"{codecs.lookup(self.encoding).name}-{order}")()
            except LookupError:
                raise unknown_encoding(self.encoding, self.source) from None
            return self._decoder.decode(pending + raw, self._done)

    def _look_at(self, content: bytes) -> None:
        place = content.find(b"\0")
        if place >= 0:
            line = self._lines + 1 + content.count(b"\n", 0, place)
            raise nul_byte(self._given + place, line, self.source)
        self._given += len(content)
        self._lines += content.count(b"\n")
        self.blank = self.blank and not content.strip()
