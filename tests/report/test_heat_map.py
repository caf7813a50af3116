"""Shaded cells: every cell where it belongs, in the shade of its number."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.report.heat_map import HEIGHT, SHADES, WIDTH, heat_map
from recurra.report.picture import Picture


def drawn(values: np.ndarray, largest: float = 1.0) -> Picture:
    rows, columns = [f"r{k}" for k in range(len(values))], [f"c{k}" for k in range(values.shape[1])]
    return heat_map(values, rows=rows, columns=columns, largest=largest, name="map", title="T")


def cells(picture: Picture, shape: tuple[int, int]) -> np.ndarray:
    """The levels that the picture's paths cover, read back."""
    left, top = (float(re.search(r'<rect x="([\d.]+)" y="([\d.]+)"', picture.svg)[place]) for place in (1, 2))  # type: ignore[index]
    levels = np.zeros(shape, dtype=int)
    for path, series, share in re.findall(
        r'<path d="([^"]*)" fill="var\(--series-(\d)\)" fill-opacity="([\d.]+)"', picture.svg
    ):
        for x, y, across in re.findall(r"M([\d.]+) ([\d.]+)h(\d+)v", path):
            row, column = round((float(y) - top) / HEIGHT), round((float(x) - left) / WIDTH)
            part = levels[row, column : column + int(across) // WIDTH]
            assert not part.any(), "a cell is drawn twice"
            part[:] = round(float(share) * SHADES) * (1 if series == "1" else -1)
    return levels


@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(st.floats(-1.5, 1.5), min_size=width, max_size=width), min_size=1, max_size=5)
    ),
    st.sampled_from([1.0, 0.5]),
)
def test_every_cell_has_the_shade_of_its_number(rows: list[list[float]], largest: float):
    values = np.array(rows)
    expected = np.rint(np.clip(values / largest, -1, 1) * SHADES)
    np.testing.assert_array_equal(cells(drawn(values, largest), values.shape), expected)


def test_it_says_its_numbers_and_names(parse: Callable[[str], Any]):
    picture = heat_map(
        np.array([[0.25, -0.5], [0.0, 1.0]]), rows=["<unit> 1", "unit 2"], columns=["oil", "& more"], largest=1.0,
        name="map", title='A "title" <b>',
    )  # fmt: skip
    page = parse(picture.svg)
    assert "oil: from 0.00 at unit 2 to 0.25 at <unit> 1; & more: from −0.50 at <unit> 1 to 1.00 at unit 2" in page.text
    assert page.elements[0][1]["aria-labelledby"] == "map-title map-desc"
    assert page.tags <= {"svg", "title", "desc", "text", "path", "rect"}


@pytest.mark.parametrize("shape", [(3, 0), (0, 2)])
def test_nothing_to_draw_is_a_picture(shape: tuple[int, int], parse: Callable[[str], Any]):
    assert parse(drawn(np.zeros(shape)).svg).elements[0][0] == "svg"
