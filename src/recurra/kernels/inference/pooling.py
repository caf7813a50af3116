"""Pooling: the states at all tokens of a document to one vector."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from recurra.kernels.activations import tanh
from recurra.kernels.inference.indexing import clear
from recurra.kernels.simd import fma, integer, load, number, splat, store, store_number, vector_max

__all__ = ["attention", "maximum", "mean"]


def maximum(
    documents: int, offsets: int, states: int, state_row: int, width: int, outputs: int, output_row: int
) -> None:
    """Max pooling: the largest number of each column; zeros for a document without tokens.

    Args:
        documents: how many.
        offsets: address of int64[documents + 1], the first row of each.
        states: address of float32 rows.
        state_row: bytes from one row to the next.
        width: bytes of a row that are pooled, a multiple of 32.
        outputs: address of float32 rows, one a document, written.
        output_row: bytes from one row to the next.
    """
    for document in range(documents):
        begin, end = integer(offsets, document), integer(offsets, document + 1)
        at = outputs + output_row * document
        for u in range(0, width, 32):
            found = load(states + state_row * begin + u) if end > begin else splat(0.0)
            for row in range(begin + 1, end):
                found = vector_max(found, load(states + state_row * row + u))
            store(at + u, found)


def mean(documents: int, offsets: int, states: int, state_row: int, width: int, outputs: int, output_row: int) -> None:
    """Mean pooling: the mean of each column; zeros for a document without tokens. Arguments: see :func:`maximum`."""
    for document in range(documents):
        begin, end = integer(offsets, document), integer(offsets, document + 1)
        at = outputs + output_row * document
        for u in range(0, width, 32):
            total = splat(0.0)
            for row in range(begin, end):
                total = total + load(states + state_row * row + u)
            store(at + u, total / splat(max(end - begin, 1)))


def attention(
    documents: int, offsets: int, states: int, state_row: int, width: int, outputs: int, output_row: int, keys: int,
    key_row: int, v: int, scores: int,
) -> None:  # fmt: skip
    """Attention pooling: the mean weighted by the softmax, over a document's tokens, of tanh(key)·v.

    Args: see :func:`maximum`, and
        keys: address of float32 rows, states @ W + b.
        key_row: bytes from one row to the next.
        v: address of float32 numbers, as wide as the states.
        scores: scratch memory, a number per row and eight more.
    """
    for document in range(documents):
        begin, end = integer(offsets, document), integer(offsets, document + 1)
        at = outputs + output_row * document
        clear(at, width)
        highest = np.float32(-np.inf)
        for row in range(begin, end):
            score = _dot(keys + key_row * row, v, width, scores)
            store_number(scores + 32 + 4 * row, score)
            highest = max(highest, score)
        total = np.float32(0.0)
        for row in range(begin, end):
            power = np.float32(math.exp(number(scores + 32 + 4 * row) - highest))
            store_number(scores + 32 + 4 * row, power)
            total += power
        for row in range(begin, end):
            weight = splat(number(scores + 32 + 4 * row) / total)
            for u in range(0, width, 32):
                store(at + u, fma(weight, load(states + state_row * row + u), load(at + u)))


@njit
def _dot(key: int, v: int, width: int, scratch: int) -> Any:
    lanes = splat(0.0)
    for u in range(0, width, 32):
        lanes = fma(tanh(load(key + u)), load(v + u), lanes)
    store(scratch, lanes)
    total = np.float32(0.0)
    for lane in range(8):
        total += number(scratch + 4 * lane)
    return total
