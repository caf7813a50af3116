"""The cleaned copy: what is repaired is not found in it again, and what is not to be touched is not."""

from __future__ import annotations

import csv
import json
import tempfile
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import checked, clean_rows, kinds, opened, write_rows
from pyarrow import parquet
from rows import write_table

from recurra.checking.check import Training, check
from recurra.checking.fix import FixResult, fix
from recurra.checking.fix_plan import FixOptions
from recurra.data.read import read_table
from recurra.data.review_decisions import apply_decisions, read_decisions
from recurra.data.row_numbers import RowNumbers
from recurra.errors import DataError


def cleaned(train: Path, out: Path, test: Path | None = None, **options: bool) -> FixResult:
    first, second = opened(train, test, text="text", label="label")
    return fix(first, out, test=second, options=FixOptions(**options))


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def test_a_header_in_the_middle_is_left_out(tmp_path: Path) -> None:
    """Two exports in one file; the names are no usual ones, so that the columns are guessed."""
    rows = [[label, text] for _, label, text in clean_rows(60)]
    joined = [*rows[:30], ["Kanaal", " Bericht"], *rows[30:]]
    write_table(tmp_path / "x.csv", ("Kanaal", "Bericht"), joined)
    report = checked(tmp_path / "x.csv")
    found = report.found("repeated header")
    assert found is not None
    assert found.meaning.startswith("Row 32 repeats the header, as where two exports were joined")
    assert (found.severity, [row.number for row in found.rows]) == ("error", [32])
    assert not {"no header row", "no label", "rare classes"} & {kind for kind, _ in kinds(report)}
    assert "Kanaal" not in report.files["train"].classes
    for named in (None, "Kanaal"):
        with pytest.raises(DataError, match=r"x\.csv: row 32 \(the header is row 1\) repeats the header\. Leave such"):
            read_table(tmp_path / "x.csv", label=named)
    (reader, _) = opened(tmp_path / "x.csv")
    result = fix(reader, tmp_path / "clean.csv", options=FixOptions())
    assert (result.removed, rows_of(tmp_path / "clean.csv")) == ({"repeated header": 1}, rows)
    # Of rows without labels the one of the text tells.
    (reader, _) = opened(tmp_path / "x.csv", labelled=False)
    found = check(reader, training=Training()).found("repeated header")
    assert found is not None
    assert found.meaning.endswith("its cells are classified as a text.")
    result = fix(reader, tmp_path / "texts.csv", options=FixOptions())
    assert (result.removed, rows_of(tmp_path / "texts.csv")) == ({"repeated header": 1}, rows)
    # A first row that is an example, written twice, is no header.
    write_table(tmp_path / "y.csv", rows[0], rows)
    assert checked(tmp_path / "y.csv").found("repeated header") is None


texts = st.lists(
    st.sampled_from(
        [
            "one",
            "two",
            "three",
            " ",
            "  ",
            "cafÃ©",
            "R&amp;D",
            "&amp;amp;lt;",
            "\x07",
            "\ufeff",
            "É»",
            "",
            "Ã",
            "©",
            "\r\n",
        ]
    ),
    max_size=4,
).map("".join)
labels = st.sampled_from(
    [
        "a",
        "A",
        " a",
        "b",
        "b ",
        "B",
        "c",
        "",
        "  ",
        "cafÃ©",
        "Café",
        "cafe\u0301",
        "a\u200b",
        "A\u0303©",
        "\u00adb",
        "a/b",
        "A / b",
        "a –b",
        "a &amp; b",
        "a & b",
        "\ufeff",
    ]
)
tables = st.lists(st.tuples(st.integers(0, 99).map(str), labels, texts), min_size=3, max_size=14)


@settings(max_examples=40)
@given(tables, tables, st.booleans(), st.booleans(), st.sampled_from(["csv", "tsv", "jsonl", "parquet"]))
def test_the_cleaned_copy_is_clean(
    train: list[tuple[str, str, str]],
    test: list[tuple[str, str, str]],
    unescape: bool,
    drop_conflicts: bool,
    kind: str,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        # A row of each is sound, so that something is left.
        first = write_rows(
            place / "train.csv", [*train, ("x", "a", "a text of its own"), ("y", "b", "and another one")]
        )
        second = write_rows(place / "test.csv", [*test, ("z", "a", "not in training")])
        out = place / f"clean.{kind}"
        fixed = cleaned(first, out, second, unescape=unescape, drop_conflicts=drop_conflicts)
        again, other = opened(out, second, text="text", label="label")
        report = check(again, other, training=Training())
        left = [
            one
            for one in report.findings
            if one.fixable and (one.part == "train" or one.kind == "test texts among the training rows")
        ]
        assert left == []
        found = {one.kind for one in report.findings if one.part == "train"}
        assert not (unescape and "HTML entities" in found)
        assert not (drop_conflicts and "conflicting labels" in found)
        assert report.files["train"].rows == fixed.rows
        # Once more changes nothing.
        twice = cleaned(out, place / f"twice.{kind}", second, unescape=unescape, drop_conflicts=drop_conflicts)
        assert (twice.rows, twice.removed, twice.relabelled, twice.repaired) == (fixed.rows, {}, 0, 0)
        assert (place / f"twice.{kind}").read_bytes() == out.read_bytes()


def test_what_changes_and_what_stays(tmp_path: Path) -> None:
    rows = clean_rows(60)
    test = clean_rows(30, seed=2)
    rows[3][2], rows[4][1] = " ", ""
    rows[7][1] = "Money "
    rows[9][2] += " cafÃ©, R&amp;D"
    rows[12] = ["again", rows[0][1], f" {rows[0][2]}"]
    rows[14] = ["conflict", "money", rows[15][2]]
    rows[20] = ["tested", "tech", test[5][2]]
    fixed = cleaned(write_rows(tmp_path / "a.csv", rows), tmp_path / "b.csv", write_rows(tmp_path / "t.csv", test))
    expected = [list(row) for place, row in enumerate(rows) if place not in (3, 4, 12, 20)]
    expected[5][1] = "money"
    expected[7][2] = expected[7][2].replace("cafÃ©", "café")
    assert rows_of(tmp_path / "b.csv") == expected
    assert (fixed.rows, fixed.relabelled, fixed.repaired) == (56, 1, 1)
    assert fixed.removed == {"empty text": 1, "no label": 1, "duplicate": 1, "stands in the test": 1}
    with fixed.changes.open(encoding="utf-8", newline="") as file:
        changes = {int(row["row"]): (row["decision"], row["label"], row["reason"]) for row in csv.DictReader(file)}
    assert changes == {
        3: ("exclude", "", "empty text"),
        4: ("exclude", "", "no label"),
        7: ("relabel", "money", "spelling of the label"),
        9: ("keep", "", "text repaired: mojibake"),
        12: ("exclude", "", "duplicate of row 2"),
        20: ("exclude", "", "stands in the test"),
    }


def test_conflicts_and_entities_when_asked(tmp_path: Path) -> None:
    rows = clean_rows(30)
    rows[4] = ["conflict", "money", rows[0][2]]
    rows[9][2] += " R&amp;D"
    first = write_rows(tmp_path / "a.csv", rows)
    assert cleaned(first, tmp_path / "kept.csv").rows == 30
    fixed = cleaned(first, tmp_path / "b.csv", drop_conflicts=True, unescape=True)
    assert fixed.removed == {"conflicting labels": 2}
    left = rows_of(tmp_path / "b.csv")
    assert [row[0] for row in left] == [row[0] for place, row in enumerate(rows) if place not in (0, 4)]
    assert left[7][2].endswith(" R&D")


def test_training_can_follow_the_changes_on_the_original(tmp_path: Path) -> None:
    """What needs no repaired text: the decisions give the rows and labels of the cleaned copy."""
    rows = clean_rows(60)
    rows[3][2] = ""
    rows[7][1], rows[10][1], rows[11][1] = "Money", " money", "cafÃ©"
    rows[12] = ["again", rows[0][1], rows[0][2]]
    first = write_rows(tmp_path / "a.csv", rows)
    fixed = cleaned(first, tmp_path / "b.csv")
    decisions = read_decisions(fixed.changes, numbers=RowNumbers(2))
    rows_left, cleaning = apply_decisions(read_table(first).corpus, exclude=decisions, relabel=decisions)
    copy = read_table(tmp_path / "b.csv")
    assert [*chain.from_iterable(rows_left.blocks())] == copy.documents
    assert rows_left.labels.plain() == copy.labels
    assert (cleaning.excluded, cleaning.relabelled) == (2, 3)


def test_all_columns_and_types_stay_in_parquet_and_json(tmp_path: Path) -> None:
    rows = clean_rows(30)
    table = pa.table(
        {
            "text": [row[2] for row in rows],
            "label": [row[1] for row in rows],
            "number": pa.array(range(30), pa.int16()),
            "share": [None if row % 3 else row / 7 for row in range(30)],
            "tags": [[row[1], "x"] for row in rows],
        }
    )
    table = pa.concat_tables([table, table.slice(4, 3)])
    parquet.write_table(table, tmp_path / "a.parquet")
    cleaned(tmp_path / "a.parquet", tmp_path / "b.parquet")
    assert parquet.read_table(tmp_path / "b.parquet").equals(table.slice(0, 30))
    cleaned(tmp_path / "a.parquet", tmp_path / "b.jsonl")
    lines: list[dict[str, Any]] = [json.loads(line) for line in (tmp_path / "b.jsonl").read_text("utf-8").splitlines()]
    assert lines == table.slice(0, 30).to_pylist()
    with pytest.raises(DataError, match=r"'tags'.*\.jsonl or \.parquet"):
        cleaned(tmp_path / "a.parquet", tmp_path / "c.csv")
    assert not list(tmp_path.glob("c.*"))


def test_numbers_as_labels(tmp_path: Path) -> None:
    table = pa.table({"text": ["one text", "another", "one text", "a third"], "label": [1, 2, 1, None]})
    parquet.write_table(table, tmp_path / "a.parquet")
    fixed = cleaned(tmp_path / "a.parquet", tmp_path / "b.parquet")
    assert fixed.removed == {"no label": 1, "duplicate": 1}
    assert parquet.read_table(tmp_path / "b.parquet").to_pylist() == table.slice(0, 2).to_pylist()


def test_a_copy_in_utf_8_without_nul(tmp_path: Path) -> None:
    text = "id,label,text\n" + "".join(f"{row},{'ab'[row % 2]},caf\xe9 num\xe9ro {row} \0\n" for row in range(20))
    (tmp_path / "a.csv").write_bytes(text.encode("latin-1"))
    assert {("wrong encoding", "train")} <= kinds(checked(tmp_path / "a.csv"))
    cleaned(tmp_path / "a.csv", tmp_path / "b.csv")
    assert rows_of(tmp_path / "b.csv") == [[str(row), "ab"[row % 2], f"café numéro {row} "] for row in range(20)]


def test_nothing_is_written_where_nothing_would_be_left(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "a.csv", [("1", "", "one"), ("2", "a", " ")])
    with pytest.raises(DataError, match="No row"):
        cleaned(rows, tmp_path / "b.csv")
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv"}


def test_a_text_of_the_test_is_left_out_as_it_is_and_as_it_is_mended(tmp_path: Path) -> None:
    rows, test = clean_rows(30), clean_rows(9, seed=2)
    rows[3][2] = test[2][2] = "the same damage cafÃ© in both"
    rows[7][2], test[5][2] = "damaged in training cafÃ© alone", "damaged in training café alone"
    fixed = cleaned(write_rows(tmp_path / "a.csv", rows), tmp_path / "b.csv", write_rows(tmp_path / "t.csv", test))
    assert fixed.removed == {"stands in the test": 2}
    assert rows_of(tmp_path / "b.csv") == [list(row) for place, row in enumerate(rows) if place not in (3, 7)]


def test_a_row_may_need_several_changes_and_one_that_goes_needs_no_other(tmp_path: Path) -> None:
    rows = [[label, " ".join(text.split()[:3]), " ".join(text.split()[3:])] for _, label, text in clean_rows(60)]
    rows[4][0], rows[4][1] = "Money", "cafÃ©"
    rows[7] = ["Money", "", " "]
    rows[13] = ["Money", *rows[1][1:]]
    reader = opened(write_table(tmp_path / "a.csv", ("label", "title", "text"), rows))[0]
    fixed = fix(reader, tmp_path / "b.csv")
    assert (fixed.removed, fixed.relabelled, fixed.repaired) == ({"empty text": 1, "duplicate": 1}, 1, 1)
    expected = [list(row) for place, row in enumerate(rows) if place not in (7, 13)]
    expected[4][:2] = ["money", "café"]
    assert rows_of(tmp_path / "b.csv") == expected
    with fixed.changes.open(encoding="utf-8", newline="") as file:
        changes = {int(row["row"]): (row["decision"], row["label"], row["reason"]) for row in csv.DictReader(file)}
    assert changes == {
        4: ("relabel", "money", "spelling of the label; text repaired: mojibake"),
        7: ("exclude", "", "empty text"),
        13: ("exclude", "", "duplicate of row 3"),
    }


def test_a_copy_as_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    rows = [[str(place), "010" if place % 2 else "=b", f"=words {place} cafÃ©"] for place in range(20)]
    write_table(path, ("id", "label", "text"), rows)
    cleaned(path, tmp_path / "copy.xlsx")
    copy = read_table(tmp_path / "copy.xlsx")
    assert copy.documents == [f"=words {place} café" for place in range(20)]
    assert copy.labels == ["010" if place % 2 else "=b" for place in range(20)]
    write_table(path, ("id", "label", "text"), [*rows, ["20", "=b", "x" * 40_000]])
    with pytest.raises(DataError, match="a text of 40,000 characters, which no sheet of Excel holds"):
        cleaned(path, tmp_path / "long.xlsx")
    assert not (tmp_path / "long.xlsx").exists()


@pytest.mark.parametrize(
    ("name", "start", "written"),
    [
        ("train.csv", "\ufefflabel;text\n", "\ufefflabel;text\n"),
        ("train.csv", "label|text\n", "label|text\n"),
        ("train.csv", "sep=;\nlabel;text\n", "label;text\n"),
        ("train.csv", 'label;text;"a, b"\n', 'label,text,"a, b"\n'),
        ("train.tsv", "\ufefflabel\ttext\n", "\ufefflabel,text\n"),
    ],
)
def test_a_copy_has_the_separator_and_the_mark_of_the_file(name: str, start: str, written: str, tmp_path: Path) -> None:
    mark = "\t" if name.endswith("tsv") else "|" if "|" in start else ";"
    end = ";" if "a, b" in start else ""
    rows = "".join(f"{'ab'[place % 2]}{mark}some words of {place}{end}\n" for place in range(20))
    (tmp_path / name).write_bytes((start + rows).encode())
    cleaned(tmp_path / name, tmp_path / "copy.csv")
    assert (tmp_path / "copy.csv").read_bytes().decode().startswith(written)
    assert read_table(tmp_path / "copy.csv").documents == read_table(tmp_path / name).documents
