"""Tables read in blocks against what was written into them, and against the same tables read as one block."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_read_hostile import _CSV, broken

from recurra.data import blocks as module
from recurra.data.blocks import DelimitedBlocks, ParquetBlocks, read_head
from recurra.data.content import FileContent
from recurra.data.delimited import RawTable
from recurra.data.file_errors import row_hint
from recurra.errors import DataError

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

cells = st.text(alphabet=st.sampled_from('ab,"\n\r\t é文;'), max_size=8)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(module, "BLOCK_BYTES", 128)
    monkeypatch.setattr(module, "BLOCK_ROWS", 3)
    return 128


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
def test_blocks_hold_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], end: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "blocks.csv"
    lines = [",".join(map(quoted, row)) for row in [("label", "title", "text"), *rows]]
    path.write_text("\n".join(lines) + end, encoding="utf-8", newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", 128)
        parts = list(blocks_of(path).read())
    assert parts[0].names == ["label", "title", "text"]
    assert (parts[0].first_row, parts[0].row_hint, parts[0].typed) == (2, row_hint(1), False)
    assert joined(parts) == [list(column) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize("length", range(95, 125))
def test_a_line_break_in_quotes_may_be_cut_in_two(tmp_path: Path, small: int, length: int) -> None:
    path, filler, text = tmp_path / "cut.csv", "x" * (length - 14), "one\r\n\r\ntwo"
    path.write_text(f'text,label\n{filler},a\n"{text}",b\n', encoding="utf-8", newline="")
    assert joined(list(blocks_of(path).read())) == [[filler, text], ["a", "b"]]


@given(content=broken(_CSV) | st.binary(max_size=80), encoding=st.sampled_from(["utf-8", "latin-1", "utf-16", "utf-7"]))
def test_blocks_are_what_one_block_is(tmp_path_factory: pytest.TempPathFactory, content: bytes, encoding: str) -> None:
    """Or are refused as well; of several faults the first block that has one tells its own."""
    path = tmp_path_factory.getbasetemp() / "broken-blocks.csv"
    path.write_bytes(("label,title,text\n" + "0,a,b\n" * 60).encode(encoding) + content)
    found: list[list[list[Any]] | str] = []
    for size in (256, 1 << 20):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "BLOCK_BYTES", size)
            try:
                found.append(joined(list(blocks_of(path, encoding).read())))
            except DataError as error:
                found.append(str(error))
    small, one = found
    if isinstance(one, str):
        assert isinstance(small, str)
    else:
        assert small == one or "a row is longer than" in small


EMPTY = "it is empty. Give a file with a header row and at least one row."
NO_ROWS = "it has a header and no rows. Give a file with at least one row under its header."
LATIN = "is not utf-8. Name the file's encoding, such as encoding='windows-1252'."
FIELDS = "Put a value that holds the separator or a quote in double quotes."
OPEN = "(the header is row 1) is never closed. Close it, or double the quotes inside the value."
BEHIND = "Put the whole value in quotes, and double the quotes inside it."


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", EMPTY),
        (b" \n\n", EMPTY),
        (b"label,text\n", NO_ROWS),
        (b"label,text\n\n\n", NO_ROWS),
        (
            b"label,text\na,b\nc,d,e\n",
            f"it: row <3> (the header is row 1) has 3 fields for 2 columns: 'c,d,e'. {FIELDS}",
        ),
        (b"label,text\na,b\nc\n", f"it: row <3> (the header is row 1) has 1 field for 2 columns: 'c'. {FIELDS}"),
        (b'label,text\na,b\nc,"d\ne,f\n', f"it: the quote that begins in row <3> {OPEN}"),
        (b'label,text\na,b\nc,"d', f"it: the quote that begins in row <3> {OPEN}"),
        (
            b'label,text\na,"x"y\n',
            f"it: line <2>: text follows the closing quote of a value: 'a,\"x\"y'. {BEHIND}",
        ),
        (
            b'label,text\na,b\n"c",d\ne,"two\nlines and ""more"" of it" and \xc3\xa9\n',
            "it: line <5>: text follows the closing quote of a value that begins in line <4>: "
            f'\'lines and ""more"" of it" \'. {BEHIND}',
        ),
        (b'label,text\na,"x"y\nc,caf\xe9\n', f"it: byte 0xe9 at byte <<23>>, line <3> {LATIN}"),
        (
            b'label,text\ra,b\rc,"d"e\r',
            f"it: line 3: text follows the closing quote of a value: 'c,\"d\"e'. {BEHIND}",
        ),
        (b"label,text\na,b\nc,caf\xe9\n", f"it: byte 0xe9 at byte <<20>>, line <3> {LATIN}"),
        (b"label,text\na,b\nc,caf\xc3", f"it: byte 0xc3 at byte <<20>>, line <3> {LATIN}"),
        (b"label,text\na,b\n\xff,b,c\n", f"it: byte 0xff at byte <<15>>, line <3> {LATIN}"),
        (
            b"label,text\na,b\0c\n",
            "it: a NUL byte at byte <<14>>, line <2>. Is it a text file? Remove the NUL bytes, or name its encoding, "
            "such as encoding='utf-16'.",
        ),
        (
            b"label,text\na,b\nc,caf\xe9 \x81\n",
            "it: byte 0xe9 at byte <<20>>, line <3> is not utf-8. Name the file's encoding with encoding=.",
        ),
        (
            b",".join(b"c" for _ in range(600)) + b"\n" + b",".join(b"c" for _ in range(600)) + b"\n",
            "it has 600 columns. Keep at most 512 of them.",
        ),
    ],
)
@pytest.mark.parametrize("padding", [0, 40])
def test_the_words_for_what_is_wrong(tmp_path: Path, content: bytes, words: str, padding: int, small: int) -> None:
    """Also when the fault is not in the first block: <lines> and <<bytes>> are then those of the padded file."""
    head, line, rest = content.partition(b"\n")
    padding = padding if line and head.startswith(b"label") else 0
    path = tmp_path / "x.csv"
    path.write_bytes(head + line + b"x,yz\n" * padding + rest)
    if padding and not rest.strip():
        assert len(joined(list(blocks_of(path).read()))[0]) == padding
        return
    if len(content) > 1000:
        # A header of 600 columns is longer than these blocks.
        module.BLOCK_BYTES = 1 << 14
    words = re.sub("<<(\\d+)>>", lambda found: str(int(found[1]) + 5 * padding), words)
    words = re.sub("<(\\d+)>", lambda found: str(int(found[1]) + padding), words)
    assert complaint(blocks_of(path).read()) == words


@pytest.mark.parametrize("encoding", ["unicode_escape", "raw_unicode_escape", "utf-7"])
def test_half_a_character_is_one_line(tmp_path: Path, encoding: str, small: int) -> None:
    """Encodings that can give half of a surrogate pair, which no text in UTF-8 can hold."""
    half = b"+2AA-" if encoding == "utf-7" else b"\\ud800"
    path = tmp_path / "x.csv"
    path.write_bytes(b"label,text\n" + b"x,yz\n" * 40 + b"a,b " + half + b"\n")
    expected = f"it: line 42, read as {encoding}, holds half a character, '\\ud800'"
    assert expected in complaint(blocks_of(path, encoding).read())


def test_unknown_encodings_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"label,text\na,b\n")
    for encoding in ("klingon", "rot13", "hex", "a\0b"):
        assert f"encoding {encoding!r} does not read it" in complaint(blocks_of(path, encoding).read())


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
    place = f"{path.stat().st_size - 2:,}"
    assert f"it: byte 0xff at byte {place}, line 202 is not utf-8" in complaint(blocks_of(path).read())


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
def test_parquet_in_blocks_is_what_was_written(tmp_path: Path, kind: str, small: int) -> None:
    texts = pa.array([None if n % 5 == 0 else f"text é {n}" for n in range(40)])
    texts = texts.dictionary_encode() if kind == "dictionary" else texts.cast(getattr(pa, kind)())
    path = tmp_path / "x.parquet"
    parquet.write_table(pa.table({"id": range(40), "a.b": texts, "other": texts}), path, row_group_size=15)
    blocks = ParquetBlocks(FileContent(path, source="it"))
    parts = list(blocks.read())
    assert len(parts) > 10
    assert joined(parts) == [list(range(40)), texts.to_pylist(), texts.to_pylist()]
    plain = {"string": pa.string(), "dictionary": pa.string()}.get(kind, pa.large_string())
    assert [column.type for column in parts[0].columns] == [pa.int64(), plain, plain]
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
    head = read_head(blocks_of(path))
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
