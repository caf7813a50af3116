from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recurra.runtime.ops import softmax

reals = st.floats(-(2.0**100), 2.0**100, width=32)


@given(st.lists(reals, min_size=1, max_size=20))
def test_softmax_is_that_of_the_formula(values: list[float]) -> None:
    largest = max(values)
    powers = [math.exp(x - largest) for x in values]
    out = softmax(np.array([values, values], dtype=np.float32))
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, [[power / sum(powers) for power in powers]] * 2, atol=3e-7)


def test_the_input_is_left_as_it_is() -> None:
    values = np.array([[1.0, -2.0]], dtype=np.float32)
    softmax(values)
    assert values.tolist() == [[1.0, -2.0]]
