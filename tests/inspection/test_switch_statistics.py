"""Flags in trajectories that were made by hand, and thresholds against a search over all cuts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.inspection.switch_statistics import otsu, switch_statistics
from recurra.inspection.trajectories import Trajectory

Lines = list[list[float]]


def trajectory(lines: Lines, *, backward: bool = False, turned: bool = False) -> Trajectory:
    """Documents of one unit, given in the order of reading; ``turned`` makes what is above lie below."""
    sign = -1 if turned else 1
    lines = [[sign * value for value in (line[::-1] if backward else line)] for line in lines]
    offsets = np.concatenate([[0], np.cumsum([len(line) for line in lines])])
    states = np.array([value for line in lines for value in line], dtype=np.float32)[:, None]
    return Trajectory(0, "backward" if backward else "forward", offsets, np.zeros_like(states), states)


# Switched on for good at once, at its second word; the same slowly; on and off; never; on, off and on again.
LINES = [
    [0.0, 4.0, 4.0, 4.0],
    [0.9, 1.7, 2.3, 3.2, 4.0],
    [0.0, 4.0, 4.0, 0.0],
    [0.0, 0.0, 0.0],
    [],
    [4.0, 0.0, 0.0, 4.0, 4.0],
]


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_a_flag_is_on_at_once_and_for_good(backward: bool, turned: bool) -> None:
    made = trajectory(LINES, backward=backward, turned=turned)
    found = switch_statistics(made, np.ones(len(made.hidden), dtype=bool))
    assert found.below.tolist() == [turned]
    assert found.ends_on[:, 0].tolist() == [True, True, False, False, False, True]
    assert found.held(0, on=True).tolist() == [0, 5]
    assert found.held(0, on=False).tolist() == [2]
    read = [1, None, 3, None, None, 3]
    for document, step in enumerate(read):
        begin, end = made.offsets[document], made.offsets[document + 1]
        if step is not None:
            assert found.token[document, 0] == (end - 1 - step if backward else begin + step)
            assert found.sharp[document, 0]
    assert found.token[3, 0] == found.token[4, 0] == -1
    assert not found.sharp[1, 0]
    # Switched on sharply: once, not, once, not, twice.
    assert found.sharp_on.tolist() == [4]
    # Two held of three that end on; four sharp.
    assert found.score[0] == pytest.approx(2 * 2 / (3 + 4))
    # Of the three that end on, the last was switched on twice; steps of 4, 0.6 (from 1.7 to 2.3) and 4.
    assert found.stays[0] == pytest.approx(2 / 3)
    apart = abs(found.levels[1, 0] - found.levels[0, 0])
    assert found.jump[0] == pytest.approx(4 / apart)


def test_a_unit_that_always_ends_the_same_way_is_no_flag() -> None:
    made = trajectory([[0.0, 4.0]] * 3)
    assert switch_statistics(made, np.ones(6, dtype=bool)).score.tolist() == [0.0]


def test_a_unit_that_never_moves_is_no_flag() -> None:
    found = switch_statistics(trajectory([[0.5, 0.5], [0.5]]), np.ones(3, dtype=bool))
    assert found.separation.tolist() == [0.0]
    assert found.score.tolist() == [0.0]


def test_pads_have_no_say_in_the_levels_but_in_the_end() -> None:
    made = trajectory([[0.0, 4.0, 99.0], [0.0, 0.0, 99.0]])
    words = np.array([True, True, False] * 2)
    found = switch_statistics(made, words)
    assert found.levels[:, 0].tolist() == [0.0, 4.0]
    assert found.ends_on[:, 0].tolist() == [True, True]


def cut(values: npt.NDArray[np.float64], threshold: float) -> float:
    low, high = values[values < threshold], values[values >= threshold]
    return 0.0 if not len(low) or not len(high) else len(low) * len(high) * (high.mean() - low.mean()) ** 2


@given(st.lists(st.integers(0, 127), min_size=2, max_size=40).filter(lambda values: len(set(values)) > 1))
def test_the_threshold_parts_the_groups_as_well_as_any(values: list[int]) -> None:
    """Whole numbers from the least to the largest fall into bins of their own, so the search must find the best cut."""
    states = np.array(values, dtype=np.float32)[:, None]
    exact = states[:, 0].astype(np.float64)
    threshold, levels, separation = otsu(states)
    best = max(cut(exact, at + 0.5) for at in range(128))
    width = (exact.max() - exact.min()) / 128
    # A value on an edge may fall to either side of it.
    reached = max(cut(exact, threshold[0] + shift * width / 2) for shift in (-1, 0, 1))
    assert reached == pytest.approx(best, rel=1e-9)
    assert separation[0] == pytest.approx(best / len(values) ** 2 / exact.var(), rel=1e-6)
    assert levels[0, 0] < levels[1, 0]
    assert exact.min() <= threshold[0] <= exact.max()


def test_known_separations() -> None:
    generator = np.random.default_rng(0)
    normal = generator.standard_normal(200_000).astype(np.float32)
    even = generator.uniform(0, 1, 200_000).astype(np.float32)
    two = generator.choice([0.0, 1.0], 200_000).astype(np.float32)
    _, _, separation = otsu(np.stack([normal, even, two], axis=1))
    np.testing.assert_allclose(separation, [2 / np.pi, 0.75, 1.0], atol=0.01)


def test_no_states_have_no_levels() -> None:
    threshold, levels, separation = otsu(np.empty((0, 3), dtype=np.float32))
    assert threshold.tolist() == separation.tolist() == [0.0] * 3
    assert levels.shape == (2, 3)
