"""A classifier's most confident mistakes: they show what it learned, and which labels are doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict, cast

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label, plain_documents
from recurra.errors import DataError
from recurra.evaluation.single_label_scores import SingleLabelRowScores
from recurra.representation import printable

__all__ = ["Mistake", "MistakeJson", "WrongDecision", "mistakes", "shorten", "wrong_decisions"]

# About four lines on a page: enough to judge a label by.
LENGTH = 280


class MistakeJson(TypedDict):
    """A :class:`Mistake` in JSON."""

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
        row: its index among the tested rows, from 0.
        text: title and text, at most 280 characters.
        label: the true class.
        predicted: the predicted class.
        probability: of the predicted class.
        label_probability: of the true class; 0 if the label is not a class.
    """

    row: int
    text: str
    label: Label
    predicted: Label
    probability: float
    label_probability: float

    def to_dict(self) -> MistakeJson:
        """Plain values."""
        return cast("MistakeJson", {**vars(self)})


def mistakes(
    probabilities: npt.NDArray[np.float32],
    targets: npt.NDArray[np.int64],
    documents: Sequence[Document],
    classes: Sequence[Label],
    top: int = 20,
    *,
    unknown: Sequence[Label] = (),
) -> list[Mistake]:
    """The wrong rows with the highest probability of the predicted class, the most confident first.

    Args:
        probabilities: float32[B, C], each row sums to 1.
        targets: int64[B], the true class of each row; from C on an unknown label.
        documents: B texts.
        classes: C labels, in the order of the columns.
        top: number of mistakes, at most.
        unknown: labels that are not classes, in the order of their numbers.

    Raises:
        DataError: arguments whose lengths do not match.
    """
    rows = SingleLabelRowScores(probabilities, targets, classes, unknown=unknown)
    labels, documents = [*classes, *unknown], plain_documents(documents)
    if len(documents) != len(rows.targets):
        raise DataError(
            f"{len(documents)} documents for {len(rows.targets)} rows", "Give the documents that were scored."
        )
    wrong = np.flatnonzero(~rows.right)
    surest = wrong[np.argsort(-rows.confidence[wrong], kind="stable")][: max(0, top)]
    return [
        Mistake(
            row=row,
            text=shorten(documents[row]),
            label=labels[rows.targets[row]],
            predicted=classes[rows.predicted[row]],
            probability=float(rows.confidence[row]),
            label_probability=float(rows.probabilities[row, rows.targets[row]]) if rows.known[row] else 0.0,
        )
        for row in surest.tolist()
    ]


@dataclass(frozen=True)
class WrongDecision:
    """A label that was given to a row that does not have it, or not given to one that has it.

    Attributes:
        row: its index among the tested rows, from 0.
        text: title and text, at most 280 characters.
        label: the label.
        probability: of the label.
        had: whether the row has it.
    """

    row: int
    text: str
    label: Label
    probability: float
    had: bool


def wrong_decisions(
    probabilities: npt.NDArray[np.floating],
    targets: npt.NDArray[np.bool_],
    thresholds: npt.NDArray[np.floating],
    documents: Sequence[Document],
    classes: Sequence[Label],
    top: int = 20,
) -> list[WrongDecision]:
    """The wrong decisions with the highest probability of the wrong decision, the most confident first.

    Args:
        probabilities: float[B, C].
        targets: bool[B, C].
        thresholds: float[C].
        documents: B texts.
        classes: C labels.
        top: number of decisions, at most.
    """
    wrong, documents = (probabilities >= thresholds) != targets, plain_documents(documents)
    surprise = np.where(targets, 1 - probabilities, probabilities)
    places = np.flatnonzero(wrong.ravel())
    surest = places[np.argsort(-surprise.ravel()[places], kind="stable")][:top]
    return [
        WrongDecision(
            row=row,
            text=shorten(documents[row]),
            label=classes[column],
            probability=float(probabilities[row, column]),
            had=bool(targets[row, column]),
        )
        for row, column in (divmod(int(place), len(classes)) for place in surest)
    ]


def shorten(document: Document) -> str:
    """The document in one line of at most LENGTH characters, cut after a word if there is one near the end."""
    parts = [document] if isinstance(document, str) else [part for part in document if part.strip()]
    # Only a part is read, to be fast for long texts: four times the length is enough unless most of it is white space.
    text = " — ".join(" ".join(part[: 4 * LENGTH].split()) for part in parts)
    text = printable(text)
    if len(text) <= LENGTH and all(len(part) <= 4 * LENGTH for part in parts):
        return text
    cut = text[: LENGTH - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > LENGTH * 3 // 4 else cut).rstrip() + "…"
