"""Blocks of any size hold the rows that Python's csv reads; the first row's place and what columns hold are right."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data import blocks
from recurra.data.label_format import SINGLE_LABEL_FORMAT
from recurra.data.sources import open_blocks
from recurra.data.table_reader import TableReader
from recurra.errors import DataError

CELLS = st.text(st.sampled_from('ab ,"é中'), max_size=15)
ROWS = st.lists(st.tuples(st.sampled_from(["news", "sport"]), CELLS, CELLS), min_size=40, max_size=60)


@given(ROWS, st.sampled_from([256, 1 << 20]), st.booleans())
def test_blocks_hold_the_rows_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], size: int, titles: bool
) -> None:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("label", "title", "text"), *rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", size)
        table = TableReader(open_blocks(path), text=None if titles else "text")
        seen = count = 0
        every_third = np.arange(0, len(rows), 3)
        for block in table.read(["label"]):
            own = rows[seen : seen + len(block)]
            assert block.first == seen
            assert (block.places(every_third) + seen).tolist() == [
                place for place in range(0, len(rows), 3) if seen <= place < seen + len(block)
            ]
            assert block.label_values(SINGLE_LABEL_FORMAT) == [label for label, _, _ in own]
            assert block.documents == [(title, text) if titles else text for _, title, text in own]
            assert block.joined.to_pylist() == [
                " ".join(filter(None, (title, text))) if titles else text for _, title, text in own
            ]
            seen, count = seen + len(block), count + 1
    assert seen == len(rows)
    assert (count > 1) == (size == 256)
    options = "label 'label', title 'title', text 'text'" if titles else "label 'label'"
    assert [note for note in table.notes if options in note]


def opened(path: Path, text: str, **columns: str | None) -> TableReader:
    path.write_text(text, encoding="utf-8")
    return TableReader(open_blocks(path), **columns)  # type: ignore[arg-type]  # names of columns alone


def test_a_row_in_the_place_of_the_header_shows_by_its_label(tmp_path: Path) -> None:
    lines = "sport,a long first text\nnews,another long text\nsport,one more long text\n"
    guessed = opened(tmp_path / "a.csv", lines)
    assert (guessed.header_is_row(["news", "sport"]), guessed.header_is_row(["news"])) == (True, False)
    with pytest.raises(DataError, match="the first row names a column 'sport'"):
        guessed.check_header(["sport"])
    # Who names the column means its name.
    assert not opened(tmp_path / "b.csv", lines, label="sport").header_is_row(["news", "sport"])


def test_missing_titles_and_texts_are_empty(tmp_path: Path) -> None:
    table = opened(tmp_path / "a.jsonl", '{"title": null, "text": "a", "label": "x"}\n{"text": null, "label": "y"}\n')
    (block,) = table.read()
    assert block.documents == [("", "a"), ("", "")]
    assert block.joined.to_pylist() == ["a", ""]


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "xlsx", "parquet"])
def test_a_column_of_numbers_is_not_the_text_in_any_format(kind: str, tmp_path: Path) -> None:
    names = ["Ticket", "Received", "Subject", "Mail", "Tags"]
    rows = [
        [str(n), f"2025-11-{n % 28 + 1:02d} 08:00:00", f"order {n}", f"my order {n} has not come yet", "ab"[n % 2]]
        for n in range(1, 41)
    ]
    path = tmp_path / f"mails.{kind}"
    if kind == "jsonl":
        path.write_text("".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows))
    elif kind == "xlsx":
        book = pytest.importorskip("openpyxl").Workbook()
        for row in [names, *([int(row[0]), *row[1:]] for row in rows)]:
            book.active.append(row)
        book.save(path)
    elif kind == "parquet":
        pa = pytest.importorskip("pyarrow")
        table = pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=names)
        pytest.importorskip("pyarrow.parquet").write_table(table, path)
    else:
        with path.open("w", newline="") as file:
            csv.writer(file, delimiter="," if kind == "csv" else "\t").writerows([names, *rows])
    columns = TableReader(open_blocks(path)).columns
    assert (columns.text, columns.title, columns.label) == ("Mail", "Subject", "Tags")


def test_a_number_among_texts_does_not_make_another_column_the_text(tmp_path: Path) -> None:
    """Without an error the subjects would be read in place of the messages, because of one row."""
    path = tmp_path / "rows.jsonl"
    lines = [
        {"id": place, "subject": f"subject {place}", "message": f"words of {place}", "topic": "ab"[place % 2]}
        for place in range(30)
    ]
    lines[20]["message"] = 7
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    with pytest.raises(
        DataError,
        match=r"'message' holds texts in most rows and numbers in 1 of the first 30, such as 7 in row 21\. Write a",
    ):
        TableReader(open_blocks(path))
    assert TableReader(open_blocks(path), text="subject").columns.text == "subject"
    # A column of numbers alone is no column of texts, whatever its name.
    for line in lines:
        line["message"] = 7
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    assert TableReader(open_blocks(path)).columns.text != "message"
