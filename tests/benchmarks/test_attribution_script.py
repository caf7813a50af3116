"""The benchmark of attribution has a row for every cell, in one and in two directions, and so has its table."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import attribution
import inspection_tables
import pytest
from rows import write_news

from recurra import cells

CELLS = ("simple_rnn", "gru", "gru_reset_before", "lstm", "sru", "min_gru", "min_lstm")


def test_every_cell_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "news").mkdir()
    for part, rows in (("train", 40), ("test", 8)):
        write_news(tmp_path / "news" / f"{part}.csv", rows)
    words = ["--dataset", "news", "--data-dir", tmp_path, "--take", 30, "--documents", 3, "--hidden", 4]
    out = tmp_path / "attribution.json"
    assert set(CELLS) == set(cells._BUILT_IN)
    # Without those that other tests have registered.
    monkeypatch.setattr(attribution, "CELLS", {name: cells.CELLS[name] for name in CELLS})
    monkeypatch.setattr(sys, "argv", list(map(str, ["attribution.py", *words, "--out", out])))
    attribution.main()
    rows = json.loads(out.read_text())["rows"]
    assert [(row["cell"], row["directions"]) for row in rows] == [(cell, both) for cell in CELLS for both in (1, 2)]
    for row in rows:
        assert row["completeness_error"]["largest"] < 1e-2
        assert row["milliseconds"]["median"] > 0
        assert set(row["answers_changed_without_3_words"]) == {
            "integrated gradients",
            "occlusion",
            "evidence",
            "random",
        }
    monkeypatch.setattr(inspection_tables, "RESULTS", tmp_path)
    lines = inspection_tables.attribution_lines()
    for cell in CELLS:
        assert sum(line.startswith(f"| {cell} |") for line in lines) == 2
