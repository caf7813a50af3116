"""The cleaned copy has the labels that people decided for, and not the rows that they left out."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from rows import write_table

from recurra.checking.check import open_source
from recurra.checking.fix import fix
from recurra.checking.fix_plan import FixOptions
from recurra.checking.label_format import choose_label_format
from recurra.checking.label_names import LabelNames
from recurra.checking.lenient_reader import LenientReader
from recurra.data.renamed_classes import read_relabelling
from recurra.data.sources import open_blocks
from recurra.errors import DataError


def opened(path: Path, **said: object) -> LenientReader:
    reader = open_source(open_blocks(path), "train", LabelNames(), text="text", label="label")
    asked = {"multi_label": False, "single_label": False, "separator": None} | said
    choose_label_format([reader], say=lambda line: None, **asked)  # type: ignore[arg-type]
    return reader


def fixed(reader: LenientReader, out: Path, decisions: str) -> list[list[str]]:
    (out.parent / "d.csv").write_text(decisions)
    for _ in reader:
        pass
    made = read_relabelling(
        out.parent / "d.csv",
        lambda: (cell for block in reader for cell in block.cells),
        numbers=reader.row_numbers,
        separator=reader.names.separator,
    )
    result = fix(reader, out, options=FixOptions(exclude=made, relabel=made))
    with result.changes.open(newline="") as file:
        return [[line["number"], line["decision"], line["label"], line["reason"]] for line in csv.DictReader(file)]


def test_one_label_a_row(tmp_path: Path) -> None:
    rows = [("oil", "a"), ("gas", "b"), ("tea", "a"), ("rye", ""), ("tea", "b"), ("hay", "b")]
    table = write_table(tmp_path / "x.csv", ("text", "label"), rows)
    changes = fixed(
        opened(table), tmp_path / "y.csv", "number,decision,label\n2,relabel,b\n3,exclude,\n5,relabel,a\n6,relabel,a\n"
    )
    # A row without a label gets one, and a row that is now like another one is its duplicate.
    assert (tmp_path / "y.csv").read_text().split() == ["text,label", "oil,b", "tea,a", "rye,a", "hay,b"]
    assert changes == [
        ["2", "relabel", "b", "decision"],
        ["3", "exclude", "", "decision"],
        ["5", "relabel", "a", "decision"],
        ["6", "exclude", "", "duplicate of row 4"],
    ]


def test_a_decision_in_another_spelling_is_joined(tmp_path: Path) -> None:
    rows = [("oil", "Bill"), ("gas", "Order"), ("tea", "Bill"), ("rye", "Order")]
    table = write_table(tmp_path / "x.csv", ("text", "label"), rows)
    changes = fixed(opened(table), tmp_path / "y.csv", "number,decision,label\n3,relabel,BILL\n")
    assert (tmp_path / "y.csv").read_text().split() == ["text,label", "oil,Bill", "gas,Bill", "tea,Bill", "rye,Order"]
    assert changes == [["3", "relabel", "Bill", "decision"]]


def test_several_labels_a_row(tmp_path: Path) -> None:
    rows = [("oil", "a|b"), ("gas", "b"), ("tea", "c|a"), ("rye", "c")]
    table = write_table(tmp_path / "x.csv", ("text", "label"), rows)
    fixed(opened(table, separator="|"), tmp_path / "y.csv", "number,decision,label\n3,relabel,b|c\n")
    assert (tmp_path / "y.csv").read_text().split() == ["text,label", "oil,a|b", "gas,b|c", "tea,c|a", "rye,c"]
    lines = [json.dumps({"text": text, "label": label.split("|")}) for text, label in rows]
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    fixed(opened(tmp_path / "x.jsonl"), tmp_path / "y.jsonl", 'number,decision,label\n2,relabel,"[""b"", ""c""]"\n')
    found = [json.loads(line)["label"] for line in (tmp_path / "y.jsonl").read_text().splitlines()]
    assert found == [["a", "b"], ["b", "c"], ["c", "a"], ["c"]]


def test_classes_get_new_names(tmp_path: Path) -> None:
    rows = [("oil", "Saude"), ("gas", "Saúde"), ("tea", "Saude"), ("rye", "Lei")]
    table = write_table(tmp_path / "x.csv", ("text", "label"), rows)
    changes = fixed(opened(table), tmp_path / "y.csv", "label;new label\nSaude;Saúde\n")
    assert (tmp_path / "y.csv").read_text().split() == ["text,label", "oil,Saúde", "gas,Saúde", "tea,Saúde", "rye,Lei"]
    assert changes == [["2", "relabel", "Saúde", "decision"], ["4", "relabel", "Saúde", "decision"]]
    rows = [("oil", "a|b"), ("gas", "b"), ("tea", "c|a"), ("rye", "b|c")]
    table = write_table(tmp_path / "x.csv", ("text", "label"), rows)
    fixed(opened(table, separator="|"), tmp_path / "y.csv", "label,new label\nb,c\n")
    assert (tmp_path / "y.csv").read_text().split() == ["text,label", "oil,a|c", "gas,c", "tea,c|a", "rye,c"]
    fixed(opened(table, separator="|"), tmp_path / "y.csv", "label,new label\nb,z\nc,z\nlost,a\n")
    assert (tmp_path / "y.csv").read_text().split() == ["text,label", "oil,a|z", "gas,z", "tea,z|a", "rye,z"]
    lines = [json.dumps({"text": text, "label": label}) for text, label in [("oil", 1), ("gas", 2), ("tea", 1)]]
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    fixed(opened(tmp_path / "x.jsonl"), tmp_path / "y.jsonl", "label,new label\n1,one\n")
    found = [json.loads(line)["label"] for line in (tmp_path / "y.jsonl").read_text().splitlines()]
    assert found == ["one", "2", "one"]


@pytest.mark.parametrize(
    ("decisions", "said"),
    [
        ("label,new label\nA,b\n", "renames 'A', which no row has"),
        ("old,new\na,b\n", "row,decision,label,text. To rename whole classes: label,new label."),
        ("label,new label\na,b\na,c\n", "the label 'a' gets two names"),
        ("label,new label\na,\n", "the label 'a' has no new label"),
        ("number,decision,label\n2,relabel,z\n", "Row 2 is to be relabelled 'z', which no row of"),
        ("number,decision,label\n9,exclude,\n", "A decision is about row 9 of"),
        ("number,decision,label,text\n2,exclude,,gas\n", "has the text 'gas', the row 'oil'"),
    ],
)
def test_decisions_that_do_not_fit_are_refused(tmp_path: Path, decisions: str, said: str) -> None:
    table = write_table(tmp_path / "x.csv", ("text", "label"), [("oil", "a"), ("gas", "b")])
    with pytest.raises(DataError, match=said):
        fixed(opened(table), tmp_path / "y.csv", decisions)
    assert not (tmp_path / "y.csv").exists()
