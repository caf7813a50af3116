"""Decisions about rows: what is read, what is refused, what becomes of a table."""

from __future__ import annotations

import csv
import io
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.data.review_decisions import Decision, apply_decisions, decisions_csv, read_decisions, text_excerpt
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
        ([Decision(3, "exclude")], [], "row 3 of n.csv, which has 3 rows"),
        ([Decision(3, "keep")], [], "row 3 of n.csv, which has 3 rows"),
        ([], [Decision(0, "relabel", "sport")], "relabelled 'sport', which no row of n.csv has"),
        ([Decision(0, "exclude")], [Decision(0, "relabel", "world")], "Row 0 is excluded and relabelled"),
        ([Decision(0, "exclude", "", "another text")], [], "has the text 'another text', the row 'Oil rises'"),
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
        ("", "has no column 'row'; its columns are none"),
        ("row,label\n1,a\n", "has no column 'decision'"),
        ("row,decision,label\n-1,keep,\n", "line 2: the row is '-1'"),
        ("row,decision,label\n1.0,keep,\n", "line 2: the row is '1.0'"),
        ("row,decision,label\n²,keep,\n", "line 2: the row is '²'"),
        ("row,decision,label\n1,drop,\n", "line 2: the decision is 'drop'. Give one of keep, exclude, relabel"),
        ("row,decision,label\n1,relabel,\n", "row 1 is to be relabelled, but has no label"),
        ("row,decision\n1,relabel\n", "row 1 is to be relabelled, but has no label"),
        ("row,decision,label\n1,keep,\n1,exclude,\n", "line 3: row 1 stands there twice"),
        ("row;label\n1;a\n", "has no column 'decision'; its columns are row, label"),
        ("sep=;\nrow;decision;label\n1;drop;\n", "line 3: the decision is 'drop'"),
    ],
)
def test_files_that_hold_no_decisions(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read_decisions(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_decisions(tmp_path / "none.csv")
    (tmp_path / "d.csv").write_bytes(b"row,decision\n1,\xff\n")
    with pytest.raises(DataError, match="is not UTF-8"):
        read_decisions(tmp_path / "d.csv")


def test_a_spreadsheets_mark_at_the_beginning_is_forgiven(tmp_path: Path) -> None:
    assert read_decisions(written(tmp_path, "\ufeffrow,decision,label\r\n0, exclude ,\r\n")) == [Decision(0, "exclude")]


def test_a_file_as_a_spreadsheet_saves_it(tmp_path: Path) -> None:
    lines = ["row;decision;label;note, mine;text", "0;Relabel;Büro;a, b;Öl, teuer"]
    lines += ["2;;Büro;;", "1;EXCLUDE ;;;", ";;;;"]
    wanted = [Decision(0, "relabel", "Büro", "Öl, teuer"), Decision(2, "keep", "Büro"), Decision(1, "exclude")]
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        (tmp_path / "d.csv").write_bytes("\r\n".join(lines).encode(encoding))
        assert read_decisions(tmp_path / "d.csv", encoding="cp1252") == wanted
    (tmp_path / "d.csv").write_bytes("\r\n".join(["sep=\t", *lines]).replace(";", "\t").encode())
    assert read_decisions(tmp_path / "d.csv") == wanted
    (tmp_path / "d.csv").write_bytes("\r\n".join(lines).encode("cp1252"))
    with pytest.raises(DataError, match=r"is not UTF-8\. Save it as UTF-8, or in the encoding of the rows, named with"):
        read_decisions(tmp_path / "d.csv")


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
    path.write_text(decisions_csv(decisions, [{"why": note}] * len(decisions)), encoding="utf-8", newline="")
    assert read_decisions(path) == decisions


@given(st.tuples(st.text(max_size=200), st.text(max_size=200)))
def test_a_rows_own_head_fits_it(document: tuple[str, str]) -> None:
    """What is written for a row, formulas made harmless, is accepted for it."""
    table = Table([document, ("b", "b")], ["a", "b"], "text", "title", "label", "n.csv")
    line = decisions_csv([Decision(0, "exclude", text=text_excerpt(document))])
    assert not list(csv.reader(io.StringIO(line, newline="")))[1][-1].startswith(("=", "+", "-", "@"))
    for text in (text_excerpt(document), "'" + text_excerpt(document)):
        if text == text_excerpt(document) or text[1:2] in ("=", "+", "-", "@"):
            assert len(apply_decisions(table.corpus, exclude=[Decision(0, "exclude", text=text)])[0]) == 1
