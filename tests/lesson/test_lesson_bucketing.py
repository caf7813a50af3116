"""Batches of like length: the padding counted by hand, the time from trainings that only say how long they took."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from recurra.data.datasets import Dataset
from recurra.lesson import bucketing
from recurra.lesson.bucketing import measure_bucketing, padding_share
from recurra.networks.initial import initial_weights
from recurra.presets import load_preset


def test_padding_is_counted_as_batches_are_cut() -> None:
    settings = load_preset("lesson/gru").training
    lengths = np.random.default_rng(0).integers(1, 60, 1000)
    shares = []
    for way in (False, True):
        chosen = settings.replace(bucketing=way)
        pads = sum(
            int(lengths[batch].max()) - int(lengths[row])
            for batch in bucketing.epoch_batches(lengths, chosen, 0)
            for row in batch
        )
        shares.append(padding_share(lengths, chosen))
        assert shares[-1] == pytest.approx(pads / (pads + lengths.sum()))
    assert shares[1] < shares[0] / 4


@pytest.mark.parametrize(
    ("lengths", "batch_size", "share"),
    [
        ([4, 4, 4, 4], 2, 0.0),
        ([1, 3], 2, 2 / 6),
        ([9], 5, 0.0),
        ([0, 10], 2, 10 / 20),
        ([1, 2, 3, 4], 4, 6 / 16),
        ([1, 2, 3, 4], 1, 0.0),
    ],
)
def test_padding_of_few_documents(lengths: list[int], batch_size: int, share: float) -> None:
    settings = load_preset("lesson/gru").training.replace(batch_size=batch_size)
    assert padding_share(np.array(lengths), settings) == pytest.approx(share)


class Training:
    """What the lesson would train, told of and not done; the seconds that it took come from a list."""

    seconds: list[float]
    begun: list[Training]

    def __init__(self, network: Any, rows: Any, validation: Any, settings: Any) -> None:
        self.rows, self.validation, self.settings = rows, validation, settings
        self.weights = network.arrays()
        self.begun.append(self)

    def run(self) -> Any:
        return SimpleNamespace(seconds=self.seconds[len(self.begun) - 1])


def test_trainings_take_turns_from_the_same_weights_and_medians_are_told(
    trained: Any, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = trained["gru"]
    monkeypatch.setattr(bucketing, "SAMPLE", 50)
    monkeypatch.setattr(bucketing, "Trainer", Training)
    # Without and with bucketing, in turn.
    monkeypatch.setattr(Training, "seconds", [5.0, 2.0, 1.0, 8.0, 9.0, 3.0], raising=False)
    monkeypatch.setattr(Training, "begun", [], raising=False)
    ways, documents = measure_bucketing(one, tiny.train, seed=4, device="cpu")
    assert [(way.bucketing, way.seconds) for way in ways] == [(False, 5.0), (True, 3.0)]
    assert documents == 50
    begun = Training.begun
    assert [training.settings.bucketing for training in begun] == [False, True] * 3
    fresh = initial_weights(one.model.settings, rows=20_000, classes=2, seed=4)
    ids = one.model.bundle.pipeline.encode(tiny.train.documents[:50])
    for training in begun:
        settings = training.settings
        assert (settings.epochs, settings.seed, settings.validation, settings.patience) == (1, 4, 0.0, 0)
        assert (settings.batch_size, settings.optimiser) == (8, "keras_adam")
        assert training.validation is None
        assert [list(document) for document in training.rows.documents] == [list(document) for document in ids]
        assert training.weights.keys() == fresh.keys()
        assert all(np.array_equal(training.weights[name], array) for name, array in fresh.items())
    lengths = np.array([len(f"{title} {text}".split()) for title, text in tiny.train.documents])
    record = one.model.bundle.record["training"]
    assert [way.padding for way in ways] == [
        padding_share(lengths, load_preset("lesson/gru").training.replace(
            bucketing=way, seed=4, batch_size=record["batch_size"], validation=0.0))
        for way in (False, True)
    ]  # fmt: skip


def test_a_real_measurement_leaves_the_network_alone(trained: Any, tiny: Dataset) -> None:
    one = trained["simple-rnn-masked"]
    before = {name: array.copy() for name, array in one.model.bundle.tensors.items()}
    ways, documents = measure_bucketing(one, tiny.train, seed=0, device="cpu")
    assert documents == len(tiny.train)
    assert all(0 < way.seconds < 60 for way in ways)
    assert ways[1].padding < ways[0].padding
    assert all(np.array_equal(one.model.bundle.tensors[name], array) for name, array in before.items())
