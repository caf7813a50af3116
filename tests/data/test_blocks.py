"""Tables read block by block against the same tables read whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_read_hostile import _CSV, broken

from recurra.data import blocks as module
from recurra.data.blocks import DelimitedBlocks, ParquetBlocks, head_of
from recurra.data.content import FileContent
from recurra.data.delimited import RawTable, parse_delimited
from recurra.data.faults import ROW_HINT
from recurra.data.parquet import parse_parquet
from recurra.errors import DataError

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

cells = st.text(alphabet=st.sampled_from('ab,"\n\r\t é文;'), max_size=8)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(module, "BLOCK_BYTES", 128)
    monkeypatch.setattr(module, "BLOCK_ROWS", 3)
    return 128


def whole(path: Path, encoding: str = "utf-8") -> RawTable:
    return parse_delimited(path.read_bytes(), delimiter=",", source="it", encoding=encoding)


def blocks_of(path: Path, encoding: str = "utf-8") -> DelimitedBlocks:
    return DelimitedBlocks(FileContent(path, source="it"), delimiter=",", encoding=encoding)


def joined(parts: list[RawTable]) -> list[list[Any]]:
    """Columns; and the rows' numbers are held to follow each other."""
    row = parts[0].first_row
    for part in parts:
        assert part.names == parts[0].names
        assert part.first_row == row
        row += len(part.columns[0])
    places = range(len(parts[0].names))
    return [[value for part in parts for value in part.columns[place].to_pylist()] for place in places]


def complaint(reading: Iterator[RawTable]) -> str:
    with pytest.raises(DataError) as caught:
        list(reading)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


@given(rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=30), end=st.sampled_from(["", "\n", "\r\n"]))
def test_blocks_hold_what_the_whole_holds(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], end: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "blocks.csv"
    lines = [",".join(map(quoted, row)) for row in [("label", "title", "text"), *rows]]
    path.write_text("\n".join(lines) + end, encoding="utf-8", newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", 128)
        parts = list(blocks_of(path).read())
    expected = whole(path)
    assert parts[0].names == expected.names
    assert (parts[0].first_row, parts[0].row_hint, parts[0].typed) == (2, ROW_HINT, False)
    assert joined(parts) == [column.to_pylist() for column in expected.columns]
    assert joined(parts) == [list(column) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize("length", range(95, 125))
def test_a_line_break_in_quotes_may_be_cut_in_two(tmp_path: Path, small: int, length: int) -> None:
    path, filler, text = tmp_path / "cut.csv", "x" * (length - 14), "one\r\n\r\ntwo"
    path.write_text(f'text,label\n{filler},a\n"{text}",b\n', encoding="utf-8", newline="")
    assert joined(list(blocks_of(path).read())) == [[filler, text], ["a", "b"]]


@given(content=broken(_CSV) | st.binary(max_size=80), encoding=st.sampled_from(["utf-8", "latin-1", "utf-16", "utf-7"]))
def test_what_is_refused_whole_is_refused_in_blocks(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, encoding: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "broken-blocks.csv"
    path.write_bytes(content)
    try:
        expected = [column.to_pylist() for column in whole(path, encoding).columns]
    except DataError:
        complaint(blocks_of(path, encoding).read())
    else:
        assert joined(list(blocks_of(path, encoding).read())) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n\n",
        b"label,text\n",
        b"label,text\n\n\n",
        b"label,text\na,b\nc,d,e\n",
        b"label,text\na,b\nc\n",
        b'label,text\na,b\nc,"d\ne,f\n',
        b'label,text\na,b\nc,"d',
        b'label,text\na,"x"y\n',
        b'label,text\na,b\n"c",d\ne,"two\nlines and ""more"" of it" and \xc3\xa9\n',
        b'label,text\na,"x"y\nc,caf\xe9\n',
        b'label,text\ra,b\rc,"d"e\r',
        b"label,text\na,b\nc,caf\xe9\n",
        b"label,text\na,b\nc,caf\xc3",
        b"label,text\na,b\n\xff,b,c\n",
        b"label,text\na,b\0c\n",
        "label,text\na,b\n".encode("utf-16"),
        b",".join(b"c" for _ in range(600)) + b"\n" + b",".join(b"c" for _ in range(600)) + b"\n",
    ],
)
@pytest.mark.parametrize("padding", [0, 40])
def test_the_same_words_for_what_is_wrong(tmp_path: Path, content: bytes, padding: int, small: int) -> None:
    """Also when the fault is not in the first block."""
    head, line, rest = content.partition(b"\n")
    if padding and head.startswith(b"label"):
        content = head + line + b"x,yz\n" * padding + rest
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    if padding and content.count(b"\n") == padding + 1 + rest.count(b"\n") and not rest.strip():
        assert len(joined(list(blocks_of(path).read()))[0]) == padding
        return
    if len(content) > 1000:
        # A header of 600 columns is longer than these blocks.
        module.BLOCK_BYTES = 1 << 14
    with pytest.raises(DataError) as expected:
        whole(path)
    assert complaint(blocks_of(path).read()) == str(expected.value)


@pytest.mark.parametrize("encoding", ["unicode_escape", "raw_unicode_escape", "utf-7"])
def test_half_a_character_is_one_line(tmp_path: Path, encoding: str, small: int) -> None:
    """Encodings that can give half of a surrogate pair, which no text in UTF-8 can hold."""
    half = b"+2AA-" if encoding == "utf-7" else b"\\ud800"
    path = tmp_path / "x.csv"
    path.write_bytes(b"label,text\n" + b"x,yz\n" * 40 + b"a,b " + half + b"\n")
    with pytest.raises(DataError) as expected:
        whole(path, encoding)
    assert f"it: line 42, read as {encoding}, holds half a character, '\\ud800'" in str(expected.value)
    assert complaint(blocks_of(path, encoding).read()) == str(expected.value)


def test_unknown_encodings_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"label,text\na,b\n")
    for encoding in ("klingon", "rot13", "hex", "a\0b"):
        with pytest.raises(DataError) as expected:
            whole(path, encoding)
        assert complaint(blocks_of(path, encoding).read()) == str(expected.value)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig", "UTF8", "shift_jis", "utf-7"])
def test_other_encodings_over_many_blocks(tmp_path: Path, encoding: str, small: int) -> None:
    word = "文字" if encoding in {"shift_jis", "utf-16", "utf-7"} else "naïve"
    rows = [(str(n), f"{word} {n}") for n in range(200)]
    path = tmp_path / "x.csv"
    path.write_bytes("\n".join(",".join(row) for row in [("id", "text"), *rows]).encode(encoding))
    parts = list(blocks_of(path, encoding).read())
    assert len(parts) > 5
    assert joined(parts) == [list(column) for column in zip(*rows, strict=True)]
    # A wrong byte far into the file is counted from its beginning.
    if encoding != "UTF8":
        return
    path.write_bytes(path.read_bytes() + b"\n1,\xff\n")
    with pytest.raises(DataError) as expected:
        whole(path)
    assert complaint(blocks_of(path).read()) == str(expected.value)
    assert "line 202" in str(expected.value)


@pytest.mark.parametrize("length", range(100, 150))
def test_no_length_of_the_last_row_is_too_long(tmp_path: Path, length: int, small: int) -> None:
    """A file that ends without a line break at the very end of a block."""
    path = tmp_path / "x.csv"
    content = "id,text\n" + "1,x\n" * 24
    path.write_text(content + "2," + "y" * (2 * small - len(content) - length))
    assert joined(list(blocks_of(path).read()))[1][-1].startswith("yyy")


def test_a_row_longer_than_a_block_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_BYTES", 1 << 20)
    path = tmp_path / "x.csv"
    path.write_bytes(b'id,text\n1,"' + b"x" * (3 << 20) + b'"\n')
    assert "a row is longer than 1 MiB" in complaint(blocks_of(path).read())


def test_the_total_is_told_before_the_end(tmp_path: Path, small: int) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,text\n" + "".join(f"{n},some text\n" for n in range(100, 900)))
    blocks = blocks_of(path)
    guesses = [blocks.total for _ in blocks.read()]
    assert len(guesses) > 20
    assert all(abs(guess - 800) < 120 for guess in guesses if guess is not None)
    assert blocks.total == 800


def test_reading_may_end_early(tmp_path: Path, small: int) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,text\n" + "1,some text\n" * 10_000)
    before = threading.active_count()
    for _ in range(20):
        next(blocks_of(path).read())
    assert threading.active_count() <= before + 1


@pytest.mark.parametrize("kind", ["string", "large_string", "string_view", "dictionary"])
def test_parquet_in_blocks_is_parquet_whole(tmp_path: Path, kind: str, small: int) -> None:
    texts = pa.array([None if n % 5 == 0 else f"text é {n}" for n in range(40)])
    texts = texts.dictionary_encode() if kind == "dictionary" else texts.cast(getattr(pa, kind)())
    path = tmp_path / "x.parquet"
    parquet.write_table(pa.table({"id": range(40), "a.b": texts, "other": texts}), path, row_group_size=15)
    blocks = ParquetBlocks(FileContent(path, source="it"))
    parts = list(blocks.read())
    expected = parse_parquet(FileContent(path, source="it"))
    assert len(parts) > 10
    assert joined(parts) == [column.to_pylist() for column in expected.columns]
    assert [column.type for column in parts[0].columns] == [column.type for column in expected.columns]
    assert (parts[0].first_row, parts[0].row_hint, parts[0].typed) == (1, "", True)
    assert blocks.total == 40
    some = list(blocks.read(["a.b"]))
    assert some[0].names == ["a.b"]
    assert joined(some) == [texts.to_pylist()]


def test_parquet_without_rows_or_cut_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    parquet.write_table(pa.table({"text": pa.array([], pa.string())}), path)
    assert "has columns and no rows" in complaint(ParquetBlocks(FileContent(path, source="it")).read())
    parquet.write_table(pa.table({"text": ["a"] * 1000}), path)
    path.write_bytes(path.read_bytes()[:-9])
    assert "is not a whole Parquet file" in complaint(ParquetBlocks(FileContent(path, source="it")).read())


def test_a_row_group_that_is_too_large_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PARQUET_BYTES", 100)
    path = tmp_path / "x.parquet"
    parquet.write_table(pa.table({"text": [f"text {n}" for n in range(1000)]}), path)
    assert "has a row group that unpacks to" in complaint(ParquetBlocks(FileContent(path, source="it")).read())


def test_the_head_is_the_first_rows(tmp_path: Path, small: int) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,text\n" + "".join(f"{n},some text\n" for n in range(1000)))
    head = head_of(blocks_of(path))
    rows = len(head.columns[0])
    assert 8 < rows < 100
    assert head.columns[0].to_pylist() == [str(n) for n in range(rows)]
    assert (head.names, head.first_row) == (["id", "text"], 2)


def test_blocks_of_parquet_are_cut_by_their_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_BYTES", 4000)
    path = tmp_path / "x.parquet"
    texts = [f"{n:03}" * 100 for n in range(40)]
    parquet.write_table(pa.table({"text": texts}), path, use_dictionary=False, compression="none")
    parts = list(ParquetBlocks(FileContent(path, source="it")).read())
    assert joined(parts) == [texts]
    assert all(300 * len(part.columns[0]) <= 4000 for part in parts)
    assert len(parts) < 6
