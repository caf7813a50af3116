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
from recurra.evaluation import Evaluation, evaluate
from recurra.lesson.monitor import LessonMonitor
from recurra.presets import load_preset
from recurra.runtime import Model
from recurra.training.fit import FitResult, RunOptions, fit

__all__ = ["Trained", "score", "train_one"]

# Training rows that the accuracy on known rows is measured on, at most: enough for half a percent.
TRAIN_SAMPLE = 10_000


@dataclass(frozen=True)
class Trained:
    """One trained network and how it fares.

    Attributes:
        preset: its name.
        model: predicts.
        fitted: how the training went.
        peak_mb: memory at its peak during training, or ``None``.
        train_accuracy: on the first training rows, 10,000 at most.
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
        """Documents trained on in a second of training steps."""
        return self.fitted.outcome.documents / max(self.fitted.outcome.seconds, 1e-9)


def train_one(
    title: str,
    preset_name: str,
    data: Dataset,
    *,
    epochs: int,
    seed: int,
    monitor: LessonMonitor,
    device: str = "auto",
    options: dict[str, Any] | None = None,
) -> Trained:
    """Trains a preset on a set and scores it.

    Args:
        title: what to call the network.
        preset_name: of the preset.
        data: rows to train and to score on.
        epochs: passes over the training rows.
        seed: of the run.
        monitor: hears of the progress.
        device: where the network learns, as in :func:`recurra.training.fit.fit`.
        options: settings that differ from the preset's.

    Raises:
        KeyboardInterrupt: a person stopped the training; half of it would tell nothing.
    """
    preset = load_preset(preset_name).with_options({"epochs": epochs, "seed": seed, **(options or {})})
    documents, labels = labelled(data.train)
    forget_peak()
    fitted = fit(
        documents,
        labels,
        recipe=preset,
        run=RunOptions(device=device),
        callbacks=[monitor.stage(title)],
    )
    if fitted.outcome.interrupted:
        raise KeyboardInterrupt
    peak = peak_megabytes()
    model = Model(fitted.bundle)
    probabilities = model.predict_proba(data.test.documents)
    known = [row for row, one in enumerate(documents) if isinstance(one, str) or one[0] or preset.text.field == "all"]
    sample = known[:TRAIN_SAMPLE]
    right = model.predict([documents[row] for row in sample]) == np.asarray([labels[row] for row in sample])
    return Trained(
        preset=preset_name,
        model=model,
        fitted=fitted,
        peak_mb=peak,
        train_accuracy=float(np.mean(right)),
        test=score(model, probabilities, data.test),
        probabilities=probabilities,
    )


def labelled(table: Table) -> tuple[Sequence[Document], list[Label]]:
    """A table's documents and labels; named sets have labels."""
    return table.documents, list(table.labels or ())


def score(model: Model, probabilities: npt.NDArray[np.float32], table: Table) -> Evaluation:
    """Scores probabilities against a table's labels."""
    targets = model.bundle.labels.encode(labelled(table)[1])
    return evaluate(probabilities, targets, model.classes_)
