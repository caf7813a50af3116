"""The models of trials: trained, scored on rows that chose nothing, and the best of them kept in the folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from recurra.atomic import write_atomically
from recurra.bundle import int8_bundle
from recurra.presets import Preset
from recurra.runtime import Model
from recurra.tasks import Scores, Task
from recurra.training import answering
from recurra.training.fit import fit_prepared
from recurra.training.prepare import Prepared
from recurra.training.record import Fitted, write_run
from recurra.tuning.callbacks import TrialCallback
from recurra.tuning.limits import Limits
from recurra.tuning.results import Tried
from recurra.tuning.rows import StudyRows
from recurra.tuning.space import with_parameters
from recurra.tuning.toml import preset_toml

__all__ = ["BEST", "Models", "scores_of"]

BEST = "best.toml"
"""The preset of the best trial, for ``recurra train --model``."""


class Models:
    """Trains the models of a study's trials.

    Args:
        rows: what they learn from.
        preset: of the first trial.
        folder: where the best is kept.
        limits: how the file holds the weights.
        engine: of the recurrence.
        device: where to.
    """

    def __init__(
        self,
        rows: StudyRows,
        preset: Preset,
        folder: Path,
        limits: Limits,
        *,
        engine: str,
        device: torch.device,
    ) -> None:
        self._rows, self._preset, self._folder, self._limits = rows, preset, folder, limits
        self._engine, self._device = engine, device

    def trained(self, number: int, preset: Preset, prepared: Prepared, callback: TrialCallback) -> Fitted:
        """Trains a trial's model; its record says which trial it is.

        Raises:
            TrainingError: the training could not go on.
        """
        choice = self._rows.choice
        fitted = fit_prepared(
            prepared,
            network=preset.network,
            training=preset.training,
            preset=preset.name,
            engine=self._engine,
            device=self._device,
            callbacks=[callback],
            choice=choice if choice and choice.tokens == preset.text.tokens else None,
        )
        study = {"trial": number, "seed": preset.training.seed, "set_aside": len(self._rows.aside)}
        bundle = replace(fitted.bundle, record={**fitted.bundle.record, "tuning": study})
        return replace(fitted, bundle=int8_bundle(bundle) if self._limits.int8 else bundle)

    def scored(self, fitted: Fitted) -> tuple[Fitted, dict[str, float] | None]:
        """Scores a model, as its file will hold it, on the rows set aside; they stand in its record, too."""
        answers = Model(fitted.bundle).predict_proba(self._rows.aside)
        task = fitted.bundle.task
        found = task.evaluate(answers, self._rows.aside_targets, self._rows.classes.classes)
        aside, record = scores_of(task, found), fitted.bundle.record
        scores = {**record["scores"], "set_aside": aside}
        return replace(fitted, bundle=replace(fitted.bundle, record={**record, "scores": scores})), aside

    def keep(self, fitted: Fitted, number: int, preset: Preset) -> None:
        """Puts the best model into the folder; a kill at any moment leaves the one before or this one."""
        write_run(self._folder, fitted.bundle, fitted.outcome)
        about = f"Trial {number} of a study around {self._preset.name}."
        write_atomically(self._folder / BEST, preset_toml(replace(preset, about=about)).encode())

    def again(self, best: Tried, callback: TrialCallback) -> None:
        """Trains the best model once more, where the folder does not have it."""
        preset = with_parameters(self._preset, best.settings)
        prepared = self._rows.prepared(preset, self._limits)
        if prepared is not None:
            fitted, _ = self.scored(self.trained(best.number, preset, prepared, callback))
            self.keep(fitted, best.number, preset)


def scores_of(task: Task, validation: Scores | None) -> dict[str, float] | None:
    """The scores that a trial keeps."""
    return answering.scores_of(task, validation) or None
