"""What a run tells its model's record for the card, and the card beside the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from recurra.atomic import write_atomically
from recurra.bundle import Bundle, digest_of
from recurra.card import model_card
from recurra.tasks import Scores, Task
from recurra.text.vocabulary import UNKNOWN_ID
from recurra.training.answering import scores_of
from recurra.training.files import CARD, MODEL
from recurra.training.loop import Outcome
from recurra.training.prepare import Prepared

__all__ = ["for_the_card", "write_card"]


def for_the_card(prepared: Prepared, task: Task, validation: Scores | None, outcome: Outcome) -> dict[str, Any]:
    """Parts of the record: rows and scores of each class, intervals, accuracy in training, unknown tokens.

    Args:
        prepared: what was trained on.
        task: what was learned.
        validation: scores on the rows held out.
        outcome: of the training.
    """
    classes, held = len(prepared.classes), prepared.held
    rows = task.counts(prepared.rows.targets, classes)
    if held is not None:
        rows += task.counts(held.targets, classes)
    facts: dict[str, Any] = {"classes": {"rows": rows.tolist()}}
    learned = _training_accuracy(outcome)
    if learned is not None:
        facts["training_accuracy"] = learned
    if held is None or validation is None:
        return facts
    if each := task.class_scores(validation):
        facts["classes"] |= {
            "held_out": [one.support for one in each],
            **{name: [getattr(one, name) for one in each] for name in ("precision", "recall", "f1")},
        }
    names = [name for name in scores_of(task, validation) if name != "rows"]
    facts["intervals"] = {"validation": {name: list(validation.intervals[name]) for name in names}}
    ids = held.documents.values
    facts["unknown_tokens"] = float(np.mean(ids == UNKNOWN_ID)) if len(ids) else 0.0
    return facts


def write_card(bundle: Bundle, folder: Path) -> None:
    """Writes the card beside the model of a run's folder."""
    text = model_card(bundle, digest=digest_of(folder / MODEL))
    write_atomically(folder / CARD, text.encode())


def _training_accuracy(outcome: Outcome) -> float | None:
    """The mean over the epoch whose weights were kept; each batch was looked at before its update, with dropout."""
    last = outcome.best_epoch or outcome.epochs
    windows = [one.accuracy for one in outcome.history.training if last - 1 < one.epoch <= last]
    return float(np.mean(windows)) if windows else None
