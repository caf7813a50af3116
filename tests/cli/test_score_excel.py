"""``recurra score --out FILE.xlsx``: what a spreadsheet finds in the workbook."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bundles import WORDS, make_bundle
from commands import Run, check_failed
from rows import write_table

import recurra
from recurra.batch_prediction import excel
from recurra.bundle import write_bundle
from recurra.data import workbook

openpyxl = pytest.importorskip("openpyxl")

ODD = [
    {"text": f"{WORDS[1]} {WORDS[2]}", "n": 7, "note": '=HYPERLINK("x")', "id": 12345678901234567},
    {"text": "line\nbreak \x08\x07", "n": 1.5, "note": "007", "id": 3},
    {"text": "", "n": None, "note": "#N/A", "id": 4},
    {"text": WORDS[3], "n": 0, "note": {"a": ["ü"]}, "id": 5},
    {"text": WORDS[3] * 9000, "n": True, "note": "2026-01-05", "id": 6},
    {"text": WORDS[4], "n": -1, "note": "_x000D_ is _x0041", "id": 7},
]


def rows_of(path: str) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))


def test_a_workbook_has_the_answers_that_python_has(run: Run, tmp_path: Path) -> None:
    write_bundle(make_bundle(scale=3, seed=4), "m.safetensors")
    Path("x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ODD), encoding="utf-8")
    assert run("score", "m.safetensors", "x.jsonl", "--text", "text", "--all", "--out", "o.xlsx").code == 0
    header, *rows = rows_of("o.xlsx")
    model = recurra.load("m.safetensors")
    classes = [str(label) for label in model.classes_]
    assert header == ("text", "n", "note", "id", "label", "probability", *(f"probability_{name}" for name in classes))
    texts = [str(row["text"]) for row in ODD]
    assert [row[4] for row in rows] == model.predict(texts).tolist()
    for row, expected in zip(rows, model.predict_proba(texts), strict=True):
        assert row[6:] == pytest.approx(expected.tolist(), abs=1e-6)
        assert row[5] == pytest.approx(max(expected), abs=1e-6)
    assert [row[3] for row in rows] == ["12345678901234567", 3, 4, 5, 6, 7]
    assert [row[2] for row in rows[:-1]] == ['=HYPERLINK("x")', "007", "#N/A", '{"a": ["ü"]}', "2026-01-05"]
    # Excel, unlike openpyxl, would read the code of a carriage return.
    assert rows[-1][2] == "_x005F_x000D_ is _x0041"
    assert recurra.read_table("o.xlsx", text="note", labelled=False).documents[-1] == "_x000D_ is _x0041"
    assert rows[1][0] == "line\nbreak \ufffd\ufffd"
    assert [row[1] for row in rows] == [7, 1.5, None, 0, True, -1]
    assert len(rows[4][0]) == workbook.MAX_CHARACTERS
    sheet = openpyxl.load_workbook("o.xlsx").active
    assert {cell.data_type for cell in sheet["C"]} == {"s"}, "a text that begins with = is no formula"
    assert sheet.freeze_panes == "A2"


def test_several_labels_stand_in_one_cell(run: Run) -> None:
    bundle = make_bundle(scale=3, thresholds=(0.6, 0.3, 0.8), labels=("a", "b", "c"))
    write_bundle(replace(bundle, record={**bundle.record, "label_separator": ";"}), "m.safetensors")
    texts = [" ".join(WORDS[n : n + 3]) for n in range(9)]
    write_table(Path("x.csv"), ("text",), [[text] for text in texts])
    run("score", "m.safetensors", "x.csv", "--out", "o.xlsx")
    expected = [";".join(labels) or None for labels in recurra.load("m.safetensors").predict(texts)]
    assert [labels or None for _, labels in rows_of("o.xlsx")[1:]] == expected
    assert any(";" in (one or "") for one in expected)


def test_workbooks_that_cannot_be_written(run: Run, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_table(Path("x.csv"), ("text",), [["oil"], ["gas"], ["coal"]])
    check_failed(run("score", model, "x.csv", "--out", "o.xlsx.gz", "--quiet"), 2, "'.xlsx.gz'", "ends in .csv")
    monkeypatch.setattr(excel, "MAX_ROWS", 2)
    check_failed(run("score", model, "x.csv", "--out", "o.xlsx", "--quiet"), 1, "has at most 2 rows", "write a .csv")
    assert sorted(path.name for path in Path().iterdir() if "o.xlsx" in path.name) == []
    monkeypatch.setattr(excel, "MAX_ROWS", 3)
    assert run("score", model, "x.csv", "--out", "o.xlsx").code == 0
    assert len(rows_of("o.xlsx")) == 4
