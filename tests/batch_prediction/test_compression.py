"""Packed output, unpacked by Python's gzip and by Arrow's zstd, whole and member by member."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outputs import Bytes

from recurra.batch_prediction import compression
from recurra.batch_prediction.compression import MEMBER_BYTES, CompressedWriter

pa = pytest.importorskip("pyarrow")

KINDS = ["gzip", "zstd"]


def unpacked(kind: str, data: bytes) -> bytes:
    if kind == "gzip":
        return gzip.decompress(data) if data else b""
    with pa.CompressedInputStream(pa.BufferReader(data), "zstd") as stream:
        content: bytes = stream.read()
    return content


@pytest.mark.parametrize("kind", KINDS)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=30))
def test_whatever_is_written_comes_out_again(kind: str, pieces: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compression, "MEMBER_BYTES", 500)
        file = Bytes()
        packed = CompressedWriter(file, kind)
        taken = b""
        for piece in pieces:
            assert packed.write(piece) == len(piece)
            taken += piece
            if packed.flushed:
                # Here a run that is broken off can go on: what there is stands by itself.
                assert unpacked(kind, file.data) == taken
        packed.flush()
        assert packed.flushed
        assert unpacked(kind, file.data) == b"".join(pieces)


@pytest.mark.parametrize("kind", KINDS)
def test_members_hold_as_many_bytes_whenever_they_are_begun(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "MEMBER_BYTES", 100)
    pieces = [bytes([65 + place]) * 30 for place in range(11)]
    whole = Bytes()
    packed = CompressedWriter(whole, kind)
    flushed = []
    for piece in pieces:
        packed.write(piece)
        flushed.append(packed.flushed)
    packed.flush()
    # Four pieces of 30 bytes are the first to reach 100.
    assert flushed == [place % 4 == 3 for place in range(11)]
    assert whole.writes == 3
    # Broken off behind the second member, and gone on with.
    parts = Bytes()
    for some in (pieces[:8], pieces[8:]):
        packed = CompressedWriter(parts, kind)
        for piece in some:
            packed.write(piece)
        if not packed.flushed:
            packed.flush()
    assert parts.data == whole.data


def test_gzips_members_tell_no_time_and_stand_alone() -> None:
    file = Bytes()
    packed = CompressedWriter(file, "gzip")
    for piece in (b"first\n" * 9, b"second\n" * 9):
        packed.write(piece)
        packed.flush()
    found, rest = [], file.data
    while rest:
        assert rest[:2] == b"\x1f\x8b"
        assert rest[4:8] == bytes(4)
        reader = zlib.decompressobj(wbits=31)
        found.append(reader.decompress(rest))
        assert reader.eof
        rest = reader.unused_data
    assert found == [b"first\n" * 9, b"second\n" * 9]


@pytest.mark.parametrize("kind", KINDS)
def test_what_waits_is_kept_back_until_a_member_is_full(kind: str) -> None:
    file: Any = Bytes()
    packed = CompressedWriter(file, kind)
    assert packed.flushed
    packed.write(b"x" * (MEMBER_BYTES - 1))
    assert (file.data, packed.flushed) == (b"", False)
    packed.write(b"y")
    assert packed.flushed
    assert 0 < len(file.data) < MEMBER_BYTES // 100
    assert unpacked(kind, file.data) == b"x" * (MEMBER_BYTES - 1) + b"y"
