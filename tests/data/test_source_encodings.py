"""Encodings, byte order marks and the ends of lines, of every kind of source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from source_rows import PACKINGS, complaint, packed, rows_in

from recurra.data.read import read_table
from recurra.errors import DataError

pa = pytest.importorskip("pyarrow")


def test_an_encoding_other_than_utf8(place: Any) -> None:
    for name, content in (
        ("x.jsonl", '{"text": "déjà", "label": "a"}\n'),
        ("x.txt", "__label__a déjà\n"),
        ("x.tsv", "text\tlabel\ndéjà\ta\n"),
    ):
        for encoding in ("latin-1", "utf-16"):
            source = place(content.encode(encoding), name)
            options = {"format": "jsonl" if "json" in name else "tsv" if "tsv" in name else "fasttext"}
            found = rows_in(source, encoding=encoding, **options)
            assert [(row["text"], row["label"]) for row in found] == [("déjà", "a")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("packing", PACKINGS)
def test_a_byte_order_mark_says_the_encoding(encoding: str, packing: str, place: Any) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    rows = [("déjà 文", "a"), ("𝄞 oil", "b")] * 30
    for name, content in (
        ("x.csv", "text;label\n" + "".join(f"{text};{label}\n" for text, label in rows)),
        ("x.tsv", "text\tlabel\r\n" + "".join(f"{text}\t{label}\r\n" for text, label in rows)),
        ("x.jsonl", "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows)),
        ("x.txt", "".join(f"__label__{label} {text}\n" for text, label in rows)),
    ):
        source = place(packed((mark + content).encode(encoding), packing), name + packing)
        assert [(row["text"], row["label"]) for row in rows_in(source)] == rows
        # UTF-8 is what is read where nothing is said; any other encoding is what the user says it is.
        if name == "x.csv" and source != "-" and encoding != "utf-8-sig":
            assert rows_in(source, encoding=encoding) == rows_in(source)


def test_a_wrong_byte_behind_a_byte_order_mark_is_named(place: Any) -> None:
    source = place("text\noil\n".encode("utf-16") + b"\x00\xdcx\0", "x.csv")
    assert "byte 0x00 at byte 20, line 3 is not utf-16. Name the file's encoding" in complaint(source, format="csv")


@pytest.mark.parametrize("name", ["csv", "tsv"])
def test_a_table_may_end_its_rows_with_carriage_returns(name: str, place: Any) -> None:
    mark = "," if name == "csv" else "\t"
    source = place("\r".join([f"label{mark}text", f"a{mark}oil; gas", f'b{mark}"tax\rvote"', ""]).encode(), f"x.{name}")
    assert rows_in(source) == [{"label": "a", "text": "oil; gas"}, {"label": "b", "text": "tax\rvote"}]


def test_semicolons_are_known_by_the_first_row_that_a_carriage_return_ends(place: Any) -> None:
    source = place(b"label;text\ra;oil, gas\r", "x.csv")
    assert rows_in(source) == [{"label": "a", "text": "oil, gas"}]


@pytest.mark.parametrize("content", [b"oil\rgas\r", b"__label__a oil\r__label__b gas", b'{"a": "b"}\r{"a": "c"}\r'])
def test_other_lines_may_not_end_with_carriage_returns(content: bytes, place: Any) -> None:
    source = place(content, "x.jsonl" if content.startswith(b"{") else "x.txt")
    with pytest.raises(DataError) as caught:
        rows_in(source)
    assert str(caught.value).endswith(
        ": its lines end with carriage returns alone. Save it with the line ends of Unix or Windows."
    )


def test_half_a_character_is_one_line_whatever_the_format(place: Any) -> None:
    for content, name in (
        (b"oil \\ud800\n", "x.txt"),
        (b"__label__a \\ud800 oil\n", "y.txt"),
        (b'{"a": "\\ud800"}\n', "x.jsonl"),
    ):
        with pytest.raises(DataError) as caught:
            rows_in(place(content, name), encoding="unicode_escape")
        assert ": line 1, read as unicode_escape, holds half a character, '\\ud800'. " in str(caught.value)


MIXED = ["für".encode("cp1252"), "über".encode(), b"plain"]


def test_utf8_read_in_another_encoding_is_warned_of(tmp_path: Path) -> None:
    """Whether all of a file is UTF-8, or some of its lines, wherever they stand."""
    path = tmp_path / "x.csv"
    path.write_bytes(b"label,text\n" + b"a,plain\n" * 20_000 + b"".join(b"a," + line + b"\n" for line in MIXED))
    (mixed,) = read_table(path, encoding="cp1252").warnings
    assert mixed.startswith(f"{path}: 1 of its lines look like UTF-8 and 1 do not, and all are read as cp1252")
    assert "'ü' becomes 'Ã¼'" in mixed
    assert f"recurra check {path} --fix x.clean.csv" in mixed
    path.write_bytes("label,text\na,für\n".encode("cp1252"))
    assert read_table(path, encoding="cp1252").warnings == ()


def test_a_folder_of_texts_in_several_encodings(tmp_path: Path) -> None:
    for number, content in enumerate(MIXED):
        (tmp_path / "folder" / "a").mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / "a" / f"{number}.txt").write_bytes(content)
    folder = tmp_path / "folder"
    with pytest.raises(DataError, match=r"0\.txt: byte 0xfc at byte 1, line 1 is not utf-8\. Other files are UTF-8"):
        read_table(folder)
    (mixed,) = read_table(folder, encoding="cp1252").warnings
    assert mixed.startswith(f"{folder}: 1 of its files look like UTF-8 and 1 do not")
    (folder / "a" / "3.txt").write_bytes(b"\x81")
    with pytest.raises(DataError, match=r"3\.txt: .*is not cp1252\. Some files look like UTF-8, and others do not"):
        read_table(folder, encoding="cp1252")
    for name in ("0.txt", "3.txt"):
        (folder / "a" / name).unlink()
    (whole,) = read_table(folder, encoding="cp1252").warnings
    assert whole.startswith(f"{folder}: its bytes look like UTF-8, and are read as cp1252")
