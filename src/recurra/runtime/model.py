"""A trained model that predicts, without any deep-learning framework."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.bundle import Bundle, read_bundle
from recurra.data.documents import Document, Label
from recurra.errors import DataError
from recurra.models.settings import NetworkSettings
from recurra.runtime.network import Network
from recurra.runtime.reading import Reading, read_prefixes
from recurra.runtime.summary import parameters_by_part, summary_of

__all__ = ["Model", "load"]

# Documents that are computed at once: their ids and states are in memory together.
AT_ONCE = 1 << 14


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

    def predict_proba(self, documents: Iterable[Document]) -> npt.NDArray[np.float32]:
        """The probability of each class for each document.

        Args:
            documents: B texts or (title, text) pairs, of any length, empty ones too.

        Returns:
            float32[B, C], in the order of the documents and of :attr:`classes_`; every row sums to 1.

        Raises:
            DataError: ``documents`` is a single text, or something in it is no document.
        """
        listed = _listed(documents)
        parts = [
            self._network.probabilities(self.bundle.pipeline.encode(listed[first : first + AT_ONCE]))
            for first in range(0, max(len(listed), 1), AT_ONCE)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def predict(self, documents: Iterable[Document]) -> npt.NDArray[Any]:
        """The most probable class of each document, [B], as the labels were written.

        Args:
            documents: B texts or (title, text) pairs.

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

    def __getstate__(self) -> dict[str, Any]:
        # The network's tables stay behind: they know where they stand in this process's memory.
        return {"bundle": self.bundle, "classes_": self.classes_}

    def __repr__(self) -> str:
        network = self.bundle.network
        return f"Model({network.cell}, hidden={network.hidden}, layers={network.layers}, classes={len(self.classes_)})"

    @cached_property
    def _network(self) -> Network:
        # Not before it is asked something: who looks at a model's settings need not wait for its tables.
        return Network(self.bundle.network, self.bundle.tensors, pad_to=self.bundle.pad_to)

    @cached_property
    def _classes(self) -> npt.NDArray[Any]:
        classes = np.array(self.classes_)
        if classes.tolist() == self.classes_:
            return classes
        # Whole numbers beyond 64 bits, and texts that end in a null character, which NumPy's text type drops.
        return np.array(self.classes_, dtype=object)


def _listed(documents: Iterable[Document]) -> list[Document]:
    if isinstance(documents, str):
        raise DataError(f"predict was given one text: {documents[:80]!r}", "Give a list of texts: predict([text]).")
    try:
        return list(documents)
    except TypeError as error:
        raise DataError(
            f"predict was given {documents!r:.80} ({type(documents).__name__})", "Give a list of texts."
        ) from error
