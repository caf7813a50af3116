"""Loss and gradients of every kind of step against a network in plain torch, which torch alone differentiates."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from training.torch_network import loss_and_gradients

from recurra.batches import Ragged
from recurra.models.network import Network
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import weight_shapes
from recurra.presets.training_settings import TrainingSettings
from recurra.tasks import MULTI_LABEL, SINGLE_LABEL
from recurra.training.steps.autograd import AutogradStep
from recurra.training.steps.compiled import CompiledStep
from recurra.training.steps.device import DeviceStep
from recurra.training.steps.step import EncodedRows

VOCABULARY, CLASSES = 23, 3
# Numbers of units that fill no register evenly.
SHAPE = NetworkSettings(cell="lstm", hidden=9, embedding=7)
PLAIN = TrainingSettings(batch_size=7)
# Some words come up in several documents and twice in one, one document is empty, and one is drawn twice.
DOCUMENTS = [[4, 9, 4, 2, 1, 17, 8], [3], [], [5, 4], [11, 2, 2, 2, 20, 6, 14, 9, 3], [1, 7, 16], [8, 21, 4, 13, 2]]
CLASS_OF = np.array([0, 2, 1, 0, 0, 1, 0])
LABELS_OF = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1], [0, 0, 1], [1, 0, 0], [0, 1, 1]], dtype=bool)
BATCH = np.array([4, 0, 2, 1, 6, 3, 3])

Gradients = dict[str, np.ndarray]


@cache
def arrays_of(shape: NetworkSettings) -> Gradients:
    """Weights that leave no unit near zero, biases included."""
    generator = np.random.default_rng(5)
    shapes = weight_shapes(shape, rows=VOCABULARY, classes=CLASSES)
    return {name: generator.normal(0, 0.6, size).astype(np.float32) for name, size in shapes.items()}


def rows_of(*, several: bool) -> EncodedRows:
    documents = Ragged.from_lists(DOCUMENTS)
    return EncodedRows(documents, LABELS_OF, MULTI_LABEL) if several else EncodedRows(documents, CLASS_OF, SINGLE_LABEL)


def network_of(shape: NetworkSettings, engine: str) -> Network:
    network = Network(shape, arrays_of(shape), engine=engine)
    network.place("cpu", seed=0)
    return network


def of_direct(shape: NetworkSettings, training: TrainingSettings, *, several: bool) -> tuple[float, Gradients]:
    network, rows = network_of(shape, "auto"), rows_of(several=several)
    assert CompiledStep.takes(network, training, rows.task)
    step = CompiledStep(network, rows, training)
    loss = step.gradient(BATCH).loss
    found = {name: gradient.copy() for name, gradient in step.optimiser.gradients.items()}
    assert step._row_gradient is not None
    found["embedding"] = np.zeros((VOCABULARY, shape.embedding), dtype=np.float32)
    assert len(set(step._row_gradient.rows.tolist())) == len(step._row_gradient.rows)
    found["embedding"][step._row_gradient.rows] = step._row_gradient.sums
    return loss, found


def of_autograd(
    shape: NetworkSettings, training: TrainingSettings, *, several: bool, engine: str
) -> tuple[float, Gradients]:
    network = network_of(shape, engine)
    loss = AutogradStep(network, rows_of(several=several), training).gradient(BATCH).loss
    weights = network.named_weights()
    assert all(weight.grad is not None for weight in weights.values())
    return loss, {name: weight.grad.numpy() for name, weight in weights.items() if weight.grad is not None}


def of_device(shape: NetworkSettings, training: TrainingSettings, *, several: bool) -> tuple[float, Gradients]:
    """What Adam's first moment holds after one step: a tenth of the gradient."""
    step = DeviceStep(network_of(shape, "auto"), rows_of(several=several), training)
    stepped = step.run([BATCH], [0.01]).taken[0]
    moments = {name: tensor.numpy() for name, tensor in step.tensors().items()}
    return stepped.loss, {name: moments[f"m.{name}"] / 0.1 for name in arrays_of(shape)}


def assert_torchs(
    found: tuple[float, Gradients], shape: NetworkSettings, training: TrainingSettings, *, several: bool
) -> None:
    targets = LABELS_OF if several else CLASS_OF
    documents = [DOCUMENTS[row] for row in BATCH]
    loss, expected = loss_and_gradients(shape, arrays_of(shape), documents, targets[BATCH], targets, training)
    assert found[0] == pytest.approx(loss, rel=1e-5)
    assert found[1].keys() == expected.keys()
    for name, gradient in expected.items():
        assert np.abs(gradient).max() > 1e-4, name
        np.testing.assert_allclose(found[1][name], gradient, rtol=1e-4, atol=2e-6, err_msg=name)


STEPS = {
    "direct": of_direct,
    "autograd on numba": lambda *words, **named: of_autograd(*words, engine="numba", **named),
    "autograd on torch": lambda *words, **named: of_autograd(*words, engine="torch", **named),
    "autograd on reference": lambda *words, **named: of_autograd(*words, engine="reference", **named),
    "device": of_device,
}
every_step = pytest.mark.parametrize("step", STEPS)
CELLS = ("simple_rnn", "gru", "gru_reset_before", "lstm", "sru", "min_gru", "min_lstm")
OF_TORCH = ("simple_rnn", "gru", "lstm")


@pytest.mark.parametrize(
    ("step", "cell"),
    # torch has no layer of the other cells.
    [(step, cell) for step in STEPS for cell in CELLS if step != "autograd on torch" or cell in OF_TORCH],
)
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one way", "both ways"])
@pytest.mark.parametrize(("layers", "hidden"), [(1, 37), (2, 9)])
def test_every_cell_direction_and_depth(step: str, cell: str, bidirectional: bool, layers: int, hidden: int) -> None:
    shape = SHAPE.replace(cell=cell, bidirectional=bidirectional, layers=layers, hidden=hidden)
    assert_torchs(STEPS[step](shape, PLAIN, several=False), shape, PLAIN, several=False)


@every_step
@pytest.mark.parametrize("pooling", [("last",), ("max",), ("mean",), ("mean", "last", "max")], ids="+".join)
@pytest.mark.parametrize("masked", [True, False], ids=["masked", "pads are read"])
def test_every_pooling_with_a_mask_and_without(step: str, pooling: tuple[str, ...], masked: bool) -> None:
    shape = SHAPE.replace(pooling=pooling, masked=masked, bidirectional=True, cell="gru")
    assert_torchs(STEPS[step](shape, PLAIN, several=False), shape, PLAIN, several=False)


@pytest.mark.parametrize("step", [name for name in STEPS if name != "direct"])
@pytest.mark.parametrize("masked", [True, False], ids=["masked", "pads are read"])
def test_attention_where_it_is_taken(step: str, masked: bool) -> None:
    shape = SHAPE.replace(pooling=("attention", "last"), masked=masked, bidirectional=True)
    assert_torchs(STEPS[step](shape, PLAIN, several=False), shape, PLAIN, several=False)


@every_step
@pytest.mark.parametrize(
    "options",
    [
        {"label_smoothing": 0.2},
        {"class_weights": "balanced"},
        {"class_weights": "balanced", "label_smoothing": 0.1},
        {"loss": "focal", "focal_gamma": 1.5},
        {"loss": "focal", "class_weights": "balanced", "label_smoothing": 0.1},
        {"optimiser": "keras_adam"},
    ],
    ids=str,
)
def test_every_loss(step: str, options: dict[str, Any]) -> None:
    shape, training = SHAPE.replace(bidirectional=True, pooling=("max",)), PLAIN.replace(**options)
    assert_torchs(STEPS[step](shape, training, several=False), shape, training, several=False)


@pytest.mark.parametrize("step", [name for name in STEPS if name != "device"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_several_labels_where_they_are_taken(step: str, smoothing: float) -> None:
    shape, training = SHAPE.replace(cell="gru", layers=2), PLAIN.replace(label_smoothing=smoothing)
    assert_torchs(STEPS[step](shape, training, several=True), shape, training, several=True)
