"""A layer that is kept from batch to batch, on memory that is used again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recurra.cells import CELLS, cell_named
from recurra.recurrence.engines.arena import Arena
from recurra.recurrence.engines.direction_weights import DirectionWeights, pad_weights, unpad_weights
from recurra.recurrence.engines.numba_layer import Layer

Array = npt.NDArray[np.float32]


def parts_of(rng: np.random.Generator, cell: str, inputs: int, hidden: int) -> DirectionWeights:
    width, recurrent = len(cell_named(cell).gates) * hidden, cell_named(cell).recurrent_shape(hidden)

    def drawn(*shape: int) -> Array:
        return rng.normal(0, 0.3, shape).astype(np.float32)

    return DirectionWeights(
        drawn(inputs, width),
        drawn(*recurrent) if recurrent else None,
        drawn(width),
        drawn(width) if cell == "gru" else None,
    )


@pytest.mark.parametrize("hidden", [5, 8])
@pytest.mark.parametrize("cell", sorted(CELLS))
def test_an_earlier_batch_leaves_nothing_behind(cell: str, hidden: int) -> None:
    """Batches of falling size through one layer, and each through a layer of its own: the same bits."""
    rng = np.random.default_rng(0)
    parts = [parts_of(rng, cell, 6, hidden) for _ in range(2)]
    shape = {"inputs": 6, "hidden": hidden, "documents": 4, "join": True}
    kept = Layer(cell_named(cell), 2, rows=40, count=12, **shape)
    for active in ([4, 4, 3, 2, 1], [4] * 10, [2, 1], [1]):
        starts, rows = np.concatenate([[0], np.cumsum(active)]), sum(active)
        inputs, places = rng.normal(0, 1, (7, 6)).astype(np.float32), rng.integers(0, 7, rows)
        d_hidden = rng.normal(0, 1, (2, 2, rows, hidden)).astype(np.float32)
        found = []
        for layer in (kept, Layer(cell_named(cell), 2, rows=rows, count=7, **shape)):
            assert layer.fits(rows, 7)
            layer.forward(starts, inputs, parts, places)
            gradients = layer.backward([list(one.copy()) for one in d_hidden], to_inputs=True)
            sums = [part for one in gradients.parts for part in one if part is not None]
            found.append([layer.states.copy(), *(array.copy() for array in (*gradients.inputs, *sums))])
        assert found[0][0].shape == (rows, 2 * hidden)
        assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))
    assert not kept.fits(41, 7)
    assert not kept.fits(40, 13)


@given(st.lists(st.integers(0, 200_000), max_size=12), st.integers(0, 2))
@settings(max_examples=50, deadline=None)
def test_arrays_of_an_arena_stand_apart(sizes: list[int], emptied: int) -> None:
    arena = Arena()
    for _ in range(emptied + 1):
        arena.reset()
        arrays = [arena.array(1, size) for size in sizes]
        for number, (array, place) in enumerate(arrays):
            assert place % 64 == 0
            array[...] = number
        assert all((array == number).all() for number, (array, _) in enumerate(arrays))
        assert all(array.ctypes.data == place for array, place in arrays if array.size)


@pytest.mark.parametrize("cell", sorted(CELLS))
@pytest.mark.parametrize(("inputs", "hidden"), [(6, 5), (8, 8), (3, 16), (16, 7)])
def test_padding_of_weights_is_undone(cell: str, inputs: int, hidden: int) -> None:
    parts = parts_of(np.random.default_rng(2), cell, inputs, hidden)
    gates = len(cell_named(cell).gates)
    wide = pad_weights(parts, gates)
    assert len(wide.W_I) % 8 == len(wide.b) // gates % 8 == 0
    again = unpad_weights(wide, gates, hidden, inputs)
    assert all(a is b is None or np.array_equal(a, b) for a, b in zip(again, parts, strict=True))
    # What was added is zero.
    assert sum(np.abs(part).sum() for part in wide if part is not None) == pytest.approx(
        sum(np.abs(part).sum() for part in parts if part is not None), rel=1e-5
    )
