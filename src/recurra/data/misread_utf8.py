"""Finds UTF-8 that is read in another encoding, as was asked for."""

from __future__ import annotations

from recurra.data.content import Content, PipeContent
from recurra.data.file_errors import copying_command
from recurra.data.mixed_encodings import LEAST_SHARE, byte_lines, is_utf8_name
from recurra.data.utf8_stream import encoding_of

__all__ = ["MisreadUtf8", "misread_lines"]

_HEAD_BYTES = 1 << 16


class MisreadUtf8:
    """Counts lines, or files of a folder, that are UTF-8 with characters beyond ASCII, and those that are not.

    Args:
        source: name of the file or folder, for the warning.
        encoding: Python name of the encoding that the user gave, which Python knows.
        what: ``lines`` or ``files``.
    """

    def __init__(self, source: str, encoding: str, *, what: str = "lines") -> None:
        self.source, self.encoding, self.what = source, encoding, what
        self._utf8 = self._others = 0
        self._letters: tuple[str, str] | None = None  # a character, and what is read for it

    def add(self, one: bytes) -> None:
        """Counts a line or a file."""
        if one.isascii():
            return
        try:
            text = one.decode()
        except UnicodeDecodeError:
            self._others += 1
            return
        self._utf8 += 1
        if self._letters is None:
            character = next(letter for letter in text if not letter.isascii())
            self._letters = character, character.encode().decode(self.encoding, "replace")

    @property
    def warning(self) -> str | None:
        """What is wrong and what to do; ``None`` if no more are UTF-8 than may be by chance."""
        if self._letters is None or self._utf8 <= LEAST_SHARE * self._others:
            return None
        letter, wrong = self._letters
        becomes = f"{letter!r} becomes {wrong!r}, and such words are not known again"
        if not self._others:
            return (
                f"{self.source}: its bytes look like UTF-8, and are read as {self.encoding}, as was asked for: "
                f"{becomes}; leave --encoding out, or save all files in the same encoding"
            )
        return (
            f"{self.source}: {self._utf8:,} of its {self.what} look like UTF-8 and {self._others:,} do not, and "
            f"all are read as {self.encoding}, as was asked for: {becomes}; without --encoding, recurra check "
            f"{copying_command(self.source)} writes a copy for which each is read as what it is"
        )


def misread_lines(content: Content, encoding: str) -> str | None:
    """The warning if another encoding is given for a text file with lines that are UTF-8; of a pipe, by its start.

    Args:
        content: the file.
        encoding: Python name of the encoding that the user gave.
    """
    try:
        if is_utf8_name(encoding):
            return None
        b"a".decode(encoding)
    except UnicodeDecodeError:
        pass
    except (LookupError, ValueError):
        # Reading the file reports it.
        return None
    found = MisreadUtf8(content.source, encoding)
    head = _read(content, _HEAD_BYTES)
    if encoding_of(head[:4], encoding) != encoding:
        return None
    if isinstance(getattr(content, "content", content), PipeContent):
        # Its first rows are answered before the last ones are there.
        whole, end, rest = head.rpartition(b"\n")
        for line in (whole if end else rest).split(b"\n"):
            found.add(line)
        return found.warning
    opened = content.open()
    try:
        for line in byte_lines(opened):
            found.add(line)
    finally:
        opened.close()
    return found.warning


def _read(content: Content, size: int) -> bytes:
    opened = content.open()
    try:
        return opened.read(size)
    finally:
        opened.close()
