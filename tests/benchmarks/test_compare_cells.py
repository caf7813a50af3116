"""The difference of two cells, by hand, and of several with the LSTM."""

from __future__ import annotations

from statistics import NormalDist

import compare_cells
import numpy as np
import pytest


def result(seeds_right: str, *accuracies: float) -> dict[str, object]:
    return {"seeds_right": seeds_right, "runs": [{"accuracy": one} for one in accuracies]}


def test_the_difference_of_two_cells_by_hand() -> None:
    cell, other = result("2012", 0.75, 0.5), result("1111", 0.5, 0.5)
    assert compare_cells.shares(cell).tolist() == [1, 0, 0.5, 1]
    found = compare_cells.difference(cell, other)
    # The gaps of the rows are 1/2, -1/2, 0 and 1/2; the seeds of the first have the variance 1/32, of the other none.
    error = np.sqrt((3 * 0.25 - 4 * 0.125**2) / 3 / 4 + 1 / 32 / 2)
    assert found["difference"] == pytest.approx(0.125)
    assert found["standard_error"] == pytest.approx(error)
    assert found["p"] == pytest.approx(2 * NormalDist().cdf(-0.125 / error))


def test_cells_stand_in_order_with_their_differences_adjusted_together() -> None:
    cells = {"min_gru": result("0001", 0.25), "lstm": result("1110", 0.75), "gru": result("1111", 1.0)}
    found = compare_cells.with_differences(cells)
    assert list(found) == ["gru", "lstm", "min_gru"]
    assert "to_reference" not in found["lstm"]
    pairs = {name: found[name]["to_reference"] for name in ("gru", "min_gru")}
    # Holm: the smaller p counts twice, the larger one no less.
    low, high = sorted(pairs.values(), key=lambda pair: pair["p"])
    assert low["p_adjusted"] == pytest.approx(min(1, 2 * low["p"]))
    assert high["p_adjusted"] == pytest.approx(max(low["p_adjusted"], high["p"]))
