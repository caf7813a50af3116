"""A file of text as UTF-8 that is checked while it is read."""

from __future__ import annotations

import codecs
import io
import sys
import threading
from collections.abc import Callable

from recurra.data.content import ByteStream
from recurra.data.file_errors import check_byte_order_mark, lone_surrogate, nul_byte, unknown_encoding, wrong_bytes

__all__ = ["Utf8Stream"]


class Utf8Stream(io.RawIOBase):
    """A file whose bytes arrive as UTF-8 without NUL, piece by piece, whatever its encoding is.

    Args:
        file: the bytes; one whose ``read`` gives less than was asked for only at its end.
        source: its name, for messages.
        encoding: by Python's name.
        end: what is put behind the last byte.
        look: is given what comes, before anybody else.

    Attributes:
        taken: bytes read of ``file`` so far.
        blank: whether nothing but white space has come so far.
        tail: the last two bytes that came before the line breaks, if any, at the end of what came so far.

    Raises:
        DataError: the encoding is unknown; and, from :meth:`read`, a byte is not of it, or is NUL.
    """

    def __init__(
        self,
        file: ByteStream,
        *,
        source: str,
        encoding: str,
        end: bytes = b"",
        look: Callable[[bytes], None] = lambda content: None,
    ) -> None:
        self.file, self.source, self.encoding, self.end, self.look = file, source, encoding, end, look
        self.taken, self.blank, self.tail = 0, True, b""
        self._given, self._lines, self._last = 0, 0, b""
        self._ahead, self._return, self._done, self._lock = b"", b"", False, threading.Lock()
        try:
            self._plain = codecs.lookup(encoding).name == "utf-8"
            # Codecs that turn texts into texts or bytes into bytes are none of files; decoding alone tells.
            b"a".decode(encoding)
        except UnicodeDecodeError:
            pass
        except (LookupError, ValueError):
            raise unknown_encoding(encoding, source) from None
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes: about ``size`` of them, none at the end and only there."""
        with self._lock:
            return self._next(size)

    @property
    def done(self) -> bool:
        """Whether all has been read."""
        return self._done

    def stop(self) -> None:
        """Ends the reading: another thread that is amid it is waited for, and gets nothing more."""
        with self._lock:
            self._done = True

    def _next(self, size: int) -> bytes:
        while not self._done:
            raw = self._ahead + self.file.read(size)
            # One byte ahead tells whether this is the last piece: the end shall not be a piece of its own.
            self._ahead = self.file.read(1) if len(raw) >= size >= 0 else b""
            self._done = not self._ahead
            if self.taken == 0 and self._plain:
                check_byte_order_mark(raw, self.source)
            content = self._utf8(raw)
            self.taken += len(raw)
            self._look_at(content)
            content, self._return = self._return + content, b""
            if self._done:
                content += self.end
            elif content.endswith(b"\r"):
                # pyarrow loses the line feed that a piece begins with behind one that ends so, inside quotes, too.
                content, self._return = content[:-1], b"\r"
            if content:
                self.look(content)
                return content
        return b""

    def _utf8(self, raw: bytes) -> bytes:
        pending = self._decoder.getstate()[0]
        if self._plain and not pending and raw.isascii():
            return raw
        try:
            text = self._text(pending, raw)
        except UnicodeDecodeError as error:
            whole = pending + raw
            byte = whole[error.start : error.start + 1]
            line = self._lines + 1 + whole.count(b"\n", 0, error.start)
            place = self.taken - len(pending) + error.start
            raise wrong_bytes(byte, place, line, self.source, self.encoding) from None
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
            # UTF-16 or UTF-32 without its mark is of this machine's order, as for bytes.decode.
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
        body = content.rstrip(b"\r\n")
        if body:
            self.tail = (self._last + body[-2:])[-2:]
        self._last = (self._last + content[-2:])[-2:]
