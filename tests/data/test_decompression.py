"""Compressed files: cut, altered, or meant to fill memory."""

from __future__ import annotations

import contextlib
import gzip
import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data import decompression as module
from recurra.data.content import ByteStream, FileContent, PipeContent
from recurra.data.decompression import FREE_BYTES, DecompressedContent
from recurra.data.sources import open_blocks
from recurra.errors import DataError

pa = pytest.importorskip("pyarrow")

CONTENT = b"text,label\n" + b"".join(b"the team wins %d,sport\n" % n for n in range(200))


def pack(content: bytes, packing: str) -> bytes:
    return gzip.compress(content) if packing == "gzip" else bytes(pa.compress(content, codec="zstd", asbytes=True))


def unpacked(path: Path, packing: str, at_once: int) -> bytes:
    opened = DecompressedContent(FileContent(path, source="it"), packing).open()
    parts = []
    try:
        while part := opened.read(at_once):
            parts.append(part)
    finally:
        opened.close()
    # Fewer bytes than were asked for come only at the end.
    assert all(len(part) == at_once for part in parts[:-1])
    return b"".join(parts)


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
@pytest.mark.parametrize("at_once", [1, 100, 1 << 20])
def test_what_was_packed_comes_out(tmp_path: Path, packing: str, at_once: int) -> None:
    path = tmp_path / "x"
    # Files packed one behind the other are one.
    path.write_bytes(pack(CONTENT, packing) + pack(b"more", packing))
    assert unpacked(path, packing, at_once) == CONTENT + b"more"


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_a_file_that_is_cut_anywhere_is_one_line(tmp_path: Path, packing: str) -> None:
    whole = pack(CONTENT, packing)
    path = tmp_path / ("x.csv.gz" if packing == "gzip" else "x.csv.zst")
    for length in {1, 2, 5, len(whole) // 2, len(whole) - 9, len(whole) - 1}:
        path.write_bytes(whole[:length])
        with pytest.raises(DataError) as caught:
            list(open_blocks(path).read())
        assert f"is not whole, or not packed by {packing}" in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
@given(data=st.data())
def test_altered_bytes_give_the_content_or_one_error(
    tmp_path_factory: pytest.TempPathFactory, packing: str, data: st.DataObject
) -> None:
    content = bytearray(pack(CONTENT, packing))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"altered-{packing}"
    path.write_bytes(content)
    found = None
    with contextlib.suppress(DataError):
        found = unpacked(path, packing, 1000)
    # gzip has a checksum of its content; pyarrow's Zstandard writes none, and can be altered unseen.
    assert found in (None, CONTENT) or packing == "zstd"


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
@pytest.mark.parametrize("kind", ["file", "pipe"])
def test_a_bomb_is_refused_before_anything_is_read_of_it(tmp_path: Path, packing: str, kind: str) -> None:
    """Of its rows every reader makes something, which takes a hundred times as long as unpacking them."""
    path = tmp_path / "x"
    path.write_bytes(pack(CONTENT, packing) + pack(b"a text,a label\n" * ((FREE_BYTES // 15) + (1 << 20)), packing))
    with path.open("rb") as file:
        content = FileContent(path, source="it") if kind == "file" else PipeContent(file, source="it")
        packed = DecompressedContent(content, packing)
        start = time.process_time()
        with pytest.raises(DataError, match="it unpacks to more than 200 times its own length"):
            packed.open()
        assert time.process_time() - start < 10


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_little_is_read_before_of_a_file_that_is_no_bomb(tmp_path: Path, packing: str) -> None:
    reads: list[int] = []

    class Counted(FileContent):
        def open(self, *, again: bool = True) -> ByteStream:
            opened = super().open(again=again)
            read = opened.read
            opened.read = lambda size: reads.append(size) or read(size)  # type: ignore[method-assign,func-returns-value]
            return opened

    path = tmp_path / "x"
    path.write_bytes(pack(random.Random(0).randbytes(1 << 23), packing))
    DecompressedContent(Counted(path, source="it"), packing).open().close()
    assert 0 < sum(reads) < 1 << 22


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_a_bomb_is_refused_and_what_packs_well_is_not(
    tmp_path: Path, packing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.write_bytes(pack(b"a" * (1 << 22), packing))
    assert len(unpacked(path, packing, 1 << 16)) == 1 << 22
    monkeypatch.setattr(module, "FREE_BYTES", 1 << 20)
    with pytest.raises(DataError, match="unpacks to more than 200 times its own length"):
        unpacked(path, packing, 1 << 16)
    path.write_bytes(pack(CONTENT * 400, packing))
    monkeypatch.setattr(module, "MAX_RATIO", 20_000)
    assert len(unpacked(path, packing, 1 << 16)) == 400 * len(CONTENT)


def test_the_length_is_told_before_the_end(tmp_path: Path) -> None:
    content = bytes(random.Random(0).choices(b"abcdef \n", k=1 << 20))
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(content))
    opened = DecompressedContent(FileContent(path, source="it"), "gzip").open()
    opened.read(1 << 18)
    assert opened.size == pytest.approx(1 << 20, rel=0.2)
    opened.close()


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_a_packed_file_can_be_gone_back_and_forth_in(tmp_path: Path, packing: str) -> None:
    """As Parquet is read, which has its index at the end."""
    path = tmp_path / "x"
    path.write_bytes(pack(CONTENT, packing))
    with DecompressedContent(FileContent(path, source="it"), packing).seekable() as file:
        assert file.read() == CONTENT
        file.seek(-6, 2)
        assert file.read() == CONTENT[-6:]
