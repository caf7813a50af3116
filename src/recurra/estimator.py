"""The classifier with scikit-learn's manners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from recurra.bundle import read_bundle, write_bundle
from recurra.data.documents import Document
from recurra.errors import DataError
from recurra.presets import load_preset, preset_to_continue
from recurra.runtime import Model, Reading
from recurra.training.fit import fit
from recurra.training.progress import Listener

__all__ = ["TextClassifier"]


class TextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A recurrent text classifier.

    ``X`` is a sequence of texts, or of (title, text) pairs; an array or a column of a data frame serves as well.

    Args:
        model: name of a preset (:func:`recurra.presets.preset_names`) or path of an own one.
        options: single settings that differ from the preset's, such as ``{"hidden": 128, "dropout": 0.3}``.
        epochs: passes over the rows; ``None`` leaves the preset's.
        batch_size: documents in a step; ``None`` leaves the preset's.
        learning_rate: of the optimiser; ``None`` leaves the preset's.
        vectors: file of pretrained word vectors.
        engine: of the recurrence, ``auto`` for the fastest that computes the cell.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        random_state: seed of every random choice; ``None`` leaves the preset's.
        listener: hears of the progress of ``fit``.

    Attributes:
        classes_: the classes, sorted.
        model_: the :class:`recurra.runtime.Model` that predicts, without torch.
        history_: curves of the training (:class:`recurra.training.progress.History`).
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
        listener: Listener | None = None,
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

    def fit(self, X: Sequence[Document], y: Sequence[Any], *, initial: Model | str | Path | None = None) -> Self:
        """Trains on documents and their labels.

        Args:
            X: B documents.
            y: as many labels.
            initial: a model, or the file of one, that training goes on from: its settings take the place of the
                preset's, its words and classes stay, and new ones are added.

        Raises:
            DataError: nothing can be learned from them.
            SettingsError: the settings do not fit together.
            TrainingError: training could not go on.
        """
        named = {
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "seed": self.random_state,
        }
        bundle = initial.bundle if isinstance(initial, Model) else None if initial is None else read_bundle(initial)
        preset = load_preset(self.model) if bundle is None else preset_to_continue(bundle)
        preset = preset.with_options({**(self.options or {}), **_given(named)})
        fitted = fit(
            as_documents(X),
            list(y),
            text=preset.text,
            network=preset.network,
            training=preset.training,
            characters=preset.characters,
            preset=preset.name,
            vectors=Path(self.vectors) if self.vectors else None,
            engine=self.engine,
            device=self.device,
            listener=self.listener,
            initial=bundle,
        )
        self.model_ = Model(fitted.bundle)
        self.classes_ = np.asarray(fitted.bundle.labels.classes)
        self.history_ = fitted.outcome.history
        self.validation_ = fitted.validation
        return self

    def predict(self, X: Sequence[Document]) -> npt.NDArray[Any]:
        """The most probable class of each document, [B]."""
        places = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[places])

    def predict_proba(self, X: Sequence[Document]) -> npt.NDArray[np.float32]:
        """The probability of each class, float32[B, C], columns as in ``classes_``."""
        check_is_fitted(self)
        return self.model_.predict_proba(as_documents(X))

    def read(self, document: Document, *, gates: bool = False) -> Reading:
        """The class probabilities after every word of one document (:meth:`recurra.runtime.Model.read`)."""
        check_is_fitted(self)
        return self.model_.read(document, gates=gates)

    def save(self, path: str | Path) -> None:
        """Writes the model as one file that :func:`recurra.load` reads without torch."""
        check_is_fitted(self)
        write_bundle(self.model_.bundle, Path(path))


def as_documents(X: Any) -> list[Document]:
    """Documents out of any sequence of texts or pairs: lists, arrays, columns of a data frame.

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
