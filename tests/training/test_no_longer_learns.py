"""When training stops before its patience is over: the rule by hand, and a small set that it once stopped too early."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from recurra.training.early_stopping import majority_share, no_longer_learns

# 100 rows; the mean rises by 0.1, with a standard error of 0.01 or 1.
SURE = torch.tensor([0.0, 0.2] * 50)
UNSURE = torch.tensor([-9.9, 10.1] * 50)


@pytest.mark.parametrize(
    ("differences", "accuracy", "best", "majority", "stops"),
    [
        (SURE, 0.8, 0.8, 0.3, True),
        (UNSURE, 0.8, 0.8, 0.3, False),
        (-SURE, 0.8, 0.8, 0.3, False),
        # One standard error of 0.8 in 100 rows is 0.04.
        (SURE, 0.8, 0.77, 0.3, True),
        (SURE, 0.8, 0.75, 0.3, False),
        (SURE, 0.8, 0.85, 0.3, True),
        # It gives little more than the most frequent class.
        (SURE, 0.8, 0.8, 0.75, True),
        (SURE, 0.8, 0.8, 0.77, False),
        (SURE[:1], 0.8, 0.8, 0.3, False),
        (SURE, 1.0, 1.0, 0.3, True),
        (SURE, 0.0, 0.0, 0.3, False),
    ],
)
def test_the_rule(differences: torch.Tensor, accuracy: float, best: float, majority: float, *, stops: bool) -> None:
    found = no_longer_learns(differences, accuracy=accuracy, best_accuracy=best, majority=majority)
    assert found is stops


def test_the_most_frequent_answer() -> None:
    assert majority_share(np.array([0, 2, 2, 1])) == 0.5
    assert majority_share(np.array([[True, False], [False, False], [True, False], [True, True]])) == 0.5
