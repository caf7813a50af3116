"""Language models of the classes over the n-grams of a branch, written as weights of these n-grams."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.linear_branch.ngrams import Ngrams
from recurra.text.vocabulary import PAD_ID

__all__ = ["DISCOUNT", "class_language_models"]

Array = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]

DISCOUNT = 0.9
"""What is taken from each count for n-grams that were not seen (benchmarks/own_files/LOG.md)."""
# Documents whose n-grams are counted at once.
DOCUMENTS = 4096


def class_language_models(
    ngrams: Ngrams, documents: Ragged, labels: Int64, outputs: int, *, row_weights: Array | None = None
) -> Array:
    """The weights with which the n-grams of a document sum up to log P(class) + log P(document | class).

    Each class has an n-gram language model with absolute discounting: after a context h, a token w has the probability

        P(w | h) = (max(c(h w) - D, 0) + D · N(h) · P(w | h')) / c(h),

    with c the counts of the class, N(h) the number of different tokens that follow h, and h' the context without its
    first token; without a context, P(w | h') is the same for all tokens (Ney, Essen and Kneser 1994, "On structuring
    probabilistic dependences in stochastic language modelling"; as a classifier Peng, Schuurmans and Wang 2004,
    "Augmenting naive Bayes classifiers with statistical language models"). As in the ARPA format, an n-gram has the
    factor by which it raises the probability that backing off would give, and that of backing off behind it; so the
    logarithms of all n-grams of a document add up to that of its probability.

    A document whose first token begins none that is known lacks the prior, and one whose last token ends none the
    probability of an end. What is the same for all classes is left
    out: each n-gram's weights have the mean zero.

    Args:
        ngrams: whose weights are asked; the models know no others.
        documents: token ids, those from ``ngrams.known`` on being unknown tokens.
        labels: int64[B], the class of each document.
        outputs: L, the number of classes.
        row_weights: float32[B], what each document counts in P(class); documents of weight 0 count nowhere.

    Returns:
        float32[n-grams, L].
    """
    if row_weights is not None:
        some = np.flatnonzero(row_weights)
        documents, labels, row_weights = documents.take(some), labels[some], row_weights[some]
    sizes = np.bincount(labels[documents.lengths > 0], minlength=outputs).astype(np.float32)
    counts = _counts(ngrams, documents, labels, outputs)
    # Every document that has tokens has one end; the boundary alone is no n-gram that is found.
    counts[PAD_ID] = sizes
    lengths, first = ngrams.lengths, ngrams.known
    beginnings, last = ngrams.table.T.astype(np.int64)
    backoff, totals, types = _contexts(ngrams, counts, sizes)
    probabilities = np.empty_like(counts)
    tokens = np.arange(first)
    probabilities[tokens] = _discounted(
        counts[tokens], counts[tokens].sum(axis=0), (counts[tokens] > 0).sum(axis=0), np.float32(1 / first)
    )
    weights = np.empty_like(counts)
    weights[tokens] = np.log(probabilities[tokens])
    shorter = _without_first(ngrams, beginnings, last)
    for length in range(2, ngrams.longest + 1):
        rows = np.flatnonzero(lengths == length)
        context, lower = beginnings[rows - first], probabilities[shorter[rows]]
        probabilities[rows] = _discounted(counts[rows], totals[context], types[context], lower)
        # The boundary before a document is no n-gram that is found, so what backs off behind it stands here.
        behind = np.where((context == PAD_ID)[:, None], 0, backoff[context])
        weights[rows] = np.log(probabilities[rows] / lower) - behind
    weights += np.where(np.arange(len(ngrams))[:, None] == PAD_ID, 0, backoff)
    # Nor is the boundary behind it: its own probability stands at the pairs of the last token and the end.
    pairs = lengths[first:] == 2
    weights[first + np.flatnonzero(pairs & (last == PAD_ID))] += np.log(probabilities[PAD_ID])
    weights[first + np.flatnonzero(pairs & (beginnings == PAD_ID))] += _log_prior(labels, outputs, row_weights)
    centred: Array = weights - weights.mean(axis=1, keepdims=True)
    return centred


def _counts(ngrams: Ngrams, documents: Ragged, labels: Int64, outputs: int) -> Array:
    """How often each n-gram occurs in each class, float32[n-grams, L]."""
    counts = np.zeros(len(ngrams) * outputs, dtype=np.int64)
    for first in range(0, len(documents), DOCUMENTS):
        places = np.arange(first, min(first + DOCUMENTS, len(documents)))
        found = ngrams.find(documents.take(places))
        classes = np.repeat(labels[places], np.diff(found.offsets))
        counts += np.bincount(found.values.astype(np.int64) * outputs + classes, minlength=len(counts))
    return counts.reshape(-1, outputs).astype(np.float32)


def _contexts(ngrams: Ngrams, counts: Array, sizes: Array) -> tuple[Array, Array, Array]:
    """Of each n-gram as a context: log D · N(h) / c(h), 0 where the class has not seen it, c(h) and N(h)."""
    lengths, beginnings = ngrams.lengths, ngrams.table[:, 0]
    last = np.concatenate([np.arange(ngrams.known), ngrams.table[:, 1]])
    follows = (lengths < ngrams.longest) & ((last != PAD_ID) | (np.arange(len(ngrams)) == PAD_ID))
    totals = np.where(follows[:, None], counts, 0)
    totals[PAD_ID] = sizes
    known, types = np.zeros_like(counts), np.zeros_like(counts)
    order = np.argsort(beginnings, kind="stable")
    if len(order):
        contexts, starts = np.unique(beginnings[order], return_index=True)
        behind = counts[ngrams.known :][order]
        known[contexts] = np.add.reduceat(behind, starts)
        types[contexts] = np.add.reduceat((behind > 0).astype(np.float32), starts)
    # A token that follows, but makes no known n-gram, is taken for one that occurs once.
    types += np.maximum(totals - known, 0)
    seen = totals > 0
    backoff = np.log(np.where(seen, DISCOUNT * types, 1) / np.where(seen, totals, 1))
    return backoff.astype(np.float32), totals, types


def _discounted(counts: Array, totals: Array, types: Array, lower: Array | np.float32) -> Array:
    """P(w | h), and P(w | h') where the class has not seen the context."""
    seen = totals > 0
    probabilities = (np.maximum(counts - DISCOUNT, 0) + DISCOUNT * types * lower) / np.where(seen, totals, 1)
    known: Array = np.where(seen, probabilities, lower).astype(np.float32)
    return known


def _without_first(ngrams: Ngrams, beginnings: Int64, last: Int64) -> Int64:
    """The row of each n-gram without its first token, or of its last token where that is not known; int64[n-grams]."""
    shorter, lengths, first = np.arange(len(ngrams)), ngrams.lengths, ngrams.known
    keys = beginnings << 32 | last
    order = np.argsort(keys)
    for length in range(2, ngrams.longest + 1):
        rows = np.flatnonzero(lengths == length)
        shorter[rows] = last[rows - first]
        if length > 2:
            wanted = shorter[beginnings[rows - first]] << 32 | last[rows - first]
            places = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(order) - 1)]
            known = keys[places] == wanted
            shorter[rows[known]] = first + places[known]
    return shorter


def _log_prior(labels: Int64, outputs: int, row_weights: Array | None) -> Array:
    """The logarithm of each class's share, with half a document more in each."""
    sizes = np.bincount(labels, weights=row_weights, minlength=outputs) + 0.5
    prior: Array = np.log(sizes / sizes.sum()).astype(np.float32)
    return prior
