"""Looking at a run does not change it: checks, kept weights and resuming leave every bit as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from training.runs import SHORT, train

import recurra
from recurra.training.loop import Trainer
from recurra.training.run import MODEL


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "keras_adam", "sparse_adam"])
def test_keeping_weights_at_any_step_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimiser: str
) -> None:
    training = SHORT.replace(optimiser=optimiser, batch_size=2, epochs=2)
    train(tmp_path / "some", training=training)

    def before(self: Trainer, *arguments: object) -> None:
        self.good = None
        step(self, *arguments)

    step = Trainer._run_steps
    monkeypatch.setattr(Trainer, "_run_steps", before)
    train(tmp_path / "every", training=training)
    some, every = (recurra.load(tmp_path / name / MODEL).bundle.tensors for name in ("some", "every"))
    assert some.keys() == every.keys()
    for name in some:
        np.testing.assert_array_equal(some[name], every[name], err_msg=name)
