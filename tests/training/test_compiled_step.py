"""The direct step against torch's automatic differentiation and torch's optimisers: the same weights, step by step.

The other side runs on the reference engine, whose cells torch differentiates; ``test_gradients_against_torch.py``
compares both with a network that shares nothing with ours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recurra.batches import Ragged
from recurra.kernels.compiled import kernels_of
from recurra.models.network import Network
from recurra.networks.initial import initial_weights
from recurra.networks.settings import NetworkSettings
from recurra.presets.training_settings import TrainingSettings
from recurra.training.optimisers.adam_state import WORTH_A_THREAD
from recurra.training.steps.autograd import AutogradStep
from recurra.training.steps.compiled import CompiledStep
from recurra.training.steps.step import EncodedRows

VOCABULARY, CLASSES, COUNT, STEPS = 60, 3, 48, 12
SMALL = NetworkSettings(cell="lstm", hidden=8, embedding=6)


def rows(seed: int = 0) -> EncodedRows:
    """Documents of 0 to 11 words, some of them read in a single batch only."""
    rng = np.random.default_rng(seed)
    lengths = np.where(rng.random(COUNT) < 0.15, 0, rng.integers(1, 12, COUNT))
    documents = [(VOCABULARY * rng.random(length) ** 2).astype(int).tolist() for length in lengths]
    return EncodedRows(Ragged.from_lists(documents), rng.integers(0, CLASSES, COUNT))


Kind = type[CompiledStep | AutogradStep]


def built(kind: Kind, shape: NetworkSettings) -> Network:
    engine = "auto" if kind is CompiledStep else "reference"
    network = Network(shape, initial_weights(shape, rows=VOCABULARY, classes=CLASSES, seed=1), engine=engine)
    network.place("cpu", seed=2)
    return network


def trained(kind: Kind, shape: NetworkSettings, training: TrainingSettings) -> Any:
    network = built(kind, shape)
    if training.freeze_vectors:
        network.named_weights()["embedding"].requires_grad_(False)
    assert CompiledStep.takes(network, training) == (kind is CompiledStep)
    data = rows()
    step = kind(network, data, training)
    rng, stepped = np.random.default_rng(3), []
    for number in range(STEPS):
        stepped.append(step.gradient(rng.integers(0, COUNT, 7)))
        step.update(0.02 / (1 + number))
    step.flush()
    return network.arrays(), stepped


def assert_alike(shape: NetworkSettings, training: TrainingSettings) -> None:
    (direct, ours), (autograd, theirs) = (trained(kind, shape, training) for kind in (CompiledStep, AutogradStep))
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.loss == pytest.approx(other.loss, abs=1e-5)
        assert (mine.correct, mine.non_finite) == (other.correct, other.non_finite)
    for name, expected in autograd.items():
        np.testing.assert_allclose(direct[name], expected, rtol=0, atol=1e-5, err_msg=f"{name} {shape} {training}")


# A large epsilon: Adam's first steps divide a gradient by its own size, and so show the rounding of those near zero.
PLAIN = TrainingSettings(epsilon=1e-3)


@pytest.mark.parametrize("cell", ["simple_rnn", "gru", "gru_reset_before", "lstm", "sru", "min_gru", "min_lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("hidden", [5, 8])
def test_every_cell_and_depth(cell: str, bidirectional: bool, hidden: int) -> None:
    for layers in (1, 2):
        assert_alike(SMALL.replace(cell=cell, bidirectional=bidirectional, hidden=hidden, layers=layers), PLAIN)


@pytest.mark.parametrize("pooling", [("last",), ("max",), ("mean",), ("mean", "last", "max")], ids="+".join)
@pytest.mark.parametrize("masked", [True, False])
def test_every_pooling_with_pads_and_without(pooling: tuple[str, ...], masked: bool) -> None:
    assert_alike(SMALL.replace(pooling=pooling, masked=masked, bidirectional=True), PLAIN)


@pytest.mark.parametrize(
    "dropped",
    [
        {"dropout": 0.4},
        {"word_dropout": 0.3},
        {"weight_drop": 0.5},
        {"dropout": 0.2, "word_dropout": 0.2, "weight_drop": 0.2, "layers": 2, "pooling": ("max", "mean")},
    ],
    ids=str,
)
def test_dropout_draws_the_same_masks(dropped: dict[str, Any]) -> None:
    assert_alike(SMALL.replace(bidirectional=True, **dropped), PLAIN)


@pytest.mark.parametrize(
    "options",
    [
        {"optimiser": "adamw", "weight_decay": 0.3},
        {"optimiser": "keras_adam"},
        {"optimiser": "sparse_adam"},
        {"clip": 0.05},
        {"optimiser": "keras_adam", "clip": 0.05},
        {"label_smoothing": 0.2},
        {"class_weights": "balanced"},
        {"class_weights": "balanced", "label_smoothing": 0.1},
        {"freeze_vectors": True},
    ],
    ids=str,
)
def test_every_option_of_the_training(options: dict[str, Any]) -> None:
    assert_alike(SMALL.replace(layers=2, bidirectional=True), PLAIN.replace(**options))


def test_what_it_does_not_take() -> None:
    weights = {"rows": VOCABULARY, "classes": CLASSES, "seed": 0}
    for shape, engine in (
        (SMALL.replace(pooling=("attention",)), "auto"),
        (SMALL.replace(every_step=0.5), "auto"),
        (SMALL.replace(input="one_hot"), "auto"),
        (SMALL, "torch"),
    ):
        assert not CompiledStep.takes(Network(shape, initial_weights(shape, **weights), engine=engine), PLAIN)


def test_a_batch_of_empty_documents_moves_what_it_should() -> None:
    shape = SMALL.replace(dropout=0.3)
    found = []
    for kind in (CompiledStep, AutogradStep):
        network = built(kind, shape)
        data = EncodedRows(Ragged.from_lists([[3, 4, 5], [], []]), np.array([0, 1, 2]))
        step = kind(network, data, PLAIN)
        for indices in ([0, 1], [1, 2], [2], [0]):
            step.gradient(np.array(indices))
            step.update(0.01)
        step.flush()
        found.append(network.arrays())
    for name, expected in found[1].items():
        np.testing.assert_allclose(found[0][name], expected, rtol=0, atol=1e-5, err_msg=name)


@given(st.integers(1, 6), st.integers(2, 5), st.floats(0, 0.9), st.integers(0, 2**32 - 1), st.floats(0.1, 60))
@settings(max_examples=30)
def test_cross_entropy_is_torchs(batch: int, classes: int, smoothing: float, seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    logits = torch.tensor(rng.normal(0, scale, (batch, classes)), dtype=torch.float32, requires_grad=True)
    targets = rng.integers(0, classes, batch)
    weights, counts = (rng.uniform(0.1, 3, size).astype(np.float32) for size in (classes, batch))
    each = torch.nn.functional.cross_entropy(
        logits.double(), torch.from_numpy(targets), torch.from_numpy(weights).double(), label_smoothing=smoothing,
        reduction="none",
    )  # fmt: skip
    expected = (torch.from_numpy(counts) * each).sum() / float((counts * weights[targets]).sum())
    (gradient,) = torch.autograd.grad(expected, logits)
    found, result = np.empty((batch, classes), dtype=np.float32), np.empty((1, 2))
    kernels_of("training.single_label_loss").cross_entropy(
        logits.detach().numpy(), targets, weights, counts, smoothing, found, result
    )
    assert result[0, 0] == pytest.approx(expected.item(), rel=1e-5, abs=1e-6)
    np.testing.assert_allclose(found, gradient.numpy(), rtol=1e-4, atol=1e-6)
    assert result[0, 1] == (logits.detach().numpy().argmax(axis=1) == targets).sum()


def test_a_batch_that_was_packed_before_its_turn_is_the_same() -> None:
    """Whether the batch that was foretold comes, another one, or none."""
    shape = SMALL.replace(hidden=64, embedding=64, word_dropout=0.3)
    rng = np.random.default_rng(3)
    batches = [rng.integers(0, COUNT, 7) for _ in range(5)]
    found = []
    for following in ([None] * 5, [*batches[1:], None], [batches[1], batches[0], None, batches[4], batches[4]]):
        step = CompiledStep(network := built(CompiledStep, shape), rows(), PLAIN)
        assert len(step.optimiser._weights) > 2 * WORTH_A_THREAD
        losses = []
        for indices, after in zip(batches, following, strict=True):
            losses.append(step.gradient(indices).loss)
            step.update(0.01, after)
        step.flush()
        found.append((losses, network.arrays()))
    for losses, arrays in found[1:]:
        assert losses == found[0][0]
        assert all(np.array_equal(arrays[name], array) for name, array in found[0][1].items())
