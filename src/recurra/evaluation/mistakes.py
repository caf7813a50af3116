"""The mistakes a classifier was surest about: they show what it learned, and which labels are doubtful."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label
from recurra.errors import DataError
from recurra.evaluation.evaluate import checked

__all__ = ["Mistake", "MistakeJson", "mistakes", "shortened"]

# About four lines on a page: enough to judge a label by.
LENGTH = 280

# What neither HTML nor UTF-8 can hold: control characters (white space is joined before), halves of surrogate
# pairs, and characters that turn the direction of all text after them.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


class MistakeJson(TypedDict):
    """A :class:`Mistake` as JSON holds it."""

    row: int
    text: str
    label: Label
    predicted: Label
    probability: float
    label_probability: float


@dataclass(frozen=True)
class Mistake:
    """A row whose most probable class is not the true one.

    Attributes:
        row: its place among the tested rows, from 0.
        text: title and text, at most 280 characters.
        label: what the data say.
        predicted: what the classifier says.
        probability: of the predicted class.
        label_probability: of the true class; 0 of a label that is no class.
    """

    row: int
    text: str
    label: Label
    predicted: Label
    probability: float
    label_probability: float

    def to_json(self) -> MistakeJson:
        """Plain values."""
        return {
            "row": self.row,
            "text": self.text,
            "label": self.label,
            "predicted": self.predicted,
            "probability": self.probability,
            "label_probability": self.label_probability,
        }


def mistakes(
    probabilities: npt.NDArray[np.float32],
    targets: npt.NDArray[np.int64],
    documents: Sequence[Document],
    classes: Sequence[Label],
    top: int = 20,
    *,
    unknown: Sequence[Label] = (),
) -> list[Mistake]:
    """The wrong rows with the highest probability for their wrong class, the surest first.

    Args:
        probabilities: float32[B, C], each row sums to 1.
        targets: int64[B], the true class of each row; from C on an unknown label.
        documents: B texts.
        classes: C labels, in the order of the columns.
        top: how many at most.
        unknown: labels that are no classes, in the order of their numbers.

    Raises:
        DataError: the arguments do not fit each other.
    """
    probabilities, targets = checked(probabilities, targets, classes, unknown)
    labels = [*classes, *unknown]
    if len(documents) != len(targets):
        raise DataError(f"{len(documents)} documents for {len(targets)} rows", "Give the documents that were scored.")
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != targets)
    surest = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][: max(0, top)]
    return [
        Mistake(
            row=int(row),
            text=shortened(documents[row]),
            label=labels[targets[row]],
            predicted=classes[predicted[row]],
            probability=float(probabilities[row, predicted[row]]),
            label_probability=float(probabilities[row, targets[row]]) if targets[row] < len(classes) else 0.0,
        )
        for row in surest
    ]


def shortened(document: Document) -> str:
    """One line of at most LENGTH characters, cut behind a word where there is one near the end."""
    parts = [document] if isinstance(document, str) else [part for part in document if part.strip()]
    # Joining white space reads the whole text; four times the length is enough unless most of it is white space.
    text = " — ".join(" ".join(part[: 4 * LENGTH].split()) for part in parts)
    text = _UNPRINTABLE.sub("\ufffd", text)
    if len(text) <= LENGTH and all(len(part) <= 4 * LENGTH for part in parts):
        return text
    cut = text[: LENGTH - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > LENGTH * 3 // 4 else cut).rstrip() + "…"
