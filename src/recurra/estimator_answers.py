"""What a fitted text classifier answers, as scikit-learn asks it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from recurra.data.documents import Document
from recurra.data.model_columns import learned_from_titles
from recurra.data.plain_values import other_order_note
from recurra.errors import SettingsError
from recurra.estimator_rows import documents_of
from recurra.evaluation.given_rows import rows_right
from recurra.evaluation.probabilities import log_probabilities
from recurra.runtime import Model, Reading
from recurra.training.sample_weight import check_sample_weight

__all__ = ["Absent", "FittedClassifier"]


class Absent:
    """A name that a classifier lacks: who asks for it is told what to write instead.

    Args:
        instead: such as the function that does it.
    """

    def __init__(self, instead: str) -> None:
        self._instead, self._name = instead, ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> Any:
        if instance is None:
            return self
        raise AttributeError(f"{owner.__name__} has no {self._name}: {self._instead}")


class FittedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Answers of a classifier after :meth:`recurra.TextClassifier.fit` or :meth:`recurra.TextClassifier.load`.

    Attributes:
        columns_: the columns of a table that ``predict`` reads, (text, title or ``None``), or ``None``.
        classes_: the classes, sorted; for an indicator matrix its columns in their order.
        model_: the trained model.
    """

    columns_: tuple[str, str | None] | None
    classes_: npt.NDArray[Any]
    model_: Model
    # Whether fit's labels were an indicator matrix.
    _indicator: bool = False

    @property
    def thresholds_(self) -> npt.NDArray[np.float32] | None:
        """The least probability at which each label is given, float32[C] in the order of ``classes_``.

        ``None`` if a text has one class. :func:`recurra.evaluate` takes them. They cannot be set: decide by others with
        ``predict_proba(X) >= thresholds``.
        """
        check_is_fitted(self)
        found = self.model_.thresholds
        if found is None or not self._indicator:
            return found
        # A column without a positive row has the probability 0, and is never given.
        every = np.full(len(self.classes_), 0.5, dtype=np.float32)
        every[self._places(self.model_.classes_)] = found
        return every

    @thresholds_.setter
    def thresholds_(self, values: object) -> None:
        # Refused there.
        self.model_.thresholds = values

    def predict(self, X: Sequence[Document], *, abstain_below: float | None = None, **unknown: Any) -> npt.NDArray[Any]:
        """The most probable class of each document, [B]; or its labels: lists [B], or an indicator matrix int64[B, C].

        Args:
            X: B documents: texts, pairs (title, text), a column, or a data frame, of which ``columns_`` are read, such
                as ``body`` after ``fit(frame["body"], y)`` of a pandas Series. After a ``fit`` of texts without a name
                a data frame must have a single column of texts.
            abstain_below: documents whose most probable class is less probable than this get ``None``.
            unknown: refused.

        Raises:
            SettingsError: ``abstain_below`` is not in (0, 1], or the model is a multi-label one; or there is no such
                argument.
        """
        _check_none(unknown, "predict", "X and abstain_below")
        check_is_fitted(self)
        sets = self.model_.predict(self._documents(X), abstain_below=abstain_below)
        if not self._indicator:
            return sets
        indicator = np.zeros((len(sets), len(self.classes_)), dtype=np.int64)
        for row, labels in enumerate(sets):
            indicator[row, self._places(labels)] = 1
        return indicator

    def predict_proba(self, X: Sequence[Document], **unknown: Any) -> npt.NDArray[np.float32]:
        """The probability of each class.

        Args:
            X: B documents, as for :meth:`predict`.
            unknown: refused.

        Returns:
            float32[B, C], columns in the order of ``classes_``. Every row sums to 1; of several labels a row each has a
            probability of its own.

        Raises:
            DataError: an item of ``X`` is no document.
            ModelFileError: a probability is not finite.
            SettingsError: there is no such argument.
        """
        _check_none(unknown, "predict_proba", "X alone")
        check_is_fitted(self)
        found = self.model_.predict_proba(self._documents(X))
        if not self._indicator:
            return found
        # A column without a positive row is no class of the model: its probability is 0.
        every = np.zeros((len(found), len(self.classes_)), dtype=np.float32)
        every[:, self._places(self.model_.classes_)] = found
        return every

    def predict_log_proba(self, X: Sequence[Document]) -> npt.NDArray[np.float32]:
        """The natural logarithm of :meth:`predict_proba`, float32[B, C]; of a probability of 0 it is ``-inf``."""
        return log_probabilities(self.predict_proba(X))

    def score(self, X: Sequence[Document], y: Any, sample_weight: Any = None) -> float:
        """The accuracy; for multi-label data the subset accuracy.

        Args:
            X: B documents.
            y: their labels, as for :meth:`fit`. For multi-label data B lists of labels or a binary indicator matrix
                [B, C] whose columns are ``classes_`` in their order, whichever of them ``fit`` had; a data frame may
                have them in another order, by their names.
            sample_weight: weights of the documents, float[B].

        Raises:
            DataError: ``y`` has another length or form.
        """
        check_is_fitted(self)
        documents, lists = self._documents(X), self.model_.task.lists
        for name, given in (("y", y), ("sample_weight", sample_weight)):
            if note := other_order_note(X, given, name):
                warnings.warn(note, UserWarning, stacklevel=2)
        found = self.model_.predict(documents)
        right = rows_right(found, y, self.classes_, lists=lists, documents=documents)
        weights = None if sample_weight is None else check_sample_weight(sample_weight, len(found))
        return float(np.average(right, weights=weights))

    def __sklearn_tags__(self) -> Any:
        """The tags by which scikit-learn knows what this estimator supports."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    @property
    def _indicator_width(self) -> int | None:
        return len(self.classes_) if self._indicator else None

    def _places(self, labels: Iterable[Any]) -> list[int]:
        """The columns of labels in an indicator matrix."""
        places = {label: place for place, label in enumerate(self.classes_.tolist())}
        return [places[label] for label in labels]

    def _documents(self, X: Any) -> list[Document]:
        """The documents; of a table the columns that ``fit`` read, or those of the model."""
        titles = learned_from_titles(self.model_.record)
        documents = documents_of(X, self.columns_, self.model_.columns, titles=titles)
        if said := self.model_.titles_note(documents):
            warnings.warn(said, UserWarning, stacklevel=3)
        return documents

    partial_fit = Absent("fit(X, y, initial=classifier) trains on from a fitted one, for whole epochs")
    evaluate = Absent("recurra.evaluate(classifier.predict_proba(X), y, classifier.classes_) gives the scores")
    export_onnx = Absent("recurra.export.export_onnx(classifier).save(path) writes it as ONNX")
    to_onnx = Absent("recurra.export.export_onnx(classifier).save(path) writes it as ONNX")
    attribute = Absent("recurra.inspection.attribute(classifier, text) gives the share of each word in an answer")
    explain = Absent("recurra.inspection.attribute(classifier, text) gives the share of each word in an answer")
    summary = Absent("classifier.model_.summary() gives the parts and their numbers of parameters, once it is fitted")
    tune = Absent("recurra.tuning.Tuner(table, recipe=…, folder=…, limits=…).run() tries settings")

    def read(self, document: Document, *, gates: bool = False) -> Reading:
        """The class probabilities after every word of one document (:meth:`recurra.runtime.Model.read`).

        Args:
            document: one text or (title, text), of T tokens.
            gates: whether to include every layer's states and gates, [T, H] each.

        Raises:
            DataError: ``document`` is neither.
            ModelFileError: a probability or a word's evidence is not finite.
        """
        check_is_fitted(self)
        if said := self.model_.titles_note([document]):
            warnings.warn(said, UserWarning, stacklevel=2)
        return self.model_.read(document, gates=gates)

    def save(self, path: str | Path) -> None:
        """Saves the model (:meth:`recurra.runtime.Model.save`)."""
        check_is_fitted(self)
        self.model_.save(path)


def _check_none(unknown: Mapping[str, Any], method: str, arguments: str) -> None:
    """Raises a :class:`SettingsError` for an argument that a method does not have, such as ``batch_size``."""
    for name in unknown:
        raise SettingsError(
            f"{method} has no argument {name!r:.80}", f"It takes {arguments}: batches are formed by themselves."
        )
