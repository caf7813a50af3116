"""A scikit-learn compatible text classifier."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from recurra.bundle import read_bundle, write_bundle
from recurra.data.documents import Document
from recurra.data.frames import is_frame
from recurra.data.read import read_table
from recurra.errors import DataError
from recurra.hub import local_path
from recurra.presets import load_preset, recipe_of_model
from recurra.runtime import Model, Reading
from recurra.tasks import Task
from recurra.training.callbacks import Callback
from recurra.training.fit import RunOptions, fit

__all__ = ["TextClassifier"]


class TextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A recurrent text classifier.

    ``X`` is a sequence of texts or of (title, text) pairs: a list, an array or a column of a data frame. If it is a
    whole data frame or Arrow table, ``fit`` guesses the columns of texts and titles, and ``predict`` reads the same.
    For multi-label data ``y`` has a list of labels for each text, or is a binary indicator matrix [texts, labels];
    ``predict`` then returns such lists or such a matrix, and ``score`` is the subset accuracy: the share of texts whose
    labels are exactly right.

    Args:
        model: name of a preset (:func:`recurra.presets.preset_names`) or path of your own preset.
        options: settings that differ from the preset's, such as ``{"hidden": 128, "dropout": 0.3}``.
        epochs: number of passes over the rows; ``None`` takes the preset's.
        batch_size: number of documents in a step; ``None`` takes the preset's.
        learning_rate: learning rate of the optimizer; ``None`` takes the preset's.
        vectors: pretrained word vectors: a file, or a name such as ``glove-6b-50d``
            (:data:`recurra.text.named_vectors.NAMED_VECTORS`), which is fetched and kept.
        engine: engine that computes the recurrence; ``auto`` takes the fastest one for the cell.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        random_state: seed of every random choice; ``None`` takes the preset's.
        minutes: after which ``fit`` ends, with the best model until then; ``None`` sets no limit.
        task: what is learned, a :class:`recurra.tasks.Task` or its name; ``None`` infers it from ``y``.
        listener: deprecated, to be removed in the next release: use ``fit(..., callbacks=[...])``.

    Attributes:
        columns_: the columns that ``fit`` read from a table: text, and title or ``None``; ``None`` if it got no table.
        classes_: the classes, sorted; for an indicator matrix the numbers of its columns.
        model_: the trained :class:`recurra.runtime.Model`, which predicts without torch.
        history_: loss and accuracy during training (:class:`recurra.training.callbacks.History`).
        validation_: scores on the rows that ``fit`` held out, or ``None``.

    Example:
        >>> clf = TextClassifier(model="lesson/gru").fit(texts, labels)  # doctest: +SKIP
        >>> clf.predict(["Oil prices rise again"])  # doctest: +SKIP
    """

    def __init__(
        self,
        model: str = "default",
        *,
        options: Mapping[str, Any] | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        vectors: str | Path | None = None,
        engine: str = "auto",
        device: str = "auto",
        random_state: int | None = 0,
        listener: Callback | None = None,
        task: Task | str | None = None,
        minutes: float | None = None,
    ) -> None:
        self.model = model
        self.options = options
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.vectors = vectors
        self.engine = engine
        self.device = device
        self.random_state = random_state
        self.listener = listener
        self.task = task
        self.minutes = minutes

    def fit(
        self,
        X: Sequence[Document],
        y: Sequence[Any],
        *,
        initial: Model | str | Path | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> Self:
        """Trains on documents and their labels.

        Args:
            X: B documents.
            y: B labels, B lists of labels, or a binary indicator matrix [B, C].
            initial: a model, the path of its file or ``hf://owner/name``, for a warm start: its settings are used
                instead of the preset's, its vocabulary and classes are kept, and new words and classes are added.
            callbacks: called during training, which they may stop (:class:`recurra.training.callbacks.Callback`).

        Raises:
            DataError: the documents or labels cannot be trained on.
            SettingsError: the settings contradict each other.
            TrainingError: the training failed.
        """
        began = time.monotonic()
        named = {
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "seed": self.random_state,
        }
        if initial is None:
            bundle = None
        else:
            bundle = initial.bundle if isinstance(initial, Model) else read_bundle(local_path(initial))
        recipe = load_preset(self.model) if bundle is None else recipe_of_model(bundle)
        recipe = recipe.with_options({**(self.options or {}), **_given(named)})
        recipe = replace(recipe, vectors=self.vectors or None)
        columns = indicator_of(y)
        self.n_columns_ = None if columns is None else columns.shape[1]
        table = read_table(X, labelled=False) if is_frame(X) else None
        fitted = fit(
            as_documents(X) if table is None else table.documents,
            label_sets(y) if columns is None else [tuple(np.flatnonzero(row).tolist()) for row in columns],
            recipe=recipe,
            task=self.task,
            initial=bundle,
            run=RunOptions(engine=self.engine, device=self.device, minutes=self.minutes, began=began),
            callbacks=self._with_listener(callbacks),
        )
        self.columns_ = None if table is None else (table.text_column, table.title_column)
        self.model_ = Model(fitted.bundle)
        self.classes_ = np.asarray(fitted.bundle.labels.classes) if columns is None else np.arange(columns.shape[1])
        self.history_ = fitted.outcome.history
        self.validation_ = fitted.validation
        return self

    def _with_listener(self, callbacks: Sequence[Callback]) -> Sequence[Callback]:
        if self.listener is None:
            return callbacks
        warnings.warn("Give fit(..., callbacks=[...]) instead of listener.", DeprecationWarning, stacklevel=3)
        return [self.listener, *callbacks]

    def predict(self, X: Sequence[Document], *, abstain_below: float | None = None) -> npt.NDArray[Any]:
        """The most probable class of each document, [B]; or its labels: lists [B], or an indicator matrix int64[B, C].

        Args:
            X: B documents.
            abstain_below: documents whose most probable class is less probable than this get ``None``.

        Raises:
            SettingsError: ``abstain_below`` is not in (0, 1], or the model is a multi-label one.
        """
        check_is_fitted(self)
        sets = self.model_.predict(self._documents(X), abstain_below=abstain_below)
        if self.n_columns_ is None:
            return sets
        indicator = np.zeros((len(sets), self.n_columns_), dtype=np.int64)
        for row, columns in enumerate(sets):
            indicator[row, columns] = 1
        return indicator

    def predict_proba(self, X: Sequence[Document]) -> npt.NDArray[np.float32]:
        """The probability of each class, float32[B, C], with the columns in the order of ``classes_``."""
        check_is_fitted(self)
        found = self.model_.predict_proba(self._documents(X))
        if self.n_columns_ is None:
            return found
        # A column without a positive row is no class of the model: its probability is 0.
        every = np.zeros((len(found), self.n_columns_), dtype=np.float32)
        every[:, np.asarray(self.model_.classes_, dtype=np.int64)] = found
        return every

    def score(self, X: Sequence[Document], y: Any, sample_weight: Any = None) -> float:
        """The accuracy; for multi-label data the subset accuracy.

        Args:
            X: B documents.
            y: their labels, as for :meth:`fit`.
            sample_weight: weights of the documents, float[B].
        """
        found, columns = self.predict(X), indicator_of(y)
        if columns is not None:
            right = (found == columns).all(axis=1)
        else:
            right = [
                set(mine) == set(theirs) if isinstance(mine, list) else mine == theirs
                for mine, theirs in zip(found, label_sets(y), strict=True)
            ]
        return float(np.average(right, weights=sample_weight))

    def __sklearn_tags__(self) -> Any:
        """The tags by which scikit-learn knows what this estimator supports."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _documents(self, X: Any) -> list[Document]:
        if not is_frame(X):
            return as_documents(X)
        text, title = self.columns_ or (None, None)
        return read_table(X, text=text, title=title, labelled=False).documents

    def read(self, document: Document, *, gates: bool = False) -> Reading:
        """The class probabilities after every word of one document (:meth:`recurra.runtime.Model.read`)."""
        check_is_fitted(self)
        return self.model_.read(document, gates=gates)

    def save(self, path: str | Path) -> None:
        """Saves the model as one file, which :func:`recurra.load` reads without torch."""
        check_is_fitted(self)
        write_bundle(self.model_.bundle, Path(path))


def indicator_of(y: Any) -> npt.NDArray[np.bool_] | None:
    """Bool[B, C] for a matrix of zeros and ones (dense, sparse or a data frame); ``None`` for anything else.

    Raises:
        DataError: the matrix has other values.
    """
    if getattr(y, "ndim", 0) != 2:
        return None
    matrix = np.asarray(y.toarray() if hasattr(y, "toarray") else y)
    if not np.isin(matrix, (0, 1)).all():
        raise DataError(
            f"y is a matrix {list(matrix.shape)} of more than zeros and ones",
            "Give a label each, a list of labels each, or a binary indicator matrix.",
        )
    return matrix.astype(np.bool_)


def label_sets(y: Any) -> list[Any]:
    """The labels of each document: single labels unchanged; lists, sets and arrays of labels as tuples.

    Raises:
        DataError: ``y`` is no sequence.
    """
    if isinstance(y, str | bytes) or not hasattr(y, "__iter__"):
        raise DataError(f"y is {y!r:.60}", "Give a sequence of labels.")
    return [
        tuple(sorted(one) if isinstance(one, set | frozenset) else one)
        if isinstance(one, list | tuple | set | frozenset | np.ndarray)
        else one
        for one in y
    ]


def as_documents(X: Any) -> list[Document]:
    """Documents from any sequence of texts or pairs: a list, an array, a column of a data frame.

    Raises:
        DataError: ``X`` is one text, or no sequence.
    """
    if isinstance(X, str | bytes) or not hasattr(X, "__iter__"):
        raise DataError(f"X is {X!r:.60}", "Give a sequence of texts, such as [text].")
    # np.str_ is a str; a pair may come as a list or as a row of an array.
    return [str(one) if isinstance(one, str) else tuple(map(_text, one)) if _is_pair(one) else one for one in X]


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple | list | np.ndarray) and len(value) == 2


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in values.items()
        if value is not None
    }
