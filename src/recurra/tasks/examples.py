"""A few rows that show how a classifier answers: right ones, wrong ones and doubtful ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.tasks.base import Task

__all__ = ["KINDS", "LONGEST_TEXT", "MOST_EXAMPLES", "Example", "choose_examples", "examples_in"]

KINDS = ("right", "wrong", "doubtful")
LONGEST_TEXT = 500
"""Characters of an example's text; longer rows are not chosen, since a cut one would get another answer."""
MOST_EXAMPLES = 10
"""Examples of one kind, at most."""


@dataclass(frozen=True)
class Example:
    """A row and the answer to it.

    Attributes:
        place: index of the row among those that were looked at.
        kind: ``right``, ``wrong`` or ``doubtful``.
        text: as it is read.
        label: the true label, or a list of them.
        answer: the label given, a list of them, or ``None``.
        probability: of the answer.
    """

    place: int
    kind: str
    text: str
    label: Any
    answer: Any
    probability: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values, without the place."""
        return {
            "kind": self.kind,
            "text": self.text,
            "label": self.label,
            "answer": self.answer,
            "probability": self.probability,
        }


def choose_examples(
    task: Task,
    probabilities: npt.NDArray[np.floating],
    targets: npt.NDArray[Any],
    classes: Sequence[Label],
    texts: Sequence[str],
    *,
    count: int,
) -> list[Example]:
    """Up to ``count`` rows of each kind, the same ones for the same rows.

    Doubtful are the least confident answers, right or not, wrong the most confident of the others, and right the
    most confident of each class in turn. Empty texts and those of more than :data:`LONGEST_TEXT` characters are not
    chosen, and no text twice.

    Args:
        task: what was learned.
        probabilities: float[B, C].
        targets: of the B rows.
        classes: C labels.
        texts: B texts, as they are read.
        count: of each kind.
    """
    right, confidence = task.right(probabilities, targets), task.confidence(probabilities)
    leading = task.leading(probabilities)
    truth, answers = task.truth(targets, classes), task.decide(probabilities).labels(classes)
    first = {text: place for place, text in reversed(list(enumerate(texts))) if 0 < len(text.strip()) <= LONGEST_TEXT}
    left = np.zeros(len(texts), dtype=bool)
    left[list(first.values())] = True

    def take(kind: str, places: Iterable[int]) -> list[Example]:
        chosen = list(places)[:count]
        left[chosen] = False
        return [
            Example(place, kind, texts[place], truth(place), answers[place], round(float(confidence[place]), 6))
            for place in chosen
        ]

    falling = np.argsort(-confidence, kind="stable")
    # Of few rows, not all are doubtful.
    doubtful = take("doubtful", falling[left[falling]][::-1][: len(texts) // len(KINDS)].tolist())
    wrong = take("wrong", falling[(left & ~right)[falling]].tolist())
    sure = falling[(left & right)[falling]]
    turns = np.empty(len(sure), dtype=np.int64)
    for given in np.unique(leading[sure]):
        own = np.flatnonzero(leading[sure] == given)
        turns[own] = np.arange(len(own))
    return [*take("right", sure[np.argsort(turns, kind="stable")].tolist()), *wrong, *doubtful]


def examples_in(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The examples in a model's record, which may come from anywhere: those that are well-formed, as plain values."""
    found = record.get("examples")
    return [
        {name: one.get(name) for name in ("kind", "text", "label", "answer", "probability")}
        for one in (found if isinstance(found, list) else [])[: len(KINDS) * MOST_EXAMPLES]
        if isinstance(one, dict)
        and one.get("kind") in KINDS
        and isinstance(one.get("text"), str)
        and 0 < len(one["text"]) <= LONGEST_TEXT
        and isinstance(one.get("probability"), float)
        and 0 <= one["probability"] <= 1
        and all(_is_label(one.get(name)) for name in ("label", "answer"))
    ]


def _is_label(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return all(one is None or isinstance(one, str | int | float) for one in values)
