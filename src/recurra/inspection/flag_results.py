"""Results of a search for flags, for Python and for JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recurra.data.documents import Label
from recurra.inspection.ablation import Unit
from recurra.inspection.phrases import Phrase
from recurra.representation import Representation, Represented, one_line, top

__all__ = ["Flag", "FlagExample", "Flags", "JointAblation"]


@dataclass(frozen=True, repr=False)
class FlagExample(Represented):
    """A document in which a flag was switched on.

    Attributes:
        row: index of the row in the table, from 0.
        tokens: T words.
        states: T numbers, c after each word (h of cells without c); backward, after this word and all that follow it.
        end: the state after the last token, pads included.
        flip: number of the word that switched it, from 0; T or more if it was a pad.
        label: the true label.
        predicted: the predicted label.
        number: number of the row in messages, such as 2 for the first row where the header is row 1.
    """

    row: int
    tokens: list[str]
    states: list[float]
    end: float
    flip: int
    label: Label
    predicted: Label
    number: int

    def _representation(self) -> Representation:
        word = f"at {one_line(self.tokens[self.flip], 30)!r}" if self.flip < len(self.tokens) else "at a pad"
        return Representation(f"FlagExample: place {self.row:,}, on {word}: {one_line(' '.join(self.tokens), 80)}")

    def to_dict(self) -> dict[str, Any]:
        """Plain values; the states are called c, whatever the cell."""
        return {
            "row": self.row, "text": " ".join(self.tokens), "tokens": self.tokens, "c": self.states, "end": self.end,
            "flip": self.flip, "label": self.label, "predicted": self.predicted, "number": self.number,
        }  # fmt: skip


@dataclass(frozen=True, repr=False)
class Flag(Represented):
    """A unit and how much it behaves like a flag.

    Attributes:
        unit: the unit.
        score: how much it behaves like a flag, 0 to 1 (:class:`recurra.inspection.switch_statistics.SwitchStatistics`).
        separation: share of its states' variance that two levels explain.
        threshold: threshold between the two levels.
        on_when: whether it is on ``above`` or ``below`` the threshold.
        ends_on: share of documents in which it is on at the end.
        held: share of documents in which one word switched it on sharply and it stayed on.
        stays: of the documents in which it is on at the end, the share in which it was switched on once and stayed on.
        jump: median step at the word that switched it on for good, as a multiple of the distance of the two levels.
        speaks_for: the class whose logit it raises most in documents in which it is on at the end.
        weight: mean change of that logit there, relative to the mean of all classes, when the unit is ablated.
        accuracy_silenced: accuracy with this unit ablated.
        drop: accuracy lost by that.
        drop_random: mean drop of other units of the same layer and direction; ``None`` if there are none.
        on: phrases that switch it on for good.
        off: phrases that switch it off for good.
        examples: documents in which it was switched on for good.
    """

    unit: Unit
    score: float
    separation: float
    threshold: float
    on_when: str
    ends_on: float
    held: float
    stays: float
    jump: float
    speaks_for: Label
    weight: float
    accuracy_silenced: float
    drop: float
    drop_random: float | None
    on: list[Phrase]
    off: list[Phrase]
    examples: list[FlagExample]

    def _representation(self) -> Representation:
        return Representation(
            f"Flag: unit {self.unit.number} ({self.unit.direction}, layer {self.unit.layer}), score {self.score:.3f}, "
            f"speaks for {one_line(self.speaks_for, 30)!r}",
            notes=[
                f"on at {_phrases(self.on)}; off at {_phrases(self.off)}",
                f"on at the end of {100 * self.ends_on:.1f} % of documents; accuracy without it "
                f"{self.accuracy_silenced:.4f} ({0 - self.drop:+.4f})",
            ],
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        names = (
            "score", "separation", "threshold", "on_when", "ends_on", "held", "stays", "jump", "speaks_for", "weight",
            "accuracy_silenced", "drop", "drop_random",
        )  # fmt: skip
        return {
            "layer": self.unit.layer,
            "direction": self.unit.direction,
            "unit": self.unit.number,
            **{name: getattr(self, name) for name in names},
            "on": [phrase.to_dict() for phrase in self.on],
            "off": [phrase.to_dict() for phrase in self.off],
            "examples": [example.to_dict() for example in self.examples],
        }


@dataclass(frozen=True)
class JointAblation:
    """The most flag-like units ablated together, compared with random sets of as many other units.

    Attributes:
        units: number of units: at most a quarter of all, no more than the listed ones, and none with a score of 0.
        accuracy_silenced: accuracy with them ablated.
        drop: accuracy lost by that.
        random_drops: accuracy lost with each random set.
        members: these units.
    """

    units: int
    accuracy_silenced: float
    drop: float
    random_drops: list[float]
    members: list[Unit] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the mean of the random drops."""
        mean = float(np.mean(self.random_drops)) if self.random_drops else None
        return {
            "units": self.units, "accuracy_silenced": self.accuracy_silenced, "drop": self.drop, "drop_random": mean,
            "random_drops": self.random_drops,
            "members": [{"layer": one.layer, "direction": one.direction, "unit": one.number} for one in self.members],
        }  # fmt: skip


@dataclass(frozen=True, repr=False)
class Flags(Represented):
    """The units of a model, the most flag-like first.

    Attributes:
        model: name of the model.
        cell: name of its cell.
        documents: number of documents read.
        accuracy: accuracy on them.
        scores: scores of all units, falling; ``units`` are the first of them.
        units: the listed units.
        together: the most flag-like units ablated together.
        notes: messages for the user.
    """

    model: str
    cell: str
    documents: int
    accuracy: float
    scores: list[float]
    units: list[Flag]
    together: JointAblation
    notes: list[str] = field(default_factory=list)

    def _representation(self) -> Representation:
        units, more = top(self.units, "units")
        rows = [
            (
                f"{one.unit.number} ({one.unit.direction}, layer {one.unit.layer})",
                f"{one.score:.3f}",
                one_line(one.speaks_for, 30),
                _phrases(one.on),
                f"{0 - one.drop:+.4f}",
            )
            for one in units
        ]
        head = ("unit", "score", "speaks for", "on at", "change of accuracy without it")
        title = (
            f"Flags: {one_line(self.model)} ({self.cell}), accuracy {self.accuracy:.4f} on {self.documents:,} documents"
        )
        return Representation(title, head if rows else (), rows, more)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "model": self.model,
            "cell": self.cell,
            "documents": self.documents,
            "accuracy": self.accuracy,
            "scores": self.scores,
            "units": [unit.to_dict() for unit in self.units],
            "together": self.together.to_dict(),
            "notes": self.notes,
        }


def _phrases(phrases: list[Phrase]) -> str:
    return ", ".join(one_line(one.phrase, 20) for one in phrases[:3]) or "–"
