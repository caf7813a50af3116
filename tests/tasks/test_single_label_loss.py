"""The training loss against loops over documents and steps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from recurra.batches import Ragged
from recurra.models.batch import Batch
from recurra.models.network import Output
from recurra.presets import TrainingSettings
from recurra.tasks import SINGLE_LABEL
from recurra.tasks.single_label_torch import Loss

CLASSES = 3
LENGTHS = [4, 0, 1, 6, 4]
BATCH = Batch.of(Ragged.from_lists([[2] * length for length in LENGTHS]))
TARGETS = [2, 0, 0, 1, 2]
ALL_TARGETS = np.array([0] * 7 + [1] * 2 + [2] * 4)
LOGITS = torch.tensor(np.random.default_rng(0).normal(size=(5, CLASSES)))
STEPS = torch.tensor(np.random.default_rng(1).normal(size=(sum(LENGTHS), CLASSES)))


def loss_of(settings: dict[str, Any], every_step: float = 0.0) -> float:
    chosen = TrainingSettings.from_dict(settings, where="the test")
    loss = Loss(SINGLE_LABEL, chosen, ALL_TARGETS, CLASSES, every_step=every_step, device=torch.device("cpu"))
    if loss.weights is not None:
        loss.weights = loss.weights.double()
    output = Output(LOGITS, STEPS if every_step else None)
    return float(loss(output, BATCH, torch.tensor(TARGETS)))


def cross_entropy(logits: torch.Tensor, target: int, weights: list[float], smoothing: float) -> float:
    """- Σ q_c w_c log p_c, where q is the target with a share spread over all classes."""
    powers = [math.exp(number) for number in logits.tolist()]
    logs = [math.log(power / sum(powers)) for power in powers]
    q = [smoothing / CLASSES + (1 - smoothing) * (c == target) for c in range(CLASSES)]
    return -sum(q[c] * weights[c] * logs[c] for c in range(CLASSES))


@pytest.mark.parametrize("every_step", [0.0, 0.3])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("balance", ["none", "balanced"])
def test_the_loss_is_that_of_a_loop(balance: str, smoothing: float, every_step: float) -> None:
    weights = [1.0] * CLASSES
    if balance == "balanced":
        weights = compute_class_weight("balanced", classes=np.arange(CLASSES), y=ALL_TARGETS).tolist()
    # A document counts by the weight of its class.
    pooled = [cross_entropy(LOGITS[k], target, weights, smoothing) for k, target in enumerate(TARGETS)]
    expected = sum(pooled) / sum(weights[target] for target in TARGETS)
    if every_step:
        # The packed rows: step after step, the documents by falling length: 3, 0, 4, 2 (and 1, which has none).
        rows = [(k, t) for t in range(6) for k in (3, 0, 4, 2) if t < LENGTHS[k]]
        total = 0.0
        for k in (0, 2, 3, 4):
            mine = [STEPS[row] for row, (document, _) in enumerate(rows) if document == k]
            assert len(mine) == LENGTHS[k]
            total += sum(cross_entropy(one, TARGETS[k], weights, smoothing) for one in mine) / len(mine)
        expected *= 1 - every_step
        expected += every_step * total / sum(weights[TARGETS[k]] for k in (0, 2, 3, 4))
    found = loss_of({"class_weights": balance, "label_smoothing": smoothing}, every_step)
    # The class weights are float32.
    assert found == pytest.approx(expected, rel=1e-12 if balance == "none" else 1e-6)


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    settings = TrainingSettings(class_weights="balanced")
    for targets in (ALL_TARGETS, np.array([0, 1, 2]), np.array([2, 2, 1, 0, 0, 0, 0])):
        loss = Loss(SINGLE_LABEL, settings, targets, CLASSES, every_step=0.0, device=torch.device("cpu"))
        expected = compute_class_weight("balanced", classes=np.arange(CLASSES), y=targets)
        np.testing.assert_allclose(loss.weights, expected, rtol=1e-6)


def test_a_class_without_a_row_has_a_finite_weight() -> None:
    settings = TrainingSettings(class_weights="balanced")
    loss = Loss(SINGLE_LABEL, settings, np.array([0, 0, 2]), CLASSES, every_step=0.0, device=torch.device("cpu"))
    assert loss.weights is not None
    assert loss.weights[[0, 2]].tolist() == pytest.approx([0.75, 1.5])
    assert torch.isfinite(loss.weights).all()


def test_empty_documents_alone_have_the_pooled_loss() -> None:
    batch = Batch.of(Ragged.from_lists([[], []]))
    loss = Loss(SINGLE_LABEL, TrainingSettings(), ALL_TARGETS, CLASSES, every_step=0.5, device=torch.device("cpu"))
    output = Output(torch.zeros(2, CLASSES), torch.zeros(0, CLASSES))
    assert loss(output, batch, torch.tensor([0, 1])).item() == pytest.approx(math.log(3))
