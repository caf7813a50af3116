"""The example of ``recurra.evaluate`` in ``docs/training.md`` is this file's, and gives the command's scores."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pandas as pd
import pytest
from estimator.small_classifier import TEXTS, TOPICS, network
from topics import topic_rows

import recurra
from recurra.cli import main
from recurra.errors import DataError

PAGE = Path(__file__).parents[2] / "docs" / "training.md"


def documented(clf: Any, texts: Any, labels: Any) -> Any:
    scores = recurra.evaluate(clf.predict_proba(texts), labels, clf.classes_, thresholds=clf.thresholds_)
    print(scores.macro_f1, scores.intervals["macro_f1"])
    return scores


def test_without_classes_the_call_is_named() -> None:
    with pytest.raises(DataError, match=r"no classes. Write evaluate\(model.predict_proba\(X\), y, model"):
        recurra.evaluate(TOPICS, TOPICS)  # type: ignore[call-overload]


def test_the_columns_of_a_frame_of_probabilities_are_the_classes() -> None:
    frame = pd.DataFrame([[0.2, 0.8], [0.9, 0.1], [0.4, 0.6]], columns=["b", "a"])
    found = recurra.evaluate(frame, ["a", "b", "b"])
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.to_dict() == recurra.evaluate(frame.to_numpy(), ["a", "b", "b"], ["b", "a"]).to_dict()
    counted = pd.DataFrame(frame.to_numpy())
    assert recurra.evaluate(counted, [1, 0, 0]).accuracy == pytest.approx(2 / 3)
    with pytest.raises(DataError, match="was given no classes"):
        recurra.evaluate(counted, ["a", "b", "b"])


def test_the_example_is_the_documented_one() -> None:
    body = dedent(inspect.getsource(documented).partition("\n")[2]).removesuffix("return scores\n")
    assert f"```python\n{body}```" in PAGE.read_text(encoding="utf-8")


def command(clf: Any, texts: list[str], labels: list[Any], folder: Path, output: pytest.CaptureFixture[str]) -> Any:
    """What ``recurra evaluate --json`` says of the same rows."""
    clf.save(folder / "model.safetensors")
    rows = [json.dumps({"text": text, "label": label}) for text, label in zip(texts, labels, strict=True)]
    (folder / "rows.jsonl").write_text("\n".join(rows))
    output.readouterr()
    assert main(["evaluate", str(folder / "model.safetensors"), str(folder / "rows.jsonl"), "--json"]) == 0
    return json.loads(output.readouterr().out)


def test_one_label(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clf = network().fit(TEXTS, TOPICS)
    assert clf.thresholds_ is None
    scores = documented(clf, TEXTS, TOPICS)
    said = command(clf, TEXTS, TOPICS, tmp_path, capsys)
    assert scores.accuracy == clf.score(TEXTS, TOPICS)
    assert json.loads(json.dumps(scores.to_dict())).items() <= said.items()


def test_several_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts, labels = topic_rows(400)
    options = {"hidden": 8, "embedding": 8, "pooling": ["max"], "branch": False, "validation": 0.3}
    clf = network(options=options, epochs=2).fit(texts, labels)
    held, truth = topic_rows(100, seed=5)
    scores = documented(clf, held, truth)
    assert scores.macro_f1 == float(capsys.readouterr().out.split()[0])
    said = command(clf, held, [list(one) for one in truth], tmp_path, capsys)
    assert json.loads(json.dumps(scores.to_dict())).items() <= said.items()
    # Thresholds that training chose, and scores that those of 0.5 would not give.
    np.testing.assert_array_equal(clf.thresholds_, clf.model_.info["thresholds"])
    assert recurra.evaluate(clf.predict_proba(held), truth, clf.classes_).to_dict() != scores.to_dict()
