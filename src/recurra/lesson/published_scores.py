"""Published scores on AG News, which the lesson's table shows beside the measured ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from recurra.lesson.result import ModelResult
from recurra.report.formatting import SPACE, percent, plural
from recurra.report.translation import translate

__all__ = ["KERAS_NOTE", "LESSON_NOTE", "PUBLISHED_SCORES", "PublishedScores", "published_notes", "share_of_rows"]


class PublishedScores(NamedTuple):
    """Test accuracies of one preset after one epoch; ``None`` if there is none.

    Attributes:
        lesson: as printed in the lesson, which trained on all 120,000 rows.
        keras: measured with Keras 3.15 on TensorFlow 2.21, 58,337 training rows (titles: 40,899), one seed.
    """

    lesson: float | None
    keras: float | None


PUBLISHED_SCORES = {
    "lesson/simple-rnn-titles": PublishedScores(0.7995, 0.7691),
    "lesson/simple-rnn-masked": PublishedScores(0.8822, 0.8334),
    "lesson/gru": PublishedScores(None, None),
    "lesson/lstm": PublishedScores(0.8870, 0.8708),
    "lesson/bilstm": PublishedScores(None, 0.8850),
}
"""The published scores by preset."""

LESSON_NOTE = "The lesson's own figures come from one epoch on all 120,000 training rows of AG News."
KERAS_NOTE = (
    "Keras's figures come from Keras 3.15 on TensorFlow 2.21, one epoch on 58,337 of the 120,000 rows "
    "(titles: 40,899), with one seed."
)
OTHER_SET_NOTE = "The lesson's own figures are for AG News, another set, so none stand beside these."


def published_notes(models: Sequence[ModelResult]) -> list[str]:
    """What the published figures beside these networks compare, or why there are none."""
    if not any(
        figure is not None for model in models for figure in (model["lesson_accuracy"], model["keras_accuracy"])
    ):
        known = [PUBLISHED_SCORES.get(model["preset"], ()) for model in models]
        return [translate(OTHER_SET_NOTE)] if any(figure is not None for one in known for figure in one) else []
    notes = []
    if any(model["lesson_accuracy"] is not None for model in models):
        notes.append(translate(" ").join([translate(LESSON_NOTE), *_here(models)]))
    if any(model["keras_accuracy"] is not None for model in models):
        notes.append(translate(KERAS_NOTE))
    return notes


def _here(models: Sequence[ModelResult]) -> list[str]:
    """How these networks learned, where that was on fewer rows or in more epochs."""
    shares = [share_of_rows(share) for share in sorted(model["train_share"] or 0 for model in models)]
    epochs = {plural(model["epochs"], "epoch"): None for model in models}
    if set(shares) == {translate("all")} and list(epochs) == [plural(1, "epoch")]:
        return []
    low, high = shares[0], shares[-1]
    return [
        translate(
            "These networks learned from {part} of them, in {epochs}: a gap speaks of rows and epochs, too, not of the "
            "networks alone.",
            part=low if low == high else translate("{low} to {high}", low=low, high=high),
            epochs=translate(" or ").join(epochs),
        )
    ]


def share_of_rows(share: float | None) -> str:
    """A share of the training rows in whole per cent: ``2 %``, ``all``."""
    if share is None:
        return ""
    if share >= 1:
        return translate("all")
    return translate("under {share}", share=f"1{SPACE}%") if share < 0.01 else percent(min(share, 0.99), 0)
