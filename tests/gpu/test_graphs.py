"""Training as CUDA graphs: what is replayed is what is computed step by step, and the host never waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from recurra.batches import Ragged
from recurra.batches.epochs import epoch_batches
from recurra.lesson.run import MODELS
from recurra.models.network import Network
from recurra.networks.initial import initial_weights
from recurra.networks.settings import NetworkSettings
from recurra.presets import TrainingSettings, load_preset
from recurra.training.fit import fit
from recurra.training.loop import Trainer
from recurra.training.run import RunOptions
from recurra.training.steps.autograd import AutogradStep
from recurra.training.steps.device import DeviceStep
from recurra.training.steps.step import EncodedRows

if not torch.cuda.is_available():
    # Before Triton is imported: whoever tests its kernels in its interpreter says so first.
    pytest.skip("no CUDA device on this machine", allow_module_level=True)
pytest.importorskip("triton")

VOCABULARY, CLASSES, COUNT = 300, 4, 800
NETWORK = NetworkSettings(cell="lstm", hidden=16, layers=2, bidirectional=True, embedding=24)
# A large epsilon: Adam's first steps divide a gradient by its own size, and so show the rounding of those near zero.
TRAINING = TrainingSettings(epsilon=1e-3, batch_size=16, optimiser="keras_adam")


def rows(seed: int = 0, count: int = COUNT) -> EncodedRows:
    """Documents of 0 to 40 words; some words tell the class."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, CLASSES, count)
    lengths = np.where(rng.random(count) < 0.05, 0, rng.integers(1, 40, count))
    documents = []
    for length, target in zip(lengths, targets, strict=True):
        words = (VOCABULARY * rng.random(length) ** 3).astype(int)
        words[rng.random(length) < 0.15] = VOCABULARY - 1 - target
        documents.append(words.tolist())
    return EncodedRows(Ragged.from_lists(documents), targets)


def built(shape: NetworkSettings, *, device: str = "cuda", seed: int = 1) -> Network:
    network = Network(shape, initial_weights(shape, rows=VOCABULARY, classes=CLASSES, seed=seed))
    network.place(device, seed=2)
    return network


def without_graphs(step: DeviceStep) -> DeviceStep:
    step._graphs = None
    return step


def trained(step: DeviceStep, training: TrainingSettings, *, epochs: int = 3) -> list[float]:
    losses: list[float] = []
    for epoch in range(epochs):
        batches = epoch_batches(rows().documents.lengths, training, epoch)
        while batches:
            count = step.limit(batches)
            found = step.run(batches[:count], [0.01] * count)
            assert found.failed is None
            losses += [one.loss for one in found.taken]
            batches = batches[count:]
    return losses


@contextmanager
def no_waiting() -> Iterator[None]:
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize(
    ("changes", "options"),
    [
        ({}, {}),
        ({"cell": "gru"}, {"clip": 0.5}),
        ({"cell": "simple_rnn", "masked": False, "layers": 1}, {"optimiser": "adamw", "weight_decay": 0.1}),
        ({"pooling": ("max", "mean", "attention")}, {"bucketing": True, "optimiser": "sparse_adam"}),
        ({"every_step": 0.3}, {"label_smoothing": 0.1, "class_weights": "balanced", "batch_tokens": 300}),
        ({"dropout": 0.2, "word_dropout": 0.2, "weight_drop": 0.2}, {"optimiser": "adam"}),
        ({}, {"precision": "bfloat16"}),
    ],
    ids=str,
)
def test_replayed_graphs_give_what_single_steps_give(changes: dict[str, Any], options: dict[str, Any]) -> None:
    shape, training = NETWORK.replace(**changes), TRAINING.replace(**options)
    graphs = DeviceStep(built(shape), rows(), training)
    single = without_graphs(DeviceStep(built(shape), rows(), training))
    losses = trained(graphs, training)
    assert graphs._graphs is not None
    assert len(graphs._graphs) >= 1
    # Sums over words of one id may come in another order; everything else is the same arithmetic.
    tolerance = 1e-4 if training.precision == "float32" else 2e-2
    assert losses == pytest.approx(trained(single, training), abs=tolerance)
    for name, array in single.network.arrays().items():
        np.testing.assert_allclose(graphs.network.arrays()[name], array, rtol=0, atol=tolerance, err_msg=name)
    assert torch.equal(graphs.network.generator.get_state(), single.network.generator.get_state())


@pytest.mark.parametrize("name", MODELS)
def test_every_lesson_preset_learns_as_on_a_cpu(name: str) -> None:
    """Twenty steps against the reference engine on the CPU, weight by weight."""
    preset = load_preset(f"lesson/{name}")
    training = preset.training.replace(epsilon=1e-3)
    device = DeviceStep(built(preset.network), rows(), training)
    network = Network(
        preset.network, initial_weights(preset.network, rows=VOCABULARY, classes=CLASSES, seed=1), engine="reference"
    )
    network.place("cpu", seed=2)
    autograd = AutogradStep(network, rows(), training)
    batches = epoch_batches(rows().documents.lengths, training, 0)[:20]
    taken = device.run(batches, [0.001] * 20).taken
    for indices, one in zip(batches, taken, strict=True):
        assert autograd.gradient(indices).loss == pytest.approx(one.loss, abs=1e-4)
        autograd.update(0.001)
    for weight, array in network.arrays().items():
        np.testing.assert_allclose(device.network.arrays()[weight], array, rtol=0, atol=1e-4, err_msg=weight)


def test_no_step_waits_for_the_device() -> None:
    training = TRAINING.replace(clip=1.0, averaging=0.9)
    step = DeviceStep(built(NETWORK), rows(), training)
    trained(step, training, epochs=2)
    batches = epoch_batches(rows().documents.lengths, training, 2)
    graphs = step._graphs
    assert graphs is not None
    with step._on_stream():
        rooms = step.batches.fill(batches, step._numbers([0.01] * len(batches)))
        before = len(graphs)
        known = [(place, room) for place, room in enumerate(rooms) if room in graphs._graphs]
        assert len(known) >= len(rooms) // 2
        with no_waiting():
            for place, room in known:
                step.batches.at.fill_(place)
                graphs(room)
        assert len(graphs) == before
        with no_waiting():
            for place, room in known[:3]:
                step.batches.at.fill_(place)
                step._step(room)
            # Packing the next batches waits neither.
            step.batches.fill(batches, step._numbers([0.01] * len(batches)))
    torch.cuda.synchronize()


def test_a_graph_of_a_room_takes_any_batch_that_fits() -> None:
    """Rooms are few, and batches of very different texts go through one graph."""
    training = TRAINING.replace(bucketing=True)
    step = DeviceStep(built(NETWORK), rows(), training)
    trained(step, training)
    assert step._graphs is not None
    assert len(step._graphs) < 20


@pytest.mark.parametrize("seed", range(5))
def test_it_learns_as_well_as_the_cpu(seed: int) -> None:
    """Held-out accuracy of the same training on both, which differ by rounding alone."""
    training = TrainingSettings(epochs=3, batch_size=32, learning_rate=0.01, optimiser="keras_adam", seed=seed)
    accuracy = {}
    for device in ("cuda", "cpu"):
        trainer = Trainer(
            built(NETWORK, device=device, seed=seed), rows(count=4000), rows(seed=9, count=2000), training
        )
        accuracy[device] = trainer.run().history.validation[-1].accuracy
    assert accuracy["cpu"] > 0.6
    assert abs(accuracy["cuda"] - accuracy["cpu"]) < 0.02


def test_a_run_takes_the_devices_way_and_can_be_resumed(tmp_path: Any) -> None:
    texts = [f"word{row % 7} word{row % 5} {'left' if row % 2 else 'right'}" for row in range(400)]
    labels = [row % 2 for row in range(400)]
    preset = load_preset("lesson/bilstm").with_options({"epochs": 2, "validation": 0.1})
    run = RunOptions(folder=tmp_path / "run", device="cuda")
    fitted = fit(texts, labels, recipe=preset, run=run)
    again = fit(texts, labels, recipe=preset, run=replace(run, resume=True))
    assert again.outcome.steps == fitted.outcome.steps
    for name, tensor in fitted.bundle.tensors.items():
        np.testing.assert_array_equal(again.bundle.tensors[name], tensor, err_msg=name)
    assert isinstance(Trainer(built(NETWORK), rows(), None, TRAINING).step, DeviceStep)
