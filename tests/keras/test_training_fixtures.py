"""Fifty steps of our training from Keras's weights give Keras's losses and Keras's final weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from recurra.batches import Ragged
from recurra.models.network import Network
from recurra.presets import load_preset
from recurra.recurrence.engines import ENGINES
from recurra.training import loop
from recurra.training.callbacks import Callback
from recurra.training.loop import Trainer
from recurra.training.steps.step import EncodedRows, StepResults

PRESETS = ["simple-rnn-titles", "simple-rnn-masked", "gru", "lstm", "bilstm"]
# Keras's float32 is at most 1e-6 (losses) and 2e-6 (weights) away from its own float64, see training.json, and final
# weights are stored to 8e-6. The smallest wrong rule known (powers of the betas in double) moves a loss by 1.1e-5.
LOSS, WEIGHT = 1e-5, 1e-4

Floats = npt.NDArray[np.float32]
Trained = Callable[..., tuple[list[float], dict[str, Floats]]]


class Losses(Callback):
    def __init__(self) -> None:
        self.values: list[float] = []

    def on_steps_end(self, results: StepResults) -> None:
        self.values += [result.loss for result in results.taken]


@pytest.fixture(scope="module")
def trained(keras_run: Callable[[str], Any]) -> Trained:
    """Losses and final weights of a preset trained by an engine on Keras's batches, in Keras's order."""

    @cache
    def train(preset: str, engine: str, optimiser: str = "keras_adam") -> tuple[list[float], dict[str, Floats]]:
        recipe = load_preset(f"lesson/{preset}").with_options({"optimiser": optimiser})
        run = keras_run(preset)
        network = Network(recipe.network, run.start, engine=engine)
        network.place("cpu", seed=0)
        ids = [documents[i] for documents, _ in run.batches for i in range(len(documents))]
        rows = EncodedRows(Ragged.from_lists(ids), np.concatenate([labels for _, labels in run.batches]))
        steps = np.split(np.arange(len(rows)), np.cumsum([len(labels) for _, labels in run.batches])[:-1])
        losses = Losses()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loop, "epoch_batches", lambda *_: steps)
            outcome = Trainer(network, rows, None, recipe.training, callbacks=losses).run()
        assert outcome.failure is None
        return losses.values, network.arrays()

    return train


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    """Small matrices: threads cost more than they bring."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("engine", sorted(name for name, engine in ENGINES.items() if engine.device in (None, "cpu")))
@pytest.mark.parametrize("preset", PRESETS)
def test_losses_are_those_of_keras(keras_run: Callable[[str], Any], trained: Trained, preset: str, engine: str) -> None:
    losses, _ = trained(preset, engine)
    assert len(losses) == 50
    np.testing.assert_allclose(losses, keras_run(preset).losses, rtol=0, atol=LOSS)


@pytest.mark.parametrize("engine", sorted(name for name, engine in ENGINES.items() if engine.device in (None, "cpu")))
@pytest.mark.parametrize("preset", PRESETS)
def test_final_weights_are_those_of_keras(
    keras_run: Callable[[str], Any], trained: Trained, preset: str, engine: str
) -> None:
    weights, keras = trained(preset, engine)[1], keras_run(preset).end
    assert weights.keys() == keras.keys()
    for name, array in weights.items():
        np.testing.assert_allclose(array, keras[name], rtol=0, atol=WEIGHT, err_msg=name)


@pytest.mark.parametrize("preset", PRESETS)
def test_rows_move_after_they_were_seen_and_only_then(
    keras_run: Callable[[str], Any], trained: Trained, preset: str
) -> None:
    """Adam as Keras runs it is dense: moments of a row that is not in the batch still move it, zero ones do not."""
    run = keras_run(preset)
    change = trained(preset, "auto")[1]["embedding"] - run.start["embedding"]
    padded = load_preset(f"lesson/{preset}").network.masked is False
    seen = {0} if padded else set()
    for documents, _ in run.batches:
        seen |= set(documents.values.tolist())
    unseen = sorted(set(range(run.rows)) - seen)
    assert unseen
    assert not change[unseen].any()
    assert change[sorted(seen)].any(axis=1).all()


@pytest.mark.parametrize("preset", PRESETS)
def test_published_adam_is_keras_given_summed_gradients(
    keras_json: Callable[[str], Any], trained: Trained, preset: str
) -> None:
    """Not to the last digit: our published rule takes the betas' powers in double, Keras in float32."""
    summed = keras_json("training.json")["presets"][preset]["summed"]["losses"]
    losses, _ = trained(preset, "torch", "adam")
    np.testing.assert_allclose(losses, summed, rtol=0, atol=2e-5)


def test_the_lesson_asks_for_the_adam_of_keras() -> None:
    assert {load_preset(f"lesson/{preset}").training.optimiser for preset in PRESETS} == {"keras_adam"}
