"""Training and scoring one of the lesson's networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.bench.memory import forget_peak, peak_megabytes
from recurra.data.datasets import Dataset
from recurra.data.documents import Document, Label
from recurra.data.table import Table
from recurra.evaluation import Evaluation
from recurra.evaluation.single_label_scores import SingleLabelRowScores
from recurra.lesson.callback import LessonCallback
from recurra.presets import load_preset
from recurra.runtime import Model
from recurra.training.fit import FitResult, RunOptions, fit

__all__ = ["TrainedModel", "score", "train_and_score"]

# Largest number of rows for the training accuracy: enough for half a percent.
TRAIN_SAMPLE = 10_000


@dataclass(frozen=True)
class TrainedModel:
    """A trained network with its scores.

    Attributes:
        preset: name of the preset.
        model: the trained model.
        fitted: the result of the training.
        peak_mb: peak memory during training in MB, or ``None``.
        train_accuracy: accuracy on the first training rows, at most 10,000.
        test: scores on the test rows.
        probabilities: float32[B, C] on the test rows.
    """

    preset: str
    model: Model
    fitted: FitResult
    peak_mb: float | None
    train_accuracy: float
    test: Evaluation
    probabilities: npt.NDArray[np.float32]

    @property
    def short_name(self) -> str:
        """The preset without its folder: ``lstm``."""
        return self.preset.rpartition("/")[2]

    @property
    def docs_per_second(self) -> float:
        """Training throughput in documents a second."""
        return self.fitted.outcome.documents / max(self.fitted.outcome.seconds, 1e-9)


def train_and_score(
    title: str,
    preset_name: str,
    data: Dataset,
    *,
    epochs: int,
    seed: int,
    callback: LessonCallback,
    device: str = "auto",
    options: dict[str, Any] | None = None,
) -> TrainedModel:
    """Trains a preset on a data set and scores it.

    Args:
        title: name of the training for the callback.
        preset_name: name of the preset.
        data: rows to train and to score on.
        epochs: number of passes over the training rows.
        seed: seed of the run.
        callback: called with the progress.
        device: device to train on, as in :func:`recurra.training.fit.fit`.
        options: settings that differ from the preset's.

    Raises:
        KeyboardInterrupt: the user stopped the training: its scores would not be comparable.
    """
    preset = load_preset(preset_name).with_options({"epochs": epochs, "seed": seed, **(options or {})})
    documents, labels = documents_and_labels(data.train)
    forget_peak()
    fitted = fit(
        documents,
        labels,
        recipe=preset,
        run=RunOptions(device=device),
        callbacks=[callback.training_callback(title)],
    )
    if fitted.outcome.interrupted:
        raise KeyboardInterrupt
    peak = peak_megabytes()
    model = Model(fitted.bundle)
    probabilities = model.predict_proba(data.test.documents)
    known = [row for row, one in enumerate(documents) if isinstance(one, str) or one[0] or preset.text.field == "all"]
    sample = known[:TRAIN_SAMPLE]
    right = model.predict([documents[row] for row in sample]) == np.asarray([labels[row] for row in sample])
    return TrainedModel(
        preset=preset_name,
        model=model,
        fitted=fitted,
        peak_mb=peak,
        train_accuracy=float(np.mean(right)),
        test=score(model, probabilities, data.test),
        probabilities=probabilities,
    )


def documents_and_labels(table: Table) -> tuple[Sequence[Document], list[Label]]:
    """A table's documents and labels. The tables of named sets have labels."""
    return table.documents, list(table.labels or ())


def score(model: Model, probabilities: npt.NDArray[np.float32], table: Table) -> Evaluation:
    """Scores probabilities against a table's labels."""
    targets = model.bundle.labels.encode(documents_and_labels(table)[1])
    return SingleLabelRowScores(probabilities, targets, model.bundle.labels.classes).evaluate()
