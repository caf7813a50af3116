"""A trained model that predicts, without any deep-learning framework."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from recurra.bundle import Bundle, read_bundle
from recurra.data.documents import Document, Label
from recurra.errors import DataError
from recurra.models.settings import NetworkSettings
from recurra.runtime.network import Network
from recurra.runtime.reading import Reading, read_prefixes
from recurra.runtime.summary import parameters_by_part, summary_of
from recurra.text.arrow import ArrowStrings, from_arrow, is_arrow
from recurra.text.buffer import TextBuffer

__all__ = ["Model", "load"]


def load(path: str | os.PathLike[str]) -> Model:
    """Reads a model file.

    Args:
        path: a file that recurra has written.

    Raises:
        ModelFileError: no such file, or none that can be used.
    """
    return Model(read_bundle(path))


class Model:
    """A trained model.

    Args:
        bundle: as :func:`recurra.bundle.read_bundle` or training gives it.

    Attributes:
        bundle: all that the model file holds.
        classes_: the labels, in the order of the columns of :meth:`predict_proba`.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.classes_: list[Label] = list(bundle.labels.classes)
        self._network = Network(bundle.network, bundle.tensors, pad_to=bundle.pad_to)

    def predict_proba(self, documents: Iterable[Document] | ArrowStrings | TextBuffer) -> npt.NDArray[np.float32]:
        """The probability of each class for each document.

        Args:
            documents: B texts or (title, text) pairs, of any length, empty ones too; or Arrow strings, of any library
                (see :func:`recurra.text.arrow.from_arrow`), where nulls are empty texts.

        Returns:
            float32[B, C], in the order of the documents and of :attr:`classes_`; every row sums to 1.

        Raises:
            DataError: ``documents`` is a single text, or something in it is no document.
        """
        return self._network.probabilities(self.bundle.pipeline.encode(_listed(documents)))

    def predict(self, documents: Iterable[Document] | ArrowStrings | TextBuffer) -> npt.NDArray[Any]:
        """The most probable class of each document, [B], as the labels were written.

        Args:
            documents: B texts or (title, text) pairs, or Arrow strings, as for :meth:`predict_proba`.

        Raises:
            DataError: ``documents`` is a single text, or something in it is no document.
        """
        labels: npt.NDArray[Any] = self._classes[self.predict_proba(documents).argmax(axis=1)]
        return labels

    def read(self, document: Document) -> Reading:
        """The probabilities after every word.

        Args:
            document: one text or (title, text).

        Raises:
            DataError: it is neither.
        """
        pipeline = self.bundle.pipeline
        ids = pipeline.encode([document])[0]
        return Reading(pipeline.tokens(document), read_prefixes(self._network, ids))

    @property
    def settings(self) -> NetworkSettings:
        """The network's shape; the text pipeline's settings are ``bundle.text``."""
        return self.bundle.network

    @property
    def record(self) -> dict[str, Any]:
        """How the model came about: preset, training settings, rows, scores, versions."""
        return self.bundle.record

    @property
    def info(self) -> dict[str, Any]:
        """What the model is, as plain JSON values."""
        bundle = self.bundle
        parts = parameters_by_part(bundle)
        return {
            "classes": self.classes_,
            "text": bundle.text.to_dict(),
            "network": bundle.network.to_dict(),
            "vocabulary": len(bundle.vocabulary),
            "pad_to": bundle.pad_to,
            "parameters": {**parts, "total": sum(parts.values())},
            "record": bundle.record,
        }

    def summary(self) -> str:
        """A table of the network's parts with their parameters and the total."""
        return summary_of(self.bundle)

    def __repr__(self) -> str:
        network = self.bundle.network
        return f"Model({network.cell}, hidden={network.hidden}, layers={network.layers}, classes={len(self.classes_)})"

    @cached_property
    def _classes(self) -> npt.NDArray[Any]:
        classes = np.array(self.classes_)
        if classes.tolist() == self.classes_:
            return classes
        # Whole numbers beyond 64 bits, and texts that end in a null character, which NumPy's text type drops.
        return np.array(self.classes_, dtype=object)


def _listed(documents: Iterable[Document] | ArrowStrings | TextBuffer) -> list[Document]:
    if is_arrow(documents):
        # pandas hands its strings over only where pyarrow is installed; they can be listed everywhere.
        with contextlib.suppress(ImportError):
            documents = from_arrow(documents)
    if isinstance(documents, TextBuffer):
        return [documents[place] for place in range(len(documents))]
    if isinstance(documents, str):
        raise DataError(f"predict was given one text: {documents[:80]!r}", "Give a list of texts: predict([text]).")
    try:
        return list(cast("Iterable[Document]", documents))
    except TypeError as error:
        raise DataError(
            f"predict was given {documents!r:.80} ({type(documents).__name__})", "Give a list of texts."
        ) from error
