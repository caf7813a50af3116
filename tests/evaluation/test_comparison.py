"""Classifiers on the same rows: counts by hand, tests against their formulas, intervals against resampling."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.errors import DataError
from recurra.evaluation.paired import holm, sign_test
from recurra.tasks.compare import compare_predictions

CLASSES = ["a", "b"]


def answers(*firsts: float) -> np.ndarray:
    """Probabilities of two classes by that of the first."""
    return np.array([[p, 1 - p] for p in firsts], dtype=np.float32)


def test_by_hand() -> None:
    targets = np.array([0, 0, 1, 1])
    found = compare_predictions(
        {"x": answers(0.9, 0.8, 0.3, 0.4), "y": answers(0.6, 0.1, 0.2, 0.7), "z": answers(0.6, 0.1, 0.2, 0.7)},
        targets,
        ["one", "two", "three", "four"],
        CLASSES,
        rows=np.array([10, 11, 12, 13]),
        slices={"short": np.array([True, True, False, False]), "nothing": np.zeros(4, dtype=bool)},
    )
    values = found.to_dict()
    assert [(one["name"], one["accuracy"]) for one in values["models"]] == [("x", 1.0), ("y", 0.5), ("z", 0.5)]
    assert [(one["a"], one["b"]) for one in values["pairs"]] == [("x", "y"), ("x", "z"), ("y", "z")]
    first, _, same = values["pairs"]
    assert (first["only_a"], first["only_b"], first["both"], first["neither"]) == (2, 0, 2, 0)
    assert first["difference"] == 0.5
    assert first["p"] == pytest.approx(2 * 0.25)
    assert first["p_adjusted"] == 1.0
    assert first["differences"]["log_loss"] == pytest.approx(
        np.mean(-np.log([0.9, 0.8, 0.7, 0.6])) - np.mean(-np.log([0.6, 0.1, 0.8, 0.3])), rel=1e-5
    )
    assert (same["only_a"], same["only_b"], same["difference"], same["p"]) == (0, 0, 0.0, 1.0)
    # Agresti and Min 2005: half a row is added to each of the four cells, here to 0, 0 and four rows that are alike.
    assert same["interval"] == pytest.approx([-1.96 / 6, 1.96 / 6], abs=1e-4)
    assert same["examples"] == []
    # Where both are surest together comes first: 0.8 + 0.9 against 0.6 + 0.7.
    assert [(one["row"], one["right"]) for one in first["examples"]] == [(11, "x"), (13, "x")]
    assert first["examples"][0]["answers"]["y"] == {"label": "b", "probability": pytest.approx(0.9)}
    assert [(one["name"], one["rows"]) for one in values["slices"]] == [("class a", 2), ("class b", 2), ("short", 2)]
    assert values["slices"][0]["accuracy"] == [1.0, 0.5, 0.5]
    assert values["slices"][0]["intervals"][0] == [0.0, 0.0]


def test_the_interval_is_that_of_drawing_rows_again() -> None:
    generator = np.random.default_rng(5)
    rows = 400
    targets = generator.integers(0, 2, rows)
    x = np.where(generator.random(rows) < 0.9, targets, 1 - targets)
    y = np.where(generator.random(rows) < 0.8, targets, 1 - targets)
    found = compare_predictions(
        {"x": answers(*(1 - x)), "y": answers(*(1 - y))}, targets, ["t"] * rows, CLASSES, resamples=4000
    ).pairs[0]
    difference = (x == targets).astype(float) - (y == targets)
    drawn = np.sort([difference[generator.integers(0, rows, rows)].mean() for _ in range(4000)])
    low, high = found.intervals["accuracy"]
    assert low == pytest.approx(drawn[100], abs=0.006)
    assert high == pytest.approx(drawn[3899], abs=0.006)
    assert low < found.differences["accuracy"] < high
    assert set(found.intervals) == {"accuracy", "macro_f1", "log_loss"}


def test_the_log_loss_is_of_classes_that_all_know() -> None:
    """Rows of the class c, which x does not know, count for x as wrong and for neither's log loss."""
    generator = np.random.default_rng(7)
    rows, classes = 300, ["a", "b", "c"]
    targets = generator.integers(0, 3, rows)
    x = np.hstack([generator.dirichlet([2, 2], rows), np.zeros((rows, 1))]).astype(np.float32)
    y = generator.dirichlet([2, 2, 2], rows).astype(np.float32)
    known = {"x": np.array([True, True, False]), "y": np.ones(3, dtype=bool)}
    found = compare_predictions({"x": x, "y": y}, targets, ["t"] * rows, classes, known=known, resamples=4000)
    assert found.unknown_labels == (targets == 2).sum()
    shared = targets < 2
    of_target = {name: p[np.arange(rows), targets].astype(float) for name, p in (("x", x), ("y", y))}
    losses = {name: -np.log(np.where(shared, p, 1)) for name, p in of_target.items()}
    for name, one in losses.items():
        assert found.scores[name]["log_loss"] == pytest.approx(one[shared].mean(), rel=1e-5)
    assert found.accuracy["x"] == np.mean(x.argmax(axis=1) == targets)
    drawn = []
    for _ in range(4000):
        take = generator.integers(0, rows, rows)
        take = take[shared[take]]
        drawn.append(losses["x"][take].mean() - losses["y"][take].mean())
    pair = found.pairs[0]
    assert pair.intervals["log_loss"] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.01)
    assert pair.intervals["log_loss"][0] < pair.differences["log_loss"] < pair.intervals["log_loss"][1]


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_sign_test_is_twice_the_tail(only_a: int, only_b: int) -> None:
    n = only_a + only_b
    tail = sum(math.comb(n, k) for k in range(min(only_a, only_b) + 1)) / 2**n
    assert sign_test(only_a, only_b) == pytest.approx(min(1.0, 2 * tail))
    assert sign_test(only_a, only_b) == sign_test(only_b, only_a)


def test_the_sign_test_of_many_rows() -> None:
    """Against the normal approximation with continuity, which is good there."""
    z = (abs(5200 - 4800) - 1) / math.sqrt(10_000)
    assert sign_test(5200, 4800) == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-2)
    with pytest.raises(DataError):
        sign_test(-1, 2)


def test_holm_by_hand() -> None:
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.parametrize(
    ("given_answers", "targets", "documents"),
    [
        ({"x": answers(0.5)}, [0], ["t"]),
        ({"x": answers(0.5), "y": answers(0.5, 0.5)}, [0], ["t"]),
        ({"x": answers(0.5), "y": answers(0.5)}, [0], []),
        ({"x": answers(0.5), "y": answers(0.5)}, [2], ["t"]),
    ],
)
def test_what_does_not_fit(given_answers: dict[str, np.ndarray], targets: list[int], documents: list[str]) -> None:
    with pytest.raises(DataError):
        compare_predictions(given_answers, np.array(targets), documents, CLASSES)
