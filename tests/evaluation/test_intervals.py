"""The intervals: against independent formulas, and whether they cover the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as peer

from recurra.errors import DataError
from recurra.evaluation import row_scores, wilson
from recurra.evaluation.intervals import Interval
from recurra.evaluation.metrics import calibration_error
from recurra.evaluation.single_label_scores import SingleLabelRowScores


def simulated(generator: np.random.Generator, rows: int, *, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Targets drawn from a softmax, and that softmax made sharper: calibrated at temperature 1, too sure above it."""
    logits = 2 * generator.normal(size=(rows, 4))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    targets = np.minimum((true.cumsum(axis=1) < generator.random((rows, 1))).sum(axis=1), 3)
    sharp = np.exp(logits * temperature)
    return sharp / sharp.sum(axis=1, keepdims=True), targets


def intervals(probabilities: np.ndarray, targets: np.ndarray, *, seed: int, resamples: int) -> dict[str, Interval]:
    """Those of an evaluation, but for accuracy that of the bootstrap, where an evaluation has Wilson's."""
    rows = SingleLabelRowScores(probabilities, targets, range(4))
    low, high = np.quantile(rows.bootstrap(seed=seed, resamples=resamples)["accuracy"], [0.025, 0.975])
    return {**rows.evaluate(seed=seed, resamples=resamples).intervals, "accuracy": (low, high)}


@pytest.mark.parametrize(("right", "rows"), [(0, 1), (1, 1), (0, 50), (50, 50), (7, 9), (6_650, 7_600)])
def test_wilson_equals_scipy(right: int, rows: int):
    expected = stats.binomtest(right, rows).proportion_ci(0.95, method="wilson")
    assert wilson(right, rows) == (pytest.approx(expected.low, abs=1e-12), pytest.approx(expected.high, abs=1e-12))


@pytest.mark.parametrize(("right", "rows"), [(0, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_impossible_counts(right: int, rows: int):
    with pytest.raises(DataError, match=rf"{right} right of {rows} rows"):
        wilson(right, rows)


@pytest.mark.parametrize("share", [0.5, 0.88, 0.98])
def test_wilson_covers_the_truth(share: float):
    rows = 300
    low, high = np.array([wilson(right, rows) for right in range(rows + 1)]).T
    covered = (low <= share) & (share <= high)
    # Exact coverage, without simulation: the probability of every count whose interval holds the truth.
    assert 0.93 <= stats.binom.pmf(np.arange(rows + 1)[covered], rows, share).sum() <= 0.97


def test_bootstrap_equals_a_loop_over_the_same_draws():
    generator = np.random.default_rng(3)
    probabilities, targets = simulated(generator, 90, temperature=1.5)
    got = intervals(probabilities, targets, seed=11, resamples=40)
    draws = np.random.default_rng(11).integers(0, 90, (40, 90))
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    scores = {
        "accuracy": [peer.accuracy_score(targets[d], predicted[d]) for d in draws],
        "macro_f1": [peer.f1_score(targets[d], predicted[d], average="macro") for d in draws],
        "weighted_f1": [peer.f1_score(targets[d], predicted[d], average="weighted") for d in draws],
        "log_loss": [peer.log_loss(targets[d], probabilities[d], labels=range(4)) for d in draws],
    }
    for name, values in scores.items():
        assert got[name] == pytest.approx(tuple(np.quantile(values, [0.025, 0.975])), abs=1e-6), name
    ece = calibration_error(confidence, predicted == targets)
    low, high = np.quantile(
        [calibration_error(confidence[d], (predicted == targets)[d]) for d in draws], [0.025, 0.975]
    )
    assert got["ece"] == pytest.approx((max(0, 2 * ece - high), max(ece, 2 * ece - low)), abs=1e-6)


def test_the_same_seed_gives_the_same_intervals_whatever_is_held_at_once(monkeypatch: pytest.MonkeyPatch):
    probabilities, targets = simulated(np.random.default_rng(0), 200, temperature=1)
    whole = intervals(probabilities, targets, seed=5, resamples=64)
    monkeypatch.setattr(row_scores, "CHUNK", 600)  # three resamples at a time
    assert intervals(probabilities, targets, seed=5, resamples=64) == whole
    assert intervals(probabilities, targets, seed=6, resamples=64) != whole


@pytest.mark.parametrize("temperature", [1.0, 1.3])
def test_bootstrap_covers_the_truth(temperature: float):
    generator = np.random.default_rng(7)
    probabilities, targets = simulated(generator, 400_000, temperature=temperature)
    truth = {
        "accuracy": (probabilities.argmax(axis=1) == targets).mean(),
        "macro_f1": peer.f1_score(targets, probabilities.argmax(axis=1), average="macro"),
        "log_loss": peer.log_loss(targets, probabilities),
    }
    runs, hits, accuracy = 150, dict.fromkeys(truth, 0), []
    for run in range(runs):
        probabilities, targets = simulated(generator, 800, temperature=temperature)
        got = intervals(probabilities, targets, seed=run, resamples=200)
        hits = {name: hits[name] + (got[name][0] <= truth[name] <= got[name][1]) for name in truth}
        right = int((probabilities.argmax(axis=1) == targets).sum())
        accuracy.append(np.subtract(got["accuracy"], wilson(right, 800)))
    # 95 % ± three standard errors of 150 runs, and one point less because 200 resamples are few.
    assert all(0.885 <= count / runs <= 1 for count in hits.values()), hits
    # Two ways to the same interval: the bootstrap's and Wilson's ends agree to a fraction of a point.
    assert np.abs(accuracy).mean() < 0.004


def test_calibration_interval_holds_its_estimate_and_mostly_the_truth():
    generator = np.random.default_rng(1)
    probabilities, targets = simulated(generator, 1_000_000, temperature=1.2)
    truth = calibration_error(probabilities.max(axis=1), probabilities.argmax(axis=1) == targets)
    covered = 0
    for run in range(120):
        probabilities, targets = simulated(generator, 800, temperature=1.2)
        low, high = intervals(probabilities, targets, seed=run, resamples=200)["ece"]
        estimate = calibration_error(probabilities.max(axis=1), probabilities.argmax(axis=1) == targets)
        assert 0 <= low <= estimate <= high
        covered += low <= truth <= high
    # The plain percentile interval covers this truth in about half of the runs.
    assert covered / 120 >= 0.85
