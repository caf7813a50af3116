"""The classes: labels as the user writes them, and their numbers in the network's output."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.errors import DataError, ModelFileError

__all__ = ["LONGEST_LABEL", "MOST_DIGITS", "Labels", "is_long", "shown_value"]

# Most characters of a text label and digits of an integer label. A column with longer ones does not hold labels.
LONGEST_LABEL = 10_000
MOST_DIGITS = 100

_KINDS: dict[str, type[Label]] = {"str": str, "int": int, "bool": bool, "float": float}


@dataclass(frozen=True)
class Labels:
    """The classes in order; class ``i`` is output ``i`` of the network.

    Attributes:
        classes: distinct, all of one type: str, int, bool or float.
    """

    classes: tuple[Label, ...]

    @classmethod
    def learn(cls, labels: Iterable[Label]) -> Labels:
        """The distinct labels, sorted: numbers by size, False before True, texts by code point.

        Args:
            labels: of one type; NumPy's scalars become Python's values.

        Raises:
            DataError: no label, labels of several types, or a value that is missing or cannot be a label.
        """
        plain = _plain(labels)
        if not plain:
            raise DataError("There are no labels", "Give one label for each document.")
        kind = _kind(plain)
        return cls(tuple(sorted(set(plain), key=kind)))

    def __len__(self) -> int:
        return len(self.classes)

    def with_first(self, order: Sequence[Label]) -> Labels:
        """The same classes, those in ``order`` first and in its order; the others stay in theirs."""
        known = set(self.classes)
        first = [label for label in order if label in known]
        return Labels((*first, *(label for label in self.classes if label not in set(first))))

    @property
    def array(self) -> npt.NDArray[Any]:
        """The classes as an array [C] of their type, or of objects where NumPy would change them."""
        array = np.array(self.classes)
        if array.tolist() == list(self.classes):
            return array
        # Integers beyond 64 bits, and strings that end in a null character, which NumPy's string type drops.
        return np.array(self.classes, dtype=object)

    @cached_property
    def _places(self) -> dict[Label, int]:
        return {label: place for place, label in enumerate(self.classes)}

    def encode(self, labels: Iterable[Label]) -> npt.NDArray[np.int64]:
        """The class number of each label, int64[B].

        Raises:
            DataError: a label that is not a class, or has another type.
        """
        plain = _plain(labels)
        kind = type(self.classes[0])
        places = [self._places.get(label, -1) if type(label) is kind else -1 for label in plain]
        if -1 in places:
            label = plain[places.index(-1)]
            known = ", ".join(map(repr, self.classes))
            raise DataError(
                f"The label {shown_value(label)} ({type(label).__name__}) is none of the {len(self)} classes",
                f"The classes are {known if len(known) <= 300 else known[:300] + ' …'} ({kind.__name__}).",
            )
        return np.array(places, dtype=np.int64)

    def decode(self, indices: npt.ArrayLike) -> list[Label]:
        """The labels of class numbers, int[B].

        Raises:
            DataError: a number that is not a class.
        """
        numbers = np.asarray(indices, dtype=np.int64)
        wrong = numbers[(numbers < 0) | (numbers >= len(self))]
        if len(wrong):
            raise DataError(f"There is no class number {wrong[0]}", f"Give numbers from 0 to {len(self) - 1}.")
        return [self.classes[number] for number in numbers.tolist()]

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold and :meth:`from_dict` reads back with their type."""
        return {"type": type(self.classes[0]).__name__, "classes": list(self.classes)}

    @classmethod
    def from_dict(cls, values: Any) -> Labels:
        """Reads the values of :meth:`to_dict`.

        Raises:
            ModelFileError: anything else, such as classes of another type or a class that is there twice.
        """
        kind = _KINDS.get(str(values.get("type"))) if isinstance(values, Mapping) else None
        classes = values.get("classes") if isinstance(values, Mapping) else None
        if kind is None or not isinstance(classes, list) or not classes:
            raise ModelFileError(f"The labels are {shown_value(values)}", "Save the model again.")
        if any(type(label) is not kind for label in classes) or len(set(classes)) < len(classes):
            raise ModelFileError(
                f"The labels {shown_value(classes)} are not distinct {kind.__name__}", "Save the model again."
            )
        if any(map(is_long, classes)):
            raise ModelFileError(
                f"A label has more than {LONGEST_LABEL:,} characters or {MOST_DIGITS} digits", "Save the model again."
            )
        return cls(tuple(classes))


def is_long(value: object) -> bool:
    """Whether a text or an integer is longer than a label may be."""
    if isinstance(value, str):
        return len(value) > LONGEST_LABEL
    return isinstance(value, int) and abs(value) >= 10**MOST_DIGITS


def _plain(labels: Iterable[Label]) -> list[Label]:
    return [label.item() if isinstance(label, np.generic) else label for label in labels]


def _kind(labels: Sequence[Label]) -> type[Label]:
    """The one type of all labels."""
    kinds = set(map(type, labels))
    for label in labels:
        if type(label) not in _KINDS.values() or (isinstance(label, float) and not math.isfinite(label)):
            raise DataError(
                f"A label is {shown_value(label)} ({type(label).__name__})",
                _remedy(label) or "Leave the row out, or give a text, a whole number, a number or True and False.",
            )
        if is_long(label):
            raise DataError(
                f"A label is {shown_value(label)}, which has more than {LONGEST_LABEL:,} characters or "
                f"{MOST_DIGITS} digits",
                "Shorten it, or take the labels from another column.",
            )
    if len(kinds) > 1:
        examples = ", ".join(
            f"{shown_value(next(x for x in labels if type(x) is kind))} ({kind.__name__})" for kind in kinds
        )
        raise DataError(f"The labels are of {len(kinds)} types: {examples}", "Write all of them the same way.")
    return kinds.pop()


def _remedy(value: object) -> str:
    """How what is often given in place of a label becomes one; empty for anything else."""
    if isinstance(value, bytes):
        return "Give texts: label.decode() for each."
    if isinstance(value, Enum):
        return f"Give texts: label.{'value' if isinstance(value, str) else 'name'} for each."
    # Intervals and periods of pandas, which cut() gives.
    if isinstance(value, date) or type(value).__module__.startswith("pandas."):
        return "Give texts: y.astype(str), or str(label) for each."
    return ""


def shown_value(value: object) -> str:
    """A value as Python writes it, with texts in quotes, in one line of at most 81 characters."""
    # Python does not convert integers of more than 4,300 digits to text.
    text = f"a number of {value.bit_length():,} bits" if isinstance(value, int) and is_long(value) else repr(value)
    return text if len(text) <= 80 else text[:80] + "…"
