"""The example of ``recurra.evaluate`` in ``docs/training.md`` is this file's, and gives the classifier's scores."""

from __future__ import annotations

import inspect
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from estimator.small_classifier import TEXTS, TOPICS, network

import recurra

PAGE = Path(__file__).parents[2] / "docs" / "training.md"


def documented(clf: Any, texts: Any, labels: Any) -> None:
    scores = recurra.evaluate(clf.predict_proba(texts), labels, clf.classes_)
    print(scores.accuracy, scores.intervals["accuracy"], scores.macro_f1)


def test_the_documented_example_prints_what_the_classifier_scores(capsys: pytest.CaptureFixture[str]) -> None:
    body = dedent(inspect.getsource(documented).partition("\n")[2])
    assert f"```python\n{body}```" in PAGE.read_text(encoding="utf-8")
    clf = network().fit(TEXTS, TOPICS)
    documented(clf, TEXTS, TOPICS)
    assert float(capsys.readouterr().out.split()[0]) == clf.score(TEXTS, TOPICS)
