"""Rows of several labels: single labels are counted, and sets of them are compared."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import HEADER, TOPICS, clean_rows, kinds, rows_in, write_rows
from pyarrow import parquet
from rows import write_table
from topics import topic_rows

from recurra.checking.check import KnownModel, Training, check, open_source
from recurra.checking.finding import Part
from recurra.checking.fix import FixResult, fix
from recurra.checking.fix_plan import FixOptions
from recurra.checking.label_format import choose_label_format
from recurra.checking.label_names import LabelNames
from recurra.checking.labels import held_out
from recurra.checking.lenient_reader import LenientReader
from recurra.checking.report import Report
from recurra.data.label_format import MULTI_LABEL_FORMAT
from recurra.data.read import read_table
from recurra.data.review_decisions import Decision, apply_decisions, read_decisions
from recurra.data.row_numbers import RowNumbers
from recurra.data.sources import open_blocks
from recurra.data.split import hold_out
from recurra.errors import DataError, SettingsError
from recurra.tasks import MULTI_LABEL
from recurra.tasks.multi_label_indicator import multi_label_indicator
from recurra.text import Labels, TextPipeline, TextSettings

Rows = list[list[str]]
Sets = list[tuple[str, ...]]


def opened(*paths: Path, say: Callable[[str], None] = lambda line: None, **said: Any) -> list[LenientReader]:
    """Files as a check takes them, the labels as it was said."""
    names, parts = LabelNames(), ("train", "test")
    found = []
    for path, part in zip(paths, parts, strict=False):
        kind: Part = "train" if part == "train" else "test"
        found.append(open_source(open_blocks(path), kind, names, text="text", label="label"))
    asked = {"multi_label": False, "single_label": False, "separator": None} | said
    choose_label_format(found, say=say, **asked)
    return found


def checked(*paths: Path, known: KnownModel | None = None, **said: Any) -> Report:
    return check(*opened(*paths, **said), training=Training(), known=known)


def several_rows(count: int, *, seed: int = 1) -> tuple[Rows, Sets]:
    """Clean rows; every fourth has a second label, and every seventh none."""
    rows = clean_rows(count, seed=seed)
    topics = list(TOPICS)
    sets: Sets = []
    for place, row in enumerate(rows):
        own = (row[1],) if place % 4 else (row[1], topics[(topics.index(row[1]) + 1) % 3])
        sets.append(() if place % 7 == 3 else own)
    return rows, sets


def write_sets(path: Path, rows: Rows, sets: Sequence[Sequence[str]], mark: str = "|") -> Path:
    """The rows as a .csv file with a mark between labels, or as lists."""
    if path.suffix == ".csv":
        return write_rows(path, [[row[0], mark.join(own), row[2]] for row, own in zip(rows, sets, strict=True)])
    columns = {"id": [row[0] for row in rows], "label": [list(own) for own in sets], "text": [row[2] for row in rows]}
    if path.suffix == ".parquet":
        parquet.write_table(pa.table(columns), path)
    else:
        lines = [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


FORMS = {"rows.csv": {"separator": "|"}, "rows.jsonl": {"multi_label": True}, "rows.parquet": {"multi_label": True}}


# Every seventh of the rows below has no label.
BARE = {("rows without any label", "train")}


@pytest.mark.parametrize("name", FORMS)
def test_single_labels_are_counted_in_every_form(name: str, tmp_path: Path) -> None:
    rows, sets = several_rows(240)
    report = checked(write_sets(tmp_path / name, rows, sets), **FORMS[name])
    assert kinds(report) == BARE
    assert report.files["train"].classes == dict(Counter(label for own in sets for label in own).most_common())
    assert report.files["train"].mean_labels == pytest.approx(np.mean([len(own) for own in sets]))
    assert (report.task.name, report.separator) == ("multi_label", FORMS[name].get("separator"))


def test_the_mark_is_found_and_said(tmp_path: Path) -> None:
    rows, sets = several_rows(60)
    said: list[str] = []
    path = write_sets(tmp_path / "rows.csv", rows, sets, ";")
    (first,) = opened(path, multi_label=True, say=said.append)
    assert said == ["Labels are split at ';': 3 distinct ones."]
    assert set(check(first, training=Training()).files["train"].classes) == set(TOPICS)
    plain = write_rows(tmp_path / "plain.csv", rows)
    with pytest.raises(DataError, match=r"plain\.csv: no cell looks like several labels"):
        opened(plain, multi_label=True)
    with pytest.raises(SettingsError, match="Choose one"):
        opened(plain, single_label=True, separator="|")


@pytest.mark.parametrize("name", FORMS)
def test_what_nobody_said_is_asked_for(name: str, tmp_path: Path) -> None:
    rows, sets = several_rows(240)
    report = checked(write_sets(tmp_path / name, rows, sets))
    finding = report.found("cells that look like several labels")
    assert finding is not None
    assert finding.severity == "error"
    assert rows_in(finding) == [place for place, own in enumerate(sets) if len(own) > 1]
    marked = name.endswith(".csv")
    expected = (
        "--multi-label --label-separator '|'; or --single-label, if each cell is one label."
        if marked
        else "--multi-label."
    )
    assert finding.hint == f"Say {expected}"
    # Texts are taken as they stand, an empty one is none; of lists there is no doubt.
    assert ("sport|money" in report.files["train"].classes) == marked
    assert (("no label", "train") in kinds(report)) == marked


def test_a_cell_that_is_said_to_be_one_label(tmp_path: Path) -> None:
    rows, sets = several_rows(240)
    sets = [own or ("none",) for own in sets]
    report = checked(write_sets(tmp_path / "rows.csv", rows, sets), single_label=True)
    assert report.files["train"].classes["sport|money"] == sum(own == ("sport", "money") for own in sets)
    assert report.found("cells that look like several labels") is None
    with pytest.raises(DataError, match=r'such as \["sport", "money"\] in row 1, and single ones are asked for'):
        opened(tmp_path / "rows.csv", write_sets(tmp_path / "test.jsonl", rows, sets), single_label=True)


def test_a_cell_that_looks_like_one_label_is_not_asked_about(tmp_path: Path) -> None:
    rows = clean_rows(240)
    for row in rows:
        row[1] = {"sport": "Sport, games", "money": "Money", "tech": "Tech, science"}[row[1]]
    assert checked(write_rows(tmp_path / "rows.csv", rows)).findings == []


def test_sets_are_compared_whatever_their_order(tmp_path: Path) -> None:
    rows, sets = several_rows(240)
    sets[8], sets[20], sets[21] = ("tech", "sport"), ("sport", "tech"), ("tech",)
    rows[20][2] = rows[21][2] = rows[8][2]
    test, test_sets = several_rows(60, seed=2)
    test[4][2], test_sets[4] = rows[0][2], (*reversed(sets[0]), "")
    report = checked(
        write_sets(tmp_path / "rows.csv", rows, sets), write_sets(tmp_path / "test.csv", test, test_sets), separator="|"
    )
    assert rows_in(report.found("duplicates")) == [20]
    conflicts = report.found("conflicting labels")
    assert conflicts is not None
    assert rows_in(conflicts) == [8, 20, 21]
    assert "under different sets of labels" in conflicts.meaning
    assert [row.details["other"]["row"] for row in conflicts.rows] == [21, 21, 8]
    known = report.found("test texts among the training rows", "test")
    assert known is not None
    assert (rows_in(known), known.facts["other_label"]) == ([4], 0)


def test_labels_that_none_of_the_held_out_rows_has(tmp_path: Path) -> None:
    rows, sets = several_rows(240)
    for place in (5, 50, 150):
        sets[place] = (*sets[place], "seldom")
    classes = [*sorted(TOPICS), "seldom"]
    classes.sort()
    has = np.array([[label in own for label in classes] for own in sets])
    _, held = hold_out(has, share=0.1, seed=0)
    assert [classes[place] for place in np.flatnonzero(~has[held].any(axis=0))] == ["seldom"]
    report = checked(write_sets(tmp_path / "rows.csv", rows, sets), separator="|")
    rare = report.found("rare classes")
    assert rare is not None
    assert rare.facts["classes"] == {"seldom": 3}
    assert rows_in(rare) == [5, 50, 150]
    assert f"the {len(held)} that training holds out" in rare.meaning
    uneven = report.found("uneven classes")
    assert uneven is not None
    assert uneven.facts["smallest"] == 3


def test_rows_of_which_none_can_be_held_out(tmp_path: Path) -> None:
    rows = clean_rows(4)
    report = checked(write_sets(tmp_path / "rows.csv", rows, [("a", "b"), ("b", "c"), ("d",), ("e",)]), separator="|")
    rare = report.found("rare classes")
    assert rare is not None
    assert rare.severity == "error"
    assert "Every row has a class that no other has" in rare.meaning


def test_labels_that_others_do_not_know(tmp_path: Path) -> None:
    rows, sets = several_rows(240)
    test, test_sets = several_rows(60, seed=2)
    test_sets[4], test_sets[5] = ("sport", "weather"), ("Money", "sport")
    report = checked(
        write_sets(tmp_path / "rows.csv", rows, sets), write_sets(tmp_path / "test.csv", test, test_sets), separator="|"
    )
    unknown = report.found("unknown labels", "test")
    assert rows_in(unknown) == [4]
    assert unknown is not None
    assert unknown.facts["classes"] == {"weather": 1}
    assert rows_in(report.found("one class in several spellings", "test")) == [5]
    known = KnownModel("m", TextPipeline.learn([row[2] for row in rows], TextSettings()), ["sport", "money"])
    found = checked(tmp_path / "rows.csv", known=known, separator="|").found("unknown labels")
    assert rows_in(found) == [place for place, own in enumerate(sets) if "tech" in own]


def test_a_label_named_in_the_texts_of_its_rows(tmp_path: Path) -> None:
    rows, sets = several_rows(240)
    for row, own in zip(rows, sets, strict=True):
        if "money" in own:
            row[2] = f"MONEY: {row[2]}"
    report = checked(write_sets(tmp_path / "rows.csv", rows, sets), separator="|")
    assert kinds(report) == {("labels named in their texts", "train"), *BARE}
    assert report.findings[0].facts["classes"] == [{"label": "money", "share": 1.0}]


def test_a_column_that_tells_all_labels(tmp_path: Path) -> None:
    rows, sets = several_rows(240)
    lines = [["+".join(own), "|".join(own), row[2]] for row, own in zip(rows, sets, strict=True)]
    path = write_table(tmp_path / "rows.csv", ("desk", *HEADER[1:]), lines)
    report = checked(path, separator="|")
    assert kinds(report) == {("a column that tells the label", "train"), *BARE}
    finding = report.found("a column that tells the label")
    assert finding is not None
    assert "knows all labels in 100.0% of the rows" in finding.meaning


def cleaned(path: Path, out: Path, *tests: Path, conflicts: bool = False, **said: Any) -> FixResult:
    readers = opened(path, *tests, **said)
    return fix(readers[0], out, test=readers[1] if tests else None, options=FixOptions(drop_conflicts=conflicts))


def test_the_spelling_of_one_label_in_a_cell(tmp_path: Path) -> None:
    """Other labels, their order, the marks and the white space of a cell stay as they are."""
    rows, sets = several_rows(60)
    cells = ["|".join(own) for own in sets]
    cells[1], cells[2], cells[5], cells[6] = "tech | Money ", "MONEY|money", "tech|sport", " sport"
    lines = [[row[0], cell, row[2]] for row, cell in zip(rows, cells, strict=True)]
    path = write_rows(tmp_path / "rows.csv", lines)
    found = checked(path, separator="|").found("one class in several spellings")
    assert rows_in(found) == [1, 2]
    assert found is not None
    assert [row.details["usual"] for row in found.rows] == ["money|tech", "money"]
    assert "'Money' (1) is 'money'" in found.meaning
    fixed = cleaned(path, tmp_path / "clean.csv", separator="|")
    cells[1], cells[2] = "tech | money ", "money"
    with (tmp_path / "clean.csv").open(encoding="utf-8", newline="") as file:
        assert [line[1] for line in csv.reader(file)][1:] == cells
    assert (fixed.rows, fixed.relabelled, fixed.removed) == (60, 2, {})
    with fixed.changes.open(encoding="utf-8", newline="") as file:
        changes = [(line["row"], line["decision"], line["label"]) for line in csv.DictReader(file)]
    assert changes == [("1", "relabel", "tech | money "), ("2", "relabel", "money")]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.parquet"])
def test_lists_stay_lists(name: str, tmp_path: Path) -> None:
    rows, sets = several_rows(60)
    sets[1], sets[2] = ("tech", "Money"), ("MONEY", "money")
    rows[9] = ["again", "", rows[0][2]]
    sets[9] = (*reversed(sets[0]),)
    out = tmp_path / f"clean{Path(name).suffix}"
    fixed = cleaned(write_sets(tmp_path / name, rows, sets), out, multi_label=True)
    assert (fixed.removed, fixed.relabelled) == ({"duplicate": 1}, 2)
    found: list[dict[str, Any]] = (
        parquet.read_table(out).to_pylist()
        if out.suffix == ".parquet"
        else [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    )
    sets[1], sets[2] = ("tech", "money"), ("money",)
    assert [line["label"] for line in found] == [list(own) for place, own in enumerate(sets) if place != 9]
    # Training can follow the changes, which have the lists as JSON.
    decisions = read_decisions(fixed.changes, numbers=RowNumbers(1))
    assert [one.label for one in decisions] == ['["tech", "money"]', '["money"]', ""]
    followed = apply_decisions(
        read_table(tmp_path / name, label_format=MULTI_LABEL_FORMAT).corpus, exclude=decisions, relabel=decisions
    )[0]
    assert followed.labels.plain() == [own for place, own in enumerate(sets) if place != 9]


def test_training_can_follow_the_changes_on_the_original(tmp_path: Path) -> None:
    """Also where the usual spelling gives a cell that no other row has."""
    rows, sets = several_rows(60)
    sets[5], sets[6], sets[9] = ("sport", "Money", "tech"), ("TECH",), (*reversed(sets[0]),)
    rows[9][2] = rows[0][2]
    path = write_sets(tmp_path / "rows.csv", rows, sets)
    fixed = cleaned(path, tmp_path / "clean.csv", separator="|")
    decisions = read_decisions(fixed.changes, numbers=RowNumbers(2))
    original = read_table(path, label_format=MULTI_LABEL_FORMAT).corpus
    followed, cleaning = apply_decisions(original, exclude=decisions, relabel=decisions, separator="|")
    copy = read_table(tmp_path / "clean.csv", label_format=MULTI_LABEL_FORMAT)
    assert [*chain.from_iterable(followed.blocks())] == copy.documents
    assert followed.labels.plain() == copy.labels
    assert "sport|money|tech" in copy.labels
    assert (cleaning.excluded, cleaning.relabelled) == (1, 2)
    with pytest.raises(DataError, match=r"relabelled 'money\|sport\|tech', which no row"):
        apply_decisions(original, relabel=[Decision(3, "relabel", "money|sport|tech")])
    unknown = [Decision(3, "relabel", "sport|weather")]
    with pytest.raises(DataError, match=r"relabelled 'sport\|weather', and no row of .* has the label 'weather'"):
        apply_decisions(original, relabel=unknown, separator="|")


spelt = st.lists(st.sampled_from(["a", "A", "b", "B", "c"]), max_size=3).map(tuple)
text = st.sampled_from(["one", "two", "three", " two", "", "cafÃ©", "four"])


@settings(max_examples=40)
@given(
    st.lists(st.tuples(spelt, text), min_size=3, max_size=12),
    st.booleans(),
    st.sampled_from(["csv", "jsonl", "parquet"]),
)
def test_the_cleaned_copy_has_nothing_left_to_clean(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[tuple[str, ...], str]], conflicts: bool, kind: str
) -> None:
    place = tmp_path_factory.mktemp("clean")
    table = [*table, (("a",), "a text of its own"), (("b", "a"), "and another one")]
    rows = [[str(number), "", one] for number, (_, one) in enumerate(table)]
    sets = [own for own, _ in table]
    said: dict[str, Any] = {"separator": "|"} if kind == "csv" else {"multi_label": True}
    path = write_sets(place / f"rows.{kind}", rows, sets)
    fixed = cleaned(path, place / f"clean.{kind}", conflicts=conflicts, **said)
    report = checked(place / f"clean.{kind}", **said)
    assert [one for one in report.findings if one.fixable] == []
    assert not (conflicts and report.found("conflicting labels"))
    assert report.files["train"].rows == fixed.rows
    twice = cleaned(place / f"clean.{kind}", place / f"twice.{kind}", conflicts=conflicts, **said)
    assert (twice.removed, twice.relabelled, twice.repaired) == ({}, 0, 0)
    # Every row that is left has the labels that it had, but for their case.
    (first,) = opened(place / f"clean.{kind}", **said)
    left = [first.names.members[number] for block in first for number in block.labels.tolist()]
    with fixed.changes.open(encoding="utf-8", newline="") as file:
        gone = {int(line["row"]) for line in csv.DictReader(file) if line["decision"] == "exclude"}
    assert [{name.casefold() for name in own} for own in left] == [
        {name.casefold() for name in own} for number, own in enumerate(sets) if number not in gone
    ]


@pytest.mark.parametrize("seed", range(8))
def test_the_rows_held_out_are_those_of_training(seed: int) -> None:
    """So few rows that labels are equally rare, and their order counts."""
    _, sets = topic_rows(24, seed=seed)
    names = LabelNames()
    names.set_format(MULTI_LABEL, separator="|")
    # Numbers come in another order than the labels of training, and a class of another file is among them.
    numbers = [names.number("|".join(own)) for own in [("other",), *reversed(sets)]][:0:-1]
    found = held_out(np.array(numbers, dtype=np.int32), names, share=0.3, seed=seed)
    expected = hold_out(multi_label_indicator(Labels.learn(chain.from_iterable(sets)), sets), share=0.3, seed=seed)
    assert [one.tolist() for one in found] == [one.tolist() for one in expected]


@pytest.mark.parametrize("name", FORMS)
def test_rows_without_any_label_are_counted(name: str, tmp_path: Path) -> None:
    rows, sets = several_rows(60)
    sets = [own if place % 10 else () for place, own in enumerate(map(tuple, sets))]
    report = checked(write_sets(tmp_path / name, rows, sets), **FORMS[name])
    (found,) = [one for one in report.findings if one.kind == "rows without any label"]
    assert (found.severity, found.count) == ("note", sum(not own for own in sets))
    assert "train --skip-unlabelled" in found.hint


def test_labels_with_another_separator_between_them(tmp_path: Path) -> None:
    rows, sets = several_rows(240)
    sets[4], sets[5] = ("sport/Tech",), ("a/b", "money")
    report = checked(write_sets(tmp_path / "rows.csv", rows, sets), separator="|")
    finding = report.found("labels that look like several")
    assert rows_in(finding) == [4]
    assert finding is not None
    assert finding.facts["labels"] == {"sport/Tech": "/"}


def test_a_few_cells_with_another_separator(tmp_path: Path) -> None:
    rows, sets = several_rows(240)
    sets[4], sets[8] = ("sport;money",), ("money;tech",)
    path = write_sets(tmp_path / "rows.csv", rows, sets, ",")
    finding = checked(path).found("cells that look like several labels")
    assert finding is not None
    assert rows_in(finding) == [place for place, own in enumerate(sets) if len(own) > 1]
    assert "2 rows have ';' between labels, such as 'money;tech': write one separator." in finding.meaning
    assert finding.hint.startswith("Say --multi-label --label-separator ',';")
    said: list[str] = []
    opened(path, multi_label=True, say=said.append)
    assert said[0] == "Labels are split at ',': 5 distinct ones."
    for mark, effect in (
        (",", "evaluation counts that as wrong."),
        (";", "evaluation stops: most cells of several labels have ',' between them."),
    ):
        known = KnownModel("m", TextPipeline.learn(["a"], TextSettings()), list(TOPICS))
        unknown = checked(path, known=known, separator=mark).found("unknown labels")
        assert unknown is not None
        assert effect in unknown.meaning
        assert ("with --label-separator ','." in unknown.hint) == (mark == ";")


def test_a_missing_label_where_cells_look_like_several(tmp_path: Path) -> None:
    rows, sets = several_rows(240)
    sets[7] = ()
    finding = checked(write_sets(tmp_path / "rows.csv", rows, sets)).found("no label")
    assert rows_in(finding)[:1] == [next(place for place, own in enumerate(sets) if not own)]
    assert finding is not None
    assert "with --multi-label --label-separator '|' an empty cell is a row that has none" in finding.hint
