"""Memory that runs out: the batch is taken in parts, the update stays the same, a person hears of it once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rows import make_rows
from training.runs import PLAIN, SHORT, Steps, train

from recurra.batches import Ragged
from recurra.errors import TrainingError
from recurra.models.network import Network
from recurra.networks.initial import initial_weights
from recurra.networks.settings import NetworkSettings
from recurra.presets import TrainingSettings
from recurra.tasks import MULTI_LABEL, SINGLE_LABEL
from recurra.training.steps.autograd import AutogradStep
from recurra.training.steps.compiled import CompiledStep
from recurra.training.steps.micro_batches import is_out_of_memory, split_batch
from recurra.training.steps.step import EncodedRows

VOCABULARY, CLASSES, COUNT = 40, 3, 40
SMALL = NetworkSettings(cell="gru", hidden=5, embedding=4)
ERRORS: dict[str, Callable[[], Exception]] = {
    "cuda": lambda: torch.OutOfMemoryError("CUDA out of memory. TrialResult to allocate 20 MiB"),
    "cpu": lambda: RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory"),
    "python": MemoryError,
}


def rows(*, several: bool = False) -> EncodedRows:
    rng = np.random.default_rng(0)
    lengths = np.where(rng.random(COUNT) < 0.2, 0, rng.integers(1, 12, COUNT))
    documents = [rng.integers(0, VOCABULARY, length).tolist() for length in lengths]
    targets = rng.random((COUNT, CLASSES)) < 0.4 if several else rng.integers(0, CLASSES, COUNT)
    return EncodedRows(Ragged.from_lists(documents), targets, MULTI_LABEL if several else SINGLE_LABEL)


class Allocator:
    """Fails above so many tokens, wherever the network's states are computed."""

    def __init__(
        self, most: int, monkeypatch: pytest.MonkeyPatch, error: Callable[[], Exception] = MemoryError
    ) -> None:
        self.most, self.error, self.failures = most, error, 0
        states, layer = Network.states, CompiledStep._layer

        def guarded_states(network: Network, batch: Any) -> Any:
            self.check(len(batch.ids))
            return states(network, batch)

        def guarded_layer(step: CompiledStep, number: int, inputs: Any, batch: Any, *rest: Any) -> Any:
            self.check(len(batch.ids))
            return layer(step, number, inputs, batch, *rest)

        monkeypatch.setattr(Network, "states", guarded_states)
        monkeypatch.setattr(CompiledStep, "_layer", guarded_layer)

    def check(self, tokens: int) -> None:
        if tokens > self.most:
            self.failures += 1
            raise self.error()


def trained(
    kind: type[CompiledStep | AutogradStep],
    shape: NetworkSettings,
    training: TrainingSettings,
    told: Steps | None = None,
    *,
    several: bool = False,
) -> tuple[dict[str, Any], list[Any]]:
    """The weights after some steps, taken in parts where someone listens."""
    network = Network(shape, initial_weights(shape, rows=VOCABULARY, classes=CLASSES, seed=1))
    network.place("cpu", seed=2)
    data = rows(several=several)
    step = kind(network, data, training, say=told.on_message if told else lambda message: None)
    gradient = step.micro_batches.gradient if told else step.gradient
    rng, found = np.random.default_rng(3), []
    for _ in range(8):
        found.append(gradient(rng.integers(0, COUNT, 12)))
        step.update(0.01)
    step.flush()
    return network.arrays(), found


# A large epsilon: Adam's first steps divide a gradient by its own size, and so show the rounding of those near zero.
STEADY = TrainingSettings(epsilon=1e-3)
WEIGHED = STEADY.replace(class_weights="balanced", label_smoothing=0.1, clip=0.5)


@pytest.mark.parametrize(
    ("kind", "shape", "training"),
    [
        (AutogradStep, SMALL, STEADY),
        (AutogradStep, SMALL.replace(every_step=0.4, bidirectional=True), WEIGHED),
        (AutogradStep, SMALL.replace(every_step=0.4, masked=False), WEIGHED.replace(loss="focal")),
        (AutogradStep, SMALL.replace(pooling=["attention"]), WEIGHED.replace(optimiser="keras_adam")),
        (AutogradStep, SMALL.replace(input="one_hot"), STEADY.replace(optimiser="adamw", weight_decay=0.01)),
        (CompiledStep, SMALL, STEADY),
        (CompiledStep, SMALL.replace(masked=False, layers=2), WEIGHED.replace(optimiser="sparse_adam")),
        (
            CompiledStep,
            SMALL.replace(pooling=["max", "mean"], bidirectional=True),
            WEIGHED.replace(optimiser="keras_adam"),
        ),
        (CompiledStep, SMALL, WEIGHED.replace(loss="focal", focal_gamma=1.5)),
    ],
)
def test_the_update_is_that_of_the_whole_batch(
    kind: type[CompiledStep | AutogradStep],
    shape: NetworkSettings,
    training: TrainingSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected, whole = trained(kind, shape, training)
    told = Steps()
    # Twelve documents have some 55 tokens, or 132 where pads are read.
    allocator = Allocator(25, monkeypatch)
    found, parted = trained(kind, shape, training, told)
    assert allocator.failures > 0
    assert len(told.messages) == 1
    for mine, other in zip(parted, whole, strict=True):
        assert mine.loss == pytest.approx(other.loss, abs=1e-5)
        assert (mine.correct, mine.non_finite) == (other.correct, other.non_finite)
    for name, weight in expected.items():
        np.testing.assert_allclose(found[name], weight, rtol=0, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("kind", [AutogradStep, CompiledStep])
def test_several_labels_a_row_are_a_mean_over_rows(
    kind: type[CompiledStep | AutogradStep], monkeypatch: pytest.MonkeyPatch
) -> None:
    training = STEADY.replace(class_weights="balanced")
    shape = SMALL.replace(every_step=0.3) if kind is AutogradStep else SMALL
    expected, _ = trained(kind, shape, training, several=True)
    Allocator(25, monkeypatch)
    found, _ = trained(kind, shape, training, Steps(), several=True)
    for name, weight in expected.items():
        np.testing.assert_allclose(found[name], weight, rtol=0, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("kind", [AutogradStep, CompiledStep])
@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_what_was_too_much_is_remembered(
    kind: type[CompiledStep | AutogradStep], error: Callable[[], Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    allocator, told = Allocator(30, monkeypatch, error), Steps()
    trained(kind, SMALL, STEADY, told)
    # Eight batches: the first that is too large is halved once or twice, and no later one fails.
    assert 1 <= allocator.failures <= 3
    (message,) = told.messages
    assert message.startswith("Memory runs out on a batch of 12 documents")


@pytest.mark.parametrize("kind", [AutogradStep, CompiledStep])
def test_a_single_document_that_does_not_fit_is_an_error(
    kind: type[CompiledStep | AutogradStep], monkeypatch: pytest.MonkeyPatch
) -> None:
    Allocator(5, monkeypatch)
    with pytest.raises(TrainingError, match=r"a single document of \d+ tokens .*Cut the longest texts"):
        trained(kind, SMALL, STEADY, Steps())


def test_dropout_goes_on_from_the_same_numbers_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that fails halfway must not have used up random numbers."""
    shape = SMALL.replace(dropout=0.3, word_dropout=0.2)
    for kind in (AutogradStep, CompiledStep):
        with monkeypatch.context() as patch:
            Allocator(25, patch)
            one, _ = trained(kind, shape, STEADY, Steps())
        with monkeypatch.context() as patch:
            Allocator(25, patch)
            again, _ = trained(kind, shape, STEADY, Steps())
        assert all(np.array_equal(one[name], again[name]) for name in one)
        assert all(np.isfinite(weight).all() for weight in one.values())


def test_another_error_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    Allocator(5, monkeypatch, lambda: RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        trained(AutogradStep, SMALL, STEADY, Steps())
    assert not is_out_of_memory(ValueError("out of memory"))


@given(st.lists(st.integers(0, 30), min_size=1, max_size=20), st.integers(1, 60))
def test_parts_hold_every_document_once_in_order_and_no_more_tokens(tokens: list[int], most: int) -> None:
    indices, counts = np.arange(len(tokens)) + 7, np.array(tokens)
    parts = split_batch(indices, counts, most)
    assert np.concatenate(parts).tolist() == indices.tolist()
    for part in parts:
        assert len(part) == 1 or counts[part - 7].sum() <= most


def test_a_run_goes_on_and_says_so_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = make_rows(48)
    expected = train(rows=data, network=PLAIN, training=SHORT.replace(epsilon=1e-3))
    told = Steps()
    Allocator(40, monkeypatch)
    found = train(tmp_path / "run", rows=data, network=PLAIN, training=SHORT.replace(epsilon=1e-3), callbacks=[told])
    assert [message[:15] for message in told.messages] == ["Memory runs out"]
    for name, weight in expected.bundle.tensors.items():
        np.testing.assert_allclose(found.bundle.tensors[name], weight, rtol=0, atol=1e-4, err_msg=name)


def test_nobody_need_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    Allocator(40, monkeypatch)
    assert train(rows=make_rows(24), callbacks=[]).outcome.steps == 6
