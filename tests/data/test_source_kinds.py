"""How the kind of a source is known, by its name, its first bytes or what the user says, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from source_rows import complaint, packed, rows_in

from recurra.data.blocks import read_head
from recurra.data.formats import format_of_text
from recurra.data.sources import open_blocks
from recurra.errors import DataError, SettingsError

pa = pytest.importorskip("pyarrow")


GUESSES = {
    "csv": b"id,Text\n1,oil\n",
    "tsv": b"label\tx\na\toil, gas\n",
    "jsonl": b'\xef\xbb\xbf{"text": "a"}\n',
    "json": b'\xef\xbb\xbf[\n  {"text": "a"}\n]\n',
    "fasttext": b"__label__a oil\n",
    "txt": b"Yes, the text, as I said\nlabel,text\n",
}


@pytest.mark.parametrize("packing", [None, "gzip", "zstd"])
@pytest.mark.parametrize("name", GUESSES)
def test_standard_input_is_known_by_its_first_bytes(
    name: str, packing: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = packed(GUESSES[name], {None: "", "gzip": ".gz", "zstd": ".zst"}[packing])
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    blocks = open_blocks("-")
    how = f", packed by {packing}" if packing else ""
    assert blocks.notes == [f"standard input is read as {name}{how}, by its first bytes; name it with --format"]
    assert read_head(blocks).columns
    # A pipe is read once; what came is there as often as it is asked for, and then no more.
    first = [column.to_pylist() for part in blocks.read() for column in part.columns]
    assert first == [column.to_pylist() for part in blocks.read(again=False) for column in part.columns]
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert open_blocks("-", format=name).notes == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("x.json", "begins with 'text,label"),
        ("x.xls", "ends in '.xls'. Give a .csv, .tsv, .jsonl, .ndjson, .json, .txt, .xlsx or .parquet file, packed as"),
        ("x.xlsx.gz", "is a packed .xlsx file. Unpack it"),
        ("x.gz", "ends in '.gz'. Give a .csv"),
        ("x.parquet.gz", "is a packed .parquet file. Unpack it"),
    ],
)
def test_other_names_are_refused(tmp_path: Path, name: str, shown: str) -> None:
    (tmp_path / name).write_bytes(b"text,label\na,b\n")
    assert shown in complaint(tmp_path / name)


def test_a_format_stands_above_the_name(tmp_path: Path) -> None:
    (tmp_path / "x.data").write_bytes(b"text,label\na,b\n")
    assert rows_in(tmp_path / "x.data", format="csv") == [{"text": "a", "label": "b"}]
    assert rows_in(tmp_path / "x.data", format="txt") == [{"text": "text,label"}, {"text": "a,b"}]
    with pytest.raises(
        SettingsError, match=r"There is no format 'xml'\. Say csv, tsv, jsonl, json, fasttext, txt, xlsx or parquet"
    ):
        open_blocks(tmp_path / "x.data", format="xml")


def test_there_may_be_no_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert complaint("-").startswith("There is no standard input")


def test_nothing_on_standard_input_is_an_empty_table(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("csv", "jsonl", "json", "fasttext", "txt"):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
        assert "standard input is empty" in complaint("-", format=name)


def test_a_file_may_be_as_large_as_is_said_and_no_larger(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"text,label\na,b\n")
    assert open_blocks(tmp_path / "x.csv", largest=15)
    with pytest.raises(DataError, match=r"has 15 bytes\. Split it: at most 14 are read"):
        open_blocks(tmp_path / "x.csv", largest=14)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__label__a oil\n\n  __label__b gas\n", "fasttext"),
        ("__label__a oil\nand a line of something else\n", "txt"),
        ("\n\nid;text\n1;oil, gas\n", "csv"),
        ("id,text;more\n", "txt"),
        ("text\noil\n", "txt"),
        ("\n \n", "txt"),
    ],
)
def test_a_text_is_known_by_its_first_lines(text: str, expected: str) -> None:
    assert format_of_text(text) == expected


def test_a_separator_is_a_semicolon_only_where_the_first_line_has_no_comma(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("text,a;b\noil,1\n")
    assert rows_in(tmp_path / "x.csv") == [{"text": "oil", "a;b": "1"}]
    (tmp_path / "y.csv").write_text("text;a\noil, gas;1,5\n")
    assert rows_in(tmp_path / "y.csv") == [{"text": "oil, gas", "a": "1,5"}]
