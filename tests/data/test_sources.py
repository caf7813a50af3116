"""Every kind of source against an independent reader of it, in blocks so small that everything is cut everywhere."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data import blocks as blocks_module
from recurra.data import documents, fasttext_lines, json_lines, lines
from recurra.data.blocks import read_head
from recurra.data.formats import format_of_text
from recurra.data.label_format import MULTI_LABEL_FORMAT
from recurra.data.read import read_table
from recurra.data.sources import open_blocks
from recurra.errors import DataError, SettingsError

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

texts = st.text(st.sampled_from('ab,"\n\r\t é文;{}[]\\:\u2028 '), max_size=10)
rows_of_texts = st.lists(st.tuples(texts, texts), min_size=1, max_size=25)
PACKINGS = ("", ".gz", ".zst")


def packed(content: bytes, packing: str) -> bytes:
    if packing == ".zst":
        return bytes(pa.compress(content, codec="zstd", asbytes=True))
    return gzip.compress(content) if packing == ".gz" else content


def rows_in(source: Any, **options: Any) -> list[dict[str, Any]]:
    """All rows; numbers that do not follow each other, or other names and types than the first block's, would fail."""
    found: list[dict[str, Any]] = []
    first = None
    for part in open_blocks(source, **options).read():
        first = first or part
        assert (part.names, part.typed) == (first.names, first.typed)
        assert [column.type for column in part.columns] == [column.type for column in first.columns]
        assert part.first_row == first.first_row + len(found)
        columns = [column.to_pylist() for column in part.columns]
        found += [dict(zip(part.names, values, strict=True)) for values in zip(*columns, strict=True)]
    return found


@pytest.fixture(params=["file", "pipe"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Puts bytes where they are read: into a file, or on standard input."""

    def put(content: bytes, name: str) -> Any:
        if request.param == "pipe":
            monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
            return "-"
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    monkeypatch.setattr(blocks_module, "BLOCK_BYTES", 128)
    for module in (lines, json_lines, fasttext_lines):
        monkeypatch.setattr(module, "BLOCK_BYTES", 40)
    monkeypatch.setattr(json_lines, "HEAD_BLOCKS", 2)
    return put


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_delimited_files_are_what_csv_reads(place: Any, packing: str, delimiter: str) -> None:
    @given(rows_of_texts, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.sampled_from([csv.QUOTE_ALL, 0]))
    def check(rows: Sequence[tuple[str, str]], end: str, mark: bool, quoting: Any) -> None:
        if quoting != csv.QUOTE_ALL:
            # pyarrow takes a bare carriage return for the end of a row; csv quotes it only as the writer's own end.
            rows = [(one.replace("\r", "") or "x", two.replace("\r", "") or "y") for one, two in rows]
        file = io.StringIO(newline="")
        csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows([("text", "label"), *rows])
        content = file.getvalue().encode("utf-8-sig" if mark else "utf-8")
        expected = list(csv.DictReader(io.StringIO(file.getvalue(), newline=""), delimiter=delimiter))
        name = f"x.{'csv' if delimiter == ',' else 'tsv'}{packing}"
        assert rows_in(place(packed(content, packing), name)) == expected

    check()


values = {
    "text": texts,
    "number": st.integers(-(2**63), 2**63 - 1),
    "share": st.floats(allow_nan=False, allow_infinity=False),
    "yes": st.booleans(),
    "tags": st.lists(texts, max_size=3),
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_json_lines_are_what_json_reads(place: Any, packing: str) -> None:
    @given(
        st.lists(st.fixed_dictionaries(values), min_size=1, max_size=20),
        st.data(),
        st.sampled_from(["\n", "\r\n", "\n\n"]),
        st.booleans(),
        st.booleans(),
    )
    def check(rows: list[dict[str, Any]], data: st.DataObject, end: str, ascii_only: bool, mark: bool) -> None:
        for row in rows[1:]:
            for name in data.draw(st.sets(st.sampled_from(sorted(values)), max_size=2)):
                row[name] = None
        content = "".join(json.dumps(row, ensure_ascii=ascii_only) + end for row in rows)
        content = content.removesuffix(end) if len(rows) % 2 else content
        source = place(packed(content.encode("utf-8-sig" if mark else "utf-8"), packing), f"x.ndjson{packing}")
        assert rows_in(source) == [json.loads(line) for line in content.split("\n") if line.strip()]

    check()


@pytest.mark.parametrize("packing", PACKINGS)
def test_lines_of_fasttext_are_its_words(place: Any, packing: str) -> None:
    words = st.lists(st.sampled_from(["oil", "the", "é文", "a\u00a0b", "label", "x__label__y"]), max_size=6)
    labels = st.lists(st.sampled_from(["a", "b-c", "é"]), min_size=1, max_size=3)

    @given(st.lists(st.tuples(labels, words), min_size=1, max_size=20), st.sampled_from(["\n", "\r\n"]), st.booleans())
    def check(rows: list[tuple[list[str], list[str]]], end: str, several: bool) -> None:
        rows = rows if several else [(names[:1], said) for names, said in rows]
        content = "".join(" ".join([*(f"__label__{name}" for name in names), *said]) + end for names, said in rows)
        source = place(packed(content.encode(), packing), f"x.txt{packing}")
        lists = any(len(names) > 1 for names, _ in rows)
        expected = [{"label": names if lists else names[0], "text": " ".join(said)} for names, said in rows]
        assert rows_in(source) == expected

    check()


def test_labels_of_fasttext_stand_anywhere_and_blank_lines_are_none(place: Any) -> None:
    content = b"__label__a oil\n\n__label__b\tprices __label__c rise \n \n__label__x"
    assert rows_in(place(content, "x.txt")) == [
        {"label": ["a"], "text": "oil"},
        {"label": ["b", "c"], "text": "prices rise"},
        {"label": ["x"], "text": ""},
    ]
    assert rows_in(place(b"__label__a  oil  \nno label\n", "y.txt"), format="fasttext") == [
        {"label": "a", "text": "oil  "},
        {"label": None, "text": "no label"},
    ]


@pytest.mark.parametrize("packing", PACKINGS)
def test_plain_lines_are_texts(place: Any, packing: str) -> None:
    content = "one\r\n\ntwo é\nthree".encode()
    assert rows_in(place(packed(content, packing), f"x.txt{packing}")) == [
        {"text": text} for text in ("one", "", "two é", "three")
    ]


def test_parquet_is_what_pyarrow_reads(place: Any) -> None:
    table = pa.table({"text": ["é", None, "x"], "n": [1, 2, None], "tags": [["a"], [], None]})
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    assert rows_in(place(buffer.getvalue(), "x.parquet")) == table.to_pylist()


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


def test_the_total_is_known_in_the_end(place: Any) -> None:
    for name, row in (
        ("x.jsonl", '{"text": "a"}\n'),
        ("x.json", ',{"text": "a"}\n'),
        ("x.txt", "__label__a b\n"),
        ("y.txt", "b\n"),
        ("x.csv", "b,c\n"),
    ):
        head = "text,label\n" if name == "x.csv" else ""
        for packing in PACKINGS:
            content = f"[{(100 * row)[1:]}]" if name == "x.json" else head + 100 * row
            blocks = open_blocks(place(packed(content.encode(), packing), name + packing))
            assert sum(len(part.columns[0]) for part in blocks.read()) == 100
            assert blocks.total == 100


def complaint(source: Any, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        list(open_blocks(source, **options).read())
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"[1]", "line 30 is not JSON as it is read here: it is [1], not an object"),
        (b'{"text": "a"', "line 30 is not JSON as it is read here: Expecting ',' delimiter at character 13"),
        (b'{"text": "a"} {"text": "b"}', "line 30 is not JSON as it is read here: Extra data at character 15"),
        (b'{"text": "a", "text": "b"}', "line 30 is not JSON as it is read here: the key 'text' stands there twice"),
        (b'{"text": NaN}', "line 30 is not JSON as it is read here: JSON has no number NaN"),
        (b'{"n": ' + b"[" * 100_000 + b"}", "line 30 is not JSON as it is read here: nested too deeply"),
        (b'{"n": ' + b"1" * 5000 + b"}", "line 30 is not JSON as it is read here: Exceeds the limit"),
        (b'{"text": 1}', "line 30, 'text' holds 1, and earlier lines hold a text there"),
        (b'{"text": {"a": 1}}', """line 30, 'text' holds {"a": 1}, and earlier lines hold a text there"""),
        (b'{"n": 1.5}', "line 30, 'n' holds 1.5, and earlier lines hold a whole number there"),
        (b'{"n": true}', "line 30, 'n' holds true, and earlier lines hold a whole number there"),
        (b'{"n": 9223372036854775808}', "line 30, 'n' holds 9223372036854775808, beyond 64 bits"),
        (b'{"tags": ["a", 1]}', """line 30, 'tags' holds ["a", 1], and earlier lines hold a list of texts there"""),
        (b'{"text": "\\ud800"}', "line 30, 'text' holds half a character"),
        (b"\xff", "byte 0xff at byte"),
    ],
)
def test_an_odd_line_of_json_is_named(place: Any, line: bytes, shown: str) -> None:
    usual = [b'{"text": "a", "n": 1, "tags": ["x"]}'] * 40
    # A blank line is a line, and no row.
    content = b"\n".join([b"", *usual[:28], line, *usual])
    assert shown in complaint(place(content, "x.jsonl"))


def test_values_of_several_kinds_can_be_neither_text_nor_label(place: Any) -> None:
    content = b'{"text": "a", "label": 1, "other": [1]}\n{"text": "b", "label": "x", "other": {"k": null}}\n'
    assert rows_in(place(content, "x.jsonl"))[1] == {"text": "b", "label": '"x"', "other": '{"k": null}'}
    with pytest.raises(DataError, match="such as 1 in row 1, which cannot be labels"):
        read_table(place(content, "x.jsonl"))
    with pytest.raises(DataError, match=r"such as \[1\] in row 1, not texts"):
        read_table(place(content, "x.jsonl"), text="other", labelled=False)


def test_a_key_that_comes_late_is_left_out_and_said(place: Any) -> None:
    content = b'{"text": "a"}\n' * 50 + b'{"text": "a", "late": 1}\n' * 3
    source = place(content, "x.jsonl")
    blocks = open_blocks(source, format="jsonl")
    assert [set(part.names) for part in blocks.read()][-1] == {"text"}
    assert blocks.notes == ["the key 'late' is left out: it stands in line 51 first, and none before names it"]


def test_several_labels_a_row_are_read_as_tuples(place: Any) -> None:
    for name, content in (
        ("x.txt", b"__label__a __label__b oil\n"),
        ("x.jsonl", b'{"text": "oil", "label": ["a", "b"]}\n'),
    ):
        assert read_table(place(content, name)).labels == [("a", "b")]


def test_cells_of_any_number_of_labels_may_be_empty_and_stay_texts(place: Any) -> None:
    rows = b"text,label\noil,1\ngas,\n"
    assert read_table(place(rows, "x.csv"), label_format=MULTI_LABEL_FORMAT).labels == ["1", ""]
    with pytest.warns(DeprecationWarning, match="Say label_format=MULTI_LABEL_FORMAT or SINGLE_LABEL_FORMAT"):
        assert read_table(place(rows, "x.csv"), several=True).labels == ["1", ""]
    with pytest.warns(DeprecationWarning, match="called label_format now"):
        assert read_table(place(rows, "x.csv"), cells=MULTI_LABEL_FORMAT).labels == ["1", ""]
    with pytest.warns(DeprecationWarning, match="MULTI_LABEL_FORMAT now"):
        assert documents.LABEL_LISTS is MULTI_LABEL_FORMAT
    with pytest.raises(DataError, match="holds no label"):
        read_table(place(rows, "x.csv"))


def test_lines_without_labels_are_no_training_rows(place: Any) -> None:
    with pytest.raises(DataError, match="holds texts and no labels"):
        read_table(place(b"oil\ngas\n", "x.txt"))
    assert read_table(place(b"oil\ngas\n", "x.txt"), labelled=False).documents == ["oil", "gas"]


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"oil is up\ta\ngas is down\tb\noil\ta\n", "tsv"),
        (b"text,label\noil,a\n", "csv"),
        # Too few lines, tabs here and there, and commas of sentences.
        (b"oil is up\ta\ngas is down\tb\n", None),
        (b"oil is up\ta\ngas is down\noil\ta\n", None),
        (b"oil, and gas\ngas, and oil\noil, or gas\n", None),
    ],
)
def test_lines_that_look_like_rows_are_mentioned(content: bytes, form: str | None, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(content)
    if form is None:
        assert open_blocks(path).notes == []
        return
    assert open_blocks(path).notes == [
        f"{path}: its lines look like rows of a table, and each is read as one text; to read their columns, give it a "
        f"header row if it has none, and say --format {form}"
    ]
    # Whoever says what it is, or trains on it, needs no note.
    assert open_blocks(path, format="txt").notes == []
    with pytest.raises(DataError, match=f"look like rows of a table. Give it a header row .* say format='{form}'"):
        read_table(path, label="label")


def test_labels_have_the_types_of_a_csv_file(place: Any) -> None:
    assert read_table(place(b"__label__1 a\n__label__2 b\n", "x.txt")).labels == [1, 2]
    assert read_table(place(b'{"text": "a", "label": "1"}\n', "x.jsonl")).labels == ["1"]
    assert read_table(place(b'{"text": "a", "label": 1}\n', "x.jsonl")).labels == [1]
    # No header that a class could be mistaken for.
    assert read_table(place(b"__label__label a\n__label__text b\n", "x.txt")).labels == ["label", "text"]


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
