"""The cells of these tests are known while one of them runs, and no longer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cells.own_cells import OWN, register_both

from recurra.cells import CELLS


@pytest.fixture
def own_cells() -> Iterator[None]:
    register_both()
    yield
    for cell in OWN:
        del CELLS[cell.name]
