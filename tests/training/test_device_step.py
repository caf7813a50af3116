"""Training that stays on the device against steps taken one by one on the same engine, here on the CPU.

Whose gradient that is, torch's or our own, is the engine's affair: ``test_gradients_against_torch.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from training.runs import PLAIN as NETWORK
from training.runs import SHORT, THOROUGH, Steps, train

import recurra
from recurra.batches import Ragged
from recurra.errors import TrainingError
from recurra.lesson.run import MODELS
from recurra.models.network import Network
from recurra.networks.initial import initial_weights
from recurra.networks.settings import NetworkSettings
from recurra.presets import TrainingSettings, load_preset
from recurra.training import loop
from recurra.training.loop import Trainer
from recurra.training.optimisers.averaging import MovingAverage
from recurra.training.run import MODEL
from recurra.training.steps.autograd import AutogradStep
from recurra.training.steps.compiled import CompiledStep
from recurra.training.steps.device import DeviceStep
from recurra.training.steps.step import EncodedRows, StepResult

VOCABULARY, CLASSES, COUNT, STEPS = 60, 3, 48, 20
SMALL = NetworkSettings(cell="lstm", hidden=8, embedding=6)
# A large epsilon: Adam's first steps divide a gradient by its own size, and so show the rounding of those near zero.
PLAIN = TrainingSettings(epsilon=1e-3, batch_size=7)


def rows(seed: int = 0) -> EncodedRows:
    """Documents of 0 to 11 words, some of them read in a single batch only."""
    rng = np.random.default_rng(seed)
    lengths = np.where(rng.random(COUNT) < 0.15, 0, rng.integers(1, 12, COUNT))
    documents = [(VOCABULARY * rng.random(length) ** 2).astype(int).tolist() for length in lengths]
    return EncodedRows(Ragged.from_lists(documents), rng.integers(0, CLASSES, COUNT))


def built(shape: NetworkSettings, training: TrainingSettings, *, engine: str = "auto") -> Network:
    weights = initial_weights(shape, rows=VOCABULARY, classes=CLASSES, seed=1)
    network = Network(shape, weights, engine=engine)
    network.place("cpu", seed=2)
    if training.freeze_vectors:
        network.named_weights()["embedding"].requires_grad_(False)
    return network


def cut(size: int) -> tuple[list[np.ndarray], list[float]]:
    """Batches, some of them smaller, and learning rates."""
    batches = [
        np.random.default_rng(number).integers(0, COUNT, size - 2 * (number % 4 == 3)) for number in range(STEPS)
    ]
    return batches, [0.02 / (1 + number) for number in range(STEPS)]


def one_by_one(network: Network, training: TrainingSettings) -> tuple[list[StepResult], AutogradStep]:
    step, taken = AutogradStep(network, rows(), training), []
    for indices, rate in zip(*cut(training.batch_size), strict=True):
        taken.append(step.gradient(indices))
        step.update(rate)
    return taken, step


def in_stretches(network: Network, training: TrainingSettings) -> tuple[list[StepResult], DeviceStep]:
    step, taken = DeviceStep(network, rows(), training), []
    batches, rates = cut(training.batch_size)
    for some in (slice(0, 1), slice(1, 8), slice(8, STEPS)):
        assert step.limit(batches[some]) == len(batches[some])
        found = step.run(batches[some], rates[some])
        assert found.failed is None
        taken += found.taken
    return taken, step


def assert_alike(shape: NetworkSettings, training: TrainingSettings, *, engine: str = "auto") -> None:
    networks = [built(shape, training, engine=engine) for _ in range(2)]
    expected, autograd = one_by_one(networks[0], training)
    found, device = in_stretches(networks[1], training)
    assert [one.correct for one in found] == [one.correct for one in expected]
    assert [one.loss for one in found] == pytest.approx([one.loss for one in expected], abs=1e-5)
    for name, array in networks[0].arrays().items():
        np.testing.assert_allclose(networks[1].arrays()[name], array, rtol=0, atol=1e-5, err_msg=f"{name} {shape}")
    moments = device.tensors()
    for name, tensor in autograd.tensors().items():
        torch.testing.assert_close(moments.pop(name), tensor, rtol=0, atol=1e-6)
    assert not moments


@pytest.mark.parametrize("name", MODELS)
def test_every_lesson_preset(name: str) -> None:
    preset = load_preset(f"lesson/{name}")
    hidden = preset.network.hidden // 8 or 1
    shape = preset.network.replace(hidden=hidden * 4, embedding=8)
    assert_alike(shape, preset.training.replace(epsilon=1e-3))


@pytest.mark.parametrize("engine", ["reference", "torch", "numba"])
def test_every_engine(engine: str) -> None:
    assert_alike(SMALL.replace(bidirectional=True, layers=2), PLAIN, engine=engine)


@pytest.mark.parametrize(
    "changes",
    [
        {"pooling": ("mean", "last", "max", "attention"), "bidirectional": True},
        {"pooling": ("max",), "masked": False},
        {"every_step": 0.3},
        {"every_step": 0.3, "masked": False, "pooling": ("attention",)},
        {"input": "one_hot"},
    ],
    ids=str,
)
def test_every_pooling_and_input(changes: dict[str, Any]) -> None:
    assert_alike(SMALL.replace(**changes), PLAIN)


@pytest.mark.parametrize(
    "options",
    [
        {"optimiser": "adamw", "weight_decay": 0.3},
        {"optimiser": "keras_adam"},
        {"optimiser": "sparse_adam"},
        {"clip": 0.05},
        {"optimiser": "keras_adam", "clip": 0.05},
        {"label_smoothing": 0.2},
        {"class_weights": "balanced", "label_smoothing": 0.1},
        {"freeze_vectors": True},
    ],
    ids=str,
)
def test_every_option_of_the_training(options: dict[str, Any]) -> None:
    assert_alike(SMALL.replace(every_step=0.2), PLAIN.replace(**options))


def test_dropout_of_the_same_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room would draw numbers of its own, so each row's are made from its place here."""

    def uniform(self: Network, shape: torch.Size, rows: str | None = None) -> torch.Tensor:
        places = torch.arange(shape.numel(), dtype=torch.float64).view(shape)
        return ((places * 0.6180339887) % 1).float()

    monkeypatch.setattr(Network, "uniform", uniform)
    assert_alike(SMALL.replace(layers=2, dropout=0.3, word_dropout=0.2, weight_drop=0.4), PLAIN)


def test_batches_of_empty_documents_move_what_they_should() -> None:
    data = EncodedRows(Ragged.from_lists([[3, 4, 5], [], []]), np.array([0, 1, 2]))
    batches = [np.array(one) for one in ([0, 1], [1, 2], [2], [0])]
    networks = [built(SMALL, PLAIN) for _ in range(2)]
    autograd, device = AutogradStep(networks[0], data, PLAIN), DeviceStep(networks[1], data, PLAIN)
    for indices in batches:
        autograd.gradient(indices)
        autograd.update(0.01)
    assert device.run(batches, [0.01] * 4).failed is None
    for name, array in networks[0].arrays().items():
        np.testing.assert_allclose(networks[1].arrays()[name], array, rtol=0, atol=1e-5, err_msg=name)


def test_the_average_follows_step_by_step() -> None:
    networks = [built(SMALL, PLAIN) for _ in range(2)]
    averages = [MovingAverage(network.named_weights(), 0.5) for network in networks]
    autograd = AutogradStep(networks[0], rows(), PLAIN)
    batches, rates = cut(7)
    for number, (indices, rate) in enumerate(zip(batches, rates, strict=True), 1):
        autograd.gradient(indices)
        autograd.update(rate)
        averages[0].update(averages[0].share(number))
    device = DeviceStep(networks[1], rows(), PLAIN, averages[1])
    device.run(batches[:3], rates[:3])
    device.run(batches[3:], rates[3:])
    for name, tensor in averages[0].tensors.items():
        torch.testing.assert_close(averages[1].tensors[name], tensor, rtol=0, atol=1e-5)


@pytest.mark.parametrize("optimiser", ["keras_adam", "adamw", "sparse_adam"])
def test_nothing_moves_from_the_step_on_that_is_not_finite(optimiser: str) -> None:
    training = PLAIN.replace(optimiser=optimiser, weight_decay=0.1 if optimiser == "adamw" else 0.0)
    batches, rates = cut(7)
    short, whole = built(SMALL, training), built(SMALL, training)
    DeviceStep(short, rows(), training).run(batches[:5], rates[:5])
    averages = MovingAverage(whole.named_weights(), 0.5)
    step, calls = DeviceStep(whole, rows(), training, averages), []

    def poisoned(gradient: torch.Tensor) -> torch.Tensor:
        calls.append(None)
        return torch.full_like(gradient, torch.nan) if len(calls) == 6 else gradient

    whole.named_weights()["layers.0.forward.W_H"].register_hook(poisoned)
    found = step.run(batches, rates)
    assert len(calls) == STEPS
    assert len(found.taken) == step.steps == 5
    assert found.failed is not None
    assert np.isfinite(found.failed.loss)
    assert found.failed.non_finite is not None
    assert found.failed.non_finite[0] == "layers.0.forward.W_H"
    assert np.isnan(found.failed.non_finite[1])
    for name, array in short.arrays().items():
        np.testing.assert_array_equal(whole.arrays()[name], array, err_msg=name)
    assert all(bool(torch.isfinite(tensor).all()) for tensor in averages.tensors.values())


@pytest.fixture
def on_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs take the device's way on the CPU."""
    monkeypatch.setattr(DeviceStep, "takes", lambda network, settings, task: True)


def test_on_a_cpu_it_is_not_asked() -> None:
    assert not DeviceStep.takes(built(SMALL, PLAIN), PLAIN)


@pytest.mark.usefixtures("on_device")
@pytest.mark.parametrize("training", [SHORT, THOROUGH], ids=["short", "thorough"])
def test_a_run_gives_the_curves_of_the_other_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, training: TrainingSettings
) -> None:
    ours, theirs = Steps(), Steps()
    device = train(tmp_path / "device", training=training, callbacks=[ours])
    monkeypatch.setattr(DeviceStep, "takes", lambda network, settings, task: False)
    monkeypatch.setattr(CompiledStep, "takes", lambda network, settings, task: False)
    autograd = train(tmp_path / "autograd", training=training, callbacks=[theirs])
    assert ours.losses == pytest.approx(theirs.losses, abs=1e-4)
    for mine, other in (
        (device.outcome.history.training, autograd.outcome.history.training),
        (device.outcome.history.validation, autograd.outcome.history.validation),
    ):
        assert [one.epoch for one in mine] == [one.epoch for one in other]
        assert [one.loss for one in mine] == pytest.approx([one.loss for one in other], abs=1e-4)
    assert device.outcome.steps == autograd.outcome.steps
    for name, array in autograd.bundle.tensors.items():
        np.testing.assert_allclose(device.bundle.tensors[name], array, rtol=0, atol=1e-4, err_msg=name)


@pytest.mark.usefixtures("on_device")
def test_a_run_that_is_resumed_goes_on_as_if_nothing_had_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = NETWORK.replace(dropout=0.2, word_dropout=0.1)
    whole = train(tmp_path / "whole", training=THOROUGH, network=network, checkpoint_seconds=0)

    class HaltError(Exception):
        pass

    stretch, calls = Trainer._run_steps, []

    def interrupted(self: Trainer, *arguments: Any, **options: Any) -> None:
        calls.append(None)
        if len(calls) == 3:
            raise HaltError
        stretch(self, *arguments, **options)

    monkeypatch.setattr(Trainer, "_run_steps", interrupted)
    with pytest.raises(HaltError):
        train(tmp_path / "parts", training=THOROUGH, network=network, checkpoint_seconds=0)
    monkeypatch.setattr(Trainer, "_run_steps", stretch)
    listener = Steps()
    resumed = train(
        tmp_path / "parts", training=THOROUGH, network=network, checkpoint_seconds=0, resume=True, callbacks=[listener]
    )
    assert listener.began[1] > 0
    assert resumed.outcome.steps == whole.outcome.steps
    for name, array in whole.bundle.tensors.items():
        np.testing.assert_array_equal(resumed.bundle.tensors[name], array, err_msg=name)


@pytest.mark.usefixtures("on_device")
def test_a_run_that_overflows_keeps_what_it_had_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stretch, step, calls = Trainer._run_steps, DeviceStep._step, []

    def poisoned(self: DeviceStep, room: Any) -> None:
        calls.append(None)
        if len(calls) == 6:
            with torch.no_grad():
                self.adam.weights["W_O"].view(-1)[0] = torch.nan
        step(self, room)

    kept: list[dict[str, np.ndarray]] = []

    def remembered(self: Trainer, *arguments: Any, **options: Any) -> None:
        kept.append(self.network.arrays())
        stretch(self, *arguments, **options)

    monkeypatch.setattr(DeviceStep, "_step", poisoned)
    monkeypatch.setattr(Trainer, "_run_steps", remembered)
    monkeypatch.setattr(loop, "LOOK_EVERY", 60)
    with pytest.raises(TrainingError, match=r"The weight W_O became nan at step 6 .epoch 1, learning rate 0\.01"):
        train(tmp_path / "run", training=SHORT)
    # Every step ends a point of the curves. The sixth begins with what the fifth made of the kept weights, and fails.
    tensors = recurra.load(tmp_path / "run" / MODEL).bundle.tensors
    for name, array in kept[4].items():
        np.testing.assert_array_equal(tensors[name], array, err_msg=name)
