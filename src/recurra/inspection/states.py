"""State space: trajectories of documents in the first principal components of a network's states."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.errors import SettingsError
from recurra.inspection.given_table import table_of_rows
from recurra.inspection.labelled_sample import LabelledSample
from recurra.inspection.trajectories import network_ids, trajectories, word_mask
from recurra.representation import ROWS, Representation, Represented, one_line
from recurra.runtime import Model
from recurra.runtime.given_model import model_of

__all__ = ["Components", "DocumentPath", "Point", "States", "principal_components", "states"]

Floats = npt.NDArray[np.float64]
COMPONENTS = 3


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components of N states of D numbers.

    Attributes:
        mean: float64[D].
        axes: float64[K, D], unit vectors by falling variance; the largest component of each is positive.
        explained_variance: float64[K], share of the variance along each axis.
    """

    mean: Floats
    axes: Floats
    explained_variance: Floats

    def of(self, states: npt.NDArray[np.floating]) -> Floats:
        """Coordinates along the first two axes, float64[N, 2]; the second is 0 if states have only one number."""
        found = (states - self.mean) @ self.axes[:2].T
        return np.pad(found, ((0, 0), (0, 2 - found.shape[1])))


class Point(NamedTuple):
    """The end of a document in the plane: its row (from 0), labels, coordinates, and its number in messages."""

    row: int
    label: Label
    predicted: Label
    x: float
    y: float
    number: int


@dataclass(frozen=True, repr=False)
class DocumentPath(Represented):
    """The trajectory of a document.

    Attributes:
        row: index of the row in the table, from 0.
        tokens: T words.
        path: T points, the state after each word; for two directions the joined states at it.
        end: the point of the state after the last token, pads included; for two directions the forward state there
            joined with the backward state at the first token.
        label: the true label.
        predicted: the predicted label.
        number: number of the row in messages, such as 2 for the first row where the header is row 1.
    """

    row: int
    tokens: list[str]
    path: list[list[float]]
    end: list[float]
    label: Label
    predicted: Label
    number: int

    def _representation(self) -> Representation:
        return Representation(
            f"DocumentPath: place {self.row:,}, labelled {one_line(self.label, 30)!r}, predicted "
            f"{one_line(self.predicted, 30)!r}, {len(self.path):,} words: {one_line(' '.join(self.tokens), 80)}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "row": self.row,
            "number": self.number,
            "text": " ".join(self.tokens),
            "tokens": self.tokens,
            "path": self.path,
            "end": self.end,
            "label": self.label,
            "predicted": self.predicted,
        }


@dataclass(frozen=True, repr=False)
class States(Represented):
    """The top layer's states in the plane.

    Attributes:
        model: name of the model.
        labels: its classes.
        fitted_on: number of documents that the components were fitted on.
        explained_variance: shares of the variance of up to three components; the plane shows the first two.
        start: the point of the zero state before the first word.
        documents: some of the documents, balanced over the classes.
        points: the ends of all documents.
        notes: messages for the user.
    """

    model: str
    labels: list[Label]
    fitted_on: int
    explained_variance: list[float]
    start: list[float]
    documents: list[DocumentPath]
    points: list[Point]
    notes: list[str] = field(default_factory=list)

    def _representation(self) -> Representation:
        rows = []
        for label in self.labels[:ROWS]:
            ends = [point for point in self.points if point.label == label]
            if ends:
                x, y = (f"{np.mean([point[axis] for point in ends]):+.3f}" for axis in (3, 4))
                right = sum(point.predicted == label for point in ends)
                rows.append((one_line(label, 30), f"{len(ends):,}", f"{right:,}", x, y))
        shares = " + ".join(f"{100 * share:.1f} %" for share in self.explained_variance[:2])
        return Representation(
            f"States: {one_line(self.model)}, {len(self.points):,} documents; the plane has {shares} of the variance",
            ("label", "documents", "right", "mean end x", "mean end y"),
            rows,
            [f"word by word: {len(self.documents):,} documents"],
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "model": self.model,
            "labels": self.labels,
            "fitted_on": self.fitted_on,
            "explained_variance": self.explained_variance,
            "start": self.start,
            "documents": [document.to_dict() for document in self.documents],
            "points": [point._asdict() for point in self.points],
            "notes": self.notes,
        }


def states(
    model: Model,
    data: Any,
    y: Any = None,
    *,
    name: str = "model",
    documents: int | None = 1000,
    paths: int = 40,
    seed: int = 0,
) -> States:
    """Projects a model's states onto their first two principal components, with documents in that plane.

    Args:
        model: any cell, depth and direction; the top layer's h is shown, both directions joined.
        data: labelled rows: a table of :func:`recurra.read_table`, or what it reads if its columns can be guessed; or,
            with ``y``, B texts or (title, text) pairs: a list, an array or a column.
        y: the B labels of texts.
        name: name of the model in the result.
        documents: largest number of rows to fit the components on, drawn at random; ``None`` takes all.
        paths: number of them to show word by word, balanced over the classes.
        seed: seed of the draw.

    Raises:
        DataError: see :meth:`LabelledSample.of`.
        SettingsError: ``paths`` is below 0.
    """
    model = model_of(model)
    data = table_of_rows(data, model, y)
    if paths < 0:
        raise SettingsError(f"paths is {paths}", "Give 0 or more.")
    notes: list[str] = []
    sample = LabelledSample.of(model, data, limit=documents, seed=seed, say=notes.append)
    if model.bundle.branch is not None:
        notes.append(
            "States are the recurrent network's; the linear branch, which is not recurrent, has none but takes part in "
            "what is predicted."
        )
    top = [one for one in trajectories(model.bundle, sample.ids) if one.layer == model.bundle.network.layers - 1]
    offsets = top[0].offsets
    joined = np.concatenate([one.hidden for one in top], axis=1)
    words = word_mask(network_ids(model.bundle, sample.ids), sample.ids.lengths)
    # Without words there is only the zero state.
    components = principal_components(joined[words] if words.any() else np.zeros((1, joined.shape[1])))
    padded = [np.concatenate([one.hidden, np.zeros((1, one.hidden.shape[1]), dtype=np.float32)]) for one in top]
    ends = components.of(np.concatenate([state[one.last] for state, one in zip(padded, top, strict=True)], axis=1))
    predicted = model.predict_proba(sample.documents).argmax(axis=1)
    shown = []
    for place in _balanced(sample.targets, paths):
        tokens = model.bundle.pipeline.tokens(sample.documents[place])
        own = joined[offsets[place] : offsets[place] + len(tokens)]
        shown.append(
            DocumentPath(
                row=int(sample.rows[place]),
                tokens=tokens,
                path=_rounded(components.of(own)),
                end=_rounded(ends[place]),
                label=sample.label(place),
                predicted=sample.classes[int(predicted[place])],
                number=sample.number(place),
            )
        )
    points = []
    for place, row in enumerate(sample.rows):
        x, y = _rounded(ends[place])
        label, answer = sample.label(place), sample.classes[int(predicted[place])]
        points.append(Point(int(row), label, answer, x, y, sample.number(place)))
    return States(
        model=name,
        labels=sample.classes,
        fitted_on=len(sample),
        explained_variance=components.explained_variance.tolist(),
        start=_rounded(components.of(np.zeros((1, joined.shape[1])))[0]),
        documents=shown,
        points=points,
        notes=notes,
    )


def principal_components(states: npt.NDArray[np.floating], count: int = COMPONENTS) -> Components:
    """The directions of the largest variance (Pearson 1901; Hotelling 1933), from the covariance matrix.

    Args:
        states: float[N, D], N of 1 or more.
        count: largest number of components; no more than D are returned.
    """
    values = states.astype(np.float64)
    mean = values.mean(axis=0)
    centred = values - mean
    variances, vectors = np.linalg.eigh(centred.T @ centred / len(values))
    axes = vectors.T[::-1][:count]
    # The sign of an eigenvector is arbitrary; the same data must make the same picture.
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    axes = axes * np.where(largest < 0, -1.0, 1.0)
    total = max(float(variances.sum()), np.finfo(np.float64).tiny)
    return Components(mean, axes, np.maximum(variances[::-1][:count], 0) / total)


def _balanced(targets: npt.NDArray[np.int64], count: int) -> list[int]:
    """Places of ``count`` documents, taken from the classes in turn."""
    turns = np.empty(len(targets), dtype=np.int64)
    for target in np.unique(targets):
        own = np.flatnonzero(targets == target)
        turns[own] = np.arange(len(own))
    return [int(place) for place in np.sort(np.lexsort((targets, turns))[:count])]


def _rounded(values: Floats) -> Any:
    return np.round(values, 5).tolist()
