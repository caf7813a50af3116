"""Products in one thread, of documents side by side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.networks.settings import NetworkSettings
from recurra.runtime import forward


@given(st.lists(st.integers(1, 9), min_size=1, max_size=2), st.integers(1, 9), st.integers(1, 9), st.integers(1, 300))
def test_a_product_in_parts_is_the_product(outer: list[int], inner: int, columns: int, at_once: int) -> None:
    generator = np.random.default_rng(0)
    rows, matrix = generator.normal(size=(*outer, inner)), generator.normal(size=(inner, columns))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forward, "ONE_THREAD", at_once)
        np.testing.assert_allclose(forward.single_thread_matmul(rows, matrix), rows @ matrix, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("cell", "hidden", "documents"), [("lstm", 64, 16), ("simple_rnn", 8, 4096), ("lstm", 512, 1)])
def test_documents_side_by_side_keep_to_one_thread(cell: str, hidden: int, documents: int) -> None:
    assert forward.documents_per_pass(NetworkSettings(cell=cell, hidden=hidden)) == documents
