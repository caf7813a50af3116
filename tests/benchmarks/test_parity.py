"""The script of the parity matrix, on two of its lines; what is too far must be said."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import parity
import parity_tables
import pytest


@pytest.fixture(scope="module")
def bundles() -> dict[str, Any]:
    """Models of two of the lines."""
    return parity.models(["fast", "several labels"])


@pytest.mark.parametrize("name", ["fast", "several labels"])
def test_a_line_has_every_column(bundles: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = {column: way for column, way in parity.COLUMNS.items() if column not in ("triton", "page")}
    monkeypatch.setattr(parity, "COLUMNS", quick)
    found = parity.line(bundles[name])
    assert list(found) == [*quick, "Keras"]
    assert (found["torch"] is None) == (name == "fast")
    assert found["Keras"] is None
    for one in filter(None, found.values()):
        assert one["too_far"] == 0
        assert 0 <= one["largest"] < 1e-5
        assert one["documents"] >= 12


def test_a_wrong_answer_is_too_far(bundles: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def shifted(bundle: Any, texts: Any) -> Any:
        answers = parity.of_runtime(bundle, texts)
        answers[-1, 0] += np.float32(2e-5)
        return answers

    monkeypatch.setattr(parity, "COLUMNS", {"runtime": parity.Column(shifted)})
    one = parity.line(bundles["fast"])["runtime"]
    assert one is not None
    assert one["too_far"] == 1


def test_an_imported_model_is_compared_with_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "COLUMNS", {"runtime": parity.COLUMNS["runtime"]})
    for name in parity.IMPORTED:
        bundle, texts, answers = parity.imported(name)
        found = parity.line(bundle, (texts, answers))["Keras"]
        assert found is not None
        assert (found["too_far"], found["documents"]) == (0, len(answers))
        assert found["largest"] < 1e-5
    wrong = parity.line(bundle, (texts, answers + np.float32(2e-5)))["Keras"]
    assert wrong is not None
    assert wrong["too_far"] == 1


def test_the_table_is_that_of_the_results() -> None:
    found = json.loads(parity_tables.RESULTS.read_text(encoding="utf-8"))
    assert set(found["models"]) >= {"default", "small", "fast", "lesson/lstm", "sru", "several labels"}
    for name, ways in found["models"].items():
        assert not [way for way, one in ways.items() if one and one["too_far"]], name
    lines = parity_tables.lines()
    assert len(lines) == len(found["models"]) + 4
