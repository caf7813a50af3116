"""A run that has minutes: it ends within them, with the best weights until then, and goes on when it is resumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from training.runs import SHORT, Steps, train
from training.test_early_stopping import noisy

import recurra
from recurra.errors import SettingsError
from recurra.training import held_out, loop, run
from recurra.training.callbacks import TrainingMetrics
from recurra.training.fit import FitResult
from recurra.training.run import MODEL, REST, RunOptions, TimeLimit
from recurra.training.steps.step import StepResults

TRAINING = SHORT.replace(epochs=30, validation=0.2, patience=30, seed=1)
VALIDATION, STEP = 2.0, 1.0


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def perf_counter(self) -> float:
        return self.now


class SlowSteps(Steps):
    """Moves the clock as the run goes on, as if each step took a second."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock, self.rates, self.at_begin = clock, list[float](), clock.now

    def on_train_begin(self, documents: int, done: int) -> None:
        super().on_train_begin(documents, done)
        self.at_begin = self.clock.now

    def on_steps_end(self, results: StepResults) -> None:
        super().on_steps_end(results)
        self.clock.now += STEP * len(results.taken)

    def on_log(self, metrics: TrainingMetrics) -> None:
        self.rates.append(metrics.learning_rate)


@pytest.fixture(name="clock")
def _clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (run, loop):
        monkeypatch.setattr(module, "time", clock)
    logits = held_out.logits

    def slow_logits(*values: Any, **named: Any) -> Any:
        clock.now += VALIDATION
        return logits(*values, **named)

    for module in (held_out, loop):
        monkeypatch.setattr(module, "logits", slow_logits)
    return clock


def limited(clock: Clock, seconds: float, folder: Path | None = None, **changes: Any) -> tuple[FitResult, SlowSteps]:
    callback = SlowSteps(clock)
    options: dict[str, Any] = {"rows": noisy(60), "training": TRAINING, **changes}
    return train(folder, minutes=seconds / 60, began=clock.now, callbacks=[callback], **options), callback


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8, deadline=None)
@given(seconds=st.floats(15, 270))
def test_it_ends_within_its_time_whatever_that_is(clock: Clock, seconds: float) -> None:
    began = clock.now
    fitted, callback = limited(clock, seconds)
    # 48 rows are six steps; 30 epochs with their validations are 248 seconds, and the end takes some more.
    assert fitted.outcome.time_is_up == (fitted.outcome.epochs < TRAINING.epochs)
    assert clock.now - began <= seconds
    if fitted.outcome.time_is_up:
        # Nor does it end much before.
        assert clock.now - began > seconds - (3 * VALIDATION + 2 * STEP + REST)
        assert "The time is up after" in callback.messages[-1]
        assert not fitted.outcome.interrupted


def test_the_weights_of_an_epoch_that_did_not_end_may_be_the_best(clock: Clock) -> None:
    fitted, callback = limited(clock, 29)
    outcome = fitted.outcome
    # The loss still falls: the last look is the best one, and it came in the middle of an epoch.
    last = callback.checks[-1]
    assert last.loss == min(one.loss for one in callback.checks)
    assert last.epoch == outcome.documents / 48
    assert last.epoch % 1
    assert outcome.best_epoch == outcome.epochs + 1 == int(last.epoch) + 1
    assert fitted.validation is not None
    assert fitted.validation.log_loss == pytest.approx(last.loss, rel=1e-5)


def test_weights_that_are_worse_than_the_best_are_not_kept(clock: Clock) -> None:
    # Wrong labels are soon learned by heart.
    training = TRAINING.replace(learning_rate=0.03, validation=0.3)
    fitted, callback = limited(clock, 130, rows=noisy(90), training=training)
    ends = [one.loss for one in callback.checks if one.epoch == round(one.epoch)]
    assert fitted.outcome.time_is_up
    assert callback.checks[-1].loss > min(ends)
    assert fitted.outcome.best_epoch == int(np.argmin(ends)) + 1 < fitted.outcome.epochs
    assert fitted.validation is not None
    assert fitted.validation.log_loss == pytest.approx(min(ends), rel=1e-5)


def test_no_time_at_all_still_gives_a_model_of_one_step(clock: Clock) -> None:
    fitted, callback = limited(clock, 0.01)
    assert fitted.outcome.steps == callback.steps == 1
    assert fitted.outcome.time_is_up


@pytest.mark.parametrize("decay", ["linear", "cosine"])
def test_the_learning_rate_falls_to_its_end_within_the_time(clock: Clock, decay: Any) -> None:
    training = TRAINING.replace(decay=decay, patience=0, warmup=0.1)
    whole, short = (limited(clock, seconds, training=training)[1].rates for seconds in (10_000, 60))
    for rates in (whole, short):
        assert max(rates) == pytest.approx(TRAINING.learning_rate, rel=0.2)
        assert rates[-1] < 0.05 * TRAINING.learning_rate
    # With time enough, the schedule is that of the epochs.
    assert whole == [one.learning_rate for one in train(rows=noisy(60), training=training).outcome.history.training]
    assert len(short) < len(whole) / 2


def test_a_run_whose_time_was_up_goes_on_and_comes_to_its_end(clock: Clock, tmp_path: Path) -> None:
    training = TRAINING.replace(epochs=6)
    folder = tmp_path / "run"
    first, _ = limited(clock, 41, folder, training=training)
    assert first.outcome.time_is_up
    assert 0 < first.outcome.steps < 36
    before = (folder / MODEL).read_bytes()
    second, callback = limited(clock, 1000, folder, training=training, resume=True)
    assert not second.outcome.time_is_up
    assert second.outcome.steps == 36
    assert callback.steps == 36 - first.outcome.steps
    # Without a falling rate the steps are those of a run that never stopped.
    whole, _ = limited(clock, 10_000, training=training)
    for name, expected in whole.bundle.tensors.items():
        assert np.array_equal(second.bundle.tensors[name], expected), name
    assert (folder / MODEL).read_bytes() != before


def test_without_a_limit_time_is_never_up() -> None:
    limit = TimeLimit(None, 0.0)
    limit.begin_training(0.0)
    assert not limit.is_up
    assert limit.progress == 0


@pytest.mark.parametrize("minutes", [0, -1, float("inf"), float("nan")])
def test_minutes_that_are_none(minutes: float) -> None:
    with pytest.raises(SettingsError, match="minutes is"):
        RunOptions(minutes=minutes)


def test_the_classifier_takes_minutes() -> None:
    documents, labels = noisy(60)
    options = {"hidden": 4, "embedding": 4, "patience": 0}
    fitted = recurra.TextClassifier(options=options, epochs=3, minutes=1e-4).fit(documents, labels)
    assert fitted.model_.record["steps"] == 1


def test_what_follows_the_last_step_is_kept_free(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = TimeLimit(60.0, 0.0, reserve=20.0)
    for now, up in ((60 - REST - 20 - 0.1, False), (60 - REST - 20 + 0.1, True)):
        monkeypatch.setattr(run.time, "monotonic", lambda now=now: now)
        assert limit.is_up is up
