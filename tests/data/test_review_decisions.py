"""Decisions about rows: what is read, what is refused, what becomes of a table."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data.review_decisions import Decision, apply_decisions, decisions_csv, read_decisions, text_excerpt
from recurra.data.row_numbers import RowNumbers
from recurra.data.table import Table
from recurra.errors import DataError


@pytest.fixture
def table() -> Table:
    return Table(
        [("Oil", "rises"), ("", "a match"), ("Rome", "falls")],
        ["money", "money", "world"],
        "text",
        "title",
        "label",
        "n.csv",
        row_numbers=RowNumbers(2),
    )


def written(folder: Path, text: str) -> Path:
    (folder / "d.csv").write_text(text, encoding="utf-8")
    return folder / "d.csv"


def test_rows_are_excluded_and_relabelled(table: Table) -> None:
    decisions = [Decision(0, "exclude"), Decision(1, "relabel", "world"), Decision(2, "keep", "money")]
    cleaned, record = apply_decisions(table.corpus, exclude=decisions, relabel=decisions)
    assert list(chain.from_iterable(cleaned.blocks())) == [("", "a match"), ("Rome", "falls")]
    assert cleaned.labels.plain() == ["world", "world"]
    assert (record.excluded, record.relabelled) == (1, 1)
    assert table.labels == ["money", "money", "world"]
    again = apply_decisions(table.corpus, exclude=decisions[::-1], relabel=decisions[::-1])[1]
    assert again == record
    assert apply_decisions(table.corpus, exclude=decisions)[1].decisions_sha256 != record.decisions_sha256


def test_a_class_gets_a_name_that_is_new(table: Table) -> None:
    decisions = [Decision(0, "relabel", "oil", renames=True), Decision(1, "relabel", "oil", renames=True)]
    assert apply_decisions(table.corpus, relabel=decisions)[0].labels.plain() == ["oil", "oil", "world"]
    numbered = replace(table, labels=[1, 1, 2])
    assert apply_decisions(numbered.corpus, relabel=decisions)[0].labels.plain() == ["oil", "oil", "2"]


def test_each_option_takes_its_own_decisions_alone(table: Table) -> None:
    decisions = [Decision(0, "exclude"), Decision(1, "relabel", "world")]
    assert len(apply_decisions(table.corpus, exclude=decisions)[0]) == 2
    assert apply_decisions(table.corpus, exclude=decisions)[0].labels.plain() == ["money", "world"]
    assert apply_decisions(table.corpus, relabel=decisions)[0].labels.plain() == ["money", "world", "world"]


def test_a_label_that_is_right_already_changes_nothing(table: Table) -> None:
    cleaned, record = apply_decisions(table.corpus, relabel=[Decision(2, "relabel", "world")])
    assert (list(chain.from_iterable(cleaned.blocks())), cleaned.labels.plain()) == (table.documents, table.labels)
    assert record.relabelled == 0


def test_numbers_are_labels_as_they_are_written() -> None:
    table = Table(["x", "y"], [1, 2], "text", None, "label", "n.csv")
    assert apply_decisions(table.corpus, relabel=[Decision(0, "relabel", "2")])[0].labels.plain() == [2, 2]


@pytest.mark.parametrize(
    ("exclude", "relabel", "message"),
    [
        ([Decision(3, "exclude")], [], "row 5 of n.csv, whose last row is 4"),
        ([Decision(3, "keep")], [], "row 5 of n.csv, whose last row is 4"),
        ([], [Decision(0, "relabel", "sport")], "relabelled 'sport', which no row of n.csv has"),
        ([Decision(0, "exclude")], [Decision(0, "relabel", "world")], "Row 2 is excluded and relabelled"),
        (
            [Decision(0, "exclude", "", "another text")],
            [],
            "row 2 of n.csv has the text 'another text', the row 'Oil rises'",
        ),
        ([Decision(row, "exclude") for row in range(3)], [], "All 3 rows of n.csv are excluded"),
    ],
)
def test_decisions_that_do_not_fit_the_table(
    table: Table, exclude: list[Decision], relabel: list[Decision], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        apply_decisions(table.corpus, exclude=exclude, relabel=relabel)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no column 'decision'; its columns are none"),
        ("row,label\n1,a\n", "has no column 'decision'"),
        ("decision,label\nkeep,a\n", "has no column 'number'; its columns are decision, label"),
        ("number,decision,label\n-1,keep,\n", "line 2: the number is '-1'"),
        ("number,decision,label\n3.0,keep,\n", "line 2: the number is '3.0'"),
        ("number,decision,label\n²,keep,\n", "line 2: the number is '²'"),
        ("row,decision,text\nx,keep,a\n", "line 2: the row is 'x'"),
        ("number,decision,label\n,keep,a\n", "line 2: there is no number. Give the row's number as messages and"),
        ("number,decision,label\n1,keep,\n", "line 2: the number is 1, and the first row is row 2"),
        ("row,decision,text\n1,keep,\n", "line 2: row 1 has neither a number nor a text"),
        ("row,number,decision\n3,3,keep\n", "line 2: number 3 is row 1 if counted from 0, and the row is 3"),
        ("number,decision,label\n3,drop,\n", "line 2: the decision is 'drop'. Give one of keep, exclude, relabel"),
        ("number,decision,label\n3,relabel,\n", "row 3 is to be relabelled, but has no label"),
        ("number,decision\n3,relabel\n", "row 3 is to be relabelled, but has no label"),
        ("number,decision,label\n3,keep,\n3,exclude,\n", "line 3: row 3 stands there twice"),
        ("row,number,decision,text\n1,,keep,a\n,3,exclude,\n", "line 3: row 3 stands there twice"),
        ("PK\3\4", r"d\.csv is not a whole Excel file\."),
        ("PAR1", r"d\.csv begins as a file of the format parquet does\. Save the decisions as \.csv\."),
        ("row;label\n1;a\n", "has no column 'decision'; its columns are row, label"),
        ("sep=;\nnumber;decision;label\n3;drop;\n", "line 3: the decision is 'drop'"),
        (
            "row,decision,label\n325,relabel,world\n",
            r"d\.csv says by 'row' alone, which counts from 0, which rows are meant\. Write their numbers as messages "
            r"and spreadsheets show them \(2 is the first row\) in a column 'number' instead, or add their texts in a "
            r"column 'text'\.$",
        ),
    ],
)
def test_files_that_hold_no_decisions(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read_decisions(written(tmp_path, text), numbers=RowNumbers(2))
    assert "\n" not in str(caught.value)


def test_letters_that_an_encoding_lacks_are_question_marks(tmp_path: Path) -> None:
    rows = Table(
        ["Дякую for the help with my account", "дуже дякую"], ["a", "b"], "text", None, "label", "n.csv"
    ).corpus
    lost = [Decision(0, "exclude", text="????? for the help with my account")]
    assert apply_decisions(rows, exclude=lost)[1].excluded == 1
    with pytest.raises(
        DataError, match=r"the text '\?\?\?\? \?\?\?\?\?', the row 'дуже дякую'\. Letters became question"
    ):
        apply_decisions(rows, exclude=[Decision(1, "exclude", text="???? ?????")])
    # A question mark for another one's letter, or where a letter of ASCII stands, is another text.
    with pytest.raises(
        DataError, match=r"'th the help with my a\?count', the row 'r the help with my account'|about this table"
    ):
        apply_decisions(rows, exclude=[Decision(0, "exclude", text="Дякую for the help with my a?count")])


def test_decisions_in_a_workbook(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    lines = [["number", "decision", "label", "text"], [3, "Relabel", "two  spaces", "a match"], [], [2, "exclude"]]
    for line in lines:
        book.active.append(line)
    book.save(tmp_path / "d.xlsx")
    found = read_decisions(tmp_path / "d.xlsx", numbers=RowNumbers(2))
    assert found == [Decision(1, "relabel", "two  spaces", "a match"), Decision(0, "exclude")]
    book.active["B4"] = "drop"
    book.save(tmp_path / "d.xlsx")
    with pytest.raises(DataError, match=r"d\.xlsx, line 4: the decision is 'drop'"):
        read_decisions(tmp_path / "d.xlsx", numbers=RowNumbers(2))


def test_decisions_in_several_encodings(tmp_path: Path) -> None:
    lines = ["number,decision,label", "2,relabel,Réseau", "3,relabel,Café"]
    (tmp_path / "d.csv").write_bytes("\n".join(lines[:2]).encode() + b"\n" + lines[2].encode("cp1252"))
    with pytest.raises(DataError, match=r"in line 3 is not utf-8\. Its lines are in several encodings: save it as"):
        read_decisions(tmp_path / "d.csv", numbers=RowNumbers(2))


def test_another_spelling_of_a_class_is_that_class() -> None:
    """Unless no row keeps the spelling that there was: a check decides so of all rows."""
    labels = ["Kündigung", "Kündigung", "Rechnung"]
    rows = Table(["one", "two", "three"], labels, "text", None, "label", "n.csv").corpus
    relabel = [Decision(2, "relabel", "kündigung ")]
    assert apply_decisions(rows, relabel=relabel)[0].labels.plain() == ["Kündigung"] * 3
    relabel += [Decision(row, "relabel", "kündigung") for row in (0, 1)]
    assert apply_decisions(rows, relabel=relabel)[0].labels.plain() == ["kündigung", "kündigung", "kündigung "]


@pytest.mark.parametrize("separator", [None, "|"])
def test_new_combinations_of_known_labels(separator: str | None) -> None:
    sets: list[Any] = [("a", "b"), ("c",), (), ("b",)]
    cells = sets if separator is None else [separator.join(one) for one in sets]
    table = Table(["one", "two", "three", "four"], cells, "text", None, "label", "n.jsonl")

    def relabelled(label: str) -> Any:
        return apply_decisions(table.corpus, relabel=[Decision(1, "relabel", label)], separator=separator)[0].labels

    for label, wanted in (('["c", "a", "c"]', ("c", "a")), ("[]", ()), ('["A", "a"]', ("a",)), ("b", ("b",))):
        assert relabelled(label).plain()[1] == (wanted if separator is None else "|".join(wanted))
    if separator is not None:
        assert relabelled("c | a").plain()[1] == "c | a"
    hint = (
        'Write a list such as ["a", "b"] of these: a, b, c.'
        if separator is None
        else ("Choose among a, b, c, with '|' between several.")
    )
    with pytest.raises(DataError) as caught:
        relabelled('["a", "x"]')
    assert str(caught.value) == (
        "Row 2 is to be relabelled '[\"a\", \"x\"]', and no row of n.jsonl has the label 'x'. " + hint
    )
    for wrong in ('["a"', "[1]", "a;b"):
        with pytest.raises(DataError, match=r"which no row of n\.jsonl has"):
            relabelled(wrong)


def test_rows_by_number_by_text_and_by_both(tmp_path: Path) -> None:
    wanted = [Decision(0, "exclude", "", "Oil rises"), Decision(2, "relabel", "world")]
    both = "row,number,decision,label,text\n0,2,exclude,,Oil rises\n2,4,relabel,world,\n"
    assert read_decisions(written(tmp_path, both), numbers=RowNumbers(2)) == wanted
    # Of the cells, either may be empty: what somebody adds by hand, and what a browser kept before there were numbers.
    assert (
        read_decisions(written(tmp_path, both.replace("0,2,", "0,,").replace("2,4,", ",4,")), numbers=RowNumbers(2))
        == wanted
    )
    by_text = "row,decision,text\n0,exclude,Oil rises\n"
    assert read_decisions(written(tmp_path, by_text), numbers=RowNumbers(2)) == wanted[:1]
    # In a file without a header, row 1 is the first.
    assert read_decisions(written(tmp_path, "number,decision\n1,exclude\n"), numbers=RowNumbers(1)) == [
        Decision(0, "exclude")
    ]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_decisions(tmp_path / "none.csv", numbers=RowNumbers(2))
    (tmp_path / "d.csv").write_bytes(b"row,decision\n1,\xff\n")
    with pytest.raises(DataError, match=r"d\.csv: byte 0xff in line 2 is not utf-8\."):
        read_decisions(tmp_path / "d.csv", numbers=RowNumbers(2))


def test_a_spreadsheets_mark_at_the_beginning_is_forgiven(tmp_path: Path) -> None:
    assert read_decisions(
        written(tmp_path, "\ufeffnumber,decision,label\r\n2, exclude ,\r\n"), numbers=RowNumbers(2)
    ) == [Decision(0, "exclude")]


def test_a_file_as_a_spreadsheet_saves_it(tmp_path: Path) -> None:
    lines = ["number;decision;label;note, mine;text", "2;Relabel;Büro;a, b;Öl, teuer"]
    lines += ["4;;Büro;;", "3;EXCLUDE ;;;", ";;;;"]
    wanted = [Decision(0, "relabel", "Büro", "Öl, teuer"), Decision(2, "keep", "Büro"), Decision(1, "exclude")]
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        (tmp_path / "d.csv").write_bytes("\r\n".join(lines).encode(encoding))
        assert read_decisions(tmp_path / "d.csv", encoding="cp1252", numbers=RowNumbers(2)) == wanted
    (tmp_path / "d.csv").write_bytes("\r\n".join(["sep=\t", *lines]).replace(";", "\t").encode())
    assert read_decisions(tmp_path / "d.csv", numbers=RowNumbers(2)) == wanted
    (tmp_path / "d.csv").write_bytes("\r\n".join(lines).encode("cp1252"))
    with pytest.raises(DataError, match=r"d\.csv: byte 0xfc in line 2 is not utf-8\. Say --decisions-encoding win"):
        read_decisions(tmp_path / "d.csv", numbers=RowNumbers(2))
    with pytest.raises(DataError, match=r"d\.csv: byte 0xfc in line 2 is neither utf-8 nor ascii\. Say"):
        read_decisions(tmp_path / "d.csv", numbers=RowNumbers(2), encoding="ascii")
    with pytest.raises(DataError, match="encoding 'x' does not read it"):
        read_decisions(tmp_path / "d.csv", numbers=RowNumbers(2), encoding="x")
    (tmp_path / "d.csv").write_bytes("\r\n".join(lines).encode("utf-16-le"))
    assert read_decisions(tmp_path / "d.csv", numbers=RowNumbers(2), encoding="utf-16-le") == wanted
    with pytest.raises(DataError, match=r"every second byte is NUL, .* Say --decisions-encoding utf-16-le, or save it"):
        read_decisions(tmp_path / "d.csv", numbers=RowNumbers(2))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
decided = st.builds(
    Decision,
    st.integers(0, 10**9),
    st.sampled_from(["keep", "exclude"]),
    texts.filter(lambda text: "\0" not in text),
    st.just(""),
)


@given(st.lists(decided, max_size=5, unique_by=lambda one: one.row), texts)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, decisions: list[Decision], note: str
) -> None:
    path = tmp_path_factory.mktemp("decisions") / "d.csv"
    path.write_text(
        decisions_csv(decisions, [{"why": note}] * len(decisions), numbers=RowNumbers(2)), encoding="utf-8", newline=""
    )
    assert read_decisions(path, numbers=RowNumbers(2)) == decisions


@given(st.tuples(st.text(max_size=200), st.text(max_size=200)))
def test_a_rows_own_head_fits_it(document: tuple[str, str]) -> None:
    """What is written for a row, formulas made harmless, is accepted for it."""
    table = Table([document, ("b", "b")], ["a", "b"], "text", "title", "label", "n.csv")
    line = decisions_csv([Decision(0, "exclude", text=text_excerpt(document))], numbers=RowNumbers(1))
    assert not list(csv.reader(io.StringIO(line, newline="")))[1][-1].startswith(("=", "+", "-", "@"))
    for text in (text_excerpt(document), "'" + text_excerpt(document)):
        if text == text_excerpt(document) or text[1:2] in ("=", "+", "-", "@"):
            assert len(apply_decisions(table.corpus, exclude=[Decision(0, "exclude", text=text)])[0]) == 1
