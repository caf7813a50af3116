"""Layers on inputs of a fixed size: every engine, and a training on the Triton kernels in Triton's interpreter."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from recurra.batches import Ragged
from recurra.cells import CELLS, cell_named
from recurra.models.network import Network
from recurra.networks.initial import initial_weights
from recurra.networks.settings import NetworkSettings
from recurra.presets import TrainingSettings
from recurra.recurrence.engines import ENGINES, Engine, Weights
from recurra.recurrence.engines.static_layer import static_layer
from recurra.training.steps.autograd import AutogradStep
from recurra.training.steps.device import DeviceStep
from recurra.training.steps.step import EncodedRows

pytest.importorskip("triton")
if torch.cuda.is_available():
    pytest.skip("with a CUDA device the kernels run on it: tests/gpu", allow_module_level=True)

from recurrence.triton_layers import Kernels

INPUTS, HIDDEN, ROOM, ACTIVE = 5, 6, 7, [4, 3, 3, 1]
CASES: dict[str, Engine] = {**ENGINES, "triton": Kernels()}


def weights_of(cell: str, generator: torch.Generator) -> list[Weights]:
    gates, recurrent = len(cell_named(cell).gates) * HIDDEN, cell_named(cell).recurrent_shape(HIDDEN)
    shapes = [(INPUTS, gates), recurrent or (HIDDEN, gates), (gates,), (gates,)]
    found = []
    for _ in range(2):
        W_I, W_H, b, b_H = (torch.randn(shape, generator=generator).mul(0.4).requires_grad_() for shape in shapes)
        found.append(Weights(W_I, W_H if recurrent else None, b, b_H if cell_named(cell).recurrent_bias else None))
    return found


@pytest.mark.parametrize("cell", sorted(CELLS))
@pytest.mark.parametrize("name", CASES)
def test_rows_of_room_are_zero_and_change_nothing(cell: str, name: str) -> None:
    if not CASES[name].supports(cell_named(cell)):
        pytest.skip(f"{name} does not compute {cell}")
    generator = torch.Generator().manual_seed(3)
    weights, rows = weights_of(cell, generator), sum(ACTIVE)
    inputs = torch.randn(rows + ROOM, INPUTS, generator=generator, requires_grad=True)
    outer = torch.randn(rows + ROOM, 2 * HIDDEN, generator=generator)
    starts = torch.tensor([0, *np.cumsum(ACTIVE), rows, rows], dtype=torch.int32)
    lengths = torch.tensor([4, 3, 3, 1, 0, 0], dtype=torch.int32)
    sources = [inputs, *(part for one in weights for part in one if part is not None)]

    found = torch.cat(static_layer(CASES[name], cell_named(cell), inputs, weights, starts, lengths), dim=1)
    gradients = torch.autograd.grad((found * outer).sum(), sources)
    reference = ENGINES["reference"].layer(cell_named(cell), inputs[:rows], weights, ACTIVE)
    expected = torch.cat(reference, dim=1)
    torch.testing.assert_close(found[:rows], expected, rtol=0, atol=1e-5)
    assert not found[rows:].any()
    for one, other in zip(gradients, torch.autograd.grad((expected * outer[:rows]).sum(), sources), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    assert not gradients[0][rows:].any()


@pytest.mark.parametrize("name", CASES)
def test_empty_documents_alone(name: str) -> None:
    weights = weights_of("lstm", torch.Generator().manual_seed(3))
    starts, lengths = torch.zeros(4, dtype=torch.int32), torch.zeros(3, dtype=torch.int32)
    for states in static_layer(CASES[name], cell_named("lstm"), torch.randn(8, INPUTS), weights, starts, lengths):
        assert states.shape == (8, HIDDEN)
        assert not states.any()


@pytest.mark.parametrize(("cell", "bidirectional", "layers"), [("lstm", True, 2), ("gru", False, 1)])
def test_training_on_the_kernels_is_training_on_the_reference(cell: str, bidirectional: bool, layers: int) -> None:
    shape = NetworkSettings(cell=cell, hidden=4, embedding=4, bidirectional=bidirectional, layers=layers)
    training = TrainingSettings(epsilon=1e-3, batch_size=4, optimiser="keras_adam")
    rng = np.random.default_rng(0)
    data = EncodedRows(
        Ragged.from_lists([rng.integers(0, 20, n).tolist() for n in (5, 0, 3, 1, 4, 2)]), rng.integers(0, 2, 6)
    )
    batches = [rng.integers(0, 6, 4) for _ in range(4)]
    networks = []
    for engine in (Kernels(), ENGINES["reference"]):
        network = Network(shape, initial_weights(shape, rows=20, classes=2, seed=1))
        network.place("cpu", seed=0)
        network.engine = engine
        networks.append(network)
    assert DeviceStep.takes(networks[0], training)
    assert not DeviceStep.takes(networks[1], training)
    taken = DeviceStep(networks[0], data, training).run(batches, [0.01] * 4).taken
    autograd = AutogradStep(networks[1], data, training)
    for indices, one in zip(batches, taken, strict=True):
        assert autograd.gradient(indices).loss == pytest.approx(one.loss, abs=1e-5)
        autograd.update(0.01)
    for name, array in networks[1].arrays().items():
        np.testing.assert_allclose(networks[0].arrays()[name], array, rtol=0, atol=1e-5, err_msg=name)
