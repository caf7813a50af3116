"""Ids that are collected in memory and on disk are the same ids."""

from __future__ import annotations

import errno
import re
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.batches import MappedRagged, Ragged, RaggedWriter, pack, ragged_writer
from recurra.errors import DataError

IDS = st.lists(st.lists(st.integers(0, 300), max_size=6), max_size=5)


@pytest.mark.parametrize("known", [301, 1 << 16, (1 << 16) + 1])
@pytest.mark.parametrize("in_memory", [0, 40, 1 << 20])
def test_documents_come_back_and_pack_alike(known: int, in_memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ragged_writer, "IN_MEMORY", in_memory)

    @given(st.lists(IDS, max_size=5), st.data())
    def check(parts: list[list[list[int]]], data: st.DataObject) -> None:
        with RaggedWriter(known) as kept:
            for part in parts:
                kept.add(Ragged.from_lists(part))
            found = kept.to_ragged()
        expected = Ragged.from_lists([one for part in parts for one in part])
        # A disk is used exactly where there are more ids than memory may hold.
        assert isinstance(found, MappedRagged) == (4 * len(expected.values) > in_memory)
        if isinstance(found, MappedRagged):
            assert found.values.dtype == (np.uint16 if known <= 1 << 16 else np.int32)
        assert np.array_equal(found.offsets, expected.offsets)
        assert np.array_equal(found.values, expected.values)
        if len(expected):
            rows = np.array(data.draw(st.lists(st.integers(0, len(expected) - 1))), dtype=np.int64)
            for pad_to in (0, 4):
                one, other = pack(found, rows, pad_to=pad_to), pack(expected, rows, pad_to=pad_to)
                for name in ("ids", "starts", "order", "lengths"):
                    assert np.array_equal(getattr(one, name), getattr(other, name)), name
            taken = found.take(rows)
            assert taken.values.dtype == np.int32
            assert np.array_equal(taken.values, expected.take(rows).values)

    check()


def test_the_highest_id_of_two_bytes_survives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ragged_writer, "IN_MEMORY", 0)
    with RaggedWriter(1 << 16) as kept:
        kept.add(Ragged.from_lists([[(1 << 16) - 1, 0]]))
        assert pack(kept.to_ragged()).ids.tolist() == [65535, 0]


def test_the_file_has_no_name_and_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ragged_writer, "IN_MEMORY", 0)
    with RaggedWriter(10, folder=tmp_path) as kept:
        kept.add(Ragged.from_lists([[1, 2]]))
        assert list(tmp_path.iterdir()) == []
    with (
        RaggedWriter(10, folder=tmp_path / "gone") as kept,
        pytest.raises(DataError, match=r"cannot be kept in .*gone: No such file"),
    ):
        kept.add(Ragged.from_lists([[1, 2]]))

    def full(**options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with RaggedWriter(10) as kept, pytest.raises(DataError, match=r"device\. Free some space, or name another one\."):
        kept.add(Ragged.from_lists([[1, 2]]))


def mapped_bytes() -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.findall(r"RssFile:\s+(\d+) kB", status)[0]) << 10


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is mapped")
def test_reading_at_random_does_not_keep_the_whole_file_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    size, length = 1 << 25, 64
    with RaggedWriter(1 << 16) as kept:
        for _ in range(8):
            kept.add(Ragged(np.ones(size // 8, dtype=np.int32), np.arange(0, size // 8 + 1, length)))
        documents = kept.to_ragged()
    monkeypatch.setattr(ragged_writer, "RESIDENT", 1 << 25)
    assert isinstance(documents, MappedRagged)
    before, most = mapped_bytes(), 0
    generator = np.random.default_rng(0)
    for _ in range(3000):
        pack(documents, generator.integers(0, len(documents), 4))
        most = max(most, mapped_bytes() - before)
    # The file has 64 MiB, and all of its pages were read.
    assert 0 < most < 48 << 20
