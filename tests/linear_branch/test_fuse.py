"""The factors of network and branch against a search by SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_expit, log_softmax

from recurra.evaluation.temperature import SIGMOID, SOFTMAX, Link
from recurra.linear_branch import fuse
from recurra.linear_branch.fuse import UNIT, fuse_few, without_network


def planted(link: Link, rows: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits of which 0.5 and 1.5 times give the true probabilities."""
    random = np.random.default_rng(3)
    network, branch = (some - some.mean(axis=1, keepdims=True) for some in random.normal(size=(2, rows, 4)))
    network, branch = (some / np.sqrt(np.mean(some**2)) for some in (network, branch))
    true = 0.5 * network + 1.5 * branch
    if link is SIGMOID:
        return network, branch, random.random(true.shape) < 1 / (1 + np.exp(-true))
    targets = (true + random.gumbel(size=true.shape)).argmax(axis=1)
    return network, branch, targets


def losses(link: Link, logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Of each row, by SciPy."""
    if link is SIGMOID:
        return -log_expit(np.where(targets, logits, -logits)).mean(axis=1)
    return -log_softmax(logits, axis=1)[np.arange(len(targets)), targets]


@pytest.mark.parametrize("rows", [400, 4000])
@pytest.mark.parametrize("link", [SOFTMAX, SIGMOID])
def test_as_much_of_the_branch_as_one_standard_error_of_the_lowest_loss_allows(link: Link, rows: int) -> None:
    network, branch, targets = planted(link, rows)
    found = fuse(network, branch, targets, link=link)

    def with_share(share: float) -> np.ndarray:
        """The losses at the best temperature."""
        mixed = (1 - share) * network + share * branch
        return losses(link, minimize_scalar(lambda w: losses(link, w * mixed, targets).mean()).x * mixed, targets)

    shares = np.linspace(0, 1, 21)
    all_losses = [with_share(share) for share in shares]
    best = min(range(21), key=lambda place: all_losses[place].mean())
    excess = [found - all_losses[best] for found in all_losses]
    expected = max(k for k in range(best, 21) if excess[k].mean() <= excess[k].std() / np.sqrt(rows))
    assert shares[best] == pytest.approx(0.75, abs=0.11)
    assert found.branch / sum(found) == pytest.approx(shares[expected], abs=0.01)
    own = losses(link, found.network * network + found.branch * branch, targets)
    assert own.mean() == pytest.approx(all_losses[expected].mean(), abs=1e-3)


@pytest.mark.parametrize("link", [SOFTMAX, SIGMOID])
def test_without_a_temperature_the_mixture_is_as_large_as_the_network_s_logits(link: Link) -> None:
    network, branch, targets = planted(link)
    found, calibrated = (fuse(3 * network, branch, targets, link=link, calibrate=on) for on in (False, True))
    assert found.branch / found.network == pytest.approx(calibrated.branch / calibrated.network)
    mixed = found.network * 3 * network + found.branch * branch
    # What was planted varies by 1 about each row's mean.
    assert np.sqrt(np.mean((mixed - mixed.mean(axis=1, keepdims=True)) ** 2)) == pytest.approx(3)


def test_a_network_that_helps_a_little_is_kept() -> None:
    network, branch, targets = planted(SOFTMAX)
    both = 0.5 * network + 1.5 * branch
    generator = np.random.default_rng(5)
    # What the branch misses is little, and the network knows it: with 120 rows no test tells the two from each other.
    found = fuse((both + generator.normal(size=both.shape))[:120], (both + 0.05 * network)[:120], targets[:120])
    assert 0 < found.network < 0.2 * found.branch


def test_some_rows_choose_the_mixture_and_all_the_temperature() -> None:
    network, branch, targets = planted(SOFTMAX)
    generator, known = np.random.default_rng(6), np.arange(3000, 4000)
    # The answers to these rows are wrong for sure, and only the network does not know it.
    targets[known] = (network + branch)[known].argmin(axis=1)
    branch[known] *= 3
    network[known] = generator.normal(size=(1000, 4))
    new = np.arange(3000)
    found, alone = fuse(network, branch, targets, choosing=new), fuse(network[new], branch[new], targets[new])
    assert found.branch / found.network == pytest.approx(alone.branch / alone.network, rel=0.2)
    assert fuse(network, branch, targets).branch < 0.5 * alone.branch
    mixed = found.network * network + found.branch * branch
    best = minimize_scalar(lambda w: losses(SOFTMAX, w * mixed, targets).mean()).x
    assert best == pytest.approx(1, abs=0.01)


def test_what_says_nothing_gets_nothing() -> None:
    network, branch, targets = planted(SOFTMAX)
    noise = np.random.default_rng(4).normal(size=network.shape)
    assert fuse(noise, 0.5 * network + 1.5 * branch, targets).network < 0.1
    assert fuse(0.5 * network + 1.5 * branch, noise, targets).branch == 0
    assert fuse(0.5 * network + 1.5 * branch, np.zeros_like(network), targets).network == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("link", [SOFTMAX, SIGMOID])
def test_few_rows_replace_the_usual_factors_only_where_these_are_clearly_wrong(link: Link) -> None:
    network, branch, targets = (some[:60] for some in planted(link))
    true = 0.5 * network + 1.5 * branch
    # Both are about right: the usual mixture is not clearly worse than the best.
    usual = UNIT
    assert fuse_few(0.2 * network + true, true, targets, usual, link=link) == usual
    # A network that knows the answers, and a branch that knows nothing.
    known = 12 * (targets if link is SIGMOID else np.eye(4)[targets]) - 6
    found = fuse_few(known, network, targets, usual, link=link)
    assert found == fuse(known, network, targets, link=link)
    assert found.network > found.branch


@pytest.mark.parametrize("link", [SOFTMAX, SIGMOID])
def test_a_network_worse_than_guessing_on_what_it_learned_from_is_left_out(link: Link) -> None:
    network, _, targets = (some[:60] for some in planted(link))
    assert without_network(network, targets, UNIT, link=link) == UNIT
    assert without_network(0 * network, targets, UNIT, link=link) == UNIT
    assert without_network(-1000 * network, targets, UNIT, link=link) == (0, 1)
    assert without_network(network[:0], targets[:0], UNIT, link=link) == UNIT
