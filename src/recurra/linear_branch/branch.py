"""The linear branch: a model of the n-grams and subwords of a document, whose outputs are added to the network's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.kernels.compiled import kernels_of
from recurra.kernels.threads import run_parallel
from recurra.linear_branch.ngrams import Ngrams
from recurra.linear_branch.open_documents import OpenDocuments
from recurra.linear_branch.settings import BranchSettings
from recurra.linear_branch.subwords import Subwords, marked_words
from recurra.text.vocabulary import SPECIAL_IDS, Vocabulary

__all__ = ["LinearBranch"]

# Documents, and words, that a thread takes at once: about a millisecond of work.
DOCUMENTS, WORDS = 256, 512

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

    def plus(self, weights: Array) -> LinearBranch:
        """The branch with other weights of its n-grams added, float32[n-grams, L]."""
        return replace(self, W=self.W + weights)

    def logits(self, documents: OpenDocuments) -> Wide:
        """Its outputs, float64[B, L]; zeros for a document without a known n-gram.

        Threads take ranges of documents; the sums of each are made in its own order, whatever the range.
        """
        outputs, ids = np.zeros((len(documents), self.outputs)), documents.ids
        known, new = self.known_sums, self.word_sums(documents.words)
        add_some = partial(self._add, ids, known, new, outputs)
        run_parallel([partial(add_some, *part) for part in _parts(len(ids), DOCUMENTS)])
        return outputs

    def word_sums(self, words: tuple[str, ...]) -> Wide:
        """Of each word the sum of its subwords' rows of U, and their number: float64[words, L + 1]."""
        sums = np.zeros((len(words), self.outputs + 1))
        if words and self.subwords is not None:
            text, bounds = marked_words(words)
            sum_some = partial(self._sum_words, self.subwords, text, bounds, sums)
            run_parallel([partial(sum_some, *part) for part in _parts(len(words), WORDS)])
        return sums

    def _add(self, ids: Ragged, known: Wide, new: Wide, outputs: Wide, first: int, end: int) -> None:
        """Writes the outputs of a range of documents."""
        begin, stop = ids.offsets[first], ids.offsets[end]
        some = Ragged(ids.values[begin:stop], ids.offsets[first : end + 1] - begin)
        kernels, found = kernels_of("linear_sums"), self.ngrams.find(some)
        kernels.add_sums(found.values, found.offsets, self.W, outputs[first:end])
        if self.subwords is not None:
            kernels.add_word_sums(some.values, some.offsets, known, new, outputs[first:end])

    def _sum_words(
        self, subwords: Subwords, text: npt.NDArray[np.uint8], bounds: npt.NDArray[np.int64], sums: Wide, first: int,
        end: int,
    ) -> None:  # fmt: skip
        found = subwords.find_marked(text, bounds[first : end + 1])
        kernels_of("linear_sums").sum_rows(found.values, found.offsets, self.U, sums[first:end])

    @cached_property
    def known_sums(self) -> Wide:
        """:meth:`word_sums` of the vocabulary's ids, float64[V, L + 1]."""
        return np.concatenate([np.zeros((SPECIAL_IDS, self.outputs + 1)), self.word_sums(self.vocabulary.tokens)])


def _scaled(weights: Array, factor: float) -> Array:
    return (weights * factor).astype(np.float32)


def _parts(size: int, most: int) -> list[tuple[int, int]]:
    """Ranges of at most so many."""
    return [(first, min(first + most, size)) for first in range(0, size, most)]
