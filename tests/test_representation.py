"""What a terminal and a notebook show of results: a few lines, with the figures, and nothing unescaped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bundles import WORDS, make_bundle

from recurra import inspection
from recurra.data.read import read_table
from recurra.data.row_numbers import RowNumbers
from recurra.data.table import Table
from recurra.evaluation import evaluate
from recurra.evaluation.comparison import Comparison, Pair
from recurra.inspection.label_issue_results import LabelIssue, LabelIssues
from recurra.representation import Representation, Represented, counted_rows, one_line
from recurra.runtime import Model
from recurra.training.callbacks import History, TrainingMetrics, ValidationMetrics


class Result(Represented):
    """A made-up one."""

    def _representation(self) -> Representation:
        return Representation("Result: <b>", ("one", "two"), [("<i>", "&"), ("longer", "x")], ["note >"])

    def to_dict(self) -> dict[str, str]:
        return {"one": "<i>"}


def test_a_line_a_table_and_notes() -> None:
    assert repr(Result()) == "Result: <b>\n  one     two\n  <i>     &\n  longer  x\n  note >"
    assert Result()._repr_html_() == (
        "<p>Result: &lt;b&gt;</p><table><thead><tr><th>one</th><th>two</th></tr></thead><tbody>"
        "<tr><td>&lt;i&gt;</td><td>&amp;</td></tr><tr><td>longer</td><td>x</td></tr></tbody></table><p>note &gt;</p>"
    )


def test_one_line() -> None:
    assert one_line(("Title", "two\n lines")) == "Title — two lines"
    assert one_line("x" * 100, 10) == "x" * 9 + "…"
    assert one_line("a\u202eb\x1b[1m") == "a\ufffdb\ufffd[1m"
    assert one_line(3) == "3"


def test_table(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("text,label\n" + "".join(f"text {row},{'ab'[row % 3 == 0]}\n" for row in range(6)), "utf-8")
    table = replace(read_table(file), source="rows.csv")
    assert repr(table).splitlines() == [
        "Table: 6 rows of rows.csv, text 'text', label 'label'",
        "  row  label  document",
        "  2    b      text 0",
        "  3    a      text 1",
        "  4    a      text 2",
        "  a 4, b 2",
    ]
    assert repr(table.take([4])).splitlines()[2] == "  6    a      text 4"
    unlabelled = replace(table, labels=None, label_column=None)
    assert repr(unlabelled).splitlines()[:3] == [
        "Table: 6 rows of rows.csv, text 'text'", "  row  document", "  2    text 0",
    ]  # fmt: skip
    several = Table(["x"], [("a", "b")], "text", None, "label", "<made up>")  # type: ignore[list-item]
    assert repr(several).splitlines()[2:] == ["  1    a, b   x", "  a 1, b 1"]
    assert "&lt;made up&gt;" in several._repr_html_()
    many = Table(["x"] * 10, [f"label {row}" for row in range(10)], "text", None, "label", "made up")
    assert repr(many).splitlines()[-1].endswith("label 7 1, and 2 labels more")


def test_evaluation() -> None:
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    lines = repr(evaluate(probabilities, ["a", "b", "c"], ["a", "b"], unknown=["c"], resamples=5)).splitlines()
    assert lines[:2] == ["Evaluation: 3 rows", "  score        value   95 % interval"]
    assert lines[2] == "  accuracy     0.6667  0.2077–0.9385"
    assert lines[-2:] == [
        "  lowest F1 of 2: a 0.6667 (1 row), b 1.0000 (1 row)", "  rows with a label that is no class: 1",
    ]  # fmt: skip
    assert len(lines) == 9
    several = repr(evaluate(probabilities, [["a"], ["b"], []], ["a", "b"], resamples=5)).splitlines()
    assert several[0] == "MultiLabelEvaluation: 3 rows"
    assert [counted_rows(count) for count in (0, 1, 7600)] == ["0 rows", "1 row", "7,600 rows"]
    assert several[-1] == "  lowest F1 of 2: a 0.6667 (1 row), b 1.0000 (1 row)"


def test_history() -> None:
    history = History(
        [TrainingMetrics(at / 2, 2 / at, at / 40, 0.1) for at in range(1, 21)],
        [ValidationMetrics(0.5, 9, 0), *(ValidationMetrics(at, abs(at - 9) + 0.5, at / 10) for at in range(1, 11))],
    )
    lines = repr(history).splitlines()
    assert lines[0] == "History: 10 epochs"
    assert lines[1].split("  ")[-2:] == ["validation loss", "validation accuracy"]
    # The last of ten: losses of 2/19 and 2/20, accuracies of 19/40 and 20/40.
    assert lines[9].split() == ["10", "0.1026", "0.4875", "1.5000", "1.0000"]
    assert lines[10:] == [
        "  … the 2 epochs before are in .epochs", "  lowest validation loss 0.5000 after epoch 9",
        "  These figures are of the recurrent network alone.",
    ]  # fmt: skip
    one_more = History([TrainingMetrics(at, 1.0, 0.5, 0.1) for at in range(1, 10)], [])
    assert "  … the epoch before is in .epochs" in repr(one_more).splitlines()
    assert history.epochs[9] == {
        "epoch": 10, "loss": pytest.approx((2 / 19 + 2 / 20) / 2), "accuracy": pytest.approx(19.5 / 40),
        "validation_loss": 1.5, "validation_accuracy": 1.0,
    }  # fmt: skip
    frame = pd.DataFrame(History(history.training[:4], history.validation[:2]).epochs)
    assert frame["epoch"].tolist() == [1, 2]
    assert frame["validation_loss"].tolist() == pytest.approx([8.5, float("nan")], nan_ok=True)
    assert repr(History()) == "History: 0 epochs"
    assert repr(History([TrainingMetrics(0.5, 1.25, 0.5, 0.1)])).splitlines()[-2].split() == ["1", "1.2500", "0.5000"]


def issue(row: int) -> LabelIssue:
    return LabelIssue(row, row + 2, "a text " * 40, "x", "y", 0.75, "confident mistake", "y", 0.75, {}, [], "a text")


def test_label_issues() -> None:
    found = LabelIssues(
        "m", [issue(row) for row in range(40)], {"mistakes": 12345, "estimated noise": 0.25}, RowNumbers(2), "data"
    )
    lines = repr(found).splitlines()
    assert lines[0] == "LabelIssues: 40 of m, rows numbered from 2"
    assert lines[2].startswith("  2       confident mistake  x      y (75.0 %)  a text a text")
    assert lines[-2:] == ["  … and 32 more in rows", "  mistakes 12,345, estimated noise 0.2500"]
    assert len(lines) == 12
    assert repr(found.rows[0]) == (
        "LabelIssue: row number 2, confident mistake: labelled 'x', suggested 'y' (75.0 %): " + "a text " * 11 + "a…"
    )
    more = replace(found, counts={"suspected label error": 3, "near-duplicate": 7})
    assert more.cut == ["0 of 3 suspected label errors", "0 of 7 near-duplicates"]
    assert repr(more).splitlines()[-2] == (
        "  0 of 3 suspected label errors and 0 of 7 near-duplicates are listed: top=N gives more"
    )
    of_frame = replace(found, row_numbers=RowNumbers(0))
    assert repr(of_frame).splitlines()[0] == "LabelIssues: 40 of m, rows numbered from 0 (positions: use .iloc)"


def test_comparison() -> None:
    pair = Pair("a", "b", {"accuracy": 0.25}, {"accuracy": (-0.5, 0.75)}, 0.04, 0.08, 2, 1, 3, 0, [{"text": "x" * 999}])
    found = Comparison(
        4, False, "accuracy", {"a": 0.75, "b": 0.5},
        {"a": {"accuracy": 0.75, "log_loss": 0.5}, "b": {"accuracy": 0.5, "log_loss": 1.0}},
        {"a": (0.5, 1.0), "b": (0.25, 0.75)}, [pair], [],
    )  # fmt: skip
    assert repr(found).splitlines() == [
        "Comparison: 4 rows",
        "  model  accuracy  95 % interval  log_loss",
        "  a      0.7500    0.5000–1.0000  0.5000",
        "  b      0.5000    0.2500–0.7500  1.0000",
        "  a minus b: +0.2500 (-0.5000 to +0.7500), p = 0.08",
    ]
    assert repr(pair).splitlines()[-1] == (
        "  right: a alone 2, b alone 1, both 3, neither 0; p = 0.08 (sign test, adjusted)"
    )


def test_inspections() -> None:
    """Each has a first line of its own, few lines, and a table in a notebook that is as short."""
    model = Model(replace(make_bundle(cell="lstm"), record={"training": {"seed": 7}}))
    table = Table([" ".join(WORDS)] * 12, [model.classes_[row % 3] for row in range(12)], "text", None, "label", "rows")
    flags, states = inspection.flags(model, table), inspection.states(model, table)
    flows, why = inspection.gradients(model, table), inspection.attribute(model, table.documents[0])
    unit = flags.units[0]
    titles = [
        (flags, f"Flags: model (lstm), accuracy {flags.accuracy:.4f} on 12 documents"),
        (unit, f"Flag: unit {unit.unit.number} (forward, layer 0), score {flags.scores[0]:.3f}, speaks for "),
        (states, "States: model, 12 documents; the plane has "),
        (states.documents[0], f"DocumentPath: place 0, labelled '{model.classes_[0]}', predicted "),
        (flows, "GradientFlows: norm of the gradient by steps from the last one"),
        (flows.flows[1], "GradientFlow: model (lstm), after training"),
        (why, f"Attribution: score of '{why.target}' {why.score:+.3f}, without words {why.baseline_score:+.3f}"),
    ]
    for result, title in titles:
        assert repr(result).startswith(title)
        assert len(repr(result).splitlines()) <= 12
        assert len(result._repr_html_()) < 3000
    assert flows.flows[0].name == inspection.read(model, "oil")["model"] == "model"
