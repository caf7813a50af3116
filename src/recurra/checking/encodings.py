"""The bytes of a file of text: whether its encoding reads them, which one would, and NUL bytes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from recurra.data.content import Content, Opened

__all__ = ["NUL_STAND_IN", "BytesSeen", "ReadableContent", "likely_encoding", "look_at_bytes"]

PIECE = 1 << 20

SAMPLE = 1 << 20
"""Bytes from which the encoding is guessed."""

NUL_STAND_IN = "\x01"
"""What a NUL character is read as, which no reader takes: another control character, found and removed like others."""


@dataclass(frozen=True)
class BytesSeen:
    """What one pass over the bytes has shown.

    Attributes:
        wrong: byte, place from 0 and line from 1 of the first byte that the encoding does not have; or ``None``.
        likely: the encoding that the file seems to have, where it is another one.
        nuls: NUL characters.
        nul_line: the line of the first, from 1.
    """

    wrong: tuple[int, int, int] | None
    likely: str | None
    nuls: int
    nul_line: int


def look_at_bytes(content: Content, encoding: str) -> BytesSeen:
    """Reads all bytes once.

    Args:
        content: of a file of text.
        encoding: by Python's name, as the user named it or UTF-8.

    Raises:
        DataError: they cannot be read.
    """
    opened = content.open()
    try:
        sample = opened.read(SAMPLE)
        marked = _marked(sample)
        if marked is not None and codecs.lookup(encoding).name in ("utf-8", "utf-8-sig"):
            return BytesSeen((sample[0], 0, 1), marked, 0, 0)
        wide = _every_second(sample)
        if wide is not None and wide not in codecs.lookup(encoding).name:
            return BytesSeen((0, sample.index(0), 1), wide, 0, 0)
        wrong, nuls, nul_line = _pass(_pieces(opened, sample), encoding)
    finally:
        opened.close()
    return BytesSeen(wrong, likely_encoding(sample, encoding) if wrong else None, nuls, nul_line)


def likely_encoding(sample: bytes, named: str = "utf-8") -> str:
    """The encoding that bytes seem to have which are none of the one named: a guess, in this order.

    UTF-8; UTF-16 by its mark or by the NUL of every second byte; an East Asian encoding that reads them and gives
    frequent letters of its language; Windows-1251 where its words are Cyrillic; Windows-1252.
    """
    if (marked := _marked(sample)) is not None:
        return marked
    if codecs.lookup(named).name != "utf-8" and _reads(sample, "utf-8"):
        return "utf-8"
    if (wide := _every_second(sample)) is not None:
        return wide
    shares = {name: _share(_text(sample, name), frequent) for name, frequent in _EAST_ASIAN}
    best = max(shares, key=lambda name: shares[name])
    if shares[best] > _FREQUENT:
        return best
    cyrillic = sum(map(len, _CYRILLIC.findall(sample.decode("cp1251", "replace"))))
    above = sum(byte > 0x7F for byte in sample)
    return "windows-1251" if cyrillic > above / 2 else "windows-1252"


class ReadableContent:
    """A file of text as UTF-8 that every reader takes: what cannot be decoded is U+FFFD, and NUL a stand-in.

    Args:
        content: the file's bytes.
        encoding: by Python's name.
    """

    def __init__(self, content: Content, encoding: str) -> None:
        self.content, self.encoding, self.source = content, encoding, content.source

    def open(self, *, again: bool = True) -> Opened:
        """See :class:`recurra.data.content.Content`."""
        return _Readable(self.content.open(again=again), self.encoding)

    def seekable(self) -> BinaryIO:
        """A text is never jumped in."""
        raise NotImplementedError("text is read from its beginning to its end")


class _Readable:
    def __init__(self, opened: Opened, encoding: str) -> None:
        self.opened, self.close = opened, opened.close
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._ready, self._over = b"", False

    @property
    def size(self) -> int | None:
        return self.opened.size

    def read(self, size: int, /) -> bytes:
        while len(self._ready) < size and not self._over:
            raw = self.opened.read(PIECE)
            self._over = len(raw) < PIECE
            text = self._decoder.decode(raw, self._over)
            # Halves of surrogate pairs come out of broken UTF-16.
            self._ready += text.replace("\0", NUL_STAND_IN).encode("utf-8", "replace")
        piece, self._ready = self._ready[:size], self._ready[size:]
        return piece


# Shift JIS and EUC-JP: kana; EUC-KR: syllables; GB 18030 and Big5: the ideographs that make up most texts.
_KANA = re.compile("[\u3040-\u30ff\u3001\u3002]")
_SYLLABLE = re.compile("[\uac00-\ud7a3]")
_IDEOGRAPH = re.compile(
    "[的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长新年月全市這來國個說們為時會後對沒於發當無開樣點與業產電車東車處]"
)
_EAST_ASIAN = (
    ("euc_jp", _KANA),
    ("shift_jis", _KANA),
    ("euc_kr", _SYLLABLE),
    ("gb18030", _IDEOGRAPH),
    ("big5", _IDEOGRAPH),
)
_FREQUENT = 0.05
"""The share of the letters above ASCII that must be such; in bytes of another encoding hardly any is."""
_CYRILLIC = re.compile("[А-Яа-яЁё]{3,}")


def _marked(sample: bytes) -> str | None:
    if sample.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    return "utf-16" if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else None


def _every_second(sample: bytes) -> str | None:
    """UTF-16 of mostly Latin letters: every second byte of them is NUL."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) <= len(sample) // 5:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _share(text: str | None, frequent: re.Pattern[str]) -> float:
    letters = [letter for letter in text or "" if ord(letter) > 0x7F]
    return sum(map(bool, map(frequent.match, letters))) / len(letters) if letters else 0.0


def _pieces(opened: Opened, first: bytes) -> Iterator[tuple[bytes, bool]]:
    """The bytes piece by piece, and whether one is the last."""
    while first:
        following = opened.read(PIECE)
        yield first, not following
        first = following


def _pass(pieces: Iterator[tuple[bytes, bool]], encoding: str) -> tuple[tuple[int, int, int] | None, int, int]:
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


def _reads(sample: bytes, encoding: str) -> bool:
    return _text(sample, encoding) is not None


def _text(sample: bytes, encoding: str) -> str | None:
    try:
        # The sample may end amid a character.
        return codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return None
