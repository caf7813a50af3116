"""Which words an answer comes from: integrated gradients and occlusion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.bundle import Bundle
from recurra.data.documents import Document, Label
from recurra.inspection.backward import Differentiable
from recurra.runtime.finite import checked_finite
from recurra.runtime.trace import fitting_documents, word_products

__all__ = ["Attribution", "attribute"]

Array = npt.NDArray[np.float64]
# A weight for each of K documents of the path, for each of the T words: [T, K].
Shares = npt.NDArray[np.float64]

# Gauss-Legendre nodes in each part of the path, and the weights of a coarser rule on six of them: what the two rules
# disagree about is the error of a single word, which another word's may hide in their sum.
NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)
COARSE = np.zeros(8)
_SIX = [0, 2, 3, 4, 5, 7]
# The integrals of 1, x, …, x⁵ from -1 to 1.
COARSE[_SIX] = np.linalg.solve(np.vander(NODES[_SIX], increasing=True).T, [2, 0, 2 / 3, 0, 2 / 5, 0])
# The integral is refined until the sum of its parts' errors is below this share of what it explains, or until so many
# gradients were taken.
TOLERANCE = 2e-3
MOST_STEPS = 8192
# Numbers in an array over a pass: keeps some hundred megabytes at most in memory.
PASS_NUMBERS = 1 << 22


@dataclass(frozen=True, eq=False)
class Attribution:
    """How much each word adds to a class's score.

    The score is the class's logit less the mean of all logits: what softmax cannot see is left out; of a model that
    gives several labels it is the label's logit. The baseline is the document with the zero vector in place of each
    word's, its pads unchanged, so that only biases drive the network.

    Attributes:
        target: the class that is explained.
        integrated_gradients: float64[T] (Sundararajan, Taly and Yan 2017, Axiomatic Attribution for Deep Networks,
            arXiv 1703.01365): the sum over a word's vector of its numbers times the mean gradient on the straight path
            from the baseline. They sum to score - baseline_score.
        occlusion: float64[T], the score less that with this word's vector zero (Zeiler and Fergus 2014).
        steps: gradients that were taken on the path.
        score: of the document.
        baseline_score: of the baseline.
        completeness_error: |sum of integrated_gradients - (score - baseline_score)| / |score - baseline_score|; 0 where
            the two scores are the same.
    """

    target: Label
    integrated_gradients: Array
    occlusion: Array
    steps: int
    score: float
    baseline_score: float
    completeness_error: float


def attribute(bundle: Bundle, document: Document, *, target: int | None = None) -> Attribution:
    """Explains a model's answer by the words.

    Args:
        bundle: the model.
        document: one text or (title, text).
        target: number of the class to explain; ``None`` takes the most probable.

    Raises:
        DataError: ``document`` is neither.
        ModelFileError: a gradient is no finite number.
        SettingsError: the gradient of the model's cell is not known.
    """
    ids = bundle.pipeline.encode([document])[0]
    network = Differentiable(bundle.network, bundle.tensors)
    padded = np.pad(ids, (0, max(0, (bundle.pad_to or 0) - len(ids))))
    path = _Path(network, word_products(bundle.network, bundle.tensors, padded), len(ids))
    whole = path.logits(np.ones((len(ids), 1)))[0]
    chosen = int(whole.argmax()) if target is None else target
    path.direction[:] = 0 if bundle.multi_label else -1 / len(whole)
    path.direction[chosen] += 1

    # Weights that are large enough overflow even here.
    with np.errstate(over="ignore", invalid="ignore"):
        gradients, steps = _integrated(path)
    checked_finite(gradients, "gradient")
    score, baseline = (float(path.scores(np.full((len(ids), 1), share))[0]) for share in (1.0, 0.0))
    without = path.scores(1 - np.eye(len(ids))) if len(ids) else np.empty(0)
    gap = score - baseline
    error = abs(float(gradients.sum()) - gap)
    return Attribution(
        target=bundle.labels.classes[chosen],
        integrated_gradients=gradients,
        occlusion=score - without,
        steps=steps,
        score=score,
        baseline_score=baseline,
        completeness_error=error / abs(gap) if gap else 0.0,
    )


class _Path:
    """A document whose words' vectors are multiplied by numbers from 0 to 1.

    Args:
        network: reads.
        products: of the whole document, pads included, for each direction [T, G·H].
        words: how many of the T tokens are words.

    Attributes:
        direction: [C], the score's gradient by the logits.
    """

    def __init__(self, network: Differentiable, products: Sequence[Array], words: int) -> None:
        self.network, self.products, self.words = network, products, words
        self.direction = np.zeros(len(network.weights["b_O"]))
        width = sum(product.shape[1] for product in products) * network.settings.layers
        fitting = PASS_NUMBERS // max(1, len(products[0]) * width)
        self._at_once = max(1, min(fitting, fitting_documents(network.settings)))

    def logits(self, shares: Shares) -> Array:
        """[K, C]."""
        return self._in_parts(shares, lambda some: self.network.forward(self._scaled(some)).logits)

    def scores(self, shares: Shares) -> Array:
        """[K]."""
        return np.asarray(self.logits(shares) @ self.direction)

    def slopes(self, shares: Shares) -> Array:
        """[K, T]: each word's part of the score's derivative as all shares grow alike."""

        def some_slopes(some: Shares) -> Array:
            passed = self.network.forward(self._scaled(some))
            d_logits = np.broadcast_to(self.direction, passed.logits.shape)
            found = self.network.backward(passed, d_logits).products
            # W_I·x is linear in x, so the gradient by x times x is that by W_I·x times W_I·x.
            parts = [
                np.einsum("tkg,tg->kt", d[: self.words], product[: self.words])
                for d, product in zip(found, self.products, strict=True)
            ]
            return np.asarray(sum(parts))

        return self._in_parts(shares, some_slopes)

    def _scaled(self, shares: Shares) -> list[Array]:
        factors = np.ones((len(self.products[0]), shares.shape[1]))
        factors[: self.words] = shares
        return [product[:, None] * factors[:, :, None] for product in self.products]

    def _in_parts(self, shares: Shares, compute: Callable[[Shares], Array]) -> Array:
        count = shares.shape[1]
        return np.concatenate(
            [compute(shares[:, first : first + self._at_once]) for first in range(0, count, self._at_once)]
        )


def _integrated(path: _Path) -> tuple[Array, int]:
    """The integral of the slopes over the path, [T], and how many were taken.

    Along a part of the path the integral of the derivative must be the difference of the scores at its ends, so the
    error of each part's sum is known, and two rules tell that of its words. Parts are halved until their errors are
    small enough together.
    """
    done, steps = np.zeros(path.words), 0
    if not path.words:
        return done, steps
    first, last = path.scores(np.repeat([[0.0, 1.0]], path.words, axis=0))
    # (from, to, score there, score here) of the parts that are still to be integrated.
    parts = [(0.0, 1.0, float(first), float(last))]
    allowed = TOLERANCE * abs(float(last - first))
    while parts:
        low, high = np.array([part[0] for part in parts]), np.array([part[1] for part in parts])
        places = (low[:, None] + (high - low)[:, None] * (NODES + 1) / 2).ravel()
        slopes = path.slopes(np.repeat(places[None], path.words, axis=0)).reshape(len(parts), len(NODES), -1)
        steps += len(places)
        integrals = np.einsum("n,pnt->pt", WEIGHTS / 2, slopes) * (high - low)[:, None]
        coarse = np.einsum("n,pnt->pt", COARSE / 2, slopes) * (high - low)[:, None]
        errors = np.abs(integrals.sum(axis=1) - [part[3] - part[2] for part in parts])
        errors = np.maximum(errors, np.abs(integrals - coarse).max(axis=1))
        # A part may err by its share of the path, and by what float64 cannot tell apart anyway.
        rough = errors > np.maximum(allowed * (high - low), 1e-12)
        if steps + 2 * len(NODES) * int(rough.sum()) > MOST_STEPS:
            rough[:] = False
        done += integrals[~rough].sum(axis=0)
        halved = [part for part, again in zip(parts, rough, strict=True) if again]
        middles = [(part[0] + part[1]) / 2 for part in halved]
        parts = []
        if halved:
            between = path.scores(np.repeat([middles], path.words, axis=0)).tolist()
            for (a, b, at_a, at_b), middle, at_middle in zip(halved, middles, between, strict=True):
                parts += [(a, middle, at_a, at_middle), (middle, b, at_middle, at_b)]
    return done, steps
