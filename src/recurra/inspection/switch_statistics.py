"""How units switch on and off like flags: in which documents, at which word, and whether they stay so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.inspection.trajectories import Trajectory

__all__ = ["SwitchStatistics", "otsu", "switch_statistics"]

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

BINS = 128
# A unit that nearly always ends in the same state does not distinguish documents.
RARE = 0.01


@dataclass(frozen=True, eq=False)
class SwitchStatistics:
    """How the units of one direction of one layer switch; H units, B documents.

    A unit is *on* where its state is on the other side of its threshold than zero, the state before the first word. It
    *switches sharply* at a word at which it crosses the threshold and moves by at least half the distance between its
    two levels.

    Attributes:
        threshold: float64[H], between the two levels of a unit's states (:func:`otsu`).
        levels: float64[2, H], the mean state below and above the threshold.
        separation: float64[H], the share of the states' variance that the two levels explain, 0 to 1: 0.64 for a
            normal distribution, 0.75 for an even one, 1 for two points.
        below: bool[H], whether a unit is on below its threshold.
        ends_on: bool[B, H], whether it is on after a document's last token.
        token: int64[B, H], the token at which it switched for the last time, a place among all; -1 if it never did.
        sharp: bool[B, H], whether it switched sharply then.
        sharp_on: int64[H], how often it switched on sharply, whether it stayed on or not.
        stays: float64[H], of the documents in which it is on at the end, the share in which it was switched on once.
        jump: float64[H], the median over these documents of how far its state moved at the word that switched it on for
            good, in distances between its levels; sharply means 1/2 or more.
        score: float64[H], 0 to 1; 2 · held / (ends on + sharply switched on), with held the documents that it was
            switched on in sharply and for good. It is F1 of "was switched on sharply" for "is on at the end". A unit
            that is on (or off) at the end of less than 1 % of the documents has 0.
    """

    threshold: Floats
    levels: Floats
    separation: Floats
    below: Flags
    ends_on: Flags
    token: Places
    sharp: Flags
    sharp_on: Places
    stays: Floats
    jump: Floats
    score: Floats

    def held(self, unit: int, *, on: bool) -> Places:
        """The documents in which a unit was switched on (or off) sharply and stayed so to the end."""
        ends = self.ends_on[:, unit] if on else ~self.ends_on[:, unit]
        return np.flatnonzero(ends & self.sharp[:, unit] & (self.token[:, unit] >= 0))


def switch_statistics(trajectory: Trajectory, words: Flags) -> SwitchStatistics:
    """Computes the statistics of every unit.

    Args:
        trajectory: the states; c of an LSTM, h of other cells.
        words: bool[N], which tokens are words, not pads: pads do not count for a unit's levels.
    """
    states, offsets = trajectory.carried, trajectory.offsets
    documents, units = len(offsets) - 1, states.shape[1]
    threshold, levels, separation = otsu(states[words])
    below = threshold < 0
    on = (states > threshold) ^ below

    lengths = offsets[1:] - offsets[:-1]
    some = np.flatnonzero(lengths)
    backward = trajectory.direction == "backward"
    first = (offsets[1:] - 1 if backward else offsets[:-1])[some]
    # The state before each token, in the order of reading; zero, and off, before the first.
    before = np.roll(states, -1 if backward else 1, axis=0)
    was_on = np.roll(on, -1 if backward else 1, axis=0)
    before[first], was_on[first] = 0, False
    crossed = on != was_on
    moved = np.abs(states - before)
    by_much = moved >= (levels[1] - levels[0]) / 2
    sharp_on = (crossed & on & by_much).sum(axis=0)

    token = np.full((documents, units), -1, dtype=np.int64)
    sharp, ends_on = np.zeros((documents, units), dtype=bool), np.zeros((documents, units), dtype=bool)
    once, step = np.zeros((documents, units), dtype=bool), np.zeros((documents, units))
    if len(some):
        # The last crossing is that of the highest place, or backward of the lowest.
        places = np.arange(len(states), dtype=np.int32)[:, None]
        nowhere = np.int32(len(states) if backward else -1)
        extreme = np.minimum if backward else np.maximum
        found = extreme.reduceat(np.where(crossed, places, nowhere), offsets[:-1][some], axis=0)
        found[found == len(states)] = -1
        token[some] = found
        sharp[some] = np.take_along_axis(by_much, np.maximum(found, 0), axis=0) & (found >= 0)
        step[some] = np.take_along_axis(moved, np.maximum(found, 0), axis=0)
        once[some] = np.add.reduceat(crossed & on, offsets[:-1][some], axis=0, dtype=np.int64) == 1
        ends_on[some] = on[trajectory.last[some]]
    held, ends = (ends_on & sharp).sum(axis=0), ends_on.sum(axis=0)
    score = 2 * held / np.maximum(ends + sharp_on, 1)
    score[(ends < RARE * documents) | (ends > (1 - RARE) * documents)] = 0
    stays = (ends_on & once).sum(axis=0) / np.maximum(ends, 1)
    apart = np.where(levels[1] > levels[0], levels[1] - levels[0], 1.0)
    jump = np.array([np.median(step[ends_on[:, unit], unit]) if ends[unit] else 0.0 for unit in range(units)]) / apart
    return SwitchStatistics(threshold, levels, separation, below, ends_on, token, sharp, sharp_on, stays, jump, score)


def otsu(states: npt.NDArray[np.float32]) -> tuple[Floats, Floats, Floats]:
    """Otsu's thresholds, which divide the states of each unit into two groups.

    They maximise the variance between the groups, ``w₀·w₁·(μ₁ - μ₀)²`` (Otsu 1979, IEEE Transactions on Systems, Man,
    and Cybernetics 9), over the edges of 128 bins.

    Args:
        states: float32[N, H].

    Returns:
        The thresholds, float64[H]; the two groups' means, float64[2, H]; and the share of the variance that lies
        between the groups, float64[H]. A unit that never moves has its state as threshold, and the share 0.
    """
    count, units = states.shape
    if not count:
        return np.zeros(units), np.zeros((2, units)), np.zeros(units)
    low, high = states.min(axis=0).astype(np.float64), states.max(axis=0).astype(np.float64)
    moving = high > low
    width = np.where(moving, (high - low) / BINS, 1.0)
    bins = np.minimum(((states - low) / width).astype(np.int64), BINS - 1) + BINS * np.arange(units)
    shape = (units, BINS)
    size = np.bincount(bins.ravel(), minlength=units * BINS).reshape(shape) / count
    total = np.bincount(bins.ravel(), states.ravel(), units * BINS).reshape(shape) / count
    # Share and sum of the states below each inner edge.
    share, part = np.cumsum(size, axis=1)[:, :-1], np.cumsum(total, axis=1)[:, :-1]
    mean = states.mean(axis=0, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.stack([part / share, (mean[:, None] - part) / (1 - share)])
        between = np.nan_to_num(share * (1 - share) * (means[1] - means[0]) ** 2)
    best = between.argmax(axis=1)
    unit = np.arange(units)
    threshold = np.where(moving, low + width * (best + 1), low)
    levels = np.where(moving, means[:, unit, best], low)
    variance = states.var(axis=0, dtype=np.float64)
    separation = np.where(moving, between[unit, best] / np.where(moving, variance, 1.0), 0.0)
    return threshold, levels, np.minimum(separation, 1.0)
