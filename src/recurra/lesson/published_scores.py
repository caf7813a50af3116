"""Published scores on AG News, which the lesson's table shows beside the measured ones."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PUBLISHED_SCORES", "PublishedScores"]


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
