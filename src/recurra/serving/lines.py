"""Splits a body that arrives in parts into lines."""

from __future__ import annotations

__all__ = ["LineSplitter"]


class LineSplitter:
    """Splits bytes into lines as they arrive. Empty lines are left out.

    Args:
        most: largest size of a line in bytes; a longer line is returned as ``None``, and no more of it is kept.
    """

    def __init__(self, most: int) -> None:
        self._most, self._rest, self._skipping = most, b"", False

    @property
    def unfinished(self) -> int:
        """Bytes that are kept of a line whose end has not arrived."""
        return len(self._rest)

    def feed(self, part: bytes) -> list[bytes | None]:
        """The lines that end in this part, without line ends."""
        *whole, self._rest = (self._rest + part).split(b"\n")
        found: list[bytes | None] = []
        for line in whole:
            if self._skipping or len(line) > self._most:
                found.append(None)
            elif line.strip():
                found.append(line)
            self._skipping = False
        if len(self._rest) > self._most:
            self._skipping = True
        if self._skipping:
            self._rest = b""
        return found

    def end(self) -> list[bytes | None]:
        """The last line, which need not have a line end."""
        return self.feed(b"\n") if self._rest or self._skipping else []
