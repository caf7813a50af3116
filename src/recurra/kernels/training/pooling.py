"""Pooling of a packed batch: states to one vector per document, and the gradient; empty documents get zeros."""

from __future__ import annotations

from recurra.kernels.array_types import Float32Matrix, Int64Matrix, ReadInt64Array

__all__ = ["last", "last_backward", "maximum", "maximum_backward", "mean", "mean_backward"]


def last(
    starts: ReadInt64Array,
    lengths: ReadInt64Array,
    non_empty: int,
    half: int,
    states: Float32Matrix,
    pooled: Float32Matrix,
    column: int,
) -> None:
    """Last pooling: the forward state at the last word beside the backward state at the first.

    Args:
        starts: the first row of each step.
        lengths: tokens of each document, falling.
        non_empty: documents that are not empty.
        half: columns of the forward state.
        states: [N, D].
        pooled: [B, P], zeros, written.
        column: the first column that is written.
    """
    for d in range(non_empty):
        row = starts[lengths[d] - 1] + d
        for k in range(half):
            pooled[d, column + k] = states[row, k]
        for k in range(half, states.shape[1]):
            pooled[d, column + k] = states[d, k]


def last_backward(
    starts: ReadInt64Array,
    lengths: ReadInt64Array,
    non_empty: int,
    half: int,
    d_states: Float32Matrix,
    d_pooled: Float32Matrix,
    column: int,
) -> None:
    """Adds the gradient of :func:`last` to ``d_states``."""
    for d in range(non_empty):
        row = starts[lengths[d] - 1] + d
        for k in range(half):
            d_states[row, k] += d_pooled[d, column + k]
        for k in range(half, d_states.shape[1]):
            d_states[d, k] += d_pooled[d, column + k]


def maximum(
    starts: ReadInt64Array,
    lengths: ReadInt64Array,
    non_empty: int,
    states: Float32Matrix,
    pooled: Float32Matrix,
    column: int,
    rows: Int64Matrix,
) -> None:
    """Max pooling of each column. Arguments: see :func:`last`; rows [B, D]: the row of each maximum, written."""
    for d in range(non_empty):
        for k in range(states.shape[1]):
            pooled[d, column + k] = states[d, k]
            rows[d, k] = d
        for step in range(1, lengths[d]):
            row = starts[step] + d
            for k in range(states.shape[1]):
                if states[row, k] > pooled[d, column + k]:
                    pooled[d, column + k] = states[row, k]
                    rows[d, k] = row


def maximum_backward(
    non_empty: int, d_states: Float32Matrix, d_pooled: Float32Matrix, column: int, rows: Int64Matrix
) -> None:
    """Adds the gradient of :func:`maximum` to ``d_states``."""
    for d in range(non_empty):
        for k in range(d_states.shape[1]):
            d_states[rows[d, k], k] += d_pooled[d, column + k]


def mean(
    starts: ReadInt64Array,
    lengths: ReadInt64Array,
    non_empty: int,
    states: Float32Matrix,
    pooled: Float32Matrix,
    column: int,
) -> None:
    """Mean pooling of each column. Arguments: see :func:`last`."""
    for d in range(non_empty):
        for step in range(lengths[d]):
            row = starts[step] + d
            for k in range(states.shape[1]):
                pooled[d, column + k] += states[row, k]
        for k in range(states.shape[1]):
            pooled[d, column + k] /= lengths[d]


def mean_backward(
    starts: ReadInt64Array,
    lengths: ReadInt64Array,
    non_empty: int,
    d_states: Float32Matrix,
    d_pooled: Float32Matrix,
    column: int,
) -> None:
    """Adds the gradient of :func:`mean` to ``d_states``."""
    for d in range(non_empty):
        for step in range(lengths[d]):
            row = starts[step] + d
            for k in range(d_states.shape[1]):
                d_states[row, k] += d_pooled[d, column + k] / lengths[d]
