"""Attribution of an answer to the words: integrated gradients and occlusion."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from textwrap import shorten
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.bundle import Bundle
from recurra.data.documents import Document, Label
from recurra.errors import SettingsError
from recurra.inspection.backpropagation import DifferentiableNetwork, ForwardPass
from recurra.inspection.branch_shares import branch_shares, scores_without_words
from recurra.representation import Representation, Represented, one_line
from recurra.runtime import Model
from recurra.runtime.finite import checked_finite
from recurra.runtime.forward import documents_per_pass, first_layer_products
from recurra.runtime.given_model import model_of

__all__ = ["Attribution", "attribute", "attributions"]

Array = npt.NDArray[np.float64]
# For each of K documents on the path, the factor of each of the T words: [T, K].
Shares = npt.NDArray[np.float64]

# Gauss-Legendre nodes in each part of the path, and the weights of a coarser rule on six of them: the difference of the
# two rules estimates the error of each single word, since errors of different words may cancel out in their sum.
NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)
COARSE = np.zeros(8)
_SIX = [0, 2, 3, 4, 5, 7]
# The integrals of 1, x, …, x⁵ from -1 to 1.
COARSE[_SIX] = np.linalg.solve(np.vander(NODES[_SIX], increasing=True).T, [2, 0, 2 / 3, 0, 2 / 5, 0])
# Parts of the path are halved until the sum of their errors is below TOLERANCE times the explained difference. For a
# long text (gradients times words above MOST_WORDS) it is enough that the error of the sum over the words is below
# LONG_TOLERANCE times it. No more than MOST_STEPS gradients are computed.
TOLERANCE = 2e-3
MOST_WORDS, LONG_TOLERANCE = 1e5, 5e-3
MOST_STEPS = 8192
# Numbers in an array of one pass: bounds the memory to some hundred megabytes.
PASS_NUMBERS = 1 << 23
# Words that only the linear branch reads are left out so many at a time.
UNREAD = 32


@dataclass(frozen=True, eq=False, repr=False)
class Attribution(Represented):
    """How much each word adds to a class's score.

    The task defines the score: the class's logit less the mean of all logits, because softmax does not depend on the
    mean; for a multi-label model it is the label's logit. The baseline is the document with the zero vector in place of
    each word's vector and with unchanged pads; a linear branch reads no word there, and its outputs are zeros.

    A linear branch's share is exact and needs no integral: see :class:`recurra.inspection.branch_shares.BranchShares`.
    A word that is left out is unknown to it: its n-grams and subwords are missing. Where the branch reads more of a
    document than the network, words that the network does not read have the branch's share alone.

    Attributes:
        target: the explained class.
        integrated_gradients: float64[T] (Sundararajan, Taly and Yan 2017, Axiomatic Attribution for Deep Networks,
            arXiv 1703.01365): the sum over a word's vector of its numbers times the mean gradient on the straight path
            from the baseline, and the share of the linear branch. They sum to score - baseline_score.
        occlusion: float64[T], the score less the score with this word's vector zero (Zeiler and Fergus 2014).
        steps: number of gradients computed on the path.
        score: score of the document.
        baseline_score: score of the baseline.
        completeness_error: |sum of integrated_gradients - (score - baseline_score)| / |score - baseline_score|; 0 if
            the two scores are equal.
        branch: float64[T], the part of ``integrated_gradients`` that is the linear branch's; ``None`` without one.
        tokens: the T words as text.
    """

    target: Label
    integrated_gradients: Array
    occlusion: Array
    steps: int
    score: float
    baseline_score: float
    completeness_error: float
    branch: Array | None = None
    tokens: tuple[str, ...] = ()

    def _representation(self) -> Representation:
        strongest = np.argsort(-np.abs(self.integrated_gradients), kind="stable")[:5].tolist()
        rows = [
            (
                one_line(self.tokens[place], 30) if self.tokens else "",
                str(place),
                f"{self.integrated_gradients[place]:+.3f}",
                f"{self.occlusion[place]:+.3f}",
            )
            for place in strongest
        ]
        return Representation(
            f"Attribution: score of {one_line(self.target, 30)!r} {self.score:+.3f}, without words "
            f"{self.baseline_score:+.3f}",
            ("word", "place, from 0", "integrated gradients", "occlusion") if rows else (),
            rows,
            [f"the strongest of {len(self.occlusion):,} words"] if rows else (),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values; ``occlusion`` has ``None`` at words that are not computed yet."""
        return {
            "target": self.target,
            "tokens": list(self.tokens),
            "integrated_gradients": self.integrated_gradients.tolist(),
            "occlusion": [None if np.isnan(one) else one for one in self.occlusion.tolist()],
            "branch": None if self.branch is None else self.branch.tolist(),
            "steps": self.steps,
            "score": self.score,
            "baseline_score": self.baseline_score,
            "completeness_error": self.completeness_error,
        }


def attribute(model: Model | Bundle, document: Document, *, target: Label | None = None) -> Attribution:
    """Attributes a model's answer to the words of a document.

    Args:
        model: a model, a fitted ``TextClassifier``, or a model's bundle.
        document: one text or (title, text).
        target: the class to explain, as it stands in ``model.classes_``, or its number from 0 where the classes are no
            whole numbers; ``None`` takes the most probable.

    Raises:
        DataError: ``document`` is neither.
        ModelFileError: a gradient is no finite number.
        SettingsError: ``model`` is none, or ``target`` is no class.
    """
    return deque(attributions(model, document, target=target), maxlen=1)[0]


def attributions(model: Model | Bundle, document: Document, *, target: Label | None = None) -> Iterator[Attribution]:
    """The result of :func:`attribute`, preceded by an intermediate one after each pass of some tenths of a second.

    The first one comes early, even for a long text. In intermediate ones ``occlusion`` is NaN at words that are not
    computed yet. Closing the iterator saves the rest of the work. Arguments and errors: see :func:`attribute`.
    """
    bundle = model_of(model).bundle
    number = None if target is None else _number_of(target, bundle.labels.classes)
    opened = bundle.open([document])
    ids, shares = opened.closed[0], None if bundle.branch is None else branch_shares(bundle.branch, opened)
    network = DifferentiableNetwork(bundle.network, bundle.tensors)
    padded = np.pad(ids, (0, max(0, (bundle.pad_to or 0) - len(ids))))
    path = _Path(network, first_layer_products(bundle.network, bundle.tensors, padded), len(ids))
    whole = network.forward(path.scaled(np.ones((len(ids), 1))))
    logits = whole.logits[0] + (0 if shares is None else shares.logits)
    chosen, path.direction[:] = bundle.task.attribution_target(logits, number)
    score, network_score = float(logits @ path.direction), float(whole.logits[0] @ path.direction)
    baseline = float(path.scores(np.zeros((len(ids), 1)))[0])
    gap = score - baseline
    branch = np.zeros(len(ids)) if shares is None else shares.words @ path.direction
    gradients, steps, occlusion = np.zeros(len(branch)), 0, np.full(len(branch), np.nan)
    tokens = tuple(bundle.whole_pipeline.tokens(document))

    def found(gradients: Array, steps: int, occlusion: Array) -> Attribution:
        error = abs(float(gradients.sum()) - gap)
        return Attribution(
            target=bundle.labels.classes[chosen],
            integrated_gradients=gradients,
            occlusion=occlusion,
            steps=steps,
            score=score,
            baseline_score=baseline,
            completeness_error=error / abs(gap) if gap else 0.0,
            branch=None if shares is None else branch,
            tokens=tokens,
        )

    for of_network, steps in _integrated(path, baseline, network_score, explained=abs(gap)):
        gradients = checked_finite(branch + np.pad(of_network, (0, len(branch) - len(ids))), "gradient")
        yield found(gradients, steps, occlusion)
    # Without a word that it does not read, the network's score stays.
    unread = (
        (first, np.full(min(UNREAD, len(branch) - first), network_score))
        for first in range(len(ids), len(branch), UNREAD)
    )
    for first, scores in chain(path.without_words(whole), unread):
        if bundle.branch is not None:
            end = first + len(scores)
            scores = scores + scores_without_words(bundle.branch, opened, range(first, end), path.direction)
        occlusion = occlusion.copy()
        occlusion[first : first + len(scores)] = score - scores
        yield found(gradients, steps, occlusion)
    if not len(ids):
        yield found(gradients, steps, occlusion)


def _number_of(target: Any, classes: Sequence[Label]) -> int:
    """The number of a class that is given by its label, or by its number where no label is a whole number."""
    target = target.item() if isinstance(target, np.generic) else target
    if target in classes:
        return list(classes).index(target)
    labels_are_numbers = any(isinstance(label, int) for label in classes)
    if type(target) is int and 0 <= target < len(classes) and not labels_are_numbers:
        return target
    raise SettingsError(
        f"The target is {target!r:.60}, which is no class",
        f"Give one of {shorten(', '.join(map(repr, classes)), 200, placeholder=' …')}.",
    )


class _Path:
    """A document whose word vectors are multiplied by factors from 0 to 1.

    Args:
        network: the network.
        products: products of the whole document, pads included, for each direction [T, G·H].
        words: number of words among the T tokens.

    Attributes:
        direction: [C], the score's gradient with respect to the logits.
    """

    def __init__(self, network: DifferentiableNetwork, products: Sequence[Array], words: int) -> None:
        self.network, self.products, self.words = network, products, words
        self.direction = np.zeros(len(network.weights["b_O"]))
        width = sum(product.shape[1] for product in products) * network.settings.layers
        fitting = PASS_NUMBERS // max(1, len(products[0]) * width)
        self._at_once = max(1, min(fitting, documents_per_pass(network.settings)))

    def scores(self, shares: Shares) -> Array:
        """The scores, [K]."""
        parts = [self.network.forward(self.scaled(some)).logits for some in self._passes(shares)]
        return np.asarray(np.concatenate(parts) @ self.direction)

    def slopes(self, shares: Shares) -> Iterator[Array]:
        """[K, T]: each word's part of the score's derivative along the path; some of the K at a time."""
        for some in self._passes(shares):
            forward_pass = self.network.forward(self.scaled(some))
            d_logits = np.broadcast_to(self.direction, forward_pass.logits.shape)
            found = self.network.backward(forward_pass, d_logits).products
            # W_I·x is linear in x, so gradient times input is the same for W_I·x as for x.
            parts = [
                np.einsum("tkg,tg->kt", d[: self.words], product[: self.words])
                for d, product in zip(found, self.products, strict=True)
            ]
            yield np.asarray(sum(parts))

    def without_words(self, whole: ForwardPass) -> Iterator[tuple[int, Array]]:
        """The scores with one word's vector zero: number of the first word and [K], some of the T words at a time.

        Args:
            whole: the forward pass of the whole document.
        """
        for first in range(0, self.words, self._at_once):
            end = min(first + self._at_once, self.words)
            shares = np.ones((self.words, end - first))
            shares[np.arange(first, end), np.arange(end - first)] = 0
            logits = self.network.forward(self.scaled(shares), known=(whole, first, end)).logits
            yield first, logits @ self.direction

    def scaled(self, shares: Shares) -> list[Array]:
        """The products, each word's multiplied by its factor, for each direction [T, K, G·H]."""
        factors = np.ones((len(self.products[0]), shares.shape[1]))
        factors[: self.words] = shares
        return [product[:, None] * factors[:, :, None] for product in self.products]

    def _passes(self, shares: Shares) -> Iterator[Shares]:
        for first in range(0, shares.shape[1], self._at_once):
            yield shares[:, first : first + self._at_once]


def _integrated(path: _Path, baseline: float, score: float, *, explained: float) -> Iterator[tuple[Array, int]]:
    """The integral of the slopes over the path, [T], and the number of gradients so far, after each pass.

    Errors are allowed in proportion to ``explained``, the difference of the scores of the whole model.

    The integral of the derivative over a part of the path must equal the difference of the scores at its ends, so the
    error of each part's sum is known; the difference of two rules estimates that of its words. The parts with the
    largest errors are halved until the remaining errors are small enough together, as in QUADPACK's globally adaptive
    rule (Piessens et al. 1983). Max pooling makes kinks in the score, where no rule is exact: only smaller parts help.
    """
    if not path.words:
        return
    allowed = max(TOLERANCE * explained, 1e-12)
    # For each part: its ends, the scores there, its integral by words and its error.
    low, high, at_low, at_high = np.array([[0.0], [1.0], [baseline], [score]])
    integrals, errors, steps = np.zeros((0, path.words)), np.zeros(0), 0
    done = [integrals, errors, low[:0], high[:0], at_low[:0], at_high[:0]]
    total = np.zeros(path.words)
    while True:
        places = (low[:, None] + (high - low)[:, None] * (NODES + 1) / 2).ravel()
        found = []
        for some in path.slopes(np.repeat(places[None], path.words, axis=0)):
            found.append(some)
            steps += len(some)
            if len(done[0]):
                yield total, steps
        slopes = np.concatenate(found).reshape(len(low), len(NODES), -1)
        integrals = np.einsum("n,pnt->pt", WEIGHTS / 2, slopes) * (high - low)[:, None]
        coarse = np.einsum("n,pnt->pt", COARSE / 2, slopes) * (high - low)[:, None]
        errors = np.abs(integrals.sum(axis=1) - (at_high - at_low))
        errors = np.maximum(errors, np.abs(integrals - coarse).max(axis=1))
        new = [integrals, errors, low, high, at_low, at_high]
        done = [np.concatenate(pair) for pair in zip(done, new, strict=True)]
        integrals, errors, low, high, at_low, at_high = done
        total = integrals.sum(axis=0)
        yield total, steps
        near = abs(float(total.sum()) - (score - baseline)) <= LONG_TOLERANCE * explained
        if errors.sum() <= allowed or (near and steps * path.words > MOST_WORDS):
            return
        order = np.argsort(-errors)
        left = errors.sum() - np.cumsum(errors[order])
        worst = order[: 1 + int((left > allowed / 2).sum())][: max(1, 32 // len(NODES))]
        if steps + 2 * len(NODES) * len(worst) > MOST_STEPS:
            return
        middle = (low[worst] + high[worst]) / 2
        at_middle = path.scores(np.repeat(middle[None], path.words, axis=0))
        done = [np.delete(one, worst, axis=0) for one in done]
        low, high = np.concatenate([low[worst], middle]), np.concatenate([middle, high[worst]])
        at_low, at_high = np.concatenate([at_low[worst], at_middle]), np.concatenate([at_middle, at_high[worst]])
