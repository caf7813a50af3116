"""Classifiers of several labels on the same rows: by hand, against scikit-learn, intervals by another bootstrap."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss

from recurra.errors import DataError
from recurra.evaluation.comparison import Comparison
from recurra.evaluation.paired import paired_interval
from recurra.tasks import MultiLabel
from recurra.tasks.compare import compare_predictions

CLASSES = ["a", "b", "c"]
HALF = np.full(3, 0.5, dtype=np.float32)


def compare_multi_label(answers: dict[str, tuple[Any, Any]], *rows: Any, **options: Any) -> Comparison:
    """Of probabilities with thresholds."""
    tasks = {name: MultiLabel(thresholds) for name, (_, thresholds) in answers.items()}
    return compare_predictions({name: p for name, (p, _) in answers.items()}, *rows, tasks=tasks, **options)


def noisy(targets: np.ndarray, generator: np.random.Generator, wrong: float) -> np.ndarray:
    """Probabilities on the right side of a half, but for so many decisions."""
    side = targets ^ (generator.random(targets.shape) < wrong)
    far = generator.uniform(0.05, 0.45, targets.shape)
    return np.where(side, 0.5 + far, 0.5 - far).astype(np.float32)


def test_by_hand() -> None:
    targets = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 0], [1, 0, 0]], dtype=bool)
    x = np.array([[0.9, 0.8, 0.1], [0.4, 0.1, 0.2], [0.3, 0.9, 0.1], [0.6, 0.1, 0.9]], dtype=np.float32)
    y = np.array([[0.9, 0.2, 0.1], [0.1, 0.1, 0.1], [0.2, 0.7, 0.3], [0.9, 0.1, 0.6]], dtype=np.float32)
    thresholds = np.array([0.5, 0.5, 0.7], dtype=np.float32)
    found = compare_multi_label(
        {"x": (x, HALF), "y": (y, thresholds)},
        targets,
        ["one", "two", "three", "four"],
        CLASSES,
        rows=np.array([10, 11, 12, 13]),
        slices={"short": np.array([True, True, False, False]), "nothing": np.zeros(4, dtype=bool)},
    )
    values = found.to_dict()
    assert values["multi_label"] is True
    # x gives c to the last row, y does not give b to the first, and does not give c, as its threshold is higher.
    assert [(one["name"], one["accuracy"]) for one in values["models"]] == [("x", 0.75), ("y", 0.75)]
    pair = values["pairs"][0]
    assert (pair["only_a"], pair["only_b"], pair["both"], pair["neither"]) == (1, 1, 2, 0)
    assert (pair["difference"], pair["p"]) == (0.0, 1.0)
    # Right, given and had: x 4, 5 and 4; y 3, 3 and 4.
    assert pair["differences"]["micro_f1"] == pytest.approx(2 * 4 / 9 - 2 * 3 / 7)
    # Of a, b and c: x 1, 1 and 0; y 1, 2/3 and nothing to say about c.
    assert pair["differences"]["macro_f1"] == pytest.approx(2 / 3 - (1 + 2 / 3) / 2)
    first, second = pair["examples"]
    assert (first["row"], first["right"]) == (10, "x")
    assert (first["label"], first["answers"]["y"]["label"]) == (["a", "b"], ["a"])
    assert first["answers"]["y"]["probability"] == pytest.approx(0.9 * 0.8 * 0.9)
    assert (second["row"], second["right"], second["answers"]["x"]["label"]) == (13, "y", ["a", "c"])
    slices = [(one["name"], one["rows"], one["accuracy"]) for one in values["slices"]]
    assert slices == [
        ("class a", 2, [0.5, 0.5]),
        ("class b", 2, [1.0, 0.5]),
        ("no label", 1, [1.0, 1.0]),
        ("short", 2, [1.0, 0.5]),
    ]


def test_against_scikit_learn() -> None:
    generator = np.random.default_rng(3)
    targets = generator.random((300, 3)) < [0.5, 0.3, 0.1]
    answers = {"x": (noisy(targets, generator, 0.1), HALF), "y": (noisy(targets, generator, 0.2), HALF + 0.1)}
    found = compare_multi_label(answers, targets, ["t"] * 300, CLASSES)
    scores: dict[str, dict[str, Any]] = {}
    for name, (p, thresholds) in answers.items():
        given = p >= thresholds
        scores[name] = {
            "accuracy": accuracy_score(targets, given),
            "micro_f1": f1_score(targets, given, average="micro"),
            "macro_f1": f1_score(targets, given, average="macro"),
            "log_loss": np.mean([log_loss(targets[:, one], p[:, one].astype(float)) for one in range(3)]),
        }
        assert found.scores[name] == pytest.approx(scores[name], rel=1e-6)
    pair = found.pairs[0]
    for name, difference in pair.differences.items():
        assert difference == pytest.approx(scores["x"][name] - scores["y"][name], rel=1e-5)
    right = {name: ((p >= thresholds) == targets).all(axis=1) for name, (p, thresholds) in answers.items()}
    assert pair.only_a == sum(a and not b for a, b in zip(right["x"], right["y"], strict=True))
    assert (pair.only_a + pair.both, pair.only_b + pair.both) == (right["x"].sum(), right["y"].sum())


def test_the_intervals_are_those_of_drawing_rows_again() -> None:
    """Each resample takes the same rows for both; scores of scikit-learn on other draws than ours."""
    generator = np.random.default_rng(5)
    rows = 250
    targets = generator.random((rows, 3)) < [0.5, 0.3, 0.2]
    x, y = noisy(targets, generator, 0.08), noisy(targets, generator, 0.14)
    found = compare_multi_label({"x": (x, HALF), "y": (y, HALF)}, targets, ["t"] * rows, CLASSES, resamples=4000).pairs[
        0
    ]
    assert set(found.intervals) == {"accuracy", "micro_f1", "macro_f1", "log_loss"}
    drawn: dict[str, list[float]] = {"accuracy": [], "micro_f1": [], "macro_f1": []}
    for _ in range(1500):
        take = generator.integers(0, rows, rows)
        had, one, other = targets[take], x[take] >= 0.5, y[take] >= 0.5
        drawn["accuracy"].append((one == had).all(axis=1).mean() - (other == had).all(axis=1).mean())
        for average in ("micro", "macro"):
            drawn[f"{average}_f1"].append(f1_of(had, one, average) - f1_of(had, other, average))
    for name, values in drawn.items():
        low, high = np.quantile(values, [0.025, 0.975])
        assert found.intervals[name] == pytest.approx((low, high), abs=0.01)
        assert low < found.differences[name] < high


def f1_of(had: np.ndarray, given: np.ndarray, average: str) -> float:
    axis = None if average == "micro" else 0
    right, both = (had & given).sum(axis=axis), had.sum(axis=axis) + given.sum(axis=axis)
    return float(np.mean(2 * right / both))


def test_the_same_answers_have_no_difference() -> None:
    generator = np.random.default_rng(1)
    targets = generator.random((60, 3)) < 0.4
    p = noisy(targets, generator, 0.2)
    pair = compare_multi_label({"x": (p, HALF), "y": (p.copy(), HALF)}, targets, ["t"] * 60, CLASSES).pairs[0]
    assert pair.intervals["log_loss"] == (0.0, 0.0)
    # Other rows may tell them apart: no change of 60.
    assert {pair.intervals[name] for name in ("accuracy", "micro_f1", "macro_f1")} == {paired_interval(0, 0, 60)}
    assert (pair.only_a, pair.only_b, pair.examples) == (0, 0, [])


def test_what_does_not_fit_together() -> None:
    targets = np.zeros((2, 3), dtype=bool)
    p = np.full((2, 3), 0.2, dtype=np.float32)
    with pytest.raises(DataError, match="1 classifiers"):
        compare_multi_label({"x": (p, HALF)}, targets, ["s", "t"], CLASSES)
    with pytest.raises(DataError, match="1 documents for 2 rows"):
        compare_multi_label({"x": (p, HALF), "y": (p, HALF)}, targets, ["s"], CLASSES)
    with pytest.raises(DataError, match="Probabilities of 1 and labels of 2 rows"):
        compare_multi_label({"x": (p, HALF), "y": (p[:1], HALF)}, targets, ["s", "t"], CLASSES)
