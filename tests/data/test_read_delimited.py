"""Reading .csv and .tsv files, compared with Python's own csv module."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data.read import read_table
from recurra.data.sources import open_blocks
from recurra.errors import DataError


def write(folder: Path, content: bytes | str, name: str = "x.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def complaint(path: Path, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        read_table(path, **options)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_titles_and_texts_become_pairs(tmp_path: Path) -> None:
    path = write(tmp_path, 'label,title,text\n1,"A, b","he said ""no""\nand left"\n0,,c\n1,d,\n')
    table = read_table(path)
    assert table.documents == [("A, b", 'he said "no"\nand left'), ("", "c"), ("d", "")]
    assert table.labels == [1, 0, 1]
    assert (table.text_column, table.title_column, table.label_column) == ("text", "title", "label")
    assert table.has_titles
    assert table.source == str(path)
    assert table.notes == (
        "columns guessed: label 'label', title 'title', text 'text'; name them with label=, title=, text=",
    )


def test_named_columns_are_read_without_a_note(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b,c\nx,1,one two\ny,2,three\n")
    table = read_table(path, text="c", label="a")
    assert table.documents == ["one two", "three"]
    assert table.labels == ["x", "y"]
    assert table.notes == ()
    assert read_table(path, text="c", title="a", label="b").documents == [("x", "one two"), ("y", "three")]


def test_tabs_bom_crlf_and_blank_lines(tmp_path: Path) -> None:
    path = write(tmp_path, b"\xef\xbb\xbflabel\ttext\r\n\r\na\tone, two\r\nb\tthree", "x.TSV")
    table = read_table(path)
    assert (table.documents, table.labels) == (["one, two", "three"], ["a", "b"])


def test_without_labels(tmp_path: Path) -> None:
    path = write(tmp_path, "text\nNA\nnull\n\n7\n")
    table = read_table(path, labelled=False)
    assert table.documents == ["NA", "null", "7"]
    assert table.labels is None
    assert table.label_column is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["1", "-2"], [1, -2]),
        (["true", "False"], [True, False]),
        (["1.5", "-0.25"], [1.5, -0.25]),
        (["07", "8"], ["07", "8"]),
        (["3.10", "3.9"], ["3.10", "3.9"]),
        (["1", "2.5"], ["1", "2.5"]),
        (["1", "x"], ["1", "x"]),
        (["NA", "1"], ["NA", "1"]),
        (["nan", "inf"], ["nan", "inf"]),
        (["1_000", "2"], ["1_000", "2"]),
        (["٣", "4"], ["٣", "4"]),
        (["2024-01-01", "2024-01-02"], ["2024-01-01", "2024-01-02"]),
        (["9" * 40, "1"], ["9" * 40, "1"]),
        (["9" * 5000, "1"], ["9" * 5000, "1"]),
        (["true", "maybe"], ["true", "maybe"]),
    ],
)
def test_labels_take_a_type_only_when_all_are_written_so(
    tmp_path: Path, written: list[str], expected: list[object]
) -> None:
    path = write(tmp_path, "label,text\n" + "".join(f"{label},x\n" for label in written))
    labels = read_table(path).labels
    assert labels == expected
    assert [type(label) for label in labels or ()] == [type(label) for label in expected]


cells = st.text(alphabet=st.sampled_from('ab,"\n\r\t é文;'), max_size=8)


@given(
    rows=st.lists(st.tuples(st.sampled_from(["x", "y z"]), cells, cells), min_size=1, max_size=6), tabs=st.booleans()
)
def test_what_pythons_csv_module_wrote_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], tabs: bool
) -> None:
    path = tmp_path_factory.mktemp("csv") / ("x.tsv" if tabs else "x.csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t" if tabs else ",", quoting=csv.QUOTE_ALL)
        writer.writerows([("label", "title", "text"), *rows])
    table = read_table(path)
    assert table.documents == [(title, text) for _, title, text in rows]
    assert table.labels == [label for label, _, _ in rows]


def test_real_news_as_pythons_csv_module_reads_it(data_dir: Path) -> None:
    path = data_dir / "agnews" / "test.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    table = read_table(path)
    assert table.documents == [(title, text) for _, title, text in rows]
    assert table.labels == [int(label) for label, _, _ in rows]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig", "UTF8"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, "label,text\né,naïve café\nb,x\n".encode(encoding))
    table = read_table(path, encoding=encoding)
    assert (table.documents, table.labels) == (["naïve café", "x"], ["é", "b"])


def test_missing_files_folders_and_unknown_kinds(tmp_path: Path) -> None:
    assert "none.csv'. Check the path." in complaint(tmp_path / "none.csv")
    assert "is a folder without .txt files in folders. Name a file in it" in complaint(tmp_path)
    assert "ends in '.doc'. Give a .csv, .tsv, .jsonl" in complaint(write(tmp_path, "a", "x.doc"))
    assert "is not whole, or not packed by gzip" in complaint(write(tmp_path, "a", "x.csv.gz"))
    assert "cannot be opened" in complaint(Path("a\0b.csv"))
    assert "cannot be opened" in complaint(Path("x" * 5000 + ".csv"))


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "label,text\na,b\n")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    # The superuser may read every file, so the refusal is played.
    monkeypatch.setattr(Path, "open", refuse)
    assert "cannot be read: Permission denied. Check its permissions." in complaint(path)


@pytest.mark.parametrize("content", ["", "\n\n", "  \n\t"])
def test_empty_files(tmp_path: Path, content: str) -> None:
    assert "is empty" in complaint(write(tmp_path, content))


@pytest.mark.parametrize("content", ["label,text", "label,text\n", "label,text\r\n\r\n"])
def test_header_only(tmp_path: Path, content: str) -> None:
    assert "has a header and no rows" in complaint(write(tmp_path, content))


def test_unknown_columns_are_listed(tmp_path: Path) -> None:
    path = write(tmp_path, "label,text\na,b\n")
    assert "no column 'body'. Name one of 'label', 'text' with text=." in complaint(path, text="body")


def test_wrong_encodings_name_the_byte(tmp_path: Path) -> None:
    path = write(tmp_path, "label,text\na,b\nc,café\n".encode("latin-1"))
    message = complaint(path)
    assert "byte 0xe9 at byte 20, line 3 is not utf-8" in message
    assert "encoding='windows-1252'" in message
    assert read_table(path, encoding="latin-1").documents == ["b", "café"]
    assert "is not ascii" in complaint(path, encoding="ascii")
    assert "encoding 'klingon'" in complaint(path, encoding="klingon")
    assert "encoding 'rot13'" in complaint(path, encoding="rot13")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_named(encoding: str, tmp_path: Path) -> None:
    path = write(tmp_path, "label,text\na,b\nc,caf\xe9 \u2603\n".encode(encoding))
    said = "x.csv: every second byte is NUL, as in UTF-16, and no byte order mark says so."
    assert f"{said} Say encoding='{encoding}', or save it as UTF-8" in complaint(path)
    assert read_table(path, encoding=encoding).documents == ["b", "caf\xe9 \u2603"]


def test_wrong_bytes_in_a_row_of_wrong_length(tmp_path: Path) -> None:
    assert "byte 0xff at byte 11, line 2" in complaint(write(tmp_path, b"label,text\n\xff,b,c\n"))


def test_nul_bytes_name_their_place(tmp_path: Path) -> None:
    assert "a NUL byte at byte 14, line 2" in complaint(write(tmp_path, b"label,text\na,b\0c\n"))


@pytest.mark.parametrize(("row", "fields"), [("c,d,e", "3 fields"), ("c", "1 field"), ('c,5" disk, "x"', "3 fields")])
def test_rows_of_another_length_name_row_and_fields(tmp_path: Path, row: str, fields: str) -> None:
    message = complaint(write(tmp_path, f'label,text\na,"b\nb"\n\n{row}\ne,f\n'))
    # Rows are counted as a spreadsheet would show them: line breaks inside quotes begin no row, blank lines are rows.
    assert f"row 4 (the header is row 1) has {fields} for 2 columns: {row!r}" in message


def test_quotes_that_are_never_closed(tmp_path: Path) -> None:
    message = complaint(write(tmp_path, 'label,text\na,b\nc,"d\ne,f\ng,h\n'))
    assert "the quote that begins in row 3 (the header is row 1) is never closed" in message
    assert "never closed" in complaint(write(tmp_path, 'label,text\na,b\nc,"d'))
    assert read_table(write(tmp_path, 'label,text\na,b\nc,"d\n"\n')).documents == ["b", "d\n"]


def test_a_line_of_ten_megabytes(tmp_path: Path) -> None:
    message = complaint(write(tmp_path, b"label,text\na,b\nc," + b"x" * 2_000_000 + b"\n"))
    assert "row 3 (the header is row 1), column 'text' holds a text of 2,000,000 bytes" in message
    assert "1 MiB" in message
    for line in (b"c," + b"x" * 10_000_000 + b"\n", b'c,"' + b"x" * 40_000_000):
        message = complaint(write(tmp_path, b"label,text\na,b\n" + line))
        assert "a row is longer than 4 MiB. Look for a quote that is never closed, or cut the text to 1 MiB" in message


def test_a_text_of_exactly_one_mebibyte_is_read(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, b"label,text\na," + b"x" * (1 << 20) + b"\n"))
    assert [len(str(text)) for text in table.documents] == [1 << 20]
    assert "1,048,577 bytes" in complaint(write(tmp_path, b"label,text\na," + b"x" * ((1 << 20) + 1) + b"\n"))


@pytest.mark.parametrize("empty", ["", "  "])
def test_empty_labels_name_their_row(tmp_path: Path, empty: str) -> None:
    message = complaint(write(tmp_path, f"label,text\n1,b\n{empty},c\n"))
    assert "row 3 (the header is row 1), column 'label' holds no label" in message


def test_one_class_alone_is_no_fault_of_the_file(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, "label,text\na,b\na,c\n")).labels == ["a", "a"]


def test_a_file_without_a_header_loses_no_row_in_silence(tmp_path: Path) -> None:
    message = complaint(write(tmp_path, "3,Stocks fall again today\n2,Team wins\n3,Prices rise a little\n"))
    assert "the first row names a column '3', which is one of its labels. Add a header row" in message


def test_another_separator_is_named(tmp_path: Path) -> None:
    assert "it is separated by ','" in complaint(write(tmp_path, "label,text\na,b\n", "x.tsv"))


def test_semicolons_part_the_fields_where_the_header_has_no_comma(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, 'label;text\na;"one; two"\nb;Hello, you\n'))
    assert (table.labels, table.documents) == (["a", "b"], ["one; two", "Hello, you"])
    assert any("parted by semicolons" in note for note in table.notes)
    commas = read_table(write(tmp_path, "label,text;s\na,x;y\n"), text="text;s")
    assert commas.documents == ["x;y"]


@pytest.mark.parametrize("mark", [";", ",", "|", "\t"])
@pytest.mark.parametrize("line", ["sep={}", '"sep={}"', "SEP={}"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_line_that_names_excels_separator_is_no_header(mark: str, line: str, end: str, tmp_path: Path) -> None:
    rows = [["label", "text, or so"], ["a", f'one{mark} "two"'], ["b", "Hello, you; and|all"]]
    path = tmp_path / "x.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.write(line.format(mark) + end)
        csv.writer(file, delimiter=mark, lineterminator=end).writerows(rows)
    table = read_table(path, text="text, or so", label="label")
    assert (table.labels, table.documents) == (["a", "b"], [rows[1][1], rows[2][1]])
    # Rows count as in Excel, which does not show that line.
    path.write_text(f"sep={mark}\nlabel{mark}text\na{mark}b{mark}c\n")
    assert "row 2 (the header is row 1) has 3 fields" in complaint(path)


@pytest.mark.parametrize(
    ("above", "shown"),
    [
        ("Export vom 12.11.2025\n", "Export vom 12.11.2025"),
        ("Export vom 12.11.2025\n\n", "Export vom 12.11.2025"),
        ("Mails\nof May\n", "Mails"),
        ("Export,,\n", "Export"),
        ("Export, in May\n", "Export,in May"),
    ],
)
def test_a_title_above_the_header_is_no_header(above: str, shown: str, tmp_path: Path) -> None:
    path = write(tmp_path, f"{above}id,mail,topic\n" + "1,Where is it?,late\n" * 9)
    said = f"{path.name}: the first row, {shown!r}, looks like a title above the header, 'id,mail,topic'."
    assert f"{said} Delete the rows above the header." in complaint(path)


@pytest.mark.parametrize("mark", [";", "|"])
def test_a_title_above_a_header_of_other_separators(mark: str, tmp_path: Path) -> None:
    # The first row, by which the separator is told, has none.
    header = mark.join(["id", "mail", "topic"])
    path = write(tmp_path, f"Export vom 12.11.2025\n{header}\n" + f"1{mark}Where is it?{mark}late\n" * 9)
    assert f"the first row, 'Export vom 12.11.2025', looks like a title above the header, {header!r}" in complaint(path)


@pytest.mark.parametrize("mark", [";", "\t"])
@pytest.mark.parametrize("rows", [1, 40])
def test_a_title_above_a_header_of_other_separators_and_commas_in_texts(mark: str, rows: int, tmp_path: Path) -> None:
    header = mark.join(["id", "text", "topic"])
    below = f"1{mark}no heat{mark}heat\n" * (rows - 1) + f"2{mark}lamp broken, again{mark}light\n"
    path = write(tmp_path, f"Report November\n\n{header}\n{below}")
    assert f"the first row, 'Report November', looks like a title above the header, {header!r}" in complaint(path)
    path = write(tmp_path, f"Message\nHello\n{below}")
    assert "for 1 columns" in complaint(path)


@pytest.mark.parametrize("content", ["text\nHello, you\n", "text\nid,label\n", "mail\n" + "Hello\n" * 9 + "id,label\n"])
def test_a_row_that_is_too_long_is_no_header_below_a_title(content: str, tmp_path: Path) -> None:
    assert "has 2 fields for 1 columns" in complaint(write(tmp_path, content))


def test_too_many_columns(tmp_path: Path) -> None:
    row = ",".join(f"c{place}" for place in range(600))
    assert "has 600 columns. Keep at most 512" in complaint(write(tmp_path, f"{row}\n{row}\n"))


def test_columns_of_one_name(tmp_path: Path) -> None:
    path = write(tmp_path, "label,text,text\na,b,c\n")
    # Naming the column would not help, so it is not advised.
    assert "2 columns 'text'. Give each column a name of its own." in complaint(path)
    assert "2 columns 'text'" in complaint(path, text="text")


@pytest.mark.parametrize("name", ["x.csv", "x.tsv"])
def test_empty_columns_without_a_name_are_left_out(name: str, tmp_path: Path) -> None:
    """As spreadsheets write them behind the others; in a workbook they are left out as well."""
    mark = ";" if name == "x.csv" else "\t"
    rows = [["text", "", "label", "", ""], ["oil, gas", "", "a", " ", ""], ["tax", "", "b", "", '""']]
    path = write(tmp_path, "".join(mark.join(row) + "\n" for row in rows), name)
    (raw,) = open_blocks(path).read()
    assert raw.names == ["text", "label"]
    assert [column.to_pylist() for column in raw.columns] == [["oil, gas", "tax"], ["a", "b"]]
    assert read_table(path).labels == ["a", "b"]
    # A column with a value stays, as an index does; a title above the header is still one.
    (raw,) = open_blocks(write(tmp_path, "a,,\n1,,x\n2,,\n")).read()
    assert raw.names == ["a", ""]
    assert "looks like a title above the header" in complaint(write(tmp_path, "Mails,,\ntext,label,\noil,a,\n"))
    assert "has a header and no rows" in complaint(write(tmp_path, "text,label,,\n"))
    (raw,) = open_blocks(write(tmp_path, ",\n1,2\n")).read()
    assert raw.names == ["", ""]


def test_a_late_value_of_a_column_without_a_name_is_said(tmp_path: Path) -> None:
    blocks = open_blocks(write(tmp_path, "text,label,\n" + "oil and gas,a,\n" * 400_000 + "tax,b,c\n"))
    parts = list(blocks.read())
    assert len(parts) > 1
    assert {tuple(part.names) for part in parts} == {("text", "label")}
    assert blocks.notes == ["1 cells of columns without a name are left out"]
