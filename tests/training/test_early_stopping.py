"""Early stopping, what is chosen, and what the record and the curves say of it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rows import make_rows
from scipy.stats import ttest_rel
from training.runs import PLAIN, SHORT, Steps, train

from recurra.data.split import hold_out
from recurra.errors import DataError
from recurra.presets import TrainingSettings
from recurra.training import loop
from recurra.training.run import HISTORY

TRAINING = TrainingSettings(epochs=12, batch_size=8, learning_rate=0.03, validation=0.3, patience=2, seed=1)
EPOCHS = 1e-9  # nothing is rounded away


def noisy(count: int) -> tuple[list[tuple[str, str]], list[str]]:
    """Rows of which a third have a wrong label, which a network soon learns by heart."""
    documents, labels = make_rows(count)
    generator = random.Random(0)
    return documents, [generator.choice(labels) if generator.random() < 0.35 else label for label in labels]


def ends(listener: Steps) -> list[float]:
    """The validation loss at the end of each epoch."""
    return [check.loss for check in listener.checks if abs(check.epoch - round(check.epoch)) < EPOCHS]


@pytest.mark.parametrize("averaging", [0.0, 0.8])
@pytest.mark.parametrize("patience", [1, 2, 3])
def test_the_best_epochs_weights_are_restored(patience: int, averaging: float) -> None:
    rows, listener = noisy(90), Steps()
    training = TRAINING.replace(patience=patience, averaging=averaging)
    fitted = train(rows=rows, training=training, callbacks=[listener])
    losses = ends(listener)
    best = int(np.argmin(losses)) + 1
    stopped = fitted.outcome.epochs
    assert len(losses) == stopped
    # It stopped as soon as so many epochs had passed since the best; averaged weights may stop it before.
    assert best < stopped <= best + patience < training.epochs if averaging else stopped == best + patience
    assert fitted.outcome.best_epoch == best
    assert fitted.validation is not None
    assert fitted.validation.log_loss == pytest.approx(min(losses), rel=1e-5)
    until_then = train(rows=rows, training=training.replace(epochs=best, patience=0))
    for name, expected in until_then.bundle.tensors.items():
        assert np.array_equal(fitted.bundle.tensors[name], expected), name
    assert fitted.bundle.record["best_epoch"] == best
    assert fitted.bundle.record["epochs"] == stopped


def test_averaged_weights_that_are_worse_by_a_standard_error_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    scores, logits = list[np.ndarray](), loop.logits

    def remembered(network: Any, documents: Any, **named: Any) -> Any:
        scores.append(found := logits(network, documents, **named))
        return found

    monkeypatch.setattr(loop, "logits", remembered)
    documents, labels = noisy(300)
    training = TRAINING.replace(patience=11, averaging=0.9)
    ends = list[int]()
    for seed in range(3):
        scores.clear()
        listener = Steps()
        fitted = train(rows=(documents, labels), training=training.replace(seed=seed), callbacks=[listener])
        _, held = hold_out(labels, share=0.3, seed=seed)
        targets = np.array([sorted(set(labels)).index(labels[row]) for row in held])
        # The first epoch has five looks, of which the last is its end.
        powers = [np.exp(one.double().numpy()) for one in scores[4:]]
        rows = [-np.log(one[np.arange(len(held)), targets] / one.sum(axis=1)) for one in powers]
        np.testing.assert_allclose([one.mean() for one in rows], [one.loss for one in listener.checks[4:]], rtol=1e-5)
        best, expected = 0, 12
        for epoch in range(1, len(rows)):
            if rows[epoch].mean() < rows[best].mean():
                best = epoch
            elif ttest_rel(rows[epoch], rows[best]).statistic > 1:
                expected = epoch + 1
                break
        assert fitted.outcome.epochs == expected
        assert fitted.outcome.best_epoch == best + 1
        ends.append(expected)
    # Some of them did end so.
    assert min(ends) < 12


def test_without_patience_the_last_weights_stay() -> None:
    listener = Steps()
    fitted = train(rows=noisy(90), training=TRAINING.replace(patience=0, epochs=6), callbacks=[listener])
    losses = ends(listener)
    assert len(losses) == 6
    assert fitted.outcome.best_epoch == 0
    assert fitted.validation is not None
    assert fitted.validation.log_loss == pytest.approx(losses[-1], rel=1e-5)
    assert losses[-1] > min(losses)


def test_averaged_weights_are_what_is_checked_and_kept() -> None:
    training = SHORT.replace(validation=0.2)
    plain, averaged = (train(rows=noisy(90), training=training.replace(averaging=decay)) for decay in (0.0, 0.8))
    assert not np.array_equal(plain.bundle.tensors["W_O"], averaged.bundle.tensors["W_O"])
    assert plain.outcome.history.validation != averaged.outcome.history.validation
    # Training itself is the same: the average only looks on.
    assert plain.outcome.history.training == averaged.outcome.history.training


def test_curves_cover_every_document_once(tmp_path: Path) -> None:
    listener = Steps()
    training = SHORT.replace(epochs=3, batch_size=2, validation=0.2)
    fitted = train(tmp_path / "run", count=75, training=training, callbacks=[listener])
    windows = fitted.outcome.history.training
    assert len(windows) == 3 * 20
    assert [window.epoch for window in windows] == sorted(window.epoch for window in windows)
    assert windows[-1].epoch == 3
    steps = fitted.outcome.steps // 3
    assert steps == 30
    # The windows of the first epoch hold 1 or 2 batches of 2 each: their mean is that of the batches.
    ends = [round(window.epoch * steps) for window in windows[:20]]
    assert ends[-1] == steps
    for first, end, window in zip([0, *ends], ends, windows, strict=False):
        assert window.loss == pytest.approx(np.mean(listener.losses[first:end]), rel=1e-6)
    assert fitted.outcome.documents == 3 * 60
    assert listener.began == (180, 0)
    assert fitted.outcome.history.validation == listener.checks
    written = json.loads((tmp_path / "run" / HISTORY).read_text())
    assert written == fitted.outcome.history.to_dict()


def test_one_row_a_class_cannot_be_held_out() -> None:
    with pytest.raises(DataError, match="none can be held out"):
        train(rows=(["a b", "c d"], ["x", "y"]), training=TRAINING, network=PLAIN)
