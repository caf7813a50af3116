"""Adam and AdamW against loops in float64, the learning rate's schedule, clipping and averaging by their formulas."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch

from recurra.models.network import TokenVectors
from recurra.presets import TrainingSettings
from recurra.training.optimisers.adam import Adam, clip
from recurra.training.optimisers.averaging import MovingAverage

Array = npt.NDArray[np.float64]
SHAPES = {"W": (3, 4), "b": (4,)}
STEPS = 20


def parameters(dtype: torch.dtype = torch.float64) -> dict[str, torch.nn.Parameter]:
    rng = np.random.default_rng(0)
    return {
        name: torch.nn.Parameter(torch.tensor(rng.normal(size=shape), dtype=dtype)) for name, shape in SHAPES.items()
    }


def gradients(step: int, name: str) -> Array:
    """Some are large, some are nothing at all, as for words that a batch does not hold."""
    rng = np.random.default_rng([step, len(name), ord(name[0])])
    values = rng.normal(size=SHAPES[name]) * 10.0 ** rng.integers(-6, 2)
    return np.where(rng.random(SHAPES[name]) < 0.3, 0.0, values)


def rate(step: int) -> float:
    return 1e-2 / step


def moved(optimiser: Adam, weights: dict[str, torch.nn.Parameter], steps: range) -> None:
    for step in steps:
        for name, weight in weights.items():
            weight.grad = torch.tensor(gradients(step, name), dtype=weight.dtype)
        optimiser.step(rate(step))


def keras_adam(weight: Array, name: str, *, epsilon: float, decay: float = 0.0) -> Array:
    """Keras's rule as its documentation writes it, one number at a time; decay as in AdamW."""
    weight = weight.copy()
    m, v = np.zeros_like(weight), np.zeros_like(weight)
    for t in range(1, STEPS + 1):
        gradient = gradients(t, name)
        for place in np.ndindex(weight.shape):
            g = gradient[place]
            weight[place] -= rate(t) * decay * weight[place]
            m[place] = 0.9 * m[place] + 0.1 * g
            v[place] = 0.999 * v[place] + 0.001 * g * g
            alpha = rate(t) * math.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            weight[place] -= alpha * m[place] / (math.sqrt(v[place]) + epsilon)
    return weight


@pytest.mark.parametrize("epsilon", [1e-7, 1e-3])
@pytest.mark.parametrize(("optimiser", "decay"), [("adam", 0.0), ("adamw", 0.0), ("adamw", 0.3)])
def test_adam_is_keras_adam(optimiser: str, decay: float, epsilon: float) -> None:
    settings = TrainingSettings.from_dict(
        {"optimiser": optimiser, "weight_decay": decay, "epsilon": epsilon}, where="the test"
    )
    weights = parameters()
    start = {name: weight.detach().numpy().copy() for name, weight in weights.items()}
    moved(Adam(weights, settings), weights, range(1, STEPS + 1))
    for name, weight in weights.items():
        expected = keras_adam(start[name], name, epsilon=epsilon, decay=decay)
        np.testing.assert_allclose(weight.detach().numpy(), expected, rtol=1e-12, atol=1e-14)


def test_adamw_is_torchs_adamw_where_epsilon_does_not_matter() -> None:
    ours, theirs = parameters(), parameters()
    moved(
        Adam(ours, TrainingSettings(optimiser="adamw", weight_decay=0.1, epsilon=1e-30)),
        ours,
        range(1, STEPS + 1),
    )
    peer = torch.optim.AdamW(theirs.values(), weight_decay=0.1, eps=1e-30)
    for step in range(1, STEPS + 1):
        for name, weight in theirs.items():
            weight.grad = torch.tensor(gradients(step, name))
        peer.param_groups[0]["lr"] = rate(step)
        peer.step()
    for name, weight in ours.items():
        torch.testing.assert_close(weight, theirs[name], rtol=1e-10, atol=1e-12)


def test_the_epsilon_is_not_torchs() -> None:
    """The first step of torch's rule with a large epsilon, which Keras's differs from."""
    ours, theirs = parameters(), parameters()
    moved(Adam(ours, TrainingSettings(epsilon=0.1)), ours, range(1, 2))
    for name, weight in theirs.items():
        weight.grad = torch.tensor(gradients(1, name))
    torch.optim.Adam(theirs.values(), lr=rate(1), eps=0.1).step()
    assert max((ours[name] - theirs[name]).abs().max().item() for name in ours) > 1e-3


@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_keras_adam_squares_token_by_token(scale: float) -> None:
    """As Keras 3 on TensorFlow: m takes in the sum of a row's gradients, v the sum of their squares."""
    rows, size = 6, 3
    rng = np.random.default_rng(2)
    weight = torch.nn.Parameter(torch.tensor(rng.normal(size=(rows, size))))
    expected, m, v = weight.detach().numpy().copy(), np.zeros((rows, size)), np.zeros((rows, size))
    optimiser = Adam({"embedding": weight}, TrainingSettings(optimiser="keras_adam", epsilon=1e-3))
    b1, b2 = np.float32(0.9).astype(float), np.float32(0.999).astype(float)
    for t in range(1, STEPS + 1):
        # Rows 4 and 5 are read in some batches only, others several times in one.
        ids = torch.tensor([0, 1, 1, 1, 2, 0] + ([4, 4] if t in {3, 4, 9} else []) + ([5] if t == 12 else []))
        vectors = torch.nn.functional.embedding(ids, weight)
        vectors.retain_grad()
        by_token = torch.tensor(rng.normal(size=(len(ids), size)))
        weight.grad = None
        (vectors * by_token).sum().backward()
        weight.grad *= scale
        optimiser.step(rate(t), TokenVectors(ids, vectors), scale=scale)
        m, v = 0.9 * m, 0.999 * v
        for row, gradient in zip(ids.tolist(), by_token.numpy() * scale, strict=True):
            m[row] += 0.1 * gradient
            v[row] += 0.001 * gradient**2
        expected -= rate(t) * math.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(v) + 1e-3)
        np.testing.assert_allclose(weight.detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    state = optimiser.tensors()
    np.testing.assert_allclose(state["m.embedding"], m, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(state["v.embedding"], v, rtol=1e-9, atol=1e-15)
    assert not v[3].any()
    assert v[4].all()


@pytest.mark.parametrize("at", [0, 1, 7])
def test_a_restored_optimiser_goes_on_bit_for_bit(at: int) -> None:
    settings = TrainingSettings(optimiser="adamw", weight_decay=0.1)
    whole = parameters(torch.float32)
    moved(Adam(whole, settings), whole, range(1, STEPS + 1))
    parts = parameters(torch.float32)
    first = Adam(parts, settings)
    moved(first, parts, range(1, at + 1))
    kept = {name: tensor.clone() for name, tensor in first.tensors().items()}
    assert kept.keys() == ({f"{moment}.{name}" for moment in "mv" for name in parts} if at else set())
    second = Adam(parts, settings)
    second.restore(kept, at)
    moved(second, parts, range(at + 1, STEPS + 1))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_a_weight_without_a_gradient_moves_as_with_a_gradient_of_zero() -> None:
    none, zero = parameters(), parameters()
    settings = TrainingSettings()
    for weights, nothing in ((none, lambda w: None), (zero, torch.zeros_like)):
        optimiser = Adam(weights, settings)
        for step in range(1, 5):
            for name, weight in weights.items():
                weight.grad = nothing(weight) if step in {1, 3} else torch.tensor(gradients(step, name))
            optimiser.step(rate(step))
    assert all(torch.equal(none[name], zero[name]) for name in none)
    assert not torch.equal(none["W"], parameters()["W"])


def test_frozen_weights_are_left_out() -> None:
    weights = parameters()
    weights["W"].requires_grad_(False)
    optimiser = Adam(weights, TrainingSettings(optimiser="adamw", weight_decay=0.5))
    weights["b"].grad = torch.ones(4, dtype=torch.float64)
    optimiser.step(0.1)
    assert optimiser.tensors().keys() == {"m.b", "v.b"}
    assert torch.equal(weights["W"], parameters()["W"])


def cosine(rest: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * rest))


@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.5])
@pytest.mark.parametrize(
    ("decay", "factor"), [("none", lambda rest: 1.0), ("linear", lambda rest: 1 - rest), ("cosine", cosine)]
)
def test_the_learning_rate_follows_its_formula(decay: str, factor: Callable[[float], float], warmup: float) -> None:
    settings = TrainingSettings.from_dict({"learning_rate": 0.4, "warmup": warmup, "decay": decay}, where="the test")
    for progress in np.linspace(0, 1, 21).tolist():
        rising = progress < warmup
        expected = progress / warmup if rising else factor((progress - warmup) / (1 - warmup))
        assert settings.rate_at(progress) == pytest.approx(0.4 * expected, abs=1e-15)
    assert settings.rate_at(0.0) == (0.0 if warmup else 0.4)
    assert settings.rate_at(1.0) == pytest.approx(0.4 if decay == "none" else 0.0, abs=1e-15)


@pytest.mark.parametrize("largest", [0.5, 3.0, 1e6])
def test_clipping_scales_all_gradients_together(largest: float) -> None:
    weights = parameters()
    for name, weight in weights.items():
        weight.grad = torch.tensor(gradients(3, name)) + 1
    before = np.concatenate([weight.grad.numpy().ravel() for weight in weights.values()])
    clip(weights.values(), largest)
    after = np.concatenate([weight.grad.numpy().ravel() for weight in weights.values()])
    norm = math.sqrt(sum(number**2 for number in before))
    np.testing.assert_allclose(after, before * min(1, largest / norm), rtol=1e-6)


@pytest.mark.parametrize("decay", [0.5, 0.99])
def test_the_average_follows_its_formula(decay: float) -> None:
    weights = parameters()
    average = MovingAverage(weights, decay)
    expected = {name: weight.detach().numpy().copy() for name, weight in weights.items()}
    rng = np.random.default_rng(5)
    for step in range(1, 40):
        with torch.no_grad():
            for weight in weights.values():
                weight += torch.tensor(rng.normal(size=tuple(weight.shape)))
        average.update(average.share(step))
        d = min(decay, (1 + step) / (10 + step))
        for name, weight in weights.items():
            expected[name] = d * expected[name] + (1 - d) * weight.detach().numpy()
    for name in weights:
        np.testing.assert_allclose(average.tensors[name].numpy(), expected[name], rtol=1e-12)
        assert not torch.equal(average.tensors[name], weights[name])
