"""Temperature scaling: one number that makes a classifier's probabilities as sure as they are right.

Logits are divided by a temperature T before the softmax (or, with several labels a row, before each sigmoid): Guo,
Pleiss, Sun and Weinberger 2017, "On Calibration of Modern Neural Networks", arXiv 1706.04599. No answer changes.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from recurra.evaluation.metrics import calibration_error

__all__ = [
    "HOTTEST",
    "LEAST_ROWS",
    "SIGMOID",
    "SOFTMAX",
    "Calibration",
    "Link",
    "Quality",
    "calibrate",
    "fitted_temperature",
]

Floats = npt.NDArray[np.float64]

HOTTEST = 20.0
"""Temperatures lie between 1 / HOTTEST and HOTTEST."""
LEAST_ROWS = 100
"""Below that, one row more or less that is wrong decides about the temperature."""

FOLDS = 10
STEPS = 100
# Where the next temperature differs by less, float32 weights would not tell the two apart.
CLOSE = 1e-9


class Quality(NamedTuple):
    """How honest probabilities are.

    Attributes:
        log_loss: mean of -log p(true class) in nats; with several labels a row, of the decisions about each label.
        ece: expected calibration error; with several labels a row, over the probabilities of all labels.
    """

    log_loss: float
    ece: float


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A temperature, and what it does to the rows that it was chosen on.

    Attributes:
        temperature: what the logits are to be divided by; 1 where no other one helps.
        rows: B.
        before: of the logits as they were.
        after: of the logits divided. The temperature was chosen on the same rows, so this is a little too good.
        cross_fitted: the same where each tenth of the rows has the temperature of the others.
    """

    temperature: float
    rows: int
    before: Quality
    after: Quality
    cross_fitted: Quality

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for the model's record."""
        return {
            name: value._asdict() if isinstance(value, Quality) else value
            for name, value in ((name, getattr(self, name)) for name in asdict(self))
        }


class Link(Protocol):
    """What makes probabilities of logits, and their loss."""

    def slope(self, logits: Floats, targets: npt.NDArray[Any], beta: float) -> tuple[float, float]:
        """First and second derivative of the summed loss of βz by β, a share of each target spread over all classes.

        Args:
            logits: z, float64[B, C].
            targets: of the B rows.
            beta: β.
        """

    def quality(self, logits: Floats, targets: npt.NDArray[Any]) -> Quality:
        """How honest the probabilities of these logits are."""


class _Softmax:
    """One class a row: targets are int64[B]."""

    def slope(self, logits: Floats, targets: npt.NDArray[Any], beta: float) -> tuple[float, float]:
        """See :class:`Link`."""
        spread = 1 / (len(targets) + 1)
        # Softmax does not see what is added to all logits of a row; without it the squares are small.
        centred = logits - logits.max(axis=1, keepdims=True)
        p = np.exp(_log_softmax(beta * centred))
        means = (p * centred).sum(axis=1)
        own = (1 - spread) * centred[np.arange(len(targets)), targets] + spread * centred.mean(axis=1)
        return float((means - own).sum()), float(((p * centred**2).sum(axis=1) - means**2).sum())

    def quality(self, logits: Floats, targets: npt.NDArray[Any]) -> Quality:
        """See :class:`Link`."""
        logs = _log_softmax(logits)
        losses = -logs[np.arange(len(targets)), targets]
        ece = calibration_error(np.exp(logs.max(axis=1)), logs.argmax(axis=1) == targets)
        return Quality(float(losses.mean()), ece)


class _Sigmoid:
    """Any number of labels a row: targets are bool[B, C]."""

    def slope(self, logits: Floats, targets: npt.NDArray[Any], beta: float) -> tuple[float, float]:
        """See :class:`Link`."""
        spread = 1 / (len(targets) + 1)
        p, wanted = np.exp(-np.logaddexp(0, -beta * logits)), (1 - spread) * targets + spread / 2
        return float(((p - wanted) * logits).sum()), float((p * (1 - p) * logits**2).sum())

    def quality(self, logits: Floats, targets: npt.NDArray[Any]) -> Quality:
        """See :class:`Link`."""
        losses = np.logaddexp(0, np.where(targets, -logits, logits))
        # What is promised of a label is its probability, and it is kept where the row has the label.
        ece = calibration_error(np.exp(-np.logaddexp(0, -logits)).ravel(), targets.ravel())
        return Quality(float(losses.mean()), ece)


SOFTMAX: Link = _Softmax()
SIGMOID: Link = _Sigmoid()


def calibrate(
    logits: npt.NDArray[np.floating], targets: npt.NDArray[Any], *, link: Link = SOFTMAX, seed: int = 0
) -> Calibration:
    """Chooses the temperature of the lowest log loss, and 1 where that does not help rows it was not chosen on.

    Args:
        logits: float[B, C], B of 2 or more.
        targets: int64[B], the true classes; or bool[B, C], which labels a row has, of :data:`SIGMOID`.
        link: what makes probabilities of logits.
        seed: of the tenths.
    """
    z = logits.astype(np.float64)
    folds = np.random.default_rng(seed).permutation(len(z)) % FOLDS
    crossed = np.empty_like(z)
    for fold in range(FOLDS):
        own, others = folds == fold, folds != fold
        crossed[own] = z[own] / fitted_temperature(z[others], targets[others], link=link)
    before, cross_fitted = link.quality(z, targets), link.quality(crossed, targets)
    temperature = fitted_temperature(z, targets, link=link) if cross_fitted.log_loss < before.log_loss else 1.0
    return Calibration(
        temperature=temperature,
        rows=len(z),
        before=before,
        after=link.quality(z / temperature, targets),
        cross_fitted=cross_fitted,
    )


def fitted_temperature(logits: Floats, targets: npt.NDArray[Any], *, link: Link = SOFTMAX) -> float:
    """The temperature of the lowest log loss, between 1 / HOTTEST and HOTTEST.

    A network that is right on all of B rows may be wrong on the next: with Platt's rule (1999, "Probabilistic Outputs
    for Support Vector Machines", section 2.2) a share of 1 / (B + 1) of each target is spread over all classes, as if
    one more row had been seen that says nothing. Otherwise such a network would get the least temperature there is.

    In β = 1 / T the loss is convex, so its derivative crosses 0 once: Newton's steps, and halves of what is left where
    a step leads out of it.

    Args:
        logits: float64[B, C], B of 1 or more.
        targets: as for :func:`calibrate`.
        link: as for :func:`calibrate`.
    """
    low, high, beta = 1 / HOTTEST, HOTTEST, 1.0
    for _ in range(STEPS):
        slope, curvature = link.slope(logits, targets, beta)
        low, high = (low, beta) if slope > 0 else (beta, high)
        step = slope / curvature if curvature > 0 else math.inf
        if abs(step) <= CLOSE * beta or high - low <= CLOSE * low:
            break
        # The middle by ratio, for β is one.
        beta = beta - step if low < beta - step < high else math.sqrt(low * high)
    return 1 / beta


def _log_softmax(logits: Floats) -> Floats:
    centred = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(centred - np.log(np.exp(centred).sum(axis=1, keepdims=True)))
