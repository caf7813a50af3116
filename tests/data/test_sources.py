"""Every kind of source against an independent reader of it, in blocks so small that everything is cut everywhere."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_rows import PACKINGS, complaint, packed, rows_in

from recurra.data import documents
from recurra.data.label_format import MULTI_LABEL_FORMAT
from recurra.data.model_columns import ModelColumns
from recurra.data.read import read_table
from recurra.data.sources import open_blocks
from recurra.errors import DataError

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

texts = st.text(st.sampled_from('ab,"\n\r\t é文;{}[]\\:\u2028 '), max_size=10)
rows_of_texts = st.lists(st.tuples(texts, texts), min_size=1, max_size=25)


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
    with pytest.raises(
        DataError, match=r"holds texts in 1 row and numbers in 1 of the first 2, such as 1 in row 1\. Write"
    ):
        read_table(place(content, "x.jsonl"))
    with pytest.raises(DataError, match=r"lists not of texts in 1 row and objects in 1 of the first 2"):
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
        assert open_blocks(path).warnings == []
        return
    header = "" if content.startswith(b"text,label") else "give it a header row if it has none, and "
    assert open_blocks(path).warnings == [
        f"{path}: its lines look like rows of a table, and each is read as one text; to read their columns, "
        f"{header}say --format {form}"
    ]
    # Whoever says what it is, or trains on it, needs no note.
    assert open_blocks(path, format="txt").warnings == []
    with pytest.raises(DataError, match=f"(?i)look like rows of a table. {header}say format='{form}'"):
        read_table(path)


@pytest.mark.parametrize("mark", ["\t", ";", ","])
def test_a_column_in_the_first_line_makes_a_file_of_texts_a_table(mark: str, tmp_path: Path) -> None:
    """Excel's "Unicode text" is such a file; its cells may have line breaks."""
    path = tmp_path / "x.txt"
    path.write_bytes(b'id,mail,queue\n1,"oil\nis up",a\n2,gas,b\n'.replace(b",", mark.encode()))
    form = "tsv" if mark == "\t" else "csv"
    table = read_table(path, text="mail", label="queue")
    assert (table.documents, table.labels) == (["oil\nis up", "gas"], ["a", "b"])
    assert f"{path}: read as {form}, as its first line names columns; name another with format=" in table.notes
    of_model = read_table(path, labelled=False, model=ModelColumns("mail", label="queue"))
    assert of_model.documents == table.documents
    assert [note for note in open_blocks(path).warnings if f"--format {form}" in note]
    assert read_table(path, format="txt", labelled=False).documents[1] == f'1{mark}"oil'


def test_labels_have_the_types_of_a_csv_file(place: Any) -> None:
    assert read_table(place(b"__label__1 a\n__label__2 b\n", "x.txt")).labels == [1, 2]
    assert read_table(place(b'{"text": "a", "label": "1"}\n', "x.jsonl")).labels == ["1"]
    assert read_table(place(b'{"text": "a", "label": 1}\n', "x.jsonl")).labels == [1]
    # No header that a class could be mistaken for.
    assert read_table(place(b"__label__label a\n__label__text b\n", "x.txt")).labels == ["label", "text"]
