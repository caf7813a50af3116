"""A folder per class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recurra.data import class_folders as module
from recurra.data.read import read_table
from recurra.data.sources import open_blocks
from recurra.errors import DataError

pytest.importorskip("pyarrow")


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def complaint(folder: Path, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        list(open_blocks(folder, **options).read())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_rows_come_by_class_and_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_BYTES", 6)
    files: dict[str, str | bytes] = {
        "pos/2.txt": "two\n",
        "neg/1.txt": "\ufeffone\r\n\r\n",
        "pos/10.txt": "",
        "pos/1.txt": "a\nb",
    }
    write(tmp_path, {**files, "pos/.hidden.txt": "x", "pos/notes.md": "x", "readme.md": "x", ".git/a.txt": "x"})
    blocks = open_blocks(tmp_path)
    parts = list(blocks.read())
    assert len(parts) > 1
    rows = [row for part in parts for row in zip(*(column.to_pylist() for column in part.columns), strict=True)]
    assert rows == [
        ("neg", "one", "neg/1.txt"),
        ("pos", "a\nb", "pos/1.txt"),
        ("pos", "", "pos/10.txt"),
        ("pos", "two", "pos/2.txt"),
    ]
    assert [part.first_row for part in parts] == sorted(part.first_row for part in parts)
    assert blocks.total == 4
    assert blocks.notes == ["1 links, folders and files that are not .txt are passed over, such as 'notes.md'"]
    table = read_table(tmp_path)
    assert table.labels == ["neg", "pos", "pos", "pos"]
    assert (table.text_column, table.label_column, table.title_column) == ("text", "label", None)


def test_the_imdb_layout_has_two_parts(tmp_path: Path) -> None:
    write(tmp_path, {f"{part}/{name}/0.txt": f"{part} {name}" for part in ("train", "test") for name in ("pos", "neg")})
    write(tmp_path, {"train/unsup/0.txt": "nobody knows"})
    for part in ("train", "test"):
        table = read_table(tmp_path, part=part)  # type: ignore[arg-type]
        assert (table.documents, table.labels) == ([f"{part} neg", f"{part} pos"], ["neg", "pos"])
        assert table.notes[0] == f"reading the folder {part!r} of {tmp_path}"
    assert "the folder 'unsup' is left out: its texts have no label" in read_table(tmp_path).notes
    # It is a class like any other where there is no other.
    assert read_table(write(tmp_path / "own", {"unsup/1.txt": "a"})).labels == ["unsup"]
    write(tmp_path / "half", {"train/a/1.txt": "x"})
    assert "has no folder 'test'" in complaint(tmp_path / "half", part="test")


def test_texts_without_classes_can_be_read_without_labels(tmp_path: Path) -> None:
    write(tmp_path, {"b.txt": "two", "a.txt": "one"})
    assert read_table(tmp_path, labelled=False).documents == ["one", "two"]
    with pytest.raises(DataError, match="holds texts and no labels"):
        read_table(tmp_path)


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    folder = write(tmp_path / "data", {"a/1.txt": "one", "b/1.txt": "two"})
    (folder / "a" / "2.txt").symlink_to(secret)
    (folder / "c").symlink_to(tmp_path, target_is_directory=True)
    blocks = open_blocks(folder)
    assert [row for part in blocks.read() for row in part.columns[1].to_pylist()] == ["one", "two"]
    assert blocks.notes == ["1 links, folders and files that are not .txt are passed over, such as '2.txt'"]
    # Nor one that takes a file's place after the folder was listed.
    (folder / "b" / "1.txt").unlink()
    (folder / "b" / "1.txt").symlink_to(secret)
    with pytest.raises(DataError, match=r"b/1\.txt' cannot be read"):
        list(blocks.read())


def test_a_byte_order_mark_says_the_encoding(tmp_path: Path) -> None:
    folder = write(tmp_path, {"a/1.txt": "déjà".encode("utf-16"), "a/2.txt": "vu".encode("utf-8-sig"), "b/1.txt": "é"})
    assert read_table(folder).documents == ["déjà", "vu", "é"]


def test_what_cannot_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "is a folder without .txt files in folders. Name a file in it" in complaint(
        write(tmp_path / "x", {"a.csv": ""})
    )
    latin = write(tmp_path / "latin", {"a/1.txt": b"d\xe9j\xe0"})
    assert "latin/a/1.txt: byte 0xe9 at byte 1, line 1 is not utf-8" in complaint(latin)
    assert read_table(latin, encoding="latin-1").documents == ["déjà"]
    assert "encoding 'klingon' does not read it" in complaint(latin, encoding="klingon")
    (latin / "a" / "0.txt").write_bytes(b"one\n\\ud800")
    assert "line 2, read as unicode_escape, holds half a character" in complaint(latin, encoding="unicode_escape")
    with pytest.raises(DataError, match=r"row 2 \(a/1.txt is row 1\), column 'text' holds a NUL"):
        read_table(write(tmp_path / "nul", {"a/1.txt": "x", "a/2.txt": "\0"}))
    with pytest.raises(DataError, match="holds a text of 2,000,000 bytes"):
        read_table(write(tmp_path / "long", {"a/1.txt": "x" * 2_000_000}))
    monkeypatch.setattr(module, "MAX_FILES", 3)
    assert "holds more than 3 files" in complaint(write(tmp_path / "m", {f"{n % 2}/{n}.txt": "x" for n in range(4)}))


def test_endings_in_capitals_are_read_and_many_other_files_are_warned_of(tmp_path: Path) -> None:
    """As programs of Windows write them."""
    few = {f"{name}/{place}.TXT": f"{name} {place}" for name in ("a", "b") for place in range(4)}
    folder = write(tmp_path / "capitals", {**few, "a/5.txt": "one more"})
    assert len(read_table(folder).documents) == 9
    others = {f"a/{place}.eml": "Subject: x" for place in range(5)}
    blocks = open_blocks(write(folder, dict(others)))
    list(blocks.read())
    said = "5 links, folders and files that are not .txt are passed over, such as '0.eml'"
    assert (blocks.warnings, blocks.notes) == ([said], [])
    mails = complaint(write(tmp_path / "mails", dict(others)))
    assert "has no .txt files in its folders, but 5 others, such as '0.eml'. Write the text of each into" in mails


def test_texts_beside_folders_are_warned_of_and_are_the_rows_where_the_folders_have_none(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", {"a.txt": "one", "b.txt": "two", "done/c.txt": "old"})
    blocks = open_blocks(folder)
    list(blocks.read())
    assert blocks.warnings == [
        f"2 .txt files of {folder} that are in no folder are passed over, such as 'a.txt': the folders are the classes"
    ]
    (folder / "done" / "c.txt").unlink()
    (folder / "done" / "scan.pdf").write_bytes(b"%PDF")
    assert read_table(folder, labelled=False).documents == ["one", "two"]
