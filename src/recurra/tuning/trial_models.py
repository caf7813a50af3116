"""The models of trials: trained, scored on rows that chose nothing, and the best of them kept in the folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from recurra.atomic import write_atomically
from recurra.bundle import int8_bundle
from recurra.data.model_columns import ModelColumns
from recurra.presets import Recipe
from recurra.runtime import Model
from recurra.training.fit import fit_prepared
from recurra.training.held_out import scores_of
from recurra.training.prepare import TrainingData
from recurra.training.record import FitResult, Provenance, write_run
from recurra.training.run import RunOptions
from recurra.tuning.callbacks import TrialCallback
from recurra.tuning.limits import StudyLimits
from recurra.tuning.recipe_toml import recipe_toml
from recurra.tuning.results import TrialResult
from recurra.tuning.rows import StudyRows
from recurra.tuning.space import with_parameters

__all__ = ["BEST", "TrialModels"]

BEST = "best.toml"
"""The recipe of the best trial, for ``recurra train --model``."""


class TrialModels:
    """Trains the models of a study's trials.

    Args:
        rows: what they learn from.
        recipe: recipe of the first trial.
        folder: where the best is kept.
        limits: how the file holds the weights.
        run: where they compute.
        columns: names of the columns of the rows, for the record.
    """

    def __init__(
        self,
        rows: StudyRows,
        recipe: Recipe,
        folder: Path,
        limits: StudyLimits,
        *,
        run: RunOptions,
        columns: ModelColumns | None = None,
    ) -> None:
        self._rows, self._recipe, self._folder, self._limits = rows, recipe, folder, limits
        self._run, self._columns = run, columns

    def trained(self, number: int, recipe: Recipe, prepared: TrainingData, callback: TrialCallback) -> FitResult:
        """Trains a trial's model; its record says which trial it is.

        Raises:
            TrainingError: the training could not go on.
        """
        choice = self._rows.choice
        fitted = fit_prepared(
            prepared,
            recipe=recipe,
            run=self._run,
            provenance=Provenance(
                tokens=choice if choice and choice.tokens == recipe.text.tokens else None, columns=self._columns
            ),
            callbacks=[callback],
        )
        study = {"trial": number, "seed": recipe.training.seed, "set_aside": len(self._rows.aside)}
        bundle = replace(fitted.bundle, record={**fitted.bundle.record, "tuning": study})
        return replace(fitted, bundle=int8_bundle(bundle) if self._limits.int8 else bundle)

    def scored(self, fitted: FitResult) -> tuple[FitResult, dict[str, float]]:
        """Scores a model, as its file will hold it, on the rows set aside; they stand in its record, too."""
        answers = Model(fitted.bundle).predict_proba(self._rows.aside)
        task = fitted.bundle.task
        found = task.evaluate(answers, self._rows.aside_targets, self._rows.classes.classes)
        aside, record = scores_of(task, found), fitted.bundle.record
        scores = {**record["scores"], "set_aside": aside}
        return replace(fitted, bundle=replace(fitted.bundle, record={**record, "scores": scores})), aside

    def keep(self, fitted: FitResult, number: int, recipe: Recipe) -> None:
        """Puts the best model into the folder; a kill at any moment leaves the one before or this one."""
        write_run(self._folder, fitted.bundle, fitted.outcome)
        self.keep_recipe(number, recipe)

    def keep_recipe(self, number: int, recipe: Recipe) -> None:
        """Puts the best trial's recipe into the folder."""
        about = f"Trial {number} of a study around {self._recipe.name}."
        write_atomically(self._folder / BEST, recipe_toml(replace(recipe, about=about)).encode())

    def again(self, best: TrialResult, callback: TrialCallback) -> None:
        """Trains the best model once more, where the folder does not have it."""
        recipe = with_parameters(self._recipe, best.settings)
        prepared = self._rows.prepared(recipe, self._limits)
        if prepared is not None:
            fitted, _ = self.scored(self.trained(best.number, recipe, prepared, callback))
            self.keep(fitted, best.number, recipe)
