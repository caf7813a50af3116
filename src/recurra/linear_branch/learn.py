"""Learns a linear branch from documents and their labels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.kernels.compiled import kernels_of
from recurra.linear_branch.branch import LinearBranch
from recurra.linear_branch.count import count_ngrams, count_subwords
from recurra.linear_branch.extend import extend_ngrams, extend_subwords, extend_weights
from recurra.linear_branch.ngrams import Ngrams
from recurra.linear_branch.open_documents import OpenDocuments
from recurra.linear_branch.settings import BranchSettings
from recurra.linear_branch.subwords import Subwords
from recurra.text import TextPipeline
from recurra.text.vocabulary import SPECIAL_IDS, Vocabulary

__all__ = ["PASSES", "learn_branch"]

Array = npt.NDArray[np.float32]

PASSES = 8
"""Passes over the rows; the answers hardly change after these."""
# Of log-count ratios: what is added to counts, and the power that is taken.
PRIOR, POWER = 0.001, 1 / 3


def learn_branch(
    documents: OpenDocuments,
    targets: Array,
    pipeline: TextPipeline,
    settings: BranchSettings,
    *,
    row_weights: Array | None = None,
    passes: int = PASSES,
    seed: int = 0,
    initial: LinearBranch | None = None,
    kept: tuple[Ngrams, Subwords | None] | None = None,
    on_pass: Callable[[], object] = lambda: None,
) -> LinearBranch:
    """Counts the n-grams of documents and learns a logistic regression for each output by dual coordinate ascent.

    One label a row is learned one-vs-rest: with a temperature its log loss is as low as a softmax's, and where rows
    contradict each other it is right more often (benchmarks/own_files/LOG.md).

    The penalty is λ/2 |w - w₀|², with w₀ the weights of the branch that learning goes on from, or zero.

    An n-gram has the value of its inverse document frequency, log((1 + B) / (1 + df)) + 1, divided by the mean of all,
    times the cube root of its log-count ratio |log(p / q)|, scaled to a mean square of 1, where p and q are the shares
    of an output's documents and of all others that have it: what tells an output is penalised less. For each token
    after the first its squared value is multiplied by ``ngram_decay``. A document's values are divided by the root of
    their number; the weights of the branch hold these values. The ratio is that of Wang and Manning 2012, "Baselines
    and Bigrams", ACL P12-2018; the root and the decay are ours (benchmarks/own_files/LOG.md).

    Args:
        documents: B documents.
        targets: float32[B, L], 1 for the right outputs and 0 for the others.
        pipeline: of the documents.
        settings: what is counted, and the penalty.
        row_weights: float32[B], what each document counts; 1 if not given.
        passes: over the documents.
        seed: of the order of the documents.
        initial: a branch with the same outputs and the same kinds of n-grams to go on from; its vocabulary is the
            beginning of this one. Its n-grams and subwords stay.
        kept: n-grams and subwords to learn, as :func:`recurra.linear_branch.select` returns them, instead of counting
            them.
        on_pass: called after each pass.
    """
    vocabulary, ids = pipeline.vocabulary, documents.ids
    weights = np.ones(len(ids), dtype=np.float32) if row_weights is None else row_weights
    if kept is None:
        kept = _counted(documents, pipeline, settings, initial, outputs=targets.shape[1])
    ngrams, subwords = kept
    found = ngrams.find(ids)
    each = Ragged(np.arange(len(ngrams), dtype=np.int32), np.arange(len(ngrams) + 1))
    squares = _squared_values(found, each, targets, weights, len(ngrams))
    squares *= np.float32(settings.ngram_decay) ** (ngrams.lengths[:, None] - 1)
    parts = _parts(documents, vocabulary, subwords)
    subword_squares = _squared_values(ids, parts, targets, weights, len(subwords) if subwords else 0)
    norms = np.zeros_like(targets)
    kernels = kernels_of("training.dual_ascent")
    for words, pieces, some in ((found, each, squares), (ids, parts, subword_squares)):
        met = np.zeros(len(some), dtype=np.int64)
        kernels.squared_norms(words.values, words.offsets, pieces.values, pieces.offsets, some, met, norms)
    outputs = targets.shape[1]
    if initial is None:
        W, U = (np.zeros((len(some), outputs), dtype=np.float32) for some in (squares, subword_squares))
    else:
        W, U = extend_weights(initial, ngrams, subwords)
    dual = np.zeros((len(ids), outputs), dtype=np.float32)
    generator = np.random.default_rng(seed)
    for _ in range(passes):
        order = generator.permutation(len(ids))
        kernels.dual_pass(
            order, found.values, found.offsets, squares, W, ids.values, ids.offsets, parts.values, parts.offsets,
            subword_squares, U, norms, targets, weights, settings.branch_penalty, dual,
        )  # fmt: skip
        on_pass()
    return LinearBranch(settings, vocabulary, ngrams, subwords, W, U)


def _counted(
    documents: OpenDocuments, pipeline: TextPipeline, settings: BranchSettings, initial: LinearBranch | None, *,
    outputs: int,
) -> tuple[Ngrams, Subwords | None]:  # fmt: skip
    """The n-grams and subwords of documents, behind those of a branch that learning goes on from."""
    vocabulary, subwords, known = pipeline.vocabulary, None, SPECIAL_IDS + len(pipeline.vocabulary)
    with_subwords = settings.counts_subwords(pipeline.settings.tokens)
    settings = settings.replace(ngram_count=settings.most(outputs=outputs, known=known, subwords=with_subwords))
    ngrams = count_ngrams(documents.ids, known, settings)
    if initial is not None:
        ngrams = extend_ngrams(initial.ngrams, ngrams, settings.ngram_count)
    if with_subwords:
        words = (*vocabulary.tokens, *documents.words)
        counts = np.bincount(documents.ids.values, minlength=SPECIAL_IDS + len(words))[SPECIAL_IDS:]
        subwords = count_subwords(words, counts, settings)
        if initial is not None and initial.subwords is not None:
            subwords = extend_subwords(initial.subwords, subwords, settings.ngram_count)
    return ngrams, subwords


def _parts(documents: OpenDocuments, vocabulary: Vocabulary, subwords: Subwords | None) -> Ragged:
    """The subwords of each id; of no id without subwords."""
    words = (*vocabulary.tokens, *documents.words)
    if subwords is None:
        # No id has a part.
        return Ragged(np.empty(0, dtype=np.int32), np.zeros(SPECIAL_IDS + len(words) + 1, dtype=np.int64))
    found = subwords.find(words)
    return Ragged(found.values, np.concatenate([np.zeros(SPECIAL_IDS, dtype=np.int64), found.offsets]))


def _squared_values(words: Ragged, parts: Ragged, targets: Array, weights: Array, count: int) -> Array:
    """The squared values of each part, float32[parts, L]."""
    rows, outputs = targets.shape
    if not count:
        return np.empty((0, outputs), dtype=np.float32)
    kinds = np.column_stack([targets * weights[:, None], weights, np.ones_like(weights)])
    met, frequencies = np.full(count, -1, dtype=np.int64), np.zeros((count, outputs + 2), dtype=np.float32)
    kernels_of("training.dual_ascent").document_frequencies(
        words.values, words.offsets, parts.values, parts.offsets, kinds, met, frequencies
    )
    inside, everywhere = frequencies[:, :outputs], frequencies[:, outputs : outputs + 1]
    size, whole = kinds[:, :outputs].sum(axis=0), weights.sum()
    idf = np.log((1 + rows) / (1 + frequencies[:, -1:])) + 1
    ratios = np.log((inside + PRIOR) / (size + 2 * PRIOR))
    ratios -= np.log((np.maximum(everywhere - inside, 0) + PRIOR) / (whole - size + 2 * PRIOR))
    squares = np.abs(ratios) ** (2 * POWER)
    means = squares.mean(axis=0)
    squares *= (idf / idf.mean()) ** 2 / np.where(means > 0, means, 1)
    return np.ascontiguousarray(squares, dtype=np.float32)
