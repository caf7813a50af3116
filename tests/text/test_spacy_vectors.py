"""spaCy's files without spaCy, compared with what spaCy and the specification of msgpack say."""

from __future__ import annotations

import pytest
from vector_wheels import KEYS, msgpack

from recurra.errors import DataError
from recurra.text.spacy_vectors import hash_words, read_key2row


def test_the_hash_is_spacys() -> None:
    words = ["Köln", "apple", "coffee"]
    assert hash_words(words).tolist() == [KEYS[word] for word in words]


def test_the_hash_of_every_length() -> None:
    # MurmurHash64A in Python's own integers.
    def plain(word: bytes) -> int:
        m, whole = 0xC6A4A7935BD1E995, 2**64 - 1
        state = 1 ^ (len(word) * m & whole)
        for place in range(0, len(word) - 7, 8):
            block = int.from_bytes(word[place : place + 8], "little") * m & whole
            state = (state ^ ((block ^ (block >> 47)) * m & whole)) * m & whole
        if len(word) % 8:
            state = (state ^ int.from_bytes(word[len(word) // 8 * 8 :], "little")) * m & whole
        state = (state ^ (state >> 47)) * m & whole
        return state ^ (state >> 47)

    words = [("añbc中" * 5)[:length] for length in range(1, 26)]
    assert hash_words(words).tolist() == [plain(word.encode()) for word in words]
    assert hash_words([]).tolist() == []


def test_integers_of_every_size() -> None:
    rows = {0: 127, 128: 255, 256: 65_535, 65_536: 2**32 - 1, 2**32: 0, 2**64 - 1: 70_000}
    assert read_key2row(msgpack(rows)) == rows
    assert read_key2row(b"\xdf\0\0\0\x01\xcc\x05\x02") == {5: 2}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xdf\0\0",
        b"\x81\x01\x02",  # another form of a map
        b"\xdf\0\0\0\x01\x01",
        b"\xdf\0\0\0\x01\x01\xcf\0\0\0\0\0\0\0",
        b"\xdf\xff\xff\xff\xff\x01\x02",
        b"\xdf\0\0\0\x01\x01\x02\x03",
        b"\xdf\0\0\0\x01\xa1a\x02",
        b"\xdf\0\0\0\x01\x01\xff",
        b"\x80\x04\x95pickle",
    ],
    ids=["empty", "cut", "small map", "half", "cut number", "count", "more", "text", "negative", "pickle"],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match="no msgpack map of integers at byte"):
        read_key2row(content)
