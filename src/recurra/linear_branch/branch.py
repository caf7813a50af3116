"""The linear branch: a model of the n-grams and subwords of a document, whose outputs are added to the network's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recurra.kernels.compiled import kernels_of
from recurra.linear_branch.ngrams import Ngrams
from recurra.linear_branch.open_documents import OpenDocuments
from recurra.linear_branch.settings import BranchSettings
from recurra.linear_branch.subwords import Subwords
from recurra.text.vocabulary import SPECIAL_IDS, Vocabulary

__all__ = ["LinearBranch"]

Array = npt.NDArray[np.float32]
Wide = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LinearBranch:
    """A linear model over counted n-grams.

    The outputs of a document are Σ W[n-gram] / √(their number) + Σ U[subword] / √(their number), over all places where
    a known one stands. It knows no order but that within an n-gram, and has no state: it is not recurrent.

    Attributes:
        settings: what it counts.
        vocabulary: the words with an id.
        ngrams: the known n-grams of tokens.
        subwords: the known n-grams of the characters of words, or ``None``.
        W: float32[n-grams, L].
        U: float32[subwords, L]; of no rows without subwords.
    """

    settings: BranchSettings
    vocabulary: Vocabulary
    ngrams: Ngrams
    subwords: Subwords | None
    W: Array
    U: Array

    @property
    def outputs(self) -> int:
        """L, the number of outputs."""
        return int(self.W.shape[1])

    @property
    def counts(self) -> dict[str, int]:
        """Number of known n-grams of two and more tokens, and of subwords."""
        return {"known_ngrams": len(self.ngrams.table), "known_subwords": len(self.subwords) if self.subwords else 0}

    def times(self, factor: float) -> LinearBranch:
        """The branch with all outputs multiplied by a factor."""
        return replace(self, W=_scaled(self.W, factor), U=_scaled(self.U, factor))

    def logits(self, documents: OpenDocuments) -> Wide:
        """Its outputs, float64[B, L]; zeros for a document without a known n-gram."""
        outputs = np.zeros((len(documents.ids), self.outputs))
        found = self.ngrams.find(documents.ids)
        kernels = kernels_of("linear_sums")
        kernels.add_sums(found.values, found.offsets, self.W, outputs)
        if self.subwords is not None:
            new = self.word_sums(documents.words)
            kernels.add_word_sums(documents.ids.values, documents.ids.offsets, self._known_sums, new, outputs)
        return outputs

    def word_sums(self, words: tuple[str, ...]) -> Wide:
        """Of each word the sum of its subwords' rows of U, and their number: float64[words, L + 1]."""
        sums = np.zeros((len(words), self.outputs + 1))
        if words and self.subwords is not None:
            found = self.subwords.find(words)
            kernels_of("linear_sums").sum_rows(found.values, found.offsets, self.U, sums)
        return sums

    @cached_property
    def _known_sums(self) -> Wide:
        return np.concatenate([np.zeros((SPECIAL_IDS, self.outputs + 1)), self.word_sums(self.vocabulary.tokens)])


def _scaled(weights: Array, factor: float) -> Array:
    return (weights * factor).astype(np.float32)
