"""The roles of a layer's units in one document: an order by their part in the answer, and a short phrase for each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.cells import cell_named
from recurra.data.documents import Label
from recurra.runtime import LayerTrace, Reading

__all__ = ["UnitRoles", "hold_time", "strong_time", "unit_roles"]

Array = npt.NDArray[np.float64]

# A state whose standard deviation over a document is less than this hardly moves; states reach from -1 to 1.
STILL = 0.02
# A unit is for a class if the correlation of its state with the class's logit is at least this.
CORRELATED = 0.7
# A unit flips at a word if this share of all its movement happens there.
FLIP = 0.5
# A state is strong while it keeps its sign and is at least this share of its largest magnitude in the document.
STRONG = 0.5
# Correlations over fewer words mean nothing.
FEW_WORDS = 4


@dataclass(frozen=True, eq=False)
class UnitRoles:
    """The H units of one direction of one layer.

    Attributes:
        order: int64[H], unit numbers by falling part in the answer: the magnitude of the covariance of the unit's state
            with the logit of the answer's class over the words, divided by that logit's standard deviation.
        roles: a short phrase for each unit, by its number: which class its state correlates with, of the answer's and
            those that were most probable after some word; where it flips; over how many words it stays strong; and the
            half-life of what it holds in words. ``still`` if it hardly moves.
    """

    order: npt.NDArray[np.int64]
    roles: list[str]


def unit_roles(
    trace: LayerTrace, reading: Reading, classes: Sequence[Label], *, answer: int | None = None
) -> UnitRoles:
    """Sorts and describes the units.

    Args:
        trace: the trace of the layer and direction.
        reading: the reading of the same document by the network.
        classes: the labels.
        answer: number of the answer's class; ``None`` takes the reading's most probable one.
    """
    tokens, units = trace.h.shape
    if tokens < FEW_WORDS:
        return UnitRoles(np.argsort(-np.abs(trace.h).sum(axis=0), kind="stable"), ["too few words"] * units)
    # A backward state depends on the words from there to the end, so it is correlated with the answer to those.
    probabilities = reading.probabilities
    if trace.direction == "backward" and reading.suffix_probabilities is not None:
        probabilities = reading.suffix_probabilities
    # Float32 probabilities can be 0.
    logits = np.log(np.maximum(probabilities.astype(np.float64), 1e-30))
    logits -= logits.mean(axis=1, keepdims=True)
    deviations, spread = trace.h.std(axis=0), logits.std(axis=0)
    covariance = (trace.h - trace.h.mean(axis=0)).T @ (logits - logits.mean(axis=0)) / tokens
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = np.nan_to_num(covariance / np.outer(deviations, spread))
        parts = np.nan_to_num(covariance / spread)
    answer = int(reading.probabilities[-1].argmax()) if answer is None else answer
    order = np.argsort(-np.abs(parts[:, answer]), kind="stable")
    # Of many classes some go with any state by chance: only those that the text is about count.
    about = np.unique(np.append(probabilities.argmax(axis=1), answer))
    correlation = np.where(np.isin(np.arange(logits.shape[1]), about), correlation, 0)
    holds, stays = hold_time(trace), strong_time(trace.h)
    roles = [
        _role(trace, unit, correlation[unit], deviations[unit], (stays[unit], holds[unit]), reading.tokens, classes)
        for unit in range(units)
    ]
    return UnitRoles(order, roles)


def hold_time(trace: LayerTrace) -> Array:
    """The half-life of what each unit holds in words, [H], from the means of its gates.

    It says how fast the gates let go of a value, not how long the state looks alike: a value that is written again at
    every word stays in sight however short its half-life; see :func:`strong_time`.

    An LSTM keeps the share f of its cell state at each word and a GRU the share z of its hidden state, so half is left
    after ln ½ / mean(ln f) words. A SimpleRNN has no such gate; the correlation from word to word is used instead.
    """
    share = cell_named(trace.cell).kept_share(trace.gates)
    if share is not None:
        kept = np.log(np.maximum(share, 1e-12)).mean(axis=0)
    else:
        h = trace.h - trace.h.mean(axis=0)
        power = np.maximum((h * h).sum(axis=0), 1e-12)
        kept = np.log(np.clip((h[1:] * h[:-1]).sum(axis=0) / power, 1e-12, 1.0))
    return np.asarray(math.log(0.5) / np.minimum(kept, -1e-9))


def strong_time(h: Array) -> npt.NDArray[np.int64]:
    """The longest run of words over which each unit's state stays strong, int64[H].

    Args:
        h: float[T, H], states after each word.
    """
    strong = np.where(np.abs(h) >= STRONG * np.abs(h).max(axis=0), np.sign(h), 0)
    longest = run = np.zeros(h.shape[1], dtype=np.int64)
    before = np.zeros(h.shape[1])
    for now in strong:
        run = np.where(now == 0, 0, np.where(now == before, run, 0) + 1)
        longest, before = np.maximum(longest, run), now
    return longest


def _role(
    trace: LayerTrace, unit: int, correlation: Array, deviation: float, times: tuple[int, float], tokens: Sequence[str],
    classes: Sequence[Label],
) -> str:  # fmt: skip
    if deviation < STILL:
        return "still"
    parts = []
    if correlation.max() >= CORRELATED:
        parts.append(f"for {classes[int(correlation.argmax())]}")
    elif correlation.min() <= -CORRELATED:
        parts.append(f"against {classes[int(correlation.argmin())]}")
    # A backward unit reads from the right.
    before = trace.h[1:, unit] if trace.direction == "backward" else trace.h[:-1, unit]
    after = trace.h[:-1, unit] if trace.direction == "backward" else trace.h[1:, unit]
    moves = np.abs(after - before)
    if moves.max() >= FLIP * moves.sum():
        at = int(moves.argmax()) + (trace.direction == "forward")
        parts.append(f"flips at {tokens[at]}")
    stays, half = times
    parts.append("stays 1 word" if stays == 1 else f"stays {stays} words")
    parts.append(f"half-life over {len(tokens)} words" if half > len(tokens) else f"half-life {half:.1f} words")
    return ", ".join(parts)
