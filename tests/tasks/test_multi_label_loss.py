"""Binary cross-entropy over labels against a loop and torch; the direct step against torch's differentiation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from recurra.batches import Ragged
from recurra.kernels.compiled import kernels_of
from recurra.models.batch import Batch
from recurra.models.network import Network, Output
from recurra.networks.initial import initial_weights
from recurra.networks.settings import NetworkSettings
from recurra.presets.training_settings import TrainingSettings
from recurra.tasks import MULTI_LABEL, SINGLE_LABEL
from recurra.tasks.multi_label import label_weights
from recurra.tasks.multi_label_torch import Loss
from recurra.training.steps.autograd import AutogradStep
from recurra.training.steps.compiled import CompiledStep
from recurra.training.steps.step import EncodedRows

CLASSES, LENGTHS = 3, [4, 0, 1, 6, 4]
BATCH = Batch.of(Ragged.from_lists([[2] * length for length in LENGTHS]))
TARGETS = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0], [0, 0, 1]], dtype=bool)
ALL_TARGETS = np.random.default_rng(4).random((40, CLASSES)) < [0.1, 0.5, 0.8]
LOGITS = torch.tensor(np.random.default_rng(0).normal(size=(5, CLASSES)))
STEPS = torch.tensor(np.random.default_rng(1).normal(size=(sum(LENGTHS), CLASSES)))


def one(logits: torch.Tensor, had: Any, weights: Any, smoothing: float) -> float:
    total = 0.0
    for c, x in enumerate(logits.tolist()):
        p, q = 1 / (1 + math.exp(-x)), (1 - smoothing) * had[c] + smoothing / 2
        total -= weights[int(had[c])][c] * (q * math.log(p) + (1 - q) * math.log(1 - p))
    return total / CLASSES


@pytest.mark.parametrize("every_step", [0.0, 0.3])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("balance", ["none", "balanced"])
def test_the_loss_is_that_of_a_loop(balance: str, smoothing: float, every_step: float) -> None:
    weights = np.ones((2, CLASSES))
    if balance == "balanced":
        per_label = [compute_class_weight("balanced", classes=np.array([0, 1]), y=column) for column in ALL_TARGETS.T]
        weights = np.array(per_label).T
    expected = np.mean([one(LOGITS[k], TARGETS[k], weights, smoothing) for k in range(5)])
    if every_step:
        # The packed rows: step after step, the documents by falling length: 3, 0, 4, 2 (and 1, which has none).
        rows = [(k, t) for t in range(6) for k in (3, 0, 4, 2) if t < LENGTHS[k]]
        means = []
        for k in (0, 2, 3, 4):
            mine = [STEPS[row] for row, (document, _) in enumerate(rows) if document == k]
            means.append(np.mean([one(step, TARGETS[k], weights, smoothing) for step in mine]))
        expected = (1 - every_step) * expected + every_step * np.mean(means)
    chosen = TrainingSettings.from_dict({"class_weights": balance, "label_smoothing": smoothing}, where="the test")
    loss = MULTI_LABEL.objective(chosen, ALL_TARGETS, CLASSES, every_step=every_step)
    assert isinstance(loss, Loss)
    found = loss(Output(LOGITS, STEPS if every_step else None), BATCH, torch.from_numpy(TARGETS))
    assert float(found) == pytest.approx(expected, rel=1e-6)


def test_a_label_that_no_row_has_or_every_one_has_finite_weights() -> None:
    targets = np.array([[0, 1], [0, 1]], dtype=bool)
    weights = label_weights(TrainingSettings(class_weights="balanced"), targets)
    assert np.isfinite(weights).all()
    assert weights[0, 0] == weights[1, 1] == 0.5


@given(st.integers(1, 6), st.integers(2, 5), st.floats(0, 0.9), st.integers(0, 2**32 - 1), st.floats(0.1, 60))
@settings(max_examples=30)
def test_the_kernel_is_torchs(batch: int, classes: int, smoothing: float, seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    logits = torch.tensor(rng.normal(0, scale, (batch, classes)), dtype=torch.float32, requires_grad=True)
    targets = rng.random((batch, classes)) < 0.4
    weights = rng.uniform(0.1, 3, (2, classes)).astype(np.float32)
    wanted = torch.tensor(targets * (1 - smoothing) + smoothing / 2)
    weighed = torch.tensor(np.where(targets, weights[1], weights[0])).double()
    counts = rng.uniform(0.1, 3, batch).astype(np.float32)
    shares = torch.from_numpy(counts / counts.mean())[:, None]
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits.double(), wanted, weighed * shares)
    (gradient,) = torch.autograd.grad(expected, logits)
    found, result = np.empty((batch, classes), dtype=np.float32), np.empty((1, 2))
    kernels_of("training.multi_label_loss").binary_cross_entropy(
        logits.detach().numpy(), targets.astype(np.float32), weights, counts, smoothing, found, result
    )
    assert result[0, 0] == pytest.approx(expected.item(), rel=1e-5, abs=1e-6)
    np.testing.assert_allclose(found, gradient.numpy(), rtol=1e-4, atol=1e-6)
    assert result[0, 1] == ((logits.detach().numpy() > 0) == targets).all(axis=1).sum()


def test_the_direct_step_is_the_step_that_torch_differentiates() -> None:
    shape = NetworkSettings(cell="lstm", hidden=5, embedding=4, bidirectional=True, pooling=("max", "mean"))
    chosen = TrainingSettings(batch_size=4, label_smoothing=0.1, class_weights="balanced")
    rng = np.random.default_rng(3)
    documents = Ragged.from_lists([rng.integers(0, 9, rng.integers(0, 7)).tolist() for _ in range(20)])
    rows = EncodedRows(documents, rng.random((20, CLASSES)) < 0.4, MULTI_LABEL)
    found = []
    # torch differentiates what the reference engine computes; the gradient of Numba's is our own.
    for kind, engine in ((CompiledStep, "numba"), (AutogradStep, "reference")):
        network = Network(shape, initial_weights(shape, rows=9, classes=CLASSES, seed=1), engine=engine)
        network.place("cpu", seed=2)
        assert CompiledStep.takes(network, chosen, MULTI_LABEL) == (kind is CompiledStep)
        step = kind(network, rows, chosen)
        told = []
        for first in (0, 4, 8, 12):
            told.append(step.gradient(np.arange(first, first + 4)))
            step.update(0.01)
        step.flush()
        found.append((told, network.arrays()))
    for mine, theirs in zip(found[0][0], found[1][0], strict=True):
        assert mine.loss == pytest.approx(theirs.loss, rel=1e-5)
        assert mine.correct == theirs.correct
    for name, expected in found[1][1].items():
        np.testing.assert_allclose(found[0][1][name], expected, rtol=0, atol=1e-5, err_msg=name)


def test_what_is_right_and_what_the_held_out_rows_lose() -> None:
    logits = torch.tensor([[1.0, -1.0], [2.0, 0.5], [-1.0, -2.0]])
    targets = torch.tensor([[True, False], [True, False], [False, False]])
    objective = MULTI_LABEL.objective(TrainingSettings(), targets.numpy(), 2)
    assert objective.right(logits, targets).tolist() == [True, False, True]
    p = 1 / (1 + np.exp(-logits.numpy()))
    np.testing.assert_allclose(
        objective.validation_losses(logits, targets), -np.log(np.where(targets, p, 1 - p)).mean(axis=1), rtol=1e-6
    )
    other = SINGLE_LABEL.objective(TrainingSettings(), np.array([0, 1, 0]), 2)
    assert other.right(logits, torch.tensor([0, 1, 0])).tolist() == [True, False, True]
