"""A trained model in memory: weights, vocabulary, labels, settings and record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document
from recurra.linear_branch import LinearBranch, OpenDocuments
from recurra.networks.settings import NetworkSettings
from recurra.tasks import SINGLE_LABEL, Task
from recurra.text import Labels, TextPipeline, TextSettings, Vocabulary
from recurra.text.buffer import TextBuffer
from recurra.text.vocabulary import SPECIAL_IDS

__all__ = ["Bundle"]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Bundle:
    """A trained model: what :func:`recurra.bundle.write_bundle` stores and the runtime computes with.

    Attributes:
        text: settings of the trained text pipeline.
        network: the network's shape.
        vocabulary: the known tokens.
        labels: the classes, in the order of the network's outputs.
        pad_to: length to which shorter documents are padded with id 0; ``None`` if the network is masked.
        tensors: the weights, float32, by the names of :func:`recurra.networks.shapes.weight_shapes`.
        record: the record of the training: preset, training settings, rows, hash of the data, scores, package versions.
            Plain JSON values, and no times: the same model has the same bytes.
        weights: type of the weights in the file; :func:`recurra.bundle.int8_bundle` converts a float32 model to int8.
            ``int8_compact`` shares scales among more weights (:mod:`recurra.bundle.int8`).
        task: the task that was learned, with its tensors, such as the thresholds of a multi-label model.
        branch: the linear branch beside the network, whose outputs are added to the network's; or ``None``.
    """

    text: TextSettings
    network: NetworkSettings
    vocabulary: Vocabulary
    labels: Labels
    pad_to: int | None
    tensors: dict[str, npt.NDArray[np.float32]]
    record: dict[str, Any]
    weights: Literal["float32", "int8", "int8_compact"] = "float32"
    task: Task = SINGLE_LABEL
    branch: LinearBranch | None = None

    def __repr__(self) -> str:
        """One line: the weights would fill the screen."""
        branch = " and a linear branch" if self.branch else ""
        return f"Bundle({self.network.cell}, {len(self.vocabulary):,} tokens, {len(self.labels):,} classes{branch})"

    @property
    def thresholds(self) -> npt.NDArray[np.float32] | None:
        """The least probability of each predicted label, float32[C]; ``None`` for a single-label model."""
        return self.task.tensors.get("thresholds")

    @property
    def multi_label(self) -> bool:
        """Whether a row may have several labels."""
        return self.task.lists

    @cached_property
    def pipeline(self) -> TextPipeline:
        """The text pipeline, which turns documents into the token ids that the network reads."""
        return TextPipeline(self.text, self.vocabulary)

    @cached_property
    def whole_pipeline(self) -> TextPipeline:
        """The text pipeline of network and branch: the branch may read more tokens of a document."""
        if self.branch is None:
            return self.pipeline
        most = self.branch.settings.tokens_read(self.text.max_tokens)
        return self.pipeline if most == self.text.max_tokens else self.pipeline.cut_to(most)

    def open(self, documents: Sequence[Document] | TextBuffer) -> OpenDocuments:
        """The token ids of documents; for a linear branch unknown words have ids as well.

        Args:
            documents: B texts or (title, text) pairs, or a buffer of texts.

        Raises:
            DataError: an item is not a document.
        """
        most = self.text.max_tokens
        if self.branch is None or self.branch.subwords is None:
            # Nobody asks for the letters of an unknown word.
            ids = self.whole_pipeline.encode(documents)
            return OpenDocuments(ids, len(self.vocabulary) + SPECIAL_IDS, max_tokens=most)
        return OpenDocuments.of(self.whole_pipeline, documents, max_tokens=most)
