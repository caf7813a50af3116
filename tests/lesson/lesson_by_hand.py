"""The lesson's figures counted without the lesson: from texts, weights and formulas alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from plain_oracle import probabilities

from recurra.runtime import Model


def wilson(right: int, rows: int) -> list[float]:
    """Wilson's interval at 95 % (Wilson 1927), z from the normal distribution's tables."""
    z, p = 1.959964, right / rows
    centre = (p + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z * math.sqrt(p * (1 - p) / rows + z * z / (4 * rows * rows)) / (1 + z * z / rows)
    return [max(centre - half, 0.0), min(centre + half, 1.0)]


def ids_of(model: Model, document: Any) -> list[int]:
    """Token ids; the set's words are small letters between spaces. 0 is the pad and 1 the unknown word."""
    title, text = document
    words = (title if model.bundle.text.field == "title" else f"{title} {text}").lower().split()
    known = {word: place + 2 for place, word in enumerate(model.bundle.vocabulary.tokens)}
    return [known.get(word, 1) for word in words]


def answers_of(model: Model, ids: Sequence[Sequence[int]], *, padded: bool = True) -> np.ndarray:
    """float64[B, C], each document by itself in a plain loop."""
    settings, tensors = model.bundle.network, model.bundle.tensors
    return np.array(
        [probabilities(list(one), settings, max(len(one), (model.bundle.pad_to or 0) * padded), tensors) for one in ids]
    )


def right_of(model: Model, answers: np.ndarray, labels: Sequence[Any]) -> int:
    """How many rows get their label."""
    return sum(model.classes_[int(np.argmax(row))] == label for row, label in zip(answers, labels, strict=True))
