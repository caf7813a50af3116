"""Rows to look at again: confident mistakes, suspected label errors and near-duplicates."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.bundle import Bundle
from recurra.data.documents import Document, Label
from recurra.data.known_rows import known_as
from recurra.data.near_duplicates import NearDuplicate, near_duplicates
from recurra.data.plain_values import other_order_note
from recurra.data.review_decisions import text_excerpt
from recurra.data.sources import Source
from recurra.data.table import Table
from recurra.errors import DataError, SettingsError
from recurra.evaluation.mistakes import mistakes, shorten
from recurra.evaluation.probabilities import class_probabilities
from recurra.evaluation.row_scores import check_distributions
from recurra.inspection.confident_learning import label_errors
from recurra.inspection.given_table import table_of_rows
from recurra.inspection.label_issue_results import LABEL_ERROR, MISTAKE, NEAR_DUPLICATE, LabelIssue, LabelIssues
from recurra.inspection.labelled_sample import LabelledSample
from recurra.inspection.trajectories import final_states
from recurra.runtime import Model
from recurra.runtime.given_model import model_of

__all__ = ["label_issues"]

Array = npt.NDArray[np.float32]

# Labels that are named as likely for a row.
LIKELY = 9
# Documents whose states are in memory at a time.
BLOCK = 2048


def label_issues(
    model: Model,
    data: Any,
    y: Any = None,
    *,
    name: str = "model",
    train: Table | Source | None = None,
    probabilities: Any = None,
    top: int = 20,
    neighbours: int = 5,
    threshold: float = 0.5,
    seed: int = 0,
    say: Callable[[str], None] | None = None,
) -> LabelIssues:
    """Finds rows whose labels may be wrong.

    Args:
        model: predicts the rows, and has the states for neighbours.
        data: labelled rows: a table of :func:`recurra.read_table`, or what it reads if its columns can be guessed; or,
            with ``y``, B texts or (title, text) pairs: a list, an array or a column.
        y: the B labels of texts.
        name: name of the model in the result.
        train: the model's training rows, which are searched for neighbours and near-duplicates; ``None`` searches the
            data themselves.
        probabilities: float[rows of data, C], out of sample, as :func:`recurra.evaluate` takes them: an array in the
            order of the model's classes, or a frame whose columns have their names; for data that the model was
            trained on (:func:`recurra.tuning.out_of_fold.out_of_fold`).
        top: number of rows to show for each reason.
        neighbours: number of neighbours to show for each row.
        threshold: least similarity of near-duplicates.
        seed: seed of the hash functions.
        say: called with messages for the user; without it the one that the model learned from these rows is a warning.

    Returns:
        Its ``rows`` list a row once for each reason to doubt it, by its position, also where the index of a frame has
        another order: ``frame.iloc[one.row]``.

    Raises:
        DataError: see :meth:`LabelledSample.of`; or probabilities that do not fit.
        SettingsError: ``top`` or ``neighbours`` is below 0, or ``threshold`` out of range.

    Example:
        >>> found = label_issues(model, recurra.read_table("test.csv"), train="train.csv")  # doctest: +SKIP
        >>> found = label_issues(model, frame["text"], frame["label"])  # doctest: +SKIP
        >>> [(one.number, one.reason, one.label, one.suggested) for one in found.rows]  # doctest: +SKIP
    """
    model = model_of(model)
    if said := other_order_note(data, probabilities, "probabilities", first="data"):
        warnings.warn(said, UserWarning, stacklevel=2)
    data = table_of_rows(data, model, y)
    train = None if train is None else table_of_rows(train, model)
    if min(top, neighbours) < 0:
        raise SettingsError(f"top is {top} and neighbours {neighbours}", "Give 0 or more.")
    notes: list[str] = []

    def note(message: str) -> None:
        notes.append(message)
        if say is not None:
            say(message)

    sample = LabelledSample.of(model, data, say=note)
    if probabilities is None:
        known = known_as(model.record, data.documents, data.labels or [])
        if known == "validation":
            note("By these rows it was chosen when the model's training stops: it may agree with too many labels.")
        elif known is not None:
            note(
                "The model was trained on these rows and repeats their labels; use out-of-fold probabilities (--folds)."
            )
            if say is None:
                way = "probabilities=cross_val_predict(…, method='predict_proba')"
                warnings.warn(notes[-1].replace("--folds", way), UserWarning, stacklevel=2)
        answers = model.predict_proba(sample.documents)
    else:
        classes = model.bundle.labels.classes
        given = class_probabilities(
            probabilities,
            classes,
            "label_issues takes probabilities",
            "Give what cross_val_predict(…, method='predict_proba') returns.",
        )
        if given.shape != (len(data), len(classes)):
            raise DataError(
                f"Probabilities of shape {given.shape} for {len(data):,} rows", f"Give [{len(data)}, {len(classes)}]."
            )
        check_distributions(given)
        answers = given[sample.rows].astype(np.float32, copy=False)
    if model.bundle.branch is not None and neighbours:
        note("Neighbours are rows with near states of the recurrent network: the linear branch has no states.")
    others = LabelledSample.of(model, train, say=note) if train is not None else sample
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
    return LabelIssues(name, rows, counts, data.row_numbers, "data" if train is None else "train", notes)


def _best(copies: list[NearDuplicate], *, both: bool) -> list[NearDuplicate]:
    """The best match of each row, by falling similarity; ``both`` ways if a table is compared with itself."""
    if both:
        copies = [*copies, *(NearDuplicate(one.other, one.row, one.similarity) for one in copies)]
    first: dict[int, NearDuplicate] = {}
    for one in sorted(copies, key=lambda one: (-one.similarity, one.row, one.other)):
        first.setdefault(one.row, one)
    return list(first.values())


@dataclass(frozen=True, eq=False)
class _Finder:
    """Makes label issues of places in a sample."""

    sample: LabelledSample
    others: LabelledSample
    answers: Array
    own: bool

    def mistakes(self, top: int) -> list[LabelIssue]:
        found = mistakes(self.answers, self.sample.targets, self.sample.documents, self.sample.classes, top)
        return [
            self._issue(one.row, MISTAKE, one.predicted, {"label_probability": one.label_probability}) for one in found
        ]

    def label_error(self, place: int, suggested: int, margin: float) -> LabelIssue:
        details = {
            "margin": float(margin),
            "label_probability": float(self.answers[place, self.sample.targets[place]]),
        }
        return self._issue(int(place), LABEL_ERROR, self.sample.classes[int(suggested)], details)

    def near_duplicate(self, one: NearDuplicate) -> LabelIssue:
        other = self.others.label(one.other)
        details = {
            "similarity": one.similarity,
            "row": int(self.others.rows[one.other]),
            "number": self.others.number(one.other),
            "text": shorten(self.others.documents[one.other]),
            "label": other,
            "in": "data" if self.own else "train",
        }
        # The copy may be the one with the wrong label: of both, the label that the model takes for the likelier one.
        own = self.sample.label(one.row)
        given = {label: float(self.answers[one.row, self.sample.classes.index(label)]) for label in (own, other)}
        return self._issue(one.row, NEAR_DUPLICATE, max(given, key=given.__getitem__), details)

    def _issue(self, place: int, reason: str, suggested: Label, details: dict[str, Any]) -> LabelIssue:
        best = int(self.answers[place].argmax())
        document: Document = self.sample.documents[place]
        return LabelIssue(
            row=int(self.sample.rows[place]),
            number=self.sample.number(place),
            text=shorten(document),
            label=self.sample.label(place),
            predicted=self.sample.classes[best],
            probability=float(self.answers[place, best]),
            reason=reason,
            suggested=suggested,
            suggested_probability=float(self.answers[place, self.sample.classes.index(suggested)]),
            details=details,
            neighbours=[],
            head=text_excerpt(document),
            likely=[self.sample.classes[one] for one in np.argsort(-self.answers[place], kind="stable")[:LIKELY]],
        )


class _Neighbours:
    """The nearest final states, by cosine."""

    def __init__(self, bundle: Bundle, sample: LabelledSample, others: LabelledSample, *, own: bool) -> None:
        self.sample, self.others, self.own = sample, others, own
        self.states = _directions(_all_states(bundle, others.ids))
        self.given = self.states if own else _directions(_all_states(bundle, sample.ids))

    def add(self, rows: list[LabelIssue], places: dict[int, int], count: int) -> None:
        """Adds neighbours to each issue."""
        for one in rows:
            place = places[one.row]
            similarity = self.states @ self.given[place]
            if self.own:
                similarity[place] = -np.inf
            for near in np.argsort(-similarity, kind="stable")[: min(count, len(similarity) - self.own)].tolist():
                one.neighbours.append(
                    {
                        "row": int(self.others.rows[near]),
                        "number": self.others.number(near),
                        "text": shorten(self.others.documents[near]),
                        "label": self.others.label(near),
                        "similarity": float(similarity[near]),
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
