"""The facts of a model's record with checked types: a model file may come from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recurra.bundle import Bundle

__all__ = ["ClassFacts", "Facts", "imported_from", "pretrained_vectors"]

ClassFacts = dict[str, float]
"""The facts of one class: ``rows``, ``held_out``, ``given``, ``precision``, ``recall`` and ``f1``, as far as known.

``rows`` has the rows held out where :attr:`Facts.rows` has them."""


class Facts:
    """The record of a model with checked types.

    Args:
        bundle: the model.

    Attributes:
        bundle: the model.
        record: its record.
        rows: number of training rows, or ``None``; those held out are included, but not those of ``validation_file``.
        held_out: number of rows held out, or ``None``.
        validation_file: where they come from, if they were no training rows: a file's name, or empty for rows that were
            in memory; ``None`` for a share of the training rows.
        classes: the facts of each class, in the model's order; empty if nothing is known.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle, self.record = bundle, bundle.record
        self.rows, self.held_out = (whole(self.record.get(name)) for name in ("rows", "held_out"))
        name = self.part("validation_data").get("source", "")
        self.validation_file = (name if isinstance(name, str) else "") if self.part("validation_data") else None
        if self.rows is not None and self.validation_file is not None:
            # The record counts all rows that were read.
            self.rows = max(0, self.rows - (self.held_out or 0))
        self.classes = self._classes()

    def part(self, *names: str) -> Mapping[str, Any]:
        """A JSON object in the record; empty if there is none."""
        found: Any = self.record
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def score(self, name: str) -> float | None:
        """A score on the rows held out."""
        return number(self.part("scores", "validation").get(name))

    def interval(self, name: str) -> tuple[float, float] | None:
        """The 95 % interval of a score on the rows held out."""
        found = self.part("intervals", "validation").get(name)
        ends = [number(end) for end in found] if isinstance(found, list) else []
        return (ends[0], ends[1]) if len(ends) == 2 and ends[0] is not None and ends[1] is not None else None

    @property
    def remembered(self) -> str:
        """Why scores on the rows held out may be too high: the model before learned from some; else empty."""
        if not self.held_out:
            return ""
        if self.record.get("remembers_held_out") is True:
            return (
                "The model that training continued from had learned from rows held out: these scores may say only how "
                "well they are remembered."
            )
        replayed = whole(self.record.get("replayed"))
        if not replayed or self.validation_file is not None:
            return ""
        return (
            f"{replayed:,} of the training rows are earlier ones that were replayed, and some of these are held out: "
            "if the model that training continued from learned from them, these scores are too high."
        )

    @property
    def copies(self) -> str:
        """What is said where many rows held out have a text that was learned from; else empty."""
        found = whole(self.record.get("held_out_copies"))
        if not found or not self.held_out:
            return ""
        return (
            f"{found:,} of these rows have the same text as a row that was learned from: these scores say little of "
            "new texts."
        )

    def _classes(self) -> list[ClassFacts]:
        found = self.part("classes")
        columns = {name: found.get(name) for name in ("rows", "held_out", "given", "precision", "recall", "f1")}
        count = len(self.bundle.labels)
        kept = {
            name: [number(value) for value in values]
            for name, values in columns.items()
            if isinstance(values, list) and len(values) == count
        }
        facts: list[ClassFacts] = [{} for _ in range(count)]
        for name, values in kept.items():
            for one, value in zip(facts, values, strict=True):
                if value is not None:
                    one[name] = value
        if self.validation_file is not None:
            for one in facts:
                if "rows" in one:
                    one["rows"] = max(0.0, one["rows"] - one.get("held_out", 0.0))
        return facts if any(facts) else []


def pretrained_vectors(record: Mapping[str, Any]) -> list[str]:
    """What a record says of the vectors that the embedding began with: name and number of words, then their origin."""
    found = record.get("vectors")
    if not isinstance(found, dict) or not isinstance(found.get("name"), str):
        return []
    words = whole(found.get("words"))
    said = [found["name"] if words is None else f"{found['name']} for {words:,} words"]
    if words is not None and (from_ngrams := whole(found.get("from_ngrams"))):
        said[0] += f", {from_ngrams:,} of them from their character n-grams alone"
    begins = {"source": "", "package": "from ", "licence": "licence "}
    return said + [start + found[part] for part, start in begins.items() if isinstance(found.get(part), str)]


def imported_from(record: Mapping[str, Any]) -> str | None:
    """What a record says of the file of another program that the model was imported from."""
    found = record.get("imported")
    if not isinstance(found, dict):
        return None
    file, form, digest = (str(found.get(name, "unknown"))[:80] for name in ("file", "format", "sha256"))
    version = f", Keras {found['keras_version']!s:.20}" if "keras_version" in found else ""
    return f"{file} ({form}{version}, SHA-256 begins {digest[:12]})"


def number(value: object) -> float | None:
    """The value as a float if it is a number below 1e15 in magnitude, else ``None``."""
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15 else None
    )


def whole(value: object) -> int | None:
    """The value if it is a whole number from 0 to below 1e15, else ``None``."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**15 else None
