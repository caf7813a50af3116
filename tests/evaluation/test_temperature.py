"""Temperature scaling against a dense search, a known answer, and what must hold always."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from recurra.evaluation.metrics import calibration_error
from recurra.evaluation.temperature import MAX_TEMPERATURE, SIGMOID, SOFTMAX, calibrate, fit_temperature

LINKS = {"one": SOFTMAX, "several": SIGMOID}


def drawn(kind: str, rows: int, *, seed: int, scale: float = 2.0) -> tuple[npt.NDArray[np.float64], npt.NDArray[Any]]:
    """Logits, and targets drawn with exactly their probabilities."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(rows, 4)) * scale
    if kind == "several":
        return logits, generator.random((rows, 4)) < 1 / (1 + np.exp(-logits))
    powers = np.exp(logits)
    cumulated = np.cumsum(powers / powers.sum(axis=1, keepdims=True), axis=1)
    return logits, (generator.random((rows, 1)) > cumulated).sum(axis=1)


def plain_loss(logits: npt.NDArray[np.float64], targets: npt.NDArray[Any]) -> float:
    if targets.ndim == 2:
        p = 1 / (1 + np.exp(-logits))
        return float(-np.log(np.where(targets, p, 1 - p)).mean())
    powers = np.exp(logits)
    return float(log_loss(targets, powers / powers.sum(axis=1, keepdims=True), labels=np.arange(logits.shape[1])))


@pytest.mark.parametrize("kind", ["one", "several"])
@pytest.mark.parametrize("sure", [0.25, 1.0, 3.0])
def test_logits_that_are_too_large_by_a_factor_have_that_temperature(kind: str, sure: float) -> None:
    logits, targets = drawn(kind, 10_000, seed=1)
    found = calibrate(logits * sure, targets, link=LINKS[kind])
    assert found.temperature == pytest.approx(sure, rel=0.05)
    assert found.after.log_loss == pytest.approx(plain_loss(logits, targets), rel=1e-3)
    if sure != 1:
        assert found.after.ece < 0.02 < found.before.ece
        assert found.cross_fitted.log_loss < found.before.log_loss


@pytest.mark.parametrize("kind", ["one", "several"])
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 60), scale=st.floats(0.01, 50))
def test_no_temperature_of_a_dense_search_is_better(kind: str, seed: int, rows: int, scale: float) -> None:
    logits, targets = drawn(kind, rows, seed=seed)
    temperature = fit_temperature(logits * scale, targets, link=LINKS[kind])
    assert 1 / MAX_TEMPERATURE <= temperature <= MAX_TEMPERATURE
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        found = _loss(logits * scale / temperature, targets)
        best = min(_loss(logits * scale / t, targets) for t in np.geomspace(1 / MAX_TEMPERATURE, MAX_TEMPERATURE, 100))
    assert found <= best * (1 + 1e-6) + 1e-9


def _loss(logits: npt.NDArray[np.float64], targets: npt.NDArray[Any]) -> float:
    """The log loss of logits of any size, where a share of each target is spread over all classes."""
    spread = 1 / (len(targets) + 1)
    if targets.ndim == 2:
        wanted = (1 - spread) * targets + spread / 2
        return float((np.logaddexp(0, logits) - wanted * logits).mean())
    top = logits.max(axis=1)
    whole = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    own = (1 - spread) * logits[np.arange(len(targets)), targets] + spread * logits.mean(axis=1)
    return float((whole - own).mean())


@pytest.mark.parametrize("kind", ["one", "several"])
def test_the_numbers_before_and_after_are_those_of_scikit_learn_and_of_our_evaluation(kind: str) -> None:
    logits, targets = drawn(kind, 500, seed=3)
    found = calibrate(logits * 4, targets, link=LINKS[kind])
    assert found.rows == 500
    for quality, temperature in ((found.before, 1.0), (found.after, found.temperature)):
        scaled = logits * 4 / temperature
        assert quality.log_loss == pytest.approx(plain_loss(scaled, targets), rel=1e-9)
        if kind == "one":
            p = np.exp(scaled) / np.exp(scaled).sum(axis=1, keepdims=True)
            assert quality.ece == pytest.approx(calibration_error(p.max(axis=1), p.argmax(axis=1) == targets), rel=1e-9)
        else:
            p = 1 / (1 + np.exp(-scaled))
            assert quality.ece == pytest.approx(calibration_error(p.ravel(), targets.ravel()), rel=1e-9)


def test_rows_that_all_are_right_do_not_make_it_surer_without_bound() -> None:
    logits = np.eye(3)[np.arange(300) % 3]
    found = calibrate(logits, np.arange(300) % 3)
    # Right with 1 - 1/301 + 1/903: the logarithm of that over the others' 1/903 is the gap between the logits.
    gap = np.log((1 - 1 / 301 + 1 / 903) / (1 / 903))
    assert found.temperature == pytest.approx(1 / gap, rel=1e-6)
    assert found.after.ece == pytest.approx(2 / 903, rel=1e-6)


def test_a_temperature_that_only_helps_the_rows_it_was_chosen_on_is_not_taken() -> None:
    # Labels by chance beside honest probabilities: any temperature is fitted to noise.
    kept = [calibrate(*drawn("one", 100, seed=seed)) for seed in range(40)]
    taken = [one for one in kept if one.temperature != 1]
    assert 0 < len(taken) < 40
    assert all(one.cross_fitted.log_loss < one.before.log_loss for one in taken)
    left = next(one for one in kept if one.temperature == 1)
    assert left.after == left.before
    assert left.cross_fitted.log_loss >= left.before.log_loss


def test_the_record_is_plain_and_complete() -> None:
    values = calibrate(*drawn("one", 200, seed=5)).to_dict()
    assert values.keys() == {"temperature", "rows", "before", "after", "cross_fitted"}
    assert all(values[name].keys() == {"log_loss", "ece"} for name in ("before", "after", "cross_fitted"))
