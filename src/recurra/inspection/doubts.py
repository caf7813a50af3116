"""Rows to look at again: confident mistakes, suspected label errors and near-duplicates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.bundle import Bundle
from recurra.data.decisions import text_excerpt
from recurra.data.documents import Document, Label
from recurra.data.near_duplicates import NearDuplicate, near_duplicates
from recurra.data.table import Table
from recurra.errors import DataError, SettingsError
from recurra.evaluation.mistakes import mistakes, shortened
from recurra.inspection.confident_learning import label_errors
from recurra.inspection.doubt_results import Doubt, Doubts
from recurra.inspection.sample import Sample
from recurra.inspection.trajectories import final_states
from recurra.runtime import Model

__all__ = ["doubts"]

Array = npt.NDArray[np.float32]

MISTAKE, LABEL_ERROR, NEAR_DUPLICATE = "confident mistake", "suspected label error", "near-duplicate"
# Documents whose states are in memory at a time.
BLOCK = 2048


def doubts(
    model: Model,
    data: Table,
    *,
    name: str = "model",
    train: Table | None = None,
    probabilities: Array | None = None,
    top: int = 20,
    neighbours: int = 5,
    threshold: float = 0.5,
    seed: int = 0,
    say: Callable[[str], None] = lambda message: None,
) -> Doubts:
    """Looks for rows to doubt.

    Args:
        model: answers for the rows, and gives the states for neighbours.
        data: labelled rows.
        name: the model's, for the result.
        train: the rows that the model learned from, among which neighbours and near-duplicates are looked for; without
            them the data are compared with themselves.
        probabilities: float32[rows of data, C], out of sample, in the order of the model's classes, where the model
            itself learned from the data (:func:`recurra.training.out_of_fold.out_of_fold`).
        top: rows to show of each reason.
        neighbours: to show of each row.
        threshold: the least similarity of near-duplicates.
        seed: of the hash functions.
        say: hears what a person should know.

    Raises:
        DataError: see :meth:`Sample.of`; or probabilities that do not fit.
        SettingsError: ``top`` or ``neighbours`` is below 0, or ``threshold`` out of range.
    """
    if min(top, neighbours) < 0:
        raise SettingsError(f"top is {top} and neighbours {neighbours}", "Give 0 or more.")
    notes: list[str] = []

    def note(message: str) -> None:
        notes.append(message)
        say(message)

    sample = Sample.of(model, data, say=note)
    if probabilities is None:
        if model.record.get("data_sha256") == data.fingerprint:
            note(
                "The model learned from these rows and believes their labels; use probabilities out of fold (--folds)."
            )
        answers = model.predict_proba(sample.documents)
    else:
        if probabilities.shape != (len(data), len(model.classes_)):
            raise DataError(
                f"Probabilities of shape {probabilities.shape} for {len(data):,} rows",
                f"Give [{len(data)}, {len(model.classes_)}].",
            )
        answers = probabilities[sample.rows]
    others = Sample.of(model, train, say=note) if train is not None else sample
    found = _Finder(sample, others, answers, own=train is None)
    errors = label_errors(answers, sample.targets)
    copies = near_duplicates(
        sample.documents, None if train is None else others.documents, threshold=threshold, seed=seed
    )
    best = _best(copies, both=train is None)
    unlike = [one for one in best if sample.label(one.row) != others.label(one.other)]
    alike = [one for one in best if sample.label(one.row) == others.label(one.other)]
    rows = [
        *found.mistakes(top),
        *(found.label_error(*error) for error in zip(errors.rows[:top], errors.suggested, errors.margin, strict=False)),
        *(found.near_duplicate(one) for one in [*unlike, *alike][:top]),
    ]
    near = _Neighbours(model.bundle, sample, others, own=train is None)
    near.add(rows, {int(row): place for place, row in enumerate(sample.rows)}, neighbours)
    counts: dict[str, int | float] = {
        "rows": len(sample),
        "mistakes": int((answers.argmax(axis=1) != sample.targets).sum()),
        LABEL_ERROR: len(errors.rows),
        "estimated noise": errors.noise,
        NEAR_DUPLICATE: len(best),
        "near-duplicate of another label": len(unlike),
    }
    return Doubts(name, rows, counts, "data" if train is None else "train", notes)


def _best(copies: list[NearDuplicate], *, both: bool) -> list[NearDuplicate]:
    """The most alike of each row, the most alike rows first; ``both`` ways where a table is compared with itself."""
    if both:
        copies = [*copies, *(NearDuplicate(one.other, one.row, one.similarity) for one in copies)]
    first: dict[int, NearDuplicate] = {}
    for one in sorted(copies, key=lambda one: (-one.similarity, one.row, one.other)):
        first.setdefault(one.row, one)
    return list(first.values())


@dataclass(frozen=True, eq=False)
class _Finder:
    """Makes doubts of places in a sample."""

    sample: Sample
    others: Sample
    answers: Array
    own: bool

    def mistakes(self, top: int) -> list[Doubt]:
        found = mistakes(self.answers, self.sample.targets, self.sample.documents, self.sample.classes, top)
        return [
            self._doubt(one.row, MISTAKE, one.predicted, {"label_probability": one.label_probability}) for one in found
        ]

    def label_error(self, place: int, suggested: int, margin: float) -> Doubt:
        details = {
            "margin": float(margin),
            "label_probability": float(self.answers[place, self.sample.targets[place]]),
        }
        return self._doubt(int(place), LABEL_ERROR, self.sample.classes[int(suggested)], details)

    def near_duplicate(self, one: NearDuplicate) -> Doubt:
        other = self.others.label(one.other)
        details = {
            "similarity": one.similarity,
            "row": int(self.others.rows[one.other]),
            "text": shortened(self.others.documents[one.other]),
            "label": other,
            "in": "data" if self.own else "train",
        }
        return self._doubt(one.row, NEAR_DUPLICATE, other, details)

    def _doubt(self, place: int, reason: str, suggested: Label, details: dict[str, Any]) -> Doubt:
        loudest = int(self.answers[place].argmax())
        document: Document = self.sample.documents[place]
        return Doubt(
            row=int(self.sample.rows[place]),
            text=shortened(document),
            label=self.sample.label(place),
            predicted=self.sample.classes[loudest],
            probability=float(self.answers[place, loudest]),
            reason=reason,
            suggested=suggested,
            details=details,
            neighbours=[],
            head=text_excerpt(document),
        )


class _Neighbours:
    """The nearest final states, by cosine."""

    def __init__(self, bundle: Bundle, sample: Sample, others: Sample, *, own: bool) -> None:
        self.sample, self.others, self.own = sample, others, own
        self.states = _directions(_all_states(bundle, others.ids))
        self.given = self.states if own else _directions(_all_states(bundle, sample.ids))

    def add(self, rows: list[Doubt], places: dict[int, int], count: int) -> None:
        """Gives each doubt its neighbours."""
        for one in rows:
            place = places[one.row]
            likeness = self.states @ self.given[place]
            if self.own:
                likeness[place] = -np.inf
            for near in np.argsort(-likeness, kind="stable")[: min(count, len(likeness) - self.own)].tolist():
                one.neighbours.append(
                    {
                        "row": int(self.others.rows[near]),
                        "text": shortened(self.others.documents[near]),
                        "label": self.others.label(near),
                        "similarity": float(likeness[near]),
                    }
                )


def _all_states(bundle: Bundle, ids: Ragged) -> Array:
    parts = [
        final_states(bundle, ids.take(np.arange(first, min(first + BLOCK, len(ids)))))
        for first in range(0, len(ids), BLOCK)
    ]
    return np.concatenate(parts)


def _directions(states: Array) -> Array:
    lengths = np.linalg.norm(states, axis=1, keepdims=True)
    return np.asarray(states / np.where(lengths > 0, lengths, 1))
