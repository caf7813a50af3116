"""The digest of a file's or a folder's contents."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from recurra.data.content_digest import content_digest
from recurra.errors import DataError


def test_a_file_is_its_bytes_alone(tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    # A change in the middle counts, far from both ends.
    content = b"x" * 3_000_000 + b"y" + b"x" * 3_000_000
    for path in (one, other):
        path.write_bytes(content)
    os.utime(other, (1, 1))
    assert content_digest(one) == content_digest(other) == hashlib.sha256(content).hexdigest()
    other.write_bytes(content.replace(b"y", b"z"))
    assert content_digest(other) != content_digest(one)


def test_a_folder_is_its_names_and_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.txt").write_text("oil")
    (folder / "inner" / "b.txt").write_text("shop")
    copy = shutil.copytree(folder, tmp_path / "elsewhere", copy_function=shutil.copyfile)
    assert content_digest(copy) == content_digest(folder)
    (copy / "inner" / "b.txt").rename(copy / "inner" / "c.txt")
    assert content_digest(copy) != content_digest(folder)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv. cannot be read"):
        content_digest(tmp_path / "none.csv")
