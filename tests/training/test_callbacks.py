"""Callbacks: a user's own one counts steps and stops a training, what is not overridden is not called."""

from __future__ import annotations

from typing import Any

import pytest
from rows import make_rows
from training.runs import PLAIN, SHORT, TEXT, Steps, train

import recurra
from recurra.errors import SettingsError
from recurra.training import callbacks as told
from recurra.training.callbacks import Callback, Callbacks, TrainingMetrics, ValidationMetrics
from recurra.training.fit import fit
from recurra.training.steps.step import StepResult, StepResults


class StopAtLoss(Callback):
    """Counts the steps, and stops below a loss."""

    def __init__(self, loss: float) -> None:
        self.least, self.steps, self.losses = loss, 0, [float("inf")]

    def on_steps_end(self, results: StepResults) -> None:
        self.steps += len(results.taken)
        self.losses += [result.loss for result in results.taken]

    def should_stop(self) -> bool:
        return self.losses[-1] < self.least


def test_a_users_callback_stops_at_a_loss_and_counts_steps() -> None:
    stop = StopAtLoss(0.9)
    options = {"embedding": 8, "hidden": 8, "batch_size": 8, "validation": 0.2, "learning_rate": 0.02}
    classifier = recurra.TextClassifier(options=options, epochs=50).fit(*make_rows(60), callbacks=[stop])
    # 48 rows to learn from, six steps an epoch; only the last loss is below.
    assert 0 < stop.steps < 50 * 6
    assert stop.losses[-1] < 0.9 <= min(stop.losses[:-1])
    assert classifier.model_.record["steps"] == stop.steps


class Everything(Callback):
    """Remembers the names of what it hears, in order."""

    def __init__(self) -> None:
        self.heard: list[str] = []


for name in told.HOOKS:

    def heard(self: Everything, *values: object, name: str = name) -> bool:
        self.heard.append(name)
        return False

    setattr(Everything, name, heard)


def test_hooks_come_in_their_order() -> None:
    everything = Everything()
    train(training=SHORT.replace(validation=0.2, epochs=2), callbacks=[everything])
    heard = everything.heard
    assert set(heard) == set(told.HOOKS) - {"on_message"}
    begin, end = heard.index("on_train_begin"), heard.index("on_train_end")
    assert set(heard[:begin]) == {"on_data", "on_fit_begin"}
    assert heard[end:] == ["on_train_end", "on_fit_end"]
    # 48 rows in batches of 8.
    assert heard.count("on_steps_end") == heard.count("should_stop") == 12
    assert heard.count("on_epoch_end") == 2
    last = [name for name in heard[begin:end] if name != "should_stop"][-4:]
    assert last == ["on_steps_end", "on_log", "on_validation_end", "on_epoch_end"]


def test_on_train_end_comes_after_a_failure_too() -> None:
    class Broken(Everything):
        def on_steps_end(self, results: StepResults) -> None:
            raise KeyError("mine")

    broken = Broken()
    with pytest.raises(KeyError, match="mine"):
        train(callbacks=[broken])
    assert broken.heard[-2:] == ["on_train_end", "on_fit_end"]


def test_only_what_is_overridden_is_called_and_all_are_asked_whether_to_stop() -> None:
    first, second = StopAtLoss(1.0), StopAtLoss(2.0)
    both = Callbacks([first, Callback(), second])
    # The method of the class itself, which does nothing: no callback overrides it.
    assert both.on_log == Callback.on_log.__get__(both)
    both.on_steps_end(StepResults([StepResult(3, 1.5, 1)]))
    assert (first.steps, second.steps) == (1, 1)
    assert (first.should_stop(), both.should_stop()) == (False, True)
    assert not Callbacks().should_stop()


def test_a_listener_of_before_hears_the_same_with_a_warning() -> None:
    from recurra.training import progress

    calls: list[tuple[str, object]] = []
    with pytest.warns(DeprecationWarning, match="recurra.training.callbacks"):

        class Old(progress.Listener):
            def stepped(self, documents: int, loss: float) -> None:
                calls.append(("stepped", documents))

            def checked(self, check: ValidationMetrics) -> None:
                calls.append(("checked", check.epoch))

            def windowed(self, window: TrainingMetrics) -> None:
                calls.append(("windowed", window.epoch))

            def enough(self) -> bool:
                return len(calls) > 4

    documents, labels = make_rows(40)
    training = SHORT.replace(validation=0.2)
    with pytest.warns(DeprecationWarning, match="instead of listener, network, text, training"):
        old = fit(documents, labels, text=TEXT, network=PLAIN, training=training, listener=Old())  # type: ignore[call-arg]
    steps = Steps()
    new = train(rows=(documents, labels), training=training, callbacks=[steps])
    assert calls[0] == ("stepped", 8)
    assert {kind for kind, _ in calls} == {"stepped", "checked", "windowed"}
    assert old.outcome.steps < new.outcome.steps
    with pytest.warns(DeprecationWarning, match="TrainingMetrics now"):
        assert progress.Window is TrainingMetrics


class Old(Callback):
    """As callbacks are in other libraries."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None: ...  # type: ignore[override]


class Short(Callback):
    def should_stop(self, epoch: int) -> bool:  # type: ignore[override]
        return False


class Loose(Callback):
    def on_epoch_end(self, *anything: object, **more: object) -> None: ...


def test_a_callback_may_take_more_than_it_is_given() -> None:
    assert Callbacks([Loose()]).on_epoch_end(1) is None


class Misspelt(Callback):
    def on_validation_ends(self, metrics: ValidationMetrics) -> None: ...


class Elsewhere(Callback):
    def on_batch_end(self, batch: int) -> None: ...


class Begins(Callback):
    def on_epoch_begin(self, epoch: int) -> None: ...


class HasAttribute(Callback):
    on_gpu = False


class KerasHook(Callback):
    def on_train_batch_end(self, batch: int) -> None: ...


class MisspeltStop(Callback):
    def should_stop_training(self) -> bool:
        return True


class SetsStop(Callback):
    def on_epoch_end(self, epoch: int) -> None:
        self.stop_training = True


class OwnStop(SetsStop):
    def should_stop(self) -> bool:
        return bool(getattr(self, "stop_training", False))


class ReturnsTrue(Callback):
    def on_epoch_end(self, epoch: int) -> bool:  # type: ignore[override]
        return True


def test_ways_to_stop_of_other_libraries_are_answered_with_the_right_one() -> None:
    said = r"^SetsStop sets stop_training, which training never reads\. Override should_stop\(self\) and return True"
    with pytest.raises(SettingsError, match=said):
        Callbacks([SetsStop()]).on_epoch_end(1)
    (own := OwnStop()).on_epoch_end(1)
    assert own.should_stop()
    said = r"^ReturnsTrue\.on_epoch_end returned True, which does not stop training: Override should_stop\(self\)"
    with pytest.warns(UserWarning, match=said):
        Callbacks([ReturnsTrue()]).on_epoch_end(1)


def test_an_attribute_is_no_hook() -> None:
    assert not Callbacks([HasAttribute()]).should_stop()


@pytest.mark.parametrize(
    ("callbacks", "said"),
    [
        (
            [Elsewhere()],
            r"Elsewhere has the method on_batch_end, which training never.*mean on_(epoch|steps)_end\?",
        ),
        ([KerasHook()], r"KerasHook has the method on_train_batch_end, .*Did you mean on_steps_end\?"),
        ([MisspeltStop()], r"MisspeltStop has the method should_stop_training, .*Did you mean should_stop\?"),
        ([Begins()], r"Begins has the method on_epoch_begin, which training never calls.*mean on_epoch_end\?"),
        (StopAtLoss(1.0), r"callbacks is <.*Give a list of callbacks"),
        ([StopAtLoss], r"StopAtLoss'> is no callback.*derived from recurra\.training\.callbacks\.Callback"),
        ([object()], "is no callback"),
        (
            [Old()],
            r"^Old\.on_epoch_end cannot be called with \(epoch\)\. Declare it as def on_epoch_end\(self, epoch\)\.$",
        ),
        ([Short()], r"^Short\.should_stop cannot be called with \(\)\. Declare it as def should_stop\(self\)\.$"),
        (
            [Misspelt()],
            r"Misspelt has the method on_validation_ends, which training never calls.*Did you mean on_validation_end",
        ),
    ],
)
def test_what_is_no_callback_is_said_before_training(callbacks: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        recurra.TextClassifier().fit(*make_rows(20), callbacks=callbacks)
