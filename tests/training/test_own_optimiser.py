"""An optimiser of a user's own, as CONTRIBUTING says: registered, trained with, resumed; its rule is exact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from training.runs import PLAIN, SHORT, Steps, train

from recurra.errors import SettingsError, TrainingError
from recurra.presets import TrainingSettings
from recurra.presets.training_settings import OPTIMISERS
from recurra.training.optimisers import KINDS, TorchOptimiser, kind_of, register


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023 (arXiv 2302.06675), algorithm 2: the sign of a mean is the move."""

    def __init__(self, weights: Iterable[torch.nn.Parameter], lr: float) -> None:
        super().__init__(weights, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            for weight in group["params"]:
                mean = self.state[weight].setdefault("mean", torch.zeros_like(weight))
                weight.sub_(group["lr"] * torch.sign(0.9 * mean + 0.1 * weight.grad))
                mean.mul_(0.99).add_(weight.grad, alpha=0.01)


class OwnLion(TorchOptimiser):
    def build(self, weights: Iterable[torch.nn.Parameter], settings: TrainingSettings) -> torch.optim.Optimizer:
        return Lion(weights, lr=settings.learning_rate)


class Momentum(TorchOptimiser):
    def build(self, weights: Iterable[torch.nn.Parameter], settings: TrainingSettings) -> torch.optim.Optimizer:
        return torch.optim.SGD(weights, lr=settings.learning_rate, momentum=0.9)


class Late(torch.optim.Optimizer):
    """Keeps a mean from its third step on, a number for each weight and one for all."""

    def __init__(self, weights: Iterable[torch.nn.Parameter], lr: float) -> None:
        super().__init__(weights, {"lr": lr, "seen": 0})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            group["seen"] += 1
            for weight in group["params"]:
                state = self.state[weight]
                state["norm"] = state.get("norm", 0.0) + float(weight.grad.norm())
                move = weight.grad / (1.0 + state["norm"] / group["seen"])
                if group["seen"] > 2:
                    move = move + state.setdefault("mean", torch.zeros_like(weight)).mul_(0.9).add_(weight.grad)
                weight.sub_(group["lr"] * move)


class OwnLate(TorchOptimiser):
    def build(self, weights: Iterable[torch.nn.Parameter], settings: TrainingSettings) -> torch.optim.Optimizer:
        return Late(weights, lr=settings.learning_rate)


OWN = {"lion": OwnLion, "momentum": Momentum, "late": OwnLate}


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    for name, kind in OWN.items():
        register(name, kind)
    yield
    for name in OWN:
        del KINDS[name], OPTIMISERS[name]


def test_its_rule_is_the_one_written() -> None:
    """Against the formulas, in float64 by hand, over four steps of other gradients and rates."""
    rng = np.random.default_rng(0)
    for name in ("lion", "momentum"):
        weight = torch.nn.Parameter(torch.from_numpy(rng.normal(size=(3, 4)).astype(np.float32)))
        expected, mean = weight.detach().double().numpy().copy(), np.zeros((3, 4))
        settings = TrainingSettings(optimiser=name)
        optimiser = kind_of(settings)({"W": weight}, settings)
        for rate in (0.1, 0.05, 0.2, 0.01):
            gradient = rng.normal(size=(3, 4))
            optimiser.zero_grad()
            weight.grad = torch.from_numpy(gradient.astype(np.float32))
            optimiser.step(rate)
            if name == "lion":
                expected -= rate * np.sign(0.9 * mean + 0.1 * gradient)
                mean = 0.99 * mean + 0.01 * gradient
            else:
                mean = 0.9 * mean + gradient
                expected -= rate * mean
        np.testing.assert_allclose(weight.detach().numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("name", OWN)
def test_a_run_with_it_learns_and_goes_on_bit_for_bit(tmp_path: Path, name: str) -> None:
    training = SHORT.replace(optimiser=name, learning_rate={"lion": 0.01}.get(name, 0.3), epochs=12, clip=1.0)

    class Stop(Steps):
        def should_stop(self) -> bool:
            return self.steps >= 11

    whole = train(tmp_path / "whole", training=training)
    first, last = (whole.outcome.history.training[place].loss for place in (0, -1))
    assert last < 0.7 * first
    train(tmp_path / "parts", training=training, callbacks=[Stop()])
    rest = Steps()
    again = train(tmp_path / "parts", training=training, resume=True, callbacks=[rest])
    assert rest.began[1] > 0
    assert whole.bundle.record["training"]["optimiser"] == name
    for key, tensor in whole.bundle.tensors.items():
        np.testing.assert_array_equal(again.bundle.tensors[key], tensor, err_msg=key)


def test_a_checkpoint_without_its_state_is_refused_in_one_line(tmp_path: Path) -> None:
    class Stop(Steps):
        def should_stop(self) -> bool:
            return self.steps >= 3

    training = SHORT.replace(optimiser="momentum")
    train(tmp_path / "run", training=training, callbacks=[Stop()])
    register("momentum", OwnLion)
    with pytest.raises(TrainingError, match=r"cannot be read: the tensor optimiser\.mean\.\S+ is missing"):
        train(tmp_path / "run", training=training, resume=True)


def test_what_cannot_be_registered_and_what_is_unknown() -> None:
    with pytest.raises(SettingsError, match="The optimiser 'adam' is built in"):
        register("adam", OwnLion)
    with pytest.raises(SettingsError, match=r"optimiser is 'lyon'.*Did you mean lion\?.*Register your own first"):
        SHORT.replace(optimiser="lyon")
    with pytest.raises(SettingsError, match=r"weight_decay is 0\.1 with lion"):
        SHORT.replace(optimiser="lion", weight_decay=0.1)


def test_empty_documents_alone_move_what_they_reach() -> None:
    """The weights that have no gradient have one of zero: momentum goes on."""
    fitted = train(
        rows=([("", "")] * 8 + [("", "a b"), ("", "b a")], ["x", "y"] * 5),
        network=PLAIN,
        training=SHORT.replace(optimiser="momentum", batch_size=2),
    )
    assert all(np.isfinite(tensor).all() for tensor in fitted.bundle.tensors.values())


def test_what_is_no_optimiser_is_refused_before_training() -> None:
    with pytest.raises(SettingsError, match=r"has no method tensors.*TorchOptimiser"):
        register("adagrad", torch.optim.Adagrad)  # type: ignore[arg-type]

    class Nothing(TorchOptimiser):
        def build(self, weights: Iterable[torch.nn.Parameter], settings: TrainingSettings) -> Any:
            return None

    register("late", Nothing)
    with pytest.raises(SettingsError, match=r"Nothing\.build returned None.*torch\.optim\.Optimizer"):
        train(training=SHORT.replace(optimiser="late"))


def test_a_state_that_no_checkpoint_can_hold_is_named(tmp_path: Path) -> None:
    class Lists(torch.optim.SGD):
        def step(self, closure: Any = None) -> None:
            super().step(closure)
            for weight in self.param_groups[0]["params"]:
                self.state[weight].setdefault("all", []).append(1)

    class Own(TorchOptimiser):
        def build(self, weights: Iterable[torch.nn.Parameter], settings: TrainingSettings) -> torch.optim.Optimizer:
            return Lists(weights, lr=settings.learning_rate)

    register("late", Own)
    with pytest.raises(SettingsError, match="keeps list as 'all' of a weight"):
        train(tmp_path / "run", training=SHORT.replace(optimiser="late"))


def test_every_name_has_its_class() -> None:
    assert KINDS.keys() == OPTIMISERS.keys()
