"""A trained model that predicts, without any deep-learning framework."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.bundle import Bundle, read_bundle, write_bundle
from recurra.bundle.format import decode, encode
from recurra.data.documents import Document, one_document
from recurra.data.model_columns import (
    ModelColumns,
    learned_from_texts_alone,
    learned_from_titles,
    pairs_given,
    titles_missing,
)
from recurra.data.plain_values import other_order_note
from recurra.errors import ModelFileError, SettingsError
from recurra.evaluation.probabilities import log_probabilities
from recurra.hub import local_path
from recurra.linear_branch import OpenDocuments
from recurra.networks.settings import NetworkSettings
from recurra.runtime.branched_network import AnyNetwork, BranchedNetwork
from recurra.runtime.compiled_network import CompiledNetwork, inference_network
from recurra.runtime.given_documents import given_documents
from recurra.runtime.numpy_network import NumpyNetwork
from recurra.runtime.one_text import OneText
from recurra.runtime.reading import Reading, read_ids
from recurra.runtime.summary import parameters_by_part, summary_of
from recurra.runtime.trace import LayerTrace, trace_of
from recurra.tasks import Task
from recurra.text.arrow import ArrowStrings
from recurra.text.buffer import TextBuffer
from recurra.text.segmenters import version_mismatch
from recurra.text.vocabulary import UNKNOWN_ID

__all__ = ["Model", "load"]

_log = logging.getLogger(__name__)
# The commands, which say it in their own way, turn this one off.
_titles_log = logging.getLogger("recurra.runtime.titles")

# Documents that are predicted at once: their ids and states are in memory together.
AT_ONCE = 1 << 14


def load(path: str | os.PathLike[str]) -> Model:
    """Loads a model file.

    Args:
        path: a file that recurra has written; or a model on the Hugging Face Hub, ``hf://owner/name`` or
            ``hf://owner/name@revision``.

    Raises:
        HubError: the hub does not give the file.
        ModelFileError: there is no such file, or it cannot be used.
        SettingsError: ``path`` is none, or the model needs a word segmenter that is not installed.
    """
    if not isinstance(path, str | os.PathLike):
        raise SettingsError(
            f"load was given {' '.join(repr(path).split()):.60}",
            "Give the path of a model file, or hf://owner/name; a fitted TextClassifier needs no loading, and its save "
            "writes such a file.",
        )
    model = Model(read_bundle(local_path(path)))
    # A record from a file may have no versions, or a value of another type.
    if note := version_mismatch(model.bundle.text.tokens, model.record.get("versions")):
        print(note, file=sys.stderr)
    return model


class Model:
    """A trained model.

    Args:
        bundle: a model from :func:`recurra.bundle.read_bundle` or from training.

    Attributes:
        bundle: everything that the model file has.
        classes_: the C labels, in the order of the columns of :meth:`predict_proba`; as Python's own values they are
            ``bundle.labels.classes``.
    """

    def __init__(self, bundle: Bundle) -> None:
        if not isinstance(bundle, Bundle):
            raise SettingsError(f"Model was given {bundle!r:.60}", "recurra.load reads a model file.")
        self.bundle = bundle
        self.classes_ = bundle.labels.array
        self._learned_from_texts_alone = learned_from_texts_alone(bundle.record)
        self._says_titles = self._learned_from_texts_alone or learned_from_titles(bundle.record)

    def predict_proba(self, documents: Iterable[Document] | ArrowStrings | TextBuffer) -> npt.NDArray[np.float32]:
        """The probability of each class for each document.

        Args:
            documents: B texts or (title, text) pairs (a model logs once if it is given one where it learned from the
                other) of any length, which may be empty; or Arrow strings of any library
                (see :func:`recurra.text.arrow.from_arrow`), where nulls are empty texts; or a data frame or Arrow
                table, of which :attr:`columns` are read, or its only column of texts, and logged. In lists, frames and
                columns of frames a missing text is an error; in frames with titles a row's title is enough, and how
                many are read alone is logged as a warning, but an error where no row has a text.

        Returns:
            float32[B, C], in the order of the documents and of :attr:`classes_`. Every row sums to 1; for a multi-label
            model each label has an independent probability instead.

        Raises:
            DataError: ``documents`` is a single text, or contains something that is no document.
            ModelFileError: a probability is not finite, because the model's weights are too large.
        """
        if self._says_titles:
            self._tell_of_titles(documents)
        if type(documents) is list and len(documents) == 1 and type(documents[0]) is str and self._one_text is not None:
            answer = self._one_text(documents[0])
            if answer is not None:
                return answer
        parts = [network.probabilities(ids) for network, ids in self._encoded(documents)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def predict_log_proba(self, documents: Iterable[Document] | ArrowStrings | TextBuffer) -> npt.NDArray[np.float32]:
        """The natural logarithm of :meth:`predict_proba`, float32[B, C]; of a probability of 0 it is ``-inf``."""
        return log_probabilities(self.predict_proba(documents))

    def predict(
        self, documents: Iterable[Document] | ArrowStrings | TextBuffer, *, abstain_below: float | None = None
    ) -> npt.NDArray[Any]:
        """The most probable class of each document, [B], as in the training data.

        For a multi-label model it is the list of labels whose probability reaches their threshold.

        Args:
            documents: B texts or (title, text) pairs, Arrow strings or a table, as for :meth:`predict_proba`.
            abstain_below: documents whose most probable class is less probable than this get ``None``.

        Raises:
            DataError: ``documents`` is a single text, or contains something that is no document.
            ModelFileError: a probability is not finite.
            SettingsError: ``abstain_below`` is not in (0, 1], or the model is a multi-label one.
        """
        below = self.checked_abstaining(abstain_below)
        found = self.task.decide(self.predict_proba(documents), below)
        if found.offsets is None and below is None:
            return np.asarray(self.classes_[found.places])
        answers = np.empty(len(found), dtype=object)
        for place, answer in enumerate(found.labels(self.bundle.labels.classes)):
            answers[place] = answer
        return answers

    def score(self, X: Iterable[Document] | ArrowStrings | TextBuffer, y: Any) -> float:
        """The accuracy; of a model of several labels the share of documents whose labels are exactly right.

        Args:
            X: B documents, as for :meth:`predict_proba`.
            y: B labels, lists of labels or an indicator matrix whose columns are the classes in order. A label that is
                no class counts as wrong.

        Raises:
            DataError: ``y`` has another length or form, or holds the texts.
        """
        # Predicting starts faster without it.
        from recurra.evaluation.given_rows import rows_right

        if note := other_order_note(X, y):
            warnings.warn(note, UserWarning, stacklevel=2)
        given = given_documents(X, self.columns, titles=learned_from_titles(self.record))
        documents = [given[place] for place in range(len(given))]
        answers = self.predict(documents)
        return float(np.mean(rows_right(answers, y, self.classes_, lists=self.task.lists, documents=documents)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Saves the model as one file, which :func:`recurra.load` reads without torch.

        Args:
            path: the file, usually ``….safetensors``; its folder must exist. An existing file is replaced as a whole.

        Raises:
            RecurraError: the file cannot be written.
            SettingsError: ``path`` is none.
        """
        if not isinstance(path, str | os.PathLike):
            raise SettingsError(f"save was given {path!r:.60}", 'Give the path of a file, such as "model.safetensors".')
        write_bundle(self.bundle, Path(path))

    def checked_abstaining(self, below: float | None) -> float | None:
        """Returns ``below`` if this model can abstain below that probability.

        Raises:
            SettingsError: ``below`` is not in (0, 1], or the model is a multi-label one.
        """
        return self.task.check_abstain_below(below)

    def read(self, document: Document, *, gates: bool = False) -> Reading:
        """The probabilities after every word, and the evidence of each word.

        Args:
            document: one text or (title, text).
            gates: whether to include every layer's states and gates.

        Raises:
            DataError: ``document`` is neither.
            ModelFileError: a probability or a word's evidence is not finite.
        """
        if self._says_titles:
            self._tell_of_titles([document])
        bundle = self.bundle
        network, opened = self.open([one_document(document)])
        ids, closed = opened.ids[0], opened.closed.values
        layers: tuple[LayerTrace, ...] = ()
        if gates:
            # Pads are read as well, but only the states of the document's own tokens are kept.
            padded = np.pad(closed, (0, max(0, (bundle.pad_to or 0) - len(closed))))
            layers = tuple(one.first(len(closed)) for one in trace_of(bundle.network, bundle.tensors, padded))
        known = (ids != UNKNOWN_ID) & (ids < opened.known)
        return read_ids(
            network,
            ids,
            bundle.whole_pipeline.tokens(document),
            known=known,
            classes=bundle.labels.classes,
            layers=layers,
        )

    def open(self, documents: Sequence[Document] | TextBuffer) -> tuple[AnyNetwork, OpenDocuments]:
        """The token ids of documents, and what computes with them; for a linear branch unknown words have ids as well.

        Args:
            documents: B texts or (title, text) pairs, or a buffer of texts.

        Raises:
            DataError: an item is not a document.
        """
        opened, branch = self.bundle.open(documents), self.bundle.branch
        if branch is None:
            return self._network, opened
        return BranchedNetwork(self._network, branch, opened.words, max_tokens=opened.max_tokens), opened

    def _tell_of_titles(self, documents: object) -> None:
        if said := self.titles_note(documents):
            _titles_log.warning(said)

    def titles_note(self, documents: object) -> str:
        """What is said, once, of texts alone or of pairs where the model learned from the other; else empty.

        Of tables their reading says it.

        Args:
            documents: B texts or (title, text) pairs, or what holds them.
        """
        if not self._says_titles or type(documents) is not list or not documents:
            return ""
        if self._learned_from_texts_alone:
            said = pairs_given(self.record) if isinstance(documents[0], tuple) else ""
        else:
            said = titles_missing(self.record) if all(isinstance(one, str) for one in documents) else ""
        self._says_titles = not said
        return said

    @cached_property
    def network_alone(self) -> Model:
        """The recurrent network without the linear branch, as a model; it shares its tables."""
        alone = Model(replace(self.bundle, branch=None))
        alone._network, alone._says_titles = self._network, False
        return alone

    @property
    def task(self) -> Task:
        """The task that the model was trained on."""
        return self.bundle.task

    @property
    def multi_label(self) -> bool:
        """Whether a document may have several labels, or none."""
        return self.bundle.multi_label

    @property
    def thresholds(self) -> npt.NDArray[np.float32] | None:
        """float32[C], the least probability at which each of several labels is given; ``None`` for one class a row."""
        return self.task.tensors.get("thresholds")

    @thresholds.setter
    def thresholds(self, values: object) -> NoReturn:
        # The scores in the record are of those that the model has.
        raise SettingsError(f"thresholds cannot be set to {values!r:.40}", "Use predict_proba(X) >= thresholds.")

    @property
    def settings(self) -> NetworkSettings:
        """The network's shape; the text pipeline's settings are ``bundle.text``."""
        return self.bundle.network

    @property
    def record(self) -> dict[str, Any]:
        """The record of the training: preset, training settings, rows, scores, versions."""
        return self.bundle.record

    @property
    def columns(self) -> ModelColumns | None:
        """The names of the columns that the model learned from; ``None`` if its record has none."""
        return ModelColumns.from_record(self.record)

    @property
    def label_separator(self) -> str | None:
        """The separator of labels in the training rows; ``None`` if there was none.

        Raises:
            ModelFileError: the record has a value of another type.
        """
        found = self.record.get("label_separator")
        if found is not None and not isinstance(found, str):
            raise ModelFileError(f"The record's label_separator is {found!r:.60}", "Name it with --label-separator.")
        return found

    @property
    def info(self) -> dict[str, Any]:
        """A description of the model, as plain JSON values."""
        bundle = self.bundle
        parts = parameters_by_part(bundle)
        return {
            "classes": list(bundle.labels.classes),
            "thresholds": None,
            **{name: tensor.tolist() for name, tensor in bundle.task.tensors.items()},
            "text": bundle.text.to_dict(),
            "network": bundle.network.to_dict(),
            "branch": bundle.branch.settings.to_dict() | bundle.branch.counts if bundle.branch else None,
            "vocabulary": len(bundle.vocabulary),
            "pad_to": bundle.pad_to,
            "weights": bundle.weights,
            "parameters": {**parts, "total": sum(parts.values())},
            "record": bundle.record,
        }

    def summary(self) -> str:
        """A table of the network's parts with their numbers of parameters and the total."""
        return summary_of(self.bundle)

    def fit(self, X: Any, y: Any) -> NoReturn:
        """scikit-learn asks of every estimator that it has this method; a trained model has nothing to fit.

        Raises:
            SettingsError: always.
        """
        raise SettingsError("A trained model does not learn", "Go on with TextClassifier().fit(X, y, initial=model).")

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        """Tells scikit-learn that this is a classifier; nobody else asks, so that it is imported already."""
        utils = import_module("sklearn.utils")
        return utils.Tags(
            estimator_type="classifier",
            target_tags=utils.TargetTags(required=True),
            classifier_tags=utils.ClassifierTags(multi_label=self.multi_label),
            input_tags=utils.InputTags(two_d_array=False, string=True),
        )

    def __getstate__(self) -> dict[str, bytes]:
        # A copy is what the file would be: the same in every version and process, and checked when it is read.
        return {"file": encode(self.bundle)}

    def __setstate__(self, state: dict[str, bytes]) -> None:
        Model.__init__(self, decode(state["file"]))

    def __repr__(self) -> str:
        network = self.bundle.network
        return f"Model({network.cell}, hidden={network.hidden}, layers={network.layers}, classes={len(self.classes_)})"

    def _encoded(
        self, documents: Iterable[Document] | ArrowStrings | TextBuffer
    ) -> Iterator[tuple[AnyNetwork, Ragged]]:
        """The ids of some documents at a time, and what computes with them; at least one batch, which may be empty."""
        given = given_documents(documents, self.columns, titles=learned_from_titles(self.record))
        for first in range(0, max(len(given), 1), AT_ONCE):
            end = first + AT_ONCE
            if isinstance(given, TextBuffer):
                network, opened = self.open(TextBuffer(given.data, given.offsets[first : end + 1]))
            else:
                network, opened = self.open(given[first:end])
            yield network, opened.ids

    @cached_property
    def _network(self) -> CompiledNetwork | NumpyNetwork:
        # Built at the first prediction, so that looking at a model's settings need not wait for its tables.
        bundle = self.bundle
        return inference_network(bundle.network, bundle.tensors, pad_to=bundle.pad_to, task=bundle.task)

    @cached_property
    def _one_text(self) -> OneText | None:
        return OneText.of(self.bundle, self._network)
