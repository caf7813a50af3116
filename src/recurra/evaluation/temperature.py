"""Temperature scaling: calibrates a classifier's probabilities with one number.

Logits are divided by a temperature T before the softmax (or, with several labels a row, before each sigmoid): Guo,
Pleiss, Sun and Weinberger 2017, "On Calibration of Modern Neural Networks", arXiv 1706.04599. The order of the
probabilities does not change.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from recurra.evaluation.metrics import calibration_error

__all__ = [
    "MAX_TEMPERATURE",
    "MIN_ROWS",
    "SIGMOID",
    "SOFTMAX",
    "Calibration",
    "CalibrationScores",
    "Link",
    "calibrate",
    "fit_temperature",
]

Floats = npt.NDArray[np.float64]

MAX_TEMPERATURE = 20.0
"""Temperatures lie between 1 / MAX_TEMPERATURE and MAX_TEMPERATURE."""
MIN_ROWS = 100
"""With fewer rows, a single wrong row would move the temperature too far."""

FOLDS = 10
STEPS = 100
# Temperatures that differ by less give the same float32 weights.
CLOSE = 1e-9


class CalibrationScores(NamedTuple):
    """Scores of probabilities, before or after calibration.

    Attributes:
        log_loss: mean of -log p(true class) in nats; with several labels a row, of the decisions about each label.
        ece: expected calibration error; with several labels a row, over the probabilities of all labels.
    """

    log_loss: float
    ece: float


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A temperature, and the scores on the rows that it was fitted on.

    Attributes:
        temperature: divides the logits; 1 if no other one helps.
        rows: B.
        before: scores without a temperature.
        after: scores with it. It was fitted on the same rows, so these are a little optimistic.
        cross_fitted: scores if each tenth of the rows gets the temperature fitted on the others.
    """

    temperature: float
    rows: int
    before: CalibrationScores
    after: CalibrationScores
    cross_fitted: CalibrationScores

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for the model's record."""
        return {
            name: value._asdict() if isinstance(value, CalibrationScores) else value
            for name, value in ((name, getattr(self, name)) for name in asdict(self))
        }


class Link(Protocol):
    """The function from logits to probabilities, with the derivatives of its loss and its scores."""

    def indicator(self, targets: npt.NDArray[Any], outputs: int) -> npt.NDArray[np.float32]:
        """1 for the right outputs of each row and 0 for the others, float32[B, C]."""

    def derivatives(self, logits: Floats, targets: npt.NDArray[Any], beta: float) -> tuple[float, float]:
        """First and second derivative of the summed loss of βz with respect to β, with smoothed targets.

        Args:
            logits: z, float64[B, C].
            targets: of the B rows.
            beta: β.
        """

    def losses(self, logits: Floats, targets: npt.NDArray[Any]) -> Floats:
        """The log loss of each row, float64[B]."""

    def scores(self, logits: Floats, targets: npt.NDArray[Any]) -> CalibrationScores:
        """Log loss and calibration error of the probabilities of these logits."""


class _Softmax:
    """One class a row: targets are int64[B]."""

    def indicator(self, targets: npt.NDArray[Any], outputs: int) -> npt.NDArray[np.float32]:
        """See :class:`Link`."""
        right = np.zeros((len(targets), outputs), dtype=np.float32)
        right[np.arange(len(targets)), targets] = 1
        return right

    def derivatives(self, logits: Floats, targets: npt.NDArray[Any], beta: float) -> tuple[float, float]:
        """See :class:`Link`."""
        spread = 1 / (len(targets) + 1)
        # Softmax does not change if a number is added to all logits of a row; centred logits have small squares.
        centred = logits - logits.max(axis=1, keepdims=True)
        p = np.exp(_log_softmax(beta * centred))
        means = (p * centred).sum(axis=1)
        own = (1 - spread) * centred[np.arange(len(targets)), targets] + spread * centred.mean(axis=1)
        return float((means - own).sum()), float(((p * centred**2).sum(axis=1) - means**2).sum())

    def losses(self, logits: Floats, targets: npt.NDArray[Any]) -> Floats:
        """See :class:`Link`."""
        found: Floats = -_log_softmax(logits)[np.arange(len(targets)), targets]
        return found

    def scores(self, logits: Floats, targets: npt.NDArray[Any]) -> CalibrationScores:
        """See :class:`Link`."""
        logs = _log_softmax(logits)
        ece = calibration_error(np.exp(logs.max(axis=1)), logs.argmax(axis=1) == targets)
        return CalibrationScores(float(self.losses(logits, targets).mean()), ece)


class _Sigmoid:
    """Any number of labels a row: targets are bool[B, C]."""

    def indicator(self, targets: npt.NDArray[Any], outputs: int) -> npt.NDArray[np.float32]:
        """See :class:`Link`."""
        return np.ascontiguousarray(targets, dtype=np.float32)

    def derivatives(self, logits: Floats, targets: npt.NDArray[Any], beta: float) -> tuple[float, float]:
        """See :class:`Link`."""
        spread = 1 / (len(targets) + 1)
        p, wanted = np.exp(-np.logaddexp(0, -beta * logits)), (1 - spread) * targets + spread / 2
        return float(((p - wanted) * logits).sum()), float((p * (1 - p) * logits**2).sum())

    def losses(self, logits: Floats, targets: npt.NDArray[Any]) -> Floats:
        """See :class:`Link`; the mean of the labels' own."""
        found: Floats = np.logaddexp(0, np.where(targets, -logits, logits)).mean(axis=1)
        return found

    def scores(self, logits: Floats, targets: npt.NDArray[Any]) -> CalibrationScores:
        """See :class:`Link`."""
        # A label's confidence is its probability, and it is right if the row has the label.
        ece = calibration_error(np.exp(-np.logaddexp(0, -logits)).ravel(), targets.ravel())
        return CalibrationScores(float(self.losses(logits, targets).mean()), ece)


SOFTMAX: Link = _Softmax()
SIGMOID: Link = _Sigmoid()


def calibrate(
    logits: npt.NDArray[np.floating], targets: npt.NDArray[Any], *, link: Link = SOFTMAX, seed: int = 0
) -> Calibration:
    """Fits the temperature of the lowest log loss; 1 if cross-fitting shows no improvement on other rows.

    Args:
        logits: float[B, C], B of 2 or more.
        targets: int64[B], the true classes; or for :data:`SIGMOID` bool[B, C], which labels a row has.
        link: from logits to probabilities.
        seed: of the random split into ten folds.
    """
    z = logits.astype(np.float64)
    folds = np.random.default_rng(seed).permutation(len(z)) % FOLDS
    crossed = np.empty_like(z)
    for fold in range(FOLDS):
        own, others = folds == fold, folds != fold
        crossed[own] = z[own] / fit_temperature(z[others], targets[others], link=link)
    before, cross_fitted = link.scores(z, targets), link.scores(crossed, targets)
    temperature = fit_temperature(z, targets, link=link) if cross_fitted.log_loss < before.log_loss else 1.0
    return Calibration(
        temperature=temperature,
        rows=len(z),
        before=before,
        after=link.scores(z / temperature, targets),
        cross_fitted=cross_fitted,
    )


def fit_temperature(logits: Floats, targets: npt.NDArray[Any], *, link: Link = SOFTMAX) -> float:
    """The temperature of the lowest log loss, between 1 / MAX_TEMPERATURE and MAX_TEMPERATURE.

    Targets are smoothed by Platt's rule (1999, "Probabilistic Outputs for Support Vector Machines", section 2.2): a
    share of 1 / (B + 1) of each target is spread over all classes, like one more row without information. Otherwise a
    network that is right on all B rows would get the lowest temperature there is.

    The loss is convex in β = 1 / T, so its derivative crosses 0 once: Newton's method, with bisection where a step
    would leave the interval.

    Args:
        logits: float64[B, C], B of 1 or more.
        targets: as for :func:`calibrate`.
        link: as for :func:`calibrate`.
    """
    low, high, beta = 1 / MAX_TEMPERATURE, MAX_TEMPERATURE, 1.0
    for _ in range(STEPS):
        slope, curvature = link.derivatives(logits, targets, beta)
        low, high = (low, beta) if slope > 0 else (beta, high)
        step = slope / curvature if curvature > 0 else math.inf
        if abs(step) <= CLOSE * beta or high - low <= CLOSE * low:
            break
        # The geometric mean, because β is a factor.
        beta = beta - step if low < beta - step < high else math.sqrt(low * high)
    return 1 / beta


def _log_softmax(logits: Floats) -> Floats:
    centred = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(centred - np.log(np.exp(centred).sum(axis=1, keepdims=True)))
