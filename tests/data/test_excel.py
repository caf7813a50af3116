"""Excel workbooks against the rows that openpyxl wrote into them, and hostile ones made by hand."""

from __future__ import annotations

import datetime
import io
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data import excel
from recurra.data.read import read_table
from recurra.data.sources import open_blocks
from recurra.errors import DataError

openpyxl = pytest.importorskip("openpyxl")


def workbook(rows: Sequence[Sequence[Any]], *more: str) -> bytes:
    """An .xlsx file; ``more`` are names of empty sheets behind the first one."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name in more:
        book.create_sheet(name)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def write(path: Path, rows: Sequence[Sequence[Any]], *more: str) -> Path:
    path.write_bytes(workbook(rows, *more))
    return path


def with_part(content: bytes, name: str, data: bytes) -> bytes:
    """The same file with other bytes in one of its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, data if part == name else old.read(part))
    return out.getvalue()


def rows_in(source: Any, **options: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for part in open_blocks(source, **options).read():
        columns = [column.to_pylist() for column in part.columns]
        found += [dict(zip(part.names, values, strict=True)) for values in zip(*columns, strict=True)]
    return found


def complaint(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        rows_in(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_sheet_is_a_table(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.XLSX", [("Text", " label "), ("oil, é 文", 1), ('two\nlines "x"', 2), (404, 1.0)], "other"
    )
    table = read_table(path)
    assert (table.documents, table.labels) == (["oil, é 文", 'two\nlines "x"', "404"], [1, 2, 1])
    assert f"{path}: the sheet 'Sheet' is read, the first of 2; behind it: 'other'" in table.notes
    # As often as it is asked for.
    blocks = open_blocks(path)
    assert [sum(len(part.columns[0]) for part in blocks.read()) for _ in range(2)] == [3, 3]
    assert blocks.total == 3


def test_values_are_written_as_in_a_csv_file(tmp_path: Path) -> None:
    date, time = datetime.datetime(2024, 5, 6), datetime.datetime(2024, 5, 6, 7, 8)
    values = [True, False, 1, -2.5, 3.0, date, time, None, "x", "07", "a_x000D_\nb_x005F_x000D_ _xD83D__xDE00_", "=1+1"]
    path = write(tmp_path / "x.xlsx", [["a", "b"], *([value, "b"] for value in values)])
    assert [row["a"] for row in rows_in(path)] == [
        *("true", "false", "1", "-2.5", "3", "2024-05-06", "2024-05-06 07:08:00", "", "x", "07"),
        # Codes of characters: a carriage return, an underscore before what is no code, and two halves of one.
        "a\r\nb_x000D_ 😀",
        # A formula has no value before a spreadsheet has saved one.
        "",
    ]


cells = st.none() | st.text(st.sampled_from('ab,"\n é文'), max_size=6) | st.integers(-99, 99)


@given(rows=st.lists(st.tuples(cells, cells, cells), max_size=15), begin=st.integers(0, 2))
def test_rows_are_what_was_written(tmp_path_factory: pytest.TempPathFactory, rows: list[Any], begin: int) -> None:
    path = tmp_path_factory.getbasetemp() / "rows.xlsx"
    blank: list[tuple[None, ...]] = [(None, None)] * begin
    path.write_bytes(workbook([*blank, ("a", "b", "c"), *rows]))
    written = [{name: "" if cell is None else str(cell) for name, cell in zip("abc", row, strict=True)} for row in rows]
    expected = [row for row in written if any(row.values())]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(excel, "BLOCK_ROWS", 3)
        if expected:
            assert rows_in(path) == expected
            numbers = [
                part.numbers.number(place) for part in open_blocks(path).read() for place in range(len(part.columns[0]))
            ]
            assert numbers == [len(blank) + 2 + place for place, row in enumerate(written) if any(row.values())]
        else:
            assert "has a header and no rows" in complaint(path)


def test_blank_rows_and_columns_without_a_name(tmp_path: Path) -> None:
    rows = [[None, "text", None, "label"], [None, "oil", None, "a"], [], ["note", "gas", 7, "b", "more"], [None, "x"]]
    blocks = open_blocks(write(tmp_path / "x.xlsx", rows))
    parts = list(blocks.read())
    assert [column.to_pylist() for column in parts[0].columns] == [["oil", "gas", "x"], ["a", "b", ""]]
    assert blocks.notes == ["3 cells of columns without a name are left out"]
    with pytest.raises(DataError, match=r"row 5 \(the header is row 1\), column 'label'"):
        read_table(tmp_path / "x.xlsx")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (workbook([]), "x.xlsx is empty"),
        (workbook([[None], []]), "x.xlsx is empty"),
        (workbook([["text", "label"]]), "has a header and no rows"),
        (workbook([[f"c{n}" for n in range(600)], ["x"]]), "has 600 columns. Keep at most 512"),
        (workbook([["text"], ["oil"]])[:-40], "is not a whole Excel file. Save or download it again"),
        (b"text,label\na,b\n", "is not a whole Excel file"),
        (with_part(workbook([["text"], ["oil"]]), "xl/worksheets/sheet1.xml", b"<worksheet><row"), "is not a whole"),
        (with_part(workbook([["text"], ["oil"]]), "xl/workbook.xml", b"no XML"), "is not a whole Excel file"),
    ],
)
def test_what_is_no_table_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_bytes(content)
    assert message in complaint(tmp_path / "x.xlsx")


TABLE = [("id", "text", "label"), (1, "oil is up", "a"), (2, "gas is down", "b")]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [("Tickets export 2026",), (), *TABLE],
            "row 1 of the sheet 'Sheet', 'Tickets export 2026', is no header: row 3 looks like the header, "
            "'id', 'text', 'label'. Delete the rows above the header",
        ),
        # A title may be two cells wide, be a usual name itself, or begin below.
        ([("Export", "2026-01-05"), ("text", "label"), ("oil", "a")], "row 2 looks like the header, 'text', 'label'"),
        ([("Summary",), ("text", "label"), ("oil", "a")], "row 2 looks like the header, 'text', 'label'"),
        ([(), (None, "Tickets"), ("By", "me"), *TABLE], "row 2 of the sheet 'Sheet', 'Tickets', is no header: row 4"),
        # The first row as wide as those below is named, not a row of data with usual names, nor the title.
        (
            [
                ("Tickets Juni",),
                (),
                ("Anlass", "Mitteilung", "Queue"),
                ("a", "b", "IT"),
                ("a", "b", "IT"),
                ("Ticket", "Question", "IT"),
            ],
            "1 cell is filled there and 3 below; row 3 looks like the header, 'Anlass', 'Mitteilung', 'Queue'",
        ),
        (
            [("Tickets Juni",), ("Anlass", "Mitteilung", "Queue"), ("Ticket", "Question", "IT"), ("a", "b", "IT")],
            "row 2 looks like the header, 'Anlass', 'Mitteilung', 'Queue'",
        ),
        (
            [("Tickets Juni",), (), ("Anlass", None, "Queue"), ("a", "b", "IT"), ("a", "Question", "IT")],
            "row 3 looks like the header, 'Anlass', 'Queue'",
        ),
        # No name is usual.
        ([("Export",), ("what", "kind"), ("oil", "a")], "is no header: 1 cell is filled there and 2 below"),
    ],
)
def test_a_title_above_the_header_is_no_header(rows: list[Any], message: str, tmp_path: Path) -> None:
    assert message in complaint(write(tmp_path / "x.xlsx", rows))


@pytest.mark.parametrize(
    "rows",
    [
        # A header without a usual name; values that are usual names; a note beside the table; names in other columns.
        [("what", "kind"), ("oil", "a"), ("gas", "b")],
        [("word", "kind"), ("question", "noun"), ("oil", "b")],
        [("text", "label"), ("question", "topic"), ("oil", "b", "a note", "class")],
        [("word", None, None), ("oil",), ("gas", "b"), ("x",), ("y",)],
        [("word",), ("text",), ("oil",)],
    ],
)
def test_a_header_of_any_names_is_a_header(rows: list[Any], tmp_path: Path) -> None:
    assert len(rows_in(write(tmp_path / "x.xlsx", rows))) == len(rows) - 1


def test_columns_that_are_named_make_a_header(tmp_path: Path) -> None:
    path = write(tmp_path / "x.xlsx", [("word",), ("oil", "a"), ("gas", "b")])
    assert "1 cell is filled there and 2 below" in complaint(path)
    assert read_table(path, text="word", labelled=False).documents == ["oil", "gas"]


def test_a_cover_page_is_no_table(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    for row in (("Tickets 2026",), ("By", "me")):
        book.active.append(row)
    sheet = book.create_sheet("Rows")
    for row in TABLE:
        sheet.append(row)
    book.save(tmp_path / "x.xlsx")
    assert complaint(tmp_path / "x.xlsx").endswith(
        "only the first of its sheets is read, and 'Cover' begins with 'Tickets 2026', while 'Rows' has the columns "
        "'id', 'text', 'label'. Move the sheet of the rows to the front, or save it as .csv."
    )


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
CELL = '<c r="{}" t="str"><v>{}</v></c>'


def test_a_cell_in_the_last_corner_takes_no_memory(tmp_path: Path) -> None:
    """Where a rectangle is made of the sheet, it ends the process."""
    rows = [(1, "A1", "text"), (2, "A2", "oil"), (1048576, "XFD1048576", "x")]
    sheet = SHEET.format("".join(f'<row r="{row}">{CELL.format(*cell)}</row>' for row, *cell in rows))
    content = with_part(workbook([["text"], ["oil"]]), "xl/worksheets/sheet1.xml", sheet.encode())
    (tmp_path / "x.xlsx").write_bytes(content)
    assert rows_in(tmp_path / "x.xlsx") == [{"text": "oil"}, {"text": ""}]
    far = SHEET.format(
        f'<row r="1">{CELL.format("A1", "text")}</row><row r="99999999999">{CELL.format("A2", "x")}</row>'
    )
    content = with_part(workbook([["text"], ["oil"]]), "xl/worksheets/sheet1.xml", far.encode())
    (tmp_path / "x.xlsx").write_bytes(content)
    assert "has more than 1,048,576 rows. Save it as .csv." in complaint(tmp_path / "x.xlsx")


def test_what_a_sheet_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    cells = "".join(f'<row r="{row}">{CELL.format(f"B{row}", text)}</row>' for row, text in ((1, "text"), (2, "oil")))
    sheet = SHEET.format(cells).replace("<sheetData>", '<dimension ref="A1:A1"/><sheetData>')
    content = with_part(workbook([["text"], ["oil"]]), "xl/worksheets/sheet1.xml", sheet.encode())
    (tmp_path / "x.xlsx").write_bytes(content)
    assert rows_in(tmp_path / "x.xlsx") == [{"text": "oil"}]


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.xlsx", [["text"], ["oil"]])
    monkeypatch.setattr(excel, "MAX_EXCEL_BYTES", 1000)
    assert "bytes. Save it as .csv: at most 1,000 are read." in complaint(path)


def test_entities_are_not_expanded_without_bound(tmp_path: Path) -> None:
    names = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "lol"}">' for n in range(10)]
    sheet = f"<!DOCTYPE x [{''.join(names)}]>" + SHEET.format(f'<row r="1">{CELL.format("A1", "&e9;")}</row>')
    content = with_part(workbook([["text"], ["oil"]]), "xl/worksheets/sheet1.xml", sheet.encode())
    (tmp_path / "x.xlsx").write_bytes(content)
    assert "is not a whole Excel file" in complaint(tmp_path / "x.xlsx")


def test_a_workbook_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    content = workbook([["text", "label"], ["oil", "a"]])
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    blocks = open_blocks("-")
    assert blocks.notes == ["standard input is read as xlsx, by its first bytes; name it with --format"]
    assert [part.names for part in blocks.read()] == [["text", "label"]]


def test_without_openpyxl_the_hint_is_the_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.xlsx", [["text"], ["oil"]])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert complaint(path) == (
        "Reading .xlsx needs openpyxl, which is not installed. Run: pip install 'recurra[excel]'."
    )


def test_a_cover_page_of_one_row_is_no_table_whatever_the_columns_are_called(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Info"
    book.active.append(("Umfrage 2024",))
    for row in (("Frage", "Antwort"), ("Wie war es?", "gut")):
        (book["Antworten"] if "Antworten" in book else book.create_sheet("Antworten")).append(row)
    book.save(tmp_path / "x.xlsx")
    said = f"{tmp_path / 'x.xlsx'}: the sheet 'Antworten' is read, number 2 of 2; before it: 'Info'"
    table = read_table(tmp_path / "x.xlsx", text="Frage", label="Antwort")
    assert (table.documents, table.labels) == (["Wie war es?"], ["gut"])
    assert table.warnings == (f"{said}; those before it fill one cell a row at most",)


def test_errors_about_columns_name_the_sheet(tmp_path: Path) -> None:
    """A list of a single column may be what is meant; a cover may have two."""
    for rows in ([("Umfrage, 2024",), *[("Text",)] * 30], [("Export", "2024"), ("by", "me"), ("on", "Friday")]):
        book = openpyxl.load_workbook(io.BytesIO(workbook(rows, "Answers")))
        for row in (("Frage", "Antwort"), *[("Wie war es?", "gut")] * 40):
            book["Answers"].append(row)
        book.save(tmp_path / "x.xlsx")
        with pytest.raises(DataError) as caught:
            read_table(tmp_path / "x.xlsx", label="Antwort")
        assert str(caught.value).endswith(
            "The sheet 'Sheet' is read, the first of 2; behind it: 'Answers': if the rows are in another one, move it "
            "to the front, or save it as a file of its own."
        )
        assert "separated by" not in str(caught.value)
