"""Rows have the numbers that a spreadsheet shows: blank rows are skipped, and counted."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data import excel, json_lines
from recurra.data.label_format import SINGLE_LABEL_FORMAT
from recurra.data.read import read_table
from recurra.data.review_decisions import apply_decisions, read_decisions
from recurra.data.row_numbers import RowNumbers
from recurra.data.sources import open_blocks
from recurra.data.streamed import StreamedTable
from recurra.errors import DataError

ROWS = [("text", "label"), ("oil", "a"), ("gas", "b"), ("tea", "a"), ("rye", "b"), ("hay", "a")]
# The rows of a spreadsheet as it shows them: "" is a blank row.
SHEET = ["", "", ROWS[0], ROWS[1], "", ROWS[2], ROWS[3], "", "", ROWS[4], ROWS[5]]


def as_csv(sheet: list[object]) -> bytes:
    return "".join(f"{','.join(row)}\r\n" for row in sheet).encode()


def as_xlsx(sheet: list[object]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for number, row in enumerate(sheet, 1):
        for column, value in enumerate(row, 1):
            book.active.cell(number, column, value)
    book.save(out)
    return out.getvalue()


def as_jsonl(sheet: list[object]) -> bytes:
    return "".join(f'{{"text": "{row[0]}", "label": "{row[1]}"}}\n' if row else "\n" for row in sheet).encode()


def as_fasttext(sheet: list[object]) -> bytes:
    return "".join(f"__label__{row[1]} {row[0]}\n" if row else "\n" for row in sheet).encode()


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("name", "write"),
    [("x.csv", as_csv), ("x.xlsx", as_xlsx), ("x.jsonl", as_jsonl), ("x.txt", as_fasttext)],
)
def test_a_decision_by_number_is_about_the_row_that_a_spreadsheet_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, write: object, streamed: bool
) -> None:
    monkeypatch.setattr(excel, "BLOCK_ROWS", 2)
    monkeypatch.setattr(json_lines, "BLOCK_BYTES", 64)
    header = name.endswith(("csv", "xlsx"))
    sheet = SHEET if header else ["", "", "", *SHEET[3:]]
    (tmp_path / name).write_bytes(write(sheet))  # type: ignore[operator]
    table = read_table(tmp_path / name)
    assert table.numbers.tolist() == [place for place, row in enumerate(sheet, 1) if row not in ("", ROWS[0])]
    blocks = open_blocks(tmp_path / name)
    rows = StreamedTable(blocks, label_format=SINGLE_LABEL_FORMAT) if streamed else table.corpus
    (tmp_path / "d.csv").write_text("number,decision,label\n6,relabel,a\n10,exclude,\n")
    made = read_decisions(tmp_path / "d.csv", numbers=rows.row_numbers)
    cleaned, counted = apply_decisions(rows, exclude=made, relabel=made)
    documents = [text for block in cleaned.blocks() for text in block]
    assert list(zip(documents, cleaned.labels.plain(), strict=True)) == [
        *(("oil", "a"), ("gas", "a"), ("tea", "a"), ("hay", "a"))
    ]
    assert (counted.excluded, counted.relabelled) == (1, 1)
    for number, why in ((8, "that row is blank"), (2, "the first row is row 4")):
        (tmp_path / "d.csv").write_text(f"number,decision\n{number},exclude\n")
        with pytest.raises(DataError, match=f"line 2: the number is {number}, and {why}"):
            read_decisions(tmp_path / "d.csv", numbers=rows.row_numbers)


@given(
    steps=st.lists(st.integers(1, 3), min_size=1, max_size=30),
    cuts=st.sets(st.integers(1, 29)),
    first=st.integers(0, 9),
)
def test_numbers_and_rows_are_each_others_inverse(steps: list[int], cuts: set[int], first: int) -> None:
    numbers = first + np.cumsum([0, *steps[1:]])
    places = [0, *sorted(cut for cut in cuts if cut < len(numbers)), len(numbers)]
    parts = [(RowNumbers.of_rows(numbers[a:b]), b - a) for a, b in pairwise(places)]
    found = RowNumbers.joined(parts)
    assert found == RowNumbers.of_rows(numbers)
    assert found.of(np.arange(len(numbers))).tolist() == numbers.tolist()
    expected = {number: row for row, number in enumerate(numbers.tolist())}
    for number in range(numbers[-1] + 1):
        assert found.row(number) == expected.get(number)
