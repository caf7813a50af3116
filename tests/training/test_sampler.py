"""The balanced sampler: classes alike, nothing lost, the same rows for a seed and an epoch, and after a resume."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rows import make_rows
from training.runs import PLAIN, SHORT, Steps, train

from recurra.batches import Ragged, balanced_rows
from recurra.batches.epochs import epoch_batches
from recurra.errors import SettingsError
from recurra.presets import TrainingSettings
from recurra.training.steps.device_batches import DeviceBatches
from recurra.training.steps.step import EncodedRows

TARGETS = np.array([0] * 50 + [1] * 7 + [3] * 4)
BALANCED = TrainingSettings(sampler="balanced", batch_size=5, bucketing=True, seed=3)


class StopsAt(Steps):
    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step

    def count_step(self, documents: int, loss: float) -> None:
        super().count_step(documents, loss)
        if self.steps == self.step:
            signal.raise_signal(signal.SIGINT)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.integers(0, 1000))
def test_every_class_has_its_share_and_no_row_comes_early_again(classes: list[int], seed: int) -> None:
    targets = np.array(classes)
    drawn = balanced_rows(targets, np.random.default_rng(seed))
    assert len(drawn) == len(targets)
    found = np.bincount(targets[drawn], minlength=6)
    present = np.bincount(targets, minlength=6) > 0
    assert not found[~present].any()
    assert found[present].max() - found[present].min() <= 1
    times = np.bincount(drawn, minlength=len(targets))
    for one in np.flatnonzero(present):
        of_class = times[targets == one]
        assert of_class.max() - of_class.min() <= 1


def test_in_expectation_classes_and_their_rows_are_alike() -> None:
    times = np.zeros(len(TARGETS))
    for seed in range(3000):
        times += np.bincount(balanced_rows(TARGETS, np.random.default_rng(seed)), minlength=len(TARGETS))
    mean = times / 3000
    for one, rows in ((0, 50), (1, 7), (3, 4)):
        # 61 rows over three classes.
        assert mean[one == TARGETS].sum() == pytest.approx(61 / 3, abs=0.05)
        assert mean[one == TARGETS] == pytest.approx(np.full(rows, 61 / 3 / rows), rel=0.06)


def test_batches_follow_from_seed_and_epoch_and_keep_bucketing() -> None:
    lengths = np.random.default_rng(0).integers(1, 40, len(TARGETS))
    one, again, other = (epoch_batches(lengths, BALANCED, epoch, TARGETS) for epoch in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not np.array_equal(np.concatenate(one), np.concatenate(other))
    assert [len(batch) for batch in one].count(5) == 12
    plain = epoch_batches(lengths, BALANCED.replace(bucketing=False), 1, TARGETS)
    spreads = [np.mean([np.ptp(lengths[batch]) for batch in batches]) for batches in (one, plain)]
    assert spreads[0] < spreads[1] / 3


def test_a_run_that_was_stopped_goes_on_to_the_bit(tmp_path: Path) -> None:
    training = SHORT.replace(sampler="balanced", epochs=3)
    documents, labels = make_rows(60)
    rows = documents[:40], ["rare" if place % 10 == 0 else label for place, label in enumerate(labels[:40])]
    whole = train(rows=rows, network=PLAIN, training=training)
    stopped = train(tmp_path / "run", rows=rows, network=PLAIN, training=training, callbacks=[StopsAt(7)])
    assert (stopped.outcome.interrupted, stopped.outcome.steps) == (True, 7)
    resumed = train(tmp_path / "run", rows=rows, network=PLAIN, training=training, resume=True)
    for name, weight in whole.bundle.tensors.items():
        assert np.array_equal(weight, resumed.bundle.tensors[name]), name
    shuffled = train(rows=rows, network=PLAIN, training=training.replace(sampler="shuffle"))
    assert not np.array_equal(shuffled.bundle.tensors["b_O"], whole.bundle.tensors["b_O"])


def test_a_plan_on_a_device_has_room_for_a_long_row_that_repeats() -> None:
    rows = EncodedRows(Ragged.from_lists([[2] * 300, [3], [4]]), np.array([0, 1, 1]))
    plan = DeviceBatches(
        rows, documents=3, masked=True, numbers=1, fitting=True, device=torch.device("cpu"), repeats=True
    )
    (room,) = plan.fill([np.array([0, 0, 0])], np.zeros((1, 1), dtype=np.float32))
    batch, targets = plan.batch(room)
    assert int(batch.starts[-1]) == 900
    assert targets.tolist() == [0, 0, 0]


def test_it_does_not_go_with_class_weights() -> None:
    with pytest.raises(SettingsError, match="count rare classes twice"):
        TrainingSettings(sampler="balanced", class_weights="balanced")
