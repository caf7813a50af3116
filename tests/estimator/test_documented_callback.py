"""The callback in ``docs/training.md`` is this file's, and stops the default preset on a small set."""

from __future__ import annotations

import inspect
from pathlib import Path

from rows import make_rows

import recurra
from recurra.callbacks import Callback

PAGE = Path(__file__).parents[2] / "docs" / "training.md"


class StopAtAccuracy(Callback):
    """Counts the steps, and stops when enough of the held-out rows are answered right."""

    def __init__(self, bound: float) -> None:
        self.bound, self.steps, self.accuracy = bound, 0, 0.0

    def on_steps_end(self, results) -> None:  # type: ignore[no-untyped-def]
        self.steps += len(results.taken)

    def on_validation_end(self, metrics) -> None:  # type: ignore[no-untyped-def]
        self.accuracy = metrics.accuracy

    def should_stop(self) -> bool:
        return self.accuracy >= self.bound


def test_the_documented_callback_stops_a_training_by_the_default_preset() -> None:
    source = inspect.getsource(StopAtAccuracy).replace("  # type: ignore[no-untyped-def]", "")
    assert source in PAGE.read_text(encoding="utf-8")
    stop = StopAtAccuracy(0.9)
    texts, labels = make_rows(240)
    found = recurra.TextClassifier().fit(texts, labels, callbacks=[stop])
    curve = [one.accuracy for one in found.history_.validation]
    assert curve[-1] >= 0.9 > max(curve[:-1], default=0.0)
    assert found.model_.record["steps"] == stop.steps > 0
    # Of 40 epochs.
    assert found.model_.record["epochs"] < 40
