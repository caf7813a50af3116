"""How much of the network and how much of the branch an answer takes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.evaluation.temperature import SOFTMAX, Link, fit_temperature

__all__ = ["DEFAULT", "UNIT", "FusionWeights", "fuse", "fuse_few", "language_model_factors", "without_network"]

Floats = npt.NDArray[np.floating]

SHARES = 21
# Standard errors by which the usual factors must be worse.
SURE = 2
# Times the loss of guessing that a network has where it diverged.
DIVERGED = 2


class FusionWeights(NamedTuple):
    """What the outputs are multiplied by before they are added.

    Attributes:
        network: factor of the network's logits.
        branch: factor of the branch's.
    """

    network: float
    branch: float

    def over(self, temperature: float) -> FusionWeights:
        """Both divided by a temperature."""
        return FusionWeights(self.network / temperature, self.branch / temperature)


DEFAULT = FusionWeights(0.3, 0.5)
"""Where too few rows are held out to choose: about what larger sets choose (benchmarks/own_files/LOG.md)."""
UNIT = FusionWeights(0.24, 0.8)
"""The same in units of 1 / T, with T the temperature of the branch alone, where that is known."""


def fuse(
    network: Floats,
    branch: Floats,
    targets: npt.NDArray[Any],
    *,
    link: Link = SOFTMAX,
    choosing: npt.NDArray[np.int64] | None = None,
    calibrate: bool = True,
) -> FusionWeights:
    """The factors of a low log loss on rows that neither has learned from, in favour of the branch.

    Of each of 21 mixtures, from the network alone to the branch alone, the best temperature is found; the loss is
    convex in both factors, so the best mixture has no rival far away. Taken is the one with the largest share of the
    branch whose loss is higher by no more than the standard error of the rows' differences: the branch is the simpler
    model, learns from these rows afterwards, and did not stop where it was best on them. (The rule of one standard
    error: Breiman, Friedman, Olshen and Stone 1984, "Classification and Regression Trees", section 3.4.3.) One of the
    two alone is taken only where it has the lowest loss.

    Args:
        network: float[B, L], logits.
        branch: float[B, L], logits.
        targets: of the B rows, as the link wants them.
        link: from logits to probabilities.
        choosing: which of the rows choose the mixture; all if not given. Its temperature is that of all.
        calibrate: whether the factors hold that temperature; otherwise the sum is as large as the first logits.
    """
    some = slice(None) if choosing is None else choosing
    spreads = [_spread(logits) for logits in (network, branch)]
    a, b = (logits.astype(np.float64) / spread for logits, spread in zip((network, branch), spreads, strict=True))
    shares, losses = np.linspace(0, 1, SHARES).tolist(), list[Floats]()
    for share in shares:
        mixed = ((1 - share) * a + share * b)[some]
        losses.append(link.losses(mixed / fit_temperature(mixed, targets[some], link=link), targets[some]))
    best = min(range(SHARES), key=lambda place: losses[place].mean())
    if best not in (0, SHARES - 1):
        best = max(place for place in range(best, SHARES - 1) if _as_good(losses[place] - losses[best]))
    share = shares[best]
    mixed = (1 - share) * a + share * b
    temperature = fit_temperature(mixed, targets, link=link) if calibrate else _spread(mixed) / spreads[0]
    return FusionWeights((1 - share) / spreads[0] / temperature, share / spreads[1] / temperature)


def fuse_few(
    network: Floats,
    branch: Floats,
    targets: npt.NDArray[Any],
    usual: FusionWeights,
    *,
    link: Link = SOFTMAX,
    choosing: npt.NDArray[np.int64] | None = None,
) -> FusionWeights:
    """The usual factors, unless those of :func:`fuse` have a lower log loss by more than two standard errors.

    Rows that are too few to choose a mixture can still say that the usual one is wrong, as where the network knows much
    that n-grams do not tell.

    Args:
        network: see :func:`fuse`, as the next two.
        branch: as there.
        targets: as there.
        usual: the factors to keep.
        link: as there.
        choosing: as there.
    """
    found = fuse(network, branch, targets, link=link, choosing=choosing)
    before, after = (
        link.losses(factors.network * network + factors.branch * branch, targets) for factors in (usual, found)
    )
    gains = before - after
    return found if gains.mean() > SURE * gains.std() / np.sqrt(len(gains)) else usual


def without_network(
    network: Floats, targets: npt.NDArray[Any], usual: FusionWeights, *, link: Link = SOFTMAX
) -> FusionWeights:
    """The usual factors; those of the branch alone where the network diverged.

    They are fixed, and outputs that are out of all proportion would drown the branch. On rows that it learned from, a
    network has a loss below that of guessing, or about the same where it learned nothing; one that diverged is wrong
    with great certainty (benchmarks/own_files/LOG.md).

    Args:
        network: float[B, L], its logits for rows that it learned from; no rows change nothing.
        targets: of the B rows, as the link wants them.
        usual: the factors to keep.
        link: from logits to probabilities.
    """
    if not len(network):
        return usual
    guessing = link.losses(np.zeros(network.shape), targets).mean()
    # What is not a number is not below it.
    if link.losses(usual.network * network.astype(np.float64), targets).mean() <= DIVERGED * guessing:
        return usual
    return FusionWeights(0.0, usual.branch / UNIT.branch)


def language_model_factors(
    regression: Floats,
    models: Floats,
    targets: npt.NDArray[Any],
    *,
    choosing: npt.NDArray[np.int64] | None = None,
    cautious: bool = False,
) -> tuple[float, float]:
    """The factors of a branch's regression and of its language models, of a low log loss on rows new to both.

    Of 20 mixtures, from the regression alone to 5 % of it, the best temperature of each is found, and the one of the
    lowest loss is taken. The sum of both is about as large as the outputs of the regression alone.

    Args:
        regression: float[B, L], logits.
        models: float[B, L], logits.
        targets: int[B].
        choosing: which of the rows choose; all if not given.
        cautious: take the smallest share of the language models whose loss is higher than the lowest by no more than
            the standard error of the rows' differences, as in :func:`fuse`. Where few rows are learned from at all,
            the lowest loss is chance more often (benchmarks/own_files/LOG.md).
    """
    some = slice(None) if choosing is None else choosing
    ratio = _spread(regression) / _spread(models)
    shares = np.linspace(0, 1, SHARES)[:-1].tolist()

    def losses(share: float) -> Floats:
        mixed = ((1 - share) * regression + share * ratio * models)[some]
        return SOFTMAX.losses(mixed / fit_temperature(mixed, targets[some]), targets[some])

    found = [losses(share) for share in shares]
    best = min(range(len(shares)), key=lambda place: found[place].mean())
    if cautious:
        best = next(place for place, one in enumerate(found) if _as_good(one - found[best]))
    share = shares[best]
    return 1 - share, share * ratio


def _as_good(differences: Floats) -> bool:
    """Whether the mean of the rows' differences is no more than its standard error."""
    return bool(differences.mean() <= differences.std() / np.sqrt(len(differences)))


def _spread(logits: Floats) -> float:
    """The root mean square about each row's mean; 1 where all are alike."""
    centred = logits - logits.mean(axis=1, keepdims=True)
    return float(np.sqrt(np.mean(centred**2))) or 1.0
