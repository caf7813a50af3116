"""Focal loss: against the formula in float64, torch's gradient check, finite differences, and the compiled step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tasks.test_single_label_loss import ALL_TARGETS, BATCH, CLASSES, LENGTHS, LOGITS, STEPS, TARGETS, loss_of
from training.runs import PLAIN, SHORT, train
from training.test_compiled_step import SMALL, assert_alike

from recurra.errors import SettingsError
from recurra.kernels.compiled import kernels_of
from recurra.models.network import Output
from recurra.presets import TrainingSettings
from recurra.tasks import SINGLE_LABEL
from recurra.tasks.single_label_torch import Loss

WEIGHTS = [len(ALL_TARGETS) / (CLASSES * n) for n in np.bincount(ALL_TARGETS)]


def focal(logits: list[float], target: int, weights: list[float], smoothing: float, gamma: float) -> float:
    """- Σ q_c w_c (1 - p_c)^γ log p_c."""
    highest = max(logits)
    powers = [math.exp(number - highest) for number in logits]
    p = [power / sum(powers) for power in powers]
    q = [smoothing / len(p) + (1 - smoothing) * (c == target) for c in range(len(p))]
    return -sum(q[c] * weights[c] * (1 - p[c]) ** gamma * math.log(p[c]) for c in range(len(p)))


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("balance", ["none", "balanced"])
@pytest.mark.parametrize("every_step", [0.0, 0.3])
def test_the_loss_is_that_of_a_loop(balance: str, smoothing: float, gamma: float, every_step: float) -> None:
    weights = WEIGHTS if balance == "balanced" else [1.0] * CLASSES
    pooled = [focal(LOGITS[k].tolist(), target, weights, smoothing, gamma) for k, target in enumerate(TARGETS)]
    expected = sum(pooled) / sum(weights[target] for target in TARGETS)
    if every_step:
        rows = [(k, t) for t in range(6) for k in (3, 0, 4, 2) if t < LENGTHS[k]]
        total = sum(
            focal(STEPS[row].tolist(), TARGETS[k], weights, smoothing, gamma) / LENGTHS[k]
            for row, (k, _) in enumerate(rows)
        )
        expected = (1 - every_step) * expected + every_step * total / sum(weights[TARGETS[k]] for k in (0, 2, 3, 4))
    given_settings = {
        "class_weights": balance, "label_smoothing": smoothing, "loss": "focal", "focal_gamma": gamma,
    }  # fmt: skip
    found = loss_of(given_settings, every_step)
    assert found == pytest.approx(expected, rel=1e-12 if balance == "none" else 1e-6)


def test_gamma_0_is_cross_entropy() -> None:
    assert loss_of({"loss": "focal", "focal_gamma": 0.0, "label_smoothing": 0.1}) == loss_of({"label_smoothing": 0.1})


@pytest.mark.parametrize("gamma", [0.5, 2.0])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_torch_checks_the_gradient_by_finite_differences(gamma: float, smoothing: float) -> None:
    chosen = TrainingSettings(loss="focal", focal_gamma=gamma, label_smoothing=smoothing, class_weights="balanced")
    loss = Loss(SINGLE_LABEL, chosen, ALL_TARGETS, CLASSES, every_step=0.0, device=torch.device("cpu"))
    assert loss.weights is not None
    loss.weights = loss.weights.double()
    logits = LOGITS.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda given: loss(Output(given), BATCH, torch.tensor(TARGETS)), logits)


def test_a_document_that_is_not_there_counts_for_nothing() -> None:
    loss = Loss(
        SINGLE_LABEL, TrainingSettings(loss="focal"), ALL_TARGETS, CLASSES, every_step=0.0, device=torch.device("cpu")
    )
    whole = loss(Output(LOGITS[:4]), BATCH, torch.tensor(TARGETS[:4]))
    padded = loss(Output(LOGITS), BATCH, torch.tensor([*TARGETS[:4], -100]))
    assert padded.item() == whole.item()


def test_an_answer_that_is_certain_has_no_loss_and_no_slope() -> None:
    for gamma in (0.5, 1.0, 2.0):
        chosen = TrainingSettings(loss="focal", focal_gamma=gamma)
        loss = Loss(SINGLE_LABEL, chosen, ALL_TARGETS, CLASSES, every_step=0.0, device=torch.device("cpu"))
        logits = torch.tensor([[500.0, 0.0, -500.0]], requires_grad=True)
        found = loss(Output(logits), BATCH, torch.tensor([0]))
        found.backward()
        assert found.item() == 0
        assert logits.grad is not None
        assert logits.grad.tolist() == [[0.0, 0.0, 0.0]]
        slopes, result = np.ones((1, 3), dtype=np.float32), np.empty((1, 2))
        kernels_of("training.single_label_loss").focal(
            logits.detach().numpy(),
            np.array([0]),
            np.ones(3, np.float32),
            np.ones(1, np.float32),
            0.0,
            gamma,
            slopes,
            result,
        )
        assert result.tolist() == [[0.0, 1.0]]
        assert slopes.tolist() == [[0.0, 0.0, 0.0]]


@given(
    st.integers(1, 6), st.integers(2, 5), st.floats(0, 0.9), st.integers(0, 2**32 - 1), st.floats(0.1, 20),
    st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.7]),
)  # fmt: skip
@settings(max_examples=30)
def test_the_kernel_is_the_formula(
    batch: int, classes: int, smoothing: float, seed: int, scale: float, gamma: float
) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, scale, (batch, classes)).astype(np.float32)
    targets = rng.integers(0, classes, batch)
    weights, counts = (rng.uniform(0.1, 3, size).astype(np.float32) for size in (classes, batch))
    slopes, result = np.empty((batch, classes), dtype=np.float32), np.empty((1, 2))
    kernels_of("training.single_label_loss").focal(logits, targets, weights, counts, smoothing, gamma, slopes, result)

    def mean(values: Any) -> Any:
        logs = torch.log_softmax(values, dim=1)
        # Where p rounds to 1 a power of 0 would have no slope to give.
        missing = (-torch.expm1(logs)).clamp(min=torch.finfo(logs.dtype).tiny)
        q = torch.full_like(logs, smoothing / classes)
        q[np.arange(batch), targets] += 1 - smoothing
        each = -(q * torch.from_numpy(weights).double() * missing**gamma * logs).sum(dim=1)
        return (torch.from_numpy(counts) * each).sum() / (counts * weights[targets].astype(np.float64)).sum()

    values = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    expected = mean(values)
    (gradient,) = torch.autograd.grad(expected, values)
    assert result[0, 0] == pytest.approx(expected.item(), rel=1e-5, abs=1e-6)
    np.testing.assert_allclose(slopes, gradient.numpy(), rtol=1e-4, atol=1e-6)
    # And against a difference of the loss itself, along one direction.
    direction = torch.from_numpy(rng.normal(size=(batch, classes)))
    ends = [mean(values.detach() + step * direction).item() for step in (1e-4, -1e-4)]
    along = float((torch.from_numpy(slopes).double() * direction).sum())
    assert along == pytest.approx((ends[0] - ends[1]) / 2e-4, rel=1e-3, abs=1e-5)


def test_the_direct_step_takes_it() -> None:
    assert_alike(SMALL, TrainingSettings(loss="focal", focal_gamma=1.5, label_smoothing=0.1, class_weights="balanced"))


def test_a_run_learns_by_it() -> None:
    fitted = train(count=80, network=PLAIN, training=SHORT.replace(loss="focal", epochs=6, validation=0.2, seed=1))
    assert fitted.validation is not None
    assert fitted.validation.accuracy > 0.9
    assert fitted.bundle.record["training"]["loss"] == "focal"


@pytest.mark.parametrize("wrong", [{"focal_gamma": 1.0}, {"loss": "focal", "focal_gamma": -1.0}, {"loss": "hinge"}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        TrainingSettings.from_dict(wrong, where="the test")
