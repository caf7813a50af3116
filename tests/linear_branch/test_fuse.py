"""The factors of network and branch against a search by SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from recurra.evaluation.temperature import SIGMOID, SOFTMAX, Link
from recurra.linear_branch import fuse


def planted(link: Link, rows: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits of which 0.5 and 1.5 times give the true probabilities."""
    random = np.random.default_rng(3)
    network, branch = random.normal(size=(rows, 4)), random.normal(size=(rows, 4))
    true = 0.5 * network + 1.5 * branch
    if link is SIGMOID:
        return network, branch, random.random(true.shape) < 1 / (1 + np.exp(-true))
    targets = (true + random.gumbel(size=true.shape)).argmax(axis=1)
    return network, branch, targets


@pytest.mark.parametrize("link", [SOFTMAX, SIGMOID])
def test_the_factors_have_the_lowest_log_loss(link: Link) -> None:
    network, branch, targets = planted(link)
    found = fuse(network, branch, targets, link=link)
    best = minimize(lambda w: link.scores(w[0] * network + w[1] * branch, targets).log_loss, [1.0, 1.0])
    assert best.fun <= link.scores(found.network * network + found.branch * branch, targets).log_loss <= best.fun + 1e-3
    np.testing.assert_allclose(found, [0.5, 1.5], atol=0.15)


def test_what_says_nothing_gets_nothing() -> None:
    network, branch, targets = planted(SOFTMAX)
    noise = np.random.default_rng(4).normal(size=network.shape)
    assert fuse(noise, 0.5 * network + 1.5 * branch, targets).network < 0.1
    assert fuse(0.5 * network + 1.5 * branch, np.zeros_like(network), targets).network == pytest.approx(1, abs=0.15)
