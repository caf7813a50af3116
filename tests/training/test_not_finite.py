"""Numbers that overflow are found and named, and what was learned before them is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rows import make_rows
from training.runs import PLAIN, SHORT, Steps, train

import recurra
from recurra.errors import TrainingError
from recurra.models.network import Network
from recurra.presets import TrainingSettings
from recurra.training import build as fitting
from recurra.training.checkpoint import CHECKPOINT
from recurra.training.optimisers.lazy_adam import LazyAdam, RowGradient
from recurra.training.run import HISTORY, MODEL
from recurra.training.steps.compiled import CompiledStep

BATCHES = 8  # of 60 rows


class Poisoner(Steps):
    """Puts a value into a weight, or into the gradient to come, after a step."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, value: float, *, after: int, gradient: bool) -> None:
        super().__init__()
        self.name, self.value, self.after, self.gradient = name, value, after, gradient
        self.monkeypatch, norm = monkeypatch, LazyAdam.norm

        def poisoned_norm(optimiser: LazyAdam, rows: RowGradient) -> float:
            if name == "embedding":
                rows.sums[:] = value
            else:
                optimiser.gradients[name][...] = value
            return norm(optimiser, rows)

        self.poisoned_norm = poisoned_norm

        def building(*arguments: Any, **options: Any) -> Network:
            self.network = Network(*arguments, **options)
            return self.network

        monkeypatch.setattr(fitting, "Network", building)

    def count_step(self, documents: int, loss: float) -> None:
        super().count_step(documents, loss)
        if self.steps == self.after:
            weight = self.network.named_weights()[self.name]
            if self.gradient:
                weight.register_hook(lambda gradient: torch.full_like(gradient, self.value))
                self.monkeypatch.setattr(LazyAdam, "norm", self.poisoned_norm)
            else:
                weight.data.view(-1)[0] = self.value


def stopped(folder: Path, **options: Any) -> str:
    """The message of a run that fails; it is one line, and a model lies in the folder."""
    with pytest.raises(TrainingError) as caught:
        train(folder, **options)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.endswith(f"The last good model is {folder / MODEL}.")
    probabilities = recurra.load(folder / MODEL).predict_proba(make_rows(12)[0])
    assert np.isfinite(probabilities).all()
    assert probabilities.std(axis=0).min() > 0
    return message


@pytest.mark.parametrize("direct", [True, False], ids=["direct", "autograd"])
@pytest.mark.parametrize("training", [SHORT, SHORT.replace(validation=0.2), SHORT.replace(averaging=0.9)], ids=str)
@pytest.mark.parametrize(
    ("name", "value", "gradient", "what"),
    [
        ("W_O", float("nan"), False, "The weight W_O became nan"),
        ("layers.0.forward.W_H", float("nan"), False, "The weight layers.0.forward.W_H became nan"),
        ("b_O", float("inf"), False, "The weight b_O became inf"),
        ("layers.0.forward.b_H", float("nan"), True, "The gradient of layers.0.forward.b_H became nan"),
        ("embedding", -float("inf"), True, "The gradient of embedding became inf"),
    ],
)
def test_a_poisoned_weight_or_gradient_is_named_with_its_step(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: float,
    gradient: bool,
    what: str,
    training: TrainingSettings,
    direct: bool,
) -> None:
    if not direct:
        monkeypatch.setattr(CompiledStep, "takes", lambda network, settings, task: False)
    listener = Poisoner(monkeypatch, name, value, after=4, gradient=gradient)
    message = stopped(tmp_path / "run", training=training, callbacks=[listener])
    # Held-out rows are looked at after the fourth step; otherwise the fifth shows it.
    step = 4 if training.validation and not gradient else 5
    assert message.startswith(f"{what} at step {step} (epoch 1, learning rate 0.01). Lower learning_rate")
    assert listener.steps == 4


@pytest.mark.parametrize("validation", [0.0, 0.2])
def test_a_weight_poisoned_by_the_last_step_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, validation: float
) -> None:
    count = 64 if validation == 0 else 80  # 8 batches of 8 in each epoch
    listener = Poisoner(monkeypatch, "W_O", float("nan"), after=2 * BATCHES, gradient=False)
    training = SHORT.replace(validation=validation)
    message = stopped(tmp_path / "run", count=count, training=training, callbacks=[listener])
    assert message.startswith("The weight W_O became nan at step 16 (epoch 2, ")


def test_what_is_kept_is_what_was_learned_shortly_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of fewer than twenty batches an epoch every one is remembered: the step before the poison is all that is lost."""
    short = train(tmp_path / "short", training=SHORT.replace(epochs=1), count=8 * BATCHES)
    listener = Poisoner(monkeypatch, "W_O", float("nan"), after=BATCHES + 1, gradient=False)
    stopped(tmp_path / "run", count=8 * BATCHES, callbacks=[listener])
    kept = recurra.load(tmp_path / "run" / MODEL).bundle.tensors
    assert kept.keys() == short.bundle.tensors.keys()
    for name, expected in short.bundle.tensors.items():
        assert np.array_equal(kept[name], expected), name


def test_the_best_epoch_is_kept_where_one_was_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = SHORT.replace(validation=0.2, patience=3, epochs=4)
    first = train(tmp_path / "first", training=training.replace(epochs=1), count=80)
    listener = Poisoner(monkeypatch, "W_O", float("nan"), after=BATCHES + 5, gradient=False)
    stopped(tmp_path / "run", count=80, training=training, callbacks=[listener])
    kept = recurra.load(tmp_path / "run" / MODEL).bundle.tensors
    assert all(np.array_equal(kept[name], expected) for name, expected in first.bundle.tensors.items())


def test_the_checkpoint_stays_that_of_a_sound_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Resumed without the poison, the run ends as if there had been none."""
    train(tmp_path / "whole")
    listener = Poisoner(monkeypatch, "W_O", float("nan"), after=BATCHES + 3, gradient=False)
    stopped(tmp_path / "run", callbacks=[listener])
    monkeypatch.undo()
    train(tmp_path / "run", resume=True)
    for name in (MODEL, HISTORY):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize("validation", [0.0, 0.2])
@pytest.mark.parametrize("rate", [1e38, 1e39])
def test_a_learning_rate_that_overflows_at_once_leaves_no_model(tmp_path: Path, rate: float, validation: float) -> None:
    training = SHORT.replace(learning_rate=rate, validation=validation)
    with pytest.raises(TrainingError, match=r"became (nan|-?inf) at step [12] \(epoch 1, learning rate 1e\+3[89]\)"):
        train(tmp_path / "run", training=training)
    assert not (tmp_path / "run" / MODEL).exists()
    assert not (tmp_path / "run" / CHECKPOINT).exists()


def test_a_learning_rate_that_grows_too_large_ends_with_the_last_good_model(tmp_path: Path) -> None:
    """The rate rises from nothing; no gradient is clipped. Somewhere on the way numbers overflow."""
    training = SHORT.replace(epochs=3, learning_rate=3e38, warmup=0.99)
    network = PLAIN.replace(cell="simple_rnn", pooling=("mean",))
    # The first rate is 0, so that the second step still has the weights it began with.
    with pytest.raises(TrainingError, match=r"became (nan|-?inf) at step \d+ \(epoch 1, .* The last good model is "):
        train(tmp_path / "run", training=training, network=network)
    assert np.isfinite(recurra.load(tmp_path / "run" / MODEL).predict_proba(["team"])).all()
